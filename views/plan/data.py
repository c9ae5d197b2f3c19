"""What the page shows: the board, reduced to what this session may see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.clock import local_day
from layers.plan import PLAN_LAYERS
from layers.plan import EvidenceStore
from layers.plan import Hand
from layers.plan import Results
from layers.plan import board as board_of
from layers.plan import load_plan
from layers.plan import measured as measured_of
from layers.plan.featured import featured_of
from layers.team import Right
from views import calendar
from views import store
from views import who
from views.text import pick

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.plan import Board
    from layers.plan import BoardRow
    from layers.plan import Measured
    from layers.plan import Plan
    from layers.sheet.records import Featured
    from layers.team import Audience


def plan() -> Plan | None:
    """Return the plan of the edition; None if it has none.

    Raises
    ------
    CatalogueError
        If its file is wrong.
    """
    return load_plan(store.catalogue().folder)


def board(of: Plan) -> Board:
    """Return how the tasks stand, as this session may see it."""
    return store.once("plan_board", lambda: _board(of))


def _board(of: Plan) -> Board:
    found = _whole_board(of)
    if who.may(Right.INTERNAL):
        return found
    return replace(found, rows=tuple(map(_reduced, found.rows)))


def _whole_board(of: Plan) -> Board:
    every = store.whole()
    # From all data, so that a task is no less proven for whoever may not see what proves it.
    return board_of(of, every.tables, every.catalogue, local_day(), evidence().is_sound)


def _reduced(row: BoardRow) -> BoardRow:
    return replace(
        row,
        rule=_visible(row.rule),
        hand=_visible(row.hand),
        note="",
        updated_by="",
        submitted_by="",
        confirmed_by="",
    )


def _visible(ids: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {key: found for key, found in ids.items() if key in store.catalogue().keys}


def measured(of: Plan) -> Mapping[str, tuple[Measured, ...]]:
    """Return what the layers say of each task that this session may see, by task."""
    versions = tuple(store.whole().versions.items())
    found = _measured(store.identity(), versions, local_day(), of)
    if who.may(Right.INTERNAL):
        return found
    return {
        task_id: tuple(one for one in values if not one.internal)
        for task_id, values in found.items()
    }


@st.cache_resource(show_spinner=False, max_entries=4)
def _measured(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions: store.Versions,  # noqa: ARG001 - the same
    day: dt.date,  # noqa: ARG001 - the same
    of: Plan,
) -> dict[str, tuple[Measured, ...]]:
    every = store.whole()
    results = Results(
        every.tables,
        every.catalogue,
        _whole_board(of),
        calendar.calendar(),
        scatter=store.scatter,
    )
    return {task.task_id: tuple(measured_of(task, results)) for task in of.tasks}


def names() -> dict[str, str]:
    """Return the tasks that a plan sheet can be about: those with objects, by id."""
    of = plan()
    if of is None:
        return {}
    return {
        row.task.task_id: f"{row.task.task_id} {pick(row.task.title)}"
        for row in board(of).rows
        if row.objects
    }


def featured(task_id: str, audience: Audience) -> Featured | None:
    """Return what a plan sheet of a task shows; None if there is no such task."""
    of = plan()
    if of is None or not of.has(task_id):
        return None
    # From all data, so that a public sheet is the same whoever takes it.
    versions = tuple(store.whole().versions.items())
    values = _measured(store.identity(), versions, local_day(), of)[task_id]
    return featured_of(_whole_board(of).row(task_id), values, store.whole().catalogue, audience)


def evidence() -> EvidenceStore:
    """Return the evidence files of the open workspace."""
    return EvidenceStore(store.current().workspace.path)


def hand(name: str) -> Hand:
    """Return who records something, under the name that was given."""
    return Hand(name, who.current().person_id if who.is_team() else "")


def rows(layer: str, task_id: str) -> pd.DataFrame:
    """Return what is recorded of a task in a layer, as this session may see it."""
    if layer not in dict(store.versions()):
        return pd.DataFrame(columns=list(store.catalogue().layer(layer).field_names))
    frame = pd.DataFrame(store.table(layer))
    return frame[frame["task_id"].eq(task_id)].reset_index(drop=True)


def history(task_id: str) -> pd.DataFrame:
    """Return the commits that tell of a task, the latest first."""
    known = dict(store.versions())
    found = [store.history(key) for key in PLAN_LAYERS if key in known]
    if not found:
        return pd.DataFrame(columns=["layer", "time", "author", "message", "version"])
    every = pd.concat(found, ignore_index=True).sort_values("time", ascending=False)
    return every[every["message"].str.startswith(f"{task_id}:")].reset_index(drop=True)


def version(layer: str) -> int:
    """Return the version of a layer as of now, -1 if it was never written."""
    return store.current().workspace.versions().get(layer, -1)
