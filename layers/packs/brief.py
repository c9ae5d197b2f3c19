"""The brief of a pack: a Word document with a map and a card for every carrier."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers import i18n
from layers.packs import words
from layers.packs.facts import digits_of
from layers.packs.overview import WIDTH_IN
from layers.packs.overview import is_place
from layers.safety import safe
from layers.wordfile import name_fonts
from layers.wordfile import page_number
from layers.wordfile import property_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.packs.content import Pack

_HEADINGS = ("Title", "Heading 1", "Heading 2")
_TEXT_PT, _SMALL_PT, _TITLE_PT = 10.5, 9.0, 20.0
_SIZES = {"Normal": _TEXT_PT, "Header": _SMALL_PT, "Footer": _SMALL_PT, "Title": _TITLE_PT}
_MARGIN_CM, _TOP_CM, _HEADER_CM = 2.2, 2.5, 1.0
_PAIRS = 2
_LABEL_CM, _VALUE_CM = 3.2, 5.1

# Told in a line of its own beneath the table.
_PROSE = ("reason", "missing")
_IN_HEADING = ("name", "mark")


def write_brief(pack: Pack, path: Path) -> None:
    """Write the brief of a pack.

    Parameters
    ----------
    pack
        What is told.
    path
        The ``.docx`` file.
    """
    import docx

    document: Any = docx.Document()
    _set_up(document, pack)
    _head(document, pack)
    _overview(document, pack)
    document.add_heading(words.CARDS_HEADING.get(pack.lang), level=1)
    for number in range(1, len(pack.facts.frame) + 1):
        _card(document, pack, number)
    _tail(document, pack)
    document.save(str(path))


def _set_up(document: Any, pack: Pack) -> None:  # noqa: ANN401 - of python-docx
    from docx.shared import Cm
    from docx.shared import Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(_MARGIN_CM)
    section.top_margin, section.bottom_margin = Cm(_TOP_CM), Cm(_MARGIN_CM)
    section.header_distance = Cm(_HEADER_CM)
    name_fonts(document, _HEADINGS, _SIZES)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    section.header.paragraphs[0].text = " · ".join([pack.number, *pack.marks[:-1]])
    page_number(section.footer.paragraphs[0])
    told = document.core_properties
    # The name of whoever is logged in is nobody's business.
    told.author = told.last_modified_by = property_text(pack.title.get(pack.lang))
    told.title, told.comments = words.TITLE.get(pack.lang), "；".join(pack.marks)
    if pack.export_id:
        told.identifier = pack.export_id


def _head(document: Any, pack: Pack) -> None:  # noqa: ANN401 - of python-docx
    lang = pack.lang
    document.add_heading(words.TITLE.get(lang), level=0)
    told = (
        (words.PACK, pack.number),
        (words.MADE, pack.made.isoformat()),
        (words.COUNT, str(len(pack.facts.frame))),
    )
    lines = [_labelled(title.get(lang), lang) + value for title, value in told]
    document.add_paragraph(" · ".join([pack.title.get(lang), *lines]))
    for mark in pack.marks:
        document.add_paragraph().add_run(mark).bold = True


def _overview(document: Any, pack: Pack) -> None:  # noqa: ANN401 - of python-docx
    from docx.shared import Inches

    lang = pack.lang
    document.add_heading(words.MAP_HEADING.get(lang), level=1)
    if pack.picture is None:
        document.add_paragraph(words.NO_MAP.get(lang))
        return
    picture = document.add_picture(io.BytesIO(pack.picture), width=Inches(WIDTH_IN))
    picture._inline.docPr.set("descr", words.MAP_ALT.get(lang))  # noqa: SLF001 - no other way
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    captions = [words.MAP_CAPTION, *([words.MAP_SKETCH] if pack.sketched else [])]
    _small(document, ("。" if lang == "zh" else ". ").join(c.get(lang) for c in captions))
    if names := _unlocated(pack):
        _small(document, words.UNLOCATED.get(lang) + ("、" if lang == "zh" else ", ").join(names))


def _unlocated(pack: Pack) -> list[str]:
    numbered = enumerate(zip(pack.facts.frame["name"], pack.facts.points, strict=True), start=1)
    return [f"{number} {_told(name)}" for number, (name, point) in numbered if not is_place(point)]


def _small(document: Any, text: str) -> None:  # noqa: ANN401 - of python-docx
    from docx.shared import Pt

    document.add_paragraph().add_run(text).font.size = Pt(_SMALL_PT)


def _card(document: Any, pack: Pack, number: int) -> None:  # noqa: ANN401 - of python-docx
    row = pack.facts.frame.iloc[number - 1]
    mark = "" if pd.isna(row["mark"]) else f"〔{row['mark']}〕"
    document.add_heading(f"{number}  {_told(row['name'])}{mark}", level=2)
    fields = [f for f in pack.facts.fields if f.name not in (*_PROSE, *_IN_HEADING)]
    cells = [(f.title.get(pack.lang), cell_text(row[f.name], f, pack.lang)) for f in fields]
    _table(document, cells)
    for field in pack.facts.fields:
        if field.name in _PROSE:
            line = document.add_paragraph()
            line.add_run(_labelled(field.title.get(pack.lang), pack.lang)).bold = True
            line.add_run(_told(row[field.name]))


def _table(document: Any, cells: Sequence[tuple[str, str]]) -> None:  # noqa: ANN401 - of python-docx
    """Write facts as a table of two pairs a row that is not torn between pages."""
    from docx.shared import Cm
    from docx.shared import Pt

    rows = -(-len(cells) // _PAIRS)
    table = document.add_table(rows=rows, cols=2 * _PAIRS, style="Table Grid")
    table.autofit = False
    for at in range(rows * _PAIRS):
        label, value = cells[at] if at < len(cells) else ("", "")
        row, pair = divmod(at, _PAIRS)
        for column, text, width in ((0, label, _LABEL_CM), (1, value, _VALUE_CM)):
            cell = table.cell(row, 2 * pair + column)
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.keep_with_next = True
            paragraph.paragraph_format.space_after = Pt(0)
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(_SMALL_PT), column == 0


def cell_text(value: object, field: FieldSpec, lang: str) -> str:
    """Return a fact as the card writes it, with its unit; a dash if it is not known.

    Parameters
    ----------
    value, field
        A cell of the facts, and what stands in it.
    lang
        ``zh`` or ``en``.
    """
    if i18n.unknown(value):
        return i18n.UNKNOWN
    if field.type == "date":
        return pd.Timestamp(value).date().isoformat()  # type: ignore[arg-type] # a date
    if field.type not in ("number", "integer"):
        return safe(str(value), "document")
    language: i18n.Lang = "zh" if lang == "zh" else "en"
    return i18n.number(value, language, digits=digits_of(field), unit=field.unit)


def _told(value: object) -> str:
    return i18n.UNKNOWN if i18n.unknown(value) else safe(str(value), "document")


def _labelled(title: str, lang: str) -> str:
    return f"{title}：" if lang == "zh" else f"{title}: "


def _tail(document: Any, pack: Pack) -> None:  # noqa: ANN401 - of python-docx
    lang = pack.lang
    document.add_heading(words.HOW_HEADING.get(lang), level=1)
    for number, step in enumerate(words.HOW, start=1):
        document.add_paragraph(f"{number}. {step.get(lang)}")
    document.add_heading(words.ABOUT_HEADING.get(lang), level=1)
    for title, text in pack.basis:
        line = document.add_paragraph()
        line.add_run(_labelled(title, lang)).bold = True
        line.add_run(safe(text, "document"))
