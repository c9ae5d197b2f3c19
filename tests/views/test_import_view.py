"""What the map of step 3 shows of the readings of a file."""

from __future__ import annotations

import numpy as np
import pytest

from views.importing.places import view_of

_EAST, _NORTH = 121.52, 31.29
_SHIFT = np.array([0.0045, -0.002])


def _district(rows: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.array([_EAST, _NORTH]) + rng.uniform(-0.04, 0.04, (rows, 2))


def _holds(bounds: tuple[float, float, float, float], points: np.ndarray) -> bool:
    west, south, east, north = bounds
    low, high = points.min(axis=0), points.max(axis=0)
    return bool(west < low[0] and south < low[1] and east > high[0] and north > high[1])


@pytest.mark.parametrize("rows", [2, 5, 12, 400])
def test_all_readings_are_in_view(rows: int) -> None:
    first = _district(rows)
    shifted = first + _SHIFT
    bounds, outside = view_of([first, shifted])
    assert outside == 0
    assert _holds(bounds, first)
    assert _holds(bounds, shifted)


@pytest.mark.parametrize("rows", [4, 12, 400])
def test_one_swapped_row_does_not_shrink_the_others_to_a_dot(rows: int) -> None:
    first = _district(rows)
    first[1] = first[1][::-1]
    bounds, outside = view_of([first, first + _SHIFT])
    assert outside == 1
    assert _holds(bounds, np.delete(first, 1, axis=0))
    assert bounds[2] - bounds[0] < 0.2


def test_rows_that_lie_together_are_in_view_with_one_beside_them() -> None:
    first = np.array([[_EAST, _NORTH]] * 9 + [[_EAST + 0.05, _NORTH]])
    bounds, outside = view_of([first])
    assert outside == 0
    assert _holds(bounds, first)
