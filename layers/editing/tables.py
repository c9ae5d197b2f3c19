"""Single rows taken out of the frame of a layer and put back; the frame given stays as it is.

A frame of forty columns takes milliseconds to change in one place, a row none. So
the rows that are edited are taken out once, edited as plain mappings, and put back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

import numpy as np
import pandas as pd

from layers.editing.refusals import id_taken
from layers.editing.refusals import no_shape
from layers.editing.refusals import no_shapes_here
from layers.editing.refusals import unknown_id
from layers.frames import DTYPES
from layers.frames import GEOMETRY
from layers.frames import layer_frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import LayerSpec

    Frame: TypeAlias = gpd.GeoDataFrame | pd.DataFrame
    Rows: TypeAlias = Mapping[str, "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """One feature.

    Attributes
    ----------
    cells
        Every field of the layer by name, unknown ones as pandas gives them.
    shape
        EPSG:4490; ``None`` if it is not located or the layer has no geometry.
    """

    cells: Mapping[str, Any]
    shape: BaseGeometry | None


def row_at(rows: Rows, feature_id: str, layer: str) -> Row:
    """Return a row.

    Raises
    ------
    EditError
        If there is none.
    """
    if feature_id not in rows:
        raise unknown_id(feature_id, layer)
    return rows[feature_id]


def shape_at(rows: Rows, feature_id: str, spec: LayerSpec) -> BaseGeometry:
    """Return the geometry of a row.

    Raises
    ------
    EditError
        If there is no such row, or it has no geometry.
    """
    shape = row_at(rows, feature_id, spec.key).shape
    if not spec.geometry:
        raise no_shapes_here(feature_id, spec.key)
    if shape is None or shape.is_empty:
        raise no_shape(feature_id)
    return shape


def require_free(rows: Rows, feature_id: str, layer: str) -> None:
    """Refuse an id that is there already.

    Raises
    ------
    EditError
        If it is.
    """
    if feature_id in rows:
        raise id_taken(feature_id, layer)


def take_rows(frame: Frame, ids: Iterable[str], spec: LayerSpec) -> dict[str, Row]:
    """Return the features `ids` that are there, in the order of the frame."""
    part = only(frame, frame[spec.id_field].isin(list(ids)).to_numpy(dtype=bool), spec)
    columns = [list(part[name]) for name in spec.field_names]
    shapes = list(part[GEOMETRY]) if spec.geometry else [None] * len(part)
    cells = zip(*columns, strict=True)
    return {
        str(key): Row(dict(zip(spec.field_names, values, strict=True)), shape)
        for key, values, shape in zip(part[spec.id_field], cells, shapes, strict=True)
    }


def frame_of(rows: Rows, spec: LayerSpec) -> Frame:
    """Return rows as a frame with the column types of the catalogue."""
    columns = {
        f.name: pd.Series(
            [row.cells.get(f.name) for row in rows.values()], dtype=DTYPES[f.type], name=f.name
        )
        for f in spec.fields
    }
    return layer_frame(columns, spec, _objects([row.shape for row in rows.values()]))


def put_rows(frame: Frame, ids: Sequence[str], rows: Rows, spec: LayerSpec) -> Frame:
    """Return a frame in which `rows` stand for the features `ids`.

    Each row stands where its feature was; features without a row are left out,
    and rows without a feature stand at the end.
    """
    replaced = frame[spec.id_field].isin(list(ids)).to_numpy(dtype=bool)
    was = dict(zip(frame[spec.id_field][replaced], np.flatnonzero(replaced), strict=True))
    new = [was.get(key, len(frame) + i) for i, key in enumerate(rows)]
    order = np.argsort([*np.flatnonzero(~replaced), *new], kind="stable")
    return only(stacked([only(frame, ~replaced, spec), frame_of(rows, spec)], spec), order, spec)


def stacked(frames: Sequence[Frame], spec: LayerSpec) -> Frame:
    """Return frames of a layer one below the other."""
    columns = {
        name: pd.concat([frame[name] for frame in frames], ignore_index=True)
        for name in spec.field_names
    }
    shapes = None
    if spec.geometry:
        shapes = np.concatenate([frame[GEOMETRY].to_numpy() for frame in frames])
    return layer_frame(columns, spec, shapes)


def only(frame: Frame, wanted: NDArray[np.bool_] | NDArray[np.intp], spec: LayerSpec) -> Frame:
    """Return the rows where `wanted` is true, or those at the positions `wanted`."""
    columns = {name: frame[name].iloc[wanted] for name in spec.field_names}
    shapes = frame[GEOMETRY].to_numpy()[wanted] if spec.geometry else None
    return layer_frame(columns, spec, shapes)


def _objects(shapes: Sequence[BaseGeometry | None]) -> NDArray[Any]:
    # numpy would take the parts of a geometry for elements.
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made
