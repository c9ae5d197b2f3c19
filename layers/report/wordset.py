"""The built-in document: page, styles, numbered headings, header and footer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.wordfile import name_fonts
from layers.wordfile import page_number

if TYPE_CHECKING:
    from layers.report.blocks import Chapter

TABLE_STYLE = "Atlas Table"
TABLE_TEXT, NOTE, FIGURE, BODY = "Atlas Table Text", "Atlas Note", "Atlas Figure", "Body Text"
"""Styles of the built-in document that a planner's template need not have."""

LEVELS = 3
_HEADINGS = ("Title", *(f"Heading {level}" for level in range(1, LEVELS + 1)))
_SIZES = {
    "Normal": 10.5,
    BODY: 10.5,
    TABLE_TEXT: 9.0,
    NOTE: 9.0,
    FIGURE: 10.5,
    "Caption": 10.5,
    "Header": 9.0,
    "Footer": 9.0,
    "TOC 1": 10.5,
    "TOC 2": 10.5,
    "Title": 18.0,
    "Heading 1": 15.0,
    "Heading 2": 12.0,
    "Heading 3": 10.5,
}
_PAGE_CM, _MARGIN_CM, _HEADER_CM = (21.0, 29.7), 2.5, 1.5
TEXT_CM = _PAGE_CM[0] - 2 * _MARGIN_CM
_LINES, _AFTER_PT, _BEFORE_PT = 1.3, 4.0, 10.0
_HEADING_LIST = 71
_CELL_TWIPS = 60
_SHADE, _RULE = "E8EDF2", "8C97A3"


def new_document(chapter: Chapter) -> Any:  # noqa: ANN401 - of python-docx
    """Return an empty document with the styles of a plan document.

    Parameters
    ----------
    chapter
        Gives the header and the language.

    Returns
    -------
    docx.document.Document
        A4, margins 2.5 cm, 宋体 and Times New Roman 10.5 pt, headings in 黑体, numbered.
    """
    import docx

    document: Any = docx.Document()
    _styles(document, chapter)
    _number_headings(document)
    _page(document, chapter)
    return document


def _page(document: Any, chapter: Chapter) -> None:  # noqa: ANN401 - of python-docx
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = (Cm(side) for side in _PAGE_CM)
    section.left_margin = section.right_margin = Cm(_MARGIN_CM)
    section.top_margin = section.bottom_margin = Cm(_MARGIN_CM)
    section.header_distance = section.footer_distance = Cm(_HEADER_CM)
    section.header.paragraphs[0].text = " · ".join((*chapter.marks, chapter.title))
    page_number(section.footer.paragraphs[0])


def _styles(document: Any, chapter: Chapter) -> None:  # noqa: ANN401 - of python-docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    for name in (TABLE_TEXT, NOTE, FIGURE, "TOC 1", "TOC 2"):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
    name_fonts(document, _HEADINGS, _SIZES)
    normal = document.styles["Normal"].paragraph_format
    normal.space_after, normal.line_spacing = Pt(_AFTER_PT), _LINES
    for name in (TABLE_TEXT, NOTE, "Header", "Footer"):
        told = document.styles[name].paragraph_format
        told.space_after, told.space_before, told.line_spacing = Pt(1), Pt(1), 1.0
    document.styles[NOTE].paragraph_format.space_after = Pt(_BEFORE_PT)
    for name in ("Caption", FIGURE, "Title"):
        document.styles[name].paragraph_format.alignment = 1
    document.styles["Caption"].paragraph_format.space_before = Pt(_BEFORE_PT)
    document.styles["Caption"].font.bold = True
    for name in _HEADINGS:
        document.styles[name].paragraph_format.space_before = Pt(_BEFORE_PT)
        document.styles[name].font.bold = True
    _without_rule(document.styles["Title"])
    _contents_tabs(document)
    if chapter.lang == "zh":
        _indent(document.styles[BODY])
    _table_style(document)


def _without_rule(style: Any) -> None:  # noqa: ANN401 - of python-docx
    """Take away the blue line that python-docx draws beneath a title."""
    from docx.oxml.ns import qn

    for rule in style.element.iter(qn("w:pBdr")):
        rule.getparent().remove(rule)
        break


def _contents_tabs(document: Any) -> None:  # noqa: ANN401 - of python-docx
    """Put the page numbers of the table of contents at the right, behind dots."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.enum.text import WD_TAB_LEADER
    from docx.shared import Cm

    for level, name in enumerate(("TOC 1", "TOC 2")):
        told = document.styles[name].paragraph_format
        told.left_indent = Cm(0.75 * level)
        told.tab_stops.add_tab_stop(Cm(TEXT_CM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _indent(style: Any) -> None:  # noqa: ANN401 - of python-docx
    """Indent the first line of Chinese text by two characters."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_pPr()
    for old in properties.findall(qn("w:ind")):
        properties.remove(old)
    indent = OxmlElement("w:ind")
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), "420")
    properties._insert_ind(indent)  # noqa: SLF001 - puts it where the schema wants it


def _table_style(document: Any) -> None:  # noqa: ANN401 - of python-docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    margins = "".join(f'<w:{side} w:w="{_CELL_TWIPS}" w:type="dxa"/>' for side in ("left", "right"))
    margins = f"<w:tblCellMar>{margins}</w:tblCellMar>"
    document.styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="AtlasTable">'
            f'<w:name w:val="{TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority'
            ' w:val="59"/><w:tblPr><w:tblBorders>'
            f"{sides}</w:tblBorders>{margins}</w:tblPr>"
            '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>'
            f'<w:shd w:val="clear" w:color="auto" w:fill="{_SHADE}"/></w:tcPr></w:tblStylePr>'
            "</w:style>"
        )
    )


def _number_headings(document: Any) -> None:  # noqa: ANN401 - of python-docx
    """Give headings the numbers 1, 1.1, 1.1.1 by a list of Word, so that Word renumbers them."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.oxml.ns import qn

    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'<w:pStyle w:val="Heading{n + 1}"/><w:suff w:val="space"/>'
        f'<w:lvlText w:val="{".".join(f"%{k + 1}" for k in range(n + 1))}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for n in range(LEVELS)
    )
    numbering = document.part.numbering_part.element
    # Word wants all lists before all uses of them.
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{_HEADING_LIST}">'
            f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        ),
    )
    numbering.append(
        parse_xml(
            f'<w:num {nsdecls("w")} w:numId="{_HEADING_LIST}">'
            f'<w:abstractNumId w:val="{_HEADING_LIST}"/></w:num>'
        )
    )
    for level in range(LEVELS):
        properties = document.styles[f"Heading {level + 1}"].element.get_or_add_pPr()
        number = properties.get_or_add_numPr()
        number.get_or_add_ilvl().set(qn("w:val"), str(level))
        number.get_or_add_numId().set(qn("w:val"), str(_HEADING_LIST))
