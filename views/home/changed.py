"""What changed since a snapshot, and taking the next one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.clock import local_day
from layers.errors import AtlasError
from layers.snapshots import CHANGE_TITLES
from layers.snapshots import CHANGES_TITLE
from layers.snapshots import INTERNAL_KINDS
from layers.snapshots import KIND_TITLES
from layers.snapshots import PART_TITLES
from layers.snapshots import SITE_KINDS
from layers.snapshots import UNIT_KINDS
from layers.snapshots import area_sentences
from layers.snapshots import grouped
from layers.snapshots import in_words
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
    from layers.snapshots import Changes
    from layers.snapshots import Snapshot

_CHOSEN = "home_snapshot"
_SAID = "home_said"
_NAME = "home_snapshot_name"
_MOST_PX = 330
_OF_PARK = frozenset(("flag", *SITE_KINDS, *UNIT_KINDS))


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
        _figures(rows)
        _list(rows)
    _rules(found)


def _visible(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the changes that this session may see."""
    if who.may(Right.INTERNAL):
        return rows
    of_layers = rows["kind"].eq("layer") & ~rows["subject"].isin(store.catalogue().keys)
    return rows[~(rows["kind"].isin(INTERNAL_KINDS) | of_layers)].reset_index(drop=True)


def _figures(rows: pd.DataFrame) -> None:
    """Show how many changes of which kind there are, and the floor area that moved."""
    counts = rows["kind"].value_counts()
    figures.show(
        (num(counts[kind]), pick(text)) for kind, text in KIND_TITLES.items() if kind in counts
    )
    told = area_sentences(rows)
    if told:
        st.markdown("  \n".join(md(pick(sentence)) for sentence in told))


def _list(rows: pd.DataFrame) -> None:
    """Show the changes, those of a park in one row, and offer all of them as a file."""
    told = grouped(rows)
    name, reason = _named(), f"reason_{lang()}"
    shown = told.assign(
        kind=[pick(KIND_TITLES[kind]) for kind in told["kind"]],
        sample=[_("sample") if is_sample else "" for is_sample in told["sample"]],
    )
    columns = {
        "kind": _("Change"),
        name: _("What"),
        # Before the reasons, which are longer than the table is wide.
        "sample": _("Data"),
        reason: _("Before → after, and why"),
    }
    if not bool(told["sample"].any()):
        del columns["sample"]
    row = tables.pick_row(
        shown[list(columns)].rename(columns=columns),
        key="home_changes",
        most_px=_MOST_PX,
        config={columns[reason]: st.column_config.TextColumn(width="large")},
    )
    if row is not None:
        _open(told.iloc[row])
    if bool(rows["sample"].any()):
        st.caption(_("What is marked as sample is of sample data, not of the real district."))
    if len(told) < len(rows):
        st.caption(
            _("Spaces and units are told by park here; the file has each of the {n} rows.").format(
                n=num(len(rows))
            )
        )
    tables.save(
        in_words(rows, store.catalogue(), lang()),
        "changes",
        CHANGES_TITLE,
        CHANGE_TITLES,
        internal=who.may(Right.INTERNAL),
    )


def _named() -> str:
    return "name" if lang() == "zh" else "name_en"


def _open(row: pd.Series) -> None:
    park = "" if pd.isna(row["park_id"]) else str(row["park_id"])
    kind = str(row["kind"])
    if kind in _OF_PARK and not park:
        return
    if not st.button(
        _("Open {name}").format(name=md(row[_named()])), type="primary", key="home_change_open"
    ):
        return
    if kind in _OF_PARK:
        links.open_park(park)
    elif kind == "state":
        st.session_state[links.CARRIER] = str(row["subject"])
        links.go("space")
    elif kind == "linkage":
        links.go("linkage", {links.PARK: park} if park else None)
    elif kind == "task":
        links.open_task(str(row["subject"]))
    elif kind == "target":
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
        told = in_words(moved, store.catalogue(), lang())
        columns = {_named(): _("What"), "before": _("Then"), "after": _("By the new rule")}
        with st.expander(_("Moved by the rule alone: {n}").format(n=num(len(moved)))):
            tables.show(told[list(columns)].rename(columns=columns))


def _take() -> None:
    with st.expander(_("Take a snapshot")):
        name = st.text_input(
            _("Name of the snapshot"),
            value=_("Week of {day}").format(day=f"{local_day():%Y-%m-%d}"),
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
                day=local_day(),
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
