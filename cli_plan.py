"""The commands ``atlas plan board|check|show``: how the tasks of the action plan stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import JsonOption
from cli_common import WorkspaceOption
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
    board = _board(opened, plan_of_edition(), tables, as_of)
    measured = _measured(board, tables, opened) if measures else {}
    _tell(board, board.rows)
    _tell_origin(opened)
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
    board = _board(opened, plan_of_edition(), needed_tables(opened, opened.versions()), as_of)
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
    plan = plan_of_edition()
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


def plan_of_edition() -> Plan:
    """Return the plan of the workspace that is open.

    Raises
    ------
    PlanError
        If its edition has none.
    """
    from layers.errors import Text
    from layers.plan import PlanError
    from layers.plan import load_plan

    edition = catalogue()
    found = load_plan(edition.folder)
    if found is None:
        raise PlanError(
            Text(
                f"图集“{edition.title.zh}”没有行动方案，不能查看或登记任务；请先在图集文件夹中放入"
                "行动方案文件 plan.toml（写法见 docs/plan.zh-CN.md）",
                f"the edition '{edition.title.en}' has no action plan, so there are no tasks to "
                "look at or to record; first put the file plan.toml of the plan into the folder "
                "of the edition (see docs/plan.zh-CN.md)",
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
    from layers.plan.table import overdue_text
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
        late = overdue_text(row, board.today)
        if late is not None:
            context.say("  {problem}", problem=late.get(context.lang))
        for problem in row.problems:
            context.say("  {problem}", problem=problem.get(context.lang))
    if board.strangers:
        context.say("Recorded, but not in the plan: {ids}", ids=", ".join(board.strangers))


def _tell_origin(opened: Workspace) -> None:
    """Say whose plan it is, in a workspace that was made without layers."""
    from layers.startup import began_empty

    if began_empty(opened):
        context.say(
            "This workspace was made without the layers of “{edition}”; its action plan and "
            "targets are those of that edition. For another district, make a workspace from an "
            "edition of its own.",
            edition=opened.catalogue.title.get(context.lang),
        )


def _save(
    frame: pd.DataFrame, out: Path | None, board: Board, opened: Workspace, *, as_json: bool
) -> None:
    from layers.errors import Text
    from layers.plan import PLAN_LAYERS
    from layers.plan.table import BOARD_TITLE
    from layers.plan.table import BOARD_TITLES
    from layers.plan.table import board_words

    if out is not None:
        remarks = [
            Text(
                f"截至 {board.today}；方案文件版本 {board.plan.version}",
                f"As of {board.today}; version {board.plan.version} of the plan",
            )
        ]
        layers = used(opened, [*PLAN_LAYERS, *_layers_of(board.plan)])
        write_table(
            frame,
            out,
            BOARD_TITLE,
            titles=BOARD_TITLES,
            words=board_words(catalogue()),
            layers=layers,
            what="plan",
            remarks=remarks,
        )
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
