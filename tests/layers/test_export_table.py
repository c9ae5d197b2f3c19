from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from layers.errors import Text
from layers.export import export_table

if TYPE_CHECKING:
    from pathlib import Path


LON, LAT = 121.505612, 31.299034


# --- result tables ---------------------------------------------------------


@pytest.fixture
def result() -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {
            "park_id": pd.Series(["B01", "B02"], dtype="str"),
            "spaces": pd.array([3, None], dtype="Int64"),
            "share": [0.123456789012345, np.nan],
            "sample": pd.array([True, False], dtype="boolean"),
            "reason_zh": pd.Series(["=因为", None], dtype="str"),
            "day": pd.to_datetime(pd.Series(["2026-01-02", None])),
        }
    )
    points = [shapely.MultiPoint([(LON, LAT), (121.51, 31.3)]), None]
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4490")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json", ".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize("spatial", [True, False])
def test_result_tables(
    result: gpd.GeoDataFrame, tmp_path: Path, suffix: str, spatial: bool
) -> None:
    frame = result if spatial else pd.DataFrame(result.drop(columns="geometry"))
    path = tmp_path / f"s{suffix}"
    report = export_table(
        frame, path, title=Text("离散", "Scatter"), titles={"share": Text("占比", "Share")}
    )
    assert report.path == path
    assert report.layers == (("s", 2, 1 if spatial else 0),)
    assert any("示例数据" in note.zh for note in report.notes)
    assert list(tmp_path.iterdir()) == [path]


def test_result_tables_say_what_they_hold(result: gpd.GeoDataFrame, tmp_path: Path) -> None:
    export_table(result, tmp_path / "s.json")
    first, second = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert first == {
        "park_id": "B01",
        "spaces": 3,
        "share": 0.123456789012345,
        "sample": True,
        "reason_zh": "=因为",
        "day": "2026-01-02",
        "data_mark": "示例数据",
    }
    assert second["share"] is None
    export_table(result, tmp_path / "s.parquet")
    back = gpd.read_parquet(tmp_path / "s.parquet")
    assert back.crs == "EPSG:4490"
    assert back["share"][0] == 0.123456789012345
    export_table(result, tmp_path / "s.xlsx", titles={"share": Text("占比", "Share")})
    page = openpyxl.load_workbook(tmp_path / "s.xlsx").worksheets[0]
    assert [c.value for c in page[1]][:3] == ["park_id", "spaces", "占比"]
    assert page["E2"].value == "=因为"


def test_a_table_of_internal_values_carries_their_mark(
    result: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    mark = "内部资料 注意保管"
    for suffix in (".xlsx", ".gpkg", ".geojson"):
        path = tmp_path / f"s{suffix}"
        assert mark not in [n.zh for n in export_table(result, path).notes]
        report = export_table(result, path, internal=True)
        assert report.notes[0].zh == mark
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    assert mark in str(book.properties.description)
    header = book.worksheets[0].oddHeader
    assert header is not None
    assert mark in str(header.center.text)
    readme = [cell.value for line in book["说明"] for cell in line]
    assert readme.count(mark) == 2, "in the table and as a sentence"
    with closing(sqlite3.connect(tmp_path / "s.gpkg")) as database:
        (told,) = database.execute(
            "select description from gpkg_contents where identifier like 's%'"
        )
        (audience,) = database.execute('select "使用范围" from _readme')
    assert mark in told[0]
    assert audience == (mark,)
    content = json.loads((tmp_path / "s.geojson").read_text(encoding="utf-8"))
    assert mark in content["notice"]


def test_an_empty_result_table(result: gpd.GeoDataFrame, tmp_path: Path) -> None:
    for suffix in (".csv", ".xlsx", ".json", ".gpkg", ".geojson", ".parquet"):
        report = export_table(result.iloc[:0], tmp_path / f"e{suffix}")
        assert report.layers == (("e", 0, 0),)
