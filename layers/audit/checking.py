"""Whether an audit is whole: nothing changed, taken out, put in or cut off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from layers.audit.files import ENDING
from layers.audit.files import FIRST
from layers.audit.files import FOLDER
from layers.audit.files import End
from layers.audit.files import day_of
from layers.audit.files import digest_of
from layers.audit.files import files_of
from layers.audit.files import lines_of
from layers.audit.files import named_in
from layers.audit.files import record_of
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_FINDINGS = 1_000


class Kind(StrEnum):
    """What is not as it should be."""

    CUT_OFF = "cut_off"
    CLOCK = "clock"
    FOREIGN = "foreign"
    CHANGED = "changed"
    MISSING_FILE = "missing_file"
    MISSING_END = "missing_end"


_MILD = frozenset({Kind.CUT_OFF, Kind.CLOCK})

_TEXTS = {
    Kind.CUT_OFF: Text(
        "最后一条记录不完整：写入时程序或电脑中断，该操作没有完成；其余记录完整",
        "the last record is cut off: the program or the computer stopped while it was written,"
        " and what it was about was not done; the other records are whole",
    ),
    Kind.CLOCK: Text(
        "时间早于前一条记录：电脑时钟被调回；以编号为序",
        "earlier than the record before: the clock was set back; the numbers give the order",
    ),
    Kind.FOREIGN: Text(
        "不是审计文件；请查明是谁放入的",
        "no file of the audit; find out who put it there",
    ),
    Kind.CHANGED: Text(
        "此行与前后记录不衔接：记录被改动、删除或插入；请与备份比对",
        "does not follow from the record before: a record was changed, taken out or put in;"
        " compare with a backup",
    ),
    Kind.MISSING_FILE: Text(
        "文件不见了，而其他文件记有它；请从备份找回",
        "the file is gone, but other files tell of it; get it back from a backup",
    ),
    Kind.MISSING_END: Text(
        "文件末尾的记录不见了或被改动，而其他文件记有它；请与备份比对",
        "its last records are gone or changed, but other files tell of them; compare with a backup",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes
    ----------
    kind
        What.
    file, line
        Where; line 0 is the whole file.
    text
        What it means and what to do.
    """

    kind: Kind
    file: str
    line: int
    text: Text

    @property
    def grave(self) -> bool:
        """Whether the audit is not whole; a crash or a clock set back is no such thing."""
        return self.kind not in _MILD


@dataclass(slots=True)
class _Known:
    """What was seen of one file."""

    ends: dict[int, str] = field(default_factory=dict)
    told: dict[str, End] = field(default_factory=dict)


def check(folder: Path) -> list[Finding]:
    """Look whether the journal of a folder is whole.

    Every record must carry the hash of the one before, be numbered in order, and be of the
    day of its file; and every end that another file tells of must be there. What nobody
    tells of yet, the last records of the newest files, could be taken away unnoticed:
    copies elsewhere (backups) are what helps against that.

    Parameters
    ----------
    folder
        The workspace, or the city.

    Returns
    -------
    list of Finding
        By file and line, :data:`MOST_FINDINGS` at most; empty if all is well.

    Raises
    ------
    WorkspaceError
        If a file cannot be read.
    """
    findings: list[Finding] = []
    wanted: dict[str, set[End]] = {}
    for path in files_of(folder / FOLDER):
        for name, end in _first_of(path).items():
            wanted.setdefault(name, set()).add(end)
    there = files_of(folder / FOLDER)
    for path in there:
        findings += _checked(path, wanted.pop(path.name, set()))
    findings += [_finding(Kind.MISSING_FILE, name, 0) for name in sorted(wanted)]
    findings += list(_foreign(folder / FOLDER))
    return sorted(findings, key=lambda one: (one.file, one.line))[:MOST_FINDINGS]


def _first_of(path: Path) -> dict[str, End]:
    for _number, line, is_whole in lines_of(path):
        record = record_of(line) if is_whole else None
        return {} if record is None else named_in(record)
    return {}


def _checked(path: Path, wanted: set[End]) -> Iterator[Finding]:
    """Yield what is wrong with one file, which others say had these ends."""
    # Two different records cannot have one number.
    missing = {end.number: end for end in wanted}
    contradicting = len(missing) < len(wanted)
    before, expected, last, half = FIRST, 0, None, 0
    for number, line, is_whole in lines_of(path):
        if half:
            yield _finding(Kind.CHANGED, path.name, half)
            half = 0
        record = record_of(line) if is_whole else None
        if record is None:
            if is_whole or not _is_half(line):
                yield _finding(Kind.CHANGED, path.name, number)
            else:
                half = number  # only the last line may have been cut off by a crash
            continue
        time = _time(record["time"])
        if (
            record["before"] != before
            or record["number"] != expected
            or (not expected and record.get("file") != path.name)
            or time is None
            or time.date() != day_of(path.name)
        ):
            yield _finding(Kind.CHANGED, path.name, number)
        elif last is not None and time < last:
            yield _finding(Kind.CLOCK, path.name, number)
        before, expected, last = digest_of(line), record["number"] + 1, time
        if missing.get(record["number"]) == End(record["number"], before):
            del missing[record["number"]]
    if half:
        yield _finding(Kind.CUT_OFF, path.name, half)
    if missing or contradicting:
        yield _finding(Kind.MISSING_END, path.name, 0)


def _is_half(line: bytes) -> bool:
    """Tell whether a line that has no end is the beginning of a record, as a crash leaves it."""
    start = b'{"number": '
    return line.startswith(start) or start.startswith(line) or not line.strip(b"\x00")


def _time(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(dt.UTC) if found.tzinfo else None


def _foreign(folder: Path) -> Iterator[Finding]:
    if folder.is_dir():
        for path in folder.iterdir():
            if day_of(path.name) is None and path.name.endswith(ENDING):
                yield _finding(Kind.FOREIGN, path.name, 0)


def _finding(kind: Kind, file: str, line: int) -> Finding:
    return Finding(kind, file, line, _TEXTS[kind])
