"""What the commands of the batch door share: language, workspace, streams."""

from __future__ import annotations

import getpass
import json
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from layers.i18n import UNKNOWN
from layers.i18n import Lang
from layers.i18n import translator

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.audit import Recorder
    from layers.audit import Step
    from layers.catalogue import Catalogue
    from layers.errors import AtlasError
    from layers.issues import Issue
    from layers.workspace import Workspace

PROBLEMS = 1
WRONG_USAGE = 2
_ISSUES_SHOWN = 50


class Audience(StrEnum):
    """For whom a file is made."""

    internal = "internal"
    public = "public"


@dataclass
class Context:
    """What every command needs, from the options before the command."""

    lang: Lang = "zh"
    opened: Workspace | None = None

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


context = Context()

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


def catalogue(path: Path | None = None) -> Catalogue:
    """Return the catalogue of the workspace that the command opened, or is about to open.

    Parameters
    ----------
    path
        The workspace if none is open yet; the user's one by default.
    """
    from layers.edition import catalogue_of

    return catalogue_of(folder_of(path)) if context.opened is None else context.opened.catalogue


def folder_of(path: Path | None) -> Path:
    """Return the folder of the workspace that a command names, or of the user's one."""
    from layers.workspace import default_path
    from layers.workspace import resolve_path

    return resolve_path(path) if path else default_path()


def author_name(given: str | None) -> str:
    """Return the name that a commit carries."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "atlas"  # a service account may have no login name


def recorder(opened: Workspace, author: str | None = None) -> Recorder:
    """Return what records in the audit of a workspace what a command does.

    Parameters
    ----------
    opened
        The workspace.
    author
        Who does it; the login name by default. Nobody signs in here.
    """
    from layers.audit import Door
    from layers.audit import Recorder
    from layers.audit import journal_of

    return Recorder(journal_of(opened.path), Door.BATCH, name=author_name(author))


@contextmanager
def exporting(out: Path, layers: Mapping[str, int], what: str, /, **wish: object) -> Iterator[str]:
    """Record that a command writes a file from the open workspace.

    Parameters
    ----------
    out
        The file, or the folder of several.
    layers
        Versions by key of the layers that it is made from.
    what
        What it is: the name of the command.
    **wish
        What else decides what is in it; plain data.

    Yields
    ------
    str
        The id that the file is to carry: the same for the same wish of the same user.

    Raises
    ------
    WorkspaceError
        If it cannot be recorded; then nothing may be written.
    """
    from layers.audit import make_export_id

    assert context.opened is not None  # there is nothing to export without a workspace
    own = recorder(context.opened)
    told = {"what": what, "format": out.suffix.lower(), "lang": context.lang, **wish}
    export_id = make_export_id(context.opened.identity, layers, told, own.who)
    with own.exporting(export_id, layers, out.name, **told):
        yield export_id
    context.say("Export id: {export_id}", export_id=export_id)


@contextmanager
def importing(
    opened: Workspace, subject: str, layer: str, *, author: str | None, dry_run: bool
) -> Iterator[Step]:
    """Record an import, unless nothing is written; it is refused if that cannot be done.

    Parameters
    ----------
    opened
        The workspace.
    subject
        What is imported: the name of the file.
    layer
        Into which layer.
    author
        Who does it; the login name by default.
    dry_run
        Whether nothing is written.

    Yields
    ------
    Step
        Takes the new versions.
    """
    from layers.audit import Action
    from layers.audit import Step

    if dry_run:
        yield Step()
        return
    before = {layer: opened.version(layer)}
    with recorder(opened, author).doing(Action.IMPORT, layers=before, subject=subject) as step:
        yield step


def open_workspace(
    path: Path | None,
    *,
    empty: bool = False,
    author: str | None = None,
    edition: Path | None = None,
) -> Workspace:
    """Open the workspace of a command, making it if it does not exist yet.

    Parameters
    ----------
    path
        Its folder; the user's one by default.
    empty
        Make a new one without any layer.
    author
        Who makes it; the login name by default.
    edition
        Folder of the edition that a new one is made from; the bundled one by default. An
        existing one must be of this edition, and takes over its newer small files.

    Raises
    ------
    UsageError
        If the folder is a city: a command works on one district.
    """
    from layers.edition import catalogue_of
    from layers.edition import open_edition
    from layers.paths import is_vacant
    from layers.startup import open_or_create
    from layers.startup import renew_edition

    _refuse_city(folder_of(path))
    folder, vacant = folder_of(path), is_vacant(folder_of(path))
    described = catalogue_of(folder) if edition is None else open_edition(edition)
    if vacant:
        context.say("Making a new workspace in {path} …", path=folder)
    workspace, issues = open_or_create(folder, described, author=author_name(author), empty=empty)
    context.issues(issue for issue in issues if issue.severity != "info")
    if edition is not None and not vacant:
        workspace = renew_edition(workspace)
    if vacant:
        recorder(workspace, author).founded(workspace.versions(), workspace.catalogue.edition)
    context.opened = workspace
    return workspace


def _refuse_city(folder: Path) -> None:
    """Say which districts a city has, and how one of them is opened."""
    from layers.city import City
    from layers.city import is_city
    from layers.errors import Text
    from layers.errors import UsageError

    if not is_city(folder):
        return
    districts = City.open(folder).districts
    zh = "、".join(f"{district.path.name}（{district.title.zh}）" for district in districts)
    en = ", ".join(f"{district.path.name} ({district.title.en})" for district in districts)
    one = districts[0].path if districts else folder / "districts" / "CODE"
    raise UsageError(
        Text(
            f"{folder} 是城市工作区，命令须指定一个行政区，例如 --workspace {one}；"
            f"行政区有：{zh}。全市计算请用 atlas batch",
            f"{folder} is a city; a command works on one district, for instance"
            f" --workspace {one}; the districts are {en}. To compute all of them use atlas batch",
        )
    )


def needed_tables(opened: Workspace, keys: Iterable[str]) -> dict[str, Any]:
    """Return the layers that can be read; one that is needed and damaged is an error."""
    from layers.inventory import readable

    tables, problems = readable(opened)
    for key in keys:
        if key in problems:
            raise problems[key]
    return tables


def setting_of(text: str, readers: Mapping[str, Callable[[str], Any]]) -> tuple[str, Any]:
    """Return name and value of ``--set name=value``, read as the parameter is."""
    name, _equals, value = text.partition("=")
    if name not in readers:
        message = f"--set {text}: the parameters are {', '.join(sorted(readers))}"
        raise typer.BadParameter(message)
    try:
        return name, readers[name](value)
    except ValueError as error:
        message = f"--set {text}: write a number behind the equals sign"
        raise typer.BadParameter(message) from error


def weight_of(text: str) -> tuple[str, float]:
    """Return criterion and weight of ``--weight criterion=weight``."""
    name, _equals, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        message = f"--weight {text}: write a number behind the equals sign"
        raise typer.BadParameter(message) from error


def print_json(value: object) -> None:
    """Print a result for machines on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str, allow_nan=False))


def records(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any table of pandas
    """Return the rows of a table as plain data; unknown becomes null."""
    plain = frame.drop(columns="geometry", errors="ignore")
    found: list[dict[str, Any]] = json.loads(
        plain.to_json(orient="records", date_format="iso", force_ascii=False)
    )
    return found


def show(frame: Any, *, as_json: bool) -> None:  # noqa: ANN401 - any table of pandas
    """Print a table: for machines on standard output, for people on standard error."""
    if as_json:
        print_json(records(frame))
    elif frame.empty:
        context.say("Nothing to list.")
    else:
        typer.echo(frame.to_string(index=False, na_rep=UNKNOWN), err=True)
