"""What the log of a Delta table says: which versions there are, and of which files each consists.

The log is a JSON file a version, with the files that the version adds and removes
(protocol of Delta Lake, "Actions"). Reading it once tells the files of all versions;
opening the table at each version would read it once a version.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from layers.refusals import damaged

if TYPE_CHECKING:
    from pathlib import Path

LOG = "_delta_log"
"""Folder of the log in the folder of a table."""

_ENTRY = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.\d{10})?\.parquet")
# Our tables have no partitions, so that a file lies in the folder itself. What another
# program wrote into a log must not lead anywhere else.
_PLAIN = re.compile(r"[^/\\]*[^/\\.][^/\\]*")


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a table.

    Attributes
    ----------
    version
        Its number.
    time
        When it was written, milliseconds since 1970, by the clock of the writer.
    details
        What the writer said of it: author, message, rows, source_file …
    files
        Names of the data files that it consists of.
    """

    version: int
    time: int
    details: dict[str, Any]
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableLog:
    """The log of a table up to a version.

    Attributes
    ----------
    folder
        Of the table.
    commits
        By version; the first is not 0 where the log was shortened.
    gaps
        Versions that the log has no entry of though it has earlier and later ones.
    """

    folder: Path
    commits: tuple[Commit, ...]
    gaps: tuple[int, ...]

    @property
    def last(self) -> int:
        """The last version."""
        return self.commits[-1].version

    @property
    def files(self) -> frozenset[str]:
        """Names of the data files of all versions together."""
        return frozenset().union(*(commit.files for commit in self.commits))

    def parts(self) -> list[Path]:
        """Return the files of the log itself up to the last version, in order."""
        found = []
        for path in sorted((self.folder / LOG).iterdir()):
            match = _ENTRY.fullmatch(path.name) or _CHECKPOINT.fullmatch(path.name)
            if match and int(match[1]) <= self.last:
                found.append(path)
        return found


def is_table(folder: Path) -> bool:
    """Tell whether a folder is a table of which a first version was written."""
    return any((folder / LOG).glob("*.json"))


def read_log(folder: Path) -> TableLog:
    """Read the log of a table as it is now.

    Parameters
    ----------
    folder
        The folder of the table.

    Raises
    ------
    WorkspaceError
        If it cannot be read.
    """
    try:
        names = [path.name for path in (folder / LOG).iterdir()]
        entries = sorted(int(match[1]) for name in names if (match := _ENTRY.fullmatch(name)))
        commits: list[Commit] = []
        live = _begun(folder, entries[0])
        for version in entries:
            commit, live = _read(folder, version, live)
            commits.append(commit)
    except (OSError, ValueError, KeyError, TypeError, IndexError, DeltaError) as error:
        raise damaged(folder.parent, folder.name, error) from error
    there = set(entries)
    gaps = tuple(v for v in range(entries[0], entries[-1]) if v not in there)
    return TableLog(folder, tuple(commits), gaps)


def _begun(folder: Path, first: int) -> frozenset[str]:
    """Return the files of the version where the log begins, if that is not the first one."""
    if first == 0:
        return frozenset()
    uris = DeltaTable(folder, version=first).file_uris()
    return frozenset(unquote(uri).replace("\\", "/").rpartition("/")[2] for uri in uris)


def _read(folder: Path, version: int, live: frozenset[str]) -> tuple[Commit, frozenset[str]]:
    text = (folder / LOG / f"{version:020}.json").read_text("utf-8")
    details: dict[str, Any] = {}
    files = set(live)
    # A message may hold other ends of a line, which JSON does not escape.
    for line in text.split("\n"):
        action: dict[str, Any] = json.loads(line) if line.strip() else {}
        if "commitInfo" in action:
            details = dict(action["commitInfo"])
        if "remove" in action:
            files.discard(_name(action["remove"]["path"]))
        if "add" in action:
            files.add(_name(action["add"]["path"]))
    found = frozenset(files)
    return Commit(version, int(details.get("timestamp", 0)), details, found), found


def _name(path: str) -> str:
    name = unquote(path)
    if not _PLAIN.fullmatch(name):
        msg = f"a data file of a log is {path!r}"
        raise ValueError(msg)
    return name
