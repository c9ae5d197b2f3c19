"""Frames of layers: column types, empty frames and small questions about them.

In memory a layer is a GeoDataFrame in EPSG:4490 with a ``geometry`` column
(``None`` = not located); a layer without geometry is a plain DataFrame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import STORAGE_CRS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec

GEOMETRY = "geometry"

# datetime64[s] reaches every year a plan may name; nanoseconds end in 2262.
DTYPES: Mapping[FieldType, Any] = {
    "text": "str",
    "month": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[s]",
}


def to_type(column: pd.Series[Any], kind: FieldType) -> pd.Series[Any]:
    """Return `column` with the column type of the field type `kind`.

    Raises
    ------
    ValueError, TypeError
        If a value is not of that type.
    """
    typed: pd.Series[Any] = column.astype(DTYPES[kind])
    return typed


def empty_column(field: FieldSpec, length: int = 0) -> pd.Series[Any]:
    """Return `length` unknown values with the column type of `field`."""
    return pd.Series([None] * length, dtype=DTYPES[field.type], name=field.name)


def layer_frame(
    columns: Mapping[str, pd.Series[Any]],
    spec: LayerSpec,
    geometry: Sequence[Any] | np.ndarray[Any, Any] | None = None,
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Put typed columns and geometries together to the frame of a layer.

    Parameters
    ----------
    columns
        One typed column a field, all with the same index.
    spec
        The layer; it decides whether the result has a geometry column.
    geometry
        Geometries in EPSG:4490, ``None`` where not located.

    Returns
    -------
    GeoDataFrame or DataFrame
        With the fields in the order of the catalogue and a fresh index.
    """
    frame = pd.DataFrame({f.name: columns[f.name] for f in spec.fields}).reset_index(drop=True)
    if not spec.geometry:
        return frame
    if geometry is None:
        geometry = [None] * len(frame)
    return gpd.GeoDataFrame(frame, geometry=np.asarray(geometry, dtype=object), crs=STORAGE_CRS)


def empty_frame(spec: LayerSpec) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the frame of a layer without rows."""
    return layer_frame({f.name: empty_column(f) for f in spec.fields}, spec)


def has_geometry(frame: pd.DataFrame) -> bool:
    """Tell whether `frame` has a ``geometry`` column of geometries."""
    return isinstance(frame, gpd.GeoDataFrame) and GEOMETRY in frame.columns
