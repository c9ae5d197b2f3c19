"""What is finished is not done again; what fails or is lost is told and mended by a rerun."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from geo.parameters import ScatterParameters
from layers.batch import preparing
from layers.batch import tasks
from layers.batch.engine import dask_engine
from layers.batch.engine import serial_engine
from layers.batch.inputs import open_input
from layers.batch.ledger import PARTS
from layers.batch.ledger import BusyError
from layers.batch.ledger import only_one
from layers.batch.run import MISSING_FILE
from layers.batch.run import RUN_FILE
from layers.batch.run import run_batch
from layers.batch.tables import read_table
from layers.batch.tasks import perform
from layers.batch.wish import BatchWish
from layers.catalogue import load_catalogue
from layers.stock import ChanceChoice
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import city
from tests.layers.batch.city_hand import write_city
from tests.layers.batch.engine_hand import GO
from tests.layers.batch.engine_hand import held_perform
from tests.layers.batch.engine_hand import wait_for_holders

if TYPE_CHECKING:
    from pathlib import Path

    from layers.batch.ledger import Receipt
    from layers.batch.run import BatchReport
    from layers.batch.task import Task

CATALOGUE = load_catalogue()
# The flag is judged once and not at every reading of a walk, to be done sooner.
RULE = ScatterParameters(walk_range=(800.0,), detour_range=(1.324,), gap_range=(50.0,))
WISH = BatchWish(scatter=RULE, chance=ChanceChoice(draws=9), retries=1)


class Counted:
    """Does tasks and remembers which."""

    def __init__(self) -> None:
        self.done: list[Task] = []

    def __call__(self, task: Task, attempt: int) -> Receipt:
        self.done.append(task)
        return perform(task, attempt)

    @property
    def computed(self) -> list[str]:
        """Scopes of the partitions that were computed."""
        return [part.scope for t in self.done if t.step == "compute" for part in t.parts]


class Place:
    """A city, its stage and its results in one folder."""

    def __init__(self, folder: Path) -> None:
        self.source = write_city(city(), folder / "in")
        self.out, self.stage = folder / "out", folder / "stage"

    def run(self, wish: BatchWish = WISH, **more: Any) -> tuple[BatchReport, Counted]:
        counted = Counted()
        source = open_input(str(self.source), CATALOGUE)
        options = {"stage": self.stage, "work": counted, **more}
        with serial_engine() as engine:
            report = run_batch(
                "scatter", source, self.out, CATALOGUE, wish, engine=engine, **options
            )
        return report, counted

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.out / "scatter").glob("*.parquet")}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, BatchReport, dict[str, bytes]]:
    place = Place(tmp_path_factory.mktemp("first"))
    report, _ = place.run()
    return place, report, place.contents()


@pytest.fixture
def place(first: tuple[Place, BatchReport, dict[str, bytes]], tmp_path: Path) -> Place:
    """A copy of a finished run, to be meddled with."""
    shutil.copytree(first[0].out.parent, tmp_path / "copy")
    found = Place.__new__(Place)
    found.source, found.out, found.stage = (
        tmp_path / "copy" / name for name in ("in", "out", "stage")
    )
    # The stage is part of what a task depends on by its content, not by its place.
    return found


def test_a_second_run_does_nothing_and_gives_the_same(
    first: tuple[Place, BatchReport, dict[str, bytes]], place: Place
) -> None:
    report, counted = place.run()
    assert counted.done == []
    assert report.is_whole
    assert report.run["reused"] == len(list((place.out / "scatter" / PARTS).glob("*.json")))
    assert place.contents() == first[2]


def test_a_part_that_is_gone_is_the_only_one_done_again(
    first: tuple[Place, BatchReport, dict[str, bytes]], place: Place
) -> None:
    counted = _after_losing(place, B)
    assert counted.computed == [B]
    assert len(counted.done) == 1
    assert place.contents() == first[2]


def _after_losing(place: Place, scope: str) -> Counted:
    parts = place.out / "scatter" / PARTS
    for folder in parts.iterdir():
        table = folder / "table.parquet"
        if table.exists() and pd.read_parquet(table)["district_code"].eq(scope).any():
            shutil.rmtree(folder)
    return place.run()[1]


def test_other_parameters_are_computed_anew(place: Place) -> None:
    _, counted = place.run(replace(WISH, scatter=replace(RULE, walk_m=800.0000001)))
    assert len(counted.computed) == 4


def test_another_program_computes_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (preparing, tasks):
        monkeypatch.setattr(module, "code_version", lambda: "another")
    _, counted = place.run()
    assert len(counted.computed) == 4


def test_another_input_is_staged_and_computed_anew(place: Place) -> None:
    tables = city()
    tables["carriers"]["gross_area_m2"] += 1.0
    shutil.rmtree(place.source)
    write_city(tables, place.source)
    report, counted = place.run()
    assert len(counted.computed) == 4
    assert report.is_whole


def test_another_division_uses_what_is_the_same(place: Place) -> None:
    """A partition with the same members is the same task."""
    _, counted = place.run(replace(WISH, partitions=4))
    assert counted.computed == []


def test_a_partition_that_always_fails_is_missing_and_told(
    first: tuple[Place, BatchReport, dict[str, bytes]], place: Place
) -> None:
    shutil.rmtree(place.out)

    def broken(task: Task, attempt: int) -> Receipt:
        if task.step == "compute" and any(part.scope == B for part in task.parts):
            msg = f"attempt {attempt}"
            raise ZeroDivisionError(msg)
        return perform(task, attempt)

    report, _ = place.run(work=broken)
    assert not report.is_whole
    (row,) = report.missing.to_dict("records")
    assert row["district_code"] == B
    assert row["error_en"] == "ZeroDivisionError: attempt 2"
    assert row["attempts"] == 2
    table = read_table(place.out / "scatter" / "table.parquet")
    whole = read_table(first[0].out / "scatter" / "table.parquet")
    assert set(table["district_code"]) == set(whole["district_code"]) - {B}
    results = report.run["accounts"]["results"]
    assert results["missing"] == row["rows"] == whole["district_code"].eq(B).sum()
    assert results["computed"] == len(table)
    districts = read_table(place.out / "scatter" / "districts.parquet")
    assert districts.set_index("district_code").loc[B, "missing"] == row["rows"]
    assert districts.set_index("district_code")["parks"].isna()[B]
    listed = pd.read_csv(place.out / "scatter" / MISSING_FILE, dtype=str, encoding="utf-8-sig")
    assert listed["district_code"].tolist() == [B]
    # When the cause is gone, only that partition is computed.
    report, counted = place.run()
    assert counted.computed == [B]
    assert report.is_whole
    assert place.contents() == first[2]
    assert not (place.out / "scatter" / MISSING_FILE).exists()


def test_a_district_that_cannot_be_read_leaves_the_others_alone(place: Place) -> None:
    shutil.rmtree(place.out)
    (damaged,) = place.stage.glob(f"scope={B}/carriers*")
    assert damaged.is_file()
    damaged.write_bytes(b"no parquet")
    report, counted = place.run()
    assert report.missing["district_code"].tolist() == [B]
    assert B not in counted.computed
    assert report.run["tables"]["table"] > 0


def test_without_any_result_there_are_no_old_tables(place: Place) -> None:
    def broken(task: Task, attempt: int) -> Receipt:
        raise ZeroDivisionError((task.key, attempt))

    report, _ = place.run(replace(WISH, chance=ChanceChoice(draws=8)), work=broken)
    assert report.run["tables"] == {}
    assert sorted(place.contents()) == ["districts.parquet"]
    assert len(report.missing) == 4


def test_two_runs_in_one_folder_are_refused(place: Place) -> None:
    with only_one(place.out / "scatter"), pytest.raises(BusyError):
        place.run()
    assert (place.out / "scatter" / RUN_FILE).exists()


def test_a_worker_killed_in_the_middle_changes_nothing(
    first: tuple[Place, BatchReport, dict[str, bytes]], place: Place
) -> None:
    shutil.rmtree(place.out)
    out = place.out / "scatter"
    source = open_input(str(place.source), CATALOGUE)
    found: list[BatchReport] = []
    with dask_engine(workers=2, memory_limit="1GB", retries=2) as engine:

        def go() -> None:
            report = run_batch(
                "scatter",
                source,
                place.out,
                CATALOGUE,
                WISH,
                engine=engine,
                stage=place.stage,
                work=held_perform,
            )
            found.append(report)

        thread = threading.Thread(target=go)
        thread.start()
        os.kill(wait_for_holders(out, 1)[0], signal.SIGKILL)
        (out / GO).touch()
        thread.join()
    assert found[0].is_whole
    assert place.contents() == first[2]
    # What the worker that died left half made goes with the next run.
    place.run()
    assert not list((out / PARTS).glob(".*"))
