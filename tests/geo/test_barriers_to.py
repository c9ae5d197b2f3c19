from __future__ import annotations

from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely import LineString
from shapely import Point
from shapely import box
from shapely.ops import substring

from geo import barriers as module
from geo.barriers import Around
from geo.barriers import around_barriers
from geo.barriers import around_to
from geo.crs import district_crs
from geo.distance import Edges

CRS = district_crs(121.5)
RIVER = LineString([(500, -5000), (500, 5000)])


def series(*shapes: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=CRS)


def every_pair(xy: np.ndarray, targets: np.ndarray) -> Edges:
    start, end = np.indices((len(xy), len(targets))).reshape(2, -1)
    return Edges(start, end, shapely.distance(shapely.points(xy[start]), targets[end]))


def led(
    origins: list[tuple[float, float]],
    targets: list[Any],
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | None = None,
    reach_m: float = 50.0,
) -> Around:
    xy = np.asarray(origins, dtype=np.float64).reshape(-1, 2)
    goals = np.array(
        [Point(one) if isinstance(one, tuple) else one for one in targets], dtype=object
    )
    pairs = every_pair(xy, goals)
    return around_to(pairs, xy, goals, barriers, crossings, reach_m=reach_m)


def city(seed: int, size: int = 12) -> tuple[np.ndarray, np.ndarray, gpd.GeoSeries, gpd.GeoSeries]:
    """Return origins, targets, winding barriers with a lake, and crossings, some of them off."""
    rng = np.random.default_rng(seed)
    xy, goals = rng.uniform(0, 2000, (2, size, 2))
    bends = np.linspace(-100, 2100, 12)
    lines = [
        LineString(np.column_stack([bends, 700 + rng.uniform(-120, 120, 12)])),
        LineString(np.column_stack([1300 + rng.uniform(-120, 120, 12), bends])),
    ]
    lake = box(300, 1200, 600, 1500)
    places = [line.interpolate(rng.uniform(200, 2000)) for line in lines for _ in range(3)]
    off = [Point(*(np.array(one.coords[0]) + rng.uniform(-40, 40, 2))) for one in places]
    # One origin and one target stand on a barrier.
    xy[0], goals[0] = lines[0].coords[4], lines[1].coords[7]
    return xy, np.asarray(shapely.points(goals)), series(*lines, lake), series(*off)


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_is_led_as_two_sites_of_a_park_are(seed: int) -> None:
    xy, goals, barriers, crossings = city(seed)
    pairs = every_pair(xy, goals)
    found = around_to(pairs, xy, goals, barriers, crossings)
    both = np.concatenate([xy[pairs.start], shapely.get_coordinates(goals)[pairs.end]])
    count = pairs.start.size
    alone = Edges(np.arange(count), np.arange(count) + count, pairs.length_m)
    group = np.tile(np.arange(count), 2)
    expected = around_barriers(alone, both, group, barriers, crossings)
    np.testing.assert_array_equal(found.blocked, expected.blocked)
    np.testing.assert_array_equal(found.detoured, expected.detoured)
    np.testing.assert_allclose(found.length_m, expected.length_m, rtol=1e-12)
    assert found.detoured.any()


@pytest.mark.parametrize("seed", range(4, 7))
def test_random_cities_against_a_graph_made_leg_by_leg(seed: int) -> None:
    xy, goals, barriers, _ = city(seed, size=6)
    # On one line and far from the others: where they are registered is where they are walked.
    places = [barriers[k].interpolate(d) for k in (0, 1) for d in (150, 400, 1100, 1500, 1900)]
    crossings = series(*[one for one in places if (barriers.distance(one) < 60).sum() == 1])
    found = around_to(every_pair(xy, goals), xy, goals, barriers, crossings)
    opened = shapely.union_all([one.buffer(50.0) for one in crossings])
    cut = [wall.difference(opened) for wall in barriers]
    rows = iter(range(found.length_m.size))
    for origin in map(Point, xy):
        for goal in goals:
            row = next(rows)
            places = [origin, goal, *crossings]
            graph = nx.Graph()
            graph.add_nodes_from(range(len(places)))
            for one in range(len(places)):
                for two in range(one):
                    leg = LineString([places[one], places[two]])
                    # What a leg touches with its end does not close it.
                    inner = substring(leg, 1e-3, max(leg.length - 1e-3, 1e-3))
                    if not any(inner.intersects(wall) for wall in cut):
                        graph.add_edge(one, two, weight=leg.length)
            assert found.blocked[row] == (not nx.has_path(graph, 0, 1))
            if not found.blocked[row]:
                shortest = nx.dijkstra_path_length(graph, 0, 1)
                assert found.length_m[row] == pytest.approx(shortest, rel=1e-9)


def test_a_bridge_makes_two_sides_of_a_triangle() -> None:
    found = led([(0, 0)], [(1000, 0), (400, 0)], series(RIVER), series(Point(500, 1000)))
    assert found.length_m.tolist() == pytest.approx([2 * np.hypot(500, 1000), 400])
    assert found.detoured.tolist() == [True, False]


def test_two_rivers_are_crossed_one_after_the_other() -> None:
    second = LineString([(1500, -5000), (1500, 5000)])
    bridges = series(Point(500, 1000), Point(1500, -300))
    found = led([(0, 0)], [(2000, 0)], series(RIVER, second), bridges)
    by_hand = np.hypot(500, 1000) + np.hypot(1000, 1300) + np.hypot(500, 300)
    assert found.length_m.tolist() == pytest.approx([by_hand])


def test_without_a_crossing_a_pair_is_blocked_and_keeps_its_line() -> None:
    found = led([(0, 0)], [(1000, 0)], series(RIVER))
    assert found.blocked.tolist() == [True]
    assert found.length_m.tolist() == [1000]


def test_an_area_is_reached_at_its_point_nearest_to_the_crossing() -> None:
    campus = box(900, -200, 1500, 600)
    found = led([(0, 0)], [campus], series(RIVER), series(Point(500, 500)))
    assert found.length_m.tolist() == pytest.approx([np.hypot(500, 500) + 400])
    assert found.detoured.tolist() == [True]


def test_an_area_that_stands_on_the_barrier_is_reached_on_this_side() -> None:
    assert led([(0, 0)], [box(400, -50, 900, 50)], series(RIVER)).length_m.tolist() == [400]
    touching = led([(0, 0)], [box(500, -50, 900, 50)], series(RIVER))
    assert touching.length_m.tolist() == [500]
    assert not touching.blocked.any()


def test_other_origins_and_targets_are_no_stepping_stones() -> None:
    """A site on the river joins its sides for a park; a destination there does not."""
    found = led([(0, 0), (500, 0)], [(1000, 0), (500, 10)], series(RIVER))
    # The last leg would run along the river.
    assert found.blocked.tolist() == [True, False, False, True]


def test_order_and_blocks_and_company_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    xy, goals, barriers, crossings = city(3)
    pairs = every_pair(xy, goals)
    found = around_to(pairs, xy, goals, barriers, crossings)
    monkeypatch.setattr(module, "_LEGS_AT_ONCE", 7)
    monkeypatch.setattr(module, "_LENGTHS_AT_ONCE", 5)
    turned = around_to(pairs, xy, goals, barriers[::-1], crossings[::-1])
    np.testing.assert_array_equal(found.length_m, turned.length_m)
    rows = np.flatnonzero(pairs.start == 5)[::3]
    few = around_to(pairs.take(rows), xy, goals, barriers, crossings)
    np.testing.assert_array_equal(found.length_m[rows], few.length_m)
    np.testing.assert_array_equal(found.detoured[rows], few.detoured)


def test_nothing_to_walk_and_nothing_between() -> None:
    assert led([], [(0, 0)], series(RIVER)).length_m.size == 0
    assert led([(0, 0)], [], series(RIVER)).length_m.size == 0
    assert led([(0, 0)], [(1000, 0)], None, series(Point(500, 0))).length_m.tolist() == [1000]


@pytest.mark.parametrize("reach_m", [-1.0, np.nan, np.inf])
def test_a_reach_that_is_no_length_is_refused(reach_m: float) -> None:
    with pytest.raises(ValueError, match="reach_m"):
        led([(0, 0)], [(1, 0)], series(RIVER), reach_m=reach_m)
