"""One polygon or line cut in two by a line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.editing.checks import checked_shape
from layers.editing.checks import require_valid
from layers.editing.checks import size_of
from layers.editing.plane import Edges
from layers.editing.plane import Plane
from layers.editing.plane import chains
from layers.editing.plane import inserted
from layers.editing.plane import is_among
from layers.editing.plane import remade
from layers.editing.plane import vertex_keys
from layers.editing.plane import without
from layers.editing.refusals import bad_cut
from layers.editing.snapping import pull
from layers.shapes import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from layers.editing.plane import Floats

ON_M = 1e-3
"""A vertex within a millimetre of a boundary lies on it."""

_LEFT, _RIGHT = 1, -1


@dataclass(frozen=True, slots=True)
class Cut:
    """The two parts of a geometry.

    Attributes
    ----------
    larger, smaller
        EPSG:4490; the larger by ellipsoidal area or length.
    aside
        Number of parts of a multi-part geometry that the line did not meet;
        they stay with the larger part.
    """

    larger: BaseGeometry
    smaller: BaseGeometry
    aside: int


def cut(feature_id: str, shape: BaseGeometry, line: BaseGeometry, layer: str) -> Cut:
    """Cut a polygon or a line by a line.

    Vertices that were there keep their exact coordinates. New ones lie on the
    geodesic of the edge they divide, so that the parts add up to the whole on
    the ellipsoid. An end of the line within a millimetre of the boundary reaches
    it; one that lies on it is used as it is, so that it can be a neighbour's vertex.

    Parameters
    ----------
    feature_id
        Whom an error is about.
    shape
        Polygon or line, multi-parts included, EPSG:4490.
    line
        EPSG:4490; one line that does not cross itself.
    layer
        Key of the layer.

    Raises
    ------
    EditError
        If the line does not cut the geometry into two sides.
    """
    if not isinstance(line, shapely.LineString) or not line.is_simple:
        raise bad_cut(
            feature_id,
            "分割线须为一条不自相交的线；请重新绘制",
            "the line must be a single one that does not cross itself; draw it again",
        )
    drawn = checked_shape(feature_id, line, ("line",), layer)
    plane = Plane.about([shape, drawn])
    whole, knife = plane.metric(shape), plane.metric(drawn)
    if kind_of(shape) == "polygon":
        sides = _polygon_sides(feature_id, whole, knife, plane)
    elif kind_of(shape) == "line":
        sides = _line_sides(feature_id, whole, knife, plane)
    else:
        raise bad_cut(feature_id, "点不能分割", "a point has no parts")
    return _sorted(feature_id, sides, plane)


class _Sides:
    """Parts in metres, left and right of the line and not met by it."""

    def __init__(self) -> None:
        self.of: dict[int, list[BaseGeometry]] = defaultdict(list)

    def add(self, side: int, part: BaseGeometry) -> None:
        self.of[side].append(part)


def _sorted(feature_id: str, sides: _Sides, plane: Plane) -> Cut:
    if not sides.of[_LEFT] or not sides.of[_RIGHT]:
        raise bad_cut(
            feature_id,
            "分割线没有完全穿过它；请把线的两端画到边界之外或边界上",
            "the line does not cross it from side to side; draw both ends to the boundary"
            " or beyond",
        )
    both = [(plane.lonlat(_one(sides.of[side])), side) for side in (_LEFT, _RIGHT)]
    (larger, side), (smaller, _) = sorted(both, key=lambda part: -size_of(part[0]))
    aside = sides.of[0]
    if aside:
        larger = plane.lonlat(_one([*sides.of[side], *aside]))
    for part in (larger, smaller):
        require_valid(feature_id, part)
    return Cut(larger, smaller, len(aside))


def _one(parts: list[Any]) -> BaseGeometry:
    if len(parts) == 1:
        only: BaseGeometry = parts[0]
        return only
    if kind_of(parts[0]) == "polygon":
        return shapely.MultiPolygon(parts)
    return shapely.MultiLineString(parts)


def _laid_on(knife: BaseGeometry, shape: BaseGeometry) -> BaseGeometry:
    """Return `knife`, its vertices within a millimetre of `shape` being on it.

    One that lies on an edge already is not moved, not even by its last bit.
    """
    drawn = shapely.get_coordinates(knife)
    edges, corners = Edges(chains([shape])), shapely.get_coordinates(shape)
    laid = pull(drawn, np.empty((0, 2)), ON_M, edges)
    there, _ = edges.near(drawn, 0.0)
    laid[there] = drawn[there]
    return shapely.LineString(pull(laid, corners, ON_M))


def _crossings(line: BaseGeometry, knife: BaseGeometry) -> Floats:
    """Return where `knife` meets `line`, millimetres apart from each other and from vertices."""
    corners = shapely.get_coordinates(line)
    blade = shapely.get_coordinates(knife)
    on_line, _ = Edges(chains([line])).near(blade, ON_M)
    met = shapely.get_coordinates(shapely.intersection(line, knife))
    met = np.concatenate([blade[on_line], met])
    met = pull(met, np.concatenate([corners, blade[on_line]]), ON_M)
    return without(met, np.empty((0, 2)))


def _place(fresh: Floats, line: BaseGeometry, plane: Plane) -> None:
    """Say where on the ellipsoid new vertices on the edges of `line` lie."""
    edges = Edges(chains([line]))
    which, edge = edges.near(fresh, ON_M)
    plane.place_on_edges(fresh[which], edges.starts[edge], edges.ends[edge])


def _polygon_sides(
    feature_id: str, shape: BaseGeometry, knife: BaseGeometry, plane: Plane
) -> _Sides:
    drawn, knife = shapely.get_coordinates(knife), _laid_on(knife, shape)
    sides = _Sides()
    for part in shapely.get_parts(shape):
        boundary = shapely.boundary(part)
        met = _crossings(boundary, knife)
        _place(without(met, drawn), boundary, plane)
        noded = remade(part, lambda ring, met=met: inserted(ring, met, ON_M))  # type: ignore[misc]
        blade = inserted(shapely.get_coordinates(knife), met, ON_M)
        pieces = _pieces(noded, blade)
        if len(pieces) < 2:  # noqa: PLR2004 - two sides
            sides.add(0, part)
            continue
        for piece, side in zip(pieces, _sides(pieces, blade), strict=True):
            if side == 0:
                raise bad_cut(
                    feature_id,
                    "分割线多次绕行，分不出左右两侧；请分几次画简单的线",
                    "the line winds so that its two sides cannot be told apart; cut with simple"
                    " lines, one at a time",
                )
            sides.add(side, piece)
    return sides


def _pieces(part: BaseGeometry, blade: Floats) -> list[shapely.Polygon]:
    """Return the pieces of a polygon, which has a vertex wherever the blade meets it."""
    noded = shapely.union(shapely.boundary(part), shapely.LineString(blade))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.covers(part, shapely.point_on_surface(faces))
    return list(shapely.orient_polygons(faces[inside]))


def _sides(pieces: list[shapely.Polygon], blade: Floats) -> list[int]:
    """Return on which side of the blade each piece lies, 0 if on both or none.

    The interior of an oriented polygon lies to the left of its edges: a piece
    that has an edge of the blade in its direction lies to the left of the blade.
    """
    forward = set(_directed(blade))
    backward = {(end, start) for start, end in forward}
    edges = [{e for ring in chains([piece]) for e in _directed(ring)} for piece in pieces]
    # Where the blade runs along the boundary, only one piece has the edge.
    owners: dict[tuple[complex, complex], int] = defaultdict(int)
    for start, end in (edge for own in edges for edge in own):
        owners[min((start, end), (end, start), key=_order)] += 1
    found = []
    for own in edges:
        shared = {e for e in own if owners[min(e, e[::-1], key=_order)] > 1}
        left, right = bool(shared & forward), bool(shared & backward)
        found.append(left * _LEFT + right * _RIGHT)
    return found


def _directed(chain: Floats) -> Iterable[tuple[complex, complex]]:
    keys = vertex_keys(chain).tolist()
    return pairwise(keys)


def _order(edge: tuple[complex, complex]) -> tuple[float, float]:
    return edge[0].real, edge[0].imag


def _line_sides(feature_id: str, shape: BaseGeometry, knife: BaseGeometry, plane: Plane) -> _Sides:
    sides = _Sides()
    for part in shapely.get_parts(shape):
        pieces = _line_pieces(feature_id, part, knife, plane)
        if len(pieces) == 1:
            sides.add(0, part)
            continue
        if sides.of[_LEFT]:
            raise _many_places(feature_id)
        sides.add(_LEFT, pieces[0])
        sides.add(_RIGHT, pieces[1])
    return sides


def _many_places(feature_id: str) -> Exception:
    return bad_cut(
        feature_id,
        "分割线与它相交不止一处；请一次只在一处分割",
        "the line crosses it in more than one place; cut in one place at a time",
    )


def _line_pieces(
    feature_id: str, part: shapely.LineString, knife: BaseGeometry, plane: Plane
) -> list[BaseGeometry]:
    """Return the two pieces of a line, or the line if it is not cut."""
    drawn = shapely.get_coordinates(knife)
    met = _crossings(part, _laid_on(knife, part))
    chain = shapely.get_coordinates(part)
    is_ring = bool((chain[0] == chain[-1]).all())
    if not is_ring:
        met = without(met, chain[[0, -1]])
    if len(met) > (2 if is_ring else 1):
        raise _many_places(feature_id)
    if len(met) < (2 if is_ring else 1):
        return [part]
    _place(without(met, drawn), part, plane)
    noded = inserted(chain, met, ON_M)
    at = np.flatnonzero(is_among(noded, met))
    if is_ring:
        noded = np.concatenate([noded[at[0] : -1], noded[: at[0] + 1]])
        at = np.flatnonzero(is_among(noded[1:-1], met)) + 1
    if len(at) != 1:
        raise _many_places(feature_id)
    middle = int(at[0])
    return [shapely.LineString(noded[: middle + 1]), shapely.LineString(noded[middle:])]
