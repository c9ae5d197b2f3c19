"""Reading a file in a process of its own.

A file comes from outside, and the libraries that read it are written in C++: a
damaged file may crash them, hang them, or make them take all memory. Hence no
file is read in the process of the app. Reading processes are started when they
are needed, used again, and replaced when they had to be ended.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.errors import Text
from layers.intake.isolation.process import TICK_SECONDS
from layers.intake.isolation.process import EndedError
from layers.intake.isolation.process import LateError
from layers.intake.isolation.process import StartError
from layers.intake.isolation.process import Worker
from layers.intake.isolation.transport import Failed
from layers.intake.isolation.transport import Limits
from layers.intake.isolation.transport import Packed
from layers.intake.isolation.transport import Refused
from layers.intake.isolation.transport import Task
from layers.intake.isolation.transport import TooLarge
from layers.intake.isolation.transport import unpack
from layers.intake.kinds import refuse_kind
from layers.intake.read import READERS
from layers.intake.source import check_file
from layers.wording.isolation import PROGRESS
from layers.wording.isolation import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    from layers.intake.isolation.process import Tell
    from layers.intake.source import Raw
    from layers.intake.source import Request

PARALLEL = 2
"""Files that are read at the same time; others wait."""

_GIGABYTE = 1024**3


class ReaderTraceback(Exception):  # noqa: N818 -- it is the trace of an error, shown as its cause
    """Where a reader failed in its own process, for the programmer."""


class _Pool:
    """Reading processes that are kept for the next file."""

    def __init__(self, size: int, start: Callable[[], Worker] = Worker) -> None:
        self._start = start
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()

    @contextlib.contextmanager
    def worker(self, tell: Tell) -> Iterator[Worker]:
        """Lend a reading process; one that raises within the block is ended."""
        while not self._slots.acquire(timeout=TICK_SECONDS):
            tell("waiting", math.nan)
        try:
            worker = self._take()
            try:
                yield worker
            except BaseException:
                # Also when the person stopped the page: the process is in mid-answer.
                self._end(worker)
                raise
            self._keep(worker)
        finally:
            self._slots.release()

    def warm_up(self) -> None:
        """Start a process if none is waiting, without waiting for it."""
        with self._lock:
            if not self._idle:
                self._idle.append(self._new())

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            workers = list(self._all)
            self._all.clear()
            self._idle.clear()
        for worker in workers:
            worker.end()

    def _take(self) -> Worker:
        with self._lock:
            found = self._idle.pop() if self._idle else self._new()
        if found.usable:
            return found
        self._end(found)
        with self._lock:
            return self._new()

    def _new(self) -> Worker:
        worker = self._start()
        self._all.add(worker)
        return worker

    def _keep(self, worker: Worker) -> None:
        if not worker.usable:
            self._end(worker)
            return
        with self._lock:
            self._idle.append(worker)

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.end()


_USUAL = Limits()
_POOL = _Pool(PARALLEL)
atexit.register(_POOL.close)


def read_isolated(
    request: Request,
    *,
    limits: Limits = _USUAL,
    progress: Callable[[Text, float], None] | None = None,
) -> Raw:
    """Read a file as it is, in a process of its own.

    The same as :func:`layers.intake.read.read_raw`, but whatever the file does to
    its reader stays there.

    Parameters
    ----------
    request
        The file.
    limits
        How much time and memory the reader may take.
    progress
        Called in the caller's thread, several times a second, with what is being
        done and how much of it is done (0 to 1, NaN if that is not known). An
        exception that it raises ends the reading and is passed on.

    Raises
    ------
    IntakeError
        What the reader says of the file; or that it crashed, took too long, or
        needs too much memory.
    """
    if request.path.suffix.lower() not in READERS:
        refuse_kind(request)
    check_file(request)
    return _read(_POOL, request, limits, progress)


def warm_up() -> None:
    """Start a reading process in advance, so that the first file need not wait for it."""
    _POOL.warm_up()


def _read(
    pool: _Pool,
    request: Request,
    limits: Limits,
    progress: Callable[[Text, float], None] | None,
) -> Raw:
    # The reading process stands in a folder of its own, where relative paths lead nowhere.
    task = Task(replace(request, path=request.path.absolute()), limits)
    tell = _teller(request, progress)
    try:
        with pool.worker(tell) as worker:
            answer = worker.ask(task, tell)
    except LateError as error:
        _refuse(request, "time", error, seconds=f"{limits.seconds:g}")
    except StartError as error:
        _refuse(request, "start", error, how=error)
    except EndedError as error:
        _refuse(request, "crash", error, how=error)
    return _opened(answer, request, limits)


def _opened(answer: object, request: Request, limits: Limits) -> Raw:
    if isinstance(answer, Packed):
        return unpack(answer)
    if isinstance(answer, Refused):
        raise answer.error
    if isinstance(answer, Failed):
        _refuse(request, "failure", ReaderTraceback(answer.trace), kind=answer.kind)
    assert isinstance(answer, TooLarge)
    allowed = {"memory": limits.memory_bytes, "result": limits.result_bytes}[answer.what]
    return _refuse(request, answer.what, gigabytes=f"{allowed / _GIGABYTE:.3g}")


def _refuse(
    request: Request, why: str, cause: Exception | None = None, **places: object
) -> NoReturn:
    said = REFUSALS[why]
    request.refuse(said.zh.format(**places), said.en.format(**places), cause)


def _teller(request: Request, progress: Callable[[Text, float], None] | None) -> Tell:
    began = time.monotonic()

    def tell(what: str, share: float) -> None:
        if progress is not None:
            said = PROGRESS[what]
            places = {"file": request.path.name, "seconds": f"{time.monotonic() - began:.0f}"}
            progress(Text(said.zh.format(**places), said.en.format(**places)), share)

    return tell
