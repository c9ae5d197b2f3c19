"""Engines: who does the tasks. In this process, or on the workers of ``dask.distributed``.

The library is imported only when such an engine is started.
"""

from __future__ import annotations

import importlib
import logging
import signal
import socket
import tempfile
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from layers.batch.ledger import LedgerError
from layers.batch.outcome import Outcome
from layers.batch.outcome import problem_text
from layers.batch.workers import PATIENCE_S
from layers.batch.workers import DaskEngine
from layers.batch.workers import no_workers
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from layers.batch.outcome import Work
    from layers.batch.task import Task

    Client = Any  # of a library without types

LOOPBACK = "127.0.0.1"
DASHBOARD_PORT = 8787

# A busy computer takes its time to begin processes and to answer them.
_START_S, _CONNECT = 180.0, "60s"
_REACH_S = 10.0

# Ctrl+C is for the run, which then ends its workers; in them it would only print tracebacks,
# and what they say of the tasks they leave is no news.
_QUIET = """
import logging
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
logging.getLogger("distributed.worker.state_machine").setLevel(logging.ERROR)
"""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Engine(Protocol):
    """Does tasks."""

    @property
    def description(self) -> dict[str, Any]:
        """What it is, in plain data."""

    @property
    def dashboard(self) -> str:
        """Address of the page that shows the work; empty if there is none."""

    def check(self, folder: Path) -> None:
        """Refuse to begin if a worker cannot do the tasks in a folder."""

    def map(self, tasks: Sequence[Task], *, retries: int, work: Work) -> Iterator[Outcome]:
        """Do tasks; yield what became of each as soon as it is known."""


@dataclass(frozen=True, slots=True)
class SerialEngine:
    """Does one task after the other in this process."""

    dashboard: str = ""

    @property
    def description(self) -> dict[str, Any]:
        """What it is, in plain data."""
        return {"engine": "serial", "workers": 0}

    def check(self, folder: Path) -> None:
        """Do nothing: this process is the one that asks."""

    def map(self, tasks: Sequence[Task], *, retries: int, work: Work) -> Iterator[Outcome]:
        """Do tasks; yield what became of each.

        Parameters
        ----------
        tasks
            What is to be done.
        retries
            How often a task that fails is tried again.
        work
            Does a task.
        """
        for task in tasks:
            for attempt in range(1, retries + 2):
                try:
                    outcome = Outcome(task, work(task, attempt), None, attempt)
                except Exception as error:  # noqa: BLE001 - reported, never silently absent
                    outcome = Outcome(task, None, problem_text(error), attempt)
                else:
                    break
            yield outcome


@contextmanager
def serial_engine() -> Iterator[SerialEngine]:
    """Yield the engine that works in this process."""
    yield SerialEngine()


@contextmanager
def dask_engine(
    *,
    workers: int = 0,
    scheduler: str = "",
    memory_limit: str = "auto",
    dashboard: bool = False,
    retries: int = 2,
    patience_s: float = PATIENCE_S,
) -> Iterator[DaskEngine]:
    """Yield an engine on workers of Dask.

    Without `scheduler` they are processes of this computer, which nobody else can reach:
    all addresses are of the loopback. A scheduler elsewhere must be one that only trusted
    computers can reach: whoever reaches it can run programs on its workers.

    Parameters
    ----------
    workers
        Number of processes, at least 1; with `scheduler` how many to wait for.
    scheduler
        Address of a running scheduler, ``tcp://host:port``.
    memory_limit
        Most memory of each process, as ``2GB``; a worker above it is begun anew.
    dashboard
        Whether to show the work on a page of this computer.
    retries
        How many workers may die of one task.
    patience_s
        How long to wait for workers, seconds.

    Raises
    ------
    LedgerError
        If the scheduler cannot be reached or has no workers.
    """
    # First, because it brings its own settings, which would else be lost with ours.
    _distributed()
    import dask.config

    with ExitStack() as stack:
        # What the library says while it is closed, workers being lost, is no news.
        stack.callback(logging.disable, logging.root.manager.disable)
        # A worker that computes does not answer for a while, and that is no fault.
        settings = {
            "distributed.scheduler.allowed-failures": retries,
            "distributed.admin.tick.limit": "1h",
            "distributed.comm.timeouts.connect": _CONNECT,
        }
        stack.enter_context(dask.config.set(settings))
        if scheduler:
            client = _connected(scheduler, min(patience_s, _REACH_S))
            stack.callback(client.close)
            stack.callback(logging.disable, logging.CRITICAL)
            _await_workers(client, max(workers, 1), patience_s, scheduler)
            described: dict[str, Any] = {"engine": "dask", "scheduler": scheduler}
        else:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="atlas-batch-", ignore_cleanup_errors=True)
            )
            cluster = _local_cluster(memory_limit, folder, dashboard=dashboard)
            stack.callback(cluster.close)
            if hasattr(signal, "pthread_sigmask"):
                # Beginning it would lift what is blocked in the thread that does so.
                resource_tracker.ensure_running()
                cluster.loop.add_callback(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGINT})
            client = stack.enter_context(_distributed().Client(cluster))
            stack.callback(logging.disable, logging.CRITICAL)
            # Not with the cluster itself: what fails then could not be closed.
            cluster.scale(max(workers, 1))
            _await_workers(client, max(workers, 1), max(patience_s, _START_S), LOOPBACK)
            described = {"engine": "dask", "workers": workers, "memory_limit": memory_limit}
        link = client.dashboard_link if dashboard else ""
        yield DaskEngine(client, described, link, patience_s)


def _distributed() -> Any:  # noqa: ANN401 - untyped library
    """Return the library, which takes more than half a second to import."""
    return importlib.import_module("distributed")


def _local_cluster(memory_limit: str, folder: str, *, dashboard: bool) -> Any:  # noqa: ANN401 - untyped library
    # Port 0 takes any that is free; the page has the one that people know, if it is free.
    port = DASHBOARD_PORT if dashboard and _is_free(DASHBOARD_PORT) else 0
    return _distributed().LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host=LOOPBACK,
        memory_limit=memory_limit,
        dashboard_address=f"{LOOPBACK}:{port}",
        worker_dashboard_address=f"{LOOPBACK}:0",
        scheduler_kwargs={"dashboard": dashboard},
        local_directory=folder,
        preload=[_QUIET],
        env=dict.fromkeys(_ONE_THREAD, "1"),
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def _connected(scheduler: str, patience_s: float) -> Client:
    try:
        return _distributed().Client(scheduler, timeout=patience_s)
    except Exception as error:  # another server there may answer anything
        raise LedgerError(
            Text(
                f"无法连接调度器 {scheduler}（{error}）；请检查地址与防火墙",
                f"cannot reach the scheduler {scheduler} ({error}); check address and firewalls",
            )
        ) from error


def _await_workers(client: Client, workers: int, patience_s: float, scheduler: str) -> None:
    try:
        client.wait_for_workers(workers, timeout=patience_s)
    except TimeoutError as error:
        raise no_workers(scheduler) from error
