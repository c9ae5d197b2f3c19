"""Square tiles of the metric plane, in an order in which neighbours stay close.

The order is that of G. M. Morton, A Computer Oriented Geodetic Data Base, IBM, 1966:
the bits of the two tile numbers are interleaved.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOWHERE = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""The code of what has no place; it comes last."""

_HALF = 1 << 31
# (shift, mask) of each step that spreads 32 bits over the even places of 64.
_SPREADS = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)


def tile_codes(xy: NDArray[np.float64], tile_m: float) -> NDArray[np.uint64]:
    """Return the Morton code of the tile that each place is in.

    Tile (0, 0) has its lower left corner at the origin of the plane, whatever is
    looked at; its left and lower edge belong to it.

    Parameters
    ----------
    xy
        Metres, shape (places, 2).
    tile_m
        Side of a tile, metres, above 0.

    Returns
    -------
    numpy.ndarray
        Shape (places,); :data:`NOWHERE` where a coordinate is not finite.

    Raises
    ------
    ValueError
        If `tile_m` is no length, or a place is more than 2³¹ tiles away.
    """
    check_tile(tile_m)
    known = np.isfinite(xy).all(axis=1)
    tile = np.floor(xy[known] / tile_m)
    if (np.abs(tile) >= _HALF).any():
        msg = f"`tile_m` of {tile_m:g} m gives more than 2^31 tiles; it must be larger."
        raise ValueError(msg)
    east, north = (tile.astype(np.int64) + _HALF).astype(np.uint64).T
    codes = np.full(len(xy), NOWHERE, dtype=np.uint64)
    codes[known] = _spread(east) | (_spread(north) << np.uint64(1))
    return codes


def check_tile(tile_m: float) -> None:
    """Refuse a tile without a size.

    Raises
    ------
    ValueError
        If `tile_m` is not a length above 0.
    """
    if not (math.isfinite(tile_m) and tile_m > 0):
        msg = f"`tile_m` must be a length above 0 m, not {tile_m!r}."
        raise ValueError(msg)


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 32 bits with a free place behind each."""
    for shift, mask in _SPREADS:
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
