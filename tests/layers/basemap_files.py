"""Makers of small base map files for the tests."""

from __future__ import annotations

import gzip
import sqlite3
import struct
import zlib
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

from pmtiles.tile import Compression
from pmtiles.tile import Entry
from pmtiles.tile import TileType
from pmtiles.tile import serialize_directory
from pmtiles.tile import serialize_header
from pmtiles.tile import zxy_to_tileid
from pmtiles.writer import write

from layers.basemaps import BasemapFile
from layers.basemaps import Refused
from layers.basemaps import find_basemaps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Tiles = dict[tuple[int, int, int], bytes]

INDEX = "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)"
# Where the fields of a PMTiles header lie (specification 3, chapter 3).
ROOT, METADATA, LEAVES, DATA = 8, 24, 40, 56
INTERNAL, OUTER, KIND = 97, 98, 99


def png(red: int, green: int, blue: int) -> bytes:
    """Return a picture of one pixel (PNG specification, chapters 5 and 11)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes([0, red, green, blue]))
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", pixel), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def vector(text: str) -> bytes:
    """Return a vector tile of one empty layer with that name."""
    name = text.encode()
    layer = bytes([0x78, 2, 0x0A, len(name)]) + name
    return bytes([0x1A, len(layer)]) + layer


def write_pmtiles(
    path: Path, tiles: Tiles, metadata: Mapping[str, Any] | None = None, **header: Any
) -> Path:
    """Write a PMTiles file by the package's own writer; `header` overrides its fields."""
    described = {"tile_type": TileType.PNG, "tile_compression": Compression.NONE, **header}
    with write(str(path)) as writer:
        for number, tile in sorted((zxy_to_tileid(*at), tile) for at, tile in tiles.items()):
            writer.write_tile(number, tile)
        writer.finalize(described, dict(metadata or {}))
    return path


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """Return a directory, not packed, of tile id, offset, length and run length each."""
    return gzip.decompress(serialize_directory([Entry(*entry) for entry in entries]))


def write_parts(
    path: Path,
    root: bytes,
    data: bytes = b"",
    *,
    leaves: bytes = b"",
    metadata: bytes = b"{}",
    **header: Any,
) -> Path:
    """Write a PMTiles file of parts that no writer would put together."""
    fields: dict[str, Any] = {
        "clustered": True,
        "internal_compression": Compression.NONE,
        "tile_compression": Compression.NONE,
        "tile_type": TileType.PNG,
        "min_zoom": 0,
        "max_zoom": 0,
        **header,
    }
    offset = 127
    sections = {"root": root, "metadata": metadata, "leaf_directory": leaves, "tile_data": data}
    for name, section in sections.items():
        fields |= {f"{name}_offset": offset, f"{name}_length": len(section)}
        offset += len(section)
    path.write_bytes(serialize_header(fields) + b"".join(sections.values()))  # type: ignore[arg-type]
    return path


def write_mbtiles(
    path: Path, tiles: Tiles, metadata: Mapping[str, Any] | None = None, *, extra: str = ""
) -> Path:
    """Write an MBTiles file; without `metadata` it has no such table."""
    with closing(sqlite3.connect(path)) as base:
        base.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER,"
            " tile_data BLOB)"
        )
        # Rows count from the south (MBTiles specification 1.3).
        rows = ((z, x, 2**z - 1 - y, tile) for (z, x, y), tile in tiles.items())
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
        base.execute(INDEX)
        if metadata is not None:
            base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
            base.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        base.executescript(extra)
        base.commit()
    return path


def patch(path: Path, at: int, content: bytes) -> None:
    """Overwrite bytes of a file."""
    raw = bytearray(path.read_bytes())
    raw[at : at + len(content)] = content
    path.write_bytes(raw)


def patch_numbers(path: Path, at: int, *values: int) -> None:
    """Overwrite numbers of 64 bits of a PMTiles header."""
    patch(path, at, struct.pack(f"<{len(values)}Q", *values))


def found(folder: Path) -> BasemapFile:
    """Return the only base map of a folder, which can be used."""
    (entry,) = find_basemaps(folder)
    assert isinstance(entry, BasemapFile), entry
    return entry


def refused(folder: Path) -> Refused:
    """Return the only file of a folder, which is refused with a reason in two languages."""
    (entry,) = find_basemaps(folder)
    assert isinstance(entry, Refused), entry
    assert entry.title in entry.reason.zh
    assert entry.title in entry.reason.en
    assert entry.reason.zh != entry.reason.en
    return entry
