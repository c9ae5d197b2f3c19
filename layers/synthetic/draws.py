"""Random numbers of rows: each is a hash of the seed, of what it is for, and of the row.

A generator that is drawn from in turn would give a row other numbers when more rows stand
before it, or when rows are made in other portions. Here a row has its numbers by itself.
The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable
pseudorandom number generators, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BITS = np.uint64(11)  # a double holds 53 of the 64 bits


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of a layer.

    Attributes
    ----------
    seed, layer
        Two layers of one seed have nothing in common, nor the same layer of two seeds.
    """

    seed: int
    layer: str

    def uniform(self, name: str, rows: Rows) -> NDArray[np.float64]:
        """Return one number in (0, 1) a row.

        Parameters
        ----------
        name
            What the numbers are for; each name has its own.
        rows
            Numbers of the rows, from 0.
        """
        told = f"{self.seed}/{self.layer}/{name}".encode()
        key = np.uint64(int.from_bytes(hashlib.sha256(told).digest()[:8], "little"))
        with np.errstate(over="ignore"):  # a hash is taken modulo 2**64
            state = rows.astype(np.uint64) * _GOLDEN + key
            state = (state ^ (state >> np.uint64(30))) * _FIRST
            state = (state ^ (state >> np.uint64(27))) * _SECOND
        bits = (state ^ (state >> np.uint64(31))) >> _BITS
        return (bits.astype(np.float64) + 0.5) * 2.0**-53

    def between(self, name: str, rows: Rows, low: float, high: float) -> NDArray[np.float64]:
        """Return one number from `low` to `high` a row, all alike."""
        return low + (high - low) * self.uniform(name, rows)

    def lognormal(self, name: str, rows: Rows, median: float, spread: float) -> NDArray[np.float64]:
        """Return one number a row whose logarithm is normal, `spread` its deviation."""
        return median * np.exp(spread * ndtri(self.uniform(name, rows)))

    def happens(self, name: str, rows: Rows, share: float) -> NDArray[np.bool_]:
        """Tell of every row whether something happens that happens to a `share` of them."""
        return self.uniform(name, rows) < share

    def integers(self, name: str, rows: Rows, low: int, high: int) -> NDArray[np.int64]:
        """Return one whole number a row, `low` to `high`, both included."""
        return np.floor(self.between(name, rows, low, high + 1)).astype(np.int64)

    def pick(
        self, name: str, rows: Rows, values: Sequence[str], weights: Sequence[float] = ()
    ) -> NDArray[np.object_]:
        """Return one of `values` a row; all are as likely unless `weights` are given."""
        share = np.cumsum(weights or np.ones(len(values)))
        at = np.searchsorted(share, self.uniform(name, rows) * share[-1], side="right")
        chosen: NDArray[np.object_] = np.asarray(values, dtype=object)[
            np.minimum(at, len(values) - 1)
        ]
        return chosen
