"""How geometries are cut to a tile: what is kept, dropped, rounded, and how it fits together."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from shapely import GeometryCollection
from shapely import LineString
from shapely import MultiLineString
from shapely import MultiPoint
from shapely import MultiPolygon
from shapely import Point
from shapely import Polygon

from layers.tiles.cut import cut
from layers.tiles.grid import Tile
from layers.tiles.mvt import Tags
from layers.tiles.mvt import layer
from layers.tiles.mvt import text_value
from tests.layers.mvt_reader import Feature
from tests.layers.mvt_reader import doubled_area
from tests.layers.mvt_reader import read_tile
from tests.layers.mvt_reader import tile_at

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HERE = (121.5, 31.3)
TILE = tile_at(*HERE, 14)
WINDOW = (-64, 4160)


def _degrees(geometry: BaseGeometry, tile: Tile = TILE) -> BaseGeometry:
    """Return a geometry given in units of a tile in degrees: the slippy map's formula backwards."""

    def back(units: Any) -> Any:
        side = 1 << tile.z
        share = (units / 4096 + (tile.x, tile.y)) / side
        latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * share[:, 1]))))
        return np.column_stack([share[:, 0] * 360 - 180, latitude])

    return shapely.transform(geometry, back)


def _cut(*geometries: BaseGeometry | None, tile: Tile = TILE, step: int = 1) -> list[Feature]:
    """Cut geometries that are given in degrees, write them, and read them again."""
    groups = []
    for piece in cut(np.array(geometries, dtype=object), tile, step=step):
        nothing = np.zeros(len(piece.members), dtype="int64")
        groups.append((piece.shapes, piece.members, Tags(("n",), [text_value("")], (nothing,))))
    return read_tile(layer("x", groups)).features


def _drawn(*geometries: BaseGeometry, step: int = 1) -> list[Feature]:
    """Cut geometries that are given in units of the tile."""
    return _cut(*map(_degrees, geometries), step=step)


def test_a_vertex_goes_to_the_nearest_place_of_the_grid() -> None:
    line = LineString([(10.4, 20.6), (100.6, 30.4), (-3.4, 4159.7)])
    (fine,) = _drawn(line)
    assert fine.paths == [[(10, 21), (101, 30), (-3, 4160)]]
    (coarse,) = _drawn(line, step=2)
    assert coarse.paths == [[(10, 20), (100, 30), (-4, 4160)]]


def test_outlines_run_clockwise_and_holes_the_other_way_whatever_the_source_does() -> None:
    ring = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
    hole = [(100, 100), (200, 100), (200, 200), (100, 200)]
    for outline in (ring, ring[::-1]):
        for inner in (hole, hole[::-1]):
            (feature,) = _drawn(Polygon(outline, [inner]))
            assert [doubled_area(path) for path in feature.paths] == [2_000_000, -20_000]
            assert [set(path) for path in feature.paths] == [set(ring), set(hole)]


def test_parts_stay_with_their_feature_and_holes_behind_their_outline() -> None:
    def box(x: int, size: int) -> list[tuple[int, int]]:
        return [(x, x), (x + size, x), (x + size, x + size), (x, x + size)]

    pierced = Polygon(box(0, 900), [box(300, 100)])
    islands = MultiPolygon([pierced, Polygon(box(1000, 50)), Polygon(box(2000, 500))])
    (feature,) = _drawn(islands)
    areas = [[doubled_area(ring) for ring in rings] for rings in feature.polygons()]
    assert areas == [[2 * 900**2, -2 * 100**2], [2 * 50**2], [2 * 500**2]]
    (lines,) = _drawn(MultiLineString([[(0, 0), (5, 5)], [(9, 9), (20, 9)]]))
    assert lines.paths == [[(0, 0), (5, 5)], [(9, 9), (20, 9)]]
    (points,) = _drawn(MultiPoint([(1, 1), (5_000, 0), (7, 7)]))
    assert points.paths == [[(1, 1), (7, 7)]]


def test_a_mixture_gives_each_kind_under_the_number_of_its_row() -> None:
    square, way, spot = shapely.box(0, 0, 50, 50), LineString([(0, 0), (9, 9)]), Point(4, 4)
    mixed = GeometryCollection([spot, MultiPolygon([square]), GeometryCollection([way])])
    rows = [spot, None, way, Polygon(), mixed, MultiPolygon(), square, GeometryCollection()]
    found = _cut(*[None if row is None else _degrees(row) for row in rows])
    assert [(feature.kind, feature.number) for feature in found] == [
        ("polygon", 4),
        ("polygon", 6),
        ("line", 2),
        ("line", 4),
        ("point", 0),
        ("point", 4),
    ]


def test_heights_are_left_out() -> None:
    solid = shapely.force_3d(
        [Point(3, 4), LineString([(0, 0), (9, 9)]), shapely.box(0, 0, 5, 5)], 9
    )
    found = _drawn(*solid)
    assert [(feature.kind, len(feature.paths[0])) for feature in found] == [
        ("polygon", 4),
        ("line", 2),
        ("point", 1),
    ]


def test_nothing_there_gives_nothing() -> None:
    far = LineString([(-900, 0), (-200, 4000)])
    assert _drawn(Point(-70, 5), far, shapely.box(4200, 0, 4300, 50)) == []
    assert _cut(None, None) == []
    assert cut(np.array([], dtype=object), TILE) == []


def test_what_is_too_small_for_the_grid_goes_and_nothing_else() -> None:
    speck, sliver = shapely.box(0.1, 0.1, 0.4, 0.4), shapely.box(0.1, 0, 0.4, 3000)
    whole = shapely.box(10, 10, 60, 60)
    pierced = whole.difference(shapely.box(20.1, 20.1, 20.3, 50))
    found = _drawn(speck, sliver, LineString([(5.1, 5.1), (5.2, 5.3)]), Point(5.1, 5.1), pierced)
    assert [(feature.number, feature.kind) for feature in found] == [(4, "polygon"), (3, "point")]
    assert [len(path) for path in found[0].paths] == [4]
    fallen = MultiPolygon([speck, whole, sliver])
    assert [len(feature.paths) for feature in _drawn(fallen)] == [1]


def test_a_hole_does_not_outlive_its_outline() -> None:
    """The outline falls to a line; the hole alone would still have an area."""
    hole = [(1001, 750.9), (1003, 752.4), (1500, 1125.1)]
    thin = Polygon([(0, 0), (4000, 3000), (0, 0.45)], [hole])
    assert thin.is_valid
    assert len(_drawn(Polygon(hole))) == 1
    assert _drawn(thin) == []


def test_a_tile_inside_an_area_is_filled_to_its_buffer() -> None:
    low, high = WINDOW
    (feature,) = _drawn(shapely.box(-1e5, -1e5, 1e5, 1e5))
    assert set(feature.paths[0]) == {(low, low), (low, high), (high, high), (high, low)}
    around = shapely.box(-1e5, -1e5, 1e5, 1e5).difference(shapely.box(-9e4, -9e4, 9e4, 9e4))
    assert _drawn(around) == []


def test_a_line_that_leaves_and_returns_becomes_two() -> None:
    (feature,) = _drawn(LineString([(5, 5), (5, 9000), (900, 9000), (900, 5)]))
    assert feature.paths == [[(5, 5), (5, 4160)], [(900, 4160), (900, 5)]]


def test_a_line_that_closes_keeps_its_last_vertex() -> None:
    (feature,) = _drawn(LineString([(0, 0), (9, 0), (9, 9), (0, 0)]))
    assert feature.paths == [[(0, 0), (9, 0), (9, 9), (0, 0)]]


unit = st.integers(-300, 4400) | st.sampled_from([-65, -64, -63, 0, 4096, 4159, 4160, 4161])
place = st.tuples(unit, unit)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(place, min_size=3, max_size=12, unique=True), min_size=1, max_size=4))
def test_areas_are_those_of_the_clipped_source(rings: list[list[Any]]) -> None:
    """The vertices stand near the grid already, so only the edges of the clip move."""
    window = shapely.box(*WINDOW[:1] * 2, *WINDOW[1:] * 2)
    shapes = [shapely.make_valid(Polygon(ring)) for ring in rings]
    areas = [shapely.union_all([p for p in shapely.get_parts(s) if p.area]) for s in shapes]
    found = {feature.number: feature for feature in _drawn(*areas)}
    for number, area in enumerate(areas):
        inside = shapely.intersection(area, window)
        doubled = sum(map(doubled_area, found[number].paths)) if number in found else 0
        assert doubled / 2 == pytest.approx(inside.area, abs=inside.length + 4)


def _wave(x: float, count: int) -> list[tuple[float, float]]:
    """Return a winding line from north to south, far over the edge of the tile."""
    y = np.linspace(-9_000, 9_000, count)
    return list(zip(x + 80 * np.sin(y / 90) + 7 * np.sin(y / 3), y, strict=True))


def _stripes() -> list[BaseGeometry]:
    """Areas with winding borders between them, each border the same vertices on both sides."""
    borders = [
        [(-9e3, -9e3), (-9e3, 9e3)],
        *[_wave(x, 4_000) for x in range(-300, 4_500, 400)],
        [(9e3, -9e3), (9e3, 9e3)],
    ]
    return [Polygon([*left, *reversed(right)]) for left, right in pairwise(borders)]


def _cells(count: int, width: float) -> list[BaseGeometry]:
    """Voronoi cells; the middle ones, so that all of them have neighbours all around."""
    random = np.random.default_rng(7)
    seeds = MultiPoint(random.uniform(2048 - width, 2048 + width, (count, 2)))
    return list(shapely.get_parts(shapely.voronoi_polygons(seeds)))


COVERAGES = {
    "winding borders": (_stripes, 1, shapely.box(0, 0, 4096, 4096)),
    "winding borders, coarse": (_stripes, 2, shapely.box(0, 0, 4096, 4096)),
    "cells over the tile": (lambda: _cells(400, 9_000), 1, shapely.box(0, 0, 4096, 4096)),
    "cells of ten units": (lambda: _cells(3_000, 300), 1, shapely.box(1900, 1900, 2200, 2200)),
    "cells of two steps": (lambda: _cells(9_000, 200), 2, shapely.box(1900, 1900, 2200, 2200)),
}


@pytest.mark.parametrize("name", COVERAGES)
def test_no_gap_opens_between_neighbours(name: str) -> None:
    make, step, inside = COVERAGES[name]
    features = _drawn(*make(), step=step)
    areas = [
        shapely.make_valid(Polygon(rings[0], rings[1:]))
        for feature in features
        for rings in feature.polygons()
    ]
    covered = shapely.union_all(areas)
    assert shapely.difference(inside, covered).area == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", [*COVERAGES][:4])
def test_neighbours_keep_exactly_the_same_border(name: str) -> None:
    """Every step along an outline is taken back by a neighbour.

    (Cells of two steps may be turned inside out by rounding, so steps do not tell.)
    """
    make, step, inside = COVERAGES[name]
    steps: Counter[Any] = Counter()
    for feature in _drawn(*make(), step=step):
        for ring in feature.paths:
            for here, there in zip(ring, ring[1:] + ring[:1], strict=True):
                steps[here, there] += 1
                steps[there, here] -= 1
    lonely = [pair for pair, number in steps.items() if number]
    west, south, east, north = inside.bounds
    assert steps
    for (x, y), (u, v) in lonely:
        middle = ((x + u) / 2, (y + v) / 2)
        assert not (west < middle[0] < east and south < middle[1] < north)


def test_neighbouring_tiles_put_a_shared_vertex_on_the_same_place() -> None:
    """Also half way between two places of the grid."""
    random = np.random.default_rng(3)
    spots = np.column_stack([random.uniform(4040, 4150, 300), random.uniform(0, 4096, 300)])
    spots[:50, 0] = np.round(spots[:50, 0]) + 0.5
    points = [_degrees(Point(spot)) for spot in spots]
    for step in (1, 2):
        west = _cut(*points, step=step)
        east = _cut(*points, tile=Tile(TILE.z, TILE.x + 1, TILE.y), step=step)
        there = {f.number: f.paths[0][0] for f in east}
        assert len(there) == 300
        shifted = {f.number: (f.paths[0][0][0] - 4096, f.paths[0][0][1]) for f in west}
        assert shifted == there


@pytest.mark.parametrize(
    ("z", "x", "y"), [(-1, 0, 0), (21, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)]
)
def test_there_is_no_tile_beyond_the_world(z: int, x: int, y: int) -> None:
    with pytest.raises(ValueError, match=r"zoom|outside"):
        Tile(z, x, y)


@pytest.mark.parametrize(
    ("tile", "bounds"),
    [
        ((0, 0, 0), (-180, -85.051129, 180, 85.051129)),
        ((1, 1, 0), (0, 0, 180, 85.051129)),
        ((10, 857, 418), (121.289063, 31.052934, 121.640625, 31.353637)),
    ],
)
def test_bounds_are_those_of_web_maps(
    tile: tuple[int, int, int], bounds: tuple[float, float, float, float]
) -> None:
    """Known numbers of the slippy map."""
    assert Tile(*tile).bounds() == pytest.approx(bounds, abs=1e-6)
