"""The commands of ``atlas team`` look at the workspace of the server, and at no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.audit import Action
from layers.audit import read
from layers.catalogue import load_catalogue
from layers.team.people import Person
from layers.team.people import Role
from layers.team.tokens import Tokens
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path

PERSON = Person("u1", "李", Role.PLANNER)
CONFIG = """
[server]
public_url = "https://atlas.example.org"
{state}
[oidc]
server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
client_id = "atlas"
client_secret = "hush"
cookie_secret = "0123456789abcdef0123456789abcdef"
[roles]
default = "none"
"""
NOBODYS = "0123456789abcdef"


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no variable name a workspace, and the user's own one be an empty folder."""
    monkeypatch.setenv("ATLAS_WORKSPACE", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def _config(folder: Path, state: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(state=state), "utf-8")
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Workspace.create(tmp_path / "w", load_catalogue(), author="我").path


@pytest.mark.parametrize("command", [("tokens",), ("revoke", NOBODYS)])
def test_without_a_workspace_the_wish_is_refused_with_an_example(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, *rest = command
    told = refused(monkeypatch, capsys, "team", name, _config(tmp_path), *rest)
    assert f"atlas team {name} config.toml --workspace" in told
    assert not (tmp_path / "home").exists()


def test_a_folder_that_is_no_workspace_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(
        "sys.argv",
        ["atlas", "team", "revoke", str(_config(tmp_path)), NOBODYS, "-w", str(tmp_path / "empty")],
    )
    import cli

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code
    assert "--workspace" in capsys.readouterr().err
    assert not list((tmp_path / "empty").iterdir())


def test_tokens_are_listed_and_taken_back(tmp_path: Path, workspace: Path) -> None:
    _text, token = Tokens(workspace / "team").make(PERSON, note="QGIS")
    config, place = _config(tmp_path), ("-w", workspace)
    (one,) = json.loads(run("team", "tokens", config, *place, "--json").stdout)
    assert (one["token"], one["person"], one["note"]) == (token.token_id, "u1", "QGIS")
    assert run("team", "revoke", config, token.token_id, *place).exit_code == 0
    assert Tokens(workspace / "team").all() == []
    (entry,) = _recorded(workspace)
    assert entry["subject"] == f"revoke token {token.token_id}"
    assert entry["detail"]["state"] == "done"


def test_a_state_of_its_own_needs_no_workspace_to_list(tmp_path: Path) -> None:
    _text, token = Tokens(tmp_path / "state").make(PERSON)
    config = _config(tmp_path, 'state = "state"')
    (one,) = json.loads(run("team", "tokens", config, "--json").stdout)
    assert one["token"] == token.token_id


def test_a_token_that_is_not_there_is_recorded_as_failed(
    tmp_path: Path,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = ("-w", workspace)
    told = refused(monkeypatch, capsys, "team", "revoke", _config(tmp_path), NOBODYS, *place)
    assert NOBODYS in told
    (entry,) = _recorded(workspace)
    assert entry["detail"]["state"] == "failed"


def _recorded(workspace: Path) -> list[dict[str, Any]]:
    found = read(workspace)
    rows = found[found["action"] == Action.ACCESS].to_dict("records")
    return [{str(name): cell for name, cell in row.items()} for row in rows]


def test_check_says_whose_workspace_instead_of_a_wrong_path(
    tmp_path: Path, workspace: Path
) -> None:
    config = _config(tmp_path)
    done = run("--lang", "en", "team", "check", config, "--json")
    assert json.loads(done.stdout)["state"] == ""
    assert "--workspace" in done.stderr
    done = run("--lang", "en", "team", "check", config, "--json", "-w", workspace)
    assert json.loads(done.stdout)["state"] == str(workspace / "team")
    assert "--workspace" not in done.stderr
