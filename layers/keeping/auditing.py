"""The audit of a workspace held against its layers, and against a backup of it.

Its files hang together by hashes (:mod:`layers.audit.checking`), which shows that a record
was changed, but not that all of them are gone or were written anew. The layers tell of the
changes that must be recorded; a backup that is kept elsewhere tells what was recorded by
then, and a journal that is only appended to begins with just that.
"""

from __future__ import annotations

import datetime as dt
from itertools import zip_longest
from typing import TYPE_CHECKING

from layers.audit.checking import Finding
from layers.audit.checking import Kind
from layers.audit.checking import check
from layers.audit.checking import finding
from layers.audit.files import FOLDER
from layers.audit.files import day_of
from layers.audit.files import files_of
from layers.audit.merged import open_steps
from layers.audit.merged import recorded_versions
from layers.city import City
from layers.city import is_city
from layers.cleared import AUDITED
from layers.commits import FOUNDING
from layers.keeping.log import is_table
from layers.keeping.log import read_log
from layers.keeping.refusals import of_another
from layers.keeping.restoring import files_of_backup
from layers.keeping.restoring import read_record
from layers.manifest import identity_of
from layers.manifest import read_manifest
from layers.refusals import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ANY_MOMENT = dt.timedelta(seconds=1)


def check_audit(folder: Path) -> list[Finding]:
    """Look whether the audit of a folder is whole and tells of every change of its layers.

    Parameters
    ----------
    folder
        The workspace, or the city.

    Returns
    -------
    list of Finding
        Those of :func:`layers.audit.checking.check`, and the versions of layers that were
        written by a program with an audit and are not recorded; empty if all is well.

    Raises
    ------
    WorkspaceError
        If the audit or the log of a layer cannot be read.
    """
    unrecorded = list(_unrecorded(folder)) if folder.is_dir() else []
    if unrecorded and not files_of(folder / FOLDER):
        return [*check(folder), finding(Kind.GONE, FOLDER)]
    return [*check(folder), *(finding(Kind.UNRECORDED, name) for name in unrecorded)]


def check_against(folder: Path, backup: Path) -> list[Finding]:
    """Look whether the audit of a folder begins with what a backup of it holds.

    Parameters
    ----------
    folder
        The workspace or the city; that of its districts is compared too.
    backup
        A backup of it, best one that was kept elsewhere.

    Returns
    -------
    list of Finding
        The first difference of every file; empty if everything is still there.

    Raises
    ------
    BackupError
        If it is no backup, is damaged, or is one of something else.
    WorkspaceError
        If the audit cannot be read.
    """
    if read_record(backup).identity != _identity(folder):
        raise of_another(backup, folder)
    found: list[Finding] = []
    for name, data in files_of_backup(backup, _is_audit):
        path = folder.joinpath(*name.split("/"))
        shown = name.removeprefix(f"{FOLDER}/")
        found += _compared(path, data, shown)
    return found


def _unrecorded(folder: Path) -> Iterator[str]:
    """Yield versions of layers that must be recorded and are not, as ``parks@3``."""
    known, begun = recorded_versions(folder), open_steps(folder)
    try:
        tables = sorted(path for path in folder.iterdir() if is_table(path))
    except OSError as error:
        raise unreadable(folder, error) from error
    for table in tables:
        mine = [time for time, keys in begun if table.name in keys]
        for commit in read_log(table).commits:
            own = commit.details
            if not own.get(AUDITED) or own.get(FOUNDING):
                continue
            if (table.name, commit.version) not in known and not _explained(commit.time, mine):
                yield f"{table.name}@{commit.version}"


def _explained(time: int, begun: list[dt.datetime]) -> bool:
    """Take the step away that may have written a version at a time, if there is one."""
    at = dt.datetime.fromtimestamp(time / 1000, dt.UTC) + _ANY_MOMENT
    before = [one for one in begun if one <= at]
    if before:
        begun.remove(max(before))
    return bool(before)


def _identity(folder: Path) -> str:
    return City.open(folder).identity if is_city(folder) else identity_of(read_manifest(folder))


def _is_audit(name: str) -> bool:
    *_folders, inside, file = ["", *name.split("/")]
    return inside == FOLDER and day_of(file) is not None


def _compared(path: Path, backed_up: bytes, shown: str) -> Iterator[Finding]:
    try:
        now = path.read_bytes()
    except FileNotFoundError:
        yield finding(Kind.MISSING_FILE, shown)
        return
    except OSError as error:
        raise unreadable(path, error) from error
    if now.startswith(backed_up):
        return
    pairs = zip_longest(now.splitlines(keepends=True), backed_up.splitlines(keepends=True))
    for number, (line, old) in enumerate(pairs, start=1):
        if line is None:
            yield finding(Kind.SHORTER, shown, number)
            return
        if line != old:
            yield finding(Kind.NOT_AS_BACKED_UP, shown, number)
            return
