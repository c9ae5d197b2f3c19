"""The Mapbox Vector Tile format, version 2.1, written for whole arrays at once.

A tile message consists of varints and bytes. All features of a layer are laid
out as one array of integers and turned into bytes in a single pass, without a
loop over features. The maintained encoders were tried and left: `mapbox-vector-tile`
takes fifteen times as long and pins a protobuf that Streamlit excludes.

Source: Mapbox Vector Tile Specification 2.1, chapters 4.2-4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layers.tiles.grid import EXTENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

POINT, LINE, POLYGON = 1, 2, 3

_MOVE, _LINE, _CLOSE = 1, 2, 7
_ONE_MOVE = 1 << 3 | _MOVE
_CLOSED = 1 << 3 | _CLOSE
_VARINT_LIMITS = tuple(1 << 7 * n for n in range(1, 10))


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries of one kind in tile units, ready to be written.

    Attributes
    ----------
    kind
        :data:`POINT`, :data:`LINE` or :data:`POLYGON`.
    vertices
        Integers, shape (n, 2). Rings are open (the first vertex is not repeated),
        outer rings clockwise on the screen, holes the other way round.
    path_start
        Where each path (ring, line; for points all points of a feature) begins.
    path_feature
        To which feature each path belongs, ascending.
    """

    kind: int
    vertices: NDArray[np.int64]
    path_start: NDArray[np.int64]
    path_feature: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tags:
    """Properties of features: one column a key.

    Attributes
    ----------
    keys
        Names of the properties.
    values
        Distinct values as they are written, see :func:`text_value`, :func:`count_value`.
    columns
        For each key, the number of the value of every feature.
    """

    keys: Sequence[str]
    values: Sequence[bytes]
    columns: Sequence[NDArray[np.int64]]


def layer(name: str, groups: Sequence[tuple[Shapes, NDArray[np.int64], Tags]]) -> bytes:
    """Return a tile with one layer.

    Parameters
    ----------
    name
        Name of the layer.
    groups
        Shapes of one kind each, the ids of their features and their properties. Keys
        must be the same in all groups; values are numbered through.

    Returns
    -------
    bytes
        A message ``Tile``; empty if no group has a feature.
    """
    written: list[bytes] = []
    values: list[bytes] = []
    for shapes, ids, tags in groups:
        if len(ids):
            written.append(_features(shapes, ids, tags, len(values)))
            values += tags.values
    if not written:
        return b""
    keys = groups[0][2].keys
    body = b"".join(
        (
            b"\x78\x02",
            _field(1, name.encode()),
            *written,
            *(_field(3, key.encode()) for key in keys),
            *(_field(4, value) for value in values),
            b"\x28" + _varint(EXTENT),
        )
    )
    return _field(3, body)


def text_value(text: str) -> bytes:
    """Return a text as a property value."""
    return _field(1, text.encode("utf-8", "replace"))


def count_value(number: int) -> bytes:
    """Return a whole number, 0 or more, as a property value."""
    return b"\x28" + _varint(number)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Return one number; thirty times as fast as an array of one."""
    content = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)


def _features(shapes: Shapes, ids: NDArray[np.int64], tags: Tags, first_value: int) -> bytes:
    """Return the features of one kind, each behind its field number and length."""
    numbers, start = _geometry(shapes, len(ids))
    sizes = _sizes(numbers)
    geometry_bytes = np.add.reduceat(sizes, start)
    pairs = np.empty((len(ids), 2 * len(tags.keys)), dtype="uint64")
    for position, column in enumerate(tags.columns):
        pairs[:, 2 * position] = position
        pairs[:, 2 * position + 1] = column + first_value
    tag_bytes = _sizes(pairs.ravel()).reshape(pairs.shape).sum(axis=1)
    ids = ids.astype("uint64")
    head = np.empty((len(ids), 10 + pairs.shape[1]), dtype="uint64")
    head[:, 0] = 2 << 3 | 2
    head[:, 2], head[:, 3] = 1 << 3, ids
    head[:, 4], head[:, 5] = 2 << 3 | 2, tag_bytes
    head[:, 6:-4] = pairs
    head[:, -4], head[:, -3] = 3 << 3, shapes.kind
    head[:, -2], head[:, -1] = 4 << 3 | 2, geometry_bytes
    inner = _sizes(head[:, 2:].ravel()).reshape(len(ids), -1).sum(axis=1)
    head[:, 1] = inner + geometry_bytes
    counts = np.diff(np.append(start, len(numbers)))
    return varints(_interleave(head, numbers, counts)).tobytes()


def _interleave(
    head: NDArray[np.uint64], numbers: NDArray[np.uint64], counts: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return each row of `head` followed by its share of `numbers`."""
    width = head.shape[1]
    result = np.empty(head.size + len(numbers), dtype="uint64")
    begin = np.cumsum(np.append(0, counts[:-1])) + width * np.arange(len(head))
    result[begin[:, None] + np.arange(width)] = head
    rest = np.ones(len(result), dtype=bool)
    rest[begin[:, None] + np.arange(width)] = False
    result[rest] = numbers
    return result


def _geometry(shapes: Shapes, features: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the commands of all features, and where each feature begins."""
    vertices, path_start = shapes.vertices, shapes.path_start
    length = np.diff(np.append(path_start, len(vertices)))
    delta = np.empty_like(vertices)
    delta[0] = vertices[0]
    delta[1:] = vertices[1:] - vertices[:-1]
    first_path = np.flatnonzero(np.append(True, np.diff(shapes.path_feature) > 0))
    delta[path_start[first_path]] = vertices[path_start[first_path]]
    zigzag = (delta << 1 ^ delta >> 63).astype("uint64")
    # A command word stands before the first vertex and, but for points, before the second.
    more = {POINT: 1, LINE: 2, POLYGON: 3}[shapes.kind]
    size = 2 * length + more
    begin = np.cumsum(np.append(0, size[:-1]))
    numbers = np.empty(int(size.sum()), dtype="uint64")
    within = np.arange(len(vertices)) - np.repeat(path_start, length)
    place = np.repeat(begin, length) + 1 + 2 * within
    if shapes.kind == POINT:
        numbers[begin] = length << 3 | _MOVE
    else:
        place += within > 0
        numbers[begin] = _ONE_MOVE
        numbers[begin + 3] = length - 1 << 3 | _LINE
    if shapes.kind == POLYGON:
        numbers[begin + size - 1] = _CLOSED
    numbers[place], numbers[place + 1] = zigzag[:, 0], zigzag[:, 1]
    assert len(first_path) == features
    return numbers, begin[first_path]


def _sizes(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return how many bytes each number takes as a varint."""
    sizes = np.ones(len(numbers), dtype="uint64")
    for limit in _VARINT_LIMITS:
        larger = numbers >= limit
        if not larger.any():
            break
        sizes += larger
    return sizes


def varints(numbers: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return numbers as base-128 varints, one behind the other (Protocol Buffers, encoding).

    Parameters
    ----------
    numbers
        Shape (n,), below 2**63.
    """
    sizes = _sizes(numbers).astype("int64")
    begin = np.cumsum(sizes) - sizes
    result = np.empty(int(sizes.sum()), dtype="uint8")
    rest = numbers
    for position in range(int(sizes.max(initial=0))):
        longer = sizes > position
        if position:
            begin, rest, sizes = begin[longer], rest[longer], sizes[longer]
        flag = np.where(sizes > position + 1, 0x80, 0).astype("uint64")
        result[begin + position] = (
            rest >> np.uint64(7 * position) & np.uint64(0x7F) | flag
        ).astype("uint8")
    return result
