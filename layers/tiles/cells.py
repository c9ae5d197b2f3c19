"""What is too dense to be drawn one by one: counts on a grid of squares.

Below the zoom at which single features can be told apart a tile holds squares of
:data:`CELL_PX` pixels with the number of features whose middle lies in them and
the class that most of them have. The grid is the same in neighbouring tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.tiles.grid import EXTENT
from layers.tiles.grid import TILE_PX
from layers.tiles.mvt import POLYGON
from layers.tiles.mvt import Shapes
from layers.tiles.mvt import Tags
from layers.tiles.mvt import count_value
from layers.tiles.mvt import layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.tiles.grid import Tile

CELL_PX = 16
CELLS = TILE_PX // CELL_PX
"""Squares along the side of a tile."""

_SIZE = EXTENT // CELLS
_STRONGEST = 100


def busiest(places: NDArray[np.float64], zoom: int) -> int:
    """Return the greatest number of features in one square of a zoom.

    Parameters
    ----------
    places
        Middles of the features as shares of the world's square, shape (n, 2).
    zoom
        Zoom of the tiles.
    """
    if not len(places):
        return 0
    side = np.int64(CELLS) << zoom
    column, row = np.floor(places * float(side)).astype("int64").T
    return int(np.unique(row * side + column, return_counts=True)[1].max())


def cell_tile(
    name: str,
    places: NDArray[np.float64],
    classes: NDArray[np.uint8],
    tile: Tile,
    most: int,
) -> bytes:
    """Return a tile of counted squares.

    Parameters
    ----------
    name
        Name of the layer in the tile.
    places
        Middles of the visible features as shares of the world's square, shape (n, 2).
    classes
        The class of each.
    tile
        The tile.
    most
        See :func:`busiest`; its square gets the full strength 100.

    Returns
    -------
    bytes
        Squares with ``n`` (features), ``c`` (their most frequent class) and ``s``
        (strength 1 to 100, by the logarithm of n).
    """
    side = float(np.int64(CELLS) << tile.z)
    cell = np.floor(places * side).astype("int64") - np.array([tile.x, tile.y]) * CELLS
    inside = ((cell >= 0) & (cell < CELLS)).all(axis=1)
    if not inside.any():
        return b""
    square = cell[inside, 1] * CELLS + cell[inside, 0]
    kinds = int(classes.max(initial=0)) + 1
    table = np.bincount(square * kinds + classes[inside], minlength=CELLS * CELLS * kinds)
    table = table.reshape(-1, kinds)
    count = table.sum(axis=1)
    used = np.flatnonzero(count)
    strength = np.log1p(count[used]) / np.log1p(max(most, 1))
    columns = (
        count[used],
        table[used].argmax(axis=1),
        np.clip(np.rint(_STRONGEST * strength), 1, _STRONGEST).astype("int64"),
    )
    values, numbers = np.unique(np.concatenate(columns), return_inverse=True)
    tags = Tags(
        ("n", "c", "s"),
        [count_value(int(value)) for value in values],
        np.split(numbers, len(columns)),
    )
    return layer(name, [(_squares(used), used, tags)])


def _squares(used: NDArray[np.int64]) -> Shapes:
    left, top = used % CELLS * _SIZE, used // CELLS * _SIZE
    corners = np.array([[0, 0], [_SIZE, 0], [_SIZE, _SIZE], [0, _SIZE]])
    vertices = np.stack([left, top], axis=1)[:, None, :] + corners
    number = np.arange(len(used))
    return Shapes(POLYGON, vertices.reshape(-1, 2), 4 * number, number)
