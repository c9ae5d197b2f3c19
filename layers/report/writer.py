"""Blocks written into a Word document: text with references, tables, figures, contents."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from typing import Any

from layers.report.blocks import Figure
from layers.report.blocks import Paragraph
from layers.report.blocks import Table
from layers.report.wordset import BODY
from layers.report.wordset import FIGURE
from layers.report.wordset import NOTE
from layers.report.wordset import TABLE_STYLE
from layers.report.wordset import TABLE_TEXT
from layers.wordfile import add_field
from layers.wordfile import begin_field
from layers.wordfile import bookmark
from layers.wordfile import end_field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.report.blocks import Block
    from layers.report.blocks import Chapter
    from layers.report.blocks import Ref

_LABELS = {"zh": {"table": "表", "figure": "图"}, "en": {"table": "Table", "figure": "Figure"}}
_FULL_WIDTH = 5000
_TWIPS_MM = 56.6929
_SMALL_HALF_PT = 18
# A line of 16 cm in 9 pt, and the margins of a cell, in half characters.
_LINE_HALVES, _PADDING_HALVES = 100.0, 2.2
_LONGEST_WORD, _HEADING_LINES = 14, 2.5
# Digits and letters of some fonts are wider than half a Chinese character.
_WIDE, _BOLD = 1.15, 1.1


# About five centimetres.
_SHORT_ROWS, _SHORT_HALVES = 8, 40.0


class Writer:
    """Writes blocks before a paragraph of a document.

    Parameters
    ----------
    document
        A document of python-docx.
    chapter
        What is told.
    numbers
        Number of each table and figure that the document has, by kind and key.
    width_mm
        Width of the text.
    """

    def __init__(
        self,
        document: Any,  # noqa: ANN401 - of python-docx
        chapter: Chapter,
        numbers: Mapping[tuple[str, str], int],
        width_mm: float,
    ) -> None:
        self._document = document
        self._chapter = chapter
        self._numbers = numbers
        self._width_mm = width_mm
        self._styles = {style.name for style in document.styles}
        self._marked: set[str] = set()

    def blocks(self, before: Any, blocks: Sequence[Block]) -> None:  # noqa: ANN401 - of python-docx
        """Write blocks.

        Parameters
        ----------
        before
            The paragraph that they stand before.
        blocks
            In order.
        """
        for block in blocks:
            if isinstance(block, Paragraph):
                self.paragraph(before, block)
            elif isinstance(block, Table):
                self._table(before, block)
            else:
                self._figure(before, block)

    def paragraph(self, before: Any, block: Paragraph) -> None:  # noqa: ANN401 - of python-docx
        """Write a paragraph of text in the style of text, or in that of `before`.

        Parameters
        ----------
        before, block
            As in :meth:`blocks`.
        """
        paragraph = before.insert_paragraph_before()
        if TABLE_STYLE in self._styles:
            paragraph.style = BODY
        else:
            paragraph.style = before.style
        for part in block.parts:
            if isinstance(part, str):
                paragraph.add_run(part)
            else:
                self._reference(paragraph, part)

    def heading(self, before: Any, title: str, level: int, mark: str) -> None:  # noqa: ANN401 - of python-docx
        """Write a heading that the table of contents can point at.

        Parameters
        ----------
        before
            As in :meth:`blocks`.
        title, level
            Text without number, and 1 to 3.
        mark
            Name of its bookmark.
        """
        paragraph = before.insert_paragraph_before(title, style=f"Heading {level}")
        bookmark(paragraph, mark, self._next(mark), 0)

    def contents(self, before: Any, entries: Sequence[tuple[int, str, str]]) -> None:  # noqa: ANN401 - of python-docx
        """Write a table of contents that Word fills with page numbers when it opens the file.

        Parameters
        ----------
        before
            As in :meth:`blocks`.
        entries
            Level, text and bookmark of every heading.
        """
        paragraph = None
        for number, (level, text, mark) in enumerate(entries):
            paragraph = before.insert_paragraph_before(style=f"TOC {level}")
            if number == 0:
                begin_field(paragraph, r'TOC \o "1-2" \h \z \u', stale=True)
            paragraph.add_run(f"{text}\t")
            add_field(paragraph, rf"PAGEREF {mark} \h", "")
        if paragraph is not None:
            end_field(paragraph)

    def _reference(self, paragraph: Any, ref: Ref) -> None:  # noqa: ANN401 - of python-docx
        number = self._numbers.get((ref.kind, ref.key))
        if number is None:
            # A planner's template need not have it: then its title says what is meant, and that
            # nobody must look for it.
            found = {**self._chapter.tables} if ref.kind == "table" else {**self._chapter.figures}
            title = found[ref.key].title
            told = {"zh": f"“{title}”（本文未附）", "en": f"“{title}” (not in this document)"}
            paragraph.add_run(told[self._chapter.lang])
            return
        label = _LABELS[self._chapter.lang][ref.kind]
        add_field(paragraph, rf"REF {_mark(ref.kind, ref.key)} \h", f"{label} {number}")

    def _next(self, mark: str) -> int:
        self._marked.add(mark)
        # Ids of a template's own bookmarks are small.
        return 9000 + len(self._marked)

    def _caption(self, before: Any, kind: str, block: Table | Figure) -> Any:  # noqa: ANN401 - of python-docx
        label = _LABELS[self._chapter.lang][kind]
        paragraph = before.insert_paragraph_before()
        self._style(paragraph, "Caption", small=False)
        paragraph.add_run(f"{label} ")
        number = self._numbers[kind, block.key]
        add_field(paragraph, rf"SEQ {label} \* ARABIC", str(number))
        mark = _mark(kind, block.key)
        if mark not in self._marked:
            bookmark(paragraph, mark, self._next(mark), 0)
        paragraph.add_run(("　" if self._chapter.lang == "zh" else "  ") + block.title)
        return paragraph

    def _style(self, paragraph: Any, name: str, *, small: bool) -> None:  # noqa: ANN401 - of python-docx
        """Give a paragraph a style; in a template that has it not, centre or nothing."""
        if name in self._styles:
            paragraph.style = name
            return
        paragraph.paragraph_format.first_line_indent = 0
        if not small:
            paragraph.alignment = 1

    def _figure(self, before: Any, block: Figure) -> None:  # noqa: ANN401 - of python-docx
        from docx.shared import Mm

        paragraph = before.insert_paragraph_before()
        self._style(paragraph, FIGURE, small=False)
        # A line of fixed height would cut the picture.
        paragraph.paragraph_format.line_spacing = 1.0
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(io.BytesIO(block.png), width=Mm(block.width_mm))
        picture._inline.docPr.set("descr", block.title)  # noqa: SLF001 - no other way
        caption = self._caption(before, "figure", block)
        caption.paragraph_format.keep_with_next = bool(block.notes)
        self._notes(before, block.notes, centred=True)

    def _notes(self, before: Any, notes: Sequence[str], *, centred: bool = False) -> None:  # noqa: ANN401 - of python-docx
        from docx.shared import Pt

        for number, line in enumerate(notes, start=1):
            paragraph = before.insert_paragraph_before()
            self._style(paragraph, NOTE, small=True)
            paragraph.paragraph_format.keep_together = True
            if number < len(notes):
                paragraph.paragraph_format.space_after = Pt(0)
                paragraph.paragraph_format.keep_with_next = True
            run = paragraph.add_run(line)
            if centred:
                paragraph.alignment = 1
            if NOTE not in self._styles:
                run.font.size = Pt(_SMALL_HALF_PT / 2)

    def _table(self, before: Any, block: Table) -> None:  # noqa: ANN401 - of python-docx
        caption = self._caption(before, "table", block)
        caption.paragraph_format.keep_with_next = True
        if not block.rows:
            nothing = "（无）" if self._chapter.lang == "zh" else "(none)"
            self._notes(before, (nothing, *block.notes))
            return
        table = self._document.add_table(rows=0, cols=len(block.columns))
        element = table._tbl  # noqa: SLF001 - python-docx is slow by cells
        before._p.addprevious(element)  # noqa: SLF001 - the only way to put it there
        known = next((s for s in (TABLE_STYLE, "Table Grid") if s in self._styles), None)
        if known is not None:
            table.style = known
        _properties(element, block, self._width_mm, ruled=known is None)
        style = self._style_id(TABLE_TEXT)
        shares = _shares(block)
        for number, cells in enumerate((block.columns, *block.rows)):
            last = number == len(block.rows)
            row = _row(block, cells, style, shares, heading=number == 0)
            # Tables break between rows, but no heading and no note stands without a row.
            if number == 0 or (last and block.notes) or (_is_short(block) and not last):
                _keep_with_next(row)
            element.append(row)
        # Word joins tables that stand together, and a cell must end in a paragraph.
        self._notes(before, block.notes or ("",))

    def _style_id(self, name: str) -> str:
        return str(self._document.styles[name].style_id) if name in self._styles else ""


def _is_short(block: Table) -> bool:
    """Tell whether a table is so low that to keep it whole leaves no gap to speak of.

    LibreOffice keeps notes with a table only if all of its rows are kept.
    """
    longest = max((_halves(cell) for row in block.rows for cell in row), default=0.0)
    return len(block.rows) <= _SHORT_ROWS and longest <= _SHORT_HALVES


def _mark(kind: str, key: str) -> str:
    return f"atlas_{kind}_{key}"


def _shares(block: Table) -> list[float]:
    """Return the share of the width that each column has.

    Each column has room for what cannot be broken; what is left goes to long text.
    """
    columns = list(zip(block.columns, *block.rows, strict=True))
    needed = [_needed(cells) for cells in columns]
    wanted = [
        max(need, *(_halves(text) + _PADDING_HALVES for text in cells[1:]))
        for need, cells in zip(needed, columns, strict=True)
    ]
    if sum(wanted) <= _LINE_HALVES:
        spare = (_LINE_HALVES - sum(wanted)) / len(columns)
        return [(width + spare) / _LINE_HALVES for width in wanted]
    free = _LINE_HALVES - sum(needed)
    if free <= 0.0:
        return [need / sum(needed) for need in needed]
    longing = [min(w - n, _LINE_HALVES) for w, n in zip(wanted, needed, strict=True)]
    widths = [n + free * more / sum(longing) for n, more in zip(needed, longing, strict=True)]
    return [width / _LINE_HALVES for width in widths]


def _needed(cells: Sequence[str]) -> float:
    """Return the least width of a column: its longest word, and a part of its heading."""
    words = [word for text in cells[1:] for word in text.split()]
    longest = max((_least(word) for word in words), default=0.0)
    heading = max(_BOLD * _least(word) for word in cells[0].split())
    return max(longest, heading, _halves(cells[0]) / _HEADING_LINES) + _PADDING_HALVES


def _least(word: str) -> float:
    # Chinese may be broken behind any character, but two should stay together.
    if not word.isascii():
        return min(_halves(word), 4.0)
    # A date or a number is never broken, a longer name at its hyphens.
    pieces = [word] if len(word) <= _LONGEST_WORD else re.split(r"[-/.]", word)
    return _WIDE * _halves(max(pieces, key=len))


def _halves(text: str) -> float:
    """Return the width of a text in half characters."""
    return float(sum(1 if char.isascii() else 2 for char in text))


def _properties(element: Any, block: Table, width_mm: float, *, ruled: bool) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml import OxmlElement
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.oxml.ns import qn

    properties = element.tblPr
    for old in properties.findall(qn("w:tblW")):
        old.set(qn("w:type"), "pct")
        old.set(qn("w:w"), str(_FULL_WIDTH))
    look = properties.find(qn("w:tblLook"))
    if ruled:
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        look.addprevious(parse_xml(f"<w:tblBorders {nsdecls('w')}>{sides}</w:tblBorders>"))
    layout = OxmlElement("w:tblLayout")
    layout.set(qn("w:type"), "fixed")
    look.addprevious(layout)
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), block.title)
    look.addnext(caption)
    grid = element.tblGrid.findall(qn("w:gridCol"))
    for column, share in zip(grid, _shares(block), strict=True):
        column.set(qn("w:w"), str(round(share * width_mm * _TWIPS_MM)))


def _row(
    block: Table, cells: Sequence[str], style: str, shares: Sequence[float], *, heading: bool
) -> Any:  # noqa: ANN401 - of lxml
    """Return a row that is not torn between pages; that of the headings comes again on each."""
    from docx.oxml import OxmlElement

    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if heading:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for number, (text, share) in enumerate(zip(cells, shares, strict=True)):
        right = number in block.right
        row.append(_cell(text, share, style, right=right, heading=heading))
    return row


def _keep_with_next(row: Any) -> None:  # noqa: ANN401 - of lxml
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for properties in row.iter(qn("w:pPr")):
        # The schema wants it right behind the style.
        style = properties.find(qn("w:pStyle"))
        properties.insert(0 if style is None else 1, OxmlElement("w:keepNext"))


def _cell(text: str, share: float, style: str, *, right: bool, heading: bool) -> Any:  # noqa: ANN401 - of lxml
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    cell, properties = OxmlElement("w:tc"), OxmlElement("w:tcPr")
    width = OxmlElement("w:tcW")
    width.set(qn("w:w"), str(round(share * _FULL_WIDTH)))
    width.set(qn("w:type"), "pct")
    properties.append(width)
    cell.append(properties)
    paragraph, told = OxmlElement("w:p"), OxmlElement("w:pPr")
    if style:
        told.append(_valued("w:pStyle", style))
    else:
        indent = OxmlElement("w:ind")
        indent.set(qn("w:firstLineChars"), "0")
        indent.set(qn("w:firstLine"), "0")
        told.append(indent)
    told.append(_valued("w:jc", "center" if heading else "right" if right else "left"))
    paragraph.append(told)
    paragraph.append(_run(text, small=not style, bold=heading))
    cell.append(paragraph)
    return cell


def _run(text: str, *, small: bool, bold: bool) -> Any:  # noqa: ANN401 - of lxml
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run, told = OxmlElement("w:r"), OxmlElement("w:rPr")
    if bold:
        told.append(OxmlElement("w:b"))
    if small:
        told.append(_valued("w:sz", str(_SMALL_HALF_PT)))
    run.append(told)
    content = OxmlElement("w:t")
    content.set(qn("xml:space"), "preserve")
    content.text = text
    run.append(content)
    return run


def _valued(tag: str, value: str) -> Any:  # noqa: ANN401 - of lxml
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(tag)
    element.set(qn("w:val"), value)
    return element
