"""Ids that stand twice in a layer, wherever the two rows are.

Kept are hashes of 64 bits and not the ids, 20 bytes a row: of a hundred million different
ids, two would have one hash once in some thousand layers, and that row would be rejected
with both places named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Origin(NamedTuple):
    """Where rows came from: file, table or layer, and the district they were filed under."""

    source: str
    district: str | None


class First(NamedTuple):
    """Where a value stood first."""

    origin: Origin
    row: int


class Seen:
    """The values of a field that were met so far, and where."""

    def __init__(self) -> None:
        self._origins: list[Origin] = []
        # Sorted runs of hash, origin and row; merged as they grow.
        self._runs: list[tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]] = []

    def meet(
        self, values: pd.Series[str], rows: NDArray[np.int64], origin: Origin
    ) -> dict[int, First]:
        """Take note of values, each once, none missing; return those that were met before.

        Parameters
        ----------
        values
            The values.
        rows
            Their row numbers.
        origin
            Where they come from.

        Returns
        -------
        dict
            Where it stood first, by position in `values`.
        """
        hashes = pd.util.hash_array(values.to_numpy(dtype=object), categorize=False)
        found: dict[int, First] = {}
        for run, origins, lines in self._runs:
            at = np.searchsorted(run, hashes)
            at[at == len(run)] = 0
            for position in np.flatnonzero(run[at] == hashes).tolist():
                where = at[position]
                first = First(self._origins[origins[where]], int(lines[where]))
                found.setdefault(position, first)
        new = np.ones(len(values), dtype=bool)
        new[list(found)] = False
        self._note(hashes[new], rows[new], origin)
        return found

    def _note(self, hashes: NDArray[np.uint64], rows: NDArray[np.int64], origin: Origin) -> None:
        if not len(hashes):
            return
        if not self._origins or self._origins[-1] != origin:
            self._origins.append(origin)
        number = np.full(len(hashes), len(self._origins) - 1, dtype=np.int32)
        order = np.argsort(hashes, kind="stable")
        self._runs.append((hashes[order], number[order], rows[order]))
        # Runs of like size are merged, so that there are few and each value moves seldom.
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            pair = self._runs[-2:]
            merged = tuple(np.concatenate(column) for column in zip(*pair, strict=True))
            order = np.argsort(merged[0], kind="stable")
            self._runs[-2:] = [(merged[0][order], merged[1][order], merged[2][order])]
