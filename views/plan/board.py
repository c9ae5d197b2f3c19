"""The board: one row a task and safeguard, whatever was recorded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.i18n import UNKNOWN
from layers.plan import MEASURE_TYPES
from layers.plan import STATES
from views import figures
from views import filters
from views.plan import files_of
from views.plan import state
from views.plan import words
from views.text import _
from views.text import day
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.plan import Board
    from layers.plan import BoardRow
    from layers.plan import Measured

_NUMBER, _DUE, _STATE, _AGE = _ORDERS = ("number", "due", "state", "age")
_WIDTHS = (3, 10)
_MOST_VALUES = 3
_NOBODY = ""


def show(board: Board, measured: Mapping[str, Sequence[Measured]]) -> None:
    """Show counts, filters and the rows; a click on a task opens it."""
    with st.sidebar:
        rows = _filtered(board.rows)
    _counts(rows)
    if not rows:
        st.info(_("No task matches these filters."))
        return
    for kind, title in (("task", _("Tasks")), ("safeguard", _("Safeguards"))):
        own = [row for row in rows if row.task.kind == kind]
        if own:
            st.markdown(f"#### {title} ({num(len(own))})")
        for row in own:
            _row(row, measured.get(row.task.task_id, ()))
    if board.strangers:
        st.warning(
            _("Records of tasks that the plan does not have: {ids}").format(
                ids=md(", ".join(board.strangers))
            )
        )
    files_of.save_board(board, rows, measured)


def _counts(rows: Sequence[BoardRow]) -> None:
    found = [row.state for row in rows]
    cells = [(num(found.count(code)), words.state(code)) for code in STATES]
    figures.show([*cells, (num(sum(row.is_overdue for row in rows)), words.overdue())])


def _filtered(rows: Sequence[BoardRow]) -> list[BoardRow]:
    """Show the filters; return the rows that pass, in the order that is chosen."""
    filters.heading()
    states = filters.pills(_("State"), STATES, words.state, key="plan_states")
    types = filters.pills(_("Kind of measure"), MEASURE_TYPES, words.measure_type, key="plan_types")
    owners = sorted({row.owner for row in rows})
    owner = st.multiselect(
        _("Responsible unit"),
        owners,
        format_func=_owner,
        placeholder=_("All"),
        key=f"plan_owners:{lang()}",
    )
    late = st.checkbox(_("Only overdue ones"), key="plan_overdue", persist_state="session")
    found = [
        row
        for row in rows
        if (not states or row.state in states)
        and (not types or row.task.measure_type in types)
        and (not owner or row.owner in owner)
        and (not late or row.is_overdue)
    ]
    titles = {
        _NUMBER: _("number of the task"),
        _DUE: _("next due date"),
        _STATE: _("state"),
        _AGE: _("age of the data, the oldest first"),
    }
    order = st.selectbox(
        _("Order by"), _ORDERS, format_func=titles.__getitem__, key=f"plan_order:{lang()}"
    )
    return ordered(found, order)


def _owner(owner: str) -> str:
    return owner or _("not given")


def ordered(rows: Sequence[BoardRow], order: str) -> list[BoardRow]:
    """Return rows in an order; what is not known stands last, equal ones as in the plan."""
    keys: Mapping[str, Callable[[BoardRow], Any]] = {
        _DUE: lambda row: (row.next_due is None, row.next_due),
        _STATE: lambda row: STATES.index(row.state) if row.state in STATES else len(STATES),
        _AGE: lambda row: (row.age_days is None, -(row.age_days or 0)),
    }
    return sorted(rows, key=keys[order]) if order in keys else list(rows)


def _row(row: BoardRow, values: Sequence[Measured]) -> None:
    left, right = st.columns(_WIDTHS, gap="small", vertical_alignment="center")
    left.button(
        f"**{md(row.task.task_id)}** {md(pick(row.task.title))}",
        key=f"plan_open:{row.task.task_id}",
        type="tertiary",
        on_click=state.open_,
        args=(row.task.task_id,),
    )
    with right:
        st.html(f'<div class="atlas-task">{_cells(row, values)}</div>')


def _cells(row: BoardRow, values: Sequence[Measured]) -> str:
    evidence = num(row.evidence) if row.evidence else UNKNOWN
    due = f"<br><small>{esc(_due(row))}</small>" if row.next_due or row.next_title else ""
    late = words.late_badge() if row.is_overdue else ""
    cells = (
        words.badge(row.state) + words.told_apart(row.told_apart) + late,
        f"<small>{esc(_('Responsible unit'))}</small> {esc(row.owner or UNKNOWN)}",
        f"{esc(pick(row.standing))}{due}",
        f"<small>{esc(_('Evidence files'))}</small> {esc(evidence)}",
        f"<small>{esc(_('Data age'))}</small> {esc(words.age(row.age_days))}",
    )
    told = "".join(f"<div>{cell}</div>" for cell in cells)
    return f"{told}<div>{_values(values)}</div>{_problems(row)}"


def _due(row: BoardRow) -> str:
    return _("next: {title}, {day}").format(title=row.next_title, day=day(row.next_due))


def _values(values: Sequence[Measured]) -> str:
    told = [
        f"<small>{esc(pick(one.title))}</small> {esc(pick(one.text))}{words.sample(one)}"
        for one in values[:_MOST_VALUES]
    ]
    if len(values) > _MOST_VALUES:
        told.append(
            f"<small>{esc(_('{n} more').format(n=num(len(values) - _MOST_VALUES)))}</small>"
        )
    return "<br>".join(told)


def _problems(row: BoardRow) -> str:
    told = "; ".join(pick(problem) for problem in row.problems)
    return f'<div class="problem">△ {esc(told)}</div>' if told else ""
