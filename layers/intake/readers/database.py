"""Reader of a table in a PostGIS database, as if it were a file that somebody sent."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from layers.database.copies import public_copy
from layers.database.reading import Database
from layers.database.tables import SHAPE
from layers.database.tables import Source
from layers.database.tables import plain_columns
from layers.database.tables import shape_column
from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.ids import strangers
from layers.intake.readers.facts import shape_facts
from layers.intake.readers.gdal_layer import mend_missing
from layers.intake.source import MAX_BYTES
from layers.intake.source import Raw
from layers.systems import find_system

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.database.address import Address
    from layers.database.reading import Table
    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

_KIND = Text("PostGIS 表", "PostGIS table")
_MEGABYTE = 1024 * 1024
_FIRST_MULTI, _LAST_MULTI = 4, 6  # type ids of shapely: multi-points to multi-polygons


def read_table(
    address: Address, request: Request, *, seconds: float = 0, most: int = MAX_BYTES
) -> Raw:
    """Read a table or view of a database, in one state of it.

    Rows come by the primary key if there is one. A column of multi-geometries holds single
    ones as multi-geometries of one part; they are handed on as what they are.

    Parameters
    ----------
    address
        The database; without a table in it the one called as the layer is read.
    request
        For which layer.
    seconds
        After how many a query is given up; never by default.
    most
        How many bytes the rows may be.

    Raises
    ------
    IntakeError
        If it cannot be read, is too large, or has geometries in several systems;
        IntakeUsageError if there is no such table.
    """
    name = address.table or request.layer
    with closing(Database(address, seconds=seconds)) as database:
        table = _table(database, name)
        source = _source(database, table)
        found = source.state()
        rows = _rows(source, most)
        system = _system(source)
        public = public_copy(database, name)
    told = json.dumps([source.title, source.columns, source.shape, found])
    origin = address.shown_of(name)
    frame, issues = _frame(rows, source, request)
    facts = {"kind": _KIND, "part": Text(source.title, source.title)}
    if source.shape is not None:
        facts |= shape_facts(frame[GEOMETRY].to_numpy(dtype=object), system)
    return Raw(
        frame,
        pd.Series(range(1, len(frame) + 1), dtype="int64"),
        tuple(issues),
        system=system,
        shapes=source.shape is not None,
        lonlat_if_unknown=False,
        facts=facts,
        origin=origin,
        sha256=hashlib.sha256(told.encode()).hexdigest(),
        public=public,
    )


def _table(database: Database, name: str) -> Table:
    found = database.tables([name])
    if name not in found:
        _unknown, close = strangers([name], database.names())
        schema = database.address.schema
        raise IntakeUsageError(
            Text(
                f"模式 {schema} 中没有表“{name}”{close.zh}；请在地址中写 &layer=表名",
                f"there is no table '{name}' in the schema {schema}{close.en}; write &layer=name"
                " in the address",
            )
        )
    return found[name]


def _source(database: Database, table: Table) -> Source:
    title = f"{database.address.schema}.{table.name}"
    return Source(database, table, tuple(plain_columns(table)), shape_column(table, title))


def _rows(source: Source, most: int) -> pa.Table | None:
    """Return all rows; None if the table has none."""
    batches, size = [], 0
    for batch in source.database.batches(source.query(source.table.key)):
        size += batch.nbytes
        if size > most:
            raise _too_large(source.title, most)
        batches.append(batch)
    return pa.Table.from_batches(batches) if batches else None


def _system(source: Source) -> System | None:
    """Return the system of the geometries; None if the table does not say."""
    srids = source.srids()
    if not srids or srids == [0]:
        return None
    return find_system(f"EPSG:{source.code(srids)}")


def _frame(
    rows: pa.Table | None, source: Source, request: Request
) -> tuple[pd.DataFrame, list[Issue]]:
    """Return cells of any type under the names of the columns, and the shapes."""
    # Column type object keeps 1 apart from 1.0 and from "1".
    cells: dict[str, list[Any]] = {
        _heading(column.name): [] if rows is None else rows.column(column.name).to_pylist()
        for column in source.columns
    }
    frame = pd.DataFrame(cells, dtype=object)
    if rows is not None:
        frame = frame.reindex(range(rows.num_rows))
    if source.shape is None:
        return frame, []
    wkb = np.array([] if rows is None else rows.column(SHAPE).to_pylist(), dtype=object)
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    issues: list[Issue] = []
    if shapely.is_missing(shapes).any():
        shapes, issues = mend_missing(shapes, wkb, request)
    shapes = _single(shapely.set_srid(shapes, 0))
    frame[GEOMETRY] = pd.Series(shapes, index=frame.index, dtype=object)
    return frame, issues


def _heading(name: str) -> str:
    """Return the heading of a column; a plain one of that name would be taken for shapes."""
    return f"{GEOMETRY} (2)" if name == GEOMETRY else name


def _single(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return what a column of multi-geometries alone holds, one part as what it is."""
    kinds = shapely.get_type_id(shapes)
    multi = (kinds >= _FIRST_MULTI) & (kinds <= _LAST_MULTI)
    if not (multi | (kinds < 0)).all():
        return shapes
    alone = multi & (shapely.get_num_geometries(shapes) == 1)
    single = shapes.copy()
    single[alone] = shapely.get_geometry(shapes[alone], 0)
    return single


def _too_large(title: str, most: int) -> IntakeError:
    limit = most // _MEGABYTE
    return IntakeError(
        Text(
            f"表 {title} 超过 {limit} MB 的上限；请建一个只含所需行与列的视图，再导入该视图",
            f"the table {title} has more than the limit of {limit} MB; make a view of the rows"
            " and columns that are needed, and import that",
        )
    )
