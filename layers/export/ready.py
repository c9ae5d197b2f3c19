"""Files that are ready to be fetched: kept on disk for a while, behind unguessable names."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import OrderedDict
from functools import cache
from pathlib import Path
from threading import Lock

EXPORT_ROUTE = "/exports"
MOST_FILES = 24


class ReadyFiles:
    """The newest prepared files of this process; older ones are deleted.

    A file can be fetched only by the address that was given to whoever prepared it.
    """

    def __init__(self, most: int = MOST_FILES) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="atlas-exports-")
        self._files: OrderedDict[str, Path] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def keep(self, path: Path) -> str:
        """Take a file over and return the token under which it can be fetched.

        Parameters
        ----------
        path
            A finished file; it is moved away from its folder.
        """
        token = secrets.token_urlsafe(24)
        kept = Path(self._folder.name) / token
        shutil.move(path, kept)
        with self._lock:
            self._files[token] = kept
            gone = [
                self._files.popitem(last=False)[1] for _ in range(len(self._files) - self._most)
            ]
        for old in gone:
            old.unlink(missing_ok=True)
        return token

    def path(self, token: str) -> Path | None:
        """Return where a file lies, None if there is none (any more)."""
        with self._lock:
            found = self._files.get(token)
        return found if found is not None and found.exists() else None


@cache
def ready_files() -> ReadyFiles:
    """Return the one shelf of this process."""
    return ReadyFiles()
