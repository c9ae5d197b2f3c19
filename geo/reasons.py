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

import pandas as pd

from geo.flag import FLAG_TITLES
from geo.flag import red_conditions
from geo.flag import unusable
from geo.phrases import CLOSE
from geo.phrases import Sentence
from geo.phrases import count
from geo.phrases import figure
from geo.phrases import joined
from geo.phrases import listed
from geo.phrases import percent
from geo.phrases import threshold

if TYPE_CHECKING:
    from geo.parameters import ScatterParameters


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
    held_against_chance: bool
    detoured_pairs: int
    blocked_pairs: int
    network_pairs: int
    unsnapped_sites: int
    flag_straight: str | None
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
        sites=measures["sites"].fillna(0).astype(int),
        clusters=measures["clusters"].fillna(0).astype(int),
        clusters_red=conditions["effective_clusters"],
        zone_red=conditions["zone_share"],
        p_red=conditions["p_low"],
    )
    unknown = ["clusters_red", "zone_red", "p_red", "flag_straight"]
    rows[unknown] = rows[unknown].astype(object).where(rows[unknown].notna(), None)
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
        return joined([_no_verdict(park, rule), *_sample_note(park)], "", " ")
    parts = [_verdict(park, rule), *_distances(park, rule), *_notes(park, rule)]
    return joined([*parts, *_sample_note(park)], "", " ")


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
    unlocated = percent(park.without_geometry, limit)
    unmeasured = percent(park.without_area, limit)
    basis = _basis(park.by_area)
    return Sentence(
        f"{park.spaces:,} 处空间中，{unlocated}（按{basis.zh}计）没有坐标，"
        f"{unmeasured}（按处数计）没有建筑面积，上限为 {threshold(limit)}，资料不足，不判定。",
        f"Of {count(park.spaces, 'space')}, {unlocated} (by {basis.en}) have no coordinates "
        f"and {unmeasured} (by number) no floor area; the limit is {threshold(limit)}: undecided.",
    )


def _verdict(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say what was measured, against what, and the flag that follows."""
    zh, en = FLAG_TITLES[park.flag]
    if park.sites == 1:
        gap = f"{rule.site_gap_m:g}"
        return Sentence(
            f"{park.located:,} 处空间同在 1 个点位（楼间距不超过 {gap} 米），判为{zh}。",
            f"{count(park.located, 'space')} on one site (gaps up to {gap} m): {en}.",
        )
    if park.clusters == 1:
        gap = figure(park.longest_gap_m, 0, rule.walk_m)
        return Sentence(
            f"{park.sites:,} 个点位全部步行连片（最长断档 {gap} 米，不超过 {rule.walk_m:,g} 米），"
            f"判为{zh}。",
            f"All {park.sites:,} sites form one walkable cluster (longest gap {gap} m, at most "
            f"{rule.walk_m:,g} m): {en}.",
        )
    share = _largest_cluster(park, rule)
    if park.largest_cluster_share < rule.red_share - CLOSE:
        return joined([share, _split_verdict(park, rule)], "，", ", ")
    return joined([share, Sentence(f"判为{zh}。", f"{en}.")], "，", ": ")


def _largest_cluster(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say what the largest walking cluster holds, and on which side of the thresholds."""
    share = percent(park.largest_cluster_share, rule.green_share, rule.red_share)
    green, red = threshold(rule.green_share), threshold(rule.red_share)
    basis = _basis(park.weighted)
    if park.flag == "green":
        side = Sentence(f"不低于 {green}", f"at least {green}")
    elif park.largest_cluster_share >= rule.red_share - CLOSE:
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
        listed([clause for truth, clause in clauses if truth is wanted])
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
    value = figure(park.effective_clusters, 1, limit)
    side = Sentence("大于", "above") if park.clusters_red else Sentence("不大于", "not above")
    return Sentence(
        f"等效连片数 {value} {side.zh} {limit:g}",
        f"the effective number of clusters is {value} ({side.en} {limit:g})",
    )


def _zone_clause(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Hold the share inside the zones against its threshold."""
    limit = rule.red_zone_share
    low = percent(park.zone_share, limit)
    if math.isnan(park.zone_share):
        return Sentence("功能区内占比未知", "the share inside the zones is not known")
    if park.zone_red is None:
        high = percent(park.zone_share + park.zone_border_share, limit)
        return Sentence(
            f"有空间正在功能区边界上（边界待核），功能区内占比在 {low} 与 {high} 之间",
            f"spaces lie on a zone boundary, so {low} to {high} are inside the zones",
        )
    side = Sentence("低于", "below") if park.zone_red else Sentence("不低于", "not below")
    return Sentence(
        f"功能区内占比 {low} {side.zh} {threshold(limit)}",
        f"{low} lie inside the zones ({side.en} {threshold(limit)})",
    )


def _chance_clause(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Hold the chance test against its threshold."""
    if park.p_red is None:
        if park.held_against_chance:
            return Sentence(
                "随机对照检验做不了（可供随机摆放的楼宇或用地不足）",
                "the test against chance cannot be made (too few buildings, or too little land, to "
                "place it on)",
            )
        return Sentence("随机对照检验尚无结果", "the test against chance has no result yet")
    value = figure(park.p_low, 3, rule.p_threshold)
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


def chance_sentence(
    p_low: float, p_high: float, rule: ScatterParameters, *, on_land: bool = False
) -> Sentence:
    """Say what the test against chance means, as a planner would.

    Not to be told from chance is no proof of chance: few sites can hardly be told from
    it. The sentence therefore says what was found, and no flag rests on it alone.

    Parameters
    ----------
    p_low, p_high
        Shares of random placements at least as compact, and at least as spread; NaN
        if the park was not tested.
    rule
        Gives `p_threshold`.
    on_land
        Whether spaces were thrown on land because no stock of buildings is known.

    Returns
    -------
    Sentence
        Empty in both languages if the park was not tested.
    """
    if math.isnan(p_low):
        return Sentence("", "")
    place = Sentence("全区的楼宇上", "the district's buildings")
    if on_land:
        place = Sentence("全区的土地上", "the district's land")
    thrown = Sentence(
        f"比把它的空间随机撒在{place.zh}",
        f"than if its spaces had been thrown at random on {place.en}.",
    )
    if p_low <= rule.p_threshold + CLOSE:
        return Sentence(f"明显{thrown.zh}更紧凑。", f"Significantly more compact {thrown.en}")
    if p_high <= rule.p_threshold + CLOSE:
        return Sentence(f"明显{thrown.zh}更分散。", f"Significantly more spread {thrown.en}")
    return Sentence(f"不{thrown.zh}更紧凑。", f"No more compact {thrown.en}")


def _distances(park: Evidence, rule: ScatterParameters) -> list[Sentence]:
    """Say how far apart the park is."""
    if park.sites == 1:
        return []
    mean, gap = figure(park.mean_distance_m, 0), figure(park.longest_gap_m, 0)
    pair = Sentence("按建筑面积加权，任意两处", "square metres")
    if not park.weighted:
        pair = Sentence("任意两处空间", "spaces")
    way = Sentence(f"步行＝直线×{rule.detour:g}", f"walk = straight line × {rule.detour:g}")
    if park.network_pairs:
        way = Sentence(
            f"步行按路网，缺处为直线×{rule.detour:g}",
            f"walks on the network, elsewhere straight line × {rule.detour:g}",
        )
    return [
        Sentence(
            f"{pair.zh}平均步行相距 {mean} 米，最长断档 {gap} 米（{way.zh}）。",
            f"Two random {pair.en} are {mean} m apart on foot, the longest gap is {gap} m "
            f"({way.en}).",
        )
    ]


def _notes(park: Evidence, rule: ScatterParameters) -> list[Sentence]:
    """Say what weakens the verdict."""
    notes = _ways(park, rule)
    if not park.weighted and park.sites:
        notes.append(
            Sentence(
                "有空间缺建筑面积，按处数计算、未按面积加权。",
                "Floor areas are missing, so spaces are counted, not weighted by area.",
            )
        )
    if park.unlocated_share > 0:
        part = percent(park.unlocated_share, rule.unlocated_limit)
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


def _ways(park: Evidence, rule: ScatterParameters) -> list[Sentence]:
    """Say what is not walked straight, and whether that changed the flag."""
    parts = [
        Sentence(
            f"{park.network_pairs:,} 对按步行路网计距",
            f"{count(park.network_pairs, 'pair')} measured on the walking network",
        ),
        Sentence(
            f"{park.detoured_pairs:,} 对隔着阻隔、经过街通道绕行",
            f"{count(park.detoured_pairs, 'pair')} led through crossings",
        ),
        Sentence(
            f"{park.blocked_pairs:,} 对隔着阻隔而没有登记的通道（按直线计距、不算可步行，"
            "需路网核实）",
            f"{count(park.blocked_pairs, 'pair')} across a barrier without a registered crossing "
            "(straight distance, not walkable; check on the network)",
        ),
    ]
    numbers = (park.network_pairs, park.detoured_pairs, park.blocked_pairs)
    told = [part for part, number in zip(parts, numbers, strict=True) if number]
    notes = []
    if told:
        between = joined(told, "，", "; ")
        notes.append(Sentence(f"点位之间：{between.zh}。", f"Between sites: {between.en}."))
    if park.unsnapped_sites:
        notes.append(
            Sentence(
                f"{park.unsnapped_sites:,} 处点位离步行路网超过 {rule.snap_m:g} 米，"
                f"改按直线×{rule.detour:g} 计。",
                f"{count(park.unsnapped_sites, 'site')} farther than {rule.snap_m:g} m from the "
                f"walking network: straight line × {rule.detour:g} instead.",
            )
        )
    if park.flag_straight is not None and park.flag_straight != park.flag:
        zh, en = FLAG_TITLES[park.flag_straight]
        notes.append(Sentence(f"若全按直线步行，则为{zh}。", f"Walking straight it would be {en}."))
    return notes


def _stability(park: Evidence, rule: ScatterParameters) -> Sentence:
    """Say whether the colour survives other parameters."""
    runs = sum(1 for _ in rule.walks())
    kept = round(park.stability * runs)
    stable = park.stability >= rule.stable_share - CLOSE
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
