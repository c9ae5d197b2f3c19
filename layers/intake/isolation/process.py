"""A reading process, seen from the program: started, asked, ended."""

from __future__ import annotations

import contextlib
import math
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from layers.intake.isolation.surroundings import environment
from layers.intake.isolation.transport import TooLarge
from layers.intake.isolation.transport import dump
from layers.intake.isolation.transport import load
from layers.intake.isolation.transport import receive
from layers.intake.isolation.transport import send

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from layers.intake.isolation.transport import Task

    # What is being done, by key of layers.wording.isolation.PROGRESS, and how much of
    # it, NaN if that is not known.
    Tell = Callable[[str, float], None]

# -P: the folder that a process stands in is no place to import from.
_COMMAND = (sys.executable, "-P", "-m", "layers.intake.isolation.worker")
TICK_SECONDS = 0.2
"""How often a person is told what is being done."""

_PATIENCE_SECONDS = 5.0

# Libraries leak, and memory once taken is seldom given back.
_MOST_USES = 50
_LARGE_BYTES = 64 * 1024**2


class EndedError(Exception):
    """The reading process is gone; the argument says how it ended."""


class StartError(EndedError):
    """The reading process did not even start."""


class LateError(Exception):
    """The reading process has taken too long."""


class Worker:
    """A reading process, seen from the program.

    Parameters
    ----------
    command
        What to start; by default :mod:`layers.intake.isolation.worker`.

    Raises
    ------
    StartError
        If the operating system does not start it.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="atlas-reader-"))
        try:
            # What libraries print about a planner's file belongs into no log.
            self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own code
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=environment(self._folder),
                creationflags=_creation_flags(),
            )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise StartError(str(error)) from error
        self._messages: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
        self._arrived = 0.0
        self._ready = False
        self._uses = 0
        self._large = False
        # Pipes know no time limit on every system; a thread that waits does.
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def usable(self) -> bool:
        """Whether the process lives and has not been used up."""
        return self._process.poll() is None and not self._large and self._uses < _MOST_USES

    def ask(self, task: Task, tell: Tell) -> Any:  # noqa: ANN401 -- an answer of layers.intake.isolation.worker
        """Return the answer of the reading process to a task.

        Raises
        ------
        EndedError
            If the process is gone.
        LateError
            If it takes longer than the task allows. The process must be ended
            then, and whenever else this method was left with an exception.
        """
        if not self._ready:
            self._start(task.limits.start_seconds, tell)
        self._uses += 1
        self._arrived = 0.0
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, dump(task))
        except OSError as error:
            raise EndedError(self._how()) from error
        until = time.monotonic() + task.limits.seconds
        data = self._next(until, lambda: tell(*self._stage()))
        if data is None:
            raise EndedError(self._how())
        answer = load(data)
        self._large = len(data) > _LARGE_BYTES or isinstance(answer, TooLarge)
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing, and remove its temporary files."""
        self._process.kill()
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE_SECONDS)
        self._listener.join(_PATIENCE_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, seconds: float, tell: Tell) -> None:
        until = time.monotonic() + seconds
        try:
            ready = self._next(until, lambda: tell("starting", math.nan))
        except LateError as error:
            message = f"> {seconds:g} s"
            raise StartError(message) from error
        if ready is None:
            raise StartError(self._how())
        self._ready = True

    def _next(self, until: float, tick: Callable[[], None]) -> bytearray | None:
        """Return the next message, ``None`` if there will be none; `tick` while waiting."""
        while True:
            tick()
            left = until - time.monotonic()
            try:
                return self._messages.get(timeout=max(min(TICK_SECONDS, left), 0))
            except queue.Empty:
                if left <= 0:
                    raise LateError from None

    def _stage(self) -> tuple[str, float]:
        return ("taking", self._arrived) if self._arrived else ("reading", math.nan)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream, contextlib.suppress(OSError):
            while (data := receive(stream, self._note)) is not None:
                self._messages.put(data)
        self._messages.put(None)

    def _note(self, there: int, total: int) -> None:
        self._arrived = there / total

    def _how(self) -> str:
        """Return how the process ended, as the operating system calls it."""
        try:
            code = self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return "?"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"code {code}"


def _creation_flags() -> int:
    if sys.platform == "win32":
        # The process of a program without console would open one.
        return subprocess.CREATE_NO_WINDOW
    return 0
