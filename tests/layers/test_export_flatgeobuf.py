"""FlatGeobuf and GeoParquet: index, header, metadata."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.export.flatgeobuf import check_fgb
from layers.export.flatgeobuf import write_fgb
from layers.export.geofiles import check_parquet
from layers.export.geofiles import write_parquet
from tests.layers import roundtrip_hand as hand
from tests.layers.roundtrip_hand import PLACES

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.export.sheets import Sheet


def _fgb(sheet: Sheet, folder: Path) -> Path:
    path = folder / "carriers.fgb"
    write_fgb([sheet], path, hand.notes(sheet))
    check_fgb([sheet], path, hand.notes(sheet))
    return path


@pytest.mark.parametrize(("places", "indexed"), [("mixed", False), ("polygons", True)])
def test_an_index_where_every_row_has_a_place(tmp_path: Path, places: str, indexed: bool) -> None:
    path = _fgb(hand.sheet(PLACES[places]), tmp_path)
    told = pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]
    assert told is indexed
    assert len(pyogrio.read_dataframe(path)) == 4


def test_rows_at_one_place_are_still_told_apart(tmp_path: Path) -> None:
    sheet = hand.sheet([hand.POINT] * 4)
    path = _fgb(sheet, tmp_path)
    mixed = sheet.frame.assign(楼层=sheet.frame["楼层"].to_numpy()[[1, 0, 2, 3]])
    with pytest.raises(ExportError, match="楼层"):
        check_fgb([replace(sheet, frame=mixed)], path, hand.notes(sheet))


def test_the_header_has_title_and_marks(tmp_path: Path) -> None:
    data = _fgb(hand.sheet(PLACES["lines"]), tmp_path).read_bytes()
    assert "示例载体".encode() in data
    assert "内部资料 注意保管".encode() in data


def test_a_table_is_no_flatgeobuf(tmp_path: Path) -> None:
    sheet = hand.sheet(None)
    with pytest.raises(ExportUsageError, match="没有图形"):
        write_fgb([sheet], tmp_path / "a.fgb", hand.notes(sheet))


def test_a_table_is_left_out_and_named(
    export: Any, shared: Catalogue, tables: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    report = export(shared, tables, "zones units parks", path, fmt="fgb")
    assert [file.name for file in report.files] == ["README.txt", "parks.fgb", "zones.fgb"]
    assert report.layers == (("zones", 2, 2), ("parks", 3, 2)), "rows without place are kept"
    missing = "不在此文件中：“单元”（没有图形的表，1 行）"
    assert [n.zh for n in report.notes if "不在此文件" in n.zh] == [missing]
    with zipfile.ZipFile(path) as archive:
        readme = archive.read("README.txt").decode("utf-8-sig")
    assert missing in readme
    assert "units" not in readme
    with pytest.raises(ExportUsageError, match="“单元”没有图形"):
        export(shared, tables, "units", tmp_path / "b.zip", fmt="fgb")
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize("places", ["mixed", None])
def test_columns_of_parquet_have_titles_and_units(tmp_path: Path, places: str | None) -> None:
    sheet = hand.sheet(PLACES[places] if places else None, "EPSG:4549")
    path = tmp_path / "carriers.parquet"
    write_parquet([sheet], path, hand.notes(sheet))
    check_parquet([sheet], path, hand.notes(sheet))
    schema = pq.read_schema(path)
    about = schema.field("总建筑面积_平方米").metadata
    assert about[b"title_zh"].decode() == "总建筑面积_平方米"
    assert about[b"unit"].decode() == "m²"
    assert "内部资料" in schema.metadata[b"notice"].decode()
    back = gpd.read_parquet(path) if places else pd.read_parquet(path)
    if places:
        # The format has no whole seconds.
        ours = sheet.frame.astype({"数据日期": "datetime64[ms]"})
        pd.testing.assert_frame_equal(back, ours)
    else:
        assert back["编码"].tolist() == sheet.frame["编码"].tolist()
