"""The legend of a sheet: what is shown, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.sheet import words
from layers.sheet.layout import Box
from layers.sheet.symbols import area_symbol
from layers.sheet.symbols import draw_swatch
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.sheet.pen import Pen
    from layers.sheet.records import Extent
    from layers.sheet.records import SheetLayer
    from layers.sheet.symbols import Kind

_SIZE_PT = 7.4
_ROW_MM, _SWATCH_MM, _GAP_MM, _LEAST_COLUMN_MM = 4.9, 8.0, 1.8, 38.0
_KINDS: tuple[Kind, ...] = ("point", "line", "polygon")
_OUTLINE = Symbol(fill="none", stroke="#4d4d4d", width=1.4)
_AREA = 2
_AREAS = {"zh": "（范围）", "en": " (area)"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend; without a symbol it is a heading."""

    title: str
    symbol: Symbol | None = None
    kind: Kind = "point"


def legend_entries(
    layers: Sequence[SheetLayer], drawn: Sequence[Sequence[int]], shown: Extent, lang: str
) -> list[Entry]:
    """Return the lines of the legend: points first, then lines, then areas.

    Parameters
    ----------
    layers
        The layers of the map, bottom first.
    drawn
        For every layer the numbers of the classes that are seen.
    shown
        What the map shows, metres.
    lang
        ``zh`` or ``en``.
    """
    found: dict[Kind, list[Entry]] = {kind: [] for kind in _KINDS}
    window = shapely.box(*shown)
    for layer, numbers in zip(reversed(layers), reversed(drawn), strict=True):
        kinds = _kinds_of(layer, window) if layer.legend and numbers else []
        if kinds:
            found[kinds[0]] += _of_layer(layer, numbers, kinds, (window, lang))
    entries = [entry for kind in _KINDS for entry in found[kind]]
    if any(_is_sketched(layer, window) for layer in layers):
        entries.append(Entry(words.SKETCH_LINE.get(lang), _OUTLINE.sketched(), "line"))
    return entries


def _kinds_of(layer: SheetLayer, window: shapely.Polygon) -> list[Kind]:
    shapes = layer.frame.geometry.to_numpy()
    seen = shapes[shapely.intersects(shapes, window)]
    return [_KINDS[n] for n in sorted(set(shapely.get_dimensions(seen).tolist()))]


def _is_sketched(layer: SheetLayer, window: shapely.Polygon) -> bool:
    shapes = layer.frame.geometry.to_numpy()[layer.sketch]
    lines = shapely.get_dimensions(shapes) > 0
    return bool(np.any(shapely.intersects(shapes[lines], window)))


def _of_layer(
    layer: SheetLayer,
    numbers: Sequence[int],
    kinds: Sequence[Kind],
    told: tuple[shapely.Polygon, str],
) -> list[Entry]:
    window, lang = told
    style = layer.style
    if not style.classes:
        # A layer of sketches only is shown as it is drawn: dashed.
        symbol = style.default.sketched() if layer.sketch.all() else style.default
        entries = [Entry(layer.title, symbol, kinds[0])]
    else:
        entries = [Entry(layer.title)]
        for number in numbers:
            title = style.rest_title if number < 0 else style.classes[number].title
            entries.append(Entry(title.get(lang), style.symbol(number), kinds[0]))
    if "polygon" in kinds[1:]:
        # Areas of a layer of points are drawn in a lighter way of their own.
        entries += [
            Entry(title + _AREAS[lang], area_symbol(style.symbol(number)), "polygon")
            for number, title in _areas_of(layer, window, lang)
        ]
    return entries


def _areas_of(layer: SheetLayer, window: shapely.Polygon, lang: str) -> list[tuple[int, str]]:
    """Return number and title of the classes of which areas are seen."""
    style, frame = layer.style, layer.frame
    shapes = frame.geometry.to_numpy()
    seen = (shapely.get_dimensions(shapes) == _AREA) & shapely.intersects(shapes, window)
    if style.field not in frame:
        return [(-1, layer.title)]
    numbers = sorted(
        set(style.class_of(frame[style.field])[seen].tolist()), key=lambda n: (n < 0, n)
    )
    titles = [style.rest_title if n < 0 else style.classes[n].title for n in numbers]
    return [(n, title.get(lang)) for n, title in zip(numbers, titles, strict=True)]


def needed_height(pen: Pen, entries: Sequence[Entry], width: float) -> float:
    """Return the height that a legend needs in a box of a width, millimetres."""
    columns = _columns(pen, width)
    rows = -(-len(entries) // columns)
    return (rows * _ROW_MM + 1.0) * pen.unit


def _columns(pen: Pen, width: float) -> int:
    return max(int(width / (_LEAST_COLUMN_MM * pen.unit)), 1)


def draw_legend(pen: Pen, box: Box, entries: Sequence[Entry], lang: str) -> int:
    """Draw the legend into a box; return how many entries had no room."""
    columns = _columns(pen, box.width)
    row = _ROW_MM * pen.unit
    rows = max(int(box.height / row + 1e-6), 1)
    room = rows * columns
    left_out = max(len(entries) - room, 0)
    kept = list(entries)
    if left_out:
        left_out += 1
        told = words.LEFT_OUT_LEGEND.get(lang).format(n=left_out)
        kept = [*entries[: room - 1], Entry(told)]
    width = box.width / columns
    for entry, column, line in _placed(kept, rows, columns):
        top = box.top - line * row
        left = box.left + column * width
        _entry(pen, Box(left, top - row, left + width - _GAP_MM * pen.unit, top), entry)
    return left_out


def _placed(entries: Sequence[Entry], rows: int, columns: int) -> list[tuple[Entry, int, int]]:
    """Return column and line of every entry; a heading stands above what it heads."""
    # Columns of even length look better than a full and an empty one.
    even = -(-len(entries) // columns)
    for height in range(even, rows + 1):
        found: list[tuple[Entry, int, int]] = []
        column = line = 0
        for entry in entries:
            alone = entry.symbol is None and line == height - 1 and height > 1
            if line == height or alone:
                column, line = column + 1, 0
            found.append((entry, column, line))
            line += 1
        if column < columns:
            return found
    return [(entry, *divmod(number, rows)) for number, entry in enumerate(entries)]


def _entry(pen: Pen, box: Box, entry: Entry) -> None:
    middle = (box.bottom + box.top) / 2
    left = box.left
    if entry.symbol is not None:
        swatch = _SWATCH_MM * pen.unit
        edge = 0.7 * pen.unit
        place = (left, box.bottom + edge, left + swatch, box.top - edge)
        # A ring of 24 pixels would cover the neighbouring lines.
        most = (box.height - edge) / 25.4 * 96 / pen.unit * 0.9
        symbol = entry.symbol
        if symbol.size > most:
            symbol = replace(symbol, size=most)
        draw_swatch(pen.axes, symbol, entry.kind, place, scale=pen.unit)
        left += swatch + _GAP_MM * pen.unit
    heading = entry.symbol is None
    text = pen.wrapped(entry.title, box.right - left, _SIZE_PT, bold=heading)
    shown = text[0] if len(text) == 1 else text[0][:-1] + "…"
    pen.text(left, middle, shown, _SIZE_PT, bold=heading, base="center_baseline")
