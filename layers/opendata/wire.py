"""The few parts of a ``.osm.pbf`` that GDAL does not tell: relations, and the date of the data.

Format: OpenStreetMap wiki, "PBF Format", with its limits of 64 KiB for the head and 32 MiB
for the content of a block.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import IO
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    # Number of a field, and what stands there: a number or bytes.
    _Field = tuple[int, int | bytes]

_MOST_HEAD = 64 * 1024
_MOST_BLOCK = 32 * 1024 * 1024

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MORE = 0x80
_MOST_SHIFT = 63

# Numbers of fields of the messages Blob, PrimitiveBlock, PrimitiveGroup, Relation, Info.
_RAW, _ZLIB = 1, 3
_STRINGS, _GROUP, _DATE_GRANULARITY = 1, 2, 18
_RELATIONS = 4
_ID, _KEYS, _VALUES, _INFO = 1, 2, 3, 4
_VERSION, _TIMESTAMP = 1, 2
_REPLICATION_TIME = 32
_MILLISECONDS = 1000


class WireError(ValueError):
    """The file is no ``.osm.pbf``, or it is damaged."""


class Relation(NamedTuple):
    """A relation without its members.

    Attributes
    ----------
    number
        Its id.
    version
        Its version, 0 if the file does not say.
    time
        When the version was made, ISO 8601; empty if the file does not say.
    tags
        What it says of itself.
    """

    number: int
    version: int
    time: str
    tags: dict[str, str]


def check_pbf(path: Path) -> None:
    """Unpack every block of a ``.osm.pbf``.

    GDAL passes over a block that is packed in a way it does not know, without a word.

    Raises
    ------
    WireError
        If the file is damaged, or packed otherwise than by zlib.
    """
    for _ in _blocks(path):
        pass


def pbf_relations(path: Path) -> Iterator[Relation]:
    """Yield every relation of a ``.osm.pbf``.

    Raises
    ------
    WireError
        If the file is damaged.
    """
    for kind, block in _blocks(path):
        if kind == b"OSMData":
            yield from _relations(block)


def pbf_time(path: Path) -> str:
    """Return the time up to which a ``.osm.pbf`` has all changes, empty if it does not say.

    Raises
    ------
    WireError
        If the file is damaged.
    """
    for kind, block in _blocks(path):
        if kind != b"OSMHeader":
            break
        for number, value in _fields(block):
            if number == _REPLICATION_TIME and isinstance(value, int):
                return iso_time(value)
        break
    return ""


def iso_time(seconds: float) -> str:
    """Return a Unix time as ISO 8601 in UTC, empty for 0, which stands for unknown."""
    if seconds <= 0:
        return ""
    time = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _blocks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        while head := file.read(4):
            size = int.from_bytes(head, "big")
            if size > _MOST_HEAD:
                msg = "the head of a block is too long"
                raise WireError(msg)
            kind, length = b"", 0
            for number, value in _fields(_exactly(file, size)):
                if number == 1 and isinstance(value, bytes):
                    kind = value
                elif number == 3 and isinstance(value, int):  # noqa: PLR2004 -- field datasize
                    length = value
            if length > _MOST_BLOCK:
                msg = "a block is too long"
                raise WireError(msg)
            yield kind, _content(_exactly(file, length))


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        msg = "the file ends within a block"
        raise WireError(msg)
    return data


def _content(blob: bytes) -> bytes:
    for number, value in _fields(blob):
        if not isinstance(value, bytes):
            continue
        if number == _RAW:
            return value
        if number != _ZLIB:
            msg = "a block is packed in a way that is not read (only zlib is)"
            raise WireError(msg)
        packed = zlib.decompressobj()
        try:
            # A block that grows without end is cut off, and then no longer complete.
            content = packed.decompress(value, _MOST_BLOCK)
        except zlib.error as error:
            raise WireError(str(error)) from error
        if not packed.eof:
            msg = "a block is too long"
            raise WireError(msg)
        return content
    return b""


def _relations(block: bytes) -> Iterator[Relation]:
    strings: list[str] = []
    groups: list[bytes] = []
    granularity = _MILLISECONDS
    for number, value in _fields(block):
        if number == _STRINGS and isinstance(value, bytes):
            strings = [_text(part) for _, part in _fields(value)]
        elif number == _GROUP and isinstance(value, bytes):
            groups.append(value)
        elif number == _DATE_GRANULARITY and isinstance(value, int):
            granularity = value
    for group in groups:
        for number, value in _fields(group):
            # A group holds one kind of objects; nothing is read of millions of others.
            if number != _RELATIONS or not isinstance(value, bytes):
                break
            yield _relation(value, strings, granularity / _MILLISECONDS)


def _relation(data: bytes, strings: list[str], granularity_s: float) -> Relation:
    found = dict(_fields(data))
    keys, values = (_packed(found.get(number, b"")) for number in (_KEYS, _VALUES))
    info = found.get(_INFO, b"")
    about = dict(_fields(info)) if isinstance(info, bytes) else {}
    number, version, time = found.get(_ID), about.get(_VERSION, 0), about.get(_TIMESTAMP, 0)
    if not (isinstance(number, int) and isinstance(version, int) and isinstance(time, int)):
        msg = "a relation has no id"
        raise WireError(msg)
    try:
        tags = {strings[k]: strings[v] for k, v in zip(keys, values, strict=True)}
    except (IndexError, ValueError) as error:
        msg = "the tags of a relation are damaged"
        raise WireError(msg) from error
    return Relation(number, version, iso_time(time * granularity_s), tags)


def _text(part: int | bytes) -> str:
    return part.decode("utf-8", "replace") if isinstance(part, bytes) else ""


def _packed(data: int | bytes) -> list[int]:
    if isinstance(data, int):
        return [data]
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _fields(data: bytes) -> Iterator[_Field]:
    """Yield the fields of a message of Protocol Buffers."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            msg = "the file is damaged"
            raise WireError(msg)
        if at + size > len(data):
            msg = "a field ends behind its block"
            raise WireError(msg)
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift <= _MOST_SHIFT:
        byte = data[at]
        at += 1
        number |= (byte & ~_MORE) << shift
        if not byte & _MORE:
            return number, at
        shift += 7
    msg = "a number ends behind its block"
    raise WireError(msg)
