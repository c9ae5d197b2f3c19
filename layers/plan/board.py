"""The board: how every task stands, whatever was recorded of it.

A task counts as done only if a person submitted it as done, another one confirmed it, and at
least one evidence file is there with the content it had. What an import wrote is held against
the same rule: a task that says done and is not proven stands as ``unproven``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.errors import Text
from layers.i18n import unknown
from layers.plan.objects import by_hand
from layers.plan.objects import by_rule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.plan.definition import Plan
    from layers.plan.definition import Task

    Tables = Mapping[str, pd.DataFrame]
    Ids = Mapping[str, frozenset[str]]

TASKS, MILESTONES, EVIDENCE = "tasks", "milestones", "evidence"
UNREPORTED, UNPROVEN, DONE, SUBMITTED = "unreported", "unproven", "done", "submitted"
STATES = (DONE, SUBMITTED, UNPROVEN, "under_way", "paused", "not_started", UNREPORTED)
"""How a task can stand."""

PLAN_LAYERS = (TASKS, MILESTONES, EVIDENCE, "task_objects")
"""Layers in which people record what they know of tasks."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """How one task stands.

    Attributes
    ----------
    task
        The task.
    state
        One of :data:`STATES`.
    recorded
        The state that is in the layer, empty if none is.
    owner, partners, note, updated_by, submitted_by, confirmed_by
        As recorded, empty if unknown.
    start, end, data_date
        As recorded, None if unknown.
    age_days
        Days since `data_date`.
    milestones, milestones_done
        How many there are, and how many are done.
    next_title, next_due
        The earliest milestone that is not done; empty and None without one.
    evidence, evidence_lost
        How many files are recorded, and how many of them are gone or altered.
    rule, hand
        Objects that the rules find, and those that were linked by hand.
    told_apart
        How whoever confirmed is known to be another person than whoever submitted:
        ``account``, ``name`` (which proves no identity), or empty if it is not.
    is_overdue
        Whether the task or a milestone of it is past its day and not done.
    problems
        What is missing or contradicts itself.
    """

    task: Task
    state: str
    recorded: str
    owner: str
    partners: str
    note: str
    updated_by: str
    submitted_by: str
    confirmed_by: str
    start: dt.date | None
    end: dt.date | None
    data_date: dt.date | None
    age_days: int | None
    milestones: int
    milestones_done: int
    next_title: str
    next_due: dt.date | None
    evidence: int
    evidence_lost: int
    rule: Ids
    hand: Ids
    told_apart: str
    is_overdue: bool
    problems: tuple[Text, ...]

    @property
    def objects(self) -> dict[str, frozenset[str]]:
        """All objects by key of the layer, found either way."""
        keys = dict.fromkeys((*self.rule, *self.hand))
        none: frozenset[str] = frozenset()
        return {key: self.rule.get(key, none) | self.hand.get(key, none) for key in keys}

    @property
    def standing(self) -> Text:
        """What stands where a share would: milestones as a count, never in percent."""
        if not self.milestones:
            return Text("未设里程碑", "no milestones set")
        return Text(
            f"里程碑 {self.milestones_done}/{self.milestones}",
            f"{self.milestones_done} of {self.milestones} milestones",
        )


@dataclass(frozen=True, slots=True)
class Board:
    """How all tasks of a plan stand.

    Attributes
    ----------
    plan
        The plan.
    today
        The day it was asked.
    rows
        One a task and safeguard, in the order of the plan.
    strangers
        Ids of recorded tasks that the plan does not have.
    """

    plan: Plan
    today: dt.date
    rows: tuple[BoardRow, ...]
    strangers: tuple[str, ...]

    @property
    def to_look_at(self) -> tuple[BoardRow, ...]:
        """Tasks that are overdue, not proven, or contradict themselves."""
        return tuple(row for row in self.rows if row.is_overdue or row.problems)

    def row(self, task_id: str) -> BoardRow:
        """Return how a task stands.

        Raises
        ------
        KeyError
            If the plan has none of this id.
        """
        for row in self.rows:
            if row.task.task_id == task_id:
                return row
        raise KeyError(task_id)


def board(
    plan: Plan,
    tables: Tables,
    catalogue: Catalogue,
    today: dt.date,
    is_sound: Callable[[str], bool],
) -> Board:
    """Return how all tasks stand.

    Parameters
    ----------
    plan
        The plan.
    tables
        Layers by key; those of :data:`PLAN_LAYERS` and of the objects are used if there.
    catalogue
        Describes them.
    today
        The day of the question.
    is_sound
        Tells whether the evidence file of a SHA-256 is there and unaltered, see
        :meth:`layers.plan.evidence.EvidenceStore.is_sound`.
    """
    records = {str(row["task_id"]): row for row in _rows(tables, TASKS)}
    rows = tuple(
        _row(task, records.get(task.task_id, {}), tables, catalogue, today, is_sound)
        for task in plan.tasks
    )
    recorded = {*records, *_task_ids(tables, MILESTONES), *_task_ids(tables, EVIDENCE)}
    strangers = tuple(sorted(one for one in recorded if not plan.has(one)))
    return Board(plan, today, rows, strangers)


def is_second_person(record: Mapping[str, Any]) -> bool:
    """Tell whether who confirmed a task is another person than who submitted it."""
    return bool(told_apart(record))


def told_apart(record: Mapping[str, Any]) -> str:
    """Return how two persons are told apart: ``account``, ``name``, or empty if they are not.

    Accounts are compared where they are known, as on a server of a team; where neither is,
    names are, without regard to width, case and blanks. With the account of only one of
    them nothing is known: a name can be typed.
    """
    accounts = [_text(record, name) for name in ("submitted_id", "confirmed_id")]
    names = [person_key(_text(record, name)) for name in ("submitted_by", "confirmed_by")]
    if any(accounts):
        return "account" if all(accounts) and accounts[0] != accounts[1] else ""
    return "name" if all(names) and names[0] != names[1] else ""


def person_key(name: str) -> str:
    """Return a name as it is compared: NFKC, case folded, without blanks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _row(
    task: Task,
    record: Mapping[str, Any],
    tables: Tables,
    catalogue: Catalogue,
    today: dt.date,
    is_sound: Callable[[str], bool],
) -> BoardRow:
    milestones = [row for row in _rows(tables, MILESTONES) if row["task_id"] == task.task_id]
    evidence = [row for row in _rows(tables, EVIDENCE) if row["task_id"] == task.task_id]
    lost = sum(not is_sound(_text(row, "sha256")) for row in evidence)
    open_ones = sorted(
        (row for row in milestones if unknown(row["done_on"])),
        key=lambda row: (unknown(row["due"]), row["due"] if not unknown(row["due"]) else ""),
    )
    hand, dangling = by_hand(task.task_id, tables, catalogue)
    recorded = _text(record, "state")
    missing = _unproven(record, len(evidence) - lost) if recorded == DONE else ()
    state = UNPROVEN if missing else recorded or UNREPORTED
    end, next_due = _day(record, "end"), _day(open_ones[0], "due") if open_ones else None
    data_date = _day(record, "data_date")
    late = state != DONE and any(day is not None and day < today for day in (end, next_due))
    return BoardRow(
        task=task,
        state=state,
        recorded=recorded,
        owner=_text(record, "owner"),
        partners=_text(record, "partners"),
        note=_text(record, "note"),
        updated_by=_text(record, "updated_by"),
        submitted_by=_text(record, "submitted_by"),
        confirmed_by=_text(record, "confirmed_by"),
        start=_day(record, "start"),
        end=end,
        data_date=data_date,
        age_days=None if data_date is None else (today - data_date).days,
        milestones=len(milestones),
        milestones_done=len(milestones) - len(open_ones),
        next_title=_text(open_ones[0], "title") if open_ones else "",
        next_due=next_due,
        evidence=len(evidence),
        evidence_lost=lost,
        rule=by_rule(task, tables, catalogue),
        hand=hand,
        told_apart=told_apart(record) if state == DONE else "",
        is_overdue=late,
        problems=(*missing, *_problems(record, today, lost, dangling)),
    )


def _unproven(record: Mapping[str, Any], sound: int) -> tuple[Text, ...]:
    """Return what a task that says done lacks."""
    found = []
    if not sound:
        found.append(Text("标为完成，但没有可用的佐证文件", "done without an evidence file"))
    if not _text(record, "confirmed_by") and not _text(record, "confirmed_id"):
        found.append(Text("标为完成，但没有第二人确认", "done without a second person"))
    elif not is_second_person(record):
        found.append(
            Text(
                "提请人与确认人是同一人或不明，须由另一人确认",
                "who submitted and who confirmed is one person or unknown: somebody else "
                "must confirm",
            )
        )
    return tuple(found)


def _problems(
    record: Mapping[str, Any], today: dt.date, lost: int, dangling: int
) -> tuple[Text, ...]:
    found = []
    if lost:
        found.append(
            Text(f"{lost} 份佐证文件缺失或被改动", f"evidence files gone or altered: {lost}")
        )
    if dangling:
        found.append(
            Text(f"{dangling} 个关联对象已不在图层中", f"linked objects that are gone: {dangling}")
        )
    start, end, data_date = (_day(record, name) for name in ("start", "end", "data_date"))
    if start is not None and end is not None and start > end:
        found.append(Text("开始日期晚于完成期限", "it starts after it ends"))
    if data_date is not None and data_date > today:
        found.append(Text("数据时点晚于今天", "the date of its data is still to come"))
    return tuple(found)


def _rows(tables: Tables, key: str) -> list[dict[Any, Any]]:
    frame = tables.get(key)
    return [] if frame is None or frame.empty else frame.to_dict("records")


def _task_ids(tables: Tables, key: str) -> set[str]:
    return {str(row["task_id"]) for row in _rows(tables, key)}


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None or unknown(value) else str(value).strip()


def _day(record: Mapping[str, Any], name: str) -> dt.date | None:
    value = record.get(name)
    return None if value is None or unknown(value) else pd.Timestamp(value).date()
