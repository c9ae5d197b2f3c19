"""What the commands of the batch door share: language, workspace, streams."""

from __future__ import annotations

import getpass
import json
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
    from collections.abc import Mapping

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


def catalogue() -> Catalogue:
    """Return the catalogue of the bundled edition."""
    from layers.catalogue import load_catalogue

    return load_catalogue()


def author_name(given: str | None) -> str:
    """Return the name that a commit carries."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "atlas"  # a service account may have no login name


def open_workspace(
    path: Path | None, *, empty: bool = False, author: str | None = None
) -> Workspace:
    """Open the workspace of a command, making it if it does not exist yet."""
    from layers.paths import is_vacant
    from layers.startup import open_or_create
    from layers.workspace import default_path
    from layers.workspace import resolve_path

    folder = resolve_path(path) if path else default_path()
    if is_vacant(folder):
        context.say("Making a new workspace in {path} …", path=folder)
    workspace, issues = open_or_create(folder, catalogue(), author=author_name(author), empty=empty)
    context.issues(issue for issue in issues if issue.severity != "info")
    return workspace


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
