"""What lies at a place, against a search through all rows one by one."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import LineString
from shapely import MultiPolygon
from shapely import Point
from shapely import box

from layers.tiles.identify import at_place

GEOD = Geod(ellps="GRS80")
LON, LAT = 121.5, 31.3
NEAR = 1e-4
"""A tolerance of about eleven metres."""


def _frame(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:4490")


def _off(metres: float, azimuth: float) -> tuple[float, float]:
    """Return a place so many metres from the middle, by the ellipsoid."""
    lon, lat, _back = GEOD.fwd(LON, LAT, azimuth, metres)
    return lon, lat


def _at(frame: gpd.GeoDataFrame, place: tuple[float, float] = (LON, LAT), **more: Any) -> Any:
    return at_place(frame, *place, **{"tolerance": NEAR, **more})


def _one_by_one(
    shapes: list[Any], place: tuple[float, float], tolerance: float, visible: Any
) -> int | None:
    """Search all rows, by the words of the docstring."""
    narrow = math.cos(math.radians(place[1]))
    here = Point(place[0] * narrow, place[1])
    slim, around, edge = [], [], []
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_empty or not visible[row]:
            continue
        flat = shapely.transform(shape, lambda c: np.column_stack([c[:, 0] * narrow, c[:, 1]]))
        away = flat.distance(here)
        if flat.area == 0 and away <= tolerance:
            slim.append((away, row))
        elif flat.area and flat.covers(here):
            around.append((flat.area, row))
        elif flat.area and away <= tolerance:
            edge.append((away, row))
    for found in (slim, around, edge):
        if found:
            return min(found)[1]
    return None


def _random_shape(random: np.random.Generator) -> Any:
    x, y = random.uniform((LON, LAT), (LON + 0.01, LAT + 0.01))
    size = 10 ** random.uniform(-4.5, -2.5)
    match random.integers(5):
        case 0:
            return Point(x, y)
        case 1:
            return LineString([(x, y), (x + size, y - size), (x, y + size)])
        case 2:
            return box(x, y, x + size, y + size).difference(Point(x, y).buffer(size / 2))
        case 3:
            return MultiPolygon([box(x, y, x + size, y + size), box(x - size, y, x - size / 2, y)])
        case _:
            return Point(x, y).buffer(size)


def test_it_finds_what_a_search_through_all_rows_finds() -> None:
    random = np.random.default_rng(31)
    shapes = [_random_shape(random) for _ in range(300)] + [None, shapely.Polygon()]
    frame = _frame(*shapes)
    visible = random.random(len(shapes)) < 0.7
    answers = []
    for _ in range(150):
        place = tuple(random.uniform((LON, LAT), (LON + 0.01, LAT + 0.01)))
        tolerance = float(10 ** random.uniform(-5, -3))
        found = at_place(frame, *place, tolerance=tolerance, visible=visible)
        assert found == _one_by_one(shapes, place, tolerance, visible)
        answers.append(found)
    assert 10 < answers.count(None) < 140
    assert len(set(answers)) > 30


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_of_nested_areas_the_smallest_is_meant(turn: int) -> None:
    sizes = np.roll([0.02, 0.001, 0.005], turn)
    frame = _frame(*(Point(LON, LAT).buffer(size) for size in sizes))
    assert _at(frame) == int(sizes.argmin())


def test_in_a_hole_the_surrounding_area_is_not_meant() -> None:
    ring = Point(LON, LAT).buffer(0.01).difference(Point(LON, LAT).buffer(0.005))
    assert _at(_frame(ring)) is None
    assert _at(_frame(ring, Point(LON, LAT).buffer(0.02))) == 1


def test_points_and_lines_come_before_the_area_below_them() -> None:
    area = Point(LON, LAT).buffer(0.001)
    point, way = Point(_off(3, 45)), LineString([_off(2, 0), _off(50, 0)])
    assert _at(_frame(area, point)) == 1
    assert _at(_frame(area, point, way)) == 2
    assert _at(_frame(area, Point(_off(30, 45)))) == 0


@pytest.mark.parametrize("metres", [5.0, 10.0])
def test_a_metre_to_the_east_is_a_metre_to_the_north(metres: float) -> None:
    """A degree of longitude is a seventh shorter here; the rest is the flattening."""
    half_a_percent = 1.005
    for azimuth in (0, 30, 90, 135, 180, 270):
        frame = _frame(Point(_off(metres, azimuth)))
        tolerance = metres / 110_870
        assert _at(frame, tolerance=tolerance * half_a_percent) == 0
        assert _at(frame, tolerance=tolerance / half_a_percent) is None
    east, north = Point(_off(metres, 90)), Point(_off(metres * 0.98, 0))
    assert _at(_frame(east, north)) == 1
    assert _at(_frame(Point(_off(metres * 0.98, 90)), Point(_off(metres, 0)))) == 0


def test_hidden_rows_are_not_found() -> None:
    frame = _frame(Point(LON, LAT), Point(LON, LAT).buffer(0.001), Point(LON, LAT).buffer(0.01))
    answers = [
        _at(frame, visible=np.array(visible))
        for visible in ([True] * 3, [False, True, True], [False, False, True], [False] * 3)
    ]
    assert answers == [0, 1, 2, None]


def test_an_edge_is_found_from_outside_as_far_as_the_tolerance() -> None:
    west = box(LON - 0.01, LAT - 0.01, LON, LAT + 0.01)
    east = box(_off(20, 90)[0], LAT - 0.01, LON + 0.01, LAT + 0.01)
    tolerance = 11 / 110_870
    for metres, answer in [(-1, 0), (0, 0), (8, 0), (12, 1), (19, 1), (21, 1)]:
        place = _off(abs(metres), 90 if metres > 0 else 270)
        assert _at(_frame(west, east), place, tolerance=tolerance) == answer
    alone = _frame(west)
    assert _at(alone, _off(10.5, 90), tolerance=tolerance) == 0
    assert _at(alone, _off(11.5, 90), tolerance=tolerance) is None


def test_on_a_shared_border_one_of_both_is_found() -> None:
    frame = _frame(box(LON - 0.02, LAT, LON, LAT + 0.01), box(LON, LAT, LON + 0.01, LAT + 0.01))
    assert _at(frame, (LON, LAT + 0.005)) == 1
    assert _at(frame, (LON, LAT), tolerance=0.0) == 1


@pytest.mark.parametrize(
    "numbers",
    [
        (math.nan, LAT, NEAR),
        (LON, math.nan, NEAR),
        (LON, LAT, math.nan),
        (math.inf, LAT, NEAR),
        (LON, -math.inf, NEAR),
        (LON, LAT, math.inf),
        (1e308, 1e308, 1e308),
        (LON, LAT, -NEAR),
        (LON, 91.0, 5.0),
    ],
)
def test_numbers_that_are_no_place_find_nothing(numbers: tuple[float, float, float]) -> None:
    """They come from a browser."""
    lon, lat, tolerance = numbers
    assert at_place(_frame(box(-180, -90, 180, 90)), lon, lat, tolerance=tolerance) is None


def test_at_the_pole_nothing_breaks() -> None:
    assert _at(_frame(Point(0, 90)), (LON, 90.0)) is None
    assert _at(_frame(Point(LON, 90)), (LON, 90.0)) == 0


def test_nothing_is_found_in_nothing() -> None:
    assert _at(_frame()) is None
    assert _at(_frame(None, shapely.Polygon())) is None
