"""SLD 1.1 with Symbology Encoding: the style file of map servers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layers.export.styling.measures import DOT_SPACING
from layers.export.styling.measures import HATCH_WIDTH
from layers.export.styling.measures import HATCHED_GROUND
from layers.export.styling.measures import dash_lengths
from layers.export.styling.measures import plain
from layers.export.styling.measures import scale_of_zoom
from layers.export.styling.qml import LABEL_COLOUR
from layers.export.styling.qml import LABEL_FONTS
from layers.export.styling.rules import drawn_rules
from layers.export.styling.xmltext import add
from layers.export.styling.xmltext import document
from layers.export.styling.xmltext import make

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from layers.export.sheets import Sheet
    from layers.export.styling.rules import Rule
    from layers.style import LayerStyle
    from layers.style import Symbol

_NONE = "none"
# Servers run on Linux, where Noto is the usual family; sizes are pixels, as on the web map.
_FONT = {"font-family": LABEL_FONTS[1], "font-size": "12", "font-weight": "bold"}
_NAMESPACES = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "version": "1.1.0",
}

# Name of the mark, size against the size of the symbol, and rotation.
_MARKS: dict[str, tuple[str, float, float]] = {
    "circle": ("circle", 1.0, 0.0),
    "square": ("square", 0.86, 0.0),
    "triangle": ("triangle", 1.05, 0.0),
    # A diamond is no mark of the standard, but a square on its corner is.
    "diamond": ("square", 1.15 / math.sqrt(2), 45.0),
    "star": ("star", 1.25, 0.0),
    "cross": ("cross", 1.1, 0.0),
}
# The standard has no such marks; map servers take any outline as a mark.
_OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "pentagon": tuple(
        (math.sin(2 * math.pi * i / 5) / 2, math.cos(2 * math.pi * i / 5) / 2) for i in range(5)
    ),
    "lock": (
        *((-0.475, -0.5), (-0.475, 0.1), (-0.34, 0.1)),
        *((-0.24, 0.45), (0.0, 0.5), (0.24, 0.45), (0.34, 0.1)),
        *((0.475, 0.1), (0.475, -0.5)),
    ),
}
# Hatches: mark of map servers and size of its cell in CSS pixels.
_HATCHES: dict[str, tuple[str, float]] = {
    "diagonal": ("shape://slash", 9.0),
    "back": ("shape://backslash", 9.0),
    "horizontal": ("shape://horline", 8.0),
    "vertical": ("shape://vertline", 8.0),
    "cross": ("shape://plus", 9.0),
    "dots": ("shape://dot", DOT_SPACING),
}


def sld_text(sheet: Sheet, lang: str) -> str:
    """Return the style of a layer as SLD 1.1 (OGC 05-078r4) with sizes in pixels.

    Parameters
    ----------
    sheet
        A layer with a style; the fields that the style names are among its own.
    lang
        Language of the titles, ``zh`` or ``en``.

    Returns
    -------
    str
        A document with a rule for every class, and one for the labels. Hatches, marks
        that the standard lacks, and the kind of geometry in a layer of several kinds are
        named as GeoServer knows them. QGIS puts simpler ones in their place and takes
        every kind for the same; it has QML. Equal sheets give equal texts.

    Raises
    ------
    ValueError
        If the sheet has no style.
    """
    style = sheet.style
    if style is None:
        message = "`sheet` must have a style, but its style is None"
        raise ValueError(message)
    root = make("StyledLayerDescriptor", _NAMESPACES)
    layer = add(root, "NamedLayer")
    add(layer, "se:Name", text=sheet.key)
    user = add(layer, "UserStyle")
    add(user, "se:Name", text=sheet.key)
    marks = "".join(f"（{mark.get(lang)}）" for mark in sheet.marks)
    note = "" if style.note is None else style.note.get(lang)
    _describe(user, sheet.title.get(lang) + marks, note)
    features = add(user, "se:FeatureTypeStyle")
    for number, rule in enumerate(drawn_rules(sheet, style, lang), start=1):
        _add_rule(features, number, rule)
    if style.label_field:
        _add_labels(features, style, sheet.latitude)
    return document(root)


def _describe(parent: Element, title: str, note: str = "") -> None:
    told = add(parent, "se:Description")
    add(told, "se:Title", text=title)
    if note:
        add(told, "se:Abstract", text=note)


def _add_rule(parent: Element, number: int, rule: Rule) -> None:
    made = add(parent, "se:Rule")
    add(made, "se:Name", text=f"rule {number}")
    _describe(made, rule.title)
    if rule.condition is not None:
        rule.condition.fill(add(made, "ogc:Filter"))
    if rule.kind == "point":
        _add_point(made, rule.symbol)
    elif rule.kind == "line":
        _add_line(made, rule.symbol)
    else:
        _add_area(made, rule.symbol)


def _add_point(rule: Element, symbol: Symbol) -> None:
    graphic = add(add(rule, "se:PointSymbolizer"), "se:Graphic")
    mark = add(graphic, "se:Mark")
    if symbol.shape in _OUTLINES:
        corners = _OUTLINES[symbol.shape]
        drawn = ", ".join(f"{plain(x)} {plain(y)}" for x, y in (*corners, corners[0]))
        name, factor, turn = f"wkt://POLYGON(({drawn}))", 1.08, 0.0
    else:
        name, factor, turn = _MARKS.get(symbol.shape, _MARKS["circle"])
    add(mark, "se:WellKnownName", text=name)
    _fill(mark, symbol)
    if _outlined(symbol):
        _stroke(mark, symbol)
    add(graphic, "se:Size", text=plain(symbol.size * factor))
    if turn:
        add(graphic, "se:Rotation", text=plain(turn))


def _add_area(rule: Element, symbol: Symbol) -> None:
    ground = add(rule, "se:PolygonSymbolizer")
    _fill(ground, symbol, HATCHED_GROUND if symbol.hatch else 1.0)
    if symbol.hatch in _HATCHES and symbol.fill != _NONE:
        _add_hatch(add(rule, "se:PolygonSymbolizer"), symbol)
    # Above the hatch, not below it.
    _add_line(rule, symbol)


def _add_line(rule: Element, symbol: Symbol) -> None:
    if _outlined(symbol):
        _stroke(add(rule, "se:LineSymbolizer"), symbol)


def _add_hatch(symbolizer: Element, symbol: Symbol) -> None:
    name, size = _HATCHES[symbol.hatch]
    graphic = add(add(add(symbolizer, "se:Fill"), "se:GraphicFill"), "se:Graphic")
    mark = add(graphic, "se:Mark")
    add(mark, "se:WellKnownName", text=name)
    paint = {"stroke": symbol.fill, "stroke-opacity": plain(symbol.fill_opacity)}
    _parameters(add(mark, "se:Stroke"), {**paint, "stroke-width": plain(HATCH_WIDTH)})
    add(graphic, "se:Size", text=plain(size))


def _fill(parent: Element, symbol: Symbol, share: float = 1.0) -> None:
    if symbol.fill == _NONE:
        return
    opacity = plain(symbol.fill_opacity * share)
    _parameters(add(parent, "se:Fill"), {"fill": symbol.fill, "fill-opacity": opacity})


def _outlined(symbol: Symbol) -> bool:
    return symbol.stroke != _NONE and symbol.width > 0


def _stroke(parent: Element, symbol: Symbol) -> None:
    values = {
        "stroke": symbol.stroke,
        "stroke-opacity": plain(symbol.opacity),
        "stroke-width": plain(symbol.width),
        "stroke-linejoin": "round",
    }
    if symbol.dash:
        values["stroke-dasharray"] = " ".join(plain(d) for d in dash_lengths(symbol.dash))
    _parameters(add(parent, "se:Stroke"), values)


def _parameters(parent: Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        add(parent, "se:SvgParameter", {"name": name}, value)


def _add_labels(features: Element, style: LayerStyle, latitude: float) -> None:
    rule = add(features, "se:Rule")
    add(rule, "se:Name", text="labels")
    scale = scale_of_zoom(style.label_min_zoom, latitude)
    add(rule, "se:MaxScaleDenominator", text=str(scale))
    text = add(rule, "se:TextSymbolizer")
    add(add(text, "se:Label"), "ogc:PropertyName", text=style.label_field)
    _parameters(add(text, "se:Font"), _FONT)
    point = add(add(text, "se:LabelPlacement"), "se:PointPlacement")
    anchor = add(point, "se:AnchorPoint")
    add(anchor, "se:AnchorPointX", text="0.5")
    add(anchor, "se:AnchorPointY", text="0.5")
    halo = add(text, "se:Halo")
    add(halo, "se:Radius", text="2")
    _parameters(add(halo, "se:Fill"), {"fill": "#ffffff"})
    _parameters(add(text, "se:Fill"), {"fill": LABEL_COLOUR})
