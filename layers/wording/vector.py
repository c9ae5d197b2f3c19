"""Findings of the readers of vector files: Shapefile, KML, FileGDB, MapInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "encoding_claim_wrong": warning(
        "{source_zh}写的编码 {claimed} 与文字不符，未采用",
        "{source_en} names the encoding {claimed}, which the text is not in; it was not used",
        "请在预览中核对文字，如有乱码请指明编码",
        "Check the text in the preview; if it is garbled, name the encoding",
    ),
    "encoding_ambiguous": warning(
        "{source_zh}写明编码为 {encoding}（读作“{value}”），但按 UTF-8 也读得通（读作“{other}”），"
        "按前者读取",
        "{source_en} names the encoding {encoding} (it reads '{value}'), but the text is UTF-8 as"
        " well (it reads '{other}'); the former was used",
        "如应为后者，请指明编码 utf-8 后重新导入",
        "If the latter is right, name the encoding utf-8 and import again",
    ),
    "text_damaged": warning(
        "{count} 处文字不是任何可识别的编码，读不出的字以“�”代替（如“{value}”）",
        "{count} texts are in no known encoding; '�' stands for what cannot be read"
        " (as in '{value}')",
        "请指明编码，或请提供方重新导出",
        "Name the encoding, or ask the sender to export the file again",
    ),
    "text_cut": warning(
        "{count} 处文字因字段宽度不够，在字的中间被截断，残缺的末字已去掉（如“{value}”）",
        "{count} texts were too long for their field and end in the middle of a character,"
        " which was dropped (as in '{value}')",
        "请核对这些文字是否完整",
        "Check whether these texts are complete",
    ),
    "cpg_unknown": warning(
        ".cpg 文件写的“{value}”不是编码名，未采用",
        "the .cpg file says '{value}', which is no encoding; it was not used",
        "请在预览中核对文字",
        "Check the text in the preview",
    ),
    "shx_rebuilt": info(
        "缺少 .shx（索引），已按图形重建",
        "the .shx (index) is missing and was made again from the shapes",
    ),
    "shx_replaced": warning(
        ".shx（索引）与图形不符，已按图形重建",
        "the .shx (index) does not fit the shapes and was made again from them",
        "请核对图形与属性是否对应",
        "Check that shapes and attributes belong together",
    ),
    "prj_missing": info(
        "缺少 .prj（坐标系说明）",
        "the .prj (coordinate system) is missing",
        "请确认坐标系",
        "Confirm the coordinate system",
    ),
    "prj_unreadable": warning(
        ".prj（坐标系说明）读不懂，未采用：{value}",
        "the .prj (coordinate system) cannot be understood and was not used: {value}",
        "请确认坐标系",
        "Confirm the coordinate system",
    ),
    "dbf_short": warning(
        "属性表（.dbf）应有 {count} 条记录，缺少最后 {missing} 条，文件可能没有传完",
        "the table (.dbf) should have {count} records, but the last {missing} are missing;"
        " the file may be incomplete",
        "请重新取得完整的文件",
        "Get the complete file again",
    ),
    "dbf_deleted": info(
        "{count} 条记录在属性表中已标为删除，未读取",
        "{count} records are marked as deleted in the table and were not read",
    ),
    "dbf_shp_differ": warning(
        "图形有 {shapes} 个，属性记录有 {records} 条，多出的一方没有对应",
        "there are {shapes} shapes but {records} records of attributes;"
        " the surplus has no counterpart",
        "请确认 .shp 与 .dbf 是同一次导出的",
        "Check that .shp and .dbf come from the same export",
    ),
    "numbers_lost": info(
        "列“{field}”有 {count} 格写着“***”或空值标记，按未知处理",
        "{count} cells of the column '{field}' hold '***' or a mark for no value; they are unknown",
        "制图软件这样写空值，也这样写超出字段宽度的数字；如有疑问请向提供方核对",
        "Programs write no value like this, and numbers too long for their field; ask the"
        " sender if in doubt",
    ),
    "fields_unread": warning(
        "这些列的类型不能读取，未导入：{names}",
        "these columns are of a type that cannot be read and were left out: {names}",
        "请在制图软件中改为文本或数字字段后重新导出",
        "Make them text or number fields in the GIS and export again",
    ),
    "rings_closed": info(
        "{count} 个图形的边界没有闭合，已连接首尾",
        "the boundaries of {count} shapes were open; end and start were joined",
        "请在地图上核对",
        "Check them on the map",
    ),
    "curves_straightened": info(
        "图层含圆弧或曲线，已化为折线",
        "the layer has arcs or curves, which were turned into short straight lines",
    ),
    "names_by_alias": info(
        "表头采用字段别名（{count} 列，如 {value}）",
        "the aliases of the fields are the headings ({count} columns, for instance {value})",
    ),
    "ovkml_shift": warning(
        "奥维导出的坐标通常带 GCJ-02 偏移（约 500 m），文件没有写明",
        "coordinates exported by Ovital Map are usually shifted to GCJ-02 (about 500 m);"
        " the file does not say",
        "请确认坐标系：GCJ02 或 WGS84",
        "Confirm the coordinate system: GCJ02 or WGS84",
    ),
    "kml_links": info(
        "{count} 个网络链接（NetworkLink）指向其他文件，未读取",
        "{count} network links point to other files and were not read",
        "如需其中的内容，请另行提供",
        "Provide what they point to if it is needed",
    ),
    "kml_overlays": info(
        "{count} 个图片叠加或三维模型不是要素，未读取",
        "{count} image overlays or 3D models are no features and were not read",
    ),
    "kml_tables_split": info(
        "{count} 个要素的说明是表格，已拆成列",
        "the descriptions of {count} features are tables and were split into columns",
    ),
    "kml_cleaned": info(
        "文件含 XML 不允许的控制字符，已去掉",
        "the file has control characters that XML does not allow; they were removed",
    ),
}
