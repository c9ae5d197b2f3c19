"""What stands beside the map: legend, figures, notes, sources and title block (图签)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.sheet import words
from layers.sheet.furniture import location
from layers.sheet.furniture import north_arrow
from layers.sheet.furniture import scale_bar
from layers.sheet.layout import Box
from layers.sheet.legend import draw_legend
from layers.sheet.legend import needed_height

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.sheet.layout import Page
    from layers.sheet.legend import Entry
    from layers.sheet.pen import Pen
    from layers.sheet.records import Extent
    from layers.sheet.records import SheetContent

_HEAD_PT, _BLOCK_PT, _SCALE_PT = 9.0, 6.6, 10.0
# Text that does not fit is set smaller before anything is left out.
_TEXT_SIZES = (9.0, 8.4, 7.8, 7.2, 6.8, 6.4, 6.0, 5.6)
_HANGING_MM, _PARTED_MM = 2.4, 1.4
# Figures of few characters share a line.
_SHORT, _FEW_SOURCES = 34, 2
_EDGE_MM, _HEAD_MM, _ROW_MM = 2.5, 5.6, 5.0
_LONG = ("title", "review_no")
_INSET_MM, _SCALE_MM = 38.0, 22.0
_NORTH_MM = 14.0
_MOST_OF_LEGEND = 0.62
_RED = "#b3261e"


@dataclass(frozen=True, slots=True)
class Told:
    """What became known while the map was drawn.

    Attributes
    ----------
    scale
        Denominator.
    shown
        What the frame shows, metres.
    entries
        Lines of the legend.
    notes
        Further sentences, before those of the content.
    """

    scale: int
    shown: Extent
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def head(pen: Pen, page: Page, content: SheetContent) -> None:
    """Draw the title, what it shows, and the marks."""
    bottom = page.border.top + 4.6 * pen.unit
    right = page.border.right
    for number, badge in enumerate(content.badges):
        width = pen.measure(badge, 8.5 * pen.unit)[0] + 3.0 * pen.unit
        box = Box(right - width, bottom - 1.6 * pen.unit, right, bottom + 4.4 * pen.unit)
        colour = _RED if number == 0 else "#1f2d3a"
        pen.box(box, 0.9, colour=colour)
        middle = (box.left + box.right) / 2
        pen.text(middle, bottom + 0.2 * pen.unit, badge, 8.5, align="center", colour=colour)
        right = box.left - 2.0 * pen.unit
    title = f"{content.title}（{content.status}）"
    if content.request.lang == "en":
        title = f"{content.title} ({content.status})"
    size = 17.0
    while (
        size > _HEAD_PT
        and pen.measure(title, size * pen.unit, bold=True)[0] > right - page.border.left
    ):
        size -= 0.5
    lines = pen.wrapped(title, right - page.border.left, size, bold=True)
    pen.text(page.border.left, bottom, lines[0], size, bold=True)


def panel(pen: Pen, page: Page, content: SheetContent, told: Told) -> None:
    """Draw everything that stands in the panel."""
    pen.box(page.panel, 0.9)
    (_upright if page.upright else _flat)(pen, page.panel, content, told)


def _upright(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    block = _ROW_MM * len(_block_rows()) * pen.unit
    scale = Box(box.left, box.top - _SCALE_MM * pen.unit, box.right, box.top)
    bottom = scale.bottom
    _scale(pen, scale, content, told)
    if content.inset is not None:
        bottom -= _INSET_MM * pen.unit
        _inset(pen, Box(box.left, bottom, box.right, scale.bottom), content, told)
    _title_block(pen, Box(box.left, box.bottom, box.right, box.bottom + block), content, told)
    room = bottom - (box.bottom + block)
    wanted = _HEAD_MM * pen.unit + needed_height(
        pen, told.entries, box.width - 2 * _EDGE_MM * pen.unit
    )
    legend = min(wanted + (2 * _EDGE_MM + 1.0) * pen.unit, room * _MOST_OF_LEGEND)
    _legend(pen, Box(box.left, bottom - legend, box.right, bottom), content, told)
    _texts(pen, Box(box.left, box.bottom + block, box.right, bottom - legend), content, told)


def _flat(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    first, second = box.left + box.width * 0.29, box.left + box.width * 0.66
    block = _ROW_MM * len(_block_rows()) * pen.unit
    _legend(pen, Box(box.left, box.bottom, first, box.top), content, told)
    _texts(pen, Box(first, box.bottom, second, box.top), content, told)
    _title_block(pen, Box(second, box.bottom, box.right, box.bottom + block), content, told)
    top = Box(second, box.bottom + block, box.right, box.top)
    if content.inset is None:
        _scale(pen, top, content, told)
        return
    middle = min(top.bottom + _SCALE_MM * pen.unit, top.top)
    _scale(pen, Box(top.left, top.bottom, top.right, middle), content, told)
    if top.top - middle > _SCALE_MM / 2 * pen.unit:
        _inset(pen, Box(top.left, middle, top.right, top.top), content, told)


def _scale(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    lang = content.request.lang
    pen.box(box, 0.5)
    unit = pen.unit
    left = box.left + _EDGE_MM * unit
    arrow = min(_NORTH_MM * unit, box.height - 9.0 * unit)
    middle = (box.top + box.bottom) / 2
    north_arrow(pen, box.right - 9.0 * unit, middle + 0.5 * unit, arrow, words.NORTH.get(lang))
    text = f"{words.SCALE.get(lang)} 1:{told.scale:,}"
    pen.text(left, middle + 3.0 * unit, text, _SCALE_PT, bold=True)
    bar = Box(left, middle - 5.0 * unit, box.right - 19.0 * unit, middle)
    scale_bar(pen, bar, told.scale)


def _inset(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    assert content.inset is not None
    pen.box(box, 0.5)
    inner = box.inner(_EDGE_MM * pen.unit)
    top = inner.top - _HEAD_MM * pen.unit
    head = words.LOCATION.get(content.request.lang)
    pen.text(inner.left, top + 1.6 * pen.unit, head, _HEAD_PT, bold=True)
    location(pen, Box(inner.left, inner.bottom, inner.right, top), content.inset, told.shown)


def _legend(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    pen.box(box, 0.5)
    inner = box.inner(_EDGE_MM * pen.unit)
    lang = content.request.lang
    top = inner.top - _HEAD_MM * pen.unit
    pen.text(inner.left, top + 1.8 * pen.unit, words.LEGEND.get(lang), _HEAD_PT, bold=True)
    draw_legend(pen, Box(inner.left, inner.bottom, inner.right, top), told.entries, lang)


def _texts(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    """Write figures, notes and sources; what is at the end gives way first."""
    pen.box(box, 0.5)
    inner = box.inner(_EDGE_MM * pen.unit)
    lang = content.request.lang
    colon = "：" if lang == "zh" else ": "
    told_of = [f"{name}{colon}{value}" for name, value in content.facts]
    stop = "；" if lang == "zh" else "; "
    short = stop.join(fact for fact in told_of if len(fact) <= _SHORT)
    facts = [text for text in (short, *(f for f in told_of if len(f) > _SHORT)) if text]
    numbered = [f"{n}. {text}" for n, text in enumerate((*told.notes, *content.notes), start=1)]
    parts: list[tuple[str, Sequence[str]]] = [
        (words.FACTS.get(lang), facts),
        (words.NOTES.get(lang), numbered),
    ]
    filled = [(title, lines) for title, lines in parts if lines]
    head = words.SOURCES.get(lang)
    more = words.MORE_SOURCES.get(lang).format(n=content.of_sources)
    few = (*content.sources[:_FEW_SOURCES], more)
    # Fewer sources are named before a note is cut; all of them stand in the data notes.
    ways = (content.sources, few if content.of_sources > _FEW_SOURCES else content.sources)
    fits = (
        (lines, size)
        for lines in ways
        for size in _TEXT_SIZES
        if _height(pen, inner, [*filled, (head, lines)], size) <= inner.height
    )
    lines, size = next(fits, (ways[1], _TEXT_SIZES[-1]))
    sources = [(head, lines)] if lines else []
    # Whatever is cut, the sources and their licences are told.
    low = min(inner.bottom + _height(pen, inner, sources, size), inner.top)
    y = _parts(pen, Box(inner.left, low, inner.right, inner.top), filled, size)
    _parts(pen, Box(inner.left, inner.bottom, inner.right, max(y, low)), sources, size)


def _parts(pen: Pen, box: Box, parts: Sequence[tuple[str, Sequence[str]]], size: float) -> float:
    """Write texts with headings; return where the next begins."""
    y = box.top
    for title, lines in parts:
        if y - _HEAD_MM * pen.unit - pen.line_mm(size) < box.bottom:
            break
        pen.text(box.left, y - 3.6 * pen.unit, title, _HEAD_PT, bold=True)
        y -= _HEAD_MM * pen.unit
        for line in lines:
            y = pen.paragraph(box, y, line, size, hanging=_HANGING_MM * pen.unit)
        y -= _PARTED_MM * pen.unit
    return y


def _height(pen: Pen, box: Box, parts: Sequence[tuple[str, Sequence[str]]], size: float) -> float:
    """Return the height that texts need at a size of type."""
    width = box.width - _HANGING_MM * pen.unit
    rows = sum(len(pen.wrapped(line, width, size)) for _, lines in parts for line in lines)
    return rows * pen.line_mm(size) + len(parts) * (_HEAD_MM + _PARTED_MM) * pen.unit


def _title_block(pen: Pen, box: Box, content: SheetContent, told: Told) -> None:
    """Draw the title block: two columns of a name and a value."""
    lang = content.request.lang
    values = _block_values(content, told)
    rows = _block_rows()
    height = box.height / len(rows)
    label = 15.0 * pen.unit
    pen.box(box, 0.9)
    for line, keys in enumerate(rows):
        top = box.top - line * height
        width = box.width / len(keys)
        for place, key in enumerate(keys):
            left = box.left + place * width
            cell = Box(left, top - height, left + width, top)
            pen.box(cell, 0.4)
            pen.line([left + label, left + label], [cell.bottom, cell.top], 0.4)
            middle, edge = (cell.bottom + cell.top) / 2, 0.9 * pen.unit
            room = label - 2 * edge
            pen.fitting(left + edge, middle, room, words.BLOCK[key].get(lang), _BLOCK_PT)
            room = width - label - 2 * edge
            pen.fitting(left + label + edge, middle, room, values[key], _BLOCK_PT)


def _block_rows() -> list[tuple[str, ...]]:
    """Return the rows of the title block: long texts alone, the rest in pairs."""
    short = [key for key in words.BLOCK if key not in _LONG]
    pairs = [tuple(short[n : n + 2]) for n in range(0, len(short), 2)]
    return [(_LONG[0],), *pairs, (_LONG[1],)]


def _block_values(content: SheetContent, told: Told) -> dict[str, str]:
    request, lang = content.request, content.request.lang
    public = request.audience == "public"
    review = words.REVIEW_PUBLIC if public else words.REVIEW_INTERNAL
    given = {key: request.fields.get(key, "") for key in words.OWN_FIELDS}
    return {
        **given,
        "title": content.title,
        "scale": f"1:{told.scale:,}",
        "size": request.size,
        "date": f"{content.stamp:%Y-%m-%d}",
        "review_no": given["review_no"] or review.get(lang),
    }
