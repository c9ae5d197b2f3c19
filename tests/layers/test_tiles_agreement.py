"""Tiles agree with the data: read back by GDAL and compared with the source clipped by GEOS.

GDAL's reader, PROJ's web Mercator and GEOS's overlay share no code with ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from shapely import GeometryCollection
from shapely import LineString
from shapely import MultiLineString
from shapely import MultiPoint
from shapely import Point

from layers.tiles.grid import MAX_ZOOM
from layers.tiles.grid import Tile
from layers.tiles.source import TileSource
from tests.layers.mvt_reader import tile_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

HALF = 20037508.342789244
"""Half the side of the world's square in metres (EPSG:3857)."""

TO_MERCATOR = Transformer.from_crs(4490, 3857, always_xy=True)
WEST, SOUTH, EAST, NORTH = 121.45, 31.24, 121.57, 31.35


def _frame(geometries: list[Any], names: list[Any] | None = None) -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"id": [f"R{n}" for n in range(len(geometries))]})
    rows["name"] = pd.Series(
        [f"甲{n}" for n in rows.index] if names is None else names, dtype=object
    )
    return gpd.GeoDataFrame(rows, geometry=geometries, crs="EPSG:4490")


def _source(geometries: list[Any], names: list[Any] | None = None) -> TileSource:
    return TileSource("parks", _frame(geometries, names), id_field="id", name_field="name")


def _blot(random: np.random.Generator, middle: Any, size: float) -> BaseGeometry:
    count = int(random.integers(3, 50))
    turn = np.sort(random.uniform(0, 2 * np.pi, count))
    away = size * random.uniform(0.2, 1, count)
    ring = middle + np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    return shapely.make_valid(shapely.Polygon(ring))


def _pierced(random: np.random.Generator, middle: Any, size: float) -> BaseGeometry:
    disc = Point(middle).buffer(size, quad_segs=int(random.integers(1, 12)))
    holes = [
        Point(middle + random.uniform(-size, size, 2)).buffer(size * share, quad_segs=3)
        for share in random.uniform(0.01, 0.3, 5)
    ]
    return disc.difference(shapely.union_all(holes))


def _feature(random: np.random.Generator, kind: int) -> BaseGeometry:
    """Return a shape of a random size between some metres and some kilometres."""
    size = 10 ** random.uniform(-4.3, -1.5)
    places = random.uniform((WEST, SOUTH), (EAST, NORTH), (4, 2))
    area = _blot(random, places[0], size)
    wanderings = [places[0] + np.cumsum(random.normal(0, size / 5, (9, 2)), 0) for _ in range(3)]
    kinds = {
        "area": area,
        "with holes": _pierced(random, places[0], size),
        "areas": shapely.union_all([area, *(_blot(random, place, size) for place in places)]),
        "line": LineString(wanderings[0]),
        "lines": MultiLineString(wanderings),
        "points": MultiPoint(places),
        "mixture": GeometryCollection([Point(places[1]), area, LineString(places[1:3])]),
    }
    return list(kinds.values())[kind]


def _parts(geometries: list[BaseGeometry]) -> tuple[Any, Any]:
    """Return points, lines and polygons, and the row that each comes from."""
    parts, rows = np.array(geometries, dtype=object), np.arange(len(geometries))
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        rows = rows[inner]
    return parts, rows


RANDOM = np.random.default_rng(20260101)
FEATURES = [_feature(RANDOM, number % 7) for number in range(84)]
PARTS, ROWS = _parts(FEATURES)
MERCATOR = shapely.transform(PARTS, lambda c: np.column_stack(TO_MERCATOR.transform(*c.T)))


@pytest.fixture(scope="module")
def source() -> TileSource:
    return _source(FEATURES)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes, Tile], gpd.GeoDataFrame]:
    """Return a function that reads a tile with GDAL, in metres of EPSG:3857."""

    def read(content: bytes, tile: Tile) -> gpd.GeoDataFrame:
        path = tmp_path / str(tile.z) / str(tile.x) / f"{tile.y}.pbf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        # GDAL cuts the buffer off unless it is told not to.
        return pyogrio.read_dataframe(path, CLIP="NO")

    return read


class _Grid:
    """The grid of a tile in metres of EPSG:3857, computed from its number alone."""

    def __init__(self, tile: Tile) -> None:
        self.unit = 2 * HALF / 2**tile.z / 4096
        self.step = self.unit * (1 if tile.z >= 15 else 2)
        self.west = tile.x * 4096 * self.unit - HALF
        self.north = HALF - tile.y * 4096 * self.unit
        # A vertex moves by half a step to each side; the rest is floating point.
        self.reach = self.step / 2**0.5 + 1e-6

    def window(self) -> BaseGeometry:
        low, high = -64 * self.unit, 4160 * self.unit
        corners = (self.west + low, self.north - high, self.west + high, self.north - low)
        return shapely.Polygon.from_bounds(*corners)

    def falls(self, path: BaseGeometry, dimension: int) -> bool:
        """Tell whether nothing is left of a path when its vertices go to the grid."""
        places = np.rint((shapely.get_coordinates(path) - (self.west, self.north)) / self.step)
        if dimension == 2:
            return shapely.Polygon(places).area == 0
        return dimension == 1 and len(np.unique(places, axis=0)) == 1

    def far(self, these: list[BaseGeometry], those: list[BaseGeometry]) -> float:
        """Return how far a place of these paths is from those, at most."""
        dense = shapely.segmentize(np.array(these), 64 * self.unit)
        places = shapely.points(shapely.get_coordinates(dense))
        return float(shapely.distance(places, shapely.union_all(those)).max())


def _paths(geometries: Any, dimension: int) -> list[BaseGeometry]:
    """Return the points, lines or rings of geometries of any kind."""
    parts, _rows = _parts(list(geometries))
    parts = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    return list(shapely.get_rings(parts) if dimension == 2 else parts)


def _compare(clipped: Any, decoded: Any, grid: _Grid, dimension: int) -> int:
    """Compare what is left of one row with what a tile holds of it; return how much was there."""
    wanted, found = _paths(clipped, dimension), _paths(decoded, dimension)
    standing = [path for path in wanted if not grid.falls(path, dimension)]
    if standing:
        assert grid.far(standing, found) <= grid.reach
    if found:
        assert grid.far(found, wanted) <= grid.reach
    if dimension == 2:
        moved = sum(path.length for path in wanted) * grid.reach + 4 * grid.step**2
        assert shapely.area(decoded).sum() == pytest.approx(shapely.area(clipped).sum(), abs=moved)
    return len(found)


def _random_tiles(source: TileSource, count: int) -> list[Tile]:
    """Return tiles at or beside a vertex of the data, of any zoom that shows features."""
    random = np.random.default_rng(5)
    tiles = []
    for _ in range(count):
        corner = random.permutation(shapely.get_coordinates(random.choice(MERCATOR)))[0]
        zoom = int(random.integers(source.detail_zoom, MAX_ZOOM + 1))
        side = 2 * HALF / 2**zoom
        column, row = (corner[0] + HALF) // side, (HALF - corner[1]) // side
        beside = random.integers(-1, 2, 2)
        tiles.append(Tile(zoom, int(column + beside[0]), int(row + beside[1])))
    return tiles


@pytest.mark.parametrize("dimension", [0, 1, 2], ids=["points", "lines", "areas"])
def test_tiles_agree_with_the_data_within_their_resolution(
    dimension: int, source: TileSource, read: Callable[[bytes, Tile], gpd.GeoDataFrame]
) -> None:
    compared = 0
    for tile in _random_tiles(source, 60):
        content = source.tile(tile)
        if not content:
            continue
        grid, decoded = _Grid(tile), read(content, tile)
        # A point within half a step of the window may be rounded into it.
        window = grid.window() if dimension else grid.window().buffer(grid.reach)
        clipped = shapely.intersection(MERCATOR, window)
        for row in np.union1d(ROWS[~shapely.is_empty(clipped)], decoded["mvt_id"]):
            drawn = decoded.geometry[decoded["mvt_id"].eq(row)].to_numpy()
            compared += _compare(clipped[np.equal(ROWS, row)], drawn, grid, dimension)
    assert compared > 100


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}`\"'\u2028",
    "</script>杨浦区知识园",
    "",
    None,
    pd.NA,
    np.nan,
    "长" * 10_000,
    " \n\t",
    "\U0001f3d9 𠮷",
    31,
]


def test_names_come_out_as_they_went_in(
    read: Callable[[bytes, Tile], gpd.GeoDataFrame],
) -> None:
    places = [Point(121.5 + n * 1e-4, 31.3) for n in range(len(HOSTILE))]
    tile = tile_at(121.5, 31.3, 12)
    decoded = read(_source(places, HOSTILE).tile(tile), tile)
    assert decoded["mvt_id"].tolist() == list(range(len(HOSTILE)))
    wanted = ["" if pd.isna(name) else str(name) for name in HOSTILE]
    assert decoded["name"].fillna("").tolist() == wanted
