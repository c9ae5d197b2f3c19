"""Point symbols at one place, set side by side so that each is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.sheet.records import Extent
    from layers.sheet.records import SheetLayer

    Floats = NDArray[np.float64]

# Symbols nearer than this share of their size hide each other.
_HIDDEN = 0.5
_BESIDE = 0.95
_POINT = 0
# The marks of a plan are rings around each other, and its arrows begin at the places.
_STAY = frozenset({"sites", "moves", "move_heads"})


def set_apart(
    layers: Sequence[SheetLayer], shown: Extent, metres_per_px: float
) -> tuple[list[SheetLayer], int]:
    """Return the layers with points that would hide each other moved around their middle.

    Parameters
    ----------
    layers
        The layers of the map, bottom first.
    shown
        What the map shows, metres; other points stay.
    metres_per_px
        Metres on the ground of a CSS pixel of symbol size on this sheet.

    Returns
    -------
    list of SheetLayer
        The same layers, in order.
    int
        How many points were moved; each by less than two symbols.

    Notes
    -----
    The ring of the "point displacement" renderer of desktop GIS: the points of a cluster
    stand on a circle that is just wide enough, the first at the left.
    """
    places, sizes, owners = _points(layers, shown)
    clusters = _clusters(places, sizes * metres_per_px)
    moved = places.copy()
    count = 0
    for members in clusters:
        size = float(sizes[members].max()) * metres_per_px * _BESIDE
        radius = size / 2 / np.sin(np.pi / len(members))
        angles = np.pi + 2 * np.pi * np.arange(len(members)) / len(members)
        ring = np.column_stack([np.cos(angles), np.sin(angles)]) * radius
        moved[members] = places[members].mean(axis=0) + ring
        count += len(members)
    if not count:
        return list(layers), 0
    return [_with(layer, n, owners, moved) for n, layer in enumerate(layers)], count


def _points(
    layers: Sequence[SheetLayer], shown: Extent
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return place, size in pixels, and (layer, row) of every point that is seen."""
    window = shapely.box(*shown)
    places, sizes, owners = [np.empty((0, 2))], [np.empty(0)], [np.empty((0, 2), dtype=np.int64)]
    for number, layer in enumerate(layers):
        if layer.key in _STAY:
            continue
        shapes = layer.frame.geometry.to_numpy()
        rows = np.flatnonzero(
            (shapely.get_type_id(shapes) == _POINT) & shapely.intersects(shapes, window)
        )
        classes = layer.style.classes_in(layer.frame)[rows]
        places.append(shapely.get_coordinates(shapes[rows]))
        sizes.append(np.array([layer.style.symbol(int(n)).size for n in classes], dtype=float))
        owners.append(np.column_stack([np.full(len(rows), number), rows]))
    return np.concatenate(places), np.concatenate(sizes), np.concatenate(owners)


def _clusters(places: Floats, sizes: Floats) -> list[NDArray[np.int64]]:
    """Return the groups of two and more points that hide each other."""
    if not len(places):
        return []
    points = np.asarray(shapely.points(places), dtype=object)
    tree = shapely.STRtree(points)
    a, b = tree.query(points, predicate="dwithin", distance=sizes * _HIDDEN)
    near = coo_array((np.ones(len(a)), (a, b)), shape=(len(places), len(places)))
    _, labels = connected_components(near, directed=False)
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [group for group in groups if len(group) > 1]


def _with(layer: SheetLayer, number: int, owners: NDArray[np.int64], moved: Floats) -> SheetLayer:
    own = owners[:, 0] == number
    if not own.any():
        return layer
    shapes = layer.frame.geometry.to_numpy().copy()
    shapes[owners[own, 1]] = shapely.points(moved[own])
    frame = gpd.GeoDataFrame(layer.frame, geometry=shapes, crs=layer.frame.crs)
    return replace(layer, frame=frame)
