"""The bench of batches holds a batch against all rows in one frame, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from bench import bench_batch
from bench.bench_batch import Way
from bench.bench_batch import batch_side
from bench.bench_batch import check_same
from bench.bench_batch import plain_side
from layers.batch.tables import read_table
from layers.catalogue import load_catalogue
from layers.synthetic import CitySize
from layers.synthetic import write_city

if TYPE_CHECKING:
    from pathlib import Path

SIZE = CitySize(districts=3, parks=30, carriers=400, buildings=2500)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "city"
    write_city(SIZE, folder, load_catalogue())
    return folder


@pytest.mark.parametrize("command", bench_batch.COMMANDS)
def test_both_sides_have_the_same_rows(city: Path, tmp_path: Path, command: str) -> None:
    plain_cost = plain_side(command, city, tmp_path / "plain")
    way = Way(0, 5 if command == "scatter" else None)
    cost = batch_side(command, city, tmp_path / "out", tmp_path / "stage", way)
    plain = pd.read_pickle(tmp_path / "plain")  # noqa: S301 - made above
    batch = read_table(tmp_path / "out" / command / "table.parquet")
    check_same(plain, batch, command)
    assert len(plain) == (SIZE.parks if command == "scatter" else SIZE.carriers)
    assert {"900101", "900102", "900103"} <= set(plain["district_code"])
    assert set(plain_cost.seconds) == {"read", "join", "compute"}
    assert {"staging", "computing", "merging"} <= set(cost.seconds)
    assert min(cost.worker, plain_cost.main) > 50e6


def test_one_changed_bit_or_row_is_seen(city: Path, tmp_path: Path) -> None:
    plain_side("scatter", city, tmp_path / "plain")
    plain: pd.DataFrame = pd.read_pickle(tmp_path / "plain")  # noqa: S301 - made above
    check_same(plain, plain.iloc[::-1], "scatter")
    moved = plain["mean_distance_m"] * (1 + 2**-52)
    with pytest.raises(AssertionError, match="mean_distance_m"):
        check_same(plain, plain.assign(mean_distance_m=moved), "scatter")
    with pytest.raises(AssertionError, match="shape"):
        check_same(plain, plain.iloc[1:], "scatter")


def test_a_line_tells_seconds_and_memory() -> None:
    cost = bench_batch.Cost({"staging": 1.5, "computing": 2.5}, int(3e8), int(9e8))
    line = str(bench_batch.Line("scatter", str(Way(2, 64)), cost, int(17e8), 0.25))
    assert "batch, 2 workers, 64 partitions" in line
    assert "4.0 s" in line
    assert "0.90" in line
    assert "1.70 GB" in line
    assert "staging 1.5, computing 2.5" in line


def test_memory_of_children_is_sampled() -> None:
    with bench_batch.sampled() as together:
        assert bench_batch.alone(_hold, 150_000_000) == 150_000_000
    assert together() > 150e6


def _hold(size: int) -> int:
    import time

    held = bytearray(b"x") * size
    time.sleep(1.5)
    return len(held)
