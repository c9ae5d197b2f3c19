"""Sheets that the tests of the DXF writer draw."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from ezdxf.filemanagement import readfile

from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.export.dxf import check_dxf
from layers.export.dxf import write_dxf
from layers.export.notes import Notes
from layers.export.sheets import Sheet
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STAMP = dt.datetime(2026, 3, 31, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
E, N = 643_000.0, 3_466_000.0
APPID = "YANGPU_ATLAS"


def box(size: float, x: float = 0.0, y: float = 0.0) -> shapely.Polygon:
    return shapely.box(E + x, N + y, E + x + size, N + y + size)


HOLED = box(100).difference(box(20, 40, 40))
FIELDS = (
    FieldSpec("park_id", "text", Text("园区编码", "Park id")),
    FieldSpec("name", "text", Text("园区名称", "Name")),
    FieldSpec("park_class", "text", Text("类别", "Class")),
    FieldSpec("area_m2", "number", Text("面积", "Area"), unit="m²"),
    FieldSpec("tenants", "integer", Text("企业数", "Tenants")),
    FieldSpec("protected", "boolean", Text("历史保护", "Protected")),
    FieldSpec("data_date", "date", Text("数据日期", "Date")),
    FieldSpec("boundary_status", "text", Text("边界状态", "Boundary")),
)
STYLE = LayerStyle(
    "park_class",
    Symbol(fill="#777777"),
    (
        StyleClass("u", Text("大学科技园", "University"), Symbol(fill="#0072b2", hatch="diagonal")),
        StyleClass("b", Text("商务/园区", "Business"), Symbol(fill="none", stroke="#d55e00")),
        StyleClass("s", Text("特色园", "Special"), Symbol(fill="#009e73", dash="6 4")),
    ),
    by_prefix=False,
    label_field="name",
    label_min_zoom=14,
)


def sheet(shapes: Sequence[Any], crs: str = "EPSG:4549", **columns: Sequence[Any]) -> Sheet:
    n = len(shapes)
    kinds = {"number": "float64", "integer": "Int64", "boolean": "boolean", "date": "datetime64[s]"}
    plain = {
        field.name: pd.Series(
            list(columns.get(field.name, [None] * n)), dtype=kinds.get(field.type, "str")
        )
        for field in FIELDS
    }
    frame = gpd.GeoDataFrame(plain, geometry=list(shapes), crs=crs)
    title = Text("园区", "Parks")
    return Sheet("parks", title, title, FIELDS, frame, STYLE, "park_id", "name")


def parks() -> Sheet:
    return sheet(
        [
            HOLED,
            box(50, 200),
            shapely.union(box(30, 300), box(30, 350).difference(box(10, 360, 10))),
            None,
        ],
        park_id=["P1", "P2", "P3", "P4"],
        name=["大学园", "商务园", "特色园", "未定位园"],
        park_class=["u", "b", "s", "u"],
        area_m2=[9600.123456789011, None, -0.5, 1.0],
        tenants=[0, 2**53 + 1, None, 1],
        protected=[True, False, None, None],
        data_date=["2026-03-31", None, None, None],
        boundary_status=["sketch", None, "official", None],
    )


NOTES = Notes(
    "zh",
    (Text("内部资料 注意保管", "internal"), Text("“园区”含示例数据", "sample")),
    pd.DataFrame(),
    pd.DataFrame(),
    STAMP,
)


def drawn(made: Sheet | Sequence[Sheet], path: Path, notes: Notes = NOTES, **more: Any) -> Any:
    """Write and check a drawing, and return it as the library reads it."""
    sheets = [made] if isinstance(made, Sheet) else made
    write_dxf(sheets, path, notes, **more)
    check_dxf(sheets, path, notes, **more)
    drawing = readfile(path)
    auditor = drawing.audit()
    assert auditor.errors == []
    assert auditor.fixes == []
    return drawing


def of(drawing: Any, kind: str, layer: str | None = None) -> list[Any]:
    found = drawing.modelspace().query(kind)
    return [e for e in found if layer is None or e.dxf.layer == layer]


def data(entity: Any) -> list[tuple[int, Any]]:
    return [(tag.code, tag.value) for tag in entity.get_xdata(APPID) if tag.code != 1001]
