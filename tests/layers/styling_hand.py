"""Sheets with styles for the tests, and what their files say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from defusedxml.ElementTree import fromstring

from layers.catalogue import FieldSpec
from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.export.sheets import Sheet
from layers.export.sheets import layer_sheet
from layers.export.styling import qml_text
from layers.export.styling import sld_text
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.style import layer_style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from layers.catalogue import LayerSpec
CATALOGUE = load_catalogue()
PLACED = [spec for spec in CATALOGUE.layers if spec.geometry]
CRS = pyproj.CRS("EPSG:4549")
STAMP = dt.datetime(2026, 11, 26, 9, 30, tzinfo=dt.UTC)
SHAPE = {
    "point": shapely.Point(0, 0),
    "line": shapely.LineString([(0, 0), (9, 9)]),
    "polygon": shapely.box(0, 0, 9, 9),
}
OGC, SE = "{http://www.opengis.net/ogc}", "{http://www.opengis.net/se}"


def made_sheet(
    style: LayerStyle | None,
    values: Sequence[Any],
    *,
    kind: str = "text",
    shapes: list[Any] | None = None,
    status: Sequence[str | None] | None = None,
) -> Sheet:
    """Return a layer with a field ``v`` of these values, areas by default."""
    fields = [FieldSpec("v", kind, Text("值", "Value"), unit="m")]  # type: ignore[arg-type]
    columns: dict[str, Any] = {"v": list(values)}
    if status is not None:
        fields.append(FieldSpec("boundary_status", "text", Text("边界性质", "Boundary status")))
        columns["boundary_status"] = status
    geometry = [SHAPE["polygon"]] * len(values) if shapes is None else shapes
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)
    title = Text("图层", "Layer")
    return Sheet("made", title, title, tuple(fields), frame, style=style)


def made_style(*values: str, **more: Any) -> LayerStyle:
    colours = [f"#0000{number:02x}" for number in range(1, len(values) + 1)]
    classes = tuple(
        StyleClass(value, Text(f"类{value}", f"class {value}"), Symbol(fill=colour))
        for value, colour in zip(values, colours, strict=True)
    )
    return LayerStyle(
        **{
            "field": "v" if values else "",
            "default": Symbol(fill="#ff0000"),
            "classes": classes,
            "by_prefix": False,
            "label_field": "",
            "label_min_zoom": 14,
            **more,
        }
    )


def catalogue_sheet(spec: LayerSpec, lang: str = "zh") -> Sheet:
    """Return a layer of the catalogue with a feature of every class and kind."""
    style = layer_style(spec, CATALOGUE.folder)
    values: list[Any] = [entry.value for entry in style.classes] or [None]
    rows = [(value, kind) for kind in spec.geometry for value in values]
    columns = {f.name: empty_column(f, len(rows)) for f in spec.fields}
    if style.field:
        columns[style.field] = pd.Series([value for value, _ in rows], dtype="str")
    frame = layer_frame(columns, spec, [SHAPE[kind] for _, kind in rows])
    return layer_sheet(frame, spec, crs=CRS, audience="internal", lang=lang, style=style)


def qml(sheet: Sheet, lang: str = "zh") -> Element:
    root: Element = fromstring(qml_text(sheet, lang))
    return root


def sld(sheet: Sheet, lang: str = "zh") -> Element:
    root: Element = fromstring(sld_text(sheet, lang))
    return root


def legend_of(root: Element) -> list[tuple[str, str]]:
    """Return label and number of the symbol of every entry of a QML legend."""
    entries = [*root.iter("rule"), *root.iter("category")]
    return [(e.attrib["label"], e.attrib["symbol"]) for e in entries]


def symbol_of(root: Element, number: str) -> Element:
    renderer = root.find("renderer-v2")
    assert renderer is not None
    found = renderer.find(f"symbols/symbol[@name='{number}']")
    assert found is not None
    return found


def properties(element: Element) -> dict[str, str]:
    return {prop.attrib["k"]: prop.attrib["v"] for prop in element.findall("prop")}


def fill_of(symbol: Element) -> str:
    return properties(symbol.findall("layer")[0]).get("color", "")


def rgb(colour: str) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
