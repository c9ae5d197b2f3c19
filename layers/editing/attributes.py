"""Values of edited features: read, split, merged, and what a new geometry does to them.

A figure that counts something (m², 万元, 人, 家 …) belongs to the whole: half a
park does not have half its tenants. Such totals are unknown after a split, and
after a merge unless they are known for every part.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.contract import conform
from layers.editing import notes
from layers.editing.refusals import bad_id
from layers.editing.refusals import found
from layers.editing.refusals import id_is_fixed
from layers.editing.refusals import unknown_field
from layers.shapes import kind_of
from layers.values import as_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.editing.notes import Note

_AREA_UNITS = frozenset({"m²", "㎡", "km²", "公顷", "ha", "亩"})

TOTAL_UNITS = _AREA_UNITS | {"万元", "亿元", "元", "人", "家", "个", "套", "户"}
"""Units of figures that add up. Rates (元/(m²·天)), heights and years do not."""

# A largest block is an area, but neither split nor added up it stays the largest.
NOT_ADDITIVE = frozenset({"largest_vacant_m2"})

QUALIFIES = {"area_basis": "gross_area_m2"}
"""Fields that say something about another one, without which they say nothing."""

# Fields in words about where a boundary runs.
_DESCRIPTIONS = ("address", "method")

SKETCH = "sketch"


def is_total(field: FieldSpec) -> bool:
    """Tell whether a field counts something, so that a part does not have the whole of it."""
    return field.type in ("integer", "number") and field.unit in TOTAL_UNITS


def check_id(feature_id: str) -> None:
    """Refuse an id that would not be stored as it is.

    Raises
    ------
    EditError
        If it is empty, or has blanks at an end or control characters.
    """
    if as_text(pd.Series([feature_id], dtype=object)).iloc[0] != feature_id:
        raise bad_id(feature_id)


def typed_values(
    feature_id: str, values: Mapping[str, Any], spec: LayerSpec, *, new: bool = False
) -> dict[str, Any]:
    """Return values as the contract of the layer reads them.

    Parameters
    ----------
    feature_id
        The feature.
    values
        By field name; ``None`` for unknown.
    spec
        The layer.
    new
        The feature is new: fields that the layer requires must be there.

    Returns
    -------
    dict
        The values given; all fields of the layer if the feature is new.

    Raises
    ------
    EditError
        If there is no such field, a value is not of its type, range or
        choices, or a required one is missing.
    """
    for name, value in values.items():
        if not spec.has_field(name):
            raise unknown_field(feature_id, name, spec)
        if name == spec.id_field and value != feature_id:
            raise id_is_fixed(feature_id, spec.field(name))
    given = {**values, spec.id_field: feature_id}
    if new:
        given = {f.name: given.get(f.name) for f in spec.fields if f.required or f.name in given}
    parsed = {name: _parsed(value, spec.field(name)) for name, value in given.items()}
    if None in parsed.values():
        _check(feature_id, given, spec)
    typed = {name: cell[0] for name, cell in parsed.items() if cell is not None}
    return {**dict.fromkeys(spec.field_names), **typed} if new else typed


def _parsed(value: Any, field: FieldSpec) -> tuple[Any] | None:  # noqa: ANN401 -- a cell
    """Return the value of a cell in a tuple, ``None`` if the contract may refuse it."""
    parsed = parse(pd.Series([value], dtype=object), field)
    cell = parsed.column.iloc[0]
    if parsed.bad.iloc[0] or (field.required and not _known(cell)):
        return None
    if field.type in ("integer", "number") and _known(cell):
        low = -math.inf if field.minimum is None else field.minimum
        high = math.inf if field.maximum is None else field.maximum
        return (cell,) if low <= cell <= high else None
    return (cell,)


def _check(feature_id: str, values: Mapping[str, Any], spec: LayerSpec) -> None:
    """Refuse values that the contract of the layer refuses, in its words."""
    # The contract of all forty fields of a layer takes a tenth of a second.
    narrow = replace(spec, fields=tuple(f for f in spec.fields if f.name in values))
    checked = conform(pd.DataFrame([values], dtype=object), narrow)
    errors = [issue for issue in checked.issues if issue.severity == "error"]
    if errors:
        raise found(feature_id, errors)


def new_values(
    feature_id: str, values: Mapping[str, Any], shape: BaseGeometry | None, spec: LayerSpec
) -> tuple[dict[str, Any], list[Note]]:
    """Return the values of a feature that was drawn.

    It is not sample data, and a polygon is a sketch, unless `values` say otherwise.

    Raises
    ------
    EditError
        See :func:`typed_values`.
    """
    told = []
    given = dict(values)
    if spec.has_field("sample"):
        given.setdefault("sample", False)
    if shape is not None and _can_be_sketch(shape, spec) and "boundary_status" not in given:
        given["boundary_status"] = SKETCH
        told.append(notes.sketched(feature_id))
    typed = typed_values(feature_id, given, spec, new=True)
    if spec.has_field("source") and not _known(typed["source"]):
        told.append(notes.no_source(feature_id))
    return typed, told


def reshaped(
    feature_id: str, row: Mapping[str, Any], shape: BaseGeometry, spec: LayerSpec
) -> tuple[dict[str, Any], list[Note]]:
    """Return what a new geometry changes of the values of a feature."""
    values, told = redrawn(feature_id, row, shape, spec)
    doubtful = {"accuracy_m": None, "verified": False}
    stale = {
        name: value
        for name, value in doubtful.items()
        if spec.has_field(name) and _known(row[name]) and row[name] != value
    }
    if stale:
        told.append(notes.not_verified(feature_id))
    areas = _AREA_UNITS if kind_of(shape) == "polygon" else frozenset()
    described = [
        f
        for f in spec.fields
        if _known(row[f.name]) and (f.unit in areas or f.name in _DESCRIPTIONS)
    ]
    if described:
        told.append(notes.described_before(feature_id, described))
    return {**values, **stale}, told


def redrawn(
    feature_id: str, row: Mapping[str, Any], shape: BaseGeometry, spec: LayerSpec
) -> tuple[dict[str, Any], list[Note]]:
    """Return the status of a boundary that was drawn, split or merged by hand.

    An official boundary is one that an authority published; what a planner draws
    is a sketch (示意), whatever it was before.
    """
    if not spec.has_field("boundary_status"):
        return {}, []
    status = row["boundary_status"]
    if _can_be_sketch(shape, spec):
        is_sketch = _known(status) and status == SKETCH
        return {"boundary_status": SKETCH}, [] if is_sketch else [notes.sketched(feature_id)]
    if kind_of(shape) == "point" and _known(status):
        return {"boundary_status": None}, [notes.no_boundary(feature_id)]
    return {}, []


def split_values(
    feature_id: str, new_id: str, row: Mapping[str, Any], spec: LayerSpec
) -> tuple[dict[str, Any], list[Note]]:
    """Return which values become unknown in both parts of a split feature."""
    lost = [f for f in spec.fields if is_total(f) and _known(row[f.name])]
    names = {f.name for f in lost}
    lost += [f for f in spec.fields if QUALIFIES.get(f.name) in names and _known(row[f.name])]
    told = [notes.copied(new_id, feature_id)]
    if lost:
        told += [notes.totals_unknown(i, lost) for i in (feature_id, new_id)]
    return dict.fromkeys(f.name for f in lost), told


def merged_values(
    keep_id: str, rows: Sequence[Mapping[str, Any]], spec: LayerSpec
) -> tuple[dict[str, Any], list[Note]]:
    """Return the values that a merged feature does not simply keep.

    Parameters
    ----------
    keep_id
        Its id.
    rows
        The values of the features, those of `keep_id` first.
    spec
        The layer.
    """
    values: dict[str, Any] = {}
    groups: dict[str, list[FieldSpec]] = {"summed": [], "unknown": [], "kept": []}
    for field in spec.fields:
        name, cells = field.name, [row[field.name] for row in rows]
        known = [cell for cell in cells if _known(cell)]
        if name == spec.id_field or not known:
            continue
        if name in _MERGED:
            values[name] = _MERGED[name](known, len(cells))
        elif is_total(field):
            summed = len(known) == len(cells) and name not in NOT_ADDITIVE
            values[name] = _sum(known) if summed else None
            groups["summed" if summed else "unknown"].append(field)
        elif len(known) < len(cells) or len(set(known)) > 1:
            if name in QUALIFIES:
                values[name] = None
            groups["unknown" if name in QUALIFIES else "kept"].append(field)
    tell = {"summed": notes.totals_summed, "unknown": notes.totals_unknown, "kept": notes.kept}
    return values, [tell[group](keep_id, fields) for group, fields in groups.items() if fields]


def is_marked(row: Mapping[str, Any], name: str) -> bool:
    """Tell whether a row has the mark `name`; unknown is no."""
    return _known(row.get(name)) and bool(row[name])


def _sum(cells: Sequence[Any]) -> float | int:
    # The sum does not depend on the order in which features were chosen.
    return sum(cells) if isinstance(cells[0], int | np.integer) else math.fsum(cells)


def _all_sources(cells: Sequence[Any], _: int) -> str:
    named = [part.strip() for cell in cells for part in cell.split(";")]
    return ";".join(dict.fromkeys(part for part in named if part))


# Fields about the feature as a whole, which is no better than its worst part:
# the known cells, and how many there are with the unknown ones.
_MERGED: Mapping[str, Callable[[Sequence[Any], int], Any]] = {
    "sample": lambda known, _: any(known),
    "verified": lambda known, count: len(known) == count and all(known),
    "accuracy_m": lambda known, count: max(known) if len(known) == count else None,
    "source": _all_sources,
}


def _can_be_sketch(shape: BaseGeometry, spec: LayerSpec) -> bool:
    if not spec.has_field("boundary_status") or kind_of(shape) != "polygon":
        return False
    choices = spec.field("boundary_status").choices
    return not choices or SKETCH in {choice.value for choice in choices}


def _known(value: Any) -> bool:  # noqa: ANN401 -- a cell
    return not pd.isna(value)
