"""Underused building space, as sections of a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.underuse import STATE_NAMES_EN
from geo.underuse import STATES
from layers.errors import Text
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

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.report.basis import Basis
    from layers.report.blocks import Table

STATE_WORDS = {state: Text(state, STATE_NAMES_EN[state]) for state in STATES}
_NORMAL, _WATCHED, _OPEN = STATES[0], STATES[1], STATES[2]
_BOUNDS = ("recoverable_low", "recoverable_high")
_RANGE_NOTE = Text(
    "可盘活面积为扣除正常空置后的上下限，未知面积按可能取值计，上限无界者不计入合计。",
    "Recoverable area is beyond normal turnover, as an interval; unknown areas are taken at the"
    " values that they may have, and what has no upper bound is not added up.",
)


def _judged(basis: Basis, carriers: Collection[str] | None) -> pd.DataFrame:
    """Return the judgement as the audience may have it, with names in the language."""
    assert basis.underuse is not None
    table = basis.underuse.table
    if carriers is not None:
        table = table[table["carrier_id"].isin(list(carriers))]
    frame = basis.table("carriers")
    called = dict(
        zip(
            frame["carrier_id"],
            named(frame, basis.catalogue.layer("carriers"), basis.lang),
            strict=True,
        )
    )
    shown = audience_copy(table, basis.request.audience)
    return shown.assign(carrier=shown["carrier_id"].map(called).astype("str"))


def states_table(basis: Basis, judged: pd.DataFrame) -> tuple[Table, bool]:
    """Return carriers and recoverable area by state, the most severe first.

    Parameters
    ----------
    basis
        What the chapter is made from.
    judged
        The judgement.

    Returns
    -------
    tuple of Table and bool
        The table, and whether small groups are hidden in it.
    """
    rows = []
    for state in reversed(STATES):
        group = judged[judged["state"].eq(state)]
        bounds = {name: known_sum(group[name]) for name in _BOUNDS if name in group}
        rows.append({"state": state, "carriers": len(group), **bounds})
    table = pd.DataFrame(rows)
    values = [name for name in _BOUNDS if name in table]
    table, hidden, notes = hidden_groups(basis, table, "carriers", values)
    sample = bool(judged["sample"].fillna(value=False).any())
    columns = [
        Column("state", UNDERUSE_TITLES["state"], words=STATE_WORDS),
        Column("carriers", Text("载体数", "Carriers"), "count"),
        *(Column(name, UNDERUSE_TITLES[name], "number") for name in _BOUNDS),
    ]
    title = Text("载体使用状态汇总", "Carriers by state of use")
    made = make_table(
        "states",
        title,
        table.assign(sample=sample),
        columns,
        basis.lang,
        notes=[_RANGE_NOTE, *notes],
        hidden=hidden,
    )
    return made, bool(hidden.to_numpy().any())


def underuse_section(basis: Basis, carriers: Collection[str] | None = None) -> Section:
    """Return underused space: states, and what needs attention with reasons.

    Parameters
    ----------
    basis
        What the chapter is made from.
    carriers
        Ids of the carriers that the chapter is about; None for all.
    """
    heading = Text("低效空间", "Underused building space").get(basis.lang)
    if basis.underuse is None:
        return Section("underuse", heading, 1, (Paragraph((NOT_MEASURED.get(basis.lang),)),))
    judged = _judged(basis, carriers)
    attention = judged[~judged["state"].isin([_NORMAL, _WATCHED, _OPEN])]
    columns = [
        Column("carrier_id", UNDERUSE_TITLES["carrier_id"]),
        Column("carrier", UNDERUSE_TITLES["name"]),
        Column("state", UNDERUSE_TITLES["state"], words=STATE_WORDS),
        Column("vacancy_rate", UNDERUSE_TITLES["vacancy_rate"], "percent"),
        Column("recoverable_area_m2", UNDERUSE_TITLES["recoverable_area_m2"], "number"),
        Column(f"reason_{basis.lang}", Text("判定理由", "Reason")),
    ]
    title = Text("需关注的载体及理由", "Carriers that need attention, and why")
    table = make_table("underuse", title, attention, columns, basis.lang)
    states, hidden = states_table(basis, judged)
    return Section(
        "underuse", heading, 1, (_text(basis, judged, attention, hidden=hidden), states, table)
    )


def _text(
    basis: Basis, judged: pd.DataFrame, attention: pd.DataFrame, *, hidden: bool
) -> Paragraph:
    low, high = (basis.area(known_sum(attention[name])) for name in _BOUNDS)
    zh, en = (low, low) if low == high else (f"{low} 至 {high}", f"{low} to {high}")
    version = ", ".join(sorted(set(judged["rule_version"].dropna().astype("str"))))
    waiting = int(judged["state"].eq(_OPEN).sum())
    first = basis.say(
        f"按规则 {version} 评定载体 {len(judged)} 处",
        f"By the rule {version} {len(judged)} carriers were judged",
    )
    # Sums over states would give a hidden state away.
    if not hidden:
        first += basis.say(
            f"，其中低效、疑似低效与预警合计 {len(attention)} 处，可盘活面积 {zh}；"
            f"{waiting} 处资料不足，列为待核",
            f"; {len(attention)} are underused, suspected or under warning, with a recoverable"
            f" area of {en}; {waiting} are open for lack of data",
        )
    first += basis.say("（", " (")
    last = basis.say("）。逐处理由见", "). Reasons carrier by carrier are in ")
    end = basis.say("。", ".")
    return Paragraph((first, Ref("table", "states"), last, Ref("table", "underuse"), end))
