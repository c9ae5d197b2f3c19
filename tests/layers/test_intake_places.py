from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from geo.gcj import wgs84_to_bd09
from geo.gcj import wgs84_to_gcj02
from layers.errors import IntakeError
from layers.intake import read_file

if TYPE_CHECKING:
    from pathlib import Path

LON, LAT = 121.5056, 31.2990
HEAD = "carrier_id,name,gross_area_m2,lon,lat\n"


# --- coordinates -----------------------------------------------------------


@pytest.mark.parametrize(
    "names", ["lon,lat", "lng,lat", "Longitude,Latitude", "X,Y", "经度,纬度", "经度(°),纬度(°)"]
)
def test_names_of_coordinate_columns(desk: Any, names: str) -> None:
    result = desk.take(desk.csv(f"carrier_id,{names}\nC1,{LON},{LAT}\n"))
    assert result.accepted.geometry[0].equals_exact(shapely.Point(LON, LAT), 1e-9)


@pytest.mark.parametrize("code", [4549, 4550, 32651])
def test_metres_need_their_system_named(desk: Any, code: int) -> None:
    # Independent of the product's own path: pyproj directly, axes east, north.
    there = Transformer.from_crs(4490, code, always_xy=True).transform(LON, LAT)
    path = desk.csv(f"carrier_id,x,y\nC1,{there[0]!r},{there[1]!r}\n")
    with pytest.raises(IntakeError, match="EPSG:4549"):
        desk.take(path)
    result = desk.take(path, crs=f"EPSG:{code}")
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert result.crs == f"EPSG:{code}"


def test_degrees_called_metres_are_refused(desk: Any) -> None:
    with pytest.raises(IntakeError, match="经纬度"):
        desk.take(desk.csv(HEAD + f"C1,,,{LON},{LAT}\n"), crs="EPSG:4549")


@pytest.mark.parametrize("crs", ["EPSG:1", "/etc/passwd", "+init=file:x", "上海坐标", ""])
def test_unknown_systems_are_refused(desk: Any, crs: str) -> None:
    with pytest.raises(IntakeError, match="GCJ02"):
        desk.take(desk.csv(HEAD + f"C1,,,{LON},{LAT}\n"), crs=crs)


@pytest.mark.parametrize(
    ("name", "shift"),
    [("GCJ02", wgs84_to_gcj02), ("gcj-02", wgs84_to_gcj02), ("BD09", wgs84_to_bd09)],
)
def test_shifted_coordinates_are_corrected(desk: Any, name: str, shift: Any) -> None:
    x, y = (float(v) for v in shift(LON, LAT))
    assert abs(x - LON) > 0.004
    result = desk.take(desk.csv(HEAD + f"C1,,,{x!r},{y!r}\n"), crs=name)
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    (issue,) = [i for i in result.issues if i.code == "shift_corrected"]
    assert issue.severity == "info"
    assert "1 行" in issue.message.zh


def test_the_gcj_oracle(desk: Any) -> None:
    path = desk.csv(HEAD + "C1,,,121.51001683,31.29699376\n")
    result = desk.take(path, crs="GCJ02")
    assert result.accepted.geometry[0].distance(shapely.Point(121.5056, 31.2990)) < 2e-8


def test_a_system_by_row(desk: Any) -> None:
    gx, gy = (float(v) for v in wgs84_to_gcj02(LON, LAT))
    bx, by = (float(v) for v in wgs84_to_bd09(LON, LAT))
    text = (
        "载体编码,经度,纬度,坐标系\n"
        f"C1,{LON},{LAT},CGCS2000\nC2,{gx!r},{gy!r},GCJ02\nC3,{bx!r},{by!r},BD09\n"
        f"C4,{LON},{LAT},\nC5,{LON},{LAT},未知\n"
    )
    result = desk.take(desk.csv(text), crs="EPSG:4490")
    assert result.accepted["carrier_id"].tolist() == ["C1", "C2", "C3", "C4"]
    distances = shapely.distance(result.accepted.geometry.to_numpy(), shapely.Point(LON, LAT))
    assert (distances < 1e-9).all()
    (issue,) = [i for i in result.issues if i.severity == "error"]
    assert (issue.code, issue.row, issue.value) == ("unknown_coordinate_system", 5, "未知")


def test_spellings_of_one_system_are_told_of_once(desk: Any) -> None:
    x, y = (float(v) for v in wgs84_to_gcj02(LON, LAT))
    rows = "".join(f"C{i},{x!r},{y!r},{name}\n" for i, name in enumerate(("GCJ02", "高德", "")))
    result = desk.take(desk.csv("载体编码,经度,纬度,坐标系\n" + rows), crs="gcj-02")
    (issue,) = [i for i in result.issues if i.code == "shift_corrected"]
    assert "3 行" in issue.message.zh
    assert result.crs == "GCJ02"
    distances = shapely.distance(result.accepted.geometry.to_numpy(), shapely.Point(LON, LAT))
    assert (distances < 1e-9).all()


@pytest.mark.parametrize(
    ("systems", "told"),
    [
        (("", "", ""), "文件没有写明坐标系"),
        (("CGCS2000", "", ""), "2 行没有写明坐标系（其余行已写明）"),
        (("CGCS2000", "", "GCJ02"), "1 行没有写明坐标系（其余行已写明）"),
        (("CGCS2000", "CGCS2000", "GCJ02"), ""),
    ],
)
def test_only_rows_that_name_no_system_are_assumed_to_have_one(
    desk: Any, systems: tuple[str, ...], told: str
) -> None:
    rows = "".join(f"C{i},{LON},{LAT},{name}\n" for i, name in enumerate(systems))
    result = desk.take(desk.csv("载体编码,经度,纬度,坐标系\n" + rows))
    found = [i.message.zh for i in result.issues if i.code == "crs_assumed"]
    assert len(found) == bool(told)
    assert all(text.startswith(told) for text in found)


def test_metres_of_rows_that_name_their_system_need_no_other_word(desk: Any) -> None:
    x, y = Transformer.from_crs(4490, 4549, always_xy=True).transform(LON, LAT)
    text = f"载体编码,经度,纬度,坐标系\nC1,{x!r},{y!r},EPSG:4549\n"
    result = desk.take(desk.csv(text))
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert result.crs == "EPSG:4549"
    mixed = desk.take(desk.csv(text + f"C2,{LON},{LAT},\n"))
    distances = shapely.distance(mixed.accepted.geometry.to_numpy(), shapely.Point(LON, LAT))
    assert (distances < 1e-9).all()
    with pytest.raises(IntakeError, match="米"):
        desk.take(desk.csv(text + f"C2,{x!r},{y!r},\n"))


def test_an_old_datum_is_warned_of(desk: Any) -> None:
    path = desk.csv(HEAD + f"C1,,,{LON},{LAT}\n")
    assert "datum_shift_unknown" in desk.codes(desk.take(path, crs="EPSG:4214"))
    assert "datum_shift_unknown" not in desk.codes(desk.take(path, crs="EPSG:4490"))


# --- GeoJSON ---------------------------------------------------------------


def test_geojson_with_chinese_nulls_and_broken_geometries(desk: Any) -> None:
    features = [
        desk.feature(desk.point(LON, LAT), carrier_id="C1", name="杨浦", tenants=3, protected=True),
        desk.feature(None, carrier_id="C2", name=None, tenants=None),
        desk.feature({"type": "Polygon", "coordinates": [[[121.5]]]}, carrier_id="C3"),
        desk.feature({"type": "Blob"}, carrier_id="C4"),
        desk.feature(desk.point(float("nan"), LAT), carrier_id="C5"),
        desk.feature({"type": "Point", "coordinates": ["a", "b"]}, carrier_id="C6"),
        {"type": "Feature", "properties": None, "geometry": None},
        "nonsense",
    ]
    result = desk.take(desk.geojson(features))
    assert result.accepted["carrier_id"].tolist() == ["C1", "C2"]
    assert result.accepted["tenants"].tolist() == [3, pd.NA]
    assert result.accepted["protected"][0]
    errors = {i.row: i.code for i in result.issues if i.severity == "error"}
    assert errors[3] == errors[4] == errors[6] == "geometry_unreadable"
    assert errors[5] == "not_finite"
    assert errors[7] == "required"
    assert result.rejected["_row"].tolist() == [3, 4, 5, 6, 7, 8]


def test_codes_keep_their_zeros(desk: Any) -> None:
    features = [desk.feature(None, carrier_id="007"), desk.feature(None, carrier_id=8)]
    assert desk.take(desk.geojson(features)).accepted["carrier_id"].tolist() == ["007", "8"]


def test_geojson_in_metres(desk: Any) -> None:
    x, y = Transformer.from_crs(4490, 4549, always_xy=True).transform(LON, LAT)
    features = [desk.feature(desk.point(x, y), carrier_id="C1")]
    with pytest.raises(IntakeError, match="米"):
        desk.take(desk.geojson(features))
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    result = desk.take(desk.geojson(features, crs=named))
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert "crs_assumed" not in desk.codes(result)
    strange = {"type": "name", "properties": {"name": "file:///etc/passwd"}}
    with pytest.raises(IntakeError, match="坐标系"):
        desk.take(desk.geojson(features, crs=strange))


def test_the_files_own_system_wins_over_the_users(desk: Any) -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path = desk.geojson([desk.feature(desk.point(LON, LAT), carrier_id="C1")], crs=named)
    result = desk.take(path, crs="EPSG:4549")
    assert "crs_argument_ignored" in desk.codes(result)
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"type": "Point", "coordinates": [1, 2]}',
        '{"type": "FeatureCollection"}',
        "[" * 100_000,
        "12",
        "null",
    ],
)
def test_json_that_is_no_geojson(desk: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError, match=r"x\.geojson"):
        desk.take(path)


def test_an_empty_collection(desk: Any) -> None:
    result = desk.take(desk.geojson([]))
    assert desk.codes(result)[-1] == "no_rows"


# --- GeoPackage ------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {"carrier_id": ["C1", "C2"], "name": ["楼", None], "tenants": [3, None]},
        geometry=[shapely.Point(LON, LAT), None],
        crs="EPSG:4490",
    )
    path = tmp_path / "交付.gpkg"
    frame.to_crs("EPSG:4549").to_file(path, layer="carriers", driver="GPKG", engine="pyogrio")
    return path


def test_gpkg_with_style_table(desk: Any, package: Path) -> None:
    with sqlite3.connect(package) as database:
        database.execute("create table layer_styles (id integer primary key, styleQML text)")
        database.execute(
            "insert into gpkg_contents (table_name, data_type) values ('layer_styles','attributes')"
        )
    database.close()
    result = desk.take(package, "carriers")
    assert result.accepted["tenants"].tolist() == [3, pd.NA]
    assert result.accepted.geometry[0].distance(shapely.Point(LON, LAT)) < 1e-9
    assert result.accepted.geometry[1] is None
    assert result.crs == "EPSG:4549"
    # The only layer is taken under any name; among several it must be named.
    assert len(desk.take(package, "parks", mapping={"carrier_id": "park_id"}).rejected) == 1
    pyogrio.write_dataframe(pd.DataFrame({"a": ["1"]}), package, layer="other", driver="GPKG")
    with pytest.raises(IntakeError, match="carriers, other"):
        desk.take(package, "parks")


def test_damaged_gpkg(desk: Any, package: Path, tmp_path: Path) -> None:
    data = package.read_bytes()
    cut = tmp_path / "cut.gpkg"
    cut.write_bytes(data[:5000])
    junk = tmp_path / "junk.gpkg"
    junk.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
    for path in (cut, junk):
        with pytest.raises(IntakeError, match=path.name):
            desk.take(path)


def test_gpkg_without_a_system(desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "none.gpkg"
    frame = gpd.GeoDataFrame({"carrier_id": ["C1"]}, geometry=[shapely.Point(LON, LAT)])
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(frame, path, layer="carriers", driver="GPKG")
    with pytest.raises(IntakeError, match="坐标系"):
        desk.take(path)
    assert desk.take(path, crs="EPSG:4490").accepted.geometry[0] is not None


def test_read_file_gives_what_stands_in_the_file(desk: Any, package: Path) -> None:
    frame = read_file(desk.csv(f"编号,经度,纬度\n1,{LON},{LAT}\n"))
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame["编号"].tolist() == ["1"]
    assert frame.geometry[0].x == LON
    plain = read_file(desk.csv("编号\n1\n"))
    assert not isinstance(plain, gpd.GeoDataFrame)
    assert read_file(package).crs == "EPSG:4549"
