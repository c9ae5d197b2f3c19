"""Coordinate systems a user may name, and how each is brought to EPSG:4490.

A table: a new system is a new row. Names are looked up without regard to case,
blanks and hyphens. Only EPSG codes are taken besides the names of the table,
because PROJ would open a file if it were handed one as a definition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyproj
from pyproj.exceptions import CRSError

from geo.crs import STORAGE_CRS
from geo.gcj import bd09_to_wgs84
from geo.gcj import gcj02_to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    Shift = Callable[..., Any]

LONLAT = "EPSG:4326"
_EPSG = re.compile(r"(?:epsg:{1,2})?([0-9]{4,6})", re.IGNORECASE)
_URN = re.compile(r"urn:ogc:def:crs:EPSG:[0-9.]*:([0-9]{4,6})", re.IGNORECASE)
_CRS84 = re.compile(r"urn:ogc:def:crs:OGC:[0-9.]*:CRS84", re.IGNORECASE)

# CGCS2000 and WGS 84 agree within a metre; anything else needs a datum shift
# for which PROJ silently takes none.
_SAME_DATUM_ELLIPSOIDS = {"GRS 1980", "WGS 84", "CGCS2000"}


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system.

    Attributes
    ----------
    name
        As printed, for instance ``EPSG:4549`` or ``GCJ02``.
    crs
        The CRS of the coordinates once `correct` has been applied.
    correct
        Takes longitude and latitude arrays (degrees) and returns them without
        the map shift; ``None`` for a system that is not shifted.
    """

    name: str
    crs: pyproj.CRS
    correct: Shift | None = None

    @property
    def datum_known(self) -> bool:
        """Whether the way to CGCS2000 is known to a metre."""
        ellipsoid = self.crs.ellipsoid
        return ellipsoid is not None and ellipsoid.name in _SAME_DATUM_ELLIPSOIDS


_NAMED: Mapping[str, tuple[str, str, Shift | None]] = {
    "cgcs2000": ("CGCS2000", STORAGE_CRS, None),
    "国家2000": ("CGCS2000", STORAGE_CRS, None),
    "大地2000": ("CGCS2000", STORAGE_CRS, None),
    "wgs84": ("WGS84", LONLAT, None),
    "gcj02": ("GCJ02", LONLAT, gcj02_to_wgs84),
    "火星坐标": ("GCJ02", LONLAT, gcj02_to_wgs84),
    "高德": ("GCJ02", LONLAT, gcj02_to_wgs84),
    "腾讯": ("GCJ02", LONLAT, gcj02_to_wgs84),
    "bd09": ("BD09", LONLAT, bd09_to_wgs84),
    "bd09ll": ("BD09", LONLAT, bd09_to_wgs84),
    "百度": ("BD09", LONLAT, bd09_to_wgs84),
}

SYSTEM_NAMES = ("EPSG:n", *dict.fromkeys(name for name, _, _ in _NAMED.values()))
"""What a message lists as the allowed names."""


def find_system(text: str) -> System | None:
    """Return the system called `text`, or ``None`` if there is none.

    Accepted are ``EPSG:n``, a bare code, the URN of GeoJSON files, and the
    names of the table of this module.
    """
    key = re.sub(r"[\s_-]", "", text).casefold()
    if key in _NAMED:
        name, crs, correct = _NAMED[key]
        return System(name, pyproj.CRS.from_user_input(crs), correct)
    if _CRS84.fullmatch(text.strip()):
        return System(LONLAT, pyproj.CRS.from_user_input(LONLAT))
    match = _EPSG.fullmatch(key) or _URN.fullmatch(text.strip())
    return _from_epsg(int(match.group(1))) if match else None


def system_of(crs: pyproj.CRS) -> System:
    """Return the system of a CRS that came with a file."""
    code = crs.to_epsg()
    return System(f"EPSG:{code}" if code else crs.name, crs)


def _from_epsg(code: int) -> System | None:
    try:
        crs = pyproj.CRS.from_epsg(code)
    except CRSError:
        return None
    # Vertical and geocentric systems have codes too, but no plane or degrees.
    if not (crs.is_geographic or crs.is_projected):
        return None
    return System(f"EPSG:{code}", crs)
