"""``atlas workspace backup``, ``restore --backup``, ``verify`` and ``vacuum``."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import pytest

from cli_common import context
from layers.audit import Action
from layers.audit.reading import Wish
from layers.audit.reading import read as read_audit
from layers.city import City
from layers.edition import catalogue_of
from layers.keeping.verifying import verify
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import exported
from tests.layers.keeping.keeping_hand import furnished
from tests.layers.keeping.keeping_hand import mark_of
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return furnished(tmp_path / "ws")


def keep(command: str, *arguments: object, code: int = 0) -> Result:
    done = run("workspace", command, *arguments)
    assert done.exit_code == code, done.stderr
    return done


def told(command: str, *arguments: object, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(keep(command, *arguments, "--json", code=code).stdout)
    return found


def audited(path: Path, action: Action) -> list[dict[str, Any]]:
    frame = read_audit(path, Wish(actions=frozenset({action})))
    return list(frame.to_dict("records"))  # type: ignore[arg-type]


def test_a_backup_is_made_checked_and_restored(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    made = told("backup", out, "-w", workspace.path, "--author", "李")
    assert made["versions"] == {"": {"carriers": 2, "parks": 0}}
    assert told("verify", out)["damaged"] == []
    keep("restore", "--backup", out, "--into", tmp_path / "back")
    back = Workspace.open(tmp_path / "back", CATALOGUE)
    assert [mark_of(back, v) for v in range(3)] == ["一", "二", "三"]
    assert back.identity == workspace.identity
    (entry,) = audited(workspace.path, Action.BACKUP)
    assert (entry["name"], entry["subject"], entry["detail"]["state"]) == ("李", "b.zip", "done")
    assert str(tmp_path) not in json.dumps(entry["detail"])
    assert [e["subject"] for e in audited(back.path, Action.BACKUP)] == ["b.zip", "b.zip"]


def test_what_is_said_of_the_identity(workspace: Workspace, tmp_path: Path) -> None:
    keep("backup", tmp_path / "b.zip", "-w", workspace.path)
    same = keep("restore", "--backup", tmp_path / "b.zip", "--into", tmp_path / "same")
    assert "--new-identity" in same.stderr
    other = tmp_path / "other"
    keep("restore", "--backup", tmp_path / "b.zip", "--into", other, "--new-identity")
    assert Workspace.open(other, CATALOGUE).identity != workspace.identity


def test_damage_ends_with_one_and_is_named(workspace: Workspace, tmp_path: Path) -> None:
    keep("backup", tmp_path / "b.zip", "-w", workspace.path)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data + b" " if name == "workspace.json" else data)
    assert told("verify", tmp_path / "b.zip", code=1)["damaged"] == ["workspace.json"]
    next((workspace.path / "drafts").iterdir()).write_bytes(b"{")
    found = told("verify", "-w", workspace.path, code=1)
    assert found["damaged"] == 1
    (finding,) = found["findings"]
    assert finding["where"].startswith("drafts/")
    assert "损坏" in finding["zh"]
    lost = next((workspace.path / "carriers").glob("*.parquet"))
    lost.unlink()
    done = keep("backup", tmp_path / "c.zip", "-w", workspace.path, code=1)
    assert lost.name in done.stderr
    assert "verify" in done.stderr


def test_a_whole_workspace_ends_with_nothing(workspace: Workspace) -> None:
    assert told("verify", workspace.path) == {"damaged": 0, "findings": []}
    assert "没有发现损坏" in keep("verify", "-w", workspace.path).stderr


def test_clearing_asks_and_tells_the_audit(workspace: Workspace) -> None:
    for mark in ("园二", "园三", "园四"):
        put(workspace, mark, 2, "parks")
    exported(workspace, parks=1)
    dry = told("vacuum", "-w", workspace.path, "--keep-days", 0, "--dry-run")
    assert (dry["done"], dry["workspaces"][0]["versions"]) == (False, {"parks": [0]})
    assert audited(workspace.path, Action.VACUUM) == []
    run("workspace", "vacuum", "-w", workspace.path, "--keep-days", 0)  # nobody answers
    assert mark_of(workspace, 0, "parks") == "园"
    done = told("vacuum", "-w", workspace.path, "--keep-days", 0, "--yes")
    assert (done["done"], done["workspaces"][0]["versions"]) == (True, {"parks": [0]})
    assert done["workspaces"][0]["bytes"] > 0
    assert mark_of(workspace, 1, "parks") == "园二"
    shown = run("workspace", "restore", "parks", 1, "-w", workspace.path)
    assert shown.exit_code == 0
    (entry,) = audited(workspace.path, Action.VACUUM)
    assert entry["detail"]["cleared"] == {"parks": [0]}
    history = json.loads(
        run("workspace", "history", "parks", "-w", workspace.path, "--json").stdout
    )
    assert [bool(row["cleared"]) for row in history] == [False] * 4 + [True]
    assert told("verify", "-w", workspace.path)["findings"] == []


def test_young_versions_stay_without_being_told(workspace: Workspace) -> None:
    assert told("vacuum", "-w", workspace.path, "--yes")["workspaces"] == []


def test_wrong_wishes(
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wishes = [
        ("restore",),
        ("restore", "carriers"),
        ("restore", "--backup", tmp_path / "b.zip"),
        ("restore", "carriers", 0, "--into", tmp_path / "x"),
        ("restore", "carriers", 0, "--backup", tmp_path / "b.zip", "--into", tmp_path / "x"),
        ("vacuum", "--keep-days", -1),
    ]
    for wish in wishes:
        assert refused(monkeypatch, capsys, "workspace", *wish, "-w", workspace.path)
    monkeypatch.setattr("sys.argv", ["atlas", "workspace", "backup", "x.zip", "-w", "none"])
    monkeypatch.chdir(tmp_path)
    import cli

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "--workspace" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()  # a backup makes no workspace


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return a city of two districts, made by hand."""
    root = tmp_path / "city"
    for code, mark in (("310101", "甲"), ("310110", "乙")):
        furnished(root / "districts" / code)
        put(Workspace.open(root / "districts" / code, CATALOGUE), mark)
    content = {
        "format": "atlas-city",
        "version": 1,
        "identity": "c" * 32,
        "edition": CATALOGUE.edition,
        "title": None,
        "districts": [
            {"code": code, "title": {"zh": code, "en": code}, "rows": {}}
            for code in ("310101", "310110")
        ],
    }
    (root / "city.json").write_text(json.dumps(content), "utf-8")
    import geopandas as gpd
    import pandas as pd

    pd.DataFrame({"scope": [], "layer": [], "id": []}, dtype=str).to_parquet(
        root / "guests.parquet"
    )
    gpd.GeoDataFrame({"district_code": ["310101"]}, geometry=[None], crs=4490).to_parquet(
        root / "outlines.parquet"
    )
    return City.open(root)


def test_a_city_is_kept_as_a_whole(city: City, tmp_path: Path) -> None:
    made = told("backup", tmp_path / "b.zip", "-w", city.path)
    assert made["kind"] == "city"
    assert made["versions"] == {
        f"districts/{code}": {"carriers": 3, "parks": 0} for code in ("310101", "310110")
    }
    assert told("verify", tmp_path / "b.zip")["damaged"] == []
    keep("restore", "--backup", tmp_path / "b.zip", "--into", tmp_path / "c2", "--new-identity")
    back = City.open(tmp_path / "c2")
    assert back.identity != city.identity
    marks = [mark_of(back.workspace(d.code, catalogue_of(back.path))) for d in back.districts]
    assert marks == ["甲", "乙"]
    assert told("verify", back.path) == {"damaged": 0, "findings": []}
    assert verify(city.path) == ()
    assert context.opened is None
    cleared = told("vacuum", "-w", city.path, "--keep-days", 0, "--dry-run")
    assert cleared["workspaces"] == []  # drafts and a scenario hold them
