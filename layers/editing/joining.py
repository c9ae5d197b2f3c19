"""Several touching polygons or lines made one, without slivers between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from layers.editing.checks import require_valid
from layers.editing.plane import Edges
from layers.editing.plane import Plane
from layers.editing.plane import chains
from layers.editing.plane import inserted
from layers.editing.plane import remade
from layers.editing.refusals import bad_merge
from layers.editing.refusals import too_far
from layers.editing.snapping import snapped_to
from layers.findings import shorten
from layers.shapes import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from layers.editing.plane import Floats
    from layers.editing.plane import Moves

TOUCH_M = 0.5
"""Boundaries closer than half a metre count as one: less than a pencil line at 1:2,000."""

# What a computed place in metres may be off by.
_ROUNDING_M = 1e-8


@dataclass(frozen=True, slots=True)
class Joined:
    """One geometry made of several.

    Attributes
    ----------
    geometry
        EPSG:4490.
    moved
        Number of edges moved to close gaps of at most :data:`TOUCH_M`.
    holes
        Number of holes enclosed by the parts, which none of them had before.
    """

    geometry: BaseGeometry
    moved: int
    holes: int


def join(keep_id: str, shapes: Mapping[str, BaseGeometry]) -> Joined:
    """Join polygons, or lines, that touch or overlap.

    Beginning with `keep_id`, whose outline stands, the nearest of the others is
    brought exactly onto it and united with it, and so on.

    Parameters
    ----------
    keep_id
        One of the keys of `shapes`.
    shapes
        Geometries by feature id, EPSG:4490.

    Raises
    ------
    EditError
        If the kinds differ, are points, or a geometry is further than
        :data:`TOUCH_M` from all others; the message gives the distance in metres.
    """
    kind, shown = kind_of(shapes[keep_id]), shorten(keep_id)
    for feature_id, shape in shapes.items():
        if kind_of(shape) == "point":
            raise bad_merge(
                feature_id,
                "它是点；请删除多余的点",
                "it is a point; delete the points you do not need",
            )
        if kind_of(shape) != kind:
            raise bad_merge(
                feature_id,
                f"它是 {kind_of(shape)}，而“{shown}”是 {kind}",
                f"it is a {kind_of(shape)}, but '{shown}' is a {kind}",
            )
    plane = Plane.about(shapes.values())
    rest = {feature_id: plane.metric(shape) for feature_id, shape in shapes.items()}
    before = list(rest.values())
    whole, moved = rest.pop(keep_id), 0
    while rest:
        apart = {feature_id: float(whole.distance(shape)) for feature_id, shape in rest.items()}
        nearest = min(apart, key=lambda feature_id: apart[feature_id])
        if apart[nearest] > TOUCH_M + COORDINATE_TOLERANCE_M:
            raise too_far(nearest, keep_id, apart[nearest], TOUCH_M)
        whole, more = _united(whole, rest.pop(nearest))
        moved += more
    whole, holes = _without_slivers(whole, before)
    made = plane.lonlat(whole)
    require_valid(keep_id, made)
    return Joined(made, moved, holes)


def _united(whole: BaseGeometry, other: BaseGeometry) -> tuple[BaseGeometry, int]:
    """Return both as one, and how many edges of `other` moved."""
    if kind_of(whole) == "line":
        return _linked(whole, other)
    fitted = snapped_to(
        other, [whole], TOUCH_M, take_vertices=True, may_move=_across_gaps([whole, other])
    )
    moved = _moved(other, fitted)
    if not fitted.is_valid:
        # What snapping folded is narrower than the tolerance.
        fitted = shapely.make_valid(fitted, method="structure", keep_collapsed=False)
    # Both now get the same vertices along the shared boundary, so that it vanishes.
    corners = shapely.get_coordinates(fitted)
    noded = remade(whole, lambda ring: inserted(ring, corners, COORDINATE_TOLERANCE_M))
    return shapely.union(noded, fitted), moved


def _moved(before: BaseGeometry, after: BaseGeometry) -> int:
    """Return how many edges of `after` do not lie on the edges of `before`."""
    edges = Edges(chains([after]))
    there, _ = Edges(chains([before])).near((edges.starts + edges.ends) / 2, 0.0)
    return len(edges.starts) - len(there)


def _across_gaps(shapes: Sequence[BaseGeometry]) -> Moves:
    """Return the rule that vertices move across empty space only.

    Where polygons overlap there is no gap to close; a vertex on the far side of a
    narrow polygon, or at the other end of a short edge, is none of the gap.
    """

    def may_move(start: Floats, end: Floats) -> NDArray[np.bool_]:
        middle = shapely.points((start + end) / 2)
        empty = [shapely.distance(shape, middle) > _ROUNDING_M for shape in shapes]
        near = np.hypot(*(end - start).T) <= COORDINATE_TOLERANCE_M
        across: NDArray[np.bool_] = near | np.logical_and.reduce(empty)
        return across

    return may_move


def _linked(whole: BaseGeometry, other: BaseGeometry) -> tuple[BaseGeometry, int]:
    """Return two lines as one; ends that meet are joined to one run of vertices."""
    fitted = snapped_to(other, [whole], TOUCH_M)
    moved = _moved(other, fitted)
    parts = shapely.multilinestrings([*shapely.get_parts(whole), *shapely.get_parts(fitted)])
    if shapely.intersection(whole, fitted).length > 0:
        parts = shapely.union(whole, fitted)
    return shapely.line_merge(parts), moved


def _without_slivers(
    whole: BaseGeometry, before: Sequence[BaseGeometry]
) -> tuple[BaseGeometry, int]:
    """Fill new holes narrower than the tolerance; count the other new ones."""
    if kind_of(whole) != "polygon":
        return whole, 0
    old = np.array([hole for shape in before for hole in _holes(shape)], dtype=object)
    kept, new = [], 0
    for part in shapely.get_parts(whole):
        wanted = []
        for hole in _holes(part):
            is_old = bool(shapely.covers(old, shapely.point_on_surface(hole)).any())
            if not is_old and shapely.buffer(hole, -TOUCH_M / 2).is_empty:
                continue
            new += not is_old
            wanted.append(shapely.get_coordinates(hole.exterior))
        kept.append(shapely.Polygon(chains([part])[0], wanted))
    return (kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)), new


def _holes(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [
        shapely.Polygon(ring)
        for part in shapely.get_parts(shape)
        for ring in shapely.get_rings(part)[1:]
    ]
