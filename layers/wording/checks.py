"""Findings of the checks across rows and layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "parks_overlap": warning(
        "“{value}”与“{other}”的范围重叠 {area} m²（占较小者的 {share}）",
        "'{value}' and '{other}' overlap by {area} m² ({share} of the smaller one)",
        "请核对两个园区的边界；如一个含于另一个之内，可不处理",
        "Check both outlines; leave them if one is part of the other",
    ),
    "outside_park": warning(
        "“{value}”在所属园区“{park}”的边界之外 {distance} m",
        "'{value}' is {distance} m outside the outline of its park '{park}'",
        "请核对坐标、园区编码和园区边界",
        "Check the coordinates, the code of the park, and its outline",
    ),
    "outside_district": warning(
        "“{value}”在本区边界之外 {distance} km{seen_zh}",
        "'{value}' is {distance} km outside the district{seen_en}",
        "请核对坐标与坐标系；确在区外的可不处理",
        "Check the coordinates and their system; leave it if it really is outside",
    ),
    "duplicate_name": warning(
        "“{value}”与“{other}”名称和楼号相同，可能是同一栋楼",
        "'{value}' and '{other}' have the same name and building number; they may be one building",
        "如是同一栋楼，请合并为一行，或统一编码",
        "If they are one building, join the rows or give them one code",
    ),
    "same_place": warning(
        "“{value}”与“{other}”相距不足 1 m，编码却不同",
        "'{value}' and '{other}' are less than 1 m apart but have different codes",
        "如是同一栋楼，请合并；如坐标按地址填写，请改为各自的位置",
        "Join them if they are one building; give each its own place if they share an address",
    ),
    "part_above_whole": warning(
        "{part_zh} {value}{part_from_zh} 大于{whole_zh} {whole}{whole_from_zh}",
        "{part_en} {value}{part_from_en} is more than {whole_en} {whole}{whole_from_en}",
        "请核对两个数的口径与单位",
        "Check what both numbers include, and their units",
    ),
    "dates_reversed": warning(
        "{late_zh} {value}{late_from_zh} 早于{early_zh} {early}{early_from_zh}",
        "{late_en} {value}{late_from_en} is before {early_en} {early}{early_from_en}",
        "请核对这两个日期",
        "Check both dates",
    ),
    "date_in_future": warning(
        "{title_zh} {value} 晚于{against_zh} {limit}",
        "{title_en} {value} is after {against_en} {limit}",
        "请核对日期；尚未发生的事请留空",
        "Check the date; leave empty what has not happened yet",
    ),
    "leased_differs": warning(
        "载体“{carrier}”的已租单元合计 {units} m²，与载体表的已租面积 {leased} m² 相差超过 5%",
        "the leased units of carrier '{carrier}' add up to {units} m², which differs from its"
        " leased area of {leased} m² by more than 5 %",
        "请核对两张表的口径与数据时点",
        "Check what both tables include and their dates",
    ),
    "units_exceed_carrier": warning(
        "载体“{carrier}”的单元合计 {units} m²，超出其总建筑面积 {gross} m²",
        "the units of carrier '{carrier}' add up to {units} m², more than its gross area of"
        " {gross} m²",
        "请核对单元面积、载体编码，以及是否有重复的单元",
        "Check the areas, the carrier's code, and whether units are there twice",
    ),
    "floor_ratio_high": warning(
        "总建筑面积 {gross} m²{gross_from_zh} 是土地面积 {value} m²{land_from_zh} 的 {ratio} 倍，"
        "不合常理",
        "the gross area of {gross} m²{gross_from_en} is {ratio} times the land area of"
        " {value} m²{land_from_en}",
        "请核对土地面积的单位（亩应换算为平方米）与两个数的口径",
        "Check the unit of the land area (mu or square metres) and what both numbers include",
    ),
    "unit_suspect": warning(
        "“{title_zh}”{count} 行的中位数为 {value} {measure_zh}，疑为{guess_zh}",
        "the median of '{title_en}' over {count} rows is {value} {measure_en}; {guess_en}",
        "请核对单位；如确实填错，请换算后重新导入",
        "Check the unit; convert the column and import again if it is wrong",
    ),
    "more_findings": info(
        "检查项“{check}”的问题较多，只列出前 {count} 条",
        "the check '{check}' found many things; only the first {count} are listed",
        "请先处理已列出的，再重新导入",
        "Mend those that are listed and import again",
    ),
    "originals_not_kept": warning(
        "纠偏前的原坐标未能保存（{problem}）；数据本身已写入",
        "the coordinates before the correction could not be kept ({problem}); the data itself"
        " was written",
        "请检查工作区文件夹的权限与磁盘空间，并保留原文件",
        "Check permissions and disk space of the workspace, and keep the original file",
    ),
}
