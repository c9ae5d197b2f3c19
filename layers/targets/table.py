"""The standings of targets as a table that people and scripts read, and their values as another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.monitoring import MONITORING_RULE_VERSION
from layers.errors import Text
from layers.targets.remarks import BASIS_TITLES
from layers.targets.remarks import STATUS_TITLES
from layers.targets.remarks import SUGGESTED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.targets.readings import Reading
    from layers.targets.standings import Standing

TARGETS_TITLE = Text("量化目标监测", "Monitoring of the numeric targets")
TARGET_TITLES = {
    "target_id": Text("目标编码", "Target id"),
    "title_zh": Text("目标", "Target (Chinese)"),
    "title_en": Text("目标（英文）", "Target"),
    "in_plan": Text("方案所列", "In the plan"),
    "label": Text("性质", "Label"),
    "kind": Text("类型", "Kind"),
    "unit": Text("单位", "Unit"),
    "target_value": Text("目标值", "Target value"),
    "target_date": Text("目标日期", "Target date"),
    "scope": Text("统计范围", "Scope"),
    "owner": Text("责任单位", "Owner"),
    "base_value": Text("基期值", "Base value"),
    "base_date": Text("基期日期", "Base date"),
    "value": Text("最新数", "Latest value"),
    "as_of": Text("数据时点", "As of"),
    "basis": Text("数据口径", "Basis"),
    "revision": Text("修订次数", "Revision"),
    "age_days": Text("数据已过天数", "Age (days)"),
    "attained_share": Text("已完成比例", "Attained share"),
    "elapsed_share": Text("时间进度", "Elapsed share"),
    "progress_index": Text("进度指数", "Progress index"),
    "status": Text("状态", "Status"),
    "growth_needed": Text("尚需年均增速", "Growth needed a year"),
    "points_needed": Text("尚需每年提高", "Change needed a year"),
    "gap": Text("缺口", "Gap"),
    "gap_unit": Text("缺口单位", "Unit of the gap"),
    "numerator_gap": Text("按现分母，分子尚缺", "Lacking in the numerator"),
    "numerator": Text("分子（单位）", "Numerator (unit)"),
    "sample": Text("示例数据", "Sample data"),
    "reason_zh": Text("说明", "Reason (Chinese)"),
    "reason_en": Text("说明（英文）", "Reason"),
    "source": Text("来源", "Source"),
    "rule_version": Text("规则版本", "Rule version"),
    "parameters": Text("参数", "Parameters"),
}
"""Columns of the table of standings, and their titles for people."""

VALUE_TITLES = {
    "target_id": TARGET_TITLES["target_id"],
    "period_end": Text("期末日期", "End of period"),
    "basis": TARGET_TITLES["basis"],
    "value": Text("数值", "Value"),
    "state": Text("现行或旧数", "Current or past"),
    "revision": TARGET_TITLES["revision"],
    "reported_on": Text("上报日期", "Reported on"),
    "comparable": Text("可与目标比较", "Comparable"),
    "missing": Text("缺报部分", "Not reported"),
    "entities": Text("单位数", "Entities"),
    "entity_set": Text("单位名录", "List of entities"),
    "source": TARGET_TITLES["source"],
    "sample": TARGET_TITLES["sample"],
    "note_zh": Text("说明", "Remark (Chinese)"),
    "note_en": Text("说明（英文）", "Remark"),
}
"""Columns of the table of values, and their titles for people."""

TARGET_WORDS: Mapping[str, Mapping[str, Text]] = {
    "kind": {"total": Text("总量", "Total"), "ratio": Text("比率", "Ratio")},
    "label": {SUGGESTED.zh: SUGGESTED},
    "basis": BASIS_TITLES,
    "status": STATUS_TITLES,
}
"""What the codes in the columns of the standings are called, by column and code."""

VALUE_WORDS: Mapping[str, Mapping[str, Text]] = {
    "basis": BASIS_TITLES,
    "state": {"current": Text("现行", "current"), "past": Text("旧数", "past")},
}
"""What the codes in the columns of the values are called, by column and code."""

# An empty column of them would otherwise be one of numbers.
_TEXTS = (
    *("label", "unit", "scope", "owner", "basis", "gap_unit", "numerator"),
    *("reason_zh", "reason_en", "source"),
)
_VALUE_TEXTS = ("missing", "entity_set", "source", "note_zh", "note_en")


def target_table(standings: Iterable[Standing]) -> pd.DataFrame:
    """Return standings as a table, a row a target, with the columns of :data:`TARGET_TITLES`.

    Parameters
    ----------
    standings
        See :func:`layers.targets.standings.standings_of`.

    Returns
    -------
    pandas.DataFrame
        Values in the unit of the target, shares of 1, dates as days; unknown is empty.
    """
    frame = pd.DataFrame([_row(one) for one in standings], columns=list(TARGET_TITLES))
    days = dict.fromkeys(("target_date", "base_date", "as_of"), "datetime64[s]")
    counts = dict.fromkeys(("revision", "age_days"), "Int64")
    numbers = dict.fromkeys(
        ("base_value", "value", "attained_share", "elapsed_share", "progress_index"), "float64"
    )
    return frame.astype({**days, **counts, **numbers, **dict.fromkeys(_TEXTS, "str")})


def _row(one: Standing) -> dict[str, Any]:
    target, terms, latest = one.target, one.terms, one.latest
    return {
        "target_id": target.target_id,
        "title_zh": target.title.zh,
        "title_en": target.title.en,
        "in_plan": target.in_plan,
        "label": None if target.in_plan else SUGGESTED.zh,
        "kind": target.kind,
        "unit": target.unit.zh or None,
        "target_value": target.number,
        "target_date": target.end,
        "scope": terms.scope or None,
        "owner": terms.owner or None,
        "base_value": terms.base_value,
        "base_date": terms.base_date,
        "value": None if latest is None else latest.value,
        "as_of": None if latest is None else latest.period_end,
        "basis": None if latest is None else latest.basis,
        "revision": None if latest is None else latest.revision,
        "age_days": one.age_days,
        "attained_share": one.attained,
        "elapsed_share": one.elapsed,
        "progress_index": one.index,
        "status": one.status,
        "growth_needed": one.growth,
        "points_needed": one.points,
        "gap": one.gap,
        "gap_unit": target.gap_unit.zh or None,
        "numerator_gap": one.numerator_gap,
        "numerator": target.numerator.zh or None,
        "sample": one.sample,
        "reason_zh": "；".join(reason.zh for reason in one.reasons) or None,
        "reason_en": "; ".join(reason.en for reason in one.reasons) or None,
        "source": (latest.source if latest is not None else "") or None,
        "rule_version": MONITORING_RULE_VERSION,
        "parameters": one.parameters.as_text(),
    }


def value_table(standings: Iterable[Standing]) -> pd.DataFrame:
    """Return everything that was reported, what was revised included.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`VALUE_TITLES`; ``state`` is ``current``, or ``past`` for what a
        value was before it was revised. By target, end of the period and revision.
    """
    rows = [
        row
        for one in standings
        for reading in one.readings
        for row in _values(one.target.target_id, reading)
    ]
    frame = pd.DataFrame(rows, columns=list(VALUE_TITLES))
    days = dict.fromkeys(("period_end", "reported_on"), "datetime64[s]")
    texts = dict.fromkeys(_VALUE_TEXTS, "str")
    numbers = {"value": "float64", "revision": "Int64", "entities": "Int64"}
    return frame.astype({**days, **texts, **numbers})


def _values(target_id: str, reading: Reading) -> list[dict[str, Any]]:
    shared = {
        "target_id": target_id,
        "period_end": reading.period_end,
        "basis": reading.basis,
        "comparable": reading.comparable,
        "sample": reading.sample,
    }
    past = [
        {
            **shared,
            "value": old.value,
            "state": "past",
            "revision": old.revision,
            "reported_on": old.reported_on,
        }
        for old in reading.past
    ]
    current = {
        **shared,
        "value": reading.value,
        "state": "current",
        "revision": reading.revision,
        "reported_on": reading.reported_on,
        "missing": "、".join(reading.missing) or None,
        "entities": reading.entities,
        "entity_set": reading.entity_set or None,
        "source": reading.source or None,
        "note_zh": "；".join(note.zh for note in reading.problems) or None,
        "note_en": "; ".join(note.en for note in reading.problems) or None,
    }
    return [*past, current]
