"""The batch door: everything a page can compute or export, a command can.

Results for machines go to standard output with ``--json``; words for people go
to standard error. Exit code 0 is success, 1 means that the input had problems
the user must see (results are still written), 2 is wrong usage.
"""

from __future__ import annotations

import io
import os
import socket
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli_access import access
from cli_audit import audit_cli
from cli_batch import batch_cli
from cli_common import PROBLEMS
from cli_common import WRONG_USAGE
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import context
from cli_common import open_workspace
from cli_common import print_json
from cli_common import show
from cli_consolidate import consolidate
from cli_database import publish
from cli_evaluate import evaluate
from cli_import import import_file
from cli_import import inspect
from cli_import import template
from cli_monitoring import calendar
from cli_monitoring import targets
from cli_opendata import opendata_cli
from cli_output import export
from cli_plan_records import plan_cli
from cli_scatter import scatter
from cli_sheet import report
from cli_sheet import sheet
from cli_snapshot import snapshot_cli
from cli_team import serve_team
from cli_team import team_cli
from cli_underuse import underused
from cli_workspace import workspace_cli
from layers.errors import AtlasError
from layers.errors import UsageError


class LogFormat(StrEnum):
    """How lines of the log look."""

    json = "json"
    plain = "plain"


DEFAULT_PORT = 8501
_PORTS_TRIED = 20

cli = typer.Typer(
    name="atlas",
    help="Yangpu Atlas 杨浦园空间图谱: scatter, underused space and exports of a park district.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(workspace_cli, name="workspace")
cli.add_typer(batch_cli, name="batch")
cli.add_typer(opendata_cli, name="open-data")
cli.add_typer(team_cli, name="team")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(plan_cli, name="plan")
cli.add_typer(snapshot_cli, name="snapshot")


@cli.callback()
def _options(
    lang: Annotated[
        str, typer.Option("--lang", envvar="ATLAS_LANG", help="Language of messages: zh or en.")
    ] = "zh",
) -> None:
    if lang not in {"zh", "en"}:
        message = f"--lang must be zh or en, not {lang}"
        raise typer.BadParameter(message)
    context.lang = "en" if lang == "en" else "zh"
    context.opened = None


@cli.command()
def app(
    workspace: WorkspaceOption = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="TCP port on this computer.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser on the app.")
    ] = True,
    basemap: Annotated[
        Path | None,
        typer.Option(
            "--basemap",
            envvar="ATLAS_BASEMAP",
            exists=True,
            dir_okay=False,
            help="A local base map, PMTiles or MBTiles, to choose in the app.",
        ),
    ] = None,
    team: Annotated[
        Path | None,
        typer.Option(
            "--team", help="Serve a team that signs in: its settings, see atlas team example."
        ),
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="How a team server logs.")
    ] = LogFormat.json,
) -> None:
    """Start the web app on this computer, or with --team the server of a team.

    Example: atlas app --workspace ./work --port 8600 --basemap district.pmtiles

    Example: atlas app --workspace ./work --team config.toml
    """
    if basemap is not None:
        os.environ["ATLAS_BASEMAP"] = str(basemap.resolve())
    if team is not None:
        if port is not None:
            message = "the port of a team server stands in its settings"
            raise typer.BadParameter(message)
        serve_team(team, workspace, log_format)
        return
    os.environ.pop("ATLAS_TEAM", None)  # whoever works alone has no gate and needs none
    chosen = _free_port(port)
    if workspace is not None:
        os.environ["ATLAS_WORKSPACE"] = str(workspace.resolve())
    context.say(
        "Yangpu Atlas is at http://{host}:{port} – stop it with Ctrl+C.",
        host="127.0.0.1",
        port=chosen,
    )
    from app import serve

    serve(port=chosen, open_browser=browser)


def _free_port(wanted: int | None) -> int:
    """Return the wanted port, or the first free one from the default upwards."""
    candidates = [wanted] if wanted else range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED)
    for port in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # Without this a port that was just given back would look taken.
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if wanted is None and port != DEFAULT_PORT:
            context.say("Port {busy} is in use, taking {port}.", busy=DEFAULT_PORT, port=port)
        return port
    context.say(
        "Port {port} is in use. Stop the program that uses it, or choose another with --port.",
        port=wanted or f"{DEFAULT_PORT}–{DEFAULT_PORT + _PORTS_TRIED - 1}",
    )
    raise typer.Exit(PROBLEMS)


@cli.command()
def layers(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List layers with counts, versions, sources and sample marks.

    Example: atlas layers --json
    """
    from layers.inventory import inventory
    from layers.inventory import readable

    opened = open_workspace(workspace)
    tables, problems = readable(opened)
    found = inventory(tables, opened.versions(), opened.catalogue)
    # On a screen the ids of dozens of sources would push the numbers out of sight.
    other = "title_en" if context.lang == "zh" else "title_zh"
    show(found if as_json else found.drop(columns=["sources", other]), as_json=as_json)
    for error in problems.values():
        context.fail(error)
    if problems:
        raise typer.Exit(PROBLEMS)


cli.command("import")(import_file)
cli.command()(inspect)
cli.command()(template)


cli.command()(scatter)
cli.command()(access)
cli.command()(consolidate)
cli.command()(targets)
cli.command()(calendar)
cli.command()(underused)
cli.command()(evaluate)
cli.command()(export)
cli.command()(publish)
cli.command()(sheet)
cli.command()(report)


def main() -> None:
    """Run the command line; errors a user can act on become one sentence."""
    for stream in (sys.stdout, sys.stderr):
        # JSON is UTF-8 wherever it goes, and no console may stop a command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        cli()
    except AtlasError as error:
        code = WRONG_USAGE if isinstance(error, UsageError) else PROBLEMS
        if "--json" in sys.argv:
            print_json({"error": {"zh": error.text.zh, "en": error.text.en}})
        sys.exit(context.fail(error, code).exit_code)


if __name__ == "__main__":
    main()
