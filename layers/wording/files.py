"""Findings about a file as a whole and how it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import error
from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "file_unreadable": error(
        "{problem_zh}", "{problem_en}", "其余图层已照常载入", "The other layers were loaded"
    ),
    "no_rows": warning(
        "文件只有表头，没有数据行",
        "the file has headings but no rows",
        "请核对导出时是否选中了数据",
        "Check that the data was selected when the file was made",
    ),
    "no_geometry": warning(
        "没有找到坐标或几何，所有行均为未定位",
        "no coordinates or geometry were found, so every row is not located",
        "请提供经度、纬度两列或 wkt 列",
        "Give a longitude and a latitude column, or a wkt column",
    ),
    "crs_assumed": warning(
        "{who_zh}，按 {crs} 读取，没有足够的已有要素可以核实",
        "{who_en} was read as {crs}, and too few of its features are known here to check that",
        "凭数值无法区分 GCJ-02 与 WGS-84；如坐标取自高德、腾讯或百度地图，请在导入页第 3 步“位置”"
        "选择 GCJ02 或 BD09，或用 --crs GCJ02 重新导入",
        "Numbers cannot tell GCJ-02 from WGS 84; if they come from Amap, Tencent or Baidu, choose"
        " GCJ02 or BD09 in step 3 of the import page, or import again with --crs GCJ02",
    ),
    "crs_confirmed": info(
        "没有写明的坐标系按 {crs} 读取；与 {count} 处已有要素比对相符（中位偏差 {before} m）",
        "what does not name its coordinate system was read as {crs}, and {count} features"
        " lie where they are known to be (median distance {before} m)",
    ),
    "crs_argument_ignored": warning(
        "文件自带坐标系 {own}，未采用所指定的 {given}",
        "the file names its own coordinate system {own}; the given {given} was not used",
        "如文件写错，请先在制图软件中改正",
        "If the file is wrong, correct it in the GIS first",
    ),
    "datum_shift_unknown": warning(
        "{crs} 基于另一大地基准，转换到 CGCS2000 没有公开参数，位置可能偏差几十米",
        "{crs} is on another datum; without public parameters for CGCS2000"
        " places may be off by tens of metres",
        "请提供已转换到 CGCS2000 的文件",
        "Provide the file in CGCS2000",
    ),
    "shift_corrected": info(
        "{count} 行坐标由 {system} 纠正到 CGCS2000（约 1–2 m，不作测绘依据）",
        "the coordinates of {count} rows were corrected from {system} to CGCS2000"
        " (about 1–2 m, not for surveying)",
    ),
    "unknown_coordinate_system": error(
        "不认识的坐标系“{value}”",
        "unknown coordinate system '{value}'",
        "可用：{allowed}",
        "Use one of: {allowed}",
    ),
    "half_coordinate": error(
        "经度和纬度只有其一",
        "only one of longitude and latitude is given",
        "请补齐或都留空",
        "Give both or leave both empty",
    ),
    "too_many_cells": error(
        "该行有 {cells} 格，多于表头的 {columns} 列",
        "the row has {cells} cells, more than the {columns} headings",
        "文字中含分隔符时请加引号",
        "Put text that contains the separator in quotes",
    ),
    "formula_without_result": error(
        "单元格 {cell}（列“{field}”）的公式没有计算结果",
        "the formula in cell {cell} (column '{field}') has no result",
        "请在 Excel 中打开并保存后再导入",
        "Open the file in Excel, save it, and import again",
    ),
    "formula_unused": info(
        "列“{field}”未被采用，其中 {count} 格的公式没有计算结果（首个在第 {first} 行），不影响导入",
        "the column '{field}' is not used; {count} of its formulas have no result (the first in row"
        " {first}), which rejects nothing",
        "如需采用该列，请在 Excel 中打开并保存后再导入",
        "To use it, open the file in Excel, save it, and import again",
    ),
    "too_few_cells": warning(
        "该行只有 {cells} 格，少于表头的 {columns} 列；缺少的按未知处理",
        "the row has {cells} cells, fewer than the {columns} headings; the rest is unknown",
        "请核对该行是否被截断",
        "Check that the row is complete",
    ),
    "column_not_used": info(
        "列“{source}”与“{used}”对应同一字段 {name}，只采用后者",
        "the columns '{source}' and '{used}' both are {name}; only the latter was used",
    ),
    "encoding_assumed": info(
        "文件不是 UTF-8，按 {encoding} 读取",
        "the file is not UTF-8; it was read as {encoding}",
        "如出现乱码，请指明编码",
        "If the text is garbled, name the encoding",
    ),
    "reader_note": warning(
        "读取时的提示：{problem}",
        "note of the reader: {problem}",
        "请核对读入的内容",
        "Check what was read",
    ),
}
