"""Titles of the tables of the linkage, and the words of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.access import GROUP_NAMES
from geo.access import NEAREST_KEYS
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_TITLE = Text("三区联动", "Linkage of campus, park and neighbourhood")
"""Title of the table of spaces."""

TABLE_TITLES = {
    "spaces": ACCESS_TITLE,
    "parks": Text("三区联动·园区", "Linkage of the parks"),
    "district": Text("三区联动·全部园区", "Linkage of all parks"),
    "nearest": Text("三区联动·作为判定依据的目的地", "Destinations that decide the linkage"),
    "gaps": Text("三区联动·缺口", "Gaps of the linkage"),
    "sets": Text("三区联动·缺口组合", "Sets of gaps of the linkage"),
    "areas": Text("步行可达范围", "Areas within a walk"),
    "circle": Text("15 分钟步行圈·设施", "Fifteen-minute circle, facilities"),
    "groups": Text("15 分钟步行圈·分组", "Fifteen-minute circle, groups"),
    "dwellings": Text("15 分钟步行圈·人才住房", "Fifteen-minute circle, dwellings"),
    "changes": Text("三区联动的变化·空间", "Changes of the linkage, spaces"),
    "distances": Text("三区联动的变化·距离", "Changes of the linkage, distances"),
    "shares": Text("三区联动的变化·园区", "Changes of the linkage, parks"),
    "objects": Text("三区联动的变化·对象", "Changes of the linkage, objects"),
    "flags": Text("分散标识的变化", "Changes of the scatter flags"),
}
"""Titles of the tables that the linkage gives."""

KEY_NAMES: Mapping[str, Text] = {
    "linked_gate": Text("依托高校", "linked university"),
    "any_gate": Text("任一高校", "any university"),
    "station": Text("轨道站", "station"),
    "incubator": Text("孵化器", "incubator"),
    "platform": Text("平台机构", "platform"),
    **{group: Text(name.zh, name.en) for group, name in GROUP_NAMES.items()},
}
"""What the destinations of :data:`geo.access.NEAREST_KEYS` are called."""

OBJECT_NAMES = {
    "gate": Text("校门", "gate"),
    "campus": Text("校区", "campus"),
    "station": Text("轨道站", "station"),
    "incubator": Text("孵化器", "incubator"),
    "platform": Text("平台机构", "platform"),
    "facility": Text("设施", "facility"),
    "crossing": Text("通道", "crossing"),
    "barrier": Text("阻隔", "barrier"),
    "walkway": Text("步行路网", "walkway"),
}
"""What the kinds of objects are called."""

CHANGE_NAMES = {
    "added": Text("新增", "added"),
    "removed": Text("删除", "removed"),
    "opened": Text("开放", "opened"),
    "closed": Text("关闭", "closed"),
    "moved": Text("移动", "moved"),
    "reassigned": Text("更改", "changed"),
}
"""What can happen to an object."""

STATE_NAMES = {
    "yes": Text("满足", "met"),
    "no": Text("不满足", "not met"),
    "estimated": Text("估计满足", "met by estimate"),
    "unknown": Text("未知", "unknown"),
}
"""What the states of a condition are called."""

WAY_NAMES = {
    "straight": Text("直线×绕行系数", "straight line × detour"),
    "crossing": Text("经通道", "through a crossing"),
    "network": Text("沿路网", "along the network"),
    "blocked": Text("被阻隔", "blocked"),
}
"""What the ways of walking are called."""

CONDITION_NAMES = {
    "campus": Text("校园", "campus"),
    "rail": Text("轨道", "rail"),
    "community": Text("社区", "community"),
}
"""What the three conditions are called."""

_ORIGIN = {
    "sample": Text("示例数据", "Sample data"),
    "rule_version": Text("规则版本", "Rule version"),
    "parameters": Text("参数", "Parameters"),
}
_SPACE = {
    "park_id": Text("园区编码", "Park id"),
    "park_name": Text("园区", "Park"),
    "carrier_id": Text("载体编码", "Carrier id"),
    "carrier_name": Text("载体", "Carrier"),
}
_REASONS = {
    "reason_zh": Text("理由", "Reason (Chinese)"),
    "reason_en": Text("理由（英文）", "Reason"),
}
_NEAREST = {
    "id": Text("编码", "id"),
    "name": Text("名称", "name"),
    "m": Text("步行（m）", "walk (m)"),
    "way": Text("走法", "way"),
}

ACCESS_TITLES = {
    **_SPACE,
    "floor_area_m2": Text("建筑面积（m²）", "Floor area (m²)"),
    "university": Text("依托高校", "University"),
    "located": Text("已定位", "Located"),
    "linkage": Text("联动类别", "Linkage class"),
    "linkage_low": Text("联动类别下限", "Lowest class"),
    "linkage_high": Text("联动类别上限", "Highest class"),
    "decided": Text("已确定", "Decided"),
    "met_campus": Text("校园条件", "Campus condition"),
    "met_rail": Text("轨道条件", "Rail condition"),
    "met_community": Text("社区条件", "Community condition"),
    "met_linked_gate": Text("依托高校校门", "Gate of the linked university"),
    "met_any_gate": Text("任一高校校门", "Gate of any university"),
    "met_rail_far": Text("轨道外圈", "Rail, outer threshold"),
    "groups_within": Text("设施组数", "Groups of facilities"),
    "groups_unknown": Text("未知的设施组数", "Groups unknown"),
    "open_facilities": Text("开放的校园设施", "Open campus facilities"),
    **{
        f"{key}_{part}": Text(f"{KEY_NAMES[key].zh}·{title.zh}", f"{KEY_NAMES[key].en}, {title.en}")
        for key in NEAREST_KEYS
        for part, title in _NEAREST.items()
    },
    **_REASONS,
    **_ORIGIN,
}
"""Titles of the columns of the spaces; files for scripts keep the public names."""

_SHARES = {
    "linked_gate_share": Text("依托高校校门可达占比", "Share near a gate of the linked university"),
    "any_gate_share": Text("高校校门可达占比", "Share near a gate of any university"),
    "rail_share": Text("轨道可达占比", "Share near a station"),
    "rail_far_share": Text("轨道外圈可达占比", "Share within the outer rail threshold"),
    "community_share": Text("社区完备占比", "Share with a complete neighbourhood"),
}

SHARE_TITLES = {
    "park_id": _SPACE["park_id"],
    "park_name": _SPACE["park_name"],
    "spaces": Text("空间数", "Spaces"),
    "spaces_unlocated": Text("未定位空间数", "Spaces not located"),
    "spaces_without_area": Text("面积未知空间数", "Spaces without floor area"),
    "floor_area_m2": ACCESS_TITLES["floor_area_m2"],
    **{
        f"class_{number}_m2": Text(f"联动{number}类（m²）", f"Class {number} (m²)")
        for number in range(4)
    },
    "class_unknown_m2": Text("类别未知（m²）", "Class unknown (m²)"),
    "undecided_m2": Text("待核实（m²）", "Undecided (m²)"),
    **_SHARES,
    **{
        f"{name}_{part}": Text(f"{title.zh}·{zh}", f"{title.en}, {en}")
        for name, title in _SHARES.items()
        for part, zh, en in (("estimated", "估计", "estimated"), ("unknown", "未知", "unknown"))
    },
    "groups_mean_low": Text("平均设施组数下限", "Mean groups, lowest"),
    "groups_mean_high": Text("平均设施组数上限", "Mean groups, highest"),
    "open_share": Text("校园设施开放可达占比", "Share near open campus facilities"),
    "open_share_unknown": Text(
        "校园设施开放可达占比·未知", "Share near open campus facilities, unknown"
    ),
    "overlap_share": Text("三区叠合率", "Overlap share"),
    "overlap_share_low": Text("三区叠合率下限", "Overlap share, lowest"),
    "overlap_share_high": Text("三区叠合率上限", "Overlap share, highest"),
    **_ORIGIN,
}
"""Titles of the columns of the parks and of the district."""

NEAREST_TITLES = {
    **_SPACE,
    "key": Text("目的地类别", "Kind of destination"),
    "id": Text("编码", "Id"),
    "name": Text("名称", "Name"),
    "straight_m": Text("直线距离（m）", "Straight line (m)"),
    "walk_m": Text("步行距离（m）", "Walk (m)"),
    "way": Text("走法", "Way"),
    "basis": Text("位置依据", "Basis of the place"),
    "state": Text("是否满足", "State"),
    "nearer_name": Text("更近但不作依据的目的地", "Nearer, but not deciding"),
    "nearer_m": Text("其步行距离（m）", "Walk to it (m)"),
    **_ORIGIN,
}
"""Titles of the columns of the destinations that decide."""

_BEFORE, _AFTER = Text("前", "before"), Text("后", "after")
_SIDES = {"before": _BEFORE, "after": _AFTER}


def _two_sided(titles: Mapping[str, Text]) -> dict[str, Text]:
    return {
        f"{name}_{side}": Text(f"{title.zh}·{word.zh}", f"{title.en}, {word.en}")
        for name, title in titles.items()
        for side, word in _SIDES.items()
    }


_CHANGE = {"change": Text("变化", "Change")}
_CAUSE = {
    "causes": Text("起因对象", "Objects behind it"),
    **_REASONS,
}

CHANGE_TITLES = {
    **_SPACE,
    **_CHANGE,
    **_two_sided(
        {
            name: ACCESS_TITLES[name]
            for name in (
                "linkage",
                "linkage_low",
                "linkage_high",
                "met_campus",
                "met_rail",
                "met_community",
                "floor_area_m2",
                "open_facilities",
            )
        }
    ),
    **_CAUSE,
    **_ORIGIN,
}
"""Titles of the columns of the spaces that changed."""

DISTANCE_TITLES = {
    **_SPACE,
    "key": NEAREST_TITLES["key"],
    **_two_sided({name: NEAREST_TITLES[name] for name in ("id", "name", "walk_m", "way", "state")}),
    "change_m": Text("步行距离变化（m）", "Change of the walk (m)"),
    **_CAUSE,
    **_ORIGIN,
}
"""Titles of the columns of the distances that changed."""

SHARE_CHANGES = (
    "overlap_share",
    "overlap_share_low",
    "overlap_share_high",
    *_SHARES,
    "groups_mean_low",
    "open_share",
    "floor_area_m2",
    *(f"class_{number}_m2" for number in range(4)),
    "class_unknown_m2",
)
"""What is compared of parks."""

SHARE_CHANGE_TITLES = {
    "park_id": _SPACE["park_id"],
    "park_name": _SPACE["park_name"],
    "comparable": Text("可比", "Comparable"),
    **_two_sided({name: SHARE_TITLES[name] for name in SHARE_CHANGES}),
    **{
        f"{name}_change": Text(f"{SHARE_TITLES[name].zh}·变化", f"{SHARE_TITLES[name].en}, change")
        for name in SHARE_CHANGES
    },
    **_CAUSE,
    **_ORIGIN,
}
"""Titles of the columns of the parks before and after."""

OBJECT_TITLES = {
    "kind": Text("类别", "Kind"),
    "id": Text("编码", "Id"),
    "name": Text("名称", "Name"),
    "layer": Text("图层", "Layer"),
    "layer_id": Text("图层内编码", "Id in the layer"),
    "change": Text("变化", "Change"),
    "campus_id": Text("所属校区", "Campus"),
    "group": Text("设施类别", "Facility group"),
}
"""Titles of the columns of the objects that changed."""

FLAG_CHANGE_TITLES = {
    "park_id": _SPACE["park_id"],
    "park_name": _SPACE["park_name"],
    "flag_before": Text("标识·前", "Flag, before"),
    "flag_after": Text("标识·后", "Flag, after"),
    "direction": Text("好坏", "Better or worse"),
    "longest_gap_m_before": Text("最长断档（m）·前", "Longest gap (m), before"),
    "longest_gap_m_after": Text("最长断档（m）·后", "Longest gap (m), after"),
    "blocked_gaps_before": Text("其中被阻隔的断档（处）·前", "Gaps that are blocked, before"),
    "blocked_gaps_after": Text("其中被阻隔的断档（处）·后", "Gaps that are blocked, after"),
    "largest_cluster_share_before": Text("最大步行连片占比·前", "Largest walkable share, before"),
    "largest_cluster_share_after": Text("最大步行连片占比·后", "Largest walkable share, after"),
    **_CAUSE,
    **_ORIGIN,
}
"""Titles of the columns of the scatter flags that moved."""

CIRCLE_TITLES = {
    "park_id": _SPACE["park_id"],
    "id": Text("编码", "Id"),
    "name": Text("名称", "Name"),
    "group": Text("设施类别", "Facility group"),
    "layer": Text("图层", "Layer"),
    "layer_id": Text("图层内编码", "Id in the layer"),
    "walk_m": NEAREST_TITLES["walk_m"],
    "way": NEAREST_TITLES["way"],
    "open_to_tenants": Text("向园区企业开放", "Open to tenants of parks"),
    **_ORIGIN,
}
"""Titles of the columns of the facilities in a circle."""

GROUP_TITLES = {
    "park_id": _SPACE["park_id"],
    "group": Text("设施类别", "Facility group"),
    "state": Text("步行圈内", "In the circle"),
    "count": Text("处数", "Count"),
    "nearest_id": Text("最近·编码", "Nearest, id"),
    "nearest_name": Text("最近·名称", "Nearest, name"),
    "nearest_m": Text("最近·步行（m）", "Nearest, walk (m)"),
    "blocked": Text("被阻隔处数", "Blocked"),
    **_ORIGIN,
}
"""Titles of the columns of the groups of a circle."""

DWELLING_TITLES = {
    "park_id": _SPACE["park_id"],
    "projects": Text("住房项目数", "Housing projects"),
    "projects_without_units": Text("套数未知的项目", "Projects without a number of dwellings"),
    "units_total": Text("总套数", "Dwellings"),
    "units_available": Text("可租套数", "Dwellings to let"),
    **_ORIGIN,
}
"""Titles of the columns of the dwellings in a circle."""
