"""Tasks that do what their scope says: fail, die, wait; so that engines can be watched."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from layers.batch.ledger import Receipt
from layers.batch.ledger import worker_name
from layers.batch.task import Part
from layers.batch.task import Task
from layers.batch.wish import BatchWish
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 60.0
GO = "go"
HELD = "held"


def task_of(what: str, folder: Path) -> Task:
    """Return a task that :func:`work` understands."""
    return Task(
        "scatter",
        "compute",
        folder,
        "digest",
        folder,
        (None, ""),
        BatchWish(),
        (Part(what, None, rows=1),),
        "code",
    )


def work(task: Task, attempt: int) -> Receipt:
    """Do what the scope of the task says."""
    what = task.parts[0].scope
    if what.startswith("fail") or (what == "flaky" and attempt == 1):
        raise UsageError(Text(f"坏的 {what}", f"broken {what}"))
    if what == "odd":
        msg = f"attempt {attempt}"
        raise ZeroDivisionError(msg)
    if what == "deadly" or (what == "die once" and _first_time(task.out / "died")):
        os.kill(os.getpid(), signal.SIGKILL)
    if what.startswith("hold"):
        _hold(task.out)
    members = ((what, None),)
    return Receipt(task.key, task.step, members, 1, 1, {}, 0.0, worker_name(), attempt, None)


def held_perform(task: Task, attempt: int) -> Receipt:
    """Do a real task, after telling that it began and waiting for leave, once."""
    from layers.batch.tasks import perform

    if task.step == "compute" and _first_time(task.out / f"{HELD}-{task.key}"):
        _hold(task.out)
    return perform(task, attempt)


def _first_time(flag: Path) -> bool:
    try:
        flag.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _hold(folder: Path) -> None:
    """Tell which process holds, and wait until it may go on."""
    (folder / f"{HELD}-by-{os.getpid()}").touch()
    until = time.monotonic() + PATIENCE_S
    while not (folder / GO).exists():
        if time.monotonic() > until:
            msg = "nobody said go"
            raise TimeoutError(msg)
        time.sleep(0.02)


def holders(folder: Path) -> list[int]:
    """Return the processes that hold or held."""
    return sorted(int(path.name.rsplit("-", 1)[1]) for path in folder.glob(f"{HELD}-by-*"))


def wait_for_holders(folder: Path, least: int) -> list[int]:
    """Return the processes that hold, as soon as there are so many."""
    until = time.monotonic() + PATIENCE_S
    while len(found := holders(folder)) < least:
        assert time.monotonic() < until, "nobody began"
        time.sleep(0.02)
    return found
