"""What stands in a base map file: tiles, bounds and texts, none of them trusted."""

from __future__ import annotations

import html
import math
import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.tiles.grid import MAX_LATITUDE
from layers.tiles.service import TILE_MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    from layers.picture import Bounds

MOST_BYTES = 8 * 2**20
"""Longest tile or metadata, packed or not; real ones stay far below a megabyte."""

WORLD: Bounds = (-180.0, -MAX_LATITUDE, 180.0, MAX_LATITUDE)
MAX_ZOOM = 30

VECTOR = TILE_MEDIA_TYPE
PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib's number for "a gzip header, any window"

# A vector tile is a message whose fields are all layers: field 3, length-delimited
# (Mapbox Vector Tile Specification 2.1, chapter 4.1).
_SIGNS = ((b"\x1a", VECTOR), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))

_TAG = re.compile(r"</?[A-Za-z!?][^>]*(?:>|$)")
_UNSEEN = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.DOTALL | re.IGNORECASE
)
_LONGEST_MARKUP = 4000
_LONGEST_NAME = 200
_MOST_LAYERS = 200

# They hold samples of the data, where a firm's building may bear a provider's name.
_DATA_KEYS = frozenset({"tilestats", "fields"})
_MOST_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, as its reader found it.

    Attributes
    ----------
    metadata
        What the file says of itself; any JSON.
    bounds
        West, south, east, north in degrees, inside the world.
    min_zoom, max_zoom
        Zooms of the tiles that are there, whatever the file says.
    media_type
        Kind of its tiles.
    """

    metadata: Mapping[str, Any]
    bounds: Bounds
    min_zoom: int
    max_zoom: int
    media_type: str


def media_type(tile: bytes) -> str | None:
    """Return what an unpacked tile is by its first bytes, None for what no map can show."""
    if tile[:4] == b"RIFF" and tile[8:12] == b"WEBP":
        return WEBP
    return next((kind for sign, kind in _SIGNS if tile.startswith(sign)), None)


def gunzip(packed: bytes, most: int = MOST_BYTES) -> bytes | None:
    """Return what is packed, None if it is damaged or longer than `most` bytes.

    No more than `most` bytes are ever made, however much a bomb would unfold to.
    """
    stream = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        found = stream.decompress(packed, most + 1)
    except zlib.error:
        return None
    return found if stream.eof and len(found) <= most else None


def unpack(tile: bytes) -> bytes | None:
    """Return a tile without its gzip wrapping, None if it is damaged or too long."""
    if tile.startswith(_GZIP):
        return gunzip(tile)
    return tile if len(tile) <= MOST_BYTES else None


def clip_bounds(values: Sequence[float]) -> Bounds:
    """Return west, south, east, north inside the world, or the world if they make no sense."""
    if len(values) != len(WORLD) or not all(map(math.isfinite, values)):
        return WORLD
    west, south = (max(value, edge) for value, edge in zip(values[:2], WORLD[:2], strict=True))
    east, north = (min(value, edge) for value, edge in zip(values[2:], WORLD[2:], strict=True))
    return (west, south, east, north) if west < east and south < north else WORLD


def one_line(text: str, most: int = _LONGEST_NAME) -> str:
    """Return one line to show: no control, no direction mark, no half character, not too long.

    It is still data: where it goes, it has to be escaped.
    """
    visible = "".join(
        " " if character.isspace() else character
        for character in text[: most * 10]
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn"}
    )
    line = " ".join(visible.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plain_text(markup: object, most: int = 300) -> str:
    """Return the words of a piece of HTML in one line; empty if there is no text.

    Entities are read before tags are taken out, so that nothing can turn into a tag later.
    """
    if not isinstance(markup, str):
        return ""
    text = _UNSEEN.sub(" ", html.unescape(markup[:_LONGEST_MARKUP]))
    while (bare := _TAG.sub("", text)) != text:
        text = bare
    return one_line(text, most)


def title_of(metadata: Mapping[str, Any]) -> str:
    """Return the name that a file gives itself; empty if it has none."""
    name = metadata.get("name")
    return one_line(name, 100) if isinstance(name, str) else ""


def layer_names(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the layers of a vector map, as its tiles spell them."""
    layers = metadata.get("vector_layers")
    entries = layers[:_MOST_LAYERS] if isinstance(layers, list) else []
    names = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    # A name that would have to be cleaned first would not be found in the tiles.
    kept = [name for name in names if isinstance(name, str) and name and one_line(name) == name]
    return tuple(dict.fromkeys(kept))


def texts_of(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in which a file may say from where its tiles come."""
    waiting: list[Any] = [metadata]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(part for key, part in value.items() if key not in _DATA_KEYS)
        elif isinstance(value, list):
            waiting.extend(value)
