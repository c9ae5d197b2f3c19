"""Titles of the tables of underused space for people; scripts read the public names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.underuse import RULE_VERSION
from layers.errors import Text
from layers.underuse.judged import UNDERUSE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.underuse.judged import Underuse

UNDERUSE_TITLE = Text("低效空间", "Underused building space")
"""Title of the judgement."""

UNDERUSE_TITLES = {
    "carrier_id": Text("载体编码", "Carrier id"),
    "name": Text("载体", "Carrier"),
    "park_id": Text("园区编码", "Park id"),
    "vacancy_rate": Text("空置率", "Vacancy"),
    "vacant_months": Text("已空置月数", "Months vacant"),
    "tax_yuan_m2": Text("单位面积税收（元/m²·年）", "Tax (yuan/m² a year)"),
    "peer_median_tax_yuan_m2": Text(
        "同类中位数（元/m²·年）", "Median tax of the class (yuan/m² a year)"
    ),
    "state": Text("状态", "State"),
    "recoverable_area_m2": Text("可盘活面积（m²）", "Recoverable area (m²)"),
    "rank_low": Text("名次最前（1＝最低效）", "Best rank (1 = most underused)"),
    "rank_high": Text("名次最后", "Last rank"),
    "p_worst_third": Text("最差三分之一概率", "P(worst third)"),
    "evidence_share": Text("证据占比", "Evidence share"),
    "reason_zh": Text("判定理由", "Reason (Chinese)"),
    "reason_en": Text("判定理由（英文）", "Reason"),
    "rule_version": Text("规则版本", "Rule version"),
    "possible": Text("可能的状态", "Could be"),
    "exemption": Text("豁免", "Exemption"),
    "blockers": Text("未定原因", "What keeps it open"),
    "missing": Text("缺失字段", "Missing fields"),
    "doubted": Text("疑错字段", "Doubted fields"),
    "flaw": Text("面积问题", "What is wrong with the areas"),
    "vacancy_low": Text("空置率下限", "Lowest vacancy"),
    "vacancy_high": Text("空置率上限", "Highest vacancy"),
    "months_low": Text("空置月数下限", "Fewest months vacant"),
    "months_high": Text("空置月数上限", "Most months vacant"),
    "yardstick": Text("产出口径", "Yardstick of output"),
    "output_low": Text("产出下限", "Lowest output"),
    "output_high": Text("产出上限", "Highest output"),
    "output_area": Text("产出所除面积", "Area that output is over"),
    "peer_median": Text("同类产出中位数", "Median output of the class"),
    "peers": Text("同类载体数", "Peers"),
    "peers_known": Text("同类填报数", "Peers that report"),
    "ratio_low": Text("产出与中位数之比下限", "Lowest ratio to the median"),
    "ratio_high": Text("产出与中位数之比上限", "Highest ratio to the median"),
    "age_low": Text("竣工或改造月数下限", "Fewest months since completion or refit"),
    "age_high": Text("竣工或改造月数上限", "Most months since completion or refit"),
    "data_age_months": Text("数据月龄", "Age of the data (months)"),
    "recoverable_low": Text("可盘活面积下限（m²）", "Least recoverable area (m²)"),
    "recoverable_high": Text("可盘活面积上限（m²）", "Most recoverable area (m²)"),
    "score_low": Text("排序得分下限", "Lowest score of the ranking"),
    "score_high": Text("排序得分上限", "Highest score of the ranking"),
    "disposal": Text("A–D 对照", "Read as A to D"),
    "carrier_class": Text("载体类别", "Carrier class"),
    "tenure": Text("产权性质", "Tenure"),
    "operator": Text("运营单位", "Operator"),
    "owner": Text("产权单位", "Owner"),
    "data_date": Text("数据时点", "Data date"),
    "sample": Text("示例数据", "Sample data"),
    "parameters": Text("参数", "Parameters"),
    "public_reason_zh": Text("公开版理由", "Public reason (Chinese)"),
    "public_reason_en": Text("公开版理由（英文）", "Public reason"),
}
"""Titles of the columns of the judgement, in their order."""

UNDERUSE_CONTRIBUTION_TITLE = Text("低效空间排序的各项贡献", "Contributions to the ranking")
"""Title of the contributions."""

UNDERUSE_CONTRIBUTION_TITLES = {
    "subject_id": UNDERUSE_TITLES["carrier_id"],
    "name": UNDERUSE_TITLES["name"],
    "criterion": Text("指标", "Criterion"),
    "group": Text("大类", "Heading"),
    "weight": Text("有效权重", "Effective weight"),
    "raw_low": Text("原值下限", "Lowest raw value"),
    "raw_high": Text("原值上限", "Highest raw value"),
    "value_low": Text("标准分下限", "Lowest value"),
    "value_high": Text("标准分上限", "Highest value"),
    "contribution_low": Text("贡献下限", "Lowest contribution"),
    "contribution_high": Text("贡献上限", "Highest contribution"),
    "state": Text("数值状态", "State of the value"),
    "sample": UNDERUSE_TITLES["sample"],
}
"""Titles of the columns of the contributions to the ranking."""


def underuse_remarks(found: Underuse, versions: Mapping[str, int]) -> list[Text]:
    """Say by which rule, with which parameters and from which layers numbers were made.

    Parameters
    ----------
    found
        The judgement.
    versions
        Version of every layer of the workspace; those that are used are named.
    """
    used = ", ".join(f"{key} v{versions[key]}" for key in UNDERUSE_LAYERS if key in versions)
    rule, card = found.parameters, found.card
    ranking = f"{card.version}; {found.choice.as_text()}"
    market = f"{rule.market_vacancy * 100:g}%"
    return [
        Text(f"规则版本：{RULE_VERSION}", f"Rule version: {RULE_VERSION}"),
        Text(
            f"参数（均为建议值）：{rule.as_text()}",
            f"Parameters (all of them suggestions): {rule.as_text()}",
        ),
        Text(
            f"市场空置率 {market}，时点 {rule.market_date}",
            f"Market vacancy {market}, as of {rule.market_date}",
        ),
        Text(f"排序：{ranking}", f"Ranking: {ranking}"),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
        Text(
            "名次为 90% 区间，只供排序参考，不改变状态；A–D 为对照用语，不是产业用地绩效评估的结论",
            "Ranks are 90 % intervals, a second opinion on the order that never changes a state; "
            "A to D are words to read beside, not a finding of the evaluation of industrial land",
        ),
    ]
