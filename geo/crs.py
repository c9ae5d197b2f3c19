"""Where things are: coordinate systems, lengths and areas.

A district is measured in one transverse Mercator plane of its own. The
national 3° zones cannot serve a district that straddles a zone border, and
Web Mercator stretches lengths by a sixth at this latitude. Areas shown to
people do not come from a plane at all but from the ellipsoid.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import numpy as np
import pandas as pd
import pyproj
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

STORAGE_CRS = "EPSG:4490"
"""CGCS2000 longitude and latitude: the CRS in which layers are kept."""

COORDINATE_TOLERANCE_M = 1e-6
"""Two places closer than a micrometre are one place.

Registers are kept in degrees, so that a gap of exactly 50 m comes back from
the projection as 50.000000001 m. Thresholds in metres are met with this slack.
"""

GRS80 = pyproj.Geod(ellps="GRS80")
M2_PER_MU = 2000.0 / 3.0
M2_PER_HECTARE = 10_000.0

_POLYGON = 2
_HALF_TURN = 180.0

Quantity = TypeVar("Quantity", float, "NDArray[np.float64]", "pd.Series[float]")


def district_crs(central_meridian: float) -> pyproj.CRS:
    """Return the metric CRS of a district: transverse Mercator on its own meridian.

    Scale 1 on the meridian, false easting 500 km, ellipsoid GRS80 (that of
    CGCS2000), axes east and north in metres. Within 10 km of the meridian
    lengths are true to about 1 part in a million.

    Parameters
    ----------
    central_meridian
        Longitude in degrees east, -180 to 180.

    Returns
    -------
    pyproj.CRS
        A projected CRS in metres.

    Raises
    ------
    ValueError
        If the meridian is not a longitude.
    """
    if not math.isfinite(central_meridian) or abs(central_meridian) > _HALF_TURN:
        msg = f"`central_meridian` must be a longitude in degrees, not {central_meridian!r}."
        raise ValueError(msg)
    return pyproj.CRS.from_proj4(
        f"+proj=tmerc +lat_0=0 +lon_0={central_meridian!r} +k=1 +x_0=500000 +y_0=0"
        " +ellps=GRS80 +units=m +no_defs"
    )


def to_metric(frame: gpd.GeoDataFrame, *, central_meridian: float) -> gpd.GeoDataFrame:
    """Return a copy of `frame` in :func:`district_crs`.

    Parameters
    ----------
    frame
        Any known CRS; rows without geometry stay without.
    central_meridian
        Longitude in degrees east.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows and columns, geometry in metres.

    Raises
    ------
    ValueError
        If `frame` has no CRS.
    """
    _require_crs(frame.crs)
    return frame.to_crs(district_crs(central_meridian))


def require_metric(crs: pyproj.CRS | None) -> None:
    """Refuse a CRS in which metres cannot be measured.

    Raises
    ------
    ValueError
        If `crs` is missing, geographic, not in metres, or a Mercator
        projection (Web Mercator lengths are 17 % too long at 31° N).
    """
    _require_crs(crs)
    crs = pyproj.CRS.from_user_input(crs)
    in_metres = all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info)
    operation = crs.coordinate_operation
    method = "" if operation is None else operation.method_name
    mercator = "Mercator" in method and "Transverse" not in method
    if not crs.is_projected or not in_metres or mercator:
        msg = (
            f"Distances need a projected CRS in true metres, not {crs.name!r}; "
            "bring the frame there with `to_metric`."
        )
        raise ValueError(msg)


def require_same_crs(first: pyproj.CRS | None, second: pyproj.CRS | None, what: str) -> None:
    """Refuse to measure `what` (a name for the message) in another CRS than the spaces.

    Raises
    ------
    ValueError
        If the two differ.
    """
    if first != second:
        msg = f"`{what}` must have the CRS of the spaces ({first}), not {second}."
        raise ValueError(msg)


def geodesic_area_m2(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Return the area on the ellipsoid GRS80, edges being geodesics.

    Holes are taken off, parts are added, ring direction does not matter.
    Method: C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87 (2013),
    through PROJ.

    Parameters
    ----------
    geometry
        Any known CRS.

    Returns
    -------
    pandas.Series
        Square metres, named ``area_m2``, index of `geometry`; at least 0; 0 for
        points and lines, NaN where there is no geometry.

    Raises
    ------
    ValueError
        If `geometry` has no CRS.
    """
    parts, owner = _parts_in_degrees(geometry)
    areal = shapely.get_dimensions(parts) == _POLYGON
    rings, polygon = shapely.get_rings(parts[areal], return_index=True)
    # The first ring of a polygon is its shell, the others are holes.
    is_shell = np.diff(polygon, prepend=-1) != 0
    area = np.array([_ring_area_m2(ring) for ring in rings], dtype=np.float64)
    signed = np.where(is_shell, area, -area)
    return _per_row(geometry, owner[areal][polygon], signed, "area_m2")


def geodesic_length_m(geometry: gpd.GeoSeries) -> pd.Series[float]:
    """Return the length of lines and the perimeter of polygons on the ellipsoid GRS80.

    The perimeter counts the edges of holes; parts are added. Method as in
    :func:`geodesic_area_m2`.

    Parameters
    ----------
    geometry
        Any known CRS.

    Returns
    -------
    pandas.Series
        Metres, named ``length_m``, index of `geometry`; at least 0; 0 for
        points, NaN where there is no geometry.

    Raises
    ------
    ValueError
        If `geometry` has no CRS.
    """
    parts, owner = _parts_in_degrees(geometry)
    areal = shapely.get_dimensions(parts) == _POLYGON
    parts[areal] = shapely.boundary(parts[areal])
    lines, part = shapely.get_parts(parts, return_index=True)
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    _, _, length = GRS80.inv(*lonlat[joined].T, *lonlat[joined + 1].T)
    return _per_row(geometry, owner[part[line[joined]]], np.asarray(length), "length_m")


def mu_from_m2(area_m2: Quantity) -> Quantity:
    """Convert square metres to 亩 (1 亩 = 2000/3 m², 15 亩 = 1 ha).

    Parameters
    ----------
    area_m2
        A number, an array or a Series.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        The area in 亩; unknown stays unknown.
    """
    return area_m2 / M2_PER_MU


def hectares_from_m2(area_m2: Quantity) -> Quantity:
    """Convert square metres to hectares 公顷 (10 000 m²).

    Parameters
    ----------
    area_m2
        A number, an array or a Series.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        The area in hectares; unknown stays unknown.
    """
    return area_m2 / M2_PER_HECTARE


def _require_crs(crs: object) -> None:
    """Refuse coordinates of which nobody knows what they mean."""
    if crs is None:
        msg = "The frame has no CRS; set the one its coordinates are in."
        raise ValueError(msg)


def _parts_in_degrees(geometry: gpd.GeoSeries) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the single parts in longitude and latitude, and the row each belongs to."""
    _require_crs(geometry.crs)
    return shapely.get_parts(geometry.to_crs(STORAGE_CRS).to_numpy(), return_index=True)


def _ring_area_m2(ring: shapely.LinearRing) -> float:
    """Return the unsigned geodesic area of one ring in degrees."""
    area, _ = GRS80.polygon_area_perimeter(*shapely.get_coordinates(ring).T)
    return abs(float(area))


def _per_row(
    geometry: gpd.GeoSeries, row: NDArray[np.intp], value: NDArray[np.float64], name: str
) -> pd.Series[float]:
    """Add up `value` by row; rows without geometry become NaN."""
    # Without any row to count, `bincount` forgets its weights and returns integers.
    total = np.bincount(row, weights=value, minlength=len(geometry)).astype(np.float64)
    total[geometry.isna().to_numpy()] = np.nan
    return pd.Series(total, index=geometry.index, name=name)
