"""The contract of a layer: what a row must be to be accepted.

A raw frame goes in, with field names as headings and anything in its cells.
Out come the accepted rows with the column types of the catalogue, the rejected
rows as they were with the reasons, and the findings. No row is lost: rows in =
accepted + rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import STORAGE_CRS
from layers.clock import local_day
from layers.errors import Text
from layers.findings import finding
from layers.frames import GEOMETRY
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.proof import unproven
from layers.shapes import check_shapes
from layers.values import as_text
from layers.values import cell_text
from layers.values import holds_numbers
from layers.values import parse

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.issues import Issue

REJECT_COLUMNS = ("_row", "_code", "_reason_zh", "_reason_en", "_remedy_zh", "_remedy_en")

# Headings that our own exports add and that are no field of any layer; a
# workbook has the title of the mark in its language.
OWN_COLUMNS = frozenset({"data_mark", "数据标记", "Data mark", *REJECT_COLUMNS})

# What spreadsheets write in front of sums, without blanks and in small letters.
_TOTAL_LABELS = frozenset({"合计", "总计", "小计", "total", "subtotal"})

_TOTAL = "rentable_area_m2"
_PARTS = ("own_use_area_m2", "leased_area_m2", "locked_area_m2", "vacant_area_m2")
_CLOSE = 0.01


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows after the check.

    Attributes
    ----------
    accepted
        Rows with the column types of the catalogue; a GeoDataFrame in
        EPSG:4490 if the layer has geometry.
    rejected
        The other rows as text, with the row number and the reasons in the
        columns :data:`REJECT_COLUMNS`.
    issues
        Everything that was found.
    """

    accepted: gpd.GeoDataFrame | pd.DataFrame
    rejected: pd.DataFrame
    issues: tuple[Issue, ...]


class _Ledger:
    """Findings by row while a frame is being checked."""

    def __init__(self, spec: LayerSpec, file: str, rows: NDArray[np.int64]) -> None:
        self.spec = spec
        self.file = file
        self.rows = rows
        self.bad: NDArray[np.bool_] = np.zeros(len(rows), dtype=bool)
        self.issues: list[Issue] = []
        self._reasons: dict[int, list[Issue]] = {}

    def take(self, issues: Iterable[Issue]) -> None:
        """Take over findings of an earlier step; errors reject their rows."""
        position = {int(row): i for i, row in enumerate(self.rows)}
        for issue in issues:
            self.issues.append(issue)
            if issue.severity == "error" and issue.row in position:
                self._reject(position[issue.row], issue)

    def note(self, code: str, field: str = "", **details: Any) -> Issue:  # noqa: ANN401 -- of any type
        """Add a finding about the whole file."""
        issue = finding(code, layer=self.spec.key, file=self.file, field=field, **details)
        self.issues.append(issue)
        return issue

    def row(
        self,
        position: int,
        code: str,
        field: str = "",
        value: object = "",
        **details: Any,  # noqa: ANN401 -- what a sentence is filled with may be anything
    ) -> None:
        """Add a finding about one row; an error rejects it."""
        issue = finding(
            code,
            layer=self.spec.key,
            file=self.file,
            row=int(self.rows[position]),
            field=field,
            value=value,
            **details,
        )
        self.issues.append(issue)
        if issue.severity == "error":
            self._reject(position, issue)

    def reject_all(self, issue: Issue) -> None:
        """Reject every row for one reason."""
        for position in range(len(self.rows)):
            self._reject(position, issue)

    def _reject(self, position: int, issue: Issue) -> None:
        self.bad[position] = True
        self._reasons.setdefault(position, []).append(issue)

    def verdict(self, position: int) -> tuple[str, ...]:
        """Return what :data:`REJECT_COLUMNS` say of a rejected row, after its number."""
        found = self._reasons[position]
        return (
            ", ".join(dict.fromkeys(issue.code for issue in found)),
            _joined((issue.message for issue in found), "zh"),
            _joined((issue.message for issue in found), "en"),
            _joined((issue.remedy for issue in found), "zh"),
            _joined((issue.remedy for issue in found), "en"),
        )


def _joined(texts: Iterable[Text], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(dict.fromkeys(t.get(lang) for t in texts))


def conform(
    frame: pd.DataFrame,
    spec: LayerSpec,
    *,
    file: str = "",
    row_numbers: pd.Series[Any] | None = None,
    earlier: Sequence[Issue] = (),
    tables: Mapping[str, pd.DataFrame] | None = None,
    today: dt.date | None = None,
) -> Checked:
    """Check the rows of a layer and bring them to the types of the catalogue.

    Parameters
    ----------
    frame
        Columns named as the fields, cells of any type. Geometries stand in
        ``geometry``; a GeoDataFrame of another CRS is transformed, a plain
        frame is taken to be in EPSG:4490 (longitude, latitude).
    spec
        The layer.
    file
        Name of the file for the findings.
    row_numbers
        Row numbers as a person counts, from 1; by default 1, 2, 3 …
    earlier
        Findings of reading the file; their errors reject the rows they name.
    tables
        Other layers by key. A row that refers to a record which its layer
        does not have is rejected; layers that are missing here or empty are
        not asked.
    today
        The day after which nothing is proved yet; today by default.

    Returns
    -------
    Checked
        With ``len(accepted) + len(rejected) == len(frame)``.
    """
    rows = np.arange(1, len(frame) + 1) if row_numbers is None else row_numbers.to_numpy(dtype=int)
    ledger = _Ledger(spec, file, rows)
    ledger.take(earlier)
    raw = frame.reset_index(drop=True)
    _note_unknown_columns(raw, ledger)
    totals = _check_totals(raw, ledger)
    columns = {f.name: _check_field(raw, f, ledger) for f in spec.fields}
    for field in spec.fields:
        if field.proof:
            _check_proof(columns[field.name], field, ledger, today or local_day())
    geometry = _check_geometry(raw, ledger)
    for field in spec.fields:
        _check_reference(columns[field.name], field, tables or {}, ledger)
    for field in spec.fields:
        if field.unique or field.name == spec.id_field:
            _check_unique(columns[field.name][~totals], ledger)
    _check_areas(columns, ledger)
    kept = ~ledger.bad
    accepted = layer_frame(
        {name: column[kept] for name, column in columns.items()},
        spec,
        None if geometry is None else geometry[kept],
    )
    return Checked(accepted, _rejected(raw, ledger), tuple(ledger.issues))


def raw_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return all cells as the text that stood in them; geometries as WKT."""
    return pd.DataFrame(
        {
            name: pd.Series(frame[name].to_numpy(), dtype=object)
            .map(cell_text, na_action="ignore")
            .astype("str")
            for name in frame.columns
        },
        index=pd.RangeIndex(len(frame)),
    )


def check_references(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue) -> list[Issue]:
    """Look for references to records that are not there.

    Parameters
    ----------
    tables
        Layers by key, as accepted; those that are missing or empty are not
        asked for records.
    catalogue
        Says which field refers to which layer.

    Returns
    -------
    list of Issue
        One warning a row, with the row number counted from 1.
    """
    issues: list[Issue] = []
    for key, frame in tables.items():
        spec = catalogue.layer(key)
        for field in spec.fields:
            column = frame[field.name].reset_index(drop=True)
            issues += [
                finding(
                    "dangling_reference",
                    layer=key,
                    row=int(i) + 1,
                    field=field.name,
                    value=column[i],
                    **_target(field),
                )
                for i in np.flatnonzero(_unresolved(column, field, tables))
            ]
    return issues


def _note_unknown_columns(raw: pd.DataFrame, ledger: _Ledger) -> None:
    known = {*ledger.spec.field_names, GEOMETRY, *OWN_COLUMNS}
    unknown = [str(name) for name in raw.columns if name not in known]
    if unknown:
        ledger.note("columns_dropped", names=", ".join(unknown))


def _check_totals(raw: pd.DataFrame, ledger: _Ledger) -> NDArray[np.bool_]:
    """Reject rows that add up the others, and return which they are.

    Their id or name says so, or any cell without an id.
    """
    spec = ledger.spec
    totals = np.zeros(len(raw), dtype=bool)
    there = [name for name in spec.field_names if name in raw.columns]
    there = [name for name in there if not holds_numbers(raw[name])]
    labels = pd.DataFrame({name: raw[name].map(_is_total) for name in there}, index=raw.index)
    if not labels.to_numpy(dtype=bool).any():
        return totals
    has_id = np.zeros(len(raw), dtype=bool)
    if spec.id_field in there:
        has_id = as_text(raw[spec.id_field]).notna().to_numpy(dtype=bool)
    telling = {spec.id_field, spec.name_field}
    for i in np.flatnonzero(labels.any(axis=1)).tolist():
        hits = [n for n in there if labels[n].iloc[i] and (n in telling or not has_id[i])]
        if hits:
            totals[i] = True
            ledger.row(i, "total_row", hits[0], str(raw[hits[0]].iloc[i]).strip())
    return totals


def _is_total(cell: object) -> bool:
    return isinstance(cell, str) and "".join(cell.split()).casefold() in _TOTAL_LABELS


def _check_field(raw: pd.DataFrame, field: FieldSpec, ledger: _Ledger) -> pd.Series[Any]:
    required = field.required or field.name == ledger.spec.id_field
    titles = {"title_zh": field.title.zh, "title_en": field.title.en, "name": field.name}
    if field.name not in raw.columns:
        if required and len(raw):
            ledger.reject_all(ledger.note("missing_column", field.name, **titles))
        return empty_column(field, len(raw))
    parsed = parse(raw[field.name], field)
    allowed = {
        "allowed_zh": "、".join(choice.title.zh for choice in field.choices),
        "allowed_en": ", ".join(f"{c.title.en} ({c.value})" for c in field.choices),
    }
    for i in np.flatnonzero(parsed.bad):
        cell = cell_text(raw[field.name].iloc[i])
        ledger.row(int(i), parsed.code.iloc[i], field.name, cell, **allowed)
    if required:
        for i in np.flatnonzero(parsed.column.isna() & ~parsed.bad):
            ledger.row(int(i), "required", field.name, **titles)
    _check_range(parsed.column, field, ledger)
    return parsed.column


def _check_proof(values: pd.Series[Any], field: FieldSpec, ledger: _Ledger, today: dt.date) -> None:
    """Refuse what says that there is no proof, and days that are still to come."""
    titles = {"title_zh": field.title.zh, "title_en": field.title.en}
    code = "proof_in_future" if field.type == "date" else "no_proof"
    for i in np.flatnonzero(unproven(values, field, today)):
        told = cell_text(values.iloc[i])
        ledger.row(int(i), code, field.name, told, today=today, **titles)


def _check_range(values: pd.Series[Any], field: FieldSpec, ledger: _Ledger) -> None:
    if field.type not in ("integer", "number") or (field.minimum is None and field.maximum is None):
        return
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    span = _span(field)
    for i in np.flatnonzero((numbers < low) | (numbers > high)):
        told = cell_text(values.iloc[i])
        ledger.row(int(i), "out_of_range", field.name, told, span_zh=span.zh, span_en=span.en)


def _span(field: FieldSpec) -> Text:
    """Return the allowed range as people say it."""
    if field.maximum is None:
        return Text(f"不小于 {field.minimum:g}", f"at least {field.minimum:g}")
    if field.minimum is None:
        return Text(f"不大于 {field.maximum:g}", f"at most {field.maximum:g}")
    low, high = f"{field.minimum:g}", f"{field.maximum:g}"
    return Text(f"{low} 至 {high}", f"{low} to {high}")


def _check_geometry(raw: pd.DataFrame, ledger: _Ledger) -> NDArray[Any] | None:
    shapes = _shapes(raw)
    if shapes is None:
        return None
    if not ledger.spec.geometry:
        if any(shape is not None for shape in shapes):
            ledger.note("geometry_dropped")
        return None
    report = check_shapes(shapes, ledger.spec.geometry)
    for found in report.findings:
        ledger.row(found.position, found.code, GEOMETRY, found.value, **found.details)
    if report.heights:
        ledger.note("height_dropped", count=report.heights)
    for note in report.notes:
        ledger.note(note.code, GEOMETRY, **note.details)
    return report.geometry


def _shapes(raw: pd.DataFrame) -> Sequence[Any] | None:
    if GEOMETRY not in raw.columns:
        return None
    if isinstance(raw, gpd.GeoDataFrame) and raw.crs is not None and raw.crs != STORAGE_CRS:
        raw = raw.to_crs(STORAGE_CRS)
    return list(raw[GEOMETRY].to_numpy())


def _unresolved(
    column: pd.Series[Any], field: FieldSpec, tables: Mapping[str, pd.DataFrame]
) -> NDArray[np.bool_]:
    """Return where `column` names a record that its layer does not have."""
    if field.references is not None:
        target, name = field.references
        if target in tables and len(tables[target]):
            there = column.isin(tables[target][name].dropna())
            return (column.notna() & ~there).to_numpy(dtype=bool)
    return np.zeros(len(column), dtype=bool)


def _target(field: FieldSpec) -> dict[str, Any]:
    target, name = field.references or ("", "")
    titles = {"title_zh": field.title.zh, "title_en": field.title.en}
    return {"target": target, "target_field": name, **titles}


def _check_reference(
    column: pd.Series[Any],
    field: FieldSpec,
    tables: Mapping[str, pd.DataFrame],
    ledger: _Ledger,
) -> None:
    for i in np.flatnonzero(_unresolved(column, field, tables)):
        ledger.row(int(i), "unknown_reference", field.name, column.iloc[i], **_target(field))


def _check_unique(column: pd.Series[Any], ledger: _Ledger) -> None:
    """Reject all rows with one value but the first of them.

    The first keeps the value even if something else is wrong with it. Otherwise the
    next row would be accepted in its place, and be overwritten without a word when
    the first is mended and sent again.
    """
    values = column.dropna()
    first = {value: position for position, value in reversed(list(values.items()))}
    for position, value in values[values.duplicated()].items():
        at = first[value]
        row = int(ledger.rows[at])
        kept = _kept(row, rejected=bool(ledger.bad[at]))
        ledger.row(
            int(str(position)),
            "duplicate",
            str(column.name),
            value,
            first=row,
            kept_zh=kept.zh,
            kept_en=kept.en,
        )


def _kept(row: int, *, rejected: bool) -> Text:
    """Return who keeps a value that two rows have."""
    if rejected:
        return Text(
            f"第 {row} 行因其他问题也未收入，改好后由它占用",
            f"row {row} was rejected for another reason and keeps it once it is mended",
        )
    return Text(f"保留第 {row} 行", f"row {row} is kept")


def _check_areas(columns: Mapping[str, pd.Series[Any]], ledger: _Ledger) -> None:
    if not {_TOTAL, *_PARTS} <= columns.keys():
        return
    total = columns[_TOTAL].to_numpy(dtype=float)
    parts = np.array([columns[name].to_numpy(dtype=float) for name in _PARTS])
    known, slack = np.nansum(parts, axis=0), _CLOSE * np.abs(total)
    has_gap = np.isnan(parts).any(axis=0)
    # With an unknown area less than the total is right, but more never is. An
    # unknown total compares false.
    apart = ~has_gap & (np.abs(known - total) > slack)
    exceeds = has_gap & (known - total > slack)
    for i in np.flatnonzero((apart | exceeds) & ~ledger.bad):
        ledger.row(
            int(i),
            "areas_exceed_total" if exceeds[i] else "areas_do_not_close",
            _TOTAL,
            f"{total[i]:,.1f}",
            parts=f"{known[i]:,.1f}",
            total=f"{total[i]:,.1f}",
        )


def _rejected(raw: pd.DataFrame, ledger: _Ledger) -> pd.DataFrame:
    positions = np.flatnonzero(ledger.bad)
    text = raw_text(raw.iloc[positions].drop(columns=list(OWN_COLUMNS), errors="ignore"))
    return reject_frame(
        text,
        [(int(ledger.rows[i]), *ledger.verdict(int(i))) for i in positions],
    )


def reject_frame(text: pd.DataFrame, verdicts: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return rejected rows: `text` followed by the columns :data:`REJECT_COLUMNS`."""
    added = pd.DataFrame(list(verdicts), columns=list(REJECT_COLUMNS))
    kinds = dict.fromkeys(REJECT_COLUMNS, "str") | {REJECT_COLUMNS[0]: "Int64"}
    return pd.concat([text, added.astype(kinds)], axis=1)
