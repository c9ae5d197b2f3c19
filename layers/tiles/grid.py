"""Where a tile lies: the square pyramid of web maps over longitude and latitude.

Tiles are a picture, never a measure: nothing is ever measured in them. A tile
covers :data:`TILE_PX` screen pixels and :data:`EXTENT` units, so a unit is an
eighth of a pixel. Rows count from the north (XYZ scheme, OGC 17-083r4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENT = 4096
"""Units along the side of a tile."""

TILE_PX = 512
"""Screen pixels along the side of a tile at its own zoom."""

BUFFER = 64
"""Units that a tile reaches over its border, so that outlines meet at the seam."""

MAX_ZOOM = 20
"""Deepest zoom of a tile; beyond, the browser enlarges."""

MAX_LATITUDE = math.degrees(math.atan(math.sinh(math.pi)))


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of the pyramid.

    Attributes
    ----------
    z, x, y
        Zoom, column from the west and row from the north.

    Raises
    ------
    ValueError
        If there is no such tile.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        """Refuse a tile that does not exist."""
        if not 0 <= self.z <= MAX_ZOOM:
            msg = f"zoom {self.z} is not between 0 and {MAX_ZOOM}"
            raise ValueError(msg)
        side = 1 << self.z
        if not (0 <= self.x < side and 0 <= self.y < side):
            msg = f"tile {self.x}/{self.y} is outside of zoom {self.z}, which has {side} a side"
            raise ValueError(msg)

    def bounds(self, buffer: int = 0) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees, `buffer` units wider on each side."""
        side, margin = 1 << self.z, buffer / EXTENT
        west, east = (self.x - margin) / side, (self.x + 1 + margin) / side
        north, south = (self.y - margin) / side, (self.y + 1 + margin) / side
        return (_longitude(west), _latitude(south), _longitude(east), _latitude(north))

    def units(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return degrees as units of this tile: x to the east, y to the south.

        Parameters
        ----------
        coordinates
            Longitude and latitude, shape (n, 2).
        """
        scale = float((1 << self.z) * EXTENT)
        origin = np.array([self.x, self.y], dtype="float64") * EXTENT
        result: NDArray[np.float64] = world(coordinates) * scale - origin
        return result


def world(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees as a share of the world's square: (0, 0) north-west, (1, 1) south-east.

    The formula is that of the pseudo-Mercator projection (EPSG guidance note 7-2,
    method 1024); latitudes beyond its square are brought to its edge.

    Parameters
    ----------
    coordinates
        Longitude and latitude in degrees, shape (n, 2).
    """
    result = np.empty_like(coordinates, dtype="float64")
    latitude = np.radians(np.clip(coordinates[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    result[:, 0] = coordinates[:, 0] / 360.0 + 0.5
    result[:, 1] = 0.5 - np.arctanh(np.sin(latitude)) / (2.0 * math.pi)
    return result


def metres_per_pixel(zoom: int, latitude: float) -> float:
    """Return how many metres a screen pixel covers at the zoom of a tile, for choosing detail."""
    around = 2.0 * math.pi * 6_378_137.0 * math.cos(math.radians(latitude))
    return around / ((1 << zoom) * TILE_PX)


def _longitude(share: float) -> float:
    return share * 360.0 - 180.0


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * share))))
