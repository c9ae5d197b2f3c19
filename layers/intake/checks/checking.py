"""What a check across rows and layers looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.frames import GEOMETRY
from layers.frames import empty_frame
from layers.merging import merge
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a check found.

    Attributes
    ----------
    id
        The row of the file; empty for a whole column.
    field
        Name of the field, empty for the whole row.
    value
        What stands there, as people read it.
    details
        What else the sentence of the finding tells.
    """

    id: str
    field: str
    value: str
    details: Mapping[str, object] = dataclass_field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """The layers as they would be after the delivery.

    Attributes
    ----------
    spec
        The layer of the file.
    catalogue
        All layers.
    accepted
        Accepted rows of the file.
    tables
        Layers that are there, by key.
    rows
        Row number in the file by id; only these rows are reported.
    today
        The day after which nothing can have happened yet.
    """

    spec: LayerSpec
    catalogue: Catalogue
    accepted: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    rows: Mapping[str, int]
    today: np.datetime64

    @cached_property
    def after(self) -> pd.DataFrame:
        """The layer of the file with the file put over what is there."""
        old = self.tables.get(self.spec.key)
        old = empty_frame(self.spec) if old is None else old
        return merge(old, self.accepted, self.spec).reset_index(drop=True)

    @cached_property
    def mine(self) -> NDArray[np.bool_]:
        """Which rows of :attr:`after` stand in the file."""
        ids = self.after[self.spec.id_field].astype(object)
        return np.asarray(ids.isin(list(self.rows)), dtype=bool)

    @cached_property
    def kept_fields(self) -> frozenset[str]:
        """Fields that the file leaves empty, so that known rows keep what the layer has."""
        names = [name for name in self.spec.field_names if name in self.accepted]
        return frozenset(name for name in names if self.accepted[name].isna().all())

    def layer(self, key: str) -> pd.DataFrame:
        """Return a layer as it would be; without columns if there is none."""
        return self.after if key == self.spec.key else self.tables.get(key, pd.DataFrame())

    @cached_property
    def ids(self) -> list[str]:
        """Ids of :attr:`after`."""
        return [str(key) for key in self.after[self.spec.id_field]]

    @cached_property
    def labels(self) -> list[str]:
        """Name and id of every row of :attr:`after`."""
        return labels(self.after, self.spec)


def labels(frame: pd.DataFrame, spec: LayerSpec) -> list[str]:
    """Return name and id of every row, as it is called in a sentence."""
    ids, names = texts(frame, spec.id_field), texts(frame, spec.name_field)
    return [f"{name} ({key})" if name else str(key) for key, name in zip(ids, names, strict=True)]


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of numbers; unknown where a cell is empty or there is no such column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def texts(frame: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return a column as texts; empty where a cell is or there is no such column."""
    made = np.full(len(frame), "", dtype=object)
    if name in frame:
        known = frame[name].notna().to_numpy(dtype=bool)
        cells = frame[name].to_numpy(dtype=object)[known]
        plain = pd.api.types.is_string_dtype(frame[name].dtype)
        made[known] = cells if plain else [cell_text(cell) for cell in cells]
    return made


def days(frame: pd.DataFrame, name: str) -> NDArray[np.datetime64]:
    """Return the first day of dates, months (``2026-03``) or years; unknown where there is none."""
    if name not in frame or frame[name].isna().all():
        return np.full(len(frame), "NaT", dtype="datetime64[s]")
    column = frame[name]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.to_numpy(dtype="datetime64[s]")
    codes, known = pd.factorize(column)
    # A month has the form that the contract gave it, and so has a year.
    written = pd.Series([cell_text(value) for value in known], dtype="str").str.extract(
        r"^(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2}))?$"
    )
    day = written["year"] + "-" + written["month"].fillna("01") + "-01"
    made = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[s]")
    return np.append(made, np.datetime64("NaT"))[codes]


def shapes_of(frame: pd.DataFrame) -> NDArray[Any]:
    """Return the geometries of a layer, ``None`` where there is none."""
    if GEOMETRY not in frame:
        return np.full(len(frame), None, dtype=object)
    return np.asarray(frame[GEOMETRY].to_numpy(), dtype=object)
