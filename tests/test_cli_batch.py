"""The commands ``atlas batch``: they end with what must be seen, and say it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.batch.tables import read_table
from layers.city import City
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.city_hand import write_city

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--workers", "0", "--set", "stable_share=0.9", "--draws", "9")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(city(), tmp_path_factory.mktemp("cli") / "parquet")


@pytest.fixture(scope="module")
def place(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of workspaces made by the command."""
    path = tmp_path_factory.mktemp("made") / "city"
    done = run("batch", "city", "--input", folder, "--out", path, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [district["code"] for district in told["districts"]] == [A, B, C, ""]
    assert told["rows_rejected"] == 0
    return path


def test_scatter_of_a_city_goes_back_into_its_districts(place: Path, tmp_path: Path) -> None:
    done = run("batch", "scatter", "-i", place, "-o", tmp_path, *QUICK, "--into", place, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    table = read_table(tmp_path / "scatter" / "table.parquet")
    assert told["accounts"]["results"] == {
        "of": "parks",
        "planned": len(table),
        "computed": len(table),
        "missing": 0,
    }
    assert told["input"]["kind"] == "city"
    assert told["engine"] == {"engine": "serial", "workers": 0}
    assert table["parameters"].str.contains("stable_share=0.9").all()
    assert table.loc[table["chance_method"].eq("sampled"), "draws"].eq(9).all()
    summary = City.open(place).summary("scatter")
    assert summary is not None
    assert summary["parks"].tolist()[-1] == len(table)
    assert "园区" in done.stderr
    again = run("batch", "scatter", "-i", place, "-o", tmp_path, *QUICK)
    assert "0 项任务沿用" in done.stderr
    assert again.exit_code == 0
    assert (
        f"{len(list((tmp_path / 'scatter' / 'parts').glob('*.json')))} 项任务沿用" in again.stderr
    )


def test_what_was_rejected_ends_with_1(tmp_path: Path) -> None:
    tables = city()
    tables["carriers"] = tables["carriers"].assign(
        carrier_class=tables["carriers"]["carrier_class"].where(tables["carriers"].index > 0)
    )
    tables["carriers"].loc[0, "carrier_class"] = "castle"
    source = write_city(tables, tmp_path / "in")
    out = tmp_path / "out"
    done = run("--lang", "en", "batch", "underused", "-i", source, "-o", out, "--workers", "0")
    assert done.exit_code == 1
    assert "1 rows were rejected" in done.stderr
    assert len(read_table(out / "underused" / "table.parquet")) == len(tables["carriers"]) - 1


def test_what_is_missing_is_said_and_ends_with_1(folder: Path, tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    first = run(
        "batch", "underused", "-i", folder, "-o", tmp_path / "a", "--workers", "0", "--stage", stage
    )
    assert first.exit_code == 0, first.stderr
    units = stage / f"scope={B}" / "units.parquet"
    whole = units.read_bytes()
    units.write_bytes(b"no parquet")
    done = run(
        "--lang",
        "en",
        "batch",
        "underused",
        "-i",
        folder,
        "-o",
        tmp_path / "b",
        "--workers",
        "0",
        "--stage",
        stage,
        "--retries",
        "0",
    )
    assert done.exit_code == 1
    assert f"District {B}, Carriers: " in done.stderr
    listed = pd.read_csv(tmp_path / "b" / "underused" / "missing.csv", encoding="utf-8-sig")
    assert listed["district_code"].astype(str).tolist() == [B]
    units.write_bytes(whole)


def test_a_wish_that_means_nothing_is_refused_before_all_work(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def said(*options: object) -> str:
        return refused(monkeypatch, capsys, "batch", *options, "-i", folder, "-o", tmp_path / "x")

    assert "market_vacancy" in said("underused", "--set", "market_vacancy=-1")
    assert "rent_tolerance" in said("consolidate", "--set", "rent_tolerance=-1")
    assert "网格边长须大于 0" in said("scatter", "--tile-m", "0")
    assert not (tmp_path / "x").exists()


def test_an_input_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    told = refused(
        monkeypatch, capsys, "--lang", "en", "batch", "scatter", "-i", tmp_path / "no", "-o", out
    )
    assert f"there is no {tmp_path / 'no'}" in told.replace("\n", "")
    assert not out.exists()
