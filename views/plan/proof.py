"""Evidence files of a task, and its completion: submitted by one person, confirmed by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.clock import local_day
from layers.i18n import unknown
from layers.plan import EVIDENCE_ENDINGS
from layers.plan import MOST_BYTES
from layers.plan import attach
from layers.plan import confirm
from layers.plan import detach
from layers.plan import send_back
from layers.plan import submit
from layers.team import Right
from views import files
from views import store
from views import uploads
from views import who
from views.plan import data
from views.plan import state
from views.plan import words
from views.text import _
from views.text import day
from views.text import esc
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from layers.plan import BoardRow
    from layers.plan import Plan

_LAYER = "evidence"
_TASKS = "tasks"
_MEGA = 1_000_000
_SHOWN = 12
_SUBMITTED, _DONE = "submitted", "done"


def show(row: BoardRow) -> None:
    """Show the evidence files of a task; whoever sees public data only is told their number."""
    if not who.may(Right.INTERNAL):
        st.caption(_("Evidence files: {n}. They are internal.").format(n=num(row.evidence)))
        return
    rows = data.rows(_LAYER, row.task.task_id)
    if rows.empty:
        st.caption(_("No evidence yet."))
    for number, (_index, one) in enumerate(rows.iterrows()):
        _file(one, number)


def _file(one: pd.Series, number: int) -> None:
    sha256, name = str(one["sha256"]), str(one["file_name"])
    kept = data.evidence()
    left, right = st.columns([4, 2], vertical_alignment="center")
    with left:
        size = num(one["bytes"], unit=_("bytes"))
        who_added = "" if unknown(one["added_by"]) else str(one["added_by"])
        st.html(
            f"<b>{esc(name)}</b><br><small>{esc(size)} · {esc(day(one['added_on']))} · "
            f"{esc(who_added)} · SHA-256 <code>{esc(sha256[:_SHOWN])}…</code></small>"
        )
    with right:
        if kept.is_sound(sha256):
            files.offer(
                _("Download"),
                name,
                lambda: kept.read(sha256),
                key=f"plan_evidence:{number}",
            )
        else:
            st.error(_("The file is gone or was altered; it proves nothing."))
    if who.may(Right.WRITE) and st.button(
        _("Take off"), key=f"plan_detach:{one['evidence_id']}", type="tertiary"
    ):
        _detach(str(one["evidence_id"]), name)


def _detach(evidence_id: str, name: str) -> None:
    state.attempt(
        _("Taken off: **{what}**.").format(what=md(name)),
        _LAYER,
        lambda: detach(
            store.current().workspace,
            evidence_id,
            hand=data.hand(who.signed(state.AUTHOR)),
            expected_version=dict(store.versions()).get(_LAYER, -1),
        ),
    )


def form(plan: Plan, row: BoardRow) -> None:
    """Let whoever may write add an evidence file."""
    task_id = row.task.task_id
    given = st.file_uploader(
        _("Add evidence: minutes, notices, photos; at most {n} MB a file").format(
            n=num(MOST_BYTES / _MEGA)
        ),
        type=list(EVIDENCE_ENDINGS),
        key=f"plan_upload:{task_id}:{state.generation()}",
        max_upload_size=int(MOST_BYTES / _MEGA),
    )
    if given is None:
        return
    note = st.text_input(
        _("Note"), key=f"plan_upload_note:{task_id}:{state.generation()}", max_chars=200
    )
    if st.button(_("Add as evidence"), key="plan_attach", type="primary"):
        _attach(plan, task_id, given, note or "")


def _attach(plan: Plan, task_id: str, given: UploadedFile, note: str) -> None:
    def work() -> None:
        attach(
            store.current().workspace,
            plan,
            task_id,
            given.name,
            given.getvalue(),
            hand=data.hand(who.signed(state.AUTHOR)),
            today=local_day(),
            note=note,
        )
        uploads.forget([given])

    state.attempt(_("Added as evidence: **{what}**.").format(what=md(given.name)), _LAYER, work)


def completion(plan: Plan, row: BoardRow) -> None:
    """Show what completion still lacks, and let it be submitted, confirmed or sent back."""
    st.html(words.badge(row.state) + words.told_apart(row.told_apart))
    for problem in row.problems:
        st.markdown(f"- △ {md(pick(problem))}")
    st.caption(_rule())
    if row.recorded == _SUBMITTED:
        st.markdown(
            _("Submitted by **{name}**; somebody else must confirm it.").format(
                name=md(row.submitted_by)
            )
        )
    left, right = st.columns(2)
    with left:
        if row.recorded == _SUBMITTED:
            _button(plan, row, _("Confirm as done"), "confirm")
        elif row.recorded != _DONE:
            _button(plan, row, _("Submit as done"), "submit")
    with right:
        if row.recorded in {_SUBMITTED, _DONE}:
            _send_back(plan, row)


def _rule() -> str:
    rule = _(
        "A task counts as done with at least one evidence file and the confirmation of a second "
        "person."
    )
    checked = (
        _("Persons are told apart by their accounts.")
        if who.is_team()
        else _("Persons are told apart by their names only, because nobody signs in here.")
    )
    return f"{rule} {checked}"


def _button(plan: Plan, row: BoardRow, label: str, what: str) -> None:
    work = confirm if what == "confirm" else submit
    told = (
        _("**{task}** is confirmed as done.")
        if what == "confirm"
        else _("**{task}** is submitted; a second person must confirm it.")
    )
    task_id = row.task.task_id
    if st.button(label, key=f"plan_{what}", type="primary"):
        state.attempt(
            told.format(task=md(task_id)),
            _TASKS,
            lambda: work(
                store.current().workspace,
                plan,
                task_id,
                hand=data.hand(who.signed(state.AUTHOR)),
                today=local_day(),
                expected_version=dict(store.versions()).get(_TASKS, -1),
            ),
        )


def _send_back(plan: Plan, row: BoardRow) -> None:
    task_id = row.task.task_id
    why = st.text_input(
        _("Why it is sent back"),
        key=f"plan_why:{task_id}:{state.generation()}",
        max_chars=200,
    )
    if st.button(_("Send back"), key="plan_send_back", disabled=not why):
        state.attempt(
            _("**{task}** is sent back to work.").format(task=md(task_id)),
            _TASKS,
            lambda: send_back(
                store.current().workspace,
                plan,
                task_id,
                hand=data.hand(who.signed(state.AUTHOR)),
                why=why or "",
                expected_version=dict(store.versions()).get(_TASKS, -1),
            ),
        )
