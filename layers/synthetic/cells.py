"""Columns of generated rows, typed as the catalogue says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layers.frames import empty_column
from layers.frames import layer_frame
from layers.frames import to_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.specs import LayerSpec

_MONTHS = 12


def numbered(prefix: str, rows: NDArray[np.int64], digits: int = 9) -> NDArray[np.object_]:
    """Return names such as ``K000000017``.

    Parameters
    ----------
    prefix
        What stands in front.
    rows
        The numbers; a negative one gives None.
    digits
        How many the number is filled up to.
    """
    text = pc.utf8_lpad(pc.cast(pa.array(rows), pa.string()), digits, "0")
    joined = pc.binary_join_element_wise(pa.scalar(prefix), text, "")
    return blank(joined.to_numpy(zero_copy_only=False), rows < 0)


def blank(values: NDArray[Any], unknown: NDArray[np.bool_]) -> NDArray[Any]:
    """Return values with those that are unknown empty: NaN of numbers, None of texts."""
    if values.dtype == object:
        return np.where(unknown, np.array(None, dtype=object), values)
    return np.where(unknown, np.nan, values.astype(np.float64))


def months(number: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return months counted since year 0 as ``YYYY-MM``."""
    return np.char.replace(
        (number - 1970 * _MONTHS).astype("datetime64[M]").astype(str), " ", ""
    ).astype(object)


def month_ends(number: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Return the last days of months that are counted since year 0."""
    first = (number + 1 - 1970 * _MONTHS).astype("datetime64[M]")
    return np.asarray(first.astype("datetime64[D]") - 1, dtype="datetime64[D]")


def layer(
    spec: LayerSpec,
    rows: int,
    values: Mapping[str, Any],
    geometry: NDArray[np.object_] | None = None,
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the frame of a layer.

    Parameters
    ----------
    spec
        The layer.
    rows
        How many.
    values
        Arrays, or one value for all rows, by field; other fields are unknown, and what
        an edition has no field for is left out.
    geometry
        EPSG:4490.
    """
    columns = {}
    for field in spec.fields:
        if field.name in values:
            given = pd.Series(values[field.name], index=pd.RangeIndex(rows), name=field.name)
            columns[field.name] = to_type(given, field.type)
        else:
            columns[field.name] = empty_column(field, rows)
    return layer_frame(columns, spec, geometry)


def choices(spec: LayerSpec, field: str) -> tuple[str, ...]:
    """Return the values that a field of an edition may have."""
    return tuple(choice.value for choice in spec.field(field).choices)
