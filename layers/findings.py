"""The wording of every finding, in one table.

A finding has a stable code, a severity, and two sentences in two languages:
what is wrong and what to do. The sentences are templates; the places in braces
are filled with what was met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.issues import Issue
from layers.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALUE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finding code means.

    Attributes
    ----------
    severity
        See :class:`layers.issues.Issue`.
    message, remedy
        Templates with the same places in both languages.
    """

    severity: Severity
    message: Text
    remedy: Text


def _error(zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    return Finding("error", Text(zh, en), Text(remedy_zh, remedy_en))


def _warning(zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    return Finding("warning", Text(zh, en), Text(remedy_zh, remedy_en))


def _info(zh: str, en: str, remedy_zh: str = "", remedy_en: str = "") -> Finding:
    return Finding("info", Text(zh, en), Text(remedy_zh, remedy_en))


_VALUES: Mapping[str, Finding] = {
    "required": _error(
        "缺少必填字段“{title_zh}”",
        "the required field '{title_en}' is empty",
        "请补填后重新导入",
        "Fill it in and import again",
    ),
    "total_row": _error(
        "“{value}”是汇总行，不是记录，未计入",
        "'{value}' marks a row of totals, which is no record, so it is not counted",
        "汇总行不是记录，计入会使合计翻倍；请删去该行后重新导入",
        "A row of totals is no record and would double every sum; delete it and import again",
    ),
    "missing_column": _error(
        "文件没有必填列“{title_zh}”（{name}），所有行均被拒收",
        "the file has no column '{title_en}' ({name}), so no row was accepted",
        "请增加该列，或指明哪一列与之对应",
        "Add the column, or say which column it is",
    ),
    "not_a_number": _error(
        "“{value}”不是数字",
        "'{value}' is not a number",
        "只填数字，单位写在表头；未知请留空",
        "Write digits only, the unit belongs in the heading; leave unknown cells empty",
    ),
    "not_an_integer": _error(
        "“{value}”不是整数",
        "'{value}' is not a whole number",
        "请填整数；未知请留空",
        "Write a whole number; leave unknown cells empty",
    ),
    "not_a_boolean": _error(
        "“{value}”不是“是”或“否”",
        "'{value}' is neither yes nor no",
        "请填 是/否 或 true/false；未知请留空",
        "Write yes/no or true/false; leave unknown cells empty",
    ),
    "not_a_date": _error(
        "“{value}”不是日期",
        "'{value}' is not a date",
        "请写成 2026-03-31 或 2026/3/31；表格软件的日期序号不作推断",
        "Write 2026-03-31 or 2026/3/31; serial numbers of a spreadsheet are not guessed",
    ),
    "not_a_month": _error(
        "“{value}”不是年月",
        "'{value}' is not a month",
        "请写成 2026-03，或完整日期",
        "Write 2026-03, or a full date",
    ),
    "not_a_choice": _error(
        "“{value}”不在允许的取值之内",
        "'{value}' is not one of the allowed values",
        "允许的取值：{allowed}",
        "Allowed values: {allowed}",
    ),
    "out_of_range": _error(
        "{value} 超出允许范围（{low} 至 {high}）",
        "{value} is outside the allowed range ({low} to {high})",
        "请核对数值与单位",
        "Check the number and its unit",
    ),
    "duplicate": _error(
        "“{value}”在第 {first} 行已出现，第 {row} 行重复；保留第 {first} 行",
        "'{value}' in row {row} is already in row {first}; row {first} is kept",
        "请改成不同的编码，或删去其中一行",
        "Give them different codes, or delete one of the rows",
    ),
    "unknown_reference": _error(
        "“{value}”不在图层“{target}”的 {target_field} 之中",
        "'{value}' is not among {target_field} of layer '{target}'",
        "请先导入对应的“{target}”记录，或改正编码",
        "Import that record of '{target}' first, or correct the code",
    ),
    "dangling_reference": _warning(
        "“{value}”不在图层“{target}”的 {target_field} 之中",
        "'{value}' is not among {target_field} of layer '{target}'",
        "请补上对应的“{target}”记录，或改正编码",
        "Add that record of '{target}', or correct the code",
    ),
    "areas_do_not_close": _warning(
        "自用+已租+锁定+空置 = {parts} m²，与可租面积 {total} m² 相差超过 1%",
        "own use + leased + locked + vacant = {parts} m² differs from the rentable {total} m²"
        " by more than 1 %",
        "请核对各项面积的口径",
        "Check what each area includes",
    ),
    "areas_exceed_total": _warning(
        "已填的自用、已租、锁定、空置面积合计 {parts} m²，超出可租面积 {total} m² 1% 以上",
        "the known areas of own use, leased, locked and vacant space add up to {parts} m²,"
        " more than 1 % above the rentable {total} m²",
        "请核对各项面积；空置率可能无法计算",
        "Check each area; there may be no vacancy rate",
    ),
    "columns_dropped": _info(
        "以下列未被采用：{names}",
        "these columns were not used: {names}",
        "如需采用，请指明它们对应的字段",
        "To use one, say which field it is",
    ),
}

_SHAPES: Mapping[str, Finding] = {
    "wrong_geometry": _error(
        "几何类型 {kind} 不适用于该图层（允许：{allowed}）",
        "geometry {kind} does not fit this layer (allowed: {allowed})",
        "请核对图层选择，或改成允许的几何类型",
        "Check the layer you chose, or bring the geometry to an allowed kind",
    ),
    "geometry_unreadable": _error(
        "几何无法读取：{problem}",
        "the geometry cannot be read: {problem}",
        "请在制图软件中重新导出该要素",
        "Export this feature again from the GIS",
    ),
    "not_finite": _error(
        "坐标中有非数值（NaN 或无穷大）",
        "a coordinate is not a finite number (NaN or infinity)",
        "请改正坐标；没有坐标请留空",
        "Correct the coordinates; leave them empty if there are none",
    ),
    "coordinates_out_of_range": _error(
        "坐标 {value} 不在合理范围之内（东经 {west}–{east}，北纬 {south}–{north}）",
        "the coordinates {value} are outside the plausible range"
        " ({west}–{east} E, {south}–{north} N)",
        "请核对坐标与坐标系",
        "Check the coordinates and their coordinate system",
    ),
    "coordinates_swapped": _error(
        "坐标 {value} 的经度与纬度似乎颠倒",
        "longitude and latitude of {value} seem to be swapped",
        "请交换两列后重新导入",
        "Swap the two columns and import again",
    ),
    "nothing_left": _error(
        "图形自相交，修复后没有剩余面积",
        "the geometry crosses itself and nothing is left after the repair",
        "请重新绘制该要素",
        "Draw this feature again",
    ),
    "geometry_repaired": _warning(
        "图形自相交，已修复：面积由 {before} m² 变为 {after} m²",
        "the geometry crossed itself and was repaired: area {before} m² before, {after} m² after",
        "请在地图上核对该要素",
        "Check this feature on the map",
    ),
    "height_dropped": _info(
        "{count} 个要素带高程，高程未保留",
        "{count} features carry heights, which are not kept",
    ),
    "geometry_dropped": _info(
        "该图层不含几何，文件中的几何未保留",
        "this layer has no geometry; the geometry in the file is not kept",
    ),
}

_FILES: Mapping[str, Finding] = {
    "file_unreadable": _error(
        "{problem_zh}", "{problem_en}", "其余图层已照常载入", "The other layers were loaded"
    ),
    "no_rows": _warning(
        "文件只有表头，没有数据行",
        "the file has headings but no rows",
        "请核对导出时是否选中了数据",
        "Check that the data was selected when the file was made",
    ),
    "no_geometry": _warning(
        "没有找到坐标或几何，所有行均为未定位",
        "no coordinates or geometry were found, so every row is not located",
        "请提供经度、纬度两列或 wkt 列",
        "Give a longitude and a latitude column, or a wkt column",
    ),
    "crs_assumed": _info(
        "文件没有写明坐标系，按 {crs} 读取",
        "the file does not name its coordinate system; it was read as {crs}",
        "如不对，请指明坐标系后重新导入",
        "If that is wrong, name the system and import again",
    ),
    "crs_argument_ignored": _warning(
        "文件自带坐标系 {own}，未采用所指定的 {given}",
        "the file names its own coordinate system {own}; the given {given} was not used",
        "如文件写错，请先在制图软件中改正",
        "If the file is wrong, correct it in the GIS first",
    ),
    "datum_shift_unknown": _warning(
        "{crs} 基于另一大地基准，转换到 CGCS2000 没有公开参数，位置可能偏差几十米",
        "{crs} is on another datum; without public parameters for CGCS2000"
        " places may be off by tens of metres",
        "请提供已转换到 CGCS2000 的文件",
        "Provide the file in CGCS2000",
    ),
    "shift_corrected": _info(
        "{count} 行坐标由 {system} 纠正到 CGCS2000（约 1–2 m，不作测绘依据）",
        "the coordinates of {count} rows were corrected from {system} to CGCS2000"
        " (about 1–2 m, not for surveying)",
    ),
    "unknown_coordinate_system": _error(
        "不认识的坐标系“{value}”",
        "unknown coordinate system '{value}'",
        "可用：{allowed}",
        "Use one of: {allowed}",
    ),
    "half_coordinate": _error(
        "经度和纬度只有其一",
        "only one of longitude and latitude is given",
        "请补齐或都留空",
        "Give both or leave both empty",
    ),
    "too_many_cells": _error(
        "该行有 {cells} 格，多于表头的 {columns} 列",
        "the row has {cells} cells, more than the {columns} headings",
        "文字中含分隔符时请加引号",
        "Put text that contains the separator in quotes",
    ),
    "formula_without_result": _error(
        "单元格 {cell}（列“{field}”）的公式没有计算结果",
        "the formula in cell {cell} (column '{field}') has no result",
        "公式没有计算结果，请在 Excel 中打开并保存后再导入",
        "Open the file in Excel, save it, and import again",
    ),
    "too_few_cells": _warning(
        "该行只有 {cells} 格，少于表头的 {columns} 列；缺少的按未知处理",
        "the row has {cells} cells, fewer than the {columns} headings; the rest is unknown",
        "请核对该行是否被截断",
        "Check that the row is complete",
    ),
    "column_not_used": _info(
        "列“{source}”与“{used}”对应同一字段 {name}，只采用后者",
        "the columns '{source}' and '{used}' both are {name}; only the latter was used",
    ),
    "encoding_assumed": _info(
        "文件不是 UTF-8，按 {encoding} 读取",
        "the file is not UTF-8; it was read as {encoding}",
        "如出现乱码，请指明编码",
        "If the text is garbled, name the encoding",
    ),
    "reader_note": _warning(
        "读取时的提示：{problem}",
        "note of the reader: {problem}",
        "请核对读入的内容",
        "Check what was read",
    ),
}

FINDINGS: Mapping[str, Finding] = {**_VALUES, **_SHAPES, **_FILES}


def shorten(value: object) -> str:
    """Return `value` as text of at most 80 characters."""
    text = str(value)
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 1] + "…"


def finding(
    code: str,
    *,
    layer: str,
    file: str = "",
    row: int = 0,
    field: str = "",
    value: object = "",
    **details: object,
) -> Issue:
    """Return the issue of a finding code, its sentences filled in.

    Parameters
    ----------
    code
        A key of :data:`FINDINGS`.
    layer, file, row, field, value
        The place, see :class:`layers.issues.Issue`.
    **details
        What the templates of this code ask for.
    """
    known = FINDINGS[code]
    shown = shorten(value)
    places = {**details, "value": shown, "row": row, "field": field}
    return Issue(
        file=file,
        layer=layer,
        row=row,
        field=field,
        value=shown,
        code=code,
        severity=known.severity,
        message=_filled(known.message, places),
        remedy=_filled(known.remedy, places),
    )


def _filled(template: Text, places: Mapping[str, object]) -> Text:
    return Text(template.zh.format(**places), template.en.format(**places))
