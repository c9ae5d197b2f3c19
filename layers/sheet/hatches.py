"""Hatches of the plan sheet: straight lines and dots cut to the areas they fill.

They are real lines and dots and no tiled pattern or picture, so that they stay sharp at
every size, have no seams, and can be picked in a drawing program. The spacings are those
of the web map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.sheet.records import Extent

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hatch:
    """A hatch: sets of parallel lines, or rows of dots.

    Attributes
    ----------
    angles
        Directions of the lines, degrees from east, counter-clockwise; empty for dots.
    spacing_px
        Distance from line to line, or from dot to dot, in pixels of the web map.
    """

    angles: tuple[float, ...]
    spacing_px: float


HATCHES: Mapping[str, Hatch] = {
    "diagonal": Hatch((45.0,), 9.0 / math.sqrt(2.0)),
    "back": Hatch((135.0,), 9.0 / math.sqrt(2.0)),
    "horizontal": Hatch((0.0,), 8.0),
    "vertical": Hatch((90.0,), 8.0),
    "cross": Hatch((0.0, 90.0), 9.0),
    "dots": Hatch((), 7.0),
}
"""Hatches by the name that a symbol gives them."""


def hatch_lines(areas: NDArray[np.object_], angle: float, spacing: float, window: Extent) -> Floats:
    """Return the parts of parallel lines that lie inside areas.

    Lines are counted from the lower left corner of the window, so that the hatches of all
    areas of a map fit together. The method is the scan conversion of computer graphics
    (even-odd rule): every edge is met by the lines between its ends, and along a line
    each second piece between edges is inside. Holes stay free.

    Parameters
    ----------
    areas
        Polygons and multipolygons, shape (n,).
    angle
        Direction of the lines, degrees from east, counter-clockwise.
    spacing
        Distance from line to line, above 0, in the units of the coordinates.
    window
        West, south, east, north; nothing is returned for lines that pass outside of it, but
        ends of others may lie outside.

    Returns
    -------
    ndarray
        Ends of the pieces, shape (m, 2, 2): piece, end, x and y.
    """
    spans = _spans(areas, angle, spacing, window)
    # Half a spacing off the corner, so that a box as small as a legend's is met.
    across = (spans[:, 2:] + 0.5) * spacing
    level = np.stack([spans[:, :2], np.broadcast_to(across, (len(spans), 2))], axis=-1)
    return np.asarray(_turned(level, angle) + np.array(window[:2]))


def hatch_dots(areas: NDArray[np.object_], spacing: float, window: Extent) -> Floats:
    """Return the places of a square grid of dots that lie inside areas.

    Parameters
    ----------
    areas, spacing
        As for :func:`hatch_lines`.
    window
        Only dots in it are returned.

    Returns
    -------
    ndarray
        Centres, shape (m, 2).
    """
    spans = _spans(areas, 0.0, spacing, window)
    width = window[2] - window[0]
    first = np.ceil(np.clip(spans[:, 0], 0.0, width) / spacing - 0.5).astype(np.int64)
    last = np.ceil(np.clip(spans[:, 1], 0.0, width) / spacing - 0.5).astype(np.int64)
    rows, columns = _expanded(first, last)
    grid = np.column_stack([columns, spans[rows, 2]])
    return np.asarray((grid + 0.5) * spacing + np.array(window[:2]))


def _spans(areas: NDArray[np.object_], angle: float, spacing: float, window: Extent) -> Floats:
    """Return start and end along the lines, and the number of the line, of every piece."""
    starts, ends, owners = _edges(areas, angle, window)
    low, high = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    corners = _turned(shapely.get_coordinates(shapely.box(*window)) - window[:2], -angle)[:, 1]
    bottom, top = corners.min(), corners.max()
    # Half-open: a line through a vertex meets one of its two edges, or both, or none.
    first = np.ceil(np.clip(low, bottom, top) / spacing - 0.5).astype(np.int64)
    last = np.ceil(np.clip(high, bottom, top) / spacing - 0.5).astype(np.int64)
    edges, lines = _expanded(first, last)
    start, end = starts[edges], ends[edges]
    share = ((lines + 0.5) * spacing - start[:, 1]) / (end[:, 1] - start[:, 1])
    along = start[:, 0] + share * (end[:, 0] - start[:, 0])
    order = np.lexsort((along, lines, owners[edges]))
    along, lines = along[order], lines[order]
    return np.column_stack([along[0::2], along[1::2], lines[0::2]])


def _edges(
    areas: NDArray[np.object_], angle: float, window: Extent
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return starts and ends of all edges, lines turned level, and the polygon of each."""
    rings, polygons = shapely.get_rings(shapely.get_parts(areas), return_index=True)
    points, owners = shapely.get_coordinates(rings, return_index=True)
    level = _turned(points - np.array(window[:2]), -angle)
    inner = owners[1:] == owners[:-1]
    return level[:-1][inner], level[1:][inner], polygons[owners[1:][inner]]


def _turned(points: Floats, angle: float) -> Floats:
    """Turn points about the origin by `angle` degrees, counter-clockwise."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]))


def _expanded(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return (row, number) of every whole number from `first` up to, without, `last`."""
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts - first, counts)
