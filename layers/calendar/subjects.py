"""What a data calendar can be about, what it is called, and what is offered to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.calendar.deliveries import INDICATOR
from layers.calendar.deliveries import LAYER
from layers.calendar.deliveries import TARGET
from layers.calendar.deliveries import TASK
from layers.errors import Text
from layers.plan.definition import load_plan
from layers.scorecards import load_scorecards
from layers.targets import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import Catalogue

CALENDAR = "data_calendar"
"""Layer of the entries."""

# [J] Space and vacancy by quarter, economics by half-year, access by year; what hardly
# changes is looked through once a year. Layers of other groups are not offered: they are
# references, or are kept by the pages of the plan themselves.
_PERIODS = {
    "space": "quarter",
    "operation": "half_year",
    "access": "year",
    "parks": "year",
    "innovation": "year",
    "planning": "year",
}
_NOT_OFFERED = frozenset({"replies", "district"})
_DUE_DAYS = {"month": 10, "quarter": 20, "half_year": 30, "year": 60}
_NOTICE_DAYS = 7


def subject_titles(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> dict[tuple[str, str], Text]:
    """Return what everything is called that an entry can be about.

    Parameters
    ----------
    tables
        Layers by key.
    catalogue
        The catalogue; its folder holds the scorecards and the plan.

    Returns
    -------
    dict
        Titles by kind and subject; an indicator is ``card.criterion``.
    """
    folder = catalogue.folder
    cards = load_scorecards(folder)
    layers = {(LAYER, spec.key): spec.title for spec in catalogue.layers}
    indicators = {
        (INDICATOR, f"{key}.{criterion.key}"): Text(
            f"{cards.cards[key].title_zh}·{criterion.title_zh}",
            f"{cards.cards[key].title_en} · {criterion.title_en}",
        )
        for key in cards.evaluated
        for criterion in cards.cards[key].criteria
    }
    targets = {(TARGET, t.target_id): t.title for t in targets_of(tables, folder)}
    tasks = {(TASK, key): title for key, title in _plan_tasks(folder).items()}
    return layers | indicators | targets | tasks


def plan_layers(folder: Path) -> frozenset[str]:
    """Return the layers that the tasks of the plan of an edition are about."""
    plan = load_plan(folder)
    tasks = () if plan is None else plan.tasks
    return frozenset(rule.layer for task in tasks for rule in task.objects)


def _plan_tasks(folder: Path) -> Mapping[str, Text]:
    plan = load_plan(folder)
    tasks = () if plan is None else plan.tasks
    return {
        task.task_id: Text(f"{task.task_id} {task.title.zh}", f"{task.task_id} {task.title.en}")
        for task in tasks
    }


def offers(
    tables: Mapping[str, pd.DataFrame],
    rows: Mapping[str, int],
    catalogue: Catalogue,
    asked: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the entries that are offered for what has none yet; nothing is stored.

    Parameters
    ----------
    tables
        Layers by key; ``data_calendar`` holds the entries that there are.
    rows
        How many rows the layers have: one without any is not offered.
    catalogue
        The catalogue.
    asked
        Layers that are offered without rows too; those that the tasks of the plan are
        about by default.

    Returns
    -------
    list of dict
        Cells of the layer ``data_calendar``; the owner is left to people.
    """
    known = _recorded(tables)
    wanted = plan_layers(catalogue.folder) if asked is None else set(asked)
    layers = [
        (LAYER, spec.key, _PERIODS[spec.group])
        for spec in catalogue.layers
        if spec.group in _PERIODS and spec.key not in _NOT_OFFERED
        if rows.get(spec.key) or spec.key in wanted
    ]
    others = [
        (kind, subject, "quarter" if kind == TASK else "half_year")
        for kind, subject in subject_titles(tables, catalogue)
        if kind in {INDICATOR, TARGET, TASK}
    ]
    return [
        {
            "entry_id": f"{kind}-{subject}",
            "subject_kind": kind,
            "subject": subject,
            "owner": None,
            "period": period,
            "due_days": _DUE_DAYS[period],
            "remind_days": _NOTICE_DAYS,
            "note": None,
        }
        for kind, subject, period in (*layers, *others)
        if (kind, subject) not in known
    ]


def _recorded(tables: Mapping[str, pd.DataFrame]) -> set[tuple[str, str]]:
    entries = tables.get(CALENDAR)
    if entries is None:
        return set()
    return set(zip(entries["subject_kind"], entries["subject"], strict=True))
