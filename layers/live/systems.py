"""Coordinate systems of the live layers, by the URI of OGC API – Features, part 2.

Layers are kept in EPSG:4490. CRS84 and EPSG:4326 are WGS 84, which agrees with CGCS2000
within decimetres, so that the numbers are the same (see :mod:`layers.systems`). With a
``crs`` the coordinates stand in the order of axes of that system: EPSG:4490 and 4326 have
the latitude first, the national grids the northing (OGC 18-058r1, clause 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pyproj
import shapely

from geo.crs import STORAGE_CRS
from layers.export.sheets import DECIMALS
from layers.grids import usual_grid
from layers.systems import LONLAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

_HALF_TURN, _QUARTER_TURN = 180.0, 90.0
# Edges of a box bend on the way from a grid to degrees.
_PIECES = 32
_CORNERS = 4
_FARTHEST = 1e9  # metres; no number of the earth is larger


def crs_uri(name: str) -> str:
    """Return the URI of ``EPSG:n``."""
    return f"http://www.opengis.net/def/crs/EPSG/0/{name.removeprefix('EPSG:')}"


STORAGE_URI = crs_uri(STORAGE_CRS)


@dataclass(frozen=True, slots=True)
class LiveSystem:
    """A system in which features are asked for.

    Attributes
    ----------
    uri
        Its name in a request.
    crs
        What it is.
    north_first
        Whether the first coordinate runs north.
    """

    uri: str
    crs: pyproj.CRS
    north_first: bool

    @property
    def degrees(self) -> bool:
        """Whether coordinates are longitude and latitude."""
        return bool(self.crs.is_geographic)

    def coordinates(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Return geometries of EPSG:4490 in this system, in its order of axes.

        Parameters
        ----------
        shapes
            Longitude first, missing where not located.
        """
        decimals = DECIMALS[self.degrees]
        move = _transformer(self.crs, forth=True).transform

        def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            there = np.column_stack(move(*xy.T)).round(decimals)
            return there[:, ::-1] if self.north_first else there

        return np.asarray(shapely.transform(shapes, moved), dtype=object)

    def outline(self, box: Sequence[float]) -> shapely.Geometry:
        """Return a box of this system in longitude and latitude, EPSG:4490.

        Parameters
        ----------
        box
            Lower and upper corner in the order of axes. In degrees the western edge
            may lie east of the eastern one: the box then crosses the antimeridian.

        Raises
        ------
        ValueError
            If it is no box, or lies outside of where the system is of use.
        """
        if len(box) != _CORNERS or not all(abs(edge) <= _FARTHEST for edge in box):
            raise ValueError(box)
        west, south, east, north = np.array(box)[[1, 0, 3, 2]] if self.north_first else box
        if south > north or (west > east and not self.degrees):
            raise ValueError(box)
        if not self.degrees:
            return self._on_earth(shapely.box(west, south, east, north))
        south, north = (np.clip(y, -_QUARTER_TURN, _QUARTER_TURN) for y in (south, north))
        if west <= east:
            return shapely.box(west, south, east, north)
        halves = ((west, _HALF_TURN), (-_HALF_TURN, east))
        return shapely.MultiPolygon([shapely.box(a, south, b, north) for a, b in halves])

    def _on_earth(self, box: shapely.Polygon) -> shapely.Geometry:
        longest = max(box.length / _CORNERS / _PIECES, 1.0)
        back = _transformer(self.crs, forth=False).transform
        ring = np.column_stack(back(*shapely.get_coordinates(shapely.segmentize(box, longest)).T))
        if not np.isfinite(ring).all():
            raise ValueError(box)
        return shapely.make_valid(shapely.Polygon(ring))


@lru_cache(maxsize=32)
def _transformer(crs: pyproj.CRS, *, forth: bool) -> pyproj.Transformer:
    begin, end = (STORAGE_CRS, crs) if forth else (crs, STORAGE_CRS)
    return pyproj.Transformer.from_crs(begin, end, always_xy=True)


@lru_cache(maxsize=64)
def live_systems(longitude: float) -> dict[str, LiveSystem]:
    """Return the systems of a place by URI: CRS84, CGCS2000, WGS 84 and the usual grid.

    Parameters
    ----------
    longitude
        Central meridian of the place, degrees east.
    """
    found = {CRS84: LiveSystem(CRS84, pyproj.CRS.from_authority("OGC", "CRS84"), north_first=False)}
    for name in dict.fromkeys((STORAGE_CRS, LONLAT, usual_grid(longitude))):
        crs = pyproj.CRS.from_user_input(name)
        first = crs.axis_info[0].direction == "north"
        found[crs_uri(name)] = LiveSystem(crs_uri(name), crs, north_first=first)
    return found
