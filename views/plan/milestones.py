"""The milestones of a task, and the form in which one is added or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.clock import local_day
from layers.i18n import unknown
from layers.plan import drop_milestone
from layers.plan import put_milestone
from layers.team import Right
from views import card
from views import store
from views import tables
from views import who
from views.plan import data
from views.plan import entry
from views.plan import state
from views.plan import words
from views.text import _
from views.text import md

if TYPE_CHECKING:
    import datetime as dt

    from layers.plan import Plan
    from layers.plan import Task

_LAYER = "milestones"
_NEW = ""
_FIELDS = ("title", "due", "done_on", "evidence_id", "note")


def show(task: Task) -> None:
    """Show the milestones in the order of their days."""
    rows = _rows(task)
    if rows.empty:
        st.caption(_("No milestones are set."))
        return
    spec = store.catalogue().layer(_LAYER)
    today = local_day()
    shown = {
        card.heading(spec.field("title")): rows["title"],
        _("State"): [_standing(row, today) for _index, row in rows.iterrows()],
        card.heading(spec.field("due")): pd.to_datetime(rows["due"]),
        card.heading(spec.field("done_on")): pd.to_datetime(rows["done_on"]),
    }
    if who.may(Right.INTERNAL):
        names = _files(task)
        shown[_("Evidence file")] = rows["evidence_id"].map(lambda key: names.get(str(key), ""))
        shown[card.heading(spec.field("note"))] = rows["note"]
    tables.show(
        pd.DataFrame(shown),
        config=card.column_config([spec.field("due"), spec.field("done_on")]),
    )


def _rows(task: Task) -> pd.DataFrame:
    rows = data.rows(_LAYER, task.task_id)
    return rows.sort_values(["due", "title"], na_position="last").reset_index(drop=True)


def _standing(row: pd.Series, today: dt.date) -> str:
    if not unknown(row["done_on"]):
        return f"✔ {_('done')}"
    if unknown(row["due"]):
        return f"○ {_('open')}"
    return words.overdue() if pd.Timestamp(row["due"]).date() < today else f"○ {_('open')}"


def _files(task: Task) -> dict[str, str]:
    rows = data.rows("evidence", task.task_id)
    return dict(zip(rows["evidence_id"], rows["file_name"], strict=True))


def form(plan: Plan, task: Task) -> None:
    """Let whoever may write add, change or remove a milestone."""
    rows = _rows(task)
    titles = {_NEW: _("a new milestone")} | dict(
        zip(rows["milestone_id"], rows["title"], strict=True)
    )
    chosen = str(
        st.selectbox(
            _("Milestone"),
            list(titles),
            format_func=titles.__getitem__,
            key=f"plan_milestone:{task.task_id}:{state.generation()}",
        )
    )
    mine = entry.begin(_LAYER, chosen, rows, _FIELDS)
    given: entry.Cells = {"title": entry.text(mine, "title")}
    left, right = st.columns(2)
    with left:
        given["due"] = entry.date(mine, "due")
    with right:
        given["done_on"] = entry.date(mine, "done_on")
    given["evidence_id"] = _evidence(mine, task)
    given["note"] = entry.text(mine, "note")
    changed = mine.changed(given)
    may = entry.may_stand(mine, given)
    ready = bool(given["title"]) and bool(changed)
    left, right = st.columns(2)
    if left.button(_("Save the milestone"), key=mine.key("save"), disabled=not ready) and may:
        _save(plan, task, chosen, changed, str(given["title"]))
    if chosen and right.button(_("Remove the milestone"), key=mine.key("drop")):
        _drop(chosen, titles[chosen])


def _evidence(mine: entry.Entry, task: Task) -> str | None:
    names = _files(task)
    begun = mine.begun.get("evidence_id")
    codes = [None, *names]
    found: str | None = st.selectbox(
        _("Evidence file"),
        codes,
        index=codes.index(begun) if begun in codes else 0,
        format_func=lambda key: names[key] if key else _("none"),
        key=mine.key("evidence"),
    )
    return found


def _save(plan: Plan, task: Task, chosen: str, changed: entry.Cells, title: str) -> None:
    state.attempt(
        _("Recorded: **{what}**.").format(what=md(title)),
        _LAYER,
        lambda: put_milestone(
            store.current().workspace,
            plan,
            task.task_id,
            changed,
            hand=data.hand(who.signed(state.AUTHOR)),
            today=local_day(),
            milestone_id=chosen,
            expected_version=dict(store.versions()).get(_LAYER, -1),
        ),
    )


def _drop(chosen: str, title: str) -> None:
    state.attempt(
        _("Removed: **{what}**.").format(what=md(title)),
        _LAYER,
        lambda: drop_milestone(
            store.current().workspace,
            chosen,
            hand=data.hand(who.signed(state.AUTHOR)),
            expected_version=dict(store.versions()).get(_LAYER, -1),
        ),
    )
