"""Tables of results keep their values and types, whatever the parts were."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from geo.crs import STORAGE_CRS
from layers.batch.tables import TableWriter
from layers.batch.tables import part_schema
from layers.batch.tables import read_part
from layers.batch.tables import read_table
from layers.batch.tables import to_table
from layers.batch.tables import whole_schema
from layers.batch.tables import write_part
from layers.batch.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path


def frame(ids: list[str]) -> gpd.GeoDataFrame:
    numbers = np.arange(len(ids), dtype="float64")
    columns = {
        "park_id": pd.Series(ids, dtype="str"),
        "share": np.where(numbers == 1, np.nan, numbers / 3),
        "sites": pd.array([None if n == 1 else int(n) for n in numbers], dtype="Int64"),
        "sample": pd.array([None if n == 1 else n > 1 for n in numbers], dtype="boolean"),
        "count": numbers.astype("int64"),
        "day": pd.to_datetime(["2026-09-30"] * len(ids)).astype("datetime64[s]"),
        "odd": [None] * len(ids),
    }
    places = [None if n == 1 else shapely.Point(121.5 + n / 7, 31.3) for n in numbers]
    return gpd.GeoDataFrame(columns, geometry=places, crs=STORAGE_CRS)


def write(parts: list[Path], scopes: list[str], out: Path) -> None:
    writer = TableWriter(out, whole_schema([part_schema(path) for path in parts]))
    for scope in scopes:
        for path in parts:
            writer.write(read_part(path, scope))
    writer.close()


def test_a_table_is_read_back_with_values_and_types(tmp_path: Path) -> None:
    given = frame(["一", "b", "c"])
    write_part([to_table(given, "310110")], tmp_path / "part")
    write([tmp_path / "part"], ["310110"], tmp_path / "table")
    found = read_table(tmp_path / "table")
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.crs == STORAGE_CRS
    assert found.columns[0] == "district_code"
    expected = given.assign(
        odd=pd.Series(np.nan, index=given.index, dtype="str"),
        count=given["count"].astype("Int64"),
    )
    expected.insert(0, "district_code", pd.Series("310110", index=given.index, dtype="str"))
    found["day"] = found["day"].astype("datetime64[s]")
    assert_geodataframe_equal(gpd.GeoDataFrame(found), expected, check_dtype=True)


def test_the_scope_is_read_by_its_code_also_the_empty_one(tmp_path: Path) -> None:
    rows = [to_table(frame([scope or "_"]), scope) for scope in ("", "a", "b")]
    assert write_part(rows, tmp_path / "part") == 3
    for scope in ("", "a", "b"):
        assert read_part(tmp_path / "part", scope)["park_id"].to_pylist() == [scope or "_"]
    assert read_part(tmp_path / "part", "c").num_rows == 0


def test_the_same_rows_are_the_same_bytes_however_they_were_parted(tmp_path: Path) -> None:
    one, two = to_table(frame(["a", "b", "c"]), "1"), to_table(frame(["d", "e"]), "2")
    write_part([one, two], tmp_path / "whole")
    write_part([two], tmp_path / "second")
    write_part([one], tmp_path / "first")
    write([tmp_path / "whole"], ["1", "2"], tmp_path / "x")
    write([tmp_path / "second", tmp_path / "first"], ["1", "2"], tmp_path / "y")
    hashes = {hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in ("x", "y")}
    assert len(hashes) == 1


def test_types_of_parts_that_know_nothing_follow_those_that_do(tmp_path: Path) -> None:
    write_part([to_table(pd.DataFrame({"n": [None], "t": [None]}), "1")], tmp_path / "a")
    write_part([to_table(pd.DataFrame({"n": [2.5], "t": ["x"]}), "2")], tmp_path / "b")
    write([tmp_path / "a", tmp_path / "b"], ["1", "2"], tmp_path / "table")
    found = read_table(tmp_path / "table")
    assert found["n"].tolist()[1] == 2.5
    assert np.isnan(found["n"].iloc[0])
    assert found["t"].isna().tolist() == [True, False]


def test_a_column_that_a_part_lacks_is_unknown_there(tmp_path: Path) -> None:
    write_part([to_table(pd.DataFrame({"n": [1.0]}), "1")], tmp_path / "a")
    write_part([to_table(pd.DataFrame({"n": [2.0], "more": [3.0]}), "2")], tmp_path / "b")
    write([tmp_path / "a", tmp_path / "b"], ["1", "2"], tmp_path / "table")
    assert read_table(tmp_path / "table")["more"].isna().tolist() == [True, False]


@pytest.mark.parametrize("spatial", [True, False])
def test_a_table_without_rows_keeps_its_columns(tmp_path: Path, *, spatial: bool) -> None:
    empty = frame([])
    given = empty if spatial else pd.DataFrame(empty.drop(columns="geometry"))
    assert write_part([to_table(given, "1")], tmp_path / "part") == 0
    write([tmp_path / "part"], ["1"], tmp_path / "table")
    found = read_table(tmp_path / "table")
    assert list(found.columns) == ["district_code", *given.columns]
    assert len(found) == 0


def test_one_row_group_a_district(tmp_path: Path) -> None:
    rows = [to_table(frame(["a", "b"]), "1"), to_table(frame(["c"]), "2")]
    write_part(rows, tmp_path / "part")
    write([tmp_path / "part"], ["1", "2"], tmp_path / "table")
    assert pq.ParquetFile(tmp_path / "table").num_row_groups == 2


def test_a_small_table_goes_and_comes(tmp_path: Path) -> None:
    given = pd.DataFrame({"district_code": ["a", "*"], "parks": pd.array([1, None], "Int64")})
    given = given.astype({"district_code": "str"})
    write_table(given, tmp_path / "districts")
    assert_frame_equal(read_table(tmp_path / "districts"), given)
