"""Lengths and areas of the map's own script, against PROJ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pyproj
import pytest

from layers.webmap import STATIC_DIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

GEOD = pyproj.Geod(ellps="GRS80")
YANGPU = (121.5, 31.3)
NORTH = (121.5, 45.0)
Point = list[float]
Ring = list[Point]


@pytest.fixture(scope="module")
def call(browser: Browser) -> Iterator[Callable[[str, list[Any]], list[float]]]:
    """Return a function that applies ``AtlasGeodesy.<name>`` to each argument."""
    page = browser.new_page()
    page.add_script_tag(path=str(STATIC_DIR / "atlas-geodesy.js"))

    def each(name: str, arguments: list[Any]) -> list[float]:
        answer: list[float] = page.evaluate(
            "([name, all]) => all.map(one => AtlasGeodesy[name](one))", [name, arguments]
        )
        return answer

    page.evaluate(
        "() => { AtlasGeodesy.between = pair => AtlasGeodesy.distance(pair[0], pair[1]); }"
    )
    yield each
    page.close()


def _place(centre: tuple[float, float], azimuth: float, metres: float) -> Point:
    lng, lat, _back = GEOD.fwd(*centre, azimuth, metres)
    return [float(lng), float(lat)]


def _ring(rng: np.random.Generator, centre: tuple[float, float], size: float) -> Ring:
    """Return a random star-shaped ring about `size` metres across."""
    corners = int(rng.integers(3, 12))
    azimuths = np.linspace(0, 360, corners, endpoint=False) + rng.uniform(0, 360)
    return [_place(centre, a, size / 2 * rng.uniform(0.4, 1)) for a in azimuths]


def _proj(ring: Ring) -> tuple[float, float]:
    area, perimeter = GEOD.polygon_area_perimeter([p[0] for p in ring], [p[1] for p in ring])
    return abs(area), perimeter


def _rings(centre: tuple[float, float], size: float) -> list[Ring]:
    rng = np.random.default_rng(20_260_101)
    return [_ring(rng, centre, size) for _ in range(60)]


@pytest.mark.parametrize("centre", [YANGPU, NORTH])
@pytest.mark.parametrize("size", [10.0, 100.0, 1_000.0, 5_000.0, 20_000.0])
def test_areas_and_perimeters_are_those_of_proj(
    call: Callable[..., list[float]], centre: tuple[float, float], size: float
) -> None:
    rings = _rings(centre, size)
    expected = [_proj(ring) for ring in rings]
    areas = call("area", [[ring] for ring in rings])
    assert areas == pytest.approx([area for area, _ in expected], rel=1e-5)
    perimeters = call("perimeter", [[ring] for ring in rings])
    assert perimeters == pytest.approx([length for _, length in expected], rel=1e-8, abs=1e-3)


@pytest.mark.parametrize("centre", [YANGPU, NORTH])
@pytest.mark.parametrize("metres", [0.01, 1.0, 10.0, 1_000.0, 10_000.0, 100_000.0])
def test_distances_are_those_of_proj(
    call: Callable[..., list[float]], centre: tuple[float, float], metres: float
) -> None:
    pairs = [[list(centre), _place(centre, azimuth, metres)] for azimuth in range(0, 360, 7)]
    expected = [GEOD.inv(a[0], a[1], b[0], b[1])[2] for a, b in pairs]
    assert call("between", pairs) == pytest.approx(expected, rel=1e-8, abs=1e-6)


def test_an_edge_is_a_shortest_line_and_not_a_straight_line_of_a_map(
    call: Callable[..., list[float]],
) -> None:
    """A box with edges of 5 km along parallels: the bend of an edge is worth 1,000 m2."""
    west, south, east, north = 121.5, 31.3, 121.5525, 31.345
    box = [[west, south], [east, south], [east, north], [west, north]]
    along_parallels = [
        *([west + (east - west) * k / 1000, south] for k in range(1000)),
        *([east + (west - east) * k / 1000, north] for k in range(1000)),
    ]
    few, many = call("area", [[box], [along_parallels]])
    assert few == pytest.approx(_proj(box)[0], abs=1)
    assert many == pytest.approx(_proj(along_parallels)[0], abs=1)
    bend = 5_000**3 * math.tan(math.radians(31.3)) / 12 / 6_371_000
    lower = call("area", [[[box[0], box[1], *along_parallels[999:0:-1]]]])[0]
    assert lower == pytest.approx(bend, rel=0.05)


def test_holes_are_taken_off_and_ring_direction_and_closing_do_not_matter(
    call: Callable[..., list[float]],
) -> None:
    outer = [[121.5, 31.3], [121.51, 31.3], [121.51, 31.31], [121.5, 31.31]]
    hole = [[121.502, 31.302], [121.504, 31.302], [121.504, 31.304], [121.502, 31.304]]
    expected = _proj(outer)[0] - _proj(hole)[0]
    variants = [
        [outer, hole],
        [outer[::-1], hole],
        [[*outer, outer[0]], [*hole[::-1], hole[-1]]],
    ]
    assert call("area", variants) == pytest.approx([expected] * 3, rel=1e-7)
    length = _proj(outer)[1] + _proj(hole)[1]
    assert call("perimeter", variants) == pytest.approx([length] * 3, rel=1e-9)


def test_nothing_has_no_size(call: Callable[..., list[float]]) -> None:
    place = list(YANGPU)
    assert call("between", [[place, place]]) == [0]
    assert call("area", [[], [[]], [[place]], [[place, place]]]) == [0, 0, 0, 0]
    assert call("perimeter", [[], [[]], [[place]]]) == [0, 0, 0]
