from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from layers.errors import ExportError
from layers.intake import Choices
from layers.intake import intake

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue

LON, LAT = 121.505612, 31.299034
RING = [(121.5, 31.3), (121.5, 31.302), (121.502, 31.302), (121.502, 31.3)]
AREA = shapely.Polygon(RING)
Tables = dict[str, Any]


# --- GeoPackage ------------------------------------------------------------


def test_gpkg_holds_all_layers(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "导出" / "y.gpkg"
    report = export(shared, tables, "parks carriers units zones", path, crs="EPSG:4549")
    assert report.layers == (("parks", 3, 2), ("carriers", 2, 1), ("units", 1, 0), ("zones", 2, 2))
    assert report.crs == "EPSG:4549"
    assert report.checked
    assert [p.name for p in path.parent.iterdir()] == ["y.gpkg"]
    database = sqlite3.connect(path)
    contents = {
        name: (kind, title, text, srs)
        for name, kind, title, text, srs in database.execute(
            "select table_name, data_type, identifier, description, srs_id from gpkg_contents"
        )
    }
    assert database.execute("pragma user_version").fetchone() == (10300,)
    kinds = dict(database.execute("select name, type from pragma_table_info('carriers')"))
    readme = database.execute('select "图层", "示例标记", "示意标记" from _readme').fetchall()
    database.close()
    assert contents["parks"][0] == "features"
    assert contents["parks"][3] == 4549
    assert contents["units"][0] == "attributes"
    assert "示例数据" in contents["carriers"][1]
    assert "示意" in contents["parks"][1]
    assert "内部资料 注意保管" in contents["parks"][2]
    assert kinds["data_date"] == "DATE"
    assert kinds["protected"] == "BOOLEAN"
    assert kinds["tenants"] == "INTEGER"
    assert ("carriers", "示例数据", None) in readme or ("carriers", "示例数据", "") in readme
    assert any(row[0] == "parks" and row[2] == "示意" for row in readme)

    parks = pyogrio.read_dataframe(path, layer="parks")
    assert parks.crs.to_epsg() == 4549
    assert parks["name"].tolist() == ["大学园", "点园", "未定位园"]
    assert parks.geometry[2] is None
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(LON, LAT)
    assert parks.geometry[1].x == pytest.approx(east, abs=1e-6)
    assert parks.geometry[1].y == pytest.approx(north, abs=1e-6)
    assert 3.4e6 < parks.geometry[1].y < 3.5e6
    carriers = pyogrio.read_dataframe(path, layer="carriers")
    assert carriers["tax_wan"][0] == 12.345678901234567
    assert carriers["data_mark"].tolist()[0] == "示例数据"


@pytest.mark.parametrize(("lang", "versioned"), [("zh", True), ("en", True), ("zh", False)])
def test_the_notes_name_the_time_that_they_tell_in_beijing_time(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, lang: str, versioned: bool
) -> None:
    path = tmp_path / "a.gpkg"
    stamp = dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC) if versioned else None
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    export(shared, tables, "parks", path, lang=lang, stamp=stamp)
    readme = pyogrio.read_dataframe(path, layer="_readme")
    name, text = readme.columns[-1], readme.iloc[0, -1]
    if versioned:
        assert (name, text) == (
            "数据版本时间" if lang == "zh" else "version_time",
            "2026-04-01T07:30:00+08:00",
        )
    else:
        assert name == "导出时间"
        assert text.endswith("+08:00")
        assert before <= dt.datetime.fromisoformat(text) <= dt.datetime.now(dt.UTC)


def test_a_time_without_zone_is_refused(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="`stamp`"):
        export(shared, tables, "parks", tmp_path / "a.gpkg", stamp=dt.datetime(2026, 3, 31))  # noqa: DTZ001 -- that is the fault
    assert list(tmp_path.iterdir()) == []


def test_english_notes_have_no_plural_that_could_be_wrong(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    for fmt in ("gpkg", "dxf"):
        path = tmp_path / f"a.{fmt}"
        report = export(shared, tables, "parks", path, crs="EPSG:4549", lang="en")
        told = " ".join(note.en for note in report.notes)
        assert "'Parks', not located (rows: 1)" in told.replace("'parks'", "'Parks'")
        assert "1 rows" not in told


def test_our_own_gpkg_can_be_imported(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "a.gpkg"
    export(shared, tables, "parks carriers", path)
    result = intake(path, shared.layer("carriers"), shared)
    assert result.rejected.empty
    pd.testing.assert_frame_equal(
        pd.DataFrame(result.accepted), pd.DataFrame(tables["carriers"]), check_exact=True
    )
    assert [i.code for i in result.issues] == []


# --- GeoJSON ---------------------------------------------------------------


def test_geojson_is_rfc_7946(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "parks.geojson"
    report = export(shared, tables, "parks", path)
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    assert "内部资料 注意保管" in content["notice"]
    first, second, third = content["features"]
    assert first["properties"]["name"] == "大学园"
    assert first["properties"]["data_mark"] == "示意"
    (ring,) = first["geometry"]["coordinates"]
    xy = np.array(ring)
    area = ((xy[:-1, 0] * xy[1:, 1]) - (xy[1:, 0] * xy[:-1, 1])).sum() / 2
    assert area > 0, "outer rings run counter-clockwise"
    assert second["geometry"] == {"type": "Point", "coordinates": [LON, LAT]}
    assert third["geometry"] is None
    assert len(text.splitlines()) == 3 + 2
    assert report.files == (path,)


@pytest.mark.parametrize("suffix", [".geojson", ".zip"])
def test_geojson_in_metres_is_refused(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    with pytest.raises(ExportError, match="EPSG:4490"):
        export(shared, tables, "parks", path, fmt="geojson", crs="EPSG:4549")
    assert list(tmp_path.glob("a*")) == []


def test_several_layers_of_one_file_formats_go_into_a_zip(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=r"\.zip"):
        export(shared, tables, "parks zones", tmp_path / "a.geojson")
    report = export(shared, tables, "parks units", tmp_path / "a.zip", fmt="csv")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["README.txt", "parks.csv", "units.csv"]
        told = archive.read("README.txt").decode("utf-8-sig")
    assert [p.name for p in report.files] == ["README.txt", "parks.csv", "units.csv"]
    assert all(part in told for part in ("内部资料", "示例数据", "示意", "2026.1.1"))


# --- CSV -------------------------------------------------------------------


def records(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_is_safe_and_typed(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    carriers = tables["carriers"].copy()
    carriers.loc[1, "name"] = "-5"
    carriers.loc[1, "gross_area_m2"] = -5.0
    path = tmp_path / "c.csv"
    export(shared, {"carriers": carriers}, "carriers", path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    first, second = records(path)
    assert first["name"] == "'=1+1"
    assert second["name"] == "'-5"
    assert second["gross_area_m2"] == "-5"
    assert first["data_date"] == "2026-03-31"
    assert first["protected"] == "true"
    assert second["protected"] == ""
    assert (first["lon"], first["lat"]) == (str(LON), str(LAT))
    assert second["lon"] == ""
    assert first["data_mark"] == "示例数据"


def test_csv_of_areas_has_wkt_and_of_metres_x_and_y(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    export(shared, tables, "parks", tmp_path / "p.csv")
    rows = records(tmp_path / "p.csv")
    assert shapely.from_wkt(rows[0]["wkt"]).equals(AREA)
    assert rows[2]["wkt"] == ""
    export(shared, tables, "carriers", tmp_path / "c.csv", crs="EPSG:4549")
    row, _ = records(tmp_path / "c.csv")
    east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(LON, LAT)
    assert float(row["x"]) == pytest.approx(east, abs=0.001)
    assert float(row["y"]) == pytest.approx(north, abs=0.001)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549", "EPSG:4550"])
@pytest.mark.parametrize("key", ["carriers", "parks", "units"])
def test_our_own_csv_can_be_imported(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, key: str, crs: str
) -> None:
    path = tmp_path / f"{key}.csv"
    export(shared, tables, key, path, crs=crs)
    result = intake(path, shared.layer(key), shared, Choices(crs=crs))
    assert result.rejected.empty
    plain = [name for name in tables[key].columns if name != "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(result.accepted[plain]), pd.DataFrame(tables[key][plain]), check_exact=True
    )
    if key != "units":
        both = zip(tables[key].geometry, result.accepted.geometry, strict=True)
        for ours, back in both:
            # A millimetre is 1e-8 degrees.
            assert ours is back is None or shapely.hausdorff_distance(ours, back) < 2e-8


# --- XLSX ------------------------------------------------------------------


def test_xlsx_for_a_planner(export: Any, shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    export(shared, tables, "carriers parks units", path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "载体（示例数据）",
        "园区（示意）",
        "单元（示例数据）",
        "数据字典",
        "说明",
    ]
    page = book["载体（示例数据）"]
    head = [cell.value for cell in page[1]]
    row = dict(zip(head, page[2], strict=True))
    assert "总建筑面积（m²）" in head
    assert row["楼栋名称"].value == "=1+1"
    assert row["楼栋名称"].data_type == "s"
    assert row["数据日期"].number_format == "yyyy-mm-dd"
    assert row["数据日期"].value == dt.datetime(2026, 3, 31)  # noqa: DTZ001 -- dates have no zone
    assert row["企业数"].value == 3
    assert row["历史保护"].value is True
    assert row["经度（°）"].value == LON
    assert row["数据标记"].value == "示例数据"
    parks = book["园区（示意）"]
    assert [cell.value for cell in parks["C"]][:2] == ["园区类别", "大学科技园"]
    told = [cell.value for line in book["说明"] for cell in line]
    assert "内部资料 注意保管" in told
    assert any("示例数据" in str(text) for text in told)
    fields = [cell.value for cell in book["数据字典"]["B"]]
    assert "gross_area_m2" in fields
    assert page.oddHeader is not None
    assert "内部资料" in str(page.oddHeader.center.text)
    again = intake(path, shared.layer("carriers"), shared)
    assert again.rejected.empty
    assert again.accepted["name"].tolist() == tables["carriers"]["name"].tolist()


def test_xlsx_in_english(export: Any, shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    export(shared, tables, "carriers", tmp_path / "a.xlsx", lang="en")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["carriers（示例数据）", "Dictionary", "Read me"]
    assert book.worksheets[0]["D1"].value == "gross area m2 (m²)"
