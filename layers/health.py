"""Whether the server can do its work: asked often, looked at seldom.

Nothing here names a folder, a file or a person, because anybody may ask.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING
from typing import Literal

from layers.audit import FOLDER as AUDIT
from layers.city import City
from layers.city import is_city
from layers.errors import AtlasError
from layers.manifest import MANIFEST
from layers.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from layers.team.settings import Team

State = Literal["ok", "degraded", "down"]

KEEP_S = 5.0
"""For how long one look answers all questions, in seconds."""

LEAST_FREE_MB = 500
"""Free space below which something has to be done, in megabytes: an import of a large
layer with its copies takes about this much."""

PATIENCE_S = 3.0
"""After which a disk that does not answer counts as gone, in seconds."""

_PROBE = b"0" * 4096
_MB = 1024 * 1024
_BEFORE = {AUDIT, "team"}


@dataclass(frozen=True, slots=True)
class Health:
    """What was found.

    Attributes
    ----------
    checks
        ``readable``: the workspace can be opened. ``writable``: something can be written
        there. ``journal``: the audit can be written. ``disk``: enough space is free.
        ``people``, on a team server: the list of people can be read; else nobody has a role.
    """

    checks: Mapping[str, bool]

    @property
    def status(self) -> State:
        """``ok``; ``degraded`` if something fails; ``down`` if there is nothing to look at."""
        if not self.checks["readable"]:
            return "down"
        return "ok" if all(self.checks.values()) else "degraded"

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data, with the version of the product."""
        return {
            "status": self.status,
            "version": version("yangpu-atlas"),
            "checks": dict(self.checks),
        }


_GONE = Health(dict.fromkeys(("readable", "writable", "journal", "disk"), False))


class Watch:
    """Looks after a workspace or a city, at most once in a few seconds.

    Parameters
    ----------
    root
        Gives the folder, which may change while tests run.
    serving
        The team that is served, None to work alone.
    keep_s, patience_s
        For how long a look holds, and how long one may take, in seconds.
    clock
        Gives seconds that never go back.
    """

    def __init__(
        self,
        root: Callable[[], Path],
        serving: Team | None = None,
        *,
        keep_s: float = KEEP_S,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._serving = serving
        self._keep_s = keep_s
        self._patience_s = patience_s
        self._clock = clock
        self._lock = Lock()
        self._last: tuple[float, Health] | None = None
        self._looking: Future[Health] | None = None
        # One thread of its own: a disk that hangs must not take those of the pages.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="atlas-health")

    def look(self) -> Health:
        """Return what was found, newly or within the last seconds; waits a few at most."""
        with self._lock:
            if self._last is not None and self._clock() - self._last[0] < self._keep_s:
                return self._last[1]
            if self._looking is None:
                self._looking = self._thread.submit(lambda: inspect(self._root(), self._serving))
            try:
                found = self._looking.result(self._patience_s)
            except TooLate:
                found = _GONE  # it is still being looked; nobody begins another look
            else:
                self._looking = None
            self._last = (self._clock(), found)
            return found


def inspect(root: Path, serving: Team | None = None) -> Health:
    """Look at a folder now.

    Parameters
    ----------
    root
        Folder of the workspace or the city; one that is not there yet counts as readable,
        because the first page that is opened makes it.
    serving
        The team that is served, None to work alone.
    """
    is_new = not root.exists()
    try:
        root = _nearest(root)
        free = shutil.disk_usage(root).free
    except OSError:
        return _GONE
    journal = root / AUDIT
    writable = _is_writable(root)
    return Health(
        {
            "readable": is_new or _is_readable(root),
            "writable": writable,
            "journal": _is_writable(journal) if journal.is_dir() else writable,
            "disk": free >= LEAST_FREE_MB * _MB,
        }
        | ({} if serving is None else {"people": _is_known(serving)})
    )


def _is_known(serving: Team) -> bool:
    """Tell whether roles can be looked up; if not, every request is answered 503."""
    members = serving.roles.members
    try:
        if members is not None:
            members.members()
    except AtlasError:
        return False
    return True


def _nearest(root: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    return next(path for path in (root, *root.absolute().parents) if path.exists())


def _is_readable(root: Path) -> bool:
    try:
        if is_city(root):
            City.open(root)
        elif (root / MANIFEST).exists():
            read_manifest(root)
        else:
            # The state of a team server may be there before the first page makes the workspace.
            return {path.name for path in root.iterdir() if path.is_dir()} <= _BEFORE
    except (AtlasError, OSError):
        return False
    return True


def _is_writable(folder: Path) -> bool:
    """Write a page of a disk and let go of it; on Linux the file never has a name."""
    try:
        with tempfile.TemporaryFile(dir=folder) as handle:
            handle.write(_PROBE)
            handle.flush()
    except OSError:
        return False
    return True
