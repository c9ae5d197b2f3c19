from __future__ import annotations

import gzip
import os
import random
import sqlite3
import struct
import tracemalloc
import zlib
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

import pytest
from pmtiles.tile import Compression
from pmtiles.tile import TileType

from layers.basemaps import BasemapFile
from layers.basemaps import Refused
from layers.basemaps import find_basemaps
from layers.basemaps import open_basemap
from layers.basemaps.content import MOST_BYTES
from layers.basemaps.content import one_line
from layers.basemaps.content import plain_text
from layers.basemaps.files import _examined
from tests.layers.basemap_files import DATA
from tests.layers.basemap_files import INTERNAL
from tests.layers.basemap_files import KIND
from tests.layers.basemap_files import LEAVES
from tests.layers.basemap_files import METADATA
from tests.layers.basemap_files import OUTER
from tests.layers.basemap_files import ROOT
from tests.layers.basemap_files import directory
from tests.layers.basemap_files import found
from tests.layers.basemap_files import patch
from tests.layers.basemap_files import patch_numbers
from tests.layers.basemap_files import png
from tests.layers.basemap_files import refused
from tests.layers.basemap_files import vector
from tests.layers.basemap_files import write_mbtiles
from tests.layers.basemap_files import write_parts
from tests.layers.basemap_files import write_pmtiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RED = png(255, 0, 0)
TILES = {(z, x, x): png(z, x, 0) for z in range(3, 6) for x in range(8)}
MEGABYTE = 2**20
HUGE = 2**63


@cache
def _bomb() -> bytes:
    """Return 64 kB that would become a vector tile of 64 MB."""
    return gzip.compress(b"\x1a" + bytes(64 * MEGABYTE))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PMTiles", "cut short"),
        (b"PMTiles\x03" + bytes(40), "cut short"),
        (b"PMTiles\x02" + bytes(200), "version 3"),
        (b"PM\x02\x00" + bytes(200), "version 3"),
        (b"PMTiles\x03" + bytes(200), "compressed with unknown"),
        (b"PMTiles\x03" + b"\xff" * 200, "damaged"),
        (b"PMTiles\x03" + b"\xff" * 88 + b"\x01\x01\x01\x02" + bytes(99), "cut short"),
        ("这是说明文字，不是底图\n".encode() * 20, "not a base map file"),
        (b"<!DOCTYPE html><title>404</title>", "not a base map file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not a base map file"),
        (b"PK\x03\x04" + bytes(100), "not a base map file"),
        (b"SQLite format 3\0", "damaged"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "damaged"),
    ],
)
@pytest.mark.parametrize("name", ["a.pmtiles", "a.mbtiles"])
def test_a_file_of_something_else_is_refused_by_name(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert words in refused(tmp_path).reason.en


@pytest.mark.parametrize(
    ("at", "offset", "length"),
    [
        (ROOT, 127, HUGE),
        (ROOT, HUGE, 10),
        (ROOT, 127, 0),
        (ROOT, 0, 100),
        (METADATA, 127, 2**40),
        (METADATA, 2**64 - 5, 10),
        (METADATA, 0, 100),
        (LEAVES, 2**50, 2**50),
        (DATA, 127, 2**45),
        (DATA, HUGE, 1),
    ],
)
def test_a_header_that_points_elsewhere_is_refused(
    at: int, offset: int, length: int, tmp_path: Path
) -> None:
    path = write_pmtiles(tmp_path / "a.pmtiles", TILES)
    patch_numbers(path, at, offset, length)
    refused(tmp_path)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (INTERNAL, 3, "brotli"),
        (INTERNAL, 4, "zstd"),
        (INTERNAL, 0, "unknown"),
        (INTERNAL, 99, "damaged"),
        (OUTER, 3, "brotli"),
        (OUTER, 4, "zstd"),
        (OUTER, 99, "damaged"),
        (KIND, 5, "AVIF"),
        (KIND, 6, "MLT"),
        (KIND, 99, "damaged"),
    ],
)
def test_what_cannot_be_unpacked_or_shown_is_refused_by_its_name(
    at: int, value: int, words: str, tmp_path: Path
) -> None:
    path = write_pmtiles(tmp_path / "a.pmtiles", TILES)
    patch(path, at, bytes([value]))
    assert words in refused(tmp_path).reason.en


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_tiles_of_no_known_kind_are_refused(make: Callable[..., Path], tmp_path: Path) -> None:
    zstandard = b"\x28\xb5\x2f\xfd" + bytes(30)
    for tile in (b"<svg onload=alert(1)>", zstandard, b"\x1f\x8b broken", bytes(9 * MEGABYTE)):
        path = make(tmp_path / "a.pmtiles", {(0, 0, 0): tile}, {"format": "pbf"})
        refused(tmp_path)
        path.unlink()


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_a_file_without_tiles_is_refused(make: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    if make is write_pmtiles:
        write_parts(path, directory())
    else:
        write_mbtiles(path, {})
    assert "no tiles" in refused(tmp_path).reason.en


@pytest.mark.parametrize(
    "root",
    [
        b"",
        b"\xff" * 100,
        b"\x80" * MEGABYTE,
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(50),
        b"\x05\x00",
        # One entry, whose number is written with a dozen digits too many.
        b"\x81" + b"\x80" * 12 + b"\x00" + b"\x00\x01" + bytes([len(RED)]) + b"\x01",
        # One entry: a tile id, a run, a length or a place larger than a file can be.
        b"\x01" + b"\xff" * 8 + b"\x7f" + b"\x01\x01\x01",
        b"\x01\x00" + b"\xff" * 8 + b"\x7f" + b"\x01\x01",
        b"\x01\x00\x01" + b"\xff" * 8 + b"\x7f" + b"\x01",
        b"\x01\x00\x01\x01" + b"\xff" * 8 + b"\x7f",
        b"\x01\x00\x01\x01\x00",
        # A directory that is its own leaf.
        directory((0, 0, 10, 0)),
        # A tile behind the end of the file.
        directory((0, 10**6, 50, 1)),
        directory((0, 0, 2**31, 1)),
        # More tiles than there are zooms for.
        directory((2**61, 0, len(RED), 1)),
    ],
)
def test_a_directory_that_makes_no_sense_is_refused(root: bytes, tmp_path: Path) -> None:
    write_parts(tmp_path / "a.pmtiles", root, RED, leaves=root)
    refused(tmp_path)


def _peak(act: Callable[[], object]) -> int:
    _examined.cache_clear()
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["root", "metadata", "data"])
def test_a_bomb_is_not_unfolded(part: str, tmp_path: Path) -> None:
    parts = {
        "root": gzip.compress(directory((0, 0, 10**6, 1))),
        "metadata": gzip.compress(b"{}"),
        "data": RED.ljust(10**6),
    } | {part: _bomb()}
    if part == "data":
        parts["root"] = gzip.compress(directory((0, 0, len(parts["data"]), 1)))
    path = tmp_path / "a.pmtiles"
    write_parts(path, internal_compression=Compression.GZIP, **parts)
    assert path.stat().st_size < 2 * MEGABYTE
    assert _peak(lambda: refused(tmp_path)) < 3 * MOST_BYTES


def test_a_tile_as_large_as_its_file_is_not_read(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "a.pmtiles", directory((0, 0, 60 * MEGABYTE, 1)), RED)
    os.truncate(path, 64 * MEGABYTE)
    assert _peak(lambda: refused(tmp_path)) < MOST_BYTES


def test_one_bad_tile_is_a_hole_and_the_others_stay(tmp_path: Path) -> None:
    good = gzip.compress(vector("good"))
    bad = {
        (2, 0, 0): _bomb(),
        (2, 1, 0): good[:-12],
        (2, 2, 0): b"\x1a" + bytes(9 * MEGABYTE),
        (2, 3, 0): RED,
        (2, 0, 1): b"<script>alert(1)</script>",
        (2, 1, 1): good[:10] + b"\xff" * 20,
    }
    tiles = {(1, 0, 0): good, (2, 3, 3): good} | bad
    write_pmtiles(tmp_path / "a.pmtiles", tiles, tile_type=TileType.MVT)
    write_mbtiles(tmp_path / "b.mbtiles", tiles, {"format": "pbf"})
    for file in find_basemaps(tmp_path):
        assert isinstance(file, BasemapFile)
        with closing(open_basemap(file)) as reader:
            assert {at: reader.tile(*at) for at in bad} == dict.fromkeys(bad)
            assert reader.tile(2, 3, 3) == vector("good")


def _survives(folder: Path) -> str:
    """Return what became of the only file: nothing but tiles and reasons may."""
    _examined.cache_clear()
    (entry,) = find_basemaps(folder)
    if isinstance(entry, Refused):
        return "refused"
    with closing(open_basemap(entry)) as reader:
        for at in TILES:
            tile = reader.tile(*at)
            assert tile is None or isinstance(tile, bytes)
    west, south, east, north = entry.bounds
    assert -180 <= west < east <= 180
    assert -86 < south < north < 86
    assert 0 <= entry.min_zoom <= entry.max_zoom < 32
    return "used"


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_a_file_cut_anywhere_is_refused_or_used(make: Callable[..., Path], tmp_path: Path) -> None:
    path = make(tmp_path / "a.pmtiles", TILES, {"name": "a", "format": "png"})
    whole = path.read_bytes()
    for length in [
        *range(0, 300, 7),
        *range(300, len(whole) - 1, len(whole) // 40),
        len(whole) - 1,
    ]:
        path.write_bytes(whole[:length])
        outcome = _survives(tmp_path)
        assert outcome == "refused" or make is write_mbtiles


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_a_file_with_any_wrong_bytes_is_refused_or_used(
    make: Callable[..., Path], tmp_path: Path
) -> None:
    path = make(tmp_path / "a.pmtiles", TILES, {"name": "a", "bounds": "1,2,3,4"})
    whole = path.read_bytes()
    dice = random.Random(11)  # noqa: S311 - seeded, not for secrets
    # The beginning of both formats is where all else is described.
    reach = 600 if make is write_pmtiles else len(whole)
    outcomes = set()
    for _ in range(300):
        raw = bytearray(whole)
        for _ in range(dice.choice([1, 1, 3, 20])):
            at = dice.randrange(16, min(reach, len(raw)))
            raw[at] = dice.choice([0, 255, dice.randrange(256)])
        path.write_bytes(raw)
        outcomes.add(_survives(tmp_path))
    assert outcomes == {"refused", "used"}


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.mbtiles")) as base:
        base.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
        base.commit()
    assert "table 'tiles'" in refused(tmp_path).reason.en


def test_a_file_without_metadata_is_used(tmp_path: Path) -> None:
    write_mbtiles(tmp_path / "无元数据.mbtiles", TILES)
    file = found(tmp_path)
    assert (file.title, file.media_type, file.attribution) == ("无元数据", "image/png", "")
    assert (file.min_zoom, file.max_zoom) == (3, 5)


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT -1 UNION ALL SELECT i - 1 FROM n) SELECT i AS zoom_level FROM n"
)
NOWHERE = "0 AS zoom_level, 0 AS tile_column, 0 AS tile_row"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (ENDLESS, "too long"),
        (f"SELECT {NOWHERE}, zeroblob(999999999) AS tile_data", "damaged"),
        (f"SELECT {NOWHERE}, 'text' AS tile_data", "no known kind"),
        (
            "SELECT 'a' AS zoom_level, 0 AS tile_column, 0 AS tile_row, NULL AS tile_data",
            "no tiles",
        ),
        ("SELECT 1 AS z", "damaged"),
        ("SELECT * FROM no_such_table", "damaged"),
    ],
)
def test_a_view_that_is_no_table_of_tiles_is_refused(view: str, words: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.mbtiles")) as base:
        base.execute(f"CREATE VIEW tiles AS {view}")
        base.commit()
    assert words in refused(tmp_path).reason.en


def test_a_table_too_large_to_search_asks_for_an_index(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.mbtiles")) as base:
        base.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        rows = ((18, number, number, b"\xff\xd8\xff") for number in range(250_000))
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
        base.commit()
        assert "CREATE UNIQUE INDEX" in refused(tmp_path).reason.zh
        base.execute("CREATE UNIQUE INDEX i ON tiles (zoom_level, tile_column, tile_row)")
        base.commit()
    assert found(tmp_path).max_zoom == 18


METADATA_THAT_IS_NONE: list[Any] = [
    b"[1, 2]",
    b'{"name": 7, "attribution": ["a"], "vector_layers": {"id": 1}}',
    b'{"name": null, "vector_layers": [null, 1, {"id": ["x"]}, {"id": ""}, {"id": "a\\u0000b"}]}',
    b'{"name": "\\ud800", "vector_layers": [{"id": "\\ud800"}]}',
]


@pytest.mark.parametrize("metadata", METADATA_THAT_IS_NONE)
def test_metadata_of_other_types_is_passed_over(metadata: bytes, tmp_path: Path) -> None:
    tile = vector("a")
    root = directory((0, 0, len(tile), 1))
    write_parts(tmp_path / "底图.pmtiles", root, tile, metadata=metadata)
    file = found(tmp_path)
    assert (file.title, file.attribution, file.vector_layers) == ("底图", "", ())


@pytest.mark.parametrize("metadata", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000])
def test_metadata_that_cannot_be_read_is_damage(metadata: bytes, tmp_path: Path) -> None:
    root = directory((0, 0, len(RED), 1))
    write_parts(tmp_path / "a.pmtiles", root, RED, metadata=metadata)
    assert "damaged" in refused(tmp_path).reason.en


def test_metadata_of_a_database_may_be_of_any_type(tmp_path: Path) -> None:
    extra = (
        "INSERT INTO metadata VALUES ('name', x'ff00'), ('bounds', 5), (NULL, NULL),"
        " ('format', NULL), ('json', '[['), ('attribution', CAST(x'e4ff41' AS TEXT));"
    )
    write_mbtiles(tmp_path / "a.mbtiles", TILES, {}, extra=extra)
    file = found(tmp_path)
    assert file.title == "a"
    assert file.attribution.endswith("A")


HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\u0000\u2028'\"`${x}"


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
def test_hostile_names_stay_one_line_of_text(make: Callable[..., Path], tmp_path: Path) -> None:
    metadata = {"name": HOSTILE + "长" * 500, "attribution": HOSTILE + "长" * 5000}
    make(tmp_path / "a.pmtiles", TILES, metadata)
    file = found(tmp_path)
    for text, most in ((file.title, 100), (file.attribution, 300)):
        assert len(text) == most
        assert not set("\u202e\u0000\u2028\n") & set(text)
    assert "<" not in file.attribution


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
@pytest.mark.parametrize(
    "name", [b"<img src=x>\n\xe2\x80\xae.mbtiles", b"\xff\xfe.mbtiles", b"?x=1&mode=rw.mbtiles"]
)
def test_hostile_file_names_are_read_and_shown(name: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(name)
    try:
        path.touch()
    except OSError:
        pytest.skip("the disk allows no such names")
    write_mbtiles(tmp_path / "a.mbtiles", TILES).replace(path)
    file = found(tmp_path)
    file.title.encode()
    assert file.title
    assert "\n" not in file.title
    with closing(open_basemap(file)) as reader:
        assert reader.tile(3, 1, 1) == TILES[3, 1, 1]
    path.write_bytes(b"")
    entry = refused(tmp_path)
    (entry.title + entry.reason.zh + entry.reason.en).encode()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            '<a href="https://osm.org/copyright">© OpenStreetMap</a> contributors',
            "© OpenStreetMap contributors",
        ),
        ("&copy; 2026 测绘院 &amp; 规划局", "© 2026 测绘院 & 规划局"),
        ("a<script>alert(1)</script>b<style>p{}</style>c<!-- d -->e", "a b c e"),
        ("&lt;img src=x onerror=alert(1)&gt;图", "图"),
        ("<<b>script>alert(1)<</b>/script>", "alert(1)"),
        ("图<img src=x onerror=alert(1)", "图"),
        ("<script>never closed", ""),
        ("3 < 5 > 2", "3 < 5 > 2"),
        ("  多\n  行\t文字 ", "多 行 文字"),
        (None, ""),
        (7, ""),
        ("<" * 5000, "<" * 299 + "…"),
    ],
)
def test_an_attribution_is_plain_text(markup: object, text: str) -> None:
    assert plain_text(markup) == text


def test_a_long_line_is_cut_with_a_sign() -> None:
    assert one_line("x" * 12, 10) == "x" * 9 + "…"
    assert one_line("x" * 10, 10) == "x" * 10
    assert one_line("a\u200bb\u0007c\ud800d") == "abcd"


def test_the_pictures_of_these_tests_are_pictures() -> None:
    """A check on the maker: the pixel comes back."""
    at = RED.index(b"IDAT")
    (length,) = struct.unpack(">I", RED[at - 4 : at])
    assert zlib.decompress(RED[at + 4 : at + 4 + length]) == b"\x00\xff\x00\x00"
