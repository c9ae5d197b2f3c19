"""The files of an audit: how they are named, and the records in their lines.

The name of a file begins with the time at which it was begun, in UTC. A file holds
records of one day only, so that the names tell which files a question is about.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.refusals import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "audit"
"""Name of the folder of the audit in a workspace; no layer has it."""

ENDING = ".jsonl"
FIRST = "0" * 64
"""What stands for the hash of the record before the first one."""

LONGEST_RECORD = 1_000_000
"""Bytes of the longest line that is read as a record."""

_NAME = re.compile(r"(\d{8})T\d{6}Z-[0-9a-f]{16}\.jsonl")
_DAY = "%Y%m%d"
_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class End:
    """Where a file ended when somebody looked.

    Attributes
    ----------
    number
        Number of its last whole record.
    digest
        SHA-256 of that record, hexadecimal.
    """

    number: int
    digest: str

    def as_list(self) -> list[Any]:
        """Return it as plain data."""
        return [self.number, self.digest]


def new_name(now: dt.datetime) -> str:
    """Return the name of a file that is begun now, which no other file has."""
    return f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(8)}{ENDING}"


def day_of(name: str) -> dt.date | None:
    """Return the day of the records of a file, None if it is no file of an audit."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return dt.datetime.strptime(found[1], _DAY).replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None


def files_of(folder: Path) -> list[Path]:
    """Return the files of an audit by name, which is by time; none if there is no audit.

    Raises
    ------
    WorkspaceError
        If the folder cannot be looked into.
    """
    try:
        return sorted(path for path in folder.iterdir() if day_of(path.name) is not None)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(folder, error) from error


def digest_of(line: bytes) -> str:
    """Return the hash of a record, of its line without the end."""
    return hashlib.sha256(line).hexdigest()


def lines_of(path: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the lines of a file: number from 1, the line, and whether it has its end.

    Raises
    ------
    WorkspaceError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST_RECORD):
                number += 1
                yield number, line.rstrip(b"\n"), line.endswith(b"\n")
    except OSError as error:
        raise unreadable(path, error) from error


def record_of(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, None if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    number, time, before = (found.get(name) for name in ("number", "time", "before"))
    plain = type(number) is int and isinstance(time, str) and isinstance(before, str)
    return found if plain else None


def end_of(path: Path) -> End | None:
    """Return where a file ends by now; None if it holds no whole record or is gone."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            tail = b""
            while size and tail.count(b"\n") < 2:  # noqa: PLR2004 -- a whole line lies between two ends
                start = max(0, size - _TAIL)
                file.seek(start)
                tail = file.read(size - start) + tail
                size = start
                if len(tail) > LONGEST_RECORD:
                    return None
    except OSError:
        return None
    whole = tail[: tail.rfind(b"\n") + 1].split(b"\n")[:-1]
    record = record_of(whole[-1]) if whole else None
    return None if record is None else End(record["number"], digest_of(whole[-1]))


def named_in(record: dict[str, Any]) -> dict[str, End]:
    """Return what the first record of a file says of other files: their ends by name."""
    told = record.get("files")
    found = {}
    for name, end in (told if isinstance(told, dict) else {}).items():
        match end:
            case [int(number), str(digest)]:
                found[name] = End(number, digest)
    return found


def header_of(path: Path) -> dict[str, End]:
    """Return what a file says of other files; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            line = file.readline(LONGEST_RECORD)
    except OSError:
        return {}
    record = record_of(line.rstrip(b"\n")) if line.endswith(b"\n") else None
    return {} if record is None else named_in(record)


def open_ends(folder: Path, today: dt.date) -> dict[str, End]:
    """Return the ends that no file has told of yet, of today's files and the day before.

    A new file tells of them, so that files hang together: one that is taken away or
    cut off is missed. Only those that are new are told, or the first record of every
    file would name all files that there ever were.

    Parameters
    ----------
    folder
        The folder of the audit.
    today
        The day of the new file; of the days before the last one that has files counts.

    Raises
    ------
    WorkspaceError
        If the folder cannot be looked into.
    """
    files = files_of(folder)
    days = {path: day for path in files if (day := day_of(path.name)) is not None}
    earlier = max((day for day in days.values() if day < today), default=today)
    near = [path for path, day in days.items() if day >= earlier]
    told: dict[str, set[End]] = {}
    for path in near:
        for name, end in header_of(path).items():
            told.setdefault(name, set()).add(end)
    ends = {path.name: end_of(path) for path in near}
    return {
        name: end for name, end in ends.items() if end is not None and end not in told.get(name, ())
    }
