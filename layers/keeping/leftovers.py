"""What processes that were killed left behind: files half made, data that no version has.

Nothing ever reads them; they only take room. What is being written at this moment looks the
same, so only what is old may be removed.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import WorkspaceError
from layers.keeping.log import LOG
from layers.keeping.log import is_table
from layers.keeping.log import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD_S = 86_400.0
"""Seconds after which nobody can still be writing it: a day."""

# Files made aside are called ".<name>-<32 hex>", ".<32 hex>" or ".<32 hex>-<16 hex>";
# folders that Python names have a prefix of ours and eight letters.
_ASIDE = re.compile(
    r"\.(?:.+-)?[0-9a-f]{32}|\.[0-9a-f]{32}-[0-9a-f]{16}|\.(?:atlas|edition)-[a-z0-9_]{8}"
)
_DATA = re.compile(r".+\.parquet(?:#\d+)?")
_HALF_ENTRY = re.compile(r"_commit_.+\.tmp|.+\.(?:json|parquet)#\d+")


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that was left behind.

    Attributes
    ----------
    path
        A file or a folder.
    size
        Bytes.
    changed
        When it was last written to, seconds since 1970.
    """

    path: Path
    size: int
    changed: float


def leftovers(root: Path) -> list[Leftover]:
    """Return what was left behind in a workspace or city, and beside it, by path.

    Parameters
    ----------
    root
        The folder.
    """
    beside = re.compile(rf"\.{re.escape(root.name)}-[0-9a-f]{{32}}")
    paths = [path for path in root.parent.iterdir() if beside.fullmatch(path.name)]
    for place, inner, names in os.walk(root):
        folder = Path(place)
        aside = [name for name in (*inner, *names) if _ASIDE.fullmatch(name)]
        paths += [folder / name for name in aside]
        inner[:] = [name for name in inner if name not in aside and name != LOG]
        paths += _of_table(folder)
    return sorted(map(_measured, paths), key=lambda left: left.path)


def is_old(left: Leftover, now: float) -> bool:
    """Tell whether nobody can still be writing it at a time, seconds since 1970."""
    return now - left.changed > OLD_S


def remove_leftovers(found: list[Leftover], now: float) -> list[Leftover]:
    """Remove what is old, and return it.

    Parameters
    ----------
    found
        See :func:`leftovers`.
    now
        Seconds since 1970.
    """
    old = [left for left in found if is_old(left, now)]
    for left in old:
        if left.path.is_dir():
            shutil.rmtree(left.path, ignore_errors=True)
        else:
            with suppress(OSError):
                left.path.unlink(missing_ok=True)
    return [left for left in old if not left.path.exists()]


def _of_table(folder: Path) -> Iterator[Path]:
    """Yield data files that no version has, and entries of the log that were not finished."""
    log = folder / LOG
    if not log.is_dir():
        return
    # Before the log: a version that is committed now has its files already.
    data = [path for path in folder.iterdir() if _DATA.fullmatch(path.name)]
    with suppress(WorkspaceError):  # of a damaged log nobody knows what it has
        known = read_log(folder).files if is_table(folder) else frozenset()
        yield from [path for path in data if path.name not in known]
    yield from (path for path in log.iterdir() if _HALF_ENTRY.fullmatch(path.name))


def _measured(path: Path) -> Leftover:
    size, changed = 0, 0.0
    for file in (path, *path.rglob("*")):
        with suppress(OSError):
            found = file.stat()
            size += found.st_size if file.is_file() else 0
            changed = max(changed, found.st_mtime)
    return Leftover(path, size, changed)
