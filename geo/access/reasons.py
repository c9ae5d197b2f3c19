"""The sentence that says why a space is of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.access.parameters import GROUP_NAMES
from geo.access.parameters import GROUPS
from geo.access.states import ESTIMATED
from geo.access.states import NO
from geo.access.states import UNKNOWN
from geo.access.states import YES
from geo.access.walks import CROSSING
from geo.access.walks import NETWORK
from geo.access.walks import STRAIGHT
from geo.phrases import Sentence
from geo.phrases import count
from geo.phrases import figure
from geo.phrases import joined
from geo.phrases import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.access.parameters import AccessParameters

    Record = Mapping[Any, Any]

_BY_WAY = {
    STRAIGHT: Sentence("", ""),
    CROSSING: Sentence("经通道", " through a crossing"),
    NETWORK: Sentence("沿路网", " along the network"),
}
_CAMPUS = Sentence("校园", "Campus")
_RAIL = Sentence("轨道", "Rail")
_COMMUNITY = Sentence("社区", "Community")
_NO_PLACE = Sentence(
    "空间未定位，三项条件均无法判断。",
    "The space is not located; none of the three conditions can be judged.",
)


def reason(space: Record, told: Mapping[str, Record], parameters: AccessParameters) -> Sentence:
    """Return why a space is of its class, with the numbers that decide.

    Parameters
    ----------
    space
        A row of :attr:`geo.access.linkage.AccessResult.spaces`.
    told
        The deciding destination of every key of :data:`geo.access.nearest.NEAREST_KEYS`:
        ``name``, ``straight_m``, ``walk_m``, ``way``, ``basis``, ``state``.
    parameters
        The thresholds.

    Returns
    -------
    Sentence
        Names of destinations are given as they are: escape them where they are shown.
    """
    if not space["located"]:
        return _NO_PLACE
    linked = parameters.campus_link == "linked"
    key = "linked_gate" if linked else "any_gate"
    clauses = [
        _class(space),
        _about(_CAMPUS, told[key], parameters.gate_m, _no_campus(space, linked=linked)),
        _about(_RAIL, told["station"], parameters.rail_m, _no_station(told["station"])),
        _community(space, told, parameters),
    ]
    return Sentence(
        f"{clauses[0].zh}。" + "；".join(clause.zh for clause in clauses[1:]) + "。",
        f"{clauses[0].en}. " + "; ".join(clause.en for clause in clauses[1:]) + ".",
    )


def _missing(value: float | str | None) -> bool:
    return bool(pd.isna(value))


def _class(space: Record) -> Sentence:
    low, high = int(space["linkage_low"]), int(space["linkage_high"])
    if _missing(space["linkage"]):
        return Sentence("联动类别未知", "Linkage unknown")
    number = int(space["linkage"])
    if low == high:
        return Sentence(f"联动{number}类", f"Linkage class {number}")
    return Sentence(
        f"联动{number}类（核实后在{low}至{high}类之间）",
        f"Linkage class {number} (between {low} and {high} once verified)",
    )


def _about(what: Sentence, found: Record, limit_m: float, absent: Sentence) -> Sentence:
    """Say how a condition with one deciding destination is met."""
    told = absent if _missing(found["name"]) else _distance(found, limit_m)
    # Beside one that meets the limit for certain nothing else matters.
    if found["state"] != YES and not _missing(found["nearer_name"]):
        told = joined([told, _nearer(found, limit_m)], "，", "; ")
    return Sentence(f"{what.zh}：{told.zh}", f"{what.en}: {told.en}")


def _nearer(found: Record, limit_m: float) -> Sentence:
    """Say which destination is nearer than the one that decides, and beyond the limit."""
    name, walk = found["nearer_name"], f"{figure(found['nearer_m'], 0, limit_m)} m"
    return Sentence(
        f"最近的是“{name}”，步行{walk}，也超过{limit_m:,.0f} m",
        f"the nearest is “{name}”, {walk} on foot, beyond {limit_m:,.0f} m too",
    )


def _distance(found: Record, limit_m: float) -> Sentence:
    state, name, limit = found["state"], found["name"], f"{limit_m:,.0f} m"
    if _missing(found["walk_m"]):
        return _blocked(found, limit)
    walk = f"{figure(found['walk_m'], 0, limit_m)} m"
    way = _BY_WAY[found["way"]]
    there = Sentence(f"至“{name}”{way.zh}步行{walk}", f"{walk} on foot{way.en} to “{name}”")
    if state == ESTIMATED:
        return Sentence(
            f"“{name}”未登记校门，按其位置估算步行{walk}，估计在{limit}以内",
            f"no gate of “{name}” is registered; {walk} on foot to its place, "
            f"probably within {limit}",
        )
    if state == UNKNOWN:
        return Sentence(
            f"“{name}”只有点位而无校门，至该点{way.zh}步行{walk}，是否有校门在{limit}以内未知",
            f"“{name}” is known by a point without gates, {walk} on foot{way.en}; "
            f"whether a gate is within {limit} is unknown",
        )
    if state == YES:
        return Sentence(f"{there.zh}，在{limit}以内", f"{there.en}, within {limit}")
    return Sentence(f"{there.zh}，超过{limit}", f"{there.en}, beyond {limit}")


def _blocked(found: Record, limit: str) -> Sentence:
    line = f"{found['straight_m']:,.0f} m"
    name = found["name"]
    if found["state"] == NO:
        return Sentence(
            f"至“{name}”直线{line}，被阻隔，且超过{limit}",
            f"“{name}” is {line} away in a straight line, behind a barrier and beyond {limit}",
        )
    return Sentence(
        f"至“{name}”直线{line}，被阻隔且没有已登记的通道，需路网核实",
        f"“{name}” is {line} away in a straight line, behind a barrier without a known "
        "crossing; to be verified with a walking network",
    )


def _no_campus(space: Record, *, linked: bool) -> Sentence:
    """Say why there is no campus to walk to."""
    state = space["met_campus"]
    if state == NO:
        return Sentence(
            "没有可以进入的已登记校门或校区", "no registered gate or campus can be entered"
        )
    if linked and _missing(space["university"]):
        return Sentence("园区未登记依托高校，未知", "the park names no university; unknown")
    if linked and space["met_any_gate"] != UNKNOWN:
        return Sentence(
            "依托高校的校门与校区未登记，未知", "no gate or campus of the university is registered"
        )
    return Sentence("未提供校门与校区，未知", "neither gates nor campuses were supplied; unknown")


def _no_station(found: Record) -> Sentence:
    if found["state"] == NO:
        return Sentence("没有已登记的轨道站", "no station is registered")
    return Sentence("未提供轨道站，未知", "stations were not supplied; unknown")


def _community(space: Record, told: Mapping[str, Record], rule: AccessParameters) -> Sentence:
    """Say which groups of facilities are in reach, which are not and which are unknown."""
    by_state = {
        state: [GROUP_NAMES[group] for group in GROUPS if told[group]["state"] == state]
        for state in (YES, NO, UNKNOWN)
    }
    if len(by_state[UNKNOWN]) == len(GROUPS):
        return Sentence(
            f"{_COMMUNITY.zh}：未提供生活配套设施或均被阻隔，未知",
            f"{_COMMUNITY.en}: facilities were not supplied or all are behind barriers; unknown",
        )
    least, limit = int(rule.least_groups), f"{rule.community_m:,.0f} m"
    there = len(by_state[YES])
    verdict = {
        YES: Sentence(f"达到{least}组", f"at least {least}"),
        NO: Sentence(f"不足{least}组", f"fewer than {least}"),
        UNKNOWN: Sentence(f"是否达到{least}组未知", f"whether {least} are reached is unknown"),
    }[space["met_community"]]
    groups = count(there, "group")
    parts = [
        Sentence(f"{limit}以内有{there}组设施", f"{groups} of facilities within {limit}"),
        verdict,
    ]
    if by_state[NO]:
        missing = listed(by_state[NO])
        parts.append(Sentence(f"缺{missing.zh}", f"missing {missing.en}"))
    if by_state[UNKNOWN]:
        unknown = listed(by_state[UNKNOWN])
        parts.append(Sentence(f"{unknown.zh}未知", f"{unknown.en} unknown"))
    told_all = joined(parts, "，", ", ")
    return Sentence(f"{_COMMUNITY.zh}：{told_all.zh}", f"{_COMMUNITY.en}: {told_all.en}")
