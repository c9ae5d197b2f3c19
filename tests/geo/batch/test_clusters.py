"""Walking clusters found tile by tile are those of all carriers at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage

from geo.batch.clusters import CityClusters
from geo.batch.clusters import city_clusters
from geo.batch.clusters import cluster_partial
from geo.batch.clusters import cluster_tiles
from geo.batch.clusters import merge_clusters
from geo.batch.near import near_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 100.0


def city(xy: Any, area: Any = 1.0, seed: int | None = None) -> pd.DataFrame:
    places = np.asarray(xy, dtype=float).reshape(-1, 2)
    number = np.arange(len(places))
    if seed is not None:
        number = np.random.default_rng(seed).permutation(number)
    ids = [f"c{one:04d}" for one in number]
    frame = pd.DataFrame({"carrier_id": ids, "x": places[:, 0], "y": places[:, 1]})
    return frame.assign(floor_area_m2=area)


def by_tiles(carriers: pd.DataFrame, tile_m: float, reach_m: float = REACH) -> CityClusters:
    tiles = cluster_tiles(carriers, reach_m, tile_m)
    partials = [cluster_partial(tile.own, tile.halo, reach_m) for tile in tiles]
    return city_clusters(carriers, reversed(partials), reach_m)


def at_once(carriers: pd.DataFrame, reach_m: float = REACH) -> pd.Series[str]:
    """Return single linkage of all pairs, each cluster named by its smallest id."""
    xy = carriers[["x", "y"]].to_numpy()
    label = np.ones(len(xy), dtype=np.int32)
    if len(xy) > 1:
        label = fcluster(linkage(xy, "single"), reach_m + 1e-6, criterion="distance")
    named = carriers["carrier_id"].groupby(label).transform("min")
    named = named.set_axis(pd.Index(carriers["carrier_id"], dtype="str")).sort_index()
    return named.astype("str").rename("cluster")


def same_parts(one: NDArray[Any], other: NDArray[Any]) -> bool:
    pairs = len(set(zip(one.tolist(), other.tolist(), strict=True)))
    return bool(pairs == len(set(one.tolist())) == len(set(other.tolist())))


@settings(derandomize=True, deadline=None, max_examples=120)
@given(
    st.integers(1, 150),
    st.integers(0, 10_000),
    st.sampled_from([101.0, 137.5, 400.0, 1e6]),
    st.sampled_from([-2, -1, 0, 3]),
)
def test_random_points_against_all_pairs(count: int, seed: int, tile_m: float, digits: int) -> None:
    """Rounded to hundreds and tens many points coincide, or are exactly within reach."""
    xy = np.random.default_rng(seed).uniform(-900, 900, (count, 2)).round(digits)
    carriers = city(xy, seed=seed)
    pd.testing.assert_series_equal(by_tiles(carriers, tile_m).cluster, at_once(carriers))


@settings(derandomize=True, deadline=None, max_examples=120)
@given(st.integers(1, 120), st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 10, 130]))
def test_near_components_against_all_pairs(count: int, seed: int, reach_m: float) -> None:
    xy = np.random.default_rng(seed).uniform(-300, 300, (count, 2)).round(seed % 3 - 1)
    label = at_once(city(xy), reach_m).to_numpy()
    assert same_parts(near_components(xy, reach_m), label)


def test_a_dense_crowd_is_compared_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    xy = np.random.default_rng(2).normal(0, 60, (600, 2))
    whole = near_components(xy, 9.0)
    monkeypatch.setattr("geo.batch.near._PAIRS_AT_ONCE", 5)
    assert near_components(xy, 9.0).tolist() == whole.tolist()
    assert 1 < len(set(whole.tolist())) < 600


def test_a_chain_over_many_tiles_is_one_cluster() -> None:
    """Steps of exactly the reach, along tile borders and across their corners."""
    along = [(step * REACH, 0.0) for step in range(-40, 41)]
    across = [(4_000.0 + 60.0 * step, 80.0 * step) for step in range(1, 40)]
    carriers = city([*along, *across], seed=1)
    found = by_tiles(carriers, 150.0)
    assert found.cluster.unique().tolist() == ["c0000"]
    assert found.largest_share == found.effective_clusters == 1.0


def test_a_step_beyond_the_reach_makes_two_clusters() -> None:
    for gap, clusters in ((REACH, 1), (REACH + 9e-7, 1), (REACH + 2e-6, 2)):
        for start in (0.0, -50.0, 249.0):
            carriers = city([(start, 0.0), (start + gap, 0.0)])
            assert len(by_tiles(carriers, 250.0).table) == clusters


def test_clusters_on_the_corner_of_four_tiles() -> None:
    corner = np.array([1000.0, -2000.0])
    spots = [(-40, -40), (40, -40), (-40, 40), (40, 40), (0, 0)]
    carriers = city([corner + spot for spot in spots])
    assert len(by_tiles(carriers, 1000.0).table) == 1
    apart = city([corner + 5 * np.array(spot) for spot in spots[:4]])
    assert len(by_tiles(apart, 1000.0).table) == 4


def test_coincident_points_are_one_cluster_even_without_reach() -> None:
    carriers = city([(0, 0), (0, 0), (0, 0), (10, 0)])
    found = by_tiles(carriers, 5.0, reach_m=0.0)
    assert found.cluster.tolist() == ["c0000"] * 3 + ["c0003"]


def test_pieces_of_a_tile_are_joined_through_its_neighbour() -> None:
    """A horseshoe: its two ends are in one tile, what joins them in the next."""
    carriers = city([(190, 0), (190, 150), (250, 30), (250, 120), (280, 75)])
    assert len(by_tiles(carriers, 200.0).table) == 1
    tiles = list(cluster_tiles(carriers, REACH, 200.0))
    assert sorted(len(tile.own) for tile in tiles) == [2, 3]
    without = merge_clusters(cluster_partial(tile.own, tile.halo.iloc[:0], REACH) for tile in tiles)
    assert set(without) == {"c0000", "c0001", "c0002"}


def test_the_numbers_do_not_depend_on_tiles_or_order() -> None:
    rng = np.random.default_rng(8)
    carriers = city(rng.uniform(0, 3_000, (400, 2)), rng.lognormal(6, 2, 400))
    whole = by_tiles(carriers, 1e7)
    assert 1 < len(whole.table) < 400
    for tile_m in (105.0, 333.3, 1_000.0):
        part = by_tiles(carriers.sample(frac=1, random_state=3), tile_m)
        pd.testing.assert_frame_equal(part.table, whole.table, check_exact=True)
        pd.testing.assert_series_equal(part.cluster, whole.cluster)
        assert part.row() == whole.row()


def test_shares_are_of_floor_area() -> None:
    found = by_tiles(city([(0, 0), (50, 0), (900, 0)], [10.0, 20.0, 70.0]), 300.0)
    assert found.table["cluster"].tolist() == ["c0002", "c0000"]
    assert found.table["carriers"].tolist() == [1, 2]
    assert found.table["share"].tolist() == [0.7, 0.3]
    assert found.largest_share == 0.7
    assert found.effective_clusters == pytest.approx(1 / (0.49 + 0.09))
    assert found.weighting == "floor_area"


@pytest.mark.parametrize("area", [[10.0, np.nan, 70.0], [0.0, 0.0, 0.0]])
def test_carriers_are_counted_where_a_floor_area_is_unknown_or_all_are_0(
    area: list[float],
) -> None:
    found = by_tiles(city([(0, 0), (50, 0), (900, 0)], area), 300.0)
    assert found.weighting == "count"
    assert found.table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_carrier_without_a_place_is_in_no_cluster() -> None:
    carriers = city([(0, 0), (np.nan, np.nan), (50, 0)], [1.0, np.nan, 3.0])
    found = by_tiles(carriers, 300.0)
    assert found.cluster.isna().tolist() == [False, True, False]
    assert found.row() == {
        "carriers": 3,
        "unlocated": 1,
        "clusters": 1,
        "largest_cluster_share": 1.0,
        "effective_clusters": 1.0,
        "weighting": "floor_area",
        "reach_m": REACH,
    }


def test_a_city_without_carriers() -> None:
    found = by_tiles(city([]), 300.0)
    assert found.row()["clusters"] == len(found.cluster) == 0
    assert np.isnan([found.largest_share, found.effective_clusters]).all()


def test_every_carrier_has_one_tile_and_halos_reach_far_enough() -> None:
    rng = np.random.default_rng(4)
    carriers = city(rng.uniform(-700, 700, (200, 2)))
    tiles = list(cluster_tiles(carriers, REACH, 180.0))
    own = pd.concat([tile.own for tile in tiles])
    assert sorted(own["carrier_id"]) == sorted(carriers["carrier_id"])
    xy = carriers[["x", "y"]].to_numpy()
    for tile in tiles:
        near = np.hypot(*(xy[:, None] - tile.own[["x", "y"]].to_numpy()[None]).T).min(axis=0)
        given_ids = {*tile.own["carrier_id"], *tile.halo["carrier_id"]}
        assert given_ids >= set(carriers["carrier_id"][near <= REACH])
        assert len(given_ids) == len(tile.own) + len(tile.halo)


def test_lengths_that_mean_nothing_are_refused() -> None:
    carriers = city([(0, 0)])
    with pytest.raises(ValueError, match="`tile_m` must be more than the reach of 100 m, not 100"):
        list(cluster_tiles(carriers, 100.0, 100.0))
    with pytest.raises(ValueError, match="`reach_m` must be a length of at least 0 m, not nan"):
        list(cluster_tiles(carriers, np.nan, 100.0))
    twice = pd.concat([carriers, carriers])
    with pytest.raises(ValueError, match="`carriers` lists c0000 more than once"):
        list(cluster_tiles(twice, 100.0, 500.0))
