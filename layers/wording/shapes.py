"""Findings about geometries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import error
from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "wrong_geometry": error(
        "几何类型 {kind} 不适用于该图层（允许：{allowed}）",
        "geometry {kind} does not fit this layer (allowed: {allowed})",
        "请核对图层选择，或改成允许的几何类型",
        "Check the layer you chose, or bring the geometry to an allowed kind",
    ),
    "geometry_unreadable": error(
        "几何无法读取：{problem}",
        "the geometry cannot be read: {problem}",
        "请在制图软件中重新导出该要素",
        "Export this feature again from the GIS",
    ),
    "not_finite": error(
        "坐标中有非数值（NaN 或无穷大）",
        "a coordinate is not a finite number (NaN or infinity)",
        "请改正坐标；没有坐标请留空",
        "Correct the coordinates; leave them empty if there are none",
    ),
    "coordinates_out_of_range": error(
        "坐标 {value} 不在合理范围之内（东经 {west}–{east}，北纬 {south}–{north}）",
        "the coordinates {value} are outside the plausible range"
        " ({west}–{east} E, {south}–{north} N)",
        "请核对坐标与坐标系",
        "Check the coordinates and their coordinate system",
    ),
    "coordinates_swapped": error(
        "坐标 {value} 的经度与纬度似乎颠倒",
        "longitude and latitude of {value} seem to be swapped",
        "请交换两列后重新导入",
        "Swap the two columns and import again",
    ),
    "nothing_left": error(
        "图形自相交，修复后没有剩余面积",
        "the geometry crosses itself and nothing is left after the repair",
        "请重新绘制该要素",
        "Draw this feature again",
    ),
    "geometry_repaired": warning(
        "图形自相交，已修复：面积由 {before} m² 变为 {after} m²",
        "the geometry crossed itself and was repaired: area {before} m² before, {after} m² after",
        "请在地图上核对该要素",
        "Check this feature on the map",
    ),
    "geometry_tidied": info(
        "图形自相交，已修复，面积几乎未变：由 {before} m² 变为 {after} m²",
        "the geometry crossed itself and was repaired; its area hardly changed:"
        " {before} m² before, {after} m² after",
    ),
    "collection_reduced": warning(
        "几何集合只保留了适用的 {kept}；未保留：{dropped}",
        "of a collection of geometries only the fitting {kept} was kept; dropped: {dropped}",
        "请在地图上核对；若被舍弃的部分有用，请单独导入",
        "Check it on the map; import the dropped parts separately if you need them",
    ),
    "sliver_dropped": info(
        "舍去 {count} 个不足 0.01 m² 的碎片：面积由 {before} m² 变为 {after} m²",
        "{count} crumbs of less than 0.01 m² were dropped: area {before} m² before,"
        " {after} m² after",
    ),
    "sliver": warning(
        "图形是细长的碎片（面积 {area} m²，周长 {length} m），已保留",
        "the geometry is a sliver (area {area} m², perimeter {length} m); it was kept",
        "多为绘图缝隙；如不是真实地块，请删去该行",
        "Most slivers are gaps of a drawing; delete the row if it is no real plot",
    ),
    "duplicate_vertices": info(
        "{shapes} 个图形中有 {count} 个重复顶点，已删去，形状不变",
        "{count} repeated vertices in {shapes} geometries were dropped; the shapes are the same",
    ),
    "empty_geometry": info(
        "{count} 行的几何是空的，按未定位处理",
        "the geometry of {count} rows is empty; they are taken as not located",
        "如应有位置，请补上坐标后重新导入",
        "Add the places and import again if there should be any",
    ),
    "height_dropped": info(
        "{count} 个要素带高程或量测值（Z/M），未保留",
        "{count} features carry heights or measures (Z/M), which are not kept",
    ),
    "geometry_dropped": info(
        "该图层不含几何，文件中的几何未保留",
        "this layer has no geometry; the geometry in the file is not kept",
    ),
}
