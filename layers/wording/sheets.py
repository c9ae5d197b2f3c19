"""Findings about tables: sheets, headings, merged cells, lines that are no records, wide tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "content_of_other_kind": info(
        "文件名以 {suffix} 结尾，内容是{kind_zh}，已按内容读取",
        "the name ends with {suffix}, but the content is {kind_en}; it was read as that",
        "建议用表格软件另存为 .xlsx",
        "Better save it as .xlsx",
    ),
    "sheet_chosen": info(
        "工作簿有多个数据表，读取了“{chosen}”；未读取：{others}",
        "several sheets hold data; '{chosen}' was read, not: {others}",
        "如要读取其他工作表，请指明表名",
        "To read another sheet, name it",
    ),
    "unit_in_title": warning(
        "表题写有“单位：{value}”；数值按各列的单位读取，没有按表题换算",
        "the title says the unit is '{value}'; numbers were read in the unit of each column,"
        " not converted by the title",
        "如数值是表题的单位，请把单位写进表头，如“可租面积(亩)”",
        "If the numbers are in the unit of the title, write it into the headings",
    ),
    "numbering_row_skipped": info(
        "表头下的“{value}”是栏次或单位，不是记录",
        "'{value}' below the headings numbers the columns or names units and is no record",
    ),
    "merged_filled": info(
        "{ranges} 处合并单元格（如 {example}）的内容已填入所含的 {count} 格",
        "the content of {ranges} merged cells (such as {example}) was filled into {count} cells",
        "请核对填入的内容",
        "Check what was filled in",
    ),
    "merged_amount": warning(
        "以下各列有合并的数量（如 {example}），只计在首行，其余行按未知处理：{names}",
        "amounts are merged over several rows (such as {example}); each counts in its first row"
        " only, the other rows are unknown: {names}",
        "请取消合并，逐行填写各自的数量",
        "Split the cells and give each row its own amount",
    ),
    "cell_error": warning(
        "列“{field}”有 {count} 格是错误值 {value}（{cells}），按未知处理",
        "in column '{field}' {count} cells hold the error {value} ({cells}); they are unknown",
        "请在表格软件中改正公式后重新导入",
        "Correct the formulas and import again",
    ),
    "total_row_dropped": warning(
        "第 {row} 行“{value}”是汇总行，不是记录，没有读入",
        "'{value}' in row {row} marks a row of totals, which is no record and was left out",
        "如果它是一条记录，请补填编码并改名",
        "If it is a record, give it a code and another name",
    ),
    "remark_row_dropped": info(
        "第 {row} 行“{value}”是备注或落款，不是记录，没有读入",
        "'{value}' in row {row} is a remark or a signature, no record, and was left out",
    ),
    "heading_row_dropped": info(
        "第 {row} 行重复了表头，没有读入",
        "row {row} repeats the headings and was left out",
    ),
    "section_row_dropped": info(
        "第 {row} 行“{value}”是分组标题，不是记录，没有读入",
        "'{value}' in row {row} is the title of a group, no record, and was left out",
    ),
    "empty_rows_dropped": info(
        "{count} 行只有序号或占位符（首个为第 {row} 行），不是记录，没有读入",
        "{count} rows hold a running number or placeholders only (the first is row {row});"
        " they are no records and were left out",
    ),
    "wide_table": warning(
        "表中同时有载体和单元，这里只取“{layer_zh}”一层，同一载体的其余行会成为重复",
        "the table holds carriers and their units; only '{layer_en}' is taken, and further"
        " rows of one carrier are duplicates",
        "请在导入页的“从中导入”选择载体，或在命令行加 --split，拆分为两层",
        "Choose the carriers on the import page, or add --split, to make both layers",
    ),
    "wide_table_split": info(
        "表中每行是一个单元，已分成 {carriers} 个载体和 {units} 个单元",
        "every row of the table is a unit; it was split into {carriers} buildings and"
        " {units} units",
        "请分别核对载体和单元",
        "Check the buildings and the units",
    ),
    "carrier_conflict": warning(
        "载体“{carrier}”的“{field}”前后不一：第 {first} 行“{kept}”，第 {row} 行“{value}”；采用前者",
        "'{field}' of building '{carrier}' differs: '{kept}' in row {first}, '{value}' in row"
        " {row}; the former was used",
        "请核对后统一",
        "Check both and make them the same",
    ),
    "carrier_key_filled": info(
        "{count} 行没有写载体，按上一行归入同一载体（如第 {row} 行归入“{carrier}”）",
        "{count} rows do not name their building and were given to that of the row above"
        " (row {row} to '{carrier}')",
        "请核对单元与载体的对应关系",
        "Check which unit belongs to which building",
    ),
    "carrier_key_is_name": warning(
        "表中没有载体编码，单元按载体名称“{value}”等归属",
        "there is no column of building codes; units refer to buildings by name, such as '{value}'",
        "请补充载体编码",
        "Add the building codes",
    ),
    "unit_ids_made": warning(
        "表中没有单元编码，按“载体-楼层室号”或顺序号编成（如“{value}”），共 {count} 个",
        "there is no column of unit codes; {count} were made of building and room or number,"
        " such as '{value}'",
        "请补充单元编码；再次导入同一表时顺序不要改变",
        "Add unit codes; keep the order if you import the table again",
    ),
    "wide_rows_merged": info(
        "{count} 行没有单元内容，并入了所属载体（如第 {row} 行）",
        "{count} rows tell nothing about a unit and were merged into their building"
        " (such as row {row})",
    ),
}
