from __future__ import annotations

import math
import pickle
import shutil
import sqlite3
import struct
from contextlib import closing
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from layers.errors import IntakeError
from layers.intake.read import read_raw
from layers.intake.readers.parts import PartError
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["杨浦科技园", "湾谷"]


def frame(**more: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": NAMES, "area": [1.5, 2.0], **more},
        geometry=[shapely.box(121.5, 31.3, 121.6, 31.4)] * 2,
        crs="EPSG:4490",
    )


def written(path: Path, driver: str, *, made: gpd.GeoDataFrame | None = None, **more: Any) -> Path:
    pyogrio.write_dataframe(frame() if made is None else made, path, driver=driver, **more)
    return path


def read(path: Path, **more: Any) -> Any:
    return read_raw(Request(path, **more))


def codes(raw: Any) -> list[str]:
    return [issue.code for issue in raw.issues]


# --- FlatGeobuf -------------------------------------------------------------


def test_a_flatgeobuf_is_read(tmp_path: Path) -> None:
    raw = read(written(tmp_path / "园区.fgb", "FlatGeobuf", SPATIAL_INDEX="NO"))
    assert raw.frame["name"].tolist() == NAMES
    assert raw.frame["geometry"].iloc[0].equals(shapely.box(121.5, 31.3, 121.6, 31.4))
    assert raw.system.name == "EPSG:4490"
    assert raw.facts["kind"].zh == "FlatGeobuf"
    assert "面 2" in raw.facts["geometry"].zh


@pytest.mark.parametrize("suffix", [".fgb", ".tab", ".mif", ".gpkg"])
def test_another_format_under_this_name_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "a.geojson"
    frame().to_file(path, engine="pyogrio")
    for sibling in (".dat", ".mid"):
        path.with_suffix(sibling).write_bytes(b"x")
    path.rename(path.with_suffix(suffix))
    with pytest.raises(IntakeError, match=r"不是|损坏"):
        read(path.with_suffix(suffix))


def test_a_damaged_flatgeobuf_never_crashes(tmp_path: Path) -> None:
    path = written(tmp_path / "a.fgb", "FlatGeobuf")
    whole = path.read_bytes()
    for size in range(8, len(whole), 13):
        path.write_bytes(whole[:size])
        try:
            raw = read(path)
        except IntakeError:
            continue
        assert len(raw.frame) <= 2


# --- FileGDB ----------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = written(tmp_path / "杨浦.gdb", "OpenFileGDB", layer="YQ")
    pyogrio.write_dataframe(frame(), path, driver="OpenFileGDB", layer="楼栋", append=False)
    return path


def test_a_layer_of_a_filegdb_is_chosen_by_part_or_by_the_name_of_the_layer(
    database: Path,
) -> None:
    for wish in ({"part": "YQ"}, {"layer": "YQ"}):
        raw = read(database, **wish)
        assert raw.frame["name"].tolist() == NAMES
        assert raw.part == "YQ"
        assert raw.parts == ("YQ", "楼栋")
        assert raw.facts["part"].zh == "YQ"
    for wish in ({}, {"part": "无"}, {"part": "GDB_Items"}):
        with pytest.raises(PartError, match="YQ, 楼栋") as caught:
            read(database, **wish)
        assert caught.value.parts == ("YQ", "楼栋")


def test_reading_writes_nothing_into_the_database(database: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in database.iterdir()}
    read(database, part="YQ")
    assert {path.name: path.stat().st_mtime_ns for path in database.iterdir()} == before


DEFINITION = """<t:DEFeatureClassInfo xmlns:t="urn:t"><GPFieldInfoExs>
<GPFieldInfoEx><Name>YQMC</Name><AliasName>园区名称</AliasName></GPFieldInfoEx>
<GPFieldInfoEx><Name>MJ</Name><AliasName>面积</AliasName></GPFieldInfoEx>
<GPFieldInfoEx><Name>BZ</Name><AliasName></AliasName></GPFieldInfoEx>
</GPFieldInfoExs></t:DEFeatureClassInfo>"""


@pytest.mark.parametrize(
    ("definition", "headings"),
    [
        (DEFINITION, ["园区名称", "面积", "BZ"]),
        (DEFINITION.replace("面积", "园区名称"), ["园区名称", "园区名称 (2)", "BZ"]),
        ("<broken", ["YQMC", "MJ", "BZ"]),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', ["YQMC", "MJ", "BZ"]),
    ],
)
def test_aliases_are_the_headings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, definition: str, headings: list[str]
) -> None:
    made = frame(BZ=["x", "y"]).rename(columns={"name": "YQMC", "area": "MJ"})
    path = written(tmp_path / "a.gdb", "OpenFileGDB", made=made[["YQMC", "MJ", "BZ", "geometry"]])
    honest = pyogrio.read_dataframe

    def told(source: Path, *, layer: str, **more: Any) -> Any:
        table = honest(source, layer=layer, **more)
        return table.assign(Definition=definition, Name="a") if layer == "GDB_Items" else table

    monkeypatch.setattr(pyogrio, "read_dataframe", told)
    raw = read(path)
    assert list(raw.frame.columns) == [*headings, "geometry"]
    assert ("names_by_alias" in codes(raw)) == (headings[0] == "园区名称")


def test_a_folder_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gdb"
    path.mkdir()
    (path / "x.txt").write_bytes(b"x")
    with pytest.raises(IntakeError, match="gdbtable"):
        read(path)


def test_a_damaged_database_is_refused_or_read_but_never_crashes(database: Path) -> None:
    for file in sorted(database.iterdir()):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] or b"x")
        with suppress(IntakeError):
            raw = read(database, part="YQ")
            # Where the private copy was is nobody's business.
            assert not any("atlas-" in issue.message.en for issue in raw.issues)
        file.write_bytes(whole)


def test_links_in_a_database_are_not_followed(database: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in sorted(database.glob("a0000000[1-9a-f].gdbtable")):
        shutil.move(file, elsewhere / file.name)
        file.symlink_to(elsewhere / file.name)
    with pytest.raises(IntakeError):
        read(database, part="YQ")


# --- MapInfo ----------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
@pytest.mark.parametrize(
    ("codec", "said", "expected"),
    [
        ("gbk", b"WindowsSimpChinese", []),
        ("gbk", b"Neutral", ["encoding_assumed"]),
        ("gbk", b"WindowsLatin1", ["encoding_claim_wrong", "encoding_assumed"]),
        ("utf-8", b"UTF-8", []),
        ("utf-8", b"Neutral", []),
    ],
)
def test_the_text_of_mapinfo_is_read_whatever_its_charset_says(
    tmp_path: Path, suffix: str, codec: str, said: bytes, expected: list[str]
) -> None:
    coded = "UTF-8" if codec == "utf-8" else "CP936"
    path = written(tmp_path / f"园区{suffix}", "MapInfo File", ENCODING=coded)
    head = path.read_bytes()
    named = b"WindowsSimpChinese" if codec == "gbk" else b"UTF-8"
    assert named in head
    path.write_bytes(head.replace(named, said))
    raw = read(path)
    assert raw.frame["name"].tolist() == NAMES
    assert raw.frame["area"].tolist() == [1.5, 2.0]
    assert shapely.area(raw.frame["geometry"].to_numpy()) == pytest.approx([0.01, 0.01], rel=1e-3)
    assert codes(raw) == expected


def test_chinese_headings_of_mapinfo(tmp_path: Path) -> None:
    made = frame().rename(columns={"name": "园区名称"})
    path = written(tmp_path / "a.mif", "MapInfo File", made=made, ENCODING="CP936")
    assert "园区名称" in read(path).frame.columns


@pytest.mark.parametrize(("suffix", "part"), [(".tab", ".dat"), (".mif", ".mid")])
def test_a_missing_part_of_mapinfo_is_named(tmp_path: Path, suffix: str, part: str) -> None:
    path = written(tmp_path / f"a{suffix}", "MapInfo File")
    path.with_suffix(part).unlink()
    with pytest.raises(IntakeError, match=rf"缺少 \{part}"):
        read(path)


@pytest.mark.parametrize(
    "text",
    [
        '!table\n!version 100\nOpen Table "/etc/x"\nCreate View a As Select * From x',
        '!table\n!version 300\nDefinition Table\n  Type DBF Charset "Neutral"\n',
        '!table\n!version 300\nDefinition Table\n  File "/etc/x.tif"\n  Type "RASTER"\n',
        (
            '!table\nDefinition Table\n  Type NATIVE Charset "Neutral"\nbegin_metadata\n'
            '"\\IsSeamless" = "TRUE"\nend_metadata\n'
        ),
        "x",
    ],
)
def test_a_table_that_names_other_files_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.tab"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".dat").write_bytes(b"x")
    with pytest.raises(IntakeError, match=r"其他文件|不是 MapInfo"):
        read(path)


# --- GeoPackage and GeoJSON -------------------------------------------------


def test_a_layer_of_a_geopackage_is_chosen_by_part(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gpkg", "GPKG", layer="园区")
    pyogrio.write_dataframe(frame(), path, driver="GPKG", layer="carriers")
    raw = read(path, layer="carriers", part="园区")
    assert (raw.part, raw.parts) == ("园区", ("园区", "carriers"))
    assert read(path, layer="carriers").part == "carriers"
    with pytest.raises(PartError, match="没有“无”"):
        read(path, layer="carriers", part="无")


def test_arcs_become_short_lines_and_that_is_said(tmp_path: Path) -> None:
    """A circle of radius 1 as two arcs, written into the file as it would be by a GIS."""
    path = written(tmp_path / "a.gpkg", "GPKG", layer="a", SPATIAL_INDEX="NO")
    corners = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (1.0, -1.0), (0.0, 0.0)]
    arcs = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<2d", *xy) for xy in corners)
    blob = b"GP\0\1" + struct.pack("<i", 4490) + struct.pack("<BII", 1, 10, 1) + arcs
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma writable_schema=1")
        database.execute("update sqlite_master set sql = replace(sql, 'POLYGON', 'CURVEPOLYGON')")
        database.execute("update gpkg_geometry_columns set geometry_type_name='CURVEPOLYGON'")
        database.execute("update a set geom = ? where fid = 1", (blob,))
        database.commit()
    raw = read(path)
    assert raw.frame["geometry"].iloc[0].area == pytest.approx(math.pi, rel=1e-3)
    assert "curves_straightened" in codes(raw)


def test_what_was_read_can_go_to_another_process(tmp_path: Path) -> None:
    raw = read(written(tmp_path / "a.fgb", "FlatGeobuf"))
    again = pickle.loads(pickle.dumps(raw))  # noqa: S301 -- made here
    assert again.frame.equals(raw.frame)
    assert again.system == raw.system


def test_what_is_told_of_a_geojson(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    frame().to_file(path, engine="pyogrio")
    facts = read(path).facts
    assert facts["geometry"].en == "2 polygons"
    assert facts["extent"].zh == "x 121.5 – 121.6, y 31.3 – 31.4"
