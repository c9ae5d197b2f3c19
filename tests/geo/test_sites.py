from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import Polygon
from shapely import box

from geo.crs import district_crs
from geo.crs import to_metric
from geo.sites import cluster_sites
from geo.sites import space_weights
from geo.sites import summarise_sites

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)
# Four buildings whose edge-to-edge gaps are those of oracle A8.sites_from_buildings.
BUILDINGS = [box(0, 0, 40, 40), box(70, 0, 110, 40), box(170, 0, 210, 40), box(410, 0, 450, 40)]


def lines(*shapes: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=CRS)


@pytest.mark.parametrize("gap_m", [30, 50, 60])
def test_sites_from_buildings(make_spaces: Make, oracle: dict[str, Any], gap_m: int) -> None:
    expected = oracle["A8.sites_from_buildings"]
    spaces = make_spaces({"p": [(shape, 100) for shape in BUILDINGS]})
    gaps = [[a.distance(b) for a in BUILDINGS] for b in BUILDINGS]
    np.testing.assert_allclose(gaps, expected["gaps_m"])
    assert cluster_sites(spaces, gap_m=gap_m).nunique() == expected[f"sites_d{gap_m}"]


def test_gaps_that_equal_the_limit_survive_storage_in_degrees(
    make_spaces: Make, oracle: dict[str, Any]
) -> None:
    shifted = make_spaces({"p": [(shape, 100) for shape in BUILDINGS]})
    shifted["geometry"] = shifted.translate(503_000, 3_464_000)
    stored = to_metric(shifted.to_crs("EPSG:4490"), central_meridian=121.5)
    for gap_m in (30, 60):
        got = cluster_sites(stored, gap_m=gap_m).nunique()
        assert got == oracle["A8.sites_from_buildings"][f"sites_d{gap_m}"]


def test_sites_are_numbered_by_floor_area_then_carrier(make_spaces: Make) -> None:
    spaces = make_spaces(
        {
            "a": [((0, 0), 10), ((500, 0), 30), ((510, 0), 5), ((900, 0), 10), ((1300, 0), np.nan)],
            "b": [((0, 0), 1)],
        }
    )
    assert cluster_sites(spaces).tolist() == [1, 0, 0, 2, 3, 0]


def test_neighbours_of_another_park_are_no_neighbours(make_spaces: Make) -> None:
    spaces = make_spaces({"a": [((0, 0), 1), ((80, 0), 1)], "b": [((40, 0), 1)]})
    assert cluster_sites(spaces).tolist() == [0, 1, 0]


def test_order_of_rows_does_not_matter_and_the_index_is_kept(make_spaces: Make) -> None:
    rng = np.random.default_rng(3)
    spaces = make_spaces(
        {
            park: [(tuple(rng.uniform(0, 400, 2)), rng.integers(1, 4)) for _ in range(12)]
            for park in "abc"
        }
    )
    expected = cluster_sites(spaces)
    shuffled = spaces.sample(frac=1, random_state=5)
    got = cluster_sites(shuffled)
    assert got.index.equals(shuffled.index)
    pd.testing.assert_series_equal(got.sort_index(), expected)


def test_single_linkage_equals_brute_force(make_spaces: Make) -> None:
    rng = np.random.default_rng(42)
    for _ in range(20):
        squares = [
            box(x, y, x + side, y + side)
            for x, y, side in zip(*rng.uniform(0, 300, (2, 9)), rng.uniform(5, 40, 9), strict=True)
        ]
        spaces = make_spaces({"p": [(square, 1) for square in squares]})
        graph = nx.Graph()
        graph.add_nodes_from(range(9))
        graph.add_edges_from(
            (i, j) for i in range(9) for j in range(i) if squares[i].distance(squares[j]) <= 50
        )
        brute = {frozenset(component) for component in nx.connected_components(graph)}
        site = cluster_sites(spaces)
        assert {frozenset(rows) for rows in site.groupby(site).groups.values()} == brute


def test_a_river_keeps_two_banks_apart(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 2), ((40, 0), 1)]})
    river = LineString([(20, -500), (20, 500)])
    assert cluster_sites(spaces).tolist() == [0, 0]
    assert cluster_sites(spaces, barriers=lines(None, river)).tolist() == [0, 1]
    short_of_it = LineString([(20, 5), (20, 500)])
    assert cluster_sites(spaces, barriers=lines(short_of_it)).tolist() == [0, 0]
    water = Polygon([(10, -9), (30, -9), (30, 9), (10, 9)])
    assert cluster_sites(spaces, barriers=lines(water)).tolist() == [0, 1]


def test_a_way_round_the_barrier_joins_what_it_separates(make_spaces: Make) -> None:
    barrier = lines(LineString([(20, -10), (20, 30)]))
    both = [((0, 0), 3), ((40, 0), 1)]
    assert cluster_sites(make_spaces({"p": both}), barriers=barrier).tolist() == [0, 1]
    bridge = make_spaces({"p": [*both, ((20, 40), 1)]})
    assert cluster_sites(bridge, barriers=barrier).tolist() == [0, 0, 0]


def test_touching_buildings_are_one_site_whatever_runs_between(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [(box(0, 0, 10, 10), 1), (box(10, 0, 20, 10), 1)]})
    barrier = lines(LineString([(10, -50), (10, 50)]))
    assert cluster_sites(spaces, barriers=barrier).tolist() == [0, 0]


def test_what_has_no_place_has_no_site(make_spaces: Make) -> None:
    spaces = make_spaces({"a": [((0, 0), 1), (None, 9), (Polygon(), 9)], "b": [(None, 1)]})
    site = cluster_sites(spaces)
    assert site.dtype == "Int64"
    assert site.fillna(-1).tolist() == [0, -1, -1, -1]
    assert summarise_sites(spaces, site)["park_id"].tolist() == ["a"]


def test_no_spaces_no_sites(make_spaces: Make) -> None:
    nothing = make_spaces({})
    site = cluster_sites(nothing, barriers=lines())
    assert site.dtype == "Int64"
    summary = summarise_sites(nothing, site)
    assert summary.empty
    assert summary.crs == CRS


def test_the_centre_of_a_site_is_weighted_by_floor_area(make_spaces: Make) -> None:
    spaces = make_spaces(
        {
            "known": [((0, 0), 30), ((40, 0), 10), ((900, 0), 5)],
            "missing": [((0, 0), 30), ((40, 0), np.nan)],
            "naught": [((0, 0), 0), ((40, 0), 0)],
        }
    )
    sites = summarise_sites(spaces, cluster_sites(spaces))
    assert sites["park_id"].tolist() == ["known", "known", "missing", "naught"]
    assert sites["spaces"].tolist() == [2, 1, 2, 2]
    assert sites.geometry.x.tolist() == [10, 900, 20, 20]
    assert sites["weight"].tolist() == [40, 5, 2, 2]
    assert sites["floor_area_m2"].fillna(-1).tolist() == [40, 5, -1, 0]


def test_an_empty_site_of_a_weighted_park_still_has_a_centre(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 7), ((500, 0), 0), ((540, 0), 0)]})
    sites = summarise_sites(spaces, cluster_sites(spaces))
    assert sites["weight"].tolist() == [7, 0]
    assert sites.geometry.x.tolist() == [0, 520]


def test_an_unlocated_space_without_area_does_not_unweight_the_park(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 7), ((500, 0), 3), (None, np.nan)]})
    assert space_weights(spaces).fillna(-1).tolist() == [7, 3, -1]


def test_what_cannot_be_measured_is_refused(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1), ((10, 0), 1)]})
    with pytest.raises(ValueError, match="projected"):
        cluster_sites(spaces.to_crs("EPSG:4490"))
    with pytest.raises(ValueError, match="carrier_id"):
        cluster_sites(spaces.drop(columns="carrier_id"))
    with pytest.raises(ValueError, match="more than once"):
        cluster_sites(spaces.assign(carrier_id="same"))
    with pytest.raises(ValueError, match="without `park_id`"):
        cluster_sites(spaces.assign(park_id=pd.array(["p", None], dtype="str")))
    with pytest.raises(ValueError, match="negative"):
        cluster_sites(spaces.assign(floor_area_m2=[-1.0, 1.0]))
    with pytest.raises(ValueError, match="barriers"):
        cluster_sites(spaces, barriers=lines(LineString([(0, 0), (1, 1)])).to_crs("EPSG:4549"))
