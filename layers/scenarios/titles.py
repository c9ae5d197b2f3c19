"""What a scenario's numbers, settings and differences are called."""

from __future__ import annotations

from layers.errors import Text

NUMBER_TITLES = {
    "steps": Text("可选步数", "Steps to choose from"),
    "fewest_presences": Text("最少点位数", "Fewest sites"),
    "presences": Text("点位数", "Sites"),
    "cost_wan": Text("费用（万元）", "Cost (万元)"),
    "in_zone_area_m2": Text("功能区内面积（㎡）", "Floor area in zones (m²)"),
    "moved_area_m2": Text("调整面积（㎡）", "Floor area that moves (m²)"),
    "moves": Text("调整单元数", "Units that move"),
    "gap": Text("与最优的最大差距", "Gap to the optimum"),
}
"""Titles of the numbers that scenarios are compared by; from `presences` on they are
those of the chosen step."""

SETTING_TITLES = {
    "parks": Text("园区", "Parks"),
    "as_of": Text("起算日", "Starts on"),
    "horizon": Text("规划期末", "Horizon"),
    "site_gap_m": Text("点位间距（m）", "Site gap (m)"),
    "walk_m": Text("步行阈值（m）", "Longest walk (m)"),
    "detour": Text("绕行系数", "Detour factor"),
    "anchors": Text("每园区锚点数", "Anchors a park"),
    "area_ratio": Text("调整后与现有面积之比", "Floor area after over before"),
    "rent_tolerance": Text("租金可上浮比例", "Rent tolerance"),
    "max_move_m": Text("最远调整距离（m）", "Longest move (m)"),
    "nearest_hosts": Text("最近空置空间个数", "Nearest vacant spaces"),
    "budget_wan": Text("预算（万元）", "Budget (万元)"),
    "yearly_share": Text("每年调整面积占比上限", "Most floor area a year, as a share"),
    "relocation_yuan_m2": Text("搬运费（元/㎡）", "Cost of moving (yuan/m²)"),
    "fit_out_yuan_m2": Text("装修费（元/㎡）", "Cost of fitting out (yuan/m²)"),
    "break_fee_months": Text("提前解约金（月租）", "Break fee (months of rent)"),
    "double_rent_months": Text("双份租金（月）", "Double rent (months)"),
    "own_use_movable": Text("自用空间可调整", "Own use may move"),
    "most_blocking": Text("卡点租约最多份数", "Most blocking leases"),
    "zone_levels": Text("功能区面积档数", "Steps of area in zones"),
    "rule_version": Text("规则版本", "Rule version"),
}
"""Titles of the settings of a scenario; the parameters by their names."""

DATA_VERSION = Text("数据版本：{layer}", "Data version: {layer}")
"""Title of the version of a layer."""

MOVES_TITLE = Text("不同的移位动作", "Moves that differ")
MOVE_TITLES = {
    "unit_id": Text("单元", "Unit"),
    "host_a": Text("A", "A"),
    "host_b": Text("B", "B"),
}
"""Titles of the moves in which two plans differ."""

MOVE_KINDS = {
    "same": Text("去向相同", "Same host"),
    "other_host": Text("去向不同", "Another host"),
    "only_a": Text("仅方案甲调整", "Moves in A only"),
    "only_b": Text("仅方案乙调整", "Moves in B only"),
}
"""Titles of how two plans treat a unit."""

WHERE = {
    "both": Text("两方案均有", "In both"),
    "only_a": Text("仅方案甲", "In A only"),
    "only_b": Text("仅方案乙", "In B only"),
}
"""Titles of which of two scenarios has an override."""
