"""行动方案: the tasks of the plan, who does them, what proves them, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views import links
from views import origin
from views.plan import board
from views.plan import data
from views.plan import detail
from views.plan import state
from views.plan import targets
from views.text import _
from views.text import day
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.plan import Measured
    from layers.plan import Plan

_BOARD, _TARGETS = "board", "targets"


def render() -> None:
    """Show the page."""
    plan = data.plan()
    if plan is None:
        st.markdown(f"### {_('Action plan')}")
        st.info(
            _(
                "This edition has no action plan. Put a file plan.toml with its tasks into the "
                "folder of the edition; docs/plan.zh-CN.md says how."
            )
        )
        return
    asked = state.opened()
    if asked and not plan.has(asked):
        st.warning(_("There is no task with the id {id}.").format(id=md(asked[:80])))
        asked = ""
    found = data.board(plan)
    state.tell()
    if asked:
        detail.show(plan, found.row(asked), _measured(plan)[asked])
        return
    _head(plan)
    origin.note()
    if _view() == _TARGETS:
        targets.show()
        return
    targets.strip()
    board.show(found, _measured(plan))


def _view() -> str:
    titles = {_BOARD: _("Tasks and safeguards"), _TARGETS: _("Numeric targets")}
    view = st.segmented_control(
        _("View"),
        list(titles),
        format_func=titles.__getitem__,
        default=st.session_state.get(links.PLAN_VIEW, _BOARD),
        required=True,
        label_visibility="collapsed",
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{links.PLAN_VIEW}:{lang()}",
    )
    st.session_state[links.PLAN_VIEW] = view
    return str(view)


def _measured(plan: Plan) -> Mapping[str, tuple[Measured, ...]]:
    with st.spinner(_("Measuring …"), show_time=False):
        return data.measured(plan)


def _head(plan: Plan) -> None:
    st.markdown(f"### {_('Action plan: tasks and safeguards')}")
    st.caption(
        f"{md(pick(plan.title))} · {md(plan.document)} · {day(plan.start)} – {day(plan.end)} · "
        f"{_('plan file, version {version}').format(version=md(plan.version))}"
    )
