"""What a planner can do to a layer, as records that can be written down.

An operation names the features it concerns and carries all it needs, so that a
list of operations together with a version of the layer is the whole edit. Written
down it is plain JSON; geometries are hexadecimal WKB, which loses no bit.
"""

from __future__ import annotations

import datetime as dt
import math
from abc import ABC
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from typing import Any
from typing import ClassVar
from typing import cast

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from layers.editing.refusals import bad_value
from layers.editing.refusals import unreadable_operation

Scalar = str | int | float | bool | None


class Operation(ABC):
    """One edit; its kinds are the classes below.

    Attributes
    ----------
    kind
        Stable English name of the kind.
    """

    __slots__ = ()

    kind: ClassVar[str]

    @property
    @abstractmethod
    def ids(self) -> tuple[str, ...]:
        """Ids of all features that the operation reads, makes, changes or removes."""

    def as_dict(self) -> dict[str, Any]:
        """Return the operation as plain JSON values; :meth:`from_dict` reads it back."""
        parts = {name: _written(getattr(self, name)) for name in _names(type(self))}
        return {"kind": self.kind, **parts}

    @staticmethod
    def from_dict(data: object) -> Operation:
        """Return the operation that was written down as `data`.

        Raises
        ------
        EditError
            If `data` is no such record.
        """
        kind = data.get("kind") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
            raise unreadable_operation(what="kind")
        made = _KINDS[kind]
        expected = _names(made)
        if set(data) != {"kind", *expected}:
            raise unreadable_operation(what=f"{made.kind}: {sorted(map(str, data))}")
        return made(**{name: _READERS[name](data[name]) for name in expected})


@dataclass(frozen=True, slots=True)
class Add(Operation):
    """Put a new feature into the layer.

    Attributes
    ----------
    feature_id
        Its id, not there yet.
    geometry
        EPSG:4490, longitude and latitude; ``None`` for a table without geometry.
    values
        Fields that are known, by name; text is read as in a file.
    """

    kind: ClassVar[str] = "add"

    feature_id: str
    geometry: BaseGeometry | None
    values: Mapping[str, Scalar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep values of its own that can be written down."""
        object.__setattr__(self, "values", _plain_values(self.feature_id, self.values))

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature."""
        return (self.feature_id,)


@dataclass(frozen=True, slots=True)
class Reshape(Operation):
    """Give a feature another geometry, or a place if it had none."""

    kind: ClassVar[str] = "reshape"

    feature_id: str
    geometry: BaseGeometry

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature."""
        return (self.feature_id,)


@dataclass(frozen=True, slots=True)
class Split(Operation):
    """Cut a polygon or line in two.

    Attributes
    ----------
    feature_id
        The feature; its larger part keeps this id.
    line
        Where it is cut, EPSG:4490.
    new_id
        Id of the smaller part.
    """

    kind: ClassVar[str] = "split"

    feature_id: str
    line: BaseGeometry
    new_id: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature and its new part."""
        return (self.feature_id, self.new_id)


@dataclass(frozen=True, slots=True)
class Merge(Operation):
    """Make one feature of several that touch.

    Attributes
    ----------
    feature_ids
        The features.
    keep_id
        The one of them that remains.
    """

    kind: ClassVar[str] = "merge"

    feature_ids: tuple[str, ...]
    keep_id: str

    def __post_init__(self) -> None:
        """Keep a tuple, whatever sequence was given."""
        object.__setattr__(self, "feature_ids", tuple(self.feature_ids))

    @property
    def ids(self) -> tuple[str, ...]:
        """The features, the one that remains among them."""
        return tuple(dict.fromkeys((self.keep_id, *self.feature_ids)))


@dataclass(frozen=True, slots=True)
class SetValues(Operation):
    """Change fields of a feature; ``None`` makes a field unknown."""

    kind: ClassVar[str] = "set_values"

    feature_id: str
    values: Mapping[str, Scalar]

    def __post_init__(self) -> None:
        """Keep values of its own that can be written down."""
        object.__setattr__(self, "values", _plain_values(self.feature_id, self.values))

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature."""
        return (self.feature_id,)


@dataclass(frozen=True, slots=True)
class Delete(Operation):
    """Take a feature out of the layer."""

    kind: ClassVar[str] = "delete"

    feature_id: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature."""
        return (self.feature_id,)


@dataclass(frozen=True, slots=True)
class Put(Operation):
    """Make a feature what the work of two planners together makes of it.

    Nothing follows from it besides: the values are those that the two gave.

    Attributes
    ----------
    feature_id
        The feature; it may be there or not.
    geometry
        EPSG:4490; ``None`` if it has no place, or the layer no geometry.
    values
        Fields that differ from those of the feature that is there, or all.
    """

    kind: ClassVar[str] = "put"

    feature_id: str
    geometry: BaseGeometry | None
    values: Mapping[str, Scalar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep values of its own that can be written down."""
        object.__setattr__(self, "values", _plain_values(self.feature_id, self.values))

    @property
    def ids(self) -> tuple[str, ...]:
        """The feature."""
        return (self.feature_id,)


_KINDS: Mapping[str, type[Operation]] = {
    made.kind: made for made in (Add, Reshape, Split, Merge, SetValues, Delete, Put)
}


def _names(kind: type[Operation]) -> tuple[str, ...]:
    # Every kind is a dataclass, which their common base cannot say.
    return tuple(f.name for f in fields(cast("Any", kind)))


def _plain_values(feature_id: str, values: Mapping[str, Any]) -> dict[str, Scalar]:
    return {name: _plain(feature_id, name, value) for name, value in values.items()}


def _plain(feature_id: str, name: str, value: Any) -> Scalar:  # noqa: ANN401 -- a cell may hold anything
    """Return a cell as a JSON value; no number is lost, dates become ISO text."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        # An infinite number is kept as text, so that it is refused and not lost.
        return None if math.isnan(value) else str(value)
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.date):
        return value.isoformat().removesuffix("T00:00:00")
    raise bad_value(feature_id, name)


def _written(value: object) -> object:
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True)
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise unreadable_operation(what=f"{type(value).__name__} for text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise unreadable_operation(what=f"{type(value).__name__} for ids")
    return tuple(_text(part) for part in value)


def _geometry(value: object) -> BaseGeometry | None:
    if value is None:
        return None
    try:
        return shapely.from_wkb(_text(value))
    except (shapely.errors.ShapelyError, ValueError, TypeError) as error:
        raise unreadable_operation(str(error)) from error


def _shape(value: object) -> BaseGeometry:
    shape = _geometry(value)
    if shape is None:
        raise unreadable_operation(what="geometry")
    return shape


def _values(value: object) -> dict[str, Scalar]:
    if not isinstance(value, Mapping):
        raise unreadable_operation(what=f"{type(value).__name__} for values")
    if not all(part is None or isinstance(part, str | int | float) for part in value.values()):
        raise unreadable_operation(what="values")
    return {_text(name): part for name, part in value.items()}


_READERS: Mapping[str, Any] = {
    "feature_id": _text,
    "new_id": _text,
    "keep_id": _text,
    "feature_ids": _texts,
    "geometry": _geometry,
    "line": _shape,
    "values": _values,
}
