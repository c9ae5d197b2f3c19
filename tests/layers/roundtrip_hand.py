"""Layers with everything that makes formats stumble, for the tests of the exports."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from layers.catalogue import Choice
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.export.notes import Notes
from layers.export.notes import table_notes
from layers.export.sheets import Sheet
from layers.frames import to_type
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.catalogue import FieldType

STAMP = dt.datetime(2026, 3, 31, 8, 30, tzinfo=dt.UTC)
SYSTEMS = ("EPSG:4490", "EPSG:4549", "EPSG:4550", "EPSG:4326")

LON, LAT = 121.505612, 31.299034
HOLED = shapely.Polygon(
    [(121.5, 31.3), (121.51, 31.3), (121.51, 31.31), (121.5, 31.31)],
    [
        [(121.502, 31.302), (121.502, 31.304), (121.504, 31.304), (121.504, 31.302)],
        [(121.506, 31.306), (121.506, 31.308), (121.508, 31.308), (121.508, 31.306)],
    ],
)
BOX = shapely.box(121.52, 31.29, 121.523456, 31.293456)
LINE = shapely.LineString([(121.5, 31.28), (121.505, 31.281), (121.51, 31.28)])
POINT = shapely.Point(LON, LAT)

POLYGONS = [HOLED, shapely.MultiPolygon([BOX, HOLED]), BOX, shapely.MultiPolygon([BOX])]
POINTS = [POINT, shapely.Point(121.6, 31.2), POINT, shapely.MultiPoint([(121.5, 31.3), (LON, LAT)])]
LINES = [LINE, shapely.MultiLineString([LINE, LINE.reverse().segmentize(0.002)]), LINE, LINE]
MIXED = [POINT, HOLED, LINE, None]
PLACES: dict[str, list[Any]] = {
    "points": POINTS,
    "lines": LINES,
    "polygons": POLYGONS,
    "mixed": MIXED,
    "unlocated": [POINT, None, POINT, None],
}
"""Four geometries of every sort, in degrees."""

NAMES = tuple("载体名称总建筑面积平方米地"[:n] for n in range(1, 13))
"""Chinese names of 1 to 12 characters."""

_FIELDS: tuple[tuple[str, FieldType, str, list[Any]], ...] = (
    ("编码", "text", "", ["甲1", "乙2", "丙3", "丁4"]),
    ("名称", "text", "", ['甲,"乙"', "丙\n丁 & <戊>", None, "己'; drop table"]),
    ("note", "text", "", ["=1+1", "备注", "－3", None]),
    ("总建筑面积_平方米", "number", "m²", [-12.345678901234567, 1e-7, None, 98_765_432.1]),
    ("总建筑面积_地上", "number", "m²", [0.0, -0.0, 1 / 3, 1e30]),
    ("rentable_area_m2", "number", "m²", [None, None, None, None]),
    ("rentable_area_mu", "number", "亩", [1.0, 2.5, 3.25, -4.125]),
    ("企业数", "integer", "", [-3, None, 2**53, 0]),
    ("楼层", "integer", "", [1, 2, 3, None]),
    ("历史保护", "boolean", "", [True, None, False, None]),
    ("数据日期", "date", "", ["2026-03-31", None, "1911-10-10", "2100-12-31"]),
    ("空置起始", "month", "", ["2026-03", "1999-12", None, None]),
    ("类别", "text", "", ["a", "b", None, "a"]),
)

RARE = ["㙍路🙂", "𠮷野 €", None, "ä ß ñ"]
"""Texts that GBK does not have."""

STYLE = LayerStyle(
    field="类别",
    default=Symbol(fill="#7f8c99", fill_opacity=0.5),
    classes=(
        StyleClass("a", Text("甲类", "Class A"), Symbol(fill="#123456", stroke="#abcdef")),
        StyleClass("b", Text("乙类", "Class B"), Symbol(fill="none", width=2.5)),
    ),
    by_prefix=False,
    label_field="名称",
    label_min_zoom=14,
)


def field(name: str, kind: FieldType = "text", unit: str = "", **more: Any) -> FieldSpec:
    """Return a field whose titles are its name."""
    return FieldSpec(name, kind, Text(name, name), unit=unit, **more)


def sheet(
    shapes: Sequence[Any] | None,
    crs: str = "EPSG:4490",
    *,
    rows: int = 4,
    rare: bool = False,
    style: LayerStyle | None = None,
) -> Sheet:
    """Return a sheet with fields of every type; `shapes` are in degrees, at least `rows`."""
    fields = [field(name, kind, unit) for name, kind, unit, _ in _FIELDS]
    choices = (Choice("a", Text("甲类", "Class A")), Choice("b", Text("乙类", "Class B")))
    fields[-1] = replace(fields[-1], choices=choices)
    values = {name: given for name, _, _, given in _FIELDS}
    if rare:
        values["note"] = RARE
    frame = pd.DataFrame(
        {f.name: to_type(pd.Series(values[f.name][:rows], dtype=object), f.type) for f in fields}
    )
    if shapes is not None:
        placed = gpd.GeoSeries(list(shapes)[:rows], crs="EPSG:4490").to_crs(crs)
        oriented = shapely.orient_polygons(placed.to_numpy())
        frame = gpd.GeoDataFrame(frame, geometry=oriented, crs=crs)
    title = Text("示例载体", "Sample carriers")
    return Sheet(
        "carriers", title, title, tuple(fields), frame, style, id_field="编码", name_field="名称"
    )


def notes(made: Sheet, lang: str = "zh") -> Notes:
    """Return the notes of a sheet, at the time of :data:`STAMP`."""
    made_now = table_notes(made, lang, internal=True)
    time = made_now.readme.columns[-1]
    readme = made_now.readme.assign(**{time: STAMP.isoformat()})
    return replace(made_now, readme=readme, stamp=STAMP)
