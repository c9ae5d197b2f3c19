"""The reason of every state, in Chinese and English, with values and thresholds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

from geo.phrases import CLOSE
from geo.phrases import Sentence
from geo.phrases import figure
from geo.phrases import percent
from geo.phrases import threshold
from geo.underuse.parameters import TAX
from geo.underuse.rule import OPEN
from geo.underuse.rule import RAMP_UP
from geo.underuse.rule import SUSPECTED
from geo.underuse.rule import WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from geo.underuse.parameters import UnderuseParameters

    Row = Mapping[Any, Any]

STATE_NAMES_EN: Mapping[str, str] = {
    "低效": "inefficient",
    "疑似低效": "suspected inefficient",
    "预警": "warning",
    "观察": "watched",
    "待核": "to be verified",
    "正常": "normal",
}
"""The states in English."""

_EXEMPTIONS = {
    "renewal": Sentence("已锁定待更新，不作判定", "held for renewal, not judged"),
    "contracted": Sentence(
        "已签约待交付，不作判定", "contracted and not yet handed over, not judged"
    ),
    "not_assessed": Sentence("登记为不参评", "registered as not assessed"),
}
_FLAWS = {
    "contradiction": Sentence(
        "面积相互矛盾：自用、已租、锁定、空置之和与可租面积不符",
        "the areas contradict each other: own use, leased, locked and vacant space do not add up"
        " to the rentable area",
    ),
    "doubted": Sentence("面积登记为疑错", "the register doubts its own areas"),
    "nothing_on_offer": Sentence("没有可租空间", "nothing is on offer"),
}


def reason(
    facts: Row, judged: Row, parameters: UnderuseParameters, *, public: bool = False
) -> Sentence:
    """Return why a carrier has its state.

    Parameters
    ----------
    facts, judged
        One row of the results of :func:`geo.underuse.facts.underuse_facts` and
        :func:`geo.underuse.rule.judge`.
    parameters
        The thresholds.
    public
        Whether output and tax must not be told as numbers.
    """
    state = str(judged["state"])
    if state == WATCHED:
        told = [_exemption(facts, judged, parameters)]
    else:
        told = [_vacancy(facts, parameters), _output(facts, parameters, public=public)]
        told += _open_ends(facts, judged, parameters)
    end = Sentence(f"：{state}", f": {STATE_NAMES_EN[state]}")
    return Sentence(
        "；".join(part.zh for part in told) + end.zh,
        _capital("; ".join(part.en for part in told)) + end.en,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _exemption(facts: Row, judged: Row, parameters: UnderuseParameters) -> Sentence:
    if judged["exemption"] != RAMP_UP:
        return _EXEMPTIONS[str(judged["exemption"])]
    span = _span(facts["age_low"], facts["age_high"], lambda v: f"{v:.0f}")
    limit = f"{parameters.ramp_up_months:g}"
    return Sentence(
        f"竣工或整体改造 {span} 个月（不足 {limit} 个月），爬坡期",
        f"{_in_months(span)} since completion or refit (less than {limit}), still filling up",
    )


def _span(low: float, high: float, write: Callable[[float], str]) -> str:
    if math.isinf(high):
        return f"≥{write(low)}"
    return write(low) if write(low) == write(high) else f"{write(low)}–{write(high)}"


def _in_months(span: str) -> str:
    return f"{span} month" if span == "1" else f"{span} months"


def _vacancy(facts: Row, parameters: UnderuseParameters) -> Sentence:
    if facts["flaw"]:
        return _FLAWS[str(facts["flaw"])]
    low, high = float(facts["vacancy_low"]), float(facts["vacancy_high"])
    if (low, high) == (0.0, 1.0):
        rate = Sentence("空置率未知", "vacancy is unknown")
    else:
        limit = parameters.high_vacancy
        span = _span(low, high, lambda v: percent(v, limit))
        mark = _against(low, high, limit, threshold(limit))
        rate = Sentence(f"空置率 {span}{mark.zh}", f"vacancy {span}{mark.en}")
    if high == 0:
        return rate
    months = _months(facts, parameters)
    return Sentence(f"{rate.zh}，{months.zh}", f"{rate.en}, {months.en}")


def _against(low: float, high: float, limit: float, shown: str) -> Sentence:
    """Say on which side of a limit a range lies; nothing where it lies on both."""
    if low >= limit - CLOSE:
        return Sentence(f"（≥{shown}）", f" (≥{shown})")
    if high < limit - CLOSE:
        return Sentence(f"（<{shown}）", f" (<{shown})")
    return Sentence("", "")


def _months(facts: Row, parameters: UnderuseParameters) -> Sentence:
    low, high = float(facts["months_low"]), float(facts["months_high"])
    if low == 0 and high > low and high >= parameters.vacant_months:
        return Sentence("空置时长未知", "for an unknown time")
    span = _span(low, high, lambda v: f"{v:.0f}")
    limit = f"{parameters.vacant_months:g}"
    mark = _against(low, high, parameters.vacant_months, limit)
    return Sentence(f"已空置 {span} 个月{mark.zh}", f"for {_in_months(span)}{mark.en}")


def _output(facts: Row, parameters: UnderuseParameters, *, public: bool) -> Sentence:
    tax = facts["yardstick"] == TAX
    name = (
        Sentence("单位面积税收", "tax per m²")
        if tax
        else Sentence("在孵企业密度", "firms in incubation per 1,000 m²")
    )
    if math.isnan(facts["output_low"]):
        return Sentence(f"{name.zh}未知", f"{name.en} unknown")
    value = _amount(float(facts["output_low"]), tax=tax)
    peers = f"{int(facts['peers_known'])}/{int(facts['peers'])}"
    if math.isnan(facts["ratio_low"]) and not facts["peers"]:
        return Sentence(
            f"{name.zh}没有同类可比（载体类别未报）",
            f"{name.en} without peers (the class is not reported)",
        )
    if math.isnan(facts["ratio_low"]):
        shown = Sentence("", "") if public else Sentence(f" {value.zh}", f" {value.en}")
        return Sentence(
            f"{name.zh}{shown.zh}，同类填报 {peers} 家，无中位数可比",
            f"{name.en}{shown.en}, {peers} peers report, no median to compare with",
        )
    return _compared(facts, parameters, name, value, peers, public=public)


def _amount(value: float, *, tax: bool) -> Sentence:
    if tax:
        return Sentence(f"{value:,.0f} 元/㎡", f"{value:,.0f} yuan")
    return Sentence(f"{value:.2f} 家/千㎡", f"{value:.2f}")


def _compared(
    facts: Row,
    parameters: UnderuseParameters,
    name: Sentence,
    value: Sentence,
    peers: str,
    *,
    public: bool,
) -> Sentence:
    ratio, limit = float(facts["ratio_low"]), parameters.low_output_share
    if public:
        side = (
            Sentence("低于", "below") if ratio < limit - CLOSE else Sentence("不低于", "not below")
        )
        share = threshold(limit)
        return Sentence(
            f"{name.zh}{side.zh}同类中位数的 {share}",
            f"{name.en} {side.en} {share} of the median of its class",
        )
    median = _amount(float(facts["peer_median"]), tax=facts["yardstick"] == TAX)
    mark = _against(ratio, ratio, limit, threshold(limit))
    shown = figure(100 * ratio, 0, 100 * limit) + "%"
    return Sentence(
        f"{name.zh} {value.zh}，为同类中位数 {median.zh}（填报 {peers} 家）的 {shown}{mark.zh}",
        f"{name.en} {value.en}, {shown} of the median {median.en} of its class"
        f" ({peers} report){mark.en}",
    )


def _open_ends(facts: Row, judged: Row, parameters: UnderuseParameters) -> list[Sentence]:
    """Say what keeps the state open, and what it could be."""
    if judged["state"] not in {OPEN, SUSPECTED}:
        return []
    blockers = str(judged["blockers"]).split(";")
    told = []
    if "completion" in blockers:
        told.append(_completion(facts))
    if "stale" in blockers:
        told.append(_stale(facts, parameters))
    if "evidence" in blockers:
        share = figure(100 * facts["evidence_share"], 0, 100 * parameters.evidence_share) + "%"
        limit = threshold(parameters.evidence_share)
        told.append(
            Sentence(
                f"证据占比 {share}，不足 {limit}", f"evidence share {share}, less than {limit}"
            )
        )
    possible = [p for p in str(judged["possible"]).split(";") if p]
    if len(possible) > 1 and "nothing_on_offer" not in blockers:
        told.append(
            Sentence(
                f"可能为 {' 或 '.join(possible)}",
                f"could be {' or '.join(STATE_NAMES_EN[p] for p in possible)}",
            )
        )
    return told


def _completion(facts: Row) -> Sentence:
    if math.isinf(facts["age_high"]):
        return Sentence(
            "竣工时间未知，不能排除爬坡期", "when it was completed is unknown, it may be new"
        )
    span = _span(facts["age_low"], facts["age_high"], lambda v: f"{v:.0f}")
    return Sentence(
        f"竣工 {span} 个月，不能排除爬坡期", f"completed {_in_months(span)} ago, it may be new"
    )


def _stale(facts: Row, parameters: UnderuseParameters) -> Sentence:
    age = facts["data_age_months"]
    if math.isnan(age):
        return Sentence("数据时点未知", "the date of the data is unknown")
    limit = f"{parameters.stale_months:g}"
    return Sentence(
        f"数据已 {age:.0f} 个月（超过 {limit} 个月）",
        f"the data are {_in_months(f'{age:.0f}')} old (more than {limit})",
    )


def worst_third(probability: float) -> Sentence:
    """Return the end of a reason that says that a carrier is among the worst third.

    Parameters
    ----------
    probability
        Share of the drawn weights with which it is, in [0, 1].
    """
    return Sentence(
        f"；排序落在最差三分之一的概率 {probability:.0%}",
        f"; ranked among the worst third with probability {probability:.0%}",
    )
