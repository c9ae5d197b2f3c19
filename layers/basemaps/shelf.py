"""The local base maps that pages have offered, open for the web server's threads."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from layers.basemaps.files import open_basemap
from layers.errors import AtlasError

if TYPE_CHECKING:
    from layers.basemaps.files import BasemapFile
    from layers.basemaps.reader import TileReader

BASEMAP_ROUTE = "/basemaps"


class Shelf:
    """Base map files by token; only a file that a page has offered can be read."""

    def __init__(self) -> None:
        self._offered: dict[str, BasemapFile] = {}
        self._readers: dict[str, TileReader] = {}
        self._lock = Lock()

    def offer(self, file: BasemapFile) -> str:
        """Let a file be read, and return the address of its tiles without z, x and y."""
        with self._lock:
            self._offered[file.token] = file
        return f"{BASEMAP_ROUTE}/{file.token}/"

    def tile(self, token: str, z: int, x: int, y: int) -> tuple[bytes | None, str]:
        """Return a tile, None if there is none, and its media type.

        Raises
        ------
        KeyError
            If no page has offered that file, or it cannot be read any more.
        """
        with self._lock:
            file = self._offered[token]
            reader = self._readers.get(token)
            if reader is None:
                try:
                    reader = self._readers[token] = open_basemap(file)
                except AtlasError as error:
                    raise KeyError(token) from error
        return reader.tile(z, x, y), file.media_type


@cache
def shelf() -> Shelf:
    """Return the one shelf of this process."""
    return Shelf()
