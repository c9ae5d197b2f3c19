"""The journal: events appended to files that nothing rewrites.

A process writes a file of its own, one JSON record a line, forced to the disk before
the call returns. Each record carries the hash of the one before, so that a record
that was changed or taken out is noticed; see :meth:`Journal.check`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from layers.refusals import unwritable

if TYPE_CHECKING:
    from pathlib import Path

    from layers.audit.events import Event

FOLDER = "audit"
"""Name of the folder of the audit in a workspace; no layer has it."""

_FIRST = "0" * 64


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
        self._path: Path | None = None
        self._last = _FIRST
        self._number = 0

    def record(self, event: Event) -> None:
        """Append an event; when the call returns it is on the disk.

        Raises
        ------
        WorkspaceError
            If it cannot be written. Whoever takes something out or changes something
            must not go on then.
        """
        with self._lock:
            told = {
                "number": self._number,
                "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
                "before": self._last,
                **event.as_dict(),
            }
            line = json.dumps(told, ensure_ascii=True, allow_nan=False).encode("ascii")
            try:
                self._append(line + b"\n")
            except OSError as error:
                self._path = None  # what was cut off stays behind; go on in a new file
                raise unwritable(self.folder, error) from error
            self._last = hashlib.sha256(line).hexdigest()
            self._number += 1

    def _append(self, line: bytes) -> None:
        if self._path is None:
            self.folder.mkdir(exist_ok=True)
            begun = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
            self._path = self.folder / f"{begun}-{secrets.token_hex(8)}.jsonl"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(handle, line) != len(line):
                msg = "the disk is full"
                raise OSError(msg)
            os.fsync(handle)
        finally:
            os.close(handle)


@cache
def journal_of(workspace: Path) -> Journal:
    """Return the one journal that this process writes for a workspace."""
    return Journal(workspace)
