"""What people record of tasks: each change is one commit of one layer, with its author."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.delivery import undo as undo_version
from layers.entries import drop_rows
from layers.entries import put_rows
from layers.errors import Text
from layers.plan.board import MILESTONES
from layers.plan.board import TASKS
from layers.plan.objects import LINKS
from layers.plan.recording import PROOF_FIELDS
from layers.plan.recording import PlanError
from layers.plan.recording import check_task
from layers.plan.recording import new_id
from layers.plan.recording import no_row
from layers.plan.recording import put_task
from layers.plan.recording import record_of
from layers.plan.recording import row_of
from layers.plan.recording import seen_version

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.plan.definition import Plan
    from layers.plan.recording import Hand
    from layers.workspace import Workspace

FIELDS = ("owner", "partners", "start", "end", "state", "data_date", "source", "note")
"""What can be set of a task; completion has actions of its own."""

_OPEN_STATES = ("not_started", "under_way", "paused")


def set_fields(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    given: Mapping[str, Any],
    *,
    hand: Hand,
    expected_version: int | None = None,
) -> int:
    """Record owner, partners, days, state or note of a task; return the version of ``tasks``.

    Parameters
    ----------
    workspace, plan
        Where, and of which plan.
    task_id
        The task.
    given
        Values by field, see :data:`FIELDS`; None or empty makes a field unknown. A state
        takes back what was submitted or confirmed.
    hand
        Who.
    expected_version
        The version that whoever records it has seen.

    Raises
    ------
    PlanError
        If the plan has no such task, a field cannot be set here, it would start after it
        ends, or the state is one that needs :func:`submit` and :func:`confirm`.
    ConflictError
        If somebody else changed the tasks meanwhile.
    """
    check_task(plan, task_id)
    for name in given:
        if name not in FIELDS:
            listed = ", ".join(FIELDS)
            raise PlanError(
                Text(
                    f"任务字段“{name}”不能在这里填写；可填：{listed}",
                    f"'{name}' cannot be set here; the fields are {listed}",
                )
            )
    seen = seen_version(workspace, TASKS, expected_version)
    state = given.get("state")
    if state and state not in _OPEN_STATES:
        raise PlanError(
            Text(
                "“完成”须先提请完成，再由另一人确认，不能直接填写",
                "a task is done by submitting it and by the confirmation of a second person",
            )
        )
    row = {**record_of(workspace, task_id), **given, "updated_by": hand.name}
    if "start" in given or "end" in given:
        _check_period(task_id, row)
    if state:
        row |= dict.fromkeys(PROOF_FIELDS)
    told = ", ".join(given)
    return put_task(workspace, row, hand, f"{task_id}: {told}", seen)


def _check_period(task_id: str, row: Mapping[str, Any]) -> None:
    """Refuse a task that starts after it ends; what is no day is refused by the layer."""
    start, end = _days(row.get("start"), row.get("end"))
    # A day that is unknown is after none.
    if start > end:
        raise PlanError(
            Text(
                f"任务 {task_id} 的开始日期 {start.date()} 晚于完成期限 {end.date()}；请改正其中"
                "一个日期",
                f"{task_id} would start on {start.date()}, after it ends on {end.date()}; "
                "correct one of the days",
            )
        )


def _days(*given: object) -> pd.Series[pd.Timestamp]:
    """Return days that were given in any form; what is none is unknown."""
    return pd.to_datetime(pd.Series(given, dtype="object"), errors="coerce", format="ISO8601")


def put_milestone(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    given: Mapping[str, Any],
    *,
    hand: Hand,
    today: dt.date,
    milestone_id: str = "",
    expected_version: int | None = None,
) -> str:
    """Add a milestone, or change one; return its id.

    Parameters
    ----------
    workspace, plan, task_id
        Of which task.
    given
        ``title``, ``due``, ``done_on``, ``evidence_id``, ``note``; what is not named stays.
    hand
        Who.
    today
        The day of the change; a milestone cannot be done after it.
    milestone_id
        The milestone to change; empty for a new one.
    expected_version
        The version of ``milestones`` that whoever records it has seen.

    Raises
    ------
    PlanError
        If there is no such task or milestone, or it would be done in the future.
    ConflictError
        If somebody else changed the milestones meanwhile.
    """
    check_task(plan, task_id)
    seen = seen_version(workspace, MILESTONES, expected_version)
    old = row_of(workspace, MILESTONES, milestone_id) if milestone_id else {}
    if old and old.get("task_id") != task_id:
        raise no_row(workspace, MILESTONES, milestone_id)
    _check_done(given.get("done_on"), today)
    own_id = milestone_id or new_id(task_id)
    row = {**old, **given, "milestone_id": own_id, "task_id": task_id, "updated_by": hand.name}
    put_rows(
        workspace,
        MILESTONES,
        [row],
        author=hand.name,
        message=f"{task_id}: {row.get('title') or own_id}",
        expected_version=seen,
    )
    return own_id


def _check_done(done_on: object, today: dt.date) -> None:
    """Refuse a day that is still to come; what is no day is refused by the layer."""
    (done,) = _days(done_on)
    # A day that is unknown is after none.
    if done > pd.Timestamp(today):
        day = done.date()
        raise PlanError(
            Text(
                f"里程碑的完成日期 {day} 晚于今天 {today}；未完成的里程碑请只填计划日期",
                f"a milestone cannot be done on {day}, which is after today ({today}); give only "
                "the day by which it is due",
            )
        )


def drop_milestone(
    workspace: Workspace, milestone_id: str, *, hand: Hand, expected_version: int | None = None
) -> int:
    """Take a milestone out; return the version of ``milestones``."""
    old = row_of(workspace, MILESTONES, milestone_id)
    return drop_rows(
        workspace,
        MILESTONES,
        [milestone_id],
        author=hand.name,
        message=f"{old['task_id']}: {old['title']} removed",
        expected_version=expected_version,
    )


def link(
    workspace: Workspace, plan: Plan, task_id: str, layer: str, feature_id: str, *, hand: Hand
) -> int:
    """Link an object to a task by hand; return the version of ``task_objects``.

    Raises
    ------
    PlanError
        If there is no such task, layer or object.
    """
    check_task(plan, task_id)
    if layer not in workspace.catalogue.keys:
        raise PlanError(Text(f"没有图层“{layer}”", f"there is no layer '{layer}'"))
    spec = workspace.catalogue.layer(layer)
    if feature_id not in set(workspace.read(layer)[spec.id_field].astype("str")):
        raise PlanError(
            Text(
                f"图层“{spec.title.zh}”中没有编码为 {feature_id} 的对象",
                f"'{spec.title.en}' has no object {feature_id}",
            )
        )
    row = {
        "link_id": f"{task_id}:{layer}:{feature_id}",
        "task_id": task_id,
        "layer": layer,
        "feature_id": feature_id,
        "updated_by": hand.name,
    }
    return put_rows(
        workspace, LINKS, [row], author=hand.name, message=f"{task_id}: {layer} {feature_id}"
    )


def unlink(workspace: Workspace, task_id: str, layer: str, feature_id: str, *, hand: Hand) -> int:
    """Take an object that was linked by hand off a task; return the version of the layer.

    Raises
    ------
    PlanError
        If it was not linked by hand.
    """
    links = workspace.read(LINKS)
    same = links["task_id"].eq(task_id) & links["layer"].eq(layer)
    rows = links[same & links["feature_id"].eq(feature_id)]
    if rows.empty:
        raise no_row(workspace, LINKS, f"{layer} {feature_id}")
    return drop_rows(
        workspace,
        LINKS,
        list(rows["link_id"]),
        author=hand.name,
        message=f"{task_id}: {layer} {feature_id} unlinked",
    )


def undo(workspace: Workspace, layer: str, version: int, *, hand: Hand) -> int:
    """Take back the last change of a layer of the plan; return its new version.

    Raises
    ------
    ConflictError
        If somebody wrote the layer since.
    """
    return undo_version(workspace, layer, version, author=hand.name)
