"""The workers of a Dask cluster as an engine: who fails is tried again, who is lost replaced."""

from __future__ import annotations

import queue
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from layers.batch.ledger import LedgerError
from layers.batch.ledger import code_version
from layers.batch.ledger import worker_name
from layers.batch.outcome import Outcome
from layers.batch.outcome import problem_text
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from layers.batch.outcome import Work
    from layers.batch.task import Task

    Client = Any  # of a library without types
    Future = Any

PATIENCE_S = 60.0
"""How long the tasks wait for workers when none is left, seconds [J]."""

_POLL_S = 0.5

_OTHER_CODE = Text(
    "程序版本与本机不同；请在各主机安装相同版本并重启工作进程",
    "it runs another version of the program; install the same version on all hosts and restart "
    "the workers",
)


@dataclass(slots=True)
class DaskEngine:
    """Does tasks on the workers of a Dask cluster.

    Attributes
    ----------
    client
        Connected to its scheduler.
    description
        What it is, in plain data.
    dashboard
        Address of the page that shows the work; empty if there is none.
    patience_s
        How long to wait when no worker is left.
    """

    client: Client
    description: dict[str, Any]
    dashboard: str = ""
    patience_s: float = PATIENCE_S
    _done: queue.SimpleQueue[Future] = field(default_factory=queue.SimpleQueue)

    def check(self, folder: Path) -> None:
        """Refuse to begin if a worker lacks the folder or runs another program.

        Parameters
        ----------
        folder
            A folder that all workers must see under the same path.

        Raises
        ------
        LedgerError
            Naming the worker.
        """
        with tempfile.NamedTemporaryFile(prefix=".seen-", dir=folder) as mark:
            answers = self.client.run(_look, mark.name, on_error="return")
        if not answers:
            raise no_workers(self.description.get("scheduler", ""))
        for address, answer in sorted(answers.items()):
            if isinstance(answer, BaseException):
                raise _unfit(address, problem_text(answer))
            name, code, seen = answer
            who = f"{name} ({address})"
            if code != code_version():
                raise _unfit(who, _OTHER_CODE)
            if not seen:
                raise _unfit(who, _cannot_see(folder))

    def map(self, tasks: Sequence[Task], *, retries: int, work: Work) -> Iterator[Outcome]:
        """Do tasks; yield what became of each as soon as it is known.

        A task whose worker dies is done again by another; one that kills its workers, or
        fails at every attempt, is given up with its last error.

        Parameters
        ----------
        tasks
            What is to be done.
        retries
            How often a task that fails is tried again.
        work
            Does a task; a function that the workers can import.
        """
        open_tasks: dict[str, tuple[Task, int, Future]] = {}
        for task in tasks:
            self._submit(open_tasks, task, 1, work)
        try:
            while open_tasks:
                future = self._next_done()
                if future is None:
                    yield from _given_up(open_tasks)
                    return
                if future.key not in open_tasks:
                    continue
                task, attempt, _future = open_tasks.pop(future.key)
                outcome = _outcome(task, attempt, future)
                if outcome.receipt is None and attempt <= retries and not _is_deadly(future):
                    self._submit(open_tasks, task, attempt + 1, work)
                else:
                    yield outcome
        finally:
            self._cancel([future for _task, _attempt, future in open_tasks.values()])

    def _submit(
        self, open_tasks: dict[str, tuple[Task, int, Future]], task: Task, attempt: int, work: Work
    ) -> None:
        name = f"{task.step}-{task.key}-{attempt}-{time.monotonic_ns()}"
        future = self.client.submit(work, task, attempt, key=name, pure=False)
        open_tasks[name] = (task, attempt, future)
        future.add_done_callback(self._done.put)

    def _next_done(self) -> Future | None:
        """Return the next future that is done; None if there is nobody left to do any."""
        alone_since: float | None = None
        while True:
            with suppress(queue.Empty):
                return self._done.get(timeout=_POLL_S)
            if self._is_manned():
                alone_since = None
                continue
            now = time.monotonic()
            alone_since = now if alone_since is None else alone_since
            if now - alone_since >= self.patience_s:
                return None

    def _is_manned(self) -> bool:
        """Tell whether the scheduler can be reached and has a worker."""
        if self.client.status != "running":
            return False
        try:
            return bool(self.client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, TimeoutError, KeyError, RuntimeError):
            return False

    def _cancel(self, futures: list[Future]) -> None:
        with suppress(Exception):  # the cluster may be gone already
            if futures:
                self.client.cancel(futures)


def no_workers(scheduler: str) -> LedgerError:
    """Return the error of a scheduler that has nobody to do the tasks."""
    return LedgerError(
        Text(
            f"调度器 {scheduler} 没有工作进程；请先在各主机启动 dask worker",
            f"the scheduler {scheduler} has no workers; start dask worker on the hosts first",
        )
    )


def _unfit(worker: str, why: Text) -> LedgerError:
    return LedgerError(
        Text(f"工作进程 {worker} 不可用：{why.zh}", f"worker {worker} cannot take part: {why.en}")
    )


def _cannot_see(folder: Path) -> Text:
    return Text(
        f"看不到文件夹 {folder}；各主机须以同一路径访问同一共享文件夹",
        f"it does not see the folder {folder}; all hosts need one shared folder under one path",
    )


def _look(mark: str) -> tuple[str, str, bool]:
    """Tell who a worker is, which program it runs and whether it sees a file."""
    return worker_name(), code_version(), Path(mark).exists()


def _outcome(task: Task, attempt: int, future: Future) -> Outcome:
    try:
        return Outcome(task, future.result(timeout=PATIENCE_S), None, attempt)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return Outcome(task, None, problem_text(error), attempt)


def _is_deadly(future: Future) -> bool:
    """Tell whether a task killed its workers, so that another attempt would kill more."""
    with suppress(Exception):
        return type(future.exception(timeout=PATIENCE_S)).__name__ == "KilledWorker"
    return False


def _given_up(open_tasks: dict[str, tuple[Task, int, Future]]) -> Iterator[Outcome]:
    why = Text(
        "没有可用的工作进程，已放弃等待",
        "there is no worker left that could do it; waiting was given up",
    )
    for task, attempt, _future in open_tasks.values():
        yield Outcome(task, None, why, attempt)
