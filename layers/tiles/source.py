"""One version of a layer as a source of tiles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.tiles.cells import busiest
from layers.tiles.cells import cell_tile
from layers.tiles.cut import cut
from layers.tiles.grid import BUFFER
from layers.tiles.grid import MAX_ZOOM
from layers.tiles.grid import Tile
from layers.tiles.grid import metres_per_pixel
from layers.tiles.grid import world
from layers.tiles.mvt import Tags
from layers.tiles.mvt import layer
from layers.tiles.mvt import text_value

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

HIDDEN = 255
"""Class of a feature that is not shown."""

DETAIL_PX = 2.0
"""A feature smaller than this (its middle size, in pixels) is noise."""

MOST_IN_A_TILE = {0: 4_000, 1: 20_000, 2: 20_000}
"""Points, lines and areas that a tile may hold one by one."""

_FINE_FROM = 15
_MOST_SCALES = 1_000
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class State:
    """Which rows of a layer are shown, and in which class.

    Attributes
    ----------
    classes
        Class of every row, 0 to 254; :data:`HIDDEN` for a row that is not shown.
    token
        Names the content of `classes`.
    """

    classes: NDArray[np.uint8]
    token: str

    @classmethod
    def of(cls, classes: NDArray[np.uint8]) -> State:
        """Return a state with its token."""
        return cls(classes, hashlib.blake2b(classes.tobytes(), digest_size=12).hexdigest())


class TileSource:
    """A layer to cut tiles from.

    Parameters
    ----------
    name
        Name of the layer in the tiles.
    frame
        All rows of the layer in degrees (EPSG:4490); rows without geometry are in no
        tile. It is kept and must not be changed.
    id_field, name_field
        Which column identifies a row, and which one people call it by.

    Attributes
    ----------
    name, frame
        As given.
    """

    def __init__(
        self, name: str, frame: gpd.GeoDataFrame, *, id_field: str, name_field: str
    ) -> None:
        self.name = name
        self.frame = frame
        self._ids = pd.Index(frame[id_field])
        # Plain Python texts: pandas' own can hold no half of a surrogate pair.
        names = ["" if pd.isna(name) else str(name) for name in frame[name_field]]
        codes, texts = pd.factorize(np.array(names, dtype=object))
        self._name_codes: NDArray[np.int64] = codes
        self._names: NDArray[np.object_] = np.asarray(texts, dtype=object)
        self._busiest: dict[tuple[str, int], int] = {}

    def rows_of(self, ids: pd.Series[str]) -> NDArray[np.int64]:
        """Return the rows of some ids, -1 for an id that the layer does not have."""
        found: NDArray[np.int64] = self._ids.get_indexer(ids).astype("int64")
        return found

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of every row, NaN without geometry."""
        return shapely.bounds(self.frame.geometry.to_numpy())

    @cached_property
    def _middles(self) -> NDArray[np.float64]:
        bounds = self._bounds
        return world((bounds[:, :2] + bounds[:, 2:]) / 2)

    @cached_property
    def detail_zoom(self) -> int:
        """The first zoom of tiles that hold the features themselves, not their number.

        There the middle-sized feature covers :data:`DETAIL_PX` pixels, and no tile
        holds more features than :data:`MOST_IN_A_TILE`.
        """
        located = ~np.isnan(self._bounds[:, 0])
        if not located.any():
            return 0
        latitude = float(np.median(self._bounds[located, 1]))
        size, most = self._typical(located)
        for zoom in range(MAX_ZOOM):
            if size < DETAIL_PX * metres_per_pixel(zoom, latitude):
                continue
            place = np.floor(self._middles[located] * float(1 << zoom)).astype("int64")
            tiles = np.unique(place[:, 1] * (1 << zoom) + place[:, 0], return_counts=True)[1]
            if tiles.max() <= most:
                return zoom
        return MAX_ZOOM

    def _typical(self, located: NDArray[np.bool_]) -> tuple[float, int]:
        """Return the middle size of the features in metres, and how many a tile may hold."""
        geometry = self.frame.geometry.to_numpy()[located]
        dimension = int(np.bincount(shapely.get_dimensions(geometry)).argmax())
        if dimension == 0:
            return np.inf, MOST_IN_A_TILE[0]
        degrees = shapely.length(geometry) / (1 if dimension == 1 else 4)
        return float(np.median(degrees)) * _METRES_PER_DEGREE, MOST_IN_A_TILE[dimension]

    def tile(self, tile: Tile, state: State | None = None) -> bytes:
        """Return a tile as a Mapbox Vector Tile, empty if nothing lies in it.

        From :attr:`detail_zoom` on it holds the features: the id is the row, ``name``
        is the name; `state` is not used, so that a filter needs no new tile. Above
        it holds squares, see :func:`layers.tiles.cells.cell_tile`.

        Parameters
        ----------
        tile
            Which one.
        state
            What is shown; by default everything, as of class 0.
        """
        if tile.z < self.detail_zoom:
            return self._cells(tile, state or self.everything)
        rows = self._rows_in(tile)
        if not len(rows):
            return b""
        # Where a unit is a quarter of a metre nothing needs to be dropped any more.
        step = 1 if tile.z >= _FINE_FROM else 2
        groups = []
        for piece in cut(self.frame.geometry.to_numpy()[rows], tile, step=step):
            members = rows[piece.members]
            texts, numbers = np.unique(self._name_codes[members], return_inverse=True)
            tags = Tags(("name",), [text_value(text) for text in self._names[texts]], (numbers,))
            groups.append((piece.shapes, members, tags))
        return layer(self.name, groups)

    @cached_property
    def everything(self) -> State:
        """The state in which every row is shown, as of class 0."""
        return State.of(np.zeros(len(self.frame), dtype="uint8"))

    def _rows_in(self, tile: Tile) -> NDArray[np.int64]:
        found = self.frame.sindex.query(shapely.box(*tile.bounds(BUFFER)))
        result: NDArray[np.int64] = np.sort(found).astype("int64")
        return result

    def _cells(self, tile: Tile, state: State) -> bytes:
        shown = (state.classes != HIDDEN) & ~np.isnan(self._middles[:, 0])
        places = self._middles[shown]
        # All tiles of a picture are measured against the same square.
        key = (state.token, tile.z)
        most = self._busiest.get(key)
        if most is None:
            most = busiest(places, tile.z)
            if len(self._busiest) >= _MOST_SCALES:
                self._busiest.clear()
            self._busiest[key] = most
        return cell_tile(self.name, places, state.classes[shown], tile, most)
