"""The sentences about targets and what was reported for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

STATUS_TITLES = {
    "ahead": Text("超前", "Ahead"),
    "on_track": Text("正常", "On track"),
    "slow": Text("偏慢", "Slow"),
    "behind": Text("滞后", "Behind"),
    "no_data": Text("数据不足", "Not enough data"),
    "not_due": Text("未到期", "Not due yet"),
    "no_terms": Text("口径未给定", "Terms not given"),
    "undecided": Text("不判定", "Not judged"),
    "met": Text("已达成", "Reached"),
    "missed": Text("未达成", "Not reached"),
}
"""What a status is called; the last two are final."""

STATUS_MARKS = {
    "ahead": "▲",
    "on_track": "●",
    "slow": "◆",
    "behind": "▼",
    "no_data": "□",
    "not_due": "◷",
    "no_terms": "○",
    "undecided": "◇",
    "met": "★",
    "missed": "✕",
}
"""A shape of its own for every status, so that none is told by colour alone."""

TERM_TITLES = {
    "scope": Text("统计范围", "scope"),
    "base_value": Text("基期值", "base value"),
    "base_date": Text("基期日期", "base date"),
    "owner": Text("责任单位", "owner"),
}
BASIS_TITLES = {
    "annual": Text("全年值", "full year"),
    "rolling": Text("近四个季度合计", "last four quarters"),
    "cumulative": Text("当年累计", "year to date"),
    "point": Text("时点数", "as of the day"),
}
SUGGESTED = Text("建议目标", "Suggested target")
"""Label of a target that the plan does not name."""


def terms_missing(missing: Iterable[str]) -> Text:
    """Say what has to be given before there is an index."""
    asked = [TERM_TITLES[name] for name in missing]
    return Text(
        f"口径未给定：缺{'、'.join(text.zh for text in asked)}；方案只写明目标值，补齐后才计算进度",
        f"terms not given: {', '.join(text.en for text in asked)}; the plan names the target "
        "only, progress is computed once they are given",
    )


def in_future(day: dt.date) -> Text:
    """Say that a period has not ended yet."""
    return Text(
        f"期末日期 {day} 晚于今天，不作为完成数", f"the period ends on {day}, later than today"
    )


def not_comparable(basis: str) -> Text:
    """Say why a reading is not held against a target for a whole year."""
    if basis == "cumulative":
        return Text(
            "当年累计数不足一年，不与全年目标比较；请报近四个季度合计",
            "a year to date is less than a year and is not held against a target for a year; "
            "report the last four quarters",
        )
    return Text(
        "全年值的期末日期应为 12 月 31 日，请核对",
        "a full year ends on 31 December; check the end of the period",
    )


def parts_missing(missing: Iterable[str]) -> Text:
    """Say which parts nobody reported."""
    told = list(missing)
    return Text(
        f"缺{'、'.join(told)}的数据，合计不计算", f"no total: {', '.join(told)} was not reported"
    )


def ratio_only() -> Text:
    """Say that nobody can check a ratio."""
    return Text(
        "只报了比值，分子、分母未报，无法核对",
        "only the ratio was reported; without both sums it cannot be checked",
    )


def ratio_differs(stated: float, computed: float) -> Text:
    """Say that a stated ratio is not that of the sums."""
    return Text(
        f"上报比值 {stated:g} 与分子分母之比 {computed:.4g} 不一致，采用后者",
        f"the ratio reported, {stated:g}, is not that of the sums, {computed:.4g}, which counts",
    )


def no_denominator() -> Text:
    """Say that nothing can be divided."""
    return Text(
        "分母合计为 0 或负数，比率无法计算", "the denominators add to 0 or less: there is no ratio"
    )


def parts_differ(whole: float, total: float) -> Text:
    """Say that a total is not the sum of its parts."""
    return Text(
        f"合计 {whole:,g} 与分项之和 {total:,g} 不一致，采用合计，请核对",
        f"the total {whole:,g} is not the sum of its parts, {total:,g}; the total counts, check it",
    )


def told_twice(rows: int) -> Text:
    """Say that there are rows of one period, part and revision."""
    return Text(
        f"同一期、同一修订次数有 {rows} 条记录，采用最后上报的一条；修订请另记修订次数",
        f"{rows} rows are the same revision of one period; the last one reported counts, give a "
        "revision its own number",
    )


def other_entities(before: str, after: str) -> Text:
    """Say that two readings are of different lists."""
    return Text(
        f"单位名录由“{before}”改为“{after}”，前后不完全可比",
        f"the list of entities changed from '{before}' to '{after}': not wholly comparable",
    )


def other_count(before: int, after: int) -> Text:
    """Say that two readings are of different numbers of entities."""
    return Text(
        f"统计单位由 {before:,} 家变为 {after:,} 家，增减中含名录变化",
        f"{after:,} entities are counted instead of {before:,}: the change is partly theirs",
    )


def base_reached() -> Text:
    """Say why there is no index."""
    return Text(
        "基期值已达到目标，不计算进度指数，只看是否保持",
        "the base is at the target already: there is no index, the question is whether it stays",
    )


def base_too_late() -> Text:
    """Say that there is no way from the base to the target."""
    return Text(
        "基期日期不早于目标日期，无法计算进度，请核对",
        "the base is not earlier than the target; check its date",
    )


def nothing_reported() -> Text:
    """Say that there is no value."""
    return Text("尚无上报数", "nothing was reported yet")


def nothing_comparable() -> Text:
    """Say that no value can be held against the target."""
    return Text(
        "尚无基期之后可与目标比较的数", "no value after the base can be held against the target"
    )


def not_due(base: dt.date) -> Text:
    """Say that the way has not begun."""
    return Text(f"基期 {base} 尚未到", f"the base, {base}, is not there yet")


def final_missing(end: dt.date) -> Text:
    """Say that the plan has ended and its last value is missing."""
    return Text(
        f"规划期已于 {end} 结束，终期数未报",
        f"the plan ended on {end} and its final value was not reported",
    )


def lessons_missing() -> Text:
    """Say that a plan that ended needs its lessons."""
    return Text("终期总结未填写", "the lessons at the end are not written yet")


def revised(times: int) -> Text:
    """Say how often the latest value was revised."""
    return Text(f"最新数经 {times} 次修订", f"the latest value was revised ({times})")
