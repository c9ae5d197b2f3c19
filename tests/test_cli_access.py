"""The command ``atlas access``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from cli_access import What
from layers.access import COLUMN_TITLES
from layers.access import TABLE_TITLES
from layers.access import access_layer
from layers.access import access_of
from layers.frames import GEOMETRY
from layers.workspace import Workspace
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import added
from tests.access_hand import at
from tests.access_hand import bridge
from tests.access_hand import degrees
from tests.access_hand import gate
from tests.access_hand import town
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path

STRAIGHT = ("--detour", "1")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "town"
    workspace = Workspace.create(path, CATALOGUE, author="test", edition=None)
    for key, frame in town().items():
        workspace.commit(key, frame, author="test", message="made by hand")
    return path


def commit(path: Path, key: str, frame: Any) -> str:
    """Commit a layer; return the time that was before it."""
    workspace = Workspace.open(path, CATALOGUE)
    time = str(workspace.history()["time"].max())
    workspace.commit(key, frame, author="test", message="edit")
    return time


def table(path: Path, out: Path, *options: object) -> pd.DataFrame:
    result = run("access", "-w", path, "--out", out, *STRAIGHT, *options)
    assert result.exit_code == 0, result.output
    return pd.read_csv(out)


def test_the_file_says_what_the_function_says(made: Path, tmp_path: Path) -> None:
    found = table(made, tmp_path / "a.csv")
    expected = access_layer(access_of(town(), CATALOGUE, RULE))
    assert found["linkage"].tolist() == expected["linkage"].tolist() == [1, 0, 0]
    assert found["reason_zh"].tolist() == expected["reason_zh"].tolist()
    assert found["park_name"].tolist() == ["东园", "东园", "西园"]
    assert found["parameters"].str.contains("detour=1;").all()


@pytest.mark.parametrize("ending", [".xlsx", ".json", ".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize("what", ["spaces", "parks"])
def test_every_format_has_the_classes(made: Path, tmp_path: Path, ending: str, what: str) -> None:
    out = tmp_path / f"a{ending}"
    result = run("access", "-w", made, "--out", out, *STRAIGHT, "--table", what)
    assert result.exit_code == 0, result.output
    if ending in {".gpkg", ".geojson"}:
        back = gpd.read_file(out, layer="a")
        assert back.crs.to_epsg() in {4490, 4326}
        assert back.geometry.notna().all()
        names = set(back.columns)
    elif ending == ".parquet":
        names = set(gpd.read_parquet(out).columns)
    elif ending == ".json":
        names = set(json.loads(out.read_text("utf-8"))[0])
    else:
        sheets = openpyxl.load_workbook(out)
        cells = {c.value for sheet in sheets for row in sheet.iter_rows() for c in row}
        assert any("access-2026" in str(value) for value in cells)
        names = {str(value) for value in cells}
        # People read a workbook: titles and words, in the language that was asked for.
        titles = ["联动类别", "理由", "满足"] if what == "spaces" else ["三区叠合率"]
        assert set(titles) <= names
        assert not {"yes", "straight"} & names
        return
    assert ({"linkage", "reason_zh"} if what == "spaces" else {"overlap_share"}) <= names


def test_every_table_has_titles() -> None:
    assert set(COLUMN_TITLES) == {what.value for what in What} == set(TABLE_TITLES)


@pytest.mark.parametrize(
    "what", ["district", "nearest", "circle", "groups", "dwellings", "gaps", "sets", "areas"]
)
def test_every_table_can_be_written(made: Path, tmp_path: Path, what: str) -> None:
    commit(
        made,
        "housing",
        added({}, "housing", {"id": "h", "name": "寓", GEOMETRY: at(1, 1)})["housing"],
    )
    found = table(made, tmp_path / "a.csv", "--table", what)
    assert len(found) > 0
    assert set(found.columns) <= {*COLUMN_TITLES[what], "lon", "lat", "wkt", "data_mark"}


def test_what_changed_since_a_time_is_told_with_its_cause(made: Path, tmp_path: Path) -> None:
    before = commit(made, "gates", added(town(), "gates", gate(-800, 0))["gates"])
    found = table(made, tmp_path / "a.csv", "--before", before)
    assert set(found["causes"]) == {"gate:g1"}
    objects = table(made, tmp_path / "b.csv", "--before", before, "--table", "objects")
    assert objects["change"].tolist() == ["added"]
    shares = table(made, tmp_path / "c.csv", "--before", before, "--table", "shares")
    assert shares.set_index("park_id").loc["P1", "any_gate_share_change"] == pytest.approx(0.8)
    walks = table(made, tmp_path / "d.csv", "--before", before, "--table", "distances")
    assert set(walks["key"]) == {"any_gate", "linked_gate"}


def test_the_flag_that_a_bridge_moved(made: Path, tmp_path: Path) -> None:
    before = commit(made, "crossings", added(town(), "crossings", bridge(0))["crossings"])
    found = table(made, tmp_path / "a.csv", "--before", before, "--table", "flags")
    assert found["park_id"].tolist() == ["P1"]
    assert found["causes"].tolist() == ["crossing:x1"]


def test_what_if_is_answered_and_not_stored(made: Path, tmp_path: Path) -> None:
    lon, lat = degrees(-800, 0)
    versions = Workspace.open(made, CATALOGUE).versions()
    found: Any = table(made, tmp_path / "a.csv", "--try", f"gate:{lon},{lat}:A1:试门")
    assert "新增校门“试门”" in found.set_index("carrier_id").loc["C1", "reason_zh"]
    assert Workspace.open(made, CATALOGUE).versions() == versions
    lon, lat = degrees(0, 200)
    result = run(
        "access",
        "-w",
        made,
        "--out",
        tmp_path / "b.csv",
        *STRAIGHT,
        "--try",
        f"crossing:{lon},{lat}",
    )
    assert "不起作用" in result.stderr


def test_json_and_parameters(made: Path, tmp_path: Path) -> None:
    settings = ("--set", "campus_link=linked", "--set", "count_estimates=no")
    more = ("--set", "least_groups=2", "--set", "bands_m=300,600", "--json", "--park", "P1")
    result = run("access", "-w", made, "--out", tmp_path / "a.csv", *STRAIGHT, *settings, *more)
    told = json.loads(result.stdout)
    assert [row["park_id"] for row in told] == ["P1", "P1"]
    assert "campus_link=linked; count_estimates=no" in told[0]["parameters"]
    assert "bands_m=300,600" in told[0]["parameters"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--out", "a.pdf"), "ending"),
        (("--out", "a.csv", "--table", "changes"), "--before"),
        (("--out", "a.csv", "--gate-m", "-1"), "gate_m"),
        (("--out", "a.csv", "--set", "colour=red"), "colour"),
        (("--out", "a.csv", "--set", "count_estimates=maybe"), "count_estimates"),
        (("--out", "a.csv", "--try", "gate:north"), "longitude"),
        (("--out", "a.csv", "--try", "tunnel:1,1"), "tunnel"),
        (("--out", "a.csv", "--park", "P9"), "P9"),
    ],
)
def test_a_wrong_wish_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    word: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert word in refused(monkeypatch, capsys, "access", "-w", made, *options)
