"""Tasks: what one worker does in one go, and the receipt it leaves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from layers.batch.computing import compute
from layers.batch.ledger import LedgerError
from layers.batch.ledger import Receipt
from layers.batch.ledger import code_version
from layers.batch.ledger import finished
from layers.batch.ledger import making
from layers.batch.ledger import peak_memory
from layers.batch.ledger import settle
from layers.batch.ledger import stamps
from layers.batch.ledger import worker_name
from layers.batch.places import find_clusters
from layers.batch.places import find_places
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.batch.task import Step
    from layers.batch.task import Task
    from layers.batch.task import Work

_DOERS: dict[Step, Callable[[Task, Path], Work]] = {
    "places": find_places,
    "clusters": find_clusters,
    "compute": compute,
}


def perform(task: Task, attempt: int = 1) -> Receipt:
    """Do a task, unless somebody has done it already.

    Parameters
    ----------
    task
        What is to be done.
    attempt
        The how manieth attempt it is.

    Returns
    -------
    Receipt
        What was done; the files are in their place.

    Raises
    ------
    LedgerError
        If this process runs another version of the program.
    AtlasError
        If a layer cannot be read or computed with.
    """
    began = time.monotonic()
    _same_code(task.code)
    key = task.key
    known = finished(task.out, key)
    if known is not None:
        return known
    with making(task.out, key) as folder:
        work = _DOERS[task.step](task, folder)
        receipt = Receipt(
            key=key,
            kind=task.step,
            members=tuple((part.scope, part.parks) for part in task.parts),
            rows_in=task.rows,
            rows_out=work.rows,
            files=stamps(folder),
            seconds=time.monotonic() - began,
            worker=worker_name(),
            attempts=attempt,
            peak_bytes=peak_memory(),
            notes=work.notes,
        )
        settle(task.out, folder, receipt)
    return receipt


def _same_code(wanted: str) -> None:
    """Refuse to compute with another version of the program than asked for."""
    found = code_version()
    if found != wanted:
        who = worker_name()
        raise LedgerError(
            Text(
                f"工作进程 {who} 的程序版本不同（{found[:12]}，应为 {wanted[:12]}）；"
                "请在各主机安装相同版本并重启工作进程",
                f"worker {who} runs another version of the program ({found[:12]} instead of "
                f"{wanted[:12]}); install the same version on all hosts and restart the workers",
            )
        )
