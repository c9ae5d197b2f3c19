"""Running a batch from the command line: the engine, its progress and what came of it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from contextlib import contextmanager
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from typing import NamedTuple

import typer

from cli_common import PROBLEMS
from cli_common import author_name
from cli_common import context
from cli_common import print_json
from layers.audit import Action
from layers.audit import Door
from layers.audit import Recorder
from layers.audit import journal_of
from layers.i18n import translator
from layers.paths import resolve_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from layers.batch.engine import Engine
    from layers.batch.run import BatchReport
    from layers.batch.run import Progress
    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName
    from layers.catalogue import Catalogue

_BAR = 24
_MISSING_SHOWN = 5
_TELL_EVERY_S = 10.0

INTERRUPTED = 130
"""Exit code of what was stopped by Ctrl+C, as shells have it."""


class How(NamedTuple):
    """How a batch is run: the options that change no number."""

    source: str
    out: Path
    edition: Path | None
    workers: int
    scheduler: str | None
    memory_limit: str
    dashboard: bool
    stage: Path | None
    into: Path | None
    author: str | None
    as_json: bool


def catalogue_for(source: str, edition: Path | None) -> Catalogue:
    """Return the catalogue of the input: that of its workspace, or the one asked for."""
    from layers.batch.inputs import is_database
    from layers.catalogue import load_catalogue
    from layers.edition import catalogue_of
    from layers.edition import open_edition

    if edition is not None:
        return open_edition(edition)
    return load_catalogue() if is_database(source) else catalogue_of(Path(source))


def _engine(how: How, retries: int) -> AbstractContextManager[Engine]:
    from layers.batch.engine import dask_engine
    from layers.batch.engine import serial_engine

    if how.scheduler is None and how.workers == 0:
        return serial_engine()
    return dask_engine(
        workers=how.workers,
        scheduler=how.scheduler or "",
        memory_limit=how.memory_limit,
        dashboard=how.dashboard,
        retries=retries,
    )


def run(command: CommandName, wish: BatchWish, how: How) -> None:
    """Run a batch, tell what was done, and end with what must be seen."""
    from layers.batch.results import write_results
    from layers.batch.run import STAGE

    try:
        with _recorded(how.source, how, command):
            report = _computed(command, wish, how)
    except KeyboardInterrupt:
        context.say("Stopped. Finished parts are kept; the same command goes on from there.")
        raise typer.Exit(INTERRUPTED) from None
    if how.into is not None and report.run["tables"]:
        own = _recorder(how.into, how.author)
        with own.doing(Action.CHANGE, subject=how.out.name, what="batch", command=command):
            count = write_results(how.into, report, author=author_name(how.author))
        context.say("Results written to {n} workspaces in {path}.", n=count, path=how.into)
    _tell(report, (how.stage or how.out / STAGE).resolve() / "rejected")
    if how.as_json:
        print_json(report.run)
    if not report.is_whole:
        raise typer.Exit(PROBLEMS)


def _recorded(source: str, how: How, command: CommandName) -> AbstractContextManager[object]:
    """Record that results of a city or a workspace are taken out; other input has no audit."""
    from layers.batch.inputs import is_database
    from layers.city import is_city
    from layers.manifest import MANIFEST

    folder = Path(source)
    if is_database(source) or not (is_city(folder) or (folder / MANIFEST).is_file()):
        return nullcontext()
    own = _recorder(folder, how.author)
    return own.exporting("", {}, how.out.name, what="batch", command=command)


def _recorder(folder: Path, author: str | None) -> Recorder:
    return Recorder(journal_of(resolve_path(folder)), Door.BATCH, name=author_name(author))


def _computed(command: CommandName, wish: BatchWish, how: How) -> BatchReport:
    """Check the options, so that nothing begins in vain, and compute."""
    from layers.batch.asked import check_folders
    from layers.batch.asked import check_memory
    from layers.batch.asked import check_scheduler
    from layers.batch.asked import check_target
    from layers.batch.inputs import open_input
    from layers.batch.run import run_batch

    check_memory(how.memory_limit)
    if how.scheduler is not None:
        check_scheduler(how.scheduler)
    check_folders(how.source, (how.out, how.stage or how.out))
    catalogue = catalogue_for(how.source, how.edition)
    source = open_input(how.source, catalogue)
    if how.into is not None:
        check_target(how.into, source)
    with _engine(how, wish.retries) as engine:
        if engine.dashboard:
            context.say("The work is shown at {address}.", address=engine.dashboard)
        with closing(Bar()) as bar:
            return run_batch(
                command,
                source,
                how.out,
                catalogue,
                wish,
                engine=engine,
                stage=how.stage,
                progress=bar,
            )


@contextmanager
def stage_folder(stage: Path | None) -> Iterator[Path]:
    """Yield where the layers are sorted; without a wish a folder that goes away again."""
    if stage is not None:
        yield stage
        return
    with tempfile.TemporaryDirectory(prefix="atlas-stage-") as made:
        yield Path(made) / "stage"


def _tell(report: BatchReport, rejects: Path) -> None:
    """Say what was computed, and what the user must see; rejected rows are in `rejects`."""
    results = report.run["accounts"]["results"]
    say = translator(context.lang)
    names = {
        "parks": say("Parks"),
        "carriers": say("Carriers"),
        "districts": say("Districts"),
    }
    of = names[results["of"]]
    context.say(
        "{of}: {computed} of {planned}, in {n} partitions; {reused} tasks were done before. "
        "Written to {path}.",
        computed=f"{results['computed']:,}",
        planned=f"{results['planned']:,}",
        of=of,
        n=report.run["plan"]["partitions"],
        reused=report.run["reused"],
        path=report.folder,
    )
    rejected = report.run["accounts"]["rows_rejected"]
    if rejected:
        context.say("{n} rows were rejected, see {path}.", n=rejected, path=rejects)
    for row in report.missing.head(_MISSING_SHOWN).to_dict("records"):
        context.say(
            "✗ District {code}, {of}: {n} without a result. {why}",
            code=row["district_code"] or "_",
            n=row["rows"],
            of=of,
            why=row[f"error_{context.lang}"],
        )
    if len(report.missing) > _MISSING_SHOWN:
        context.say("… and {n} more; see missing.csv.", n=len(report.missing) - _MISSING_SHOWN)


class Bar:
    """A bar on standard error: tasks, rows and how long it may still take.

    A file or a pipe has a line when a stage ends, and now and then while it lasts.
    """

    def __init__(self) -> None:
        self._open = False
        self._last: Progress | None = None
        self._told_s = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        if sys.stderr.isatty():
            typer.echo(f"\r\x1b[K{self._line(progress)}", err=True, nl=False)
            self._open = True
            return
        if self._last is not None and self._last.stage != progress.stage:
            typer.echo(self._line(self._last), err=True)
            self._told_s = 0.0
        elif progress.seconds - self._told_s >= _TELL_EVERY_S:
            typer.echo(self._line(progress), err=True)
            self._told_s = progress.seconds
        self._last = progress

    def close(self) -> None:
        """End the last line, or write how far it came."""
        if self._open:
            typer.echo("", err=True)
        elif self._last is not None:
            typer.echo(self._line(self._last), err=True)

    def _line(self, now: Progress) -> str:
        say = translator(context.lang)
        names = {
            "staging": say("Sorting the layers by district …"),
            "places": say("Looking for places"),
            "computing": say("Computing"),
            "clusters": say("Joining walking clusters"),
            "merging": say("Merging the parts …"),
        }
        if not now.tasks:
            rows = f" {now.rows:,}" if now.rows else ""
            return f"{names[now.stage]}{rows}"
        share = now.done / now.tasks
        full = round(share * _BAR)
        text = say("{name} {bar} {done}/{tasks} partitions, {rows}/{all_rows} rows").format(
            name=names[now.stage],
            bar="█" * full + "░" * (_BAR - full),
            done=now.done,
            tasks=now.tasks,
            rows=f"{now.rows:,}",
            all_rows=f"{now.all_rows:,}",
        )
        if not 0 < now.done < now.tasks:
            return text
        rest = now.seconds * (1 - share) / share
        return f"{text}, {say('about {n} s left').format(n=round(rest))}"
