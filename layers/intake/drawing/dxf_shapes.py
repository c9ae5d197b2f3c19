"""From outlines to shapes: rings, areas with holes, and areas that lines enclose."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.intake.drawing.dxf_walk import Piece

    Points = NDArray[np.float64]

GAP_M = 0.1
"""How far apart the ends of a line may lie, in metres, for it to be taken as closed."""

_NESTED = 0
_TRIANGLE = 3
# In how many cells the gap is cut when ends are gathered.
_CELLS = 4
# As a part of the coordinates: how far a computed point may be off the line it is on.
_REACH = 1e-9


@dataclass(frozen=True, slots=True)
class Drawn:
    """A piece of a drawing and its shape.

    Attributes
    ----------
    piece
        What was drawn; of an area that several lines enclose, the first of them.
    shape
        Polygon, MultiPolygon, LineString or Point.
    joined
        Number of lines that were joined to it; 0 if it is one piece of its own.
    """

    piece: Piece
    shape: shapely.Geometry
    joined: int = 0


@dataclass(slots=True)
class Shapes:
    """The shapes of a drawing.

    Attributes
    ----------
    areas, lines
        In the order of the drawing; areas that lines enclose come last.
    gaps
        Of lines that were closed over a gap: how wide it was.
    enclosing
        Positions in `lines` of those that enclose an area.
    collapsed
        Number of pieces without length.
    """

    areas: list[Drawn] = dataclass_field(default_factory=list)
    lines: list[Drawn] = dataclass_field(default_factory=list)
    gaps: list[float] = dataclass_field(default_factory=list)
    enclosing: set[int] = dataclass_field(default_factory=set)
    collapsed: int = 0


def shapes_of(pieces: Iterable[Piece], gap: float) -> Shapes:
    """Turn outlines into shapes.

    Parameters
    ----------
    pieces
        Outlines in one unit.
    gap
        Ends that are not further apart are taken as one, in the same unit.
    """
    found = Shapes()
    for piece in pieces:
        if piece.outline.area:
            _add_hatch(found, piece)
            continue
        for run in piece.outline.runs:
            _add_run(found, piece, run, gap)
    for chosen in _by_layer(found.lines).values():
        _add_enclosed(found, chosen, gap)
    return found


def _add_hatch(found: Shapes, piece: Piece) -> None:
    area = nested([ring for ring in piece.outline.runs if _is_ring(ring)], piece.outline.style)
    if area is None:
        found.collapsed += 1
    else:
        found.areas.append(Drawn(piece, area))


def _add_run(found: Shapes, piece: Piece, run: Points, gap: float) -> None:
    width = float(np.hypot(*(run[-1] - run[0])))
    ring = _is_ring(run)
    if ring and (piece.outline.closed or width == 0):
        found.areas.append(Drawn(piece, shapely.Polygon(run)))
    elif ring and width <= gap:
        found.gaps.append(width)
        found.areas.append(Drawn(piece, shapely.Polygon(run)))
    elif np.ptp(run, axis=0).any():
        found.lines.append(Drawn(piece, shapely.LineString(run)))
    else:
        found.collapsed += 1


def _is_ring(run: Points) -> bool:
    """Whether a chain has three corners; with fewer it bounds nothing."""
    others = run[(run != run[0]).any(axis=1)]
    return len(others) >= _TRIANGLE - 1 and bool((others != others[0]).any())


def nested(rings: Sequence[Points], style: int) -> shapely.Geometry | None:
    """Return the area between rings.

    Parameters
    ----------
    rings
        Each of shape (n, 2), n > 2.
    style
        See :class:`layers.intake.drawing.dxf_outlines.Outline`.

    Returns
    -------
    Polygon, MultiPolygon or None
        A ring within an odd number of others is a hole of the smallest of them.
    """
    polygons = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    if not len(polygons):
        return None
    sizes = shapely.area(polygons)
    inner, outer = _within(polygons, sizes)
    depth = np.bincount(inner, minlength=len(polygons))
    used = depth <= (len(polygons) if style == _NESTED else min(style % 2, 1))
    holes: dict[int, list[Points]] = {}
    for i in np.flatnonzero((depth % 2 == 1) & used).tolist():
        around = outer[(inner == i) & (depth[outer] == depth[i] - 1)]
        if len(around):
            holes.setdefault(int(around[np.argmin(sizes[around])]), []).append(rings[i])
    shells = np.flatnonzero((depth % 2 == 0) & used).tolist()
    areas = [shapely.Polygon(rings[i], holes.get(i, ())) for i in shells]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _within(
    polygons: NDArray[np.object_], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which polygon lies in which: positions of the inner and of the outer one."""
    # Rings may touch; a point well inside tells better than a corner.
    probes = np.array([_probe(polygon) for polygon in polygons], dtype=object)
    inner, outer = shapely.STRtree(polygons).query(probes, predicate="within")
    smaller = sizes[inner] < sizes[outer]
    return inner[smaller], outer[smaller]


def _probe(polygon: shapely.Polygon) -> shapely.Point:
    try:
        return polygon.representative_point()
    except shapely.errors.GEOSException:
        return shapely.Point(polygon.exterior.coords[0])


def _by_layer(lines: Sequence[Drawn]) -> dict[str, list[int]]:
    layers: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        layers.setdefault(line.piece.look.layer, []).append(number)
    return layers


def _add_enclosed(found: Shapes, chosen: Sequence[int], gap: float) -> None:
    """Add the areas that the lines of one layer enclose, if they enclose any."""
    lines = [found.lines[i] for i in chosen]
    snapped = _snapped([line.shape for line in lines], gap)
    usable = np.flatnonzero(~shapely.is_missing(snapped))
    faces = shapely.get_parts(shapely.polygonize(snapped[usable]))
    if not len(faces):
        return
    # The middle of a line lies on the border of the areas that it bounds.
    middles = shapely.line_interpolate_point(snapped[usable], 0.5, normalized=True)
    borders = shapely.boundary(faces)
    reach = _REACH * float(np.abs(shapely.bounds(faces)).max())
    line_of, face_of = shapely.STRtree(borders).query(middles, "dwithin", distance=reach)
    joined: dict[int, list[int]] = {}
    for line, face in zip(usable[line_of].tolist(), face_of.tolist(), strict=True):
        joined.setdefault(face, []).append(line)
    found.areas += [
        Drawn(lines[min(joined[face])].piece, faces[face], len(joined[face]))
        for face in sorted(joined)
    ]
    found.enclosing.update(chosen[i] for around in joined.values() for i in around)


def _snapped(lines: Sequence[shapely.Geometry], gap: float) -> NDArray[np.object_]:
    """Return the lines with ends that nearly meet moved onto each other.

    A line whose own ends would become one is left out.
    """
    chains = [shapely.get_coordinates(line) for line in lines]
    ends = np.vstack([chain[[0, -1]] for chain in chains])
    # Ends in one small cell count as one, so that thousands in one place are no trouble.
    cells = np.floor(ends / (gap / _CELLS)).astype(np.int64)
    _, first, cell = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    pairs = KDTree(ends[first]).query_pairs(gap, output_type="ndarray")
    size = len(first)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    count, group = connected_components(links, directed=False)
    leader = np.full(count, len(ends))
    np.minimum.at(leader, group, first)
    of_end = group[cell.ravel()]
    moved = ends[leader[of_end]].reshape(-1, 2, 2)
    out = np.full(len(lines), None, dtype=object)
    for i, chain in enumerate(chains):
        if of_end[2 * i] != of_end[2 * i + 1]:
            chain[[0, -1]] = moved[i]
            out[i] = shapely.LineString(chain)
    return out
