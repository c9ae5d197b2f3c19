"""Directories of a PMTiles file: which tile lies where (specification 3, chapter 4).

The package ``pmtiles`` makes an object of each entry, number by number: seconds for the
directory of a city, and quadratic work for a number that never ends. Here all numbers
of a directory are read at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONTINUES = 0x80
_BITS = 7
_MOST_DIGITS = 9  # of 7 bits, so that a number fits into a signed one of 64
_MOST_SHORT = 2**32 - 1  # run lengths and lengths have 32 bits
_MOST_LONG = 2.0**62
_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """Where some tiles, or the directory of some tiles, lie.

    Attributes
    ----------
    tile_id
        Number of the first tile, along the curve through all zooms.
    run_length
        How many tiles are the same one; 0 for a directory.
    length, offset
        Bytes, and where they begin in the section of tiles or of directories.
    """

    tile_id: int
    run_length: int
    length: int
    offset: int


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """The entries of a directory, a column each, by rising number of the first tile."""

    tile_ids: NDArray[np.int64]
    run_lengths: NDArray[np.int64]
    lengths: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.tile_ids)

    def __getitem__(self, position: int) -> Entry:
        """Return an entry by its position, -1 being the last."""
        columns = (self.tile_ids, self.run_lengths, self.lengths, self.offsets)
        return Entry(*(int(column[position]) for column in columns))

    def find(self, tile_id: int) -> Entry | None:
        """Return the entry of a tile, or of the directory where it has to be looked for."""
        position = int(np.searchsorted(self.tile_ids, tile_id, side="right")) - 1
        if position < 0:
            return None
        entry = self[position]
        inside = entry.run_length == 0 or tile_id - entry.tile_id < entry.run_length
        return entry if inside else None


def parse_directory(raw: bytes) -> Directory:
    """Return the directory that an unpacked piece of a file holds.

    Raises
    ------
    ValueError
        If it is none.
    """
    numbers = _numbers(raw)
    count = int(numbers[0])
    if count * _COLUMNS >= len(numbers):
        msg = f"{count} entries do not fit into {len(raw)} bytes"
        raise ValueError(msg)
    table = numbers[1 : 1 + count * _COLUMNS].reshape(_COLUMNS, count)
    steps, runs, lengths, places = table
    if count and (
        steps.sum(dtype="float64") > _MOST_LONG
        or max(runs.max(), lengths.max()) > _MOST_SHORT
        or places.max() > _MOST_LONG
        or places[0] == 0
    ):
        msg = "a number is larger than a file can be"
        raise ValueError(msg)
    # A place is the offset + 1; 0 says that the entry begins where the one before ends.
    before = np.cumsum(lengths) - lengths
    anchors = np.maximum.accumulate(np.where(places == 0, 0, np.arange(count)))
    offsets = (places - 1 - before)[anchors] + before
    return Directory(np.cumsum(steps), runs, lengths, offsets)


def _numbers(raw: bytes) -> NDArray[np.int64]:
    """Return all variable-length numbers: 7 bits a byte, the lowest first."""
    data = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(data < _CONTINUES)
    if not len(ends):
        msg = "there is no number"
        raise ValueError(msg)
    data = data[: ends[-1] + 1]
    starts = np.concatenate([[0], ends[:-1] + 1])
    digits = ends - starts + 1
    if digits.max() > _MOST_DIGITS:
        msg = "a number does not end"
        raise ValueError(msg)
    shifts = _BITS * (np.arange(len(data)) - np.repeat(starts, digits))
    values = (data & (_CONTINUES - 1)).astype(np.int64) << shifts
    result: NDArray[np.int64] = np.add.reduceat(values, starts)
    return result
