"""What changed between two snapshots, or since one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.differences import differences
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.marks import is_sample
from layers.snapshots.kinds import LAYER
from layers.snapshots.kinds import LET
from layers.snapshots.kinds import SITE_ADDED
from layers.snapshots.kinds import SITE_CLOSED
from layers.snapshots.kinds import VACATED
from layers.snapshots.kinds import change
from layers.snapshots.kinds import frame_of
from layers.snapshots.known import known_of
from layers.snapshots.parts import part_changes
from layers.snapshots.units import unit_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.snapshots.records import Part
    from layers.snapshots.records import Row
    from layers.snapshots.records import Snapshot
    from layers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed.

    Attributes
    ----------
    rows
        One a change, columns :data:`layers.snapshots.CHANGE_TITLES`; ``kind`` is a key of
        :data:`layers.snapshots.KIND_TITLES`. ``before`` and ``after`` are codes, their words
        stand in the reasons. ``area_m2`` is the floor area (m²) of a site or a unit that
        moved.
    by_rule
        What differs in the earlier snapshot alone when it is computed anew by the rule of
        now: the change that the rule made and not the world. Same columns.
    rules
        ``(part, rule then, rule now)`` of the parts whose rule differs.
    """

    rows: pd.DataFrame
    by_rule: pd.DataFrame
    rules: tuple[tuple[str, str, str], ...]

    @property
    def freed_m2(self) -> float:
        """Floor area (m²) of all sites that parks left as a whole, vacant space with it."""
        return self._area(SITE_CLOSED)

    @property
    def taken_m2(self) -> float:
        """Floor area (m²) of all sites that parks came to."""
        return self._area(SITE_ADDED)

    @property
    def vacated_m2(self) -> float:
        """Floor area (m²) of all units that were vacated, those of whole sites with it."""
        return self._area(VACATED)

    @property
    def let_m2(self) -> float:
        """Floor area (m²) of all units that somebody moved into."""
        return self._area(LET)

    def _area(self, kind: str) -> float:
        return float(self.rows.loc[self.rows["kind"].eq(kind), "area_m2"].sum())


def change_list(
    before: Snapshot,
    after: Snapshot,
    workspace: Workspace,
    again: Callable[[], Mapping[str, Part]] | None = None,
) -> Changes:
    """Return what changed between two snapshots.

    Parts are held against each other only if they were found by one rule with the same
    parameters. Where the rule differs, the earlier one is computed anew by the rule of now
    from the versions that it pinned, and what the rule changed is told apart.

    Parameters
    ----------
    before, after
        The earlier and the later one.
    workspace
        For units, names, and what changed in the layers.
    again
        Computes the parts of `before` by the rules of now; needed where a rule differs.

    Raises
    ------
    WorkspaceError
        If a version that is needed was cleared away or is damaged.
    """
    differing = tuple(
        (key, before.parts[key].rule, after.parts[key].rule)
        for key in sorted(before.parts.keys() & after.parts.keys())
        if before.parts[key].rule != after.parts[key].rule
    )
    known = known_of(workspace, before, after)
    old, by_rule = dict(before.parts), frame_of([])
    if differing and again is not None:
        anew = again()
        keys = [key for key, _then, _now in differing if key in anew]
        then = {key: before.parts[key] for key in keys}
        by_rule = frame_of(part_changes(then, {key: anew[key] for key in keys}, known))
        old |= {key: anew[key] for key in keys}
    rows = frame_of(
        [
            *part_changes(old, after.parts, known),
            *unit_changes(workspace, before, after, known),
            *_layers(before, after, workspace),
        ]
    )
    return Changes(rows, by_rule, differing)


def _layers(before: Snapshot, after: Snapshot, workspace: Workspace) -> Iterable[Row]:
    catalogue = workspace.catalogue
    for key in sorted(before.versions.keys() | after.versions.keys()):
        then, now = before.versions.get(key), after.versions.get(key)
        if then != now and key in catalogue.keys:
            yield _layer(key, then, now, workspace, catalogue)


def _layer(
    key: str, then: int | None, now: int | None, workspace: Workspace, catalogue: Catalogue
) -> Row:
    spec = catalogue.layer(key)
    sample = False
    try:
        frames = [
            workspace.read(key, version) if version is not None else workspace.read(key).iloc[0:0]
            for version in (then, now)
        ]
    except WorkspaceError as error:
        told = error.text
    else:
        found = differences(frames[0], frames[1], spec)
        kinds = found["change"]
        changed = found.loc[kinds.eq("changed"), "id"].nunique()
        added, removed = int(kinds.eq("added").sum()), int(kinds.eq("removed").sum())
        told = Text(
            f"新增 {added} 行，修改 {changed} 行，删除 {removed} 行",
            f"{added} rows added, {changed} changed, {removed} removed",
        )
        sample = any(
            bool(is_sample(frame[frame[spec.id_field].isin(found["id"])]).any()) for frame in frames
        )
    versions = [None if version is None else f"v{version}" for version in (then, now)]
    return change(LAYER, key, spec.title, versions[0], versions[1], told, sample=sample)
