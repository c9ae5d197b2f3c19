"""A batch on two hosts, of which one is lost: ``sudo python -m bench.two_hosts``.

The hosts are network namespaces, see :mod:`bench.hosts`. Four runs must give the same
tables, byte for byte:

1. in one process, without any network;
2. ``atlas batch --scheduler`` on both hosts;
3. on both hosts, of which one is cut off in the middle of a task: its link goes down
   first, so that nobody hears of it, and then all of its processes are killed;
4. the same again in the same folder, where everything is done.
"""

from __future__ import annotations

import re
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

from bench.hosts import HEAD
from bench.hosts import LIMIT_S
from bench.hosts import LOST
from bench.hosts import SCHEDULER
from bench.hosts import hosts
from bench.hosts import obstacle
from layers.batch.engine import dask_engine
from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.ledger import making
from layers.batch.run import run_batch
from layers.batch.tasks import perform
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.stock import ChanceChoice
from layers.synthetic import CitySize
from layers.synthetic import write_city

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.hosts import Program
    from layers.batch.engine import Engine
    from layers.batch.ledger import Receipt
    from layers.batch.run import BatchReport
    from layers.batch.task import Task

SIZE = CitySize(districts=3, parks=40, carriers=600, buildings=3000)
PARTITIONS = 12
DRAWS = 199

_POLL_S = 0.1
_PARTS = "parts"
_HELD = "held"
_CLIENT = (
    "import pathlib, sys; from bench.two_hosts import client; client(pathlib.Path(sys.argv[1]))"
)


class Trial(NamedTuple):
    """What a trial of all runs showed.

    Attributes
    ----------
    seconds
        Of each run, by name.
    workers
        Names of the workers of the second run, ``host:process``.
    done_before
        Tasks that the lost host had finished before it was lost.
    noticed_s
        From the loss to the end of the run, seconds.
    cut_off
        Tasks that the lost host had begun and not finished.
    differing
        Tables of any run that are not those of one process, byte for byte.
    missing
        Partitions without a result after the loss.
    reused
        Finished tasks that the last run took over.
    """

    seconds: dict[str, float]
    workers: tuple[str, ...]
    done_before: int
    noticed_s: float
    cut_off: int
    differing: tuple[str, ...]
    missing: int
    reused: int


def trial(folder: Path, tell: Callable[[str], None] = print) -> Trial:
    """Do all runs and compare what they give.

    Parameters
    ----------
    folder
        An empty folder.
    tell
        Told how far it is.

    Raises
    ------
    RuntimeError
        If a run fails or takes longer than :data:`LIMIT_S`.
    """
    seconds: dict[str, float] = {}
    write_city(SIZE, folder / "city", load_catalogue())
    with serial_engine() as engine:
        seconds["one process"] = batch(folder, "alone", engine, perform).run["seconds"]
    tell(f"one process: {seconds['one process']:.1f} s")
    with hosts() as net:
        net.start_cluster()
        begin = time.monotonic()
        net.start(HEAD, _atlas(folder, "both")).finish()
        seconds["two hosts"] = time.monotonic() - begin
        tell(f"two hosts: {seconds['two hosts']:.1f} s")
        begin = time.monotonic()
        run = net.start(HEAD, [sys.executable, "-c", _CLIENT, str(folder)])
        _wait_for(folder / _HELD, run)
        done_before = len(_receipts(folder / "loss", LOST))
        net.cut_off(LOST)
        cut = time.monotonic()
        tell(f"one of two hosts is lost in its task number {done_before + 1}")
        run.finish()
        ended = time.monotonic()
    seconds["one host lost"] = ended - begin
    tell(f"one host lost: {seconds['one host lost']:.1f} s")
    cut_off = len([path for path in _parts(folder / "loss").glob(".*") if path.is_dir()])
    with serial_engine() as engine:
        again = batch(folder, "loss", engine, perform)
    seconds["again, all done"] = again.run["seconds"]
    names = ("both", "loss")
    return Trial(
        seconds=seconds,
        workers=tuple(sorted(_workers(folder / "both"))),
        done_before=done_before,
        noticed_s=ended - cut,
        cut_off=cut_off,
        differing=tuple(found for name in names for found in _differing(folder, name)),
        missing=len(again.missing),
        reused=again.run["reused"],
    )


def batch(
    folder: Path, name: str, engine: Engine, work: Callable[[Task, int], Receipt]
) -> BatchReport:
    """Run a batch of the small city."""
    catalogue = load_catalogue()
    wish = BatchWish(partitions=PARTITIONS, chance=ChanceChoice(draws=DRAWS))
    source = open_input(str(folder / "city"), catalogue)
    stage = folder / "stage"
    return run_batch(
        "scatter", source, folder / name, catalogue, wish, engine=engine, stage=stage, work=work
    )


def _atlas(folder: Path, name: str) -> list[str]:
    """Return the command that a planner would type."""
    options = {
        "--input": folder / "city",
        "--out": folder / name,
        "--stage": folder / "stage",
        "--scheduler": SCHEDULER,
        "--workers": 2,
        "--partitions": PARTITIONS,
        "--draws": DRAWS,
    }
    told = [str(part) for option in options.items() for part in option]
    return [sys.executable, "-m", "cli", "batch", "scatter", *told]


def client(folder: Path) -> None:
    """Run a batch on the hosts; the one that will be lost stops in its second partition."""
    with dask_engine(scheduler=SCHEDULER, workers=2, patience_s=LIMIT_S / 2) as engine:
        batch(folder, "loss", engine, held)


_begun = [0]


def held(task: Task, attempt: int) -> Receipt:
    """Do a task; on the host that is going to be lost, begin the second one for ever."""
    if task.step == "compute" and socket.gethostname() == LOST:
        _begun[0] += 1
        if _begun[0] > 1:
            with making(task.out, task.key):
                (task.out.parent.parent / _HELD).touch()
                time.sleep(LIMIT_S)
    return perform(task, attempt)


def _parts(out: Path) -> Path:
    return out / "scatter" / _PARTS


def _receipts(out: Path, host: str) -> list[Path]:
    """Return the receipts of partitions that a host finished."""
    found = _parts(out).glob("*.json")
    told = {path: path.read_text("utf-8") for path in found}
    return [p for p, text in told.items() if f'"{host}:' in text and '"compute"' in text]


def _workers(out: Path) -> set[str]:
    texts = [path.read_text("utf-8") for path in _parts(out).glob("*.json")]
    return {found for text in texts for found in re.findall(r'"worker": ?"([^"]+)"', text)}


def _differing(folder: Path, name: str) -> list[str]:
    """Return the tables of a run that are not those of one process."""
    alone, other = folder / "alone" / "scatter", folder / name / "scatter"
    tables = {path.name for place in (alone, other) for path in place.glob("*.parquet")}
    if not tables:
        return [f"{name}: no tables"]
    return [f"{name}: {t}" for t in sorted(tables) if _bytes(alone / t) != _bytes(other / t)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _wait_for(path: Path, program: Program) -> None:
    end = time.monotonic() + LIMIT_S
    while not path.exists():
        if program.has_ended() or time.monotonic() > end:
            raise program.failure("no host was held in a second task")  # noqa: EM101, TRY003 - of a method
        time.sleep(_POLL_S)


def main() -> None:
    """Run the trial and print it."""
    if why := obstacle():
        sys.exit(f"not run: {why}")
    with tempfile.TemporaryDirectory(prefix="two-hosts-") as folder:
        for name, value in trial(Path(folder))._asdict().items():
            print(f"  {name:<12} {value}")


if __name__ == "__main__":
    main()
