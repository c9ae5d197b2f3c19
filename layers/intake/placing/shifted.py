"""Is a file shifted as web maps are? Found out by places that are known already.

GCJ-02 cannot be told from WGS 84 by the numbers: both lie in the district, half a
kilometre apart. But if buildings of the file are known here, by id or by name, then the
distance between the two places shows the shift, and which correction undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NoReturn

import numpy as np
import pandas as pd
import shapely

from geo.crs import GRS80
from geo.gcj import bd09_to_wgs84
from geo.gcj import gcj02_to_wgs84
from geo.gcj import wgs84_to_bd09
from geo.gcj import wgs84_to_gcj02
from layers.intake.naming.names import normalise_name
from layers.systems import LONLAT
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec
    from layers.intake.placing.locate import Located
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

    Points = NDArray[np.float64]

Kind = Literal["none", "GCJ02", "BD09", "inverse GCJ02", "inverse BD09", "unknown"]

LEAST_MATCHES = 3
"""Fewer known places prove nothing."""

ENOUGH_MATCHES = 200
"""So many places that are known by id say all that there is to say; names are not asked."""

NEAR_M = 60.0
"""So near must the middle place come to where it is known to be, metres."""

LEFT_SHARE = 0.25
"""So much of the distance may be left after the right correction."""

ONE_WAY = 0.8
"""How alike the directions of a shift must be: 1 if all point the same way, 0 if any way."""

# What brings the points of a file to their true place, if it is shifted in this way.
_UNDOINGS: Mapping[Kind, Callable[..., Any] | None] = {
    "none": None,
    "GCJ02": gcj02_to_wgs84,
    "BD09": bd09_to_wgs84,
    # Corrected although it was right: the correction must be undone.
    "inverse GCJ02": wgs84_to_gcj02,
    "inverse BD09": wgs84_to_bd09,
}
_SHIFTED, _TWICE = ("GCJ02", "BD09"), ("inverse GCJ02", "inverse BD09")
_KEY, _NAME = "key", "name"


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """How the places of a file lie against those that are known.

    Attributes
    ----------
    best
        What the file is: not shifted, shifted as GCJ-02 or BD-09, corrected although it
        was right (``inverse …``), or ``unknown`` if nothing brings it to the known places.
    matched
        Number of rows whose place is known here.
    before_m
        Median distance (metres on GRS80) of the matched rows from their known places.
    after_m
        The same after the correction that `best` asks for; equal to `before_m` for
        ``none`` and ``unknown``. NaN without matches.
    medians_m
        The same for everything that was tried.
    confident
        At least :data:`LEAST_MATCHES` rows matched, `after_m` is below :data:`NEAR_M` and
        below :data:`LEFT_SHARE` of the distance otherwise, and they are all shifted in
        the same direction.
    """

    best: Kind
    matched: int
    before_m: float
    after_m: float
    medians_m: Mapping[Kind, float]
    confident: bool


def detect_shift(rows: pd.DataFrame, lonlat: ArrayLike, known: pd.DataFrame) -> ShiftReport:
    """Compare the places of a file with the known ones.

    Parameters
    ----------
    rows
        A row of the file each: columns ``key`` and ``name``, either may be missing.
    lonlat
        The points of these rows in degrees as they were read, before any map shift is
        corrected; n × 2, NaN where there is none.
    known
        What is known: columns ``key``, ``name``, ``lon``, ``lat`` (degrees, EPSG:4490).
        A row is matched by key, else by a name that only one row on either side has;
        names are left out if :data:`ENOUGH_MATCHES` are matched by key.

    Returns
    -------
    ShiftReport
        See there.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    here, there = _matches(rows, known)
    places = known[["lon", "lat"]].to_numpy(dtype=np.float64)
    sound = np.isfinite(points[here]).all(axis=1) & np.isfinite(places[there]).all(axis=1)
    here, there = here[sound], there[sound]
    if not len(here):
        return _unknown()
    return _report(points[here], places[there])


def shift_of(
    located: Located,
    named: pd.DataFrame,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
) -> ShiftReport:
    """Compare a located file with the present version of its layer.

    Parameters
    ----------
    located
        What :func:`layers.intake.placing.locate.locate` returned.
    named
        The cells under field names, a row as in `located`.
    spec
        The layer; its id and name fields match the rows.
    tables
        Layers as they are now, by key, with ``geometry`` in EPSG:4490.

    Returns
    -------
    ShiftReport
        Rows that name their coordinate system themselves are left out.
    """
    known = tables.get(spec.key)
    if known is None or "geometry" not in known or located.before is None:
        known = pd.DataFrame({"geometry": []})
    if known.empty:
        return _unknown()
    before = np.full(len(named), None) if located.before is None else located.before.copy()
    if located.by_row is not None:
        before[located.by_row] = None
    held = _keyed(known, spec)
    held[["lon", "lat"]] = _middles(known["geometry"].to_numpy(dtype=object))
    return detect_shift(_keyed(named, spec), _middles(before), held)


def check_shift(report: ShiftReport, crs: str | None, request: Request) -> tuple[Issue, ...]:
    """Hold what was found against what the user said.

    Parameters
    ----------
    report
        From :func:`detect_shift`.
    crs
        The user's word, as for :func:`layers.intake.placing.locate.locate`; ``None`` if he said
        nothing.
    request
        Names the file.

    Returns
    -------
    tuple of Issue
        A note that the correction is right, or a warning that it does not fit.

    Raises
    ------
    IntakeError
        If the file is shifted and nobody said so, or if a correction was asked for
        although the places are right as they are: it must not be corrected twice.
    """
    if not report.confident:
        return ()
    given = None if crs is None else find_system(crs)
    if given is not None and given.correct is not None:
        return _check_correction(report, given, request)
    if report.best in _SHIFTED and given is None:
        _refuse_shifted(report, request)
    if report.best in _TWICE:
        return (request.issue("shift_corrected_twice", **_numbers(report)),)
    if report.best != "none":
        name = "" if given is None else given.name
        return (_contradiction(report, name, request),)
    return ()


def confirm_system(
    report: ShiftReport, issues: Iterable[Issue], request: Request
) -> tuple[Issue, ...]:
    """Return findings where an assumed system is no longer in doubt, if the places confirm it.

    Parameters
    ----------
    report
        From :func:`detect_shift`.
    issues
        Findings of :func:`layers.intake.placing.locate.locate`.
    request
        Names the file.
    """
    if not report.confident or report.best != "none":
        return tuple(issues)
    told = request.issue("crs_confirmed", crs=LONLAT, **_numbers(report))
    return tuple(told if issue.code == "crs_assumed" else issue for issue in issues)


def _check_correction(report: ShiftReport, given: System, request: Request) -> tuple[Issue, ...]:
    if report.best not in _SHIFTED:
        _refuse_second_correction(report, given.name, request)
    if report.best != given.name:
        return (_contradiction(report, given.name, request),)
    return (request.issue("shift_confirmed", system=given.name, **_numbers(report)),)


def _refuse_second_correction(report: ShiftReport, given: str, request: Request) -> NoReturn:
    n, near = report.matched, f"{report.before_m:.0f}"
    if report.best != "none":
        request.ask(
            f"坐标已纠正过，不能再按 {given} 纠正一次：文件中有 {n} 处与已有要素同名或同编码，"
            f"按原样比对的中位偏差为 {near} m；请索取未经纠正的原始坐标",
            f"the coordinates are already corrected and must not be corrected from {given} again:"
            f" {n} features are known here by id or name, and as they stand the median distance is"
            f" {near} m; ask for the original coordinates",
        )
    # Equal places have two causes, and the numbers do not tell which.
    key = request.layer
    request.ask(
        f"不能按 {given} 纠正：文件中有 {n} 处与图层中已有要素同名或同编码，按原样比对的中位偏差为"
        f" {near} m。若坐标已纠正过，请在导入页第 3 步“位置”改选 CGCS2000，或用 --crs CGCS2000；"
        f"若图层里的位置就是从这批数据未经纠正导入的，请先撤销那次导入（导入页“可撤销的导入”，或"
        f" atlas workspace undo {key}），再按 {given} 导入",
        f"{given} must not be corrected here: {n} features of the file are in the layer by id or"
        f" name, and as they stand the median distance is {near} m. If the coordinates are already"
        f" corrected, choose CGCS2000 in step 3 of the import page, or say --crs CGCS2000. If the"
        f" layer has its places from this very data without a correction, undo that import first"
        f" (imports that can be undone on the import page, or atlas workspace undo {key}), and"
        f" import from {given} again",
    )


def _refuse_shifted(report: ShiftReport, request: Request) -> NoReturn:
    n, before, after = report.matched, f"{report.before_m:.0f}", f"{report.after_m:.0f}"
    request.ask(
        f"坐标像是带偏移的 {report.best} 坐标：文件中有 {n} 处与已有要素同名或同编码，中位偏差"
        f" {before} m，按 {report.best} 纠正后为 {after} m。请在导入页第 3 步“位置”选择"
        f" {report.best} 以纠正，或选择 CGCS2000（或 WGS84）保持原样；命令行用 --crs {report.best}"
        " 或 --crs CGCS2000",
        f"the coordinates look shifted as in {report.best}: {n} features are known here by id or"
        f" name, the median distance is {before} m, and {after} m once corrected."
        f" Choose {report.best} in step 3 of the import page to correct them, or CGCS2000 (or"
        f" WGS84) to keep them as they are; on the command line --crs {report.best} or"
        " --crs CGCS2000",
    )


def _contradiction(report: ShiftReport, given: str, request: Request) -> Issue:
    return request.issue("shift_contradicted", given=given, found=report.best, **_numbers(report))


def _numbers(report: ShiftReport) -> dict[str, Any]:
    return {
        "count": report.matched,
        "before": f"{report.before_m:.0f}",
        "after": f"{report.after_m:.0f}",
    }


def _unknown() -> ShiftReport:
    """Return the report where nothing can be compared."""
    nan = float("nan")
    return ShiftReport("unknown", 0, nan, nan, {}, confident=False)


def _report(points: Points, places: Points) -> ShiftReport:
    tried = {kind: _away(points, places, undo) for kind, undo in _UNDOINGS.items()}
    medians = {kind: float(np.median(away)) for kind, (away, _) in tried.items()}
    best = min(medians, key=lambda kind: medians[kind])
    away, direction = tried["none"]
    before, after = medians["none"], medians[best]
    # What is right as it is must be clearly nearer than with any correction.
    other = min(m for kind, m in medians.items() if kind != "none") if best == "none" else before
    alike = best == "none" or abs(np.exp(1j * direction[away > 0]).mean()) >= ONE_WAY
    sure = len(points) >= LEAST_MATCHES and after < LEFT_SHARE * other and bool(alike)
    if after >= NEAR_M:
        return ShiftReport("unknown", len(points), before, before, medians, confident=False)
    return ShiftReport(best, len(points), before, after, medians, confident=sure)


def _away(points: Points, places: Points, undo: Callable[..., Any] | None) -> tuple[Points, Points]:
    """Return how far (metres) and in which direction (radians) points lie from their places."""
    lon, lat = points.T if undo is None else undo(*points.T)
    azimuth, _, metres = GRS80.inv(places[:, 0], places[:, 1], lon, lat)
    return np.asarray(metres), np.radians(azimuth)


def _matches(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return positions in `rows` and in `known` that are the same feature."""
    by_key = _unique_pairs(_texts(rows, _KEY), _texts(known, _KEY))
    if len(by_key) >= ENOUGH_MATCHES:
        here = np.array(sorted(by_key), dtype=np.intp)
        return here, np.array([by_key[int(i)] for i in here], dtype=np.intp)
    by_name = _unique_pairs(_names(rows), _names(known))
    taken = set(by_key)
    pairs = {**by_key, **{i: j for i, j in by_name.items() if i not in taken}}
    here = np.array(sorted(pairs), dtype=np.intp)
    return here, np.array([pairs[int(i)] for i in here], dtype=np.intp)


def _unique_pairs(ours: pd.Series[Any], theirs: pd.Series[Any]) -> dict[int, int]:
    """Return position → position of the texts that stand once on either side."""
    single = [s[s.notna() & ~s.duplicated(keep=False)] for s in (ours, theirs)]
    place = dict(zip(single[1], single[1].index, strict=True))
    return {
        int(i): int(place[text])
        for i, text in zip(single[0].index, single[0], strict=True)
        if text in place
    }


def _texts(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    if column not in frame:
        return pd.Series([None] * len(frame), dtype=object)
    cells = frame[column].reset_index(drop=True).astype(object)
    return cells.map(lambda cell: str(cell).strip() or None, na_action="ignore")


def _names(frame: pd.DataFrame) -> pd.Series[Any]:
    return _texts(frame, _NAME).map(lambda name: normalise_name(name) or None, na_action="ignore")


def _keyed(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    given = {_KEY: spec.id_field, _NAME: spec.name_field}
    kept = {label: frame[name].to_numpy() for label, name in given.items() if name in frame}
    return pd.DataFrame(kept, index=range(len(frame)), dtype=object)


def _middles(shapes: NDArray[Any]) -> Points:
    """Return the centroid of every shape, NaN where there is none: n × 2."""
    # Coordinates of a damaged file may be beyond all bounds; the check says so by row.
    with np.errstate(over="ignore", invalid="ignore"):
        centres = np.asarray(shapely.centroid(shapes), dtype=object)
    # An empty point has no coordinates to ask for.
    centres[shapely.is_empty(centres)] = None
    return np.column_stack([shapely.get_x(centres), shapely.get_y(centres)])
