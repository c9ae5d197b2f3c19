"""The commands of ``atlas audit``: who did what and when, and whether the audit is whole."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import context
from cli_common import folder_of
from cli_common import print_json
from cli_common import show
from layers.audit import Action
from layers.i18n import unknown

if TYPE_CHECKING:
    import pandas as pd

    from layers.audit import Wish

audit_cli = typer.Typer(help="Who saw, imported, changed and took out what, and when.")

_LONGEST = 60


@audit_cli.callback(invoke_without_command=True)
def audit(
    called: typer.Context,
    workspace: WorkspaceOption = None,
    export_id: Annotated[
        str, typer.Option("--export-id", help="Only the file that carries this id.")
    ] = "",
    person: Annotated[str, typer.Option("--person", help="Only this person, by id or name.")] = "",
    action: Annotated[
        list[Action] | None, typer.Option("--action", help="Only this; repeatable.")
    ] = None,
    layer: Annotated[str, typer.Option("--layer", help="Only about this layer.")] = "",
    since: Annotated[
        str | None, typer.Option("--since", help="From this time on: 2026-11-25 or a time of it.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Until this time; a day alone is all of it.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="How many rows, the newest.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """List who did what and when, the newest first.

    The workspace may be a city: then what belongs to no district is listed, as sign-ins.

    Example: atlas audit --since 2026-11-01 --person 王工

    Example: atlas audit --export-id 7K2M-0QRS-9TVW --json
    """
    if called.invoked_subcommand is not None:
        return
    from layers.audit import Wish
    from layers.audit import normal_export_id

    wish = Wish(
        since=None if since is None else _moment("--since", since, dt.time.min),
        until=None if until is None else _moment("--until", until, dt.time.max),
        actions=frozenset(action or ()),
        person=person,
        layer=layer,
        export_id=normal_export_id(export_id),
        most=most,
    )
    found = _read(folder_of(workspace), wish)
    if as_json:
        print_json(_records(found))
        return
    show(_told(found), as_json=False)
    if found.attrs["more"]:
        context.say("There are more; narrow the choice or ask for more with --most.")


@audit_cli.command("check")
def check(
    workspace: WorkspaceOption = None,
    backup: Annotated[
        Path | None,
        typer.Option(
            "--backup",
            exists=True,
            dir_okay=False,
            help="Also compare with a backup: whatever it has must still be there, unchanged.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no record of the audit was changed, taken out or put in.

    Every change of a layer must have its record, too. Whoever may write to the folder can
    rewrite or shorten the whole audit; a backup kept elsewhere shows that.

    Example: atlas audit check --workspace ./work

    Example: atlas audit check --workspace ./work --backup /backup/atlas-2026-11-26.zip
    """
    from layers.audit.checking import LIMIT
    from layers.audit.checking import MOST_FINDINGS
    from layers.keeping.auditing import check_against
    from layers.keeping.auditing import check_audit

    folder = folder_of(workspace)
    found = check_audit(folder)
    if backup is not None:
        found += check_against(folder, backup)
    found = found[:MOST_FINDINGS]
    for one in found:
        place = f"{one.file}:{one.line}" if one.line else one.file
        typer.echo(f"{'✗' if one.grave else '!'} {place} {one.text.get(context.lang)}", err=True)
    if len(found) == MOST_FINDINGS:
        context.say("There are more findings; only the first are listed.")
    grave = any(one.grave for one in found)
    if not grave:
        context.say("The audit is whole.")
    if backup is None:
        typer.echo(LIMIT.get(context.lang), err=True)
    if as_json:
        print_json(
            [
                {
                    "kind": one.kind.value,
                    "file": one.file,
                    "line": one.line,
                    "grave": one.grave,
                    "zh": one.text.zh,
                    "en": one.text.en,
                }
                for one in found
            ]
        )
    if grave:
        raise typer.Exit(PROBLEMS)


def _read(folder: Path, wish: Wish) -> pd.DataFrame:
    """Return the audit of a city or a workspace; neither is made if there is none."""
    from layers.audit import audit_of
    from layers.audit import read
    from layers.city import is_city
    from layers.edition import catalogue_of
    from layers.workspace import Workspace

    if is_city(folder):
        return read(folder, wish)
    return audit_of(Workspace.open(folder, catalogue_of(folder)), wish)


def _moment(option: str, text: str, of_day: dt.time) -> dt.datetime:
    """Return a time as the clock of this computer has it."""
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        message = f"{option} {text}: write 2026-11-25 or 2026-11-25T18:00"
        raise typer.BadParameter(message) from error
    if len(text.strip()) <= len("2026-11-25"):
        found = dt.datetime.combine(found, of_day)
    return found.astimezone()


def _records(found: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            **{str(name): cell for name, cell in row.items()},
            "time": row["time"].isoformat(),
            "number": None if unknown(row["number"]) else int(row["number"]),
            "line": None if unknown(row["line"]) else int(row["line"]),
        }
        for row in found.to_dict("records")
    ]


def _told(found: pd.DataFrame) -> pd.DataFrame:
    """Return an audit as a person reads it on a screen, a line a record."""
    import pandas as pd

    from layers.audit import Door

    actions = {action.value: action.text.get(context.lang) for action in Action}
    doors = {door.value: door.text.get(context.lang) for door in Door}
    rows = [
        {
            "time": row["time"].to_pydatetime().astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            "action": actions.get(row["action"], row["action"]),
            "door": doors.get(row["door"], row["door"]),
            "who": _line(row["name"] or row["person_id"]),
            "role": row["role"],
            "layers": _line(" ".join(f"{key}@{n}" for key, n in row["layers"].items())),
            "subject": _line(row["subject"]),
            "export_id": row["export_id"],
            "state": _line(str(row["detail"].get("state", ""))),
        }
        for row in found.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _line(text: str) -> str:
    """Return text as one line without signs that steer a terminal."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1] if not text.isprintable() else text
    shown = "".join(char if char.isprintable() else "�" for char in plain)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
