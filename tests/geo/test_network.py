from __future__ import annotations

from itertools import pairwise
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

from geo import network as module
from geo.crs import district_crs
from geo.distance import Edges
from geo.distance import pairs_in_groups
from geo.network import OnFoot
from geo.network import Walkways
from geo.network import on_foot

CRS = district_crs(121.5)


def ways(*lines: Any, **lengths: float) -> Walkways:
    shapes = [LineString(line) if isinstance(line, list) else line for line in lines]
    return Walkways(gpd.GeoSeries(shapes, crs=CRS), **lengths)


def all_pairs(sites: int) -> Edges:
    return pairs_in_groups(np.zeros(sites, dtype=np.intp), np.zeros((sites, 2)))


def walk(walkways: Walkways, *sites: Any) -> OnFoot:
    """Walk between all pairs of sites; a site is (x, y), a shape or None."""
    shapes = [Point(site) if isinstance(site, tuple) else site for site in sites]
    return on_foot(all_pairs(len(sites)), np.array(shapes, dtype=object), walkways)


def test_the_way_along_a_bent_street_and_the_legs_to_it() -> None:
    street: Any = [(0, 0), (300, 0), (300, 400)]
    found = walk(ways(street), (0, 10), (320, 400))
    assert found.length_m.tolist() == pytest.approx([10 + 700 + 20])
    assert found.snapped_m.tolist() == pytest.approx([10, 20])


def test_two_sites_on_one_segment_walk_along_it_and_not_to_its_ends() -> None:
    found = walk(ways([(0, 0), (1000, 0)]), (400, 0), (480, 5), (440, 0))
    assert found.length_m.tolist() == pytest.approx([85, 40, 45])


def test_sites_at_one_point_of_a_street_walk_only_their_legs() -> None:
    found = walk(ways([(0, 0), (1000, 0)]), (400, 3), (400, -5), (0, 0), (0, 0))
    assert found.length_m.tolist() == pytest.approx([8, 403, 403, 405, 405, 0])


def test_the_end_of_a_street_on_another_is_a_junction() -> None:
    through: Any = [(0, 0), (1000, 0)]
    for gap in (0.0, 0.3, -0.3):
        found = walk(ways(through, [(500, gap), (500, 400)]), (0, 0), (500, 400))
        assert found.length_m.tolist() == pytest.approx([900], abs=0.7)
    apart = ways(through, [(500, 0.6), (500, 400)])
    assert np.isnan(walk(apart, (0, 0), (500, 400)).length_m).all()
    wider = ways(through, [(500, 0.6), (500, 400)], junction_m=1)
    assert walk(wider, (0, 0), (500, 400)).length_m.tolist() == pytest.approx([900])


def test_without_tolerance_streets_must_meet_exactly() -> None:
    bar: Any = [(0, 0), (1000, 0)]
    exact = ways(bar, [(500, 0), (500, 400)], [(1000, 0), (1000, 50)], junction_m=0)
    found = walk(exact, (0, 0), (500, 400), (1000, 50))
    assert found.length_m.tolist() == pytest.approx([900, 1050, 950])


def test_streets_that_merely_cross_are_not_joined() -> None:
    road: Any = [(0, 0), (1000, 0)]
    bridge: Any = [(500, -300), (500, 300)]
    assert np.isnan(walk(ways(road, bridge), (0, 0), (500, 300)).length_m).all()
    with_steps = walk(ways(road, bridge, [(600, 0), (500, 300)]), (0, 0), (500, 300))
    assert with_steps.length_m.tolist() == pytest.approx([600 + np.hypot(100, 300)])


def test_streets_with_a_vertex_in_common_are_joined() -> None:
    found = walk(
        ways([(0, 0), (500, 0), (1000, 0)], [(500, -300), (500.2, 0), (500, 300)]),
        (0, 0),
        (500, 300),
    )
    assert found.length_m.tolist() == pytest.approx([800], abs=0.3)


def test_a_closed_path_is_walked_the_shorter_way_round() -> None:
    ring: Any = [(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)]
    path: Any = [(0, 0), (-200, 0)]
    found = walk(ways(ring, path), (400, 400), (0, 300), (-200, 0))
    assert found.length_m.tolist() == pytest.approx([500, 1000, 500])


def test_a_loop_back_onto_its_own_street_is_a_junction() -> None:
    lollipop: Any = [(0, 0), (500, 0), (500, 300), (200, 300), (200, 0)]
    found = walk(ways(lollipop), (0, 0), (200, 300))
    assert found.length_m.tolist() == pytest.approx([500])


def test_a_street_drawn_with_many_vertices_keeps_its_length() -> None:
    # Vertices closer than the tolerance of a junction must not swallow the street.
    angle = np.linspace(0, np.pi, 2001)
    arc = LineString(100 * np.column_stack([np.cos(angle), np.sin(angle)]))
    found = walk(ways(arc), (100, 0), (-100, 0))
    assert found.length_m.tolist() == pytest.approx([100 * np.pi], rel=1e-4)


def test_a_site_far_from_every_street_is_unknown_and_reported() -> None:
    street: Any = [(0, 0), (1000, 0)]
    found = walk(ways(street), (0, 0), (500, 50), (1000, 50.001))
    np.testing.assert_allclose(found.snapped_m, [0, 50, np.nan])
    np.testing.assert_allclose(found.length_m, [550, np.nan, np.nan])
    nearer = walk(ways(street, snap_m=10), (0, 0), (500, 50), (1000, 0))
    np.testing.assert_allclose(nearer.length_m, [np.nan, 1000, np.nan])
    on_it = walk(ways(street, snap_m=0), (0, 0), (500, 0))
    assert on_it.length_m.tolist() == [500]


def test_two_networks_are_not_one() -> None:
    found = walk(ways([(0, 0), (500, 0)], [(600, 0), (900, 0)]), (0, 0), (500, 0), (900, 0))
    np.testing.assert_allclose(found.length_m, [500, np.nan, np.nan])
    np.testing.assert_array_equal(found.snapped_m, [0, 0, 0])


def test_buildings_reach_the_street_from_their_nearest_wall() -> None:
    street: Any = [(0, 0), (1000, 0)]
    standing_on_it = box(900, -30, 980, 30)
    beside_it = box(100, 20, 160, 300)
    several = shapely.MultiPolygon([box(500, 40, 510, 60), box(700, 10, 710, 20)])
    found = walk(ways(street), standing_on_it, beside_it, several)
    assert found.snapped_m.tolist() == [0, 20, 10]
    # Somewhere along its wall or within its footprint the building is left.
    assert 900 - 160 + 20 <= found.length_m[0] <= 980 - 100 + 20
    assert 700 - 160 + 30 <= found.length_m[2] <= 710 - 100 + 30


def test_a_court_that_two_streets_touch_is_left_by_the_nearer_one() -> None:
    west: Any = [(0, 0), (0, 900)]
    east: Any = [(300, 0), (300, 900)]
    south: Any = [(0, 0), (-500, 0)]
    court = box(0, 400, 300, 500)
    found = walk(ways(west, east, south), court, (0, 900), (300, 900))
    assert found.length_m[:2].max() <= 500
    # The court is nobody's passage from one street to the other.
    assert np.isnan(found.length_m[2])


def test_missing_shapes_and_lines_are_nothing() -> None:
    street = LineString([(0, 0), (400, 0)])
    network = ways(None, LineString(), street, Point(0, 0), LineString([(9, 9), (9, 9)]))
    found = walk(network, (0, 0), None, Polygon(), (400, 0))
    np.testing.assert_array_equal(found.snapped_m, [0, np.nan, np.nan, 0])
    np.testing.assert_allclose(found.length_m, [np.nan, np.nan, 400, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("lines", [[], [None], [LineString()], [Point(0, 0)]])
def test_without_streets_nobody_is_on_the_network(lines: list[Any]) -> None:
    found = walk(ways(*lines), (0, 0), (400, 0))
    assert np.isnan(found.length_m).all()
    assert np.isnan(found.snapped_m).all()


def test_without_sites_there_is_nothing_to_walk() -> None:
    found = walk(ways([(0, 0), (400, 0)]))
    assert found.length_m.size == found.snapped_m.size == 0
    alone = walk(ways([(0, 0), (400, 0)]), (10, 5))
    assert alone.length_m.size == 0
    assert alone.snapped_m.tolist() == [5]


def test_height_does_not_count() -> None:
    steep = LineString([(0, 0, 0), (300, 0, 99), (600, 0, 0)])
    assert walk(ways(steep), (0, 0), (600, 0)).length_m.tolist() == [600]


def test_what_is_no_length_or_no_metric_system_is_refused() -> None:
    for name in ("snap_m", "junction_m"):
        for value in (-1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match=f"`{name}`"):
                ways([(0, 0), (1, 1)], **{name: value})
    degrees = gpd.GeoSeries([LineString([(121.5, 31.3), (121.6, 31.3)])], crs="EPSG:4490")
    with pytest.raises(ValueError, match="metres"):
        Walkways(degrees)
    with pytest.raises(ValueError, match="CRS"):
        Walkways(gpd.GeoSeries([LineString([(0, 0), (1, 1)])]))


def town(seed: int) -> tuple[list[LineString], np.ndarray]:
    """Draw a grid of bent streets with some missing, and throw sites on it."""
    rng = np.random.default_rng(seed)
    corners = {
        (i, j): 100 * np.array([i, j]) + rng.normal(0, 12, 2) for i in range(7) for j in range(7)
    }
    streets = []
    for (i, j), corner in corners.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other in corners and rng.random() < 0.75:
                middle = (corner + corners[other]) / 2 + rng.normal(0, 6, (2, 2))
                streets.append(LineString([corner, *middle, corners[other]]))
    return streets, rng.uniform(0, 600, (25, 2))


def by_networkx(streets: list[LineString], sites: np.ndarray, snap_m: float) -> np.ndarray:
    """Walk on a graph in which every site has cut the segment that is nearest to it."""
    segments = [
        tuple(map(tuple, np.asarray(pair)))
        for street in streets
        for pair in pairwise(street.coords)
    ]
    graph = nx.Graph()
    stops: dict[int, list[tuple[float, Any]]] = {k: [] for k in range(len(segments))}
    for number, site in enumerate(sites):
        distances = [LineString(segment).distance(Point(site)) for segment in segments]
        nearest = int(np.argmin(distances))
        graph.add_node(number)
        if distances[nearest] <= snap_m:
            line = LineString(segments[nearest])
            stops[nearest].append((line.project(Point(site)), ("stop", number)))
            graph.add_edge(number, ("stop", number), weight=distances[nearest])
    for number, (start, end) in enumerate(segments):
        length = LineString([start, end]).length
        along = [(0.0, start), *sorted(stops[number]), (length, end)]
        for (at, one), (further, two) in pairwise(along):
            graph.add_edge(one, two, weight=further - at)
    lengths = dict(nx.all_pairs_dijkstra_path_length(graph))
    pairs = all_pairs(len(sites))
    return np.array(
        [lengths[a].get(b, np.nan) for a, b in zip(pairs.start, pairs.end, strict=True)]
    )


@pytest.mark.parametrize("seed", range(5))
def test_random_towns_against_networkx(seed: int) -> None:
    streets, sites = town(seed)
    found = walk(ways(*streets, snap_m=30), *map(Point, sites))
    expected = by_networkx(streets, sites, 30)
    np.testing.assert_allclose(found.length_m, expected, rtol=1e-9)
    assert np.isnan(expected).any()
    assert (~np.isnan(expected)).sum() > 50


def test_order_direction_and_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    streets, sites = town(0)
    places = [Point(site).buffer(12) for site in sites]
    plain = walk(ways(*streets), *places)
    turned = [street.reverse() if k % 3 else street for k, street in enumerate(streets[::-1])]
    together = MultiLineString(streets[:20])
    monkeypatch.setattr(module, "_LENGTHS_AT_ONCE", 1)
    for drawn in (streets, turned, [together, *streets[20:]], [*streets, *streets[:9]]):
        again = walk(ways(*drawn), *places)
        np.testing.assert_array_equal(plain.length_m, again.length_m)
        np.testing.assert_array_equal(plain.snapped_m, again.snapped_m)


def test_the_order_of_the_sites_changes_no_length() -> None:
    streets, sites = town(2)
    places = [Point(site) for site in sites]
    shuffle = np.random.default_rng(0).permutation(len(sites))
    plain, mixed = (
        walk(ways(*streets), *places),
        walk(ways(*streets), *[places[k] for k in shuffle]),
    )
    pairs = all_pairs(len(sites))
    square = np.full((len(sites), len(sites)), np.nan)
    square[pairs.start, pairs.end] = square[pairs.end, pairs.start] = plain.length_m
    one, two = shuffle[pairs.start], shuffle[pairs.end]
    np.testing.assert_array_equal(mixed.length_m, square[one, two])
    np.testing.assert_array_equal(mixed.snapped_m, plain.snapped_m[shuffle])


@pytest.mark.parametrize("seed", range(3))
def test_the_other_sites_change_no_bit_of_a_walk(seed: int) -> None:
    """Every site cuts the segments that it joins, and lengths are added up piece by piece."""
    streets, sites = town(seed)
    rng = np.random.default_rng(seed)
    places = np.array([Point(site).buffer(rng.uniform(0, 12)) for site in sites], dtype=object)
    among_all = on_foot(all_pairs(len(places)), places, ways(*streets))
    pairs = all_pairs(len(places))
    for _ in range(10):
        some = np.sort(rng.choice(len(places), 4, replace=False))
        alone = on_foot(all_pairs(4), places[some], ways(*streets))
        same = np.isin(pairs.start, some) & np.isin(pairs.end, some)
        np.testing.assert_array_equal(alone.length_m, among_all.length_m[same])
        np.testing.assert_array_equal(alone.snapped_m, among_all.snapped_m[some])


def test_a_way_of_many_equal_steps_is_as_long_as_it_is_to_a_micrometre() -> None:
    steps = np.arange(1001) * 0.8 + 500_000
    street = LineString(np.column_stack([steps, np.full(1001, 3_461_000.3)]))
    found = walk(ways(street), street.coords[0], street.coords[-1])
    assert found.length_m.tolist() == pytest.approx([800], abs=1e-6)
