"""Findings about the values of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import error
from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "required": error(
        "缺少必填字段“{title_zh}”",
        "the required field '{title_en}' is empty",
        "请补填后重新导入",
        "Fill it in and import again",
    ),
    "no_proof": error(
        "“{title_zh}”填的是“{value}”，不是凭据",
        "the field '{title_en}' says '{value}', which is no proof",
        "请填写真实的{title_zh}；尚未取得的，取得后再导入",
        "Write the real {title_en}; what there is none of yet is imported once there is",
    ),
    "proof_in_future": error(
        "“{title_zh}” {value} 晚于今天 {today}，尚未生效，不能作为凭据",
        "'{title_en}', {value}, is after today, {today}: it proves nothing yet",
        "请核对日期；尚未批准的，批准后再导入",
        "Check the date; what is not approved yet is imported once it is",
    ),
    "total_row": error(
        "“{value}”是汇总行，不是记录，未计入",
        "'{value}' marks a row of totals, which is no record, so it is not counted",
        "汇总行不是记录，计入会使合计翻倍；请删去该行后重新导入",
        "A row of totals is no record and would double every sum; delete it and import again",
    ),
    "missing_column": error(
        "文件没有必填列“{title_zh}”（{name}），所有行均被拒收",
        "the file has no column '{title_en}' ({name}), so no row was accepted",
        "请增加该列，或指明哪一列与之对应",
        "Add the column, or say which column it is",
    ),
    "not_a_number": error(
        "“{value}”不是数字",
        "'{value}' is not a number",
        "只填数字，单位写在表头；未知请留空",
        "Write digits only, the unit belongs in the heading; leave unknown cells empty",
    ),
    "not_an_integer": error(
        "“{value}”不是整数",
        "'{value}' is not a whole number",
        "请填整数；未知请留空",
        "Write a whole number; leave unknown cells empty",
    ),
    "not_a_boolean": error(
        "“{value}”不是“是”或“否”",
        "'{value}' is neither yes nor no",
        "请填 是/否 或 true/false；未知请留空",
        "Write yes/no or true/false; leave unknown cells empty",
    ),
    "not_a_date": error(
        "“{value}”不是日期",
        "'{value}' is not a date",
        "请写成 2026-03-31 或 2026/3/31；表格软件的日期序号不作推断",
        "Write 2026-03-31 or 2026/3/31; serial numbers of a spreadsheet are not guessed",
    ),
    "not_a_month": error(
        "“{value}”不是年月",
        "'{value}' is not a month",
        "请写成 2026-03，或完整日期",
        "Write 2026-03, or a full date",
    ),
    "not_a_choice": error(
        "“{value}”不在允许的取值之内",
        "'{value}' is not one of the allowed values",
        "允许的取值：{allowed_zh}",
        "Allowed values: {allowed_en}",
    ),
    "out_of_range": error(
        "{value} 超出允许范围（{span_zh}）",
        "{value} is outside the allowed range ({span_en})",
        "请核对数值与单位",
        "Check the number and its unit",
    ),
    "duplicate": error(
        "“{value}”在第 {first} 行已出现，第 {row} 行重复；{kept_zh}",
        "'{value}' in row {row} is already in row {first}; {kept_en}",
        "请改成不同的编码，或删去其中一行",
        "Give them different codes, or delete one of the rows",
    ),
    "unknown_reference": error(
        "“{title_zh}”填的“{value}”不是图层 {target} 中已有的编码，也没能按名称换成编码",
        "'{title_en}' says '{value}', which is no id of the layer {target} and could not be"
        " replaced by one for its name",
        "请先导入对应的记录，或改填其编码（{target_field}）；也可在导入页第 4 步“检查”指明它代表"
        "哪一条，或用 --value {field}:文字=编码",
        "Import that record first, or write its id ({target_field}); or say in step 4 of the"
        " import page which record it is, or with --value {field}:TEXT=ID",
    ),
    "unknown_target": error(
        "“{value}”不是已有的目标编码；已有：{known_zh}",
        "'{value}' is the id of no target; there are: {known_en}",
        "请改填已有的编码；要另提建议目标的，请换一个新编码{lacking_zh}",
        "Write one of these ids; to suggest another target give it an id of its own{lacking_en}",
    ),
    "dangling_reference": warning(
        "“{value}”不是已有的“{title_zh}”（图层 {target} 的 {target_field}）",
        "'{value}' is no known {title_en} ({target_field} of the layer {target})",
        "请补上对应的记录，或改正编码",
        "Add that record, or correct the code",
    ),
    "areas_do_not_close": warning(
        "自用+已租+锁定+空置 = {parts} m²，与可租面积 {total} m² 相差超过 1%",
        "own use + leased + locked + vacant = {parts} m² differs from the rentable {total} m²"
        " by more than 1 %",
        "请核对各项面积的口径",
        "Check what each area includes",
    ),
    "areas_exceed_total": warning(
        "已填的自用、已租、锁定、空置面积合计 {parts} m²，超出可租面积 {total} m² 1% 以上",
        "the known areas of own use, leased, locked and vacant space add up to {parts} m²,"
        " more than 1 % above the rentable {total} m²",
        "请核对各项面积；空置率可能无法计算",
        "Check each area; there may be no vacancy rate",
    ),
    "columns_dropped": info(
        "以下列未被采用：{names}",
        "these columns were not used: {names}",
        "如需采用，请指明它们对应的字段",
        "To use one, say which field it is",
    ),
}
