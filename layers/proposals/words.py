"""Words for the codes in the tables of a proposal.

A proposal guides and does not order: tenants cannot be told to go, so that no word
here says that they are.
"""

from __future__ import annotations

from layers.errors import Text
from layers.results import FLAG_WORDS

WORDS: dict[str, dict[str, Text]] = {
    "outcome": {
        "anchor": Text("锚点", "anchor"),
        "keep": Text("保留", "keep"),
        "surrender": Text("腾退", "surrender"),
        "locked": Text("锁定", "locked"),
    },
    "why": {
        "protected": Text("须保留", "protected"),
        "state": Text("非出租单元", "not a let unit"),
        "lease": Text("租约未到期", "lease runs beyond the horizon"),
        "lease_unknown": Text("租约到期不明（待核）", "end of lease unknown (to verify)"),
        "area_unknown": Text("面积不明（待核）", "floor area unknown (to verify)"),
        "unlocated": Text("载体没有位置（待核）", "carrier not located (to verify)"),
        "undivided": Text("载体未分单元（待核）", "carrier not divided into units (to verify)"),
        "override": Text("人工调整", "settled by a planner"),
        "capacity": Text("空置空间已被占满", "hosts are full"),
        "area": Text("其他条件合适的空置空间面积不够", "too small where it would fit"),
        "industry": Text("产业准入不符", "industry not admitted"),
        "needs": Text("特殊要求不满足", "special needs not met"),
        "rent": Text("租金超出承受范围", "rent above tolerance"),
        "date": Text("期限内不可入驻", "not available in time"),
        "distance": Text("超出移位距离", "too far"),
        "several": Text("多项条件共同制约", "several limits together"),
        "anchor": Text("不在锚点范围", "outside the anchor's area"),
        "budget": Text("预算不足", "budget"),
        "yearly_share": Text("超出年度移位上限", "yearly share of area moved"),
        "keeps_site": Text("移位也不减少点位", "its site would stay open"),
        "no_gain": Text("只能去园区未进驻的点位", "only to a site that is new to its park"),
        "not_needed": Text("本方案不需要", "this plan does not need it"),
        "no_host": Text("没有可去的空置空间", "no host"),
    },
    "status": {
        "optimal": Text("已证最优", "proven optimal"),
        "within_gap": Text("未证最优（在所设差距内）", "not proven optimal (within the gap set)"),
        "time_limit": Text("未证最优（时限已到）", "not proven optimal (time limit)"),
        "stopped": Text("未证最优（已停止）", "not proven optimal (stopped)"),
        "infeasible": Text("不可行", "infeasible"),
    },
    "confidence": {
        "checked": Text("已核", "checked"),
        "to_verify": Text("待核", "to verify"),
    },
    "kind": {
        "pin": Text("指定去向", "move to this host"),
        "stay": Text("留在原处", "stay"),
        "forbid": Text("不去该处", "never to this place"),
        "anchor": Text("指定锚点", "anchor here"),
        "exclude": Text("不作去向", "takes nobody"),
        "protect": Text("保留点位", "site stays"),
    },
    "unverified": {
        "rent": Text("租金不明", "rent not known"),
        "needs": Text("特殊要求或承接条件不明", "needs or what the host provides not known"),
        "industry": Text("产业或准入不明", "industry or admission not known"),
        "override": Text("人工指定，与台账不符", "settled by hand against the register"),
    },
    "table": {
        "units": Text("单元", "units"),
        "carriers": Text("载体", "building space"),
        "parks": Text("园区", "parks"),
    },
    "flag_before": FLAG_WORDS,
    "flag_after": FLAG_WORDS,
}
"""Titles of codes, by the column that they stand in."""
