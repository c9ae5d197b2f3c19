"""Coordinate systems a user may name, and how each is brought to EPSG:4490.

A table: a new system is a new row. Names are looked up without regard to width,
case, blanks and hyphens, and with or without the word for "coordinates" behind
them. Only EPSG codes are taken besides the names of the table, because PROJ would
open a file if it were handed one as a definition.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from geo.crs import STORAGE_CRS
from geo.gcj import bd09_to_wgs84
from geo.gcj import gcj02_to_wgs84
from layers.grids import FIRST
from layers.grids import LAST
from layers.grids import by_meridian
from layers.grids import by_zone
from layers.grids import utm_zone
from layers.grids import zone_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    Shift = Callable[..., Any]
    LonLat = tuple[NDArray[np.float64], NDArray[np.float64]]

LONLAT = "EPSG:4326"
LOCAL = "LOCAL"
"""What a city's own grid is called: its parameters are never written anywhere."""

_EPSG = re.compile(r"(?:epsg:{0,2})?([0-9]{4,6})", re.IGNORECASE)
_URN = re.compile(r"urn:ogc:def:crs:EPSG:[0-9.]*:([0-9]{4,6})", re.IGNORECASE)
_CRS84 = re.compile(r"urn:ogc:def:crs:OGC:[0-9.]*:CRS84", re.IGNORECASE)
_IGNORED = re.compile(r"[\s_/()\-‐‑–—]")

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
        The CRS of the coordinates once `correct` has been applied; EPSG:4490 for a
        system that is known by `to_lonlat` alone.
    correct
        Takes longitude and latitude arrays (degrees) and returns them without
        the map shift; ``None`` for a system that is not shifted.
    to_lonlat
        Takes x and y arrays (metres) of a city's own grid and returns longitude and
        latitude in EPSG:4490; ``None`` for a system that `crs` describes.
    same_datum
        Whether the way to CGCS2000 is known to a metre; ``None`` to go by the
        ellipsoid of `crs`.
    """

    name: str
    crs: pyproj.CRS
    correct: Shift | None = None
    to_lonlat: Shift | None = field(default=None, repr=False)
    same_datum: bool | None = None

    @property
    def datum_known(self) -> bool:
        """Whether the way to CGCS2000 is known to a metre."""
        if self.same_datum is not None:
            return self.same_datum
        ellipsoid = self.crs.ellipsoid
        return ellipsoid is not None and ellipsoid.name in _SAME_DATUM_ELLIPSOIDS

    @property
    def degrees(self) -> bool:
        """Whether the coordinates are longitude and latitude, and not metres."""
        return self.to_lonlat is None and bool(self.crs.is_geographic)

    def lonlat(self, x: ArrayLike, y: ArrayLike) -> LonLat:
        """Return longitude and latitude (degrees, EPSG:4490) of coordinates in this system.

        Parameters
        ----------
        x, y
            East and north (or longitude and latitude) as arrays of one length.

        Returns
        -------
        tuple of numpy.ndarray
            Infinite where the coordinates cannot be of this system.
        """
        first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if self.to_lonlat is not None:
            first, second = self.to_lonlat(first, second)
            return first, second
        if self.correct is not None:
            first, second = self.correct(first, second)
        first, second = _transformer(self.crs).transform(first, second)
        return np.asarray(first), np.asarray(second)


@lru_cache(maxsize=32)
def _transformer(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)


@dataclass(frozen=True, slots=True)
class _Known:
    """A system with a name: CRS, map shift, and how people call it."""

    name: str
    crs: str
    correct: Shift | None
    spellings: tuple[str, ...]
    only_with_ending: tuple[str, ...] = ()


def _grids() -> Iterator[_Known]:
    """Yield the national grids as GIS programs call them, and the UTM zones beside them."""
    for meridian in range(FIRST, LAST + 1, 3):
        name = by_meridian(meridian)
        stems = ("cgcs20003degreegkcm", "cgcs20003degreegausskrugercm")
        yield _Known(name, name, None, tuple(f"{stem}{meridian}e" for stem in stems))
        name = by_zone(meridian)
        yield _Known(name, name, None, (f"cgcs20003degreegkzone{zone_number(meridian)}",))
    for zone, name in sorted({utm_zone(longitude) for longitude in range(FIRST, LAST, 3)}):
        spelled = (f"wgs84utmzone{zone}n", f"wgs1984utmzone{zone}n", f"utm{zone}n")
        yield _Known(name, name, None, spelled)


_KNOWN = (
    _Known(
        "CGCS2000",
        STORAGE_CRS,
        None,
        (
            "cgcs2000",
            "国家2000",
            "大地2000",
            "国家大地2000",
            "中国大地2000",
            "2000国家大地",
            "2000国家",
            "国家2000大地",
            "中国2000",
            "天地图",
            "gcscgcs2000",
            "gcschinageodeticcoordinatesystem2000",
            "chinageodeticcoordinatesystem2000",
        ),
        # Alone it is the code of a system elsewhere.
        ("2000",),
    ),
    _Known("WGS84", LONLAT, None, ("wgs84", "wgs1984", "gcswgs1984", "gps"), ("84",)),
    _Known(
        "GCJ02",
        LONLAT,
        gcj02_to_wgs84,
        (
            "gcj02",
            "gcj",
            "火星",
            "国测局",
            "高德",
            "高德地图",
            "amap",
            "腾讯",
            "腾讯地图",
        ),
    ),
    _Known("BD09", LONLAT, bd09_to_wgs84, ("bd09", "bd09ll", "百度", "百度地图", "baidu")),
    *_grids(),
    _Known("EPSG:3857", "EPSG:3857", None, ("web墨卡托", "web墨卡托投影", "webmercator")),
)

_ENDINGS = ("", "坐标", "坐标系", "坐标系统", "经纬度")


def _spelled() -> Mapping[str, _Known]:
    found = {}
    for known in _KNOWN:
        for stem in (*known.spellings, *known.only_with_ending):
            least = 1 if stem in known.only_with_ending else 0
            found.update({f"{stem}{ending}": known for ending in _ENDINGS[least:]})
    return found


_BY_SPELLING = _spelled()

SYSTEM_NAMES = ("EPSG:n", *(known.name for known in _KNOWN if not known.name.startswith("EPSG")))
"""What a message lists as the allowed names."""


def find_system(text: str) -> System | None:
    """Return the system called `text`, or ``None`` if there is none.

    Accepted are ``EPSG:n``, a bare code, the URN of GeoJSON files, and the
    names of the table of this module.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    key = _IGNORED.sub("", plain).casefold()
    if (known := _BY_SPELLING.get(key)) is not None:
        return System(known.name, pyproj.CRS.from_user_input(known.crs), known.correct)
    if _CRS84.fullmatch(plain):
        return System(LONLAT, pyproj.CRS.from_user_input(LONLAT))
    code = re.sub(r"[\s_-]", "", plain)
    match = _EPSG.fullmatch(code) or _URN.fullmatch(plain)
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


def crs_title(crs: pyproj.CRS, lang: str) -> str:
    """Return the official name of a CRS, in Chinese that of its projection."""
    operation = crs.coordinate_operation
    parameters = {} if operation is None else {p.name: p.value for p in operation.params}
    meridian = parameters.get("Longitude of natural origin")
    if lang != "zh" or meridian is None or "CGCS2000" not in crs.name:
        return f"{crs.name} ({crs.to_string()})"
    return f"CGCS2000 高斯-克吕格投影，中央经线 {meridian:g}°E（{crs.to_string()}）"
