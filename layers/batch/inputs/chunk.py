"""What every input gives: chunks of a layer, and what tells one state of it from another."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

import numpy as np
import pandas as pd

from layers.contract import REJECT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.issues import Issue

CHUNK_ROWS = 50_000
"""How many rows are read at once: they are what stands in memory."""

NO_REJECTS = pd.DataFrame({name: pd.Series(dtype="str") for name in REJECT_COLUMNS})
"""Of a source whose rows were all accepted before."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a layer.

    Attributes
    ----------
    frame
        Accepted rows with the column types of the catalogue, EPSG:4490; the column
        ``district_code`` besides if the source has one that is no field of the layer.
    rejected
        The other rows as text, with :data:`layers.contract.REJECT_COLUMNS`.
    rows_in
        How many rows were read.
    source
        Where they come from, as a person would say it: file, table or layer.
    rows
        Row numbers of `frame` in that place, from 1.
    district
        The district that all rows were filed under; None if they were not filed.
    issues
        What was found.
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    rejected: pd.DataFrame
    rows_in: int
    source: str
    rows: NDArray[np.int64]
    district: str | None = None
    issues: tuple[Issue, ...] = field(default=())


class BatchInput(Protocol):
    """Where the layers of a batch come from."""

    @property
    def settled(self) -> bool:
        """Whether every district has what it sees already, its surroundings included."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what the input is, for the account of a run; never a password."""
        ...

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the layers that it has, in the order of the catalogue."""
        ...

    def fingerprint(self) -> str:
        """Return what changes when something changes that would be read, sha256."""
        ...

    def chunks(self, key: str) -> Iterator[Chunk]:
        """Read a layer piece by piece, always in the same order.

        Parameters
        ----------
        key
            The layer.
        """
        ...


def accepted(
    frame: gpd.GeoDataFrame | pd.DataFrame, source: str, first: int, district: str | None = None
) -> Chunk:
    """Return rows that were checked when they were put where they are.

    Parameters
    ----------
    frame
        The rows.
    source
        Where they come from.
    first
        Row number of the first of them, from 1.
    district
        The district that they were filed under.
    """
    rows = np.arange(first, first + len(frame), dtype=np.int64)
    return Chunk(frame, NO_REJECTS, len(frame), source, rows, district)
