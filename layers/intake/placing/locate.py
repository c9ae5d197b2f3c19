"""From coordinates in some system to geometries in EPSG:4490."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORAGE_CRS
from layers.errors import Text
from layers.grids import usual_grid
from layers.intake.placing.degrees import looks_packed
from layers.intake.placing.geometry_columns import find_shapes
from layers.intake.placing.geometry_columns import thinned
from layers.intake.placing.whereabouts import LEAST_SHARE
from layers.intake.placing.whereabouts import candidates
from layers.intake.placing.whereabouts import clear_candidate
from layers.intake.placing.whereabouts import listed
from layers.intake.placing.whereabouts import read_as
from layers.intake.placing.whereabouts import sample
from layers.intake.placing.whereabouts import share_of
from layers.intake.setting import catalogue_here
from layers.intake.setting import edition_at
from layers.intake.setting import reading_for
from layers.systems import LOCAL
from layers.systems import LONLAT
from layers.systems import SYSTEM_NAMES
from layers.systems import System
from layers.systems import find_system
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.intake.placing.local_grid import LocalGrid
    from layers.intake.placing.whereabouts import Candidate
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

AUTO = "auto"
"""The user's word for: take the system that the numbers leave no doubt of."""

_HALF_TURN, _QUARTER_TURN = 180.0, 90.0
_DEFAULT = ""
# No place in any system; a damaged file has such numbers, and their sums overflow.
_BEYOND = 1e100


@dataclass(frozen=True, slots=True)
class Located:
    """Geometries in EPSG:4490, and how they came there.

    Attributes
    ----------
    geometry
        One a row, ``None`` where there is none; ``None`` as a whole if the
        file says nowhere where its rows lie.
    crs
        Name of the system of the file; empty without geometry.
    issues
        What was assumed, corrected or unreadable.
    before
        The geometries in degrees before a map shift was corrected; equal to
        `geometry` where none was. ``None`` without geometry.
    systems
        Name of the system in which each row was read; empty where it has no geometry.
    by_row
        Which rows name their system themselves.
    swapped
        Whether x and y of all rows were exchanged.
    """

    geometry: NDArray[Any] | None
    crs: str
    issues: tuple[Issue, ...]
    before: NDArray[Any] | None = None
    systems: NDArray[Any] | None = None
    by_row: NDArray[np.bool_] | None = None
    swapped: bool = False


def raw_coordinates(
    raw: Raw, places: Mapping[str, str], request: Request, *, most: int
) -> NDArray[np.float64]:
    """Return up to `most` vertices of a file as they stand there, evenly spread: n × 2."""
    shapes, _ = find_shapes(raw, places, request)
    if shapes is None:
        return np.empty((0, 2))
    xy = _finite(shapes)
    return xy[:: max(1, -(-len(xy) // most))]


def rank_systems(
    raw: Raw,
    places: Mapping[str, str],
    request: Request,
    district: BaseGeometry | None = None,
) -> tuple[Candidate, ...]:
    """Return the systems in which a file may be, best first, for a planner to choose.

    Parameters
    ----------
    raw, places, request
        As for :func:`locate`.
    district
        Outline of the district in EPSG:4490.
    """
    shapes, _ = find_shapes(thinned(raw, places), places, request)
    if shapes is None:
        return ()
    with reading_for(edition_at(request.edition)):
        return candidates(_finite(shapes), district=district, declared=raw.system)


def locate(
    raw: Raw,
    places: Mapping[str, str],
    request: Request,
    crs: str | None,
    *,
    district: BaseGeometry | None = None,
    local: LocalGrid | None = None,
    swap: bool | None = None,
) -> Located:
    """Bring the geometries of a file to EPSG:4490.

    Parameters
    ----------
    raw
        The file.
    places
        Columns that say where a row lies, by key of
        :data:`layers.intake.columns.PLACES`.
    request
        Names the file and the layer for the findings.
    crs
        The user's word: ``EPSG:n``, ``GCJ02``, ``BD09`` …; a file that names
        its own system wins, unless the word is a map shift of degrees. ``auto`` takes
        the system of :mod:`layers.intake.placing.whereabouts` that nothing else comes near.
    district
        Outline of the district in EPSG:4490, by which candidates and swapped axes
        are judged; without it the country is.
    local
        The user's own grid, see :mod:`layers.intake.placing.local_grid`; `crs` is then ``None``
        or ``LOCAL``.
    swap
        Whether x is north and y is east. ``None`` to find out: the axes are swapped
        if every coordinate fits that way and none fits as it stands.

    Raises
    ------
    IntakeError
        If the coordinates cannot be of the system, or are in metres and nobody says of
        which (the message lists the candidates); IntakeUsageError if the
        user's word is no system that is known.
    """
    shapes, issues = find_shapes(raw, places, request)
    if shapes is None:
        return Located(None, "", tuple(issues))
    names = _names(raw, places)
    # Rows that name their system say nothing about the others.
    silent = shapes[(names == _DEFAULT).to_numpy(dtype=bool)]
    default, turned = _default_system(raw, silent, request, _Wish(crs, district, local), issues)
    _check_magnitude(silent, default, request, district)
    systems = _systems(names, default, local)
    issues += _unknown_systems(raw, names, systems, places, request)
    groups = _groups(names, systems, ~shapely.is_missing(shapes))
    if swap is None:
        swap = turned or _fit_only_swapped(shapes, groups, district)
    if swap:
        shapes = _carried(shapes, lambda x, y: (y, x))
        count = int((~shapely.is_missing(shapes)).sum())
        issues.append(request.issue("axes_swapped", count=count, crs=default.name))
    before, moved, read_in = (np.full(len(shapes), None, dtype=object) for _ in range(3))
    read_in[:] = ""
    for system, here in groups:
        issues += _doubts(shapes[here], system, district, request)
        before[here], moved[here] = _moved(shapes[here], system)
        read_in[here] = system.name
        issues += _move_issues(system, int(here.sum()), local, request)
    crs_name = ", ".join(dict.fromkeys(system.name for system, _ in groups))
    by_row = (names != _DEFAULT).to_numpy(dtype=bool)
    return Located(moved, crs_name, tuple(issues), before, read_in, by_row, swap)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the user says about the place of a file."""

    crs: str | None
    district: BaseGeometry | None
    local: LocalGrid | None

    @property
    def auto(self) -> bool:
        return self.crs is not None and self.crs.strip().casefold() == AUTO

    def system(self, request: Request) -> System | None:
        """Return the system that the user names, or ``None`` if he names none."""
        if self.crs is None or self.auto:
            return None if self.local is None else self.local.system
        given = _find(self.crs, self.local)
        if given is None:
            allowed = ", ".join((*SYSTEM_NAMES, AUTO))
            request.refuse_wish(
                f"不认识的坐标系“{self.crs}”；可用：{allowed}；地方坐标须另给参数或控制点",
                f"unknown coordinate system '{self.crs}'; use one of: {allowed};"
                " a city's own grid needs its parameters or control points",
            )
        if self.local is not None and given.name != LOCAL:
            request.refuse_wish(
                f"既指明了 {given.name}，又给了地方坐标系；请只给一个",
                f"both {given.name} and a local grid were given; give only one",
            )
        return given


def _find(name: str, local: LocalGrid | None) -> System | None:
    if local is not None and name.strip().upper() == LOCAL:
        return local.system
    return find_system(name)


def _default_system(
    raw: Raw, shapes: NDArray[Any], request: Request, wish: _Wish, issues: list[Issue]
) -> tuple[System, bool]:
    """Return the system of `shapes`, and whether it was found with its axes swapped.

    `shapes` are those of the rows that do not name a system themselves.
    """
    given, own = wish.system(request), raw.system
    if given is not None and (own is None or (given.correct and own.crs.is_geographic)):
        return given, False
    if own is not None:
        if given is not None and given.crs != own.crs:
            issues.append(request.issue("crs_argument_ignored", own=own.name, given=given.name))
        return own, False
    xy = _finite(shapes)
    degrees = bool(len(xy)) and _are_degrees(xy)
    if not len(xy) or (degrees and raw.lonlat_if_unknown):
        # Where no row has a place, nothing was assumed of any.
        if len(xy):
            who = _who(shapes, every=len(shapes) == len(raw.frame))
            issues.append(request.issue("crs_assumed", crs=LONLAT, who_zh=who.zh, who_en=who.en))
        assumed = find_system(LONLAT)
        assert assumed is not None
        return assumed, False
    ranked = candidates(xy, district=wish.district)
    # Degrees are never clear: a map shift moves them by less than a district is wide.
    chosen = clear_candidate(ranked) if wish.auto and not degrees else None
    if chosen is None or chosen.system is None:
        _refuse_unnamed(xy, ranked, request)
    why = chosen.reason
    issues.append(request.issue("crs_chosen", crs=chosen.name, why_zh=why.zh, why_en=why.en))
    return chosen.system, chosen.swapped


def _who(shapes: NDArray[Any], *, every: bool) -> Text:
    """Return what does not name its coordinate system: the file, or how many rows of it."""
    if every:
        return Text("文件没有写明坐标系", "the file does not name its coordinate system; it")
    count = int((~shapely.is_missing(shapes)).sum())
    return Text(
        f"{count} 行没有写明坐标系（其余行已写明）",
        f"{count} rows do not name their coordinate system, as the others do; what does not",
    )


def _finite(shapes: NDArray[Any]) -> NDArray[np.float64]:
    xy = shapely.get_coordinates(shapes)
    # NaN compares false, so it is left out too.
    return np.asarray(xy[(np.abs(xy) < _BEYOND).all(axis=1)], dtype=np.float64)


def _are_degrees(xy: NDArray[np.float64]) -> bool:
    """Tell whether coordinates are degrees in either order, going by their middle."""
    x, y = np.median(np.abs(xy), axis=0)
    return bool(max(x, y) <= _HALF_TURN and min(x, y) <= _QUARTER_TURN)


def _refuse_unnamed(
    xy: NDArray[np.float64], ranked: tuple[Candidate, ...], request: Request
) -> NoReturn:
    """Raise the error that nobody says which system it is, with what it may be."""
    x, y = np.median(xy, axis=0)
    degrees = _are_degrees(xy)
    digits = 3 if degrees else 0
    what_zh = "经纬度，但没有写明坐标系" if degrees else "米而不是经纬度"
    what_en = "degrees of no named coordinate system" if degrees else "metres and not degrees"
    if looks_packed(*np.abs(xy).T):
        what_zh += "，或是没有标记的度分秒（请写成 121°30′20″）"
        what_en += ", or degrees, minutes and seconds without marks (write 121°30′20″)"
    likely_zh = f"可能是：{listed(ranked, 'zh')}。" if ranked else ""
    likely_en = f" It may be: {listed(ranked, 'en')}." if ranked else ""
    usual = usual_grid(catalogue_here().central_meridian)
    example = next((one.name for one in ranked if one.system is not None), usual)
    request.ask(
        f"坐标（约 {x:.{digits}f}, {y:.{digits}f}）是{what_zh}。{likely_zh}"
        f"请在导入页第 3 步“位置”选择坐标系，或用 --crs 指明（如 --crs {example}）",
        f"the coordinates (about {x:.{digits}f}, {y:.{digits}f}) are {what_en}.{likely_en}"
        f" Choose the coordinate system in step 3 of the import page, or name it with --crs"
        f" (such as --crs {example})",
    )


def _check_magnitude(
    shapes: NDArray[Any], system: System, request: Request, district: BaseGeometry | None
) -> None:
    """Refuse metres called degrees and degrees called metres."""
    xy = _finite(shapes)
    if not len(xy):
        return
    # Swapped columns of degrees are still degrees, and are looked at later.
    degrees = _are_degrees(xy)
    if system.degrees and np.median(np.abs(xy), axis=0).max() > _HALF_TURN:
        _refuse_unnamed(xy, candidates(xy, district=district), request)
    # A city's own grid has small numbers too; only what lies in the country is degrees.
    if system.to_lonlat is not None:
        degrees = any(share_of(turned, None).in_country == 1 for turned in (xy, xy[:, ::-1]))
    if degrees and not system.degrees:
        x, y = np.median(xy, axis=0)
        request.ask(
            f"坐标（约 {x:.3f}, {y:.3f}）是经纬度，与所指明的 {system.name} 不符；"
            "请在导入页第 3 步“位置”改选，或改用 --crs CGCS2000、GCJ02 或 BD09",
            f"the coordinates (about {x:.3f}, {y:.3f}) are degrees, which {system.name} is not;"
            " choose another system in step 3 of the import page, or say --crs CGCS2000, GCJ02 or"
            " BD09",
        )


def _names(raw: Raw, places: Mapping[str, str]) -> pd.Series[Any]:
    """Return the system that every row names, as it is written there; empty for none."""
    if "coord_system" not in places:
        return pd.Series(_DEFAULT, index=raw.frame.index)
    return as_text(raw.frame[places["coord_system"]]).fillna(_DEFAULT)


def _systems(
    names: pd.Series[Any], default: System, local: LocalGrid | None
) -> dict[str, System | None]:
    """Return the system of every name, ``None`` if there is none of that name."""
    return {name: _find(name, local) if name else default for name in names.unique()}


def _unknown_systems(
    raw: Raw,
    names: pd.Series[Any],
    systems: Mapping[str, System | None],
    places: Mapping[str, str],
    request: Request,
) -> list[Issue]:
    allowed = ", ".join(SYSTEM_NAMES)
    unknown = names.map(lambda name: systems[name] is None).to_numpy(dtype=bool)
    return [
        request.issue(
            "unknown_coordinate_system",
            int(raw.rows[i]),
            places["coord_system"],
            value=names[i],
            allowed=allowed,
        )
        for i in np.flatnonzero(unknown)
    ]


def _groups(
    names: pd.Series[Any], systems: Mapping[str, System | None], there: NDArray[np.bool_]
) -> list[tuple[System, NDArray[np.bool_]]]:
    """Return the rows of every system that are `there`; spellings of one system are one."""
    groups: list[tuple[System, NDArray[np.bool_]]] = []
    for name, system in systems.items():
        if system is None:
            continue
        here = (names == name).to_numpy(dtype=bool) & there
        known = next((i for i, (other, _) in enumerate(groups) if other == system), None)
        if known is None:
            groups.append((system, here))
        else:
            groups[known] = (system, groups[known][1] | here)
    return groups


def _fit_only_swapped(
    shapes: NDArray[Any],
    groups: list[tuple[System, NDArray[np.bool_]]],
    district: BaseGeometry | None,
) -> bool:
    """Tell whether all rows have x and y exchanged: each fits that way, and none as it stands."""
    found = [(system, _finite(shapes[here])) for system, here in groups]
    found = [(system, xy) for system, xy in found if len(xy)]
    # A few points usually settle it.
    looks = bool(found) and all(_only_swapped(sample(xy), s, district) for s, xy in found)
    return looks and all(_only_swapped(xy, system, district) for system, xy in found)


def _only_swapped(xy: NDArray[np.float64], system: System, district: BaseGeometry | None) -> bool:
    plain = share_of(read_as(xy, system, swapped=False), district)
    turned = share_of(read_as(xy, system, swapped=True), district)
    by_country = plain.in_country == 0 and turned.in_country == 1
    return by_country or (plain.inside == 0 and turned.inside == 1)


def _moved(shapes: NDArray[Any], system: System) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return shapes in EPSG:4490 with the map shift left in, and without."""
    if system.to_lonlat is not None:
        moved = _carried(shapes, system.to_lonlat)
        return moved, moved
    plain = shapes
    if system.correct is not None:
        plain = _carried(shapes, system.correct)
    series = gpd.GeoSeries(plain, crs=system.crs)
    moved = np.asarray(series.to_crs(STORAGE_CRS).to_numpy(), dtype=object)
    return (moved if system.correct is None else shapes), moved


def _carried(shapes: NDArray[Any], turn: Callable[..., Any]) -> NDArray[Any]:
    """Return shapes with `turn` done to x and y; heights stay, so that they can be told of."""

    def flat(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(turn(xy[:, 0], xy[:, 1]))

    def high(xyz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([flat(xyz[:, :2]), xyz[:, 2]])

    moved = np.asarray(shapely.transform(shapes, flat), dtype=object)
    with_height = shapely.has_z(shapes)
    moved[with_height] = shapely.transform(shapes[with_height], high, include_z=True)
    return moved


def _doubts(
    shapes: NDArray[Any], system: System, district: BaseGeometry | None, request: Request
) -> list[Issue]:
    """Return a warning if a named system puts nothing near the district, but another would."""
    xy = sample(_finite(shapes))
    if district is None or not len(xy):
        return []
    if share_of(read_as(xy, system, swapped=False), district).inside > 0:
        return []
    ranked = candidates(xy, district=district)
    if not ranked or ranked[0].share_inside < LEAST_SHARE:
        return []
    better, why = ranked[0].name, ranked[0].reason
    return [
        request.issue("crs_doubtful", crs=system.name, other=better, why_zh=why.zh, why_en=why.en)
    ]


def _move_issues(
    system: System, count: int, local: LocalGrid | None, request: Request
) -> list[Issue]:
    issues = []
    if system.correct is not None and count:
        issues.append(request.issue("shift_corrected", count=count, system=system.name))
    if local is not None and system.name == LOCAL and count:
        how = local.label
        issues.append(request.issue("local_grid_used", count=count, how_zh=how.zh, how_en=how.en))
    if not system.datum_known:
        issues.append(request.issue("datum_shift_unknown", crs=system.name))
    return issues
