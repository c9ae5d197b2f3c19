"""What changed since a snapshot, and taking the next one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from layers.snapshots import CHANGE_TITLES
from layers.snapshots import CHANGES_TITLE
from layers.snapshots import KIND_TITLES
from layers.snapshots import PART_TITLES
from layers.snapshots import take
from layers.team import Right
from views import figures
from views import links
from views import seen
from views import store
from views import tables
from views import who
from views.home import data
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from layers.snapshots import Changes
    from layers.snapshots import Snapshot

_CHOSEN = "home_snapshot"
_SAID = "home_said"
_NAME = "home_snapshot_name"
_MOST_PX = 330
_INTERNAL = {"state", "target"}
"""Changes that tell of leases, taxes or revenue."""


def show() -> None:
    """Show the changes since a snapshot, the last one by default."""
    st.markdown(f"#### {_('Since the last snapshot')}")
    said = st.session_state.pop(_SAID, "")
    if said:
        st.success(said)
    kept, problems = data.kept()
    for problem in problems:
        st.error(md(pick(problem.text)))
    if not kept:
        st.info(
            _(
                "No snapshot has been taken yet. A snapshot keeps how flags, sites, building "
                "space, linkage, tasks and targets stand today and is never changed; the next "
                "time this page tells what is different."
            )
        )
    else:
        _since(_choose(kept))
    if who.may(Right.WRITE):
        _take()


def _choose(kept: list[Snapshot]) -> Snapshot:
    by_number = {one.number: one for one in kept}
    number = st.selectbox(
        _("Compared with"),
        list(by_number),
        format_func=lambda n: title(by_number[n]),
        key=_CHOSEN,
        persist_state="session",
        label_visibility="collapsed",
    )
    return by_number.get(number, kept[0])


def title(snapshot: Snapshot) -> str:
    """Return number, name, time and author of a snapshot, as plain text."""
    when = dt.datetime.fromisoformat(snapshot.taken_at).astimezone()
    told = [f"{snapshot.number} · {snapshot.name}", f"{when:%Y-%m-%d %H:%M}"]
    # Who did it is for those who may see what is internal.
    if who.may(Right.INTERNAL):
        told.append(snapshot.author)
    return " · ".join(told)


def _since(before: Snapshot) -> None:
    with st.spinner(_("Comparing with the snapshot …"), show_time=False):
        found = data.since(before)
    rows = _visible(found.rows)
    if rows.empty:
        st.success(_("Nothing has changed since then."))
    else:
        _figures(rows, found)
        _list(rows)
    _rules(found)


def _visible(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the changes that this session may see."""
    if who.may(Right.INTERNAL):
        return rows
    of_layers = rows["kind"].eq("layer") & ~rows["subject"].isin(store.catalogue().keys)
    return rows[~(rows["kind"].isin(_INTERNAL) | of_layers)].reset_index(drop=True)


def _figures(rows: pd.DataFrame, found: Changes) -> None:
    counts = rows["kind"].value_counts()
    cells = [
        (num(counts[kind]), pick(text)) for kind, text in KIND_TITLES.items() if kind in counts
    ]
    if found.freed_m2 or found.taken_m2:
        cells.append((num(found.freed_m2, unit="m²"), _("freed")))
        cells.append((num(found.taken_m2, unit="m²"), _("taken")))
    figures.show(cells)


def _list(rows: pd.DataFrame) -> None:
    reason = f"reason_{lang()}"
    shown = rows.assign(kind=[pick(KIND_TITLES[kind]) for kind in rows["kind"]])
    columns = {
        "kind": _("Change"),
        "name": _("What"),
        reason: _("Before → after, and why"),
    }
    row = tables.pick_row(
        shown[list(columns)].rename(columns=columns),
        key="home_changes",
        most_px=_MOST_PX,
        config={columns[reason]: st.column_config.TextColumn(width="large")},
    )
    if row is not None:
        _open(rows.iloc[row])
    if bool(rows["sample"].any()):
        st.caption(links.sample_note())
    tables.save(
        rows,
        "changes",
        CHANGES_TITLE,
        CHANGE_TITLES,
        internal=who.may(Right.INTERNAL),
    )


def _open(row: pd.Series) -> None:
    if st.button(
        _("Open {name}").format(name=md(row["name"])), type="primary", key="home_change_open"
    ):
        if row["kind"] in {"flag", "site_added", "site_closed"}:
            links.open_park(str(row["park_id"]))
        elif row["kind"] == "state":
            st.session_state[links.CARRIER] = str(row["subject"])
            links.go("space")
        elif row["kind"] == "linkage":
            links.open_linkage(str(row["park_id"]))
        elif row["kind"] == "task":
            links.open_task(str(row["subject"]))
        elif row["kind"] == "target":
            links.open_targets()
        else:
            links.go("compare")


def _rules(found: Changes) -> None:
    """Say which rules changed since, and what that alone has moved."""
    if not found.rules:
        return
    for part, then, now in found.rules:
        st.caption(
            _(
                "{part}: the rule was {then}, it is {now} now. The snapshot was computed anew by "
                "the rule of now from the versions it pinned."
            ).format(part=pick(PART_TITLES[part]), then=md(then), now=md(now))
        )
    moved = _visible(found.by_rule)
    if len(moved):
        with st.expander(_("Moved by the rule alone: {n}").format(n=num(len(moved)))):
            tables.show(
                moved[["name", "before", "after"]].rename(
                    columns={"name": _("What"), "before": _("Then"), "after": _("By the new rule")}
                )
            )


def _take() -> None:
    with st.expander(_("Take a snapshot")):
        name = st.text_input(
            _("Name of the snapshot"),
            value=_("Week of {day}").format(day=f"{data.today():%Y-%m-%d}"),
            key=_NAME,
            max_chars=200,
        )
        author = who.signature("home_author")
        if st.button(
            _("Take the snapshot"), type="primary", key="home_take", disabled=not author.strip()
        ):
            _keep(name, author)


def _keep(name: str, author: str) -> None:
    workspace = store.current().workspace
    try:
        with st.spinner(_("Taking the snapshot …"), show_time=False):
            seen.recorder().saved("snapshot", name, dict(store.whole().versions))
            taken = take(
                workspace,
                name,
                author=author.strip(),
                account=who.current().person_id if who.is_team() else "",
                day=data.today(),
                found=data.found(),
            )
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    st.session_state[_SAID] = _("Snapshot {name} is kept.").format(
        name=md(f"{taken.number} · {taken.name}")
    )
    st.session_state.pop(_CHOSEN, None)
    st.rerun()
