"""Walking distances along the streets, between the sites of the parks.

The lines of the walking network become a graph: every vertex of a line is a node, and
the end of a line on another line is a junction. Two lines that merely cross, without a
vertex in common, do not meet: one may be a bridge over the other. A site joins the
network at the nearest point of its shape, and the leg to that point is walked too.
Shortest paths are those of E. W. Dijkstra, Numerische Mathematik 1, 1959.

The result does not depend on the order or the direction of the lines, and that of a pair
not on the other sites. Every site cuts the segments that it joins, and cut lengths added
up in floating point are not to the last bit the length of the whole. So all lengths are
brought to a grid on which sums are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_metric
from geo.dispersion import group_sum
from geo.distance import Edges
from geo.distance import components
from geo.sites import located

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

_LENGTHS_AT_ONCE = 4_000_000
_LINE = 1
_GRID_M = 2.0**-32
"""Lengths on the network are multiples of this, metres, finer than a coordinate is kept (a
northing of 3,400 km to 2⁻³¹ m). Sums are exact for ways up to 2²¹ m."""

_PASSING = 2
"""Edges at a node that only passes on from one to the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Walkways:
    """The walking network as it was drawn.

    Attributes
    ----------
    lines
        Lines in a metric CRS; missing and empty ones, and other shapes, are nothing.
    snap_m
        A site farther than this from every line is not on the network, metres.
    junction_m
        Vertices at most this far apart are one place, and so are the end of a line and
        another line: drawings do not close better than this, metres.

    Raises
    ------
    ValueError
        If the CRS is not metric, or a length is negative or not finite.
    """

    lines: gpd.GeoSeries
    snap_m: float = 50.0
    junction_m: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        require_metric(self.lines.crs)
        for name in ("snap_m", "junction_m"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                msg = f"`{name}` must be a length of at least 0 m, not {value!r}."
                raise ValueError(msg)


class OnFoot(NamedTuple):
    """What :func:`on_foot` found.

    Attributes
    ----------
    length_m
        Walking metres of each pair; NaN where a site is not on the network or no way
        connects the two.
    snapped_m
        Distance of each site to the nearest line; NaN if that is more than `snap_m`.
    """

    length_m: NDArray[np.float64]
    snapped_m: NDArray[np.float64]


def on_foot(pairs: Edges, shapes: NDArray[Any], walkways: Walkways) -> OnFoot:
    """Walk each pair of sites along the network, by the shortest way.

    A site joins the network where its shape is nearest to it, by one point on every
    segment that is as near as the nearest (a campus that several streets touch can be
    left by each of them), but nobody walks *through* a site.

    Parameters
    ----------
    pairs
        Pairs of sites; their straight lengths are not used.
    shapes
        One shape a site (the union of its buildings, or a point) in the CRS of the
        network, shape (sites,); missing and empty ones are not on the network.
    walkways
        The network.

    Returns
    -------
    OnFoot
        Lengths in the order of `pairs`, distances in the order of `shapes`.
    """
    places = on_network(shapes, walkways)
    return OnFoot(places.walked(pairs), places.snapped_m)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places joined to a walking network, ready to be walked between.

    Attributes
    ----------
    snapped_m
        Distance of each place to the nearest line; NaN if that is more than `snap_m`.
    graph
        Nodes of the network, then each place as one that ways only leave and then as one
        that they only reach: no way leads through a place. Metres.
    nodes
        Count of the nodes of the network.
    touched
        Which connected parts of the network each place is joined to, shape (places, parts).
    """

    snapped_m: NDArray[np.float64]
    graph: csr_array
    nodes: int
    touched: csr_array

    def walked(self, pairs: Edges, most_m: float = math.inf) -> NDArray[np.float64]:
        """Return the shortest way of each pair of places, metres.

        Parameters
        ----------
        pairs
            Pairs of places; their straight lengths are not used.
        most_m
            Longest way that is looked for: with it, many pairs are found much faster.

        Returns
        -------
        numpy.ndarray
            NaN where a place is not on the network or no way connects the two, infinite
            where the way is longer than `most_m`.
        """
        walked_m = np.full(pairs.start.size, np.nan)
        rows = np.flatnonzero(~np.isnan(self.snapped_m[pairs.start] + self.snapped_m[pairs.end]))
        if not rows.size:
            return walked_m
        joined = pairs.take(rows)
        found_m = self._shortest(joined, most_m)
        if math.isfinite(most_m):
            # What was not looked for is connected if the two share a part of the network.
            open_end = np.flatnonzero(np.isinf(found_m))
            far = joined.take(open_end)
            shared = self.touched[far.start].multiply(self.touched[far.end]).sum(axis=1)
            found_m[open_end[np.asarray(shared) == 0]] = np.nan
        else:
            found_m[np.isinf(found_m)] = np.nan
        walked_m[rows] = found_m
        return walked_m

    def _shortest(self, pairs: Edges, most_m: float) -> NDArray[np.float64]:
        """Return the ways of pairs on the network; infinite where none was found."""
        size = self.graph.shape[0]
        leave, reach = self.nodes, self.nodes + self.snapped_m.size
        walked_m = np.empty(pairs.start.size)
        sources, source = np.unique(pairs.start, return_inverse=True)
        order = np.argsort(source, kind="stable")
        at_once = max(1, _LENGTHS_AT_ONCE // size)
        for first in range(0, sources.size, at_once):
            chosen = sources[first : first + at_once]
            found = dijkstra(self.graph, indices=leave + chosen, limit=most_m)
            borders = np.searchsorted(source[order], [first, first + at_once])
            rows = order[borders[0] : borders[1]]
            walked_m[rows] = found[source[rows] - first, reach + pairs.end[rows]]
        return walked_m


def on_network(shapes: NDArray[Any], walkways: Walkways) -> Places:
    """Join places to the network.

    Parameters
    ----------
    shapes
        One shape a place in the CRS of the network, shape (places,); missing and empty ones
        are not on the network.
    walkways
        The network.

    Returns
    -------
    Places
        In the order of `shapes`.
    """
    streets = _streets(walkways.lines)
    doors = _doors(shapes, streets, walkways.snap_m)
    snapped_m = np.full(len(shapes), np.nan)
    snapped_m[doors.joined] = doors.leg_m
    if not doors.joined.size:
        nowhere = 2 * len(shapes)
        graph, touched = csr_array((nowhere, nowhere)), csr_array((len(shapes), 0))
        return Places(snapped_m, graph, 0, touched)
    ways, stops = _ways(streets, doors, walkways.junction_m)
    members = np.unique(np.concatenate([ways.start, ways.end, stops]))
    start, end, door = (np.searchsorted(members, one) for one in (ways.start, ways.end, stops))
    graph = _place_graph(Edges(start, end, ways.length_m), doors, door, members.size, len(shapes))
    part = components(Edges(start, end, ways.length_m), members.size)[door]
    ones = np.ones(part.size)
    shape = (len(shapes), int(part.max()) + 1)
    touched = coo_array((ones, (doors.joined, part)), shape=shape).tocsr()
    return Places(snapped_m, graph, members.size, touched)


@dataclass(frozen=True, slots=True, eq=False)
class _Streets:
    """The segments of all lines, each once, in an order of their own.

    Attributes
    ----------
    nodes
        Places of the vertices, each once, metres, shape (nodes, 2).
    start, end
        Nodes of each segment, `start` < `end`.
    tips
        Nodes at which a line begins or ends.
    segments
        The segments as shapes, from `start` to `end`.
    """

    nodes: NDArray[np.float64]
    start: NDArray[np.intp]
    end: NDArray[np.intp]
    tips: NDArray[np.intp]
    segments: NDArray[Any]


class _Stops(NamedTuple):
    """Places along segments at which something is joined to the network.

    `at_m` is the distance from the start of the segment; `joined` is a node or a site,
    and `leg_m` its distance from the segment.
    """

    segment: NDArray[np.intp]
    at_m: NDArray[np.float64]
    joined: NDArray[np.intp]
    leg_m: NDArray[np.float64]


def _streets(lines: gpd.GeoSeries) -> _Streets:
    """Take the lines apart into segments."""
    parts = shapely.get_parts(shapely.get_parts(lines.to_numpy()[located(lines)]))
    parts = parts[shapely.get_dimensions(parts) == _LINE]
    xy, line = shapely.get_coordinates(parts, return_index=True)
    nodes, node = np.unique(xy, axis=0, return_inverse=True)
    node = node.reshape(-1)
    follows = line[1:] == line[:-1]
    ends = np.sort(np.stack([node[:-1], node[1:]], axis=1)[follows], axis=1)
    # A vertex drawn twice makes a segment without length; it is one node anyway.
    start, end = np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0).T
    is_tip = np.ones((2, line.size), dtype=np.bool_)
    is_tip[0, 1:] = is_tip[1, :-1] = ~follows
    tips = np.unique(node[is_tip.any(axis=0)])
    segments = np.asarray(shapely.linestrings(np.stack([nodes[start], nodes[end]], axis=1)))
    return _Streets(nodes, start, end, tips, segments)


def _doors(shapes: NDArray[Any], streets: _Streets, snap_m: float) -> _Stops:
    """Join every site to the segments that are nearest to it, within `snap_m`.

    A site that is a line stands for the outline of something.
    """
    tree = shapely.STRtree(streets.segments)
    (site, segment), leg_m = tree.query_nearest(
        shapes, max_distance=snap_m + COORDINATE_TOLERANCE_M, return_distance=True
    )
    leg = shapely.shortest_line(streets.segments[segment], shapes[site])
    place = shapely.get_point(leg, 0)
    met = np.flatnonzero((leg_m == 0) & (shapely.get_dimensions(shapes[site]) == _LINE))
    if met.size:
        # A street meets an outline in more than one point, and each of them is a door.
        both = shapely.intersection(streets.segments[segment[met]], shapes[site[met]])
        xy, row = shapely.get_coordinates(both, return_index=True)
        place = np.concatenate([place, shapely.points(xy)])
        segment, site = (np.concatenate([one, one[met[row]]]) for one in (segment, site))
        leg_m = np.concatenate([leg_m, np.zeros(row.size)])
    return _stops(streets, segment, place, site, leg_m)


def _corners(streets: _Streets, junction_m: float) -> _Stops:
    """Join the ends of lines to the other segments that they (nearly) lie on."""
    tips = np.asarray(shapely.points(streets.nodes[streets.tips]))
    tree = shapely.STRtree(streets.segments)
    reach = junction_m + COORDINATE_TOLERANCE_M
    which, segment = tree.query(tips, predicate="dwithin", distance=reach)
    node = streets.tips[which]
    other = (streets.start[segment] != node) & (streets.end[segment] != node)
    which, segment, node = which[other], segment[other], node[other]
    leg_m = shapely.distance(streets.segments[segment], tips[which])
    return _stops(streets, segment, tips[which], node, leg_m)


def _stops(
    streets: _Streets,
    segment: NDArray[np.intp],
    place: ArrayLike,
    joined: NDArray[np.intp],
    leg_m: ArrayLike,
) -> _Stops:
    """Return the stops nearest to a place on (or near) each of some segments."""
    at_m = shapely.line_locate_point(streets.segments[segment], np.asarray(place, dtype=object))
    return _Stops(segment, _on_grid(at_m), joined, _on_grid(leg_m))


def _on_grid(length_m: ArrayLike) -> NDArray[np.float64]:
    """Return lengths as multiples of :data:`_GRID_M`."""
    return np.round(np.asarray(length_m, dtype=np.float64) / _GRID_M) * _GRID_M


def _ways(streets: _Streets, doors: _Stops, junction_m: float) -> tuple[Edges, NDArray[np.intp]]:
    """Return the graph of the network, and the node of every door."""
    corners = _corners(streets, junction_m)
    corner = len(streets.nodes) + np.arange(corners.joined.size)
    door = len(streets.nodes) + corner.size + np.arange(doors.joined.size)
    whole_m = _on_grid(shapely.length(streets.segments))
    segment = np.arange(whole_m.size)
    on = np.concatenate([segment, segment, corners.segment, doors.segment])
    at_m = np.concatenate([np.zeros(whole_m.size), whole_m, corners.at_m, doors.at_m])
    node = np.concatenate([streets.start, streets.end, corner, door])
    along = np.lexsort((at_m, on))
    first, second = along[:-1], along[1:]
    same = on[first] == on[second]
    first, second = first[same], second[same]
    near = KDTree(streets.nodes).query_pairs(junction_m, output_type="ndarray")
    gap_m = _on_grid(np.hypot(*(streets.nodes[near[:, 1]] - streets.nodes[near[:, 0]]).T))
    ways = Edges(
        np.concatenate([node[first], near[:, 0], corner]),
        np.concatenate([node[second], near[:, 1], corners.joined]),
        np.concatenate([at_m[second] - at_m[first], gap_m, corners.leg_m]),
    )
    is_door = np.zeros(len(streets.nodes) + corner.size + door.size, dtype=np.bool_)
    is_door[door] = True
    return _without_bends(_shortest_of_parallel(ways), is_door), door


def _without_bends(ways: Edges, kept: NDArray[np.bool_]) -> Edges:
    """Replace every chain of nodes that only pass on, save those `kept`, by one edge.

    A drawn street is mostly bends; without them the paths are found several times as fast.
    """
    both_ends = np.concatenate([ways.start, ways.end])
    bend = (np.bincount(both_ends, minlength=kept.size) == _PASSING) & ~kept
    from_bend, to_bend = bend[ways.start], bend[ways.end]
    chain = components(ways.take(from_bend & to_bend), kept.size)
    bent = from_bend | to_bend
    owner = chain[np.where(from_bend, ways.start, ways.end)]
    length_m = group_sum(ways.length_m[bent], owner[bent], kept.size)
    # Every chain leaves its bends twice, unless it is a ring that leads nowhere.
    leaving = np.flatnonzero(from_bend ^ to_bend)
    leaving = leaving[np.argsort(owner[leaving], kind="stable")]
    outer = np.where(from_bend, ways.end, ways.start)[leaving].reshape(-1, 2)
    straight = ways.take(~bent)
    return _shortest_of_parallel(
        Edges(
            np.concatenate([straight.start, outer[:, 0]]),
            np.concatenate([straight.end, outer[:, 1]]),
            np.concatenate([straight.length_m, length_m[owner[leaving[::2]]]]),
        )
    )


def _shortest_of_parallel(ways: Edges) -> Edges:
    """Return one edge a pair of nodes, `start` < `end`: sparse matrices add up equals."""
    start, end = np.minimum(ways.start, ways.end), np.maximum(ways.start, ways.end)
    order = np.lexsort((ways.length_m, end, start))
    start, end = start[order], end[order]
    first = np.ones(start.size, dtype=np.bool_)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    first &= start < end
    return Edges(start[first], end[first], ways.length_m[order][first])


def _place_graph(
    ways: Edges, doors: _Stops, door: NDArray[np.intp], nodes: int, places: int
) -> csr_array:
    """Return the directed graph of :class:`Places`."""
    leave, reach = nodes + doors.joined, nodes + places + doors.joined
    length_m = np.concatenate([ways.length_m, ways.length_m, doors.leg_m, doors.leg_m])
    origin = np.concatenate([ways.start, ways.end, leave, door])
    target = np.concatenate([ways.end, ways.start, door, reach])
    size = nodes + 2 * places
    # A place on a street has a leg of 0 m: a 0 that is written down is an edge for `dijkstra`.
    return coo_array((length_m, (origin, target)), shape=(size, size)).tocsr()
