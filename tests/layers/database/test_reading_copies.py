"""A public copy in a database is not taken back for the layer that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

import cli
from layers.audit import Action
from layers.audit import read as read_audit
from layers.catalogue import load_catalogue
from layers.database.address import read_address
from layers.intake import Request
from layers.intake.readers.database import read_table
from layers.workspace import Workspace
from tests.cli_hand import run
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from layers.errors import Text
    from tests.layers.database.database_hand import Base


def _mark(base: Base, table: str = "parks", user: str = "") -> Text | None:
    address = base.address("pub")
    if user:
        address = address.replace("://postgres@", f"://{user}@")
        assert user in address
    found = read_address(f"{address}&layer={table}")
    return read_table(found, Request(Path(f"pub.{table}"), "parks")).public


def test_the_register_tells_which_publication_it_is(base: Base) -> None:
    put(base, {"parks": parks()}, 3, schema="pub", audience="public", wish_by="王工")
    told = _mark(base)
    assert told is not None
    assert "parks 版本 3" in told.zh
    assert "王工" in told.zh
    assert "version 3" in told.en


def test_an_internal_publication_is_none(base: Base) -> None:
    put(base, {"parks": parks()}, schema="pub")
    assert _mark(base) is None


def test_the_comment_tells_it_under_another_name_and_without_a_register(base: Base) -> None:
    put(base, {"parks": parks()}, schema="pub", audience="public")
    base.run("ALTER TABLE pub.parks RENAME TO plots")
    assert _mark(base, table="plots") is not None
    base.run("DROP TABLE pub.atlas_publications")
    assert _mark(base, table="plots") is not None


def test_who_may_not_read_the_register_is_told_by_the_comment(base: Base) -> None:
    put(base, {"parks": parks()}, schema="pub", audience="public")
    user = f"reader_{base.uri.rpartition('/')[2]}"
    base.run(
        f"CREATE ROLE {user} LOGIN",
        f"GRANT USAGE ON SCHEMA pub TO {user}",
        f"GRANT SELECT ON pub.parks TO {user}",
    )
    told = _mark(base, user=user)
    assert told is not None
    assert "注释" in told.zh


def test_a_foreign_table_called_like_the_register_harms_nothing(base: Base) -> None:
    put(base, {"parks": parks()}, schema="pub", audience="public")
    base.run(
        "DROP TABLE pub.atlas_publications",
        "CREATE TABLE pub.atlas_publications (x int)",
        "CREATE TABLE pub.own AS SELECT * FROM pub.parks",
    )
    assert _mark(base) is not None
    assert _mark(base, table="own") is None


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    opened = Workspace.create(tmp_path / "w", load_catalogue(), author="我")
    opened.commit("parks", parks(), author="我", message="开始")
    return opened


def test_importing_it_is_refused_until_it_is_wanted(
    base: Base,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = ("--workspace", str(workspace.path))
    address = base.address("pub")
    assert run("publish", address, "parks", "--audience", "public", *place).exit_code == 0
    command = ("import", f"{address}&layer=parks", "--layer", "parks", *place)
    before = workspace.read("parks")
    monkeypatch.setattr("sys.argv", ["atlas", *command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code
    told = capsys.readouterr().err
    assert "parks 版本 0" in told
    assert "--public-copy" in told
    assert workspace.version("parks") == 0
    assert workspace.read("parks").equals(before)
    done: Any = read_audit(workspace.path)
    (entry,) = done[done["action"] == Action.IMPORT].to_dict("records")
    assert entry["detail"]["state"] == "failed"

    assert run(*command, "--public-copy").exit_code == 0
    assert workspace.version("parks") == 1
