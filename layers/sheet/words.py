"""What is printed on every sheet, in both languages."""

from __future__ import annotations

from layers.errors import Text

LEGEND = Text("图例", "Legend")
NOTES = Text("说明", "Notes")
FACTS = Text("指标", "Figures")
SOURCES = Text("资料来源", "Sources")
LOCATION = Text("位置示意", "Location")
SCALE = Text("比例尺", "Scale")
NORTH = Text("坐标北", "Grid north")
SKETCH_LINE = Text("示意边界（虚线）", "Sketched boundary (dashed)")
SUBJECTS = {
    "zone": Text("本功能区", "This zone"),
    "park": Text("本园区范围", "Area of this park"),
    "task": Text("本任务对象", "Objects of this task"),
}
TASK_OBJECTS = Text("空间对象", "Objects")
OTHER_CARRIERS = Text("其他载体", "Other building space")
OWN_CARRIERS = Text("本园区载体", "Building space of the park")
SITES = Text("点位去留", "What becomes of the sites")
MOVE = Text("建议腾挪", "Proposed move")
MORE_SOURCES = Text("等 {n} 项，详见随图数据说明", "and others, {n} in all; see the data notes")
SET_APART = Text(
    "{n} 个重叠的符号已错开，距实际位置不超过两个符号",
    "Symbols that hid each other were set apart, by less than two symbols: {n}",
)
LEFT_OUT_LABELS = Text(
    "图面所限，{n} 处名称未注记", "Names left out for want of room on the map: {n}"
)
LEFT_OUT_LEGEND = Text("图例另有 {n} 项未列", "Entries of the legend that are not listed: {n}")
MISSING_GLYPHS = Text(
    "本机字体缺字，以〓代替：{codes}", "No font here has these characters, printed as 〓: {codes}"
)
GRID = Text(
    "坐标系：{name}；格网单位为米，横注东坐标，纵注北坐标，格网间距 {step} m",
    "CRS: {name}; grid in metres, easting along the top and bottom, northing along"
    " the sides, {step} m apart",
)
SKETCHED = Text("边界为示意：{layers}", "Sketched boundaries: {layers}")
SAMPLED = Text("含示例数据：{layers}", "Contains sample data (示例数据): {layers}")
UNLOCATED = Text("未定位、不在图上：{layers}", "Not located and not on the map: {layers}")
DATA_TIME = Text("数据时点：{when}", "Data as of {when}")
VERSIONS = Text(
    "数据目录 {catalogue}；图幅模板 {template}；图层版本 {layers}",
    "Catalogue {catalogue}; sheet template {template}; layer versions {layers}",
)
REVIEW_PUBLIC = Text("（待送审填写）", "(to be filled in after map review)")
REVIEW_INTERNAL = Text("内部使用", "internal use")
PAGE = Text("第 {page} 页，共 {pages} 页", "page {page} of {pages}")
INDEX_TITLE = Text("园区图集目录", "Index of the park sheets")
INDEX_HEADS = (
    Text("页", "Page"),
    Text("园区编码", "Park id"),
    Text("园区", "Park"),
    Text("比例尺", "Scale"),
    Text("空间数", "Spaces"),
)
NO_SHEET = Text("没有已定位的空间，未出图", "no located space, no sheet")

BLOCK = {
    "title": Text("图名", "Title"),
    "sheet_no": Text("图号", "Sheet no."),
    "scale": Text("比例尺", "Scale"),
    "size": Text("图幅", "Size"),
    "unit": Text("编制单位", "Prepared by"),
    "author": Text("制图", "Drawn"),
    "checker": Text("校核", "Checked"),
    "approver": Text("审定", "Approved"),
    "date": Text("编制日期", "Date"),
    "period": Text("规划期限", "Period"),
    "version": Text("版本", "Version"),
    "review_no": Text("审图号", "Review no."),
}
"""Rows of the title block (图签), in order; those that are not computed are the planner's."""

OWN_FIELDS = (
    "sheet_no",
    "unit",
    "author",
    "checker",
    "approver",
    "period",
    "version",
    "review_no",
)
"""Rows of the title block that the planner fills in."""
