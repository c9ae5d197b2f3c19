"""The commands for open data: exit codes, what goes online, and the way into a workspace."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.fs as pafs
import pytest
import shapely
from typer.testing import CliRunner

import cli
from cli_opendata import opendata_cli
from layers.batch.inputs.opening import open_input
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.errors import UsageError
from layers.workspace import Workspace
from tests.opendata_hand import OSM_SOURCE
from tests.opendata_hand import overture_file
from tests.opendata_hand import quarter
from tests.opendata_hand import square

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

LAYERS = {
    "buildings": ({"way/100", "way/103", "relation/1000"}, 3),
    "walkways": (set(), 0),
    "barriers": (set(), 0),
    "crossings": ({"way/109+way/106"}, 0),
    "stations": (set(), 0),
    "campuses": (set(), 0),
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(opendata_cli, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of these tests reach for a network."""

    def refused(*_: object) -> None:
        pytest.fail("something was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(pafs, "S3FileSystem", refused)


def test_a_file_becomes_a_layer_and_its_licence(tmp_path: Path) -> None:
    path, out = quarter(tmp_path / "q.osm.pbf"), tmp_path / "buildings.parquet"
    done = run("osm", "--pbf", path, "--layer", "buildings", "--out", out, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["rows_in"], told["accepted"], told["rejected"]) == (6, 3, 3)
    assert told["licences"] == {"ODbL-1.0": 3}
    assert "© OpenStreetMap contributors" in done.stderr
    rejected = pd.read_csv(tmp_path / "buildings.rejected.csv")
    assert set(rejected["building_id"]) == {"way/104", "relation/1001", "relation/1002"}
    beside = json.loads((tmp_path / "buildings.parquet.source.json").read_text(encoding="utf-8"))
    assert beside["data_time"] == "2026-11-20T00:00:00Z"
    assert beside["request"]["file"] == "q.osm.pbf"
    assert "GCJ-02" in beside["coordinates"]["en"]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_atlas_import_takes_what_was_made_as_it_is(tmp_path: Path, layer: str, suffix: str) -> None:
    path, out = quarter(tmp_path / "q.osm.pbf"), tmp_path / f"x{suffix}"
    ids, rejected = LAYERS[layer]
    made = run("osm", "--pbf", path, "--layer", layer, "--out", out, "--json")
    summary = json.loads(made.stdout)
    assert summary["rejected"] == rejected
    assert made.exit_code == (1 if rejected else 0)
    workspace = tmp_path / "workspace"
    arguments = ["import", out, "--layer", layer, "--workspace", workspace, "--empty"]
    done = CliRunner().invoke(cli.cli, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    spec = load_catalogue().layer(layer)
    frame = Workspace.open(workspace, load_catalogue()).read(layer)
    assert len(frame) == summary["accepted"] > 0
    assert not ids or set(frame[spec.id_field]) == ids
    assert frame["source"].tolist() == ["openstreetmap"] * len(frame)
    assert frame["note"].str.contains("ODbL-1.0").all()


def test_a_parquet_file_is_in_the_contract_of_the_catalogue(tmp_path: Path) -> None:
    out = tmp_path / "walkways.parquet"
    run("osm", "--pbf", quarter(tmp_path / "q.osm"), "--layer", "walkways", "--out", out)
    frame, spec = gpd.read_parquet(out), load_catalogue().layer("walkways")
    checked = conform(frame, spec)
    assert (len(checked.accepted), len(checked.rejected)) == (2, 0)
    assert not checked.issues
    assert set(frame["kind"]) == {"bridge", "street"}


def test_a_folder_of_what_was_made_is_an_input_of_the_batch(tmp_path: Path) -> None:
    path, folder = quarter(tmp_path / "q.osm.pbf"), tmp_path / "city"
    for layer in ("buildings", "stations", "barriers"):
        run("osm", "--pbf", path, "--layer", layer, "--out", folder / f"{layer}.parquet")
    source = open_input(str(folder), load_catalogue())
    assert set(source.keys()) == {"buildings", "stations", "barriers"}
    for key, rows in (("buildings", 3), ("stations", 1), ("barriers", 2)):
        chunks = list(source.chunks(key))
        assert sum(chunk.rows_in for chunk in chunks) == rows
        assert sum(len(chunk.frame) for chunk in chunks) == rows
        assert {chunk.frame.crs.to_string() for chunk in chunks} == {"EPSG:4490"}
        spec = load_catalogue().layer(key)
        back = pd.concat([chunk.frame for chunk in chunks])
        assert (
            back[spec.id_field].tolist()
            == gpd.read_parquet(folder / f"{key}.parquet")[spec.id_field].tolist()
        )


def test_a_crossing_lies_where_the_bridge_meets_the_canal(tmp_path: Path) -> None:
    out = tmp_path / "crossings.geojson"
    run("osm", "--pbf", quarter(tmp_path / "q.osm"), "--layer", "crossings", "--out", out)
    (row,) = gpd.read_file(out).to_dict("records")
    assert (row["kind"], row["walkable"]) == ("footbridge", True)
    assert row["name"] == "人行天桥 way/109+way/106"
    assert row["geometry"].distance(shapely.Point(121.505, 31.320)) < 1e-8


@pytest.mark.parametrize("where", [["--place", "杨浦区"], ["--bbox", "121.4,31.2,121.6,31.4"]])
def test_nothing_is_asked_without_online(tmp_path: Path, where: list[str]) -> None:
    out = tmp_path / "x.gpkg"
    with pytest.raises(UsageError, match="--online"):
        run("osm", *where, "--layer", "buildings", "--out", out)
    with pytest.raises(UsageError, match="--online"):
        run("overture", "--path", "s3://bucket/r", "--layer", "buildings", "--out", out)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "where",
    [
        [],
        ["--place", "杨浦区", "--bbox", "121.4,31.2,121.6,31.4", "--online"],
        ["--pbf", "q.osm", "--place", "杨浦区"],
    ],
)
def test_one_place_has_to_be_said(tmp_path: Path, where: list[str]) -> None:
    done = run("osm", *where, "--layer", "buildings", "--out", tmp_path / "x.gpkg")
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--layer", "carriers"], "buildings"),
        (["--layer", "buildings", "--theme", "base"], "theme"),
        (["--layer", "buildings", "--bbox", "1,2"], "west,south"),
    ],
)
def test_wrong_wishes_for_overture_are_refused(
    tmp_path: Path, arguments: list[str], word: str
) -> None:
    with pytest.raises(UsageError, match=word):
        run("overture", "--path", tmp_path, "--out", tmp_path / "x.gpkg", *arguments)


def test_overture_becomes_a_layer_with_every_licence(tmp_path: Path) -> None:
    told_by: list[dict[str, Any]] = [
        {"sources": [OSM_SOURCE], "subtype": "residential"},
        {"sources": [{"dataset": "Microsoft ML Buildings", "update_time": None}]},
        {"sources": [{"dataset": "Esri", "license": "CC-BY-4.0"}]},
    ]
    rows = [
        {"id": f"08b-{n}", "shape": shapely.Polygon(square(121.5 + n / 100, 31.3)), **more}
        for n, more in enumerate(told_by)
    ]
    overture_file(tmp_path / "release/theme=buildings/type=building/a.parquet", rows)
    out = tmp_path / "buildings.gpkg"
    done = run(
        "overture", "--path", tmp_path / "release", "--layer", "buildings", "--out", out, "--json"
    )
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["licences"] == {"ODbL-1.0": 1, "unknown": 1, "CC-BY-4.0": 1}
    assert told["findings"]["licence_unknown"] == 1
    back = gpd.read_file(out, layer="buildings")
    assert back["source"].tolist() == [
        "openstreetmap",
        "overture:Microsoft ML Buildings",
        "overture:Esri",
    ]
    assert back["use"].fillna("").tolist() == ["residential", "", ""]


def test_a_box_in_which_nothing_lies_is_a_problem_that_is_said(tmp_path: Path) -> None:
    path, out = quarter(tmp_path / "q.osm.pbf"), tmp_path / "stations.gpkg"
    done = run("osm", "--pbf", path, "--bbox", "100,20,101,21", "--layer", "stations", "--out", out)
    assert done.exit_code == 1
    assert out.exists()
