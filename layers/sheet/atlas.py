"""An atlas: one sheet for every park behind an index, in one PDF."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.fonts import text_font
from layers.sheet import words
from layers.sheet.checking import check_sheet
from layers.sheet.content import sheet_content
from layers.sheet.draw import DPI
from layers.sheet.draw import drawing
from layers.sheet.draw import drawn_sheet
from layers.sheet.draw import metadata
from layers.sheet.draw import new_figure
from layers.sheet.draw import page_axes
from layers.sheet.draw import settings
from layers.sheet.draw import texts_of
from layers.sheet.layout import Box
from layers.sheet.layout import choose
from layers.sheet.pen import Pen
from layers.sheet.records import Extras

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd
    from matplotlib.figure import Figure

    from layers.catalogue import Catalogue
    from layers.fonts import TextFont
    from layers.sheet.records import SheetContent
    from layers.sheet.records import SheetRequest

    Progress = Callable[[int, int, str], None]

_HEAD_PT, _ROW_PT = 18.0, 8.5
_HEAD_MM, _ROW_MM, _EDGE_MM = 24.0, 6.4, 10.0
_COLUMNS = (0.09, 0.16, 0.43, 0.2, 0.12)
_NOTHING_MORE = Extras()


@dataclass(frozen=True, slots=True)
class AtlasReport:
    """What an atlas holds.

    Attributes
    ----------
    path
        The PDF.
    pages
        All of them, those of the index too.
    sheets
        ``(park_id, page, scale denominator)`` in the order of the pages.
    without
        Parks that lie nowhere and have no sheet; the index says so.
    missing
        Characters for which this computer has no font.
    """

    path: Path
    pages: int
    sheets: tuple[tuple[str, int, int], ...]
    without: tuple[str, ...]
    missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Row:
    """One park in the index; without content it has no sheet."""

    park_id: str
    name: str
    content: SheetContent | None
    spaces: int | None


def write_atlas(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: SheetRequest,
    path: Path,
    *,
    stamp: date,
    parks: Sequence[str] = (),
    extras: Extras = _NOTHING_MORE,
    progress: Progress | None = None,
) -> AtlasReport:
    """Write one sheet for every park into one PDF, with an index in front.

    Parameters
    ----------
    tables, catalogue, stamp, extras
        As for :func:`layers.sheet.sheet_content`.
    request
        Paper, audience, language and title block of all sheets; its kind and subject do
        not count.
    path
        The file, ``.pdf``.
    parks
        Ids of the parks, in any order; empty for all.
    progress
        Told before each page: pages that are done, pages in all, name of the park.

    Raises
    ------
    ExportUsageError
        If the ending is not ``.pdf``, a park is not known, or none lies anywhere.
    FontMissingError, ExportError
        As :func:`layers.sheet.write_sheet`.
    """
    if path.suffix.lower() != ".pdf":
        raise ExportUsageError(
            Text(
                f"图集只能存为 .pdf，不能是“{path.suffix}”",
                f"an atlas is a .pdf file, not '{path.suffix}'",
            )
        )
    rows = _rows(tables, catalogue, request, parks, stamp, extras)
    contents = [row.content for row in rows if row.content is not None]
    if not contents:
        raise ExportUsageError(
            Text("所选园区均没有已定位的空间", "none of the parks has a located space")
        )
    with tempfile.TemporaryDirectory(prefix="atlas-sheet-") as folder:
        font = text_font(_texts(rows, contents), Path(folder))
        with drawing, settings(font), made_aside(path, "sheet.pdf") as made:
            return _written(rows, contents, path, made, font, progress)


def _rows(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: SheetRequest,
    parks: Sequence[str],
    stamp: date,
    extras: Extras,
) -> list[_Row]:
    listed = tables["parks"][["park_id", "name"]] if "parks" in tables else None
    if listed is None or listed.empty:
        raise ExportUsageError(Text("没有园区数据", "there are no parks"))
    names = dict(zip(listed["park_id"].astype("str"), listed["name"].astype("str"), strict=True))
    rows = []
    for park in dict.fromkeys(parks or sorted(names)):
        wanted = replace(request, kind="park", subject=park)
        try:
            content = sheet_content(tables, catalogue, wanted, stamp=stamp, extras=extras)
        except ExportUsageError:
            if park not in names:
                raise
            content = None
        rows.append(_Row(park, names[park], content, _spaces(extras.findings, park)))
    return rows


def _spaces(findings: pd.DataFrame | None, park: str) -> int | None:
    if findings is None:
        return None
    found = findings.loc[findings["park_id"].eq(park), "spaces"].dropna()
    return int(found.iloc[0]) if len(found) else None


def _texts(rows: Sequence[_Row], contents: Sequence[SheetContent]) -> list[str]:
    return [text for content in contents for text in texts_of(content)] + [
        text for row in rows for text in (row.park_id, row.name)
    ]


def _written(
    rows: Sequence[_Row],
    contents: Sequence[SheetContent],
    path: Path,
    made: Path,
    font: TextFont,
    progress: Progress | None,
) -> AtlasReport:
    from matplotlib.backends.backend_pdf import PdfPages

    first = contents[0]
    paper = first.template.sizes[first.request.size]
    size = (paper.width, paper.height)
    room = int((size[1] - _HEAD_MM * paper.unit - 2 * _EDGE_MM) / (_ROW_MM * paper.unit)) - 1
    indexes = -(-len(rows) // room)
    pages = indexes + len(contents)
    numbers = _page_numbers(rows, indexes)
    title = {**metadata(first, ".pdf"), "Title": words.INDEX_TITLE.get(first.request.lang)}
    sheets = []
    with PdfPages(made, metadata=title) as book:
        for number in range(indexes):
            part = rows[number * room : (number + 1) * room]
            book.savefig(_index(part, numbers, first, font, (number + 1, pages)))
        for page, content in enumerate(contents, start=indexes + 1):
            if progress is not None:
                progress(page - indexes - 1, len(contents), content.title)
            told = replace(content, request=_numbered(content.request, page - indexes))
            drawn = drawn_sheet(told, font)
            book.savefig(drawn.figure)
            sheets.append((content.request.subject, page, drawn.told.scale))
    # Sheets may lie or stand; the index stands.
    check_sheet(made, 0.0, 0.0, DPI, pages=pages)
    without = tuple(row.park_id for row in rows if row.content is None)
    return AtlasReport(path, pages, tuple(sheets), without, font.missing)


def _numbered(request: SheetRequest, number: int) -> SheetRequest:
    """Give a sheet its number in the atlas, unless the planner numbers sheets."""
    given = request.fields.get("sheet_no", "")
    told = f"{given}-{number}" if given else f"{number}"
    return replace(request, fields={**request.fields, "sheet_no": told})


def _page_numbers(rows: Sequence[_Row], indexes: int) -> dict[str, int]:
    there = [row.park_id for row in rows if row.content is not None]
    return {park: page for page, park in enumerate(there, start=indexes + 1)}


def _index(
    rows: Sequence[_Row],
    numbers: Mapping[str, int],
    first: SheetContent,
    font: TextFont,
    page: tuple[int, int],
) -> Figure:
    """Draw one page of the index."""
    lang = first.request.lang
    paper = first.template.sizes[first.request.size]
    figure = new_figure(paper.width, paper.height)
    pen = Pen(page_axes(figure, paper.width, paper.height), font, paper.unit)
    box = Box(0.0, 0.0, paper.width, paper.height).inner(_EDGE_MM)
    top = box.top - _HEAD_MM * paper.unit
    pen.text(box.left, top + 12 * paper.unit, words.INDEX_TITLE.get(lang), _HEAD_PT, bold=True)
    marks = " · ".join((*first.badges, f"{first.stamp:%Y-%m-%d}"))
    pen.text(box.left, top + 5 * paper.unit, marks, _ROW_PT, colour="#b3261e")
    told = words.PAGE.get(lang).format(page=page[0], pages=page[1])
    pen.text(box.right, top + 5 * paper.unit, told, _ROW_PT, align="right")
    _line(pen, box, top, [head.get(lang) for head in words.INDEX_HEADS], bold=True)
    for number, row in enumerate(rows, start=1):
        _line(pen, box, top - number * _ROW_MM * paper.unit, _cells(row, numbers, lang))
    return figure


def _cells(row: _Row, numbers: Mapping[str, int], lang: str) -> list[str]:
    spaces = "" if row.spaces is None else str(row.spaces)
    if row.content is None:
        return ["—", row.park_id, row.name, words.NO_SHEET.get(lang), spaces]
    scale = choose(row.content)[1]
    return [str(numbers[row.park_id]), row.park_id, row.name, f"1:{scale:,}", spaces]


def _line(pen: Pen, box: Box, top: float, cells: Sequence[str], *, bold: bool = False) -> None:
    height = _ROW_MM * pen.unit
    left = box.left
    for share, text in zip(_COLUMNS, cells, strict=True):
        width = share * box.width
        lines = pen.wrapped(text, width - 2 * pen.unit, _ROW_PT, bold=bold)
        shown = lines[0] if len(lines) == 1 else lines[0][:-1] + "…"
        pen.text(left, top - height * 0.68, shown, _ROW_PT, bold=bold)
        left += width
    pen.line([box.left, box.right], [top - height, top - height], 0.9 if bold else 0.3)
