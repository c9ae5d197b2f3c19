"""The overview map: true lengths, north up, no number over another."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING
from typing import Any

import matplotlib.image as mpimg
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.packs.overview import WIDTH_IN
from layers.packs.overview import _apart
from layers.packs.overview import bar_length_m
from layers.packs.overview import overview_png
from tests.layers.packs_hand import CATALOGUE
from tests.layers.packs_hand import PLACES
from tests.layers.packs_hand import four

if TYPE_CHECKING:
    from numpy.typing import NDArray

MERIDIAN = CATALOGUE.central_meridian
MARK = np.array([0xB1, 0x45, 0x00]) / 255
WEST, EAST = shapely.Point(PLACES["C1"]), shapely.Point(PLACES["C2"])


def _pixels(points: list[Any], tables: dict[str, Any] | None = None) -> NDArray[np.float64]:
    picture = overview_png(four() if tables is None else tables, MERIDIAN, points)
    assert picture is not None
    return np.asarray(mpimg.imread(io.BytesIO(picture), format="png"))[..., :3]


def _middle(marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return column and row of the middle of what is marked."""
    rows, columns = np.nonzero(marked)
    return np.array([(columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2])


def _marks(pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.abs(pixels - MARK).max(axis=2) < 0.02
    return found


def _longest_dark_run(pixels: NDArray[np.float64]) -> int:
    """Return the length of the black half of the scale bar, in pixels."""
    high, wide = pixels.shape[:2]
    # Without the frame of the map.
    dark = pixels[int(high * 0.88) : -8, 8 : int(wide * 0.45)].max(axis=2) < 0.1
    return max(
        sum(1 for _ in run) for row in dark for value, run in itertools.groupby(row) if value
    )


def test_the_scale_bar_is_true_against_the_ellipsoid() -> None:
    pixels = _pixels([WEST, EAST])
    marks, half = _marks(pixels), pixels.shape[1] // 2
    left, right = marks.copy(), marks.copy()
    left[:, half:] = False
    right[:, :half] = False
    apart = np.hypot(*(_middle(left) - _middle(right)))
    metres = pyproj.Geod(ellps="GRS80").inv(WEST.x, WEST.y, EAST.x, EAST.y)[2]
    half_m = _longest_dark_run(pixels) * metres / apart
    # The bar of the square district is two kilometres long; its first half is black.
    assert half_m == pytest.approx(1_000, rel=0.02)


def test_north_is_up_and_east_is_right() -> None:
    pixels = _pixels([WEST, EAST])
    marks = _marks(pixels)
    columns = np.nonzero(marks)[1]
    first = marks & (np.arange(marks.shape[1]) < columns.mean())
    second = marks & ~first
    # C1 lies south-west of C2.
    assert _middle(first)[0] < _middle(second)[0]
    assert _middle(first)[1] > _middle(second)[1]


def test_the_picture_has_the_width_of_the_text_and_fits_the_page() -> None:
    high, wide = _pixels([WEST]).shape[:2]
    assert wide == pytest.approx(WIDTH_IN * 200, abs=1)
    assert high <= 6.3 * 200 + 1


def test_what_is_not_located_is_not_drawn() -> None:
    assert overview_png(four(), MERIDIAN, [None, shapely.Point()]) is None
    assert overview_png(four(), MERIDIAN, []) is None
    alone = _marks(_pixels([None, WEST])).sum()
    both = _marks(_pixels([EAST, WEST])).sum()
    assert 0.4 < alone / both < 0.6


@pytest.mark.parametrize("gone", [("district",), ("zones",), ("district", "zones")])
def test_layers_that_are_not_there_are_not_drawn(gone: tuple[str, ...]) -> None:
    tables = {key: frame for key, frame in four().items() if key not in gone}
    assert _marks(_pixels([WEST], tables)).any()


def test_areas_are_marked_inside() -> None:
    area = shapely.box(121.50, 31.28, 121.51, 31.29)
    assert np.allclose(
        _middle(_marks(_pixels([area]))),
        _middle(_marks(_pixels([shapely.point_on_surface(area)]))),
        atol=1,
    )


def test_the_same_layers_give_the_same_picture() -> None:
    pictures = [overview_png(four(), MERIDIAN, [WEST, EAST]) for _ in range(2)]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("width", "bar"), [(8_000, 2_000), (7_999, 1_000), (800, 200), (20_000, 5_000), (39, 5)]
)
def test_the_bar_is_round_and_at_most_a_quarter(width: float, bar: float) -> None:
    assert bar_length_m(width) == pytest.approx(bar)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_no_number_covers_another(places: list[tuple[int, int]]) -> None:
    at = np.array(places, dtype=np.float64) * 10
    found = _apart(at, 50.0)
    away = np.hypot(*np.moveaxis(found[:, None] - found[None, :], -1, 0))
    np.fill_diagonal(away, np.inf)
    assert away.min() >= 0.9 * 50.0
    # Those that have room stay where they are.
    alone = np.hypot(*np.moveaxis(at[:, None] - at[None, :], -1, 0))
    np.fill_diagonal(alone, np.inf)
    if alone.min() >= 51.0:
        assert np.abs(found - at).max() < 1.0
