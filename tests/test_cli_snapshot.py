"""``atlas snapshot``: what changed, as a planner reads it and as a table."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING
from typing import Any

import pytest
from openpyxl import load_workbook

from layers.catalogue import load_catalogue
from layers.snapshots import CHANGE_TITLES
from layers.snapshots import KIND_TITLES
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace in which, after a snapshot, a unit was vacated and a task begun."""
    path = tmp_path_factory.mktemp("week") / "w"
    open_or_create(path, load_catalogue(), author="t")
    assert run("snapshot", "take", "周一", "-w", path).exit_code == 0
    workspace = Workspace.open(path, load_catalogue())
    units = workspace.read("units")
    leased = units["state"].eq("leased") & units["park_id"].eq("B01")
    units.loc[units.index[leased][:1], ["state", "tenant"]] = ["vacant", None]
    workspace.commit("units", units, author="t", message="退租")
    assert run("plan", "set", "T05", "--set", "state=under_way", "-w", path).exit_code == 0
    return path


def vacated(path: Path) -> Any:
    workspace = Workspace.open(path, load_catalogue())
    old, new = (workspace.read("units", version).set_index("unit_id") for version in (0, 1))
    (unit,) = old.index[old["state"].ne(new["state"])]
    return old.loc[unit]


def test_the_command_tells_units_and_leaves_out_what_did_not_move(week: Path) -> None:
    ran = run("snapshot", "diff", 1, "-w", week)
    area = f"{vacated(week)['floor_area_m2']:,.0f}"
    assert ran.exit_code == 0
    lines = ran.stderr.splitlines()
    assert f"腾空 1 个单元，共 {area} m²。" in lines
    assert not any(" 0 m²" in line or "点位" in line for line in lines)
    (unit,) = [line for line in lines if line.startswith("  ") and "腾空" in line]
    assert unit.endswith("【示例数据】")
    (task,) = [line for line in lines if line.startswith("  T05")]
    assert task.endswith("状态由“未填报”变为“推进中”")


def test_the_same_in_english(week: Path) -> None:
    told = run("--lang", "en", "snapshot", "diff", 1, "-w", week).stderr
    assert "units vacated: 1, " in told
    assert "from “Not reported” to “Under way”" in told
    assert "[sample data]" in told


def test_a_workbook_has_words_and_scripts_have_codes(week: Path, tmp_path: Path) -> None:
    for ending in ("csv", "xlsx", "json"):
        out = tmp_path / f"c.{ending}"
        assert run("snapshot", "diff", 1, "-w", week, "--out", out).exit_code == 0
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (unit,) = [row for row in rows if row["kind"] == "unit_vacated"]
    assert (unit["before"], unit["after"]) == ("leased", "vacant")
    assert float(unit["area_m2"]) == vacated(week)["floor_area_m2"]
    assert unit["sample"].lower() in {"true", "1"}
    (task,) = [row for row in rows if row["kind"] == "task"]
    assert (task["subject"], task["after"]) == ("T05", "under_way")
    book = load_workbook(tmp_path / "c.xlsx")
    cells = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value}
    assert {KIND_TITLES["unit_vacated"].zh, "已租", "空置", "未填报", "推进中"} <= cells
    assert not {"unit_vacated", "leased", "under_way"} & cells
    assert CHANGE_TITLES["area_m2"].zh in cells


def test_the_figures_as_json(week: Path) -> None:
    told = json.loads(run("snapshot", "diff", 1, "-w", week, "--json").stdout)
    assert told["vacated_m2"] == vacated(week)["floor_area_m2"]
    assert (told["let_m2"], told["freed_m2"], told["taken_m2"]) == (0.0, 0.0, 0.0)
    assert {"unit_vacated", "task", "layer"} <= {row["kind"] for row in told["changes"]}


def test_nothing_changed_is_all_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "w"
    open_or_create(path, load_catalogue(), author="t", empty=True)
    run("snapshot", "take", "一", "-w", path)
    ran = run("snapshot", "diff", 1, "-w", path)
    assert ran.stderr.splitlines()[-1] == "没有变化。"
    assert "m²" not in ran.stderr


def test_a_snapshot_that_is_not_there_is_refused(
    week: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "99" in refused(monkeypatch, capsys, "snapshot", "diff", 99, "-w", week)
