from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import box

from geo.crs import district_crs
from geo.crs import to_metric
from geo.scatter import RESULT_COLUMNS
from geo.scatter import ScatterParameters
from geo.scatter import Surroundings
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)
PUBLISHED = [
    "park_id",
    "park_name",
    "spaces",
    "sites",
    "effective_sites",
    "mean_distance_m",
    "largest_cluster_share",
    "effective_clusters",
    "longest_gap_m",
    "zone_share",
    "p_low",
    "p_low_adjusted",
    "draws",
    "seed",
    "flag",
    "form",
    "reason_zh",
    "reason_en",
    "stability",
    "unlocated_share",
    "floor_area_m2",
    "rule_version",
]
# The straight line itself, and one site a point, as the worked examples have it.
STRAIGHT = ScatterParameters(walk_m=600, detour=1.0, site_gap_m=0)


def parks_of(spaces: gpd.GeoDataFrame, *more: str) -> pd.DataFrame:
    ids = [*spaces["park_id"].unique(), *more]
    return pd.DataFrame({"park_id": ids, "name": [f"园 {name}" for name in ids]})


def zones(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def typology(make_spaces: Make, oracle: dict[str, Any]) -> gpd.GeoDataFrame:
    cases = oracle["A8.typology"]["cases"]
    return make_spaces(
        {case["name"]: list(zip(case["xy"], case["w"], strict=True)) for case in cases}
    )


def random_register(make_spaces: Make, parks: int = 12) -> gpd.GeoDataFrame:
    """Make an ugly register: clumps, repeats, buildings and points, gaps in everything."""
    rng = np.random.default_rng(17)
    holdings: dict[str, list[Any]] = {}
    for number in range(parks):
        centres = rng.uniform(0, 5000, (rng.integers(1, 5), 2))
        spaces = []
        for _ in range(rng.integers(1, 12)):
            x, y = centres[rng.integers(len(centres))] + rng.normal(0, 120, 2).round()
            area = np.nan if rng.random() < 0.03 else rng.integers(100, 9000)
            place = None if rng.random() < 0.05 else (x, y)
            spaces.append((box(x, y, x + 40, y + 20) if rng.random() < 0.4 else place, area))
        holdings[f"p{number:02d}"] = spaces
    return make_spaces(holdings)


def test_columns_are_the_published_ones_in_order(make_spaces: Make) -> None:
    assert list(RESULT_COLUMNS)[: len(PUBLISHED)] == PUBLISHED
    spaces = make_spaces({"p": [((0, 0), 1)]})
    for given in (spaces, spaces.iloc[:0]):
        table = scatter(given, parks_of(given)).table
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == RESULT_COLUMNS


def test_the_four_site_example(make_spaces: Make, oracle: dict[str, Any]) -> None:
    distances, tree, clusters = (oracle[key] for key in ("A3.mean_pairwise", "A4.mst", "A4.lcc"))
    spaces = make_spaces({"p": list(zip(distances["xy"], distances["w"], strict=True))})
    result = scatter(spaces, parks_of(spaces), parameters=STRAIGHT)
    row = result.table.iloc[0]
    assert row["park_name"] == "园 p"
    assert row["mean_distance_m"] == pytest.approx(distances["mpd_m"], abs=1e-4)
    assert row["longest_gap_m"] == tree["longest_gap_m"]
    assert sorted(result.tree["distance_m"]) == tree["mst_edges_m"]
    assert result.tree["walkable"].sum() == 2
    got = [row["largest_cluster_share"], row["clusters"], row["effective_clusters"]]
    assert got == pytest.approx(clusters["t_600"], abs=1e-6)
    shorter = scatter(spaces, parks_of(spaces), parameters=replace(STRAIGHT, walk_m=400))
    row_400 = shorter.table.iloc[0]
    got = [row_400[name] for name in ("largest_cluster_share", "clusters", "effective_clusters")]
    assert got == pytest.approx(clusters["t_400"], abs=1e-6)
    assert row["effective_sites"] == pytest.approx(1 / 0.3)
    assert row["largest_site_share"] == 0.4
    assert row["floor_area_m2"] == 10_000


def test_lengths_are_walks(make_spaces: Make, oracle: dict[str, Any]) -> None:
    expected = oracle["A3.mean_pairwise"]
    spaces = make_spaces({"p": list(zip(expected["xy"], expected["w"], strict=True))})
    result = scatter(spaces, parks_of(spaces))
    assert result.table.loc[0, "mean_distance_m"] == pytest.approx(1.324 * expected["mpd_m"])
    assert result.table.loc[0, "longest_gap_m"] == pytest.approx(1.324 * 2400)
    assert result.tree["distance_m"].to_numpy() == pytest.approx(1.324 * result.tree.length)


def test_missing_areas_count_every_space_as_one(make_spaces: Make, oracle: dict[str, Any]) -> None:
    expected = oracle["A3.mean_pairwise"]
    spaces = make_spaces({"p": [(xy, np.nan) for xy in expected["xy"]]})
    row = scatter(spaces, parks_of(spaces), parameters=STRAIGHT).table.iloc[0]
    assert row["mean_distance_m"] == pytest.approx(expected["mpd_unweighted_m"], abs=1e-4)
    assert row["effective_sites"] == 4
    assert row["unlocated_share"] == 1  # no area is known
    assert row["flag"] == "undecided"
    assert pd.isna(row["floor_area_m2"])


@pytest.mark.parametrize(("p", "key"), [(0.2, "0_2"), (0.01, "0_01")])
def test_typology(make_spaces: Make, oracle: dict[str, Any], p: float, key: str) -> None:
    expected = oracle["A8.typology"]
    spaces = typology(make_spaces, oracle)
    p_low = pd.Series(p, index=spaces["park_id"].unique())
    everywhere = zones(box(-1e5, -1e5, 1e5, 1e5))
    table = scatter(spaces, parks_of(spaces), everywhere, p_low=p_low).table.set_index("park_id")
    for case in expected["cases"]:
        row = table.loc[case["name"]]
        assert row["largest_cluster_share"] == pytest.approx(case["lcc"])
        assert row["clusters"] == case["k"]
        assert row["effective_clusters"] == pytest.approx(case["keff"], abs=1e-6)
        assert row["mean_distance_m"] / 1.324 == pytest.approx(case["mpd"], abs=0.01)
        assert row["longest_gap_m"] / 1.324 == pytest.approx(case["longest_gap"], abs=0.01)
        assert row["effective_sites"] == pytest.approx(case["n_eff"], abs=1e-6)
    colour = {"绿": "green", "黄": "yellow", "红": "red"}
    flags = {k: colour[v] for k, v in expected[f"flags_if_plow_{key}_zone_1"].items()}
    assert table["flag"].to_dict() == flags
    assert table["form"].to_dict() == {
        "campus": "contiguous",
        "core_satellites": "core_satellites",
        "bipolar": "multipolar",
        "dust": "scattered",
    }


def test_share_inside_zones_by_floor_area(make_spaces: Make) -> None:
    spaces = make_spaces(
        {
            "p": [
                (box(100, 400, 200, 500), 30_000),
                (box(950, 400, 1050, 500), 20_000),
                (box(2000, 0, 2100, 100), 10_000),
                (None, 100),
            ]
        }
    )
    row = scatter(spaces, parks_of(spaces), zones(box(0, 0, 1000, 1000))).table.iloc[0]
    assert row["zone_share"] == pytest.approx(0.666667, abs=1e-6)
    assert row["zone_border_share"] == 0


def test_a_space_on_the_zone_boundary_leaves_the_flag_open(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 4), ((5000, 0), 2), ((5000, 100), 4)]})
    area, p_low = zones(box(-10, -10, 5000, 50)), pd.Series({"p": 0.01})
    row = scatter(spaces, parks_of(spaces), area, p_low=p_low).table.iloc[0]
    assert row["zone_share"] == pytest.approx(0.4)
    assert row["zone_border_share"] == pytest.approx(0.2)
    assert row["flag"] == "undecided"


def test_relative_dispersion_needs_every_footprint(
    make_spaces: Make, oracle: dict[str, Any]
) -> None:
    points = oracle["A3.mean_pairwise"]
    expected = oracle["A8.disc_compactness"]["example"]
    side = np.sqrt(expected["land_m2"] / 4)
    squares = [
        (box(x - side / 2, y - side / 2, x + side / 2, y + side / 2), weight)
        for (x, y), weight in zip(points["xy"], points["w"], strict=True)
    ]
    spaces = make_spaces({"land": squares, "point": [*squares[:3], (points["xy"][3], 1000)]})
    table = scatter(spaces, parks_of(spaces)).table.set_index("park_id")
    # The walk is longer than the straight line; compactness is a matter of shape.
    assert table.loc["land", "relative_dispersion"] == pytest.approx(expected["rel"], abs=1e-4)
    assert table["relative_dispersion"].isna().to_dict() == {"land": False, "point": True}


def test_every_park_is_in_the_table(make_spaces: Make) -> None:
    spaces = make_spaces({"b": [((0, 0), 1)], "stray": [((0, 0), 1)]})
    parks = pd.DataFrame({"park_id": ["c", "b", "a"], "name": ["丙", "乙", None]})
    table = scatter(spaces, parks).table
    assert table["park_id"].tolist() == ["a", "b", "c", "stray"]
    assert table["park_name"].fillna("-").tolist() == ["-", "乙", "丙", "-"]
    assert table["flag"].tolist() == ["undecided", "green", "undecided", "green"]
    assert table["spaces"].tolist() == [0, 1, 0, 1]
    empty = table.iloc[0]
    unknown = ["sites", "clusters", "mean_distance_m", "longest_gap_m", "floor_area_m2", "form"]
    assert empty[unknown].isna().all()


def test_one_site_is_no_distance(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 3), ((30, 0), 1)]})
    result = scatter(spaces, parks_of(spaces))
    row = result.table.iloc[0]
    assert (
        row[["sites", "clusters", "effective_sites", "largest_cluster_share"]].tolist() == [1] * 4
    )
    assert row[["mean_distance_m", "longest_gap_m"]].tolist() == [0, 0]
    assert row["form"] == "single"
    assert result.tree.empty
    assert result.tree.crs == CRS


def test_nothing_located_is_unknown_not_nought(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [(None, 30), (None, 20)]})
    result = scatter(spaces, parks_of(spaces), zones(box(0, 0, 1, 1)))
    row = result.table.iloc[0]
    assert row["spaces"] == 2
    assert row["floor_area_m2"] == 50
    assert row["unlocated_share"] == 1
    assert row[["sites", "clusters", "mean_distance_m", "zone_share", "form"]].isna().all()
    assert result.sites.empty
    assert result.spaces["site"].isna().all()


def test_unlocated_share_is_by_area_or_by_number(make_spaces: Make) -> None:
    spaces = make_spaces(
        {
            "area": [((0, 0), 85), (None, 15)],
            "limit": [((0, 0), 80), (None, 20)],
            "above": [((0, 0), 79), (None, 21)],
            "number": [((0, 0), 85), ((0, 9), 85), (None, np.nan)],
        }
    )
    table = scatter(spaces, parks_of(spaces)).table.set_index("park_id")
    assert table["unlocated_share"].round(6).to_dict() == {
        "area": 0.15,
        "limit": 0.2,
        "above": 0.21,
        "number": 0.333333,
    }
    assert table["flag"].to_dict() == {
        "area": "green",
        "limit": "green",
        "above": "undecided",
        "number": "undecided",
    }


def test_coincident_sites_stay_connected(make_spaces: Make) -> None:
    # A courtyard building and a pavilion in its middle: two sites, one centre.
    ring = box(-100, -100, 100, 100).difference(box(-90, -90, 90, 90))
    spaces = make_spaces({"p": [(ring, 5), ((0, 0), 5), ((3000, 0), 1)]})
    result = scatter(spaces, parks_of(spaces))
    row = result.table.iloc[0]
    assert row["sites"] == 3
    assert row["clusters"] == 2
    assert result.tree["distance_m"].min() == pytest.approx(0, abs=1e-9)


def test_a_barrier_divides_a_site(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 3), ((40, 0), 1)]})
    river = gpd.GeoSeries([LineString([(20, -9), (20, 9)])], crs=CRS)
    assert scatter(spaces, parks_of(spaces)).table.loc[0, "sites"] == 1
    assert (
        scatter(spaces, parks_of(spaces), surroundings=Surroundings(barriers=river)).table.loc[
            0, "sites"
        ]
        == 2
    )


def test_clusters_are_numbered_by_weight(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 40), ((3000, 0), 30), ((3100, 0), 30), (None, 1)]})
    result = scatter(spaces, parks_of(spaces))
    assert result.sites["site"].tolist() == [0, 1, 2]
    assert result.sites["cluster"].tolist() == [1, 0, 0]
    assert result.spaces["cluster"].fillna(-1).tolist() == [1, 0, 0, -1]
    walkable = result.tree.set_index(["from_site", "to_site"])["walkable"]
    assert walkable.to_dict() == {(0, 1): False, (1, 2): True}


def test_order_of_rows_does_not_matter(make_spaces: Make) -> None:
    spaces = random_register(make_spaces)
    parks, area = parks_of(spaces, "empty"), zones(box(0, 0, 2500, 2500), box(2500, 0, 3000, 900))
    expected = scatter(spaces, parks, area)
    for seed in (1, 2):
        shuffled = spaces.sample(frac=1, random_state=seed)
        got = scatter(shuffled, parks.iloc[::-1], area.iloc[::-1])
        pd.testing.assert_frame_equal(got.table, expected.table, check_exact=True)
        for part in ("sites", "tree"):
            pd.testing.assert_frame_equal(
                pd.DataFrame(getattr(got, part)), pd.DataFrame(getattr(expected, part))
            )
        assert got.spaces.index.equals(shuffled.index)
        pd.testing.assert_frame_equal(
            pd.DataFrame(got.spaces.sort_index()), pd.DataFrame(expected.spaces)
        )


def test_a_park_alone_is_the_park_among_others(make_spaces: Make) -> None:
    spaces = random_register(make_spaces)
    parks = parks_of(spaces)
    together = scatter(spaces, parks).table
    alone = [
        scatter(spaces[spaces["park_id"] == name], parks[parks["park_id"] == name]).table
        for name in parks["park_id"]
    ]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together)


def test_stability_is_the_share_of_separate_runs(make_spaces: Make) -> None:
    spaces = random_register(make_spaces, parks=20)
    parks, p_low = parks_of(spaces), pd.Series({"p01": 0.2, "p02": 0.01, "p05": 0.5})
    rule = ScatterParameters()
    table = scatter(spaces, parks, p_low=p_low).table
    kept = np.zeros(len(parks))
    for walk in rule.walks():
        one = ScatterParameters(
            *walk, walk_range=walk[:1], detour_range=walk[1:2], gap_range=walk[2:]
        )
        flags = scatter(spaces, parks, parameters=one, p_low=p_low).table["flag"]
        kept += (flags == table["flag"]).to_numpy()
    judged = table["unlocated_share"] <= rule.unlocated_limit
    expected = pd.Series(kept / 27).where(judged)
    assert table["stability"].tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert 0 < judged.sum() < len(judged)
    assert (table["stability"] < 1).any()


def test_numbers_survive_storage_in_degrees(make_spaces: Make, oracle: dict[str, Any]) -> None:
    spaces = typology(make_spaces, oracle)
    spaces["geometry"] = spaces.translate(503_000, 3_464_000)
    stored = to_metric(spaces.to_crs("EPSG:4490"), central_meridian=121.5)
    expected, got = (scatter(s, parks_of(s)).table for s in (spaces, stored))
    pd.testing.assert_frame_equal(got, expected, rtol=1e-9)


def test_input_is_not_changed(make_spaces: Make) -> None:
    spaces = random_register(make_spaces)
    parks, before = parks_of(spaces), spaces.copy()
    result = scatter(spaces, parks)
    pd.testing.assert_frame_equal(pd.DataFrame(spaces), pd.DataFrame(before))
    assert list(result.spaces.columns) == [*spaces.columns, "site", "cluster"]
    assert result.parameters == ScatterParameters()


def test_numeric_park_ids_work(make_spaces: Make) -> None:
    spaces = make_spaces({"1": [((0, 0), 1)], "2": [((0, 0), 1), ((3000, 0), 1)]})
    table = scatter(spaces.astype({"park_id": int}), pd.DataFrame({"park_id": [2, 1]})).table
    assert table["park_id"].tolist() == ["1", "2"]
    assert table["sites"].tolist() == [1, 2]


def test_what_cannot_be_measured_is_refused(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1)]})
    parks = parks_of(spaces)
    with pytest.raises(ValueError, match="projected"):
        scatter(spaces.to_crs("EPSG:4490"), parks)
    with pytest.raises(ValueError, match="projected"):
        scatter(spaces.to_crs("EPSG:3857"), parks)
    with pytest.raises(ValueError, match="no CRS"):
        scatter(spaces.set_crs(None, allow_override=True), parks)
    with pytest.raises(ValueError, match=r"parks.*more than once"):
        scatter(spaces, pd.concat([parks, parks]))
    with pytest.raises(ValueError, match=r"parks.*park_id"):
        scatter(spaces, parks.drop(columns="park_id"))
    with pytest.raises(ValueError, match="without `park_id`"):
        scatter(spaces, pd.DataFrame({"park_id": ["p", None]}))
    with pytest.raises(ValueError, match="zones"):
        scatter(spaces, parks, zones(box(0, 0, 1, 1)).to_crs("EPSG:4549"))
