from __future__ import annotations

import datetime as dt
import shutil
import struct
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pytest
import shapely

from layers.errors import IntakeError
from layers.intake.read import read_raw
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["杨浦科技园", "创智天地", "湾谷科技园"]
POINTS = [shapely.Point(121.5 + i / 100, 31.3) for i in range(3)]


@pytest.fixture
def parks(tmp_path: Path) -> Path:
    """A Shapefile in GBK with all of its parts."""
    frame = gpd.GeoDataFrame(
        {"园区名称": NAMES, "闲置建筑面": [1.5, 2.5, 3.0], "栋数": [3, 4, 5]},
        geometry=POINTS,
        crs="EPSG:4490",
    )
    path = tmp_path / "园区.shp"
    frame.to_file(path, encoding="GB18030", engine="pyogrio")
    return path


def codes(raw: Any) -> list[str]:
    return [issue.code for issue in raw.issues]


def beside(path: Path, suffix: str) -> Path:
    return path.with_suffix(suffix)


# --- a table made by hand ---------------------------------------------------

Field = tuple[bytes, bytes, int, int]


def dbf(
    fields: list[Field],
    records: list[bytes],
    *,
    language: int = 0,
    declared: int | None = None,
) -> bytes:
    """Return a dBase table; every record starts with its deletion flag."""
    width = 1 + sum(field[2] for field in fields)
    start = 32 + 32 * len(fields) + 1
    count = len(records) if declared is None else declared
    head = struct.pack("<BBBBIHH", 3, 124, 5, 1, count, start, width) + bytes(17)
    head += bytes([language]) + bytes(2)
    for name, kind, size, decimals in fields:
        head += name.ljust(11, b"\0") + kind + bytes(4) + bytes([size, decimals]) + bytes(14)
    assert all(len(record) == width for record in records)
    return head + b"\r" + b"".join(records) + b"\x1a"


def shapes(path: Path, points: list[Any]) -> None:
    """Write shapes and index only."""
    gpd.GeoDataFrame({"a": [1] * len(points)}, geometry=points, crs="EPSG:4490").to_file(
        path, engine="pyogrio"
    )
    for suffix in (".dbf", ".cpg"):
        path.with_suffix(suffix).unlink()


def made(tmp_path: Path, table: bytes, count: int = 3) -> Path:
    path = tmp_path / "a.shp"
    shapes(path, POINTS[:count])
    path.with_suffix(".dbf").write_bytes(table)
    return path


def texts(values: list[bytes], width: int = 10, name: bytes = b"name", **more: Any) -> bytes:
    records = [b" " + value.ljust(width) for value in values]
    return dbf([(name, b"C", width, 0)], records, **more)


# --- whole and in pieces ----------------------------------------------------


def test_a_shapefile_in_gbk_is_read_as_it_was_written(parks: Path) -> None:
    raw = read_raw(Request(parks))
    assert list(raw.frame.columns) == ["园区名称", "闲置建筑面", "栋数", "geometry"]
    assert raw.frame["园区名称"].tolist() == NAMES
    assert raw.frame["闲置建筑面"].tolist() == [1.5, 2.5, 3.0]
    assert raw.frame["栋数"].tolist() == [3, 4, 5]
    assert shapely.get_x(raw.frame["geometry"].to_numpy()).tolist() == pytest.approx(
        [121.5, 121.51, 121.52]
    )
    assert raw.system is not None
    assert raw.system.name == "EPSG:4490"
    assert raw.rows.tolist() == [1, 2, 3]
    assert raw.issues == ()
    assert raw.facts["geometry"].zh == "点 3"


@pytest.mark.parametrize("codec", ["UTF-8", "GB18030"])
def test_without_cpg_the_encoding_is_found(tmp_path: Path, codec: str) -> None:
    path = made(tmp_path, texts([name.encode(codec) for name in NAMES], 20, language=0x57))
    raw = read_raw(Request(path))
    assert raw.frame["name"].tolist() == NAMES
    assert codec in raw.facts["encoding"].zh
    assert ("encoding_assumed" in codes(raw)) == (codec == "GB18030")


@pytest.mark.parametrize(
    ("language", "codec", "name"),
    [(0x4D, "gbk", "杨浦"), (0x4F, "big5", "楊浦"), (0x4E, "cp949", "양푸구")],
)
def test_the_language_of_the_table_is_followed(
    tmp_path: Path, language: int, codec: str, name: str
) -> None:
    raw = read_raw(Request(made(tmp_path, texts([name.encode(codec)] * 3, language=language))))
    assert raw.frame["name"].tolist() == [name] * 3
    assert "LDID" in raw.facts["encoding"].en


@pytest.mark.parametrize("written", ["UTF-8", "ISO-8859-1", "ANSI 1252", "nonsense", "zip"])
def test_a_wrong_cpg_is_not_followed_and_said(parks: Path, written: str) -> None:
    beside(parks, ".cpg").write_text(written, encoding="ascii")
    raw = read_raw(Request(parks))
    assert raw.frame["园区名称"].tolist() == NAMES
    assert {"encoding_claim_wrong", "cpg_unknown"} & set(codes(raw))


def test_latin_text_with_a_latin_cpg_stays_latin(tmp_path: Path) -> None:
    path = made(tmp_path, texts(["Café".encode("latin-1"), b"Zo\xeb", b"x"]))
    path.with_suffix(".cpg").write_text("ISO-8859-1", encoding="ascii")
    raw = read_raw(Request(path))
    assert raw.frame["name"].tolist() == ["Café", "Zoë", "x"]


def test_text_that_reads_in_two_encodings_is_reported(tmp_path: Path) -> None:
    """杨浦 in UTF-8 are six bytes that GBK reads as three other characters."""
    path = made(tmp_path, texts(["杨浦".encode()] * 3, language=0x4D))
    raw = read_raw(Request(path))
    issue = next(i for i in raw.issues if i.code == "encoding_ambiguous")
    assert "杨浦" in issue.message.zh
    assert read_raw(Request(path, encoding="utf-8")).frame["name"].tolist() == ["杨浦"] * 3


def test_the_user_wins_over_the_file_or_is_told_that_it_cannot_be(parks: Path) -> None:
    beside(parks, ".cpg").write_text("UTF-8", encoding="ascii")
    raw = read_raw(Request(parks, encoding="GBK"))
    assert raw.frame["园区名称"].tolist() == NAMES
    assert raw.issues == ()
    for wrong in ("utf-8", "klingon", "zip"):
        with pytest.raises(IntakeError, match=r"编码|utf-8"):
            read_raw(Request(parks, encoding=wrong))


def test_a_character_cut_in_the_middle_is_dropped_and_said(tmp_path: Path) -> None:
    """Ten bytes hold three characters of UTF-8 and a third of the fourth."""
    name = "闲置建筑面积".encode()[:10]
    table = texts(["科技园区".encode()[:10], "园".encode(), b"ok"], name=name)
    raw = read_raw(Request(made(tmp_path, table)))
    assert raw.frame["闲置建"].tolist() == ["科技园", "园", "ok"]
    issue = next(i for i in raw.issues if i.code == "text_cut")
    assert issue.message.en.startswith("2 texts")
    assert "UTF-8" in raw.facts["encoding"].zh


def test_two_fields_that_were_cut_to_the_same_name_are_both_kept(tmp_path: Path) -> None:
    fields = [(b"area", b"C", 2, 0), (b"area", b"C", 2, 0), (b"geometry", b"C", 1, 0)]
    raw = read_raw(Request(made(tmp_path, dbf(fields, [b" a1a2g"] * 3))))
    assert list(raw.frame.columns) == ["area", "area (2)", "geometry (2)", "geometry"]
    assert raw.frame["geometry"].iloc[0].equals(POINTS[0])


def test_bytes_of_no_encoding_are_read_with_a_warning(tmp_path: Path) -> None:
    raw = read_raw(Request(made(tmp_path, texts([b"\xff\xfe\xff.", b"ok", b"\xd1\xee\xc6\xd6"]))))
    assert raw.frame["name"].tolist()[1:] == ["ok", "杨浦"]
    assert "text_damaged" in codes(raw)


def test_one_damaged_text_does_not_garble_the_others(tmp_path: Path) -> None:
    values = [*(name.encode() for name in NAMES[:2]), "湾谷".encode()[1:] + b"."]
    raw = read_raw(Request(made(tmp_path, texts(values, 20))))
    assert raw.frame["name"].tolist()[:2] == NAMES[:2]
    assert "1 处" in next(i.message.zh for i in raw.issues if i.code == "text_damaged")


# --- cells ------------------------------------------------------------------


def test_the_cells_of_a_table_become_values(tmp_path: Path) -> None:
    fields = [
        (b"whole", b"N", 6, 0),
        (b"real", b"F", 8, 2),
        (b"big", b"N", 18, 0),
        (b"odd", b"N", 5, 1),
        (b"day", b"D", 8, 0),
        (b"flag", b"L", 1, 0),
        (b"int", b"I", 4, 0),
        (b"memo", b"M", 10, 0),
    ]
    records = [
        b"     12    1.50123456789012345678  1.520240229T\x07\0\0\0" + b" " * 10,
        b" "
        + b"*" * 6
        + b" " * 8
        + b" " * 18
        + b"1,5  "
        + b"20230229?"
        + b"\xff\xff\xff\xff"
        + b"         1",
        b"     -3-1.8e308" + b" " * 17 + b"1" + b"     " + b"00000000f" + b"\0\0\0\0" + b" " * 10,
    ]
    raw = read_raw(Request(made(tmp_path, dbf(fields, records))))
    frame = raw.frame.astype(object).where(raw.frame.notna(), None)
    assert frame["whole"].tolist() == [12, None, -3]
    assert frame["real"].tolist()[:2] == [1.5, None]
    assert frame["big"].tolist() == [123456789012345678, None, 1]
    assert frame["odd"].tolist() == ["1.5", "1,5", None] or frame["odd"].tolist() == [
        1.5,
        "1,5",
        None,
    ]
    assert frame["day"].tolist() == [dt.date(2024, 2, 29), "20230229", None]
    assert frame["flag"].tolist() == [True, None, False]
    assert frame["int"].tolist() == [7, -1, 0]
    assert "memo" not in frame
    lost = {i.field: i.message.en.split()[0] for i in raw.issues if i.code == "numbers_lost"}
    assert lost["whole"] == "1"
    assert "fields_unread" in codes(raw)


def test_the_null_of_arcgis_is_no_number(tmp_path: Path) -> None:
    value = b"-1.7976931348623157e+308"
    table = dbf([(b"a", b"F", 24, 15)], [b" " + value, b" " + b"2.5".rjust(24), b" " + b" " * 24])
    raw = read_raw(Request(made(tmp_path, table)))
    assert raw.frame["a"].isna().tolist() == [True, False, True]
    assert "numbers_lost" in codes(raw)


def test_deleted_records_are_left_out_with_their_shapes(tmp_path: Path) -> None:
    table = dbf([(b"a", b"C", 1, 0)], [b" x", b"*y", b" z"])
    raw = read_raw(Request(made(tmp_path, table)))
    assert raw.frame["a"].tolist() == ["x", "z"]
    assert raw.frame["geometry"].tolist() == [POINTS[0], POINTS[2]]
    assert raw.rows.tolist() == [1, 2]
    assert "dbf_deleted" in codes(raw)


@pytest.mark.parametrize(("records", "points"), [(2, 3), (3, 2)])
def test_surplus_shapes_or_records_are_kept_and_said(
    tmp_path: Path, records: int, points: int
) -> None:
    raw = read_raw(Request(made(tmp_path, texts([b"x"] * records), points)))
    assert len(raw.frame) == 3
    assert raw.frame["geometry"].notna().sum() == points
    assert raw.frame["name"].notna().sum() == records
    assert "dbf_shp_differ" in codes(raw)


def test_a_table_that_was_cut_off_says_how_much_is_missing(tmp_path: Path) -> None:
    table = texts([b"x"] * 3, declared=3)[:-12]
    raw = read_raw(Request(made(tmp_path, table)))
    assert len(raw.frame) == 3
    assert {"dbf_short", "dbf_shp_differ"} <= set(codes(raw))


@pytest.mark.parametrize("table", [b"", b"x" * 10, b"\0" * 200, b"\x03" + b"\xff" * 300])
def test_a_damaged_table_is_refused(tmp_path: Path, table: bytes) -> None:
    path = made(tmp_path, texts([b"x"] * 3))
    path.with_suffix(".dbf").write_bytes(table)
    with pytest.raises(IntakeError, match=r"\.dbf"):
        read_raw(Request(path))


# --- missing parts ----------------------------------------------------------


def test_without_dbf_it_is_said_what_to_send(parks: Path) -> None:
    beside(parks, ".dbf").unlink()
    with pytest.raises(IntakeError, match=r"缺少 \.dbf.*一并提供"):
        read_raw(Request(parks))


def test_without_shx_the_index_is_made_again(parks: Path) -> None:
    whole = read_raw(Request(parks))
    beside(parks, ".shx").unlink()
    before = sorted(parks.parent.iterdir())
    raw = read_raw(Request(parks))
    assert codes(raw) == ["shx_rebuilt"]
    assert raw.frame.equals(whole.frame)
    assert sorted(parks.parent.iterdir()) == before


@pytest.mark.parametrize("damage", [b"", b"\0" * 124, b"short"])
def test_a_broken_index_is_replaced(parks: Path, damage: bytes) -> None:
    beside(parks, ".shx").write_bytes(damage)
    raw = read_raw(Request(parks))
    assert len(raw.frame) == 3
    assert raw.frame["geometry"].notna().all()
    assert codes(raw) == ["shx_replaced"]


@pytest.mark.parametrize(("crs", "degrees"), [("EPSG:4490", True), ("EPSG:4549", False)])
def test_without_prj_no_system_is_named(parks: Path, crs: str, degrees: bool) -> None:
    gpd.read_file(parks).to_crs(crs).to_file(parks, encoding="GB18030", engine="pyogrio")
    beside(parks, ".prj").unlink()
    raw = read_raw(Request(parks))
    assert raw.system is None
    assert raw.lonlat_if_unknown is degrees
    assert codes(raw) == ["prj_missing"]


@pytest.mark.parametrize("code", [4490, 4549, 4550, 4528, 32651, 3857, 4326])
def test_the_prj_of_known_systems_is_understood(parks: Path, code: int) -> None:
    gpd.read_file(parks).to_crs(code).to_file(parks, encoding="GB18030", engine="pyogrio")
    raw = read_raw(Request(parks))
    assert raw.system is not None
    assert raw.system.name == f"EPSG:{code}"


@pytest.mark.parametrize(
    "written",
    [
        "nonsense",
        "/etc/passwd",
        "EPSG:4326",
        "+proj=longlat +nadgrids=/etc/passwd",
        'LOCAL_CS["undefined",UNIT["Meter",1]]',
        (
            'GEOGCS["x",DATUM["x",SPHEROID["GRS 1980",6378137,298.257222101],'
            'EXTENSION["PROJ4_GRIDS","/tmp/grid"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174]]'
        ),
    ],
)
def test_a_prj_that_is_none_is_taken_as_missing(parks: Path, written: str) -> None:
    beside(parks, ".prj").write_text(written, encoding="utf-8")
    raw = read_raw(Request(parks))
    assert raw.system is None
    assert codes(raw) == ["prj_unreadable"]


def test_parts_in_other_letter_case_are_found(parks: Path) -> None:
    for suffix in (".shp", ".dbf", ".shx", ".prj"):
        beside(parks, suffix).rename(parks.parent / f"园区{suffix.upper()}")
    raw = read_raw(Request(parks.parent / "园区.SHP"))
    assert raw.frame["园区名称"].tolist() == NAMES
    assert raw.system is not None


@pytest.mark.parametrize("suffix", [".dbf", ".shx", ".prj", ".cpg"])
def test_one_part_stands_for_the_whole_or_is_refused(parks: Path, suffix: str) -> None:
    assert len(read_raw(Request(beside(parks, suffix))).frame) == 3
    parks.unlink()
    with pytest.raises(IntakeError, match=rf"\{suffix}.*没有图形.*一并提供"):
        read_raw(Request(beside(parks, suffix)))


def test_a_part_that_is_a_link_is_not_followed(parks: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(beside(parks, ".dbf"), elsewhere / "secret.dbf")
    beside(parks, ".dbf").symlink_to(elsewhere / "secret.dbf")
    with pytest.raises(IntakeError, match=r"缺少 \.dbf"):
        read_raw(Request(parks))


# --- shapes -----------------------------------------------------------------


def test_null_shapes_and_heights_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    shapes(path, [shapely.Point(1, 2, 3), None, shapely.Point(4, 5, 6)])
    path.with_suffix(".dbf").write_bytes(texts([b"x"] * 3))
    drawn = read_raw(Request(path)).frame["geometry"]
    assert drawn.isna().tolist() == [False, True, False]
    assert shapely.get_coordinates(drawn.iloc[0], include_z=True).tolist() == [[1, 2, 3]]


def test_an_open_ring_is_closed_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    shapes(path, [shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)])
    path.with_suffix(".dbf").write_bytes(texts([b"x"] * 2))
    data = bytearray(path.read_bytes())
    # Header of the file, of the record, type, box, two counts, one part, four corners.
    last = 100 + 8 + 4 + 32 + 8 + 4 + 4 * 16
    assert struct.unpack_from("<2d", data, last) == struct.unpack_from("<2d", data, last - 64)
    struct.pack_into("<2d", data, last, 0.9, 0.5)
    path.write_bytes(data)
    raw = read_raw(Request(path))
    assert raw.frame["geometry"].iloc[0].exterior.is_closed
    assert raw.frame["geometry"].iloc[0].area == pytest.approx(0.95)
    assert "rings_closed" in codes(raw)


@pytest.mark.parametrize("content", [b"x" * 200, b"\0\0\x27\x0a", b"\0\0\x27\x0a" + b"\xff" * 300])
def test_what_is_no_shapefile_is_refused(parks: Path, content: bytes) -> None:
    parks.write_bytes(content)
    with pytest.raises(IntakeError, match=r"\.shp"):
        read_raw(Request(parks))


def test_shapes_that_were_cut_off_never_crash(parks: Path) -> None:
    whole = parks.read_bytes()
    for size in range(100, len(whole), 7):
        parks.write_bytes(whole[:size])
        try:
            raw = read_raw(Request(parks))
        except IntakeError:
            continue
        assert len(raw.frame) == 3
        assert raw.issues
