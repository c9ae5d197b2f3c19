"""Clearing away: the data of old versions that nothing refers to, and what was left behind.

``DeltaTable.vacuum(keep_versions=…)`` would do for the data files, but it writes two
versions of its own into the log: the layer would have another number, drafts would be in
conflict with it, and the history would tell of commits of nobody. So the files are removed
here; which ones follows from the log alone.

A data file goes only if every version that has it is cleared. One that no version has might
belong to a commit that is on its way, so it goes only when it is a day old.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from layers.cleared import AUDITED
from layers.cleared import cleared_versions
from layers.cleared import record_cleared
from layers.keeping.leftovers import is_old
from layers.keeping.leftovers import leftovers
from layers.keeping.leftovers import remove_leftovers
from layers.keeping.log import read_log
from layers.keeping.references import references
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.keeping.leftovers import Leftover
    from layers.keeping.log import TableLog
    from layers.workspace import Workspace

KEEP_DAYS = 365
"""For how long a version stays after another one took its place, if nobody says otherwise."""

_A_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Clearance:
    """What would be cleared of a layer.

    Attributes
    ----------
    layer
        Its key.
    versions
        Which versions.
    kept
        Older versions that stay because something refers to them or they are from before
        the audit.
    files
        Names of the data files, with their bytes.
    """

    layer: str
    versions: tuple[int, ...]
    kept: tuple[int, ...]
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(self.files.values())


@dataclass(frozen=True, slots=True)
class VacuumPlan:
    """What would be cleared of a workspace.

    Attributes
    ----------
    clearances
        By layer.
    leftovers
        What was left behind and is old.
    """

    clearances: tuple[Clearance, ...]
    leftovers: tuple[Leftover, ...] = field(default_factory=tuple)

    @property
    def versions(self) -> dict[str, list[int]]:
        """Versions by layer, as plain data."""
        return {found.layer: list(found.versions) for found in self.clearances if found.versions}

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(found.size for found in self.clearances) + sum(
            left.size for left in self.leftovers
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to clear."""
        return not self.leftovers and not any(
            found.files or found.versions for found in self.clearances
        )


def plan_vacuum(
    workspace: Workspace,
    *,
    keep_days: float = KEEP_DAYS,
    before_audit: bool = False,
    now: dt.datetime | None = None,
) -> VacuumPlan:
    """Return what could be cleared; nothing is changed.

    Never the current version of a layer and the one before it, versions that were current
    within `keep_days`, and those that something refers to (:mod:`layers.keeping.references`).

    Parameters
    ----------
    workspace
        The workspace.
    keep_days
        For how many days a version stays after another one took its place.
    before_audit
        Also versions that an older program wrote, which kept no audit: nobody knows
        whether a report refers to them.
    now
        The time; by default that of the clock.

    Raises
    ------
    BackupError
        If records cannot be read, so that it is not known what they refer to.
    WorkspaceError
        If the workspace is damaged.
    """
    now = dt.datetime.now(dt.UTC) if now is None else now
    needed = references(workspace)
    before = now.timestamp() * 1000 - keep_days * _A_DAY_MS
    clearances = []
    for key in workspace.versions():
        log = read_log(workspace.path / key)
        aged = _superseded_before(log, before)
        plain = {c.version for c in log.commits if before_audit or c.details.get(AUDITED)}
        aged -= cleared_versions(log.folder).keys()
        going = (aged & plain) - needed[key].keys()
        files = _files_of_cleared(log, going)
        clearances.append(Clearance(key, _sorted(going), _sorted(aged - going), files))
    old = [left for left in leftovers(workspace.path) if is_old(left, now.timestamp())]
    return VacuumPlan(tuple(clearances), tuple(old))


def vacuum(
    workspace: Workspace, plan: VacuumPlan, *, author: str, now: dt.datetime | None = None
) -> VacuumPlan:
    """Clear what a plan says, and return what was cleared.

    A version is written down as cleared before its files go: whoever asks for it from
    then on is told so. If something has come to refer to it since the plan was made, it
    stays.

    Parameters
    ----------
    workspace
        The workspace.
    plan
        Of :func:`plan_vacuum`.
    author
        Who clears.
    now
        The time; by default that of the clock.

    Raises
    ------
    BackupError
        As :func:`plan_vacuum`; nothing is cleared then.
    WorkspaceError
        If nothing can be written. What was cleared until then is cleared.
    """
    now = dt.datetime.now(dt.UTC) if now is None else now
    time = now.isoformat(timespec="seconds")
    wishes = [wanted for wanted in plan.clearances if wanted.files or wanted.versions]
    try:
        done = [_clear(workspace, wanted, time, author) for wanted in wishes]
    except OSError as error:
        raise unwritable(workspace.path, error) from error
    removed = remove_leftovers(list(plan.leftovers), now.timestamp())
    return VacuumPlan(tuple(done), tuple(removed))


def _clear(workspace: Workspace, wanted: Clearance, time: str, author: str) -> Clearance:
    table = workspace.path / wanted.layer
    going = set(wanted.versions)
    if going:
        record = record_cleared(table, going, time, author)
        # From here on nobody can begin to use these versions; who did before is seen now.
        try:
            needed = references(workspace)[wanted.layer].keys()
        except BaseException:
            record.unlink()
            raise
        if going & needed:
            going -= needed
            if going:
                record_cleared(table, going, time, author)
            record.unlink()
    files = _files_of_cleared(read_log(table), going)
    for name in files:
        (table / name).unlink(missing_ok=True)
    return Clearance(wanted.layer, _sorted(going), wanted.kept, files)


def _files_of_cleared(log: TableLog, going: Collection[int]) -> dict[str, int]:
    """Return the data files that are there and that only versions have that go or went.

    Those that went are looked at again: a process may have been killed amid its work.
    """
    gone = {*going, *cleared_versions(log.folder)}
    there: set[str] = set()
    needed: set[str] = set()
    for commit in log.commits:
        (there if commit.version in gone else needed).update(commit.files)
    sizes = {}
    for name in sorted(there - needed):
        with suppress(FileNotFoundError):
            sizes[name] = (log.folder / name).stat().st_size
    return sizes


def _superseded_before(log: TableLog, before: float) -> set[int]:
    """Return versions in whose place another one stood before a time, milliseconds.

    A version counts as written no earlier than those before it, so that a clock that was
    set back makes nothing look old. The last version but one stays whatever its age: the
    last import can still be undone.
    """
    latest, found = 0, set()
    for commit, following in zip(log.commits, log.commits[1:], strict=False):
        latest = max(latest, commit.time, following.time)
        if latest < before and following.version < log.last:
            found.add(commit.version)
    return found


def _sorted(versions: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted(versions))
