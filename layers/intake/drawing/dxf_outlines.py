"""From one entity of a drawing to points: a table of entity types.

All in the coordinates in which the entity is written (those of its block, if it is
in one), curves as chords.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.intake.drawing import dxf_curves as curves

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    # An entity of ezdxf, or an edge of a hatch: their classes share nothing to name.
    Entity = Any

_FRAME_VERTEX = 16
# Edges of a hatch that are further apart, in sagittas, do not belong to one ring.
_EDGE_GAP = 10


@dataclass(frozen=True, slots=True)
class Outline:
    """What an entity draws.

    Attributes
    ----------
    runs
        Chains of points, each of shape (n, 3).
    closed
        Whether the entity itself says that its chains are closed.
    area
        Whether the chains together bound one area with holes in it.
    style
        How the chains of an area nest: 0 every second one is a hole, 1 only the
        outermost two count, 2 holes are ignored.
    curved
        Whether curves were flattened.
    """

    runs: tuple[Points, ...]
    closed: bool = False
    area: bool = False
    style: int = 0
    curved: bool = False


def _xyz(points: Iterable[Any]) -> Points:
    return np.array([tuple(point)[:3] for point in points], dtype=float).reshape(-1, 3)


def _in_world(entity: Entity, points: Points) -> Points:
    """Bring points from the plane of a flat entity to the axes of the drawing."""
    ocs = entity.ocs()
    if not ocs.transform:
        return points
    # Vectors of ezdxf are used for the axes only; a product is much faster than a loop.
    axes = np.array([tuple(axis) for axis in (ocs.ux, ocs.uy, ocs.uz)], dtype=float)
    world: Points = points @ axes
    return world


def _flat(pairs: Points, height: float) -> Points:
    return np.column_stack([pairs, np.full(len(pairs), height)])


def _line(entity: Entity, _: float) -> Outline:
    return Outline((_xyz([entity.dxf.start, entity.dxf.end]),))


def _arc(entity: Entity, sagitta: float) -> Outline:
    dxf = entity.dxf
    start, end = math.radians(dxf.start_angle), math.radians(dxf.end_angle)
    points = curves.arc(tuple(dxf.center), dxf.radius, start, end, sagitta)
    return Outline((_in_world(entity, points),), curved=True)


def _circle(entity: Entity, sagitta: float) -> Outline:
    points = curves.arc(tuple(entity.dxf.center), entity.dxf.radius, 0, 2 * math.pi, sagitta)
    return Outline((_in_world(entity, points),), closed=True, curved=True)


def _ellipse(entity: Entity, sagitta: float) -> Outline:
    points = curves.ellipse(entity.construction_tool(), sagitta)
    full = curves.turn(entity.dxf.start_param, entity.dxf.end_param) >= 2 * math.pi
    return Outline((points,), closed=full, curved=True)


def _spline(entity: Entity, sagitta: float) -> Outline:
    points = curves.spline(entity.construction_tool(), sagitta)
    return Outline((points,), closed=bool(entity.closed), curved=True)


def _light_polyline(entity: Entity, sagitta: float) -> Outline:
    table = np.array(entity.get_points("xyb"), dtype=float).reshape(-1, 3)
    closed = bool(entity.closed)
    pairs = curves.bulged(table[:, :2], table[:, 2], closed=closed, sagitta=sagitta)
    points = _in_world(entity, _flat(pairs, entity.dxf.elevation))
    return Outline((points,), closed=closed, curved=bool(table[:, 2].any()))


def _polyline(entity: Entity, sagitta: float) -> Outline | None:
    if not (entity.is_2d_polyline or entity.is_3d_polyline):
        return None
    # The frame of a smoothed polyline is not part of the line.
    vertices = [v for v in entity.vertices if not v.dxf.flags & _FRAME_VERTEX]
    points = _xyz(v.dxf.location for v in vertices)
    closed = bool(entity.is_closed)
    if entity.is_3d_polyline:
        return Outline((points,), closed=closed)
    bulges = np.array([v.dxf.bulge for v in vertices], dtype=float)
    pairs = curves.bulged(points[:, :2], bulges, closed=closed, sagitta=sagitta)
    height = float(entity.dxf.elevation.z) or (float(points[0, 2]) if len(points) else 0.0)
    flat = _in_world(entity, _flat(pairs, height))
    return Outline((flat,), closed=closed, curved=bool(bulges.any()))


def _filled(entity: Entity, _: float) -> Outline:
    """Return a SOLID, TRACE or 3DFACE, whose last two corners change places in the file."""
    return Outline((_xyz(entity.wcs_vertices()),), closed=True)


def _hatch(entity: Entity, sagitta: float) -> Outline:
    height = float(entity.dxf.elevation.z)
    rings: list[Points] = []
    curved = False
    for path in entity.paths:
        if hasattr(path, "vertices"):
            table = np.array([tuple(v)[:3] for v in path.vertices], dtype=float).reshape(-1, 3)
            rings.append(curves.bulged(table[:, :2], table[:, 2], closed=True, sagitta=sagitta))
            curved = curved or bool(table[:, 2].any())
        else:
            pieces = [_edge(edge, sagitta)[:, :2] for edge in path.edges]
            rings += _chained(pieces, sagitta)
            curved = curved or any(edge.EDGE_TYPE != "LineEdge" for edge in path.edges)
    runs = tuple(_in_world(entity, _flat(ring, height)) for ring in rings)
    style = int(entity.dxf.get("hatch_style", 0))
    return Outline(runs, closed=True, area=True, style=style, curved=curved)


def _line_edge(edge: Entity, _: float) -> Points:
    return _xyz([(*edge.start, 0.0), (*edge.end, 0.0)])


def _arc_edge(edge: Entity, sagitta: float) -> Points:
    start, end = math.radians(edge.start_angle), math.radians(edge.end_angle)
    return curves.arc((*edge.center, 0.0), edge.radius, start, end, sagitta)


def _ellipse_edge(edge: Entity, sagitta: float) -> Points:
    return curves.ellipse(edge.construction_tool(), sagitta)


def _spline_edge(edge: Entity, sagitta: float) -> Points:
    return curves.spline(edge.construction_tool(), sagitta)


_EDGES: Mapping[str, Callable[[Entity, float], Points]] = {
    "LineEdge": _line_edge,
    "ArcEdge": _arc_edge,
    "EllipseEdge": _ellipse_edge,
    "SplineEdge": _spline_edge,
}


def _edge(edge: Entity, sagitta: float) -> Points:
    return _EDGES[edge.EDGE_TYPE](edge, sagitta)


def _chained(pieces: list[Points], sagitta: float) -> list[Points]:
    """Join edges to rings: each is turned so that it goes on from the one before.

    An edge that starts elsewhere begins a new ring; a path may hold several.
    """
    rings: list[list[Points]] = []
    for piece in (p for p in pieces if len(p)):
        ring = rings[-1] if rings else []
        if len(ring) == 1 and _gap(ring[0], piece) > _gap(ring[0][::-1], piece):
            ring[0] = ring[0][::-1]
        if ring and _gap(ring[-1], piece) <= _EDGE_GAP * sagitta:
            forward = _apart(ring[-1][-1], piece[0]) <= _apart(ring[-1][-1], piece[-1])
            ring.append(piece if forward else piece[::-1])
        else:
            rings.append([piece])
    return [np.vstack(ring) for ring in rings]


def _gap(before: Points, piece: Points) -> float:
    return min(_apart(before[-1], piece[0]), _apart(before[-1], piece[-1]))


def _apart(one: Points, other: Points) -> float:
    return float(np.hypot(*(one - other)))


OUTLINES: Mapping[str, Callable[[Entity, float], Outline | None]] = {
    "LINE": _line,
    "ARC": _arc,
    "CIRCLE": _circle,
    "ELLIPSE": _ellipse,
    "SPLINE": _spline,
    "LWPOLYLINE": _light_polyline,
    "POLYLINE": _polyline,
    "SOLID": _filled,
    "TRACE": _filled,
    "3DFACE": _filled,
    "HATCH": _hatch,
    "MPOLYGON": _hatch,
}
"""How each type of entity is drawn; ``None`` as a result: it is a mesh."""


def text_lines(entity: Entity) -> Iterator[str]:
    """Yield the lines of a TEXT, MTEXT or ATTRIB without its formatting."""
    kind = entity.dxftype()
    if kind == "MTEXT":
        text = entity.plain_text(fast=True)
    elif getattr(entity, "has_embedded_mtext_entity", False):
        text = entity.plain_mtext(fast=True)
    else:
        text = entity.plain_text()
    yield from text.splitlines()


def text_place(entity: Entity) -> Points:
    """Return where a text is put, shape (1, 3)."""
    if entity.dxftype() == "MTEXT":
        return _xyz([entity.dxf.insert])
    dxf = entity.dxf
    # The first point is only used by texts that are set flush left on their line.
    aligned = (dxf.get("halign", 0) or dxf.get("valign", 0)) and dxf.hasattr("align_point")
    at = dxf.align_point if aligned else dxf.insert
    return _in_world(entity, _xyz([at]))
