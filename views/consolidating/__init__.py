"""整合: which units could move where, what it gives, and what blocks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.explain import blocking_leases
from layers.marks import is_sample
from views import figures
from views import links
from views import store
from views.consolidating import controls
from views.consolidating import data
from views.consolidating import hand
from views.consolidating import lists
from views.consolidating import plan_map
from views.consolidating import scenarios
from views.consolidating import solving
from views.consolidating import staircase
from views.consolidating import state
from views.consolidating import words
from views.text import _
from views.text import lang
from views.text import num

if TYPE_CHECKING:
    import pandas as pd

    from geo.consolidation.register import Register
    from views.consolidating.state import Answer
    from views.consolidating.state import Wish

_PLAN, _HAND, _SCENARIOS = _TABS = ("plan", "hand", "scenarios")


def _needed() -> str:
    """Return which layers a plan still lacks."""
    if store.has("carriers"):
        return _("Plans need the units of the building space. Import that layer first.")
    return _("Plans need building space with its units. Import the layers of both first.")


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Consolidation: what could move where, and what blocks it?')}")
    if not store.has("carriers") or not store.has("units"):
        st.info(_needed())
        return
    solving.collect()
    with st.sidebar:
        wish = controls.show()
    if wish is None:
        return
    try:
        with st.spinner(_("Reading the register …"), show_time=False):
            register = data.register(wish)
    except ValueError as error:
        st.error(words.problem(error))
        return
    with st.sidebar:
        solving.button(wish, register)
    st.caption(
        _("A plan proposes and guides; nobody can be ordered to move. It names tenants: internal.")
    )
    _sample(register)
    hand.conflicts(register)
    solving.show()
    _outdated(wish)
    titles = {_PLAN: _("Plan"), _HAND: _("Planner's hand"), _SCENARIOS: _("Scenarios")}
    tab = st.segmented_control(
        _("View"),
        _TABS,
        format_func=titles.__getitem__,
        default=_PLAN,
        required=True,
        label_visibility="collapsed",
        key=f"consolidate_tab:{lang()}",
        persist_state="session",
    )
    if tab == _HAND:
        hand.show(register)
    elif tab == _SCENARIOS:
        scenarios.show(wish)
    else:
        _plan(register)


def _sample(register: Register) -> None:
    problem = register.problem
    if bool(is_sample(problem.units).any() or is_sample(problem.hosts).any()):
        links.sample_badge(
            _("Occupancy is sample data; the plan shows the method, not the real parks.")
        )


def _outdated(wish: Wish) -> None:
    """Say that the plans that are shown were made with other settings or layers."""
    answer = state.desk().answer
    if answer is None or solving.running() is not None:
        return
    same = data.used_versions(answer.versions) == data.used_versions(store.versions())
    if answer.wish != wish or not same:
        st.warning(_("Settings or layers changed since these plans were made: solve again."))


def _plan(register: Register) -> None:
    answer = state.desk().answer
    if answer is None:
        _unsolved(register)
        return
    told = answer.consolidation.register
    _situation(told)
    staircase.show(answer)
    chosen = state.desk().chosen
    if chosen is None:
        st.info(_("Choose a plan to see it on the map; the lists tell what holds without one."))
    else:
        _map(answer, chosen)
    lists.show(answer, chosen)
    lists.unused(told, answer.versions)


def _map(answer: Answer, chosen: int) -> None:
    with st.spinner(_("Explaining the plan …"), show_time=False):
        tables = data.tables(answer, chosen)
    plan_map.show(tables, key="consolidate")


def _unsolved(register: Register) -> None:
    """Show what can be said before anything is solved."""
    _situation(register)
    if solving.running() is None:
        st.info(_("Set the limits at the left and press Solve."))
    nobody = np.full(len(register.problem.units), -1, dtype=np.intp)
    versions = data.readable_versions()
    lists.blocking(blocking_leases(register, nobody), register, versions)
    lists.unused(register, versions)


def _situation(register: Register) -> None:
    """Show what there is to decide, and what is lacking."""
    problem = register.problem
    units, hosts = problem.units, problem.hosts
    movable = int(problem.movable.sum())
    figures.show(
        (
            (num(len(problem.presences)), _("sites today (each park counts its own)")),
            (num(int(capacity_bounds(problem).sum())), _("lower bound by room alone")),
            (f"{num(movable)} / {num(len(units))}", _("units that may move")),
            (num(len(hosts)), _("vacant units")),
            (num(hosts["capacity_m2"].sum(), unit="m²"), _("vacant floor area")),
            (num(len(problem.pairs)), _("possible moves")),
        )
    )
    for lack in _lacking(units, hosts, movable, len(problem.pairs)):
        st.warning(lack)


def _lacking(units: pd.DataFrame, hosts: pd.DataFrame, movable: int, pairs: int) -> list[str]:
    if units.empty:
        return [_("These parks have no units, so there is nothing to plan.")]
    found = []
    if hosts.empty:
        found.append(_("There is no vacant space, so nothing can move. The bounds still hold."))
    if not movable:
        found.append(
            _("No unit may move before the horizon. The blocking leases say what holds each site.")
        )
    if movable and len(hosts) and not pairs:
        found.append(
            _("No unit fits any vacant space; the reasons stand in the list of those that stay.")
        )
    return found
