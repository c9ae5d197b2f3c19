"""The commands ``atlas plan …``: the tasks of the action plan, and what proves them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import AuthorOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import catalogue
from cli_common import context
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_common import records
from cli_tables import check_table_ending
from cli_tables import day_of
from cli_tables import used
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.errors import Text
    from layers.plan import Board
    from layers.plan import BoardRow
    from layers.plan import Measured
    from layers.plan import Plan
    from layers.plan import Results
    from layers.workspace import Workspace

plan_cli = typer.Typer(
    help="The tasks of the action plan: who does them, how far they are, what proves it.",
    no_args_is_help=True,
)
TaskArgument = Annotated[str, typer.Argument(help="The task, as T07.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day of the question, as 2026-09-30; today.")
]


@plan_cli.command("board")
def plan_board(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="csv, xlsx, json, parquet.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    measures: Annotated[
        bool, typer.Option("--measures/--no-measures", help="Measure the tasks from the layers.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """List all tasks and safeguards; exit with 1 if something is overdue or not proven.

    Example: atlas plan board --out tasks.xlsx
    """
    from layers.plan.table import board_table

    check_table_ending(out)
    opened = open_workspace(workspace)
    tables = needed_tables(opened, opened.versions())
    board = _board(opened, _plan(), tables, as_of)
    measured = _measured(board, tables, opened) if measures else {}
    _tell(board, board.rows)
    _save(board_table(board, measured), out, board, opened, as_json=as_json)
    if board.to_look_at or board.strangers:
        raise typer.Exit(PROBLEMS)


@plan_cli.command("check")
def plan_check(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="csv, xlsx, json, parquet.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what is overdue, lacks proof or is not in the plan; exit with 1 if something is.

    Example: atlas plan check --as-of 2026-12-31
    """
    from layers.plan.table import board_table

    check_table_ending(out)
    opened = open_workspace(workspace)
    board = _board(opened, _plan(), needed_tables(opened, opened.versions()), as_of)
    found = board.to_look_at
    _tell(board, found)
    _save(board_table(replace(board, rows=found), {}), out, board, opened, as_json=as_json)
    if found or board.strangers:
        raise typer.Exit(PROBLEMS)
    context.say("Nothing is overdue, and nothing that is told as done lacks proof.")


@plan_cli.command("show")
def plan_show(
    task: TaskArgument,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one task: its record, milestones, evidence, objects, and what is measured.

    Example: atlas plan show T04
    """
    from layers.plan import EVIDENCE
    from layers.plan import MILESTONES
    from layers.plan import measured
    from layers.plan.recording import check_task
    from layers.plan.table import board_table

    opened = open_workspace(workspace)
    plan = _plan()
    check_task(plan, task)
    tables = needed_tables(opened, opened.versions())
    board = _board(opened, plan, tables, as_of)
    row = board.row(task)
    values = measured(row.task, _results(board, tables, opened))
    parts = {key: _rows_of(tables.get(key), task) for key in (MILESTONES, EVIDENCE)}
    _tell(board, (row,))
    for title, what in _facts(row, values, parts):
        context.say("  {title}: {what}", title=title.get(context.lang), what=what)
    if as_json:
        head = records(board_table(replace(board, rows=(row,)), {task: values}))[0]
        objects = {key: sorted(ids) for key, ids in row.objects.items()}
        print_json(
            {
                **head,
                "milestone_rows": parts[MILESTONES],
                "evidence_files": parts[EVIDENCE],
                "linked": objects,
            }
        )


@plan_cli.command("set")
def plan_set(
    task: TaskArgument,
    setting: Annotated[
        list[str],
        typer.Option("--set", help="A field, as owner=区科委 or state=under_way; repeatable."),
    ],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Record owner, partners, start, end, state, data_date, source or note of a task.

    Example: atlas plan set T07 --set owner=区科委 --set end=2026-12-31
    """
    from layers.plan import FIELDS
    from layers.plan import set_fields

    given: dict[str, Any] = {}
    for text in setting:
        name, equals, value = text.partition("=")
        if not equals or name not in FIELDS:
            message = f"--set {text}: write FIELD=VALUE; the fields are {', '.join(FIELDS)}"
            raise typer.BadParameter(message)
        given[name] = value or None
    _change(
        workspace,
        author,
        "tasks",
        lambda opened, plan, hand: set_fields(opened, plan, task, given, hand=hand),
    )


@plan_cli.command("milestone")
def plan_milestone(
    task: TaskArgument,
    title: Annotated[str, typer.Argument(help="What is to be reached.")] = "",
    due: Annotated[str | None, typer.Option("--due", help="By when, as 2026-06-30.")] = None,
    done: Annotated[str | None, typer.Option("--done", help="Since when it is done.")] = None,
    change: Annotated[
        str, typer.Option("--id", help="Change this milestone instead of adding one.")
    ] = "",
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Add a milestone to a task, or change one.

    Example: atlas plan milestone T04 首批揭榜项目 --due 2026-06-30
    """
    from layers.plan import put_milestone

    given: dict[str, Any] = {"title": title} if title else {}
    for name, text, option in (("due", due, "--due"), ("done_on", done, "--done")):
        if text is not None:
            given[name] = day_of(text, option)
    if not given:
        message = "give a title, --due or --done"
        raise typer.BadParameter(message)
    _change(
        workspace,
        author,
        "milestones",
        lambda opened, plan, hand: put_milestone(
            opened, plan, task, given, hand=hand, milestone_id=change
        ),
    )


@plan_cli.command("attach")
def plan_attach(
    task: TaskArgument,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")],
    milestone: Annotated[str, typer.Option("--milestone", help="That it proves.")] = "",
    note: Annotated[str, typer.Option("--note", help="What it shows.")] = "",
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Add an evidence file to a task.

    Example: atlas plan attach T04 会议纪要.pdf
    """
    from layers.plan import MOST_BYTES
    from layers.plan import EvidenceError
    from layers.plan import attach
    from layers.plan import clean_name
    from layers.plan.evidence import too_large

    if file.stat().st_size > MOST_BYTES:
        raise EvidenceError(too_large(clean_name(file.name), file.stat().st_size))
    content = file.read_bytes()
    _change(
        workspace,
        author,
        "evidence",
        lambda opened, plan, hand: attach(
            opened,
            plan,
            task,
            file.name,
            content,
            hand=hand,
            today=day_of(None),
            milestone_id=milestone,
            note=note,
        ),
    )


@plan_cli.command("link")
def plan_link(
    task: TaskArgument,
    layer: Annotated[str, typer.Argument(help="Key of the layer.")],
    feature: Annotated[str, typer.Argument(help="Id of the object.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the link away.")] = False,
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Link an object on the map to a task.

    Example: atlas plan link T10 campuses FD01
    """
    from layers.plan import link
    from layers.plan import unlink

    def work(opened: Workspace, plan: Plan, hand: Any) -> object:  # noqa: ANN401 - layers.plan.Hand
        if remove:
            return unlink(opened, task, layer, feature, hand=hand)
        return link(opened, plan, task, layer, feature, hand=hand)

    _change(workspace, author, "task_objects", work)


@plan_cli.command("submit")
def plan_submit(
    task: TaskArgument, workspace: WorkspaceOption = None, author: AuthorOption = None
) -> None:
    """Submit a task as done; a second person must confirm it.

    Example: atlas plan submit T04
    """
    from layers.plan import submit

    _change(
        workspace,
        author,
        "tasks",
        lambda opened, plan, hand: submit(opened, plan, task, hand=hand, today=day_of(None)),
    )


@plan_cli.command("confirm")
def plan_confirm(
    task: TaskArgument, workspace: WorkspaceOption = None, author: AuthorOption = None
) -> None:
    """Confirm that a submitted task is done; by another person than who submitted it.

    Example: atlas plan confirm T04 --author 王工
    """
    from layers.plan import confirm

    _change(
        workspace,
        author,
        "tasks",
        lambda opened, plan, hand: confirm(opened, plan, task, hand=hand, today=day_of(None)),
    )


@plan_cli.command("back")
def plan_back(
    task: TaskArgument,
    why: Annotated[str, typer.Option("--why", help="Why it is not done.")],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Send a submitted or finished task back to work.

    Example: atlas plan back T04 --why 佐证不完整
    """
    from layers.plan import send_back

    _change(
        workspace,
        author,
        "tasks",
        lambda opened, plan, hand: send_back(opened, plan, task, hand=hand, why=why),
    )


def _plan() -> Plan:
    from layers.errors import Text
    from layers.plan import PlanError
    from layers.plan import load_plan

    found = load_plan(catalogue().folder)
    if found is None:
        raise PlanError(
            Text(
                "本版数据没有行动方案（plan.toml）",
                "this edition has no action plan (plan.toml)",
            )
        )
    return found


def _board(
    opened: Workspace, plan: Plan, tables: dict[str, pd.DataFrame], as_of: str | None
) -> Board:
    from layers.plan import EvidenceStore
    from layers.plan import board

    return board(plan, tables, catalogue(), day_of(as_of), EvidenceStore(opened.path).is_sound)


def _measured(
    board: Board, tables: dict[str, pd.DataFrame], opened: Workspace
) -> dict[str, list[Measured]]:
    from layers.plan import measured

    results = _results(board, tables, opened)
    return {row.task.task_id: measured(row.task, results) for row in board.rows}


def _results(board: Board, tables: dict[str, pd.DataFrame], opened: Workspace) -> Results:
    from layers.calendar import calendar_of
    from layers.plan import Results

    context.say("Measuring …")
    calendar = calendar_of(tables, opened.history(), board.today, catalogue())
    return Results(tables, catalogue(), board, calendar)


def _tell(board: Board, rows: Sequence[BoardRow]) -> None:
    """Say how tasks stand, and what is recorded of others than those of the plan."""
    from layers.plan.table import state_title
    from layers.plan.table import told_apart_title

    for row in rows:
        parts = [
            state_title(row.state, catalogue()).get(context.lang),
            told_apart_title(row.told_apart).get(context.lang),
            row.standing.get(context.lang),
        ]
        context.say(
            "{id} {title}: {standing}",
            id=row.task.task_id,
            title=row.task.title.get(context.lang),
            standing=" · ".join(part for part in parts if part),
        )
        if row.is_overdue:
            context.say("  overdue")
        for problem in row.problems:
            context.say("  {problem}", problem=problem.get(context.lang))
    if board.strangers:
        context.say("Recorded, but not in the plan: {ids}", ids=", ".join(board.strangers))


def _save(
    frame: pd.DataFrame, out: Path | None, board: Board, opened: Workspace, *, as_json: bool
) -> None:
    from layers.errors import Text
    from layers.plan import PLAN_LAYERS
    from layers.plan.table import BOARD_TITLE

    if out is not None:
        remarks = [
            Text(
                f"截至 {board.today}；方案文件版本 {board.plan.version}",
                f"As of {board.today}; version {board.plan.version} of the plan",
            )
        ]
        layers = used(opened, [*PLAN_LAYERS, *_layers_of(board.plan)])
        write_table(frame, out, BOARD_TITLE, layers=layers, what="plan", remarks=remarks)
    if as_json:
        print_json(records(frame))


def _facts(
    row: BoardRow,
    values: Sequence[Measured],
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[tuple[Text, object]]:
    """Tell what is measured, recorded and linked of a task, a title and a content each."""
    for one in values:
        yield one.title, one.text.get(context.lang)
    for key, rows in parts.items():
        spec = catalogue().layer(key)
        for record in rows:
            yield spec.title, f"{record[spec.id_field]} {record[spec.name_field]}"
    for key, ids in row.objects.items():
        yield catalogue().layer(key).title, len(ids)


def _rows_of(frame: pd.DataFrame | None, task: str) -> list[dict[str, Any]]:
    return [] if frame is None else records(frame[frame["task_id"].eq(task)])


def _layers_of(plan: Plan) -> list[str]:
    return [rule.layer for task in plan.tasks for rule in task.objects]


def _change(
    workspace: Path | None,
    author: str | None,
    layer: str,
    work: Callable[[Workspace, Plan, Any], object],
) -> None:
    """Open the workspace, record that something changes, change it, and say so."""
    from layers.plan import Hand

    plan = _plan()
    opened = open_workspace(workspace)
    who = author_name(author)
    done = work(opened, plan, Hand(who))
    title = opened.catalogue.layer(layer).title.get(context.lang)
    if isinstance(done, str):
        context.say("{layer}: {what} by {author}.", layer=title, what=done, author=who)
    else:
        version = opened.version(layer)
        context.say("{layer}: version {n}, by {author}.", layer=title, n=version, author=who)
