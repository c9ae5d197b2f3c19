"""One version of one layer as one audience may have it, ready to be asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Literal

import numpy as np
import pandas as pd
import pyproj
import shapely

from geo.crs import STORAGE_CRS
from layers.export.geofiles import one_kind
from layers.export.notes import AUDIENCE_MARKS
from layers.export.sheets import layer_sheet
from layers.frames import GEOMETRY
from layers.frames import has_geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.catalogue import GeometryKind
    from layers.catalogue import LayerSpec
    from layers.errors import Text
    from layers.export.sheets import Sheet
    from layers.team import Audience
    from layers.workspace import Workspace

TIME_FIELD = "data_date"
"""The field that says of which day a row is; ``datetime`` asks for it."""

KINDS: tuple[GeometryKind, ...] = ("point", "line", "polygon")
"""Kinds of places by their dimension."""

_LANG = "zh"  # of the marks: one version has one content, whoever asks
_BYTES_A_ROW, _BYTES_A_VERTEX = 200, 48


@dataclass(frozen=True, slots=True)
class Extent:
    """Where and when the rows of a snapshot are.

    Attributes
    ----------
    box
        West, south, east, north in degrees of EPSG:4490; empty if nothing is located.
    days
        First and last day of :data:`TIME_FIELD`; empty if there is none.
    kinds
        Which kinds of places there are.
    rows
        How many rows there are.
    """

    box: tuple[float, ...]
    days: tuple[dt.date, ...]
    kinds: tuple[GeometryKind, ...]
    rows: int


@dataclass(frozen=True)
class Snapshot:
    """A version of a layer for an audience.

    Attributes
    ----------
    identity
        Which workspace.
    spec
        The layer.
    version
        Which version.
    written
        When it was committed, UTC.
    audience
        Whose copy it is.
    kind
        Which kind of places it has, ``""`` for all rows. Programs that draw one kind a
        layer ask for the parts of a layer that has points and outlines.
    sheet
        Fields, marks and rows, in EPSG:4490, ordered by id: the same that an export of
        this audience gets.
    """

    identity: str
    spec: LayerSpec
    version: int
    written: dt.datetime
    audience: Audience
    kind: GeometryKind | Literal[""]
    sheet: Sheet

    @property
    def key(self) -> str:
        """Key of the layer."""
        return self.spec.key

    @property
    def collection(self) -> str:
        """Name of the collection, see :func:`collection_name`."""
        return collection_name(self.key, self.kind)

    @cached_property
    def fields(self) -> dict[str, FieldSpec]:
        """Fields by name, in order."""
        return {field.name: field for field in self.sheet.fields}

    @property
    def time_field(self) -> str:
        """The field that ``datetime`` asks for, empty for none."""
        return TIME_FIELD if TIME_FIELD in self.fields else ""

    @cached_property
    def rows_by_id(self) -> dict[str, int]:
        """Row numbers by id."""
        ids = self.sheet.frame[self.spec.id_field].astype(str)
        return {name: row for row, name in enumerate(ids)}

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of every row in degrees, NaN where not located."""
        if not has_geometry(self.sheet.frame):
            return np.full((len(self.sheet.frame), 4), np.nan)
        return np.asarray(shapely.bounds(self.sheet.frame.geometry.to_numpy()))

    @cached_property
    def extent(self) -> Extent:
        """Where and when the rows are."""
        box: tuple[float, ...] = ()
        if np.isfinite(self.bounds).any():
            low, high = np.nanmin(self.bounds[:, :2], axis=0), np.nanmax(self.bounds[:, 2:], axis=0)
            box = tuple(float(edge) for edge in (*low, *high))
        days: tuple[dt.date, ...] = ()
        if self.time_field:
            known = self.sheet.frame[self.time_field].dropna()
            days = (known.min().date(), known.max().date()) if len(known) else ()
        return Extent(box, days, _kinds(self.sheet), len(self.sheet.frame))

    @property
    def notices(self) -> tuple[Text, ...]:
        """What the reader must know: for whom the copy is, sample and sketch marks."""
        return (AUDIENCE_MARKS[self.audience], *self.sheet.marks)

    @property
    def restricted(self) -> bool:
        """Whether it must not stay on the computer of whoever read it."""
        fields = (field.sensitivity for field in self.sheet.fields)
        return self.spec.sensitivity == "internal" or "internal" in fields

    @property
    def weight(self) -> int:
        """Roughly how many bytes of memory it takes."""
        plain = self.sheet.frame.drop(columns=GEOMETRY, errors="ignore")
        weight = int(pd.DataFrame(plain).memory_usage(deep=True).sum())
        if has_geometry(self.sheet.frame):
            shapes = self.sheet.frame.geometry.to_numpy()
            weight += _BYTES_A_VERTEX * int(shapely.get_num_coordinates(shapes).sum())
        return weight + _BYTES_A_ROW * len(self.sheet.frame)


def collection_name(key: str, kind: str) -> str:
    """Return the name of a layer, or of its part with one kind of places."""
    return f"{key}-{kind}" if kind else key


def collection_parts(name: str) -> tuple[str, GeometryKind | Literal[""]] | None:
    """Return key and kind of a name of a collection, ``None`` if it can be none."""
    key, dash, said = name.partition("-")
    kind: GeometryKind | Literal[""] = next((kind for kind in KINDS if kind == said), "")
    return (key, kind) if bool(dash) == bool(kind) else None


def _kinds(sheet: Sheet) -> tuple[GeometryKind, ...]:
    if not has_geometry(sheet.frame):
        return ()
    found = set(shapely.get_dimensions(sheet.frame.geometry.to_numpy()))
    return tuple(kind for dimension, kind in enumerate(KINDS) if dimension in found)


def _of_kind(sheet: Sheet, kind: str) -> Sheet:
    """Return the rows with one kind of places, all single or all multi."""
    frame = sheet.frame
    if kind:
        dimensions = shapely.get_dimensions(frame.geometry.to_numpy())
        frame = frame[dimensions == KINDS.index(kind)].reset_index(drop=True)
    return replace(sheet, frame=one_kind(frame))


def make_snapshot(
    workspace: Workspace,
    key: str,
    version: int,
    audience: Audience,
    kind: GeometryKind | Literal[""] = "",
) -> Snapshot:
    """Read a version of a layer and make the copy of an audience.

    Parameters
    ----------
    workspace
        Where it is read.
    key, version
        Which version of which layer.
    audience
        ``public`` leaves out internal fields, hides few firms and rounds places, as an
        export does; whether the layer may be shown at all must be asked before.
    kind
        Only rows with this kind of places; all rows by default. Only for a layer that
        has places.

    Raises
    ------
    WorkspaceError
        If there is no such version, or the table is damaged.
    """
    spec = workspace.catalogue.layer(key)
    sheet = layer_sheet(
        workspace.read(key, version),
        spec,
        crs=pyproj.CRS.from_user_input(STORAGE_CRS),
        audience=audience,
        lang=_LANG,
    )
    history = workspace.history(key)
    (time,) = history.loc[history["version"] == version, "time"]
    written = dt.datetime.fromisoformat(time)
    made = _of_kind(sheet, kind)
    return Snapshot(workspace.identity, spec, version, written, audience, kind, made)
