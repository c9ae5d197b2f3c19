"""What a workbook to fill in says to those who fill it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import FieldType

HELP_SHEET = Text("填写说明", "Instructions")
"""Name of the sheet that explains; the reader of workbooks knows that it holds no data."""

LIST_SHEET = Text("选项", "Choices")
"""Name of the hidden sheet of lists."""

MUST = Text("必填", "required")
YES_NO = (Text("是", "yes"), Text("否", "no"))

KINDS: Mapping[FieldType, Text] = {
    "text": Text("文字", "text"),
    "month": Text("年月（YYYY-MM）", "month (YYYY-MM)"),
    "integer": Text("整数", "whole number"),
    "number": Text("数字", "number"),
    "boolean": Text("是/否", "yes/no"),
    "date": Text("日期（YYYY-MM-DD）", "date (YYYY-MM-DD)"),
}
EXAMPLES: Mapping[FieldType, Text] = {
    "text": Text("", ""),
    "month": Text("2026-03", "2026-03"),
    "integer": Text("12", "12"),
    "number": Text("1250.5", "1250.5"),
    "boolean": Text("是", "yes"),
    "date": Text("2026-03-31", "2026-03-31"),
}

GUIDE_COLUMNS: Mapping[str, Text] = {
    "heading": Text("列标题", "Heading"),
    "required": Text("是否必填", "Required"),
    "kind": Text("填写类型", "Kind"),
    "unit": Text("计量单位", "Unit"),
    "range": Text("取值范围", "Range"),
    "allowed": Text("可选值", "Allowed values"),
    "example": Text("填写示例", "Example"),
    "aliases": Text("也认得的标题", "Headings also known"),
    "name": Text("字段名", "Field"),
}

RULES = (
    Text(
        "一行填一条记录；只填第一张表，不要改动表头，也不要在表头上方加标题行",
        "One record a row; fill in the first sheet only, and leave the headings as they are",
    ),
    Text(
        "不知道的留空，不要填 0、“无”、“/”或“-”：空表示未知，0 表示确实为零",
        "Leave empty what is not known; do not write 0 or '-': empty is unknown, 0 is none",
    ),
    Text(
        "不要加合计、小计、备注行，不要合并单元格",
        "Add no lines of totals or remarks, and merge no cells",
    ),
    Text(
        "数字只填数字，单位按表头括号内的；面积一律平方米，金额见各列",
        "Write digits only, in the unit that stands in the brackets of the heading",
    ),
    Text(
        "带 * 的列必须填；编码在表内不能重复，同一条记录每次报送用同一编码",
        "Columns with * must be filled in; an id stands once, and stays the same in every delivery",
    ),
    Text(
        "经纬度用十进制度数；从高德、腾讯地图取的点填 GCJ02，从百度地图取的填 BD09，"
        "天地图和测绘成果填 CGCS2000；没有坐标可以留空",
        "Longitude and latitude in decimal degrees; points taken from Amap or Tencent are GCJ02,"
        " from Baidu BD09, from Tianditu or surveys CGCS2000; leave them empty if there are none",
    ),
)
