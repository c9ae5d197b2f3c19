"""The parks at two moments of the workspace, held against each other."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo import district
from layers.i18n import moment
from layers.i18n import unknown
from layers.results import TREND_TITLES
from layers.team import Right
from views import charts
from views import figures
from views import links
from views import park_table
from views import store
from views import tables
from views import who
from views.scattering import charts as drawn
from views.text import _
from views.text import num

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.scatter import ScatterResult
    from layers.timeline import Moment
    from views.scattering.controls import Choice

_ONE_COMMIT = dt.timedelta(minutes=1)


def show(choice: Choice, result: ScatterResult) -> None:
    """Show what changed between two moments."""
    known = offered(store.scatter_moments())
    if len(known) < 2:  # noqa: PLR2004 - a trend has two ends
        st.info(
            _(
                "The layers have one version only. After the next import or edit, the parks can "
                "be compared with how they stood before."
            )
        )
        return
    left, right = st.columns(2)
    titles = {entry.time: title(entry) for entry in known}
    times = list(titles)
    with left:
        old = st.selectbox(
            _("Before"), times, index=1, format_func=titles.__getitem__, key="scatter_before"
        )
    with right:
        new = st.selectbox(
            _("After"), times, index=0, format_func=titles.__getitem__, key="scatter_after"
        )
    if old == new:
        st.info(_("Both sides show the same moment. Choose another one."))
        return
    with st.spinner(_("Computing scatter …"), show_time=False):
        before, after = (
            result.table if time == times[0] else _table_at(time, choice) for time in (old, new)
        )
    found = district.trend(before, after)
    _compared(found)
    park_table.save(found, "trend", TREND_TITLES, result)


def offered(moments: Sequence[Moment]) -> list[Moment]:
    """Return the moments that a trend can start or end at, the latest first.

    The layers of an edition are written one after the other: what one author wrote with
    one message within a minute is one moment, its last. Before there are carriers there
    is nothing to measure.
    """
    found: list[Moment] = []
    written: set[str] = set()
    for entry in reversed(moments):
        written.update(entry.layers)
        if "carriers" not in written:
            continue
        if found and _is_one_commit(found[-1], entry):
            found.pop()
        found.append(entry)
    return found[::-1]


def _is_one_commit(earlier: Moment, later: Moment) -> bool:
    same = (earlier.author, earlier.message) == (later.author, later.message)
    apart = dt.datetime.fromisoformat(later.time) - dt.datetime.fromisoformat(earlier.time)
    return same and apart <= _ONE_COMMIT


def title(entry: Moment) -> str:
    """Return when a moment was and, for insiders, who changed something then and why."""
    parts: tuple[str, ...] = (moment(entry.time),)
    if who.may(Right.INTERNAL):
        parts += (entry.author, entry.message)
    return " · ".join(part for part in parts if part)


def _table_at(time: str, choice: Choice) -> pd.DataFrame:
    return store.scatter_at(time, choice.parameters, choice.chance).table


def _compared(found: pd.DataFrame) -> None:
    counts = found["direction"].value_counts()
    changed = found[found["change"].ne("same")]
    figures.show(
        (
            (num(counts.get("better", 0)), _("parks with a better colour")),
            (num(counts.get("worse", 0)), _("parks with a worse colour")),
            (num(len(changed)), _("parks that changed at all")),
        )
    )
    if changed.empty:
        st.success(_("No park changed between the two moments."))
        return
    changed = changed.assign(park=park_table.distinct_names(changed))
    _chart(changed)
    _table(changed)


def _chart(changed: pd.DataFrame) -> None:
    share = "largest_cluster_share"
    flag = changed["flag_after"].fillna(changed["flag_before"])
    frame = pd.DataFrame(
        {
            "park": changed["park"],
            "before": changed[f"{share}_before"],
            "after": changed[f"{share}_after"],
            "flag_title": flag.map(links.flag_title),
        }
    ).reset_index(drop=True)
    charts.show(
        drawn.trend(frame, _("Largest walkable share")),
        frame,
        {
            "park": _("Park"),
            "before": _("Before"),
            "after": _("After"),
            "flag_title": _("Flag"),
        },
        key="scatter_chart_trend",
        says=_("The largest walkable share of every park before and after"),
    )
    st.caption(_("Hollow circles are before, filled marks are after."))


def _table(changed: pd.DataFrame) -> None:
    words = {"new": _("new"), "gone": _("gone"), "changed": _("changed"), "same": ""}
    ways = {"better": _("better"), "worse": _("worse"), "": ""}
    before, after = _("before"), _("after")
    columns = {
        _("Park"): changed["park"],
        _("Change"): changed["change"].map(words),
        _("Colour"): changed["direction"].map(ways),
        f"{_('Flag')} {before}": changed["flag_before"].map(_flag),
        f"{_('Flag')} {after}": changed["flag_after"].map(_flag),
    }
    for name, title, digits in _numbers():
        for side, word in (("before", before), ("after", after), ("change", _("change"))):
            columns[f"{title} {word}"] = changed[f"{name}_{side}"].astype("float64").round(digits)
    tables.show(pd.DataFrame(columns))
    st.caption(
        _(
            "A gap across a barrier without a known crossing counts by its straight line and is "
            "not walkable. Once a crossing is there the walk through it may be longer than that "
            "line: the park was cut off before, and did not come apart."
        )
    )


def _flag(flag: object) -> str:
    return "" if unknown(flag) else links.flag_title(str(flag))


def _numbers() -> tuple[tuple[str, str, int], ...]:
    """Return the numbers of the table with title and decimals."""
    return (
        ("sites", _("Sites"), 0),
        ("effective_sites", _("Effective sites"), 2),
        ("mean_distance_m", _("Mean distance (m)"), 0),
        ("largest_cluster_share", _("Largest walkable share"), 3),
        ("effective_clusters", _("Effective clusters"), 2),
        ("longest_gap_m", _("Longest gap (m)"), 0),
        ("zone_share", _("In zones"), 3),
        ("p_low", _("Chance test p"), 3),
        ("floor_area_m2", _("Floor area (m²)"), 0),
    )
