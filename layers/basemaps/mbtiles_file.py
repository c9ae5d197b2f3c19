"""Reads MBTiles files: SQLite databases of tiles (MBTiles Specification 1.3)."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

from layers.basemaps import refusals
from layers.basemaps.content import JPEG
from layers.basemaps.content import MAX_ZOOM
from layers.basemaps.content import MOST_BYTES
from layers.basemaps.content import PNG
from layers.basemaps.content import VECTOR
from layers.basemaps.content import WEBP
from layers.basemaps.content import WORLD
from layers.basemaps.content import Content
from layers.basemaps.content import clip_bounds
from layers.basemaps.reader import TileReader
from layers.basemaps.reader import kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from layers.picture import Bounds

# A file's tables may be views of any make, so a question may cost no more than this many
# steps of SQLite's machine: some tenths of a second, or 150,000 rows without an index.
_STEPS_BETWEEN = 10_000
_MOST_STEPS = 1_000_000

_MOST_ROWS = 12  # of the answer to any question
_ROW_BYTES = 4096  # a row is a little longer than its tile

_KNOWN = ("name", "format", "bounds", "attribution", "description", "type", "json", "crs")
_DECLARED = {"png": PNG, "jpg": JPEG, "jpeg": JPEG, "webp": WEBP, "pbf": VECTOR, "mvt": VECTOR}

_TILE = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
_SAMPLES = (
    "SELECT CASE WHEN length(tile_data) <= ? THEN tile_data END FROM tiles WHERE zoom_level = ?"
)
_ZOOM = "SELECT zoom_level FROM tiles WHERE zoom_level BETWEEN 0 AND ? ORDER BY zoom_level"
_METADATA = f"SELECT name, value FROM metadata WHERE name IN ({', '.join('?' * len(_KNOWN))})"  # noqa: S608 - only question marks are put in
_TABLES = (
    "SELECT lower(name) FROM sqlite_master"
    " WHERE type IN ('table', 'view') AND lower(name) IN ('tiles', 'metadata')"
)

# No views that call functions with effects, and no page that points outside of itself.
_GUARDS = ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0")


class MbtilesReader(TileReader):
    """An open MBTiles file.

    One connection behind a lock: a tile takes some ten microseconds, and connections of
    other threads could not be closed.

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
        if is_unfinished(path):
            raise refusals.unfinished(name)
        self._name = name
        self._lock = Lock()
        self._steps = 0
        self._connection = _connect(path)
        self._connection.set_progress_handler(self._count, _STEPS_BETWEEN)
        try:
            self.content = self._describe()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file; there is no tile any more."""
        with self._lock:
            self._connection.close()

    def _packed(self, z: int, x: int, y: int) -> bytes | None:
        # Rows count from the south.
        rows = self._ask(_TILE, z, x, (1 << z) - 1 - y)
        return next((tile for (tile,) in rows if isinstance(tile, bytes)), None)

    def _ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            self._steps = 0
            with closing(self._connection.execute(question, values)) as rows:
                return rows.fetchmany(_MOST_ROWS)

    def _count(self) -> bool:
        """Tell SQLite whether to stop."""
        self._steps += _STEPS_BETWEEN
        return self._steps > _MOST_STEPS

    def _describe(self) -> Content:
        tables = {name for (name,) in self._ask(_TABLES)}
        if "tiles" not in tables:
            raise refusals.no_table(self._name)
        metadata = self._metadata() if "metadata" in tables else {}
        try:
            lowest, highest = (self._zoom(order) for order in ("ASC", "DESC"))
            samples = self._ask(_SAMPLES, MOST_BYTES, highest)
        except sqlite3.OperationalError as error:
            # A step too many; Python 3.11 names the code of an error.
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise refusals.laborious(self._name) from error
            raise
        declared = str(metadata.get("format", "")).lower().removeprefix("image/")
        tiles = (tile if isinstance(tile, bytes) else None for (tile,) in samples)
        kind = kind_of(self._name, tiles, _DECLARED.get(declared))
        return Content(metadata, _bounds(metadata.get("bounds")), lowest, highest, kind)

    def _zoom(self, order: str) -> int:
        rows = self._ask(f"{_ZOOM} {order} LIMIT 1", MAX_ZOOM)
        if not rows:
            raise refusals.no_tiles(self._name)
        return int(rows[0][0])

    def _metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self._ask(_METADATA, *_KNOWN):
            found.setdefault(str(name), value if isinstance(value, str) else "")
        with suppress(ValueError, RecursionError):
            nested = json.loads(found.get("json", ""))
            if isinstance(nested, dict):
                del found["json"]
                return {**nested, **found}
        return found


def is_unfinished(path: Path) -> bool:
    """Tell whether part of a database still waits in a file beside it.

    The file is read as if nobody else had it, which neither takes a lock nor leaves
    anything behind, but does not see what waits there.
    """
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if not beside.is_file():
            continue
        with beside.open("rb") as file:
            # A journal that is kept for the next change begins with zeros.
            if file.read(1) not in {b"", b"\0"}:
                return True
    return False


def _connect(path: Path) -> sqlite3.Connection:
    # As bytes, because a name need not be readable text; "//server" needs two more slashes.
    plain = quote(os.fsencode(path.absolute().as_posix()), safe="/:")
    address = f"file://{'' if plain.startswith('/') else '/'}{plain}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES + _ROW_BYTES)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for guard in _GUARDS:
            connection.execute(f"PRAGMA {guard}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _bounds(text: object) -> Bounds:
    try:
        return clip_bounds([float(part) for part in str(text).split(",")])
    except ValueError:
        return WORLD
