"""The board as a table, with names of columns that scripts may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text
from layers.plan.board import TASKS
from layers.plan.board import UNPROVEN
from layers.plan.board import UNREPORTED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue
    from layers.plan.board import Board
    from layers.plan.board import BoardRow
    from layers.plan.results import Measured

BOARD_TITLE = Text("行动方案任务进展", "Tasks of the action plan")
BOARD_TITLES = {
    "task_id": Text("任务编码", "Task"),
    "kind": Text("类别", "Kind"),
    "title_zh": Text("任务", "Title (Chinese)"),
    "title_en": Text("任务（英文）", "Title"),
    "unit_zh": Text("衡量内容", "Measured by (Chinese)"),
    "unit_en": Text("衡量内容（英文）", "Measured by"),
    "measure_type": Text("衡量方式", "Kind of measure"),
    "state": Text("状态", "State"),
    "recorded": Text("填报状态", "Recorded state"),
    "overdue": Text("逾期", "Overdue"),
    "owner": Text("责任单位", "Owner"),
    "partners": Text("配合单位", "Partners"),
    "start": Text("开始日期", "Start"),
    "end": Text("完成期限", "End"),
    "milestones_done": Text("已完成里程碑", "Milestones done"),
    "milestones": Text("里程碑", "Milestones"),
    "next_title": Text("下一里程碑", "Next milestone"),
    "next_due": Text("下一里程碑期限", "Next milestone due"),
    "evidence": Text("佐证份数", "Evidence files"),
    "objects": Text("空间对象数", "Objects"),
    "data_date": Text("数据时点", "Data date"),
    "age_days": Text("数据已过天数", "Age of the data (days)"),
    "submitted_by": Text("提请完成人", "Submitted by"),
    "confirmed_by": Text("确认人", "Confirmed by"),
    "told_apart": Text("两人核对依据", "Persons told apart by"),
    "updated_by": Text("更新人", "Updated by"),
    "note": Text("备注", "Note"),
    "measured_zh": Text("测算值", "Measured (Chinese)"),
    "measured_en": Text("测算值（英文）", "Measured"),
    "problems_zh": Text("待核问题", "Problems (Chinese)"),
    "problems_en": Text("待核问题（英文）", "Problems"),
    "sample": Text("示例数据", "Sample data"),
}
"""Columns of the board, and their titles for people."""

_COUNTS = ("milestones_done", "milestones", "evidence", "objects", "age_days")
_DAYS = ("start", "end", "next_due", "data_date")


_OWN_STATES = {
    UNREPORTED: Text("未填报", "Not reported"),
    UNPROVEN: Text("完成待核", "Done, to be checked"),
}


def state_title(code: str, catalogue: Catalogue) -> Text:
    """Return what a state of a task is called."""
    field = catalogue.layer(TASKS).field("state")
    return _OWN_STATES.get(code, field.choice_text(code))


_TOLD_APART = {
    "account": Text("按账号核对", "persons told apart by account"),
    "name": Text("按姓名核对", "persons told apart by name only"),
}


KIND_TITLES = {
    "task": Text("任务", "task"),
    "safeguard": Text("保障措施", "safeguard"),
}
MEASURE_TYPE_TITLES = {
    "milestone": Text("里程碑", "milestones"),
    "spatial": Text("空间", "spatial"),
    "count": Text("数量", "number"),
    "score": Text("评价卡", "scorecard"),
    "economic": Text("经济", "economic"),
}
"""What kinds of measures are called, see :data:`layers.plan.MEASURE_TYPES`."""


def board_words(catalogue: Catalogue) -> dict[str, dict[str, Text]]:
    """Return what the codes in the columns of the board are called, by column and code."""
    recorded = {
        choice.value: choice.title for choice in catalogue.layer(TASKS).field("state").choices
    }
    return {
        "kind": KIND_TITLES,
        "measure_type": MEASURE_TYPE_TITLES,
        "state": recorded | _OWN_STATES,
        "recorded": recorded,
        "told_apart": _TOLD_APART,
    }


def told_apart_title(code: str) -> Text:
    """Return how two persons were told apart; empty where they were not."""
    return _TOLD_APART.get(code, Text("", ""))


def overdue_text(row: BoardRow, today: dt.date) -> Text | None:
    """Say which days of a task are past, its own and that of its next milestone; None for none."""
    if not row.is_overdue:
        return None
    zh, en = [], []
    if row.end is not None and row.end < today:
        zh.append(f"完成期限 {row.end}")
        en.append(f"it was to end on {row.end}")
    if row.next_due is not None and row.next_due < today:
        zh.append(f"里程碑“{row.next_title}”应于 {row.next_due} 完成")
        en.append(f"the milestone '{row.next_title}' was due on {row.next_due}")
    return Text(f"已逾期：{'，'.join(zh)}", f"overdue: {', '.join(en)}")


def board_table(board: Board, measured: Mapping[str, Sequence[Measured]]) -> pd.DataFrame:
    """Return the board, one row a task and safeguard, columns :data:`BOARD_TITLES`.

    Parameters
    ----------
    board
        How the tasks stand.
    measured
        What is measured of each, by task; those without are not measured.
    """
    rows = [_cells(row, measured.get(row.task.task_id, ())) for row in board.rows]
    frame = pd.DataFrame(rows, columns=list(BOARD_TITLES))
    kinds = dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(_DAYS, "datetime64[s]")
    return frame.astype(kinds)


def _cells(row: BoardRow, values: Sequence[Measured]) -> dict[str, object]:
    task = row.task
    return {
        "task_id": task.task_id,
        "kind": task.kind,
        "title_zh": task.title.zh,
        "title_en": task.title.en,
        "unit_zh": task.unit.zh,
        "unit_en": task.unit.en,
        "measure_type": task.measure_type,
        "state": row.state,
        "recorded": row.recorded or None,
        "overdue": row.is_overdue,
        "owner": row.owner or None,
        "partners": row.partners or None,
        "start": row.start,
        "end": row.end,
        "milestones_done": row.milestones_done,
        "milestones": row.milestones,
        "next_title": row.next_title or None,
        "next_due": row.next_due,
        "evidence": row.evidence,
        "objects": sum(map(len, row.objects.values())),
        "data_date": row.data_date,
        "age_days": row.age_days,
        "submitted_by": row.submitted_by or None,
        "confirmed_by": row.confirmed_by or None,
        "told_apart": row.told_apart or None,
        "updated_by": row.updated_by or None,
        "note": row.note or None,
        "measured_zh": "；".join(f"{one.title.zh} {one.text.zh}" for one in values) or None,
        "measured_en": "; ".join(f"{one.title.en} {one.text.en}" for one in values) or None,
        "problems_zh": "；".join(problem.zh for problem in row.problems) or None,
        "problems_en": "; ".join(problem.en for problem in row.problems) or None,
        "sample": any(one.sample for one in values),
    }
