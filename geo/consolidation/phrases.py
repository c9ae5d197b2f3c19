"""Sentences about what a plan leaves in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.phrases import Sentence
from geo.phrases import count

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_NAMED = 5

WHY = {
    "undivided": Sentence(
        "载体未分单元，没有租约可查", "the carrier has no units, so no leases are known"
    ),
    "unlocated": Sentence("载体没有位置", "the carrier has no location"),
    "area_unknown": Sentence("面积未知", "its floor area is not known"),
    "protected": Sentence("登记为不可搬迁", "the register says it must stay"),
    "override": Sentence("人工指定保留", "a planner decided that it stays"),
    "state": Sentence(
        "状态不是已出租（自用、锁定或未知）", "it is not let (own use, locked or unknown)"
    ),
    "lease_unknown": Sentence("租约到期未填", "the end of its lease is not known"),
    "lease": Sentence(
        "租约到期晚于规划期，且不能提前解约",
        "its lease ends after the plan and cannot be ended early",
    ),
    "no_host": Sentence("其他点位没有空置空间", "there is no vacant space at another site"),
    "area": Sentence(
        "其他条件合适的空置空间面积不够",
        "where it would fit otherwise, the floor area is too small",
    ),
    "industry": Sentence(
        "够大的空置空间不准入其产业", "where it would fit, its industry is not admitted"
    ),
    "needs": Sentence(
        "合适的空置空间未登记能满足其特殊要求",
        "where it would fit, its special needs are not known to be met",
    ),
    "rent": Sentence("合适的空置空间租金过高", "where it would fit, the rent is too high"),
    "date": Sentence(
        "合适的空置空间在其租约到期时尚不可入驻",
        "where it would fit, the space is not ready in time",
    ),
    "distance": Sentence("合适的空置空间过远", "where it would fit is too far away"),
    "several": Sentence(
        "每一处空置空间都有两项以上条件不符", "every vacant space fails two conditions or more"
    ),
    "keeps_site": Sentence(
        "同点位还有不能移动的单元，移走也不能腾退",
        "others at its site cannot move, so that the site would stay",
    ),
    "no_gain": Sentence(
        "只能去该园区尚未进驻的点位，点位数不减",
        "it could only go to a site that is new to its park: none the fewer",
    ),
    "capacity": Sentence(
        "同点位单元合在一起，剩余空置空间容纳不下",
        "together with its site's other units it does not fit into what is left",
    ),
    "yearly_share": Sentence("超出当年可移动面积", "it would exceed what may move in its year"),
    "budget": Sentence("超出预算", "it would exceed the budget"),
    "anchor": Sentence(
        "可去的点位不在锚点步行范围内", "where it could go cannot be walked to from the anchor"
    ),
    "not_needed": Sentence(
        "本方案的点位数不需要它移动；点位更少的方案可能需要",
        "this plan does not need it; one with fewer sites may",
    ),
}
"""Why a unit stays, by code."""


def why_sentence(code: str, names: Sequence[str] = (), hosts: int = 0) -> Sentence:
    """Return why a unit stays.

    Parameters
    ----------
    code
        A key of :data:`WHY`.
    names
        Units that hold its site.
    hosts
        Vacant spaces that fail nothing else.
    """
    zh, en = WHY[code]
    if names:
        named = list(names[:_MOST_NAMED])
        more = len(names) - len(named)
        zh += f"：{'、'.join(named)}" + (f" 等 {len(names)} 个" if more else "")
        en += f": {', '.join(named)}" + (f" and {more:,} more" if more else "")
    if hosts:
        zh += f"（{hosts} 处只差这一项）"
        en += f" ({count(hosts, 'space')} but for this)"
    return Sentence(zh, en)


def blocking_sentence(leases: Sequence[str], earliest: str, *, room: bool) -> Sentence:
    """Return what would happen at a site if a few leases ended.

    Parameters
    ----------
    leases
        Units whose leases hold the site.
    earliest
        Day on which the last of them ends; empty if one is not known.
    room
        Whether the plan leaves room for all units of the site.
    """
    zh = f"若 {'、'.join(leases)} 的租约结束，该点位可腾退"
    en = f"if the lease of {', '.join(leases)} ended, the site could be given up"
    zh += f"；最早 {earliest}" if earliest else "；到期日不全"
    en += f"; {earliest} at the earliest" if earliest else "; not all dates are known"
    if not room:
        zh += "；但方案剩余空置空间容纳不下"
        en += "; but what the plan leaves vacant does not hold its units"
    return Sentence(zh, en)
