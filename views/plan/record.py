"""What is recorded of a task, and the form in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.i18n import UNKNOWN
from layers.plan import set_fields
from layers.team import Right
from views import store
from views import who
from views.plan import data
from views.plan import entry
from views.plan import state
from views.plan import words
from views.text import _
from views.text import day
from views.text import esc
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from layers.plan import BoardRow
    from layers.plan import Plan

_LAYER = "tasks"
_DAYS = ("start", "end", "data_date")
_TEXTS = ("owner", "partners", "source")
_FIELDS = (*_TEXTS, *_DAYS, "state", "note")
_OPEN_STATES = ("not_started", "under_way", "paused")


def show(row: BoardRow) -> None:
    """Show what is recorded of a task."""
    spec = store.catalogue().layer(_LAYER)
    cells = {
        "owner": row.owner,
        "partners": row.partners,
        "start": day(row.start),
        "end": day(row.end),
        "data_date": _dated(row),
    }
    if who.may(Right.INTERNAL):
        cells |= {
            name: getattr(row, name)
            for name in ("updated_by", "submitted_by", "confirmed_by", "note")
        }
    facts = "".join(
        f"<dt>{esc(pick(spec.field(name).title))}</dt><dd>{esc(text or UNKNOWN)}</dd>"
        for name, text in cells.items()
    )
    st.html(f'<div class="atlas-card">{words.badge(row.state)}<dl>{facts}</dl></div>')


def _dated(row: BoardRow) -> str:
    if row.data_date is None:
        return ""
    return f"{day(row.data_date)} · {words.age(row.age_days)}"


def form(plan: Plan, row: BoardRow) -> None:
    """Let whoever may write record owner, days, state and note of a task."""
    task_id = row.task.task_id
    mine = entry.begin(_LAYER, task_id, data.rows(_LAYER, task_id), _FIELDS)
    left, right = st.columns(2)
    with left:
        given: entry.Cells = {name: entry.text(mine, name) for name in _TEXTS}
        is_open = _is_open(mine)
        if is_open:
            given["state"] = _state(mine)
    with right:
        given |= {name: entry.date(mine, name) for name in _DAYS}
    given["note"] = entry.text(mine, "note", area=True)
    if not is_open:
        st.caption(
            _("The state moves below: submitted, confirmed by a second person, or sent back.")
        )
    changed = mine.changed(given)
    may = entry.may_stand(mine, given)
    if st.button(_("Save"), key=mine.key("save"), type="primary", disabled=not changed) and may:
        state.attempt(
            _("Recorded of **{task}**.").format(task=md(task_id)),
            _LAYER,
            lambda: set_fields(
                store.current().workspace,
                plan,
                task_id,
                changed,
                hand=data.hand(who.signed(state.AUTHOR)),
                expected_version=dict(store.versions()).get(_LAYER, -1),
            ),
        )


def _is_open(mine: entry.Entry) -> bool:
    """Tell whether the state is one that is simply written down."""
    return mine.begun.get("state") in (None, *_OPEN_STATES)


def _state(mine: entry.Entry) -> str | None:
    begun = mine.begun.get("state")
    codes = (*(() if begun else (None,)), *_OPEN_STATES)
    found: str | None = st.selectbox(
        pick(store.catalogue().layer(_LAYER).field("state").title),
        codes,
        index=codes.index(begun),
        format_func=lambda code: words.state(code or words.UNREPORTED),
        key=f"{mine.key('state')}:{lang()}",
    )
    return found
