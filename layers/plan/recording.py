"""Rows that tell of a task: found, put back whole, and who does it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.entries import EntryError
from layers.entries import put_rows
from layers.errors import Text
from layers.i18n import unknown
from layers.plan.board import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.plan.definition import Plan
    from layers.workspace import Workspace

_PROOF = ("submitted_by", "submitted_id", "submitted_on", "confirmed_by", "confirmed_id")
PROOF_FIELDS = (*_PROOF, "confirmed_on")
"""Who submitted and who confirmed a task; a new state empties them."""


class PlanError(EntryError):
    """Something cannot be recorded of a task."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who records something.

    Attributes
    ----------
    name
        Name that the commit carries.
    account
        Account on a server of a team; empty where nobody signs in.
    """

    name: str
    account: str = ""


def check_task(plan: Plan, task_id: str) -> None:
    """Refuse a task that the plan does not have."""
    if not plan.has(task_id):
        raise PlanError(
            Text(f"行动方案里没有任务“{task_id}”", f"the action plan has no task '{task_id}'")
        )


def seen_version(workspace: Workspace, key: str, expected_version: int | None) -> int:
    """Return the version that a change builds on; asked before the rows are read.

    A row is put back whole, so what somebody else wrote between reading and writing would
    be lost without a conflict if the version were asked afterwards.
    """
    return workspace.version(key) if expected_version is None else expected_version


def record_of(workspace: Workspace, task_id: str) -> dict[str, Any]:
    """Return what is recorded of a task; only its id if nothing is."""
    rows = workspace.read(TASKS)
    found = rows[rows["task_id"].eq(task_id)].to_dict("records")
    return _known(found[0]) if found else {"task_id": task_id}


def row_of(workspace: Workspace, key: str, identifier: str) -> dict[str, Any]:
    """Return the known cells of a row.

    Raises
    ------
    PlanError
        If the layer has no such row.
    """
    rows = workspace.read(key)
    found = rows[rows[workspace.catalogue.layer(key).id_field].eq(identifier)].to_dict("records")
    if not found:
        raise no_row(workspace, key, identifier)
    return _known(found[0])


def put_task(
    workspace: Workspace,
    row: Mapping[str, Any],
    hand: Hand,
    message: str,
    seen: int,
) -> int:
    """Put the row of a task back; return the version of ``tasks``."""
    return put_rows(
        workspace,
        TASKS,
        [row],
        author=hand.name,
        message=message,
        expected_version=seen,
    )


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the cells that are known."""
    return {str(name): value for name, value in row.items() if not unknown(value)}


def no_row(workspace: Workspace, key: str, identifier: str) -> PlanError:
    """Return what is said where a layer has no such row."""
    title = workspace.catalogue.layer(key).title
    return PlanError(
        Text(
            f"“{title.zh}”中没有编码为 {identifier} 的记录",
            f"'{title.en}' has no row {identifier}",
        )
    )


def new_id(task_id: str) -> str:
    """Return an id that no row has, beginning with the task."""
    return f"{task_id}-{uuid.uuid4().hex[:12]}"
