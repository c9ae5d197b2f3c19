"""Counted squares: every visible feature is counted once, whatever tile it lies in."""

from __future__ import annotations

import math
from collections import Counter
from collections import defaultdict
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.tiles import source as sources
from layers.tiles.grid import Tile
from layers.tiles.source import HIDDEN
from layers.tiles.source import State
from layers.tiles.source import TileSource
from tests.layers.mvt_reader import doubled_area
from tests.layers.mvt_reader import read_tile
from tests.layers.mvt_reader import tile_at

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE = 128
"""Units of a square: 16 pixels of an eighth each."""

ZOOMS = (0, 7, 11, 13)
Square = tuple[int, int]


def _layer(count: int = 900) -> TileSource:
    """Return small blocks, some in a heap, some without a place."""
    random = np.random.default_rng(17)
    x, y = random.uniform((121.42, 31.21), (121.58, 31.39), (count, 2)).T
    x[: count // 3] = 121.5 + random.normal(0, 1e-4, count // 3)
    y[: count // 3] = 31.3 + random.normal(0, 1e-4, count // 3)
    wide, high = random.uniform(2e-5, 9e-5, (2, count))
    shapes: list[Any] = list(shapely.box(x, y, x + wide, y + high))
    shapes[::50] = [None if row % 100 else shapely.Polygon() for row in range(0, count, 50)]
    ids = [f"R{row}" for row in range(count)]
    frame = gpd.GeoDataFrame({"id": ids, "name": ids}, geometry=shapes, crs="EPSG:4490")
    source = TileSource("blocks", frame, id_field="id", name_field="name")
    assert source.detail_zoom > max(ZOOMS)
    return source


SOURCE = _layer()
CLASSES = np.random.default_rng(23).choice(
    np.array([0, 1, 2, 254, HIDDEN], dtype="uint8"), 900, p=[0.3, 0.3, 0.1, 0.1, 0.2]
)
STATE = State.of(CLASSES)
LOCATED = np.array([bool(shape) for shape in SOURCE.frame.geometry])


def _tiles(zoom: int) -> Iterator[Tile]:
    """Return all tiles around the layer, and one more on each side where there is one."""
    first, last = tile_at(121.42, 31.39, zoom), tile_at(121.58, 31.21, zoom)
    edge = (1 << zoom) - 1
    for x in range(max(first.x - 1, 0), min(last.x + 1, edge) + 1):
        for y in range(max(first.y - 1, 0), min(last.y + 1, edge) + 1):
            yield Tile(zoom, x, y)


def _drawn(zoom: int, state: State | None = STATE) -> dict[Square, dict[str, int]]:
    """Return what stands in each square of the whole world; none may be drawn twice."""
    found: dict[Square, dict[str, int]] = {}
    for tile in _tiles(zoom):
        layer = read_tile(SOURCE.tile(tile, state))
        for feature in layer.features:
            (ring,) = feature.paths
            left, top = min(ring)
            assert set(ring) == {(left + a, top + b) for a in (0, SIDE) for b in (0, SIDE)}
            assert doubled_area(ring) > 0
            assert min(left, top) >= 0
            assert max(left, top) <= 4096 - SIDE
            square = (tile.x * 32 + left // SIDE, tile.y * 32 + top // SIDE)
            assert square not in found
            found[square] = feature.properties
    return found


def _counted(zoom: int, classes: Any) -> dict[Square, Counter[int]]:
    """Count one feature at a time, by the slippy map's formula."""
    found: dict[Square, Counter[int]] = defaultdict(Counter)
    for shape, number in zip(SOURCE.frame.geometry, classes, strict=True):
        if shape is None or shape.is_empty or number == HIDDEN:
            continue
        west, south, east, north = shape.bounds
        down = math.asinh(math.tan(math.radians((south + north) / 2)))
        side = 32 * 2**zoom
        square = (
            int(((west + east) / 2 + 180) / 360 * side),
            int((1 - down / math.pi) / 2 * side),
        )
        found[square][int(number)] += 1
    return dict(found)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_each_visible_feature_is_counted_once_over_all_tiles(zoom: int) -> None:
    drawn, counted = _drawn(zoom), _counted(zoom, CLASSES)
    assert sum(square["n"] for square in drawn.values()) == (LOCATED & (CLASSES != HIDDEN)).sum()
    assert {place: square["n"] for place, square in drawn.items()} == {
        place: kinds.total() for place, kinds in counted.items()
    }


@pytest.mark.parametrize("zoom", ZOOMS)
def test_the_class_of_a_square_is_one_that_most_of_its_features_have(zoom: int) -> None:
    counted = _counted(zoom, CLASSES)
    for place, square in _drawn(zoom).items():
        assert counted[place][square["c"]] == max(counted[place].values())


@pytest.mark.parametrize("zoom", ZOOMS)
def test_strength_grows_with_number_up_to_the_busiest_square_of_the_zoom(zoom: int) -> None:
    squares = sorted((square["n"], square["s"]) for square in _drawn(zoom).values())
    strengths = [strength for _count, strength in squares]
    assert strengths == sorted(strengths)
    assert strengths[-1] == 100
    assert strengths[0] >= 1
    if len({count for count, _strength in squares}) > 1:
        assert strengths[0] < 100


def test_without_a_state_everything_is_counted() -> None:
    drawn = _drawn(11, None)
    assert sum(square["n"] for square in drawn.values()) == LOCATED.sum()
    assert {square["c"] for square in drawn.values()} == {0}


def test_when_all_rows_are_hidden_the_tiles_are_empty() -> None:
    nothing = State.of(np.full(900, HIDDEN, dtype="uint8"))
    assert all(SOURCE.tile(tile, nothing) == b"" for tile in _tiles(11))


def test_squares_become_features_at_the_zoom_of_detail_with_or_without_a_state() -> None:
    zoom = SOURCE.detail_zoom
    tile = tile_at(121.5, 31.3, zoom)
    shown = read_tile(SOURCE.tile(tile, STATE)).features
    assert shown
    assert {tuple(feature.properties) for feature in shown} == {("name",)}
    assert SOURCE.tile(tile, STATE) == SOURCE.tile(tile)
    squares = read_tile(SOURCE.tile(tile_at(121.5, 31.3, zoom - 1), STATE)).features
    assert {tuple(feature.properties) for feature in squares} == {("n", "c", "s")}


def test_the_memory_of_scales_does_not_grow_with_the_number_of_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "_MOST_SCALES", 20)
    source = _layer(200)
    tile = tile_at(121.5, 31.3, 7)
    for number in range(100):
        classes = np.zeros(200, dtype="uint8")
        classes[:number] = HIDDEN
        (*_rest, strongest) = sorted(
            feature.properties["s"]
            for feature in read_tile(source.tile(tile, State.of(classes))).features
        )
        assert strongest == 100
        assert len(source._busiest) <= 20
