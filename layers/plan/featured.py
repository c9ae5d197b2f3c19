"""What a plan sheet of a task shows and tells: its objects, how it stands, what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text
from layers.plan.board import UNPROVEN
from layers.plan.board import UNREPORTED
from layers.sheet.records import Featured

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import Catalogue
    from layers.plan.board import BoardRow
    from layers.plan.results import Measured
    from layers.team import Audience

_OWN_STATES = {
    UNREPORTED: Text("未填报", "not reported"),
    UNPROVEN: Text("完成待核", "done, to be checked"),
}
_MOST_VALUES = 6


def featured_of(
    row: BoardRow, measured: Iterable[Measured], catalogue: Catalogue, audience: Audience
) -> Featured:
    """Return what a sheet of a task shows.

    Parameters
    ----------
    row
        How the task stands.
    measured
        What is measured of it.
    catalogue
        Names the states.
    audience
        For whom the sheet is; a public one tells no internal value.
    """
    values = [one for one in measured if audience == "internal" or not one.internal]
    facts = [
        (Text("任务状态", "state of the task"), _state(row, catalogue)),
        (Text("里程碑", "milestones"), row.standing),
    ]
    if row.owner:
        facts.append((Text("责任单位", "owner"), Text(row.owner, row.owner)))
    facts += [(one.title, one.text) for one in values[:_MOST_VALUES]]
    return Featured(
        name=Text(
            f"{row.task.task_id} {row.task.title.zh}", f"{row.task.task_id} {row.task.title.en}"
        ),
        objects=row.objects,
        facts=tuple(facts),
        sample=any(one.sample for one in values),
    )


def _state(row: BoardRow, catalogue: Catalogue) -> Text:
    field = catalogue.layer("tasks").field("state")
    own = field.choice_text(row.state)
    return _OWN_STATES.get(row.state, own)
