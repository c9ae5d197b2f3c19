"""The way of a file into the house, as a chain of small steps.

read → map columns → drop lines → clean cells → locate → identify → check. Each step
takes a batch and returns the next; what it assumed, mended or found wrong goes into the
log of issues. Nothing is written anywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers.contract import REJECT_COLUMNS
from layers.contract import conform
from layers.contract import raw_text
from layers.contract import reject_frame
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.cells import clean_cells
from layers.intake.checks.check_targets import unknown_targets
from layers.intake.checks.crosschecks import cross_check
from layers.intake.choices import NO_CHOICES
from layers.intake.columns import Columns
from layers.intake.columns import find_columns
from layers.intake.columns import unused
from layers.intake.formulas import without_idle_formulas
from layers.intake.lines import drop_lines
from layers.intake.naming.addresses import apply_places
from layers.intake.naming.addresses import review_places
from layers.intake.naming.addresses import with_accuracy
from layers.intake.naming.gazetteer import ACCURACY
from layers.intake.naming.geocoders import review_geocoded
from layers.intake.naming.identity import fill_ids
from layers.intake.naming.references import resolve_references
from layers.intake.placing.locate import locate
from layers.intake.placing.shifted import check_shift
from layers.intake.placing.shifted import confirm_system
from layers.intake.placing.shifted import shift_of
from layers.intake.public_copies import refuse_public
from layers.intake.read import read_raw
from layers.intake.replacing import replace_values
from layers.intake.setting import reading_for
from layers.intake.source import Request
from layers.intake.source import files_of
from layers.intake.wide import CARRIERS
from layers.intake.wide import UNITS
from layers.intake.wide import is_wide
from layers.shapes import REPAIRED_CODES

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.choices import Choices
    from layers.intake.placing.locate import Located
    from layers.intake.source import Raw
    from layers.issues import Issue


# Only the shift of a web map is undone in a way that one may want to look back at.
_SHIFTED = ("GCJ02", "BD09")


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of a file.

    Attributes
    ----------
    file
        Name of the file without its folder; of a table the address of its database.
    rows_in
        Rows with at least one filled cell; accepted + rejected.
    accepted
        Rows with the column types of the catalogue, EPSG:4490.
    rejected
        The other rows as they stood in the file, under its own headings, with
        ``_row``, ``_code``, and reason and remedy in both languages.
    repaired
        Number of geometries that were repaired.
    issues
        Everything that was found or assumed.
    sha256
        Hash of the file, or of the rows of a table.
    crs
        Coordinate system in which the file was read; empty without geometry.
    path
        Where the file lies, so that nothing is written over it; None for a table.
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
    columns
        Which column of the file is which field.
    review
        Rows without a place, and known objects of like name or address, see
        :func:`layers.intake.naming.addresses.review_places`.
    facts
        What the reader found out about the file, see :data:`layers.intake.source.FACTS`.
    row_of
        Data row by id of the accepted rows.
    part
        Sheet or layer of the file that was read.
    located
        Rows with a place, accepted or not.
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
    columns: Columns = dataclass_field(default_factory=lambda: Columns({}, {}, ()))
    review: pd.DataFrame = dataclass_field(default_factory=pd.DataFrame)
    facts: Mapping[str, Text] = dataclass_field(default_factory=dict)
    row_of: Mapping[str, int] = dataclass_field(default_factory=dict)
    part: str = ""
    located: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A file on its way.

    Attributes
    ----------
    raw, request
        The file as read, and how it was asked for.
    spec, catalogue
        The layer it is for.
    choices
        What the planner decided.
    tables
        The layers that are there already.
    columns
        Which column is which field.
    named
        Cells under field names, one row a row of `raw`.
    geometry
        Shapes in EPSG:4490; None if the file says of no row where it lies.
    crs
        Name of the system of the file.
    issues
        The log.
    originals, review
        See :class:`IntakeResult`.
    """

    raw: Raw
    request: Request
    spec: LayerSpec
    catalogue: Catalogue
    choices: Choices
    tables: Mapping[str, pd.DataFrame]
    columns: Columns = dataclass_field(default_factory=lambda: Columns({}, {}, ()))
    named: pd.DataFrame = dataclass_field(default_factory=pd.DataFrame)
    geometry: NDArray[Any] | None = None
    crs: str = ""
    issues: tuple[Issue, ...] = ()
    originals: pd.DataFrame | None = None
    review: pd.DataFrame = dataclass_field(default_factory=pd.DataFrame)


def intake(
    path: Path,
    spec: LayerSpec,
    catalogue: Catalogue,
    choices: Choices = NO_CHOICES,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    read: Callable[[Request], Raw] = read_raw,
    progress: Callable[[Text, float], None] | None = None,
) -> IntakeResult:
    """Read a planner's file as a layer.

    Parameters
    ----------
    path
        A file of a kind that :data:`layers.intake.read.READERS` knows.
    spec
        The layer that the rows are for.
    catalogue
        The catalogue of the layer.
    choices
        What the file does not say itself.
    tables
        Other layers by key, for references, known places and ids.
    read
        The reader; :func:`layers.intake.isolation.isolated.read_isolated` for files from outside.
    progress
        Told what is being done and which share of the steps is behind.

    Raises
    ------
    IntakeError
        If the file cannot be read at all, or where it lies must be asked;
        IntakeUsageError if it is not there or a choice is not known; PublicCopyError
        if it is a public copy of rows that are kept. Rows that can be read never raise.
    CatalogueError
        If `spec` is not a layer of `catalogue`.
    """
    request = Request(path, spec.key, choices.encoding, choices.part, catalogue.folder)
    raw = read(request)
    return run_chain(raw, request, spec, catalogue, choices, tables=tables, progress=progress)


def run_chain(
    raw: Raw,
    request: Request,
    spec: LayerSpec,
    catalogue: Catalogue,
    choices: Choices = NO_CHOICES,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    progress: Callable[[Text, float], None] | None = None,
) -> IntakeResult:
    """Take a file that was read through the rest of the chain; see :func:`intake`.

    `progress` is told what is being done and which share of the steps is behind.
    """
    catalogue.layer(spec.key)
    refuse_public(raw, spec, choices, tables or {})
    batch = Batch(raw, request, spec, catalogue, choices, tables or {}, issues=raw.issues)
    with reading_for(catalogue):
        for number, (title, step) in enumerate(STEPS):
            if progress is not None:
                progress(title, number / (len(STEPS) + 1))
            batch = step(batch)
        if progress is not None:
            progress(_CHECKING, len(STEPS) / (len(STEPS) + 1))
        return check(batch)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text; of several parts, of all in order."""
    parts = files_of(path)
    if len(parts) == 1:
        with parts[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.name.encode())
        with part.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def map_columns(batch: Batch) -> Batch:
    """Say which column is which field."""
    columns = find_columns(batch.raw.headings, batch.spec, batch.choices.mapping)
    taken = {**columns.fields, **columns.places}
    found = [
        batch.request.issue("column_not_used", field=name, source=head, used=taken[name], name=name)
        for head, name in columns.doubled
    ]
    if _holds_units_too(batch):
        spec = batch.spec
        found.append(
            batch.request.issue("wide_table", layer_zh=spec.title.zh, layer_en=spec.title.en)
        )
    if left := unused(batch.raw.headings, columns):
        found.append(batch.request.issue("columns_dropped", names=", ".join(left)))
    raw = without_idle_formulas(batch.raw, columns, batch.request)
    return replace(batch, raw=raw, columns=columns, issues=(*raw.issues, *found))


def _holds_units_too(batch: Batch) -> bool:
    """Tell whether a file for the carriers has their units in the same table."""
    keys = batch.catalogue.keys
    if batch.spec.key != CARRIERS or UNITS not in keys:
        return False
    return is_wide(batch.raw, batch.spec, batch.catalogue.layer(UNITS))


def drop_no_records(batch: Batch) -> Batch:
    """Leave out sums, remarks and repeated headings."""
    kept = drop_lines(batch.raw, batch.columns, batch.spec, batch.request)
    # What the reader found out about lines that are left out goes with them.
    mapped = batch.issues[len(batch.raw.issues) :]
    return replace(batch, raw=kept, issues=(*kept.issues, *mapped))


def clean(batch: Batch) -> Batch:
    """Bring cells to what the fields understand."""
    raw, replaced = replace_values(batch.raw, batch.columns, batch.choices.meanings, batch.request)
    named, found = clean_cells(
        raw, batch.columns, batch.spec, batch.request, units=batch.choices.units
    )
    return replace(batch, named=named, issues=(*batch.issues, *replaced, *found))


def place(batch: Batch) -> Batch:
    """Bring shapes and coordinates to EPSG:4490."""
    raw, spec, request = batch.raw, batch.spec, batch.request
    empty = (request.issue("no_rows"),) if raw.frame.empty else ()
    if not spec.geometry:
        has_shapes = raw.shapes and raw.frame[GEOMETRY].notna().any()
        found = (request.issue("geometry_dropped"),) if has_shapes else ()
        return replace(batch, issues=(*batch.issues, *empty, *found))
    located = locate(
        raw,
        batch.columns.places,
        request,
        batch.choices.crs,
        district=district_of(batch.tables),
        local=batch.choices.local,
        swap=batch.choices.swap,
    )
    # A shift shows itself only beside places that are known already.
    report = shift_of(located, batch.named, spec, batch.tables)
    told = confirm_system(report, located.issues, request)
    notes = [*told, *check_shift(report, batch.choices.crs, request), *empty]
    if located.geometry is None and not empty:
        notes.append(request.issue("no_geometry"))
    return replace(
        batch,
        geometry=located.geometry,
        crs=located.crs,
        originals=_uncorrected(located),
        issues=(*batch.issues, *notes),
    )


def name_rows(batch: Batch) -> Batch:
    """Resolve names that stand for ids, and give each row its lasting id."""
    arguments = (batch.spec, batch.tables, batch.request, batch.raw.rows)
    named, by_name = resolve_references(batch.named, *arguments, catalogue=batch.catalogue)
    named, ids = fill_ids(named, batch.geometry, *arguments)
    return replace(batch, named=named, issues=(*batch.issues, *by_name, *ids))


def look_up_addresses(batch: Batch) -> Batch:
    """List known objects for rows without a place; place those that the planner accepted."""
    if not batch.spec.geometry:
        return batch
    geometry: NDArray[Any] | None = batch.geometry
    found: tuple[Issue, ...] = ()
    if batch.choices.places:
        if geometry is None:
            geometry = np.full(len(batch.named), None, dtype=object)
        geometry, found = apply_places(
            geometry,
            batch.choices.places,
            batch.tables,
            batch.request,
            batch.raw.rows,
            catalogue=batch.catalogue,
        )
        batch = replace(batch, named=_with_accuracy(batch))
    arguments = (batch.spec, batch.tables, batch.request, batch.raw.rows)
    review = review_places(batch.named, geometry, *arguments, catalogue=batch.catalogue)
    if batch.choices.geocode:
        answers, told = review_geocoded(batch.named, geometry, *arguments)
        review, found = pd.concat([review, answers], ignore_index=True), (*found, *told)
    return replace(batch, geometry=geometry, review=review, issues=(*batch.issues, *found))


def _with_accuracy(batch: Batch) -> pd.DataFrame:
    if not batch.spec.has_field(ACCURACY):
        return batch.named
    return with_accuracy(
        batch.named,
        batch.choices.places,
        batch.tables,
        batch.raw.rows,
        catalogue=batch.catalogue,
    )


STEPS: tuple[tuple[Text, Callable[[Batch], Batch]], ...] = (
    (Text("对应列", "matching columns"), map_columns),
    (Text("剔除非记录行", "leaving out lines that are no records"), drop_no_records),
    (Text("读取单元格", "reading cells"), clean),
    (Text("定位", "locating"), place),
    (Text("核对编码", "matching ids"), name_rows),
    (Text("查找地址", "looking up addresses"), look_up_addresses),
)
"""The chain between reading and the check, in order, and what each step is called."""

_CHECKING = Text("检查与修复", "checking and repairing")


def check(batch: Batch) -> IntakeResult:
    """Repair shapes, check every row, and split accepted from rejected."""
    raw, spec, request = batch.raw, batch.spec, batch.request
    named = batch.named
    if batch.geometry is not None:
        named = named.assign(**{GEOMETRY: pd.Series(batch.geometry, index=named.index)})
    checked = conform(
        named,
        spec,
        file=request.path.name,
        row_numbers=raw.rows,
        earlier=(*batch.issues, *unknown_targets(batch)),
        tables=batch.tables,
    )
    bad = raw.rows.isin(checked.rejected[REJECT_COLUMNS[0]]).to_numpy(dtype=bool)
    ids = pd.Series(checked.accepted[spec.id_field].to_numpy(), index=np.flatnonzero(~bad))
    row_of = dict(zip(ids, raw.rows[~bad], strict=True))
    across = cross_check(checked.accepted, spec, batch.tables, batch.catalogue, request, row_of)
    return IntakeResult(
        file=raw.origin or request.path.name,
        rows_in=len(raw.frame),
        accepted=checked.accepted,
        rejected=_as_in_file(raw, checked.rejected, bad),
        repaired=sum(issue.code in REPAIRED_CODES for issue in checked.issues),
        issues=(*checked.issues, *across),
        sha256=raw.sha256 or file_hash(request.path),
        crs=batch.crs,
        path=None if raw.origin else request.path,
        dropped=raw.dropped,
        originals=_originals(batch, ids),
        rejected_shapes=raw.frame[GEOMETRY].to_numpy()[bad] if raw.shapes else None,
        system_wkt="" if raw.system is None else raw.system.crs.to_wkt(),
        columns=batch.columns,
        review=batch.review,
        facts=raw.facts,
        row_of=row_of,
        part=raw.part,
        located=0 if batch.geometry is None else int((~shapely.is_missing(batch.geometry)).sum()),
    )


def _as_in_file(raw: Raw, rejected: pd.DataFrame, bad: NDArray[np.bool_]) -> pd.DataFrame:
    """Return rejected rows under the headings of the file, so that they can be mended there."""
    verdicts = rejected[list(REJECT_COLUMNS)]
    # A file of rejects that is rejected again has old verdicts.
    there = raw.frame[bad].drop(columns=list(REJECT_COLUMNS), errors="ignore")
    return reject_frame(raw_text(there), list(verdicts.itertuples(index=False)))


def _uncorrected(located: Located) -> pd.DataFrame | None:
    """Return position and coordinates before a map shift was corrected, None if none was."""
    if located.before is None or located.geometry is None or located.systems is None:
        return None
    systems = located.systems.astype(str)
    drawn = ~shapely.is_missing(located.before) & ~shapely.is_empty(located.before)
    at = np.flatnonzero(np.isin(systems, _SHIFTED) & drawn)
    if not at.size:
        return None
    middles = shapely.centroid(located.before[at])
    return pd.DataFrame(
        {
            "position": at,
            "x": shapely.get_x(middles),
            "y": shapely.get_y(middles),
            "system": systems[at],
        }
    )


def _originals(batch: Batch, ids: pd.Series[Any]) -> pd.DataFrame | None:
    """Return the uncorrected coordinates of the accepted rows; `ids` by position."""
    if batch.originals is None:
        return None
    found = batch.originals[batch.originals["position"].isin(ids.index)]
    named = found.assign(id=found["position"].map(ids))
    return named[["id", "x", "y", "system"]].reset_index(drop=True)


def district_of(tables: Mapping[str, pd.DataFrame]) -> BaseGeometry | None:
    """Return the outline that planners' files are expected to lie in, EPSG:4490.

    None if there is no layer ``district``, or it has no shape.
    """
    frame = tables.get("district")
    if frame is None or GEOMETRY not in frame or not frame[GEOMETRY].notna().any():
        return None
    outline: BaseGeometry = shapely.union_all(frame[GEOMETRY].dropna().to_numpy())
    return outline
