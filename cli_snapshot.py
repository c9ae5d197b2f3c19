"""The commands ``atlas snapshot …``: how the district stood, kept, and what changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated

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
from cli_common import recorder
from cli_common import records
from cli_common import show
from cli_tables import check_table_ending
from cli_tables import day_of
from cli_tables import write_table

if TYPE_CHECKING:
    import pandas as pd

    from layers.snapshots import Changes
    from layers.snapshots import Snapshot
    from layers.workspace import Workspace

snapshot_cli = typer.Typer(
    help="How the district stood at a moment, kept for good, and what changed since.",
    no_args_is_help=True,
)
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day of the question, as 2026-09-30; today.")
]

_MOST_LINES = 20


@snapshot_cli.command("take")
def take_snapshot(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    workspace: WorkspaceOption = None,
    note: Annotated[str, typer.Option("--note", help="Anything worth knowing.")] = "",
    author: AuthorOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep how flags, sites, building space, linkage, tasks and targets stand.

    Example: atlas snapshot take "2026 年 11 月"
    """
    from layers.snapshots import take

    day = day_of(as_of)
    opened = open_workspace(workspace)
    who = author_name(author)
    recorder(opened, who).saved("snapshot", name, opened.versions())
    context.say("Computing …")
    taken = take(opened, name, author=who, note=note, day=day)
    context.say("Snapshot {n} “{name}” is kept.", n=taken.number, name=taken.name)
    if as_json:
        print_json(_row(taken))


@snapshot_cli.command("list")
def list_snapshots(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the snapshots, the newest first; exit with 1 if one of them is damaged.

    Example: atlas snapshot list
    """
    import pandas as pd

    from layers.snapshots import snapshots

    found, problems = snapshots(open_workspace(workspace).path)
    for problem in problems:
        context.say("{problem}", problem=problem.text.get(context.lang))
    if not found and not problems:
        context.say("There are no snapshots yet.")
    columns = ["number", "name", "taken_at", "author", "day", "note", "sha256"]
    show(pd.DataFrame([_row(one) for one in found], columns=columns), as_json=as_json)
    if problems:
        raise typer.Exit(PROBLEMS)


@snapshot_cli.command("show")
def show_snapshot(
    number: Annotated[int, typer.Argument(help="Its number.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Print all of a snapshot as JSON.

    Example: atlas snapshot show 3
    """
    from layers.snapshots import read
    from layers.snapshots.records import content_of

    taken = read(open_workspace(workspace).path, number)
    print_json({**content_of(taken), "sha256": taken.sha256})


@snapshot_cli.command("diff")
def diff_snapshots(
    before: Annotated[int, typer.Argument(help="Number of the earlier one.")],
    after: Annotated[
        int | None, typer.Argument(help="Number of the later one; the workspace as it stands.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="csv, xlsx, json, parquet.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two snapshots, or since one.

    Example: atlas snapshot diff 1 2 --out changes.xlsx

    Example: atlas snapshot diff 2
    """
    from layers.snapshots import changes_between
    from layers.snapshots import read

    check_table_ending(out)
    opened = open_workspace(workspace)
    first = read(opened.path, before)
    second = _now(opened, as_of) if after is None else read(opened.path, after)
    found = changes_between(opened, first, second)
    _tell(found)
    if out is not None:
        _write(found, out, first, second)
    if as_json:
        print_json(
            {
                "before": before,
                "after": after,
                "freed_m2": found.freed_m2,
                "taken_m2": found.taken_m2,
                "vacated_m2": found.vacated_m2,
                "let_m2": found.let_m2,
                "changes": records(found.rows),
                "by_rule": records(found.by_rule),
                "rules": [
                    {"part": part, "then": then, "now": now} for part, then, now in found.rules
                ],
            }
        )


@snapshot_cli.command("verify")
def verify_snapshots(workspace: WorkspaceOption = None) -> None:
    """Look whether the snapshots are as they were taken and none is missing; exit with 1 if not.

    Example: atlas snapshot verify
    """
    from layers.snapshots import verify

    problems = verify(open_workspace(workspace).path)
    for problem in problems:
        context.say("{problem}", problem=problem.text.get(context.lang))
    if problems:
        raise typer.Exit(PROBLEMS)
    context.say("All snapshots are as they were taken.")


def _row(taken: Snapshot) -> dict[str, object]:
    return {
        "number": taken.number,
        "name": taken.name,
        "taken_at": taken.taken_at,
        "author": taken.author,
        "day": taken.day,
        "note": taken.note,
        "sha256": taken.sha256,
    }


def _now(opened: Workspace, as_of: str | None) -> Snapshot:
    from layers.plan import EvidenceStore
    from layers.snapshots import as_it_stands

    versions = opened.versions()
    tables = needed_tables(opened, versions)
    is_sound = EvidenceStore(opened.path).is_sound
    context.say("Computing …")
    return as_it_stands(tables, catalogue(), versions, day_of(as_of), is_sound)


def _tell(found: Changes) -> None:
    """Say what changed, kind by kind; what belongs to one park in one line."""
    from layers.snapshots import KIND_TITLES
    from layers.snapshots import area_sentences
    from layers.snapshots import grouped

    if found.rows.empty:
        context.say("Nothing has changed.")
    lines = grouped(found.rows)
    counts = found.rows["kind"].value_counts()
    for kind, title in KIND_TITLES.items():
        if kind in counts:
            context.say("{kind}: {n}", kind=title.get(context.lang), n=counts[kind])
            _tell_lines(lines[lines["kind"].eq(kind)])
    for sentence in area_sentences(found.rows):
        context.say("{sentence}.", sentence=sentence.get(context.lang))
    _tell_rules(found)


def _tell_lines(lines: pd.DataFrame) -> None:
    name = "name" if context.lang == "zh" else "name_en"
    for row in lines.head(_MOST_LINES).to_dict("records"):
        told = {"name": row[name], "what": row[f"reason_{context.lang}"]}
        if row["sample"]:
            context.say("  {name}: {what} [sample data]", **told)
        else:
            context.say("  {name}: {what}", **told)
    if len(lines) > _MOST_LINES:
        context.say("  … and {n} more; --out writes all of them.", n=len(lines) - _MOST_LINES)


def _write(found: Changes, out: Path, first: Snapshot, second: Snapshot) -> None:
    """Write the list: with words in a workbook, which people read, else with codes."""
    from layers.errors import Text
    from layers.snapshots import CHANGE_TITLES
    from layers.snapshots import CHANGES_TITLE
    from layers.snapshots import in_words

    rows = found.rows
    if out.suffix.lower() == ".xlsx":
        rows = in_words(rows, catalogue(), context.lang)
    now = Text("现状", "now") if not second.number else Text(f"{second.number}", f"{second.number}")
    remark = Text(
        f"对照：快照 {first.number} → {now.zh}", f"Compared: snapshot {first.number} → {now.en}"
    )
    write_table(
        rows,
        out,
        CHANGES_TITLE,
        titles=CHANGE_TITLES,
        layers=dict(second.versions),
        what="changes",
        remarks=[remark],
        wish={"before": first.sha256, "after": second.sha256},
    )


def _tell_rules(found: Changes) -> None:
    from layers.snapshots import PART_TITLES

    for part, then, now in found.rules:
        context.say(
            "{part}: the rule was {then}, it is {now} now; computed anew by the rule of now.",
            part=PART_TITLES[part].get(context.lang),
            then=then,
            now=now,
        )
    if len(found.by_rule):
        context.say("Moved by the rule alone: {n}", n=len(found.by_rule))
