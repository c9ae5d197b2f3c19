"""Looks of a CAD drawing: which CAD layer a feature is on, and how it is drawn there.

Sizes of a style are screen pixels. A drawing has none: they become millimetres on
paper, and metres of the ground at the scale at which the drawing is to be plotted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from layers.errors import Text
from layers.export.dxf_words import layer_name
from layers.export.dxf_words import plain
from layers.export.styling.measures import DOT_SPACING
from layers.export.styling.measures import HATCH_WIDTH
from layers.export.styling.measures import LINES
from layers.export.styling.measures import PIXEL_MM
from layers.export.styling.measures import dash_lengths
from layers.export.styling.measures import plain as short_number
from layers.marks import is_sketch
from layers.style import LayerStyle
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from layers.export.sheets import Sheet

NOTE_LAYER = Text("说明", "Notes")
SKETCH_LINETYPE = "ATLAS_SKETCH"

_LABELS = Text("注记", "labels")
_RESERVED = ("0", "defpoints")
_AREA, _LINE = 2, 1
_UNSTYLED = LayerStyle("", Symbol(), (), by_prefix=False, label_field="", label_min_zoom=0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sheet as it is drawn.

    Attributes
    ----------
    sheet
        The layer.
    rows
        Positions of the rows that have a place.
    shapes
        Their geometries.
    classes
        Number of their class, -1 for none.
    sketched
        Whether their boundary is a sketch.
    layers
        Name of the CAD layer by class.
    label_layer
        Name of the CAD layer of labels; empty if nothing is labelled.
    dimensions
        Which there are: 0 for points, 1 for lines, 2 for areas.
    """

    sheet: Sheet
    rows: NDArray[np.int64]
    shapes: NDArray[Any]
    classes: NDArray[np.int64]
    sketched: NDArray[np.bool_]
    layers: Mapping[int, str]
    label_layer: str
    dimensions: frozenset[int]

    @property
    def style(self) -> LayerStyle:
        """The style of the sheet, or one plain symbol."""
        return self.sheet.style or _UNSTYLED

    def symbol(self, number: int, dimension: int, *, sketched: bool) -> Symbol:
        """Return how a feature is drawn.

        Parameters
        ----------
        number
            Its class.
        dimension
            0 for points, 1 for lines, 2 for areas. Areas among points or lines are
            pale, because their fill would hide what lies below.
        sketched
            Whether its boundary is a sketch; a point has none.
        """
        symbol = self.style.symbol(number)
        if dimension == _AREA and len(self.dimensions) > 1:
            symbol = symbol.paled()
        return symbol.sketched() if sketched and dimension else symbol

    def colour(self, number: int) -> str:
        """Return the colour of the CAD layer of a class: its fill, or its line if it has none."""
        symbol = self.style.symbol(number)
        lines = self.dimensions == {_LINE}
        return symbol.stroke if lines or symbol.fill == "none" else symbol.fill

    def labels(self) -> list[str]:
        """Return the label of every feature, as CAD programs show it; empty for none."""
        name = self.style.label_field
        if not self.label_layer:
            return [""] * len(self.rows)
        column = self.sheet.frame[name].iloc[self.rows]
        return [
            plain(str(v)).strip() if there else ""
            for v, there in zip(column, column.notna(), strict=True)
        ]


def looks_of(sheets: Sequence[Sheet], lang: str) -> list[Drawn]:
    """Return how the sheets with geometry are drawn, in their order.

    Parameters
    ----------
    sheets
        The layers; tables without geometry are left out.
    lang
        Language of the names of CAD layers, ``zh`` or ``en``.
    """
    taken = {*_RESERVED, NOTE_LAYER.get(lang).casefold()}
    return [
        _drawn(sheet, lang, taken) for sheet in sheets if isinstance(sheet.frame, gpd.GeoDataFrame)
    ]


def _drawn(sheet: Sheet, lang: str, taken: set[str]) -> Drawn:
    style = sheet.style or _UNSTYLED
    everything = sheet.frame.geometry.to_numpy()
    rows = np.flatnonzero(shapely.get_num_coordinates(everything) > 0)
    frame = sheet.frame.iloc[rows]
    classes = style.classes_in(frame)
    names = {number: _name(sheet, style, number, lang) for number in _present(classes)}
    layers = {number: layer_name(name, taken) for number, name in names.items()}
    labelled = bool(style.label_field) and style.label_field in frame
    label_layer = f"{sheet.title.get(lang)}-{_LABELS.get(lang)}" if labelled else ""
    return Drawn(
        sheet,
        rows,
        everything[rows],
        classes,
        is_sketch(frame).to_numpy(dtype=bool),
        layers,
        layer_name(label_layer, taken) if labelled else "",
        frozenset(shapely.get_dimensions(everything[rows]).tolist()),
    )


def _present(classes: NDArray[np.int64]) -> list[int]:
    """Return the classes that are drawn, in the order of the legend; the rest comes last."""
    present = np.unique(classes).tolist() or [-1]
    return sorted(present, key=lambda number: (number < 0, number))


def _name(sheet: Sheet, style: LayerStyle, number: int, lang: str) -> str:
    title = sheet.title.get(lang)
    if not style.classes:
        return title
    of_class = style.rest_title if number < 0 else style.classes[number].title
    return f"{title}-{of_class.get(lang)}"


def true_colour(colour: str) -> int:
    """Return ``#RRGGBB`` as the number that a drawing has for it."""
    return int(colour.removeprefix("#"), 16)


def line_weight(width: float) -> int:
    """Return the line weight (1/100 mm) that is nearest to a width in screen pixels."""
    from ezdxf.lldxf.const import VALID_DXF_LINEWEIGHTS

    wanted = width * PIXEL_MM * 100
    return min(VALID_DXF_LINEWEIGHTS, key=lambda weight: abs(weight - wanted))


def metres(pixels: float, scale: int) -> float:
    """Return screen pixels as metres of the ground at the plot scale 1:`scale`."""
    return pixels * PIXEL_MM / 1000 * scale


def linetype_name(symbol: Symbol) -> str:
    """Return the name of the linetype of a symbol."""
    if not symbol.dash:
        return "Continuous"
    if symbol == symbol.sketched():
        return SKETCH_LINETYPE
    return "ATLAS_DASH_" + "_".join(short_number(part) for part in dash_lengths(symbol.dash))


def linetype_pattern(symbol: Symbol, scale: int) -> list[float]:
    """Return the total length of a dash pattern and its parts in metres, gaps below zero."""
    parts = [metres(part, scale) for part in dash_lengths(symbol.dash)]
    signed = [-part if number % 2 else part for number, part in enumerate(parts)]
    return [round(part, 4) for part in (sum(parts), *signed)]


def hatch_lines(hatch: str, scale: int) -> list[tuple[float, Any, Any, list[float]]]:
    """Return the lines of a hatch: angle (°), base point, offset and dashes in metres."""
    if hatch == "dots":
        spacing, dot = metres(DOT_SPACING, scale), metres(HATCH_WIDTH, scale)
        return [(0.0, (0.0, 0.0), (0.0, spacing), [dot, dot - spacing])]
    lines = []
    for angle, pixels in LINES[hatch]:
        turned, gap = np.radians(angle), metres(pixels, scale)
        offset = (float(-np.sin(turned) * gap), float(np.cos(turned) * gap))
        lines.append((angle, (0.0, 0.0), offset, list[float]()))
    return lines
