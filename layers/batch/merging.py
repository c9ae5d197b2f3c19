"""Merging: the parts of a command become its tables, district by district.

Parts are read one district at a time, so that the whole never stands in memory; and what
is compared across a district, the adjustment for many tests, is done here, where all of
its parks are together again.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.chance import adjusted
from layers.batch.commands import COMMANDS
from layers.batch.commands import TABLE
from layers.batch.ledger import folder_of
from layers.batch.owners import is_own
from layers.batch.tables import TableWriter
from layers.batch.tables import part_schema
from layers.batch.tables import read_part
from layers.batch.tables import whole_schema
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence

    from layers.batch.ledger import Receipt
    from layers.batch.owners import Owners
    from layers.batch.wish import CommandName

_PARK = "park_id"


def merge(
    out: Path,
    command: CommandName,
    receipts: Sequence[Receipt],
    owners: Owners,
    tell: Callable[[str, pd.DataFrame], None],
) -> dict[str, int]:
    """Write the tables of a command; return the number of rows of each.

    Parameters
    ----------
    out
        Folder of the command.
    command
        Which command.
    receipts
        What is finished.
    owners
        A row is kept in the scope that it belongs to, and only there.
    tell
        Told of every scope its code and the rows of its first table, in order.
    """
    names = dict.fromkeys(
        name for receipt in receipts for name in receipt.files if name.endswith(".parquet")
    )
    parts = _by_scope(receipts)
    rows = {}
    with tempfile.TemporaryDirectory(prefix=".merging-", dir=out) as made:
        for name in names:
            told = tell if name == f"{TABLE}.parquet" else _nothing
            folders = [folder_of(out, receipt.key) for receipt in receipts]
            schema = whole_schema(part_schema(f / name) for f in folders)
            writer = TableWriter(Path(made) / name, schema)
            for scope, keys in parts.items():
                paths = [folder_of(out, key) / name for key in keys]
                table = _of_scope(paths, scope, command, owners)
                writer.write(table)
                told(scope, _plain(table))
            writer.close()
            rows[name.removesuffix(".parquet")] = writer.rows
        for name in names:
            shutil.move(Path(made) / name, out / name)
    return rows


def _by_scope(receipts: Iterable[Receipt]) -> dict[str, list[str]]:
    """Return the keys of the parts of every scope, both in order."""
    found: dict[str, list[str]] = {}
    for receipt in receipts:
        for scope, _parks in receipt.members:
            found.setdefault(scope, []).append(receipt.key)
    return {scope: found[scope] for scope in sorted(found)}


def _of_scope(paths: Sequence[Path], scope: str, command: CommandName, owners: Owners) -> pa.Table:
    """Return the rows of a scope from all its parts, in the order of the subjects."""
    table = pa.concat_tables([read_part(p, scope) for p in paths], promote_options="permissive")
    subject = COMMANDS[command].subject
    if subject and subject in table.column_names:
        order = np.argsort(table[subject].to_numpy().astype("U"), kind="stable")
        table = table.take(order)
    table = table.filter(pa.array(_own(table, scope, owners), pa.bool_()))
    if "p_low_adjusted" in table.column_names:
        # Over all parks that belong to the scope, as if they had been tested together.
        p_low = table["p_low"].cast(pa.float64()).to_numpy()
        place = table.column_names.index("p_low_adjusted")
        values = pa.array(adjusted(p_low), pa.float64(), from_pandas=True)
        table = table.set_column(place, "p_low_adjusted", values)
    return table


def _own(table: pa.Table, scope: str, owners: Owners) -> list[bool]:
    nobody: list[str | None] = [None] * table.num_rows
    parks, carriers = (
        table[name].to_pylist() if name in table.column_names else nobody
        for name in (_PARK, "carrier_id")
    )
    return is_own(parks, carriers, scope, owners)


def _plain(table: pa.Table) -> pd.DataFrame:
    names = [name for name in table.column_names if name != GEOMETRY]
    return pd.DataFrame(table.select(names).to_pandas())


def _nothing(scope: str, frame: pd.DataFrame) -> None:
    """Do nothing."""
