"""What people record of tasks: each change is one commit of one layer, with its author."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.delivery import undo as undo_version
from layers.entries import EntryError
from layers.entries import drop_rows
from layers.entries import put_rows
from layers.errors import Text
from layers.i18n import unknown
from layers.plan.board import DONE
from layers.plan.board import EVIDENCE
from layers.plan.board import MILESTONES
from layers.plan.board import SUBMITTED
from layers.plan.board import TASKS
from layers.plan.board import is_second_person
from layers.plan.evidence import EvidenceStore
from layers.plan.objects import LINKS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.plan.definition import Plan
    from layers.workspace import Workspace

FIELDS = ("owner", "partners", "start", "end", "state", "data_date", "source", "note")
"""What can be set of a task; completion has actions of its own."""

_OPEN_STATES = ("not_started", "under_way", "paused")
_PROOF = ("submitted_by", "submitted_id", "submitted_on", "confirmed_by", "confirmed_id")
_PROOF_FIELDS = (*_PROOF, "confirmed_on")


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
        If the plan has no such task, a field cannot be set here, or the state is one that
        needs :func:`submit` and :func:`confirm`.
    ConflictError
        If somebody else changed the tasks meanwhile.
    """
    _check_task(plan, task_id)
    for name in given:
        if name not in FIELDS:
            listed = ", ".join(FIELDS)
            raise PlanError(
                Text(
                    f"任务字段“{name}”不能在这里填写；可填：{listed}",
                    f"'{name}' cannot be set here; the fields are {listed}",
                )
            )
    state = given.get("state")
    if state and state not in _OPEN_STATES:
        raise PlanError(
            Text(
                "“完成”须先提请完成，再由另一人确认，不能直接填写",
                "a task is done by submitting it and by the confirmation of a second person",
            )
        )
    row = {**_record(workspace, task_id), **given, "updated_by": hand.name}
    if state:
        row |= dict.fromkeys(_PROOF_FIELDS)
    told = ", ".join(given)
    return _put_task(workspace, row, hand, f"{task_id}: {told}", expected_version)


def submit(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    *,
    hand: Hand,
    today: dt.date,
    expected_version: int | None = None,
) -> int:
    """Submit a task as done: it waits for a second person; return the version of ``tasks``.

    Raises
    ------
    PlanError
        If it has no evidence file that is there, or it waits or is done already.
    ConflictError
        If somebody else changed the tasks meanwhile.
    """
    _check_task(plan, task_id)
    record = _record(workspace, task_id)
    if record.get("state") in {SUBMITTED, DONE}:
        raise PlanError(
            Text(f"任务 {task_id} 已提请完成或已完成", f"{task_id} is submitted or done already")
        )
    _check_evidence(workspace, task_id)
    row = {**record, **dict.fromkeys(_PROOF_FIELDS), "state": SUBMITTED}
    row |= {"submitted_by": hand.name, "submitted_id": hand.account, "submitted_on": today}
    row |= {"updated_by": hand.name}
    return _put_task(workspace, row, hand, f"{task_id}: submitted as done", expected_version)


def confirm(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    *,
    hand: Hand,
    today: dt.date,
    expected_version: int | None = None,
) -> int:
    """Confirm that a submitted task is done; return the version of ``tasks``.

    Raises
    ------
    PlanError
        If it was not submitted, whoever confirms submitted it, or its evidence is gone.
    ConflictError
        If somebody else changed the tasks meanwhile.
    """
    _check_task(plan, task_id)
    record = _record(workspace, task_id)
    if record.get("state") != SUBMITTED:
        raise PlanError(
            Text(
                f"任务 {task_id} 还没有提请完成，不能确认",
                f"{task_id} was not submitted as done, so it cannot be confirmed",
            )
        )
    _check_evidence(workspace, task_id)
    row = {**record, "state": DONE, "confirmed_by": hand.name, "confirmed_id": hand.account}
    row |= {"confirmed_on": today, "updated_by": hand.name}
    if not is_second_person(row):
        raise PlanError(
            Text(
                f"提请人是 {record.get('submitted_by')}，须由另一人确认",
                f"{record.get('submitted_by')} submitted it: somebody else must confirm it",
            )
        )
    return _put_task(workspace, row, hand, f"{task_id}: confirmed as done", expected_version)


def send_back(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    *,
    hand: Hand,
    why: str,
    expected_version: int | None = None,
) -> int:
    """Send a submitted or finished task back to work; return the version of ``tasks``.

    Raises
    ------
    PlanError
        If it was neither submitted nor done, or no reason is given.
    ConflictError
        If somebody else changed the tasks meanwhile.
    """
    _check_task(plan, task_id)
    record = _record(workspace, task_id)
    if record.get("state") not in {SUBMITTED, DONE}:
        raise PlanError(
            Text(f"任务 {task_id} 没有提请完成", f"{task_id} is neither submitted nor done")
        )
    if not why.strip():
        raise PlanError(Text("请填写退回原因", "say why it is sent back"))
    row = {**record, **dict.fromkeys(_PROOF_FIELDS), "state": "under_way"}
    row |= {"updated_by": hand.name}
    message = f"{task_id}: sent back: {why.strip()}"
    return _put_task(workspace, row, hand, message, expected_version)


def put_milestone(
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    given: Mapping[str, Any],
    *,
    hand: Hand,
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
    milestone_id
        The milestone to change; empty for a new one.
    expected_version
        The version of ``milestones`` that whoever records it has seen.

    Raises
    ------
    PlanError
        If there is no such task or milestone.
    ConflictError
        If somebody else changed the milestones meanwhile.
    """
    _check_task(plan, task_id)
    old = _one(workspace, MILESTONES, milestone_id) if milestone_id else {}
    if old and old.get("task_id") != task_id:
        raise _no_row(MILESTONES, milestone_id)
    new_id = milestone_id or _new_id(task_id)
    row = {**old, **given, "milestone_id": new_id, "task_id": task_id, "updated_by": hand.name}
    put_rows(
        workspace,
        MILESTONES,
        [row],
        author=hand.name,
        message=f"{task_id}: {row.get('title') or new_id}",
        expected_version=expected_version,
    )
    return new_id


def drop_milestone(
    workspace: Workspace, milestone_id: str, *, hand: Hand, expected_version: int | None = None
) -> int:
    """Take a milestone out; return the version of ``milestones``."""
    old = _one(workspace, MILESTONES, milestone_id)
    return drop_rows(
        workspace,
        MILESTONES,
        [milestone_id],
        author=hand.name,
        message=f"{old['task_id']}: {old['title']} removed",
        expected_version=expected_version,
    )


def attach(  # noqa: PLR0913 -- a file, whose it is, and who adds it
    workspace: Workspace,
    plan: Plan,
    task_id: str,
    name: str,
    content: bytes,
    *,
    hand: Hand,
    today: dt.date,
    milestone_id: str = "",
    note: str = "",
) -> str:
    """Add an evidence file to a task; return the id of the evidence.

    The file is in the workspace before the commit that names it, so that no row is ever
    without its file.

    Raises
    ------
    PlanError
        If there is no such task or milestone, or the task has this file already.
    EvidenceError
        If the file is empty or too large.
    """
    _check_task(plan, task_id)
    if milestone_id and _one(workspace, MILESTONES, milestone_id).get("task_id") != task_id:
        raise _no_row(MILESTONES, milestone_id)
    stored = EvidenceStore(workspace.path).add(name, content)
    known = workspace.read(EVIDENCE)
    same = known["task_id"].eq(task_id) & known["sha256"].eq(stored.sha256)
    if bool(same.any()):
        there = known.loc[same, "file_name"].iloc[0]
        raise PlanError(
            Text(
                f"任务 {task_id} 已有内容相同的佐证“{there}”",
                f"{task_id} has this file already, as '{there}'",
            )
        )
    evidence_id = _new_id(task_id)
    row = {
        "evidence_id": evidence_id,
        "task_id": task_id,
        "milestone_id": milestone_id or None,
        "file_name": stored.name,
        "sha256": stored.sha256,
        "bytes": stored.size,
        "added_on": today,
        "added_by": hand.name,
        "note": note.strip() or None,
    }
    put_rows(
        workspace, EVIDENCE, [row], author=hand.name, message=f"{task_id}: evidence {stored.name}"
    )
    return evidence_id


def detach(
    workspace: Workspace, evidence_id: str, *, hand: Hand, expected_version: int | None = None
) -> int:
    """Take evidence off a task; the file stays in the workspace for the versions before."""
    old = _one(workspace, EVIDENCE, evidence_id)
    return drop_rows(
        workspace,
        EVIDENCE,
        [evidence_id],
        author=hand.name,
        message=f"{old['task_id']}: evidence {old['file_name']} removed",
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
    _check_task(plan, task_id)
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
        raise _no_row(LINKS, f"{layer} {feature_id}")
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


def _put_task(
    workspace: Workspace,
    row: Mapping[str, Any],
    hand: Hand,
    message: str,
    expected_version: int | None,
) -> int:
    return put_rows(
        workspace,
        TASKS,
        [row],
        author=hand.name,
        message=message,
        expected_version=expected_version,
    )


def _record(workspace: Workspace, task_id: str) -> dict[str, Any]:
    rows = workspace.read(TASKS)
    found = rows[rows["task_id"].eq(task_id)].to_dict("records")
    return _known(found[0]) if found else {"task_id": task_id}


def _one(workspace: Workspace, key: str, identifier: str) -> dict[str, Any]:
    rows = workspace.read(key)
    found = rows[rows[workspace.catalogue.layer(key).id_field].eq(identifier)].to_dict("records")
    if not found:
        raise _no_row(key, identifier)
    return _known(found[0])


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the cells that are known."""
    return {str(name): value for name, value in row.items() if not unknown(value)}


def _check_task(plan: Plan, task_id: str) -> None:
    if not plan.has(task_id):
        raise PlanError(
            Text(f"行动方案里没有任务“{task_id}”", f"the action plan has no task '{task_id}'")
        )


def _check_evidence(workspace: Workspace, task_id: str) -> None:
    rows = workspace.read(EVIDENCE)
    store = EvidenceStore(workspace.path)
    own = rows.loc[rows["task_id"].eq(task_id), "sha256"]
    if not any(store.is_sound(str(sha256)) for sha256 in own):
        raise PlanError(
            Text(
                f"任务 {task_id} 还没有可用的佐证文件，不能提请或确认完成；请先上传",
                f"{task_id} has no evidence file that is there; add one first",
            )
        )


def _no_row(key: str, identifier: str) -> PlanError:
    return PlanError(Text(f"{key} 中没有 {identifier}", f"{key} has no row {identifier}"))


def _new_id(task_id: str) -> str:
    return f"{task_id}-{uuid.uuid4().hex[:12]}"
