"""Scatter where something lies between the sites, and the shares of the belts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from shapely import Point
from shapely import box

from geo.crs import district_crs
from geo.scatter import ScatterParameters
from geo.scatter import Surroundings
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[dict[str, list[Any]]], gpd.GeoDataFrame]

CRS = district_crs(121.5)
EVERYWHERE = gpd.GeoDataFrame({"belt": ["谷"]}, geometry=[box(-1e5, -1e5, 1e5, 1e5)], crs=CRS)
RIVER = gpd.GeoSeries([LineString([(200, -9000), (200, 9000)])], crs=CRS)
# Two sites of one park, 400 m apart, the river between them.
BANKS = [((0, 0), 5000.0), ((400, 0), 5000.0)]


def points(*places: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(place) for place in places], crs=CRS)


def lines(*ways: list[tuple[float, float]]) -> gpd.GeoSeries:
    return gpd.GeoSeries([LineString(way) for way in ways], crs=CRS)


def measured(spaces: gpd.GeoDataFrame, surroundings: Surroundings, p: float = 0.01) -> Any:
    parks = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    p_low = pd.Series(p, index=parks["park_id"])
    return scatter(spaces, parks, EVERYWHERE, surroundings=surroundings, p_low=p_low)


def test_on_open_ground_nothing_is_led_around(make_spaces: Make) -> None:
    row = measured(make_spaces({"p": BANKS}), Surroundings()).table.iloc[0]
    assert row["flag"] == "green"
    assert row[["detoured_pairs", "blocked_pairs", "network_pairs", "unsnapped_sites"]].eq(0).all()
    assert pd.isna(row["flag_straight"])
    assert "点位之间" not in row["reason_zh"]


def test_a_bridge_far_away_makes_two_places(make_spaces: Make) -> None:
    around = Surroundings(barriers=RIVER, crossings=points((200, 900)))
    result = measured(make_spaces({"p": BANKS}), around)
    row = result.table.iloc[0]
    walk = 1.324 * 2 * np.hypot(200, 900)
    assert row["longest_gap_m"] == pytest.approx(walk)
    assert row["mean_distance_m"] == pytest.approx(walk / 2)
    assert row[["flag", "flag_straight"]].tolist() == ["yellow", "green"]
    assert row["detoured_pairs"] == 1
    assert result.tree["distance_m"].tolist() == pytest.approx([walk])
    assert "1 对隔着阻隔、经过街通道绕行" in row["reason_zh"]
    assert row["reason_zh"].index("若全按直线步行，则为绿。") > 0
    assert "Walking straight it would be green." in row["reason_en"]


def test_a_bridge_nearby_changes_the_walk_and_not_the_flag(make_spaces: Make) -> None:
    around = Surroundings(barriers=RIVER, crossings=points((200, 150)))
    row = measured(make_spaces({"p": BANKS}), around).table.iloc[0]
    assert row["longest_gap_m"] == pytest.approx(1.324 * 2 * np.hypot(200, 150))
    assert row[["flag", "flag_straight"]].tolist() == ["green", "green"]
    assert "若全按直线" not in row["reason_zh"]


def test_without_a_bridge_nobody_is_said_to_walk(make_spaces: Make) -> None:
    result = measured(make_spaces({"p": BANKS}), Surroundings(barriers=RIVER))
    row = result.table.iloc[0]
    assert row["flag"] == "yellow"
    assert row["blocked_pairs"] == 1
    assert row["mean_distance_m"] == pytest.approx(1.324 * 400 / 2)
    assert result.tree["walkable"].tolist() == [False]
    assert "需路网核实" in row["reason_zh"]
    assert "1 pair across a barrier without a registered crossing" in row["reason_en"]


def test_the_tree_takes_a_blocked_way_only_where_it_must(make_spaces: Make) -> None:
    # The middle site is 300 m from both, but the river cuts it off from the left one.
    spaces = make_spaces({"p": [((0, 0), 5.0), ((300, 0), 3.0), ((0, 700), 2.0)]})
    result = measured(spaces, Surroundings(barriers=lines([(150, -9000), (150, 300)])))
    tree = result.tree.set_index(["from_site", "to_site"])["distance_m"]
    # Straight, (0, 1) and (0, 2) would be the tree; the wall leaves (0, 2) and (1, 2).
    assert set(tree.index) == {(0, 2), (1, 2)}
    assert result.tree["walkable"].tolist() == [False, False]


def test_another_park_is_not_touched(make_spaces: Make) -> None:
    spaces = make_spaces({"p": BANKS, "q": [((3000, 0), 1.0), ((3400, 0), 1.0)]})
    around = Surroundings(barriers=RIVER, crossings=points((200, 900)))
    table = measured(spaces, around).table.set_index("park_id")
    assert pd.isna(table.loc["q", "flag_straight"])
    assert table.loc["q", "detoured_pairs"] == 0
    straight = measured(spaces, Surroundings()).table.set_index("park_id")
    assert table.loc["q", "mean_distance_m"] == straight.loc["q", "mean_distance_m"]


STREETS = lines([(0, 0), (0, 600), (400, 600), (400, 0)])


def test_streets_take_the_place_of_line_and_detour(make_spaces: Make) -> None:
    result = measured(make_spaces({"p": BANKS}), Surroundings(walkways=STREETS))
    row = result.table.iloc[0]
    assert row["longest_gap_m"] == pytest.approx(1600)
    assert row["network_pairs"] == 1
    assert row[["flag", "flag_straight"]].tolist() == ["yellow", "green"]
    assert "1 对按步行路网计距" in row["reason_zh"]
    assert "步行按路网" in row["reason_zh"]
    # A street has been walked: the detour factor of the runs does not stretch it.
    runs = result.runs[result.runs["walk_m"].eq(1000)]
    assert runs["longest_gap_m"].tolist() == pytest.approx([1600] * len(runs))


def test_streets_cross_a_river_that_lines_do_not(make_spaces: Make) -> None:
    bridge = lines([(0, 0), (400, 0)])
    both = Surroundings(barriers=RIVER, walkways=bridge)
    row = measured(make_spaces({"p": BANKS}), both).table.iloc[0]
    assert row["longest_gap_m"] == pytest.approx(400)
    assert row[["flag", "blocked_pairs"]].tolist() == ["green", 0]


def test_a_site_off_the_streets_is_reported_and_walked_straight(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [*BANKS, ((400, -300), 5000.0)]})
    row = measured(spaces, Surroundings(walkways=STREETS)).table.iloc[0]
    assert row["unsnapped_sites"] == 1
    assert row["network_pairs"] == 1
    assert "1 处点位离步行路网超过 50 米，改按直线×1.324 计。" in row["reason_zh"]
    nearer = ScatterParameters(snap_m=301)
    parks = pd.DataFrame({"park_id": ["p"]})
    found = scatter(spaces, parks, parameters=nearer, surroundings=Surroundings(walkways=STREETS))
    assert found.table.iloc[0]["unsnapped_sites"] == 0


def test_the_footprint_and_not_the_middle_reaches_the_street(make_spaces: Make) -> None:
    # The middle of the right-hand court is 90 m from the street, its wall stands on it.
    spaces = make_spaces({"p": [((0, 0), 1.0), (box(400, -90, 580, 90), 1.0)]})
    row = measured(spaces, Surroundings(walkways=lines([(0, 0), (400, 0)]))).table.iloc[0]
    assert row["longest_gap_m"] == pytest.approx(400)
    assert row["unsnapped_sites"] == 0


def test_surroundings_in_another_system_are_refused(make_spaces: Make) -> None:
    spaces = make_spaces({"p": BANKS})
    for name in ("barriers", "crossings", "walkways"):
        with pytest.raises(ValueError, match=name):
            measured(spaces, Surroundings(**{name: RIVER.to_crs("EPSG:4549")}))


def belts(**shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"belt": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def test_shares_of_the_belts_by_area(make_spaces: Make) -> None:
    zones = belts(谷=box(0, 0, 1000, 1000), 浦=box(2000, 0, 3000, 1000))
    holdings = [
        (box(100, 100, 200, 200), 30.0),
        (box(950, 400, 1050, 500), 20.0),  # half in the valley
        (box(2100, 100, 2200, 200), 40.0),
        (Point(3000, 500), 10.0),  # on the border of the belt on the river
    ]
    spaces = make_spaces({"p": holdings, "out": [((9000, 9000), 1.0)], "none": [(None, 1.0)]})
    parks = pd.DataFrame({"park_id": ["p", "out", "none"]})
    result: Any = scatter(spaces, parks, zones)
    found = result.belts.set_index(["park_id", "belt"])["share"].to_dict()
    assert found == pytest.approx(
        {("p", "谷"): 0.4, ("p", "浦"): 0.4, ("out", "谷"): 0.0, ("out", "浦"): 0.0}
    )
    row = result.table.set_index("park_id").loc["p"]
    shares = row[["zone_share", "zone_border_share", "zone_outside_share"]]
    assert shares.tolist() == pytest.approx([0.8, 0.1, 0.1])
    assert row["main_belt_share"] == pytest.approx(0.4)
    others = result.table.set_index("park_id").loc[["out", "none"], ["main_belt", "zone_share"]]
    assert others["main_belt"].isna().all()
    assert others["zone_share"].fillna(-1).tolist() == [0, -1]


def test_the_oracle_of_the_zone_share(make_spaces: Make, oracle: dict[str, Any]) -> None:
    expected = oracle["A6.zone_share"]
    holdings = [
        (box(100, 400, 200, 500), 30_000.0),
        (box(950, 400, 1050, 500), 20_000.0),
        (box(2000, 0, 2100, 100), 10_000.0),
    ]
    spaces = make_spaces({"p": holdings})
    zones = belts(谷=box(0, 0, 1000, 1000))
    row = scatter(spaces, pd.DataFrame({"park_id": ["p"]}), zones).table.iloc[0]
    assert row["zone_share"] == pytest.approx(expected["share_area_weighted"], abs=1e-6)
    assert row[["main_belt", "main_belt_share"]].tolist() == ["谷", row["zone_share"]]


def test_zones_without_belts_have_shares_all_the_same(make_spaces: Make) -> None:
    spaces = make_spaces({"p": [((0, 0), 1.0)]})
    plain = EVERYWHERE.drop(columns="belt")
    result = scatter(spaces, pd.DataFrame({"park_id": ["p"]}), plain)
    assert result.table.iloc[0]["zone_share"] == 1
    assert pd.isna(result.table.iloc[0]["main_belt"])
    assert result.belts.empty
