from __future__ import annotations

from itertools import combinations
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely import LineString
from shapely import MultiLineString
from shapely import Point
from shapely import Polygon
from shapely import box
from shapely.ops import nearest_points

from geo import barriers as module
from geo.barriers import Around
from geo.barriers import around_barriers
from geo.crs import district_crs
from geo.distance import Edges
from geo.distance import pairs_in_groups

CRS = district_crs(121.5)
RIVER = LineString([(500, -5000), (500, 5000)])
TWIN = LineString([(509, -5000), (509, 5000)])


def series(*shapes: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=CRS)


def around(
    sites: list[tuple[float, float]],
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | None = None,
    group: list[int] | None = None,
    reach_m: float = 50.0,
) -> Around:
    xy = np.asarray(sites, dtype=np.float64).reshape(-1, 2)
    park = np.asarray(group or [0] * len(xy), dtype=np.intp)
    return around_barriers(
        pairs_in_groups(park, xy), xy, park, barriers, crossings, reach_m=reach_m
    )


def kinds(found: Around) -> list[str]:
    """Name what became of every pair."""
    assert not (found.detoured & found.blocked).any()
    names = {(True, False): "led", (False, True): "blocked", (False, False): "straight"}
    return [names[pair] for pair in zip(found.detoured, found.blocked, strict=True)]


BANKS = [(0.0, 0.0), (1000.0, 0.0)]


def test_a_bridge_upstream_makes_two_sides_of_a_triangle() -> None:
    found = around(BANKS, series(RIVER), series(Point(500, 1000)))
    assert found.length_m.tolist() == pytest.approx([2 * np.hypot(500, 1000)])
    assert kinds(found) == ["led"]


def test_the_bridge_that_makes_the_walk_shortest_is_taken() -> None:
    bridges = series(Point(500, 1000), Point(500, -200), Point(500, 4000))
    found = around(BANKS, series(RIVER), bridges)
    assert found.length_m.tolist() == pytest.approx([2 * np.hypot(500, 200)])


def test_two_rivers_are_crossed_one_after_the_other() -> None:
    second = LineString([(1500, -5000), (1500, 5000)])
    bridges = series(Point(500, 1000), Point(1500, -300))
    found = around([(0, 0), (2000, 0)], series(RIVER, second), bridges)
    by_hand = np.hypot(500, 1000) + np.hypot(1000, 1300) + np.hypot(500, 300)
    assert found.length_m.tolist() == pytest.approx([by_hand])
    one = around([(0, 0), (2000, 0)], series(RIVER, second), bridges.iloc[:1])
    assert kinds(one) == ["blocked"]


def test_a_straight_line_over_the_bridge_stays_straight() -> None:
    on_it = around(BANKS, series(RIVER), series(Point(500, 0)))
    assert kinds(on_it) == ["straight"]
    assert on_it.length_m.tolist() == [1000]


def test_without_a_bridge_the_straight_length_is_kept_and_blocked() -> None:
    for crossings in (None, series(), series(None, Point()), series(Point(-900, 0))):
        found = around(BANKS, series(RIVER), crossings)
        assert found.length_m.tolist() == [1000]
        assert kinds(found) == ["blocked"]


def test_a_crossing_opens_the_barrier_only_as_far_as_its_reach() -> None:
    bank = series(Point(470, 0))  # the point of the bridge lies 30 m off the line
    sites = [(0.0, 300.0), (1000.0, 300.0)]
    assert kinds(around(sites, series(RIVER), bank)) == ["led"]
    assert kinds(around(sites, series(RIVER), bank, reach_m=29)) == ["blocked"]
    by_hand = 2 * np.hypot(500, 300)  # over the line, not over the point beside it
    assert around(sites, series(RIVER), bank).length_m.tolist() == pytest.approx([by_hand])


@pytest.mark.parametrize("offset", [-30.0, -5.0, 0.0, 5.0, 30.0])
def test_a_bridge_drawn_beside_the_line_is_found_along_the_bank(offset: float) -> None:
    # Both sites lie 20 m from the river and 2 km from its bridge.
    sites = [(480.0, 0.0), (520.0, 0.0)]
    bridge = series(Point(500 + offset, 2000))
    for barrier in (RIVER, RIVER.buffer(15), shapely.union(RIVER, TWIN)):
        found = around(sites, series(barrier), bridge)
        assert kinds(found) == ["led"]
        assert found.length_m.tolist() == pytest.approx([4000], abs=60)


def test_without_reach_a_crossing_must_lie_on_the_line() -> None:
    sites = [(0.0, 300.0), (1000.0, 300.0)]
    exact, off = series(Point(500, 0)), series(Point(499.9, 0))
    led = around(sites, series(RIVER), exact, reach_m=0)
    assert kinds(led) == ["led"]
    assert led.length_m.tolist() == pytest.approx([2 * np.hypot(500, 300)])
    assert kinds(around(sites, series(RIVER), off, reach_m=0)) == ["blocked"]


def test_a_barrier_that_ends_is_walked_around_only_where_somebody_sees_both_sides() -> None:
    wall = series(LineString([(500, -100), (500, 100)]))
    assert kinds(around(BANKS, wall)) == ["blocked"]
    seen_by_a_site = around([*BANKS, (500, 300)], wall)
    assert kinds(seen_by_a_site) == ["led", "straight", "straight"]
    assert seen_by_a_site.length_m[0] == pytest.approx(2 * np.hypot(500, 300))
    other_park = around([*BANKS, (500, 300)], wall, group=[0, 0, 1])
    assert kinds(other_park) == ["blocked"]
    seen_by_a_crossing = around(BANKS, wall, series(Point(500, 300)))
    assert seen_by_a_crossing.length_m.tolist() == pytest.approx([2 * np.hypot(500, 300)])


def test_areas_and_parts_and_gaps_are_barriers_too() -> None:
    water = Polygon([(480, -900), (520, -900), (520, 900), (480, 900)])
    several = MultiLineString([[(500, -900), (500, -10)], [(500, -20), (500, 900)]])
    bowtie = Polygon([(480, -900), (520, -900), (480, 900), (520, 900)])
    bridge = series(Point(500, 400))
    for barrier in (water, several, bowtie, shapely.union(water, RIVER)):
        found = around(BANKS, series(None, barrier, LineString()), bridge)
        assert kinds(found) == ["led"], barrier
        assert found.length_m.tolist() == pytest.approx([2 * np.hypot(500, 400)], rel=1e-3)
    wide = box(300, -900, 700, 900)
    assert kinds(around(BANKS, series(wide), bridge)) == ["blocked"]
    assert kinds(around(BANKS, series(wide), bridge, reach_m=260)) == ["led"]


def test_overlapping_areas_are_closed_where_they_overlap() -> None:
    waters = series(box(400, -50, 520, 50), box(480, -50, 600, 50))
    assert kinds(around([(500, 60), (500, -60)], waters)) == ["blocked"]
    assert kinds(around([(490, 0), (510, 0)], waters)) == ["blocked"]


@pytest.mark.parametrize("tilt", [0.0, 0.1, 1 / 3])
def test_a_site_on_a_barrier_is_on_both_sides_of_it(tilt: float) -> None:
    tilted = LineString([(500 - 3000 * tilt, -3000), (500 + 3000 * tilt, 3000)])
    on_it = (500 + 70 * tilt, 70.0)
    found = around([*BANKS, on_it], series(tilted))
    # It is on both banks, so the way between the banks leads over it.
    assert kinds(found) == ["led", "straight", "straight"]


def test_a_site_on_a_barrier_does_not_see_through_another_part_of_it() -> None:
    bend = LineString([(500, 5000), (500, 0), (700, 0), (700, 5000)])
    found = around([(500, 800), (1000, 800)], series(bend))
    assert kinds(found) == ["blocked"]
    along = around([(500, 800), (500, 900)], series(bend))
    assert kinds(along) == ["blocked"]


def test_a_site_in_the_water_is_closed_in() -> None:
    assert kinds(around([(500, 0), (1000, 0)], series(box(400, -50, 600, 50)))) == ["blocked"]
    ashore = around([(600, 0), (1000, 0)], series(box(400, -50, 600, 50)))
    assert kinds(ashore) == ["straight"]


def test_sites_in_one_place_have_nothing_between_them() -> None:
    for barrier in (RIVER, RIVER.buffer(20)):
        found = around([(500, 0), (500, 0)], series(barrier))
        assert found.length_m.tolist() == [0]
        assert kinds(found) == ["straight"]


def test_a_site_on_its_crossing_loses_no_leg_of_zero_metres() -> None:
    bridge = series(Point(500, 300))
    found = around([(500, 300), (0, 0), (1000, 0)], series(RIVER), bridge)
    assert kinds(found) == ["straight", "straight", "led"]
    shared = around([(0, 0), (0, 0), (1000, 0)], series(RIVER), bridge)
    assert shared.length_m.tolist() == pytest.approx([0, *[2 * np.hypot(500, 300)] * 2])


def test_nothing_between_returns_the_straight_lengths_themselves() -> None:
    xy = np.array(BANKS)
    park = np.zeros(2, dtype=np.intp)
    pairs = pairs_in_groups(park, xy)
    far = series(LineString([(0, 900), (1000, 900)]))
    for barriers in (None, series(), series(None, LineString()), far):
        found = around_barriers(pairs, xy, park, barriers, series(Point(0, 0)))
        assert found.length_m is pairs.length_m
        assert kinds(found) == ["straight"]
    nobody = around([], series(RIVER))
    assert nobody.length_m.size == nobody.blocked.size == 0


def test_a_way_is_never_shorter_than_the_straight_line() -> None:
    # Each site and its mirror image: the bridge lies in the straight line between them.
    sites = np.random.default_rng(0).uniform(0, 400, (200, 2))
    mirrored = np.array([1000.0, 800.0]) - sites
    xy, group = np.stack([sites, mirrored], axis=1).reshape(-1, 2), np.repeat(np.arange(200), 2)
    pairs = pairs_in_groups(group, xy)
    found = around_barriers(pairs, xy, group, series(RIVER), series(Point(500, 400)), reach_m=0)
    assert (found.length_m >= pairs.length_m).all()
    np.testing.assert_allclose(found.length_m, pairs.length_m, rtol=1e-12)
    assert found.detoured.sum() > 100


@pytest.mark.parametrize("reach_m", [-1.0, float("nan"), float("inf")])
def test_a_reach_that_is_no_length_is_refused(reach_m: float) -> None:
    with pytest.raises(ValueError, match="`reach_m`"):
        around(BANKS, series(RIVER), reach_m=reach_m)


def city(seed: int) -> tuple[np.ndarray, np.ndarray, gpd.GeoSeries, gpd.GeoSeries]:
    """Throw sites of four parks, bent barriers, a lake and crossings on a square."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 3000, (24, 2))
    walls: list[Any] = [
        LineString(rng.uniform(0, 3000, 2) + np.cumsum(rng.normal(0, 300, (8, 2)), axis=0))
        for _ in range(6)
    ]
    crossings = [wall.interpolate(share, normalized=True) for wall in walls for share in (0.3, 0.7)]
    walls.append(Point(rng.uniform(0, 3000, 2)).buffer(250))
    return xy, np.repeat(np.arange(4), 6), series(*walls), series(*crossings)


def passages(barriers: gpd.GeoSeries, crossings: gpd.GeoSeries) -> list[Point]:
    """Return where each crossing meets the barriers in its reach; else the crossing."""
    feet = []
    for crossing in crossings:
        own = []
        for wall in barriers:
            edge = wall.boundary if wall.geom_type == "Polygon" else wall
            pieces = edge.intersection(crossing.buffer(50.0))
            own += [
                nearest_points(piece, crossing)[0]
                for piece in getattr(pieces, "geoms", [pieces])
                if not piece.is_empty
            ]
        feet += own or [crossing]
    return feet


def brute_force(
    xy: np.ndarray, group: np.ndarray, barriers: gpd.GeoSeries, crossings: gpd.GeoSeries
) -> dict[tuple[int, int], float]:
    """Walk over a graph made leg by leg, with nothing prepared and nothing vectorised."""
    opened = shapely.union_all([point.buffer(50.0) for point in crossings])
    cut = [wall.difference(opened) for wall in barriers]
    ways = {}
    for park in set(group.tolist()):
        members = np.flatnonzero(group == park).tolist()
        places = {k: Point(xy[k]) for k in members}
        places |= {-1 - k: point for k, point in enumerate(passages(barriers, crossings))}
        graph = nx.Graph()
        graph.add_nodes_from(places)
        for one, two in combinations(places, 2):
            leg = LineString([places[one], places[two]])
            if not any(leg.intersects(wall) for wall in cut):
                graph.add_edge(one, two, weight=leg.length)
        for one, two in combinations(members, 2):
            if nx.has_path(graph, one, two):
                ways[one, two] = nx.dijkstra_path_length(graph, one, two)
    return ways


@pytest.mark.parametrize("seed", range(6))
def test_random_cities_against_a_graph_made_leg_by_leg(seed: int) -> None:
    xy, group, barriers, crossings = city(seed)
    pairs = pairs_in_groups(group, xy)
    found = around_barriers(pairs, xy, group, barriers, crossings)
    ways = brute_force(xy, group, barriers, crossings)
    keys = list(zip(pairs.start.tolist(), pairs.end.tolist(), strict=True))
    np.testing.assert_array_equal(found.blocked, [key not in ways for key in keys])
    expected = np.array([ways.get(key, np.nan) for key in keys])
    walked = np.where(found.blocked, np.nan, found.length_m)
    np.testing.assert_allclose(walked, expected, rtol=1e-12)
    np.testing.assert_array_equal(found.detoured, expected > pairs.length_m * (1 + 1e-12))
    assert found.detoured.any()
    assert (found.length_m >= pairs.length_m).all()


def test_order_and_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    xy, group, barriers, crossings = city(1)
    pairs = pairs_in_groups(group, xy)
    plain = around_barriers(pairs, xy, group, barriers, crossings)
    turned = around_barriers(pairs, xy, group, barriers.iloc[::-1], crossings.iloc[::-1])
    shuffle = np.random.default_rng(0).permutation(pairs.start.size)
    mixed = around_barriers(pairs.take(shuffle), xy, group, barriers, crossings)
    monkeypatch.setattr(module, "_LEGS_AT_ONCE", 7)
    monkeypatch.setattr(module, "_LENGTHS_AT_ONCE", 1)
    in_blocks = around_barriers(pairs, xy, group, barriers, crossings)
    for place, column in enumerate(plain):
        np.testing.assert_array_equal(column, turned[place])
        np.testing.assert_array_equal(column[shuffle], mixed[place])
        np.testing.assert_array_equal(column, in_blocks[place])


def test_some_of_the_pairs_may_be_asked_for_alone() -> None:
    xy = np.array([*BANKS, (1000.0, 500.0)])
    one = Edges(np.array([0]), np.array([1]), np.array([1000.0]))
    found = around_barriers(
        one, xy, np.zeros(3, dtype=np.intp), series(RIVER), series(Point(500, 9))
    )
    assert kinds(found) == ["straight"]
    far = around_barriers(
        one, xy, np.zeros(3, dtype=np.intp), series(RIVER), series(Point(500, 90))
    )
    assert far.length_m.tolist() == pytest.approx([2 * np.hypot(500, 90)])
