"""Which points hang together at a distance, without all pairs being made.

Four hundred thousand points have a hundred million pairs within a walk. Points in one
cell of a fine grid are near each other without being compared, and of two cells that
are already joined nothing has to be compared any more.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from geo.crs import COORDINATE_TOLERANCE_M
from geo.distance import Edges
from geo.distance import components

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.intp]

# Side of a cell as a share of the reach: less than 1/√2, so that a cell is within reach
# of itself, and more than 1/2, so that two cells over is as far as it goes.
_CELL = 0.7
_OFFSETS = [(x, y) for x, y in product(range(3), range(-2, 3)) if (x, y) > (0, 0)]
# The nearest first: most of the others are then joined already.
_RINGS = [[(x, y) for x, y in _OFFSETS if x * x + y * y == away] for away in (1, 2, 4, 5, 8)]
_PAIRS_AT_ONCE = 2_000_000


def near_components(xy: NDArray[np.float64], reach_m: float) -> Ints:
    """Return the connected component of every point, at most `reach_m` from the next.

    Straight distances, met to a micrometre.

    Parameters
    ----------
    xy
        Metres, shape (points, 2), finite.
    reach_m
        Longest step, metres, at least 0.

    Returns
    -------
    numpy.ndarray
        Labels 0, 1, …, shape (points,).
    """
    if not len(xy):
        return np.empty(0, dtype=np.intp)
    reach_m += COORDINATE_TOLERANCE_M
    cells, cell_of = _cells(xy, _CELL * reach_m)
    inside = xy[np.argsort(cell_of, kind="stable")]
    nothing = np.empty(0, dtype=np.intp)
    joined = Edges(nothing, nothing, np.empty(0))
    label = np.arange(cells.first.size)
    for ring in _RINGS:
        pairs = [cells.neighbours(over, up) for over, up in ring]
        one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
        apart = label[one] != label[other]
        one, other = one[apart], other[apart]
        near = _near(cells, inside, one, other, reach_m)
        if near.any():
            joined = Edges(
                np.concatenate([joined.start, one[near]]),
                np.concatenate([joined.end, other[near]]),
                np.concatenate([joined.length_m, np.zeros(int(near.sum()))]),
            )
            label = components(joined, cells.first.size)
    return label[cell_of]


class _Cells(NamedTuple):
    """The cells that hold points, by their place.

    `east` and `north` are the numbers that occur, ascending; `key` is the position of a
    cell's numbers among them as one number, ascending. Its points are `size` ones from
    `first` on, if they are ordered by cell.
    """

    east: NDArray[np.float64]
    north: NDArray[np.float64]
    key: Ints
    first: Ints
    size: Ints

    def neighbours(self, over: int, up: int) -> tuple[Ints, Ints]:
        """Return the cells that have one so far over and up, and those."""
        column, row = np.divmod(self.key, self.north.size)
        column, in_columns = _position(self.east, self.east[column] + over)
        row, in_rows = _position(self.north, self.north[row] + up)
        wanted = column * self.north.size + row
        other, held = _position(self.key, wanted)
        held &= in_columns & in_rows
        return np.flatnonzero(held), other[held]


def _cells(xy: NDArray[np.float64], side_m: float) -> tuple[_Cells, Ints]:
    """Return the cells, and the one that each point is in."""
    number = np.floor(xy / side_m)
    east, column = np.unique(number[:, 0], return_inverse=True)
    north, row = np.unique(number[:, 1], return_inverse=True)
    key, cell_of, size = np.unique(
        column * north.size + row, return_inverse=True, return_counts=True
    )
    return _Cells(east, north, key, np.cumsum(size) - size, size), cell_of


def _position(
    known: NDArray[np.generic], wanted: NDArray[np.generic]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return where the wanted numbers are among the known (ascending), and whether."""
    place = np.searchsorted(known, wanted).clip(max=known.size - 1)
    return place, known[place] == wanted


def _near(
    cells: _Cells, inside: NDArray[np.float64], one: Ints, other: Ints, reach_m: float
) -> NDArray[np.bool_]:
    """Return which pairs of cells have points within reach of each other."""
    near = np.zeros(one.size, dtype=np.bool_)
    # One row for each point of the first cell of each pair.
    pair = np.repeat(np.arange(one.size), cells.size[one])
    point = np.arange(pair.size) - np.repeat(
        np.cumsum(cells.size[one]) - cells.size[one] - cells.first[one], cells.size[one]
    )
    partners = cells.size[other[pair]]
    for rows in _blocks(partners):
        row = np.repeat(np.arange(rows.start, rows.stop), partners[rows])
        begin = np.cumsum(partners[rows]) - partners[rows]
        step = np.arange(row.size) - np.repeat(begin, partners[rows])
        east, north = (inside[cells.first[other[pair[row]]] + step] - inside[point[row]]).T
        near[pair[row[np.hypot(east, north) <= reach_m]]] = True
    return near


def _blocks(partners: Ints) -> Iterator[slice]:
    """Yield runs of rows that have about as many partners as are compared at once."""
    portion = np.cumsum(partners) // _PAIRS_AT_ONCE
    borders = [0, *(np.flatnonzero(np.diff(portion)) + 1).tolist(), partners.size]
    for place in range(len(borders) - 1):
        yield slice(borders[place], borders[place + 1])
