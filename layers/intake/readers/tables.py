"""Reader of text tables: CSV, and what offices call so."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.intake.readers.grids import Grid
from layers.intake.readers.grids import table
from layers.intake.readers.headings import vocabulary
from layers.intake.readers.sheet_kinds import is_workbook
from layers.intake.source import MAX_BYTES
from layers.intake.source import marked_encoding
from layers.intake.source import text_of
from layers.values import formula_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue

_DELIMITERS = ",\t;|，；"
_SEARCHED = 40
# How Excel says which mark separates the cells.
_DECLARED = re.compile(r"\s*\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n|$)", re.IGNORECASE)


def read_csv(request: Request, *, earlier: Sequence[Issue] = ()) -> Raw:
    """Read a CSV, whichever mark separates its cells.

    Comma, tabulator, semicolon and upright stroke are told apart, the first two
    in full width too, and so is Excel's first line ``sep=;``. A workbook that is
    called ``.csv`` is read as what it is.

    Parameters
    ----------
    request
        The file.
    earlier
        What was found out about the file before.

    Raises
    ------
    IntakeError
        If the file is not text, has no headings or a quote is never closed.
    """
    if is_workbook(request):
        from layers.intake.readers.workbooks import read_workbook

        return read_workbook(request)
    text, issues = text_of(request)
    # The default limit of 128 KiB a cell is less than a detailed polygon as WKT.
    csv.field_size_limit(MAX_BYTES)
    declared = _DECLARED.match(text)
    delimiter = declared[1] if declared else _delimiter(text)
    body = text[declared.end() :] if declared else text
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    try:
        records = [[formula_plain(cell) for cell in record] for record in reader]
    except csv.Error as error:
        line = reader.line_num + (1 if declared else 0)
        request.refuse(
            f"第 {line} 行的引号不成对或格式有误",
            f"unbalanced quotes or a broken format at line {line} ({error})",
            error,
        )
    return table(
        Grid(records, ragged=True),
        request,
        [*earlier, *issues],
        facts={"kind": Text("CSV 文本", "CSV text"), "encoding": _encoding(issues, request)},
    )


def _encoding(issues: Sequence[Issue], request: Request) -> Text:
    assumed = any(issue.code == "encoding_assumed" for issue in issues)
    name = request.encoding or ("GB18030" if assumed else marked_encoding(request) or "UTF-8")
    return Text(name, name)


def _delimiter(text: str) -> str:
    """Return the mark that makes most known headings, or else most cells, in one of the lines.

    A title above the headings has few marks, and none that makes it a heading.
    """
    lines = [line for line in text[: 1 << 20].splitlines() if line.strip()][:_SEARCHED]
    known = vocabulary()
    scores = {}
    for mark in _DELIMITERS:
        rows = [_cells(line, mark) for line in lines]
        best = max((known.count(row) if len(row) > 1 else 0 for row in rows), default=0)
        scores[mark] = (best, len(rows[0]) if rows else 0)
    return max(_DELIMITERS, key=lambda mark: scores[mark])


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])
