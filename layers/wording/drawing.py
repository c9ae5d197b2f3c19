"""Findings of the reader of CAD drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "cad_encoding_assumed": info(
        "图纸文件头写的是 {header}，文字按 {encoding} 读取，例如“{value}”",
        "the header of the drawing says {header}; its texts were read as {encoding},"
        " for instance '{value}'",
        "如出现乱码，请指明编码",
        "If the text is garbled, name the encoding",
    ),
    "cad_text_damaged": warning(
        "{count} 处文字不能按 {encoding} 读出，坏字以 � 代替",
        "{count} texts are not {encoding}; what cannot be read is shown as �",
        "请核对图层名和文字；如整体是乱码，请指明编码",
        "Check layer names and texts; if all is garbled, name the encoding",
    ),
    "cad_repaired": warning(
        "图纸有 {count} 处结构问题，已修复或略过，例如：{value}",
        "the drawing has {count} structural faults, mended or passed over, for instance: {value}",
        "请在 CAD 中用 AUDIT 检查并另存后核对",
        "Run AUDIT in the CAD program, save again and compare",
    ),
    "cad_cut_off": warning(
        "图纸没有结束标记，可能没有传完，末尾的图元可能缺失",
        "the drawing has no end mark; it may be cut off and miss what stood last",
        "请重新发送或另存后导入",
        "Send or save it again and import it anew",
    ),
    "cad_units_scaled": info(
        "图纸单位是 {unit}，坐标已乘以 {factor} 换算为米",
        "the drawing is in {unit}; its coordinates were multiplied by {factor} to metres",
        "如图形大小不对，请在 CAD 中改正单位（UNITS）后另存",
        "If sizes are wrong, correct the units (UNITS) in the CAD program and save again",
    ),
    "cad_units_guessed": warning(
        "坐标（约 {x}, {y}）只能是毫米，已乘以 {factor} 换算为米；图纸所写单位：“{unit}”",
        "the coordinates (about {x}, {y}) can only be millimetres and were multiplied by"
        " {factor} to metres; the drawing says '{unit}'",
        "请核对图形大小",
        "Check the sizes",
    ),
    "cad_units_doubted": warning(
        "图纸写明单位是 {unit}，但坐标（约 {x}, {y}）像是米，按米读取、没有换算",
        "the drawing says it is in {unit}, but its coordinates (about {x}, {y}) look like"
        " metres and were taken as they are",
        "请核对图形大小；如确实不是米，请在 CAD 中缩放为米后另存",
        "Check the sizes; if they are not metres, scale the drawing and save again",
    ),
    "cad_units_unknown": info(
        "图纸没有写明单位，按米读取",
        "the drawing does not say its unit; it was read as metres",
        "如图形大小不对，请在 CAD 中缩放为米后另存",
        "If sizes are wrong, scale the drawing to metres and save again",
    ),
    "cad_axes_swapped": warning(
        "坐标（约 {x}, {y}）像是 X 为北、Y 为东，即横纵颠倒；这里没有改动",
        "the coordinates (about {x}, {y}) look swapped, with the northing as X;"
        " nothing was changed here",
        "请在选择坐标系时用颠倒的轴序，或在 CAD 中对调 X、Y",
        "Choose the swapped axis order with the coordinate system, or exchange X and Y",
    ),
    "cad_crs_unused": warning(
        "图纸带有地理位置信息，但没有写明可直接采用的坐标系（{value}）",
        "the drawing has a geographic location, but names no coordinate system that"
        " can be used as it is ({value})",
        "请指明坐标系",
        "Name the coordinate system",
    ),
    "cad_ring_closed": info(
        "{count} 条首尾相距不超过 {tolerance} m 的多段线按闭合面读取，最大缺口 {gap} m",
        "{count} lines whose ends are not more than {tolerance} m apart were taken as closed;"
        " the widest gap is {gap} m",
    ),
    "cad_lines_joined": info(
        "图层 {layers} 的 {lines} 条线首尾相接（容差 {tolerance} m），围成 {count} 个面",
        "{lines} lines of the layers {layers} meet (within {tolerance} m) and enclose"
        " {count} areas",
        "如这些线不是边界，请改读“线”",
        "If these lines are no borders, read the lines ('线') instead",
    ),
    "cad_curves_flattened": info(
        "{count} 个图元含弧或曲线，已用弦长矢高不超过 {sagitta} m 的折线代替",
        "{count} entities have curves, which were replaced by chords at most {sagitta} m off",
    ),
    "cad_heights_dropped": info(
        "{count} 个图元各点标高不同，只保留平面位置",
        "{count} entities have points at several heights; only the plan was kept",
    ),
    "cad_blocks_expanded": info(
        "图块参照已展开为 {count} 个图元，所属图块见“块名”列",
        "block references were expanded to {count} entities; column '块名' names the block",
    ),
    "cad_hidden_layers": info(
        "{count} 行在关闭或冻结的图层上（{value}），也已读取，见“图层状态”列",
        "{count} rows are on layers that are off or frozen ({value}); they were read too,"
        " see column '图层状态'",
        "如不需要，请指明要读的图层",
        "If they are not wanted, choose a layer",
    ),
    "cad_paper_skipped": info(
        "图纸空间（布局）中的 {count} 个图元没有读取，只读模型空间",
        "{count} entities in paper space were not read; only model space is",
    ),
    "cad_types_skipped": info(
        "没有读取标注等非图形内容：{value}",
        "what is no shape was not read: {value}",
    ),
    "cad_solids_skipped": warning(
        "没有读取面域、实体或网格：{value}",
        "regions, solids and meshes were not read: {value}",
        "请在 CAD 中把面域炸开（EXPLODE）或用 BOUNDARY 生成多段线后另存",
        "Explode regions or make polylines of them (BOUNDARY) and save again",
    ),
    "cad_proxies_skipped": warning(
        "没有读取天正等专业软件的自定义对象：{value}",
        "objects of add-on programs were not read: {value}",
        "请在天正中用“图形导出”另存为 T3 格式的 DXF 后导入",
        "Export plain entities (in T-Arch: 图形导出, T3) as DXF",
    ),
    "cad_damaged_skipped": warning(
        "{count} 个损坏的图元没有读取：{value}",
        "{count} damaged entities were not read: {value}",
        "请在 CAD 中用 AUDIT 检查并另存后导入",
        "Run AUDIT in the CAD program and save again",
    ),
    "cad_outside_skipped": warning(
        "外部参照没有随图纸一起来，未读取：{value}",
        "external references are other files and were not read: {value}",
        "请绑定外部参照（XREF → 绑定）后另存",
        "Bind the external references (XREF, Bind) and save again",
    ),
    "cad_collapsed_skipped": info(
        "{count} 个没有长度或面积的图元没有读取",
        "{count} entities without length or area were not read",
    ),
    "cad_parts_left": info(
        "读取的是“{part}”；没有读取：{value}",
        "what was read is '{part}'; not read: {value}",
        "如需要其他内容，请选择要读取的部分",
        "Choose another part to read the rest",
    ),
    "cad_texts_given": info(
        "{texts} 处文字按所在位置写入 {count} 个面的“文字”列，其中 {several} 个面有多处文字",
        "{texts} texts were written to column '文字' of the {count} areas they lie in;"
        " {several} areas have several",
        "嵌套的面中，文字归最小的一个",
        "Of nested areas, the smallest one gets the text",
    ),
    "cad_attributes_given": info(
        "{count} 个图块的属性按所在位置写入面",
        "the attributes of {count} block references were written to the areas they lie in",
    ),
    "cad_attributes_unclear": warning(
        "{count} 个带属性的图块同时落在多个面内，属性没有分列，只写入最小一个面的“文字”列",
        "{count} block references with attributes lie in several areas; their attributes went"
        " only to column '文字' of the smallest one",
        "请只读取一个图层的面，或读取“点”",
        "Read the areas of one layer, or the points ('点')",
    ),
}
