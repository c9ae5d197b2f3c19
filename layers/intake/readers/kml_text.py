"""Descriptions of KML placemarks: HTML that programs make from attributes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELLS = frozenset({"td", "th"})
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "table", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"style", "script", "title"})
_NULLS = frozenset({"<null>", "null", "&lt;null&gt;"})
_HTML = re.compile(r"<[a-zA-Z!/]")
_PAIR = 2


class _Page(HTMLParser):
    """Collects the rows of all tables, and the text outside of them.

    Tables stand within cells of tables, and many end tags are left out.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.outside: list[str] = []
        # Open rows and the words of open cells, each with the depth of its table.
        self._open_rows: list[tuple[int, list[str]]] = []
        self._open_cells: list[tuple[int, list[str]]] = []
        self._depth = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        del attrs  # no address in them is ever followed
        if tag == "table":
            self._depth += 1
        elif tag == "tr":
            self._end_row()
            self._open_rows.append((self._depth, []))
        elif tag in _CELLS:
            self._end_cell()
            self._open_cells.append((self._depth, []))
        self._unseen += tag in _UNSEEN
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self._depth = max(self._depth - 1, 0)
        elif tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._words().append(re.sub(r"\s+", " ", data))

    def close(self) -> None:
        super().close()
        while self._depth:
            self.handle_endtag("table")
        self._end_row()

    def _words(self) -> list[str]:
        return self._open_cells[-1][1] if self._open_cells else self.outside

    def _break(self, tag: str) -> None:
        if tag in _BREAKS:
            self._words().append("\n")

    def _end_cell(self) -> None:
        while self._open_cells and self._open_cells[-1][0] >= self._depth:
            text = _lines(self._open_cells.pop()[1])
            if self._open_rows:
                self._open_rows[-1][1].append(text)
            else:
                self.rows.append([text])

    def _end_row(self) -> None:
        self._end_cell()
        while self._open_rows and self._open_rows[-1][0] >= self._depth:
            self.rows.append(self._open_rows.pop()[1])


def read_description(text: str) -> tuple[dict[str, str | None], str]:
    """Return the two-column table of a description, and the text beside it.

    Parameters
    ----------
    text
        Plain text or HTML, as ArcGIS and Ovital Map write it from attributes.

    Returns
    -------
    tuple of dict and str
        Value by name, empty if there is no table of names and values. Tables of any
        other form stay in the text, cells parted by tabulators.
    """
    if not _HTML.search(text):
        return {}, text.strip()
    page = _Page()
    page.feed(text)
    page.close()
    filled = [row for row in page.rows if any(row)]
    pairs = [row for row in filled if len(row) == _PAIR and row[0]]
    names = {name for name, _ in pairs}
    # Layout puts tables into the only cell of another; its row is no record.
    others = [row for row in filled if len(row) > _PAIR]
    if pairs and not others and len(names) == len(pairs):
        single = [row[0] for row in filled if len(row) == 1 and row[0]]
        rest = _lines(["\n".join(single), "\n", *page.outside])
        return {name.rstrip(":："): _value(value) for name, value in pairs}, rest
    cells = ["\t".join(row) for row in filled]
    return {}, _lines(["\n".join([*cells, ""]), *page.outside])


def _value(text: str) -> str | None:
    return None if text.casefold() in _NULLS or not text else text


def _lines(words: Sequence[str]) -> str:
    lines = (line.strip(" \xa0\r") for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)
