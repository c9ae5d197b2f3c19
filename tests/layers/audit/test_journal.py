"""The journal under ordinary and ugly circumstances: processes, threads, kills, full disks."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from layers.audit import Action
from layers.audit import Door
from layers.audit import Event
from layers.audit import Journal
from layers.audit import Kind
from layers.audit import Recorder
from layers.audit import Wish
from layers.audit import check
from layers.audit import journal as journal_module
from layers.audit import read
from layers.audit.files import files_of
from layers.errors import WorkspaceError
from layers.team import Person
from layers.team import Role

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = (
    "张三\n李四",
    "a\u2028b\u2029c",
    "half \ud800 pair",
    '"},{"number": 0, "action": "export"',
    "\x00\x1b[31m",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>${x}`y`",
    "\u202egnp.exe",
)


def _event(subject: str = "", **more: Any) -> Event:
    return Event(Action.SEE, Door.WEB, "u1", "王", "planner", subject=subject, **more)


def _files(folder: Path) -> list[Path]:
    return files_of(folder / "audit")


class _Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = dt.datetime(2031, 3, 9, 12, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    found = _Clock()
    monkeypatch.setattr(journal_module, "_now", found.now)
    return found


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    event = Event(
        Action.EXPORT,
        Door.BATCH,
        "id-7",
        "王工",
        "planner",
        {"parks": 3, "zones": 0},
        "a.gpkg",
        "0000-1111-2222",
        {"format": "gpkg", "rows": [1, 2]},
    )
    Journal(tmp_path).record(event)
    row = read(tmp_path).iloc[0]
    assert (row["action"], row["door"], row["person_id"]) == ("export", "batch", "id-7")
    assert (row["name"], row["role"], row["subject"]) == ("王工", "planner", "a.gpkg")
    assert row["layers"] == {"parks": 3, "zones": 0}
    assert row["detail"] == {"format": "gpkg", "rows": [1, 2]}
    assert (row["export_id"], row["number"], row["line"]) == ("0000-1111-2222", 0, 1)
    assert check(tmp_path) == []


def test_a_folder_without_an_audit_has_none(tmp_path: Path) -> None:
    assert read(tmp_path).empty
    assert check(tmp_path) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_on_their_line(tmp_path: Path, text: str) -> None:
    journal = Journal(tmp_path)
    journal.record(Event(Action.SEE, Door.WEB, text, text, subject=text, detail={text: [text]}))
    journal.record(_event("next"))
    rows = read(tmp_path)
    assert len(rows) == 2
    assert rows["subject"].iloc[1].encode("utf-8")  # no page fails on it
    if "\ud800" not in text:
        assert rows["name"].iloc[1] == text
    assert check(tmp_path) == []
    assert len(_files(tmp_path)[0].read_bytes().splitlines()) == 2


def test_eight_threads_lose_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    def work(name: str) -> None:
        for number in range(25):
            journal.record(_event(f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = read(tmp_path)
    assert set(rows["subject"]) == {f"{n}-{i}" for n in range(8) for i in range(25)}
    assert sorted(rows["number"]) == list(range(200))
    assert check(tmp_path) == []


_WRITER = """
import sys
from pathlib import Path
from layers.audit import Action, Door, Event, Journal
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
journal = Journal(folder)
for number in range(count):
    subject = f"{name}-{number}"
    journal.record(Event(Action.SEE, Door.WEB, subject=subject, detail={"n": number}))
    print(number, flush=True)
"""


def _writer(folder: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)  # noqa: S603 - our own


def test_two_processes_write_files_of_their_own(tmp_path: Path) -> None:
    workers = [_writer(tmp_path, name, 40) for name in "ab"]
    for worker in workers:
        worker.communicate(timeout=120)
    assert [worker.returncode for worker in workers] == [0, 0]
    assert len(_files(tmp_path)) == 2
    assert len(set(read(tmp_path)["subject"])) == 80
    assert check(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_process_loses_nothing_that_it_was_told_is_recorded(tmp_path: Path) -> None:
    for round_ in range(4):
        folder = tmp_path / str(round_)
        folder.mkdir()
        worker = _writer(folder, "x" * 300, 10**6)
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(0.013 * round_)
        worker.send_signal(signal.SIGKILL)
        told = worker.communicate(timeout=60)[0].count(b"\n")
        rows = read(folder, Wish(most=10**6))
        assert {entry["n"] for entry in rows["detail"]} >= set(range(told + 1))
        assert not [one for one in check(folder) if one.grave]
        Journal(folder).record(_event("after"))
        assert not [one for one in check(folder) if one.grave]


def test_a_torn_line_is_told_and_is_no_tampering(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("a"))
    journal.record(_event("b"))
    path = _files(tmp_path)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    found = check(tmp_path)
    assert [(one.kind, one.line, one.grave) for one in found] == [(Kind.CUT_OFF, 2, False)]
    assert found[0].text.zh
    assert list(read(tmp_path)["subject"]) == ["a"]
    Journal(tmp_path).record(_event("c"))
    assert [one.kind for one in check(tmp_path)] == [Kind.CUT_OFF]


def _failing_write(monkeypatch: pytest.MonkeyPatch, written: int) -> None:
    real = os.write

    def write(handle: int, data: bytes) -> int:
        if written:
            return real(handle, data[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("layers.audit.journal.os.write", write)


@pytest.mark.parametrize("written", [0, 40])
def test_a_full_disk_refuses_and_leaves_no_half_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("before"))
    with monkeypatch.context() as patch:
        _failing_write(patch, written)
        for _ in range(3):
            with pytest.raises(WorkspaceError, match="磁盘空间"):
                journal.record(_event("lost"))
    journal.record(_event("after"))
    assert list(read(tmp_path)["subject"]) == ["after", "before"]
    assert check(tmp_path) == []
    assert len(_files(tmp_path)) == 1


def test_a_half_record_that_cannot_be_taken_back_stays_in_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("before"))

    def refuse(*_args: object) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patch:
        _failing_write(patch, 40)
        patch.setattr("layers.audit.journal.os.ftruncate", refuse)
        with pytest.raises(WorkspaceError):
            journal.record(_event("lost"))
    journal.record(_event("after"))
    assert sorted(read(tmp_path)["subject"]) == ["after", "before"]
    assert len(_files(tmp_path)) == 2
    assert [one.kind for one in check(tmp_path)] == [Kind.CUT_OFF]


def test_where_no_folder_can_be_made_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file", "ascii")
    with pytest.raises(WorkspaceError, match="audit"):
        Journal(tmp_path).record(_event())


def test_a_workspace_made_anew_gets_a_file_of_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("old"))
    _files(tmp_path)[0].unlink()
    journal.record(_event("new"))
    rows = read(tmp_path)
    assert list(rows["subject"]) == ["new"]
    assert list(rows["number"]) == [0]
    # Who takes a file away while a server runs is found out all the same.
    assert [one.kind for one in check(tmp_path)] == [Kind.MISSING_FILE]


def test_a_file_holds_one_day(tmp_path: Path, clock: _Clock) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("monday"))
    clock.at += dt.timedelta(days=1)
    journal.record(_event("tuesday"))
    assert [path.name[:8] for path in _files(tmp_path)] == ["20310309", "20310310"]
    assert check(tmp_path) == []
    only = read(tmp_path, Wish(since=dt.datetime(2031, 3, 10, tzinfo=dt.UTC)))
    assert list(only["subject"]) == ["tuesday"]


def test_files_are_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "LARGEST_FILE", 2_000)
    journal = Journal(tmp_path)
    for number in range(30):
        journal.record(_event(f"{number}"))
    assert len(_files(tmp_path)) > 2
    assert all(path.stat().st_size < 3_000 for path in _files(tmp_path))
    assert len(read(tmp_path)) == 30
    assert check(tmp_path) == []


def test_a_clock_that_goes_back_is_shown_and_not_hidden(tmp_path: Path, clock: _Clock) -> None:
    journal = Journal(tmp_path)
    journal.record(_event("first"))
    clock.at -= dt.timedelta(hours=3)
    journal.record(_event("second"))
    clock.at -= dt.timedelta(days=40)
    journal.record(_event("third"))
    clock.at += dt.timedelta(days=400)
    journal.record(_event("fourth"))
    found = check(tmp_path)
    assert [(one.kind, one.line, one.grave) for one in found] == [(Kind.CLOCK, 2, False)]
    rows = read(tmp_path)
    assert list(rows["subject"]) == ["fourth", "first", "second", "third"]
    assert rows.set_index("subject")["number"].to_dict()["second"] == 1


def test_a_new_file_tells_only_of_ends_that_nobody_told(tmp_path: Path) -> None:
    for number in range(12):
        Journal(tmp_path).record(_event(str(number)))
    first = [json.loads(path.read_bytes().splitlines()[0]) for path in _files(tmp_path)]
    told = [len(record["files"]) for record in first]
    assert sorted(told) == [0] + [1] * 11
    assert check(tmp_path) == []


def test_no_record_is_larger_than_can_be_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(WorkspaceError):
        journal.record(_event("x" * 2_000_000))
    journal.record(_event("short"))
    assert list(read(tmp_path)["subject"]) == ["short"]
    assert check(tmp_path) == []


def test_a_recorder_bounds_what_it_is_told(tmp_path: Path) -> None:
    recorder = Recorder.of(tmp_path, Person("u", "n" * 9_000, Role.VIEWER), Door.WEB)
    recorder.refused("y" * 9_000, deep=[[[[[["z" * 9_000]]]]]], many=list(range(9_000)))
    assert _files(tmp_path)[0].stat().st_size < 6_000
    row = read(tmp_path).iloc[0]
    assert row["role"] == "viewer"
    assert row["subject"].startswith("yyy")
