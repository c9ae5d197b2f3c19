"""A run: stage, plan, tasks, merging, and an account of it that leaves nothing out."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from layers.aside import made_aside
from layers.batch.account import account_of
from layers.batch.account import missing_table
from layers.batch.commands import COMMANDS
from layers.batch.districts import Districts
from layers.batch.ledger import finished
from layers.batch.ledger import only_one
from layers.batch.ledger import sweep
from layers.batch.merging import merge
from layers.batch.outcome import Outcome
from layers.batch.places import clusters_of
from layers.batch.preparing import Preparation
from layers.batch.staging import stage as make_stage
from layers.batch.tables import write_table
from layers.batch.tasks import perform

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from geo.batch.clusters import CityClusters
    from geo.batch.plan import Plan
    from layers.batch.engine import Engine
    from layers.batch.inputs import BatchInput
    from layers.batch.ledger import Receipt
    from layers.batch.outcome import Work
    from layers.batch.task import Task
    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

STAGE = "stage"
"""Folder of the stage inside that of the results."""

RUN_FILE = "run.json"
MISSING_FILE = "missing.csv"
DISTRICTS_FILE = "districts.parquet"


class Progress(NamedTuple):
    """How far a run is.

    Attributes
    ----------
    stage
        ``staging``, ``places``, ``computing``, ``clusters`` or ``merging``.
    done, tasks
        Tasks that are finished or given up, and all of them.
    rows, all_rows
        Their subjects.
    seconds
        Since this stage began.
    """

    stage: str
    done: int
    tasks: int
    rows: int
    all_rows: int
    seconds: float


class BatchReport(NamedTuple):
    """What a run did.

    Attributes
    ----------
    folder
        Where the tables are.
    run
        What ``run.json`` says.
    missing
        What has no result, see :func:`layers.batch.account.missing_table`.
    """

    folder: Path
    run: dict[str, Any]
    missing: pd.DataFrame

    @property
    def is_whole(self) -> bool:
        """Whether every row that was read is in the results."""
        return self.missing.empty and not self.run["accounts"]["rows_rejected"]


def run_batch(  # noqa: PLR0913 - each is a part of the wish
    command: CommandName,
    source: BatchInput,
    out: Path,
    catalogue: Catalogue,
    wish: BatchWish,
    *,
    engine: Engine,
    stage: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    work: Work = perform,
) -> BatchReport:
    """Compute a command for every district of an input.

    What is finished already, by the same program from the same data with the same
    parameters, is not computed again. A partition that fails at every attempt is missing
    in the tables, and named in the report, in ``run.json`` and in ``missing.csv``.

    Parameters
    ----------
    command
        What to compute.
    source
        Where the layers come from.
    out
        Folder of all results; those of the command are in the folder of its name.
    catalogue
        Describes the layers.
    wish
        Parameters and division.
    engine
        Who does the tasks.
    stage
        Folder of the stage; ``stage`` in `out` if left out.
    progress
        Told how far it is.
    work
        Does a task.

    Returns
    -------
    BatchReport
        What was done.

    Raises
    ------
    BusyError
        If another run works in the folder.
    AtlasError
        If the input cannot be read, or a worker cannot take part.
    """
    began, now = time.monotonic(), datetime.now(tz=UTC)
    folder, place = out.resolve() / command, (stage or out / STAGE).resolve()
    clock = _Clock(progress)
    with only_one(folder):
        # An account that is there is of the tables beside it: the old one goes first.
        for name in (RUN_FILE, MISSING_FILE):
            (folder / name).unlink(missing_ok=True)
        sweep(folder)
        clock.begin("staging", ())
        with only_one(place):
            staged = make_stage(source, place, catalogue, halo_m=wish.halo_m, progress=clock.read)
        engine.check(folder)
        preparation = Preparation(command, staged, folder, catalogue, wish)
        hands = _Hands(folder, engine, wish.retries, clock, work)
        done = _computed(preparation, hands)
        clock.begin("merging", ())
        missing = missing_table([o for o in done.outcomes if o.receipt is None])
        rows = _merged(preparation, done, missing)
        run = account_of(preparation, done.plan, done.receipts, missing, rows)
        run |= {
            "clusters": None if done.clusters is None else _plain(done.clusters.row()),
            "engine": engine.description,
            "reused": hands.reused,
            # When it began: what has changed since may not be in it.
            "time": now.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - began, 3),
        }
        _write(folder, run, missing)
    return BatchReport(folder, run, missing)


class _Computed(NamedTuple):
    """What became of the tasks of a run."""

    plan: Plan
    outcomes: list[Outcome]
    clusters: CityClusters | None

    @property
    def receipts(self) -> list[Receipt]:
        """Of the finished partitions, in the order of the plan."""
        return _receipts(self.outcomes)


def _computed(preparation: Preparation, hands: _Hands) -> _Computed:
    """Do all tasks."""
    places = preparation.places()
    found = hands.do("places", list(places.values()))
    lost = {o.task.parts[0].scope: o for o in found if o.receipt is None}
    plan = preparation.plan()
    tasks = preparation.tasks(plan, places)
    able, unable = [], []
    for task in tasks:
        # Without the places of a scope nothing can be said about its parks.
        why = next((lost[part.scope] for part in task.parts if part.scope in lost), None)
        if why is None:
            able.append(task)
        else:
            unable.append(Outcome(task, None, why.problem, why.attempts))
    done = {id(o.task): o for o in [*hands.do("computing", able), *unable]}
    clusters = None
    if plan.partitions and places and not lost:
        shares = hands.do(
            "clusters", preparation.clusters(places, min(len(plan.partitions), len(places)))
        )
        if all(outcome.receipt is not None for outcome in shares):
            wish, out = preparation.wish, preparation.out
            clusters = clusters_of(out, _receipts(found), _receipts(shares), wish)
    return _Computed(plan, [done[id(task)] for task in tasks], clusters)


def _receipts(outcomes: Iterable[Outcome]) -> list[Receipt]:
    return [outcome.receipt for outcome in outcomes if outcome.receipt is not None]


def _merged(preparation: Preparation, done: _Computed, missing: pd.DataFrame) -> dict[str, int]:
    """Write the tables and what the districts add up to; return their numbers of rows."""
    command, folder = preparation.command, preparation.out
    for old in folder.glob("*.parquet"):
        old.unlink()
    districts = Districts(command)
    rows = merge(folder, command, done.receipts, preparation.owners, districts.add)
    gaps = {str(k): int(v) for k, v in missing.groupby("district_code")["rows"].sum().items()}
    tables = {"districts": districts.table(gaps, COMMANDS[command].rule_version)}
    if done.clusters is not None:
        tables["clusters"] = done.clusters.table
        tables["carrier_clusters"] = done.clusters.cluster.reset_index()
    for name, table in tables.items():
        with made_aside(folder / f"{name}.parquet", f"{name}.parquet") as made:
            write_table(table, made)
    return rows


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return numbers as JSON has them; unknown is null."""
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}


def _write(folder: Path, run: dict[str, Any], missing: pd.DataFrame) -> None:
    """Write the account; what is missing also as a table."""
    if len(missing):
        with made_aside(folder / MISSING_FILE, MISSING_FILE) as made:
            # With a mark, so that Excel reads the Chinese.
            missing.to_csv(made, index=False, encoding="utf-8-sig")
    with made_aside(folder / RUN_FILE, RUN_FILE) as made:
        text = json.dumps(run, ensure_ascii=False, indent=2, allow_nan=False, default=str)
        made.write_text(f"{text}\n", encoding="utf-8")


class _Clock:
    """Tells how far the tasks are."""

    def __init__(self, tell: Callable[[Progress], None] | None) -> None:
        self._tell = tell
        self._now = Progress("", 0, 0, 0, 0, 0.0)
        self._began = time.monotonic()

    def begin(self, stage: str, tasks: Sequence[Task]) -> None:
        """Start a stage with some tasks."""
        self._began = time.monotonic()
        self._say(Progress(stage, 0, len(tasks), 0, sum(task.rows for task in tasks), 0.0))

    def read(self, _layer: str, rows: int) -> None:
        """Tell how many rows of a layer were read."""
        self._say(self._now._replace(rows=rows, seconds=time.monotonic() - self._began))

    def done(self, task: Task) -> None:
        """Count a task."""
        now = self._now
        seconds = time.monotonic() - self._began
        self._say(now._replace(done=now.done + 1, rows=now.rows + task.rows, seconds=seconds))

    def _say(self, progress: Progress) -> None:
        self._now = progress
        if self._tell is not None:
            self._tell(progress)


class _Hands:
    """Does tasks with an engine, those that are not done yet."""

    def __init__(self, out: Path, engine: Engine, retries: int, clock: _Clock, work: Work) -> None:
        self._out, self._engine, self._retries = out, engine, retries
        self._clock, self._work = clock, work
        self.reused = 0

    def do(self, stage: str, tasks: Sequence[Task]) -> list[Outcome]:
        """Return what became of every task."""
        self._clock.begin(stage, tasks)
        found, open_tasks = [], []
        for task in tasks:
            receipt = finished(self._out, task.key)
            if receipt is None:
                open_tasks.append(task)
                continue
            self.reused += 1
            found.append(Outcome(task, receipt, None, receipt.attempts))
            self._clock.done(task)
        for outcome in self._engine.map(open_tasks, retries=self._retries, work=self._work):
            found.append(outcome)
            self._clock.done(outcome.task)
        return found
