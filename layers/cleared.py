"""Which old versions of a layer have been cleared away, and when.

The log of a table goes on telling of every version; the data files of a version that
nobody needs any more may be taken away (:mod:`layers.keeping.vacuum`). What was cleared is
written down first, in ``_cleared/`` beside the data, a file each time: whoever asks for such
a version is told so, and is not told that the table is damaged.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import WorkspaceError
from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FOLDER = "_cleared"
"""Folder of a table; a name with an underscore is none of its data to a reader of Delta."""

AUDITED = "audited"
"""Mark of a commit: the program that made it records in the audit what leaves the workspace.

What was made of versions without it nobody knows, so they are not cleared unasked.
"""

FORMAT = "atlas-cleared"
FORMAT_VERSION = 1

_MOST_BYTES = 16_000_000


def record_cleared(table: Path, versions: Collection[int], time: str, author: str) -> Path:
    """Write down that versions are about to be cleared, forced to the disk; return the file.

    Parameters
    ----------
    table
        Folder of the layer.
    versions
        Which.
    time
        UTC in ISO 8601.
    author
        Who clears them.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left then.
    """
    folder = table / FOLDER
    folder.mkdir(exist_ok=True)
    name = uuid.uuid4().hex
    aside, place = folder / f".{name}", folder / f"{name}.json"
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "time": time,
        "author": author,
        "versions": sorted(versions),
    }
    try:
        with aside.open("wb") as file:
            file.write(to_json(content, _MOST_BYTES))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(place)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    return place


def cleared_versions(table: Path) -> dict[int, str]:
    """Return when versions of a layer were cleared, UTC in ISO 8601, by version.

    A record that cannot be read is passed over, see :func:`read_record`.

    Parameters
    ----------
    table
        Folder of the layer.
    """
    found: dict[int, str] = {}
    for path in records(table):
        with suppress(OSError, ValueError):
            time, versions = read_record(path)
            for version in versions:
                found[version] = min(found.get(version, time), time)
    return found


def records(table: Path) -> list[Path]:
    """Return the files of :func:`record_cleared` in the folder of a layer."""
    return sorted((table / FOLDER).glob("[0-9a-f]*.json"))


def read_record(path: Path) -> tuple[str, tuple[int, ...]]:
    """Return time and versions of a record.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, or is none.
    """
    content = of_format(read_json(path, _MOST_BYTES), FORMAT, FORMAT_VERSION)
    versions, time = content.get("versions"), content.get("time")
    if not isinstance(time, str) or not isinstance(versions, list):
        msg = "`time` and `versions`"
        raise ValueError(msg)  # noqa: TRY004 -- a wrong file, not a wrong call
    return time, tuple(int(version) for version in versions)


def cleared(key: str, version: int, time: str) -> WorkspaceError:
    """Return the error that a version of layer `key` was cleared at a `time`."""
    day = time[:10]
    return WorkspaceError(
        Text(
            f"图层“{key}”的版本 {version} 已于 {day} 清理，数据不再保留；可从更早的备份取回"
            "（atlas workspace restore --backup）",
            f"version {version} of layer '{key}' was cleared away on {day}; get it back from an"
            " older backup ('atlas workspace restore --backup')",
        )
    )
