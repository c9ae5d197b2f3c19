"""A chapter read back: what stands in the file is what was told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

from layers.errors import ExportError
from layers.errors import Text
from layers.report.blocks import texts_of
from layers.report.template import PLACEHOLDER
from layers.wordfile import THEME_FONTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from layers.report.blocks import Chapter


# python-docx makes elements of these.
_PIECES = re.compile(r"[\n\t]")


def check_report(path: Path, chapter: Chapter, *, placed: Collection[str] | None = None) -> None:
    """Read a document and compare it with the chapter.

    Parameters
    ----------
    path
        The ``.docx`` file.
    chapter
        What is told.
    placed
        Placeholders that a template has; None for the built-in document, which has
        everything, and no font of a theme.

    Raises
    ------
    ExportError
        If a figure is missing or another, a cell differs, a placeholder is left or a font
        is one of the theme.
    """
    import docx

    document: Any = docx.Document(str(path))
    _check_figures(document, chapter, placed)
    _check_tables(document, chapter, placed)
    if placed is None:
        _check_fonts(document)
    else:
        _check_placeholders(document, chapter)


def _is_placed(name: str, group: str, placed: Collection[str] | None) -> bool:
    return placed is None or name in placed or group in placed


def _check_figures(document: Any, chapter: Chapter, placed: Collection[str] | None) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml.ns import qn

    ids = [blip.get(qn("r:embed")) for blip in document.element.body.iter(qn("a:blip"))]
    there = {document.part.related_parts[i].blob for i in ids if i in document.part.related_parts}
    for key, figure in chapter.figures.items():
        if _is_placed(f"figure:{key}", "", placed) and figure.png not in there:
            _refuse(f"图“{figure.title}”未嵌入", f"the figure '{figure.title}' is not there")


def _check_tables(document: Any, chapter: Chapter, placed: Collection[str] | None) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml.ns import qn

    found: dict[str, list[list[tuple[str, ...]]]] = {}
    for element in document.element.body.iter(qn("w:tbl")):
        caption = element.tblPr.find(qn("w:tblCaption"))
        if caption is not None:
            rows = [tuple(_cells(row)) for row in element.findall(qn("w:tr"))]
            found.setdefault(caption.get(qn("w:val")), []).append(rows)
    groups = {"parameters": "methods", "sources": "sources", "versions": "versions"}
    for key, table in chapter.tables.items():
        if not table.rows or not _is_placed(f"table:{key}", groups.get(key, ""), placed):
            continue
        if [table.columns, *table.rows] not in found.get(table.title, []):
            _refuse(f"表“{table.title}”与结果不符", f"the table '{table.title}' differs")


def _cells(row: Any) -> list[str]:  # noqa: ANN401 - of lxml
    from docx.oxml.ns import qn

    return [
        "".join(node.text or "" for node in cell.iter(qn("w:t")))
        for cell in row.findall(qn("w:tc"))
    ]


def _check_placeholders(document: Any, chapter: Chapter) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml.ns import qn

    # A name may have braces like those of a placeholder; it is none.
    pieces = {piece for text in texts_of(chapter) for piece in _PIECES.split(text)}
    braced = sorted((p for p in pieces if "{" in p or "}" in p), key=len, reverse=True)
    for paragraph in document.element.body.iter(qn("w:p")):
        text = "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
        left = text
        for piece in braced:
            left = left.replace(piece, "")
        if PLACEHOLDER.search(left):
            _refuse(f"占位符未替换：{text[:60]}", f"a placeholder is left: {text[:60]}")


def _check_fonts(document: Any) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml.ns import qn

    for root in (document.styles.element, document.element):
        for fonts in root.iter(qn("w:rFonts")):
            if any(fonts.get(qn(f"w:{name}")) for name in THEME_FONTS):
                _refuse("字体取自主题", "a font is one of the theme")


def _refuse(zh: str, en: str) -> NoReturn:
    raise ExportError(
        Text(
            f"回读校验未通过，文件未写出：{zh}",
            f"the file read back differs and was not kept: {en}",
        )
    )
