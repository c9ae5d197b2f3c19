"""The shifted coordinates of Chinese web maps, both ways.

GCJ-02 is what AMap and Tencent show, BD-09 what Baidu shows. In Shanghai the
shift is about 470 m and 1.1 km: enough to put a building into the wrong zone.

Accuracy, honestly: the formulas reconstruct an algorithm that was never
published. Against the real one they are good to about 1-2 m; the inverse below
undoes the *formula* to better than 1e-9°, which says nothing more about the
ground. Not for surveying.

All functions take longitudes and latitudes in degrees (numbers or arrays that
broadcast) and return two arrays. A point outside the rectangle
72.004-137.8347° E, 0.8293-55.8271° N comes back unchanged, NaN stays NaN.
Formulas: the public reconstruction known as *eviltransform*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    Degrees = NDArray[np.float64]
    LonLat = tuple[Degrees, Degrees]
    Shift = Callable[[Degrees, Degrees], LonLat]

# Krassovsky 1940 with the eccentricity the reconstruction was fitted with.
_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY2 = 0.00669342162296594323

_WEST, _EAST = 72.004, 137.8347
_SOUTH, _NORTH = 0.8293, 55.8271

_STEP_TOLERANCE_DEG = 1e-10
_MAX_STEPS = 30
_BD_ANGLE = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift true coordinates to GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84 or CGCS2000.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude in GCJ-02, good to about 1-2 m.
    """
    return _inside_china(_add_gcj_shift, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Undo :func:`wgs84_to_gcj02` by fixed-point iteration to 1e-10°.

    Subtracting the shift once leaves up to 2.2 m in Shanghai; a few steps
    leave nothing that can be measured.

    Parameters
    ----------
    lon, lat
        Degrees, GCJ-02.

    Returns
    -------
    tuple of numpy.ndarray
        True longitude and latitude, good to about 1-2 m.
    """
    return _inside_china(_inverse(_add_gcj_shift), lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift GCJ-02 to BD-09.

    Parameters
    ----------
    lon, lat
        Degrees, GCJ-02.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude in BD-09.
    """
    return _inside_china(_add_bd_shift, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Undo :func:`gcj02_to_bd09` by fixed-point iteration to 1e-10°.

    Parameters
    ----------
    lon, lat
        Degrees, BD-09.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude in GCJ-02.
    """
    return _inside_china(_inverse(_add_bd_shift), lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Shift true coordinates to BD-09, by way of GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84 or CGCS2000.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude in BD-09, good to about 1-2 m.
    """
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Undo :func:`wgs84_to_bd09`, by way of GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees, BD-09.

    Returns
    -------
    tuple of numpy.ndarray
        True longitude and latitude, good to about 1-2 m.
    """
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _inside_china(shift: Shift, lon: ArrayLike, lat: ArrayLike) -> LonLat:
    """Apply `shift` to the points inside the rectangle and copy the others."""
    given = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    out_lon, out_lat = (np.array(degrees) for degrees in given)
    inside = (out_lon >= _WEST) & (out_lon <= _EAST) & (out_lat >= _SOUTH) & (out_lat <= _NORTH)
    out_lon[inside], out_lat[inside] = shift(out_lon[inside], out_lat[inside])
    return out_lon, out_lat


def _inverse(shift: Shift) -> Shift:
    """Return the function that undoes `shift`: p ← p + (q - shift(p)), from p = q."""

    def unshift(lon: Degrees, lat: Degrees) -> LonLat:
        true_lon, true_lat = lon, lat
        for _ in range(_MAX_STEPS):
            got_lon, got_lat = shift(true_lon, true_lat)
            step_lon, step_lat = lon - got_lon, lat - got_lat
            true_lon, true_lat = true_lon + step_lon, true_lat + step_lat
            if not np.any(np.maximum(abs(step_lon), abs(step_lat)) > _STEP_TOLERANCE_DEG):
                break
        return true_lon, true_lat

    return unshift


def _add_gcj_shift(lon: Degrees, lat: Degrees) -> LonLat:
    """Add the GCJ-02 shift, turned from metres into degrees on the Krassovsky ellipsoid."""
    east_m, north_m = _gcj_shift_m(lon - 105.0, lat - 35.0)
    radians = np.radians(lat)
    curvature = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    prime_vertical_m = _SEMI_MAJOR_M / np.sqrt(curvature)
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (curvature * np.sqrt(curvature))
    return (
        lon + np.degrees(east_m / (prime_vertical_m * np.cos(radians))),
        lat + np.degrees(north_m / meridian_m),
    )


def _gcj_shift_m(x: Degrees, y: Degrees) -> LonLat:
    """Return the shift to the east and to the north in metres, `x`, `y` from 105° E, 35° N."""
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(abs(x))
    east_waves = ripple + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))
    north_waves = ripple + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))
    return east + 2.0 / 3.0 * east_waves, north + 2.0 / 3.0 * north_waves


def _waves(degrees: Degrees, *amplitude_and_divisor: tuple[float, float]) -> Degrees:
    """Return the sum of a·sin(π·x/d) over the given pairs (a, d)."""
    total = np.zeros_like(degrees)
    for amplitude, divisor in amplitude_and_divisor:
        total += amplitude * np.sin(np.pi * degrees / divisor)
    return total


def _add_bd_shift(lon: Degrees, lat: Degrees) -> LonLat:
    """Add the BD-09 shift: a ripple in polar coordinates about (0, 0), then an offset."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT
