"""The workbook of a pack: a sheet to reply on, the carriers, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import xlsxwriter

from layers.export.notes import heading
from layers.packs import words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.packs.content import Pack

# Text stays text: nothing from data is run, fetched or turned into a number.
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_FILLED = ("reply_id", "pack", "carrier_id")
_NOT_ASKED = {"sample", "source"}
_REQUIRED = "*"
_GIVEN, _ASKED = "#E6EBEF", "#FFF7D6"
_HEAD = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_PATTERNS = {"date": "yyyy-mm-dd", "number": "#,##0.##", "integer": "0"}
_FIRST_DAY = pd.Timestamp(2000, 1, 1)
_LAST_DAY = pd.Timestamp(2100, 12, 31)
_NARROW, _WIDE, _PROSE = 13, 28, 60
_LONG_TEXTS = {"name", "address", "provides", "missing"}
_CENTRE = "&C"
_A3, _A4 = 8, 9
_FROZEN = 4


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the reply sheet: heading, what is filled in already, and its field."""

    heading: str
    cells: tuple[str | None, ...]
    field: FieldSpec | None


def write_book(pack: Pack, path: Path) -> None:
    """Write the workbook of a pack.

    Parameters
    ----------
    pack
        What is told.
    path
        The ``.xlsx`` file.
    """
    book = xlsxwriter.Workbook(path, _OPTIONS)
    try:
        book.set_properties(
            {"title": words.TITLE.get(pack.lang), "comments": "；".join(pack.marks)}
        )
        reply_sheet, list_sheet, readme = (book.add_worksheet(name) for name in sheet_names(pack))
        _write_replies(book, reply_sheet, pack)
        _write_list(book, list_sheet, pack)
        _write_readme(book, readme, pack)
        for page in (reply_sheet, list_sheet, readme):
            # The header of the printed page carries the marks beyond the screen.
            page.set_header(_CENTRE + " ".join(pack.marks[:-1]).replace("&", "&&"))
            page.set_landscape()
            page.set_paper(_A4)
            page.fit_to_pages(1, 0)
        # Too many columns for one page to be read.
        list_sheet.set_paper(_A3)
        list_sheet.fit_to_pages(2, 0)
        list_sheet.repeat_columns(0, 2)
    finally:
        book.close()


def sheet_names(pack: Pack) -> tuple[str, str, str]:
    """Return the names of the reply sheet, the list of carriers and the notes."""
    reply = pack.replies.title.get(pack.lang) + words.REPLY_ENDING.get(pack.lang)
    return reply, words.LIST_SHEET.get(pack.lang), words.README_SHEET.get(pack.lang)


def reply_columns(pack: Pack) -> list[_Column]:
    """Return the columns of the reply sheet: what is given first, then what is asked."""
    frame, spec, lang = pack.facts.frame, pack.replies, pack.lang
    ids = frame["carrier_id"].tolist()
    given = {
        "reply_id": [f"{pack.number}-{carrier}" for carrier in ids],
        "pack": [pack.number] * len(ids),
        "carrier_id": ids,
    }
    columns = [_asked(spec.field(n), lang, tuple(given[n]), spec.id_field) for n in _FILLED]
    for title, name in ((words.NAME, "name"), (words.PLACE, "address"), (words.MARK, "mark")):
        told = tuple(None if pd.isna(value) else str(value) for value in frame[name])
        columns.append(_Column(title.get(lang), told, None))
    empty: tuple[None, ...] = (None,) * len(ids)
    columns += [
        _asked(field, lang, empty, spec.id_field)
        for field in spec.fields
        if field.name not in {*_FILLED, *_NOT_ASKED}
    ]
    return columns


def _asked(field: FieldSpec, lang: str, cells: Sequence[str | None], id_field: str) -> _Column:
    must = field.required or field.name == id_field
    return _Column(heading(field, lang) + (_REQUIRED if must else ""), tuple(cells), field)


def _write_replies(book: Any, page: Any, pack: Pack) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    rows = len(pack.facts.frame)
    for number, column in enumerate(reply_columns(pack)):
        asked = column.field is not None and column.field.name not in _FILLED
        head = book.add_format({**_HEAD, "bg_color": _ASKED if asked else _GIVEN})
        page.write_string(0, number, column.heading, head)
        kind = column.field.type if column.field is not None and asked else "text"
        body = book.add_format({"num_format": _PATTERNS.get(kind, "@"), "border": 1})
        page.set_column(number, number, _width([column.heading, *filter(None, column.cells)]))
        for row, cell in enumerate(column.cells, start=1):
            if cell is None:
                page.write_blank(row, number, None, body)
            else:
                page.write_string(row, number, cell, body)
        rule = _validation(column.field, pack.lang) if asked and column.field is not None else None
        if rule is not None:
            page.data_validation(1, number, rows, number, rule)
    page.freeze_panes(1, _FROZEN)
    page.set_row(0, 45)


def _width(texts: Sequence[str]) -> int:
    # A Chinese character is as wide as two others.
    longest = max(sum(2 if ord(letter) > 0xFF else 1 for letter in text) for text in texts)  # noqa: PLR2004
    return min(max(longest + 2, _NARROW), _WIDE)


def _validation(field: FieldSpec, lang: str) -> Mapping[str, Any] | None:
    """Return what a spreadsheet is to check while somebody replies."""
    title = {"error_title": words.WRONG.get(lang), "error_message": words.HOW[1].get(lang)}
    if field.choices:
        return {"validate": "list", "source": [c.title.get(lang) for c in field.choices], **title}
    if field.type == "number":
        return {"validate": "decimal", "criteria": ">=", "value": field.minimum or 0, **title}
    if field.type == "date":
        days = {"minimum": _FIRST_DAY, "maximum": _LAST_DAY}
        return {"validate": "date", "criteria": "between", **days, **title}
    return None


def _write_list(book: Any, page: Any, pack: Pack) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    facts = pack.facts
    head = book.add_format({**_HEAD, "bg_color": _GIVEN})
    page.write_string(0, 0, words.NUMBER.get(pack.lang), head)
    for row in range(len(facts.frame)):
        page.write_number(row + 1, 0, row + 1)
    for number, field in enumerate(facts.fields, start=1):
        page.write_string(0, number, heading(field, pack.lang), head)
        wide = _PROSE if field.name == "reason" else _WIDE if field.name in _LONG_TEXTS else _NARROW
        page.set_column(number, number, wide)
        _write_column(book, page, number, facts.frame[field.name], field)
    page.freeze_panes(1, 3)
    page.autofilter(0, 0, len(facts.frame), len(facts.fields))


def _write_column(
    book: Any,  # noqa: ANN401 -- xlsxwriter has no types
    page: Any,  # noqa: ANN401 -- xlsxwriter has no types
    number: int,
    values: pd.Series[Any],
    field: FieldSpec,
) -> None:
    pattern = _PATTERNS.get(field.type, "@")
    body = book.add_format({"num_format": pattern, "text_wrap": True, "valign": "top"})
    writers = {"number": page.write_number, "date": page.write_datetime}
    write = writers.get(field.type, page.write_string)
    for row, value in enumerate(values, start=1):
        if not pd.isna(value):
            write(row, number, value, body)


def _write_readme(book: Any, page: Any, pack: Pack) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    lang = pack.lang
    rows = [(words.PACK.get(lang), pack.number), (words.MADE.get(lang), pack.made.isoformat())]
    rows += [("", mark) for mark in pack.marks]
    rows += [(words.HOW_HEADING.get(lang), "")]
    rows += [("", f"{n}. {step.get(lang)}") for n, step in enumerate(words.HOW, start=1)]
    rows += list(pack.basis)
    for row, (title, text) in enumerate(rows):
        page.write_string(row, 0, title, bold)
        page.write_string(row, 1, text, wrap)
    page.set_column(0, 0, _WIDE)
    page.set_column(1, 1, 2 * _PROSE)
