"""What Word documents need and python-docx does not offer: fonts, fields, fixed bytes."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

TEXT_FONTS = ("Times New Roman", "宋体")
HEADING_FONTS = ("Arial", "黑体")
"""A Latin and a Chinese font for the text and for headings: those of official documents."""

THEME_FONTS = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")
"""Attributes of ``w:rFonts`` that name a font of the theme, in place of the named one."""

INK = "1F2D3A"
"""Colour of text, RRGGBB."""

# More than that no program writes into a property of a document, and python-docx refuses.
_MOST_IN_PROPERTY = 255

_UNIX = 3
_READABLE = 0o644


def name_fonts(document: Any, headings: Sequence[str], sizes: Mapping[str, float]) -> None:  # noqa: ANN401 - of python-docx
    """Name the fonts of both scripts; a theme would take their place, so it goes.

    Parameters
    ----------
    document
        A document of python-docx.
    headings
        Styles that have :data:`HEADING_FONTS`.
    sizes
        Size of styles, points; those that are no headings have :data:`TEXT_FONTS`.
    """
    from docx.oxml.ns import qn
    from docx.shared import Pt
    from docx.shared import RGBColor

    styles = document.styles
    for element in styles.element.iter(qn("w:rFonts")):
        for name in THEME_FONTS:
            element.attrib.pop(qn(f"w:{name}"), None)
    # What no style names falls back to these; without them Word takes a Japanese font.
    for element in styles.element.xpath("w:docDefaults//w:rFonts"):
        for script, font in _scripts(*TEXT_FONTS).items():
            element.set(qn(f"w:{script}"), font)
    for element in styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), "en-US")
        element.set(qn("w:eastAsia"), "zh-CN")
    for name in dict.fromkeys((*sizes, *headings)):
        style = styles[name]
        latin, chinese = HEADING_FONTS if name in headings else TEXT_FONTS
        style.font.name = latin
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), chinese)
        style.font.color.rgb = RGBColor.from_string(INK)
        if name in sizes:
            style.font.size = Pt(sizes[name])


def _scripts(latin: str, chinese: str) -> dict[str, str]:
    return {"ascii": latin, "hAnsi": latin, "cs": latin, "eastAsia": chinese}


def property_text(text: str) -> str:
    """Return a text as a property of a document holds it: one that is too long ends in ``…``.

    Parameters
    ----------
    text
        For instance a title with a name that a planner gave.
    """
    if len(text) <= _MOST_IN_PROPERTY:
        return text
    return text[: _MOST_IN_PROPERTY - 1] + "…"


def page_number(paragraph: Any) -> None:  # noqa: ANN401 - of python-docx
    """Write the number of the page, as a field that the reader's program fills in.

    Parameters
    ----------
    paragraph
        A paragraph of a footer; it is centred.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = 1
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001 - python-docx has no fields


def add_field(paragraph: Any, instruction: str, shown: str, *, stale: bool = False) -> None:  # noqa: ANN401 - of python-docx
    r"""Add a field with its last result, so that it is seen before anything is renumbered.

    Parameters
    ----------
    paragraph
        A paragraph of python-docx.
    instruction
        What Word computes, for instance ``SEQ 图 \\* ARABIC``.
    shown
        The result.
    stale
        Whether Word is to compute it as soon as the document is opened.
    """
    begin_field(paragraph, instruction, stale=stale)
    paragraph.add_run(shown)
    end_field(paragraph)


def begin_field(paragraph: Any, instruction: str, *, stale: bool = False) -> None:  # noqa: ANN401 - of python-docx
    """Begin a field whose result follows, perhaps over several paragraphs.

    Parameters
    ----------
    paragraph, instruction, stale
        As in :func:`add_field`.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = _field_mark(paragraph, "begin")
    if stale:
        mark.set(qn("w:dirty"), "true")
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {instruction} "
    paragraph.add_run()._r.append(text)  # noqa: SLF001 - python-docx has no fields
    _field_mark(paragraph, "separate")


def end_field(paragraph: Any) -> None:  # noqa: ANN401 - of python-docx
    """End the field that was begun last.

    Parameters
    ----------
    paragraph
        Where its result ends.
    """
    _field_mark(paragraph, "end")


def _field_mark(paragraph: Any, kind: str) -> Any:  # noqa: ANN401 - of python-docx
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)  # noqa: SLF001 - python-docx has no fields
    return mark


def bookmark(paragraph: Any, name: str, number: int, first: int) -> None:  # noqa: ANN401 - of python-docx
    """Bookmark a paragraph from one of its runs to the end, for references to it.

    Parameters
    ----------
    paragraph
        A paragraph of python-docx.
    name
        Name, ASCII; unique in the document.
    number
        Id, unique in the document.
    first
        Index of the first run inside.
    """
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    runs = paragraph._p.findall(qn("w:r"))  # noqa: SLF001 - python-docx has no bookmarks
    for kind, put in (("Start", runs[first].addprevious), ("End", runs[-1].addnext)):
        mark = OxmlElement(f"w:bookmark{kind}")
        mark.set(qn("w:id"), str(number))
        if kind == "Start":
            mark.set(qn("w:name"), name)
        put(mark)


def fix_times(path: Path, stamp: date) -> None:
    """Give all parts of a document one time, so that equal contents are equal bytes.

    Parameters
    ----------
    path
        A ``.docx`` file; it is written anew.
    stamp
        The day that its parts are said to be of.
    """
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    day = (max(stamp.year, 1980), stamp.month, stamp.day, 0, 0, 0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            info = zipfile.ZipInfo(name, day)
            # The same on every system.
            info.create_system, info.external_attr = _UNIX, _READABLE << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
