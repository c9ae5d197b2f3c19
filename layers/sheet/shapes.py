"""Shapes of the point symbols on paper: those of the web map, with y upwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def _ring(count: int, outer: float, inner: float | None = None) -> Floats:
    """Return a regular polygon, or a star if there is an inner radius; a corner is on top."""
    steps = count if inner is None else 2 * count
    radii = np.full(steps, outer)
    if inner is not None:
        radii[1::2] = inner
    angles = math.pi / 2 - 2 * math.pi * np.arange(steps) / steps
    return np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])


def _padlock() -> Floats:
    """Return a body and a bow that stands on it."""
    corners = [np.array([[-0.95, -1.05], [-0.95, 0.15]])]
    for radius, sense in ((0.68, 1), (0.38, -1)):
        angles = math.pi / 2 - sense * math.pi * np.arange(-8, 9) / 16
        bow = np.column_stack([np.cos(angles), 1.2 * np.sin(angles)])
        corners.append(radius * bow + [0.0, 0.15])
    return np.concatenate([*corners, [[0.95, 0.15], [0.95, -1.05]]])


def _plus(arm: float, half: float) -> Floats:
    """Return an upright cross: one arm, and its quarter turns clockwise."""
    arms = [np.array([[-half, half], [-half, arm], [half, arm]])]
    for _ in range(3):
        arms.append(np.column_stack([arms[-1][:, 1], -arms[-1][:, 0]]))
    return np.concatenate(arms)


SHAPES: Mapping[str, Floats] = {
    "square": np.array([[-0.86, 0.86], [0.86, 0.86], [0.86, -0.86], [-0.86, -0.86]]),
    "diamond": np.array([[0.0, 1.15], [1.15, 0.0], [0.0, -1.15], [-1.15, 0.0]]),
    "triangle": np.array([[0.0, 1.1], [1.05, -0.8], [-1.05, -0.8]]),
    "pentagon": _ring(5, 1.08),
    "star": _ring(5, 1.25, 0.52),
    "lock": _padlock(),
    "cross": _plus(1.1, 0.38),
}
"""Corners in radii of the symbol, shape (n, 2); what is not named here is a circle."""
