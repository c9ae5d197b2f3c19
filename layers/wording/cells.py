"""Findings about cells that were read with a rule, and about units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "placeholder_emptied": info(
        "“{title_zh}”有 {count} 格写的是“{example}”等占位写法，按空值（未知）处理，不作 0",
        "{count} cells of '{title_en}' hold a placeholder such as '{example}';"
        " they are unknown, not 0",
        "如另有含义，请改填实际内容",
        "If it means something else, write that",
    ),
    "value_withheld": info(
        "“{title_zh}”有 {count} 格写明“{example}”，按未提供处理，不作 0",
        "{count} cells of '{title_en}' say that the value is withheld ('{example}');"
        " they are unknown, not 0",
    ),
    "not_applicable": info(
        "“{title_zh}”有 {count} 格写明“{example}”，按空值处理，不作 0",
        "{count} cells of '{title_en}' say that it does not apply ('{example}');"
        " they are empty, not 0",
    ),
    "number_spelled": info(
        "“{title_zh}”有 {count} 格数字按书写习惯读取：{pairs}",
        "{count} numbers of '{title_en}' were read as people write them: {pairs}",
    ),
    "approximate": warning(
        "“{title_zh}”有 {count} 格是约数，按所写数字读取：{pairs}",
        "{count} cells of '{title_en}' are approximate; the number was taken: {pairs}",
        "如有准确数，请改填后重新导入",
        "If the exact number is known, write it and import again",
    ),
    "chinese_numeral": info(
        "“{title_zh}”有 {count} 格中文数字已换成阿拉伯数字：{pairs}",
        "{count} Chinese numerals of '{title_en}' were read: {pairs}",
    ),
    "unit_in_cell": info(
        "“{title_zh}”有 {count} 格带单位，已按单位换算并去掉单位：{pairs}",
        "{count} cells of '{title_en}' have a unit, which was applied and left out: {pairs}",
        "单位宜写在表头",
        "The unit belongs in the heading",
    ),
    "unit_converted": info(
        "列“{heading}”的单位是 {written}，已换算为 {unit}（× {factor}，{count} 格），例如 {pairs}",
        "the column '{heading}' is in {written}; {count} cells were converted to {unit}"
        " (× {factor}), for instance {pairs}",
        "如单位不对，请指明该列的单位后重新导入",
        "If that is wrong, say the unit of the column and import again",
    ),
    "unit_unknown": warning(
        "不认识列“{heading}”的单位“{written}”，数值未换算，按 {unit} 计",
        "the unit '{written}' of the column '{heading}' is not known;"
        " the numbers were not converted and count as {unit}",
        "请指明该列的单位，或换算成 {unit} 后重新导入",
        "Say the unit of the column, or convert it to {unit} and import again",
    ),
    "unit_other": warning(
        "列“{heading}”的单位“{written}”与字段的单位 {unit} 不是同一种量，数值未换算",
        "the unit '{written}' of the column '{heading}' measures something else than {unit};"
        " the numbers were not converted",
        "请核对该列对应的字段，或指明单位",
        "Check which field the column is, or say its unit",
    ),
    "percent_read": info(
        "“{title_zh}”有 {count} 格比例已统一换算：{pairs}",
        "{count} shares of '{title_en}' were brought to one form: {pairs}",
        "如不对，请统一写成百分数并带 % 号",
        "If that is wrong, write all of them with a % sign",
    ),
    "percent_mixed": warning(
        "“{title_zh}”一列兼有小于 1 和大于 1 的数，小于 1 的 {count} 格也按百分数读取：{pairs}",
        "'{title_en}' has numbers below and above 1; the {count} below were read as"
        " per cent too: {pairs}",
        "请统一写成百分数并带 % 号后重新导入",
        "Write all of them with a % sign and import again",
    ),
    "date_read": info(
        "“{title_zh}”有 {count} 格日期按书写习惯读取：{pairs}",
        "{count} dates of '{title_en}' were read as people write them: {pairs}",
    ),
    "month_read": info(
        "“{title_zh}”有 {count} 格年月按书写习惯读取：{pairs}",
        "{count} months of '{title_en}' were read as people write them: {pairs}",
    ),
    "month_one_digit": warning(
        "“{title_zh}”有 {count} 格形如“{example}”，按 1 月读取；数字格式的 10 月会丢掉末尾的 0",
        "{count} cells of '{title_en}' look like '{example}' and were read as January;"
        " if they were numbers once, October has lost its zero",
        "请核对，并写成 2024-01 或 2024-10",
        "Check them, and write 2024-01 or 2024-10",
    ),
    "month_ambiguous": warning(
        "“{title_zh}”有 {count} 格是数字 {example}，可能是 1 月，也可能是丢了 0 的 10 月，未作猜测",
        "{count} cells of '{title_en}' are the number {example}: January, or October without"
        " its zero; it was not guessed",
        "请把该列设为文本格式，写成 2024-01 或 2024-10",
        "Make the column text, and write 2024-01 or 2024-10",
    ),
    "serial_date": info(
        "“{title_zh}”有 {count} 格是表格软件的日期序号，已按 1900 日期系统换算：{pairs}",
        "{count} cells of '{title_en}' are serial numbers of a spreadsheet, read as dates"
        " of the 1900 system: {pairs}",
        "如不对，请在表格软件中设为日期格式后重新导入",
        "If that is wrong, format the column as dates and import again",
    ),
    "open_ended": info(
        "“{title_zh}”有 {count} 格写明“{example}”，没有到期日，按空值处理",
        "{count} cells of '{title_en}' say '{example}': there is no end, so the cell is empty",
    ),
    "boolean_read": info(
        "“{title_zh}”有 {count} 格按是/否读取：{pairs}",
        "{count} cells of '{title_en}' were read as yes or no: {pairs}",
    ),
    "choice_read": info(
        "“{title_zh}”有 {count} 格的写法已对应到允许的取值：{pairs}",
        "{count} cells of '{title_en}' were taken for allowed values: {pairs}",
        "如有不妥，请改成允许的取值后重新导入",
        "If one is wrong, write an allowed value and import again",
    ),
}
