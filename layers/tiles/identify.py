"""Tells which feature of a layer lies at a place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_AREA = 2
_TURN, _POLE = 360.0, 90.0


def at_place(
    frame: gpd.GeoDataFrame,
    longitude: float,
    latitude: float,
    *,
    tolerance: float,
    visible: NDArray[np.bool_] | None = None,
) -> int | None:
    """Return the position of the feature at a place, or None if there is none.

    Of several areas around the place the smallest counts, because it is the one a
    larger one would hide; without any, the feature whose line, point or edge is
    nearest, if it is near enough. Points and lines count before areas, because
    they are drawn above them and offer less to click on.

    Parameters
    ----------
    frame
        Features in degrees; its spatial index is used.
    longitude, latitude
        The place, degrees.
    tolerance
        How far away a feature may be, in degrees of latitude.
    visible
        Which rows count; all by default.
    """
    # A browser's message may hold any number; comparing to NaN is never true.
    if not (abs(longitude) <= _TURN and abs(latitude) <= _POLE and 0 <= tolerance <= _POLE):
        return None
    narrow = max(math.cos(math.radians(latitude)), 1e-6)
    reach = tolerance / narrow
    window = shapely.box(
        longitude - reach, latitude - tolerance, longitude + reach, latitude + tolerance
    )
    rows = np.sort(frame.sindex.query(window))
    if visible is not None:
        rows = rows[visible[rows]]
    if not len(rows):
        return None
    # Degrees of longitude are shorter than those of latitude.
    square = np.array([narrow, 1.0])
    near = shapely.transform(frame.geometry.to_numpy()[rows], lambda c: c * square)
    place = shapely.Point(longitude * narrow, latitude)
    away = shapely.distance(near, place)
    areal = shapely.get_dimensions(near) == _AREA
    slim = np.flatnonzero(~areal & (away <= tolerance))
    if len(slim):
        return int(rows[slim[np.argmin(away[slim])]])
    around = np.flatnonzero(areal & (away == 0))
    if len(around):
        return int(rows[around[np.argmin(shapely.area(near[around]))]])
    nearest = int(np.argmin(away))
    return int(rows[nearest]) if away[nearest] <= tolerance else None
