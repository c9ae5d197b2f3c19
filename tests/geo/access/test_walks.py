from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString
from shapely import Point
from shapely import box

from geo.access import WAYS
from geo.access import AccessParameters
from geo.access import walks
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings
from tests.geo.access.town import CRS
from tests.geo.access.town import METRE_FOR_METRE
from tests.geo.access.town import series

RULE = AccessParameters()
RIVER = LineString([(500, -3000), (500, 3000)])


def told(found: pd.DataFrame) -> list[tuple[Any, Any, float | None, str]]:
    rows = zip(found["origin"], found["target"], found["walk_m"], found["way"], strict=True)
    return [(o, t, None if np.isnan(m) else round(float(m), 6), str(way)) for o, t, m, way in rows]


def test_on_open_ground_a_walk_is_the_line_times_the_detour() -> None:
    origins = series((0, 0), (300, 400)).set_axis(["a", "b"])
    targets = series((0, 0), (600, 800)).set_axis([7, 9])
    found = walks(origins, targets, OPEN_GROUND, RULE)
    assert list(found.columns) == ["origin", "target", "straight_m", "walk_m", "way"]
    assert told(found) == [
        ("a", 7, 0.0, "straight"),
        ("a", 9, 1324.0, "straight"),
        ("b", 7, 662.0, "straight"),
        ("b", 9, 662.0, "straight"),
    ]
    assert found["straight_m"].tolist() == [0, 1000, 500, 500]


def test_an_origin_is_its_centre_and_a_target_its_nearest_edge() -> None:
    found = walks(
        series(box(0, 0, 20, 20)), series(box(110, 0, 500, 20)), OPEN_GROUND, METRE_FOR_METRE
    )
    assert told(found) == [(0, 0, 100.0, "straight")]
    inside = walks(series((50, 50)), series(box(0, 0, 100, 100)), OPEN_GROUND, RULE)
    assert told(inside) == [(0, 0, 0.0, "straight")]


def test_only_what_is_near_enough_is_told_and_the_edge_is() -> None:
    targets = series((1000 / 1.324, 0), (1000.01 / 1.324, 0))
    found = walks(series((0, 0)), targets, OPEN_GROUND, RULE, most_m=1000)
    assert told(found) == [(0, 0, 1000.0, "straight")]


def test_a_river_is_crossed_at_its_bridge_or_not_at_all() -> None:
    river, bridge = series(RIVER), series((500, 300))
    shore = series((0, 0)), series((900, 0), (100, 0))
    led = walks(*shore, Surroundings(river, bridge), METRE_FOR_METRE)
    assert told(led) == [
        (0, 0, round(math.hypot(500, 300) + 500, 6), "crossing"),
        (0, 1, 100, "straight"),
    ]
    without = walks(*shore, Surroundings(river), METRE_FOR_METRE)
    assert told(without) == [(0, 0, None, "blocked"), (0, 1, 100.0, "straight")]
    near = walks(*shore, Surroundings(river), METRE_FOR_METRE, most_m=899)
    assert told(near) == [(0, 1, 100.0, "straight")]
    detour = walks(*shore, Surroundings(river), RULE, most_m=1000)
    assert told(detour) == [(0, 1, 132.4, "straight")]


def test_a_way_that_the_bridge_makes_too_long_is_neither_told_nor_blocked() -> None:
    around = Surroundings(series(RIVER), series((500, 2000)))
    assert walks(series((0, 0)), series((600, 0)), around, METRE_FOR_METRE, most_m=900).empty


def test_the_network_goes_before_the_line_and_is_not_stretched() -> None:
    street = series(LineString([(0, 10), (0, 400), (400, 400)]))
    ground = Surroundings(walkways=street)
    found = walks(series((0, 0)), series((410, 400), (0, 500)), ground, RULE)
    assert told(found) == [(0, 0, 810.0, "network"), (0, 1, 662.0, "straight")]
    # The first walk is longer than asked for: the shorter line does not step in.
    near = walks(series((0, 0)), series((410, 400)), ground, RULE, most_m=800)
    assert near.empty


def test_a_network_overrules_the_barrier_that_it_leads_over() -> None:
    ground = Surroundings(series(RIVER), walkways=series(LineString([(0, 0), (1000, 0)])))
    found = walks(series((0, 0)), series((1000, 0), (1000, 300)), ground, RULE)
    assert told(found) == [(0, 0, 1000.0, "network"), (0, 1, None, "blocked")]


def test_streets_that_do_not_meet_leave_the_straight_line() -> None:
    streets = series(LineString([(0, 0), (100, 0)]), LineString([(200, 0), (300, 0)]))
    for most_m in (math.inf, 2000.0):
        found = walks(
            series((0, 0)), series((300, 0)), Surroundings(walkways=streets), RULE, most_m=most_m
        )
        assert told(found) == [(0, 0, 397.2, "straight")]


def test_an_area_is_entered_where_a_street_meets_its_outline() -> None:
    street = series(LineString([(0, 0), (1000, 0)]))
    found = walks(
        series((0, 0)), series(box(600, -50, 900, 50)), Surroundings(walkways=street), RULE
    )
    assert told(found) == [(0, 0, 600.0, "network")]


def test_who_is_in_an_area_need_not_walk_to_a_street_and_back() -> None:
    street = Surroundings(walkways=series(LineString([(0, 0), (1000, 0)])))
    found = walks(series((700, 20)), series(box(600, -50, 900, 50)), street, RULE)
    assert told(found) == [(0, 0, 0.0, "straight")]


def test_places_that_are_missing_have_no_walks() -> None:
    empty = series(Point(), None)
    assert walks(empty, series((0, 0)), OPEN_GROUND, RULE).empty
    found = walks(series(None, (0, 0)), series(Point(), (10, 0)), OPEN_GROUND, METRE_FOR_METRE)
    assert told(found) == [(1, 1, 10.0, "straight")]
    nothing = gpd.GeoSeries([], crs=CRS)
    for most_m in (math.inf, 500.0):
        assert walks(nothing, nothing, OPEN_GROUND, RULE, most_m=most_m).empty


def test_what_cannot_be_measured_is_refused() -> None:
    here = series((0, 0))
    degrees = gpd.GeoSeries([Point(121.5, 31.3)], crs="EPSG:4490")
    with pytest.raises(ValueError, match="metres"):
        walks(degrees, degrees, OPEN_GROUND, RULE)
    with pytest.raises(ValueError, match="targets"):
        walks(here, here.set_crs("EPSG:32651", allow_override=True), OPEN_GROUND, RULE)
    with pytest.raises(ValueError, match="barriers"):
        walks(here, here, Surroundings(degrees), RULE)
    with pytest.raises(ValueError, match="`origins`"):
        walks(series((0, 0), (1, 1)).set_axis([3, 3]), here, OPEN_GROUND, RULE)
    for most_m in (-1.0, math.nan):
        with pytest.raises(ValueError, match="most_m"):
            walks(here, here, OPEN_GROUND, RULE, most_m=most_m)


def town(seed: int) -> tuple[gpd.GeoSeries, gpd.GeoSeries, Surroundings]:
    """Return origins, targets, a river with bridges and streets on its west bank."""
    rng = np.random.default_rng(seed)
    origins, targets = (series(*map(Point, rng.uniform(0, 1000, (12, 2)))) for _ in "ab")
    bridges = series(*[(500, y) for y in rng.uniform(0, 1000, 2)])
    lines = [
        LineString([(x, 0), (x, 1000)]) if upright else LineString([(0, x), (450, x)])
        for upright in (True, False)
        for x in rng.uniform(0, 450 if upright else 1000, 4)
    ]
    crossing = shapely.node(shapely.union_all(lines))
    return origins, targets, Surroundings(series(RIVER), bridges, series(crossing))


def by_hand(
    origin: Point, target: Point, around: Surroundings, rule: AccessParameters
) -> tuple[float, str]:
    """Walk one pair with a graph of its own."""
    assert around.walkways is not None
    assert around.crossings is not None
    streets = shapely.get_parts(around.walkways.iloc[0])
    graph = nx.Graph()
    for line in streets:
        graph.add_edge(*line.coords, weight=line.length)
    ends = []
    for name, place in (("from", origin), ("to", target)):
        gaps = shapely.distance(streets, place)
        nearest = int(gaps.argmin())
        if gaps[nearest] > rule.snap_m:
            break
        ends.append(name)
        line = streets[nearest]
        at = line.project(place)
        for end, leg in ((0, at), (-1, line.length - at)):
            graph.add_edge(name, line.coords[end], weight=leg + gaps[nearest])
        for other in ends[:-1]:
            other_place = origin if other == "from" else target
            if int(shapely.distance(streets, other_place).argmin()) == nearest:
                along = abs(line.project(other_place) - at)
                both = gaps[nearest] + line.distance(other_place)
                graph.add_edge(name, other, weight=along + both)
    if len(ends) == 2 and nx.has_path(graph, "from", "to"):
        return nx.dijkstra_path_length(graph, "from", "to"), "network"
    line = LineString([origin, target])
    if not line.intersects(RIVER) or any(
        line.intersection(RIVER).distance(one) <= 50 for one in around.crossings
    ):
        return rule.detour * line.length, "straight"
    ways = [origin.distance(one) + one.distance(target) for one in around.crossings]
    return rule.detour * min(ways), "crossing"


@pytest.mark.parametrize("seed", range(3))
def test_random_towns_pair_by_pair(seed: int) -> None:
    origins, targets, around = town(seed)
    rule = replace(RULE, snap_m=30.0)
    found = walks(origins, targets, around, rule)
    assert len(found) == 144
    for row in found.itertuples():
        walk, way = by_hand(origins[row.origin], targets[row.target], around, rule)
        assert row.way == way
        assert row.walk_m == pytest.approx(walk, rel=1e-9)
    assert set(found["way"]) == {"straight", "crossing", "network"}
    assert (found["walk_m"] >= found["straight_m"] - 1e-6).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_pair_depends_on_no_other_and_on_no_order(seed: int) -> None:
    origins, targets, around = town(seed)
    assert around.crossings is not None
    whole = walks(origins, targets, around, RULE).set_index(["origin", "target"])
    turned = walks(
        origins[::-1],
        targets.sample(frac=1, random_state=seed),
        Surroundings(around.barriers, around.crossings[::-1], around.walkways),
        RULE,
    ).set_index(["origin", "target"])
    pd.testing.assert_frame_equal(whole, turned.reindex(whole.index))
    few = walks(origins.iloc[[4]], targets.iloc[2:5], around, RULE).set_index(["origin", "target"])
    pd.testing.assert_frame_equal(few, whole.loc[few.index])
    near = walks(origins, targets, around, RULE, most_m=600).set_index(["origin", "target"])
    pd.testing.assert_frame_equal(near, whole[whole["walk_m"] <= 600])


def test_the_ways_are_those_that_are_listed() -> None:
    origins, targets, around = town(0)
    assert tuple(walks(origins, targets, around, RULE)["way"].cat.categories) == WAYS
