"""What changed between two versions of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import GRS80
from geo.crs import STORAGE_CRS
from geo.crs import geodesic_area_m2
from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.shapes import describe_shapes
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

DIFF_COLUMNS = ("id", "change", "field", "old", "new")

KINDS = (
    "added",
    "removed",
    "reshaped",
    "moved",
    "located",
    "unlocated",
    "changed",
    "unchanged",
)
"""What may become of a row, the most telling first."""

DELIVERY_COLUMNS = (
    "id",
    "name",
    "kind",
    "kinds",
    "moved_m",
    "area_before_m2",
    "area_after_m2",
    "area_share",
    "iou",
    "fields",
)

SAME_PLACE_M = 0.02
"""Places closer than this are the same: a file that went through another coordinate
system, or through seven decimals of a degree, comes back with other last digits [J]."""

_RIGID_M = 0.05
"""A geometry whose vertices all moved alike within this was moved and not redrawn [J]."""

_POLYGON = 2


def differences(old: pd.DataFrame, new: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Compare two frames of a layer by id, value by value.

    Parameters
    ----------
    old, new
        Frames of the layer; ids are unique.
    spec
        The layer.

    Returns
    -------
    DataFrame
        Columns :data:`DIFF_COLUMNS`, one row an added or removed id and one
        row a changed value; ``change`` is ``added``, ``removed`` or
        ``changed``. Geometries are described in words.
    """
    before, after = (frame.set_index(spec.id_field, drop=False) for frame in (old, new))
    rows = [(key, "removed", "", "", "") for key in before.index.difference(after.index)]
    rows += [(key, "added", "", "", "") for key in after.index.difference(before.index)]
    both = before.index.intersection(after.index)
    before, after = before.loc[both], after.loc[both]
    for name in spec.field_names:
        there = np.flatnonzero(_unequal(before[name], after[name]))
        was, now = (_texts(frame[name].iloc[there]) for frame in (before, after))
        ids = both[there].tolist()
        rows += [(i, "changed", name, a, b) for i, a, b in zip(ids, was, now, strict=True)]
    if has_geometry(old) and has_geometry(new):
        rows += _redrawn(both, before[GEOMETRY].to_numpy(), after[GEOMETRY].to_numpy())
    frame = pd.DataFrame(rows, columns=list(DIFF_COLUMNS), dtype="str")
    return frame.sort_values(["id", "field"], ignore_index=True)


def delivery_diff(old: pd.DataFrame, new: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Say of every id what became of it.

    Parameters
    ----------
    old, new
        Frames of the layer with the column types of the catalogue, geometries in
        EPSG:4490; ids are unique.
    spec
        The layer.

    Returns
    -------
    DataFrame
        Columns :data:`DELIVERY_COLUMNS`, one row an id, ordered by id:

        - ``name`` as after the delivery, as before for removed ids;
        - ``kinds`` all that happened, a tuple of :data:`KINDS`; ``kind`` the most
          telling of them. ``moved`` is a point at another place or a geometry
          displaced as a whole, ``reshaped`` one that was redrawn; ``located`` and
          ``unlocated`` got or lost their place;
        - ``moved_m`` distance between the two places, of the centroids if
          reshaped (m, on the ellipsoid GRS80);
        - ``area_before_m2``, ``area_after_m2`` (ellipsoidal), ``area_share`` their
          difference over the area before, and ``iou`` the common area over the
          joint area (0 to 1), for reshaped geometries; unknown where there is no
          polygon;
        - ``fields`` names of the changed fields, a tuple.
    """
    before, after = (frame.set_index(spec.id_field, drop=False) for frame in (old, new))
    both = before.index.intersection(after.index)
    table = _attributes(before.loc[both], after.loc[both], spec)
    if has_geometry(old) and has_geometry(new):
        shapes = (frame.loc[both, GEOMETRY].to_numpy() for frame in (before, after))
        table = table.assign(**_geometry(*shapes))
    named = [
        _named(table.assign(id=both), after.loc[both], spec),
        _alone(before.loc[before.index.difference(both)], "removed", spec),
        _alone(after.loc[after.index.difference(both)], "added", spec),
    ]
    # An empty frame has no say in the types of the columns.
    whole = pd.concat([part for part in named if len(part)] or named[:1], ignore_index=True)
    whole["kinds"] = _kinds(whole)
    whole["kind"] = pd.Series([kinds[0] for kinds in whole["kinds"]], dtype="str")
    whole = whole.astype({"id": "str", "name": "str"})
    return whole[list(DELIVERY_COLUMNS)].sort_values("id", ignore_index=True)


def _unequal(old: pd.Series[Any], new: pd.Series[Any]) -> NDArray[np.bool_]:
    """Return where two columns of the same rows differ; unknown equals unknown and no text."""
    if old.equals(new):
        return np.zeros(len(old), dtype=bool)
    if old.dtype != new.dtype:
        return np.asarray(_texts(old) != _texts(new), dtype=bool)
    if pd.api.types.is_string_dtype(old.dtype):
        old, new = old.fillna(""), new.fillna("")
    gaps = old.isna().to_numpy(), new.isna().to_numpy()
    apart = old.array != new.array
    apart = pd.Series(apart).fillna(value=False).to_numpy(dtype=bool)
    return np.asarray((gaps[0] != gaps[1]) | (apart & ~gaps[0] & ~gaps[1]))


def _texts(column: pd.Series[Any]) -> NDArray[Any]:
    texts = np.empty(len(column), dtype=object)
    texts[:] = ["" if pd.isna(v) else cell_text(v) for v in column]
    return texts


def _differently_drawn(old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where geometries differ; where a ring begins and which way it runs is no change."""
    gone = shapely.is_missing(old) & shapely.is_missing(new)
    there = np.flatnonzero(~shapely.equals_exact(old, new, 0.0) & ~gone)
    same = shapely.equals_exact(shapely.normalize(old[there]), shapely.normalize(new[there]), 0.0)
    apart = np.zeros(len(old), dtype=bool)
    apart[there[~same]] = True
    return apart


def _redrawn(
    ids: pd.Index[Any], old: NDArray[Any], new: NDArray[Any]
) -> list[tuple[str, str, str, str, str]]:
    there = np.flatnonzero(_differently_drawn(old, new))
    said = (describe_shapes(shapes[there]) for shapes in (old, new))
    return [
        (key, "changed", GEOMETRY, *pair)
        for key, *pair in zip(ids[there].tolist(), *said, strict=True)
    ]


def _attributes(before: pd.DataFrame, after: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Return ``fields``, the names of the changed fields, of every row."""
    names = [name for name in spec.field_names if name != spec.id_field]
    apart = np.column_stack(
        [np.zeros((len(before), 0), dtype=bool)]
        + [_unequal(before[name], after[name]) for name in names]
    )
    # Few rows of a delivery differ in a way of their own: a tuple is made once a pattern.
    patterns, which = np.unique(np.packbits(apart, axis=1), axis=0, return_inverse=True)
    bits = np.unpackbits(patterns, axis=1, count=len(names)).astype(bool)
    known = np.empty(len(patterns), dtype=object)
    known[:] = [tuple(name for name, on in zip(names, row, strict=True) if on) for row in bits]
    return pd.DataFrame({"fields": known[which.ravel()]})


def _geometry(old: NDArray[Any], new: NDArray[Any]) -> Mapping[str, Any]:
    """Return what became of geometries: the columns of numbers, and flags by kind."""
    had, has = ~shapely.is_missing(old), ~shapely.is_missing(new)
    numbers = {name: np.full(len(old), np.nan) for name in _NUMBERS}
    flags = {name: np.zeros(len(old), dtype=bool) for name in ("moved", "reshaped")}
    i = np.flatnonzero(_differently_drawn(old, new) & had & has)
    moved, rigid = _displacement(old[i], new[i])
    seen = ~(rigid & (moved < SAME_PLACE_M))
    i, moved, rigid = i[seen], moved[seen], rigid[seen]
    numbers["moved_m"][i] = moved
    flags["moved"][i], flags["reshaped"][i] = rigid, ~rigid
    j = i[~rigid]
    for name, values in _areas(old[j], new[j]).items():
        numbers[name][j] = values
    return {**numbers, **flags, "located": has & ~had, "unlocated": had & ~has}


_NUMBERS = ("moved_m", "area_before_m2", "area_after_m2", "area_share", "iou")


def _displacement(
    old: NDArray[Any], new: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how far geometries moved (m), and whether every vertex did alike."""
    a, b = shapely.normalize(old), shapely.normalize(new)
    moved = _distance(shapely.centroid(a), shapely.centroid(b))
    counts = shapely.get_num_coordinates(a)
    rigid = (shapely.get_type_id(a) == shapely.get_type_id(b)) & (
        counts == shapely.get_num_coordinates(b)
    )
    i = np.flatnonzero(rigid)
    here, owner, lat = _about_centre(a[i])
    off = (_about_centre(b[i])[0] - here) * _METRES_PER_DEGREE
    off[:, 0] *= np.cos(np.radians(lat))
    worst = np.zeros(len(i))
    np.maximum.at(worst, owner, np.hypot(*off.T))
    rigid[i] = worst <= np.minimum(_RIGID_M, np.maximum(moved[i], SAME_PLACE_M))
    return moved, rigid


def _about_centre(
    shapes: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Return vertices about the centroid in a fixed order, their owner, and their latitude."""
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    # Rounded, or the last digit decides with which corner of a rectangle a ring begins.
    local = shapely.set_coordinates(shapes.copy(), np.round(xy - centre[owner], _DECIMALS))
    return shapely.get_coordinates(shapely.normalize(local)), owner, xy[:, 1]


# Metres of a degree by the mean radius of the earth do for a bound of centimetres.
_METRES_PER_DEGREE = 111_195.0
_DECIMALS = 9


def _distance(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = shapely.get_x(a), shapely.get_y(a), shapely.get_x(b), shapely.get_y(b)
    return np.asarray(GRS80.inv(x0, y0, x1, y1)[2], dtype=np.float64)


def _areas(old: NDArray[Any], new: NDArray[Any]) -> Mapping[str, NDArray[np.float64]]:
    """Return areas before and after, their relative difference, and common over joint area."""
    before, after = (_area(shapes) for shapes in (old, new))
    both = np.flatnonzero(np.isfinite(before) & np.isfinite(after))
    share, iou = np.full(len(old), np.nan), np.full(len(old), np.nan)
    share[both] = after[both] / before[both] - 1.0
    # A share of areas is the same in degrees, because all of it lies in one place.
    common = shapely.area(shapely.intersection(old[both], new[both]))
    joint = shapely.area(old[both]) + shapely.area(new[both]) - common
    iou[both] = common / joint
    return dict(zip(_NUMBERS[1:], (before, after, share, iou), strict=True))


def _area(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return ellipsoidal areas (m²), unknown for points and lines."""
    areas = geodesic_area_m2(gpd.GeoSeries(shapes, crs=STORAGE_CRS)).to_numpy(dtype=float)
    return np.where(shapely.get_dimensions(shapes) == _POLYGON, areas, np.nan)


def _named(table: pd.DataFrame, frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Add names and whatever columns are missing to the rows of a comparison."""
    blank = {name: np.nan for name in _NUMBERS if name not in table}
    blank |= {name: False for name in KINDS if name not in table}
    return table.assign(name=frame[spec.name_field].to_numpy(), **blank)


def _alone(frame: pd.DataFrame, kind: str, spec: LayerSpec) -> pd.DataFrame:
    """Return the rows of ids that only one of the frames has."""
    fields = np.empty(len(frame), dtype=object)
    fields[:] = [()] * len(frame)
    table = pd.DataFrame({"id": frame.index, "fields": fields, kind: True})
    return _named(table, frame, spec)


def _kinds(table: pd.DataFrame) -> NDArray[Any]:
    """Return all that happened to every row, the most telling first."""
    flags = table[list(KINDS)].to_numpy(dtype=bool)
    flags[:, KINDS.index("changed")] = table["fields"].map(len).to_numpy(dtype=int) > 0
    flags[:, KINDS.index("unchanged")] = ~flags.any(axis=1)
    code = flags @ (1 << np.arange(len(KINDS)))
    known = {
        value: tuple(kind for k, kind in enumerate(KINDS) if value >> k & 1)
        for value in np.unique(code).tolist()
    }
    kinds = np.empty(len(table), dtype=object)
    kinds[:] = [known[value] for value in code.tolist()]
    return kinds
