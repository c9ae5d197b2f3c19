"""What the tests of tiles need: a reader written from the specification, and places of tiles.

The reader shares nothing with the writer and accepts nothing that the specification
forbids. Sources: Mapbox Vector Tile Specification 2.1, chapters 4.1-4.4, and
Protocol Buffers, chapter Encoding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.tiles.grid import Tile

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = list[tuple[int, int]]

_KINDS = {1: "point", 2: "line", 3: "polygon"}


@dataclass(frozen=True)
class Feature:
    """A feature: its id, kind, properties, paths in tile units (rings are open), commands."""

    number: int
    kind: str
    properties: dict[str, Any]
    paths: list[Path]
    commands: list[int]

    def polygons(self) -> list[list[Path]]:
        """Return each outer ring with its holes; the order of vertices tells which is which."""
        assert self.kind == "polygon"
        found: list[list[Path]] = []
        for ring in self.paths:
            area = doubled_area(ring)
            assert area != 0
            if area > 0:
                found.append([ring])
            else:
                assert found, "a hole before any outline"
                found[-1].append(ring)
        return found


@dataclass(frozen=True)
class Layer:
    """The one layer of a tile."""

    name: str
    version: int
    extent: int
    features: list[Feature]


def tile_at(longitude: float, latitude: float, zoom: int) -> Tile:
    """Return the tile around a place (formula of the slippy map, OpenStreetMap wiki)."""
    side = 1 << zoom
    down = 1 - math.asinh(math.tan(math.radians(latitude))) / math.pi
    return Tile(zoom, int((longitude + 180) / 360 * side), int(down / 2 * side))


def doubled_area(ring: Path) -> int:
    """Return twice the area by the surveyor's formula, positive if clockwise with y down."""
    following = ring[1:] + ring[:1]
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, following, strict=True))


def read_tile(content: bytes) -> Layer:
    """Return the layer of a tile; an empty tile has no features."""
    if not content:
        return Layer("", 2, 4096, [])
    ((number, body),) = _fields(content)
    assert number == 3
    name, version, extent = "", 0, 0
    keys: list[str] = []
    values: list[Any] = []
    raw: list[bytes] = []
    for number, found in _fields(body):
        match number:
            case 1:
                name = found.decode()
            case 2:
                raw.append(found)
            case 3:
                keys.append(found.decode())
            case 4:
                values.append(_value(found))
            case 5:
                extent = found
            case 15:
                version = found
            case _:
                raise AssertionError(number)
    assert len(set(keys)) == len(keys)
    return Layer(name, version, extent, [_feature(part, keys, values) for part in raw])


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            assert byte or shift == 7, "a varint that is longer than it must be"
            return number, at


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        found, at = _varint(content, at)
        if tag & 7 == 2:
            assert at + found <= len(content)
            yield tag >> 3, content[at : at + found]
            at += found
        else:
            assert tag & 7 == 0
            yield tag >> 3, found


def _packed(content: bytes) -> list[int]:
    at, numbers = 0, []
    while at < len(content):
        number, at = _varint(content, at)
        numbers.append(number)
    return numbers


def _value(content: bytes) -> Any:
    ((number, found),) = _fields(content)
    if number == 1:
        return found.decode()
    assert number == 5
    return found


def _feature(content: bytes, keys: list[str], values: list[Any]) -> Feature:
    parts = dict(_fields(content))
    assert sorted(parts) == [1, 2, 3, 4]
    tags = _packed(parts[2])
    pairs = zip(tags[::2], tags[1::2], strict=True)
    kind, commands = _KINDS[parts[3]], _packed(parts[4])
    properties = {keys[key]: values[value] for key, value in pairs}
    return Feature(parts[1], kind, properties, list(_paths(commands, kind)), commands)


def _paths(numbers: list[int], kind: str) -> Iterator[Path]:
    at = x = y = 0
    path: Path = []
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            assert kind == "polygon"
            assert count == 1
            assert len(path) >= 3
            yield path
            path = []
            continue
        assert command == 1 or (command == 2 and kind != "point" and len(path) == 1)
        assert count
        if command == 1:
            assert count == 1 or kind == "point"
            if path:
                assert kind == "line"
                assert len(path) >= 2
                yield path
            path = []
        for _ in range(count):
            dx, dy = (number >> 1 ^ -(number & 1) for number in numbers[at : at + 2])
            at += 2
            assert command == 1 or dx or dy, "a step of no length"
            x, y = x + dx, y + dy
            path.append((x, y))
    if path:
        assert kind != "polygon"
        yield path
