"""The package: everything in one zip that says what it is and checks itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.edition import load_sources
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export import package as rooms
from layers.export.package import PACKAGE_FORMATS
from layers.export.package import export_package
from layers.export.run import FORMATS
from layers.export.run import pack
from layers.frames import layer_frame

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.export.run import ExportReport

STAMP = dt.datetime(2026, 11, 26, 4, 5, 6, tzinfo=dt.UTC)
KEYS = ("parks", "carriers", "units", "zones")
LON, LAT = 121.505612, 31.299034
Tables = dict[str, Any]


def packed(catalogue: Catalogue, tables: Tables, path: Path, **options: Any) -> ExportReport:
    keys = options.pop("keys", KEYS)
    specs = [catalogue.layer(key) for key in keys]
    given = {"stamp": STAMP, "versions": {"parks": 7, "zones": 0}, **options}
    return export_package(tables, specs, catalogue, path=path, **given)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_format_has_its_folder(shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "导出" / "包.zip"
    report = packed(shared, tables, path, crs="EPSG:4549")
    names = list(contents(path))
    assert names == sorted(names) == [file.as_posix() for file in report.files]
    assert {name.partition("/")[0] for name in names if "/" in name} == {*PACKAGE_FORMATS, "styles"}
    for name in ("gpkg/layers.gpkg", "csv/units.csv", "xlsx/layers.xlsx", "styles/parks.qml"):
        assert name in names
    assert "styles/units.qml" not in names
    assert report.layers == (("parks", 3, 2), ("carriers", 2, 1), ("units", 1, 0), ("zones", 2, 2))
    assert report.crs == "EPSG:4549"
    assert [p.name for p in path.parent.iterdir()] == ["包.zip"]


def test_checksums_fit_every_file_and_the_manifest(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    packed(shared, tables, path)
    files = contents(path)
    lines = files["SHA256SUMS"].decode().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files.items()
        if name != "SHA256SUMS"
    }
    told = {
        f["path"]: (f["sha256"], f["bytes"]) for f in json.loads(files["manifest.json"])["files"]
    }
    rest = files.keys() - {"SHA256SUMS", "manifest.json"}
    assert told == {name: (sums[name], len(files[name])) for name in rest}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_accepts_the_list(shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    packed(shared, tables, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "out")
    program = shutil.which("sha256sum")
    assert program is not None
    run = subprocess.run(  # noqa: S603 -- a program of the system, on files of this test
        [program, "--strict", "-c", "SHA256SUMS"],
        cwd=tmp_path / "out",
        check=False,
        capture_output=True,
    )
    assert run.returncode == 0, run.stderr


def test_chinese_names_open_right_in_windows(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    packed(shared, tables, tmp_path / "a.zip", formats=["shp"])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        chinese = [entry for entry in archive.infolist() if not entry.filename.isascii()]
        everything = archive.infolist()
    assert any("字段对照表" in entry.filename for entry in chinese)
    assert all(entry.flag_bits & 0x800 for entry in chinese)
    assert {entry.external_attr >> 16 for entry in everything} == {0o100644}
    assert {entry.date_time for entry in everything} == {(2026, 11, 26, 4, 5, 6)}


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ("EPSG:4549", ("EPSG:4549", "EPSG:4490", "EPSG:4326", "EPSG:4549")),
        ("EPSG:4550", ("EPSG:4550", "EPSG:4490", "EPSG:4326", "EPSG:4550")),
        ("EPSG:4490", ("EPSG:4490", "EPSG:4490", "EPSG:4326", "EPSG:4549")),
        ("EPSG:4326", ("EPSG:4326", "EPSG:4326", "EPSG:4326", "EPSG:4549")),
        ("EPSG:3857", ("EPSG:3857", "EPSG:4490", "EPSG:4326", "EPSG:4549")),
    ],
)
def test_a_format_that_cannot_carry_the_system_is_written_in_another_that_is_named(
    shared: Catalogue, tables: Tables, tmp_path: Path, crs: str, expected: tuple[str, ...]
) -> None:
    path = tmp_path / "a.zip"
    formats = ["gpkg", "geojson", "kml", "dxf"]
    report = packed(shared, tables, path, keys=("parks", "zones"), crs=crs, formats=formats)
    files = contents(path)
    manifest = json.loads(files["manifest.json"])
    assert tuple(entry["crs"] for entry in manifest["formats"]) == expected
    readme = files["README.txt"].decode("utf-8-sig")
    told = " ".join(note.zh for note in report.notes)
    for fmt, system in zip(formats, expected, strict=True):
        assert f"{fmt}/ {system} " in readme
        assert (f"{fmt} 只能用" in told) == (system != crs)
    point = json.loads(files["geojson/parks.geojson"])["features"][1]["geometry"]
    assert point["coordinates"] == pytest.approx([LON, LAT], abs=1e-8)
    (tmp_path / "layers.gpkg").write_bytes(files["gpkg/layers.gpkg"])
    parks = gpd.read_file(tmp_path / "layers.gpkg", layer="parks")
    assert parks.crs == crs
    back = parks.to_crs(4490).geometry[1]
    assert (back.x, back.y) == pytest.approx((LON, LAT), abs=1e-7)


def test_the_notes_say_what_is_there_and_what_is_not(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    packed(shared, tables, path, audience="public", keys=(*KEYS, "secrets"))
    files = contents(path)
    readme = files["README.txt"].decode("utf-8-sig")
    for sentence in (
        "未送审不得公开",
        "small 2026.1.1",
        "数据版本时间：2026-11-26T12:05:06+08:00",
        "数据版本时间: 2026-11-26T12:05:06+08:00",
        "parks 园区：7",
        "zones 功能区：0",
        "carriers 载体：未知",
        "内部图层“内部点”未导出",
        "“载体”的内部字段未导出：税收",
        "“单元”是没有图形的表，不在 kml, dxf 中",
        "“园区”未定位的 1 条不在 dxf 中",
        "没有图形的表和未定位的行在 _table.dbf 中",
        "“载体”含示例数据",
        "“园区”的边界为示意",
        "sha256sum -c SHA256SUMS",
    ):
        assert sentence in readme, readme
    manifest = json.loads(files["manifest.json"])
    assert manifest["audience"] == "public"
    assert manifest["layers"][0]["version"] == 7
    assert [(e["key"], e["rows"], e["located"], e["sample"]) for e in manifest["layers"]] == [
        ("parks", 3, 2, False),
        ("carriers", 2, 1, True),
        ("units", 1, 0, True),
        ("zones", 2, 2, False),
    ]
    gone = manifest["left_out"]
    assert {"layer": "secrets", "why": "internal layer"} in gone
    assert {"layer": "carriers", "field": "tax_wan", "why": "internal field"} in gone
    assert {"layer": "units", "format": "dxf", "why": "no geometry"} in gone
    assert [e["format"] for e in gone if e["layer"] == "units"] == ["kml", "dxf"]
    assert {"layer": "parks", "format": "dxf", "why": "no place", "rows": 1} in gone
    assert manifest["time"] == "2026-11-26T12:05:06+08:00"
    listed = {name for entry in manifest["formats"] for name in entry["files"]}
    assert listed == {name for name in files if name.partition("/")[0] in PACKAGE_FORMATS}


def test_a_package_has_the_table_that_a_shapefile_alone_has(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    packed(shared, tables, tmp_path / "a.zip", keys=["units", "zones"], formats=["shp"])
    files = contents(tmp_path / "a.zip")
    export(shared, tables, "units", tmp_path / "b.zip", fmt="shp", stamp=STAMP)
    alone = contents(tmp_path / "b.zip")
    assert files["shp/units_table.dbf"] == alone["units_table.dbf"]
    assert {n for n in files if n.startswith("shp/units")} == {
        f"shp/{name}" for name in alone if name != "README.txt"
    }
    (told,) = json.loads(files["manifest.json"])["formats"]
    assert told["layers"] == ["units", "zones"]


def test_a_package_of_drawings_alone_claims_what_is_drawn(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    report = packed(shared, tables, path, keys=["units", "parks"], formats=["dxf"])
    assert report.layers == (("parks", 2, 2),)
    notes = [note.zh for note in report.notes]
    assert "不在此文件中：“单元”（没有图形的表，1 行）" in notes
    assert "不在此文件中：“园区”未定位的 1 条" in notes
    assert not [note for note in notes if "只在表中" in note]
    manifest = json.loads(contents(path)["manifest.json"])
    assert [(layer["key"], layer["rows"]) for layer in manifest["layers"]] == [("parks", 2)]
    with pytest.raises(ExportUsageError, match=r"“单元”没有图形.*dxf, kml"):
        packed(shared, tables, path, keys=["units"], formats=["dxf", "kml"])


def test_a_package_without_a_given_time_has_one_time_of_export(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    formats = ["gpkg", "dxf"]
    packed(shared, tables, tmp_path / "a.zip", keys=["zones"], formats=formats, stamp=None)
    files = contents(tmp_path / "a.zip")
    time = json.loads(files["manifest.json"])["time"]
    assert time.endswith("+08:00")
    readme = files["README.txt"].decode("utf-8-sig")
    assert f"导出时间：{time}" in readme
    assert "数据版本时间" not in readme


def test_an_english_package_is_english(shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    packed(shared, tables, tmp_path / "a.zip", lang="en", formats=["gpkg"])
    readme = contents(tmp_path / "a.zip")["README.txt"].decode("utf-8-sig")
    assert "Small atlas: data package" in readme
    assert "Workspace versions" in readme
    assert "工作区" not in readme


def test_a_public_place_is_the_same_in_every_system(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    """Roundings of one place on two grids would cross each other and narrow it down."""
    rng = np.random.default_rng(8)
    spec = shared.layer("parks")
    columns = {name: tables["parks"][name].iloc[[1] * 60] for name in spec.field_names}
    places = [shapely.Point(xy) for xy in rng.uniform([121.48, 31.26], [121.56, 31.33], (60, 2))]
    frame = layer_frame(columns, spec, places)
    frame["park_id"] = [f"P{number}" for number in range(60)]
    packed(
        shared,
        {"parks": frame},
        tmp_path / "a.zip",
        keys=["parks"],
        crs="EPSG:4549",
        audience="public",
        formats=["gpkg", "geojson"],
    )
    files = contents(tmp_path / "a.zip")
    features = json.loads(files["geojson/parks.geojson"])["features"]
    degrees = np.array([feature["geometry"]["coordinates"] for feature in features])
    assert np.abs(degrees - degrees.round(4)).max() < 1e-9
    (tmp_path / "a.gpkg").write_bytes(files["gpkg/parks.gpkg"])
    metres = gpd.read_file(tmp_path / "a.gpkg", layer="parks").geometry
    expected = gpd.GeoSeries.from_xy(*degrees.T, crs=4490).to_crs(4549)
    for ours, theirs in ((metres.x, expected.x), (metres.y, expected.y)):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)


def test_progress_names_layers_and_formats_and_ends_at_one(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    told: list[tuple[Text, float]] = []
    packed(
        shared,
        tables,
        tmp_path / "a.zip",
        formats=["csv", "xlsx"],
        progress=lambda what, share: told.append((what, share)),
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert [what.en for what, _ in told][:5] == [
        "csv: parks",
        "csv: carriers",
        "csv: units",
        "csv: zones",
        "xlsx: parks, carriers, units, zones",
    ]


@pytest.mark.parametrize("error", [ValueError("broken"), ExportError(Text("坏了", "broken"))])
def test_a_failing_format_names_itself_and_nothing_is_kept(
    shared: Catalogue,
    tables: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object) -> None:
        raise error

    broken = replace(FORMATS["geojson"], check=fail)
    monkeypatch.setattr(rooms, "FORMATS", {**FORMATS, "geojson": broken})
    path = tmp_path / "a.zip"
    path.write_bytes(b"old")
    with pytest.raises(ExportError, match=r"geojson.*broken"):
        packed(shared, tables, path, formats=["gpkg", "geojson"])
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]


def test_a_file_that_is_damaged_on_its_way_into_the_zip_is_found(
    shared: Catalogue, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(folder: Path, made: Path, stamp: dt.datetime) -> list[str]:
        (folder / "csv" / "zones.csv").write_text("something else", encoding="utf-8")
        return pack(folder, made, stamp)

    monkeypatch.setattr(rooms, "pack", careless)
    with pytest.raises(ExportError, match=r"csv/zones\.csv"):
        packed(shared, tables, tmp_path / "a.zip", formats=["csv"])
    assert list(tmp_path.iterdir()) == []


def test_wishes_that_cannot_be_met_are_refused(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    with pytest.raises(ExportUsageError, match=r"\.zip"):
        packed(shared, tables, tmp_path / "a.gpkg")
    with pytest.raises(ExportUsageError, match="dwg"):
        packed(shared, tables, tmp_path / "a.zip", formats=["gpkg", "dwg"])
    with pytest.raises(ExportUsageError, match="gpkg"):
        packed(shared, tables, tmp_path / "a.zip", formats=[])
    with pytest.raises(ExportError, match="secrets"):
        packed(shared, tables, tmp_path / "a.zip", keys=["secrets"], audience="public")
    with pytest.raises(ValueError, match="`stamp`"):
        packed(shared, tables, tmp_path / "a.zip", stamp=STAMP.replace(tzinfo=None))
    assert list(tmp_path.iterdir()) == []


def test_a_table_alone_is_packed_and_drawings_say_that_they_are_empty(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    packed(shared, tables, tmp_path / "a.zip", keys=["units"], formats=["dxf", "csv"])
    files = contents(tmp_path / "a.zip")
    assert sorted(files) == ["README.txt", "SHA256SUMS", "csv/units.csv", "manifest.json"]
    assert "dxf：没有可写的图层" in files["README.txt"].decode("utf-8-sig")


BUNDLED = """
import datetime as dt, sys
from pathlib import Path
from layers.catalogue import load_catalogue
from layers.edition import load_edition, load_sources
from layers.export.package import export_package
from layers.export.run import FORMATS
from layers.export.run import pack
catalogue = load_catalogue()
tables = load_edition(catalogue).tables
specs = [catalogue.layer(key) for key in ("zones", "parks", "stations", "units")]
stamp = dt.datetime.fromisoformat("2026-11-26T04:05:06.789+00:00")
export_package(tables, specs, catalogue, path=Path(sys.argv[1]), formats=list(FORMATS),
               sources=load_sources(catalogue.folder), stamp=stamp, versions={"parks": 3})
"""


def test_equal_versions_give_equal_bytes_in_any_process(tmp_path: Path) -> None:
    """All formats, in processes with other hash seeds, time zones, languages and folders."""
    made = []
    for seed, zone, lang in (("1", "Asia/Shanghai", "C.UTF-8"), ("77", "America/Lima", "C")):
        path = tmp_path / seed / f"{zone[:4]}.zip"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": lang}
        subprocess.run(  # noqa: S603 -- our own code in a process of its own
            [sys.executable, "-c", BUNDLED, str(path)],
            env=environment,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        made.append(contents(path))
        made.append({"": path.read_bytes()})
    assert {n for n in made[0] if made[0][n] != made[2].get(n)} == set()
    assert made[1] == made[3]


def test_another_time_of_the_data_is_another_package(
    shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    packed(shared, tables, tmp_path / "a.zip", formats=["csv"])
    packed(shared, tables, tmp_path / "b.zip", formats=["csv"])
    packed(shared, tables, tmp_path / "c.zip", formats=["csv"], stamp=STAMP + dt.timedelta(days=1))
    a, b, c = ((tmp_path / f"{name}.zip").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_sources_stand_in_the_notes(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    tables = load_edition(catalogue).tables
    sources = load_sources(catalogue.folder)
    packed(catalogue, tables, tmp_path / "a.zip", keys=["zones"], formats=["csv"], sources=sources)
    files = contents(tmp_path / "a.zip")
    (layer,) = json.loads(files["manifest.json"])["layers"]
    assert any("openstreetmap" in line and "ODbL" in line for line in layer["sources"])
    dates = sources.set_index("source_id")["date"]
    sketch = [line for line in layer["sources"] if line.startswith("zone-sketch: ")]
    assert sketch
    assert all(dates["zone-sketch"] in line.split(", ") for line in sketch)
    assert "ODbL" in files["README.txt"].decode("utf-8-sig")
