from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from layers.errors import IntakeError
from layers.intake import read_file
from layers.intake import source

HEAD = "carrier_id,name,gross_area_m2,lon,lat\n"
ROOT = Path(__file__).resolve().parents[2]


# --- hostile files ---------------------------------------------------------

VRT = """<OGRVRTDataSource><OGRVRTLayer name="passwd">
<SrcDataSource>/etc/passwd</SrcDataSource><SrcSQL>select * from passwd</SrcSQL>
</OGRVRTLayer></OGRVRTDataSource>"""


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv", ".xlsx", ".json"])
def test_a_vrt_under_another_name_is_refused(desk: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"parks{suffix}"
    path.write_text(VRT, encoding="utf-8")
    with pytest.raises(IntakeError) as caught:
        desk.take(path)
    assert "root:" not in str(caught.value)


def test_gdal_has_no_drivers_that_open_other_files() -> None:
    code = "import layers.intake, pyogrio; print('OGR_VRT' in pyogrio.list_drivers())"
    told = {k: v for k, v in os.environ.items() if k != "OGR_SKIP"}
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own code
        [sys.executable, "-c", code], cwd=ROOT, env=told, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_other_suffixes_and_missing_files(desk: Any, tmp_path: Path) -> None:
    for name in ("x.vrt", "x", "x.csv.exe"):
        (tmp_path / name).write_text("a,b\n", encoding="utf-8")
        with pytest.raises(IntakeError, match="gpkg"):
            desk.take(tmp_path / name)
    for path in (tmp_path / "none.csv", Path("/vsizip/x.gpkg")):
        with pytest.raises(IntakeError, match="不存在"):
            desk.take(path)


def test_a_file_that_is_too_large(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 10)
    with pytest.raises(IntakeError, match="拆分"):
        desk.take(desk.csv(HEAD))


# --- GeoPackages that reach for other files --------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {"carrier_id": ["C1"]}, geometry=[shapely.Point(121.5, 31.3)], crs="EPSG:4490"
    )
    path = tmp_path / "交付.gpkg"
    frame.to_file(path, layer="carriers", driver="GPKG", engine="pyogrio")
    return path


def plant(path: Path, name: str, statement: str, kind: str = "table") -> None:
    """Write a row into the schema that SQLite itself would not, and offer it as a layer."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema=1")
        database.execute(
            "insert into sqlite_master values (?,?,?,0,?)", (kind, name, name, statement)
        )
        database.execute(
            "insert or ignore into gpkg_contents (table_name, data_type) values (?, 'attributes')",
            (name,),
        )
        database.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIRTUAL TABLE evil USING VirtualShape('{secret}',UTF-8,4326)",
        "CREATE VIRTUAL TABLE evil USING VirtualText('{secret}.csv',UTF-8,1,POINT,NONE,',')",
        "CREATE VIRTUAL TABLE evil USING VirtualOGR('{secret}.shp')",
        'CREATE VIRTUAL TABLE "evil" USING "VirtualShape"(\'{secret}\',UTF-8,4326)',
        "create virtual table evil using VirtualShape('{secret}',UTF-8,4326)",
        "CREATE/**/VIRTUAL TABLE evil USING VirtualShape('{secret}',UTF-8,4326)",
        "CREATE VIRTUAL TABLE evil USING VirtualShape('rtree(',UTF-8,4326)",
        "CREATE VIRTUAL TABLE evil USING fts5(a)",
        "CREATE VIEW evil AS SELECT gdal_get_layer_pixel_value('{secret}', 1, 'pixel', 0, 0) AS a",
        "CREATE VIEW evil AS SELECT * FROM VirtualShape",
        "CREATE TABLE evil (a, b AS (BlobFromFile('{secret}')))",
        "CREATE VIEW other AS SELECT 1 AS a",
    ],
)
@pytest.mark.parametrize("kind", ["table", "index"])
def test_a_gpkg_that_reaches_for_other_files_is_refused(
    desk: Any, tmp_path: Path, package: Path, statement: str, kind: str
) -> None:
    secret = tmp_path / "elsewhere" / "secret"
    secret.parent.mkdir()
    frame = gpd.GeoDataFrame({"carrier_id": ["TOP"]}, geometry=[shapely.Point(1, 1)], crs=4326)
    frame.to_file(secret.with_suffix(".shp"), engine="pyogrio")
    plant(package, "evil", statement.format(secret=secret), kind)
    for layer in ("carriers", "evil"):
        with pytest.raises(IntakeError, match=r"交付\.gpkg.*evil") as caught:
            read_file(package, layer=layer)
        assert "TOP" not in str(caught.value)
    with pytest.raises(IntakeError, match="evil"):
        desk.take(package)


def test_a_schema_that_lies_about_a_name_is_refused(desk: Any, package: Path) -> None:
    """The name of the row is harmless, what it makes is called otherwise."""
    plant(package, "carriers", "CREATE VIEW other AS SELECT BlobFromFile('/etc/passwd')")
    # Some versions of SQLite notice the lie themselves and call the file damaged.
    with pytest.raises(IntakeError, match=r"以外的内容|已损坏"):
        desk.take(package)


def test_honest_views_tables_and_indexes_are_read(desk: Any, package: Path) -> None:
    with closing(sqlite3.connect(package)) as database:
        database.executescript(
            """
            create view "视 图" as select carrier_id from carriers;
            create table [a "b"] (x integer primary key, y as (x * 2));
            create unique index once on carriers (carrier_id);
            create virtual table box using RTREE(id, x0, x1);
            create trigger t after insert on carriers begin select st_isempty(new.geom); end;
            """
        )
    assert desk.take(package).accepted["carrier_id"].tolist() == ["C1"]


def test_what_another_program_has_open_is_read_with_its_log(desk: Any, package: Path) -> None:
    """QGIS keeps the latest rows in a log beside the file until it is closed."""
    with closing(sqlite3.connect(package)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("drop trigger rtree_carriers_geom_insert")
        database.execute("insert into carriers (carrier_id) values ('C2')")
        database.commit()
        before = sorted(p.name for p in package.parent.iterdir())
        assert "交付.gpkg-wal" in before
        assert desk.take(package).accepted["carrier_id"].tolist() == ["C1", "C2"]
        assert sorted(p.name for p in package.parent.iterdir()) == before
        # Planted in the log only, the file itself being harmless.
        plant(package, "evil", "CREATE VIRTUAL TABLE evil USING VirtualShape('/x',UTF-8,4326)")
        with pytest.raises(IntakeError, match="evil"):
            desk.take(package)


def test_a_gpkg_in_the_middle_of_a_change_is_refused(desk: Any, package: Path) -> None:
    with closing(sqlite3.connect(package)) as database:
        database.execute("pragma cache_spill=1")
        database.execute("pragma cache_size=1")
        database.execute("create table big (a)")
        database.executemany("insert into big values (?)", [("x" * 4000,)] * 50)
        assert Path(f"{package}-journal").stat().st_size
        with pytest.raises(IntakeError, match="关闭"):
            desk.take(package)
        database.rollback()
    assert len(desk.take(package).accepted) == 1
