"""Geometries of a file: its own, or from the columns of a table.

Columns hold two numbers, a pair in one cell, or WKT.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers.frames import GEOMETRY
from layers.intake.placing.degrees import looks_written
from layers.intake.placing.degrees import parse_degrees
from layers.intake.placing.degrees import parse_pairs
from layers.intake.placing.whereabouts import SAMPLE
from layers.values import as_text
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.intake.placing.degrees import Degrees
    from layers.intake.placing.degrees import Pairs
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

_COORDINATES = ("lon", "lat", "lonlat", "wkt")


def find_shapes(
    raw: Raw, places: Mapping[str, str], request: Request
) -> tuple[NDArray[Any] | None, list[Issue]]:
    """Return the geometries of a file as they stand there.

    Shapes of the file itself, else WKT, else longitude and latitude (or x and
    y) in two columns or in one; ``None`` if there is nothing of the kind.
    """
    if raw.shapes:
        return raw.frame[GEOMETRY].to_numpy(dtype=object), []
    issues: list[Issue] = []
    shapes = None
    if "lonlat" in places:
        shapes = from_one_column(raw, places["lonlat"], request, issues)
    if {"lon", "lat"} <= places.keys():
        shapes = _over(shapes, from_two_columns(raw, places, request, issues))
    if "wkt" in places:
        shapes = _over(shapes, from_wkt(raw, places["wkt"], request, issues))
    return shapes, issues


def thinned(raw: Raw, places: Mapping[str, str]) -> Raw:
    """Return a table with no more rows than are looked at to find out its system.

    Parameters
    ----------
    raw
        The file; one with shapes of its own stays as it is.
    places
        Columns by key of :data:`layers.intake.columns.PLACES`.

    Returns
    -------
    Raw
        At most :data:`layers.intake.placing.whereabouts.SAMPLE` rows that have anything in the
        columns of coordinates, evenly spaced over the file.
    """
    columns = [places[key] for key in _COORDINATES if key in places]
    if raw.shapes or not columns:
        return raw
    filled = np.flatnonzero(raw.frame[columns].notna().any(axis=1))
    if len(filled) <= SAMPLE:
        return raw
    some = filled[np.linspace(0, len(filled) - 1, SAMPLE).astype(np.intp)]
    rows = raw.rows.iloc[some].reset_index(drop=True)
    return replace(raw, frame=raw.frame.iloc[some].reset_index(drop=True), rows=rows)


def from_two_columns(
    raw: Raw, places: Mapping[str, str], request: Request, issues: list[Issue]
) -> NDArray[Any]:
    """Return the points of a file with a column for x and one for y.

    Parameters
    ----------
    raw
        The file.
    places
        The columns under the keys ``lon`` and ``lat``.
    request
        Names the file and the layer for the findings.
    issues
        Findings are added here: one a cell that cannot be read, one a column for all that
        was converted.

    Returns
    -------
    numpy.ndarray
        A point a row, ``None`` where there is none.
    """
    values = {}
    unreadable = np.zeros(len(raw.frame), dtype=bool)
    for axis in ("lon", "lat"):
        parsed = parse_degrees(raw.frame[places[axis]])
        unreadable |= parsed.bad
        values[axis] = parsed.numbers
        issues += _cell_issues(raw, places[axis], parsed, request)
    lon, lat = values["lon"], values["lat"]
    half = (np.isnan(lon) != np.isnan(lat)) & ~unreadable
    issues += [request.issue("half_coordinate", int(raw.rows[i])) for i in np.flatnonzero(half)]
    return _made(lon, lat)


def from_one_column(raw: Raw, column: str, request: Request, issues: list[Issue]) -> NDArray[Any]:
    """Return the points of a file with both coordinates in one cell.

    Parameters
    ----------
    raw
        The file.
    column
        The column.
    request
        Names the file and the layer for the findings.
    issues
        Findings are added here: one a cell that cannot be read, one a column for all that
        was converted.

    Returns
    -------
    numpy.ndarray
        A point a row, ``None`` where there is none.
    """
    parsed = parse_pairs(raw.frame[column])
    issues += _cell_issues(raw, column, parsed, request, bad_code="not_a_pair")
    if parsed.turned:
        issues.append(request.issue("latitude_first", field=column, count=parsed.turned))
    return _made(parsed.lon, parsed.lat)


def _made(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[Any]:
    both = ~np.isnan(lon) & ~np.isnan(lat)
    points = np.full(len(lon), None, dtype=object)
    points[both] = shapely.points(lon[both], lat[both])
    return points


def _cell_issues(
    raw: Raw, column: str, parsed: Degrees | Pairs, request: Request, bad_code: str = ""
) -> list[Issue]:
    """Return what was met in a column: a finding a wrong cell, and one for all conversions."""
    issues = []
    for i in np.flatnonzero(parsed.bad):
        cell = cell_text(raw.frame[column].iloc[i])
        code = bad_code or ("not_degrees" if looks_written(cell) else "not_a_number")
        issues.append(request.issue(code, int(raw.rows[i]), column, value=cell))
    if parsed.written:
        example = parsed.example
        issues.append(
            request.issue("degrees_read", field=column, value=example, count=parsed.written)
        )
    if parsed.unknown:
        issues.append(request.issue("coordinate_unknown", field=column, count=parsed.unknown))
    return issues


def from_wkt(raw: Raw, column: str, request: Request, issues: list[Issue]) -> NDArray[Any]:
    """Return the geometries of a file with a column of well-known text.

    Parameters
    ----------
    raw
        The file.
    column
        The column.
    request
        Names the file and the layer for the findings.
    issues
        Findings are added here: one a cell that cannot be read, one a column for all that
        was converted.

    Returns
    -------
    numpy.ndarray
        A geometry a row, ``None`` where there is none; open rings are closed.
    """
    text = as_text(raw.frame[column])
    written = np.array([None if pd.isna(cell) else cell for cell in text], dtype=object)
    shapes = np.asarray(shapely.from_wkt(written, "ignore"), dtype=object)
    there = text.notna().to_numpy()
    broken = np.flatnonzero(there & shapely.is_missing(shapes))
    # Open rings are all that this mends.
    shapes[broken] = shapely.from_wkt(written[broken], "fix")
    wrong = there & shapely.is_missing(shapes)
    if closed := len(broken) - int(wrong.sum()):
        issues.append(request.issue("rings_closed", count=closed))
    issues += [
        request.issue("geometry_unreadable", int(raw.rows[i]), column, value=text[i], problem="WKT")
        for i in np.flatnonzero(wrong)
    ]
    return shapes


def _over(below: NDArray[Any] | None, above: NDArray[Any]) -> NDArray[Any]:
    return above if below is None else np.where(shapely.is_missing(above), below, above)
