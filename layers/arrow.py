"""Layer frames as Arrow tables with a fixed schema, and back.

The schema comes from the catalogue and not from the values, so that a column
without a single known value keeps its type. Geometry is WKB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pyarrow as pa
import shapely

from geo.crs import STORAGE_CRS
from layers.frames import GEOMETRY
from layers.frames import empty_column
from layers.frames import has_geometry
from layers.frames import layer_frame
from layers.frames import to_type
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec

_ARROW: Mapping[FieldType, pa.DataType] = {
    "text": pa.string(),
    "month": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def arrow_schema(fields: Iterable[FieldSpec], *, geometry_crs: str | None = None) -> pa.Schema:
    """Return the schema of a layer.

    Parameters
    ----------
    fields
        The columns, in order.
    geometry_crs
        CRS written into the metadata of the geometry column; ``None`` for a
        table without geometry.
    """
    columns = [pa.field(f.name, _ARROW[f.type]) for f in fields]
    if geometry_crs is not None:
        notes = {"crs": geometry_crs, "encoding": "WKB"}
        columns.append(pa.field(GEOMETRY, pa.binary(), metadata=notes))
    return pa.schema(columns)


def to_arrow(
    frame: pd.DataFrame, fields: Iterable[FieldSpec], *, crs: str = STORAGE_CRS
) -> pa.Table:
    """Return a frame whose columns have the types of `fields` as an Arrow table.

    Raises
    ------
    KeyError
        If a field is missing in `frame`.
    pyarrow.ArrowInvalid
        If a column holds values of another type.
    """
    fields = tuple(fields)
    spatial = has_geometry(frame)
    columns = [pa.array(_plain(frame[f.name], f), _ARROW[f.type], from_pandas=True) for f in fields]
    if spatial:
        wkb = shapely.to_wkb(frame.geometry.to_numpy())
        columns.append(pa.array(wkb, pa.binary(), from_pandas=True))
    schema = arrow_schema(fields, geometry_crs=crs if spatial else None)
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(column: pd.Series[Any], field: FieldSpec) -> pd.Series[Any]:
    return column.dt.date if field.type == "date" else to_type(column, field.type)


def from_arrow(table: pa.Table, spec: LayerSpec) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return an Arrow table as the frame of a layer.

    Fields that the table does not have yet are unknown; columns that the
    layer does not have any more are left out.

    Raises
    ------
    ValueError
        If a column was written with another type and a value cannot be read
        with the present one; the message names field and value.
    """
    columns = {f.name: _column(table, f) for f in spec.fields}
    geometry = None
    if GEOMETRY in table.column_names:
        geometry = shapely.from_wkb(table.column(GEOMETRY).to_numpy(zero_copy_only=False))
    return layer_frame(columns, spec, geometry)


def _column(table: pa.Table, field: FieldSpec) -> pd.Series[Any]:
    if field.name not in table.column_names:
        return empty_column(field, table.num_rows)
    column = table.column(field.name)
    if column.type == _ARROW[field.type]:
        values = column.to_pandas(types_mapper=_NULLABLE.get, date_as_object=False)
        return to_type(values, field.type)
    parsed = parse(pd.Series(column.to_pylist(), dtype=object), field)
    if parsed.bad.any():
        value = column[int(parsed.bad.to_numpy().argmax())].as_py()
        msg = f"{field.name}: {value!r} is no {field.type}"
        raise ValueError(msg)
    return parsed.column
