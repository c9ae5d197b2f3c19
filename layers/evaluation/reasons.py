"""Why a subject has its grade, or none, as one paragraph in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.phrases import Sentence
from geo.phrases import figure
from geo.phrases import joined
from geo.phrases import listed
from geo.phrases import percent
from geo.phrases import threshold
from layers.underuse.ranking import SURELY_WORST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards import Scorecard

_OPEN_ENDED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a reason tells of one subject.

    Attributes
    ----------
    row
        Its row of the table.
    influence
        Its rows of :func:`geo.scorecards.influence`.
    failed
        Years failed in a row up to the period, rising.
    """

    row: Mapping[str, Any]
    influence: Sequence[Mapping[Any, Any]]
    failed: tuple[int, ...]


def reason(told: Told, card: Scorecard) -> Sentence:
    """Return the reason of one subject.

    Parameters
    ----------
    told
        What is known of it.
    card
        By what it was judged.

    Returns
    -------
    Sentence
        Score or interval, why there is no grade, what matters most, years failed in a
        row, and whose weights these are. It names criteria and points, no raw number.
    """
    parts: list[Sentence | None] = [_decided(told.row, card)]
    if told.row["undecided"] != "nothing":
        parts = [
            _score(told.row, card),
            *parts,
            _age(told.row, card),
            _influence(told.influence, card),
            _failed(told, card),
            _worst(told.row),
        ]
    parts.append(_weights(card))
    kept = [part for part in parts if part is not None]
    whole = joined(kept, "；", "; ")
    return Sentence(f"{whole.zh}。", f"{whole.en[:1].upper()}{whole.en[1:]}.")


def _score(row: Mapping[str, Any], card: Scorecard) -> Sentence:
    limits = [grade.least for grade in card.grades]
    low, high = (figure(row[name], 1, *limits) for name in ("score_low", "score_high"))
    value = low if low == high else f"{low}–{high}"
    return Sentence(f"得分 {value}", f"score {value}")


def _decided(row: Mapping[str, Any], card: Scorecard) -> Sentence:
    titles = {grade.key: grade.title_en for grade in card.grades}
    share = percent(row["evidence_share"], card.evidence_share)
    if not row["undecided"]:
        return Sentence(
            f"等级“{row['grade']}”（已知权重 {share}）",
            f"grade {titles[row['grade']]} ({share} of the weight is known)",
        )
    least, months = threshold(card.evidence_share), f"{card.new_months:g}"
    low, high = row["grade_low"], row["grade_high"]
    return {
        "nothing": lambda: Sentence(
            "没有一项指标有确定数值，不评分、不定等级",
            "no indicator is known for certain: no score, no grade",
        ),
        "new": lambda: Sentence(
            f"截至 {row['period']} 年底起始时间不足或可能不足 {months} 个月，不定等级",
            f"began less, or perhaps less, than {months} months before the end of "
            f"{row['period']}: no grade",
        ),
        "evidence": lambda: Sentence(
            f"已知权重 {share}，低于 {least}，不定等级",
            f"only {share} of the weight is known, less than {least}: no grade",
        ),
        "interval": lambda: Sentence(
            f"已知权重 {share}，但得分区间跨“{low}”与“{high}”，不定等级",
            f"{share} of the weight is known, but the score could be {titles[low]} or "
            f"{titles[high]}: no grade",
        ),
    }[row["undecided"]]()


def _age(row: Mapping[str, Any], card: Scorecard) -> Sentence | None:
    if card.new_months <= 0 or not pd.isna(row["age_months"]):
        return None
    return Sentence("起始时间不详，未按新设处理", "when it began is not known; not treated as new")


def _influence(influence: Sequence[Mapping[Any, Any]], card: Scorecard) -> Sentence | None:
    said = [_one_influence(row, card) for row in influence]
    named = listed([sentence for sentence in said if sentence is not None])
    if not named.zh:
        return None
    return Sentence(f"影响最大的指标：{named.zh}", f"what matters most: {named.en}")


def _one_influence(row: Mapping[Any, Any], card: Scorecard) -> Sentence | None:
    """Say what one criterion does; one that does nothing is not named."""
    criterion = card.criterion(row["criterion"])
    effect = float(row["effect"])
    if not abs(effect) >= _OPEN_ENDED:
        return None
    points = f"{abs(effect):.1f}"
    if row["open"]:
        zh, en = f"未知，可上下影响 {points} 分", f"unknown, could be {points} points either way"
    elif effect > 0:
        zh, en = f"比同类中位高 {points} 分", f"{points} points above the median"
    else:
        zh, en = f"比同类中位低 {points} 分", f"{points} points below the median"
    return Sentence(f"{criterion.title_zh}（{zh}）", f"{criterion.title_en} ({en})")


def _failed(told: Told, card: Scorecard) -> Sentence | None:
    fail = card.grades[-1]
    years = "、".join(map(str, told.failed))
    if told.row["exit"]:
        return Sentence(
            f"连续 {len(told.failed)} 年“{fail.key}”（{years}），列入约谈、更换运营机构或退出名单",
            f"{fail.title_en} {len(told.failed)} years in a row ({', '.join(map(str, told.failed))}"
            "): on the list for talks, another operator, or exit",
        )
    if told.failed:
        return Sentence(
            f"预警：{years} 年“{fail.key}”，单年不作退出依据",
            f"warning: {fail.title_en} in {years}; one year is no ground for exit",
        )
    return None


def _worst(row: Mapping[str, Any]) -> Sentence | None:
    p = row["p_worst_third"]
    # What is not known was drawn, and draws are no evidence; who is new is not judged yet.
    if row["undecided"] in {"evidence", "new"} or not p >= SURELY_WORST:
        return None
    share = percent(p, SURELY_WORST)
    return Sentence(
        f"在权重与缺项的各种可能下，排在末三分之一的概率 {share}",
        f"over the weights and gaps that are possible, in the last third with probability {share}",
    )


def _weights(card: Scorecard) -> Sentence:
    if card.approved_by:
        return Sentence(
            f"权重经 {card.approved_by} 批准", f"weights approved by {card.approved_by}"
        )
    return Sentence("权重为建议值", "weights are suggestions")
