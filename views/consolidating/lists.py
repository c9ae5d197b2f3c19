"""Everything that is told of a plan, as lists with a file each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from geo.district import SEVERITY
from layers.consolidation import COMPARED_NUMBERS
from layers.errors import AtlasError
from layers.export.tables import in_words as worded
from layers.frames import GEOMETRY
from layers.i18n import unknown
from layers.proposals import COLUMN_TITLES
from layers.proposals import TABLE_TITLES
from layers.proposals import WORDS
from layers.proposals import proposal_remarks
from views import card
from views import charts
from views import figures
from views import filters
from views import links
from views import tables
from views.consolidating import data
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.consolidation.register import Register
    from views.consolidating.state import Answer
    from views.store import Versions

_VIEWS = (
    "moves",
    "sites",
    "no_regret",
    "blocking_leases",
    "not_moved",
    "calendar",
    "before_after",
)
_CHART_PX = 200
_HIDDEN = {"rule_version", "sample"}
_NAMED = {
    "parks": ("park_id",),
    "carriers": ("from_carrier", "to_carrier", "carrier_id", "site", "site_id"),
}
_WHOLE = ("_m2", "_m", "_per_lease")
_SAME = 1e-6
_FLAGS = ("flag_before", "flag_after")


def show(answer: Answer, chosen: int | None) -> None:
    """Show the list that is asked for; only that one is made.

    Parameters
    ----------
    answer
        The answer.
    chosen
        Which of its plans; None for the one in which all stay.
    """
    view = st.segmented_control(
        _("List"),
        _VIEWS,
        format_func=lambda name: pick(TABLE_TITLES[name]),
        default="blocking_leases" if chosen is None else "moves",
        required=True,
        label_visibility="collapsed",
        # With the language in its key, because a choice is lost when its titles change.
        key=f"consolidate_list:{chosen is None}:{lang()}",
        persist_state="session",
    )
    register = answer.consolidation.register
    if view == "before_after":
        _compared(answer, chosen)
        return
    with st.spinner(_("Explaining the plan …"), show_time=False):
        frame = data.tables(answer, chosen)[str(view)]
    notes: dict[str, Callable[[pd.DataFrame], pd.DataFrame | None]] = {
        "no_regret": _no_regret,
        "blocking_leases": _blocking,
        "not_moved": _by_reason,
        "calendar": _calendar,
    }
    if frame.empty:
        st.info(_empty(str(view)))
        return
    told = notes[str(view)](frame) if view in notes else None
    _table(str(view), frame if told is None else told, register, answer.versions)


def blocking(frame: pd.DataFrame, register: Register, versions: Versions) -> None:
    """Show the leases that keep sites open, before anything is solved.

    Parameters
    ----------
    frame
        Result of :func:`geo.consolidation.explain.blocking_leases`.
    register, versions
        What it was made from.
    """
    st.markdown(f"### {pick(TABLE_TITLES['blocking_leases'])}")
    if frame.empty:
        st.info(_empty("blocking_leases"))
        return
    _blocking(frame)
    _table("blocking_leases", frame, register, versions)


def unused(register: Register, versions: Versions) -> None:
    """Show the rows that took no part, with the reason, if there are any."""
    if register.unused.empty:
        return
    title = pick(TABLE_TITLES["unused"])
    with st.expander(f"{title} ({num(len(register.unused))})"):
        _table("unused", register.unused, register, versions)


def _empty(view: str) -> str:
    return {
        "moves": _("Nothing moves in this plan."),
        "sites": _("There are no sites."),
        "no_regret": _("No unit moves in any of the plans."),
        "blocking_leases": _("No site is held open by so few leases."),
        "not_moved": _("Every unit moves."),
        "calendar": _("Nothing moves in this plan."),
    }[view]


def _no_regret(frame: pd.DataFrame) -> None:
    core = frame[frame["no_regret"]]
    st.caption(
        _(
            "{n} of {all} moves are in every plan that gives up a site: they are right whichever "
            "step is chosen."
        ).format(n=num(len(core)), all=num(len(frame)))
    )


def _blocking(_frame: pd.DataFrame) -> None:
    st.caption(
        _(
            "Sites that would close if these leases ended, most floor area a lease first: the "
            "ones to talk about."
        )
    )


def _by_reason(frame: pd.DataFrame) -> pd.DataFrame:
    """Let the planner look at units that stay for some reasons only."""
    counts = frame["why"].value_counts()
    told = {why: pick(WORDS["why"][why]) if why in WORDS["why"] else why for why in counts.index}
    chosen = filters.pills(
        _("Reason"),
        list(counts.index),
        lambda why: f"{told[why]} · {num(counts[why])}",
        key=f"consolidate_why:{lang()}",
    )
    return frame[frame["why"].isin(chosen)] if chosen else frame


def _calendar(frame: pd.DataFrame) -> None:
    import altair as alt

    known = frame.assign(quarter=frame["quarter"].fillna("").replace("", _("unknown")))
    bars = (
        alt.Chart(known)
        .mark_bar(color="#0b5c8a")
        .encode(
            x=alt.X("quarter:O", title=_("Quarter"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("floor_area_m2:Q", title=_("Floor area that moves (m²)")),
            tooltip=[
                alt.Tooltip("quarter:O", title=_("Quarter")),
                alt.Tooltip("moves:Q", title=_("Moves")),
                alt.Tooltip("floor_area_m2:Q", title=_("Floor area (m²)"), format=",.0f"),
                alt.Tooltip("cost_wan:Q", title=_("Cost (10,000 yuan)"), format=",.1f"),
            ],
        )
    )
    text = bars.mark_text(dy=-7, color=charts.INK).encode(text="moves:Q")
    charts.draw(
        alt.layer(bars, text).properties(height=_CHART_PX),
        key="consolidate_calendar",
        says=_("Floor area that moves in each quarter"),
    )
    st.caption(_("The number on a bar counts the moves."))


def _compared(answer: Answer, chosen: int | None) -> None:
    try:
        with st.spinner(_("Computing scatter …"), show_time=False):
            frame = data.compared(answer, chosen)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    if frame.empty:
        st.info(_("There are no parks to measure."))
        return
    before, after = (frame[name] for name in _FLAGS)
    changed = frame[before.ne(after)]
    sites = [frame[f"sites_{side}"].sum() for side in ("before", "after")]
    figures.show(
        (
            (f"{num(sites[0])} → {num(sites[1])}", _("sites as scatter counts them")),
            (num(len(changed)), _("parks that change colour")),
        )
    )
    worse = int((after.map(SEVERITY) > before.map(SEVERITY)).sum())
    if worse:
        st.warning(
            _(
                "{n} parks would get a worse colour. Fix an anchor for them or limit the distance "
                "of moves, and solve again, before the plan is shown to anybody."
            ).format(n=num(worse))
        )
    for _row, row in changed.iterrows():
        flags = [md(links.flag_title(row[name])) for name in _FLAGS]
        name = md(_park(row["park_id"], row["park_name"]))
        st.markdown(f"- {name}: {flags[0]} → **{flags[1]}**")
    _table("before_after", _changed_first(frame), answer.consolidation.register, answer.versions)


def _changed_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the parks with those first that the plan changes, named as the session reads."""
    before = frame[[f"{name}_before" for name in COMPARED_NUMBERS]].astype("float64")
    after = frame[[f"{name}_after" for name in COMPARED_NUMBERS]].astype("float64")
    apart = np.abs(before.to_numpy() - after.to_numpy())
    same = ~(np.nan_to_num(apart) > _SAME).any(axis=1)
    names = [_park(*row) for row in zip(frame["park_id"], frame["park_name"], strict=True)]
    return frame.assign(park_name=names).iloc[np.argsort(same, kind="stable")]


def _park(park_id: object, name: object) -> str:
    known = card.titles("parks").get(str(park_id))
    return known or (str(park_id) if unknown(name) else str(name))


def _table(view: str, frame: pd.DataFrame, register: Register, versions: Versions) -> None:
    """Show a table in words and offer it as a file."""
    titles = COLUMN_TITLES[view]
    other = "reason_en" if lang() == "zh" else "reason_zh"
    told = in_words(frame)
    names = [n for n in titles if n in told and n != other and n not in _HIDDEN]
    shown = _named(told[names]).rename(columns={name: pick(titles[name]) for name in names})
    tables.show(_rounded(shown), config=_columns(told, {n: pick(titles[n]) for n in names}))
    tables.save(
        told[[name for name in titles if name in told]],
        f"consolidation_{view}",
        TABLE_TITLES[view],
        titles,
        internal=True,
        remarks=proposal_remarks(register, dict(versions), register.overrides),
    )


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as people read it: titles in place of codes.

    Parameters
    ----------
    frame
        One of :func:`layers.proposals.proposal_tables`.
    """
    found = pd.DataFrame(frame).drop(columns=GEOMETRY, errors="ignore").reset_index(drop=True)
    return worded(found, WORDS, lang())


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the names of parks and buildings beside their ids."""
    found = {}
    for key, columns in _NAMED.items():
        names = card.titles(key)
        for column in columns:
            if column in frame and "park_name" not in frame:
                ids = frame[column].astype("str")
                told = ids.map(names)
                found[column] = ids.where(told.isna() | told.eq(ids), told + " · " + ids)
    return frame.assign(**found)


def _rounded(shown: pd.DataFrame) -> pd.DataFrame:
    numbers = shown.select_dtypes("float").columns
    return shown.assign(**{name: shown[name].round(3) for name in numbers})


def _columns(frame: pd.DataFrame, titles: dict[str, str]) -> dict[str, Any]:
    """Return how columns are formatted, by the title of each."""
    column, found = st.column_config, {}
    for name, title in titles.items():
        kind, stem = frame[name].dtype, name.removesuffix("_before").removesuffix("_after")
        if pd.api.types.is_datetime64_any_dtype(kind):
            found[title] = column.DateColumn(format="YYYY-MM-DD")
        elif stem.endswith(("_wan", *_WHOLE)):
            digits = 0 if stem.endswith(_WHOLE) else 1
            found[title] = column.NumberColumn(format="localized", step=10**-digits)
        elif name.startswith("reason"):
            found[title] = column.TextColumn(width="large")
    return found
