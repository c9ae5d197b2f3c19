"""From cells as people fill them to cells that the strict parser of the fields takes.

Every rule is a row of a table (see :mod:`layers.intake.cell_numbers`,
:mod:`~layers.intake.cell_dates`, :mod:`~layers.intake.cell_words`). What no
rule can read stays as it was, and the check rejects it by row. What a rule
changed is said once a column, with the number of cells and examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.contract import OWN_COLUMNS
from layers.contract import REJECT_COLUMNS
from layers.intake.cell_dates import date_column
from layers.intake.cell_dates import read_date
from layers.intake.cell_numbers import NumberColumn
from layers.intake.cell_numbers import percent_reader
from layers.intake.cell_numbers import percent_target
from layers.intake.cell_numbers import read_number
from layers.intake.cell_words import choice_reader
from layers.intake.cell_words import read_boolean
from layers.intake.cell_words import read_state
from layers.intake.units import column_unit
from layers.intake.units import stated_unit
from layers.values import as_text
from layers.values import cell_text
from layers.values import holds_numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec
    from layers.intake.columns import Columns
    from layers.intake.readings import Reading
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.intake.units import Written
    from layers.issues import Issue

    # A cell, and 1 apart from 1.0, from True and from "1".
    _Key = tuple[type[Any], Any]
    _Read = Callable[[Any], Reading | None]

# A longer text is no number, date or word of a table.
_LONGEST = 60
_EXAMPLES = 5
_NUMERIC: tuple[FieldType, ...] = ("integer", "number")
# Only our own exports have this column.
_OWN_MARKS = OWN_COLUMNS - {*REJECT_COLUMNS}


@dataclass(frozen=True, slots=True)
class _Column:
    """One column with what is known before its cells are read."""

    field: FieldSpec
    heading: str
    written: Written
    ours: bool


def clean_cells(
    raw: Raw,
    columns: Columns,
    spec: LayerSpec,
    request: Request,
    *,
    units: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Read the cells of every field as people fill them.

    Parameters
    ----------
    raw
        The file as it is.
    columns
        Which column is which field.
    spec
        The layer.
    request
        Names the file for the findings.
    units
        The user's own word for the unit of a field (``{"tax_wan": "元"}``); it
        goes before the heading. The empty word means the field's own unit.

    Returns
    -------
    tuple
        The cells under field names, in the order of `columns`, with as many
        rows as the file; and what was converted or assumed, one finding a
        column and kind. A cell that no rule can read stays as it was.

    Raises
    ------
    IntakeUsageError
        If `units` names a field that the layer does not have, or a unit that
        cannot be converted to that of the field.
    """
    words = units or {}
    _check_words(words, spec, request)
    ours = _is_own_export([str(name) for name in raw.frame.columns], spec)
    cleaned: dict[str, pd.Series[Any]] = {}
    issues: list[Issue] = []
    for name, heading in columns.fields.items():
        field = spec.field(name)
        if field.by_app:
            cleaned[name] = pd.Series(None, index=raw.frame.index, dtype=object)
            issues += _not_taken(raw.frame[heading], field, request)
            continue
        written = stated_unit(words[name], field) if name in words else column_unit(heading, field)
        column = _Column(field, heading, written, ours)
        issues += _unit_doubts(column, request)
        cleaned[name], found = _clean(raw.frame[heading], column, request)
        issues += found
    return pd.DataFrame(cleaned, index=pd.RangeIndex(len(raw.frame))), tuple(issues)


def _not_taken(cells: pd.Series[Any], field: FieldSpec, request: Request) -> list[Issue]:
    """Say that a file cannot tell what only the app writes."""
    count = int(as_text(cells).notna().sum())
    return [request.issue("by_app_only", field=field.name, count=count)] if count else []


def read_cells(cells: pd.Series[Any], field: FieldSpec, heading: str = "") -> pd.Series[Any]:
    """Return cells as they are after cleaning for `field`, without findings.

    For asking whether a column could be a field at all.
    """
    column = _Column(field, heading, column_unit(heading, field), ours=False)
    return _read_all(cells, column)[0]


def _is_own_export(headings: Sequence[str], spec: LayerSpec) -> bool:
    """Tell whether we wrote a file ourselves; there a stroke in a text is the text.

    It has our mark, or begins with every field under its own name and in order, as
    nobody else writes it.
    """
    names = list(spec.field_names)
    return not _OWN_MARKS.isdisjoint(headings) or headings[: len(names)] == names


def _check_words(words: Mapping[str, str], spec: LayerSpec, request: Request) -> None:
    for name, text in words.items():
        if not spec.has_field(name):
            known = ", ".join(spec.field_names)
            request.refuse_wish(
                f"为字段“{name}”指明了单位，但图层没有这个字段；可用：{known}",
                f"a unit is given for '{name}', which is no field; use one of: {known}",
            )
        field = spec.field(name)
        if stated_unit(text, field).kind != "same":
            unit = field.unit or "—"
            request.refuse_wish(
                f"为“{field.title.zh}”指明的单位“{text}”不能换算成 {unit}",
                f"the unit '{text}' given for '{name}' cannot be converted to {unit}",
            )


def _unit_doubts(column: _Column, request: Request) -> list[Issue]:
    """Return the finding that the heading names a unit which was not applied."""
    written = column.written
    codes = {"unknown": "unit_unknown", "other": "unit_other"}
    if column.field.type not in _NUMERIC or written.kind not in codes:
        return []
    return [_issue(codes[written.kind], column, request, value=written.text)]


def _clean(
    cells: pd.Series[Any], column: _Column, request: Request
) -> tuple[pd.Series[Any], list[Issue]]:
    values, counts, readings = _read_all(cells, column)
    changed: dict[str, dict[_Key, int]] = {}
    for key, reading in readings.items():
        for code in reading.codes:
            changed.setdefault(code, {})[key] = counts[key]
    issues = [
        _changed(code, cells_of, readings, column, request) for code, cells_of in changed.items()
    ]
    return values, issues


def _read_all(
    cells: pd.Series[Any], column: _Column
) -> tuple[pd.Series[Any], dict[_Key, int], dict[_Key, Reading]]:
    """Return the cells after the rules, how often each stands there, and what changed."""
    if _stays(cells, column):
        return cells.reset_index(drop=True), {}, {}
    keys = [_key(cell) for cell in cells]
    counts: dict[_Key, int] = {}
    for key in keys:
        if key is not None:
            counts[key] = counts.get(key, 0) + 1
    read = _reader(column, [cell for _, cell in counts])
    readings = {key: found for key in counts if (found := read(key[1])) is not None}
    if not readings:
        return cells.reset_index(drop=True), counts, readings
    values = [
        cell if key is None or key not in readings else readings[key].value
        for key, cell in zip(keys, cells, strict=True)
    ]
    return pd.Series(values, dtype=object), counts, readings


def _stays(cells: pd.Series[Any], column: _Column) -> bool:
    """Tell whether all cells are numbers in the unit of the field already, as in a workbook."""
    field = column.field
    as_they_are = field.type in _NUMERIC and column.written.factor == 1
    return as_they_are and percent_target(field) is None and holds_numbers(cells)


def _key(cell: object) -> _Key | None:
    """Return what tells a cell from others; ``None`` for empty cells and for what has no rule."""
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 -- NaN differs from itself
        return None
    if isinstance(cell, str):
        return (str, cell) if cell and len(cell) <= _LONGEST else None
    try:
        hash(cell)
    except TypeError:
        return None
    return (type(cell), cell)


def _reader(column: _Column, cells: list[Any]) -> _Read:
    """Return the rules of a column: first what says that nothing is known, then its type's."""
    field = column.field
    texts = (cell for cell in cells if isinstance(cell, str))
    states = {cell: state for cell in texts if (state := read_state(cell, field)) is not None}
    told = [cell for cell in cells if not (isinstance(cell, str) and cell in states)]
    typed = _TYPES[field.type](column, told)
    literal = column.ours and field.type == "text" and not field.choices

    def read(cell: Any) -> Reading | None:  # noqa: ANN401 -- a cell may be anything
        if isinstance(cell, str) and not literal and (state := states.get(cell)):
            return state
        return typed(cell)

    return read


def _as_number(column: _Column, cells: Iterable[Any]) -> _Read:
    target = percent_target(column.field)
    if target is not None:
        return percent_reader(cells, target)
    known = NumberColumn(column.field, column.written)
    return lambda cell: read_number(cell, known)


def _as_date(column: _Column, cells: Iterable[Any]) -> _Read:
    known = date_column(cells, column.field)
    return lambda cell: read_date(cell, known)


def _as_boolean(column: _Column, _: Iterable[Any]) -> _Read:
    return lambda cell: read_boolean(cell, column.field) if isinstance(cell, str) else None


def _as_text(column: _Column, _: Iterable[Any]) -> _Read:
    if not column.field.choices:
        return lambda _: None
    read = choice_reader(column.field)
    return lambda cell: read(cell) if isinstance(cell, str) else None


_TYPES: Mapping[FieldType, Callable[[_Column, list[Any]], _Read]] = {
    "text": _as_text,
    "integer": _as_number,
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "month": _as_date,
}


def _changed(
    code: str,
    cells: Mapping[_Key, int],
    readings: Mapping[_Key, Reading],
    column: _Column,
    request: Request,
) -> Issue:
    """Return the finding of one kind of change, with the most frequent cells as examples."""
    # By count and then by text, so that the order of the rows does not matter.
    keys = nsmallest(
        2 * _EXAMPLES, cells, key=lambda key: (-cells[key], cell_text(key[1]), key[0].__name__)
    )
    pairs = dict.fromkeys(f"{cell_text(k[1])} → {_shown(readings[k].value)}" for k in keys)
    shown = [*pairs][:_EXAMPLES] + ["…"] * (len(pairs) > _EXAMPLES)
    return _issue(
        code,
        column,
        request,
        value=cell_text(keys[0][1]),
        example=cell_text(keys[0][1]),
        pairs=", ".join(shown),
        count=sum(cells.values()),
    )


def _shown(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else cell_text(value)


def _issue(code: str, column: _Column, request: Request, **details: Any) -> Issue:  # noqa: ANN401
    field = column.field
    return request.issue(
        code,
        field=field.name,
        title_zh=field.title.zh,
        title_en=field.title.en,
        heading=column.heading,
        written=column.written.text,
        unit=field.unit,
        factor=f"{float(column.written.factor):.6g}",
        **details,
    )
