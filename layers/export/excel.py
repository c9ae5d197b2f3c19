"""XLSX: written, and read back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import xlsxwriter

from layers.errors import Text
from layers.export.check import compare
from layers.export.notes import heading
from layers.export.sheets import flatten
from layers.frames import to_type
from layers.intake.readers.workbooks import sheet_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.export.notes import Notes
    from layers.export.sheets import Sheet

_DICTIONARY = Text("数据字典", "Dictionary")
_README = Text("说明", "Read me")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_NAME_LENGTH = 31
_COLUMN_WIDTH, _WIDE_COLUMN = 16, 40

# Text stays text: nothing a planner typed is run, fetched or turned into a number.
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_xlsx(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write sheets as a workbook: titles in the first row, typed columns.

    Places become two coordinate columns (of a point inside, for lines and
    areas). Behind the layers stand a dictionary and a sheet of notes.
    """
    book = xlsxwriter.Workbook(path, _OPTIONS)
    try:
        book.set_properties(
            {
                "comments": "；".join(s.get(notes.lang) for s in notes.sentences),
                # The format has no time zone; Excel reads the time as UTC.
                "created": notes.stamp.astimezone(UTC).replace(tzinfo=None),
            }
        )
        for name, sheet in _named(sheets, notes.lang):
            page = book.add_worksheet(name)
            _write_sheet(book, page, sheet, notes)
        for title, table in ((_DICTIONARY, notes.dictionary), (_README, notes.readme)):
            page = book.add_worksheet(title.get(notes.lang))
            _write_texts(book, page, table)
            if title is _README:
                for row, sentence in enumerate(notes.sentences, start=len(table) + 2):
                    page.write_string(row, 0, sentence.get(notes.lang))
    finally:
        book.close()


def check_xlsx(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Read a workbook back and compare it: titles, counts and every cell."""
    for name, sheet in _named(sheets, notes.lang):
        headings, *records = sheet_records(path, name)
        fields = sheet.fields
        titles = {heading(f, notes.lang): f.name for f in fields}
        # A title that is not ours stays as it is, and the comparison says so.
        names = [titles.get(str(title), str(title)) for title in headings]
        compare(sheet, pd.DataFrame(records, columns=names, dtype=object))


def _named(sheets: Sequence[Sheet], lang: str) -> list[tuple[str, Sheet]]:
    """Return flat sheets with the names of their pages, the marks in the name."""
    named: dict[str, Sheet] = {}
    for sheet in sheets:
        marks = "·".join(mark.zh for mark in sheet.marks)
        title = _FORBIDDEN.sub(" ", sheet.title.get(lang))
        suffix = f"（{marks}）" if marks else ""
        name = title[: _NAME_LENGTH - len(suffix)] + suffix
        number = 2
        while name in named:
            suffix = f"{suffix.rstrip('0123456789 ')} {number}"
            name = title[: _NAME_LENGTH - len(suffix)] + suffix
            number += 1
        named[name] = _with_titles(flatten(sheet, wkt=False), lang)
    return list(named.items())


def _with_titles(sheet: Sheet, lang: str) -> Sheet:
    """Return a sheet with the titles of choices instead of their codes, and unique headings."""
    frame = sheet.frame.copy()
    for field in sheet.fields:
        if field.choices:
            titled = frame[field.name].map(
                lambda value, field=field: field.choice_title(value, lang), na_action="ignore"
            )
            frame[field.name] = to_type(titled, "text")
    fields: list[FieldSpec] = []
    for field in sheet.fields:
        taken = {heading(f, lang) for f in fields}
        twice = heading(field, lang) in taken
        title = Text(f"{field.title.zh} {field.name}", f"{field.title.en} {field.name}")
        fields.append(replace(field, title=title) if twice else field)
    return replace(sheet, frame=frame, fields=tuple(fields))


def _write_sheet(book: Any, page: Any, sheet: Sheet, notes: Notes) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for column, field in enumerate(sheet.fields):
        page.write_string(0, column, heading(field, notes.lang), bold)
        _write_column(page, column, sheet.frame[field.name], field, _format(book, field))
    page.set_column(0, max(len(sheet.fields) - 1, 0), _COLUMN_WIDTH)
    page.freeze_panes(1, 0)
    if sheet.fields:
        page.autofilter(0, 0, len(sheet.frame), len(sheet.fields) - 1)
    # The header of the printed page carries the marks beyond the screen.
    printed = [mark.get(notes.lang) for mark in sheet.marks]
    printed += [sentence.get(notes.lang) for sentence in notes.sentences[:1]]
    if printed:
        page.set_header("&C" + " ".join(printed).replace("&", "&&"))


def _format(book: Any, field: FieldSpec) -> Any:  # noqa: ANN401 -- xlsxwriter has no types
    patterns: Mapping[str, str] = {
        "date": "yyyy-mm-dd",
        # A number without unit may be a year, which has no thousands.
        "integer": "#,##0" if field.unit else "0",
        "number": "#,##0.00" if field.unit and field.unit != "°" else "General",
    }
    return book.add_format({"num_format": patterns.get(field.type, "@")})


def _write_column(
    page: Any,  # noqa: ANN401 -- xlsxwriter has no types
    column: int,
    values: pd.Series[Any],
    field: FieldSpec,
    style: Any,  # noqa: ANN401 -- xlsxwriter has no types
) -> None:
    writers = {
        "integer": page.write_number,
        "number": page.write_number,
        "boolean": page.write_boolean,
        "date": page.write_datetime,
    }
    write = writers.get(field.type, page.write_string)
    plain = None if field.type == "boolean" else style
    for row, value in enumerate(values, start=1):
        if not pd.isna(value):
            write(row, column, value, plain)


def _write_texts(book: Any, page: Any, table: pd.DataFrame) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    bold = book.add_format({"bold": True})
    for column, name in enumerate(table.columns):
        page.write_string(0, column, name, bold)
        for row, value in enumerate(table[name].fillna(""), start=1):
            page.write_string(row, column, value)
    page.set_column(0, max(len(table.columns) - 1, 0), _WIDE_COLUMN)
    page.freeze_panes(1, 0)
