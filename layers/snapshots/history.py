"""Two snapshots of a workspace held against each other, by one rule."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from layers.plan import EvidenceStore
from layers.snapshots.changes import change_list
from layers.snapshots.taking import parts_of

if TYPE_CHECKING:
    from layers.snapshots.changes import Changes
    from layers.snapshots.records import Part
    from layers.snapshots.records import Snapshot
    from layers.workspace import Workspace


def changes_between(workspace: Workspace, before: Snapshot, after: Snapshot) -> Changes:
    """Return what changed between two snapshots of a workspace, or since one.

    Where a rule changed since, the earlier one is computed anew from the versions it pinned.

    Parameters
    ----------
    workspace
        Whose snapshots they are.
    before, after
        The earlier and the later one; the later may be one that is not kept, see
        :func:`layers.snapshots.as_it_stands`.

    Raises
    ------
    WorkspaceError
        If a version that is needed was cleared away or is damaged.
    """

    def again() -> dict[str, Part]:
        tables = {key: workspace.read(key, v) for key, v in before.versions.items()}
        day = dt.date.fromisoformat(before.day)
        is_sound = EvidenceStore(workspace.path).is_sound
        return parts_of(tables, workspace.catalogue, day, is_sound)

    return change_list(before, after, workspace, again)
