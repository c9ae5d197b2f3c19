"""Raw Arrow tables as chunks: the contract of the layer is applied to every row."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo.batch.scopes import CODE
from layers.batch.inputs.chunk import Chunk
from layers.contract import OWN_COLUMNS
from layers.contract import conform
from layers.findings import finding
from layers.frames import GEOMETRY
from layers.values import as_text

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from layers.issues import Issue
    from layers.specs import LayerSpec

_INTEGERS = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
# Whole numbers with gaps would become floats, and ids of figures lose their last digits.
_EXACT = {**_INTEGERS, pa.bool_(): pd.BooleanDtype()}


class Place(NamedTuple):
    """Where rows come from.

    Attributes
    ----------
    spec
        Their layer.
    source
        File or table, as a person would say it.
    crs
        Of the geometries; None for a place without geometry.
    district
        The district that the rows are filed under.
    """

    spec: LayerSpec
    source: str
    crs: pyproj.CRS | None = None
    district: str | None = None


def wanted_columns(names: list[str], spec: LayerSpec) -> tuple[list[str], list[str]]:
    """Return the columns that a layer takes, by their names alone, and those it does not.

    Parameters
    ----------
    names
        Columns of a file or table, without that of the geometry.
    spec
        The layer.
    """
    known = {*spec.field_names, CODE}
    taken = [name for name in names if name in known]
    return taken, [name for name in names if name not in known and name not in OWN_COLUMNS]


def place_notes(place: Place, dropped: list[str], *, same_datum: bool = True) -> tuple[Issue, ...]:
    """Return what is to be said of a place as a whole.

    Parameters
    ----------
    place
        The place.
    dropped
        Columns that are not read.
    same_datum
        Whether the way of its coordinates to CGCS2000 is known to a metre.
    """
    about: dict[str, Any] = {"layer": place.spec.key, "file": place.source}
    notes = []
    if dropped:
        notes.append(finding("columns_dropped", **about, names=", ".join(dropped)))
    if not same_datum and place.crs is not None:
        name = f"EPSG:{place.crs.to_epsg()}"
        notes.append(finding("datum_shift_unknown", **about, crs=name))
    return tuple(notes)


def checked(
    table: pa.Table,
    wkb: NDArray[np.object_] | None,
    place: Place,
    first: int,
    notes: tuple[Issue, ...] = (),
) -> Chunk:
    """Apply the contract of a layer to some rows.

    Parameters
    ----------
    table
        Columns named as the fields, and ``district_code`` if there is one.
    wkb
        Geometries as (extended) WKB, one a row; None if the place has none.
    place
        Where the rows come from.
    first
        Row number of the first, from 1.
    notes
        What is to be said besides.
    """
    rows = np.arange(first, first + table.num_rows, dtype=np.int64)
    raw = pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    table = _told(table, place.spec)
    if table.column_names:
        raw = table.to_pandas(types_mapper=_EXACT.get, ignore_metadata=True)
    lost: list[Issue] = []
    if wkb is not None:
        shapes, lost = _shapes(wkb, place, rows)
        raw = gpd.GeoDataFrame(raw, geometry=shapes, crs=place.crs)
    own_code = None if place.spec.has_field(CODE) or CODE not in raw else as_text(raw[CODE])
    fields = raw if own_code is None else raw.drop(columns=CODE)
    found = conform(
        fields, place.spec, file=place.source, row_numbers=pd.Series(rows), earlier=lost
    )
    bad = np.isin(rows, found.rejected["_row"].to_numpy(dtype=np.int64))
    frame, kept = found.accepted, rows[~bad]
    if own_code is not None:
        frame = frame.assign(**{CODE: own_code.to_numpy()[~bad]})
        rejected_code = own_code[bad].reset_index(drop=True)
        found.rejected.insert(0, CODE, rejected_code)
    issues = (*notes, *found.issues)
    return Chunk(frame, found.rejected, len(rows), place.source, kept, place.district, issues)


def _told(table: pa.Table, spec: LayerSpec) -> pa.Table:
    """Return a table without the columns that say nothing: to check them takes most time."""
    needed = {spec.id_field, *(field.name for field in spec.fields if field.required)}
    silent = [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if column.null_count == len(column) and name not in needed
    ]
    return table.drop_columns(silent)


def _shapes(
    wkb: NDArray[np.object_], place: Place, rows: NDArray[np.int64]
) -> tuple[NDArray[np.object_], list[Issue]]:
    """Return the geometries, and a finding for every one that cannot be read."""
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    shapes = shapely.set_srid(shapes, 0)
    lost = shapely.is_missing(shapes) & ~pd.isna(wkb)
    about: dict[str, Any] = {"layer": place.spec.key, "file": place.source, "field": GEOMETRY}
    found = [
        finding("geometry_unreadable", **about, row=int(row), problem="WKB") for row in rows[lost]
    ]
    return shapes, found
