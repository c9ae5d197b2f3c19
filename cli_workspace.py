"""The commands of ``atlas workspace``: make, describe, and move through versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli_common import AuthorOption
from cli_common import EmptyOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import context
from cli_common import open_workspace
from cli_common import print_json
from cli_common import recorder
from cli_common import show
from cli_keeping import backup
from cli_keeping import restore_from
from cli_keeping import vacuum
from cli_keeping import verify
from layers.audit import Action

workspace_cli = typer.Typer(
    help="Make, describe and move through a workspace.", no_args_is_help=True
)


@workspace_cli.command("init")
def workspace_init(
    workspace: WorkspaceOption = None,
    edition: Annotated[
        Path | None,
        typer.Option(
            "--edition",
            help="Folder of another edition: its catalogue, sources and layers.",
        ),
    ] = None,
    empty: EmptyOption = False,
    author: AuthorOption = None,
) -> None:
    """Make a workspace from an edition, the bundled one by default, or an empty one.

    Example: atlas workspace init --workspace ./work

    Example: atlas workspace init --edition editions/linjiang --workspace ./linjiang
    """
    opened = open_workspace(workspace, empty=empty, author=author, edition=edition)
    context.say("The workspace is ready: {path}", path=opened.path)


@workspace_cli.command("info")
def workspace_info(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Describe a workspace: edition, catalogue, layers and versions.

    Example: atlas workspace info --json
    """
    info = open_workspace(workspace).info()
    if as_json:
        print_json(info)
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
    opened = open_workspace(workspace)
    if layer:
        opened.catalogue.layer(layer)
    show(opened.history(layer), as_json=as_json)


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
    opened = open_workspace(workspace)
    opened.catalogue.layer(layer)
    newer = opened.version(layer) if new is None else new
    show(opened.diff(layer, old, newer), as_json=as_json)


@workspace_cli.command("restore")
def workspace_restore(
    layer: Annotated[str | None, typer.Argument(help="A layer key.")] = None,
    version: Annotated[int | None, typer.Argument(help="The version to bring back.")] = None,
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
    from_backup: Annotated[
        Path | None,
        typer.Option("--backup", help="Make a workspace from this backup instead."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="With --backup: a new or empty folder.")
    ] = None,
    new_identity: Annotated[
        bool,
        typer.Option(
            "--new-identity", help="With --backup: another workspace, to use beside the old one."
        ),
    ] = False,
) -> None:
    """Bring back an old version of a layer as a new version; nothing is lost.

    With --backup a whole workspace or city is made from a backup, every file of which is
    checked.

    Example: atlas workspace restore carriers 0 -m "wrong file"

    Example: atlas workspace restore --backup /backup/atlas.zip --into ./restored
    """
    if from_backup is not None:
        if into is None or layer is not None:
            wrong = "--backup needs --into and no layer"
            raise typer.BadParameter(wrong)
        restore_from(from_backup, into, new_identity=new_identity, author=author)
        return
    if layer is None or version is None or into is not None or new_identity:
        wrong = "name a layer and a version, or --backup and --into"
        raise typer.BadParameter(wrong)
    opened = open_workspace(workspace)
    opened.catalogue.layer(layer)
    own, before = recorder(opened, author), opened.version(layer)
    with own.doing(Action.RESTORE, layers={layer: before}, brought_back=version) as step:
        made = opened.restore(
            layer,
            version,
            author=author_name(author),
            message=message or f"restore version {version}",
        )
        step.done({layer: made})
    context.say("{layer} is now version {version}.", layer=layer, version=made)


@workspace_cli.command("undo")
def workspace_undo(
    layer: Annotated[str, typer.Argument(help="A layer key.")],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
) -> None:
    """Take back the newest version of a layer; after its first import it is empty again.

    Example: atlas workspace undo carriers -m "imported without correction"
    """
    from layers.delivery import undo

    opened = open_workspace(workspace)
    opened.catalogue.layer(layer)
    own, before = recorder(opened, author), opened.version(layer)
    with own.doing(Action.RESTORE, layers={layer: before}, undone=before) as step:
        made = undo(opened, layer, before, author=author_name(author), message=message or "")
        step.done({layer: made})
    context.say("{layer} is now version {version}.", layer=layer, version=made)


workspace_cli.command()(backup)
workspace_cli.command()(verify)
workspace_cli.command()(vacuum)
