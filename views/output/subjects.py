"""What a sheet or a chapter is about: the district, a zone, a park, a plan, or a task."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

import streamlit as st

from layers.scenarios import list_scenarios
from layers.scenarios.answers import plan_tables
from layers.team import Right
from views import card
from views import store
from views import who
from views.output import choices
from views.plan import data
from views.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.report import Kind
    from layers.scenarios import Scenario
    from layers.sheet.template import Kind as SheetKind

K = TypeVar("K", bound=str)
_WHOLE = ("district", "linkage")


def choose_sheet() -> tuple[SheetKind, str] | None:
    """Let the planner choose what a sheet is about; None if there is none of a kind."""
    kinds: dict[SheetKind, str] = {}
    kinds.update(_kinds().items())
    if data.plan() is not None:
        kinds["task"] = _("One task of the action plan")
    if store.has("carriers"):
        kinds["linkage"] = _("Linkage of campus, park and neighbourhood")
    return _choose("sheet", kinds)


def choose() -> tuple[Kind, str] | None:
    """Let the planner choose what a chapter is about; None if there is none of a kind."""
    return _choose("chapter", _kinds())


def _kinds() -> dict[Kind, str]:
    kinds: dict[Kind, str] = {
        "district": _("The district"),
        "zone": _("One zone"),
        "park": _("One park"),
    }
    # A plan names tenants.
    if who.may(Right.INTERNAL):
        kinds["scenario"] = _("One saved plan")
    return kinds


def _choose(key: str, kinds: Mapping[K, str]) -> tuple[K, str] | None:
    """Let the planner choose a subject; None, said on the page, if there is none of a kind."""
    usual = next(iter(kinds))
    kind = choices.radio(_("About"), kinds, f"{key}_kind", usual, horizontal=True)
    if kind in _WHOLE:
        return kind, ""
    names = _subjects(kind)
    if not names:
        st.info(
            _("No plan is saved yet. Save one on the page of consolidation.")
            if kind == "scenario"
            else _("This workspace has none of them.")
        )
        return None
    first = next(iter(names))
    subject = choices.select(kinds[kind], names, f"{key}_{kind}", first, bare=True)
    return kind, subject


def _subjects(kind: str) -> dict[str, str]:
    if kind == "task":
        return data.names()
    if kind == "scenario":
        return {one.name: one.name for one in solved()}
    layer = {"zone": "zones", "park": "parks"}[kind]
    return (
        {k: f"{name} · {k}" for k, name in card.titles(layer).items()} if store.has(layer) else {}
    )


def solved() -> list[Scenario]:
    """Return the saved scenarios with a chosen plan."""
    found, _problems = list_scenarios(store.current().workspace)
    return [one for one in found if one.steps and one.chosen is not None]


def plan_of(name: str) -> Mapping[str, pd.DataFrame]:
    """Return the tables of the chosen plan of a saved scenario, on the layers of now.

    Raises
    ------
    AtlasError
        If it is gone, or a layer or park that it needs is missing.
    """
    scenario = next(one for one in solved() if one.name == name)
    return plan_tables(scenario, store.tables(), store.catalogue(), dict(store.versions()))
