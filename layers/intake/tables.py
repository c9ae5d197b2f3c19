"""Readers of CSV text and XLSX workbooks."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.utils import get_column_letter

from layers.intake.source import MAX_BYTES
from layers.intake.source import Raw
from layers.intake.source import text_of
from layers.values import cell_text
from layers.values import formula_plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from layers.intake.source import Request
    from layers.issues import Issue

    Row = Sequence[Any]

_DELIMITERS = ",\t;"
_MAX_UNPACKED = 4 * MAX_BYTES
_MAX_PARTS = 10_000

# What openpyxl raises on a workbook that is damaged in one way or another.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,  # of the XML parser
    TokenizerError,  # of a formula that many cells share
    TranslatorError,
)


def read_csv(request: Request) -> Raw:
    """Read a CSV with comma, tabulator or semicolon.

    Raises
    ------
    IntakeError
        If the file is not text, has no headings or a quote is never closed.
    """
    text, issues = text_of(request)
    # The default limit of 128 KiB a cell is less than a detailed polygon as WKT.
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        records = [[formula_plain(cell) for cell in record] for record in reader]
    except csv.Error as error:
        request.refuse(
            f"第 {reader.line_num} 行的引号不成对或格式有误",
            f"unbalanced quotes or a broken format at line {reader.line_num} ({error})",
            error,
        )
    while records and not any(cell.strip() for cell in records[0]):
        records.pop(0)
    return _table(records, request, issues, ragged=True)


def read_xlsx(request: Request) -> Raw:
    """Read the first sheet of a workbook, with the headings in its first row.

    Raises
    ------
    IntakeError
        If the file is no workbook, is damaged, or unpacks to too much.
    """
    _check_archive(request)
    try:
        records = sheet_records(request.path)
        pending = _uncalculated(request.path)
    except _DAMAGED as error:
        request.refuse(
            "不是 XLSX 工作簿或已损坏；请用表格软件另存为 .xlsx",
            f"it is no XLSX workbook or is damaged ({type(error).__name__}); save it again",
            error,
        )
    return _table(records, request, [], ragged=False, pending=pending)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda mark: _cells(first, mark))


def _cells(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter), []))


def _check_archive(request: Request) -> None:
    """Refuse archives that are made to fill the memory."""
    try:
        with zipfile.ZipFile(request.path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        request.refuse(
            "不是 XLSX 工作簿（旧版 .xls 请另存为 .xlsx）",
            "it is no XLSX workbook (save an old .xls as .xlsx)",
            error,
        )
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        request.refuse("解压后过大；请拆分后导入", "it unpacks to too much; split it")


def sheet_records(path: Path, name: str | None = None) -> list[Row]:
    """Return the cells of the sheet `name`, by default of the first one, in rows of one width."""
    with _sheet(path, name) as sheet:
        rows = list(sheet.iter_rows(values_only=True))
    width = max((len(row) for row in rows), default=0)
    return [(*row, *[None] * (width - len(row))) for row in rows]


@contextmanager
def _sheet(path: Path, name: str | None = None, *, formulas: bool = False) -> Iterator[Any]:
    with warnings.catch_warnings():
        # openpyxl warns of styles, headers and validations, which are not read here.
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(path, read_only=True, data_only=not formulas)
        try:
            sheet = book.worksheets[0] if name is None else book[name]
            # The size written in the file may be wrong; count the cells instead.
            sheet.reset_dimensions()
            yield sheet
        finally:
            book.close()


def _uncalculated(path: Path) -> list[tuple[int, int]]:
    """Return record and column, from 0, of the formulas whose result the file does not hold.

    Programs that write workbooks leave the results to the spreadsheet; until
    one has opened and saved the file, such cells read as empty.
    """
    with _sheet(path) as results, _sheet(path, formulas=True) as formulas:
        pairs = zip(results.iter_rows(), formulas.iter_rows(), strict=True)
        return [
            (row, column)
            for row, cells in enumerate(pairs)
            for column, (result, formula) in enumerate(zip(*cells, strict=True))
            # A result of type "str" without a value is the empty text: =IF(A1>0,A1,"").
            if formula.data_type == "f" and result.value is None and result.data_type != "str"
        ]


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _headings(cells: Row) -> list[str]:
    """Return unique names; a column without heading is called by its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = f"#{number}" if _blank(cell) else cell_text(cell).strip()
        again = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({again + 1})" if again else name)
    return names


def _table(
    records: Sequence[Row],
    request: Request,
    issues: list[Issue],
    *,
    ragged: bool,
    pending: Sequence[tuple[int, int]] = (),
) -> Raw:
    if not records or all(_blank(cell) for cell in records[0]):
        request.refuse("第一行没有表头", "there are no headings in the first row")
    headings = _headings(records[0])
    # A column without heading is not read, and neither are its formulas; but
    # that the heading itself is one must be said.
    awaited = [(row, col) for row, col in pending if row == 0 or not _blank(records[0][col])]
    kept = {row for row, _ in awaited}
    filled = [
        (row, list(record))
        for row, record in enumerate(records[1:], start=1)
        if row in kept or not all(_blank(cell) for cell in record)
    ]
    issues = [*issues, *_formulas(awaited, headings, request)]
    if ragged:
        issues = [*issues, *_widths(filled, len(headings), request)]
    width = len(headings)
    cells = [(record + [None] * width)[:width] for _, record in filled]
    frame = pd.DataFrame(cells, columns=headings, dtype=object)
    nameless = [n for n in headings if n.startswith("#") and frame[n].map(_blank).all()]
    rows = pd.Series([row for row, _ in filled], dtype="int64")
    return Raw(frame.drop(columns=nameless), rows, tuple(issues))


def _formulas(
    awaited: Iterable[tuple[int, int]], headings: Sequence[str], request: Request
) -> list[Issue]:
    """Return findings about formulas without result."""
    return [
        request.issue(
            "formula_without_result",
            row,
            headings[column],
            cell=f"{get_column_letter(column + 1)}{row + 1}",
        )
        for row, column in awaited
    ]


def _widths(filled: Iterable[tuple[int, list[Any]]], width: int, request: Request) -> list[Issue]:
    """Return findings about rows with more or fewer cells than headings."""
    issues = []
    for row, record in filled:
        if not all(_blank(cell) for cell in record[width:]):
            code = "too_many_cells"
        elif len(record) < width:
            code = "too_few_cells"
        else:
            continue
        issues.append(request.issue(code, row, cells=len(record), columns=width))
    return issues
