"""The tile format, against the examples of its specification and a reader of our own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.tiles.mvt import LINE
from layers.tiles.mvt import POINT
from layers.tiles.mvt import POLYGON
from layers.tiles.mvt import Shapes
from layers.tiles.mvt import Tags
from layers.tiles.mvt import count_value
from layers.tiles.mvt import layer
from layers.tiles.mvt import text_value
from layers.tiles.mvt import varints
from tests.layers.mvt_reader import Path
from tests.layers.mvt_reader import read_tile

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]
SECOND = [(11, 11), (20, 11), (20, 20), (11, 20)]
HOLE = [(13, 13), (13, 17), (17, 17), (17, 13)]


def _shapes(kind: int, features: list[list[Path]]) -> Shapes:
    paths = [path for feature in features for path in feature]
    owners = [number for number, feature in enumerate(features) for _path in feature]
    start = np.cumsum([0, *map(len, paths)])[:-1]
    return Shapes(
        kind, np.array([v for p in paths for v in p], dtype="int64"), start, np.array(owners)
    )


def _nothing(count: int) -> Tags:
    return Tags(("name",), [text_value("")], (np.zeros(count, dtype="int64"),))


def _group(kind: int, features: list[list[Path]]) -> tuple[Shapes, Any, Tags]:
    return _shapes(kind, features), np.arange(len(features)), _nothing(len(features))


def _varint(number: int) -> bytes:
    """Protocol Buffers, chapter Encoding, one number at a time."""
    found = []
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**63 - 1) | st.integers(0, 300)))
def test_varints_are_those_of_protocol_buffers(numbers: list[int]) -> None:
    written = varints(np.array(numbers, dtype="uint64")).tobytes()
    assert written == b"".join(map(_varint, numbers))


def test_varints_change_their_length_where_they_must() -> None:
    for bits in range(7, 63, 7):
        for number in ((1 << bits) - 1, 1 << bits):
            assert varints(np.array([number], dtype="uint64")).tobytes() == _varint(number)


@pytest.mark.parametrize(
    ("kind", "paths", "commands"),
    [
        (POINT, [[(25, 17)]], [9, 50, 34]),
        (POINT, [[(5, 7), (3, 2)]], [17, 10, 14, 3, 9]),
        (LINE, [[(2, 2), (2, 10), (10, 10)]], [9, 4, 4, 18, 0, 16, 16, 0]),
        (
            LINE,
            [[(2, 2), (2, 10), (10, 10)], [(1, 1), (3, 5)]],
            [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8],
        ),
        (POLYGON, [[(3, 6), (8, 12), (20, 34)]], [9, 6, 12, 18, 10, 12, 24, 44, 15]),
        (
            POLYGON,
            [SQUARE, SECOND, HOLE],
            [
                *(9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15),
                *(9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15),
                *(9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15),
            ],
        ),
    ],
)
def test_the_examples_of_the_specification(
    kind: int, paths: list[Path], commands: list[int]
) -> None:
    """Chapter 4.3.5, and the same again behind another feature: the cursor starts anew."""
    (alone,) = read_tile(layer("x", [_group(kind, [paths])])).features
    assert alone.commands == commands
    twice = read_tile(layer("x", [_group(kind, [paths, paths])])).features
    assert [feature.commands for feature in twice] == [commands, commands]


def test_the_layer_says_what_it_is() -> None:
    found = read_tile(layer("园区", [_group(POINT, [[[(1, 2)]]])]))
    assert (found.name, found.version, found.extent) == ("园区", 2, 4096)


def test_a_tile_of_nothing_has_no_bytes() -> None:
    nothing = Shapes(POINT, np.empty((0, 2), dtype="int64"), np.array([]), np.array([]))
    empty = (nothing, np.array([], dtype="int64"), _nothing(0))
    assert layer("x", []) == b""
    assert layer("x", [empty]) == b""
    both = read_tile(layer("x", [empty, _group(POINT, [[[(1, 2)]]])]))
    assert [feature.paths for feature in both.features] == [[[(1, 2)]]]


coordinate = st.integers(-64, 4160) | st.integers(-3, 3)
vertex = st.tuples(coordinate, coordinate)


def _line(least: int) -> st.SearchStrategy[Path]:
    return st.lists(vertex, min_size=least, max_size=9, unique=True)


many = st.lists(st.lists(_line(2), min_size=1, max_size=3), min_size=1, max_size=5)


@settings(max_examples=50, deadline=None)
@given(many, st.sampled_from([LINE, POLYGON]), st.data())
def test_everything_written_is_read_again(
    features: list[list[Path]], kind: int, data: st.DataObject
) -> None:
    if kind == POLYGON:
        features = [[[*path, (5_000, 5_000)] for path in feature] for feature in features]
    count = len(features)
    ids = data.draw(st.lists(st.integers(0, 2**40), min_size=count, max_size=count))
    texts = ["", "杨浦", "<img onerror>", "x" * 300]
    numbers = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    tags = Tags(("name", "again"), [*map(text_value, texts)], (np.array(numbers),) * 2)
    tile = read_tile(layer("x", [(_shapes(kind, features), np.array(ids), tags)]))
    assert [feature.number for feature in tile.features] == ids
    assert [feature.paths for feature in tile.features] == features
    names = [texts[number] for number in numbers]
    assert [f.properties for f in tile.features] == [{"name": n, "again": n} for n in names]


@settings(max_examples=50, deadline=None)
@given(st.lists(_line(1), min_size=1, max_size=200))
def test_points_of_a_feature_stay_together(features: list[Path]) -> None:
    found = read_tile(layer("x", [_group(POINT, [[points] for points in features])])).features
    assert [feature.paths for feature in found] == [[points] for points in features]


def test_values_of_several_kinds_of_features_are_not_mixed_up() -> None:
    """Each group numbers its values from 0; in the layer they stand behind one another."""
    first = Tags(("name",), [text_value("a"), text_value("b")], (np.array([1, 0, 1]),))
    second = Tags(("name",), [text_value("c"), text_value("a")], (np.array([0, 1]),))
    groups = [
        (_shapes(POLYGON, [[SQUARE]] * 3), np.array([7, 8, 9]), first),
        (_shapes(LINE, [[SQUARE]] * 2), np.array([7, 300]), second),
    ]
    found = [
        (feature.number, feature.kind, feature.properties["name"])
        for feature in read_tile(layer("x", groups)).features
    ]
    assert found == [
        (7, "polygon", "b"),
        (8, "polygon", "a"),
        (9, "polygon", "b"),
        (7, "line", "c"),
        (300, "line", "a"),
    ]


def test_numbers_and_texts_of_any_size_are_values() -> None:
    texts = ["", "杨数浦", "${alert(1)}", "\x00\n", "长" * 10_000]
    values = [*map(text_value, texts), *map(count_value, [0, 127, 128, 2**40])]
    tags = Tags(("v",), values, (np.arange(len(values)),))
    shapes = _shapes(POINT, [[[(n, n)]] for n in range(len(values))])
    found = read_tile(layer("x", [(shapes, np.arange(len(values)), tags)])).features
    assert [f.properties["v"] for f in found] == [*texts, 0, 127, 128, 2**40]


def test_half_a_surrogate_pair_spoils_no_tile() -> None:
    """It cannot be written; what is around it is."""
    tags = Tags(("name",), [text_value("甲\ud800乙")], (np.array([0]),))
    tile = layer("x", [(_shapes(POINT, [[[(1, 1)]]]), np.array([0]), tags)])
    assert read_tile(tile).features[0].properties == {"name": "甲?乙"}
