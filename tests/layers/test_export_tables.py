"""Several result tables in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.tables import ResultTable
from layers.export.tables import export_tables
from layers.export.tables import in_words

if TYPE_CHECKING:
    from pathlib import Path

REMARK = Text("规则版本：r1", "Rule version: r1")
STATES = {"state": {"keep": Text("保留", "keep"), "go": Text("腾退", "surrender")}}


@pytest.fixture
def tables() -> dict[str, ResultTable]:
    frame = pd.DataFrame(
        {
            "site": ["=A1", "B"],
            "state": ["keep", "go"],
            "area_m2": [10.5, None],
            "day": pd.to_datetime(pd.Series(["2026-01-02", None])),
            "sample": pd.array([True, False], dtype="boolean"),
        }
    )
    points = gpd.GeoDataFrame(frame, geometry=[shapely.Point(121.5, 31.3), None], crs="EPSG:4490")
    empty = pd.DataFrame({"quarter": pd.Series(dtype="str"), "moves": pd.Series(dtype="int64")})
    titles = {"site": Text("点位", "Site"), "state": Text("去留", "Outcome")}
    return {
        "sites": ResultTable(points, Text("点位去留", "Sites"), titles, STATES),
        "calendar": ResultTable(empty, Text("季度安排", "Calendar")),
    }


def test_a_workbook_has_a_page_a_table(tables: dict[str, ResultTable], tmp_path: Path) -> None:
    report = export_tables(tables, tmp_path / "p.xlsx", internal=True, remarks=[REMARK])
    assert report.layers == (("sites", 2, 1), ("calendar", 0, 0))
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert book.sheetnames == ["点位去留（示例数据）", "季度安排", "数据字典", "说明"]
    page = book["点位去留（示例数据）"]
    first = [cell.value for cell in page[2]]
    assert first[:3] == ["=A1", "保留", 10.5]
    assert page["A2"].data_type == "s"
    assert page["C3"].value is None
    told = [str(cell.value) for row in book["说明"].iter_rows() for cell in row]
    assert "规则版本：r1" in told
    assert told.count("规则版本：r1") == 1
    assert sum("内部资料" in text for text in told) == 3  # a row a table, and once for all


@pytest.mark.parametrize(
    ("lang", "told"), [("zh", ["保留、已走", "保留、新"]), ("en", ["keep it, gone", "keep it, 新"])]
)
def test_a_cell_may_list_several_codes(lang: str, told: list[str]) -> None:
    words = {"state": {"keep": Text("保留", "keep it"), "go": Text("已走", "gone")}}
    frame = pd.DataFrame({"state": ["keep;go", "keep; 新", "a;b", None, 3], "other": "keep"})
    found = in_words(frame, words, lang)
    assert found["state"].tolist() == [*told, "a;b", None, 3]
    assert found["other"].tolist() == ["keep"] * 5


def test_a_geopackage_has_layers_and_tables(tables: dict[str, ResultTable], tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    report = export_tables(tables, path, internal=True, remarks=[REMARK])
    assert report.crs == "EPSG:4490"
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert kinds["sites"] == "Point"
    assert kinds["calendar"] is None
    back = gpd.read_file(path, layer="sites")
    assert back["state"].tolist() == ["keep", "go"]
    assert back.crs == "EPSG:4490"


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.docx", "p"])
def test_a_format_for_one_table_is_refused(
    tables: dict[str, ResultTable], tmp_path: Path, name: str
) -> None:
    with pytest.raises(ExportUsageError, match=r"xlsx.*gpkg|gpkg.*xlsx"):
        export_tables(tables, tmp_path / name)
    assert not list(tmp_path.iterdir())
