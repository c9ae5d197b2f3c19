"""Backups, checks and clearing away: ``atlas workspace backup``, ``verify``, ``vacuum``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated

import typer

from cli_common import PROBLEMS
from cli_common import AuthorOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import context
from cli_common import folder_of
from cli_common import print_json
from layers.i18n import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.audit.recording import Recorder
    from layers.keeping.record import BackupRecord
    from layers.keeping.vacuum import VacuumPlan
    from layers.keeping.verifying import Flaw
    from layers.workspace import Workspace

_TELL_EVERY_S = 2.0
_SHOWN = 50
_MB = 1_000_000


def backup(
    out: Annotated[Path, typer.Argument(help="The file to write, a ZIP archive.")],
    workspace: WorkspaceOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of a file that is there.")
    ] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a backup of a workspace or a city into one file, while others go on working.

    Every version of every layer, the edition, drafts, scenarios, results, base maps and the
    audit, with a checksum of every file. Personal tokens and the key of the log are not in it.

    Example: atlas workspace backup /backup/atlas-2026-11-26.zip -w ./work
    """
    from layers.audit import Action
    from layers.keeping.backup import back_up
    from layers.keeping.refusals import not_kept_here
    from layers.paths import is_vacant
    from layers.team.settings import STATE_FOLDER

    say = translator(context.lang)
    root, who = folder_of(workspace), author_name(author)
    if is_vacant(root):
        raise not_kept_here(root)
    with _recorder(root, who).doing(Action.BACKUP, subject=out.name) as step:
        tell = _progress(say("Backing up"))
        made = back_up(root, out, author=who, replace=replace, progress=tell)
        step.done(files=len(made.files), bytes=made.size, versions=made.versions)
    if as_json:
        print_json({"path": str(out), **_told(made)})
    context.say(
        "The backup {path} is written: {n} files, {mb} MB.",
        path=out,
        n=f"{len(made.files):,}",
        mb=f"{made.size / _MB:,.1f}",
    )
    if (root / STATE_FOLDER).is_dir():
        context.say(
            "Personal tokens are not in the backup: after a restore everybody makes new ones."
        )
    for name in made.left_out[:_SHOWN]:
        context.say("! Left out, a link or a name that not every system has: {name}", name=name)
    for name in made.missing[:_SHOWN]:
        context.say(
            "✗ Missing in the workspace, so not in the backup: {name}. Run atlas workspace verify.",
            name=name,
        )
    if made.missing:
        raise typer.Exit(PROBLEMS)


def restore_from(path: Path, into: Path, *, new_identity: bool, author: str | None) -> None:
    """Make a workspace or a city from a backup, and say what it is."""
    from layers.audit import Action
    from layers.keeping.restoring import restore_backup
    from layers.paths import resolve_path

    say = translator(context.lang)
    tell = _progress(say("Unpacking"))
    made = restore_backup(path, into, new_identity=new_identity, progress=tell)
    folder = resolve_path(into)
    with _recorder(folder, author_name(author)).doing(Action.BACKUP, subject=path.name) as step:
        step.done(backup_time=made.time, files=len(made.files), new_identity=new_identity)
    context.say(
        "{path} is restored, as it was at {time} (UTC): {n} files, all as they were backed up.",
        path=folder,
        time=made.time[:16].replace("T", " "),
        n=f"{len(made.files):,}",
    )
    if new_identity:
        context.say(
            "It has an identity of its own. Drafts of the old workspace cannot be continued in it."
        )
    else:
        context.say(
            "It has the identity of the workspace that was backed up: put it in that one's place."
            " To use both side by side, restore with --new-identity."
        )


def verify(
    path: Annotated[
        Path | None,
        typer.Argument(help="A backup, or a folder; the workspace if left out."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that a backup or a workspace is whole: everything in it is read.

    Ends with 1 if something is damaged, and says what and what to do.

    Example: atlas workspace verify -w ./work

    Example: atlas workspace verify /backup/atlas-2026-11-26.zip
    """
    from layers.keeping.verifying import verify as verify_workspace

    if path is not None and path.is_file():
        _verify_backup(path, as_json=as_json)
        return
    say = translator(context.lang)
    tell = _progress(say("Checking"))
    flaws = verify_workspace(folder_of(path or workspace), progress=tell)
    grave = sum(flaw.grave for flaw in flaws)
    if as_json:
        print_json({"damaged": grave, "findings": [_row(flaw) for flaw in flaws]})
    for flaw in flaws[:_SHOWN]:
        mark = "✗" if flaw.grave else "·"
        typer.echo(f"{mark} {flaw.where}: {flaw.text.get(context.lang)}", err=True)
    if len(flaws) > _SHOWN:
        context.say("… and {n} more findings.", n=len(flaws) - _SHOWN)
    if grave:
        context.say("Damaged: {n} findings.", n=grave)
        raise typer.Exit(PROBLEMS)
    context.say("Nothing is damaged.")


def vacuum(
    workspace: WorkspaceOption = None,
    keep_days: Annotated[
        float,
        typer.Option(
            "--keep-days", min=0, help="Days that a version stays after a newer one took its place."
        ),
    ] = 365,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    before_audit: Annotated[
        bool,
        typer.Option(
            "--before-audit",
            help="Also versions written before there was an audit; a report may refer to them.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clear away the data of old versions that nothing refers to.

    Never the current version and the one before it, nor one that an exported file, a report,
    a scenario, a draft or a result refers to. The history goes on listing what was cleared.

    Example: atlas workspace vacuum --keep-days 730 --dry-run
    """
    from layers.keeping.vacuum import plan_vacuum

    say = translator(context.lang)
    opened = _districts(folder_of(workspace))
    plans = [plan_vacuum(w, keep_days=keep_days, before_audit=before_audit) for w in opened]
    for one, plan in zip(opened, plans, strict=True):
        _show(one, plan)
    todo = [(w, plan) for w, plan in zip(opened, plans, strict=True) if not plan.is_empty]
    bytes_ = sum(plan.size for _workspace, plan in todo)
    context.say("In all {mb} MB.", mb=f"{bytes_ / _MB:,.1f}")
    if not dry_run and todo and not yes:
        typer.confirm(
            say("Clear this away? It cannot be undone but from a backup."), abort=True, err=True
        )
    done = [] if dry_run else [_clear(w, plan, author_name(author)) for w, plan in todo]
    if as_json:
        shown = [plan for _workspace, plan in todo] if dry_run else done
        print_json({"done": not dry_run, "workspaces": [_cleared(plan) for plan in shown]})
    if done:
        freed = sum(plan.size for plan in done) / _MB
        context.say("Cleared away: {mb} MB.", mb=f"{freed:,.1f}")


def _clear(opened: Workspace, plan: VacuumPlan, who: str) -> VacuumPlan:
    from layers.audit import Action
    from layers.keeping.vacuum import vacuum as clear

    recorder = _recorder(opened.path, who)
    with recorder.doing(Action.VACUUM, subject=opened.path.name, wanted=plan.versions) as step:
        done = clear(opened, plan, author=who)
        step.done(cleared=done.versions, bytes=done.size, leftovers=len(done.leftovers))
    return done


def _districts(root: Path) -> list[Workspace]:
    """Open a workspace, or all those of a city."""
    from layers.city import City
    from layers.city import is_city
    from layers.edition import catalogue_of
    from layers.workspace import Workspace

    catalogue = catalogue_of(root)
    paths = [d.path for d in City.open(root).districts] if is_city(root) else [root]
    return [Workspace.open(path, catalogue) for path in paths]


def _show(opened: Workspace, plan: VacuumPlan) -> None:
    for found in plan.clearances:
        if found.versions:
            context.say(
                "{place} {layer}: versions {versions}, {mb} MB; {kept} older ones are kept"
                " because something refers to them or may.",
                place=opened.path.name,
                layer=found.layer,
                versions=", ".join(map(str, found.versions)),
                mb=f"{found.size / _MB:,.1f}",
                kept=len(found.kept),
            )
    if plan.leftovers:
        context.say(
            "{place}: {n} left-overs of programs that were killed.",
            place=opened.path.name,
            n=len(plan.leftovers),
        )


def _verify_backup(path: Path, *, as_json: bool) -> None:
    from layers.keeping.restoring import spoiled_files

    say = translator(context.lang)
    record, spoiled = spoiled_files(path, progress=_progress(say("Checking")))
    if as_json:
        print_json({**_told(record), "damaged": spoiled})
    for name in spoiled[:_SHOWN]:
        context.say("✗ {name} is not what was backed up.", name=name)
    if spoiled:
        context.say("The backup is damaged; make another one, and keep the older ones.")
        raise typer.Exit(PROBLEMS)
    context.say(
        "The backup is whole: {n} files of {time} (UTC).",
        n=f"{len(record.files):,}",
        time=record.time[:16].replace("T", " "),
    )


def _told(record: BackupRecord) -> dict[str, object]:
    return {
        "kind": record.kind,
        "identity": record.identity,
        "time": record.time,
        "versions": record.versions,
        "files": len(record.files),
        "bytes": record.size,
        "missing": list(record.missing),
        "left_out": list(record.left_out),
    }


def _cleared(plan: VacuumPlan) -> dict[str, object]:
    files = sum(len(found.files) for found in plan.clearances)
    left = len(plan.leftovers)
    return {"versions": plan.versions, "files": files, "leftovers": left, "bytes": plan.size}


def _row(flaw: Flaw) -> dict[str, object]:
    return {"where": flaw.where, "zh": flaw.text.zh, "en": flaw.text.en, "grave": flaw.grave}


def _recorder(root: Path, who: str) -> Recorder:
    """Return the recorder of whoever sits at the command line; a city has a journal too."""
    from layers.audit import Door
    from layers.audit.recording import Recorder
    from layers.team.people import ALONE

    return Recorder.of(root, ALONE, Door.BATCH, name=who)


def _progress(what: str) -> Callable[[int, int], None]:
    """Return what is told how far something came, and says so every two seconds."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_EVERY_S:
            last = time.monotonic()
            share = done / total if total else 1.0
            context.say("{what} … {share}", what=what, share=f"{share:.0%}")

    return tell
