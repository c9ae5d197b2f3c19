"""Rejected rows as text and as a workbook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.contract import REJECT_COLUMNS
from layers.errors import ExportUsageError
from layers.errors import IntakeError
from layers.errors import Text
from layers.intake.rejecting.reject_rows import FORMS
from layers.intake.rejecting.reject_rows import typed
from layers.intake.source import Request
from layers.intake.source import text_of
from layers.values import formula_safe

if TYPE_CHECKING:
    from pathlib import Path

    from layers.intake.rejecting.reject_rows import Rejects
    from layers.intake.run import IntakeResult

_ROW = REJECT_COLUMNS[0]
_PAGE = "拒收行"
_MOST_ROWS, _MOST_CHARACTERS, _NAME_LENGTH = 1_048_575, 32_767, 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_WIDTH, _WIDE = 14, 44
_MARKED, _HEAD = "#FFF2CC", "#F8CBAD"
_TEXT_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_csv(rejects: Rejects, path: Path) -> None:
    """Write text with the encoding and the separator of the file that was sent."""
    encoding, delimiter = _dialect(rejects.result)
    if path.suffix == ".tsv":
        delimiter = "\t"
    safe = rejects.table
    safe.columns = [formula_safe(str(name)) for name in safe.columns]
    for name in safe.columns:
        if name != _ROW:
            safe[name] = safe[name].map(formula_safe, na_action="ignore")
    safe.to_csv(path, index=False, encoding=encoding, sep=delimiter, lineterminator="\r\n")


def _dialect(result: IntakeResult) -> tuple[str, str]:
    """Return encoding and separator of the text file that was sent."""
    unknown = ("utf-8-sig", ",")
    if result.path is None or FORMS.get(result.path.suffix.lower()) != ".csv":
        return unknown
    try:
        with result.path.open("rb") as file:
            wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        text, assumed = text_of(Request(result.path))
    except (IntakeError, OSError):
        return unknown
    encoding = "utf-16" if wide else "gb18030" if assumed else "utf-8-sig"
    return encoding, _separator(text, [str(name) for name in result.rejected.columns])


def _separator(text: str, headings: list[str]) -> str:
    """Return the separator that stands between most headings in any one line."""
    first = [line for line in text[:100_000].splitlines() if line.strip()][:20]
    between = len(headings) - len(REJECT_COLUMNS) - 1
    near = {mark: min(abs(line.count(mark) - between) for line in first) for mark in ",\t;|"}
    return min(near, key=lambda mark: near[mark])


def write_xlsx(rejects: Rejects, path: Path) -> None:
    """Write a workbook of one sheet, what is wrong in colour; numbers stay numbers.

    Raises
    ------
    ExportUsageError
        If there are more rows, or longer texts, than a sheet can hold.
    """
    import xlsxwriter

    table = rejects.table
    _check_fits(table)
    book = xlsxwriter.Workbook(path, _TEXT_OPTIONS)
    try:
        page = book.add_worksheet(_page_name(rejects.part))
        head = {"bold": True, "text_wrap": True, "valign": "top"}
        for column, name in enumerate(table.columns):
            verdict = name in REJECT_COLUMNS
            style = book.add_format({**head, "bg_color": _HEAD} if verdict else head)
            body = book.add_format({"bg_color": _MARKED} if verdict else {})
            page.write_string(0, column, str(name), style)
            wide = verdict and name not in REJECT_COLUMNS[:2]
            page.set_column(column, column, _WIDE if wide else _WIDTH)
            for row, cell in enumerate(table[name], start=1):
                _write_cell(page, row, column, cell, body)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, len(table), len(table.columns) - 1)
    finally:
        book.close()


def _write_cell(page: Any, row: int, column: int, cell: Any, style: Any) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    value = None if pd.isna(cell) else typed(cell)
    if value is None:
        return
    if isinstance(value, str):
        page.write_string(row, column, value, style)
    else:
        page.write_number(row, column, value, style)


def _check_fits(table: pd.DataFrame) -> None:
    longest = max((len(str(c)) for name in table for c in table[name].dropna()), default=0)
    if len(table) > _MOST_ROWS or longest > _MOST_CHARACTERS:
        raise ExportUsageError(
            Text(
                "拒收行过多，或单元格文字过长，工作簿放不下；请改用 .csv",
                "there are too many rejected rows, or texts too long, for a workbook; use .csv",
            )
        )


def _page_name(part: str) -> str:
    name = _FORBIDDEN.sub(" ", part).strip("' ")[:_NAME_LENGTH].strip("' ")
    # The programs that write workbooks keep this name for themselves.
    return name if name and name.casefold() != "history" else _PAGE
