"""Results go back into a workspace as versions of a table, with how they were made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.results import RESULTS
from layers.batch.results import read_results
from layers.batch.results import write_results
from layers.batch.run import run_batch
from layers.batch.staging import stage as make_stage
from layers.batch.tables import read_table
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.city import City
from layers.city.making import create_city
from layers.errors import WorkspaceError
from layers.workspace import Workspace
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.city_hand import write_city

if TYPE_CHECKING:
    from pathlib import Path

    from layers.batch.run import BatchReport

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, BatchReport]:
    """A city of workspaces, and underused space computed from it."""
    folder = tmp_path_factory.mktemp("results")
    source = open_input(str(write_city(city(), folder / "in")), CATALOGUE)
    staged = make_stage(source, folder / "stage", CATALOGUE, halo_m=2000.0)
    found = create_city(folder / "city", staged, CATALOGUE, author="test")
    with serial_engine() as engine:
        report = run_batch(
            "underused",
            open_input(str(found.path), CATALOGUE),
            folder / "out",
            CATALOGUE,
            BatchWish(),
            engine=engine,
        )
    assert report.is_whole
    write_results(found.path, report, author="测试")
    return found, report


@pytest.mark.parametrize("code", ["", A, B, C])
def test_every_district_has_its_own_rows(made: tuple[City, BatchReport], code: str) -> None:
    found, report = made
    read = read_results(found.workspace(code, CATALOGUE), "underused")
    assert read is not None
    frame, notes = read
    expected = read_table(report.folder / "table.parquet")
    expected = expected[expected["district_code"].eq(code)].reset_index(drop=True)
    assert len(frame) == len(expected) > 0
    frame["data_date"] = frame["data_date"].astype(expected["data_date"].dtype)
    assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(expected), check_exact=True)
    assert frame.crs == expected.crs
    assert notes["author"] == "测试"
    assert notes["version"] == 0
    assert notes["rule_version"] == report.run["rule_version"]
    assert notes["time"] == report.run["time"]
    assert notes["input"]["kind"] == "city"
    assert notes["accounts"]["results"] == report.run["accounts"]["results"]


def test_the_city_has_the_sums_of_its_districts(made: tuple[City, BatchReport]) -> None:
    found, report = made
    summary = City.open(found.path).summary("underused")
    assert summary is not None
    expected = read_table(report.folder / "districts.parquet")
    assert summary["district_code"].tolist() == expected["district_code"].tolist()
    assert summary["carriers"].tolist() == expected["carriers"].tolist()
    assert City.open(found.path).notes("underused")["parameters"] == report.run["parameters"]


def test_what_was_never_computed_has_no_results(made: tuple[City, BatchReport]) -> None:
    workspace = made[0].workspace(A, CATALOGUE)
    assert read_results(workspace, "scatter") is None
    with pytest.raises(ValueError, match="`command` must be one of"):
        read_results(workspace, "../parks")  # type: ignore[arg-type]


def test_layers_of_the_workspace_are_not_touched(made: tuple[City, BatchReport]) -> None:
    workspace = made[0].workspace(A, CATALOGUE)
    assert set(workspace.versions().values()) == {0}
    assert RESULTS not in set(workspace.keys())


def test_every_run_is_a_version(made: tuple[City, BatchReport], tmp_path: Path) -> None:
    _, report = made
    edition = city()
    path = tmp_path / "workspace"
    workspace = Workspace.create(path, CATALOGUE, author="test")
    workspace.commit("carriers", edition["carriers"], author="test", message="all")
    assert write_results(path, report, author="one") == 1
    assert write_results(path, report, author="two") == 1
    read = read_results(Workspace.open(path, CATALOGUE), "underused")
    assert read is not None
    assert (read[1]["version"], read[1]["author"]) == (1, "two")
    assert len(read[0]) == len(edition["carriers"])


def test_a_damaged_table_is_told(made: tuple[City, BatchReport], tmp_path: Path) -> None:
    path = tmp_path / "workspace"
    Workspace.create(path, CATALOGUE, author="test")
    write_results(path, made[1], author="one")
    log = next((path / RESULTS / "underused" / "_delta_log").glob("*.json"))
    log.write_text(json.dumps({"nonsense": 1}), "utf-8")
    with pytest.raises(WorkspaceError, match="cannot read or write"):
        read_results(Workspace.open(path, CATALOGUE), "underused")
