"""Titles of the tables of a proposal; files for scripts keep the public names."""

from __future__ import annotations

from layers.consolidation import COMPARED_NUMBERS
from layers.errors import Text
from layers.results import SCATTER_TITLES

TABLE_TITLES = {
    "frontier": Text("点位与费用权衡曲线", "Frontier of sites and cost"),
    "zone_steps": Text("同点位数下区内面积更多的方案", "Plans with more area in zones"),
    "moves": Text("建议引导清单", "Proposed moves"),
    "sites": Text("点位去留", "Outcome of sites"),
    "no_regret": Text("无悔动作", "No-regret moves"),
    "blocking_leases": Text("制约租约", "Blocking leases"),
    "not_moved": Text("留在原处的原因", "Why units stay"),
    "calendar": Text("季度安排", "Calendar of moves"),
    "before_after": Text("方案前后对比", "Before and after"),
    "overrides": Text("人工调整", "What planners settled"),
    "conflicts": Text("相互矛盾的人工调整", "Contradictions"),
    "unused": Text("未参与计算的记录", "Rows that took no part"),
}
"""Titles of the tables, in the order in which a file has them."""

_PARK_ID = SCATTER_TITLES["park_id"]
_PARK_NAME = SCATTER_TITLES["park_name"]
_UNIT_ID = Text("单元编码", "Unit id")
_CARRIER_ID = Text("载体编码", "Carrier id")
_HOST_ID = Text("建议去向（空置单元）", "Proposed host (vacant unit)")
_AREA = Text("面积（m²）", "Floor area (m²)")
_COST = Text("费用（万元）", "Cost (10,000 yuan)")
_MOVES = Text("移位单元数", "Units that move")
_PLANS = Text("出现的方案数", "In how many plans")
_OF_PLANS = Text("方案总数", "Of how many plans")
_NO_REGRET = Text("无悔动作", "No-regret move")
_EARLIEST = Text("最早可腾退日期", "Earliest date it can close")
_COMMON = {
    "reason_zh": Text("理由", "Reason (Chinese)"),
    "reason_en": Text("理由（英文）", "Reason"),
    "sample": SCATTER_TITLES["sample"],
    "rule_version": SCATTER_TITLES["rule_version"],
}

FRONTIER_TITLES = {
    "presences": Text("点位数", "Sites left"),
    "cost_wan": _COST,
    "in_zone_area_m2": Text("功能区内面积（m²）", "Floor area in zones (m²)"),
    "moved_area_m2": Text("移位面积（m²）", "Floor area that moves (m²)"),
    "moves": _MOVES,
    "marginal_wan_per_site": Text(
        "每减一处的边际费用（万元）", "Marginal cost a site (10,000 yuan)"
    ),
    "marginal_wan_per_m2": Text("每移 1 m² 的边际费用（万元）", "Marginal cost a m² (10,000 yuan)"),
    "status": Text("求解状态", "Solver status"),
    "gap": Text("最优性差距", "Optimality gap"),
    "bound_wan": Text("费用下界（万元）", "Proven bound of cost (10,000 yuan)"),
    "seconds": Text("求解用时（s）", "Seconds"),
    **_COMMON,
}
"""Titles of the frontier, and of the plans with more floor area in zones."""

MOVE_TITLES = {
    "unit_id": _UNIT_ID,
    "park_id": _PARK_ID,
    "tenant": Text("企业", "Tenant"),
    "industry": Text("先导产业", "Lead industry"),
    "from_carrier": Text("现址", "From carrier"),
    "to_carrier": Text("建议去向", "Proposed carrier"),
    "host_id": _HOST_ID,
    "floor_area_m2": _AREA,
    "distance_m": Text("移位距离（m）", "Distance of the move (m)"),
    "cost_wan": _COST,
    "relocation_wan": Text("其中移位费（万元）", "Relocation (10,000 yuan)"),
    "fit_out_wan": Text("其中装修费（万元）", "Fit-out (10,000 yuan)"),
    "break_fee_wan": Text("其中解约费（万元）", "Break fee (10,000 yuan)"),
    "double_rent_wan": Text("其中双重租金（万元）", "Double rent (10,000 yuan)"),
    "lease_end": Text("租约到期", "Lease ends"),
    "move_date": Text("建议移位日期", "Proposed date"),
    "quarter": Text("季度", "Quarter"),
    "plans": _PLANS,
    "of_plans": _OF_PLANS,
    "no_regret": _NO_REGRET,
    "confidence": Text("置信", "Confidence"),
    "unverified": Text("待核事项", "To be verified"),
    **_COMMON,
}
"""Titles of the moves; the tenant is internal."""

SITE_TITLES = {
    "park_id": _PARK_ID,
    "site_id": Text("点位", "Site"),
    "outcome": Text("去留", "Outcome"),
    "units_before": Text("单元数·前", "Units, before"),
    "units_after": Text("单元数·后", "Units, after"),
    "area_before_m2": Text("面积·前（m²）", "Floor area, before (m²)"),
    "area_after_m2": Text("面积·后（m²）", "Floor area, after (m²)"),
    "blocking_units": Text("制约单元", "Blocking units"),
    "earliest_date": _EARLIEST,
    **_COMMON,
}
"""Titles of the outcome of each site of each park."""

BLOCKING_TITLES = {
    "site": Text("点位", "Site"),
    "park_id": _PARK_ID,
    "leases": Text("制约租约数", "Blocking leases"),
    "units": Text("制约单元", "Blocking units"),
    "freed_area_m2": Text("可腾出面积（m²）", "Floor area freed (m²)"),
    "m2_per_lease": Text("每份租约可腾出（m²）", "m² freed a lease"),
    "earliest_date": _EARLIEST,
    "room": Text("有处可去", "Room for all of them"),
    **_COMMON,
}
"""Titles of the leases that keep a site open."""

WHY_NOT_TITLES = {
    "unit_id": _UNIT_ID,
    "park_id": _PARK_ID,
    "carrier_id": _CARRIER_ID,
    "floor_area_m2": _AREA,
    "why": Text("留在原处的原因", "Why it stays"),
    **_COMMON,
}
"""Titles of the units that stay."""

CALENDAR_TITLES = {
    "quarter": Text("季度", "Quarter"),
    "moves": _MOVES,
    "floor_area_m2": _AREA,
    "cost_wan": _COST,
    "sample": _COMMON["sample"],
    "rule_version": _COMMON["rule_version"],
}
"""Titles of the moves by quarter."""

NO_REGRET_TITLES = {
    "unit_id": _UNIT_ID,
    "park_id": _PARK_ID,
    "no_regret": _NO_REGRET,
    "plans": _PLANS,
    "of_plans": _OF_PLANS,
    "sample": _COMMON["sample"],
    "rule_version": _COMMON["rule_version"],
}
"""Titles of the moves by the number of plans that have them."""

_SIDES = {"before": Text("前", "before"), "after": Text("后", "after")}

BEFORE_AFTER_TITLES = {
    "park_id": _PARK_ID,
    "park_name": _PARK_NAME,
    **{
        f"{name}_{side}": Text(
            f"{SCATTER_TITLES[name].zh}·{title.zh}", f"{SCATTER_TITLES[name].en}, {title.en}"
        )
        for name in ("flag", *COMPARED_NUMBERS)
        for side, title in _SIDES.items()
    },
    "sample": _COMMON["sample"],
    "rule_version": _COMMON["rule_version"],
}
"""Titles of the scatter numbers before and after a plan."""

OVERRIDE_TITLES = {
    "kind": Text("调整", "Kind"),
    "author": Text("作者", "Author"),
    "time": Text("时间（UTC）", "Time (UTC)"),
    "reason": Text("缘由", "Reason"),
    "unit_id": _UNIT_ID,
    "host_id": Text("空置单元", "Host"),
    "carrier_id": _CARRIER_ID,
    "park_id": _PARK_ID,
    "sample": _COMMON["sample"],
    "rule_version": _COMMON["rule_version"],
}
"""Titles of what planners settled."""

CONFLICT_TITLES = {"overrides": Text("相关调整", "Of these"), **_COMMON}
"""Titles of the contradictions."""

UNUSED_TITLES = {
    "table": Text("图层", "Layer"),
    "id": Text("编码", "Id"),
    "field": Text("字段", "Field"),
    **_COMMON,
}
"""Titles of the rows that took no part, or only as locked ones."""

COLUMN_TITLES = {
    "frontier": FRONTIER_TITLES,
    "zone_steps": FRONTIER_TITLES,
    "moves": MOVE_TITLES,
    "sites": SITE_TITLES,
    "no_regret": NO_REGRET_TITLES,
    "blocking_leases": BLOCKING_TITLES,
    "not_moved": WHY_NOT_TITLES,
    "calendar": CALENDAR_TITLES,
    "before_after": BEFORE_AFTER_TITLES,
    "overrides": OVERRIDE_TITLES,
    "conflicts": CONFLICT_TITLES,
    "unused": UNUSED_TITLES,
}
"""Titles of the columns of each table of :data:`TABLE_TITLES`."""
