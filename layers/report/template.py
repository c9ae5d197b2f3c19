"""The planner's own template: placeholders replaced, everything else left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import ExportUsageError
from layers.errors import Text
from layers.report.blocks import Paragraph
from layers.report.vetting import vet_template
from layers.report.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    from layers.report.blocks import Block
    from layers.report.blocks import Chapter

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{1,80}?)\s*\}\}")
"""What is replaced: ``{{title}}``, ``{{text:scatter}}``, ``{{table:parks}}`` …"""

_LINES = ("title", "subject", "date", "marks", "author")
_GROUPS = {"methods": "methods", "sources": "sources", "versions": "versions"}
_GROUP_TABLES = {"methods": "parameters", "sources": "sources", "versions": "versions"}
_SEQ = re.compile(r"\bSEQ\s+(表|图|Table|Figure)\b")
_KINDS = {"表": "table", "Table": "table", "图": "figure", "Figure": "figure"}
_EMU_MM = 36_000.0


def placeholders(chapter: Chapter) -> tuple[str, ...]:
    """Return all placeholders of a chapter, without braces.

    Parameters
    ----------
    chapter
        Placeholders of text, tables and figures depend on what it is about.
    """
    return (
        *_LINES,
        *(f"text:{key}" for key in chapter.texts),
        *(f"table:{key}" for key in (*chapter.tables, *chapter.instead)),
        *(f"figure:{key}" for key in chapter.figures),
        *(name for name, key in _GROUPS.items() if any(s.key == key for s in chapter.sections)),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A paragraph with placeholders."""

    paragraph: Any
    text: str
    names: tuple[str, ...]
    body: bool


def open_template(path: Path) -> Any:  # noqa: ANN401 - of python-docx
    """Vet and open a template.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ExportUsageError
        See :func:`layers.report.vetting.vet_template`.
    """
    import docx

    vet_template(path)
    return docx.Document(str(path))


def room_mm(document: Any) -> tuple[float, float]:  # noqa: ANN401 - of python-docx
    """Return width and height of the text of the narrowest section, mm.

    Parameters
    ----------
    document
        A document of python-docx.
    """
    sizes = [
        (
            (s.page_width - s.left_margin - s.right_margin) / _EMU_MM,
            (s.page_height - s.top_margin - s.bottom_margin) / _EMU_MM,
        )
        for s in document.sections
    ]
    return min(size[0] for size in sizes), min(size[1] for size in sizes)


def fill_template(document: Any, chapter: Chapter) -> frozenset[str]:  # noqa: ANN401 - of python-docx
    """Replace the placeholders of a template.

    Parameters
    ----------
    document
        The opened template; it is changed.
    chapter
        What is told. A template without ``{{marks}}`` gets the marks as its first line.

    Returns
    -------
    frozenset of str
        The placeholders that it has.

    Raises
    ------
    ExportUsageError
        If a placeholder is not known, or one of several lines does not stand alone in a
        paragraph of the text.
    """
    found = list(_found(document))
    contents = _contents(chapter)
    for one in found:
        _check(one, chapter, contents)
    numbers = _numbers(document, found, chapter)
    writer = Writer(document, chapter, numbers, room_mm(document)[0])
    for one in found:
        key = one.names[0]
        if key in contents:
            _replace_block(writer, one, contents[key])
        else:
            _replace_lines(one, chapter)
    if not any("marks" in one.names for one in found):
        _put_marks(document, chapter)
    return frozenset(name for one in found for name in one.names)


def _contents(chapter: Chapter) -> dict[str, tuple[Block, ...]]:
    """Return what each placeholder of several lines stands for."""
    contents: dict[str, tuple[Block, ...]] = {}
    for key, paragraphs in chapter.texts.items():
        contents[f"text:{key}"] = paragraphs
    for key, paragraphs in chapter.instead.items():
        contents[f"table:{key}"] = paragraphs
    for key, table in chapter.tables.items():
        contents[f"table:{key}"] = (table,)
    for key, figure in chapter.figures.items():
        contents[f"figure:{key}"] = (figure,)
    by_key = {section.key: section for section in chapter.sections}
    for name, key in _GROUPS.items():
        if key in by_key:
            contents[name] = by_key[key].blocks
    return contents


def _lines(chapter: Chapter) -> Mapping[str, str]:
    separator = "；" if chapter.lang == "zh" else "; "
    return {
        "title": chapter.title,
        "subject": chapter.subject,
        "date": chapter.day,
        "marks": separator.join(chapter.marks),
        "author": chapter.author,
    }


def _found(document: Any) -> Iterator[_Found]:  # noqa: ANN401 - of python-docx
    """Yield all paragraphs with placeholders: text, tables, text boxes, headers, footers."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph as Word

    for element, part, body in _parts(document):
        for paragraph in element.iter(qn("w:p")):
            text = "".join(node.text or "" for node in _texts(paragraph))
            names = tuple(_plain(name) for name in PLACEHOLDER.findall(text))
            if names:
                yield _Found(Word(paragraph, part), text, names, body)


def _parts(document: Any) -> Iterator[tuple[Any, Any, bool]]:  # noqa: ANN401 - of python-docx
    yield document.element.body, document._body, True  # noqa: SLF001 - parent of new paragraphs
    seen = set()
    for section in document.sections:
        for name in ("header", "footer"):
            for start in ("", "first_page_", "even_page_"):
                place = getattr(section, f"{start}{name}")
                if not place.is_linked_to_previous and id(place.part) not in seen:
                    seen.add(id(place.part))
                    yield place._element, place, False  # noqa: SLF001 - of python-docx


def _texts(paragraph: Any) -> list[Any]:  # noqa: ANN401 - of lxml
    """Return the pieces of text of a paragraph, without those of text boxes in it."""
    from docx.oxml.ns import qn

    return [
        node
        for node in paragraph.iter(qn("w:t"))
        if next(node.iterancestors(qn("w:p"))) is paragraph
    ]


def _plain(name: str) -> str:
    """Return a name with the colon of a Chinese keyboard read as the other one."""
    return re.sub(r"\s*[:：]\s*", ":", name.strip())


def _check(one: _Found, chapter: Chapter, contents: Mapping[str, object]) -> None:
    shown = one.text.strip()[:60]
    for name in one.names:
        if name not in contents and name not in _LINES:
            listed = ", ".join(placeholders(chapter))
            raise ExportUsageError(
                Text(
                    f"模板中的占位符“{{{{{name}}}}}”无法识别（所在段落：“{shown}”）；可用：{listed}",
                    f"the placeholder '{{{{{name}}}}}' of the template is not known (in the"
                    f" paragraph '{shown}'); there are: {listed}",
                )
            )
        alone = PLACEHOLDER.fullmatch(one.text.strip()) is not None
        if name in contents and not (alone and one.body):
            raise ExportUsageError(
                Text(
                    f"占位符“{{{{{name}}}}}”须独占正文中的一段（所在段落：“{shown}”）",
                    f"the placeholder '{{{{{name}}}}}' must stand alone in a paragraph of the text"
                    f" (it is in '{shown}')",
                )
            )


def _numbers(document: Any, found: list[_Found], chapter: Chapter) -> dict[tuple[str, str], int]:  # noqa: ANN401 - of python-docx
    """Return the number of each table and figure, counting captions that are there."""
    from docx.oxml.ns import qn

    counts = {"table": 0, "figure": 0}
    numbers: dict[tuple[str, str], int] = {}
    ours = {id(one.paragraph._p): one for one in found if one.body}  # noqa: SLF001 - of python-docx
    for paragraph in document.element.body.iter(qn("w:p")):
        code = "".join(node.text or "" for node in paragraph.iter(qn("w:instrText")))
        code += "".join(node.get(qn("w:instr"), "") for node in paragraph.iter(qn("w:fldSimple")))
        for label in _SEQ.findall(code):
            counts[_KINDS[label]] += 1
        one = ours.get(id(paragraph))
        if one is not None:
            for kind, key in _placed(one.names[0], chapter):
                counts[kind] += 1
                numbers.setdefault((kind, key), counts[kind])
    return numbers


def _placed(name: str, chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Yield kind and key of the tables and figures that a placeholder brings."""
    kind, _colon, key = name.partition(":")
    there: dict[str, Collection[str]] = {"table": chapter.tables, "figure": chapter.figures}
    if key in there.get(kind, ()):
        yield kind, key
    # A chapter without rules has no table of parameters.
    of_group = _GROUP_TABLES.get(name, "")
    if of_group in chapter.tables:
        yield "table", of_group


def placed_counts(chapter: Chapter, placed: Collection[str] | None) -> tuple[int, int, int]:
    """Return how many sections, tables and figures a document has of a chapter.

    Parameters
    ----------
    chapter
        What is told.
    placed
        The placeholders of a template; None for the built-in document with everything.

    Returns
    -------
    tuple of int
        A section counts if its text is there.
    """
    if placed is None:
        return len(chapter.sections), len(chapter.tables), len(chapter.figures)
    things = {thing for name in placed for thing in _placed(name, chapter)}
    texts = {name.partition(":")[2] for name in placed if name.startswith("text:")}
    texts |= {_GROUPS[name] for name in placed if name in _GROUPS}
    kinds = [kind for kind, _key in things]
    return len(texts), kinds.count("table"), kinds.count("figure")


def _replace_block(writer: Writer, one: _Found, blocks: tuple[Block, ...]) -> None:
    writer.blocks(one.paragraph, blocks)
    element = one.paragraph._p  # noqa: SLF001 - python-docx removes nothing
    parent = element.getparent()
    last_of_cell = parent.tag.endswith("}tc") and element.getnext() is None
    after_text = isinstance(blocks[-1], Paragraph)
    if element.find(_section_tag()) is not None or (last_of_cell and not after_text):
        # The section's page, and the last paragraph of a cell, must stay.
        for node in _texts(element):
            node.text = ""
        return
    parent.remove(element)


def _section_tag() -> str:
    from docx.oxml.ns import qn

    return f"{qn('w:pPr')}/{qn('w:sectPr')}"


def _replace_lines(one: _Found, chapter: Chapter) -> None:
    """Replace placeholders within a paragraph; what stands around keeps its form."""
    values = _lines(chapter)
    nodes = _texts(one.paragraph._p)  # noqa: SLF001 - python-docx joins no runs
    for match in reversed(list(PLACEHOLDER.finditer(one.text))):
        _splice(nodes, match.start(), match.end(), values[_plain(match[1])])


def _splice(nodes: list[Any], start: int, end: int, value: str) -> None:
    """Put `value` for the characters from `start` to `end` of the joined pieces of text."""
    from docx.oxml.ns import qn

    at, put = 0, False
    for node in nodes:
        text = node.text or ""
        low, high = max(start - at, 0), min(end - at, len(text))
        at += len(text)
        if low >= high:
            continue
        node.text = text[:low] + ("" if put else value) + text[high:]
        node.set(qn("xml:space"), "preserve")
        put = True


def _put_marks(document: Any, chapter: Chapter) -> None:  # noqa: ANN401 - of python-docx
    body = document.element.body
    paragraph = document.add_paragraph()
    paragraph.add_run(_lines(chapter)["marks"]).bold = True
    body.insert(0, paragraph._p)  # noqa: SLF001 - python-docx has no way to the top
