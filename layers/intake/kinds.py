"""Kinds of files that are not read, and what to ask the sender for instead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NoReturn

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.intake.source import Request

READABLE = "xlsx xls ods csv · shp (zip) gpkg geojson fgb kml kmz ovkml gdb (zip) dxf tab/mif"

_DWG = Text(
    "DWG 是封闭格式；请在 CAD 中“另存为”AutoCAD 2010 DXF（*.dxf）后导入，并说明图纸的坐标系",
    "DWG is a closed format; in the CAD program save it as AutoCAD 2010 DXF (*.dxf)"
    " and say which coordinate system the drawing has",
)
_OVOBJ = Text(
    "ovobj 是奥维互动地图的封闭格式；请在奥维中导出为 KML 或 SHP"
    "（导出的 ovkml 坐标带 GCJ-02 偏移，shp 不带）",
    "ovobj is a closed format of Ovital Map; export KML or SHP from it"
    " (its ovkml is shifted to GCJ-02, its shp is not)",
)
_MAPGIS = Text(
    "这是 MapGIS 的格式；请在 MapGIS 中导出为 Shapefile 或 FileGDB",
    "this is a format of MapGIS; export a Shapefile or a FileGDB from it",
)
_OLD_OFFICE = Text(
    "请在 Word 或 WPS 中把表格复制到 Excel，另存为 .xlsx",
    "copy the table to a spreadsheet and save it as .xlsx",
)

ADVICE: Mapping[str, Text] = {
    ".dwg": _DWG,
    ".ovobj": _OVOBJ,
    ".wp": _MAPGIS,
    ".wt": _MAPGIS,
    ".wl": _MAPGIS,
    ".gdbx": _MAPGIS,
    ".hdf": _MAPGIS,
    ".doc": _OLD_OFFICE,
    ".docx": _OLD_OFFICE,
    ".et": Text("请在 WPS 中另存为 .xlsx", "save it as .xlsx in WPS"),
    ".rar": Text("请解压后导入，或改用 .zip 压缩", "unpack it, or pack it as .zip"),
    ".7z": Text("请解压后导入，或改用 .zip 压缩", "unpack it, or pack it as .zip"),
    ".mdb": Text(
        "请在 ArcGIS 中把个人数据库导出为 Shapefile 或 FileGDB",
        "export a Shapefile or a FileGDB from the personal geodatabase",
    ),
}
"""What to ask for, by suffix."""


def refuse_kind(request: Request) -> NoReturn:
    """Raise the error that this kind of file is not read, and name the export to ask for.

    Raises
    ------
    IntakeError
        Always.
    """
    suffix = request.path.suffix
    advice = ADVICE.get(suffix.lower())
    if advice is not None:
        request.refuse(advice.zh, advice.en)
    request.refuse(
        f"不支持的文件类型“{suffix}”；可用：{READABLE}",
        f"the type '{suffix}' is not supported; use one of {READABLE}",
    )
