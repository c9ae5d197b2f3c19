"""The reason for a flag, as a planner would give it to a mayor.

Every sentence is made in Chinese and in English from the same values: what was
measured, what it was held against, and which condition fired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import fields
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import pandas as pd

from geo.flag import FLAG_TITLES
from geo.flag import red_conditions
from geo.flag import unusable

if TYPE_CHECKING:
    from geo.parameters import ScatterParameters

_CLOSE = 1e-9
_MOST_DIGITS = 6


class Sentence(NamedTuple):
    """One sentence, or a part of one, in the two languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one park, as the sentences need it.

    Shares are in [0, 1], distances in metres of walking; unknown numbers are NaN,
    unknown truth values None. `by_area` says whether `without_geometry` is a share of
    the floor area, `weighted` whether everything else is; if not, of the number of
    spaces.
    """

    flag: str
    unusable: bool
    spaces: int
    located: int
    sites: int
    clusters: int
    largest_cluster_share: float
    effective_clusters: float
    mean_distance_m: float
    longest_gap_m: float
    zone_share: float
    zone_border_share: float
    p_low: float
    unlocated_share: float
    without_geometry: float
    without_area: float
    by_area: bool
    weighted: bool
    sample: bool
    stability: float
    clusters_red: bool | None
    zone_red: bool | None
    p_red: bool | None


def explain(measures: pd.DataFrame, parameters: ScatterParameters) -> pd.DataFrame:
    """Return the reason for the flag of every park.

    Parameters
    ----------
    measures
        One row a park, with the columns that :class:`Evidence` names.
    parameters
        Thresholds the flag was judged by.

    Returns
    -------
    pandas.DataFrame
        ``reason_zh`` and ``reason_en``, index of `measures`.
    """
    conditions = red_conditions(measures, parameters)
    rows = measures.assign(
        unusable=unusable(measures, parameters),
        sites=measures["sites"].fillna(0),
        clusters=measures["clusters"].fillna(0),
        clusters_red=conditions["effective_clusters"],
        zone_red=conditions["zone_share"],
        p_red=conditions["p_low"],
    )
    truths = ["clusters_red", "zone_red", "p_red"]
    rows[truths] = rows[truths].astype(object).where(rows[truths].notna(), None)
    names = [field.name for field in fields(Evidence)]
    sentences = [_reason(Evidence(**row), parameters) for row in _records(rows[names])]
    return pd.DataFrame(
        sentences, columns=["reason_zh", "reason_en"], index=measures.index, dtype="str"
    )


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries of plain values."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _reason(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Return the whole reason of one park."""
    if park.unusable:
        return _join([_no_verdict(park, rule), *_sample_note(park)], "", " ")
    parts = [_verdict(park, rule), *_distances(park, rule), *_notes(park, rule)]
    return _join([*parts, *_sample_note(park)], "", " ")


def _no_verdict(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say why nothing can be judged."""
    if park.spaces == 0:
        return Sentence(
            "没有登记任何建筑空间，不判定。",
            "No building space is registered for this park: undecided.",
        )
    if park.located == 0:
        return Sentence(
            f"登记的 {park.spaces:,} 处空间均无坐标，不判定。",
            f"None of the registered spaces ({park.spaces:,}) has coordinates: undecided.",
        )
    limit = rule.unlocated_limit
    unlocated = _percent(park.without_geometry, limit)
    unmeasured = _percent(park.without_area, limit)
    basis = _basis(park.by_area)
    return Sentence(
        f"{park.spaces:,} 处空间中，{unlocated}（按{basis.zh}计）没有坐标，"
        f"{unmeasured}（按处数计）没有建筑面积，上限为 {_limit(limit)}，资料不足，不判定。",
        f"Of {_count(park.spaces, 'space')}, {unlocated} (by {basis.en}) have no coordinates "
        f"and {unmeasured} (by number) no floor area; the limit is {_limit(limit)}: undecided.",
    )


def _verdict(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say what was measured, against what, and the flag that follows."""
    zh, en = FLAG_TITLES[park.flag]
    if park.sites == 1:
        gap = f"{rule.site_gap_m:g}"
        return Sentence(
            f"{park.located:,} 处空间同在 1 个点位（楼间距不超过 {gap} 米），判为{zh}。",
            f"{_count(park.located, 'space')} on one site (gaps up to {gap} m): {en}.",
        )
    if park.clusters == 1:
        gap = _figure(park.longest_gap_m, 0, rule.walk_m)
        return Sentence(
            f"{park.sites:,} 个点位全部步行连片（最长断档 {gap} 米，不超过 {rule.walk_m:,g} 米），"
            f"判为{zh}。",
            f"All {park.sites:,} sites form one walkable cluster (longest gap {gap} m, at most "
            f"{rule.walk_m:,g} m): {en}.",
        )
    share = _largest_cluster(park, rule)
    if park.largest_cluster_share < rule.red_share - _CLOSE:
        return _join([share, _split_verdict(park, rule)], "，", ", ")
    return _join([share, Sentence(f"判为{zh}。", f"{en}.")], "，", ": ")


def _largest_cluster(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say what the largest walking cluster holds, and on which side of the thresholds."""
    share = _percent(park.largest_cluster_share, rule.green_share, rule.red_share)
    green, red = _limit(rule.green_share), _limit(rule.red_share)
    basis = _basis(park.weighted)
    if park.flag == "green":
        side = Sentence(f"不低于 {green}", f"at least {green}")
    elif park.largest_cluster_share >= rule.red_share - _CLOSE:
        side = Sentence(f"不低于 {red} 但低于 {green}", f"at least {red} but below {green}")
    else:
        side = Sentence(f"低于 {red}", f"below {red}")
    return Sentence(
        f"{park.sites:,} 个点位分成 {park.clusters:,} 个步行连片，最大一片占{basis.zh}的 "
        f"{share}（{side.zh}）",
        f"{park.sites:,} sites in {park.clusters:,} walkable clusters, the largest with {share} of "
        f"the {basis.en} ({side.en})",
    )


def _split_verdict(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say which second condition made a split park red, and which one did not."""
    zh, en = FLAG_TITLES[park.flag]
    clauses = [
        (park.clusters_red, _clusters_clause(park, rule)),
        (park.zone_red, _zone_clause(park, rule)),
        (park.p_red, _chance_clause(park, rule)),
    ]
    fired, held, unknown = (
        _list([clause for truth, clause in clauses if truth is wanted])
        for wanted in (True, False, None)
    )
    if park.flag == "red":
        return Sentence(f"且{fired.zh}，判为{zh}。", f"and {fired.en}: {en}.")
    if park.flag == "yellow":
        return Sentence(f"但{held.zh}，判为{zh}。", f"but {held.en}: {en}.")
    known = Sentence(f"{held.zh}；", f"{held.en}; ") if held.zh else Sentence("", "")
    return Sentence(
        f"{known.zh}{unknown.zh}，可能使结论由黄变红，{zh}。",
        f"{known.en}{unknown.en}; this could turn yellow into red: {en}.",
    )


def _clusters_clause(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Hold the effective number of clusters against its threshold."""
    limit = rule.red_effective_clusters
    value = _figure(park.effective_clusters, 1, limit)
    side = Sentence("大于", "above") if park.clusters_red else Sentence("不大于", "not above")
    return Sentence(
        f"等效连片数 {value} {side.zh} {limit:g}",
        f"the effective number of clusters is {value} ({side.en} {limit:g})",
    )


def _zone_clause(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Hold the share inside the zones against its threshold."""
    limit = rule.red_zone_share
    low = _percent(park.zone_share, limit)
    if math.isnan(park.zone_share):
        return Sentence("功能区内占比未知", "the share inside the zones is not known")
    if park.zone_red is None:
        high = _percent(park.zone_share + park.zone_border_share, limit)
        return Sentence(
            f"有空间正在功能区边界上（边界待核），功能区内占比在 {low} 与 {high} 之间",
            f"spaces lie on a zone boundary, so {low} to {high} are inside the zones",
        )
    side = Sentence("低于", "below") if park.zone_red else Sentence("不低于", "not below")
    return Sentence(
        f"功能区内占比 {low} {side.zh} {_limit(limit)}",
        f"{low} lie inside the zones ({side.en} {_limit(limit)})",
    )


def _chance_clause(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Hold the chance test against its threshold."""
    if park.p_red is None:
        return Sentence("随机对照检验尚无结果", "the test against chance has no result yet")
    value = _figure(park.p_low, 3, rule.p_threshold)
    if park.p_red:
        return Sentence(
            f"随机对照分位 {value} 大于 {rule.p_threshold:g}（不比随机摆放更紧凑）",
            f"p = {value} against chance (above {rule.p_threshold:g}: no more compact than placed "
            "at random)",
        )
    return Sentence(
        f"随机对照分位 {value} 不大于 {rule.p_threshold:g}",
        f"p = {value} against chance (not above {rule.p_threshold:g})",
    )


def _distances(park: Evidence, rule: ScatterParameters) -> list[Sentence]:
    """Say how far apart the park is."""
    if park.sites == 1:
        return []
    mean, gap = _figure(park.mean_distance_m, 0), _figure(park.longest_gap_m, 0)
    pair = Sentence("按建筑面积加权，任意两处", "square metres")
    if not park.weighted:
        pair = Sentence("任意两处空间", "spaces")
    return [
        Sentence(
            f"{pair.zh}平均步行相距 {mean} 米，最长断档 {gap} 米（步行＝直线×{rule.detour:g}）。",
            f"Two random {pair.en} are {mean} m apart on foot, the longest gap is {gap} m (walk = "
            f"straight line × {rule.detour:g}).",
        )
    ]


def _notes(park: Evidence, rule: ScatterParameters) -> list[Sentence]:
    """Say what weakens the verdict."""
    notes = []
    if not park.weighted:
        notes.append(
            Sentence(
                "有空间缺建筑面积，按处数计算、未按面积加权。",
                "Floor areas are missing, so spaces are counted, not weighted by area.",
            )
        )
    if park.unlocated_share > 0:
        part = _percent(park.unlocated_share, rule.unlocated_limit)
        of = Sentence("建筑面积", "floor area") if park.by_area else Sentence("空间", "spaces")
        notes.append(
            Sentence(
                f"另有 {part} 的{of.zh}缺坐标或缺面积数据。",
                f"{part} of the {of.en} lack coordinates or floor area.",
            )
        )
    if park.flag != "undecided":
        notes.append(_stability(park, rule))
    return notes


def _stability(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say whether the colour survives other parameters."""
    runs = sum(1 for _ in rule.walks())
    kept = round(park.stability * runs)
    stable = park.stability >= rule.stable_share - _CLOSE
    verdict = Sentence("稳健", "stable") if stable else Sentence("不稳健", "not stable")
    return Sentence(
        f"{runs} 组参数试算有 {kept} 组同色，结论{verdict.zh}。",
        f"{kept} of {runs} runs with other parameters keep the colour: {verdict.en}.",
    )


def _sample_note(park: Evidence) -> list[Sentence]:
    """Say that sample data is sample data."""
    if not park.sample:
        return []
    return [Sentence("（据示例数据，非真实情况）", "(Sample data, not the real holding.)")]


def _basis(by_area: bool) -> Sentence:
    """Say what a share is a share of."""
    if by_area:
        return Sentence("建筑面积", "floor area")
    return Sentence("空间处数", "number of spaces")


def _join(sentences: list[Sentence], zh: str, en: str) -> Sentence:
    """Join sentences with a separator for each language."""
    return Sentence(zh.join(s.zh for s in sentences), en.join(s.en for s in sentences))


def _list(clauses: list[Sentence]) -> Sentence:
    """Join clauses as "a, b and c"."""
    if len(clauses) < 2:  # noqa: PLR2004 - a list of one has no "and"
        return _join(clauses, "", "")
    return _join([_join(clauses[:-1], "、", ", "), clauses[-1]], "、", " and ")


def _count(number: int, noun: str) -> str:
    """Return "1 space", "2 spaces"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _limit(share: float) -> str:
    """Return a threshold as a percentage without idle zeros."""
    return f"{100.0 * share:g}%"


def _percent(share: float, *limits: float) -> str:
    """Return a share as a percentage that does not round onto a threshold."""
    return _figure(100.0 * share, 1, *(100.0 * limit for limit in limits)) + "%"


def _figure(value: float, digits: int, *limits: float) -> str:
    """Return a rounded number that does not round onto a threshold it differs from.

    69.96 % against 70 % must not be printed as "70.0 % (below 70 %)".
    """
    apart = [limit for limit in limits if abs(value - limit) > _CLOSE]
    while digits < _MOST_DIGITS and any(round(value, digits) == limit for limit in apart):
        digits += 1
    return f"{value:,.{digits}f}"
