"""Titles and words of an evaluation for people; files for scripts keep the public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text
from layers.evaluation.judged import EVALUATION_LAYERS
from layers.evaluation.judged import parameters_of
from layers.underuse.words import VALUE_STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scorecards import Scorecard
    from layers.evaluation.judged import Evaluation
    from layers.scorecards import Scorecards

_SUBJECT = {
    "subject_id": Text("对象编码", "Subject id"),
    "name": Text("名称", "Name"),
}
_CARD = {
    "card": Text("评价类别", "Scorecard"),
    "period": Text("评价年度", "Period"),
}
_SAMPLE = Text("示例数据", "Sample data")
_VERSION = Text("评价表版本", "Version of the scorecard")
_CRITERION = Text("指标编码", "Criterion id")
_TITLES = {
    "title_zh": Text("指标", "Criterion (Chinese)"),
    "title_en": Text("指标（英文）", "Criterion"),
}
_ORIGIN = {
    "data_date": Text("数据时点", "Data date"),
    "source": Text("来源", "Source"),
    "basis": Text("口径", "Basis"),
}

EVALUATION_TITLES = {
    **_SUBJECT,
    **_CARD,
    "score_low": Text("得分下限", "Lowest score"),
    "score_high": Text("得分上限", "Highest score"),
    "score": Text("得分", "Score"),
    "evidence_share": Text("已知权重占比", "Share of weight known"),
    "grade": Text("等级", "Grade"),
    "grade_low": Text("下限等级", "Grade at the lowest score"),
    "grade_high": Text("上限等级", "Grade at the highest score"),
    "undecided": Text("不定等级原因", "Why there is no grade"),
    "previous_grade": Text("上年等级", "Grade of the year before"),
    "fails_in_a_row": Text("连续不合格年数", "Years failed in a row"),
    "exit": Text("列入约谈或退出名单", "On the list for talks or exit"),
    "disposal": Text("A–D 对照", "Read as A to D"),
    "rank_low": Text("名次最前", "Best rank (90 %)"),
    "rank_high": Text("名次最后", "Last rank (90 %)"),
    "p_worst_third": Text("末三分之一概率", "P(last third)"),
    "topsis": Text("TOPSIS 贴近度", "TOPSIS closeness"),
    "topsis_rank": Text("TOPSIS 名次", "TOPSIS rank"),
    "influential": Text("影响最大的指标", "What matters most"),
    "reason_zh": Text("理由", "Reason (Chinese)"),
    "reason_en": Text("理由（英文）", "Reason"),
    "registered_elsewhere_share": Text("异地注册企业占比", "Tenants registered elsewhere"),
    "scorecard_version": _VERSION,
    "sample": _SAMPLE,
    "parameters": Text("参数", "Parameters"),
    "rank_mean": Text("平均名次", "Mean rank"),
    "score_renormalised": Text(
        "仅按已知指标折算（供对照）", "Score of what is known (for comparison)"
    ),
    "age_months": Text("至年底的最少月数", "Least months to the end of the year"),
}
"""Titles of the columns of an evaluation."""

CONTRIBUTION_TITLES = {
    **_SUBJECT,
    "criterion": _CRITERION,
    **_TITLES,
    "group": Text("大类", "Heading"),
    "weight": Text("有效权重", "Effective weight"),
    "unit": Text("单位", "Unit (Chinese)"),
    "unit_en": Text("单位（英文）", "Unit"),
    "raw_low": Text("原值下限", "Lowest raw value"),
    "raw_high": Text("原值上限", "Highest raw value"),
    "value_low": Text("标准分下限", "Lowest value"),
    "value_high": Text("标准分上限", "Highest value"),
    "contribution_low": Text("贡献下限", "Lowest contribution"),
    "contribution_high": Text("贡献上限", "Highest contribution"),
    "state": Text("数值状态", "State"),
    "origin": Text("数值由来", "Origin"),
    **_ORIGIN,
    **_CARD,
    "scorecard_version": _VERSION,
    "sample": _SAMPLE,
}
"""Titles of the columns of the contributions."""

COMPARISON_TITLES = {
    **_SUBJECT,
    "grade_before": Text("原等级", "Grade before"),
    "grade_after": Text("现等级", "Grade after"),
    "score_low_before": Text("原得分下限", "Lowest score before"),
    "score_low_after": Text("现得分下限", "Lowest score after"),
    "score_high_before": Text("原得分上限", "Highest score before"),
    "score_high_after": Text("现得分上限", "Highest score after"),
    "undecided_before": Text("原不定等级原因", "Why no grade before"),
    "undecided_after": Text("现不定等级原因", "Why no grade after"),
    "changed": Text("等级有变", "Grade changed"),
    "criterion": _CRITERION,
    **_TITLES,
    "effect": Text("影响（分）", "Effect (points)"),
    "by": Text("起因", "By"),
    "period_before": Text("原年度", "Period before"),
    "period_after": Text("现年度", "Period after"),
    "scorecard_before": Text("原评价表版本", "Scorecard before"),
    "scorecard_after": Text("现评价表版本", "Scorecard after"),
    "sample": _SAMPLE,
}
"""Titles of the columns of a comparison."""

COMPARISON_NOTE = Text(
    "影响（分）：该指标使得分中值变动的分数；等级由有变无或由无变有时，为该指标使得分区间变宽（正）"
    "或变窄（负）的分数。某一侧因数据不足不定等级的，不用区间中值比较：等级未变的不列指标，"
    "因补齐数据而有等级的只写起因，影响留空",
    "Effect (points): by how many points the criterion moved the middle of the score; where a "
    "grade came or went, by how many it made the interval wider, or narrower (−). Where too "
    "little was known on a side, middles are not compared: without another grade no criterion is "
    "named, and a grade that came with the data has a cause and no effect",
)
"""What the effect in a comparison means."""

ENTROPY_TITLES = {
    "criterion": _CRITERION,
    **_TITLES,
    "weight": Text("本表权重", "Weight of the card"),
    "entropy_weight": Text("熵权（仅供参考）", "Weight by entropy (advice)"),
    "subjects": Text("参与计算的对象数", "Subjects counted"),
    "scorecard_version": _VERSION,
    "sample": _SAMPLE,
}
"""Titles of the columns of the weights by entropy."""

UNUSED_TITLES = {
    "record_id": Text("记录编码", "Record id"),
    "subject_id": _SUBJECT["subject_id"],
    **_CARD,
    "indicator": Text("指标", "Indicator"),
    "value": Text("数值", "Value"),
    "value_state": Text("填报状态", "State of the value"),
    "why": Text("未用原因", "Why it is not used"),
    **_ORIGIN,
    "sample": _SAMPLE,
}
"""Titles of the columns of the records that were not used."""

TABLE_TITLES = {
    "subjects": Text("分类评价结果", "Evaluation"),
    "contributions": Text("各指标贡献", "Contributions of the criteria"),
    "comparison": Text("评价结果对比", "Two evaluations compared"),
    "entropy": Text("熵权（仅供参考）", "Weights by entropy (advice)"),
    "unused": Text("未用的指标记录", "Records that were not used"),
}
"""Titles of the tables that an evaluation gives."""

EVALUATION_WORDS = {
    "undecided": {
        "nothing": Text("无数据", "nothing known"),
        "new": Text("新设", "new"),
        "evidence": Text("已知权重不足", "too little known"),
        "interval": Text("两端等级不同", "the ends differ"),
    },
    "state": VALUE_STATES,
    "origin": {
        "recorded": Text("填报", "recorded"),
        "layers": Text("图层测算", "measured from the layers"),
        "difference": Text("与市场之差", "change against the market"),
        "none": Text("无", "none"),
    },
    "by": {
        "value": Text("数值变化", "its value"),
        "weight": Text("权重变化", "its weight"),
        "points": Text("档次变化", "its anchors"),
        "missing": Text("数据补齐或缺失", "data came, or are missing"),
        "grades": Text("等级规则变化", "the limits of the grades"),
        "age": Text("不再新设或新设", "new or no longer new"),
    },
    "why": {
        "unknown_subject": Text("没有这个评价对象", "no such subject"),
        "unknown_indicator": Text("评价表没有这项指标", "the card has no such criterion"),
        "repeated": Text("同一指标有多条记录，均不采用", "several rows for one number, none taken"),
    },
}
"""Titles of codes, by the column that they stand in."""


COLUMN_TITLES: Mapping[str, Mapping[str, Text]] = {
    name: {**titles, "parameters": EVALUATION_TITLES["parameters"]}
    for name, titles in (
        ("subjects", EVALUATION_TITLES),
        ("contributions", CONTRIBUTION_TITLES),
        ("comparison", COMPARISON_TITLES),
        ("entropy", ENTROPY_TITLES),
        ("unused", UNUSED_TITLES),
    )
}
"""Titles of the columns of the tables, by key of :data:`TABLE_TITLES`."""

_GRADES = ("grade", "grade_low", "grade_high", "previous_grade", "grade_before", "grade_after")


def evaluation_words(card: Scorecard, cards: Scorecards) -> dict[str, Mapping[str, Text]]:
    """Return the titles of all codes in the tables of an evaluation.

    Parameters
    ----------
    card
        The scorecard that it follows.
    cards
        All of them, with the classes that grades are read as.

    Returns
    -------
    dict
        By column and code.
    """
    criteria = {one.key: Text(one.title_zh, one.title_en) for one in card.criteria}
    grades = {one.key: Text(one.key, one.title_en) for one in card.grades}
    reasons = EVALUATION_WORDS["undecided"]
    return {
        **EVALUATION_WORDS,
        **dict.fromkeys(("undecided_before", "undecided_after"), reasons),
        **dict.fromkeys(_GRADES, grades),
        "value_state": EVALUATION_WORDS["state"],
        "card": {card.key: Text(card.title_zh, card.title_en)},
        "indicator": criteria,
        "influential": criteria,
        "group": {one.key: Text(one.title_zh, one.title_en) for one in card.groups},
        "disposal": {one.key: one.title for one in cards.disposals},
    }


def evaluation_remarks(evaluation: Evaluation, versions: Mapping[str, int]) -> list[Text]:
    """Say by which card, with which parameters and from which layers numbers were made.

    Parameters
    ----------
    evaluation
        What was found.
    versions
        Version of every layer of the workspace; those that are used are named.
    """
    card = evaluation.card
    used = ", ".join(f"{key} v{versions[key]}" for key in EVALUATION_LAYERS if key in versions)
    parameters = parameters_of(card, evaluation.choice)
    approved = card.approved_by
    return [
        Text(
            f"评价表：{card.title_zh}（{card.version}）；年度：{evaluation.period}",
            f"Scorecard: {card.title_en} ({card.version}); period: {evaluation.period}",
        ),
        Text(f"权重经 {approved} 批准", f"Weights approved by {approved}")
        if approved
        else Text("权重为建议值", "Weights are suggestions"),
        Text(f"参数：{parameters}", f"Parameters: {parameters}"),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
        Text(
            "名次为区间，只在同一类别内比较；A–D 为对照用语，不是产业用地绩效评估的结论",
            "Ranks are intervals within one class; A to D are words to read beside, not a finding "
            "of the evaluation of industrial land",
        ),
    ]
