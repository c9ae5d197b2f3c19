from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from deltalake import DeltaTable

from layers.errors import WorkspaceError
from layers.keeping.contents import tables_of
from layers.keeping.log import read_log
from layers.keeping.verifying import verify
from tests.layers.keeping.keeping_hand import furnished
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return furnished(tmp_path / "w")


def found(workspace: Workspace, *, grave: bool = True) -> dict[str, str]:
    return {f.where: f.text.zh for f in verify(workspace.path) if f.grave == grave}


def entry(workspace: Workspace, version: int) -> Path:
    return workspace.path / "carriers" / "_delta_log" / f"{version:020}.json"


def data(workspace: Workspace, version: int) -> Path:
    (name,) = read_log(workspace.path / "carriers").commits[version].files
    return workspace.path / "carriers" / name


def test_a_workspace_in_use_is_whole(workspace: Workspace) -> None:
    told: list[tuple[int, int]] = []
    assert verify(workspace.path, progress=lambda done, total: told.append((done, total))) == ()
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_files_of_every_version_are_those_that_delta_opens(workspace: Workspace) -> None:
    for version in range(3, 12):
        put(workspace, f"第{version}", rows=version % 4)
    DeltaTable(workspace.path / "carriers").create_checkpoint()
    put(workspace, "第12")
    assert {t.name for t in tables_of(workspace.path)} == {"carriers", "parks"}
    log = read_log(workspace.path / "carriers")
    assert [commit.version for commit in log.commits] == list(range(13))
    for commit in log.commits:
        table = DeltaTable(workspace.path / "carriers", version=commit.version)
        names = {unquote(uri).rpartition("/")[2] for uri in table.file_uris()}
        assert commit.files == names
    told = DeltaTable(workspace.path / "carriers").history()
    times = {entry["version"]: entry["timestamp"] for entry in told}
    assert {commit.version: commit.time for commit in log.commits} == times
    assert sum("checkpoint" in path.name for path in log.parts()) == 1


def test_a_log_that_was_shortened_begins_with_its_checkpoint(workspace: Workspace) -> None:
    DeltaTable(workspace.path / "carriers").create_checkpoint()
    put(workspace, "四")
    for version in (0, 1):
        entry(workspace, version).unlink()
    log = read_log(workspace.path / "carriers")
    assert [commit.version for commit in log.commits] == [2, 3]
    assert log.commits[0].files == {data_name(workspace, 2)}
    assert set(found(workspace)) >= {"carriers@0", "carriers@1"}


def data_name(workspace: Workspace, version: int) -> str:
    (uri,) = DeltaTable(workspace.path / "carriers", version=version).file_uris()
    return unquote(uri).rpartition("/")[2]


def _rows(workspace: Workspace) -> None:
    text = entry(workspace, 1).read_text("utf-8")
    assert '"rows":"3"' in text
    entry(workspace, 1).write_text(text.replace('"rows":"3"', '"rows":"4"'), "utf-8")


def _cut(workspace: Workspace) -> None:
    path = data(workspace, 1)
    path.write_bytes(path.read_bytes()[:-9])


def _flipped(workspace: Workspace) -> None:
    """Damage in the middle of the data, which the footer of the file does not know."""
    path = data(workspace, 1)
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "where", "says"),
    [
        (_rows, "carriers@1", "4 行.*3 行"),
        (_cut, "carriers@1", "损坏"),
        (_flipped, "carriers@1", "损坏"),
        (lambda w: data(w, 1).unlink(), "carriers@1", "数据文件不见了"),
        (lambda w: entry(w, 1).unlink(), "carriers@1", "日志缺失"),
        (lambda w: entry(w, 2).write_bytes(b"{"), "carriers", "损坏"),
        (lambda w: next((w.path / "drafts").iterdir()).write_bytes(b"{"), "drafts/", "损坏"),
        (
            lambda w: next((w.path / "scenarios").rglob("*.json")).write_bytes(b"{"),
            "scenarios/",
            "",
        ),
        (lambda w: next((w.path / "profiles").iterdir()).write_bytes(b"{"), "profiles/", ""),
        (lambda w: next((w.path / "audit").iterdir()).write_bytes(b"{}\n"), "audit/", ""),
    ],
)
def test_what_is_damaged_is_named(
    workspace: Workspace, damage: Callable[[Workspace], object], where: str, says: str
) -> None:
    damage(workspace)
    flaws = found(workspace)
    assert flaws
    (text, *_more) = [text for place, text in flaws.items() if place.startswith(where)]
    import re

    assert re.search(says, text)
    assert all(place.startswith(where.split("@", maxsplit=1)[0]) for place in flaws)


def test_a_log_that_leads_elsewhere_is_damage(workspace: Workspace, tmp_path: Path) -> None:
    victim = tmp_path / "precious.parquet"
    victim.write_bytes(b"x")
    lines = entry(workspace, 2).read_text("utf-8").splitlines()
    added = {"add": {"path": "../../precious.parquet", "size": 1, "dataChange": True}}
    entry(workspace, 2).write_text("\n".join([*lines, json.dumps(added), ""]), "utf-8")
    assert "carriers" in found(workspace)
    with pytest.raises(WorkspaceError, match="损坏"):
        read_log(workspace.path / "carriers")


def test_what_was_left_behind_is_told_and_is_no_damage(workspace: Workspace) -> None:
    (workspace.path / "carriers" / "part-x.snappy.parquet").write_bytes(b"half")
    (workspace.path / "drafts" / f".{'a' * 32}-{'b' * 16}").write_bytes(b"half")
    assert found(workspace) == {}
    told = found(workspace, grave=False)
    assert len(told) == 2
    assert all("vacuum" in text for text in told.values())


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError):
        verify(tmp_path)
