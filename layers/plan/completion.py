"""What proves that a task is done: evidence files, and a second person who confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.entries import drop_rows
from layers.entries import put_rows
from layers.errors import Text
from layers.plan.board import DONE
from layers.plan.board import EVIDENCE
from layers.plan.board import MILESTONES
from layers.plan.board import SUBMITTED
from layers.plan.board import TASKS
from layers.plan.board import is_second_person
from layers.plan.evidence import EvidenceStore
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
    from typing import Any

    from layers.plan.definition import Plan
    from layers.plan.recording import Hand
    from layers.workspace import Workspace


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
    check_task(plan, task_id)
    seen = seen_version(workspace, TASKS, expected_version)
    record = record_of(workspace, task_id)
    if record.get("state") in {SUBMITTED, DONE}:
        raise PlanError(
            Text(f"任务 {task_id} 已提请完成或已完成", f"{task_id} is submitted or done already")
        )
    _check_evidence(workspace, task_id)
    row = {**record, **dict.fromkeys(PROOF_FIELDS), "state": SUBMITTED}
    row |= {"submitted_by": hand.name, "submitted_id": hand.account, "submitted_on": today}
    row |= {"updated_by": hand.name}
    return put_task(workspace, row, hand, f"{task_id}: submitted as done", seen)


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
    check_task(plan, task_id)
    seen = seen_version(workspace, TASKS, expected_version)
    record = record_of(workspace, task_id)
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
        raise _no_second_person(record, hand)
    return put_task(workspace, row, hand, f"{task_id}: confirmed as done", seen)


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
    check_task(plan, task_id)
    seen = seen_version(workspace, TASKS, expected_version)
    record = record_of(workspace, task_id)
    if record.get("state") not in {SUBMITTED, DONE}:
        raise PlanError(
            Text(f"任务 {task_id} 没有提请完成", f"{task_id} is neither submitted nor done")
        )
    if not why.strip():
        raise PlanError(Text("请填写退回原因", "say why it is sent back"))
    row = {**record, **dict.fromkeys(PROOF_FIELDS), "state": "under_way"}
    row |= {"updated_by": hand.name}
    message = f"{task_id}: sent back: {why.strip()}"
    return put_task(workspace, row, hand, message, seen)


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
    check_task(plan, task_id)
    if milestone_id and row_of(workspace, MILESTONES, milestone_id).get("task_id") != task_id:
        raise no_row(workspace, MILESTONES, milestone_id)
    stored = EvidenceStore(workspace.path).add(name, content)
    seen = workspace.version(EVIDENCE)
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
    evidence_id = new_id(task_id)
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
        workspace,
        EVIDENCE,
        [row],
        author=hand.name,
        message=f"{task_id}: evidence {stored.name}",
        expected_version=seen,
    )
    return evidence_id


def detach(
    workspace: Workspace, evidence_id: str, *, hand: Hand, expected_version: int | None = None
) -> int:
    """Take evidence off a task; the file stays in the workspace for the versions before.

    Raises
    ------
    PlanError
        If there is no such evidence, or its task is submitted or done: what was confirmed is
        not changed unseen.
    ConflictError
        If somebody else changed the evidence meanwhile.
    """
    old = row_of(workspace, EVIDENCE, evidence_id)
    if record_of(workspace, str(old["task_id"])).get("state") in {SUBMITTED, DONE}:
        raise PlanError(
            Text(
                f"任务 {old['task_id']} 已提请完成或已完成，佐证不能移除；请先退回任务",
                f"{old['task_id']} is submitted or done, so its evidence stays; send the task "
                "back first",
            )
        )
    return drop_rows(
        workspace,
        EVIDENCE,
        [evidence_id],
        author=hand.name,
        message=f"{old['task_id']}: evidence {old['file_name']} removed",
        expected_version=expected_version,
    )


def _no_second_person(record: Mapping[str, Any], hand: Hand) -> PlanError:
    who = record.get("submitted_by")
    if bool(record.get("submitted_id")) != bool(hand.account):
        return PlanError(
            Text(
                f"提请人 {who} 与确认人只有一方登录了账号，无法核对是否为两人；请双方都登录后办理，"
                "必要时先退回再提请",
                f"only one of {who}, who submitted it, and {hand.name} has an account, so two "
                "persons cannot be told apart; sign in both, and send it back first if need be",
            )
        )
    return PlanError(
        Text(
            f"提请人是 {who}，须由另一人确认",
            f"{who} submitted it: somebody else must confirm it",
        )
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
