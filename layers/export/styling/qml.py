"""QML: the style file of QGIS (3.16 and later)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from layers.export.notes import heading
from layers.export.styling.conditions import column
from layers.export.styling.conditions import quoted
from layers.export.styling.measures import scale_of_zoom
from layers.export.styling.qml_symbols import add_symbol
from layers.export.styling.qml_symbols import colour
from layers.export.styling.rules import by_value
from layers.export.styling.rules import drawn_kinds
from layers.export.styling.rules import drawn_rules
from layers.export.styling.xmltext import add
from layers.export.styling.xmltext import document
from layers.export.styling.xmltext import make

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from layers.catalogue import FieldSpec
    from layers.catalogue import GeometryKind
    from layers.export.sheets import Sheet
    from layers.export.styling.rules import Rule
    from layers.style import LayerStyle

LABEL_FONTS = ("Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "SimHei")
"""Fonts of labels; QGIS takes the first that the computer has."""

LABEL_COLOUR = "#1f2d3a"
LABEL_POINTS = 9.0
"""Ink and size of labels as on the web map (12 CSS pixels)."""

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_CATEGORIES = "LayerConfiguration|Symbology|Labeling|Fields|Forms|Rendering"
_GEOMETRY_TYPES: dict[GeometryKind, str] = {"point": "0", "line": "1", "polygon": "2"}
# Placements of QGIS: 6 beside the symbol, 2 along the line, 4 anywhere in the area, so that
# its name finds room among symbols; 0 around a point or a middle.
_PLACEMENTS: dict[GeometryKind, str] = {"point": "6", "line": "2", "polygon": "4"}
_ANY_PLACEMENT = "0"


def qml_text(sheet: Sheet, lang: str) -> str:
    """Return the style of a layer as QML.

    Parameters
    ----------
    sheet
        A layer with a style; the fields that the style names are among its own.
    lang
        Language of legend and headings, ``zh`` or ``en``.

    Returns
    -------
    str
        A document that draws and labels the layer as the web map does, and names
        its fields. One symbol, classes by value, or rules: for classes of numbers
        (features without value are drawn too), for sketched boundaries, and for
        layers of points and areas. Equal sheets give equal texts.

    Raises
    ------
    ValueError
        If the sheet has no style.
    """
    style = sheet.style
    if style is None:
        message = "`sheet` must have a style, but its style is None"
        raise ValueError(message)
    labelled = bool(style.label_field)
    head = {
        "version": "3.16.0",
        "styleCategories": _CATEGORIES,
        "labelsEnabled": "1" if labelled else "0",
    }
    root = make("qgis", head)
    _add_renderer(root, sheet, style, drawn_rules(sheet, style, lang))
    kinds = drawn_kinds(sheet)
    if labelled:
        _add_labels(root, style, kinds, sheet.latitude)
    add(root, "blendMode", text="0")
    add(root, "layerOpacity", text="1")
    _add_fields(root, sheet.fields, lang)
    if sheet.name_field:
        add(root, "previewExpression", text=column(sheet.name_field))
    if len(kinds) == 1:
        # QGIS refuses the style for another kind of geometry; a mixed layer names none.
        add(root, "layerGeometryType", text=_GEOMETRY_TYPES[kinds[0]])
    return document(root, _DOCTYPE)


def _add_renderer(root: Element, sheet: Sheet, style: LayerStyle, rules: Sequence[Rule]) -> None:
    key = _key_expression(sheet, style)
    # One rule for every class and the rest: no class is split by kind or boundary.
    if len(rules) == 1:
        renderer = add(root, "renderer-v2", {"type": "singleSymbol", "symbollevels": "0"})
    elif key and len(rules) == len(style.classes) + 1:
        attributes = {"type": "categorizedSymbol", "attr": key, "symbollevels": "0"}
        renderer = add(root, "renderer-v2", attributes)
        _add_categories(renderer, style, rules)
    else:
        renderer = add(root, "renderer-v2", {"type": "RuleRenderer", "symbollevels": "0"})
        _add_rules(renderer, sheet.key, rules)
    symbols = add(renderer, "symbols")
    for number, rule in enumerate(rules):
        add_symbol(symbols, str(number), rule.symbol, rule.kind)


def _key_expression(sheet: Sheet, style: LayerStyle) -> str:
    """Return what gives the value of the class of a feature; empty if nothing does."""
    if style.by_prefix:
        return _longest_prefix(style)
    kinds = {field.name: field.type for field in sheet.fields}
    return column(style.field) if by_value(style) and kinds[style.field] == "text" else ""


def _longest_prefix(style: LayerStyle) -> str:
    """Return an expression for the longest code of a class that a value starts with.

    Looked up once a feature; a rule for every land-use code would be asked in turn.
    """
    lengths = sorted({len(entry.value) for entry in style.classes}, reverse=True)
    cases = []
    for length in lengths:
        codes = [quoted(e.value) for e in style.classes if len(e.value) == length]
        start = f"left({column(style.field)}, {length})"
        cases.append(f"WHEN {start} IN ({', '.join(codes)}) THEN {start}")
    return f"CASE {' '.join(cases)} END"


def _add_categories(renderer: Element, style: LayerStyle, rules: Sequence[Rule]) -> None:
    categories = add(renderer, "categories")
    for number, rule in enumerate(rules):
        # The category without a value is for all other values, unknown ones too.
        value = style.classes[rule.number].value if rule.number >= 0 else ""
        entry = {"value": value, "label": rule.title, "symbol": str(number), "render": "true"}
        add(categories, "category", entry)


def _add_rules(renderer: Element, layer: str, rules: Sequence[Rule]) -> None:
    tree = add(renderer, "rules", {"key": _rule_key(layer, "root")})
    for number, rule in enumerate(rules):
        entry = {"key": _rule_key(layer, str(number)), "label": rule.title, "symbol": str(number)}
        if rule.condition is not None:
            entry["filter"] = rule.condition.expression()
        add(tree, "rule", entry)


def _rule_key(layer: str, rule: str) -> str:
    """Return a key that is the same in every export."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, f"{layer}/{rule}")) + "}"


def _add_labels(
    root: Element, style: LayerStyle, kinds: Sequence[GeometryKind], latitude: float
) -> None:
    labeling = add(root, "labeling", {"type": "simple"})
    settings = add(labeling, "settings")
    text = {
        "fieldName": style.label_field,
        "isExpression": "0",
        "fontFamily": LABEL_FONTS[0],
        "fontSize": f"{LABEL_POINTS:g}",
        "fontSizeUnit": "Point",
        "fontWeight": "63" if "polygon" in kinds else "57",
        "textColor": colour(LABEL_COLOUR, 1.0),
        "textOpacity": "1",
    }
    written = add(settings, "text-style", text)
    families = add(written, "families")
    for name in LABEL_FONTS:
        add(families, "family", {"name": name})
    buffer = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM"}
    white = {"bufferColor": colour("#ffffff", 1.0), "bufferOpacity": "1", "bufferNoFill": "1"}
    add(written, "text-buffer", {**buffer, **white})
    # A layer of several kinds is several layers in QGIS, which share one way of placing.
    placement = _PLACEMENTS[kinds[0]] if len(kinds) == 1 else _ANY_PLACEMENT
    where = {"placement": placement, "dist": "0.5", "distUnits": "MM", "centroidInside": "1"}
    # From the edge of the symbol, on the right first, as on the web map.
    beside = {"offsetType": "1", "predefinedPositionOrder": "R,L,TR,BR,TL,BL,TSR,BSR"}
    # Names of areas push those of points away (0 to 10).
    priority = "8" if "polygon" in kinds else "5"
    add(settings, "placement", {**where, **beside, "priority": priority})
    scale = str(scale_of_zoom(style.label_min_zoom, latitude))
    shown = {"scaleVisibility": "1", "scaleMin": "1", "scaleMax": scale, "drawLabels": "1"}
    add(settings, "rendering", {**shown, "obstacle": "1"})


def _add_fields(root: Element, fields: Sequence[FieldSpec], lang: str) -> None:
    """Name the fields for people, and the codes of those with a list of values."""
    configuration = add(root, "fieldConfiguration")
    aliases = add(root, "aliases")
    for field in fields:
        entry = add(configuration, "field", {"name": field.name})
        add(aliases, "alias", {"field": field.name, "name": heading(field, lang)})
        if not field.choices:
            continue
        widget = add(entry, "editWidget", {"type": "ValueMap"})
        options = add(add(widget, "config"), "Option", {"type": "Map"})
        listed = add(options, "Option", {"type": "List", "name": "map"})
        for choice in field.choices:
            pair = add(listed, "Option", {"type": "Map"})
            named = {"name": choice.title.get(lang), "value": choice.value, "type": "QString"}
            add(pair, "Option", named)
