"""Kinds of files that are not read, and what to ask the sender for instead."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.errors import IntakeError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

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


# Files that come in several parts: the suffix of the main one, and of all.
_FAMILIES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        ".shp",
        frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml"}),
    ),
    (".tab", frozenset({".tab", ".dat", ".map", ".id", ".ind"})),
    (".mif", frozenset({".mif", ".mid"})),
)


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


def main_file(names: Sequence[str]) -> str:
    """Return the file that is read, of one or of the parts of one Shapefile or MapInfo table.

    Parameters
    ----------
    names
        Names of the files without folders.

    Raises
    ------
    IntakeError
        If they are several files.
    """
    if len(names) == 1:
        return names[0]
    suffixes = {PurePath(name).suffix.casefold() for name in names}
    stems = {name.casefold().split(".")[0] for name in names}
    for suffix, family in _FAMILIES:
        if len(stems) == 1 and suffix in suffixes <= family and len(set(names)) == len(names):
            return next(name for name in names if name.casefold().endswith(suffix))
    listed = ", ".join(names[:6])
    raise IntakeError(
        Text(
            f"请一次导入一个文件；几个文件只能是同一个 Shapefile 或 MapInfo 表的各部分：{listed}",
            "import one file at a time; several can only be the parts of one Shapefile or"
            f" MapInfo table: {listed}",
        )
    )
