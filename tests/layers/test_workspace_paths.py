"""Where a workspace may lie, who it is, and several first starts at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.contract import conform
from layers.errors import WorkspaceError
from layers.manifest import MANIFEST
from layers.paths import is_vacant
from layers.startup import open_or_create
from layers.workspace import Workspace
from layers.workspace import default_path
from layers.workspace import resolve_path

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[2]


def start(path: Path | str, catalogue: Catalogue) -> Workspace:
    workspace, _ = open_or_create(path, catalogue, author="甲", empty=True)
    return workspace


# --- where -----------------------------------------------------------------


def test_home_and_relative_paths_are_one_place_at_every_start(
    small: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "家"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "家"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for written, place in (("~/w", tmp_path / "家" / "w"), ("w", tmp_path / "here" / "w")):
        monkeypatch.setenv("ATLAS_WORKSPACE", written)
        first = start(written, small)
        again = start(written, small)
        assert first.path == again.path == default_path() == resolve_path(written) == place
        assert first.identity == again.identity == Workspace.open(Path(written), small).identity
    assert sorted(p.name for p in (tmp_path / "here").iterdir()) == ["w"]


def test_a_file_in_the_place_of_a_workspace(small: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "台账.xlsx"
    file.write_text("x", encoding="utf-8")
    for path in (file, file / "w"):
        with pytest.raises(WorkspaceError, match=r"台账\.xlsx"):
            start(path, small)
    with pytest.raises(WorkspaceError, match="另选一个空文件夹"):
        is_vacant(file)
    assert file.read_text(encoding="utf-8") == "x"
    with pytest.raises(WorkspaceError, match="完整路径"):
        start("~nobody-of-that-name/w", small)


@pytest.mark.parametrize(
    "name", ["a%20b", "%E5%9B%AD", "C#", "what?", "100%de", "[old]", "a^b", "a|b"]
)
def test_paths_that_the_storage_would_misread_are_refused(
    small: Catalogue, tmp_path: Path, name: str
) -> None:
    with pytest.raises(WorkspaceError, match="误读") as caught:
        start(tmp_path / name / "w", small)
    assert str(tmp_path / name) in str(caught.value)
    assert list(tmp_path.glob("*w*")) == []
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a b", "50%", "a%b", "工 作 区", "a+b&c=d;e,f'g(h){j}~!@$"])
def test_other_paths_keep_rows_and_history(small: Catalogue, tmp_path: Path, name: str) -> None:
    workspace = start(tmp_path / name, small)
    for number in range(2):
        rows = pd.DataFrame({"carrier_id": ["C1"], "tenants": [number]})
        frame = conform(rows, small.layer("carriers")).accepted
        workspace.commit("carriers", frame, author="甲", message="")
    opened = start(tmp_path / name, small)
    assert opened.read("carriers", 0)["tenants"].tolist() == [0]
    assert opened.history("carriers")["version"].tolist() == [1, 0]
    assert {p.name for p in (tmp_path / name).iterdir()} == {MANIFEST, "carriers", "edition"}


# --- who -------------------------------------------------------------------


def test_every_workspace_has_an_identity_of_its_own(small: Catalogue, tmp_path: Path) -> None:
    one, two = (start(tmp_path / name, small) for name in ("a", "b"))
    assert one.identity != two.identity
    assert len(one.identity) == 32
    assert int(one.identity, 16)
    before = one.identity
    (tmp_path / "a").rename(tmp_path / "moved")
    assert start(tmp_path / "moved", small).identity == before
    assert start(tmp_path / "a", small).identity != before


def test_older_workspaces_are_told_apart_by_their_time(small: Catalogue, tmp_path: Path) -> None:
    found = []
    for name, created in (("a", "2026-01-01T00:00:00+00:00"), ("b", "2026-01-01T00:00:01+00:00")):
        workspace = start(tmp_path / name, small)
        path = workspace.path / MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        del manifest["identity"]
        path.write_text(json.dumps({**manifest, "created": created}), encoding="utf-8")
        found += [workspace.identity, start(tmp_path / name, small).identity]
    assert found[0] == found[1] != found[2] == found[3]
    assert all(len(identity) == 32 for identity in found)


# --- several first starts --------------------------------------------------

STARTED = """
import sys
from pathlib import Path
from layers import workspace as module
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
move = module._move
def wait(made, path):
    # Everybody builds a workspace before anybody may put it in place.
    print("built", flush=True)
    sys.stdin.readline()
    move(made, path)
module._move = wait
catalogue = load_catalogue(Path(sys.argv[2]))
workspace, _ = open_or_create(sys.argv[1], catalogue, author=sys.argv[3], empty=True)
print(workspace.identity, flush=True)
"""


@pytest.mark.parametrize("there", [False, True])
def test_first_starts_at_once_end_in_one_workspace(
    small: Catalogue, tmp_path: Path, there: bool
) -> None:
    path = tmp_path / "w"
    if there:
        path.mkdir()
    processes = [
        subprocess.Popen(  # noqa: S603 -- our own interpreter, our own code
            [sys.executable, "-c", STARTED, str(path), str(small.folder), f"p{number}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "built\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate()[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(told) == {Workspace.open(path, small).identity}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_start_that_loses_to_something_else_says_so(
    small: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w"

    def late(*_: object) -> None:
        path.mkdir()
        (path / "notes.txt").write_text("x", encoding="utf-8")

    monkeypatch.setattr("layers.workspace._fill", late)
    with pytest.raises(WorkspaceError, match="不是工作区"):
        start(path, small)
    assert [p.name for p in path.iterdir()] == ["notes.txt"]
