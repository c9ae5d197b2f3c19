"""Labels of the plan sheet: placed so that none covers another, and drawn with a halo.

Each label takes the first free one of its candidate places, the most important label first.
The order of the places round a point follows the practice of cartographers (E. Imhof,
"Positioning names on maps", The American Cartographer 2, 1975): right before left, above before
below; then further away, tied by a line. What finds no place is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import numpy as np
import shapely

from layers.sheet.board import Board
from layers.sheet.board import leader_line
from layers.sheet.wrapping import two_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.sheet.records import Extent

    Floats = NDArray[np.float64]
    Measure = Callable[[str, float, bool], tuple[float, float]]
    """Text, size in points and whether it is bold; returns width and height in mm."""


_MM_PER_POINT = 25.4 / 72.0
_PAD_MM = 0.35
_LEADING = 1.12
_HALO_PT = 1.8
_LEADER_PT = 0.4
_GRID = 7
_AROUND = ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1), (0, -1))
_RINGS_MM = (3.0, 5.5, 9.0, 14.0)
_DIRECTIONS = np.radians([30, -30, 150, -150, 60, -60, 120, -120, 0, 180, 90, -90])


@dataclass(frozen=True, slots=True)
class Label:
    """A text that belongs to a place of the map.

    Attributes
    ----------
    text
        One line; a long one may be set in two.
    x, y
        The place, metres: the point itself, a point inside the area, the middle of the line.
    priority
        The higher is placed first.
    size_pt
        Size of the type, points.
    kind
        Whether the text goes beside a point, into an area, or along a line.
    colour
        As ``#RRGGBB``.
    bold
        Whether the type is bold.
    clear_mm
        Half the size of the symbol at the place, mm; no label covers it. 0 for none.
    area
        The polygon or multipolygon that the text of an area should stand in, metres; without
        it the text stands in the middle of the place.
    """

    text: str
    x: float
    y: float
    priority: int
    size_pt: float
    kind: Literal["point", "area", "line"] = "point"
    colour: str = "#1f2d3a"
    bold: bool = False
    clear_mm: float = 0.0
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A label with its place.

    Attributes
    ----------
    label
        The label; its `text` may be in two lines here, in `text`.
    x, y
        Lower left corner of its box, metres.
    width, height
        Of its box with the halo, metres.
    leader
        Whether a line ties it to its place.
    text
        The text as it is set, lines parted by a line feed.
    """

    label: Label
    x: float
    y: float
    width: float
    height: float
    leader: bool
    text: str

    @property
    def box(self) -> Extent:
        """The box of the text with its halo, metres."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


def place_labels(
    labels: Sequence[Label],
    *,
    extent: Extent,
    metres_per_mm: float,
    measure: Measure,
    obstacles: Sequence[Extent] = (),
    words: tuple[str, ...] = (),
) -> list[Placed]:
    """Place labels so that none covers another, an obstacle or a symbol, or leaves the map.

    Parameters
    ----------
    labels
        In any order: equal labels are placed equally whatever their order is.
    extent
        The frame of the map, metres. A label whose place lies outside has none.
    metres_per_mm
        Metres in a millimetre of paper: the scale number by 1000.
    measure
        Width and height of one line of text in mm, from text, size in points, and bold.
    obstacles
        Boxes that no label may cover, metres: legend, symbols without a label.
    words
        Names of the place, see :func:`layers.sheet.wrapping.two_lines`.

    Returns
    -------
    list of Placed
        Those that found a place, the most important first; the others are left out.

    Raises
    ------
    ValueError
        If `metres_per_mm` is not above 0, or `extent` is empty.
    """
    if not metres_per_mm > 0:
        message = f"`metres_per_mm` is {metres_per_mm}; it must be above 0."
        raise ValueError(message)
    if not (extent[0] < extent[2] and extent[1] < extent[3]):
        message = f"`extent` {extent} is empty: west < east and south < north must hold."
        raise ValueError(message)
    board = Board(extent, [*obstacles, *_symbols(labels, metres_per_mm)])
    placed = []
    for label in sorted(labels, key=_rank):
        wrapped = two_lines(_one_line(label), words)
        found = _place(label, wrapped, board, extent, metres_per_mm, measure)
        if found is not None:
            placed.append(found)
    return placed


def without_repeats(labels: Sequence[Label], *, distance: float) -> list[Label]:
    """Return the labels without those that repeat the text of one close by.

    A park, its zone and its only building often have one name; one label says it.

    Parameters
    ----------
    labels
        In any order.
    distance
        How far apart two places of one name may be, metres; what lies in an area is at
        its distance 0.

    Returns
    -------
    list of Label
        The most important of each name and place, the most important first.
    """
    kept: dict[str, list[BaseGeometry]] = defaultdict(list)
    found = []
    for label in sorted(labels, key=_rank):
        place = shapely.Point(label.x, label.y) if label.area is None else label.area
        if not any(shapely.dwithin(place, other, distance) for other in kept[label.text]):
            kept[label.text].append(place)
            found.append(label)
    return found


def _rank(label: Label) -> tuple[object, ...]:
    """Return what orders labels: importance first, then anything that tells them apart."""
    area = "" if label.area is None else label.area.wkb_hex
    look = (label.size_pt, label.kind, label.colour, label.bold, label.clear_mm)
    return (-label.priority, label.text, label.x, label.y, *look, area)


def _symbols(labels: Sequence[Label], metres_per_mm: float) -> Iterator[Extent]:
    """Return the boxes of the symbols at the places of labels."""
    for label in labels:
        half = label.clear_mm * metres_per_mm
        if half > 0 and math.isfinite(label.x) and math.isfinite(label.y):
            yield (label.x - half, label.y - half, label.x + half, label.y + half)


def _one_line(label: Label) -> str:
    return " ".join(label.text.split())


def _place(
    label: Label,
    wrapped: str,
    board: Board,
    extent: Extent,
    metres_per_mm: float,
    measure: Measure,
) -> Placed | None:
    west, south, east, north = extent
    text = _one_line(label)
    if not text or not (west <= label.x <= east and south <= label.y <= north):
        return None
    place = np.array([label.x, label.y])
    for setting, boxes, leader in _candidates(label, wrapped, extent, metres_per_mm, measure):
        box = board.first_free(place, boxes, leader=leader)
        if box is not None:
            board.take(box, leader_line(place, box) if leader else None)
            left, bottom, right, top = box.tolist()
            return Placed(label, left, bottom, right - left, top - bottom, leader, setting)
    return None


def _candidates(
    label: Label, wrapped: str, extent: Extent, metres_per_mm: float, measure: Measure
) -> Iterator[tuple[str, Floats, bool]]:
    """Yield text as set, boxes (n, 4) and whether they need a leader, the best first."""
    text = _one_line(label)
    # A long name beside a point hides less in two lines, and reads better in one in an area.
    texts = (text, wrapped) if label.kind == "area" else (wrapped, text)
    sizes = {
        setting: _size(setting, label, measure) * metres_per_mm for setting in dict.fromkeys(texts)
    }
    area = None if label.area is None else shapely.clip_by_rect(label.area, *extent)
    for setting, size in sizes.items():
        yield setting, _near_boxes(label, area, size, label.clear_mm * metres_per_mm), False
    for setting, size in sizes.items():
        yield setting, _far_boxes(label, area, size, metres_per_mm), True


def _size(setting: str, label: Label, measure: Measure) -> Floats:
    """Return width and height of a text with its halo, mm."""
    lines = [measure(line, label.size_pt, label.bold) for line in setting.split("\n")]
    height = max(height for _, height in lines)
    whole = height * (1 + _LEADING * (len(lines) - 1))
    return np.array([max(width for width, _ in lines) + 2 * _PAD_MM, whole + 2 * _PAD_MM])


def _near_boxes(label: Label, area: BaseGeometry | None, size: Floats, clear: float) -> Floats:
    """Return the boxes beside a point, inside an area, or along a line."""
    place = np.array([label.x, label.y])
    if label.kind == "area":
        return _inside(area, place, size)
    sides = np.array(_AROUND if label.kind == "point" else [*_AROUND[6:], (0, 0), *_AROUND[:6]])
    # 1: the box begins at the symbol; -1: it ends there; 0: it stands in the middle.
    low = place + sides * clear + (sides - 1) * size / 2
    # A box at a corner stands level with the place, to the right or left of the symbol.
    corner = sides.all(axis=1)
    low[corner, 1] -= sides[corner, 1] * clear
    return np.column_stack([low, low + size])


def _inside(area: BaseGeometry | None, place: Floats, size: Floats) -> Floats:
    """Return the boxes that an area holds whole, nearest to `place` first."""
    if area is None:
        return _centred(place[np.newaxis], size)
    if area.is_empty:
        return np.empty((0, 4))
    west, south, east, north = area.bounds
    grid = np.meshgrid(np.linspace(west, east, _GRID + 2), np.linspace(south, north, _GRID + 2))
    centres = np.concatenate([place[np.newaxis], np.stack(grid, axis=-1).reshape(-1, 2)])
    centres = centres[np.argsort(np.hypot(*(centres - place).T), kind="stable")]
    boxes = _centred(centres, size)
    shapely.prepare(area)
    return np.asarray(boxes[shapely.contains(area, shapely.box(*boxes.T))])


def _far_boxes(
    label: Label, area: BaseGeometry | None, size: Floats, metres_per_mm: float
) -> Floats:
    """Return the boxes on rings around a place, or around the bounds of an area."""
    middle, half = np.array([label.x, label.y]), np.zeros(2)
    if area is not None and not area.is_empty:
        bounds = np.array(area.bounds)
        middle, half = (bounds[:2] + bounds[2:]) / 2, (bounds[2:] - bounds[:2]) / 2
    directions = np.column_stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
    rings = [(label.clear_mm + ring) * metres_per_mm for ring in _RINGS_MM]
    centres = [middle + directions * (half + ring + size / 2) for ring in rings]
    return _centred(np.concatenate(centres), size)


def _centred(centres: Floats, size: Floats) -> Floats:
    return np.column_stack([centres - size / 2, centres + size / 2])


def text_measure(family: str) -> Measure:
    """Return a function that measures a line of text in a font that matplotlib knows.

    Parameters
    ----------
    family
        Name of the font.

    Returns
    -------
    callable
        Text, size in points and bold give width and height of the line in mm.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    setter = TextToPath()

    def measured(text: str, size_pt: float, bold: bool) -> tuple[float, float]:
        weight = "bold" if bold else "normal"
        font = FontProperties(family=family, size=size_pt, weight=weight)
        width, height, _ = setter.get_text_width_height_descent(text, font, ismath=False)
        # A line is as high as its type, though it may hold low characters only.
        return width * _MM_PER_POINT, max(height, size_pt) * _MM_PER_POINT

    return measured


def draw_labels(axes: Axes, placed: Sequence[Placed], *, family: str, zorder: float) -> None:
    """Draw placed labels with a white halo, and their leaders as thin lines.

    The halo is drawn below the text, not as an effect of it: an effect would turn the text
    of a PDF into outlines that can neither be selected nor searched.

    Parameters
    ----------
    axes
        Axes of the map; its data units are metres.
    placed
        What :func:`place_labels` returned.
    family
        Font that matplotlib knows.
    zorder
        Of leaders and halos; the text stands right above.
    """
    from matplotlib.patheffects import Stroke

    _draw_leaders(axes, [entry for entry in placed if entry.leader], zorder)
    halo = [Stroke(linewidth=_HALO_PT, foreground="white")]
    for entry in placed:
        label = entry.label
        for line, height in _lines(entry):
            look: dict[str, Any] = {
                "family": family,
                "fontsize": label.size_pt,
                "fontweight": "bold" if label.bold else "normal",
                "ha": "center",
                "va": "center",
                "parse_math": False,
            }
            place = (entry.x + entry.width / 2, height)
            axes.text(*place, line, color="white", zorder=zorder, path_effects=halo, **look)
            axes.text(*place, line, color=label.colour, zorder=zorder + 0.5, **look)


def _lines(entry: Placed) -> Iterator[tuple[str, float]]:
    """Yield each line of a text with the height of its middle."""
    lines = entry.text.split("\n")
    for number, line in enumerate(lines):
        yield line, entry.y + entry.height * (1 - (number + 0.5) / len(lines))


def _draw_leaders(axes: Axes, placed: Sequence[Placed], zorder: float) -> None:
    from matplotlib.collections import LineCollection

    by_colour = defaultdict(list)
    for entry in placed:
        place = np.array([entry.label.x, entry.label.y])
        by_colour[entry.label.colour].append(leader_line(place, np.array(entry.box)).coords)
    for colour, lines in by_colour.items():
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=_LEADER_PT, zorder=zorder),
            autolim=False,
        )
