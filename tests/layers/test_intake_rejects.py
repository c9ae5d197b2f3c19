from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import REJECT_COLUMNS
from layers.delivery import deliver
from layers.errors import ExportUsageError
from layers.frames import GEOMETRY
from layers.intake import IntakeResult
from layers.intake.read import read_raw
from layers.intake.rejecting.rejects import rejects_suffix
from layers.intake.rejecting.rejects import write_rejects
from layers.intake.source import Request
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADINGS = ["载体编码", "楼名", "楼层", "总建筑面积", "企业数", "保护"]
# One row a fault: a letter in a number, no id, an id that is there twice, no whole number.
BAD = [
    ("C1", "甲楼", "地上", "1200", "3", "是"),
    ("C2", "=乙楼", "=1+1", "12OO", "007", "否"),
    ("", "丙楼", "00123", "900.25", "4", ""),
    ("C1", "丁楼", "b", "-0.5", "5", "是"),
    ("C5", '戊"楼', "-", "310115199001011234", "1.5", "否"),
    ("C6", "己楼", None, "77", "6", None),
]
MENDED = [
    BAD[0],
    ("C2", "=乙楼", "=1+1", "1200", "007", "否"),
    ("C3", "丙楼", "00123", "900.25", "4", ""),
    ("C4", "丁楼", "b", "0.5", "5", "是"),
    ("C5", '戊"楼', "-", "3101", "15", "否"),
    BAD[5],
]
POINTS = [(121.50 + n / 100, 31.30) for n in range(6)]


def _csv(rows: list[Any], path: Path, *, encoding: str = "utf-8", sep: str = ",") -> Path:
    table = pd.DataFrame(rows, columns=HEADINGS).assign(经度=0.0, 纬度=0.0)
    table[["经度", "纬度"]] = POINTS
    table.to_csv(path, index=False, encoding=encoding, sep=sep)
    return path


def _xlsx(rows: list[Any], path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "载体台账"
    page.append([*HEADINGS, "经度", "纬度"])
    for row, point in zip(rows, POINTS, strict=True):
        page.append([_number(cell) for cell in row] + list(point))
        for cell in page[page.max_row]:
            # "=1+1" is a text that somebody typed.
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    book.save(path)
    return path


def _number(cell: str | None) -> str | float | None:
    return float(cell) if cell in {"1200", "900.25", "0.5", "-0.5", "77", "3101"} else cell


def _frame(rows: list[Any], crs: str = "EPSG:4490") -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=HEADINGS, dtype=object)
    return gpd.GeoDataFrame(table, geometry=shapely.points(POINTS), crs="EPSG:4490").to_crs(crs)


def _gpkg(rows: list[Any], path: Path) -> Path:
    _frame(rows).to_crs(4549).to_file(path, layer="载体", engine="pyogrio")
    return path


def _geojson(rows: list[Any], path: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "id": n,
            "properties": dict(zip(HEADINGS, map(_number, row), strict=True)),
            "geometry": {"type": "Point", "coordinates": [*point, 5.0]},
        }
        for n, (row, point) in enumerate(zip(rows, POINTS, strict=True))
    ]
    document = {"type": "FeatureCollection", "name": "载体", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


MAKERS: dict[str, Callable[[list[Any], Path], Path]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".gpkg": _gpkg,
    ".geojson": _geojson,
}


def _complete(result: IntakeResult) -> IntakeResult:
    """Return a result with the shapes that the file has."""
    assert result.path is not None
    raw = read_raw(Request(result.path))
    if not raw.shapes or result.rejected_shapes is not None:
        return result
    there = raw.rows.isin(result.rejected.iloc[:, -len(REJECT_COLUMNS)]).to_numpy()
    shapes = raw.frame[GEOMETRY].to_numpy(dtype=object)[there]
    wkt = "" if raw.system is None else raw.system.crs.to_wkt()
    return replace(result, rejected_shapes=shapes, system_wkt=wkt)


def _workspace(folder: Path) -> Workspace:
    return Workspace.create(folder, load_catalogue(), author="t", edition=None)


def _deliver(workspace: Workspace, path: Path) -> IntakeResult:
    result = deliver(workspace, path, "carriers", author="李", message="x").result
    assert result.rows_in == len(result.accepted) + len(result.rejected)
    return _complete(result)


# --- the round trip ----------------------------------------------------------


def _mend_csv(path: Path) -> None:
    data = path.read_bytes()
    encoding = "gb18030" if not data.startswith(b"\xef\xbb\xbf") else "utf-8-sig"
    table = pd.read_csv(path, dtype="str", encoding=encoding, keep_default_na=False)
    for row, name, value in _repairs(table["_row"], table.columns):
        table.loc[row, name] = value
    table.to_csv(path, index=False, encoding=encoding)


def _mend_xlsx(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    names = [str(cell.value) for cell in page[1]]
    numbers = pd.Series([page.cell(n, names.index("_row") + 1).value for n in range(2, 6)])
    for row, name, value in _repairs(numbers, pd.Index(names)):
        page.cell(row + 2, names.index(name) + 1, value)
    book.save(path)


def _mend_gpkg(path: Path) -> None:
    layer = pyogrio.list_layers(path)[0][0]
    frame = gpd.read_file(path, layer=layer).astype({"总建筑面积": "str", "企业数": "str"})
    for row, name, value in _repairs(frame["_row"], frame.columns):
        frame.loc[row, name] = value
    path.unlink()
    frame.to_file(path, layer=layer, engine="pyogrio")


def _mend_geojson(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    features = [feature["properties"] for feature in document["features"]]
    numbers = pd.Series([properties["_row"] for properties in features])
    for row, name, value in _repairs(numbers, pd.Index(HEADINGS)):
        features[row][name] = value
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def _repairs(numbers: pd.Series[Any], columns: pd.Index[Any]) -> list[tuple[int, str, str]]:
    """Return which cells differ between the bad and the good rows: line, heading, value."""
    return [
        (line, name, str(good))
        for line, row in enumerate(int(n) - 1 for n in numbers)
        for name, bad, good in zip(HEADINGS, BAD[row], MENDED[row], strict=True)
        if bad != good and name in columns
    ]


MENDERS = {".csv": _mend_csv, ".xlsx": _mend_xlsx, ".gpkg": _mend_gpkg, ".geojson": _mend_geojson}


@pytest.mark.parametrize("kind", list(MAKERS))
def test_mended_rejects_and_accepted_rows_are_the_clean_delivery(tmp_path: Path, kind: str) -> None:
    first = _workspace(tmp_path / "w")
    result = _deliver(first, MAKERS[kind](BAD, tmp_path / f"坏{kind}"))
    assert result.rejected["_row"].tolist() == [2, 3, 4, 5]
    assert rejects_suffix(result) == kind
    back = write_rejects(result, tmp_path / f"退回{kind}")
    MENDERS[kind](back)
    again = _deliver(first, back)
    assert (again.rows_in, len(again.rejected)) == (4, 0)
    told = " ".join(i.message.zh for i in again.issues if i.code == "columns_dropped")
    assert not any(name in told for name in REJECT_COLUMNS)

    clean = _workspace(tmp_path / "clean")
    assert _deliver(clean, MAKERS[kind](MENDED, tmp_path / f"好{kind}")).rejected.empty
    here, wanted = (
        w.read("carriers").sort_values("carrier_id", ignore_index=True) for w in (first, clean)
    )
    assert len(here) == 6
    assert shapely.equals_exact(here[GEOMETRY].to_numpy(), wanted[GEOMETRY].to_numpy(), 1e-12).all()
    pd.testing.assert_frame_equal(here.drop(columns=GEOMETRY), wanted.drop(columns=GEOMETRY))


@pytest.mark.parametrize("kind", list(MAKERS))
def test_rejects_sent_back_as_they_are_are_rejected_for_the_same_reasons(
    tmp_path: Path, kind: str
) -> None:
    workspace = _workspace(tmp_path / "w")
    result = _deliver(workspace, MAKERS[kind](BAD, tmp_path / f"坏{kind}"))
    again = _deliver(workspace, write_rejects(result, tmp_path / f"退回{kind}"))
    reasons = dict(zip(result.rejected["_row"], result.rejected["_code"], strict=True))
    # The double id is no longer one among the rejected rows alone.
    expected = [code for code in reasons.values() if "duplicate" not in code]
    assert set(expected) <= set(again.rejected.iloc[:, -len(REJECT_COLUMNS) :]["_code"])
    third = write_rejects(again, tmp_path / f"再退{kind}")
    names = [str(name) for name in read_raw(Request(third)).frame.columns]
    assert [name for name in names if name.startswith("_")] == list(REJECT_COLUMNS)


# --- text --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("gb18030", None), ("utf-8", b"\xef\xbb\xbf"), ("utf-8-sig", b"\xef\xbb\xbf")],
)
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_a_csv_keeps_its_encoding_and_separator(
    tmp_path: Path, encoding: str, mark: bytes | None, sep: str
) -> None:
    path = _csv(BAD, tmp_path / "坏.csv", encoding=encoding, sep=sep)
    result = _deliver(_workspace(tmp_path / "w"), path)
    data = write_rejects(result, tmp_path / "r.csv").read_bytes()
    assert data.startswith(mark or "载体编码".encode("gb18030"))
    head = data.decode("gb18030" if mark is None else "utf-8-sig").splitlines()[0]
    assert head.split(sep) == [*HEADINGS, "经度", "纬度", *REJECT_COLUMNS]


def test_utf_16_goes_back_as_utf_16(tmp_path: Path) -> None:
    path = _csv(BAD, tmp_path / "坏.csv", encoding="utf-16", sep="\t")
    result = _deliver(_workspace(tmp_path / "w"), path)
    back = write_rejects(result, tmp_path / "r.csv")
    assert back.read_bytes()[:2] == b"\xff\xfe"
    assert len(read_raw(Request(back)).frame) == 4


def test_no_cell_of_a_csv_is_run_as_a_formula(tmp_path: Path) -> None:
    result = _deliver(_workspace(tmp_path / "w"), _csv(BAD, tmp_path / "坏.csv"))
    text = write_rejects(result, tmp_path / "r.csv").read_text("utf-8-sig")
    assert ",'=乙楼,'=1+1," in text
    assert ",=" not in text


def test_a_source_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    for kind, make in MAKERS.items():
        path = make(BAD, tmp_path / f"坏{kind}")
        result = _deliver(_workspace(tmp_path / f"w{kind}"), path)
        path.unlink()
        back = write_rejects(result, tmp_path / f"r{kind}")
        raw = read_raw(Request(back))
        assert raw.frame["载体编码"].tolist()[0] == "C2"
        assert len(raw.frame) == 4


# --- workbooks ---------------------------------------------------------------


def test_a_workbook_keeps_numbers_texts_and_the_name_of_the_sheet(tmp_path: Path) -> None:
    result = _deliver(_workspace(tmp_path / "w"), _xlsx(BAD, tmp_path / "坏.xlsx"))
    back = write_rejects(result, tmp_path / "r.xlsx", part="载体台账")
    book = openpyxl.load_workbook(back)
    assert book.sheetnames == ["载体台账"]
    page = book.worksheets[0]
    rows = list(page.iter_rows(values_only=True))
    assert list(rows[0]) == [*HEADINGS, "经度", "纬度", *REJECT_COLUMNS]
    assert rows[1][:5] == ("C2", "=乙楼", "=1+1", "12OO", "007")
    assert page["B2"].data_type == page["C2"].data_type == "s"
    assert rows[2][2:4] == ("00123", 900.25)
    assert rows[3][3] == -0.5
    assert rows[4][3] == "310115199001011234"
    assert [row[8] for row in rows[1:]] == [2, 3, 4, 5]
    assert page["A1"].font.bold
    assert page.cell(1, 10).fill.fgColor.rgb == "FFF8CBAD"
    assert page.cell(2, 10).fill.fgColor.rgb == "FFFFF2CC"
    assert page.cell(2, 1).fill.fill_type is None
    assert page.freeze_panes == "A2"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("", "拒收行"),
        ("a/b:c", "a b c"),
        ("'引'", "引"),
        ("History", "拒收行"),
        ("长" * 40, "长" * 31),
        ("[]", "拒收行"),
    ],
)
def test_a_sheet_is_called_as_a_sheet_can_be(tmp_path: Path, part: str, name: str) -> None:
    result = _deliver(_workspace(tmp_path / "w"), _csv(BAD, tmp_path / "坏.csv"))
    back = write_rejects(result, tmp_path / "r.xlsx", part=part)
    assert openpyxl.load_workbook(back).sheetnames == [name]


def test_a_text_that_no_cell_can_hold_is_refused_and_not_cut(tmp_path: Path) -> None:
    result = _deliver(_workspace(tmp_path / "w"), _csv(BAD, tmp_path / "坏.csv"))
    rejected = result.rejected.copy()
    rejected.loc[0, "楼层"] = "长" * 40_000
    long = replace(result, rejected=rejected)
    with pytest.raises(ExportUsageError, match=r"\.csv"):
        write_rejects(long, tmp_path / "r.xlsx")
    assert not (tmp_path / "r.xlsx").exists()
    assert write_rejects(long, tmp_path / "r.csv").is_file()


# --- shapes ------------------------------------------------------------------

SHAPES = [
    shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
    shapely.Point(1, 2, 3),
    None,
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]),
]


def _result(cells: dict[str, list[Any]], file: str, **more: Any) -> IntakeResult:
    """Return rejected rows of a file that is no longer there."""
    rows = len(next(iter(cells.values())))
    verdicts = {name: ["x"] * rows for name in REJECT_COLUMNS} | {"_row": list(range(1, rows + 1))}
    rejected = pd.DataFrame({**cells, **verdicts}).astype({"_row": "Int64"})
    given: dict[str, Any] = {"rows_in": rows, "accepted": rejected.iloc[0:0], "repaired": 0}
    given |= {"issues": (), "sha256": "", "crs": "", **more}
    return IntakeResult(file=file, rejected=rejected, **given)


def test_shapes_go_back_as_they_stood_in_the_system_of_the_file(tmp_path: Path) -> None:
    cells = {
        "长标题超过十个字节的列": ["a"] * 4,
        "Name": ["1", "2", "3", "4"],
        "name": ["1", "x", "2", "3"],
        "fid": ["u", "v", "w", "x"],
        "geom": ["t"] * 4,
        '引"号,列': ["q"] * 4,
        "geometry": ["WKT"] * 4,
    }
    crs = gpd.GeoSeries([], crs=4549).crs
    assert crs is not None
    result = _result(
        cells,
        "用地.shp",
        rejected_shapes=np.array(SHAPES, dtype=object),
        system_wkt=crs.to_wkt(),
    )
    assert rejects_suffix(result) == ".gpkg"
    back = write_rejects(result, tmp_path / "r.gpkg", part="用地")
    assert [name for name, _ in pyogrio.list_layers(back)] == ["用地"]
    frame = gpd.read_file(back)
    assert frame.crs.to_epsg() == 4549
    assert [s if s is None else s.wkt for s in frame.geometry] == [
        s if s is None else s.wkt for s in SHAPES
    ]
    names = [str(name) for name in frame.columns if name != "geometry"]
    assert names[:6] == ["长标题超过十个字节的列", "Name", "name (2)", "fid", "geom", '引"号,列']
    assert names[6:] == list(REJECT_COLUMNS)
    assert frame["Name"].tolist() == [1, 2, 3, 4]
    assert frame["name (2)"].tolist() == ["1", "x", "2", "3"]
    assert read_raw(Request(back)).frame["fid"].tolist() == ["u", "v", "w", "x"]


@pytest.mark.parametrize(
    ("crs", "epsg"), [("EPSG:4549", 4549), ("EPSG:4326", 4326), ("GCJ02", None), ("", None)]
)
def test_a_file_that_names_no_system_goes_back_in_the_one_it_was_read_in(
    tmp_path: Path, crs: str, epsg: int | None
) -> None:
    result = _result(
        {"a": ["1"] * 4}, "图.dxf", rejected_shapes=np.array(SHAPES, dtype=object), crs=crs
    )
    back = write_rejects(result, tmp_path / "r.gpkg")
    system = read_raw(Request(back)).system
    assert (None if system is None else system.crs.to_epsg()) == epsg


def test_features_go_back_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "坏.geojson"
    good = {"type": "Point", "coordinates": [121.5, 31.3]}
    odd = [
        {"type": "Feature", "id": 7, "properties": {"carrier_id": "A"}, "geometry": good, "x": [1]},
        {
            "type": "Feature",
            "id": 8,
            "properties": {"carrier_id": "B", "gross_area_m2": "1x", "other": {"deep": [1, None]}},
            "geometry": good,
            "bbox": [1, 2, 3, 4],
        },
        {"type": "Feature", "properties": {"carrier_id": "C"}, "geometry": {"type": "Blob"}},
    ]
    document = {"type": "FeatureCollection", "name": "载体", "features": odd, "after": 1}
    path.write_text(json.dumps(document), "utf-8")
    result = _deliver(_workspace(tmp_path / "w"), path)
    back = json.loads(write_rejects(result, tmp_path / "r.geojson").read_text("utf-8"))
    assert {k: v for k, v in back.items() if k != "features"} == {
        k: v for k, v in document.items() if k != "features"
    }
    second, third = back["features"]
    assert second["properties"].pop("_row") == 2
    assert third["geometry"] == {"type": "Blob"}
    for name in REJECT_COLUMNS[1:]:
        assert second["properties"].pop(name)
    assert second == odd[1]


def test_other_shapes_become_geojson_that_names_their_system(tmp_path: Path) -> None:
    shapes = np.array([*SHAPES[:3], shapely.points(np.nan, 1.0)], dtype=object)
    result = _result({"a": ["1", "2", "3", "x"]}, "图.kml", rejected_shapes=shapes, crs="EPSG:4549")
    back = write_rejects(result, tmp_path / "r.geojson")
    document = json.loads(back.read_text("utf-8"))
    assert document["crs"]["properties"]["name"].endswith("EPSG::4549")
    assert [f["geometry"] and f["geometry"]["type"] for f in document["features"]] == [
        "Polygon",
        "Point",
        None,
        None,
    ]
    assert [f["properties"]["a"] for f in document["features"]] == ["1", "2", "3", "x"]
    local = gpd.GeoSeries([], crs="+proj=tmerc +lon_0=121.47 +ellps=krass +units=m").crs
    assert local is not None
    nameless = replace(result, system_wkt=local.to_wkt())
    with pytest.raises(ExportUsageError, match=r"\.gpkg"):
        write_rejects(nameless, tmp_path / "n.geojson")


def test_shapes_in_a_csv_name_their_system(tmp_path: Path) -> None:
    result = _deliver(_workspace(tmp_path / "w"), _gpkg(BAD, tmp_path / "坏.gpkg"))
    table = pd.read_csv(write_rejects(result, tmp_path / "r.csv"))
    assert table["坐标系"].tolist() == ["EPSG:4549"] * 4
    assert table["geometry"].str.startswith("POINT").all()


# --- which form --------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "suffix"),
    [
        ("a.csv", ".csv"),
        ("a.TXT", ".csv"),
        ("a.xls", ".xlsx"),
        ("a.ods", ".xlsx"),
        ("a.SHP", ".gpkg"),
        ("a.gdb", ".gpkg"),
        ("a.ovkml", ".gpkg"),
        ("a.dxf", ".gpkg"),
        ("a.json", ".geojson"),
        ("a.zip", ".xlsx"),
    ],
)
def test_the_form_is_the_senders_own(file: str, suffix: str) -> None:
    assert rejects_suffix(_result({"a": ["1"]}, file)) == suffix


def test_an_archive_with_shapes_goes_back_as_geopackage(tmp_path: Path) -> None:
    result = _result({"a": ["1"] * 4}, "用地.zip", rejected_shapes=np.array(SHAPES, dtype=object))
    assert rejects_suffix(result) == ".gpkg"
    nameless = write_rejects(result, tmp_path / "拒收")
    with closing(sqlite3.connect(nameless)) as database:
        assert database.execute("select count(*) from rejects").fetchone() == (4,)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_a_table_is_not_written_as_shapes(tmp_path: Path, suffix: str) -> None:
    result = _result({"a": ["1"]}, "台账.xlsx")
    with pytest.raises(ExportUsageError, match=r"\.xlsx"):
        write_rejects(result, tmp_path / f"r{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".geojson"])
def test_no_rejected_rows_make_an_empty_file(tmp_path: Path, suffix: str) -> None:
    shapes = np.array([], dtype=object)
    result = _result({"a": []}, "图.kml", rejected_shapes=shapes, crs="EPSG:4326")
    assert write_rejects(result, tmp_path / f"r{suffix}").stat().st_size > 0
