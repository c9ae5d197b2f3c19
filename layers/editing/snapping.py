"""Vertices brought exactly onto those of neighbours, and kept where nobody moved them.

A browser snaps on the screen: what it sends back is rounded to its grid. Two
polygons that look joined then leave a gap of a few centimetres. Here the
coordinates are made equal bit by bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.editing.plane import Edges
from layers.editing.plane import Plane
from layers.editing.plane import anywhere
from layers.editing.plane import chains
from layers.editing.plane import inserted
from layers.editing.plane import is_among
from layers.editing.plane import nearest_vertices
from layers.editing.plane import remade
from layers.editing.plane import without

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.editing.plane import Floats
    from layers.editing.plane import Moves

# No degree of latitude is shorter, and no degree of longitude in the country.
_SHORTEST_DEGREE_M = 60_000.0


def snap_exact(
    geometry: BaseGeometry,
    targets: Sequence[BaseGeometry | None] | NDArray[np.object_],
    *,
    tolerance_m: float,
    central_meridian: float,
    take_vertices: bool = False,
) -> tuple[BaseGeometry, int]:
    """Move vertices exactly onto the vertices or edges of other geometries.

    Each vertex of `geometry` within the tolerance of a target vertex gets the
    very coordinates of the nearest one; otherwise, within the tolerance of an
    edge, it moves to the nearest place on it. Distances are measured in the
    metric plane of the district. The targets do not change.

    Parameters
    ----------
    geometry
        What was drawn, EPSG:4490.
    targets
        What to snap to, EPSG:4490; ``None`` and empty ones are passed over.
    tolerance_m
        Reach in metres; 0 moves nothing.
    central_meridian
        Of the metric plane, degrees east.
    take_vertices
        Let the edges of `geometry` pass through target vertices within the
        tolerance too, so that no gap is left where the target has a vertex
        and `geometry` has none.

    Returns
    -------
    tuple of geometry and int
        The snapped geometry and the number of vertices that moved. Other
        vertices are bit-identical. If snapping would break a valid geometry,
        it is returned as it was drawn, and 0.
    """
    near = _within_reach(geometry, targets, tolerance_m)
    if tolerance_m <= 0 or not near:
        return geometry, 0
    plane = Plane(central_meridian)
    drawn = plane.metric(geometry)
    goal = [plane.metric(shape) for shape in near]
    snapped = snapped_to(drawn, goal, tolerance_m, take_vertices=take_vertices)
    before = shapely.get_coordinates(drawn)
    moved = len(without(before, shapely.get_coordinates(snapped)))
    if not moved and shapely.equals_identical(drawn, snapped):
        return geometry, 0
    made = plane.lonlat(snapped)
    if geometry.is_valid and not made.is_valid:
        return geometry, 0
    return made, moved


def snapped_to(
    shape: BaseGeometry,
    targets: Sequence[BaseGeometry],
    tolerance_m: float,
    *,
    take_vertices: bool = False,
    may_move: Moves = anywhere,
) -> BaseGeometry:
    """Return a geometry in metres snapped to others in metres, see :func:`snap_exact`.

    `may_move` is asked which vertices may move from where they are to where the
    targets are.
    """
    vertices = np.concatenate([np.empty((0, 2)), *map(shapely.get_coordinates, targets)])
    edges = Edges(chains(targets))

    def change(chain: Floats) -> Floats:
        pulled = pull(chain, vertices, tolerance_m, edges, may_move)
        if take_vertices and len(chain) > 1:
            pulled = inserted(pulled, vertices, tolerance_m, may_move)
        return _once(pulled, chain)

    return remade(shape, change)


def pull(
    points: Floats,
    vertices: Floats,
    tolerance_m: float,
    edges: Edges | None = None,
    may_move: Moves = anywhere,
) -> Floats:
    """Return points moved onto the nearest of `vertices`, else onto the nearest of `edges`."""
    pulled = points.copy()
    if edges is not None:
        which, edge = edges.near(points, tolerance_m)
        feet, _ = edges.feet(points[which], edge)
        free = may_move(points[which], feet)
        pulled[which[free]] = feet[free]
    which, vertex = nearest_vertices(points, vertices, tolerance_m)
    free = may_move(points[which], vertices[vertex])
    pulled[which[free]] = vertices[vertex[free]]
    return pulled


def keep_untouched(
    original: BaseGeometry, edited: BaseGeometry, tolerance_m: float
) -> BaseGeometry:
    """Give the vertices that nobody moved their exact coordinates back.

    Rings and lines are walked from both ends as long as original and edited
    vertices agree within the tolerance, so that vertices closer together than
    the rounding keep their order; between, the nearest original vertex counts.

    Parameters
    ----------
    original
        The geometry that was handed out for editing, EPSG:4490.
    edited
        What came back, EPSG:4490.
    tolerance_m
        How far rounding may have moved a vertex, metres.

    Returns
    -------
    geometry
        `edited`, its vertices within the tolerance of an original one being
        bit-identical to it.
    """
    if original.is_empty or edited.is_empty or tolerance_m <= 0:
        return edited
    plane = Plane.about([original, edited])
    old, new = plane.metric(original), plane.metric(edited)
    made = plane.lonlat(remade(new, _restorer(old, new, tolerance_m)))
    return edited if edited.is_valid and not made.is_valid else made


def _restorer(
    old: BaseGeometry, new: BaseGeometry, tolerance_m: float
) -> Callable[[Floats], Floats]:
    every, before = shapely.get_coordinates(old), chains([old])
    paired = iter(before)
    alike = old.geom_type == new.geom_type and len(before) == len(chains([new]))

    def change(chain: Floats) -> Floats:
        if not alike or len(chain) == 1:
            return _once(pull(chain, every, tolerance_m), chain)
        return _aligned(next(paired), chain, tolerance_m)

    return change


def _aligned(old: Floats, new: Floats, tolerance_m: float) -> Floats:
    """Return `new` with the vertices of `old` that it still has."""
    most = min(len(old), len(new))
    head = _agreeing(old[:most], new[:most], tolerance_m)
    tail = _agreeing(old[::-1][: most - head], new[::-1][: most - head], tolerance_m)
    middle = new[head : len(new) - tail]
    rest = old[head : len(old) - tail]
    restored = _once(pull(middle, rest, tolerance_m), middle)
    return np.concatenate([old[:head], restored, old[len(old) - tail :]])


def _agreeing(old: Floats, new: Floats, tolerance_m: float) -> int:
    """Return how many vertices agree from the beginning on."""
    apart = np.hypot(*(old - new).T) > tolerance_m
    return int(apart.argmax()) if apart.any() else len(apart)


def _once(chain: Floats, drawn: Floats) -> Floats:
    """Drop vertices that fell onto the one before them; repetitions that were drawn stay."""
    meant = drawn[1:][(drawn[1:] == drawn[:-1]).all(axis=1)]
    again = (chain[1:] == chain[:-1]).all(axis=1) & ~is_among(chain[1:], meant)
    stays = np.concatenate([np.ones(min(len(chain), 1), dtype=bool), ~again])
    once: Floats = chain[stays]
    return once


def _within_reach(
    geometry: BaseGeometry,
    targets: Sequence[BaseGeometry | None] | NDArray[np.object_],
    tolerance_m: float,
) -> list[BaseGeometry]:
    """Return the targets whose boxes come within the tolerance of the geometry's box."""
    shapes = np.asarray(targets, dtype=object)
    shapes = shapes[~shapely.is_missing(shapes)]
    if not len(shapes) or geometry.is_empty:
        return []
    margin = tolerance_m / _SHORTEST_DEGREE_M
    west, south, east, north = geometry.bounds
    left, bottom, right, top = shapely.bounds(shapes).T
    # An empty geometry has no bounds and compares false.
    close = (left <= east + margin) & (right >= west - margin)
    close &= (bottom <= north + margin) & (top >= south - margin)
    return [shapely.force_2d(shape) for shape in shapes[close]]


def snap_moved(
    original: BaseGeometry | None,
    edited: BaseGeometry,
    targets: Sequence[BaseGeometry | None] | NDArray[np.object_],
    *,
    tolerance_m: float,
    central_meridian: float,
) -> BaseGeometry:
    """Return a drawn or edited geometry with the vertices that were moved snapped exactly.

    A vertex that stands in `original` bit by bit was not touched and stays so,
    however near a target it lies. A new geometry (`original` is None) also takes
    the targets' vertices along its edges. See :func:`snap_exact` for the parameters.
    """
    snapped, moved = snap_exact(
        edited,
        targets,
        tolerance_m=tolerance_m,
        central_meridian=central_meridian,
        take_vertices=original is None,
    )
    if original is None or not moved:
        return snapped
    before, after = shapely.get_coordinates(edited), shapely.get_coordinates(snapped)
    if before.shape != after.shape:
        return edited  # vertices were joined: which ones were touched is not known any more
    known = set(map(tuple, shapely.get_coordinates(original)))
    untouched = np.array([tuple(place) in known for place in before], dtype=bool)
    after[untouched] = before[untouched]
    result = shapely.set_coordinates(shapely.transform(snapped, np.copy), after)
    return result if result.is_valid or not edited.is_valid else edited
