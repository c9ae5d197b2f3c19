"""The commands of ``atlas team``, and how ``atlas app --team`` starts the server of a team."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import context
from cli_common import open_workspace
from cli_common import print_json
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from layers.team.settings import Team

team_cli = typer.Typer(help="Settings and tokens of a team server.", no_args_is_help=True)

ConfigArgument = Annotated[Path, typer.Argument(help="Settings file of the team server, TOML.")]


@team_cli.command("example")
def team_example() -> None:
    """Print a settings file with comments.

    Example: atlas team example > config.toml
    """
    from layers.team.example import example

    typer.echo(example(), nl=False)


@team_cli.command("check")
def team_check(
    config: ConfigArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Say what a settings file means, without its secrets.

    Example: atlas team check config.toml --workspace /var/lib/atlas/workspace
    """
    _name_workspace(workspace)
    team = _team(config)
    known = team.folder is not None or workspace is not None
    told = told_of(team) | ({} if known else {"state": ""})
    if as_json:
        print_json(told)
    else:
        for key, value in told.items():
            typer.echo(f"{key}: {value}", err=True)
    if not known:
        context.say(
            "People and tokens are kept in the folder team of the workspace, which --workspace or"
            " ATLAS_WORKSPACE names."
        )
    for path in _open_to_all(team):
        context.say("Everybody on this computer can read {path}: chmod 600 it.", path=path)


@team_cli.command("tokens")
def team_tokens(
    config: ConfigArgument, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the personal tokens that are taken: whose, what for, until when.

    Example: atlas team tokens config.toml --workspace /var/lib/atlas/workspace
    """
    from layers.team.tokens import Tokens

    _name_workspace(workspace)
    team = _team(config)
    if team.folder is None:
        _served(workspace, "tokens")
    found = [
        {
            "token": token.token_id,
            "person": token.person_id,
            "note": token.note,
            "made": token.made.isoformat(),
            "expires": token.expires.isoformat(),
            "used": token.used.isoformat() if token.used else None,
        }
        for token in Tokens(team.state).all()
    ]
    if as_json:
        print_json(found)
        return
    for one in found:
        typer.echo("  ".join(str(value) for value in one.values()), err=True)
    if not found:
        context.say("Nothing to list.")


@team_cli.command("revoke")
def team_revoke(
    config: ConfigArgument,
    token: Annotated[str, typer.Argument(help="Id of the token, see atlas team tokens.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Take a personal token back, whoever made it.

    Example: atlas team revoke config.toml 0123456789abcdef -w /var/lib/atlas/workspace
    """
    from cli_common import author_name
    from layers.audit import Action
    from layers.audit import Door
    from layers.audit import Recorder
    from layers.audit import journal_of
    from layers.team import ALONE
    from layers.team.tokens import Tokens

    _name_workspace(workspace)
    team, folder = _team(config), _served(workspace, "revoke")
    recorder = Recorder(journal_of(folder), Door.BATCH, name=author_name(None))
    with recorder.doing(Action.ACCESS, subject=f"revoke token {token}"):
        # Raised here, so that nobody reads in the audit that a token was taken back.
        if not Tokens(team.state).revoke(token, ALONE):
            raise _no_token(token)
    context.say("The token {token} is not taken any more.", token=token)


def serve_team(config: Path, workspace: Path | None, style: str) -> None:
    """Start the server of a team; it stops with the process.

    Raises
    ------
    TeamError
        If the settings are not to be used.
    WorkspaceError
        If the workspace cannot be opened.
    """
    from layers.city import is_city
    from layers.paths import default_path
    from layers.team.settings import ENVIRONMENT

    _name_workspace(workspace)
    team = _team(config)
    os.environ[ENVIRONMENT] = str(team.path)
    if not is_city(default_path()):
        open_workspace(None)  # made now, before anything else is written into its folder
    context.say(
        "Yangpu Atlas serves a team at {url}, behind the proxy that calls {listen}:{port}.",
        url=team.public_url,
        listen=team.listen,
        port=team.port,
    )
    from app import serve_team as serve

    serve(team, style="plain" if style == "plain" else "json")


def told_of(team: Team) -> dict[str, Any]:
    """Return what settings mean, for people and without secrets."""
    roles = team.roles
    members = roles.members.members() if roles.members is not None else None
    return {
        "public_url": team.public_url,
        "callback": f"{team.public_url}/oauth2callback",
        "listen": f"{team.listen}:{team.port}",
        "trusted_proxies": list(team.trusted_proxies),
        "upload_mb": team.upload_mb,
        "session_hours": team.session_hours,
        "token_idle_days": team.token_idle_days,
        "state": str(team.state),
        "server_metadata_url": team.provider.metadata_url,
        "client_id": team.provider.client_id,
        "scope": team.provider.scope,
        "id_claim": team.id_claim,
        "name_claim": team.name_claim,
        "default_role": roles.default.value if roles.default else "none",
        "claim": roles.claim,
        "roles_by_claim": {value: role or "none" for value, role in roles.by_value.items()},
        "members": str(roles.members.path) if roles.members is not None else "",
        "people": len(members.ids) + len(members.emails) if members is not None else 0,
    }


def _team(config: Path) -> Team:
    from layers.team.settings import load_team

    return load_team(config)


def _name_workspace(workspace: Path | None) -> None:
    if workspace is not None:
        os.environ["ATLAS_WORKSPACE"] = str(workspace.resolve())


def _served(workspace: Path | None, command: str) -> Path:
    """Return the folder that the server serves; its audit and tokens are in no other.

    Raises
    ------
    UsageError
        If nobody names it.
    BackupError
        If it is neither a workspace nor a city.
    """
    from layers.city import is_city
    from layers.keeping.refusals import not_kept_here
    from layers.manifest import MANIFEST
    from layers.paths import default_path

    if workspace is None:
        raise UsageError(
            Text(
                f"请用 --workspace 或 ATLAS_WORKSPACE 指明团队服务器的工作区，例如："
                f"atlas team {command} config.toml --workspace /var/lib/atlas/workspace",
                "name the workspace of the team server with --workspace or ATLAS_WORKSPACE, for"
                f" instance: atlas team {command} config.toml --workspace"
                " /var/lib/atlas/workspace",
            )
        )
    folder = default_path()
    if not (folder / MANIFEST).is_file() and not is_city(folder):
        raise not_kept_here(folder)
    return folder


def _no_token(token: str) -> UsageError:
    return UsageError(
        Text(
            f"没有令牌 {token}；请用 atlas team tokens 查看",
            f"there is no token {token}; see atlas team tokens",
        )
    )


def _open_to_all(team: Team) -> list[Path]:
    """Return the files with secrets that others on this computer can read."""
    if os.name == "nt":
        return []
    paths = [team.path, *team.provider.client_secret.files, *team.provider.cookie_secret.files]
    return [path for path in paths if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)]
