"""Operations carried out: pure functions from rows, or a frame, to new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import shapely

from layers.editing import notes
from layers.editing.attributes import check_id
from layers.editing.attributes import is_marked
from layers.editing.attributes import merged_values
from layers.editing.attributes import new_values
from layers.editing.attributes import redrawn
from layers.editing.attributes import reshaped
from layers.editing.attributes import split_values
from layers.editing.attributes import typed_values
from layers.editing.checks import checked_shape
from layers.editing.cutting import cut
from layers.editing.joining import TOUCH_M
from layers.editing.joining import join
from layers.editing.operations import Add
from layers.editing.operations import Delete
from layers.editing.operations import Merge
from layers.editing.operations import Put
from layers.editing.operations import Reshape
from layers.editing.operations import SetValues
from layers.editing.operations import Split
from layers.editing.refusals import bad_merge
from layers.editing.refusals import no_shapes_here
from layers.editing.refusals import unreadable_operation
from layers.editing.tables import Row
from layers.editing.tables import put_rows
from layers.editing.tables import require_free
from layers.editing.tables import row_at
from layers.editing.tables import shape_at
from layers.editing.tables import take_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import LayerSpec
    from layers.editing.notes import Note
    from layers.editing.operations import Operation
    from layers.editing.tables import Frame
    from layers.editing.tables import Rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """A frame after an operation.

    Attributes
    ----------
    frame
        With the column types of the catalogue.
    notes
        What happened besides what was asked.
    """

    frame: Frame
    notes: tuple[Note, ...]


def apply(operation: Operation, frame: Frame, spec: LayerSpec) -> Frame:
    """Return the frame of a layer after an operation.

    Parameters
    ----------
    operation
        What to do.
    frame
        Frame of the layer with unique ids, EPSG:4490; it is not changed.
    spec
        The layer.

    Returns
    -------
    GeoDataFrame or DataFrame
        With the column types of the catalogue and a fresh index. New features
        stand at the end.

    Raises
    ------
    EditError
        If it cannot be done; the message names the feature and says why.
    """
    return perform(operation, frame, spec).frame


def perform(operation: Operation, frame: Frame, spec: LayerSpec) -> Outcome:
    """Return the frame of a layer after an operation, and what there is to say about it.

    Parameters and errors are those of :func:`apply`.
    """
    rows, told = perform_on_rows(operation, take_rows(frame, operation.ids, spec), spec)
    return Outcome(put_rows(frame, operation.ids, rows, spec), tuple(told))


def perform_on_rows(
    operation: Operation, rows: Rows, spec: LayerSpec
) -> tuple[dict[str, Row], list[Note]]:
    """Return rows after an operation, and what there is to say about it.

    Parameters
    ----------
    operation
        What to do.
    rows
        At least those features that the operation names and that are there;
        they are not changed.
    spec
        The layer.

    Raises
    ------
    EditError
        See :func:`apply`.
    """
    made: tuple[dict[str, Row], list[Note]]
    match operation:
        case Add():
            made = _add(operation, rows, spec)
        case Reshape():
            made = _reshape(operation, rows, spec)
        case Split():
            made = _split(operation, rows, spec)
        case Merge():
            made = _merge(operation, rows, spec)
        case SetValues():
            made = _set_values(operation, rows, spec)
        case Put():
            made = _put(operation, rows, spec), []
        case Delete():
            row_at(rows, operation.feature_id, spec.key)
            made = _without(rows, operation.ids), []
        case _:
            raise unreadable_operation(type(operation).__name__)
    return made


def _add(operation: Add, rows: Rows, spec: LayerSpec) -> tuple[dict[str, Row], list[Note]]:
    key = operation.feature_id
    check_id(key)
    require_free(rows, key, spec.key)
    shape = None
    if spec.geometry:
        shape = checked_shape(key, operation.geometry, spec.geometry, spec.key)
    elif operation.geometry is not None:
        raise no_shapes_here(key, spec.key)
    values, told = new_values(key, operation.values, shape, spec)
    return {**rows, key: Row(values, shape)}, told


def _reshape(operation: Reshape, rows: Rows, spec: LayerSpec) -> tuple[dict[str, Row], list[Note]]:
    key = operation.feature_id
    row = row_at(rows, key, spec.key)
    if not spec.geometry:
        raise no_shapes_here(key, spec.key)
    shape = checked_shape(key, operation.geometry, spec.geometry, spec.key)
    values, told = reshaped(key, row.cells, shape, spec)
    return {**rows, key: _changed(row, values, shape)}, told


def _split(operation: Split, rows: Rows, spec: LayerSpec) -> tuple[dict[str, Row], list[Note]]:
    key, new_id = operation.feature_id, operation.new_id
    whole = shape_at(rows, key, spec)
    check_id(new_id)
    require_free(rows, new_id, spec.key)
    made = cut(key, whole, operation.line, spec.key)
    row = rows[key]
    lost, told = split_values(key, new_id, row.cells, spec)
    status, sketch = redrawn(key, row.cells, made.larger, spec)
    changed = {**lost, **status}
    # A value that must be unique cannot be that of both parts.
    own = {f.name: None for f in spec.fields if f.unique} | {spec.id_field: new_id}
    told += sketch
    told += [notes.left_aside(key, made.aside)] if made.aside else []
    for feature_id, part in ((key, made.larger), (new_id, made.smaller)):
        told += _parts(feature_id, part, whole)
    larger = _changed(row, changed, made.larger)
    smaller = _changed(row, {**changed, **own}, made.smaller)
    return {**rows, key: larger, new_id: smaller}, told


def _merge(operation: Merge, rows: Rows, spec: LayerSpec) -> tuple[dict[str, Row], list[Note]]:
    key, ids = operation.keep_id, operation.ids
    if key not in operation.feature_ids or len(ids) < 2:  # noqa: PLR2004 - a pair
        raise bad_merge(
            key,
            "须选两个以上要素，并从中选一个保留",
            "choose two features or more, and one of them to keep",
        )
    shapes = {feature_id: shape_at(rows, feature_id, spec) for feature_id in ids}
    made = join(key, shapes)
    values, told = merged_values(key, [rows[feature_id].cells for feature_id in ids], spec)
    status, sketch = redrawn(key, rows[key].cells, made.geometry, spec)
    told += sketch
    told += [notes.gap_closed(key, made.moved, TOUCH_M)] if made.moved else []
    told += [notes.holes_left(key, made.holes)] if made.holes else []
    told += _parts(key, made.geometry, *shapes.values())
    whole = _changed(rows[key], {**values, **status}, made.geometry)
    return _without({**rows, key: whole}, ids[1:]), told


def _set_values(
    operation: SetValues, rows: Rows, spec: LayerSpec
) -> tuple[dict[str, Row], list[Note]]:
    key = operation.feature_id
    row = row_at(rows, key, spec.key)
    changed = _changed(row, typed_values(key, operation.values, spec), row.shape)
    cleared = is_marked(row.cells, "sample") and not is_marked(changed.cells, "sample")
    return {**rows, key: changed}, [notes.sample_cleared(key)] if cleared else []


def _put(operation: Put, rows: Rows, spec: LayerSpec) -> dict[str, Row]:
    key, shape = operation.feature_id, operation.geometry
    check_id(key)
    if shape is not None:
        if not spec.geometry:
            raise no_shapes_here(key, spec.key)
        shape = checked_shape(key, shape, spec.geometry, spec.key)
    there = rows.get(key)
    values = typed_values(key, operation.values, spec, new=there is None)
    return {**rows, key: Row({**(there.cells if there else {}), **values}, shape)}


def _changed(row: Row, values: Mapping[str, Any], shape: BaseGeometry | None) -> Row:
    return Row({**row.cells, **values}, shape)


def _without(rows: Rows, ids: tuple[str, ...]) -> dict[str, Row]:
    return {key: row for key, row in rows.items() if key not in ids}


def _parts(feature_id: str, shape: BaseGeometry, *before: BaseGeometry) -> list[Note]:
    parts = int(shapely.get_num_geometries(shape))
    most = max(int(shapely.get_num_geometries(old)) for old in before)
    return [notes.in_parts(feature_id, parts)] if parts > most else []
