"""The legend of a sheet: what is shown, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.sheet import words
from layers.sheet.layout import Box
from layers.sheet.pen import Pen
from layers.sheet.symbols import area_symbol
from layers.sheet.symbols import draw_swatch
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.sheet.records import Extent
    from layers.sheet.records import SheetLayer
    from layers.sheet.symbols import Kind

_SIZE_PT = 7.4
_ROW_MM, _SWATCH_MM, _GAP_MM, _LEAST_COLUMN_MM = 4.9, 8.0, 1.8, 26.0
_KINDS: tuple[Kind, ...] = ("point", "line", "polygon")
_OUTLINE = Symbol(fill="none", stroke="#4d4d4d", width=1.4)
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)
_AREAS = {"zh": "（范围）", "en": " (area)"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend; without a symbol it is a heading."""

    title: str
    symbol: Symbol | None = None
    kind: Kind = "point"


def legend_entries(layers: Sequence[SheetLayer], shown: Extent, lang: str) -> list[Entry]:
    """Return the lines of the legend: points first, then lines, then areas.

    Parameters
    ----------
    layers
        The layers of the map, bottom first.
    shown
        What the map shows, metres.
    lang
        ``zh`` or ``en``.
    """
    found: dict[Kind, list[Entry]] = {kind: [] for kind in _KINDS}
    window = shapely.box(*shown)
    for layer in reversed(layers):
        seen = _seen(layer, window) if layer.legend else []
        if seen:
            kind = min((kind for _, kind in seen), key=_KINDS.index)
            found[kind] += _of_layer(layer, seen, lang)
    entries = [entry for kind in _KINDS for entry in found[kind]]
    if any(_is_sketched(layer, window) for layer in layers):
        entries.append(Entry(words.SKETCH_LINE.get(lang), _OUTLINE.sketched(), "line"))
    return entries


def _seen(layer: SheetLayer, window: shapely.Polygon) -> list[tuple[int, Kind]]:
    """Return the classes that are seen and as what, points first, the rest of a kind last."""
    frame = layer.frame
    shapes = frame.geometry.to_numpy()
    seen = shapely.intersects(shapes, window)
    numbers = layer.style.classes_in(frame)
    dimensions = shapely.get_dimensions(shapes)
    pairs = set(zip(dimensions[seen].tolist(), numbers[seen].tolist(), strict=True))
    ordered = sorted(pairs, key=lambda pair: (pair[0], pair[1] < 0, pair[1]))
    return [(number, _KINDS[dimension]) for dimension, number in ordered]


def _is_sketched(layer: SheetLayer, window: shapely.Polygon) -> bool:
    shapes = layer.frame.geometry.to_numpy()[layer.sketch]
    lines = shapely.get_dimensions(shapes) > 0
    return bool(np.any(shapely.intersects(shapes[lines], window)))


def _of_layer(layer: SheetLayer, seen: Sequence[tuple[int, Kind]], lang: str) -> list[Entry]:
    style = layer.style
    dimensions = shapely.get_dimensions(layer.frame.geometry.to_numpy())
    mixed = bool(np.isin(dimensions, (0, 1)).any())
    twice = len({kind for _, kind in seen}) > 1
    entries = [Entry(layer.title)] if style.classes else []
    for number, kind in seen:
        title = layer.title
        if style.classes:
            title = (style.rest_title if number < 0 else style.classes[number].title).get(lang)
        symbol = style.symbol(number)
        if kind == "polygon" and mixed:
            # Areas of a layer of points are drawn in a lighter way of their own.
            symbol = area_symbol(symbol)
        elif not style.classes and layer.sketch.all():
            symbol = symbol.sketched()  # a layer of sketches only is shown as it is drawn
        area = _AREAS[lang] if twice and kind == "polygon" else ""
        entries.append(Entry(title + area, symbol, kind))
    return entries


def needed_height(pen: Pen, entries: Sequence[Entry], width: float) -> float:
    """Return the height that a legend needs in a box of a width, millimetres."""
    columns = _columns(pen, entries, width)
    rows = -(-len(entries) // columns)
    return (rows * _ROW_MM + 1.0) * pen.unit


def _columns(pen: Pen, entries: Sequence[Entry], width: float) -> int:
    """Return how many columns leave room for the longest title."""
    widest = max(
        (pen.measure(e.title, _SIZE_PT * pen.unit, e.symbol is None)[0] for e in entries),
        default=0.0,
    )
    needed = widest + (_SWATCH_MM + 2 * _GAP_MM) * pen.unit
    return max(int(width / max(needed, _LEAST_COLUMN_MM * pen.unit)), 1)


def draw_legend(pen: Pen, box: Box, entries: Sequence[Entry], lang: str) -> int:
    """Draw the legend into a box; return how many entries had no room."""
    pen, rows = _fitting_pen(pen, box, entries)
    row = _ROW_MM * pen.unit
    columns = _columns(pen, entries, box.width)
    # Titles are cut before any is left out.
    most = max(int(box.width / (_LEAST_COLUMN_MM * pen.unit)), 1)
    columns = max(columns, min(most, -(-len(entries) // rows)))
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


def _fitting_pen(pen: Pen, box: Box, entries: Sequence[Entry]) -> tuple[Pen, int]:
    """Return the largest hand with which all entries have room, and its rows."""
    for share in _SHARES:
        smaller = Pen(pen.axes, pen.font, pen.unit * share)
        rows = max(int(box.height / (_ROW_MM * smaller.unit) + 1e-6), 1)
        most = max(int(box.width / (_LEAST_COLUMN_MM * smaller.unit)), 1)
        if len(entries) <= rows * most:
            break
    return smaller, rows


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
    pen.fitting(left, middle, box.right - left, entry.title, _SIZE_PT, bold=heading)
