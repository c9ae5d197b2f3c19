"""The way of a file into the house: read, map columns, locate, check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.contract import REJECT_COLUMNS
from layers.contract import conform
from layers.contract import raw_text
from layers.contract import reject_frame
from layers.frames import GEOMETRY
from layers.intake.columns import find_columns
from layers.intake.columns import unused
from layers.intake.locate import Located
from layers.intake.locate import locate
from layers.intake.read import read_raw
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.columns import Columns
    from layers.intake.source import Raw
    from layers.issues import Issue


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of a file.

    Attributes
    ----------
    file
        Name of the file without its folder.
    rows_in
        Rows with at least one filled cell; accepted + rejected.
    accepted
        Rows with the column types of the catalogue, EPSG:4490.
    rejected
        The other rows as they stood in the file, under its own headings, with
        ``_row``, ``_reason_zh`` and ``_reason_en``.
    repaired
        Number of geometries that were repaired.
    issues
        Everything that was found or assumed.
    sha256
        Hash of the file.
    crs
        Coordinate system in which the file was read; empty without geometry.
    path
        Where the file lies, so that nothing is written over it.
    dropped
        Lines that are no records (sums, remarks) and count as no rows.
    originals
        Coordinates as they stood in a file whose map shift was corrected: ``id``,
        ``x``, ``y``, ``system``; None if nothing was corrected.
    rejected_shapes
        Shapes of the rejected rows as read, in the file's own system; None if the
        file has no shapes.
    system_wkt
        The coordinate system that the file names, as WKT; empty if it names none.
    """

    file: str
    rows_in: int
    accepted: gpd.GeoDataFrame | pd.DataFrame
    rejected: pd.DataFrame
    repaired: int
    issues: tuple[Issue, ...]
    sha256: str
    crs: str
    path: Path | None = None
    dropped: int = 0
    originals: pd.DataFrame | None = None
    rejected_shapes: NDArray[Any] | None = None
    system_wkt: str = ""


def intake(
    path: Path,
    spec: LayerSpec,
    catalogue: Catalogue,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> IntakeResult:
    """Read a planner's file as a layer.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, CSV or XLSX.
    spec
        The layer that the rows are for.
    catalogue
        The catalogue of the layer.
    crs
        Coordinate system of a file that names none: ``EPSG:n``, ``GCJ02``,
        ``BD09``, ``CGCS2000``, ``WGS84``. Longitude and latitude in EPSG:4326
        are assumed, and reported, if nobody says anything.
    encoding
        Encoding of a text file, see :func:`layers.intake.read.read_file`.
    mapping
        Heading of the file → field name (or ``lon``, ``lat``, ``wkt``,
        ``coord_system``), for headings that the catalogue does not know.
    tables
        Other layers by key, for references between layers.

    Raises
    ------
    IntakeError
        If the file cannot be read at all; IntakeUsageError if it is not there or
        `crs` is not known. Rows that can be read never raise.
    CatalogueError
        If `spec` is not a layer of `catalogue`.
    """
    catalogue.layer(spec.key)
    request = Request(path, spec.key, encoding)
    raw = read_raw(request)
    named, crs_name, earlier = _named(raw, request, spec, mapping, crs)
    checked = conform(
        named, spec, file=path.name, row_numbers=raw.rows, earlier=earlier, tables=tables
    )
    return IntakeResult(
        file=path.name,
        rows_in=len(raw.frame),
        accepted=checked.accepted,
        rejected=_as_in_file(raw, checked.rejected),
        repaired=sum(issue.code == "geometry_repaired" for issue in checked.issues),
        issues=checked.issues,
        sha256=file_hash(path),
        crs=crs_name,
        path=path,
    )


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(
    raw: Raw,
    request: Request,
    spec: LayerSpec,
    mapping: Mapping[str, str] | None,
    crs: str | None,
) -> tuple[pd.DataFrame, str, tuple[Issue, ...]]:
    """Return the cells under field names with geometries, the system's name, and findings."""
    headings = [str(name) for name in raw.frame.columns if not (raw.shapes and name == GEOMETRY)]
    columns = find_columns(headings, spec, mapping)
    located = _located(raw, columns, request, spec, crs)
    named = raw.frame[list(columns.fields.values())].set_axis(list(columns.fields), axis=1)
    if located.geometry is not None:
        named = named.assign(**{GEOMETRY: pd.Series(located.geometry, index=named.index)})
    found = (*raw.issues, *_column_issues(headings, columns, request), *located.issues)
    return named, located.crs, _with_empty_note(found, raw, located, request, spec)


def _located(
    raw: Raw, columns: Columns, request: Request, spec: LayerSpec, crs: str | None
) -> Located:
    if not spec.geometry:
        dropped = raw.shapes and raw.frame[GEOMETRY].notna().any()
        return Located(None, "", (request.issue("geometry_dropped"),) if dropped else ())
    return locate(raw, columns.places, request, crs)


def _column_issues(headings: list[str], columns: Columns, request: Request) -> list[Issue]:
    taken = {**columns.fields, **columns.places}
    issues = [
        request.issue("column_not_used", field=name, source=heading, used=taken[name], name=name)
        for heading, name in columns.doubled
    ]
    if left := unused(headings, columns):
        issues.append(request.issue("columns_dropped", names=", ".join(left)))
    return issues


def _with_empty_note(
    issues: tuple[Issue, ...], raw: Raw, located: Located, request: Request, spec: LayerSpec
) -> tuple[Issue, ...]:
    """Add what a planner must hear about a file without rows or without places."""
    if raw.frame.empty:
        return (*issues, request.issue("no_rows"))
    if spec.geometry and located.geometry is None:
        return (*issues, request.issue("no_geometry"))
    return issues


def _as_in_file(raw: Raw, rejected: pd.DataFrame) -> pd.DataFrame:
    """Return rejected rows under the headings of the file, so that they can be mended there."""
    verdicts = rejected[list(REJECT_COLUMNS)]
    there = raw.frame[raw.rows.isin(verdicts[REJECT_COLUMNS[0]]).to_numpy()]
    return reject_frame(raw_text(there), list(verdicts.itertuples(index=False)))
