"""Systems of the live layers: names, order of axes, boxes; against PROJ asked directly."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.live.systems import CRS84
from layers.live.systems import STORAGE_URI
from layers.live.systems import LiveSystem
from layers.live.systems import crs_uri
from layers.live.systems import live_systems

GRID = "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80"


def system(name: str, longitude: float = 121.5) -> LiveSystem:
    return live_systems(longitude)[crs_uri(name)]


@pytest.mark.parametrize(
    ("longitude", "grid"),
    [(121.4, "EPSG:4549"), (116.4, "EPSG:4548"), (104.1, "EPSG:4544"), (-3.7, "EPSG:32630")],
)
def test_the_grid_is_that_of_the_place(longitude: float, grid: str) -> None:
    found = list(live_systems(longitude))
    assert found == [CRS84, STORAGE_URI, crs_uri("EPSG:4326"), crs_uri(grid)]


def test_the_order_of_axes_is_that_of_the_authority() -> None:
    assert not live_systems(121.5)[CRS84].north_first
    for name in ("EPSG:4490", "EPSG:4326", "EPSG:4549"):
        assert system(name).north_first, name
    assert not live_systems(-3.7)[crs_uri("EPSG:32630")].north_first


def test_missing_places_stay_missing_and_numbers_are_cut() -> None:
    shapes = np.array([shapely.Point(121.123456789123, 31.3), None], dtype=object)
    moved = system("EPSG:4326").coordinates(shapes)
    assert shapely.get_coordinates(moved[0]).tolist() == [[31.3, 121.12345679]]
    assert moved[1] is None


@settings(max_examples=60, deadline=None)
@given(
    st.floats(120.2, 122.8), st.floats(20.0, 50.0), st.floats(10.0, 30_000.0), st.floats(0.01, 0.99)
)
def test_a_box_of_the_grid_holds_just_what_the_grid_says(
    longitude: float, latitude: float, size: float, share: float
) -> None:
    grid = pyproj.Proj(GRID)
    x, y = grid(longitude, latitude)
    outline = system("EPSG:4549").outline((y - size, x - size, y + size, x + size))
    across = x - size + 2 * size * share
    for dy in (-size, size):
        inside = grid(across, y + dy * 0.999, inverse=True)
        outside = grid(across, y + dy * 1.001, inverse=True)
        assert shapely.intersects(outline, shapely.Point(inside))
        assert not shapely.intersects(outline, shapely.Point(outside))


def test_a_box_over_the_antimeridian_has_two_halves() -> None:
    outline = live_systems(121.5)[CRS84].outline((170.0, -5.0, -170.0, 5.0))
    inside = [shapely.intersects(outline, shapely.Point(x, 0)) for x in (175, -175, 0, 160)]
    assert inside == [True, True, False, False]


def test_a_point_and_a_line_are_boxes_too() -> None:
    outline = live_systems(121.5)[CRS84].outline((121.5, 31.3, 121.5, 31.3))
    assert shapely.intersects(outline, shapely.Point(121.5, 31.3))
    assert shapely.intersects(outline, shapely.box(121, 31, 122, 32))


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("EPSG:4549", (2.0, 1.0, 1.0, 2.0)),
        ("EPSG:4549", (1.0, 2.0, 2.0, 1.0)),
        ("EPSG:4549", (1e10, 0.0, 2e10, 1.0)),
        ("EPSG:4490", (2.0, 0.0, 1.0, 1.0)),
        ("EPSG:4490", (0.0, float("nan"), 1.0, 1.0)),
        ("EPSG:4490", (0.0, 0.0, 1.0)),
    ],
)
def test_what_is_no_box_is_refused(name: str, box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        system(name).outline(box)
