from __future__ import annotations

import io
import pickle
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pytest
import shapely

from layers.errors import IntakeError
from layers.errors import Text
from layers.intake.read import read_raw
from layers.intake.readers import archive as subject
from layers.intake.readers.parts import PartError
from layers.intake.source import Request

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"carrier_id,lon,lat\nC1,121.5,31.3\n"
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def frame(name: str = "杨浦科技园") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"园区名称": [name, "湾谷"]}, geometry=[shapely.Point(121.5, 31.3)] * 2, crs="EPSG:4490"
    )


def shapefile(folder: Path, name: str = "杨浦科技园") -> dict[str, bytes]:
    """Return the parts of a Shapefile in GBK by suffix."""
    folder.mkdir(exist_ok=True)
    path = folder / "a.shp"
    frame(name).to_file(path, encoding="GB18030", engine="pyogrio")
    return {suffix: path.with_suffix(suffix).read_bytes() for suffix in PARTS}


def packed(path: Path, members: dict[str, bytes], names: str = "utf-8") -> Path:
    """Write an archive whose names are in an encoding and, unless UTF-8, do not say which."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_unmarked(name, names), data)
    path.write_bytes(made.getvalue())
    return path


class _Unmarked(zipfile.ZipInfo):
    coded = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 -- of zipfile
        return self.coded, self.flag_bits


def _unmarked(name: str, codec: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name) if codec == "utf-8" else _Unmarked(name)
    if isinstance(info, _Unmarked):
        info.coded = name.encode(codec.removeprefix("unmarked "))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def read(path: Path, part: str = "") -> Any:
    return read_raw(Request(path, "carriers", part=part))


# --- what is read -----------------------------------------------------------


@pytest.mark.parametrize("names", ["utf-8", "gbk", "unmarked utf-8"])
def test_a_shapefile_in_a_zip_is_read_whatever_the_names_are_in(tmp_path: Path, names: str) -> None:
    parts = shapefile(tmp_path / "x")
    members = {f"下发数据/园区边界{suffix}": data for suffix, data in parts.items()}
    raw = read(packed(tmp_path / "交付.zip", members, names))
    assert raw.frame["园区名称"].tolist() == ["杨浦科技园", "湾谷"]
    assert raw.part == "下发数据/园区边界.shp"
    assert raw.parts == ("下发数据/园区边界.shp",)
    assert raw.system.name == "EPSG:4490"
    assert all(issue.file == "交付.zip" for issue in raw.issues)


def test_names_that_winrar_writes_twice_are_read(tmp_path: Path) -> None:
    local = b"??"
    block = b"\1" + struct.pack("<I", zlib.crc32(local)) + "载体.csv".encode()
    info = _Unmarked("x")
    info.coded = local
    info.extra = struct.pack("<HH", 0x7075, len(block)) + block
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, CSV)
    assert read(path).part == "载体.csv"


def test_parts_of_a_shapefile_in_mixed_letter_case_belong_together(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "x")
    members = {
        f"{'PARKS' if i % 2 else 'parks'}{suffix.upper()}": data
        for i, (suffix, data) in enumerate(parts.items())
    }
    assert len(read(packed(tmp_path / "a.zip", members)).frame) == 2


def test_litter_and_notes_do_not_stand_in_the_way(tmp_path: Path) -> None:
    members = {
        "__MACOSX/._a.csv": b"x",
        "._a.csv": b"x",
        ".DS_Store": b"x",
        "数据/Thumbs.db": b"x",
        "说明.txt": b"x",
        "说明.docx": b"x",
        "数据/载体.csv": CSV,
    }
    raw = read(packed(tmp_path / "a.zip", members))
    assert raw.parts == ("数据/载体.csv",)
    assert raw.frame["carrier_id"].tolist() == ["C1"]


def test_of_several_one_must_be_chosen(tmp_path: Path) -> None:
    members = {"一/a.csv": CSV, "b.csv": CSV.replace(b"C1", b"C2"), "a.shp": b"x"}
    path = packed(tmp_path / "a.zip", members)
    for wish in ("", "c.csv"):
        with pytest.raises(PartError, match=r"一/a\.csv, b\.csv, a\.shp") as caught:
            read(path, wish)
        assert caught.value.parts == ("一/a.csv", "b.csv", "a.shp")
    assert read(path, "b.csv").frame["carrier_id"].tolist() == ["C2"]
    assert read(path, "b.csv").parts == ("一/a.csv", "b.csv", "a.shp")
    assert read(path, "a.csv").part == "一/a.csv"


def test_a_layer_of_a_member_can_be_chosen(tmp_path: Path) -> None:
    inner = tmp_path / "数据.gpkg"
    frame().to_file(inner, layer="园区", engine="pyogrio")
    frame("别处").to_file(inner, layer="楼栋", engine="pyogrio")
    path = packed(tmp_path / "a.zip", {"数据.gpkg": inner.read_bytes(), "b.csv": CSV})
    raw = read(path, "数据.gpkg/楼栋")
    assert raw.frame["园区名称"].tolist() == ["别处", "湾谷"]
    assert raw.part == "数据.gpkg/楼栋"
    assert raw.parts == ("数据.gpkg/园区", "数据.gpkg/楼栋", "b.csv")
    with pytest.raises(PartError, match="园区, 楼栋"):
        read(path, "数据.gpkg")


def test_an_error_survives_the_way_between_processes() -> None:
    error = PartError(Text("甲", "A"), ("x", "y"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- made above
    assert (again.text, again.parts) == (error.text, error.parts)


@pytest.mark.parametrize("root", ["", "数据/杨浦.gdb/", "数据/杨浦/"])
def test_a_filegdb_in_a_zip_is_read(tmp_path: Path, root: str) -> None:
    database = tmp_path / "x.gdb"
    frame().to_file(database, driver="OpenFileGDB", layer="parks", engine="pyogrio")
    members = {f"{root}{file.name}": file.read_bytes() for file in database.iterdir()}
    raw = read(packed(tmp_path / "杨浦.gdb.zip", members))
    assert raw.frame["园区名称"].tolist() == ["杨浦科技园", "湾谷"]
    assert raw.part == (root.rstrip("/") or "杨浦.gdb")


def test_a_kmz_in_a_zip_is_read(tmp_path: Path) -> None:
    kml = b"<kml><Placemark><name>A</name></Placemark></kml>"
    kmz = packed(tmp_path / "a.kmz", {"doc.kml": kml})
    assert len(read(packed(tmp_path / "a.zip", {"a.kmz": kmz.read_bytes()})).frame) == 1


def test_the_member_of_a_shapefile_without_table_is_refused_by_name(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "x")
    members = {f"园区{s}": d for s, d in parts.items() if s != ".dbf"}
    with pytest.raises(IntakeError, match=r"园区\.shp.*缺少 \.dbf"):
        read(packed(tmp_path / "a.zip", members))
    with pytest.raises(IntakeError, match=r"园区\.dbf.*没有图形"):
        read(packed(tmp_path / "a.zip", {"园区.dbf": parts[".dbf"]}))


# --- what is refused --------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv",
        "x/../../a.csv",
        "/etc/a.csv",
        "C:\\a.csv",
        "c:a.csv",
        "..\\..\\a.csv",
        "\\\\server\\share\\a.csv",
        "a\n.csv",
        "~/a.csv",
        "x" * 300 + ".csv",
    ],
)
def test_a_name_that_points_out_of_the_archive_refuses_all_of_it(tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    path = packed(tmp_path / "a.zip", {"b.csv": CSV, name: CSV}, "unmarked utf-8")
    with pytest.raises(IntakeError, match="不予解压"):
        read(path, "b.csv")
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (kind | 0o644) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(IntakeError, match="链接"):
        read(path)


def test_an_encrypted_archive_is_refused_with_advice(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.csv": CSV})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(IntakeError, match="密码"):
        read(path)


def test_a_bomb_is_stopped_while_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "HARMLESS", 1024 * 1024)
    path = packed(tmp_path / "a.zip", {"a.csv": b"0" * 8_000_000})
    with pytest.raises(IntakeError, match="过大"):
        read(path)
    monkeypatch.setattr(subject, "MAX_RATIO", 2000)
    monkeypatch.setattr(subject, "MAX_UNPACKED", 4_000_000)
    with pytest.raises(IntakeError, match="过大"):
        read(path)


def test_a_size_that_is_a_lie_is_not_believed(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.csv": b"0" * 8_000_000})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(data)
    with pytest.raises(IntakeError):
        read(path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {f"{i}.csv": b"" for i in range(2001)})
    with pytest.raises(IntakeError, match="2000"):
        read(path)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"内层.zip": b"PK", "a.docx": b"x"}, "压缩包内还是压缩包"),
        ({"内层.rar": b"Rar!"}, "压缩包内还是压缩包"),
        ({"a.docx": b"x"}, "没有可读取的文件"),
        ({}, "没有可读取的文件"),
    ],
)
def test_an_archive_without_use_says_what_is_in_it(
    tmp_path: Path, members: dict[str, bytes], said: str
) -> None:
    with pytest.raises(IntakeError, match=said):
        read(packed(tmp_path / "a.zip", members))


def test_two_members_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a?.csv": CSV, "a*.csv": CSV})
    assert read(path, "a?.csv").frame["carrier_id"].tolist() == ["C1"]
    parts = shapefile(tmp_path / "x")
    path = packed(path, {**{f"a{s}": d for s, d in parts.items()}, "A.DBF": parts[".dbf"]})
    assert len(read(path).frame) == 2


def test_damage_anywhere_never_crashes(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "x")
    path = packed(tmp_path / "a.zip", {f"a{s}": d for s, d in parts.items()})
    whole = path.read_bytes()
    for at in range(0, len(whole), 11):
        data = bytearray(whole)
        data[at] ^= 0xFF
        path.write_bytes(data)
        try:
            read(path)
        except IntakeError:
            continue
    for size in range(0, len(whole), 101):
        path.write_bytes(whole[: size or 1])
        with pytest.raises(IntakeError):
            read(path)
