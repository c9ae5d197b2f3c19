"""What stands in and around the map frame: coordinates, scale bar, north, location."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.sheet.layout import MM_PER_M
from layers.sheet.layout import Box
from layers.sheet.layout import grid_step
from layers.sheet.layout import round_length

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.sheet.layout import Page
    from layers.sheet.pen import Pen
    from layers.sheet.records import Extent

_CROSS_MM, _TICK_MM = 2.2, 1.6
_COORDINATES_PT, _BAR_PT = 5.6, 7.0
_KILOMETRE = 1000.0
_GRID = "#7f8c99"
_HERE = "#b14500"
_PARTS = 4
_ARROW = ((0.0, 1.0), (0.32, -0.62), (0.0, -0.3), (-0.32, -0.62))


def frame(pen: Pen, page: Page) -> None:
    """Draw the neat line of the sheet and the frame of the map."""
    pen.box(page.border, 1.6)
    pen.box(page.map, 0.7)


def grid(pen: Pen, page: Page, shown: Extent, scale: int) -> float:
    """Draw grid crosses, and the coordinates along the frame.

    Parameters
    ----------
    pen, page
        Where to draw.
    shown
        What the frame shows, metres.
    scale
        Denominator.

    Returns
    -------
    float
        Distance of the grid lines, metres.
    """
    step = grid_step(scale, page.unit)
    to_mm = MM_PER_M / scale
    eastings = _multiples(shown[0], shown[2], step)
    northings = _multiples(shown[1], shown[3], step)
    xs = page.map.left + (eastings - shown[0]) * to_mm
    ys = page.map.bottom + (northings - shown[1]) * to_mm
    arm = _CROSS_MM * page.unit / 2
    for x in xs:
        for y in ys:
            left, right = max(x - arm, page.map.left), min(x + arm, page.map.right)
            low, high = max(y - arm, page.map.bottom), min(y + arm, page.map.top)
            pen.line([left, right], [y, y], 0.4, colour=_GRID, zorder=6)
            pen.line([x, x], [low, high], 0.4, colour=_GRID, zorder=6)
    _coordinates(
        pen, page, list(zip(xs, eastings, strict=True)), list(zip(ys, northings, strict=True))
    )
    return step


def _multiples(low: float, high: float, step: float) -> NDArray[np.float64]:
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _coordinates(
    pen: Pen,
    page: Page,
    eastings: list[tuple[float, float]],
    northings: list[tuple[float, float]],
) -> None:
    tick, gap = _TICK_MM * page.unit, 0.5 * page.unit
    box = page.map
    for x, value in eastings:
        for y, way, base in ((box.top, 1, "bottom"), (box.bottom, -1, "top")):
            pen.line([x, x], [y, y + way * tick], 0.5)
            text = f"{value:.0f}"
            pen.text(x, y + way * (tick + gap), text, _COORDINATES_PT, align="center", base=base)
    for y, value in northings:
        for x, way, align in ((box.right, 1, "left"), (box.left, -1, "right")):
            pen.line([x, x + way * tick], [y, y], 0.5)
            place = x + way * (tick + gap)
            text = f"{value:.0f}"
            # Turned text is aligned before it is turned.
            pen.text(place, y, text, _COORDINATES_PT, align=align, base="center", turned=90)


def scale_bar(pen: Pen, box: Box, scale: int) -> float:
    """Draw a scale bar into a box: true to the scale, of four parts.

    Returns
    -------
    float
        Its length in metres: a round number.
    """
    length = round_length(box.width * 0.9 * scale / MM_PER_M)
    width = length * MM_PER_M / scale
    unit, divisor = ("km", _KILOMETRE) if length >= _KILOMETRE else ("m", 1.0)
    height = 1.5 * pen.unit
    left, bottom = box.left + 1.5 * pen.unit, box.bottom
    for part in range(_PARTS):
        start = left + width * part / _PARTS
        piece = Box(start, bottom, left + width * (part + 1) / _PARTS, bottom + height)
        pen.box(piece, 0.5, fill="#000000" if part % 2 == 0 else "#ffffff", colour="#000000")
    for part in (0, _PARTS // 2, _PARTS):
        at = left + width * part / _PARTS
        told = f"{length * part / _PARTS / divisor:g}"
        last = part == _PARTS
        pen.text(at, bottom + height + 0.7 * pen.unit, told, _BAR_PT, align="center")
        if last:
            wide, _ = pen.measure(told, _BAR_PT * pen.unit)
            pen.text(
                at + wide / 2 + 0.6 * pen.unit, bottom + height + 0.7 * pen.unit, unit, _BAR_PT
            )
    return length


def north_arrow(pen: Pen, x: float, y: float, height: float, label: str) -> None:
    """Draw a north arrow: grid north is up on every sheet."""
    points = np.array(_ARROW) * height / 2 + np.array([x, y])
    half = points[[0, 2, 3]]
    pen.axes.fill(*points.T, facecolor="#ffffff", edgecolor="#000000", linewidth=0.7, zorder=26)
    pen.axes.fill(*half.T, facecolor="#000000", edgecolor="none", zorder=27)
    pen.text(x, y + height / 2 + 0.5 * pen.unit, "N", 8.5, bold=True, align="center")
    pen.text(x, y - height * 0.31 - 3.0 * pen.unit, label, 6.0, align="center")


def location(pen: Pen, box: Box, outline: gpd.GeoDataFrame, shown: Extent) -> None:
    """Draw where the map lies in the district."""
    west, south, east, north = outline.total_bounds
    room = box.inner(1.5 * pen.unit)
    factor = min(room.width / (east - west), room.height / (north - south))
    origin = np.array([(room.left + room.right) / 2, (room.bottom + room.top) / 2])
    middle = np.array([(west + east) / 2, (south + north) / 2])
    for ring in shapely.get_parts(shapely.get_rings(outline.geometry.to_numpy())):
        xy = (shapely.get_coordinates(ring) - middle) * factor + origin
        pen.axes.fill(*xy.T, facecolor="#f4f6f8", edgecolor="none", zorder=20)
        pen.line(xy[:, 0], xy[:, 1], 0.6, dash=(3, 2), zorder=21)
    low = (np.array(shown[:2]) - middle) * factor + origin
    high = (np.array(shown[2:]) - middle) * factor + origin
    low = np.maximum(low, [box.left, box.bottom])
    high = np.minimum(high, [box.right, box.top])
    pen.box(Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])), 1.1, colour=_HERE)
    pen.box(box, 0.4)
