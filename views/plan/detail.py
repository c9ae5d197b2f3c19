"""One task: what it is, how it stands, what is measured, what proves it, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.i18n import moment
from layers.team import Right
from views import card
from views import links
from views import store
from views import tables
from views import who
from views.plan import data
from views.plan import files_of
from views.plan import milestones
from views.plan import objects
from views.plan import proof
from views.plan import record
from views.plan import state
from views.plan import words
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.plan import BoardRow
    from layers.plan import Measured
    from layers.plan import Plan
    from layers.plan import Task

_EVALUATED = "score"


def show(plan: Plan, row: BoardRow, measured: Sequence[Measured]) -> None:
    """Show a task."""
    task = row.task
    with st.container(gap=None):
        state.at_top(task.task_id)
        st.button(_("← All tasks"), key="plan_back", type="tertiary", on_click=state.close)
    st.markdown(f"### {md(task.task_id)} {md(pick(task.title))}")
    late = words.late_badge() if row.is_overdue else ""
    st.html(f"{words.badge(row.state)}{words.told_apart(row.told_apart)}{late}")
    _definition(plan, task)
    may = who.may(Right.WRITE)
    if may:
        who.signature(state.AUTHOR)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        st.markdown(f"**{_('Measured')}**")
        _values(task, measured)
        st.markdown(f"**{_('Record')}**")
        record.show(row)
        if may:
            with st.expander(_("Write the record"), key=f"plan_form:{task.task_id}"):
                record.form(plan, row)
    with right:
        st.markdown(f"**{_('Objects on the map')}**")
        objects.show(plan, row)
        files_of.save_task(plan, row, measured)
    _proven(plan, row, may=may)
    _history(task)


def _definition(plan: Plan, task: Task) -> None:
    st.caption(
        _("Measured by: {unit} ({kind}). Source: {source}").format(
            unit=md(pick(task.unit)),
            kind=words.measure_type(task.measure_type),
            source=md(_source(plan, task)),
        )
    )


def _source(plan: Plan, task: Task) -> str:
    """Return where the task stands: the document of the plan, if no source is registered."""
    if task.source in store.sources().index:
        return card.source_text(task.source)
    return f"{pick(plan.title)} {plan.document}".strip()


def _values(task: Task, measured: Sequence[Measured]) -> None:
    if not measured:
        st.caption(_("No number is taken for this task; milestones and evidence tell of it."))
        return
    cells = "".join(
        f"<tr><td>{esc(pick(one.title))}<small>{esc(_origin(one))}</small></td>"
        f"<td>{esc(pick(one.text))}{words.sample(one)}</td></tr>"
        for one in measured
    )
    st.html(f'<table class="atlas-numbers told">{cells}</table>')
    is_scored = task.measure_type == _EVALUATED and who.may(Right.INTERNAL)
    if is_scored and st.button(_("Open the evaluation"), key="plan_evaluate"):
        links.go("evaluate")


def _origin(one: Measured) -> str:
    known = store.catalogue()
    titles = [pick(known.layer(key).title) for key in one.layers if key in known.keys]
    parts = [_(", ").join(titles)]
    if one.as_of is not None:
        parts.append(_("as of {day}").format(day=one.as_of.isoformat()))
    return " · ".join(part for part in parts if part)


def _proven(plan: Plan, row: BoardRow, *, may: bool) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Milestones')}**")
        milestones.show(row.task)
        if may:
            with st.expander(_("Write a milestone")):
                milestones.form(plan, row.task)
    with right:
        st.markdown(f"**{_('Evidence files')}**")
        proof.show(row)
        if may:
            proof.form(plan, row)
            st.markdown(f"**{_('Completion')}**")
            proof.completion(plan, row)


def _history(task: Task) -> None:
    if not who.may(Right.INTERNAL):
        return
    with st.expander(_("History")):
        found = data.history(task.task_id)
        if found.empty:
            st.caption(_("Nothing was recorded of this task yet."))
            return
        titles = {spec.key: spec.title.get(lang()) for spec in store.catalogue().layers}
        tables.show(
            pd.DataFrame(
                {
                    _("Time"): found["time"].map(moment),
                    _("Author"): found["author"],
                    _("Layer"): found["layer"].map(titles),
                    _("Message"): found["message"],
                }
            )
        )
