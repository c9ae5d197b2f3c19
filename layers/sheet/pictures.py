"""The map of a sheet alone, as a picture for a page of text."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from layers.fonts import text_font
from layers.sheet import furniture
from layers.sheet import words
from layers.sheet.draw import DPI
from layers.sheet.draw import draw_map
from layers.sheet.draw import drawing
from layers.sheet.draw import metadata
from layers.sheet.draw import new_figure
from layers.sheet.draw import page_axes
from layers.sheet.draw import settings
from layers.sheet.draw import texts_of
from layers.sheet.layout import Box
from layers.sheet.layout import Page
from layers.sheet.layout import choose_of
from layers.sheet.layout import window
from layers.sheet.legend import draw_legend
from layers.sheet.legend import legend_entries
from layers.sheet.legend import needed_height
from layers.sheet.pen import Pen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.fonts import TextFont
    from layers.sheet.legend import Entry
    from layers.sheet.records import Extent
    from layers.sheet.records import SheetContent

_UNIT = 0.9
_BAND_MM, _SCALE_WIDTH_MM, _EDGE_MM = 5.6, 46.0, 1.5
_LEAST_FOOT_MM, _MOST_FOOT = 14.0, 0.35
_NORTH_MM = 9.0


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A map for a page.

    Attributes
    ----------
    png
        The picture; it must be placed at its size, or its scale is not true.
    scale
        Denominator.
    width_mm, height_mm
        Its size on paper.
    totals
        Features on the map, by layer.
    labels_left_out
        Names that had no room.
    extent
        What the frame shows: west, south, east, north, metres of the CRS of the sheet.
    """

    png: bytes
    scale: int
    width_mm: float
    height_mm: float
    totals: Mapping[str, int]
    labels_left_out: int
    extent: Extent


def map_picture(
    content: SheetContent, *, width_mm: float, height_mm: float, dpi: int = DPI
) -> MapPicture:
    """Draw the map with its coordinates, legend, scale and north, without title and notes.

    Parameters
    ----------
    content
        What is shown.
    width_mm, height_mm
        Size on paper.
    dpi
        Dots an inch.

    Raises
    ------
    ExportUsageError
        If the subject does not fit at any round scale.
    FontMissingError
        If the computer has no Chinese font.
    """
    with tempfile.TemporaryDirectory(prefix="atlas-sheet-") as folder:
        font = text_font(texts_of(content), Path(folder))
        with drawing, settings(font):
            return _drawn(content, font, (width_mm, height_mm), dpi)


def _drawn(
    content: SheetContent, font: TextFont, size: tuple[float, float], dpi: int
) -> MapPicture:
    width, height = size
    lang = content.request.lang
    figure = new_figure(width, height)
    pen = Pen(page_axes(figure, width, height), font, _UNIT)
    # What is listed depends on what is seen, and that hardly on the height of the list.
    guess = _page(width, height, _LEAST_FOOT_MM)
    scale = choose_of(content, [guess])[1]
    entries = legend_entries(content.layers, window(content.extent, guess.map, scale), lang)
    page = _page(width, height, _foot(pen, entries, size))
    scale = choose_of(content, [page])[1]
    shown = window(content.extent, page.map, scale)
    found = draw_map(figure, page.map, content, shown, pen)
    pen.box(page.map, 0.7)
    furniture.grid(pen, page, shown, scale)
    entries = legend_entries(content.layers, shown, lang)
    _foot_of(pen, page, entries, scale, lang)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=dpi, metadata=metadata(content, ".png"))
    return MapPicture(
        picture.getvalue(), scale, width, height, content.seen_in(shown), found.left_out, shown
    )


def _page(width: float, height: float, foot: float) -> Page:
    whole = Box(0.0, 0.0, width, height)
    band = _BAND_MM * _UNIT
    frame = Box(band, foot + band, width - band, height - band)
    return Page(width, height, _UNIT, whole, frame, Box(0.0, 0.0, width, foot), upright=False)


def _foot(pen: Pen, entries: list[Entry], size: tuple[float, float]) -> float:
    width, height = size
    needed = needed_height(pen, entries, width - _SCALE_WIDTH_MM * _UNIT) + 2 * _EDGE_MM
    return min(max(needed, _LEAST_FOOT_MM), height * _MOST_FOOT)


def _foot_of(pen: Pen, page: Page, entries: list[Entry], scale: int, lang: str) -> None:
    box = page.panel.inner(_EDGE_MM)
    divide = box.right - _SCALE_WIDTH_MM * _UNIT
    draw_legend(pen, Box(box.left, box.bottom, divide, box.top), entries, lang)
    middle = (box.bottom + box.top) / 2
    furniture.north_arrow(
        pen, box.right - 5.5 * _UNIT, middle + 1.2, _NORTH_MM * _UNIT, words.NORTH.get(lang)
    )
    text = f"{words.SCALE.get(lang)} 1:{scale:,}"
    pen.text(divide, middle + 2.6, text, 8.0, bold=True)
    bar = Box(divide, middle - 4.2, box.right - 12.5 * _UNIT, middle)
    furniture.scale_bar(pen, bar, scale)
