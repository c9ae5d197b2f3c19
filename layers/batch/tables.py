"""Results as Parquet: one file a table, one row group a district, read back with its types.

Whatever the partitions were, a finished table has the same rows in the same row groups,
so that the same results are the same bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from geo.crs import STORAGE_CRS
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SCOPE_COLUMN = "district_code"
"""The first column of every table: the district a row was compared with; empty for none."""

# Of an Arrow type the pandas type that can hold what is unknown.
_PANDAS = {
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.large_string(): pd.StringDtype(na_value=np.nan),
    pa.string(): pd.StringDtype(na_value=np.nan),
}


def to_table(frame: pd.DataFrame, scope: str) -> pa.Table:
    """Return a result of one scope as an Arrow table without metadata.

    Parameters
    ----------
    frame
        Any table of results; a GeoDataFrame in EPSG:4490.
    scope
        The district code, first column of the table.

    Returns
    -------
    pyarrow.Table
        Columns of `frame`; geometry as WKB. A column of objects without a single known
        value has the type null.
    """
    plain = pd.DataFrame(frame.drop(columns=[SCOPE_COLUMN, GEOMETRY], errors="ignore"))
    plain.insert(0, SCOPE_COLUMN, pd.Series(scope, index=plain.index, dtype="str"))
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    if isinstance(frame, gpd.GeoDataFrame):
        wkb = shapely.to_wkb(np.asarray(frame.geometry.to_numpy(), dtype=object))
        table = table.append_column(GEOMETRY, pa.array(wkb, pa.binary(), from_pandas=True))
    return table


def write_part(tables: Iterable[pa.Table], path: Path) -> int:
    """Write what a partition found for its scopes; return the number of rows.

    Parameters
    ----------
    tables
        Results of :func:`to_table`, one or more of a scope.
    path
        The file.
    """
    whole = pa.concat_tables(list(tables), promote_options="permissive")
    pq.write_table(whole, path)
    return int(whole.num_rows)


def read_part(path: Path, scope: str) -> pa.Table:
    """Return the rows of one scope of a file of :func:`write_part`."""
    return pq.read_table(path, filters=[(SCOPE_COLUMN, "=", scope)], partitioning=None)


def part_schema(path: Path) -> pa.Schema:
    """Return the columns of a file of :func:`write_part`."""
    return pq.read_schema(path)


def whole_schema(parts: Iterable[pa.Schema]) -> pa.Schema:
    """Return the schema that the rows of all parts fit in.

    A column that no part knows a value of becomes text, because not every format has
    columns without a type.

    Parameters
    ----------
    parts
        Schemas of parts of one table, at least one.
    """
    unified = pa.unify_schemas(
        [part.remove_metadata() for part in parts], promote_options="permissive"
    )
    fields = [
        field.with_type(pa.large_string()) if pa.types.is_null(field.type) else field
        for field in unified
    ]
    return pa.schema(fields, metadata=_metadata(fields))


def read_table(path: Path) -> pd.DataFrame:
    """Return a table of results with its types; a GeoDataFrame if it has places.

    Parameters
    ----------
    path
        A file that :class:`TableWriter` wrote.
    """
    spatial = b"geo" in (pq.read_schema(path).metadata or {})
    return pd.DataFrame(pd.read_parquet(path)) if not spatial else _spatial(path)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a small table of results that :func:`read_table` reads.

    Parameters
    ----------
    frame
        With the column ``district_code``.
    path
        The file.
    """
    whole = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    writer = TableWriter(path, whole_schema([whole.schema]))
    writer.write(whole)
    writer.close()


def plain_types(table: pa.Table) -> pa.Table:
    """Return a table with the few types that every format has.

    Parameters
    ----------
    table
        Rows of a table of results.
    """
    plain = {pa.large_string(): pa.string()}
    fields = [
        field.with_type(
            pa.timestamp("us")
            if pa.types.is_timestamp(field.type)
            else plain.get(field.type, field.type)
        )
        for field in table.schema
    ]
    return table.cast(pa.schema(fields)).replace_schema_metadata(None)


def with_types(table: pa.Table) -> pd.DataFrame:
    """Return a table as pandas has it, with types that can hold what is unknown.

    Parameters
    ----------
    table
        Rows of a table of results; geometry stays as it is.
    """
    return pd.DataFrame(table.to_pandas(types_mapper=_PANDAS.get))


class TableWriter:
    """Writes a table row group by row group, so that the whole never stands in memory.

    Parameters
    ----------
    path
        The file.
    schema
        Result of :func:`whole_schema`.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema)
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Add rows, cast to the schema; none add nothing."""
        if not table.num_rows:
            return
        absent = [n for n in self._schema.names if n not in table.column_names]
        for name in absent:
            nulls = pa.nulls(table.num_rows, self._schema.field(name).type)
            table = table.append_column(name, nulls)
        fitted = table.select(self._schema.names).cast(self._schema)
        self._writer.write_table(fitted, row_group_size=max(fitted.num_rows, 1))
        self.rows += fitted.num_rows

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def _spatial(path: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(path)


def _metadata(fields: list[pa.Field]) -> dict[str, str]:
    """Return what pandas and GeoParquet readers need; the same for the same columns."""
    plain = [field for field in fields if field.name != GEOMETRY]
    example = pd.DataFrame({field.name: _empty(field.type) for field in plain})
    described = pa.Table.from_pandas(example, preserve_index=False).schema.pandas_metadata
    described["columns"] = [dict(column) for column in described["columns"]]
    if len(plain) == len(fields):
        return {"pandas": json.dumps(described)}
    crs = json.loads(CRS.from_user_input(STORAGE_CRS).to_json())
    column = {"encoding": "WKB", "geometry_types": [], "crs": crs}
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    return {"pandas": json.dumps(described), "geo": json.dumps(geo)}


def _empty(kind: pa.DataType) -> pd.Series[Any]:
    found = pa.array([], kind).to_pandas(types_mapper=_PANDAS.get)
    return pd.Series(found)
