"""The workbook of a pack: a sheet to reply on, the carriers, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import xlsxwriter

from layers.export.notes import heading
from layers.packs import words
from layers.packs.facts import digits_of
from layers.packs.fitting import row_height
from layers.packs.fitting import text_width

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.packs.content import Pack

# Text stays text: nothing from data is run, fetched or turned into a number.
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_FILLED = ("reply_id", "pack", "carrier_id")
_GIVEN_MARK = "sample"
_NOT_ASKED = {_GIVEN_MARK, "source"}
_REQUIRED = "*"
_GIVEN, _ASKED = "#E6EBEF", "#FFF7D6"
_BODY = {"text_wrap": True, "valign": "top"}
_HEAD = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_WHOLE = "#,##0"
_NUMERIC = ("number", "integer")
_HAIR = 7
_FIRST_DAY = pd.Timestamp(2000, 1, 1)
_LAST_DAY = pd.Timestamp(2100, 12, 31)
_NARROW, _WIDE, _PROSE = 12, 26, 60
_LONG_TEXTS = {"name", "address", "provides", "missing"}
# So that all columns fit one page across and are still read.
_REPLY_NARROW, _REPLY_WIDE, _WRITTEN = 10, 20, 22
_WRITTEN_TEXTS = {"operator", "conditions", "note"}
# 17 mm, so that there are 10 mm to write in by hand when the page is printed at six tenths.
_REPLY_ROW_PT = 48.5
# The button of the filter covers the end of a heading; bold is wider.
_BUTTON, _BOLD = 3.0, 1.1
_CENTRE, _PAGES = "&C", "&C&P / &N"
_SIDE_IN = 0.4
_A3, _A4 = 8, 9
_FROZEN = 4


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the reply sheet: heading, what is filled in already, and its field if asked."""

    heading: str
    cells: tuple[str | None, ...]
    asked: FieldSpec | None = None


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
            page.set_footer(_PAGES)
            page.set_landscape()
            page.set_margins(left=_SIDE_IN, right=_SIDE_IN)
            page.set_paper(_A3)
            page.fit_to_pages(1, 0)
        readme.set_paper(_A4)
        # Too many columns for one page to be read.
        list_sheet.fit_to_pages(2, 0)
        list_sheet.repeat_columns(0, 2)
        for page in (reply_sheet, list_sheet):
            page.repeat_rows(0)
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
    columns = [_Column(_reply_heading(spec.field(n), pack), tuple(given[n])) for n in _FILLED]
    for title, name in ((words.NAME, "name"), (words.PLACE, "address")):
        told = tuple(None if pd.isna(value) else str(value) for value in frame[name])
        columns.append(_Column(title.get(lang), told))
    # A reply about a sample is a sample.
    marks = tuple((words.YES if sample else words.NO).get(lang) for sample in pack.facts.sample)
    columns.append(_Column(_reply_heading(spec.field(_GIVEN_MARK), pack), marks))
    empty: tuple[None, ...] = (None,) * len(ids)
    columns += [
        _Column(_reply_heading(field, pack), empty, field)
        for field in spec.fields
        if field.name not in {*_FILLED, *_NOT_ASKED}
    ]
    return columns


def _reply_heading(field: FieldSpec, pack: Pack) -> str:
    must = field.required or field.name == pack.replies.id_field
    return heading(field, pack.lang) + (_REQUIRED if must else "")


def _write_replies(book: Any, page: Any, pack: Pack) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    columns, rows = reply_columns(pack), len(pack.facts.frame)
    widths = [_reply_width(column) for column in columns]
    for number, (column, wide) in enumerate(zip(columns, widths, strict=True)):
        asked = column.asked
        colour = _GIVEN if asked is None else _ASKED
        page.write_string(0, number, column.heading, book.add_format({**_HEAD, "bg_color": colour}))
        pattern = "@" if asked is None else _pattern(asked)
        body = book.add_format({**_BODY, "num_format": pattern, "border": 1})
        page.set_column(number, number, wide)
        for row, cell in enumerate(column.cells, start=1):
            if cell is None:
                page.write_blank(row, number, None, body)
            else:
                page.write_string(row, number, cell, body)
        rule = None if asked is None else _validation(asked, pack.lang)
        if rule is not None:
            page.data_validation(1, number, rows, number, rule)
    page.freeze_panes(1, _FROZEN)
    page.set_row(0, _head_height([column.heading for column in columns], widths))
    for row, cells in enumerate(zip(*(column.cells for column in columns), strict=True), start=1):
        told = [(cell or "", wide) for cell, wide in zip(cells, widths, strict=True)]
        page.set_row(row, row_height(told, least=_REPLY_ROW_PT))


def _reply_width(column: _Column) -> float:
    if column.asked is not None and column.asked.name in _WRITTEN_TEXTS:
        return _WRITTEN
    texts = filter(None, column.cells)
    longest = max((text_width(text) for text in texts), default=0.0) + 2
    return min(max(longest, _REPLY_NARROW), _REPLY_WIDE)


def _head_height(headings: Sequence[str], widths: Sequence[float], *, button: float = 0) -> float:
    narrower = [(wide - button) / _BOLD for wide in widths]
    return row_height(zip(headings, narrower, strict=True))


def _pattern(field: FieldSpec) -> str:
    """Return the number format of a cell: as many decimals as a card tells."""
    if field.type in _NUMERIC:
        digits = digits_of(field)
        return _WHOLE + ("." + "0" * digits if digits else "")
    return "yyyy-mm-dd" if field.type == "date" else "@"


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
    count = book.add_format({**_BODY, "align": "left", "border": _HAIR})
    for row in range(len(facts.frame)):
        page.write_number(row + 1, 0, row + 1, count)
    headings = [heading(field, pack.lang) for field in facts.fields]
    widths = [_list_width(field) for field in facts.fields]
    for number, field in enumerate(facts.fields, start=1):
        page.write_string(0, number, headings[number - 1], head)
        page.set_column(number, number, widths[number - 1])
        _write_column(book, page, number, facts.frame[field.name], field)
    page.set_row(0, _head_height(headings, widths, button=_BUTTON))
    for row, cells in enumerate(facts.frame.itertuples(index=False), start=1):
        texts = zip(cells, widths, strict=True)
        page.set_row(row, row_height((c, wide) for c, wide in texts if isinstance(c, str)))
    page.freeze_panes(1, 3)
    page.autofilter(0, 0, len(facts.frame), len(facts.fields))


def _list_width(field: FieldSpec) -> float:
    if field.name == "reason":
        return _PROSE
    return _WIDE if field.name in _LONG_TEXTS else _NARROW


def _write_column(
    book: Any,  # noqa: ANN401 -- xlsxwriter has no types
    page: Any,  # noqa: ANN401 -- xlsxwriter has no types
    number: int,
    values: pd.Series[Any],
    field: FieldSpec,
) -> None:
    # Numbers keep clear of the text in the next column.
    aligned = {"align": "right", "indent": 1} if field.type in _NUMERIC else {"align": "left"}
    shape = {**_BODY, **aligned, "num_format": _pattern(field), "border": _HAIR}
    body = book.add_format(shape)
    writers = {"number": page.write_number, "date": page.write_datetime}
    write = writers.get(field.type, page.write_string)
    for row, value in enumerate(values, start=1):
        if pd.isna(value):
            page.write_blank(row, number, None, body)
        else:
            write(row, number, value, body)


def _write_readme(book: Any, page: Any, pack: Pack) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    bold = book.add_format({**_BODY, "bold": True})
    wrap = book.add_format(_BODY)
    lang = pack.lang
    rows = [(words.PACK.get(lang), pack.number), (words.MADE.get(lang), pack.made.isoformat())]
    rows += [("", mark) for mark in pack.marks]
    rows += [(words.HOW_HEADING.get(lang), "")]
    rows += [("", f"{n}. {step.get(lang)}") for n, step in enumerate(words.HOW, start=1)]
    # A row a line: many sources are higher than a row can be.
    for title, text in pack.basis:
        first, *more = text.split("\n")
        rows += [(title, first), *(("", line) for line in more)]
    widths = (_WIDE, 2 * _PROSE)
    for row, cells in enumerate(rows):
        for column, (text, style) in enumerate(zip(cells, (bold, wrap), strict=True)):
            page.write_string(row, column, text, style)
        page.set_row(row, row_height(zip(cells, widths, strict=True)))
    for column, wide in enumerate(widths):
        page.set_column(column, column, wide)
