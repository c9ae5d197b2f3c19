"""Findings about where on earth a file lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import error
from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "not_degrees": error(
        "“{value}”不是可识别的度分秒",
        "'{value}' is no readable angle",
        "请写成 114°30′20″ 或 114.5056；分和秒须小于 60",
        "Write 114°30′20″ or 114.5056; minutes and seconds are below 60",
    ),
    "not_a_pair": error(
        "“{value}”不是一对坐标",
        "'{value}' is no pair of coordinates",
        "请写成“114.5056,30.2990”，经度在前；没有坐标请留空",
        "Write 114.5056,30.2990, longitude first; leave it empty if there are none",
    ),
    "degrees_read": info(
        "列“{field}”有 {count} 格不是单纯的数字，已换算为十进制度（如“{value}”）",
        "{count} cells of the column '{field}' were no plain numbers and were converted to decimal"
        " degrees (such as '{value}')",
    ),
    "coordinate_unknown": info(
        "列“{field}”有 {count} 格写明没有坐标（如“-”“暂无”），按空处理",
        "{count} cells of the column '{field}' say that there is no coordinate (such as '-');"
        " they are empty",
    ),
    "latitude_first": info(
        "列“{field}”有 {count} 格纬度在前，已按经度在前读取",
        "{count} cells of the column '{field}' name the latitude first and were turned round",
    ),
    "axes_swapped": warning(
        "{count} 行的两列坐标颠倒（X 为北、Y 为东，或纬度在前），已全部交换后按 {crs} 读取："
        "原样没有一处落在应有范围，交换后全部落入",
        "the coordinates of {count} rows are the other way round (x north and y east, or latitude"
        " first); all were swapped and read as {crs}: as they stand none fits, swapped all do",
        "请在地图上核对位置",
        "Check the places on the map",
    ),
    "crs_chosen": warning(
        "文件没有写明坐标系，自动判断为 {crs}：{why_zh}",
        "the file does not name its coordinate system; {crs} was chosen: {why_en}",
        "请在地图上核对；如不对，请指明坐标系后重新导入",
        "Check it on the map; if it is wrong, name the system and import again",
    ),
    "crs_doubtful": warning(
        "按 {crs} 读取后没有一处在本区附近；更像是 {other}：{why_zh}",
        "read as {crs}, nothing lies near the district; it looks like {other}: {why_en}",
        "请核对坐标系，或在地图上核对位置",
        "Check the coordinate system, or the places on the map",
    ),
    "local_grid_used": info(
        "{count} 行由您提供的地方坐标系换算到 CGCS2000（{how_zh}）；参数不保存、不导出",
        "{count} rows were brought from your local grid to CGCS2000 ({how_en});"
        " its parameters are neither kept nor exported",
    ),
    "shift_confirmed": info(
        "与 {count} 处已有同名或同编码要素比对：按 {system} 纠正后中位偏差由 {before} m"
        " 变为 {after} m",
        "against {count} known features of the same id or name: corrected from {system}, the median"
        " distance went from {before} m to {after} m",
    ),
    "shift_contradicted": warning(
        "指明的坐标系是 {given}，但与 {count} 处已有要素比对更像 {found}"
        "（中位偏差 {before} m，按 {found} 纠正后 {after} m）",
        "the coordinate system was said to be {given}, but against {count} known features it looks"
        " like {found} (median distance {before} m, corrected from {found} {after} m)",
        "请向数据提供方核实坐标来源后重新导入",
        "Ask whoever made the file where its coordinates come from, and import again",
    ),
    "shift_corrected_twice": warning(
        "与 {count} 处已有要素比对，坐标像是被多纠正了一次"
        "（中位偏差 {before} m，还原后 {after} m）",
        "against {count} known features the coordinates look as if they had been corrected once"
        " too often (median distance {before} m, undone {after} m)",
        "请索取未经纠正的原始坐标重新导入",
        "Ask for the original coordinates and import those",
    ),
}
