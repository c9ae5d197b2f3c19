"""``atlas workspace`` with an edition: made from a folder, carried, renewed, refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from cli_common import context
from editions.make_linjiang import FOLDER
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "edition")


@pytest.fixture
def workspace(edition: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ws"
    done = run("workspace", "init", "--edition", edition, "-w", path)
    assert done.exit_code == 0, done.stderr
    return path


def test_a_workspace_of_an_edition_needs_its_folder_no_more(workspace: Path, edition: Path) -> None:
    shutil.rmtree(edition)
    told = json.loads(run("workspace", "info", "-w", workspace, "--json").stdout)
    assert (told["edition"], told["catalogue_version"]) == ("linjiang", "2026.11.1")
    rows = {layer["layer"]: layer["rows"] for layer in told["layers"]}
    assert rows["parks"] == 12
    assert rows["crossings"] == 3


def test_every_command_reads_the_catalogue_of_its_workspace(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The user's own workspace is another one.
    monkeypatch.setenv("ATLAS_WORKSPACE", str(tmp_path / "own"))
    file = tmp_path / "zones.csv"
    file.write_text(
        'zone_id,name,belt,boundary_status,wkt\nLZ9,新区,滨江带,sketch,"POLYGON ((114.11 29.97,'
        '114.12 29.97,114.12 29.98,114.11 29.97))"\nLZ8,旧区,未来谷,sketch,"POLYGON ((114.11'
        ' 29.97,114.12 29.97,114.12 29.98,114.11 29.97))"\n',
        "utf-8",
    )
    done = run("import", file, "-l", "zones", "-w", workspace, "--crs", "CGCS2000", "--json")
    told = json.loads(done.stdout)
    assert (told["accepted"], told["rejected"]) == (1, 1)
    out = tmp_path / "zones.xlsx"
    run("template", "zones", "-w", workspace, "--out", out)
    assert out.exists()
    assert context.opened is None
    done = run("workspace", "diff", "zones", "0", "1", "-w", workspace, "--json")
    assert [row["id"] for row in json.loads(done.stdout)] == ["LZ9"]


def test_the_next_command_does_not_remember_the_workspace_of_the_last(
    workspace: Path, tmp_path: Path
) -> None:
    run("layers", "-w", workspace, "--json")
    done = run("workspace", "init", "--empty", "-w", tmp_path / "bundled")
    assert done.exit_code == 0
    told = json.loads(run("workspace", "info", "-w", tmp_path / "bundled", "--json").stdout)
    assert told["edition"] == "yangpu"
    assert not (tmp_path / "bundled" / "edition").exists()


def test_an_empty_workspace_of_an_edition_carries_it(edition: Path, tmp_path: Path) -> None:
    run("workspace", "init", "--edition", edition, "--empty", "-w", tmp_path / "ws")
    told = json.loads(run("workspace", "info", "-w", tmp_path / "ws", "--json").stdout)
    assert (told["edition"], told["layers"]) == ("linjiang", [])


def test_a_newer_edition_is_taken_over_and_an_older_one_refused(
    workspace: Path, edition: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = edition / "catalogue.toml"
    old = file.read_text("utf-8")
    newer = old.replace("2026.11.1", "2026.12.1").replace("临江园空间", "临江新园空间")
    file.write_text(newer, "utf-8")
    assert run("workspace", "init", "--edition", edition, "-w", workspace).exit_code == 0
    assert "临江新园" in (workspace / "edition" / "catalogue.toml").read_text("utf-8")
    told = json.loads(run("workspace", "info", "-w", workspace, "--json").stdout)
    assert told["catalogue_version"] == "2026.12.1"
    file.write_text(old, "utf-8")
    monkeypatch.setattr(
        "sys.argv", ["atlas", "workspace", "init", "--edition", str(edition), "-w", str(workspace)]
    )
    import cli

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "2026.12.1" in capsys.readouterr().err


@pytest.mark.parametrize("broken", ["none", "posing", "elsewhere"])
def test_an_edition_that_cannot_be_believed_makes_no_workspace(
    edition: Path, tmp_path: Path, broken: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = edition / "catalogue.toml"
    text = file.read_text("utf-8")
    if broken == "none":
        file.unlink()
    elif broken == "posing":
        file.write_text(text.replace('"linjiang"', '"yangpu"'), "utf-8")
    else:
        file.write_text(text.replace('"units.csv"', '"../units.csv"'), "utf-8")
    import cli

    monkeypatch.setattr(
        "sys.argv",
        ["atlas", "workspace", "init", "--edition", str(edition), "-w", str(tmp_path / "ws")],
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.strip()
    assert not (tmp_path / "ws").exists()


def test_the_wish_for_an_unknown_layer_lists_those_of_the_edition(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(monkeypatch, capsys, "workspace", "diff", "nothing", "0", "-w", workspace)
    assert "parks" in said
