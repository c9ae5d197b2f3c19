"""The objects of a task: rows that its rules find, and those that planners linked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.plan.definition import Task

LINKS = "task_objects"


def by_rule(
    task: Task, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> dict[str, frozenset[str]]:
    """Return the ids that the rules of a task find, by key of the layer.

    Parameters
    ----------
    task
        The task.
    tables
        Layers by key; one that is not there has no objects.
    catalogue
        Names the id of each layer.
    """
    found: dict[str, frozenset[str]] = {}
    for rule in task.objects:
        frame = tables.get(rule.layer)
        if frame is None or frame.empty:
            continue
        rows = frame
        if rule.field:
            rows = frame[frame[rule.field].astype("object").isin(rule.values)]
        ids = frozenset(map(str, rows[catalogue.layer(rule.layer).id_field].dropna()))
        if ids:
            found[rule.layer] = found.get(rule.layer, frozenset()) | ids
    return found


def by_hand(
    task_id: str, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> tuple[dict[str, frozenset[str]], int]:
    """Return the ids that were linked to a task by hand, and how many links lead nowhere.

    Parameters
    ----------
    task_id
        The task.
    tables
        Layers by key.
    catalogue
        Names the id of each layer.
    """
    links = tables.get(LINKS)
    if links is None or links.empty:
        return {}, 0
    own = links[links["task_id"].eq(task_id)]
    found: dict[str, frozenset[str]] = {}
    lost = 0
    for key, rows in own.groupby("layer", sort=False):
        name = str(key)
        wanted = frozenset(map(str, rows["feature_id"].dropna()))
        frame = tables.get(name)
        known: frozenset[str] = frozenset()
        if frame is not None and name in catalogue.keys:
            known = frozenset(map(str, frame[catalogue.layer(name).id_field]))
        if wanted & known:
            found[name] = wanted & known
        lost += len(wanted - known)
    return found, lost
