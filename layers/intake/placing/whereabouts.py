"""In which coordinate system a file may be, if it does not say.

Every system of the table below is tried, both axis orders. What counts is whether
the places then lie inside the district. Systems that the numbers alone cannot tell
apart are said to be ambiguous and are for the planner to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.crs import GRS80
from geo.crs import STORAGE_CRS
from geo.crs import district_crs
from layers.errors import Text
from layers.grids import FIRST
from layers.grids import LAST
from layers.grids import by_meridian
from layers.grids import by_zone
from layers.grids import meridians_near
from layers.grids import utm_zone
from layers.grids import wide_zone
from layers.grids import zone_number
from layers.intake.setting import catalogue_here
from layers.shapes import EAST
from layers.shapes import NORTH
from layers.shapes import SOUTH
from layers.shapes import WEST
from layers.systems import LOCAL
from layers.systems import System
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Points = NDArray[np.float64]

AROUND_M = 3000.0
"""How far outside the outline of the district a place still counts as inside."""

SAME_SHARE = 0.2
"""A reading whose share inside the district falls behind by less of it is as good as the best."""

LEAST_SHARE = 0.5
"""A reading that puts fewer places into the district is no answer."""

SAMPLE = 2000
"""So many points are looked at, evenly spaced over the file."""

# Readings that lie closer together than this are one and the same.
_SAME_PLACE_M = 1.0
_LOCAL_REACH_M = 100_000.0
_HALF_TURN = 180.0


@dataclass(frozen=True, slots=True)
class _Trial:
    """A system that is tried: its name, what people know it by, and whether it is withdrawn."""

    name: str
    title: Text
    withdrawn: bool = False


_DEGREES = _Trial("CGCS2000", Text("经纬度，CGCS2000 或 WGS 84", "degrees, CGCS2000 or WGS 84"))
_OF_WEB_MAPS = (
    _Trial("EPSG:3857", Text("网络墨卡托（网络地图）", "Web Mercator (web maps)")),
    _Trial(
        "GCJ02",
        Text("经纬度，高德、腾讯地图的偏移坐标", "degrees, shifted as in Amap and Tencent maps"),
    ),
    _Trial("BD09", Text("经纬度，百度地图的偏移坐标", "degrees, shifted as in Baidu maps")),
)
_LOCAL_REASON = Text(
    "数值在 100 km 以内，疑似城市独立坐标系等地方坐标；参数不公开，须由您提供 PROJ 参数或控制点",
    "the numbers are below 100 km, as in a city's own grid; its parameters are not public:"
    " give your own PROJ string or control points",
)
_SWAPPED = Text("，X 为北、Y 为东（已交换）", ", x north and y east (swapped)")
_WITHDRAWN = Text(
    "；旧基准，2018 年 7 月起停用，凭数值无法与 CGCS2000 区分，可能偏差几十米",
    "; an old datum, withdrawn in July 2018, which numbers cannot tell from CGCS2000;"
    " tens of metres off",
)
_NOTHING = Text("", "")
_DECLARED = Text("，文件已写明", ", named by the file")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to read coordinates.

    Attributes
    ----------
    system
        The system; ``None`` for a city's own grid, whose parameters are not known.
    swapped
        Whether x is north and y is east (or latitude stands first).
    share_inside
        Share of the points inside the district and :data:`AROUND_M` around it;
        equals `share_in_country` if no district was given.
    share_in_country
        Share of the points inside the country.
    centre
        Longitude and latitude of the middle (median) of the points, degrees in EPSG:4490;
        NaN for a city's own grid.
    displacement_m
        How far the centre lies from that of the first candidate, metres on GRS80.
    reason
        Why this is a candidate, in one sentence.
    ambiguous_with
        Names of the systems that the numbers cannot tell from this one.
    """

    system: System | None
    swapped: bool
    share_inside: float
    share_in_country: float
    centre: tuple[float, float]
    displacement_m: float
    reason: Text
    ambiguous_with: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the system, as a user would say it."""
        return LOCAL if self.system is None else self.system.name

    def lonlat(self, xy: ArrayLike) -> Points:
        """Return points (n × 2, as in the file) as longitude and latitude, for a preview.

        Infinite or NaN where the numbers cannot be of this system.
        """
        points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        if self.system is None:
            return np.full_like(points, np.nan)
        return read_as(points, self.system, swapped=self.swapped)


@dataclass(frozen=True, slots=True)
class Share:
    """Which share of some points lies inside the district, and inside the country."""

    inside: float
    in_country: float


def candidates(
    xy: ArrayLike,
    *,
    district: BaseGeometry | None = None,
    declared: System | None = None,
    around_m: float = AROUND_M,
) -> tuple[Candidate, ...]:
    """Rank the systems in which coordinates may be.

    Parameters
    ----------
    xy
        Coordinates as in the file, n × 2; rows that are not finite are left out.
    district
        Outline of the district in EPSG:4490; its middle says which zones are tried. Without
        it the country is all there is to go by, and the meridian of the edition.
    declared
        A system that the file names; tried as well, and the first among equals.
    around_m
        How far outside the district a place still counts as inside, metres.

    Returns
    -------
    tuple of Candidate
        Best first; empty if no system of the table puts a point into the country.
    """
    points = sample(xy)
    if not len(points):
        return ()
    found = []
    for system, title, withdrawn in _tried(declared, _longitude(district)):
        for swapped in (False, True):
            lonlat = read_as(points, system, swapped=swapped)
            share = share_of(lonlat, district, around_m=around_m)
            if share.in_country >= LEAST_SHARE:
                reason = _reason(title, share, district, swapped=swapped, withdrawn=withdrawn)
                found.append(_Found(system, swapped, withdrawn, share, _centre(lonlat), reason))
    best = max((one.share.inside for one in found), default=0.0)
    # The sort is stable: equals stay in the order of the table.
    found.sort(key=lambda one: (_band(one.share.inside, best), one.withdrawn, one.swapped))
    ranked = _with_relations(found, best)
    if looks_local(points) and best < LEAST_SHARE:
        return (_local(), *ranked)
    return ranked


def clear_candidate(ranked: tuple[Candidate, ...]) -> Candidate | None:
    """Return the first candidate if there is nothing to choose, else ``None``.

    That is one with a known system, at least :data:`LEAST_SHARE` of the points in the
    district, and no other that is as good.
    """
    if not ranked or ranked[0].system is None or ranked[0].share_inside < LEAST_SHARE:
        return None
    return None if ranked[0].ambiguous_with else ranked[0]


def read_as(xy: Points, system: System, *, swapped: bool) -> Points:
    """Return points (n × 2) of a system as longitude and latitude (n × 2, EPSG:4490)."""
    east, north = (xy[:, 1], xy[:, 0]) if swapped else (xy[:, 0], xy[:, 1])
    return np.column_stack(system.lonlat(east, north))


def share_of(lonlat: Points, district: BaseGeometry | None, *, around_m: float = AROUND_M) -> Share:
    """Return which share of the points (n × 2, degrees) is in the district and in the country.

    Without a district both are the share in the country; 0 if there are no points.
    """
    if not len(lonlat):
        return Share(0.0, 0.0)
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    here = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    in_country = float(here.mean())
    if district is None or not here.any():
        return Share(in_country, in_country)
    region = _region(district, around_m)
    inside = shapely.contains_xy(region, lon[here], lat[here])
    return Share(float(inside.sum()) / len(lonlat), in_country)


def looks_local(xy: Points) -> bool:
    """Tell whether points (n × 2) look like metres of a city's own grid: small, but no degrees."""
    largest = np.median(np.abs(xy), axis=0)
    spread = np.abs(xy).max()
    return bool((largest < _LOCAL_REACH_M).all() and spread > _HALF_TURN)


def listed(ranked: tuple[Candidate, ...], lang: str, most: int = 6) -> str:
    """Return the candidates worth a look in one sentence: those in the district, if any."""
    likely = [one for one in ranked if one.share_inside >= LEAST_SHARE] or ranked
    colon, stop = ("：", "；") if lang == "zh" else (": ", "; ")
    return stop.join(
        f"{number}) {one.name}{colon}{one.reason.get(lang)}"
        for number, one in enumerate(likely[:most], start=1)
    )


def sample(xy: ArrayLike) -> Points:
    """Return at most :data:`SAMPLE` finite points of a file, evenly spaced over it."""
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) <= SAMPLE:
        return points
    return points[np.linspace(0, len(points) - 1, SAMPLE).astype(np.intp)]


@dataclass(frozen=True, slots=True)
class _Found:
    system: System
    swapped: bool
    withdrawn: bool
    share: Share
    centre: tuple[float, float]
    reason: Text


def _longitude(district: BaseGeometry | None) -> float:
    if district is None or district.is_empty:
        return catalogue_here().central_meridian
    return float(district.centroid.x)


@lru_cache(maxsize=8)
def _trials(longitude: float) -> tuple[_Trial, ...]:
    """Return what is tried, in the order of what a file from this longitude is likely to be."""
    near = meridians_near(longitude)
    return (
        _DEGREES,
        *_zones("CGCS2000", Text("CGCS2000 3° 带，", "CGCS2000, 3° zone, "), near),
        *_wide_zones(longitude),
        *_OF_WEB_MAPS,
        *_zones("Xian 1980", Text("西安 1980，", "Xian 1980, "), near, withdrawn=True),
        *_zones("Beijing 1954", Text("北京 1954，", "Beijing 1954, "), near, withdrawn=True),
    )


def _zones(
    datum: str, said: Text, near: Sequence[int], *, withdrawn: bool = False
) -> Iterable[_Trial]:
    """Yield the zones of three degrees, without and with the number of the zone in front."""
    for meridian in near:
        title = Text(f"{said.zh}中央经线 {meridian}°", f"{said.en}meridian {meridian}° E")
        yield _Trial(by_meridian(meridian, datum), title, withdrawn)
    for meridian in near:
        zone = zone_number(meridian)
        title = Text(f"{said.zh}第 {zone} 带，带号在前", f"{said.en}number {zone} in front")
        yield _Trial(by_zone(meridian, datum), title, withdrawn)


def _wide_zones(longitude: float) -> Iterable[_Trial]:
    if FIRST <= longitude <= LAST:
        zone, name = wide_zone(longitude)
        title = Text(
            f"CGCS2000 6° 带第 {zone} 带，带号在前", f"CGCS2000, 6° zone {zone}, zone in front"
        )
        yield _Trial(name, title)
    zone, name = utm_zone(longitude)
    yield _Trial(name, Text(f"UTM {zone}N，WGS 84", f"UTM {zone}N, WGS 84"))


def _tried(declared: System | None, longitude: float) -> Iterable[tuple[System, Text, bool]]:
    if declared is not None:
        title = Text(f"{declared.name}{_DECLARED.zh}", f"{declared.name}{_DECLARED.en}")
        yield declared, title, False
    for trial in _trials(longitude):
        if declared is None or declared.name != trial.name:
            yield _system(trial.name), trial.title, trial.withdrawn


@lru_cache(maxsize=32)
def _system(name: str) -> System:
    system = find_system(name)
    assert system is not None, name
    return system


@lru_cache(maxsize=8)
def _region(district: BaseGeometry, around_m: float) -> BaseGeometry:
    """Return the district and its surroundings in EPSG:4490."""
    import geopandas as gpd

    outline = gpd.GeoSeries([district], crs=STORAGE_CRS)
    plane = outline.to_crs(district_crs(float(district.centroid.x)))
    region: BaseGeometry = plane.buffer(around_m).to_crs(STORAGE_CRS).iloc[0]
    shapely.prepare(region)
    return region


def _band(share: float, best: float) -> float:
    """Return the rank of a share: all that are about as good as the best are equal."""
    return 0.0 if _as_good(share, best) else 1.0 - share


def _as_good(share: float, best: float) -> bool:
    return share >= best * (1.0 - SAME_SHARE)


def _centre(lonlat: Points) -> tuple[float, float]:
    sound = lonlat[np.isfinite(lonlat).all(axis=1)]
    lon, lat = np.median(sound, axis=0)
    return float(lon), float(lat)


def _distance_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    _, _, metres = GRS80.inv(*first, *second)
    return float(metres)


def _with_relations(found: list[_Found], best: float) -> tuple[Candidate, ...]:
    """Return candidates with their distance from the first and what they are mistaken for."""
    return tuple(
        Candidate(
            system=one.system,
            swapped=one.swapped,
            share_inside=one.share.inside,
            share_in_country=one.share.in_country,
            centre=one.centre,
            displacement_m=_distance_m(found[0].centre, one.centre),
            reason=one.reason,
            ambiguous_with=tuple(
                other.system.name
                for other in found
                if other is not one and not other.withdrawn and _equally_good(one, other, best)
            ),
        )
        for one in found
    )


def _equally_good(one: _Found, other: _Found, best: float) -> bool:
    good = all(_as_good(found.share.inside, best) for found in (one, other))
    apart = _distance_m(one.centre, other.centre) > _SAME_PLACE_M
    return good and best >= LEAST_SHARE and apart


def _reason(
    title: Text, share: Share, district: BaseGeometry | None, *, swapped: bool, withdrawn: bool
) -> Text:
    percent = f"{share.inside:.0%}"
    where = (
        Text("全国范围", "the country")
        if district is None
        else Text("本区及周边", "the district and its surroundings")
    )
    before, after = _SWAPPED if swapped else _NOTHING, _WITHDRAWN if withdrawn else _NOTHING
    return Text(
        f"{title.zh}{before.zh}，{percent} 的点落在{where.zh}之内{after.zh}",
        f"{title.en}{before.en}, {percent} of the points are in {where.en}{after.en}",
    )


def _local() -> Candidate:
    nowhere = (float("nan"), float("nan"))
    return Candidate(None, False, 0.0, 0.0, nowhere, float("nan"), _LOCAL_REASON)  # noqa: FBT003
