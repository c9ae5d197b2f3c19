"""Symbols as QGIS draws them."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

from layers.export.styling.measures import DOT_SPACING
from layers.export.styling.measures import HATCH_WIDTH
from layers.export.styling.measures import HATCHED_GROUND
from layers.export.styling.measures import LINES
from layers.export.styling.measures import PIXEL_MM
from layers.export.styling.measures import dash_lengths
from layers.export.styling.measures import plain
from layers.export.styling.xmltext import add
from layers.export.styling.xmltext import document
from layers.export.styling.xmltext import make

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from layers.catalogue import GeometryKind
    from layers.style import Symbol

_TYPES: dict[GeometryKind, str] = {"point": "marker", "line": "line", "polygon": "fill"}
_NONE = "none"

# Name of the shape in QGIS, and how much larger than in QGIS the web map draws it.
_SHAPES: dict[str, tuple[str, float]] = {
    "circle": ("circle", 1.0),
    "square": ("square", 0.86),
    "triangle": ("triangle", 1.05),
    "diamond": ("diamond", 1.15),
    "pentagon": ("pentagon", 1.08),
    "star": ("star", 1.25),
}

# A cross with arms wide enough for a fill, and a padlock: a body, and a bow on it.
# Corners in radii of the symbol, east and south.
_ARM, _REACH = 0.38, 1.1
_BOW = tuple(math.pi * part / 16 for part in range(17))
_OWN_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "cross": (
        *((-_ARM, -_REACH), (_ARM, -_REACH), (_ARM, -_ARM)),
        *((_REACH, -_ARM), (_REACH, _ARM), (_ARM, _ARM)),
        *((_ARM, _REACH), (-_ARM, _REACH), (-_ARM, _ARM)),
        *((-_REACH, _ARM), (-_REACH, -_ARM), (-_ARM, -_ARM)),
    ),
    "lock": (
        *((-0.95, 1.05), (-0.95, -0.15)),
        *((-0.68 * math.cos(a), -0.15 - 0.816 * math.sin(a)) for a in _BOW),
        *((0.38 * math.cos(a), -0.15 - 0.456 * math.sin(a)) for a in _BOW),
        *((0.95, -0.15), (0.95, 1.05)),
    ),
}
_FRAME = 1.3
"""Half the side of the picture around a shape of our own, in radii of the symbol."""


def add_symbol(parent: Element, name: str, symbol: Symbol, kind: GeometryKind) -> None:
    """Put a symbol into the list of symbols of a renderer.

    Parameters
    ----------
    parent
        The list.
    name
        Name by which the classes call it.
    symbol
        How it looks; sizes in CSS pixels become millimetres.
    kind
        What it draws.
    """
    made = add(parent, "symbol", {"type": _TYPES[kind], "name": name, "alpha": "1"})
    if kind == "point":
        _add_marker(made, symbol)
    elif kind == "line":
        _add_line(made, symbol)
    else:
        _add_area(made, symbol)


def colour(text: str, opacity: float) -> str:
    """Return a colour ``#RRGGBB`` as QGIS writes it: red, green, blue and alpha to 255."""
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _add_marker(parent: Element, symbol: Symbol) -> None:
    if symbol.shape in _OWN_SHAPES:
        _add_drawing(parent, symbol)
        return
    name, factor = _SHAPES.get(symbol.shape, _SHAPES["circle"])
    _add_layer(
        parent,
        "SimpleMarker",
        name=name,
        size=_mm(symbol.size * factor),
        size_unit="MM",
        color=_paint(symbol),
        joinstyle="miter",
        **_outline(symbol),
    )


def _add_drawing(parent: Element, symbol: Symbol) -> None:
    """Draw a shape that QGIS lacks as a picture inside the style, in the colours of the symbol."""
    picture = base64.b64encode(_svg(_OWN_SHAPES[symbol.shape]).encode()).decode()
    _add_layer(
        parent,
        "SvgMarker",
        name=f"base64:{picture}",
        size=_mm(symbol.size * _FRAME),
        size_unit="MM",
        color=_paint(symbol),
        **_outline(symbol),
    )


def _svg(corners: Sequence[tuple[float, float]]) -> str:
    frame = f"{-_FRAME} {-_FRAME} {2 * _FRAME} {2 * _FRAME}"
    size = {"viewBox": frame, "width": "20", "height": "20"}
    root = make("svg", {"xmlns": "http://www.w3.org/2000/svg", **size})
    drawn = "L".join(f"{plain(x)} {plain(y)}" for x, y in corners)
    parameters = {
        "fill": "param(fill)",
        "fill-opacity": "param(fill-opacity)",
        "stroke": "param(outline)",
        "stroke-opacity": "param(outline-opacity)",
        "stroke-width": "param(outline-width)",
    }
    add(root, "path", {"d": f"M{drawn}z", **parameters})
    return document(root)


def _add_line(parent: Element, symbol: Symbol) -> None:
    lengths = dash_lengths(symbol.dash)
    _add_layer(
        parent,
        "SimpleLine",
        line_color=colour(symbol.stroke, symbol.opacity),
        line_width=_mm(symbol.width),
        line_width_unit="MM",
        line_style="solid",
        capstyle="flat" if lengths else "round",
        joinstyle="round",
        use_custom_dash="1" if lengths else "0",
        customdash=";".join(_mm(length) for length in lengths),
        customdash_unit="MM",
    )


def _add_area(parent: Element, symbol: Symbol) -> None:
    ground = HATCHED_GROUND if symbol.hatch else 1.0
    _add_layer(
        parent, "SimpleFill", color=_paint(symbol, ground), style="solid", outline_style="no"
    )
    if symbol.fill != _NONE:
        _add_hatch(parent, symbol)
    if symbol.stroke != _NONE and symbol.width > 0:
        _add_line(parent, symbol)


def _add_hatch(parent: Element, symbol: Symbol) -> None:
    if symbol.hatch == "dots":
        spacing = _mm(DOT_SPACING)
        units = {"distance_x_unit": "MM", "distance_y_unit": "MM"}
        pattern = _add_layer(
            parent, "PointPatternFill", distance_x=spacing, distance_y=spacing, **units
        )
        dot = add(pattern, "symbol", {"type": "marker", "name": "dot", "alpha": "1"})
        _add_layer(
            dot,
            "SimpleMarker",
            name="circle",
            size=_mm(HATCH_WIDTH),
            size_unit="MM",
            color=_paint(symbol),
            outline_style="no",
        )
    for angle, spacing_px in LINES.get(symbol.hatch, ()):
        pattern = _add_layer(
            parent,
            "LinePatternFill",
            angle=plain(angle),
            distance=_mm(spacing_px),
            distance_unit="MM",
        )
        line = add(pattern, "symbol", {"type": "line", "name": "line", "alpha": "1"})
        _add_layer(
            line,
            "SimpleLine",
            line_color=_paint(symbol),
            line_width=_mm(HATCH_WIDTH),
            line_width_unit="MM",
        )


def _add_layer(parent: Element, kind: str, **properties: str) -> Element:
    """Put a layer into a symbol, with properties as every version since 3.0 reads them."""
    made = add(parent, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    for name, value in properties.items():
        add(made, "prop", {"k": name, "v": value})
    return made


def _outline(symbol: Symbol) -> dict[str, str]:
    if symbol.stroke == _NONE or symbol.width <= 0:
        return {"outline_style": "no"}
    return {
        "outline_style": "dash" if symbol.dash else "solid",
        "outline_color": colour(symbol.stroke, symbol.opacity),
        "outline_width": _mm(symbol.width),
        "outline_width_unit": "MM",
    }


def _paint(symbol: Symbol, share: float = 1.0) -> str:
    if symbol.fill == _NONE:
        return "0,0,0,0"
    return colour(symbol.fill, symbol.fill_opacity * share)


def _mm(pixels: float) -> str:
    return plain(pixels * PIXEL_MM)
