"""Rows of a published table that somebody changed by hand, and that a publication put back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from layers.database.merging import Touched


def put_back(touched: Touched, before: pa.Table, now: pa.Table, key: str) -> int:
    """Return how many of the rows that were written were not as they were last published.

    A row was changed by hand if it had to be written though the layer has it as before; it
    was taken out by hand if it had to be added though it was published before, and added
    by hand if it had to go though it never was. A row that the layer has otherwise now was
    to be written anyway, whatever somebody made of it.

    Parameters
    ----------
    touched
        Ids of the rows that were written.
    before, now
        What was published last, and what is published now.
    key
        Name of the column of ids.
    """
    known = frozenset(before.column(key).to_pylist())
    old, new = (_rows(table, touched.changed, key) for table in (before, now))
    same = sum(found in old and old[found] == row for found, row in new.items())
    return same + len(touched.added & known) + len(touched.removed - known)


def _rows(table: pa.Table, ids: frozenset[str], key: str) -> dict[str, dict[str, Any]]:
    """Return some rows by id."""
    wanted = pc.is_in(table.column(key), pa.array(sorted(ids), table.schema.field(key).type))
    rows = table.filter(wanted).to_pylist()
    return {row[key]: row for row in rows}
