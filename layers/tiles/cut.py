"""Cuts geometries to a tile and lays them on its grid.

Detail that a screen cannot show is dropped by rounding to the grid, and by
nothing else: a vertex that two neighbours share is rounded to the same place in
both, whatever the rest of their outlines looks like. So no gap opens between
them, which line simplification (Douglas-Peucker, Visvalingam) cannot promise.
A vertex moves by at most half a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import GeometryType

from layers.tiles.grid import BUFFER
from layers.tiles.grid import EXTENT
from layers.tiles.mvt import LINE
from layers.tiles.mvt import POINT
from layers.tiles.mvt import POLYGON
from layers.tiles.mvt import Shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.tiles.grid import Tile

# The store (WKB) has no linear rings.
_TYPE_OF = {
    POLYGON: GeometryType.POLYGON,
    LINE: GeometryType.LINESTRING,
    POINT: GeometryType.POINT,
}
_WINDOW = (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
_FEWEST = {LINE: 2, POLYGON: 3}


@dataclass(frozen=True, slots=True)
class Cut:
    """What a tile holds of some geometries, one kind of them.

    Attributes
    ----------
    shapes
        The pieces, their features numbered 0, 1, 2 …
    members
        Which of the given geometries each feature is.
    """

    shapes: Shapes
    members: NDArray[np.int64]


def cut(geometries: NDArray[np.object_], tile: Tile, *, step: int = 1) -> list[Cut]:
    """Return what lies in a tile and its buffer, at most one entry for each kind.

    Parameters
    ----------
    geometries
        Points, lines and polygons in degrees, in any mixture, also of several parts.
    tile
        The tile.
    step
        Width of the grid in tile units.
    """
    parts, owner = _parts(geometries)
    kinds = shapely.get_type_id(parts)
    result = []
    for kind, geometry_type in _TYPE_OF.items():
        chosen = kinds == geometry_type
        if chosen.any():
            found = _cut_kind(parts[chosen], owner[chosen], kind, tile, step)
            result += [found] if found is not None else []
    return result


def _parts(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the single parts that are not empty, and which geometry each belongs to."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while np.any(shapely.get_type_id(parts) > GeometryType.POLYGON):
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    full = ~shapely.is_empty(parts)
    return parts[full], owner[full]


def _cut_kind(
    parts: NDArray[np.object_], owner: NDArray[np.int64], kind: int, tile: Tile, step: int
) -> Cut | None:
    moved = shapely.transform(parts, tile.units)
    if kind == POINT:
        return _points(shapely.get_coordinates(moved), owner, step)
    bounds = shapely.bounds(moved)
    outside = (bounds[:, :2] < _WINDOW[0]).any(axis=1) | (bounds[:, 2:] > _WINDOW[2]).any(axis=1)
    if outside.any():
        pieces, inner = _parts(shapely.clip_by_rect(moved[outside], *_WINDOW))
        same = shapely.get_type_id(pieces) == _TYPE_OF[kind]
        moved = np.concatenate([moved[~outside], pieces[same]])
        owner = np.concatenate([owner[~outside], owner[outside][inner[same]]])
        order = np.argsort(owner, kind="stable")
        moved, owner = moved[order], owner[order]
    if not len(moved):
        return None
    if kind == LINE:
        _kind, vertices, (offsets,) = shapely.to_ragged_array(moved)
        return _paths(vertices, offsets, owner, step)
    _kind, vertices, (rings, polygons) = shapely.to_ragged_array(moved)
    return _polygons(vertices, rings, polygons, owner, step)


def _rounded(coordinates: NDArray[np.float64], step: int) -> NDArray[np.int64]:
    result: NDArray[np.int64] = np.rint(coordinates / step).astype("int64") * step
    return result


def _compact(owner: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct owners, and the number of each among them."""
    members, position = np.unique(owner, return_inverse=True)
    return members, position


def _points(coordinates: NDArray[np.float64], owner: NDArray[np.int64], step: int) -> Cut | None:
    vertices = _rounded(coordinates, step)
    near = ((vertices >= _WINDOW[0]) & (vertices <= _WINDOW[2])).all(axis=1)
    vertices, owner = vertices[near], owner[near]
    if not len(owner):
        return None
    members, start = np.unique(owner, return_index=True)
    return Cut(Shapes(POINT, vertices, start, np.arange(len(members))), members)


def _paths(
    coordinates: NDArray[np.float64],
    offsets: NDArray[np.integer],
    owner: NDArray[np.int64],
    step: int,
) -> Cut | None:
    vertices, path = _without_repeats(_rounded(coordinates, step), np.diff(offsets))
    length = np.bincount(path, minlength=len(owner))
    kept = length >= _FEWEST[LINE]
    return _assemble(LINE, vertices[kept[path]], length[kept], owner[kept])


def _without_repeats(
    vertices: NDArray[np.int64], length: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Drop vertices that repeat the one before; return the rest and the path of each."""
    path = np.repeat(np.arange(len(length)), length)
    new = np.ones(len(vertices), dtype=bool)
    new[1:] = (vertices[1:] != vertices[:-1]).any(axis=1) | (path[1:] != path[:-1])
    return vertices[new], path[new]


def _polygons(
    coordinates: NDArray[np.float64],
    rings: NDArray[np.integer],
    polygons: NDArray[np.integer],
    owner: NDArray[np.int64],
    step: int,
) -> Cut | None:
    vertices, ring = _without_repeats(_rounded(coordinates, step), np.diff(rings))
    count = len(rings) - 1
    # The last vertex of a ring repeats the first; the format leaves it out.
    last = np.append(ring[1:] != ring[:-1], True)
    vertices, ring = vertices[~last], ring[~last]
    length = np.bincount(ring, minlength=count)
    area = _doubled_areas(vertices, ring, length)
    polygon = np.repeat(np.arange(len(polygons) - 1), np.diff(polygons))
    outer = np.zeros(count, dtype=bool)
    outer[polygons[:-1]] = True
    solid = (length >= _FEWEST[POLYGON]) & (area != 0)
    # A hole stands only in an outline that is still there.
    kept = solid & solid[polygons[:-1]][polygon]
    vertices, ring, length, area = vertices[kept[ring]], ring[kept[ring]], length[kept], area[kept]
    turned = (area > 0) != outer[kept]
    return _assemble(POLYGON, _turn(vertices, length, turned), length, owner[polygon[kept]])


def _doubled_areas(
    vertices: NDArray[np.int64], ring: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return twice the area of each ring, positive if it runs clockwise on the screen."""
    following = np.arange(1, len(vertices) + 1)
    start = np.cumsum(length) - length
    last = length > 0
    following[(start + length - 1)[last]] = start[last]
    x, y = vertices[:, 0], vertices[:, 1]
    terms = x * y[following] - x[following] * y
    # Sums of whole numbers this small are exact in floating point.
    area: NDArray[np.int64] = np.rint(np.bincount(ring, terms, minlength=len(length))).astype(
        "int64"
    )
    return area


def _turn(
    vertices: NDArray[np.int64], length: NDArray[np.int64], turned: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the vertices with the order of some rings reversed."""
    start = np.cumsum(length) - length
    within = np.arange(len(vertices)) - np.repeat(start, length)
    backwards = np.repeat(start + length - 1, length) - within
    place = np.where(np.repeat(turned, length), backwards, np.arange(len(vertices)))
    result: NDArray[np.int64] = vertices[place]
    return result


def _assemble(
    kind: int, vertices: NDArray[np.int64], length: NDArray[np.int64], owner: NDArray[np.int64]
) -> Cut | None:
    if not len(length):
        return None
    members, feature = _compact(owner)
    return Cut(Shapes(kind, vertices, np.cumsum(length) - length, feature), members)
