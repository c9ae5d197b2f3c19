"""What the readers of all base map files have in common."""

from __future__ import annotations

import sqlite3
import zlib
from abc import ABC
from abc import abstractmethod
from typing import TYPE_CHECKING

from pmtiles.tile import MagicNumberNotFound
from pmtiles.tile import SpecVersionUnsupported

from layers.basemaps import refusals
from layers.basemaps.content import MAX_ZOOM
from layers.basemaps.content import VECTOR
from layers.basemaps.content import media_type
from layers.basemaps.content import unpack
from layers.errors import AtlasError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.basemaps.content import Content

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    RecursionError,
    zlib.error,
    sqlite3.Error,
    MagicNumberNotFound,
    SpecVersionUnsupported,
)
"""What reading a file may raise whose bytes are not what they should be."""


class TileReader(ABC):
    """An open base map file, which several threads may ask at once.

    Attributes
    ----------
    content
        What the file holds.
    """

    content: Content

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, unpacked; its kind is that of the file.

        Parameters
        ----------
        z, x, y
            Zoom, column from the west and row from the north.

        Returns
        -------
        bytes or None
            None where the file has no tile, also if there can be none, if the tile is
            empty, damaged, of another kind or longer than
            :data:`layers.basemaps.content.MOST_BYTES`, or the file was closed: the map
            has a hole there and stays usable.
        """
        if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        try:
            packed = self._packed(z, x, y)
        except (AtlasError, *DAMAGE):
            return None
        found = unpack(packed) if packed else None
        return found if found and self._fits(found) else None

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; there is no tile any more."""

    @abstractmethod
    def _packed(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile of the grid as it is stored; may raise :data:`DAMAGE`."""

    def _fits(self, tile: bytes) -> bool:
        found = media_type(tile)
        return found is not None and (found == VECTOR) == (self.content.media_type == VECTOR)


def kind_of(name: str, samples: Iterable[bytes | None], declared: str | None) -> str:
    """Return the media type of a file's tiles: what they are, else what the file says.

    Parameters
    ----------
    name
        Name of the file, for the error.
    samples
        Some tiles as they are stored; None for one that is no bytes, or too many.
    declared
        What the file says, for the case that all samples are empty.

    Raises
    ------
    AtlasError
        If no map can show such tiles.
    """
    strange = False
    for packed in samples:
        tile = None if packed is None else unpack(packed)
        if tile == b"":
            continue
        found = media_type(tile) if tile else None
        if found is not None:
            return found
        strange = True
    if strange or declared is None:
        raise refusals.strange_tiles(name)
    return declared
