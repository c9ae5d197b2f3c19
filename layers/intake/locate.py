"""From coordinates in some system to geometries in EPSG:4490."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORAGE_CRS
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.systems import LONLAT
from layers.systems import SYSTEM_NAMES
from layers.systems import System
from layers.systems import find_system
from layers.values import as_text
from layers.values import cell_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

_DEGREE = FieldSpec("degree", "number", Text("坐标", "coordinate"))
_HALF_TURN, _QUARTER_TURN = 180.0, 90.0
_DEFAULT = ""


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
    """

    geometry: NDArray[Any] | None
    crs: str
    issues: tuple[Issue, ...]


def find_shapes(
    raw: Raw, places: Mapping[str, str], request: Request
) -> tuple[NDArray[Any] | None, list[Issue]]:
    """Return the geometries of a file as they stand there.

    Shapes of the file itself, else WKT, else longitude and latitude (or x and
    y) columns; ``None`` if there is nothing of the kind.
    """
    if raw.shapes:
        return raw.frame[GEOMETRY].to_numpy(dtype=object), []
    issues: list[Issue] = []
    shapes = None
    if {"lon", "lat"} <= places.keys():
        shapes = _points(raw, places, request, issues)
    if "wkt" in places:
        drawn = _drawn(raw, places["wkt"], request, issues)
        shapes = drawn if shapes is None else np.where(shapely.is_missing(drawn), shapes, drawn)
    return shapes, issues


def locate(raw: Raw, places: Mapping[str, str], request: Request, crs: str | None) -> Located:
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
        its own system wins, unless the word is a map shift of degrees.

    Raises
    ------
    IntakeError
        If the coordinates cannot be of the system; IntakeUsageError if the
        user's word is no system that is known.
    """
    shapes, issues = find_shapes(raw, places, request)
    if shapes is None:
        return Located(None, "", tuple(issues))
    default = _default_system(raw, request, crs, issues)
    _check_magnitude(shapes, default, request)
    moved = np.full(len(shapes), None, dtype=object)
    names, systems = _row_systems(raw, places, default, request, issues)
    for name, system in systems.items():
        here = (names == name).to_numpy(dtype=bool) & ~shapely.is_missing(shapes)
        moved[here] = _moved(shapes[here], system)
        issues += _move_issues(system, int(here.sum()), request)
    return Located(moved, ", ".join(s.name for s in systems.values()), tuple(issues))


def _points(
    raw: Raw, places: Mapping[str, str], request: Request, issues: list[Issue]
) -> NDArray[Any]:
    values = {}
    unreadable = pd.Series(data=False, index=raw.frame.index)
    for axis in ("lon", "lat"):
        cells = raw.frame[places[axis]]
        parsed = parse(cells, _DEGREE)
        unreadable |= parsed.bad
        values[axis] = parsed.column.to_numpy(dtype=float)
        for i in np.flatnonzero(parsed.bad):
            cell = cell_text(cells.iloc[i])
            issues.append(request.issue("not_a_number", int(raw.rows[i]), places[axis], value=cell))
    lon, lat = values["lon"], values["lat"]
    half = (np.isnan(lon) != np.isnan(lat)) & ~unreadable.to_numpy(dtype=bool)
    issues += [request.issue("half_coordinate", int(raw.rows[i])) for i in np.flatnonzero(half)]
    both = ~np.isnan(lon) & ~np.isnan(lat)
    points = np.full(len(lon), None, dtype=object)
    points[both] = shapely.points(lon[both], lat[both])
    return points


def _drawn(raw: Raw, column: str, request: Request, issues: list[Issue]) -> NDArray[Any]:
    text = as_text(raw.frame[column])
    written = [None if pd.isna(cell) else cell for cell in text]
    shapes = shapely.from_wkt(np.array(written, dtype=object), "ignore")
    wrong = text.notna().to_numpy() & shapely.is_missing(shapes)
    issues += [
        request.issue("geometry_unreadable", int(raw.rows[i]), column, value=text[i], problem="WKT")
        for i in np.flatnonzero(wrong)
    ]
    return np.asarray(shapes, dtype=object)


def _default_system(raw: Raw, request: Request, crs: str | None, issues: list[Issue]) -> System:
    given = None if crs is None else find_system(crs)
    if crs is not None and given is None:
        allowed = ", ".join(SYSTEM_NAMES)
        request.refuse_wish(
            f"不认识的坐标系“{crs}”；可用：{allowed}",
            f"unknown coordinate system '{crs}'; use one of: {allowed}",
        )
    own = raw.system
    if given is not None and (own is None or (given.correct and own.crs.is_geographic)):
        return given
    if own is not None:
        if given is not None and given.crs != own.crs:
            issues.append(request.issue("crs_argument_ignored", own=own.name, given=given.name))
        return own
    if not raw.lonlat_if_unknown:
        request.refuse(
            "文件没有写明坐标系；请指明（如 EPSG:4549）",
            "it does not name its coordinate system; name it (for instance EPSG:4549)",
        )
    issues.append(request.issue("crs_assumed", crs=LONLAT))
    assumed = find_system(LONLAT)
    assert assumed is not None
    return assumed


def _check_magnitude(shapes: NDArray[Any], system: System, request: Request) -> None:
    """Refuse metres called degrees and degrees called metres."""
    xy = shapely.get_coordinates(shapes)
    xy = np.abs(xy[np.isfinite(xy).all(axis=1)])
    if not xy.size:
        return
    x, y = np.median(xy, axis=0)
    # Swapped columns stay within 180 and are reported by row.
    degrees = max(x, y) <= _HALF_TURN
    if system.crs.is_geographic and not degrees:
        request.refuse(
            f"坐标（约 {x:.0f}, {y:.0f}）是米而不是经纬度；请指明坐标系（如 EPSG:4549）",
            f"the coordinates (about {x:.0f}, {y:.0f}) are metres and not degrees;"
            " name their coordinate system (for instance EPSG:4549)",
        )
    if system.crs.is_projected and degrees and y <= _QUARTER_TURN:
        request.refuse(
            f"坐标（约 {x:.3f}, {y:.3f}）是经纬度，与所指明的 {system.name} 不符",
            f"the coordinates (about {x:.3f}, {y:.3f}) are degrees, which {system.name} is not",
        )


def _row_systems(
    raw: Raw,
    places: Mapping[str, str],
    default: System,
    request: Request,
    issues: list[Issue],
) -> tuple[pd.Series[Any], dict[str, System]]:
    """Return the written system of every row (empty = the default), and each system once."""
    if "coord_system" not in places:
        return pd.Series(_DEFAULT, index=raw.frame.index), {_DEFAULT: default}
    written = as_text(raw.frame[places["coord_system"]]).fillna(_DEFAULT)
    known = {name: find_system(name) if name else default for name in written.unique()}
    allowed = ", ".join(SYSTEM_NAMES)
    unknown = written.map(lambda name: known[name] is None).to_numpy(dtype=bool)
    issues += [
        request.issue(
            "unknown_coordinate_system",
            int(raw.rows[i]),
            places["coord_system"],
            value=written[i],
            allowed=allowed,
        )
        for i in np.flatnonzero(unknown)
    ]
    return written, {name: system for name, system in known.items() if system is not None}


def _moved(shapes: NDArray[Any], system: System) -> NDArray[Any]:
    if system.correct is not None:
        shapes = shapely.transform(shapes, system.correct, interleaved=False)
    series = gpd.GeoSeries(shapes, crs=system.crs)
    return np.asarray(series.to_crs(STORAGE_CRS).to_numpy(), dtype=object)


def _move_issues(system: System, count: int, request: Request) -> list[Issue]:
    issues = []
    if system.correct is not None and count:
        issues.append(request.issue("shift_corrected", count=count, system=system.name))
    if not system.datum_known:
        issues.append(request.issue("datum_shift_unknown", crs=system.name))
    return issues
