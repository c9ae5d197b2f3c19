"""Rows on their way to their district: kept aside, then put in order and written.

What stands in memory is bounded: rows that wait for their district go to disk as soon as
they are many, and a layer of a district is written in parts of equally many rows.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from layers.batch.staging.content import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

PART_ROWS = 8192 * 12
"""Rows of a part; a multiple of the block of :mod:`layers.batch.staging.content`."""

_MOST_BYTES = 96 * 1024**2


class Written(NamedTuple):
    """A layer of a scope as it was written: rows, parts (0: one file), and their hash."""

    rows: int
    parts: int
    digest: str


class Spool:
    """Rows by scope until all are there.

    Parameters
    ----------
    folder
        Where they wait; it is made, and goes with :meth:`clear`.
    most_bytes
        How much waits in memory.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._folder, self._most = folder, most_bytes
        self._kept: dict[str, list[pa.Table]] = {}
        self._bytes: dict[str, int] = {}
        self._files: dict[str, list[Path]] = {}

    @property
    def scopes(self) -> tuple[str, ...]:
        """Whose rows there are, by code."""
        return tuple(sorted({*self._kept, *self._files}))

    def add(self, scope: str, table: pa.Table) -> None:
        """Add rows of a scope."""
        if not table.num_rows:
            return
        self._kept.setdefault(scope, []).append(table)
        self._bytes[scope] = self._bytes.get(scope, 0) + table.nbytes
        waiting = sum(self._bytes.values())
        if waiting > self._most:
            # The largest go first, so that there are few files and not many small ones.
            for name in sorted(self._bytes, key=lambda s: (-self._bytes[s], s)):
                if waiting <= self._most // 2:
                    break
                waiting -= self._bytes[name]
                self._flush(name)

    def tables(self, scope: str) -> Iterator[pa.Table]:
        """Return the rows of a scope, in the order in which they came."""
        for path in self._files.get(scope, ()):
            with pa.memory_map(str(path)) as source:
                yield pa.ipc.open_file(source).read_all()
        yield from self._kept.get(scope, ())

    def clear(self) -> None:
        """Forget all rows."""
        self._kept, self._bytes, self._files = {}, {}, {}
        shutil.rmtree(self._folder, ignore_errors=True)

    def _flush(self, scope: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = sum(map(len, self._files.values()))
        path = self._folder / f"{number:06d}.arrow"
        table = pa.concat_tables(self._kept.pop(scope))
        self._bytes.pop(scope)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        self._files.setdefault(scope, []).append(path)


def write_in_order(tables: Sequence[pa.Table], id_field: str, folder: Path, key: str) -> Written:
    """Write a layer of a scope ordered by id, in parts if it is large.

    Parameters
    ----------
    tables
        Its rows, at least one, each id once.
    id_field
        By what they are ordered.
    folder
        Folder of the scope.
    key
        The layer: ``<key>.parquet``, or ``<key>/part-00000.parquet`` … .
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = sum(table.num_rows for table in tables)
    parts = 0 if rows <= PART_ROWS else -(-rows // PART_ROWS)
    if parts:
        (folder / key).mkdir()

    def written() -> Iterator[pa.Table]:
        for number, part in enumerate(_parts(tables, id_field)):
            pq.write_table(part, part_path(folder, key, number if parts else None))
            yield part

    return Written(rows, parts, content_hash(written()))


def part_path(folder: Path, key: str, number: int | None) -> Path:
    """Return where a part of a layer is; None for the only one."""
    if number is None:
        return folder / f"{key}.parquet"
    return folder / key / f"part-{number:05d}.parquet"


def _parts(tables: Sequence[pa.Table], id_field: str) -> Iterator[pa.Table]:
    """Yield the rows ordered by id, :data:`PART_ROWS` at a time."""
    ids = pa.chunked_array([chunk for table in tables for chunk in table[id_field].chunks])
    if len(ids) <= PART_ROWS:
        yield _ordered(tables, id_field)
        return
    order = pc.sort_indices(ids)
    bounds = [None, *ids.take(order[PART_ROWS::PART_ROWS]).to_pylist(), None]
    del order, ids
    for low, high in pairwise(bounds):
        # Each id is there once: between two bounds are exactly the rows of a part.
        yield _ordered([_between(table, id_field, low, high) for table in tables], id_field)


def _between(table: pa.Table, id_field: str, low: str | None, high: str | None) -> pa.Table:
    ids = table[id_field]
    if low is not None:
        table = table.filter(pc.greater_equal(ids, low))
        ids = table[id_field]
    return table if high is None else table.filter(pc.less(ids, high))


def _ordered(tables: Sequence[pa.Table], id_field: str) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.take(pc.sort_indices(whole, sort_keys=[(id_field, "ascending")]))
