"""Files of the page: the board as a table, and the sheet of one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text
from layers.plan.table import told_apart_title
from layers.team import Right
from views import store
from views import tables
from views import who
from views.plan import words
from views.text import _
from views.text import lang
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.plan import Board
    from layers.plan import BoardRow
    from layers.plan import Measured
    from layers.plan import Plan

_PEOPLE = ("updated_by", "submitted_by", "confirmed_by", "note")


def save_board(
    board: Board, rows: Sequence[BoardRow], measured: Mapping[str, Sequence[Measured]]
) -> None:
    """Offer the rows that are shown as a file.

    Parameters
    ----------
    board
        The board.
    rows
        Which of its rows, in which order.
    measured
        What is measured of each task.
    """
    frame = pd.DataFrame([_cells(row, measured.get(row.task.task_id, ())) for row in rows])
    _save(frame, "plan_board", _("Board of the tasks"), board.plan)


def save_task(plan: Plan, row: BoardRow, values: Sequence[Measured]) -> None:
    """Offer what is known of one task as a file, one line a fact."""
    cells = _cells(row, values)
    titles = _titles()
    facts = [(titles[name], cells[name], "") for name in titles if name in cells]
    facts += [(pick(one.title), pick(one.text), _origin(one)) for one in values]
    frame = pd.DataFrame(facts, columns=["fact", "value", "origin"]).assign(
        sample=any(one.sample for one in values)
    )
    title = f"{row.task.task_id} {pick(row.task.title)}"
    named = {"fact": _("Item"), "value": _("Content"), "origin": _("Source")}
    _save(frame, f"plan_{row.task.task_id}", title, plan, named, _("Save the task (Excel)"))


def _save(
    frame: pd.DataFrame,
    name: str,
    title: str,
    plan: Plan,
    titles: Mapping[str, str] | None = None,
    label: str = "",
) -> None:
    internal = who.may(Right.INTERNAL)
    named = {key: Text(text, text) for key, text in (titles or _titles()).items() if key in frame}
    shown = frame[[key for key in frame if key in named or key == "sample"]]
    version = _("plan file, version {version}").format(version=plan.version)
    source = Text(
        f"{plan.title.zh} {plan.document} · {version}",
        f"{plan.title.en} {plan.document} · {version}",
    )
    tables.save(
        shown,
        name,
        Text(title, title),
        named | {"sample": Text(_("Sample data"), _("Sample data"))},
        internal=internal,
        remarks=[source, _versions()],
        label=label,
    )


def _versions() -> Text:
    told = ", ".join(f"{key} {version}" for key, version in store.versions())
    title = _("Versions of the layers")
    return Text(f"{title}: {told}", f"{title}: {told}")


def _titles() -> dict[str, str]:
    """Return the columns of the board in their order."""
    return {
        "task_id": _("Number of the task"),
        "title": _("Task"),
        "unit": _("Measured by"),
        "measure_type": _("Kind of measure"),
        "state": _("State"),
        "overdue": _("Overdue"),
        "owner": _("Responsible unit"),
        "partners": _("Partners"),
        "start": _("Start"),
        "end": _("End"),
        "milestones": _("Milestones done"),
        "milestones_all": _("Milestones"),
        "next_title": _("Next milestone"),
        "next_due": _("Due"),
        "evidence": _("Evidence files"),
        "objects": _("Objects on the map"),
        "data_date": _("Data date"),
        "age_days": _("Age of the data (days)"),
        "measured": _("Measured values"),
        "problems": _("Problems"),
        "updated_by": _("Updated by"),
        "submitted_by": _("Submitted by"),
        "confirmed_by": _("Confirmed by"),
        "told_apart": _("Persons told apart by"),
        "note": _("Note"),
    }


def _cells(row: BoardRow, values: Sequence[Measured]) -> dict[str, object]:
    cells: dict[str, object] = {
        "task_id": row.task.task_id,
        "title": pick(row.task.title),
        "unit": pick(row.task.unit),
        "measure_type": words.measure_type(row.task.measure_type),
        "state": words.state(row.state),
        "overdue": _("yes") if row.is_overdue else "",
        "owner": row.owner,
        "partners": row.partners,
        "start": row.start,
        "end": row.end,
        "milestones": row.milestones_done if row.milestones else None,
        "milestones_all": row.milestones or None,
        "next_title": row.next_title,
        "next_due": row.next_due,
        "evidence": row.evidence or None,
        "objects": sum(map(len, row.objects.values())) if row.task.objects or row.hand else None,
        "data_date": row.data_date,
        "age_days": row.age_days,
        "measured": "; ".join(f"{pick(one.title)} {pick(one.text)}" for one in values),
        "problems": "; ".join(pick(problem) for problem in row.problems),
        "sample": any(one.sample for one in values),
    }
    if who.may(Right.INTERNAL):
        cells |= {name: getattr(row, name) for name in _PEOPLE}
        cells |= {"told_apart": pick(told_apart_title(row.told_apart))}
    return cells


def _origin(one: Measured) -> str:
    named = store.catalogue()
    titles = [named.layer(key).title.get(lang()) for key in one.layers if key in named.keys]
    return _(", ").join(titles) + (f" · {one.as_of.isoformat()}" if one.as_of else "")
