"""Batches of any size as tables of one size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator


def in_pieces(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Put batches of any size together to tables of `rows` rows; the last has the rest.

    Parameters
    ----------
    batches
        Batches of one schema.
    rows
        How many rows a table has.
    """
    kept: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        rest = batch
        while count + rest.num_rows >= rows:
            head = rest.slice(0, rows - count)
            rest = rest.slice(rows - count)
            yield pa.Table.from_batches([*kept, head])
            kept, count = [], 0
        if rest.num_rows:
            kept.append(rest)
            count += rest.num_rows
    if kept:
        yield pa.Table.from_batches(kept)
