"""Which row of a file is which record of a layer: by name, or by place.

A match must be the only one on both sides, and nothing may speak against it. What is
not certain is no match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.crs import GRS80
from layers.intake.naming.names import buildings_disagree
from layers.intake.naming.names import doors_disagree
from layers.intake.naming.names import names_disagree
from layers.intake.naming.names import normalise_address
from layers.intake.naming.names import normalise_name
from layers.intake.naming.names import without_building
from layers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

    _Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]
    _Keys = NDArray[Any]

ADDRESS = "address"

# What a parcel is called is its land use, which many parcels share.
_CLASS_NAMES = frozenset({"land_use_name"})

_POINT, _POLYGON = 0, 2
_SAME_POINT_M = 1.0
# A metre is less than this many degrees anywhere but near the poles.
_NEAR_DEGREES = 2e-5
_SAME_SHARE = 0.9
# Two polygons that share nine tenths have centroids closer than this part of their size.
_CENTROID_SHIFT = 0.25
# Where more than this many lie within about a metre, nothing can be told apart by place.
_CELL_DEGREES, _CROWD = 1e-5, 20
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Who:
    """What rows say about who they are: arrays with one entry a row.

    Attributes
    ----------
    name, address
        Normal forms, empty where there is none.
    parents
        The records of other layers that a row belongs to, joined; empty for none.
    shapes
        Shapes in EPSG:4490, None where not located.
    """

    name: NDArray[Any]
    address: NDArray[Any]
    parents: NDArray[Any]
    shapes: NDArray[Any]

    @property
    def is_distinct(self) -> NDArray[np.bool_]:
        """Whether the name is more than a building number such as 3号楼."""
        return np.array([bool(without_building(name)) for name in self.name], dtype=bool)

    def take(self, chosen: NDArray[np.intp]) -> Who:
        """Return some of the rows."""
        return Who(
            self.name[chosen], self.address[chosen], self.parents[chosen], self.shapes[chosen]
        )


@dataclass(frozen=True, slots=True)
class Twins:
    """Which record every row is.

    Attributes
    ----------
    record
        Position of the record, -1 where there is none that is certain.
    by_place
        Whether it was found by place and not by name.
    unsure
        Rows without a match that may be a record all the same.
    """

    record: NDArray[np.intp]
    by_place: NDArray[np.bool_]
    unsure: NDArray[np.bool_]


def who_is(frame: pd.DataFrame, shapes: NDArray[Any], spec: LayerSpec) -> Who:
    """Return what the rows of a layer or of a file say about who they are.

    Parameters
    ----------
    frame
        Columns named as the fields, cells of any type; fields may be missing.
    shapes
        Shapes in EPSG:4490, one a row.
    spec
        The layer.
    """
    name = "" if spec.name_field in {spec.id_field, *_CLASS_NAMES} else spec.name_field
    parents = np.full(len(frame), "", dtype=object)
    for field in spec.fields:
        if field.references is not None:
            ids = cell_texts(frame, field.name)
            parents = np.where(ids == "", parents, parents + f"{field.name}=" + ids + ";")
    return Who(
        np.array([normalise_name(text) for text in cell_texts(frame, name)], dtype=object),
        np.array([normalise_address(text) for text in cell_texts(frame, ADDRESS)], dtype=object),
        parents,
        shapes,
    )


def cell_texts(frame: pd.DataFrame, column: str) -> NDArray[Any]:
    """Return a column as text, empty where nothing stands or if there is no such column."""
    if column not in frame.columns or frame[column].isna().all():
        return np.full(len(frame), "", dtype=object)
    return np.asarray(as_text(frame[column]).astype(object).fillna("").to_numpy(), dtype=object)


def is_one_of(texts: NDArray[Any], some: Iterable[str]) -> NDArray[np.bool_]:
    """Return which of many texts are among some; NumPy would compare every pair."""
    return np.asarray(pd.Series(texts, dtype="object").isin(list(some)), dtype=bool)


def find_twins(rows: Who, records: Who, free: NDArray[np.bool_]) -> Twins:
    """Say which record every row is.

    By name and address, by name and parent, by a name that is more than a building
    number, and then by place; what one step has matched is not asked again. Two rows
    that claim one record in the same step both go without it.

    Parameters
    ----------
    rows
        Rows without an id, no two of which say the same.
    records
        The records of the layer.
    free
        Which records no other row of the file is; only these are matched.
    """
    record = np.full(len(rows.name), -1, dtype=np.intp)
    by_place = np.zeros(len(record), dtype=bool)
    unsure = np.zeros(len(record), dtype=bool)
    if not len(records.name) or not len(record):
        return Twins(record, by_place, unsure)
    # What is left over when the others are matched is not thereby the one that is meant.
    at_first, free = free, free.copy()
    for mine, theirs in _steps(rows, records):
        pairs = _unique_pairs(mine, np.where(at_first, theirs, ""))
        likely = [not _contradicts(rows, records, i, j) for i, j in zip(*pairs, strict=True)]
        _match(_kept(pairs, likely), record, free)
    pairs = _same_places(rows, records, record, free)
    unsure[pairs[0]] = True
    found = _match(pairs, record, free)
    by_place[found] = True
    unsure |= _has_namesake(rows, records, record < 0)
    return Twins(record, by_place, unsure & (record < 0))


def _has_namesake(rows: Who, records: Who, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which wanted rows have the name of a record that they may be."""
    bearers: dict[str, list[int]] = {}
    for j in np.flatnonzero(records.is_distinct):
        bearers.setdefault(records.name[j], []).append(int(j))
    found = np.zeros(len(rows.name), dtype=bool)
    for i in np.flatnonzero(wanted):
        some = bearers.get(rows.name[i], [])[:_CROWD]
        found[i] = any(not _contradicts(rows, records, int(i), j) for j in some)
    return found


def _steps(rows: Who, records: Who) -> list[tuple[_Keys, _Keys]]:
    """Return the keys of rows and of records by which names are compared, the surest first."""
    sides = [
        (
            _joined(who.name, who.address),
            _joined(who.name, who.parents),
            np.where(who.is_distinct, who.name, ""),
        )
        for who in (rows, records)
    ]
    return list(zip(*sides, strict=True))


def _joined(first: _Keys, second: _Keys) -> _Keys:
    """Return keys of two parts, empty where one part is."""
    return np.where((first == "") | (second == ""), "", first + "|" + second)


def _unique_pairs(mine: _Keys, theirs: _Keys) -> _Pairs:
    """Return the pairs of equal keys that only one record has."""
    single = pd.Series(np.arange(len(theirs)), index=theirs)
    single = single[(theirs != "") & ~single.index.duplicated(keep=False)]
    found = single.reindex(mine).to_numpy(dtype=float, na_value=np.nan)
    left = np.flatnonzero(~np.isnan(found))
    return left, found[left].astype(np.intp)


def _match(pairs: _Pairs, record: NDArray[np.intp], free: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Note the pairs that are alone on both sides, and return their rows."""
    left, right = _kept(pairs, (record[pairs[0]] < 0) & free[pairs[1]])
    alone = ~pd.Series(left).duplicated(keep=False) & ~pd.Series(right).duplicated(keep=False)
    left, right = _kept((left, right), alone)
    record[left] = right
    free[right] = False
    return left


def _kept(pairs: _Pairs, keep: object) -> _Pairs:
    mask = np.asarray(keep, dtype=bool)
    return pairs[0][mask], pairs[1][mask]


def _contradicts(rows: Who, records: Who, i: int, j: int) -> bool:
    """Tell whether a row and a record of one name are different all the same."""
    if rows.address[i] != "" and rows.address[i] == records.address[j]:
        return False
    mine, theirs = rows.parents[i], records.parents[j]
    return (
        bool(mine and theirs and mine != theirs)
        or doors_disagree(rows.address[i], records.address[j])
        or buildings_disagree(
            f"{rows.name[i]}|{rows.address[i]}", f"{records.name[j]}|{records.address[j]}"
        )
    )


def _same_places(
    rows: Who, records: Who, record: NDArray[np.intp], free: NDArray[np.bool_]
) -> _Pairs:
    """Return the pairs that lie in one place under names that may be the same."""
    left: list[NDArray[np.intp]] = []
    right: list[NDArray[np.intp]] = []
    for kind, compare in ((_POINT, _same_points), (_POLYGON, _same_polygons)):
        mine = _usable(rows.shapes, kind, record < 0)
        theirs = _usable(records.shapes, kind, free)
        if not len(mine) or not len(theirs):
            continue
        i, j = compare(rows.shapes[mine], records.shapes[theirs])
        left.append(mine[i])
        right.append(theirs[j])
    if not left:
        none = np.array([], dtype=np.intp)
        return none, none
    pairs = np.concatenate(left), np.concatenate(right)
    agree = [not names_disagree(rows.name[i], records.name[j]) for i, j in zip(*pairs, strict=True)]
    return _kept(pairs, agree)


def _usable(shapes: NDArray[Any], kind: int, wanted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return which wanted shapes are of a kind, sound, and not in a crowd."""
    sound = wanted & (shapely.get_dimensions(shapes) == kind) & ~shapely.is_empty(shapes)
    if kind == _POINT:
        sound &= shapely.get_num_geometries(shapes) == 1
    sound &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
    chosen = np.flatnonzero(sound)
    chosen = chosen[shapely.is_valid(shapes[chosen])]
    if not len(chosen):
        return chosen
    cells = np.round(_centres(shapes[chosen]) / _CELL_DEGREES)
    _, cell, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    return chosen[count[cell.ravel()] <= _CROWD]


def _centres(shapes: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)), dtype=float)


def _spots(shapes: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(shapely.centroid(shapes), dtype=object)


def _same_points(mine: NDArray[Any], theirs: NDArray[Any]) -> _Pairs:
    tree = shapely.STRtree(_spots(theirs))
    left, right = tree.query(_spots(mine), predicate="dwithin", distance=_NEAR_DEGREES)
    a, b = _centres(mine)[left], _centres(theirs)[right]
    metres = GRS80.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]
    return _kept((left, right), metres <= _SAME_POINT_M)


def _same_polygons(mine: NDArray[Any], theirs: NDArray[Any]) -> _Pairs:
    tree = shapely.STRtree(_spots(theirs))
    west, south, east, north = shapely.bounds(mine).T
    reach = _CENTROID_SHIFT * np.hypot(east - west, north - south)
    spots = _spots(mine)
    area, other_area = shapely.area(mine), shapely.area(theirs)
    left, right = [], []
    for start in range(0, len(mine), _CHUNK):
        here = slice(start, start + _CHUNK)
        i, j = tree.query(spots[here], predicate="dwithin", distance=reach[here])
        i = i + start
        small, large = np.minimum(area[i], other_area[j]), np.maximum(area[i], other_area[j])
        i, j = _kept((i, j), small >= _SAME_SHARE * large)
        common = shapely.area(shapely.intersection(mine[i], theirs[j]))
        i, j = _kept((i, j), common >= _SAME_SHARE * (area[i] + other_area[j] - common))
        left.append(i)
        right.append(j)
    return np.concatenate(left), np.concatenate(right)
