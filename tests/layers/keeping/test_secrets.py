"""Personal tokens are in no backup, so that none comes back that was taken back."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from layers.keeping.backup import back_up
from layers.keeping.contents import is_secret
from layers.keeping.record import NAME
from layers.keeping.restoring import restore_backup
from layers.keeping.restoring import spoiled_files
from layers.team.people import Person
from layers.team.people import Role
from layers.team.tokens import Tokens
from tests.cli_hand import run
from tests.layers.keeping.keeping_hand import furnished

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace

PERSON = Person("u1", "李", Role.PLANNER)


@pytest.fixture
def served(tmp_path: Path) -> Workspace:
    """Return a workspace in which a team server kept a token, its people and the key of its log."""
    workspace = furnished(tmp_path / "ws")
    state = workspace.path / "team"
    Tokens(state).make(PERSON, note="QGIS", days=30)
    (state / "log.key").write_bytes(b"k" * 32)
    (state / "people").mkdir()
    (state / "people" / "u1.json").write_text("{}", encoding="utf-8")
    return workspace


def _names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_tokens_and_the_key_of_the_log_are_not_backed_up(served: Workspace, tmp_path: Path) -> None:
    made = back_up(served.path, tmp_path / "b.zip", author="甲")
    names = {file.name for file in made.files}
    assert {n for n in names if n.startswith("team/")} == {"team/people/u1.json"}
    assert made.left_out == ()
    restore_backup(tmp_path / "b.zip", tmp_path / "back")
    assert Tokens(tmp_path / "back" / "team").all() == []
    assert len(Tokens(served.path / "team").all()) == 1


def _with_secrets(path: Path, served: Workspace) -> Path:
    """Return a backup as an older program made it, with the tokens."""
    old = path.with_name("old.zip")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(old, "w") as made:
        record = json.loads(archive.read(NAME))
        for name in archive.namelist():
            if name != NAME:
                made.writestr(name, archive.read(name))
        for name in sorted(filter(is_secret, _names(served.path))):
            data = (served.path / name).read_bytes()
            made.writestr(name, data)
            sha256 = hashlib.sha256(data).hexdigest()
            record["files"].append({"name": name, "size": len(data), "sha256": sha256})
        made.writestr(NAME, json.dumps(record))
    return old


def test_an_older_backup_is_restored_without_them(served: Workspace, tmp_path: Path) -> None:
    back_up(served.path, tmp_path / "b.zip", author="甲")
    old = _with_secrets(tmp_path / "b.zip", served)
    record, spoiled = spoiled_files(old)
    assert sum(is_secret(file.name) for file in record.files) == 2
    assert spoiled == []
    restore_backup(old, tmp_path / "back")
    there = _names(tmp_path / "back")
    assert {n for n in there if n.startswith("team/")} == {"team/people/u1.json"}
    assert there == {n for n in _names(served.path) if not is_secret(n)}


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("team/tokens/ab.json", True),
        ("310110/team/tokens/ab.json", True),
        ("team/log.key", True),
        ("team/people/ab.json", False),
        ("team/log.keys", False),
        ("team/tokens.json", False),
        ("tokens/ab.json", False),
        ("myteam/tokens/ab.json", False),
    ],
)
def test_what_is_a_secret(name: str, secret: bool) -> None:
    assert is_secret(name) == secret


def test_the_command_says_so(served: Workspace, tmp_path: Path) -> None:
    place = ("-w", served.path)
    done = run("--lang", "en", "workspace", "backup", tmp_path / "b.zip", *place)
    assert "Personal tokens are not in the backup" in done.stderr
    plain = furnished(tmp_path / "plain")
    done = run("--lang", "en", "workspace", "backup", tmp_path / "c.zip", "-w", plain.path)
    assert "Personal tokens" not in done.stderr
