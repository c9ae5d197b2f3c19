from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.intake.isolation.isolated import ReaderTraceback
from layers.intake.isolation.isolated import _Pool
from layers.intake.isolation.isolated import _read
from layers.intake.isolation.isolated import read_isolated
from layers.intake.isolation.process import Worker
from layers.intake.isolation.transport import Limits
from layers.intake.isolation.transport import dump
from layers.intake.isolation.transport import load
from layers.intake.isolation.transport import pack
from layers.intake.isolation.transport import unpack
from layers.intake.read import read_raw
from layers.intake.source import Raw
from layers.intake.source import Request
from layers.wording.isolation import PROGRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
ROOT = Path(__file__).resolve().parents[2]
QUICK = Limits(seconds=60)

# A reader that does to its process what the file says.
READER = """
import ctypes, os, signal, socket, subprocess, sys, threading, time
from pathlib import Path
import pandas as pd
from layers.errors import IntakeUsageError, Text
from layers.intake.isolation import worker
from layers.intake.source import Raw

def _recurse():
    return _recurse()

def _print():
    print("noise")
    os.write(1, b"more noise" * 1000)

def _raise():
    raise RuntimeError("deep inside a library")

def _refuse():
    raise IntakeUsageError(Text("不行", "no"))

def _work():
    time.sleep(1)

WISHES = {
    "abort": os.abort,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "hang": lambda: [None for _ in iter(int, 1)],
    "memory": lambda: bytearray(2**40),
    "creep": lambda: [bytearray(2**26) for _ in iter(int, 1)],
    "fill": lambda: Path("large").open("wb").truncate(2**33),
    "recurse": _recurse,
    "print": _print,
    "raise": _raise,
    "refuse": _refuse,
    "work": _work,
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "resolve": lambda: socket.getaddrinfo("example.org", 80),
    "start": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "nothing": lambda: None,
}

def read_raw(request):
    wish, _, size = request.path.read_text("utf-8").partition(" ")
    WISHES[wish]()
    cells = {"pid": os.getpid(), "cwd": os.getcwd(), "big": "x" * int(size or 0)}
    return Raw(pd.DataFrame([cells]), pd.Series([1]), ())

worker.read_raw = read_raw
worker.main()
"""


class Lab:
    """Reads files that tell their reader what to do to itself."""

    def __init__(self, folder: Path, size: int = 2) -> None:
        self.folder = folder
        script = folder / "reader.py"
        script.write_text(READER, encoding="utf-8")
        self.started = 0
        self.command = [sys.executable, "-P", str(script)]
        self.pool = _Pool(size, self.start)

    def start(self) -> Worker:
        self.started += 1
        return Worker(self.command)

    def request(self, wish: str) -> Request:
        path = self.folder / "坏.csv"
        path.write_text(wish, encoding="utf-8")
        return Request(path)

    def read(self, wish: str, limits: Limits = QUICK, progress: Any = None) -> Raw:
        return _read(self.pool, self.request(wish), limits, progress)

    def pid(self) -> int:
        return int(self.read("nothing").frame["pid"].iloc[0])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.pool.close()


def _file(folder: Path, name: str = "载体.csv") -> Path:
    path = folder / name
    path.write_text("carrier_id,name,lon,lat\nA,甲,121.5,31.3\nB,乙,,\n", encoding="utf-8")
    return path


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- the same as without -----------------------------------------------------


def test_what_is_read_is_what_the_reader_reads(tmp_path: Path) -> None:
    request = Request(_file(tmp_path), "carriers")
    there, here = read_isolated(request), read_raw(request)
    pd.testing.assert_frame_equal(there.frame, here.frame)
    assert there.rows.tolist() == here.rows.tolist()
    assert replace(there, frame=here.frame, rows=here.rows) == here


def test_a_relative_path_is_read_from_where_the_program_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _file(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert len(read_isolated(Request(Path("载体.csv"))).frame) == 2


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("图.dwg", b"AC1032", IntakeError, "DXF"),
        ("空.csv", b"", IntakeError, "空的"),
        ("坏.gpkg", b"no database", IntakeError, "GeoPackage"),
        ("无.csv", None, IntakeUsageError, "不存在"),
    ],
)
def test_what_the_reader_says_of_a_file_arrives_unchanged(
    tmp_path: Path, name: str, content: bytes | None, kind: type[IntakeError], said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IntakeError) as direct:
        read_raw(Request(path))
    with pytest.raises(IntakeError, match=said) as caught:
        read_isolated(Request(path))
    assert type(caught.value) is kind
    assert caught.value.text == direct.value.text


def _line_at_nan() -> shapely.Geometry:
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt("LINESTRING (0 0, nan 1)")


SHAPES = [
    shapely.Point(121.5, 31.3),
    None,
    shapely.Point(1, 2, 3),
    shapely.from_wkt("POINT ZM (1 2 3 4)"),
    shapely.points(np.nan, np.nan),
    shapely.points(np.inf, 1.0),
    shapely.points(np.nan, 3.0),
    shapely.Point(),
    shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
    shapely.Polygon([(0, 0), (0, 9), (9, 9)], [[(1, 2), (1, 3), (2, 3)]]),
    shapely.LinearRing([(0, 0), (1, 0), (1, 0.1 + 0.2)]),
    _line_at_nan(),
    shapely.multipoints([[np.nan, np.nan], [1, 1]]),
    shapely.GeometryCollection([shapely.points(np.nan, np.nan), shapely.Point(1, 1)]),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
    "no shape at all",
]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_shapes_travel_unchanged(place: int) -> None:
    frame = pd.DataFrame({"a": range(len(SHAPES)), "b": ["文"] * len(SHAPES)}, dtype=object)
    frame.insert(place, "geometry", pd.Series(SHAPES, dtype=object))
    raw = Raw(frame, pd.Series(range(1, len(frame) + 1)), (), shapes=True)
    back = unpack(load(dump(pack(raw))))
    assert list(back.frame.columns) == list(frame.columns)
    assert back.frame["geometry"].dtype == object
    for was, now in zip(SHAPES, back.frame["geometry"], strict=True):
        if not isinstance(was, BaseGeometry):
            assert now == was
            continue
        assert (now.geom_type, now.has_z, now.is_empty) == (was.geom_type, was.has_z, was.is_empty)
        before, after = (shapely.get_coordinates(s, include_z=True) for s in (was, now))
        np.testing.assert_array_equal(after, before)


def test_a_frame_of_shapes_without_rows_travels() -> None:
    frame = pd.DataFrame({"a": [], "geometry": []}, dtype=object)
    back = unpack(load(dump(pack(Raw(frame, pd.Series([], dtype=int), (), shapes=True)))))
    pd.testing.assert_frame_equal(back.frame, frame)


# --- readers that fail -------------------------------------------------------


@POSIX
@pytest.mark.parametrize(
    ("wish", "how"), [("abort", "SIGABRT"), ("segfault", "SIGSEGV"), ("exit", "code 3")]
)
def test_a_crash_is_a_sentence_and_the_next_file_is_read(lab: Lab, wish: str, how: str) -> None:
    with pytest.raises(IntakeError, match=how) as caught:
        lab.read(wish)
    assert type(caught.value) is IntakeError
    assert "坏.csv" in caught.value.text.zh
    assert "坏.csv" in caught.value.text.en
    assert lab.pid() > 0
    assert lab.started == 2


def test_a_hang_ends_at_the_limit_and_the_process_is_gone(lab: Lab) -> None:
    pid = lab.pid()
    began = time.monotonic()
    with pytest.raises(IntakeError, match=r"1\.5 秒"):
        lab.read("hang", Limits(seconds=1.5))
    assert 1.4 < time.monotonic() - began < 15
    assert not _alive(pid)
    assert lab.pid() != pid


@POSIX
@pytest.mark.parametrize("wish", ["memory", "creep"])
def test_a_reader_cannot_take_more_memory_than_the_limit(lab: Lab, wish: str) -> None:
    with pytest.raises(IntakeError, match=r"0\.5 GB"):
        lab.read(wish, Limits(seconds=60, memory_bytes=2**29))
    assert lab.pid() > 0


def test_what_is_read_may_not_be_too_large(lab: Lab) -> None:
    few = Limits(seconds=60, result_bytes=2**20)
    with pytest.raises(IntakeError, match="过多"):
        lab.read("nothing 2000000", few)
    assert len(lab.read("nothing 900000", few).frame["big"].iloc[0]) == 900_000


@POSIX
def test_a_reader_cannot_fill_the_disk(lab: Lab) -> None:
    with pytest.raises(IntakeError, match="OSError"):
        lab.read("fill")


@pytest.mark.parametrize(
    ("wish", "kind"), [("raise", "RuntimeError"), ("recurse", "RecursionError")]
)
def test_an_error_of_a_library_names_the_file_and_keeps_the_trace(
    lab: Lab, wish: str, kind: str
) -> None:
    with pytest.raises(IntakeError, match=kind) as caught:
        lab.read(wish)
    assert caught.value.text.zh.startswith("文件 坏.csv 无法读取：读取程序出错")
    assert "重新导出" in caught.value.text.zh
    assert isinstance(caught.value.__cause__, ReaderTraceback)
    assert f"_{wish}" in str(caught.value.__cause__)
    assert lab.pid() > 0
    assert lab.started == 1


def test_a_refusal_keeps_its_kind(lab: Lab) -> None:
    with pytest.raises(IntakeUsageError) as caught:
        lab.read("refuse")
    assert caught.value.text == Text("不行", "no")


def test_what_libraries_print_does_not_get_between_the_messages(lab: Lab) -> None:
    assert len(lab.read("print").frame) == 1


@POSIX
@pytest.mark.parametrize("wish", ["connect", "resolve", "start", "shell"])
def test_a_reader_has_no_network_and_starts_no_programs(lab: Lab, wish: str) -> None:
    with pytest.raises(IntakeError, match="PermissionError"):
        lab.read(wish)


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", "raise SystemExit(7)"],
        [sys.executable, "-c", "print('no protocol')"],
        ["/nonexistent/program"],
    ],
)
def test_a_process_that_does_not_start_is_a_sentence(lab: Lab, command: list[str]) -> None:
    lab.command = command
    with pytest.raises(IntakeError, match="无法启动"):
        lab.read("nothing")


def test_a_process_that_never_gets_ready_is_given_up(lab: Lab) -> None:
    lab.command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(IntakeError, match="无法启动"):
        lab.read("nothing", Limits(start_seconds=0.5))


# --- processes ---------------------------------------------------------------


def test_a_process_is_used_again_and_one_that_died_is_replaced(lab: Lab) -> None:
    pid = lab.pid()
    assert lab.pid() == pid
    (idle,) = lab.pool._idle
    idle._process.kill()
    idle._process.wait()
    assert lab.pid() != pid


def test_a_process_that_held_much_is_not_kept(lab: Lab) -> None:
    first = lab.read("nothing 70000000").frame["pid"].iloc[0]
    assert lab.pid() != first


def test_a_process_is_not_used_for_ever(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.intake.isolation.process._MOST_USES", 2)
    pids = [lab.pid() for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_temporary_files_go_with_the_process(lab: Lab) -> None:
    folder = Path(lab.read("nothing").frame["cwd"].iloc[0])
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    lab.pool.close()
    assert not folder.exists()


def test_two_files_are_read_at_once_and_a_third_waits(lab: Lab) -> None:
    request, seen, told = lab.request("work"), [], []

    def read() -> None:
        raw = _read(lab.pool, request, QUICK, lambda text, _: told.append(text.zh))
        seen.append(raw.frame["pid"].iloc[0])

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(seen) == 5
    assert len(set(seen)) == lab.started == 2
    assert PROGRESS["waiting"].zh in told


def test_a_process_started_in_advance_is_used(lab: Lab) -> None:
    lab.pool.warm_up()
    lab.pool.warm_up()
    assert lab.pid() > 0
    assert lab.started == 1


def test_progress_is_told_in_the_callers_thread_until_all_is_there(lab: Lab) -> None:
    told: list[tuple[str, float, int]] = []
    lab.read("work 40000000", progress=lambda t, s: told.append((t.zh, s, threading.get_ident())))
    texts = [text for text, _, _ in told]
    assert texts[0] == PROGRESS["starting"].zh
    assert any("正在读取 坏.csv" in text for text in texts)
    assert {thread for _, _, thread in told} == {threading.get_ident()}
    shares = [share for _, share, _ in told if not np.isnan(share)]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_who_stops_in_the_middle_leaves_no_process_behind(lab: Lab) -> None:
    class StopError(BaseException):
        """What Streamlit raises when the page is left."""

    pid = lab.pid()
    calls = iter(range(3))

    def stop(_: Text, share: float) -> None:
        del share
        if next(calls, None) is None:
            raise StopError

    with pytest.raises(StopError):
        lab.read("hang", progress=stop)
    assert not _alive(pid)
    assert lab.pid() != pid


@POSIX
def test_a_reader_ends_with_its_program(tmp_path: Path) -> None:
    code = """
    import os, sys, time
    from pathlib import Path
    from layers.intake.isolation.isolated import _POOL, read_isolated
    from layers.intake.source import Request
    read_isolated(Request(Path(sys.argv[1])))
    print(_POOL._idle[0]._process.pid, flush=True)
    os.kill(os.getpid(), 9)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(_file(tmp_path))]
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own code
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    pid = int(done.stdout)
    until = time.monotonic() + 20
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _alive(pid)
    assert list(folder.iterdir()) == []


def test_a_program_that_ends_leaves_neither_processes_nor_folders(tmp_path: Path) -> None:
    code = """
    import sys
    from pathlib import Path
    from layers.intake.isolation.isolated import read_isolated
    from layers.intake.source import Request
    print(len(read_isolated(Request(Path(sys.argv[1]))).frame))
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), str(_file(tmp_path))]
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own code
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("2", "")
    assert list(folder.iterdir()) == []
