"""A pack is read back before it is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd

from layers.errors import ExportError
from layers.errors import Text
from layers.export.notes import heading
from layers.packs.book import reply_columns
from layers.packs.book import sheet_names
from layers.safety import safe

if TYPE_CHECKING:
    from pathlib import Path

    from layers.packs.content import Pack


def check_book(pack: Pack, path: Path) -> None:
    """Read the workbook back: sheets, what is filled in, and every fact.

    Raises
    ------
    ExportError
        If anything differs.
    """
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        _require(tuple(book.sheetnames) == sheet_names(pack), path, "sheets")
        reply, listed, _readme = (book[name] for name in sheet_names(pack))
        columns = reply_columns(pack)
        expected = [tuple(column.heading for column in columns)]
        expected += list(zip(*(column.cells for column in columns), strict=True))
        _require(_rows(reply) == expected, path, sheet_names(pack)[0])
        titles = [heading(field, pack.lang) for field in pack.facts.fields]
        first, *rows = _rows(listed)
        _require(list(first[1:]) == titles, path, sheet_names(pack)[1])
        _require(len(rows) == len(pack.facts.frame), path, "rows")
        for row, (_index, told) in zip(rows, pack.facts.frame.iterrows(), strict=True):
            for cell, value in zip(row[1:], told, strict=True):
                _require(_same(cell, value), path, f"{told['carrier_id']}: {cell!r} / {value!r}")
    finally:
        book.close()


def check_brief(pack: Pack, path: Path) -> None:
    """Read the brief back: a heading and a table for every carrier, and the map.

    Raises
    ------
    ExportError
        If anything differs.
    """
    import docx

    document: Any = docx.Document(str(path))
    cards = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    _require(len(cards) == len(document.tables) == len(pack.facts.frame), path, "cards")
    for number, (card, name) in enumerate(zip(cards, pack.facts.frame["name"], strict=True), 1):
        _require(card.startswith(f"{number}  "), path, f"card {number}")
        _require(pd.isna(name) or safe(str(name), "document") in card, path, f"card {number}")
    pictures = len(document.inline_shapes)
    _require(pictures == (pack.picture is not None), path, "map")


def _rows(page: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - of openpyxl
    return [tuple(row) for row in page.iter_rows(values_only=True)]


def _same(cell: object, value: Any) -> bool:  # noqa: ANN401 - any cell of a table
    if pd.isna(value):
        return cell is None
    if isinstance(value, float | int) and isinstance(cell, float | int):
        return abs(float(cell) - float(value)) <= 1e-9 * max(1.0, abs(float(value)))
    if isinstance(value, pd.Timestamp):
        return pd.Timestamp(str(cell)) == value
    return bool(cell == value)


def _require(same: bool, path: Path, what: str) -> None:
    if not same:
        raise ExportError(
            Text(
                f"回读校验未通过，{path.name} 未写出：{what}",
                f"{path.name} read back differs and was not kept: {what}",
            )
        )
