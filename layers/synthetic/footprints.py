"""Footprints of generated buildings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# An L, so that a building is not the box around it.
_OUTLINE = np.array([[-1, -1], [1, -1], [1, 0.2], [0.3, 0.2], [0.3, 1], [-1, 1]], dtype="float64")
_COURT = 0.15 * _OUTLINE[::-1] - 0.3


def corners(centre: Floats, half: Floats, angle: Floats, *, court: bool = False) -> Floats:
    """Return the corners of L-shaped footprints.

    Parameters
    ----------
    centre
        Middles, shape (n, 2).
    half
        Half of length and width, shape (n, 2), in the unit of `centre`.
    angle
        How far each is turned, radians, shape (n,).
    court
        Return the corners of a courtyard instead.

    Returns
    -------
    numpy.ndarray
        Shape (n, 6, 2); outlines and courtyards turn in opposite directions.
    """
    x, y = np.moveaxis((_COURT if court else _OUTLINE)[None] * half[:, None, :], -1, 0)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1) + centre[:, None, :]


def footprints(outline: Floats, court: Floats, holed: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the polygons of corners.

    Parameters
    ----------
    outline
        Result of :func:`corners`, in any coordinates.
    court
        That of the courtyards of the `holed` ones.
    holed
        Which have a courtyard.
    """
    shapes = np.asarray(shapely.polygons(outline), dtype=object)
    shapes[holed] = [
        shapely.Polygon(around, [hole]) for around, hole in zip(outline[holed], court, strict=True)
    ]
    return shapes
