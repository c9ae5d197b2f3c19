"""The batch door: everything a page can compute or export, a command can.

Results for machines go to standard output with ``--json``; words for people go
to standard error. Exit code 0 is success, 1 means that the input had problems
the user must see (results are still written), 2 is wrong usage.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from layers.errors import AtlasError
from layers.i18n import UNKNOWN
from layers.i18n import Lang
from layers.i18n import translator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import Catalogue
    from layers.issues import Issue
    from layers.workspace import Workspace

PROBLEMS = 1
WRONG_USAGE = 2
DEFAULT_PORT = 8501
_PORTS_TRIED = 20
_ISSUES_SHOWN = 50

cli = typer.Typer(
    name="atlas",
    help="Yangpu Atlas 杨浦园空间图谱: scatter, underused space and exports of a park district.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
workspace_cli = typer.Typer(
    help="Make, describe and move through a workspace.", no_args_is_help=True
)
cli.add_typer(workspace_cli, name="workspace")


class Audience(StrEnum):
    """For whom a file is made."""

    internal = "internal"
    public = "public"


class Format(StrEnum):
    """File formats of ``atlas export``."""

    gpkg = "gpkg"
    geojson = "geojson"
    csv = "csv"
    xlsx = "xlsx"


@dataclass
class Context:
    """What every command needs, from the options before the command."""

    lang: Lang = "zh"

    def say(self, text: str, **values: object) -> None:
        """Print a sentence for people on standard error."""
        typer.echo(translator(self.lang)(text).format(**values), err=True)

    def fail(self, error: AtlasError, code: int = PROBLEMS) -> typer.Exit:
        """Print an error and return the exit that ends the command."""
        typer.echo(error.text.get(self.lang), err=True)
        return typer.Exit(code)

    def issues(self, issues: Iterable[Issue]) -> bool:
        """Print findings; tell whether one of them is an error."""
        order = {"error": 0, "warning": 1, "info": 2}
        found = sorted(issues, key=lambda issue: order[issue.severity])
        for issue in found[:_ISSUES_SHOWN]:
            mark = {"error": "✗", "warning": "!", "info": "·"}[issue.severity]
            typer.echo(f"{mark} {issue.line(self.lang)}", err=True)
        if len(found) > _ISSUES_SHOWN:
            self.say("… and {n} more findings.", n=len(found) - _ISSUES_SHOWN)
        return any(issue.severity == "error" for issue in found)


_context = Context()

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="ATLAS_WORKSPACE",
        help="Folder of the workspace; the user's data folder by default.",
    ),
]
EmptyOption = Annotated[
    bool, typer.Option("--empty", help="Make a new workspace without the bundled edition.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
AuthorOption = Annotated[
    str | None, typer.Option("--author", help="Who is recorded; the login name by default.")
]


@cli.callback()
def _options(
    lang: Annotated[
        str, typer.Option("--lang", envvar="ATLAS_LANG", help="Language of messages: zh or en.")
    ] = "zh",
) -> None:
    if lang not in {"zh", "en"}:
        message = f"--lang must be zh or en, not {lang}"
        raise typer.BadParameter(message)
    _context.lang = "en" if lang == "en" else "zh"


def _catalogue() -> Catalogue:
    from layers.catalogue import load_catalogue

    return load_catalogue()


def _author(given: str | None) -> str:
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "atlas"  # a service account may have no login name


def _open(path: Path | None, *, empty: bool = False, author: str | None = None) -> Workspace:
    """Open the workspace of a command, making it if it does not exist yet."""
    from layers.startup import open_or_create
    from layers.workspace import default_path

    folder = path or default_path()
    is_new = not folder.exists() or not any(folder.iterdir())
    if is_new:
        _context.say("Making a new workspace in {path} …", path=folder)
    workspace, issues = open_or_create(folder, _catalogue(), author=_author(author), empty=empty)
    _context.issues(issue for issue in issues if issue.severity != "info")
    return workspace


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str, allow_nan=False))


def _records(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any table of pandas
    """Return the rows of a table as plain data; unknown becomes null."""
    plain = frame.drop(columns="geometry", errors="ignore")
    found: list[dict[str, Any]] = json.loads(
        plain.to_json(orient="records", date_format="iso", force_ascii=False)
    )
    return found


@cli.command()
def app(
    workspace: WorkspaceOption = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="TCP port on this computer.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser on the app.")
    ] = True,
) -> None:
    """Start the web app on this computer.

    Example: atlas app --workspace ./work --port 8600
    """
    chosen = _free_port(port)
    if workspace is not None:
        os.environ["ATLAS_WORKSPACE"] = str(workspace.resolve())
    _context.say(
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
            _context.say("Port {busy} is in use, taking {port}.", busy=DEFAULT_PORT, port=port)
        return port
    _context.say(
        "Port {port} is in use. Stop the program that uses it, or choose another with --port.",
        port=wanted or f"{DEFAULT_PORT}–{DEFAULT_PORT + _PORTS_TRIED - 1}",
    )
    raise typer.Exit(PROBLEMS)


@workspace_cli.command("init")
def workspace_init(
    workspace: WorkspaceOption = None, empty: EmptyOption = False, author: AuthorOption = None
) -> None:
    """Make a workspace from the bundled edition, or an empty one.

    Example: atlas workspace init --workspace ./work
    """
    opened = _open(workspace, empty=empty, author=author)
    _context.say("The workspace is ready: {path}", path=opened.path)


@workspace_cli.command("info")
def workspace_info(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Describe a workspace: edition, catalogue, layers and versions.

    Example: atlas workspace info --json
    """
    info = _open(workspace).info()
    if as_json:
        _print_json(info)
        return
    for key, value in info.items():
        typer.echo(f"{key}: {value}", err=True)


@workspace_cli.command("history")
def workspace_history(
    layer: Annotated[
        str | None, typer.Argument(help="A layer key; all layers if left out.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the commits: who, when, why, from which file.

    Example: atlas workspace history carriers
    """
    opened = _open(workspace)
    if layer:
        _catalogue().layer(layer)
    _show(opened.history(layer), as_json=as_json)


@workspace_cli.command("diff")
def workspace_diff(
    layer: Annotated[str, typer.Argument(help="A layer key.")],
    old: Annotated[int, typer.Argument(help="The older version.")],
    new: Annotated[
        int | None, typer.Argument(help="The newer one; the current if left out.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what changed in a layer between two versions.

    Example: atlas workspace diff carriers 0 1
    """
    opened = _open(workspace)
    _catalogue().layer(layer)
    newer = opened.version(layer) if new is None else new
    _show(opened.diff(layer, old, newer), as_json=as_json)


@workspace_cli.command("restore")
def workspace_restore(
    layer: Annotated[str, typer.Argument(help="A layer key.")],
    version: Annotated[int, typer.Argument(help="The version to bring back.")],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
) -> None:
    """Bring back an old version of a layer as a new version; nothing is lost.

    Example: atlas workspace restore carriers 0 -m "wrong file"
    """
    opened = _open(workspace)
    _catalogue().layer(layer)
    made = opened.restore(
        layer, version, author=_author(author), message=message or f"restore version {version}"
    )
    _context.say("{layer} is now version {version}.", layer=layer, version=made)


@cli.command()
def layers(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List layers with counts, versions, sources and sample marks.

    Example: atlas layers --json
    """
    from layers.inventory import inventory

    opened = _open(workspace)
    found = inventory(opened.tables(), opened.versions(), _catalogue())
    # On a screen the ids of dozens of sources would push the numbers out of sight.
    other = "title_en" if _context.lang == "zh" else "title_zh"
    _show(found if as_json else found.drop(columns=["sources", other]), as_json=as_json)


def _show(frame: Any, *, as_json: bool) -> None:  # noqa: ANN401 - any table of pandas
    if as_json:
        _print_json(_records(frame))
    elif frame.empty:
        _context.say("Nothing to list.")
    else:
        typer.echo(frame.to_string(index=False, na_rep=UNKNOWN), err=True)


@cli.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage, CSV or Excel file.")],
    layer: Annotated[str, typer.Option("--layer", "-l", help="The layer it belongs to.")],
    workspace: WorkspaceOption = None,
    empty: EmptyOption = False,
    crs: Annotated[
        str | None, typer.Option("--crs", help="EPSG:…, GCJ02 or BD09, if the file does not say.")
    ] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Text encoding.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="SOURCE=FIELD, once for each column.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write rejected rows with reasons here (CSV).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only.")] = False,
    author: AuthorOption = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a planner's file into a layer; good rows are kept, bad ones returned.

    Example: atlas import 载体台账.csv --layer carriers --rejects bad.csv
    """
    from layers.delivery import deliver
    from layers.intake.rejects import write_rejects

    delivery = deliver(
        _open(workspace, empty=empty, author=author),
        file,
        _catalogue().layer(layer).key,
        author=_author(author),
        message=message or f"import {file.name}",
        crs=crs,
        encoding=encoding,
        mapping=_pairs(mapping),
        dry_run=dry_run,
    )
    has_errors = _context.issues(delivery.issues)
    if rejects is not None and len(delivery.result.rejected):
        write_rejects(delivery.result, rejects)
    summary = delivery.summary()
    _context.say(
        "{rows_in} rows read: {accepted} accepted, {rejected} rejected, {repaired} repaired.",
        **summary,
    )
    if as_json:
        _print_json(summary)
    raise typer.Exit(PROBLEMS if has_errors or summary["rejected"] else 0)


def _pairs(mapping: list[str] | None) -> dict[str, str]:
    pairs = {}
    for entry in mapping or ():
        source, separator, field = entry.partition("=")
        if not (source and separator and field):
            message = f"--map takes SOURCE=FIELD, not {entry!r}"
            raise typer.BadParameter(message)
        pairs[source] = field
    return pairs


@cli.command()
def scatter(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="csv, xlsx, json, gpkg, geojson, parquet.")
    ],
    workspace: WorkspaceOption = None,
    walk_m: Annotated[float, typer.Option("--walk-m", help="Longest walk of one place, m.")] = 800,
    detour: Annotated[float, typer.Option("--detour", help="Walk over straight line.")] = 1.324,
    site_gap_m: Annotated[
        float, typer.Option("--site-gap-m", help="Buildings this close are one site, m.")
    ] = 50,
    park: Annotated[list[str] | None, typer.Option("--park", help="Only this park.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say of every park how scattered its spaces are, and why.

    Example: atlas scatter --park B01 --park B02 --out scatter.xlsx
    """
    from geo.scatter import ScatterParameters
    from layers.analysis import scatter_of
    from layers.export import export_table
    from layers.results import SCATTER_TITLE
    from layers.results import scatter_layer

    opened = _open(workspace)
    try:
        parameters = ScatterParameters(walk_m=walk_m, detour=detour, site_gap_m=site_gap_m)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    result = scatter_of(opened.tables(), _catalogue(), parameters, park)
    spatial = out.suffix.lower() in {".gpkg", ".geojson", ".parquet"}
    # The columns keep their public names in every format, because scripts read them.
    table = scatter_layer(result) if spatial else result.table
    export_table(table, out, title=SCATTER_TITLE, lang=_context.lang)
    counts = result.table["flag"].value_counts().to_dict()
    _context.say(
        "{n} parks: {flags}. Written to {path}.",
        n=len(result.table),
        flags=", ".join(f"{flag} {count}" for flag, count in sorted(counts.items())),
        path=out,
    )
    if as_json:
        _print_json(_records(result.table))


@cli.command()
def export(
    keys: Annotated[list[str], typer.Argument(help="Layer keys.")],
    fmt: Annotated[Format, typer.Option("--format", "-f", help="File format.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    workspace: WorkspaceOption = None,
    crs: Annotated[str, typer.Option("--crs", help="EPSG code of the coordinates.")] = "EPSG:4490",
    audience: Annotated[
        Audience, typer.Option("--audience", help="internal: all; public: nothing sensitive.")
    ] = Audience.internal,
    as_json: JsonOption = False,
) -> None:
    """Write layers to a file that is read back and compared before it is kept.

    Example: atlas export parks carriers zones --format gpkg --crs EPSG:4549 --out y.gpkg
    """
    from layers.edition import load_sources
    from layers.export import export_layers

    catalogue = _catalogue()
    opened = _open(workspace)
    specs = [catalogue.layer(key) for key in dict.fromkeys(keys)]
    report = export_layers(
        {spec.key: opened.read(spec.key) for spec in specs},
        specs,
        catalogue,
        fmt=fmt.value,
        path=out,
        crs=crs,
        audience=audience.value,
        lang=_context.lang,
        sources=load_sources(catalogue.folder),
    )
    for key, rows, located in report.layers:
        _context.say("{key}: {rows} rows, {located} located", key=key, rows=rows, located=located)
    for note in report.notes:
        typer.echo(note.get(_context.lang), err=True)
    if as_json:
        _print_json(
            {
                "path": str(report.path),
                "files": [str(file) for file in report.files],
                "crs": report.crs,
                "layers": [
                    {"layer": key, "rows": rows, "located": located}
                    for key, rows, located in report.layers
                ],
            }
        )


def main() -> None:
    """Run the command line; errors a user can act on become one sentence."""
    try:
        cli()
    except AtlasError as error:
        sys.exit(_context.fail(error).exit_code)


if __name__ == "__main__":
    main()
