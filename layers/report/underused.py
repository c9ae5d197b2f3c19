"""Underused building space, as sections of a chapter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.underuse import STATE_NAMES_EN
from geo.underuse import STATES
from layers.errors import Text
from layers.export.groups import total_is_safe
from layers.report.basis import NOT_MEASURED
from layers.report.basis import known_sum
from layers.report.basis import named
from layers.report.blocks import Paragraph
from layers.report.blocks import Ref
from layers.report.blocks import Section
from layers.report.inventory import hidden_groups
from layers.report.printing import Column
from layers.report.printing import make_table
from layers.underuse import UNDERUSE_TITLES
from layers.underuse import audience_copy
from layers.underuse.words import STATE_TITLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.report.basis import Basis
    from layers.report.blocks import Table

_NORMAL, _WATCHED, _OPEN = STATES[0], STATES[1], STATES[2]
_ATTENTION = tuple(s for s in reversed(STATES) if s not in {_NORMAL, _WATCHED, _OPEN})
_BOUNDS = ("recoverable_low", "recoverable_high")
_TABLES = ("states", "underuse")
_HEADING = Text("低效空间", "Underused building space")
_RANGE_NOTE = Text(
    "可盘活面积为扣除正常周转空置后的上下限，只合计“有面积的载体数”一列的载体；"
    "上下限相同只说明这些载体的面积登记齐全。",
    "Recoverable area is beyond normal turnover, from least to most, and adds up only the carriers"
    " of the column 'With known areas'; equal ends say only that the areas of these are complete.",
)
_NOTHING: dict[str, Text] = {
    "park": Text(
        "园区没有登记在册的载体，未作使用状态评定。",
        "The park has no registered carriers, so none was judged.",
    ),
    "zone": Text(
        "区内没有已定位的载体，未作使用状态评定。",
        "No located carrier is inside the zone, so none was judged.",
    ),
}
_TOO_FEW = Text(
    "涉及的载体过少，列出使用状态会透露单个载体的情况，公开版不列。",
    "There are too few carriers here: their states would tell of single ones and are not in the"
    " public version.",
)
_NOBODY = Text(
    "没有判为低效、疑似低效或预警的载体。",
    "No carrier is inefficient, suspected inefficient or under warning.",
)
_ALL_SMALL = Text(
    "低效、疑似低效或预警的状态有隐去的组，公开版不逐处列出。",
    "Some of these states are in hidden groups and not listed in the public version.",
)
# A public reason has no number of output, and with it has lost its predicate; and a small
# number of peers would tell the size of a class that other tables hide.
_PEERS = {
    "zh": re.compile(r"([^；。]+?)，同类填报 (\d+)/(\d+) 家，无中位数"),
    "en": re.compile(r"([^;.]+?), (\d+)/(\d+) peers report, no median"),
}
_PEERS_TOLD = {
    "zh": r"\1已填报，但同类填报过少，无中位数",
    "en": r"\1 reported, but too few of its class report; no median",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A judgement as the audience may have it.

    Attributes
    ----------
    rows
        One row a carrier, with all states.
    groups, mask, notes
        Carriers by state, which cells of it must be hidden, and what is said of that.
    safe
        Whether the hidden groups cannot be worked out from the number of all carriers.
    """

    rows: pd.DataFrame
    groups: pd.DataFrame
    mask: pd.DataFrame
    notes: list[Text]
    safe: bool

    @property
    def hidden(self) -> frozenset[str]:
        """States of the hidden groups."""
        if not self.safe:
            return frozenset(STATES)
        return frozenset(self.groups.loc[self.mask["carriers"].to_numpy(dtype=bool), "state"])


def _judged(basis: Basis, carriers: Collection[str] | None) -> _Judged:
    """Return the judgement as the audience may have it, with names in the language."""
    assert basis.underuse is not None
    table = basis.underuse.table
    if carriers is not None:
        table = table[table["carrier_id"].isin(list(carriers))]
    frame = basis.table("carriers")
    spec = basis.catalogue.layer("carriers")
    called = dict(zip(frame["carrier_id"], named(frame, spec, basis.lang), strict=True))
    shown = audience_copy(table, basis.request.audience)
    shown = shown.assign(carrier=shown["carrier_id"].map(called).astype("str"))
    reason = f"reason_{basis.lang}"
    if basis.request.public and reason in shown:
        shown[reason] = shown[reason].str.replace(
            _PEERS[basis.lang], _PEERS_TOLD[basis.lang], regex=True
        )
    groups = _groups(shown)
    # The number of all carriers is told; sums of areas are not where anything is hidden.
    safe = not basis.request.public or total_is_safe(groups, count="carriers", values=[])
    _told, mask, notes = hidden_groups(basis, groups, "carriers", [])
    mask = mask.assign(**dict.fromkeys(("known", *_BOUNDS), mask["carriers"]))
    return _Judged(shown, groups, mask, notes, safe)


def _groups(judged: pd.DataFrame) -> pd.DataFrame:
    """Return number and recoverable area of the carriers in each state, the worst first."""
    bounded = judged[list(_BOUNDS)].notna().all(axis=1)
    rows = []
    for state in reversed(STATES):
        mine = judged["state"].eq(state)
        group = judged[mine & bounded]
        sums = {name: known_sum(group[name]) for name in _BOUNDS}
        rows.append({"state": state, "carriers": int(mine.sum()), "known": len(group), **sums})
    return pd.DataFrame(rows)


def hidden_carriers(basis: Basis, carriers: Collection[str]) -> frozenset[str]:
    """Return the carriers of which a chapter must tell neither state nor vacancy.

    Parameters
    ----------
    basis
        What the chapter is made from.
    carriers
        Ids of the carriers that it is about.

    Returns
    -------
    frozenset of str
        Those whose state is of a group too small for the public; none for an internal
        reader.
    """
    if basis.underuse is None or not basis.request.public:
        return frozenset()
    found = _judged(basis, carriers)
    return frozenset(found.rows.loc[found.rows["state"].isin(found.hidden), "carrier_id"])


def _states_table(basis: Basis, found: _Judged) -> Table:
    """Return carriers and recoverable area by state, the most severe first."""
    notes = [_RANGE_NOTE]
    unbounded = int(found.rows[list(_BOUNDS)].isna().any(axis=1).sum())
    # Beside hidden groups the number would tell of them.
    if unbounded and not found.hidden:
        notes.append(
            Text(
                f"{len(found.rows)} 处载体中有 {unbounded} 处面积不全或相互矛盾，算不出上下限，"
                "不在任何一行的合计之内，实际面积可能更大。",
                f"Carriers without bounds, because areas are missing or contradict each other:"
                f" {unbounded} of {len(found.rows)}; they are in no sum, and the true area may be"
                " larger.",
            )
        )
    columns = [
        Column("state", UNDERUSE_TITLES["state"], words=STATE_TITLES),
        Column("carriers", Text("载体数", "Carriers"), "count"),
        Column("known", Text("有面积的载体数", "With known areas"), "count"),
        *(Column(name, UNDERUSE_TITLES[name], "number") for name in _BOUNDS),
    ]
    sample = bool(found.rows["sample"].fillna(value=False).any())
    return make_table(
        "states",
        Text("载体使用状态汇总", "Carriers by state of use"),
        found.groups.assign(sample=sample),
        columns,
        basis.lang,
        notes=[*notes, *found.notes],
        hidden=found.mask,
    )


def _reasons_table(basis: Basis, found: _Judged, listed: pd.DataFrame) -> Table:
    """Return the carriers that need attention, except those of hidden groups."""
    left_out = int(found.rows["state"].isin(found.hidden).sum())
    # Told of all hidden groups together: of those that need attention it would give them away.
    note = Text(
        f"属于隐去的组的载体共 {left_out} 处（不论是否需关注），不列入本表。",
        f"Carriers of hidden groups, whether they need attention or not, are not listed:"
        f" {left_out}.",
    )
    columns = [
        Column("carrier_id", UNDERUSE_TITLES["carrier_id"]),
        Column("carrier", UNDERUSE_TITLES["name"]),
        Column("state", UNDERUSE_TITLES["state"], words=STATE_TITLES),
        Column("vacancy_rate", UNDERUSE_TITLES["vacancy_rate"], "percent"),
        Column("recoverable_area_m2", UNDERUSE_TITLES["recoverable_area_m2"], "number"),
        Column(f"reason_{basis.lang}", Text("判定理由", "Reason")),
    ]
    title = Text("需关注的载体及理由", "Carriers that need attention, and why")
    notes = [note] if left_out else []
    return make_table("underuse", title, listed, columns, basis.lang, notes=notes)


def underuse_section(basis: Basis, carriers: Collection[str] | None = None) -> Section:
    """Return underused space: states, and what needs attention with reasons.

    Parameters
    ----------
    basis
        What the chapter is made from.
    carriers
        Ids of the carriers that the chapter is about; None for all.

    Returns
    -------
    Section
        A sentence where nothing was judged, or where a public reader could tell single
        carriers from the states.
    """
    if basis.underuse is None:
        return _only(basis, NOT_MEASURED)
    found = _judged(basis, carriers)
    if found.rows.empty:
        return _only(basis, _NOTHING.get(basis.request.kind, NOT_MEASURED))
    if not found.safe:
        return _only(basis, _TOO_FEW)
    states = _states_table(basis, found)
    shown = found.rows["state"].isin([s for s in _ATTENTION if s not in found.hidden])
    listed = found.rows[shown]
    text = Paragraph((*_text(basis, found), *_ending(basis, found, listed)))
    heading = _HEADING.get(basis.lang)
    if listed.empty:
        return Section("underuse", heading, 1, (text, states), ("underuse",))
    return Section("underuse", heading, 1, (text, states, _reasons_table(basis, found, listed)))


def _only(basis: Basis, sentence: Text) -> Section:
    told = Paragraph((sentence.get(basis.lang),))
    return Section("underuse", _HEADING.get(basis.lang), 1, (told,), _TABLES)


def _text(basis: Basis, found: _Judged) -> tuple[str | Ref, ...]:
    version = ", ".join(sorted(set(found.rows["rule_version"].dropna().astype("str"))))
    first = basis.say(
        f"按规则 {version} 评定载体 {len(found.rows)} 处，按状态汇总见",
        f"Carriers judged by the rule {version}: {len(found.rows)}; by state in ",
    )
    end = basis.say("。", ". ")
    # Sums over states would give a hidden state away.
    sums = "" if found.hidden else _sums(basis, found)
    return first, Ref("table", "states"), end + sums


def _sums(basis: Basis, found: _Judged) -> str:
    """Return the number and the recoverable area of what needs attention, state by state."""
    groups = found.groups.set_index("state")
    attention = groups.loc[list(_ATTENTION)]
    waiting = int(groups["carriers"].loc[_OPEN])
    told = ""
    if total := int(attention["carriers"].sum()):
        counts = {s: int(n) for s, n in attention["carriers"].items() if n}
        low, high = (basis.area(known_sum(attention[name])) for name in _BOUNDS)
        zh, en = (low, low) if low == high else (f"{low} 至 {high}", f"{low} to {high}")
        known = int(attention["known"].sum())
        listed_zh = "、".join(f"{state} {n} 处" for state, n in counts.items())
        listed_en = ", ".join(f"{STATE_NAMES_EN[str(state)]} {n}" for state, n in counts.items())
        told = basis.say(
            f"需关注的载体 {total} 处（{listed_zh}），其中面积齐全的 {known} 处可盘活面积合计"
            f" {zh}，不含其他状态的载体。",
            f"Carriers that need attention: {total} ({listed_en}); with known areas {known}, their"
            f" recoverable area, without any other state, {en}. ",
        )
    if waiting:
        told += basis.say(
            f"待核 {waiting} 处资料不足，未作判定。",
            f"To be verified for lack of data, and not judged: {waiting}. ",
        )
    return told


def _ending(basis: Basis, found: _Judged, listed: pd.DataFrame) -> tuple[str | Ref, ...]:
    if len(listed):
        first = basis.say("逐处理由见", "Reasons carrier by carrier are in ")
        return first, Ref("table", "underuse"), basis.say("。", ".")
    # Whether a hidden group needs attention must stay open.
    return ((_ALL_SMALL if found.hidden & set(_ATTENTION) else _NOBODY).get(basis.lang),)
