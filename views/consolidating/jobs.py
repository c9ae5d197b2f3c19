"""Solving in the background: jobs that outlive the run of a page.

A job has a thread of its own and is known to the whole process by its key, so that
a page can be left and come back to. Few run at once, because each of them keeps a
core busy; the others wait in the order in which they came.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.consolidation import Consolidation
    from geo.consolidation.solve import Progress
    from geo.consolidation.solve import Watch

    Work = Callable[[Watch], Consolidation]

State = Literal["waiting", "running", "done", "failed", "stopped"]

MOST_RUNNING = 2
_MOST_KEPT = 24


@dataclass(eq=False)
class Job:
    """One solution that was asked for.

    Attributes
    ----------
    key
        What it is known by.
    about
        What whoever asked for it wants to find with it.
    state
        ``stopped`` only if it never ran; one that is stopped while it runs is ``done``
        with what was found until then.
    progress
        What the solver said last; None before it said anything.
    result
        The answer of a job that is ``done``.
    error
        Why it ``failed``.
    seconds
        How long it has been running, or ran.
    """

    key: str
    about: object
    state: State = "waiting"
    progress: Progress | None = None
    result: Consolidation | None = None
    error: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _began: float = math.nan
    _ended: float = math.nan

    @property
    def over(self) -> bool:
        """Tell whether nothing more will come."""
        return self.state not in {"waiting", "running"}

    @property
    def stopping(self) -> bool:
        """Tell whether somebody asked it to stop."""
        return self._stop.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran; 0 before."""
        if math.isnan(self._began):
            return 0.0
        return (time.monotonic() if math.isnan(self._ended) else self._ended) - self._began

    def run(self, work: Work) -> None:
        """Do the work, keeping what it gives or why it failed."""
        self._began = time.monotonic()
        try:
            self.result = work(self._heard)
        except Exception as error:  # noqa: BLE001 - the thread ends here, and the page tells it
            self.error = error
        finally:
            self._ended = time.monotonic()
        # Last, because the page reads the rest as soon as it sees this.
        self.state = "done" if self.error is None else "failed"

    def ask_to_stop(self) -> None:
        """Let the solver stop when it next tells how far it is."""
        self._stop.set()

    def _heard(self, progress: Progress) -> bool:
        self.progress = progress
        return not self._stop.is_set()


class Jobs:
    """All jobs of a process.

    Parameters
    ----------
    most_running
        How many may run at once.
    """

    def __init__(self, most_running: int = MOST_RUNNING) -> None:
        self._most_running = most_running
        self._running = 0
        self._waiting: deque[Job] = deque()
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()

    def submit(self, work: Work, about: object = None) -> Job:
        """Begin to work as soon as there is room; return the job at once.

        Parameters
        ----------
        work
            Called with a watch, which returns False once the job is to stop.
        about
            Kept with the job.
        """
        job = Job(uuid.uuid4().hex, about)
        with self._changed:
            self._forget()
            self._jobs[job.key] = job
            self._waiting.append(job)
        # A daemon, so that a server that is closed does not wait for the solver.
        threading.Thread(target=self._run, args=(job, work), name=job.key, daemon=True).start()
        return job

    def get(self, key: str) -> Job | None:
        """Return a job; None if it is not known, or was forgotten."""
        with self._changed:
            return self._jobs.get(key)

    def ahead(self, job: Job) -> int:
        """Return how many jobs wait before this one."""
        with self._changed:
            return self._waiting.index(job) if job in self._waiting else 0

    def stop(self, job: Job) -> None:
        """Stop a job: a waiting one never runs, a running one keeps what it found."""
        with self._changed:
            job.ask_to_stop()
            self._changed.notify_all()

    def _run(self, job: Job, work: Work) -> None:
        with self._changed:
            self._changed.wait_for(lambda: job.stopping or self._is_next(job))
            self._waiting.remove(job)
            if job.stopping:
                job.state = "stopped"
                self._changed.notify_all()
                return
            job.state = "running"
            self._running += 1
        try:
            job.run(work)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _is_next(self, job: Job) -> bool:
        return self._running < self._most_running and self._waiting[0] is job

    def _forget(self) -> None:
        """Let go of the oldest jobs that are over; each holds all of its plans."""
        over = [key for key, job in self._jobs.items() if job.over]
        for key in over[: max(len(self._jobs) - _MOST_KEPT + 1, 0)]:
            del self._jobs[key]
