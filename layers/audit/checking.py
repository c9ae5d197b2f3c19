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
    GONE = "gone"
    UNRECORDED = "unrecorded"
    NOT_AS_BACKED_UP = "not_as_backed_up"
    SHORTER = "shorter"


_MILD = frozenset({Kind.CUT_OFF, Kind.CLOCK})

LIMIT = Text(
    "限度：能写入此文件夹的人可以连同校验值一起改写或截短审计，只有与存放在别处的备份比对"
    "（atlas audit check --backup 备份.zip）才能发现",
    "Its limit: whoever may write to this folder can rewrite or shorten the audit with all its"
    " checksums, which only a backup that is kept elsewhere shows: atlas audit check --backup"
    " FILE.zip",
)
"""What a check without a backup cannot find."""

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
    Kind.GONE: Text(
        "审计记录不见了，而图层的历史记有经审计的修改；请从备份找回，并查明是谁删除的",
        "the audit is gone, but the history of the layers tells of changes that it recorded; get it"
        " back from a backup, and find out who took it away",
    ),
    Kind.UNRECORDED: Text(
        "图层有这个版本，审计中却没有它的记录：记录被删除，或有人绕过程序写入；请与备份比对",
        "the layer has this version, but no record of the audit tells of it: the record was taken"
        " out, or somebody wrote past the program; compare with a backup",
    ),
    Kind.NOT_AS_BACKED_UP: Text(
        "此行与备份中的不同：备份之后被改写；以备份为准，并查明是谁改的",
        "differs from the backup: it was rewritten since; trust the backup, and find out by whom",
    ),
    Kind.SHORTER: Text(
        "备份中有此行及其后的记录，现在没有：备份之后被删去；请从备份找回，并查明是谁删的",
        "the backup has this record and what follows, which are gone: they were taken away since;"
        " get them back from the backup, and find out who did it",
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
    tells of yet, the last records of the newest files, could be taken away unnoticed, and
    whoever may write here can write all of it anew: only copies elsewhere help against that,
    see :func:`layers.keeping.auditing.check_against`.

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
    findings += [finding(Kind.MISSING_FILE, name) for name in sorted(wanted)]
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
            yield finding(Kind.CHANGED, path.name, half)
            half = 0
        record = record_of(line) if is_whole else None
        if record is None:
            if is_whole or not _is_half(line):
                yield finding(Kind.CHANGED, path.name, number)
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
            yield finding(Kind.CHANGED, path.name, number)
        elif last is not None and time < last:
            yield finding(Kind.CLOCK, path.name, number)
        before, expected, last = digest_of(line), record["number"] + 1, time
        if missing.get(record["number"]) == End(record["number"], before):
            del missing[record["number"]]
    if half:
        yield finding(Kind.CUT_OFF, path.name, half)
    if missing or contradicting:
        yield finding(Kind.MISSING_END, path.name)


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
                yield finding(Kind.FOREIGN, path.name)


def finding(kind: Kind, file: str, line: int = 0) -> Finding:
    """Return what is found at a line of a file; 0 is the whole file."""
    return Finding(kind, file, line, _TEXTS[kind])
