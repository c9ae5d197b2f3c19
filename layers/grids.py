"""The Gauss-Krüger zones of a place: which national grids its surveys are in.

China's large scales are surveyed in zones of three degrees, its small ones in zones of six;
the zones of a district follow from its longitude. Codes are those of the EPSG registry,
which numbers the zones of a datum in order.
"""

from __future__ import annotations

FIRST, LAST = 75, 135
"""Central meridians of the first and the last zone of three degrees, degrees east."""

_ZONE = 3
# EPSG code of the meridian 0° east and of zone 0, if they were in the registry.
_CGCS2000, _XIAN_1980, _BEIJING_1954 = (4509, 4488), (2345, 2324), (2397, 2376)
DATUMS = {"CGCS2000": _CGCS2000, "Xian 1980": _XIAN_1980, "Beijing 1954": _BEIJING_1954}
"""Datums by name, as :func:`by_meridian` takes them."""

_SIX_DEGREES, _UTM = 4478, 32600
# A district at the edge of a zone may be surveyed in either of two.
_NEAR_DEGREES = 2.5


def meridians_near(longitude: float) -> tuple[int, ...]:
    """Return the central meridians of the zones that a place may be surveyed in.

    Parameters
    ----------
    longitude
        Degrees east.

    Returns
    -------
    tuple of int
        One or two, ascending; none outside the country's zones.
    """
    zones = range(FIRST, LAST + 1, _ZONE)
    return tuple(m for m in zones if abs(m - longitude) <= _NEAR_DEGREES)


def by_meridian(meridian: int, datum: str = "CGCS2000") -> str:
    """Return the system of a zone of three degrees without its number in front, ``EPSG:n``."""
    return f"EPSG:{DATUMS[datum][0] + meridian // _ZONE}"


def by_zone(meridian: int, datum: str = "CGCS2000") -> str:
    """Return the system of a zone of three degrees with its number in front, ``EPSG:n``."""
    return f"EPSG:{DATUMS[datum][1] + zone_number(meridian)}"


def zone_number(meridian: int) -> int:
    """Return the number of a zone of three degrees, 40 for 120° E."""
    return meridian // _ZONE


def wide_zone(longitude: float) -> tuple[int, str]:
    """Return number and system (CGCS2000, number in front) of the zone of six degrees."""
    zone = int(longitude // (2 * _ZONE)) + 1
    return zone, f"EPSG:{_SIX_DEGREES + zone}"


def utm_zone(longitude: float) -> tuple[int, str]:
    """Return number and system (WGS 84, north) of the UTM zone of a place."""
    zone = (int(longitude // (2 * _ZONE)) + 30) % 60 + 1
    return zone, f"EPSG:{_UTM + zone}"


def usual_grid(longitude: float) -> str:
    """Return the system that drawings of a place are in unless something else is said.

    The zone of three degrees of CGCS2000 that is nearest, the western one of two as near;
    UTM where there is none.

    Parameters
    ----------
    longitude
        Degrees east.
    """
    near = meridians_near(longitude)
    if not near:
        return utm_zone(longitude)[1]
    return by_meridian(min(near, key=lambda meridian: (abs(meridian - longitude), meridian)))
