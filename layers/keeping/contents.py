"""What a backup of a workspace or a city consists of, as it is at one moment.

Layers are pinned first: of each the version that is current then, the log up to it and the
data files of its versions. What is committed afterwards is not in the backup. Other files
are either replaced in one step or, like the audit, only appended to.

Personal tokens and the key of the log stay where they are: a token that was taken back
would be taken again after a restore, and both are secrets.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from layers.audit.files import ENDING
from layers.audit.files import FOLDER as AUDIT
from layers.city import is_city
from layers.cleared import cleared_versions
from layers.cleared import records
from layers.editing.drafts import FOLDER as DRAFTS
from layers.keeping.log import LOG
from layers.keeping.log import is_table
from layers.keeping.log import read_log
from layers.keeping.refusals import not_kept_here
from layers.logs import KEY_FILE
from layers.manifest import MANIFEST
from layers.refusals import unreadable
from layers.team.settings import STATE_FOLDER
from layers.team.tokens import FOLDER as TOKENS

if TYPE_CHECKING:
    from collections.abc import Collection

    from layers.keeping.log import TableLog

RESULTS = "results"
"""Folder of a workspace with tables that are no layers; see :mod:`layers.batch.results`."""

_BIN = ".bin"
_LONGEST = 1000
_SECRETS = (f"{STATE_FOLDER}/{TOKENS}", f"{STATE_FOLDER}/{KEY_FILE}")
# A backslash and a colon lead elsewhere on Windows; the rest no file can be called there.
_UNPORTABLE = re.compile(r'[\\:*?"<>|\x00-\x1f\ud800-\udfff]')


class Kind(Enum):
    """How a file is copied."""

    WHOLE = "whole"
    LINES = "lines"
    """Up to the end of its last whole line: somebody may be appending to it."""
    PASSING = "passing"
    """It may be gone by then: a draft was discarded, an old version cleared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to back up.

    Attributes
    ----------
    name
        Its path in the workspace, parts separated by ``/``.
    path
        Where it is.
    kind
        How it is copied.
    """

    name: str
    path: Path
    kind: Kind = Kind.WHOLE


@dataclass(slots=True)
class Contents:
    """What is to be backed up.

    Attributes
    ----------
    root
        The workspace or the city.
    entries
        The files, by name.
    logs
        The log of every table as it was pinned.
    left_out
        Links, and names that not every system has.
    """

    root: Path
    entries: list[Entry] = field(default_factory=list)
    logs: list[TableLog] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files, as far as they are there."""
        return sum(_size(entry.path) for entry in self.entries)

    def name_of(self, path: Path) -> str:
        """Return the name of a file or folder of the root."""
        return path.relative_to(self.root).as_posix()

    def versions(self) -> dict[str, dict[str, int]]:
        """Return the pinned versions of every workspace, by its path in the root.

        Results of batches are called ``results/<command>``. The path of a workspace that
        is the root itself is ``""``.
        """
        found: dict[str, dict[str, int]] = {}
        for log in self.logs:
            deep = 2 if log.folder.parent.name == RESULTS else 1
            parts = log.folder.relative_to(self.root).parts
            found.setdefault("/".join(parts[:-deep]), {})["/".join(parts[-deep:])] = log.last
        return found

    def clearings(self) -> list[Entry]:
        """Return the records of what was cleared, as they are now.

        They are copied after the data: a file that was cleared in the meantime is then
        known as cleared, and one that is there all the same does no harm.
        """
        paths = [path for log in self.logs for path in records(log.folder)]
        return [Entry(self.name_of(path), path) for path in paths]

    def missing(self, copied: Collection[str]) -> list[str]:
        """Return names of data files that a version needs that was not cleared.

        Parameters
        ----------
        copied
            Names of what is there, or was copied.
        """
        there = set(copied)
        return sorted(
            f"{self.name_of(log.folder)}/{name}"
            for log in self.logs
            for name in needed_files(log)
            if f"{self.name_of(log.folder)}/{name}" not in there
        )


def contents_of(root: Path) -> Contents:
    """Return what a backup of a workspace or a city made now consists of.

    Raises
    ------
    WorkspaceError
        If it is neither, or cannot be read.
    """
    if not (root / MANIFEST).is_file() and not is_city(root):
        raise not_kept_here(root)
    found = Contents(root)
    try:
        folders = _folders(root, found.left_out)
        # First of all, so that the layers are of as nearly one moment as can be.
        found.logs = [read_log(folder) for folder, _names in folders if is_table(folder)]
        for log in found.logs:
            _add_table(found, log)
        for folder, names in folders:
            # A first commit that was cut off left a folder of a log without a version.
            if not (folder / LOG).is_dir():
                for name in names:
                    _add_file(found, folder / name)
    except OSError as error:
        raise unreadable(root, error) from error
    found.entries.sort(key=lambda entry: entry.name)
    return found


def tables_of(root: Path) -> list[Path]:
    """Return the folders of all tables of a workspace or a city, layers and results alike."""
    return [folder for folder, _names in _folders(root, []) if is_table(folder)]


def needed_files(log: TableLog) -> dict[str, list[int]]:
    """Return the versions that were not cleared and need a data file, by its name."""
    cleared = cleared_versions(log.folder)
    found: dict[str, list[int]] = {}
    for commit in log.commits:
        if commit.version not in cleared:
            for name in commit.files:
                found.setdefault(name, []).append(commit.version)
    return found


def _folders(root: Path, left_out: list[str]) -> list[tuple[Path, list[str]]]:
    """Return all folders and their files, without what is hidden and the inside of tables."""
    found = []
    for place, inner, names in os.walk(root, onerror=_raise):
        folder = Path(place)
        shown = [name for name in sorted(inner) if not name.startswith(".") or name == _BIN]
        links = [name for name in shown if (folder / name).is_symlink()]
        left_out += [(folder / name).relative_to(root).as_posix() for name in links]
        inside = (folder / LOG).is_dir()
        inner[:] = [] if inside else [name for name in shown if name not in links]
        found.append((folder, sorted(name for name in names if not name.startswith("."))))
    return found


def _raise(error: OSError) -> None:
    raise error


def _add_table(found: Contents, log: TableLog) -> None:
    found.entries += [Entry(found.name_of(path), path) for path in log.parts()]
    there = {path.name for path in log.folder.iterdir()}
    for name in sorted(needed_files(log).keys() & there):
        path = log.folder / name
        found.entries.append(Entry(found.name_of(path), path, Kind.PASSING))


def _add_file(found: Contents, path: Path) -> None:
    name = found.name_of(path)
    if is_secret(name):
        return
    if path.is_symlink() or not path.is_file() or not is_portable(name):
        found.left_out.append(name)
        return
    kind = Kind.WHOLE
    if path.parent.name == AUDIT and path.suffix == ENDING:
        kind = Kind.LINES
    elif path.parent.name == DRAFTS:
        kind = Kind.PASSING
    found.entries.append(Entry(name, path, kind))


def is_secret(name: str) -> bool:
    """Tell whether a file is a personal token or the key of the log, which no backup holds.

    Parameters
    ----------
    name
        Its path in a workspace or a city, parts separated by ``/``.
    """
    return any(f"/{secret}/" in f"/{name}/" for secret in _SECRETS)


def is_portable(name: str) -> bool:
    """Tell whether a path inside a backup can be written on every system, and leads nowhere else.

    Parameters
    ----------
    name
        Parts separated by ``/``.
    """
    parts = name.split("/")
    return (
        not _UNPORTABLE.search(name)
        and all(part.strip(". ") for part in parts)
        and len(name.encode("utf-8", "surrogatepass")) <= _LONGEST
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
