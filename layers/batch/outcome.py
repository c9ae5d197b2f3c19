"""What becomes of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

from layers.errors import AtlasError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.batch.ledger import Receipt
    from layers.batch.task import Task

    Work = Callable[[Task, int], Receipt]


class Outcome(NamedTuple):
    """What became of a task: a receipt, or the error of the last attempt."""

    task: Task
    receipt: Receipt | None
    problem: Text | None
    attempts: int


def problem_text(error: BaseException) -> Text:
    """Return an error as a sentence in both languages."""
    if isinstance(error, AtlasError):
        return error.text
    told = f"{type(error).__name__}: {error}"
    if type(error).__name__ == "KilledWorker":
        return Text(
            "执行该分区的工作进程多次中断（内存不足或被终止），已放弃；可调大 --memory-limit 或 "
            f"--partitions（{told}）",
            "the workers that did this partition died again and again (memory, or killed); raise "
            f"--memory-limit or --partitions ({told})",
        )
    return Text(told, told)
