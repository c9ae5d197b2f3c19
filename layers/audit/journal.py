"""The journal: events appended to files that nothing rewrites.

A process writes files of its own, one JSON record a line, forced to the disk before
the call returns. Each record carries the hash of the one before, and the first one of
a file where other files ended, so that a record or a file that was changed or taken
away is noticed; see :func:`layers.audit.checking.check`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any

from layers.audit.files import FIRST
from layers.audit.files import FOLDER
from layers.audit.files import LONGEST_RECORD
from layers.audit.files import End
from layers.audit.files import day_of
from layers.audit.files import digest_of
from layers.audit.files import new_name
from layers.audit.files import open_ends
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.audit.events import Event

LARGEST_FILE = 16_000_000
"""Bytes after which a file is closed and another one begun."""

# Readable for the group that runs the server, for nobody else.
_RIGHTS = 0o640
# Windows would write an end of line of its own.
_APPEND = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Journal:
    """The audit of a workspace; get it with :func:`journal_of`.

    Parameters
    ----------
    workspace
        Folder of the workspace, or of the city for what belongs to no district.
    """

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / FOLDER
        self._lock = Lock()
        self._file: _File | None = None

    def record(self, event: Event) -> None:
        """Append an event; when the call returns it is on the disk.

        Raises
        ------
        WorkspaceError
            If it cannot be written. Whoever takes something out or changes something
            must not go on then.
        """
        with self._lock:
            now = _now()
            try:
                self._record(event.as_dict(), now)
            except OSError as error:
                raise unwritable(self.folder, error) from error

    def _record(self, told: Mapping[str, Any], now: dt.datetime) -> None:
        file = self._file
        if file is None or not file.takes_more(now.date()):
            file = self._file = self._begun(file, now)
        file.append(told, now)

    def _begun(self, before: _File | None, now: dt.datetime) -> _File:
        """Return a new file, which tells where the others ended."""
        self.folder.mkdir(exist_ok=True)
        ends = open_ends(self.folder, now.date())
        if before is not None and before.end is not None:
            # As it was written, whatever somebody made of it since.
            ends[before.path.name] = before.end
        return _File(self.folder / new_name(now), ends)


class _File:
    """A file that this process writes.

    Attributes
    ----------
    path
        Where it is.
    end
        Its last record, None before the first.
    """

    def __init__(self, path: Path, ends: Mapping[str, End]) -> None:
        self.path = path
        self.end: End | None = None
        self._ends = ends
        self._day = day_of(path.name)
        self._size = 0
        self._is_whole = True
        self._process = os.getpid()

    def takes_more(self, today: dt.date) -> bool:
        """Tell whether it is still today's file, as it was left, and not too large."""
        return (
            self._is_whole
            and self._process == os.getpid()
            and self._day == today
            and self._size < LARGEST_FILE
            and self._is_as_left()
        )

    def _is_as_left(self) -> bool:
        if self.end is None:
            return True
        try:
            return self.path.stat().st_size == self._size
        except OSError:
            return False  # another workspace may stand in the folder by now

    def append(self, told: Mapping[str, Any], now: dt.datetime) -> None:
        """Append a record and force it to the disk.

        Raises
        ------
        OSError
            If it cannot be written; then it does not count.
        """
        number = 0 if self.end is None else self.end.number + 1
        head = {
            "number": number,
            "time": now.isoformat(timespec="milliseconds"),
            "before": FIRST if self.end is None else self.end.digest,
        }
        if not number:
            # With its own name a file cannot stand for another one.
            head["file"] = self.path.name
            head["files"] = {name: end.as_list() for name, end in self._ends.items()}
        record = {**head, **told}
        # Plain ASCII carries any text on one line, halves of surrogate pairs included.
        line = json.dumps(record, ensure_ascii=True, allow_nan=False, default=str).encode("ascii")
        if len(line) >= LONGEST_RECORD:
            msg = f"a record of {len(line)} bytes"
            raise OSError(msg)
        self._write(line + b"\n", is_first=not number)
        self.end = End(number, digest_of(line))
        self._size += len(line) + 1

    def _write(self, line: bytes, *, is_first: bool) -> None:
        # A file that is gone must not come back without its first records.
        flags = _APPEND | os.O_CREAT if is_first else _APPEND
        handle = os.open(self.path, flags, _RIGHTS)
        try:
            try:
                _write_all(handle, line)
                if is_first:
                    _force_folder(self.path.parent)
            except OSError:
                self._undo(handle)
                raise
        finally:
            os.close(handle)

    def _undo(self, handle: int) -> None:
        """Take back the half of a record that could be written; it never was one."""
        self._is_whole = False
        with suppress(OSError):
            os.ftruncate(handle, self._size)
            self._is_whole = True


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _write_all(handle: int, line: bytes) -> None:
    if os.write(handle, line) != len(line):
        msg = "the disk is full"
        raise OSError(msg)
    os.fsync(handle)


def _force_folder(folder: Path) -> None:
    """Force the name of a new file to the disk, where a folder can be opened."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def journal_of(workspace: Path) -> Journal:
    """Return the one journal that this process writes for a workspace."""
    return Journal(workspace)
