"""A batch gives the numbers of the page, however it is divided and whoever does it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geo.chance import adjusted
from geo.district import totals
from geo.parameters import ScatterParameters
from layers.analysis import scatter_of
from layers.batch.engine import dask_engine
from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.run import MISSING_FILE
from layers.batch.run import RUN_FILE
from layers.batch.run import Progress
from layers.batch.run import run_batch
from layers.batch.staging import Stage
from layers.batch.tables import read_table
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.consolidation import default_parameters
from layers.results import with_origin
from layers.stock import ChanceChoice
from layers.underuse import underuse_of
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.city_hand import write_city

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.batch.engine import Engine
    from layers.batch.run import BatchReport
    from layers.batch.wish import CommandName

CATALOGUE = load_catalogue()
CHANCE = ChanceChoice(draws=19)
# The flag is judged once and not at every reading of a walk, to be done sooner.
RULE = ScatterParameters(walk_range=(800.0,), detour_range=(1.324,), gap_range=(50.0,))
WISH = BatchWish(scatter=RULE, chance=CHANCE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(city(), tmp_path_factory.mktemp("city") / "parquet")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stage") / "stage"


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == 0:
        with serial_engine() as serial:
            yield serial
        return
    with dask_engine(workers=request.param, memory_limit="1GB") as dask:
        yield dask


def run(
    command: CommandName, folder: Path, out: Path, wish: BatchWish = WISH, **more: Any
) -> BatchReport:
    source = open_input(str(folder), CATALOGUE)
    if "engine" in more:
        return run_batch(command, source, out, CATALOGUE, wish, **more)
    with serial_engine() as engine:
        return run_batch(command, source, out, CATALOGUE, wish, engine=engine, **more)


def contents(report: BatchReport) -> dict[str, str]:
    """Return a hash of every table of a run."""
    paths = sorted(report.folder.glob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def scattered(folder: Path, stage: Path, tmp_path_factory: pytest.TempPathFactory) -> BatchReport:
    return run("scatter", folder, tmp_path_factory.mktemp("whole"), stage=stage)


@pytest.mark.parametrize(
    ("engine", "by", "partitions"),
    [
        (0, "tile", 64),
        (1, "district", 1),
        (1, "tile", 7),
        (2, "district", 7),
        (2, "tile", 2),
        (2, "tile", 64),
        (4, "tile", 7),
        (4, "tile", None),
    ],
    indirect=["engine"],
)
def test_partitions_and_workers_leave_no_trace(
    scattered: BatchReport,
    folder: Path,
    stage: Path,
    tmp_path: Path,
    engine: Engine,
    by: Any,
    partitions: int | None,
) -> None:
    wish = replace(WISH, by=by, partitions=partitions, tile_m=1000.0)
    report = run("scatter", folder, tmp_path, wish, stage=stage, engine=engine)
    assert report.is_whole
    assert contents(report) == contents(scattered)
    names = {path.name for path in report.folder.glob("*.parquet")}
    assert {"table.parquet", "sites.parquet", "clusters.parquet", "districts.parquet"} <= names
    for name in names:
        found, expected = (read_table(r.folder / name) for r in (report, scattered))
        assert_frame_equal(found, expected, check_exact=True)


def of_page(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return what a page shows with the columns and types of a batch table."""
    shared = [name for name in like.columns if name in frame.columns and name != "geometry"]
    return frame[shared].astype(like[shared].dtypes.to_dict()).reset_index(drop=True)


@pytest.mark.parametrize("scope", ["", A, B, C])
def test_the_page_of_a_district_shows_the_numbers_of_the_batch(
    scattered: BatchReport, stage: Path, scope: str
) -> None:
    opened = Stage.open(stage)
    tables = opened.tables(scope, CATALOGUE.keys)
    page = scatter_of(tables, CATALOGUE, RULE, chance=CHANCE)
    own = opened.parks.loc[opened.parks["scope"].eq(scope), "park_id"]
    # A page shows no park of another district; only what has no district cannot tell.
    assert set(page.table["park_id"]) >= set(own)
    assert not scope or set(page.table["park_id"]) == set(own)
    for name, frame in (("table", page.table), ("runs", page.runs), ("belts", page.belts)):
        batch = read_table(scattered.folder / f"{name}.parquet")
        batch = batch[batch["district_code"].eq(scope)].reset_index(drop=True)
        ordered = frame.sort_values("park_id", kind="stable")
        shown = with_origin(ordered[ordered["park_id"].isin(own)], page)
        expected = of_page(shown, batch)
        if not scope and name == "table":
            expected = expected.assign(p_low_adjusted=adjusted(expected["p_low"]))
        assert_frame_equal(pd.DataFrame(batch[expected.columns]), expected, check_exact=True)


def test_every_park_is_measured_once_and_whole(scattered: BatchReport) -> None:
    table = read_table(scattered.folder / "table.parquet").set_index("park_id")
    assert table.index.is_unique
    named = city()
    parks = {
        *named["parks"]["park_id"],
        *named["carriers"]["park_id"].dropna(),
        *named["units"]["park_id"].dropna(),
    }
    assert set(table.index) == parks
    # Two carriers in A, one in B and one in C are one park, in A.
    assert table.loc["THREE", "district_code"] == A
    assert table.loc["THREE", "spaces"] == 4
    assert table.loc["BORDER", "district_code"] == A
    assert table.loc["CODED", "district_code"] == C
    assert table.loc["NOWHERE", "district_code"] == ""
    assert table.loc["FAR", "district_code"] == ""
    # The guest holds units in carriers of another park, wherever those are.
    held = named["units"][named["units"]["park_id"].eq("GUEST")]
    assert table.loc["GUEST", "district_code"] == A
    assert table.loc["GUEST", "floor_area_m2"] == held["floor_area_m2"].sum()
    assert table.loc["GUEST", "spaces"] == held["carrier_id"].nunique()


def test_a_chain_of_carriers_is_one_cluster_across_districts(scattered: BatchReport) -> None:
    cluster = read_table(scattered.folder / "carrier_clusters.parquet")
    carriers = city()["carriers"]
    assert sorted(cluster["carrier_id"]) == sorted(carriers["carrier_id"])
    chain = carriers.loc[carriers["park_id"].eq("CHAIN"), "carrier_id"]
    assert len(set(cluster.loc[cluster["carrier_id"].isin(chain), "cluster"])) == 1
    unlocated = carriers.loc[carriers.geometry.isna(), "carrier_id"]
    assert cluster.loc[cluster["carrier_id"].isin(unlocated), "cluster"].isna().all()


def test_districts_add_up_to_the_city(scattered: BatchReport) -> None:
    districts = read_table(scattered.folder / "districts.parquet").set_index("district_code")
    table = read_table(scattered.folder / "table.parquet")
    assert list(districts.index) == ["", A, B, C, "*"]
    for code in districts.index:
        rows = table if code == "*" else table[table["district_code"].eq(code)]
        known = totals(pd.DataFrame(rows))
        row = districts.loc[code]
        assert row["parks"] == known.parks
        assert row["judged"] == known.judged
        assert {flag: row[flag] for flag in known.flags} == known.flags
        assert row["floor_area_m2"] == pytest.approx(known.floor_area_m2, rel=0, nan_ok=True)
    assert districts["sample"].all()
    assert set(districts["rule_version"]) == {table["rule_version"].iloc[0]}


def test_rows_in_are_rows_out_and_rejected(tmp_path: Path) -> None:
    tables = city()
    bad = tables["carriers"].assign(carrier_class="castle").iloc[:2]
    tables["carriers"] = pd.concat([tables["carriers"].iloc[2:], bad])
    report = run("scatter", write_city(tables, tmp_path / "in"), tmp_path / "out")
    accounts = report.run["accounts"]
    layers = {row["layer"]: row for row in accounts["layers"]}
    assert {key: layers[key]["rows_in"] for key in tables} == {k: len(v) for k, v in tables.items()}
    assert all(row["rows_in"] == row["staged"] + row["rejected"] for row in layers.values())
    assert accounts["rows_rejected"] == layers["carriers"]["rejected"] > 0
    results = accounts["results"]
    assert results["planned"] == results["computed"] + results["missing"]
    assert results["missing"] == 0
    assert not report.is_whole


def test_the_account_tells_how_the_numbers_were_made(scattered: BatchReport) -> None:
    told = json.loads((scattered.folder / RUN_FILE).read_text("utf-8"))
    assert told["command"] == "scatter"
    assert told["parameters"]["chance"] == "stock=auto; uses=; draws=19; seed=2024"
    assert told["rule_version"] == read_table(scattered.folder / "table.parquet")["rule_version"][0]
    assert len(told["code_version"]) == 64
    assert told["input"]["fingerprint"]
    assert told["plan"]["partitions"] == 4
    assert told["missing"] == []
    assert told["peak_bytes"] > 30e6
    assert not (scattered.folder / MISSING_FILE).exists()


@pytest.mark.parametrize("partitions", [None, 2])
def test_underused_space_is_that_of_the_page(
    folder: Path, stage: Path, tmp_path: Path, partitions: int | None
) -> None:
    wish = BatchWish(partitions=partitions)
    report = run("underused", folder, tmp_path, wish, stage=stage)
    batch = read_table(report.folder / "table.parquet")
    assert sorted(batch["carrier_id"]) == sorted(city()["carriers"]["carrier_id"])
    opened = Stage.open(stage)
    for scope, rows in batch.groupby("district_code"):
        tables = opened.tables(str(scope), CATALOGUE.keys)
        page = underuse_of(tables, CATALOGUE)
        assert report.run["as_of"][scope] == str(page.parameters.as_of)
        shown = page.table[page.table["carrier_id"].isin(rows["carrier_id"])]
        expected = of_page(shown.sort_values("carrier_id"), batch)
        found = pd.DataFrame(rows[expected.columns]).reset_index(drop=True)
        assert_frame_equal(found, expected, check_exact=True)


def test_a_day_that_is_given_holds_for_all_districts(folder: Path, tmp_path: Path) -> None:
    wish = BatchWish(as_of=date(2026, 12, 31))
    report = run("underused", folder, tmp_path, wish)
    assert set(report.run["as_of"].values()) == {"2026-12-31"}
    table = read_table(report.folder / "table.parquet")
    assert table["parameters"].str.contains("2026-12-31").all()


def test_plans_of_districts_add_up(folder: Path, stage: Path, tmp_path: Path) -> None:
    wish = BatchWish(partitions=2, settings=(("zone_levels", 0),))
    report = run("consolidate", folder, tmp_path, wish, stage=stage)
    table = read_table(report.folder / "table.parquet").set_index("district_code")
    districts = read_table(report.folder / "districts.parquet").set_index("district_code")
    assert districts.loc["*", "fewest"] == table["fewest"].sum()
    assert (table["fewest"] <= table["presences_before"]).all()
    assert table["status"].eq("optimal").all()
    wish = replace(wish, partitions=None)
    again = run("consolidate", folder, tmp_path / "again", wish, stage=stage)
    assert contents(again) == contents(report)
    tables = Stage.open(stage).tables(A, CATALOGUE.keys)
    assert table.loc[A, "as_of"] == str(default_parameters(tables).as_of)


def test_progress_goes_from_nothing_to_all(folder: Path, stage: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    run("scatter", folder, tmp_path, stage=stage, progress=told.append)
    assert list(dict.fromkeys(p.stage for p in told)) == [
        "staging",
        "places",
        "computing",
        "clusters",
        "merging",
    ]
    computing = [p for p in told if p.stage == "computing"]
    assert [p.done for p in computing] == list(range(computing[0].tasks + 1))
    assert computing[-1].rows == computing[-1].all_rows > 0
