from __future__ import annotations

import gzip
import math
import os
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pmtiles.reader import MemorySource
from pmtiles.reader import Reader
from pmtiles.tile import Compression
from pmtiles.tile import TileType

from layers.basemaps import BasemapFile
from layers.basemaps import Refused
from layers.basemaps import find_basemaps
from layers.basemaps import open_basemap
from layers.basemaps.content import WORLD
from layers.errors import AtlasError
from tests.layers.basemap_files import directory
from tests.layers.basemap_files import found
from tests.layers.basemap_files import png
from tests.layers.basemap_files import refused
from tests.layers.basemap_files import vector
from tests.layers.basemap_files import write_mbtiles
from tests.layers.basemap_files import write_parts
from tests.layers.basemap_files import write_pmtiles
from tests.layers.mvt_reader import tile_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.layers.basemap_files import Tiles

# The square of zoom 2 with its four corners in four colours: no flip leaves it the same.
CORNERS: Tiles = {
    (2, 0, 0): png(255, 0, 0),
    (2, 3, 0): png(0, 255, 0),
    (2, 0, 3): png(0, 0, 255),
    (2, 3, 3): png(255, 255, 0),
}
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(8)
VECTOR_TYPE = "application/vnd.mapbox-vector-tile"


def _tile(file: BasemapFile, z: int, x: int, y: int) -> bytes | None:
    with closing(open_basemap(file)) as reader:
        return reader.tile(z, x, y)


def test_a_picture_file_of_pmtiles_tells_what_it_is(tmp_path: Path) -> None:
    write_pmtiles(
        tmp_path / "city.pmtiles",
        CORNERS,
        {"name": "杨浦影像", "attribution": "<a href='https://x.cn'>测绘院</a> &copy; 2026"},
        min_lon_e7=1_214_500_000,
        min_lat_e7=312_400_000,
        max_lon_e7=1_215_700_000,
        max_lat_e7=313_500_000,
    )
    file = found(tmp_path)
    assert (file.title, file.kind, file.media_type) == ("杨浦影像", "raster", "image/png")
    assert (file.min_zoom, file.max_zoom) == (2, 2)
    assert file.bounds == (121.45, 31.24, 121.57, 31.35)
    assert file.attribution == "测绘院 © 2026"
    assert file.vector_layers == ()
    assert len(file.token) == 16
    assert int(file.token, 16) >= 0


def test_a_vector_file_of_mbtiles_tells_what_it_is(tmp_path: Path) -> None:
    nested = '{"vector_layers": [{"id": "water", "fields": {}}, {"id": "道路"}, {"id": 7}, 8]}'
    metadata = {"name": "city", "format": "pbf", "bounds": "121,31,122,32", "json": nested}
    write_mbtiles(tmp_path / "city.mbtiles", {(0, 0, 0): gzip.compress(vector("water"))}, metadata)
    file = found(tmp_path)
    assert (file.kind, file.media_type) == ("vector", VECTOR_TYPE)
    assert file.bounds == (121.0, 31.0, 122.0, 32.0)
    assert file.vector_layers == ("water", "道路")


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_no_corner_of_the_map_changes_place(make: Callable[..., Path], tmp_path: Path) -> None:
    make(tmp_path / "corners.tiles.pmtiles", CORNERS)
    with closing(open_basemap(found(tmp_path))) as reader:
        assert {at: reader.tile(*at) for at in CORNERS} == CORNERS
        assert reader.tile(2, 1, 1) is None


def test_the_row_that_mbtiles_calls_0_is_the_southernmost(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "a.mbtiles", {})
    with closing(sqlite3.connect(path)) as base:
        base.execute("INSERT INTO tiles VALUES (2, 1, 0, ?)", [png(1, 2, 3)])
        base.commit()
    assert _tile(found(tmp_path), 2, 1, 3) == png(1, 2, 3)
    assert _tile(found(tmp_path), 2, 1, 0) is None


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
@pytest.mark.parametrize(
    "at",
    [
        (0, 0, 0),
        (2, -1, 0),
        (2, 0, -1),
        (2, 4, 0),
        (2, 0, 4),
        (-1, 0, 0),
        (3, 0, 0),
        (30, 2**30 - 1, 2**30 - 1),
        (31, 0, 0),
        (10**9, 10**9, 10**9),
        (2, 2**70, 0),
    ],
)
def test_where_there_is_no_tile_there_is_none(
    make: Callable[..., Path], at: tuple[int, int, int], tmp_path: Path
) -> None:
    make(tmp_path / "a.mbtiles", CORNERS)
    assert _tile(found(tmp_path), *at) is None


@pytest.mark.parametrize(
    ("tile", "declared", "media_type"),
    [
        (JPEG, TileType.PNG, "image/jpeg"),
        (WEBP, TileType.UNKNOWN, "image/webp"),
        (png(0, 0, 0), TileType.MVT, "image/png"),
        (vector("a"), TileType.PNG, VECTOR_TYPE),
        (gzip.compress(JPEG, mtime=0), TileType.JPEG, "image/jpeg"),
    ],
)
def test_tiles_are_what_they_are_and_not_what_the_file_says(
    tile: bytes, declared: TileType, media_type: str, tmp_path: Path
) -> None:
    write_pmtiles(tmp_path / "a.pmtiles", {(0, 0, 0): tile}, tile_type=declared)
    assert found(tmp_path).media_type == media_type


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_vector_tiles_come_out_unpacked(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    tiles = {(0, 0, 0): wrap(vector("一"))}
    compression = Compression.NONE if wrap is bytes else Compression.GZIP
    path = tmp_path / "a.pmtiles"
    write_pmtiles(path, tiles, tile_type=TileType.MVT, tile_compression=compression)
    write_mbtiles(tmp_path / "b.mbtiles", tiles, {"format": "pbf"})
    for file in find_basemaps(tmp_path):
        assert isinstance(file, BasemapFile)
        assert _tile(file, 0, 0, 0) == vector("一")


def test_an_empty_vector_tile_is_no_tile(tmp_path: Path) -> None:
    tiles = {(1, 0, 0): gzip.compress(b""), (1, 1, 1): gzip.compress(vector("a"))}
    write_pmtiles(tmp_path / "a.pmtiles", tiles, tile_type=TileType.MVT)
    assert _tile(found(tmp_path), 1, 0, 0) is None
    assert _tile(found(tmp_path), 1, 1, 1) == vector("a")


def test_the_zooms_are_those_of_the_tiles_whatever_the_file_says(tmp_path: Path) -> None:
    path = write_pmtiles(tmp_path / "a.pmtiles", CORNERS | {(5, 9, 9): png(0, 0, 0)})
    raw = bytearray(path.read_bytes())
    raw[100:102] = bytes([0, 22])  # the header's zooms
    path.write_bytes(raw)
    write_mbtiles(tmp_path / "b.mbtiles", CORNERS, {"minzoom": "0", "maxzoom": "-7"})
    files = [file for file in find_basemaps(tmp_path) if isinstance(file, BasemapFile)]
    zooms = [(file.min_zoom, file.max_zoom) for file in files]
    assert zooms == [(2, 5), (2, 2)]


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("121.4,31.2,121.6,31.4", (121.4, 31.2, 121.6, 31.4)),
        (" 121.4 , 31.2 , 121.6 , 31.4 ", (121.4, 31.2, 121.6, 31.4)),
        ("-200,-95,200,95", WORLD),
        ("100,20,500,95", (100.0, 20.0, 180.0, WORLD[3])),
        ("121.6,31.2,121.4,31.4", WORLD),
        ("121.4,31.4,121.6,31.2", WORLD),
        ("13520000,3660000,13540000,3680000", WORLD),
        ("0,0,0,0", WORLD),
        ("nan,nan,nan,nan", WORLD),
        ("-inf,0,inf,1", WORLD),
        ("1,2,3", WORLD),
        ("", WORLD),
        ("上海", WORLD),
    ],
)
def test_bounds_are_plausible_and_inside_the_world(
    text: str, bounds: tuple[float, ...], tmp_path: Path
) -> None:
    write_mbtiles(tmp_path / "a.mbtiles", CORNERS, {"bounds": text})
    assert found(tmp_path).bounds == bounds


def test_the_world_ends_where_its_map_is_square() -> None:
    assert WORLD[3] == pytest.approx(85.0511287798, abs=1e-9)
    assert math.asinh(math.tan(math.radians(WORLD[3]))) == pytest.approx(math.pi)


def _many_tiles() -> Tiles:
    """Return tiles of odd sizes, some the same, for directories of two floors."""
    dice = random.Random(7)  # noqa: S311 - seeded, not for secrets
    tiles = {(8, x, y): vector("sea") for x in range(20, 30) for y in range(20, 30)}
    for z in range(8, 17):
        for _ in range(1000):
            at = (z, dice.randrange(2**z), dice.randrange(2**z))
            tiles[at] = vector("x" * dice.randrange(1, 100) + str(at))
    return tiles


def test_every_tile_of_a_large_pmtiles_file_is_found(tmp_path: Path) -> None:
    tiles = _many_tiles()
    path = write_pmtiles(tmp_path / "a.pmtiles", tiles, tile_type=TileType.MVT)
    theirs = _their_reader(path.read_bytes())
    assert theirs.header()["leaf_directory_length"] > 0
    absent = [(z, x ^ 1, y) for z, x, y in tiles if (z, x ^ 1, y) not in tiles][:1000]
    with closing(open_basemap(found(tmp_path))) as reader:
        assert {at: reader.tile(*at) for at in tiles} == tiles
        assert not any(reader.tile(*at) for at in absent)
        for at in list(tiles)[::700] + absent[:5]:
            assert reader.tile(*at) == theirs.get(*at)


def _their_reader(content: bytes) -> Any:
    source: Any = MemorySource
    reader: Any = Reader
    return reader(source(content))


def test_directories_need_not_be_packed(tmp_path: Path) -> None:
    red, blue = png(255, 0, 0), png(0, 0, 255)
    # Tiles 1 to 4 are the four of zoom 1, 5 is the first of zoom 2.
    leaf = directory((1, 0, len(red), 3), (4, len(red), len(blue), 1))
    other = directory((5, len(red), len(blue), 1))
    root = directory((1, 0, len(leaf), 0), (5, len(leaf), len(other), 0))
    write_parts(tmp_path / "a.pmtiles", root, red + blue, leaves=leaf + other)
    file = found(tmp_path)
    assert (file.min_zoom, file.max_zoom) == (1, 2)
    with closing(open_basemap(file)) as reader:
        square = [[reader.tile(1, x, y) for x in (0, 1)] for y in (0, 1)]
        # The curve goes down, right and up again.
        assert square == [[red, blue], [red, red]]
        assert reader.tile(2, 0, 0) == blue
        assert reader.tile(2, 0, 1) is None
        assert reader.tile(0, 0, 0) is None


@pytest.fixture(scope="module")
def buildings() -> gpd.GeoDataFrame:
    dice = random.Random(3)  # noqa: S311 - the same
    corners = [(dice.uniform(121.46, 121.55), dice.uniform(31.26, 31.33)) for _ in range(200)]
    return gpd.GeoDataFrame(
        {"name": [f"楼{number}" for number in range(len(corners))]},
        geometry=[shapely.box(x, y, x + 0.001, y + 0.0005) for x, y in corners],
        crs="EPSG:4326",
    )


def test_what_gdal_wrote_is_read_as_gdal_reads_it_from_both_formats(
    buildings: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    for name, driver in (("a.pmtiles", "PMTiles"), ("b.mbtiles", "MBTiles")):
        pyogrio.write_dataframe(
            buildings, tmp_path / name, driver=driver, layer="楼", MINZOOM=12, MAXZOOM=14, NAME=name
        )
    files = [file for file in find_basemaps(tmp_path) if isinstance(file, BasemapFile)]
    assert [(file.title, file.min_zoom, file.max_zoom, file.vector_layers) for file in files] == [
        ("a.pmtiles", 12, 14, ("楼",)),
        ("b.mbtiles", 12, 14, ("楼",)),
    ]
    north_west, south_east = tile_at(121.46, 31.34, 14), tile_at(121.56, 31.26, 14)
    one, other = map(open_basemap, files)
    read = []
    with closing(one), closing(other):
        for x in range(north_west.x, south_east.x + 1):
            for y in range(north_west.y, south_east.y + 1):
                tile = one.tile(14, x, y)
                assert tile == other.tile(14, x, y)
                if tile is not None:
                    read.append(_read_by_gdal(tmp_path / "tile.mvt", tile, 14, x, y))
    theirs = pyogrio.read_dataframe(tmp_path / "a.pmtiles")
    assert _outlines(pd.concat(read)) == _outlines(theirs)
    assert set(theirs["name"]) == set(buildings["name"])


def _read_by_gdal(path: Path, tile: bytes, z: int, x: int, y: int) -> gpd.GeoDataFrame:
    path.write_bytes(tile)
    return pyogrio.read_dataframe(f"MVT:{path}", Z=z, X=x, Y=y)


def _outlines(frame: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Return the names and outlines, to the decimetre of the map's plane."""
    parts = frame.explode()  # a tile of one layer alone has single polygons
    outlines = parts.geometry.normalize().to_wkt(rounding_precision=1)
    return sorted(zip(parts["name"], outlines, strict=True))


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_eight_threads_get_each_the_tiles_they_ask_for(
    make: Callable[..., Path], tmp_path: Path
) -> None:
    tiles = _many_tiles()
    make(tmp_path / "a.pmtiles", tiles)
    places = list(tiles)

    def ask(seed: int) -> bool:
        mine = random.Random(seed).sample(places, 1500)  # noqa: S311 - seeded, not for secrets
        return all(reader.tile(*at) == tiles[at] for at in mine)

    with closing(open_basemap(found(tmp_path))) as reader, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_a_closed_file_has_no_tiles(make: Callable[..., Path], tmp_path: Path) -> None:
    make(tmp_path / "a.pmtiles", CORNERS)
    reader = open_basemap(found(tmp_path))
    reader.close()
    reader.close()
    assert reader.tile(2, 0, 0) is None


NAMES = ["杨浦 底图", "a#b", "100%25", "%E6%9D%A8", "a&b=c;d", "it's", "file:x" * (os.name != "nt")]


@pytest.mark.parametrize("name", [name for name in NAMES if name])
@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_any_file_name_is_opened_and_is_the_title_of_a_nameless_map(
    make: Callable[..., Path], name: str, tmp_path: Path
) -> None:
    folder = tmp_path / f"文 件#{len(name)}%20"
    folder.mkdir()
    make(folder / f"{name}.mbtiles", CORNERS)
    file = found(folder)
    assert file.title == name
    assert _tile(file, 2, 3, 3) == CORNERS[2, 3, 3]
    assert [path.name for path in folder.iterdir()] == [f"{name}.mbtiles"]


def test_nothing_is_changed_or_left_beside_a_file(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "a.mbtiles", CORNERS, extra="PRAGMA journal_mode = WAL;")
    before = path.read_bytes()
    path.chmod(0o444)
    assert _tile(found(tmp_path), 2, 0, 0) == CORNERS[2, 0, 0]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_in_use_is_refused_until_it_is_closed(tmp_path: Path) -> None:
    path = write_mbtiles(tmp_path / "a.mbtiles", CORNERS)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE tiles SET tile_data = ?", [JPEG])
        writer.commit()
        assert "-wal" in refused(tmp_path).reason.en
    assert _tile(found(tmp_path), 2, 0, 0) == JPEG


def test_the_tables_of_mbtiles_may_be_views(tmp_path: Path) -> None:
    path = tmp_path / "a.mbtiles"
    with closing(sqlite3.connect(path)) as base:
        base.executescript(
            "CREATE TABLE map (zoom_level INT, tile_column INT, tile_row INT, tile_id TEXT);"
            "CREATE TABLE images (tile_id TEXT PRIMARY KEY, tile_data BLOB);"
            "CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data"
            " FROM map JOIN images ON images.tile_id = map.tile_id;"
            "INSERT INTO map VALUES (1, 0, 0, 'a'), (1, 1, 0, 'a');"
        )
        base.execute("INSERT INTO images VALUES ('a', ?)", [png(9, 9, 9)])
        base.commit()
    assert _tile(found(tmp_path), 1, 1, 1) == png(9, 9, 9)


def test_a_new_file_under_the_old_name_is_another_one(tmp_path: Path) -> None:
    path = write_pmtiles(tmp_path / "a.pmtiles", CORNERS)
    old = found(tmp_path)
    assert found(tmp_path) == old
    write_pmtiles(path, {(0, 0, 0): png(1, 1, 1)}, {"name": "new"})
    new = found(tmp_path)
    assert (new.title, new.token != old.token) == ("new", True)
    with pytest.raises(AtlasError, match=r"a\.pmtiles"):
        open_basemap(old)
    path.unlink()
    with pytest.raises(AtlasError, match=r"a\.pmtiles"):
        open_basemap(new)


def test_the_same_file_elsewhere_has_another_token(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    path = write_pmtiles(tmp_path / "a.pmtiles", CORNERS)
    first = found(tmp_path)
    copy = tmp_path / "b" / "a.pmtiles"
    copy.write_bytes(path.read_bytes())
    os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    assert found(tmp_path / "b").token != first.token


def test_a_folder_is_listed_in_one_order_and_need_not_exist(tmp_path: Path) -> None:
    for name in ("b.mbtiles", "A.PMTILES", "c.pmtiles", "a.mbtiles"):
        write_pmtiles(tmp_path / name, CORNERS)
    assert [f.path.name for f in find_basemaps(tmp_path)] == [
        "a.mbtiles",
        "A.PMTILES",
        "b.mbtiles",
        "c.pmtiles",
    ]
    assert find_basemaps(tmp_path / "none") == []


def test_one_more_file_may_lie_anywhere_and_comes_first(tmp_path: Path) -> None:
    folder, extra = tmp_path / "basemaps", tmp_path / "z.bin"
    folder.mkdir()
    write_pmtiles(extra, CORNERS)
    inside = write_pmtiles(folder / "a.pmtiles", CORNERS)
    assert [f.path for f in find_basemaps(folder, extra)] == [extra, inside]
    assert [f.path for f in find_basemaps(folder, inside)] == [inside]
    assert [f.path for f in find_basemaps(tmp_path / "none", extra)] == [extra]


@pytest.mark.parametrize("name", ["gone.pmtiles", "bad\0name", ".", "n" * 300])
def test_one_more_file_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    (entry,) = find_basemaps(tmp_path / "none", tmp_path / name)
    assert isinstance(entry, Refused)
    assert entry.title in entry.reason.zh


def test_a_link_is_refused_in_the_folder_but_may_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "basemaps"
    folder.mkdir()
    target = write_pmtiles(tmp_path / "secret.pmtiles", CORNERS)
    link = folder / "a.pmtiles"
    link.symlink_to(target)
    assert "link" in refused(folder).reason.en
    (first, second) = find_basemaps(folder, link)
    assert isinstance(first, BasemapFile)
    assert first.path == target
    assert isinstance(second, Refused)


def test_what_is_no_base_map_is_passed_over_or_named(tmp_path: Path) -> None:
    for name in (".hidden.pmtiles", "a.mbtiles-wal", "a.mbtiles-shm", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"\0x")
    (tmp_path / "folder.pmtiles").mkdir()
    assert find_basemaps(tmp_path) == []
    (tmp_path / "影像.tif").write_bytes(b"II*\0")
    assert "PMTiles" in refused(tmp_path).reason.zh


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pmtiles")
    assert "ordinary" in refused(tmp_path).reason.en
