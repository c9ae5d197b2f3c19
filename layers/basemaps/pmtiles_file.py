"""Reads PMTiles files (version 3): header and tile numbers by the package ``pmtiles``.

The package's own reader unpacks whatever a file hands it and reads its directories anew
for each tile. So the way through a file is gone here with limits, and directories are kept.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any

from pmtiles.tile import Compression
from pmtiles.tile import TileType
from pmtiles.tile import deserialize_header
from pmtiles.tile import tileid_to_zxy
from pmtiles.tile import zxy_to_tileid

from layers.basemaps import refusals
from layers.basemaps.content import JPEG
from layers.basemaps.content import MAX_ZOOM
from layers.basemaps.content import MOST_BYTES
from layers.basemaps.content import PNG
from layers.basemaps.content import VECTOR
from layers.basemaps.content import WEBP
from layers.basemaps.content import Content
from layers.basemaps.content import clip_bounds
from layers.basemaps.content import gunzip
from layers.basemaps.directory import parse_directory
from layers.basemaps.reader import TileReader
from layers.basemaps.reader import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pmtiles.tile import HeaderDict

    from layers.basemaps.directory import Directory
    from layers.basemaps.directory import Entry

_HEADER_BYTES = 127
_VERSION = 3
_VERSION_AT = 7

# A million entries; the leaf directories of a map of the whole planet have some 50,000.
_MOST_DIRECTORY_BYTES = 4 * 2**20
_KEPT_DIRECTORIES = 4
_DEEPEST = 4  # as in the package's reader
_SAMPLES = 8
_E7 = 1e7

_DECLARED = {
    TileType.MVT: VECTOR,
    TileType.PNG: PNG,
    TileType.JPEG: JPEG,
    TileType.WEBP: WEBP,
    TileType.UNKNOWN: None,
}
_PLAIN_OR_GZIP = {Compression.NONE, Compression.GZIP}


class PmtilesReader(TileReader):
    """An open PMTiles file.

    Parameters
    ----------
    path
        The file.
    name
        Its name in errors.

    Raises
    ------
    AtlasError
        If it cannot be used.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._lock = Lock()
        # A mapping into memory would end the process if the file were cut while it is read.
        self._file = path.open("rb")
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self._header = self._read_header()
            self._leaf = lru_cache(maxsize=_KEPT_DIRECTORIES)(self._directory)
            header = self._header
            self._root = self._directory(header["root_offset"], header["root_length"])
            self.content = self._describe()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Let go of the file; there is no tile any more."""
        with self._lock:
            self._file.close()

    def _packed(self, z: int, x: int, y: int) -> bytes | None:
        number = zxy_to_tileid(z, x, y)
        directory = self._root
        for _ in range(_DEEPEST):
            entry = directory.find(number)
            if entry is None:
                return None
            if entry.run_length > 0:
                return self._tile_data(entry)
            directory = self._below(entry)
        return None

    def _tile_data(self, entry: Entry) -> bytes:
        return self._read(self._header["tile_data_offset"] + entry.offset, entry.length)

    def _below(self, entry: Entry) -> Directory:
        return self._leaf(self._header["leaf_directory_offset"] + entry.offset, entry.length)

    def _read(self, offset: int, length: int, most: int = MOST_BYTES) -> bytes:
        if not (offset >= 0 and 0 <= length <= most and offset + length <= self._size):
            raise refusals.damaged(self._name)
        with self._lock:
            self._file.seek(offset)
            found = self._file.read(length)
        if len(found) != length:
            raise refusals.cut_short(self._name)
        return found

    def _read_header(self) -> HeaderDict:
        if self._size < _HEADER_BYTES:
            raise refusals.cut_short(self._name)
        raw = self._read(0, _HEADER_BYTES)
        if raw[_VERSION_AT] != _VERSION:
            raise refusals.old_version(self._name)
        header = deserialize_header(raw)
        sections: tuple[tuple[int, int], ...] = (
            (header["root_offset"], header["root_length"]),
            (header["metadata_offset"], header["metadata_length"]),
            (header["leaf_directory_offset"], header["leaf_directory_length"]),
            (header["tile_data_offset"], header["tile_data_length"]),
        )
        if any(length and offset + length > self._size for offset, length in sections):
            raise refusals.cut_short(self._name)
        inside, outside = header["internal_compression"], header["tile_compression"]
        if inside not in _PLAIN_OR_GZIP:
            raise refusals.packed_otherwise(self._name, inside.name.lower())
        if outside not in {*_PLAIN_OR_GZIP, Compression.UNKNOWN}:
            raise refusals.packed_otherwise(self._name, outside.name.lower())
        if header["tile_type"] not in _DECLARED:
            raise refusals.unsupported(self._name, header["tile_type"].name)
        return header

    def _inside(self, offset: int, length: int, most: int) -> bytes:
        """Return a directory or the metadata, unpacked."""
        raw = self._read(offset, length, most)
        if self._header["internal_compression"] is Compression.NONE:
            return raw
        found = gunzip(raw, most)
        if found is None:
            raise refusals.damaged(self._name)
        return found

    def _directory(self, offset: int, length: int) -> Directory:
        return parse_directory(self._inside(offset, length, _MOST_DIRECTORY_BYTES))

    def _metadata(self) -> dict[str, Any]:
        offset, length = self._header["metadata_offset"], self._header["metadata_length"]
        found = json.loads(self._inside(offset, length, MOST_BYTES)) if length else {}
        return found if isinstance(found, dict) else {}

    def _edge(self, position: int) -> Directory:
        """Return the first (0) or the last (-1) directory that names tiles."""
        directory = self._root
        for _ in range(_DEEPEST):
            entry = directory[position]
            if entry.run_length > 0:
                return directory
            directory = self._below(entry)
        raise refusals.damaged(self._name)

    def _describe(self) -> Content:
        if not len(self._root):
            raise refusals.no_tiles(self._name)
        first, last = self._edge(0), self._edge(-1)[-1]
        lowest = tileid_to_zxy(first[0].tile_id)[0]
        highest = tileid_to_zxy(last.tile_id + last.run_length - 1)[0]
        if not lowest <= min(highest, MAX_ZOOM):
            raise refusals.damaged(self._name)
        header = self._header
        sides = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        bounds = clip_bounds([header[side] / _E7 for side in sides])  # type: ignore[literal-required]
        kind = kind_of(self._name, self._samples(first), _DECLARED[header["tile_type"]])
        return Content(self._metadata(), bounds, lowest, min(highest, MAX_ZOOM), kind)

    def _samples(self, directory: Directory) -> Iterator[bytes]:
        entries = (directory[position] for position in range(min(_SAMPLES, len(directory))))
        return (self._tile_data(entry) for entry in entries if entry.run_length > 0)
