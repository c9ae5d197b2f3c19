"""The command ``atlas scatter`` beyond its defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geo.parameters import RULE_VERSION
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scatter") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    return path


def written(bundled: Path, out: Path, *options: str) -> Any:
    result = run("scatter", "-w", bundled, "--out", out, *options)
    assert result.exit_code == 0, result.output
    return result


def table(bundled: Path, tmp_path: Path, *options: str) -> pd.DataFrame:
    out = tmp_path / "s.csv"
    written(bundled, out, *options)
    return pd.read_csv(out)


def test_draws_and_seed_are_used_and_recorded(bundled: Path, tmp_path: Path) -> None:
    one, same, other = (
        table(bundled, tmp_path, "--draws", "199", "--seed", seed) for seed in ("1", "1", "2")
    )
    pd.testing.assert_frame_equal(one, same)
    sampled = one["chance_method"].eq("sampled")
    assert sampled.sum() > 10
    assert one.loc[sampled, "draws"].eq(199).all()
    assert one.loc[sampled, "seed"].eq(1).all()
    assert one.loc[sampled, "p_low"].ne(other.loc[sampled, "p_low"]).any()
    assert one["stock"].eq("carriers").all()


def test_a_park_alone_has_the_p_it_has_among_others(bundled: Path, tmp_path: Path) -> None:
    of_all = table(bundled, tmp_path).set_index("park_id")
    alone = table(bundled, tmp_path, "--park", "S18").set_index("park_id")
    assert alone["p_low"].tolist() == [of_all.at["S18", "p_low"]]  # noqa: PD008 - one cell


def test_other_thresholds_change_colours_and_travel(bundled: Path, tmp_path: Path) -> None:
    default = table(bundled, tmp_path).set_index("park_id")
    strict = table(bundled, tmp_path, "--set", "green_share=0.99").set_index("park_id")
    assert default.loc["S05", "flag"] == "green"
    assert strict.loc["S05", "flag"] == "yellow"
    assert strict["parameters"].str.contains("green_share=0.99").all()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--set", "colour=1"), "the parameters are"),
        (("--set", "red_share=many"), "a number"),
        (("--set", "red_share=0.95"), "must rise"),
        (("--draws", "0"), "抽样次数"),
        (("--stock", "buildings"), "“buildings”图层"),
        (("--stock", "carriers", "--use", "lab"), "用途"),
        (("--as-of", "yesterday"), "2026-11-25"),
        (("--as-of", "2001-01-01"), "2001-01-01"),
        (("--table", "trend"), "--against"),
    ],
)
def test_a_wrong_wish_is_told(
    bundled: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "s.csv"
    told = refused(monkeypatch, capsys, "scatter", "-w", bundled, "--out", out, *options)
    assert problem in " ".join(told.replace("│", " ").split())
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("runs", {"park_id", "walk_m", "detour", "site_gap_m", "flag"}),
        ("ranking", {"park_id", "rank", "rank_low", "rank_high"}),
        ("belts", {"park_id", "belt", "share"}),
        ("together", {"sites", "effective_sites", "mean_distance_m", "longest_gap_m"}),
    ],
)
def test_the_other_tables(bundled: Path, tmp_path: Path, name: str, columns: set[str]) -> None:
    found = table(bundled, tmp_path, "--table", name, "--draws", "99")
    assert columns <= set(found.columns)
    assert len(found)


@pytest.mark.parametrize("name", ["sites", "tree"])
def test_sites_and_trees_are_map_layers(bundled: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "s.gpkg"
    written(bundled, out, "--table", name, "--draws", "99")
    found = gpd.read_file(out, layer="s")
    assert found.crs is not None
    assert found.geometry.notna().all()
    assert found.total_bounds[0] > 121.4


def test_a_trend_compares_two_times(tmp_path: Path) -> None:
    path = tmp_path / "w"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    start = workspace.history()["time"].max()
    units = workspace.read("units")
    # The scattered park S18 gives up all but its two largest spaces.
    own = units[units["park_id"].eq("S18")].groupby("carrier_id")["floor_area_m2"].sum()
    kept = own.nlargest(1).index
    gone = units["park_id"].eq("S18") & ~units["carrier_id"].isin(kept)
    workspace.commit("units", units[~gone], author="test", message="腾退")
    found: Any = table(path, tmp_path, "--table", "trend", "--against", start).set_index("park_id")
    assert found.loc["S18", ["flag_before", "flag_after"]].tolist() == ["red", "green"]
    assert found.loc["S18", "direction"] == "better"
    assert found.loc["B01", "change"] == "same"
    then = table(path, tmp_path, "--as-of", start).set_index("park_id")
    assert then.loc["S18", "flag"] == "red"
    assert table(path, tmp_path).set_index("park_id").loc["S18", "flag"] == "green"


def test_rule_parameters_and_versions_stand_in_the_workbook(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.xlsx"
    written(bundled, out, "--walk-m", "650", "--seed", "5")
    sheets = pd.read_excel(out, sheet_name=None, header=None, engine="openpyxl")
    text = " ".join(str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel())
    assert RULE_VERSION in text
    assert "walk_m=650" in text
    assert "seed=5" in text
    assert "carriers v0" in text
    assert "示例数据" in text


def test_json_holds_what_the_file_holds(bundled: Path, tmp_path: Path) -> None:
    result = run(
        "scatter", "-w", bundled, "--out", tmp_path / "s.csv", "--table", "ranking", "--json"
    )
    rows = json.loads(result.stdout)
    assert [row["park_id"] for row in rows] == pd.read_csv(tmp_path / "s.csv")["park_id"].tolist()


def test_units_split_in_two_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    before = table(path, tmp_path)
    units = workspace.read("units")
    half = units.copy()
    half["floor_area_m2"] /= 2
    halves = pd.concat([half, half.assign(unit_id=half["unit_id"] + "-b")], ignore_index=True)
    Workspace.open(path, load_catalogue()).commit(
        "units", halves, author="test", message="every unit split in two"
    )
    pd.testing.assert_frame_equal(table(path, tmp_path), before)
