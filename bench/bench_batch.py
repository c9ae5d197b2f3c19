"""A whole city in a batch, against all of its rows in one frame of geopandas.

Run ``python -m bench.bench_batch``; at full size (1.5 million buildings, 5,000 parks,
100,000 carriers) it takes an hour or two and 3 GB of memory for the plain side. Both
sides read the same generated folder of GeoParquet, each in a process of its own, so that
the peak of memory is its own. Before a line is printed its table must equal that of the
plain side (:mod:`bench.single_frame`), bit for bit. What the engine costs at small size
is measured on one district with 145 carriers.

Seconds are wall clock. "Largest" is the most memory that one process of a side ever
held, "together" the most that all of them held at one time, sampled twice a second;
pages that processes share are counted in each.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import shutil
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import ParamSpec
from typing import TypeVar

import pandas as pd
import psutil
from pandas.testing import assert_frame_equal

from bench.browser import others
from bench.single_frame import CODE
from bench.single_frame import SUBJECT
from bench.single_frame import single_frame
from layers.analysis import scatter_of
from layers.batch.engine import dask_engine
from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.ledger import Receipt
from layers.batch.ledger import peak_memory
from layers.batch.run import run_batch
from layers.batch.tables import read_table
from layers.batch.task import Task
from layers.batch.wish import HALO_M
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.frames import GEOMETRY
from layers.synthetic import CitySize
from layers.synthetic import city_layers
from layers.synthetic import write_city

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from layers.batch.engine import Engine
    from layers.batch.run import Progress

    Command = Any  # one of the names of commands

Given = ParamSpec("Given")
Found = TypeVar("Found")

COMMANDS = ("scatter", "underused")
SMALL = CitySize(districts=1, parks=20, carriers=145, buildings=3000)
MEMORY_LIMIT = "2GB"

_SAMPLED_S = 0.5
_IDLE_TASKS = 200
_GB = 1e9


class Way(NamedTuple):
    """How a batch is divided: workers (0 for this process) and partitions (None: districts)."""

    workers: int
    partitions: int | None = None

    def __str__(self) -> str:
        """Return it in a few words."""
        parts = "districts" if self.partitions is None else f"{self.partitions} partitions"
        return f"batch, {self.workers} workers, {parts}"


class Cost(NamedTuple):
    """What a side cost: seconds by phase, bytes of its main process and of its workers."""

    seconds: dict[str, float]
    main: int
    worker: int


class Line(NamedTuple):
    """A line of the table."""

    command: str
    side: str
    cost: Cost
    together: int
    others: float

    def __str__(self) -> str:
        """Return it as text."""
        phases = ", ".join(f"{name} {s:.1f}" for name, s in self.cost.seconds.items())
        gb = f"{max(self.cost.main, self.cost.worker) / _GB:>7.2f}{self.together / _GB:>7.2f} GB"
        told = f"{self.command:<10}{self.side:<36}{sum(self.cost.seconds.values()):>9.1f} s{gb}"
        return f"{told}   oth {self.others:.1f}   ({phases})"


def alone(call: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Call a function in a fresh process and return what it returns."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(call, *given, **named).result()


def plain_side(command: str, folder: Path, table: Path) -> Cost:
    """Compute a command in one frame and keep its table."""
    answer = single_frame(command, folder, load_catalogue(), halo_m=HALO_M)
    answer.table.to_pickle(table)
    return Cost(answer.seconds, peak_memory() or 0, 0)


def batch_side(command: Command, folder: Path, out: Path, stage: Path, way: Way) -> Cost:
    """Compute a command in a batch; its tables are in `out`."""
    phases = _Phases()
    catalogue = load_catalogue()
    wish = BatchWish(partitions=way.partitions)
    with _engine(way) as engine:
        report = run_batch(
            command,
            open_input(str(folder), catalogue),
            out,
            catalogue,
            wish,
            engine=engine,
            stage=stage,
            progress=phases.note,
        )
    phases.end()
    if not report.is_whole:
        msg = f"rows are missing or rejected: {report.run['accounts']}"
        raise RuntimeError(msg)
    return Cost(phases.seconds, peak_memory() or 0, report.run["peak_bytes"] or 0)


def _engine(way: Way) -> AbstractContextManager[Engine]:
    if way.workers == 0:
        return serial_engine()
    return dask_engine(workers=way.workers, memory_limit=MEMORY_LIMIT)


class _Phases:
    """Times the phases of a run by what it tells."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._since = "start", time.perf_counter()

    def note(self, progress: Progress) -> None:
        """Take note of how far the run is."""
        if progress.stage != self._name:
            self.end()
            self._name = progress.stage

    def end(self) -> None:
        """End a phase."""
        now = time.perf_counter()
        passed = now - self._since
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + passed
        self._since = now


@contextmanager
def sampled() -> Iterator[Callable[[], int]]:
    """Give a function that tells the most memory that all children held together, bytes."""
    peak, done = [0], threading.Event()

    def sample() -> None:
        while not done.wait(_SAMPLED_S):
            peak[0] = max(peak[0], _together())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    yield lambda: peak[0]
    done.set()
    thread.join()


def _together() -> int:
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:
            continue  # it has ended meanwhile
    return total


def check_same(plain: pd.DataFrame, batch: pd.DataFrame, command: str) -> None:
    """Check that the tables of both sides are the same, bit for bit.

    Parameters
    ----------
    plain
        Of one frame.
    batch
        Of a batch; what only it has, geometry and origin, is passed over.
    command
        Which command.

    Raises
    ------
    AssertionError
        If a row or a value differs.
    """
    keys = [CODE, SUBJECT[command]]
    names = [name for name in plain.columns if name != GEOMETRY]
    first, second = (
        pd.DataFrame(side)[names].sort_values(keys, ignore_index=True) for side in (plain, batch)
    )
    # A file has fewer types of columns than pandas, and the same values.
    assert_frame_equal(first, second, check_exact=True, check_dtype=False)


def compare(
    command: Command, folder: Path, work: Path, ways: list[Way], tell: Callable[[str], None]
) -> list[Line]:
    """Run a command on both sides and return the lines of the table.

    Parameters
    ----------
    command
        ``scatter`` or ``underused``.
    folder
        The city.
    work
        Where results go.
    ways
        How the batch is divided; the first one makes the stage, the others take it.
    tell
        Told of every line.
    """
    lines = []
    with others() as load, sampled() as together:
        cost = alone(plain_side, command, folder, work / f"{command}.pickle")
    lines.append(Line(command, "one frame of geopandas", cost, together(), load.cores))
    tell(str(lines[-1]))
    plain = pd.read_pickle(work / f"{command}.pickle")  # noqa: S301 - made above
    for number, way in enumerate(ways):
        out = work / f"{command}-{number}"
        with others() as load, sampled() as together:
            cost = alone(batch_side, command, folder, out, work / "stage", way)
        check_same(plain, read_table(out / command / "table.parquet"), command)
        lines.append(Line(command, str(way), cost, together(), load.cores))
        tell(str(lines[-1]))
    return lines


def overhead(work: Path) -> dict[str, float]:
    """Return what the engine costs at small size, in seconds.

    Parameters
    ----------
    work
        An empty folder.
    """
    catalogue = load_catalogue()
    tables = city_layers(SMALL, catalogue)
    write_city(SMALL, work / "small", catalogue)
    found, begin = {}, time.perf_counter()
    scatter_of(tables, catalogue)
    found["the page's function"] = time.perf_counter() - begin
    for way in (Way(0), Way(1), Way(2)):
        out = work / f"small-{way.workers}"
        cost = alone(batch_side, "scatter", work / "small", out, out / "stage", way)
        name = f"{way.workers} workers"
        found[f"batch, {name}: start"] = cost.seconds.pop("start")
        found[f"batch, {name}: stage"] = cost.seconds.pop("staging")
        found[f"batch, {name}: tasks and merge"] = sum(cost.seconds.values())
        again = alone(batch_side, "scatter", work / "small", out, out / "stage", way)
        again.seconds.pop("start")
        found[f"batch, {name}: again, all done"] = sum(again.seconds.values())
    found["an empty task of Dask"] = alone(idle_task_s, work)
    return found


def idle_task_s(work: Path) -> float:
    """Return how long a task takes that does nothing, with two workers, seconds."""
    tasks = [
        Task("scatter", "places", work, str(n), work, (None, ""), BatchWish(), (), "")
        for n in range(_IDLE_TASKS)
    ]
    with dask_engine(workers=2) as engine:
        list(engine.map(tasks[:2], retries=0, work=idle))  # both workers have imported us
        begin = time.perf_counter()
        done = list(engine.map(tasks, retries=0, work=idle))
        passed = time.perf_counter() - begin
    if any(outcome.receipt is None for outcome in done):
        msg = "an empty task failed"
        raise RuntimeError(msg)
    return passed / len(tasks)


def idle(task: Task, attempt: int) -> Receipt:
    """Do nothing."""
    return Receipt(task.key, task.step, (), 0, 0, {}, 0.0, "", attempt, None)


def _ways(workers: list[int], partitions: list[int]) -> list[Way]:
    return [Way(n) for n in workers] + [Way(max(workers), parts) for parts in partitions]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    full = CitySize()
    for name in ("districts", "parks", "carriers", "buildings", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(full, name))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--partitions", type=int, nargs="*", default=[64], metavar="N")
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), choices=COMMANDS)
    parser.add_argument("--city", type=Path, help="folder of a city made before, or to be made")
    parser.add_argument("--keep", type=Path, help="folder for results, which are kept")
    parser.add_argument("--no-small", action="store_true", help="leave out the small size")
    return parser.parse_args()


def main() -> None:
    """Run the measurement and print it."""
    arguments = _arguments()
    size = CitySize(
        districts=arguments.districts,
        parks=arguments.parks,
        carriers=arguments.carriers,
        buildings=arguments.buildings,
        seed=arguments.seed,
    )
    print(f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC, {json.dumps(dataclasses.asdict(size))}")
    work = arguments.keep or Path(tempfile.mkdtemp(prefix="bench-batch-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        if not arguments.no_small:
            with tempfile.TemporaryDirectory(dir=work) as small:
                for name, seconds in overhead(Path(small)).items():
                    print(f"  {name:<40}{seconds:>9.3f} s", flush=True)
        folder = arguments.city or work / "city"
        if not folder.exists():
            begin = time.perf_counter()
            alone(write_city, size, folder, load_catalogue())
            print(f"the city is written in {time.perf_counter() - begin:.1f} s", flush=True)
        for command in arguments.commands:
            # Only scatter looks at parks one by one, so that a district can be cut.
            parts = arguments.partitions if command == "scatter" else []
            ways = _ways(arguments.workers, parts)
            compare(command, folder, work, ways, lambda line: print(line, flush=True))
    finally:
        if arguments.keep is None:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
