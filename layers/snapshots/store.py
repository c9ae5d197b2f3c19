"""The snapshots of a workspace: each is written once, into a folder of its own, and read back.

A snapshot carries its own SHA-256 and that of the one before, so that one which was altered,
exchanged or taken out of the row is known. The audit has the hash of the newest too.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.jsonfile import NewerFormatError
from layers.jsonfile import TooLargeError
from layers.jsonfile import claim
from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json
from layers.snapshots.records import FORMAT
from layers.snapshots.records import FORMAT_VERSION
from layers.snapshots.records import Snapshot
from layers.snapshots.records import content_of
from layers.snapshots.records import from_content
from layers.snapshots.records import hash_of

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOTS = "snapshots"
"""Folder of a workspace."""

FILE = "snapshot.json"
MOST_BYTES = 100_000_000
_FOLDER = re.compile(r"\d{6}")
_ATTEMPTS = 20
_LONGEST = 200


class SnapshotError(WorkspaceError):
    """A snapshot is damaged, or cannot be written."""


class SnapshotUsageError(UsageError, SnapshotError):
    """There is no such snapshot, or it cannot be called so."""


def keep(workspace: Path, snapshot: Snapshot) -> Snapshot:
    """Write a snapshot as the next one; return it with its number and hash.

    Raises
    ------
    SnapshotUsageError
        If it has no name, or a name that is too long.
    SnapshotError
        If the snapshot before is damaged, or nothing can be written.
    """
    name = " ".join(snapshot.name.split())
    if not name or len(name) > _LONGEST:
        raise SnapshotUsageError(
            Text(
                f"快照名称须为 1–{_LONGEST} 个字",
                f"a snapshot needs a name of 1 to {_LONGEST} characters",
            )
        )
    folder = workspace / SNAPSHOTS
    for _attempt in range(_ATTEMPTS):
        before = numbers(workspace)
        last = read(workspace, before[-1]) if before else None
        number = 1 if last is None else last.number + 1
        new = replace(
            snapshot,
            name=name,
            number=number,
            previous="" if last is None else last.sha256,
            sha256="",
        )
        content = content_of(new)
        content["sha256"] = hash_of(content)
        try:
            data = to_json(content, MOST_BYTES)
            folder.mkdir(exist_ok=True)
            claim(_place(workspace, number), FILE, data, folder / f".{uuid.uuid4().hex}")
        except TooLargeError as error:
            raise SnapshotError(
                Text(
                    f"快照有 {error.size:,} 字节，超过上限 {MOST_BYTES:,}",
                    f"the snapshot has {error.size:,} bytes, more than {MOST_BYTES:,}",
                )
            ) from error
        except OSError as error:
            if _place(workspace, number).exists():
                continue  # somebody else took one at the same moment: ours comes after it
            raise SnapshotError(
                Text(f"快照无法写入：{error}", f"the snapshot cannot be written: {error}")
            ) from error
        return read(workspace, number)
    raise SnapshotError(
        Text("同时有太多人在拍快照，请稍后再试", "too many people take snapshots at once")
    )


def numbers(workspace: Path) -> list[int]:
    """Return the numbers of the snapshots, ascending.

    Raises
    ------
    SnapshotError
        If the folder cannot be read.
    """
    folder = workspace / SNAPSHOTS
    if not folder.is_dir():
        return []
    try:
        return sorted(int(path.name) for path in folder.iterdir() if _FOLDER.fullmatch(path.name))
    except OSError as error:
        raise SnapshotError(
            Text(f"快照文件夹无法读取：{error}", f"the snapshots cannot be read: {error}")
        ) from error


def read(workspace: Path, number: int) -> Snapshot:
    """Return a snapshot.

    Raises
    ------
    SnapshotUsageError
        If there is none of this number.
    SnapshotError
        If it is damaged: its content is not what its hash says.
    """
    path = _place(workspace, number) / FILE
    try:
        content = of_format(read_json(path, MOST_BYTES), FORMAT, FORMAT_VERSION)
        snapshot = from_content(content)
        sound = hash_of(content) == snapshot.sha256 and snapshot.number == number
    except FileNotFoundError as error:
        raise SnapshotUsageError(
            Text(f"没有第 {number} 号快照", f"there is no snapshot {number}")
        ) from error
    except NewerFormatError as error:
        raise _damaged(number, f"version {error.version} > {FORMAT_VERSION}") from error
    except (OSError, ValueError) as error:
        raise _damaged(number, str(error)) from error
    if not sound:
        raise _damaged(number, "SHA-256")
    return snapshot


def snapshots(workspace: Path) -> tuple[list[Snapshot], list[SnapshotError]]:
    """Return the snapshots that can be read, the newest first, and what is wrong with others."""
    found: list[Snapshot] = []
    problems: list[SnapshotError] = []
    for number in reversed(numbers(workspace)):
        try:
            found.append(read(workspace, number))
        except SnapshotError as error:
            problems.append(error)
    return found, problems


def verify(workspace: Path) -> list[SnapshotError]:
    """Return what is wrong with the snapshots: damaged ones, gaps, and broken links."""
    found, problems = snapshots(workspace)
    before = ""
    expected = 1
    for snapshot in reversed(found):
        if snapshot.number != expected or snapshot.previous != before:
            problems.append(
                SnapshotError(
                    Text(
                        f"第 {snapshot.number} 号快照与前一号不衔接：有快照被删除或替换",
                        f"snapshot {snapshot.number} does not follow the one before: one was "
                        "taken away or exchanged",
                    )
                )
            )
        before, expected = snapshot.sha256, snapshot.number + 1
    return problems


def _place(workspace: Path, number: int) -> Path:
    return workspace / SNAPSHOTS / f"{number:06d}"


def _damaged(number: int, what: str) -> SnapshotError:
    return SnapshotError(
        Text(
            f"第 {number} 号快照已损坏或被改动（{what}），不能使用；请从备份恢复",
            f"snapshot {number} is damaged or was altered ({what}); bring it back from a backup",
        )
    )
