"""A layer as a source of tiles: which rows, under which name, from which zoom on."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from layers.tiles.grid import MAX_ZOOM
from layers.tiles.grid import Tile
from layers.tiles.source import DETAIL_PX
from layers.tiles.source import MOST_IN_A_TILE
from layers.tiles.source import State
from layers.tiles.source import TileSource
from tests.layers.mvt_reader import read_tile
from tests.layers.mvt_reader import tile_at

HERE = (121.5, 31.3)
SPREAD = 0.05


def _source(geometries: Any, names: Any = None) -> TileSource:
    rows = pd.DataFrame({"id": [f"R{n}" for n in range(len(geometries))]})
    rows["name"] = pd.Series(rows["id"] if names is None else names, dtype=object)
    frame = gpd.GeoDataFrame(rows, geometry=list(geometries), crs="EPSG:4490")
    return TileSource("parks", frame, id_field="id", name_field="name")


def _places(count: int, spread: float = SPREAD) -> Any:
    return np.array(HERE) + np.random.default_rng(11).uniform(-spread, spread, (count, 2))


def _squares(count: int, side: float) -> Any:
    """Return squares of a side in degrees."""
    x, y = _places(count).T
    return shapely.box(x, y, x + side, y + side)


def _busiest_tile(places: Any, zoom: int) -> tuple[Tile, int]:
    """Return the fullest tile and how many places lie in it, by the slippy map's formula."""
    down = 1 - np.arcsinh(np.tan(np.radians(places[:, 1]))) / np.pi
    share = np.column_stack([(places[:, 0] + 180) / 360, down / 2])
    found, counts = np.unique(np.floor(share * 2**zoom), axis=0, return_counts=True)
    x, y = found[counts.argmax()].astype(int).tolist()
    return Tile(zoom, x, y), int(counts.max())


def test_a_feature_carries_the_number_of_its_row_and_its_name() -> None:
    shapes = [None, shapely.Point(HERE), shapely.Polygon(), shapely.Point(HERE).buffer(0.01)]
    tile = read_tile(_source(shapes, ["a", "甲", "c", "丁"]).tile(tile_at(*HERE, 13)))
    assert tile.name == "parks"
    found = {(f.number, f.kind, f.properties["name"]) for f in tile.features}
    assert found == {(1, "point", "甲"), (3, "polygon", "丁")}


def test_a_name_that_cannot_be_written_is_still_a_name() -> None:
    """Half a surrogate pair; a number; nothing."""
    names = ["甲\ud83d乙", 12, math.nan, None]
    tile = _source([shapely.Point(HERE)] * 4, names).tile(tile_at(*HERE, 13))
    found = [feature.properties["name"] for feature in read_tile(tile).features]
    assert found == ["甲?乙", "12", "", ""]


def test_a_column_of_numbers_names_features_too() -> None:
    for column in (pd.array([7, None], dtype="Int64"), np.array([1.5, np.nan])):
        frame = gpd.GeoDataFrame(
            {"id": ["a", "b"], "no": column}, geometry=[shapely.Point(HERE)] * 2, crs="EPSG:4490"
        )
        source = TileSource("x", frame, id_field="id", name_field="no")
        features = read_tile(source.tile(tile_at(*HERE, 13))).features
        assert [feature.properties["name"] for feature in features] == [str(column[0]), ""]


def test_a_tile_without_features_has_no_bytes() -> None:
    source = _source([shapely.Point(HERE), None])
    assert source.tile(tile_at(*HERE, 13))
    assert source.tile(tile_at(100, 10, 13)) == b""


def test_rows_are_found_by_id_and_unknown_ids_are_none_of_them() -> None:
    source = _source([shapely.Point(HERE)] * 3)
    assert source.rows_of(pd.Series(["R2", "R0", "stranger", "R1"])).tolist() == [2, 0, -1, 1]
    assert source.rows_of(pd.Series([], dtype="str")).tolist() == []


def test_the_frame_is_not_changed() -> None:
    source = _source(_squares(50, 1e-4))
    before = source.frame.copy(deep=True)
    source.tile(tile_at(*HERE, 0))
    source.tile(tile_at(*HERE, MAX_ZOOM))
    pd.testing.assert_frame_equal(source.frame, before)


@pytest.mark.parametrize("shapes", [[], [None, None], [shapely.Polygon(), None]])
def test_a_layer_of_nothing_has_empty_tiles_of_every_zoom(shapes: list[Any]) -> None:
    source = _source(shapes)
    assert source.detail_zoom == 0
    hidden = State.of(np.full(len(shapes), 255, dtype="uint8"))
    for zoom in (0, 10, MAX_ZOOM):
        assert source.tile(tile_at(*HERE, zoom)) == b""
        assert source.tile(tile_at(*HERE, zoom), hidden) == b""


@pytest.mark.parametrize("count", [1, 1_000, 4_000])
def test_a_few_points_are_shown_one_by_one_from_the_beginning(count: int) -> None:
    source = _source(shapely.points(_places(count)))
    assert source.detail_zoom == 0
    assert len(read_tile(source.tile(Tile(0, 0, 0))).features) == count


def test_many_points_are_shown_one_by_one_where_no_tile_has_too_many() -> None:
    places = _places(50_000)
    source = _source(shapely.points(places))
    tile, count = _busiest_tile(places, source.detail_zoom)
    assert count <= MOST_IN_A_TILE[0]
    assert _busiest_tile(places, source.detail_zoom - 1)[1] > MOST_IN_A_TILE[0]
    features = read_tile(source.tile(tile)).features
    in_buffer = len(features) - count
    assert 0 <= in_buffer < 0.2 * count


def test_many_points_at_one_place_can_be_shown_at_last() -> None:
    """No zoom tells them apart; the deepest one must show them."""
    source = _source([shapely.Point(HERE)] * 4_001)
    assert source.detail_zoom == MAX_ZOOM
    assert len(read_tile(source.tile(tile_at(*HERE, MAX_ZOOM))).features) == 4_001


@pytest.mark.parametrize("count", [1, 1_000, 50_000])
@pytest.mark.parametrize("side", [2e-5, 3e-4, 1e-2])
def test_areas_are_shown_one_by_one_where_they_can_be_seen(count: int, side: float) -> None:
    """Their size in pixels by an ellipsoidal measure, within the crudeness of a mean side."""
    squares = _squares(count, side)
    source = _source(squares)
    outline = Geod(ellps="GRS80").geometry_length(shapely.boundary(squares[0]))
    pixel = 2 * math.pi * 6_378_137 * math.cos(math.radians(HERE[1])) / 512
    seen = outline / 4 / pixel * 2.0**source.detail_zoom
    assert seen >= DETAIL_PX * 0.9
    places = shapely.get_coordinates(shapely.centroid(squares))
    assert _busiest_tile(places, source.detail_zoom)[1] <= MOST_IN_A_TILE[2]
    crowded = _busiest_tile(places, source.detail_zoom - 1)[1] > MOST_IN_A_TILE[2]
    assert crowded or seen < 2 * DETAIL_PX


def test_lines_are_shown_one_by_one_by_their_length() -> None:
    start = _places(500)
    source = _source(shapely.linestrings(np.stack([start, start + np.array([0.001, 0])], axis=1)))
    metres = Geod(ellps="GRS80").line_length([121.5, 121.501], [31.3, 31.3])
    pixel = 2 * math.pi * 6_378_137 * math.cos(math.radians(HERE[1])) / 512
    seen = metres / pixel * 2.0**source.detail_zoom
    assert DETAIL_PX * 0.8 <= seen < 2 * DETAIL_PX


def test_a_state_is_named_by_all_it_holds() -> None:
    classes = np.zeros(50, dtype="uint8")
    names = {State.of(classes).token}
    for row in range(50):
        changed = classes.copy()
        changed[row] = 255
        names.add(State.of(changed).token)
    names.add(State.of(classes[:-1]).token)
    assert len(names) == 52
    assert State.of(classes.copy()).token == State.of(classes).token
