"""Findings of the checks across rows and layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "places_coarse": warning(
        "{of} 个已有对象的位置都取整到 0.0001 度（约 10 米），其中 {number} 个现有的位置更准确；"
        "这像是公开版，导入会丢失准确位置，公开版中留空的内部数据也会被清空",
        "The places of all {of} known objects are rounded to 0.0001 degrees (about 10 m), and"
        " those that are kept of {number} are finer; this looks like a public copy, and importing"
        " it loses the finer places, and the internal data that a public copy leaves blank",
        "请核对来源：如是公开版，请改用内部版；确实要用这些位置的，可继续导入",
        "Check where it is from: if it is a public copy import an internal one; go on if these are"
        " the places that you want",
    ),
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
    "negative_tax": info(
        "{title_zh} {value} 万元{tax_from_zh} 为负数",
        "{title_en} {value} (10 000 yuan){tax_from_en} is negative",
        "请核对；确因退税或冲减为负的可不处理，未知的请留空",
        "Check it; leave it if refunds made it so, and leave empty what is unknown",
    ),
    "unknown_subject": warning(
        "“{value}”不在“{card_zh}”的对象之中（图层：{layers_zh}），这一行不会用于评价",
        "'{value}' is none of those that the card '{card_en}' is about (layers: {layers_en});"
        " the row will not be used",
        "请核对对象编码、评价类别，以及该对象在图层中的类别；尚未入库的请先导入",
        "Check the code, the card, and the class that the layer gives it; import it first if it"
        " is not there yet",
    ),
    "unknown_indicator": warning(
        "“{card_zh}”没有指标“{value}”，这一行不会用于评价",
        "the card '{card_en}' has no indicator '{value}'; the row will not be used",
        "请填写该表的指标编码：{known_zh}",
        "Write one of the keys of the card: {known_en}",
    ),
    "repeated_indicator": warning(
        "对象“{subject}”{period} 年的指标“{value}”与{where_zh}“{other}”重复，两条都不会用于评价",
        "'{value}' of '{subject}' for {period} is there twice, also in the {where_en} '{other}';"
        " neither will be used",
        "请只保留一条；更正原有记录的，请沿用其记录编码；整层替换且本文件无重复的可不处理",
        "Keep one of them; to correct a record, give its id; nothing needs doing if the file"
        " replaces the layer and has it once",
    ),
    "indicator_range": warning(
        "指标“{title_zh}”（{unit}）的值 {value} {fault_zh}",
        "the value {value} of '{title_en}' ({unit}) {fault_en}",
        "请核对数值与单位（85% 填 85）；不能确定的，请将填报状态填为“疑错”",
        "Check value and unit (85 % is written 85); set the state of the value to doubtful if it"
        " cannot be settled",
    ),
    "area_above_carrier": warning(
        "{title_zh} {value} m² 大于载体“{carrier}”的{whole_zh} {whole} m²",
        "{title_en} {value} m² is more than {whole_en} {whole} m² of carrier '{carrier}'",
        "请核对面积单位与载体编码；台账有误的，请更正载体表",
        "Check the unit of the area and the carrier's code; mend the register if it is wrong",
    ),
    "start_long_ago": warning(
        "拟进场日期 {value} 早于 {limit}",
        "the start {value} is before {limit}",
        "请核对日期；未定的请留空",
        "Check the date; leave it empty if it is not settled",
    ),
    "rent_zero": warning(
        "报价租金为 {value}",
        "the rent offered is {value}",
        "没有报价的请留空；确为免租的，请在“条件与意见”中说明",
        "Leave it empty if there is no offer; say so in the conditions if it is rent-free",
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
