"""From a grid of cells to a table: headings, merged cells, records and their numbers.

CSV and workbooks meet here. Nothing is dropped but rows without any content;
lines that are no records are the matter of :mod:`layers.intake.lines`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.errors import Text
from layers.intake.readers.headings import blank
from layers.intake.readers.headings import find_headings
from layers.intake.readers.headings import vocabulary
from layers.intake.source import Raw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.intake.readers.headings import Headings
    from layers.intake.readers.headings import Range
    from layers.intake.readers.headings import Row
    from layers.intake.source import Request
    from layers.issues import Issue

_EXAMPLES = 5
_LETTERS = 26
_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a sheet or a CSV.

    Attributes
    ----------
    records
        Rows of cells from the first one; an empty cell is ``None`` or blank.
    merged
        Merged cells as first row, first column, last row, last column, from 0.
    pending
        Row and column, from 0, of formulas whose result the file does not hold.
    errors
        Row, column and text of the cells that hold an error such as ``#N/A``.
    ragged
        Whether rows of different widths are worth a finding, as in a CSV.
    """

    records: Sequence[Row]
    merged: Sequence[Range] = ()
    pending: Sequence[tuple[int, int]] = ()
    errors: Sequence[tuple[int, int, str]] = ()
    ragged: bool = False


def table(
    grid: Grid,
    request: Request,
    issues: Iterable[Issue] = (),
    *,
    part: str = "",
    parts: tuple[str, ...] = (),
    facts: Mapping[str, Text] | None = None,
) -> Raw:
    """Return the table that a grid holds.

    Parameters
    ----------
    grid
        The cells.
    request
        The file, for the findings.
    issues
        What was found before.
    part, parts, facts
        See :class:`layers.intake.source.Raw`; the facts about headings and
        merged cells are added.

    Raises
    ------
    IntakeError
        If there is no cell with anything in it.
    """
    headings = find_headings(grid.records, grid.merged)
    if headings is None:
        request.refuse("没有表头", "there are no headings")
    names, start = headings.names, headings.end + 1
    records, filled_in = _merged_filled(grid, headings, request)
    # A column without heading is not read, and neither are its formulas; but
    # that the heading itself is one must be said.
    pending = [
        (row, column)
        for row, column in grid.pending
        if row <= headings.end or (column < len(names) and not names[column].startswith("#"))
    ]
    kept = {row for row, _ in pending}
    filled = [
        (number, list(record))
        for number, record in enumerate(records[start:], start=1)
        if number + headings.end in kept or not all(map(blank, record))
    ]
    found = [
        *issues,
        *_about_headings(headings, request),
        *filled_in,
        *_formulas(pending, headings, request),
        *_errors(grid, headings, request),
    ]
    width = len(names)
    if grid.ragged:
        found += _widths(filled, width, request)
    cells = [(record + [None] * width)[:width] for _, record in filled]
    frame = pd.DataFrame(cells, columns=list(names), dtype=object)
    nameless = [n for n in names if n.startswith("#") and frame[n].map(blank).all()]
    rows = pd.Series([row for row, _ in filled], dtype="int64")
    told = {**(facts or {}), "headings": _where(headings)}
    if ranges := [m for m in grid.merged if m[2] >= start]:
        told["merged"] = Text(f"{len(ranges)} 处", f"{len(ranges)} ranges")
    return Raw(frame.drop(columns=nameless), rows, tuple(found), part=part, parts=parts, facts=told)


def address(row: int, column: int) -> str:
    """Return how a spreadsheet calls a cell, ``(0, 0)`` being ``A1``."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def _where(headings: Headings) -> Text:
    first, last = headings.first + 1, headings.end + 1
    rows = f"{first}" if first == last else f"{first}–{last}"
    title = headings.title[:_TITLE_LENGTH]
    return Text(
        f"第 {rows} 行" + (f"；表题：{title}" if title else ""),
        f"row {rows}" + (f"; title: {title}" if title else ""),
    )


def _about_headings(headings: Headings, request: Request) -> list[Issue]:
    issues = [request.issue("numbering_row_skipped", value=skipped) for skipped in headings.skipped]
    if headings.unit:
        issues.append(request.issue("unit_in_title", value=headings.unit))
    return issues


def _merged_filled(
    grid: Grid, headings: Headings, request: Request
) -> tuple[Sequence[Row], list[Issue]]:
    """Return the rows with merged cells filled, and what was filled.

    A row that holds nothing of its own stays empty, and a text across half of the
    table is a remark, not the content of every column. An amount over several rows
    is one amount: it stays in the first, or sums would count it twice.
    """
    width, known = len(headings.names), vocabulary()
    body = [m for m in grid.merged if m[0] > headings.end and m[3] - m[1] < max(width / 2, 1)]
    if not body:
        return grid.records, []
    records = [list(record) for record in grid.records]
    used = [not all(map(blank, record)) for record in grid.records]
    filled: list[Range] = []
    amounts: dict[str, Range] = {}
    count = 0
    # Merged cells never overlap; those of a made-up file may, without end.
    budget = sum(map(len, records))
    for top, left, bottom, right in body:
        value = _cell(records, top, left)
        budget -= (bottom - top + 1) * (right - left + 1)
        if blank(value) or budget < 0:
            continue
        name = headings.names[left] if left < width else ""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and (left != right or known.is_amount(name)):
            amounts.setdefault(name, (top, left, bottom, right))
            continue
        cells = [
            (row, column)
            for row in range(top, min(bottom, len(records) - 1) + 1)
            for column in range(left, min(right, len(records[row]) - 1) + 1)
            if used[row] and blank(records[row][column])
        ]
        for row, column in cells:
            records[row][column] = value
        if cells:
            filled.append((top, left, bottom, right))
            count += len(cells)
    issues = []
    if filled:
        example = _range(filled[0])
        issues.append(
            request.issue("merged_filled", ranges=len(filled), count=count, example=example)
        )
    if amounts:
        example = _range(next(iter(amounts.values())))
        issues.append(request.issue("merged_amount", names=", ".join(amounts), example=example))
    return records, issues


def _cell(records: Sequence[Row], row: int, column: int) -> object:
    there = row < len(records) and column < len(records[row])
    return records[row][column] if there else None


def _range(cells: Range) -> str:
    top, left, bottom, right = cells
    return f"{address(top, left)}:{address(bottom, right)}"


def _formulas(
    pending: Iterable[tuple[int, int]], headings: Headings, request: Request
) -> list[Issue]:
    """Return findings about formulas without result."""
    return [
        request.issue(
            "formula_without_result",
            max(row - headings.end, 0),
            headings.names[column],
            cell=address(row, column),
        )
        for row, column in pending
        if column < len(headings.names)
    ]


def _errors(grid: Grid, headings: Headings, request: Request) -> list[Issue]:
    """Return findings about cells with an error, one a column and error."""
    places: dict[tuple[int, str], list[int]] = {}
    for row, column, text in grid.errors:
        if row > headings.end and column < len(headings.names):
            places.setdefault((column, text), []).append(row)
    return [
        request.issue(
            "cell_error",
            rows[0] - headings.end,
            headings.names[column],
            value=text,
            count=len(rows),
            cells=", ".join(address(row, column) for row in rows[:_EXAMPLES])
            + (" …" if len(rows) > _EXAMPLES else ""),
        )
        for (column, text), rows in places.items()
    ]


def _widths(filled: Iterable[tuple[int, list[Any]]], width: int, request: Request) -> list[Issue]:
    """Return findings about rows with more or fewer cells than headings."""
    issues = []
    for row, record in filled:
        if not all(map(blank, record[width:])):
            code = "too_many_cells"
        elif len(record) < width:
            code = "too_few_cells"
        else:
            continue
        issues.append(request.issue(code, row, cells=len(record), columns=width))
    return issues
