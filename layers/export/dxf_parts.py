"""Geometries in the parts that a CAD drawing has: rings, lines and points, to the millimetre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.export.sheets import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

POINT, LINE, AREA = 0, 1, 2
"""Dimensions of a geometry."""

# From this type number on, geometries have parts.
_FIRST_MULTI = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A point, a line or a polygon.

    Attributes
    ----------
    row
        Position of the feature that it is part of.
    dimension
        0 for a point, 1 for a line, 2 for a polygon.
    runs
        Coordinates in metres: of a polygon its rings, the outer one first and without
        the last point that repeats the first; of others, one run.
    """

    row: int
    dimension: int
    runs: Sequence[Sequence[tuple[float, float]]]


def parts_of(shapes: NDArray[Any]) -> list[Part]:
    """Return the parts of geometries in order, rounded to a millimetre; empty ones are left out.

    Parameters
    ----------
    shapes
        Geometries with coordinates in metres; a third coordinate is left out.
    """
    parts, rows = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        rows = rows[inner]
    there = ~shapely.is_empty(parts)
    parts, rows = parts[there], rows[there]
    dimensions = shapely.get_dimensions(parts)
    runs, owners = _runs(parts, dimensions)
    of_parts = np.searchsorted(owners, np.arange(len(parts) + 1))
    told = zip(rows.tolist(), dimensions.tolist(), of_parts[:-1], of_parts[1:], strict=True)
    return [Part(row, dimension, runs[start:end]) for row, dimension, start, end in told]


def _runs(
    parts: NDArray[Any], dimensions: NDArray[Any]
) -> tuple[list[list[tuple[float, float]]], NDArray[np.int64]]:
    """Return the coordinates of every ring, line and point, and the part that each belongs to."""
    rings, of_rings = shapely.get_rings(parts, return_index=True)
    others = np.flatnonzero(dimensions < AREA)
    owners = np.concatenate([of_rings, others])
    order = np.argsort(owners, kind="stable")
    edges = np.concatenate([rings, parts[others]])[order]
    xy, of_edges = shapely.get_coordinates(edges, return_index=True)
    # Adding zero makes -0.0 a plain zero.
    pairs = list(map(tuple, (xy.round(DECIMALS[False]) + 0.0).tolist()))
    limits = np.searchsorted(of_edges, np.arange(len(edges) + 1)).tolist()
    # A ring is closed by its flag, not by a point.
    ends = np.array(limits[1:]) - (dimensions[owners[order]] == AREA)
    runs = [pairs[start:end] for start, end in zip(limits[:-1], ends.tolist(), strict=True)]
    return runs, owners[order]
