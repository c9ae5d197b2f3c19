"""Straight lines led through crossings where a barrier lies between two sites.

Within a park, the sites and the crossings are the nodes of a visibility graph: two
nodes that see each other, no barrier between them, are joined by a straight leg. A
pair that does not see each other walks the shortest path over such legs (Lozano-Pérez
and Wesley, Communications of the ACM 22, 1979; here the corners are the crossings that
are known, because nobody can walk along a river bank that has not been surveyed).
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
from scipy.sparse.csgraph import dijkstra

from geo.crs import COORDINATE_TOLERANCE_M
from geo.distance import Edges
from geo.sites import located

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array
    from shapely import Geometry

_STEP_M = 1e-3
"""A leg from a place on a barrier starts this far away from it."""

_LEGS_AT_ONCE = 100_000
_LENGTHS_AT_ONCE = 2_000_000
_LINE, _AREA = 1, 2


class Around(NamedTuple):
    """How each pair is walked; one entry a pair.

    Attributes
    ----------
    length_m
        Straight metres, or the sum of the straight legs of the way around.
    detoured
        Where the way leads around or through a crossing.
    blocked
        Where a barrier lies between and no known way leads around: `length_m` is
        straight and must not count as a walk.
    """

    length_m: NDArray[np.float64]
    detoured: NDArray[np.bool_]
    blocked: NDArray[np.bool_]


def around_barriers(
    pairs: Edges,
    xy: NDArray[np.float64],
    group: NDArray[np.intp],
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | None,
    *,
    reach_m: float = 50.0,
) -> Around:
    """Lead the pairs that a barrier cuts through crossings, by the shortest way.

    A straight leg is open if it meets no barrier, less what the crossings open. A closed
    pair is led over open legs between the sites of its own group and all crossings. A
    barrier that ends is walked around only where a site of the group or a crossing sees
    both sides: a corner that nobody registered is no way.

    A place *on* a barrier, to a micrometre, is on both sides of it: legs are not closed
    by what they touch with their end, only by what they cross or run along, and other
    sites of the group may be reached over it (a building that spans the line joins its
    sides, as it does for :func:`geo.sites.cluster_sites`). A place *inside* an area is
    closed in by it. The order of barriers and crossings does not matter.

    A way through a crossing is drawn over the point of the barrier that is nearest to it
    (over one on either shore of an area), or over the crossing if no barrier is in reach.

    Parameters
    ----------
    pairs
        Pairs of sites within the groups, straight.
    xy
        Sites in metres, shape (sites, 2).
    group
        Group (park) of each site, shape (sites,).
    barriers
        Lines or areas in the CRS of `xy`; None, missing and empty ones are nothing.
    crossings
        Points at which barriers can be crossed (of another shape, its centroid), in the
        same CRS.
    reach_m
        A crossing opens the barriers up to this far around it, metres, at least 0: the
        line of a river and the point of its bridge seldom meet exactly. An area that is
        wider than twice this stays closed around a crossing in its middle. With 0 only
        a crossing on the line opens it.

    Returns
    -------
    Around
        In the order of `pairs`; straight lengths are those of `pairs`.

    Raises
    ------
    ValueError
        If `reach_m` is negative or not finite.
    """
    _require_reach(reach_m)
    nothing = np.zeros(pairs.start.size, dtype=np.bool_)
    walls = _walls(barriers)
    if not (walls.size and pairs.start.size):
        return Around(pairs.length_m, nothing, nothing)
    places = shapely.centroid(_shapes(crossings))
    nodes = np.concatenate([xy, _passages(walls, places, reach_m)])
    ground = _ground(nodes, walls, shapely.buffer(places, reach_m))
    closed = ~ground.sees(pairs.start, pairs.end)
    if not closed.any():
        return Around(pairs.length_m, nothing, nothing)
    bridges = np.arange(len(xy), len(nodes))
    among = ground.legs(bridges[:, None], bridges[None, :])
    way_m = np.full(closed.size, np.inf)
    for rows in _rows_of_cut_groups(group[pairs.start], closed):
        way_m[rows] = _ways(pairs.take(rows), closed[rows], ground, bridges, among)
    return _around(pairs, closed, way_m)


def around_to(
    pairs: Edges,
    xy: NDArray[np.float64],
    targets: NDArray[Any],
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | None,
    *,
    reach_m: float = 50.0,
) -> Around:
    """Lead pairs of an origin and a target through crossings, as :func:`around_barriers`.

    The nodes of a pair are its two ends and all crossings, never another origin or target:
    what becomes of a pair does not depend on the others. A target that is more than a point
    is reached at its point nearest to where one comes from, the origin or a crossing.

    Parameters
    ----------
    pairs
        ``start`` numbers the origins and ``end`` the targets, each from 0; straight metres.
    xy
        Origins in metres, shape (origins, 2).
    targets
        One shape a target, none missing or empty, shape (targets,).
    barriers, crossings, reach_m
        As in :func:`around_barriers`.

    Returns
    -------
    Around
        In the order of `pairs`; straight lengths are those of `pairs`.

    Raises
    ------
    ValueError
        If `reach_m` is negative or not finite.
    """
    _require_reach(reach_m)
    nothing = np.zeros(pairs.start.size, dtype=np.bool_)
    walls = _walls(barriers)
    if not (walls.size and pairs.start.size):
        return Around(pairs.length_m, nothing, nothing)
    places = shapely.centroid(_shapes(crossings))
    bridges = _passages(walls, places, reach_m)
    ground = _ground(np.concatenate([xy, bridges]), walls, shapely.buffer(places, reach_m))
    goals = _goals(ground, targets)
    closed = ~np.isfinite(goals.legs_m(pairs.start, pairs.end))
    way_m = np.full(closed.size, np.inf)
    way_m[closed] = _led_m(pairs.take(closed), ground, goals, np.arange(len(xy), len(ground.nodes)))
    return _around(pairs, closed, way_m)


class Outlook(NamedTuple):
    """What is open from some places.

    Attributes
    ----------
    passages
        Where barriers can be crossed, metres, shape (passages, 2).
    way_m
        Shortest straight metres from every place to every passage, by open legs; infinite
        where there is no way, shape (places, passages).
    closed
        Lines and areas that stay closed, less what the crossings open.
    """

    passages: NDArray[np.float64]
    way_m: NDArray[np.float64]
    closed: NDArray[Any]


def outlook(
    xy: NDArray[np.float64],
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | None,
    *,
    reach_m: float = 50.0,
) -> Outlook:
    """Return what is open from places: the passages that they reach, and what is closed.

    Parameters
    ----------
    xy
        Places in metres, shape (places, 2).
    barriers, crossings, reach_m
        As in :func:`around_barriers`.

    Raises
    ------
    ValueError
        If `reach_m` is negative or not finite.
    """
    _require_reach(reach_m)
    walls = _walls(barriers)
    if not walls.size:
        nothing = np.empty((0, 2))
        return Outlook(nothing, np.empty((len(xy), 0)), np.empty(0, dtype=object))
    places = shapely.centroid(_shapes(crossings))
    bridges = _passages(walls, places, reach_m)
    ground = _ground(np.concatenate([xy, bridges]), walls, shapely.buffer(places, reach_m))
    closed = np.concatenate([shapely.get_parts(shape) for shape in ground.cut])
    way_m = np.empty((len(xy), len(bridges)))
    if bridges.size:
        nodes = np.arange(len(xy), len(ground.nodes))
        among = _graph([ground.legs(nodes[:, None], nodes[None, :])], nodes)
        first_m = _first_legs_m(ground, np.arange(len(xy)), nodes)
        way_m = _min_plus(first_m, np.asarray(dijkstra(among, directed=False)))
    return Outlook(bridges, way_m, closed[~shapely.is_empty(closed)])


def _around(pairs: Edges, closed: NDArray[np.bool_], way_m: NDArray[np.float64]) -> Around:
    """Say how each pair is walked; ways that are infinite do not exist."""
    led = closed & np.isfinite(way_m)
    # Legs that lie in one line may add up to a bit less than the line.
    length_m = np.where(led, np.maximum(way_m, pairs.length_m), pairs.length_m)
    return Around(length_m, led, closed & ~led)


def _require_reach(reach_m: float) -> None:
    if not (math.isfinite(reach_m) and reach_m >= 0):
        msg = f"`reach_m` must be a length of at least 0 m, not {reach_m!r}."
        raise ValueError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """Sites and then crossings as one list of nodes, and what is closed between them.

    Attributes
    ----------
    nodes
        Metres, shape (nodes, 2).
    touching
        Which nodes lie on (or in) what is closed.
    cut
        Prepared shapes. One of all lines answers a quarter of a million legs in less
        than a second: it indexes its own segments and stops at the first that is met.
    """

    nodes: NDArray[np.float64]
    touching: NDArray[np.bool_]
    cut: list[Geometry]

    def sees(self, start: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of the straight legs between nodes are open."""
        seen = np.ones(start.size, dtype=np.bool_)
        for first in range(0, start.size, _LEGS_AT_ONCE):
            block = slice(first, first + _LEGS_AT_ONCE)
            seen[block] = self._sees(start[block], end[block])
        return seen

    def legs(self, start: NDArray[np.intp], end: NDArray[np.intp]) -> Edges:
        """Return the open legs from every start (a column) to every later end (a row)."""
        first, second = (side[start < end] for side in np.broadcast_arrays(start, end))
        seen = self.sees(first, second)
        first, second = first[seen], second[seen]
        east, north = (self.nodes[second] - self.nodes[first]).T
        return Edges(first, second, np.hypot(east, north))

    def _sees(self, start: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.bool_]:
        touching = self.touching[start], self.touching[end]
        return self.sees_between(self.nodes[start], self.nodes[end], *touching)

    def sees_between(
        self,
        a: NDArray[np.float64],
        b: NDArray[np.float64],
        touching_a: NDArray[np.bool_],
        touching_b: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Return which straight legs between places are open."""
        length = np.hypot(*(b - a).T)[:, None]
        # A leg may touch with its end: it is tested a step away from there.
        step = (b - a) * np.divide(
            np.minimum(_STEP_M, length / 4), length, out=np.zeros_like(length), where=length > 0
        )
        ends = [a + step * touching_a[:, None], b - step * touching_b[:, None]]
        legs = shapely.linestrings(np.stack(ends, axis=1))
        met = np.any([shapely.intersects(shape, legs) for shape in self.cut], axis=0)
        return np.asarray(~met | (length[:, 0] == 0), dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class _Goals:
    """Targets, each reached at its point nearest to where one comes from.

    Attributes
    ----------
    ground
        What lies between.
    shapes
        The targets.
    xy, touching
        Of a target that is a point, where it is and whether it lies on what is closed;
        NaN and False of another, whose nearest point differs from leg to leg.
    """

    ground: _Ground
    shapes: NDArray[Any]
    xy: NDArray[np.float64]
    touching: NDArray[np.bool_]

    def legs_m(self, node: NDArray[np.intp], goal: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the straight metres from nodes to targets; infinite where it is closed."""
        length_m = np.empty(node.size)
        for first in range(0, node.size, _LEGS_AT_ONCE):
            block = slice(first, first + _LEGS_AT_ONCE)
            length_m[block] = self._legs_m(node[block], goal[block])
        return length_m

    def _legs_m(self, node: NDArray[np.intp], goal: NDArray[np.intp]) -> NDArray[np.float64]:
        start, end, touching = self.ground.nodes[node], self.xy[goal], self.touching[goal]
        wide = np.isnan(end[:, 0])
        line = shapely.shortest_line(shapely.points(start[wide]), self.shapes[goal[wide]])
        end[wide] = shapely.get_coordinates(shapely.get_point(line, 1))
        touching[wide] = _on(self.ground.cut, end[wide])
        seen = self.ground.sees_between(start, end, self.ground.touching[node], touching)
        return np.where(seen, np.hypot(*(end - start).T), np.inf)


def _goals(ground: _Ground, shapes: NDArray[Any]) -> _Goals:
    """Return the targets on some ground."""
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    xy = np.full((shapes.size, 2), np.nan)
    xy[is_point] = shapely.get_coordinates(shapes[is_point])
    touching = np.zeros(shapes.size, dtype=np.bool_)
    touching[is_point] = _on(ground.cut, xy[is_point])
    return _Goals(ground, shapes, xy, touching)


def _led_m(
    pairs: Edges, ground: _Ground, goals: _Goals, bridges: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the shortest way of closed pairs through crossings; infinite without one.

    First leg, way among the crossings and last leg are three matrices of lengths, and the
    shortest way their product with (min, +) in place of (+, ×).
    """
    if not (bridges.size and pairs.start.size):
        return np.full(pairs.start.size, np.inf)
    sources, source = np.unique(pairs.start, return_inverse=True)
    sinks, sink = np.unique(pairs.end, return_inverse=True)
    out_m = _first_legs_m(ground, sources, bridges)
    among = _graph([ground.legs(bridges[:, None], bridges[None, :])], bridges)
    out_m = _min_plus(out_m, np.asarray(dijkstra(among, directed=False)))
    bridge, goal = np.repeat(bridges, sinks.size), np.tile(sinks, bridges.size)
    in_m = goals.legs_m(bridge, goal).reshape(bridges.size, sinks.size)
    way_m = np.empty(pairs.start.size)
    at_once = max(1, _LENGTHS_AT_ONCE // sinks.size)
    for first in range(0, sources.size, at_once):
        rows = np.flatnonzero((source >= first) & (source < first + at_once))
        found = _min_plus(out_m[first : first + at_once], in_m)
        way_m[rows] = found[source[rows] - first, sink[rows]]
    return way_m


def _first_legs_m(
    ground: _Ground, sources: NDArray[np.intp], bridges: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the open legs from sources to crossings, shape (sources, crossings)."""
    legs = ground.legs(sources[:, None], bridges[None, :])
    length_m = np.full((sources.size, bridges.size), np.inf)
    length_m[np.searchsorted(sources, legs.start), legs.end - bridges[0]] = legs.length_m
    return length_m


def _min_plus(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return min over k of a[i, k] + b[k, j]."""
    least = np.full((a.shape[0], b.shape[1]), np.inf)
    for k in np.flatnonzero(np.isfinite(a).any(axis=0) & np.isfinite(b).any(axis=1)):
        np.minimum(least, a[:, k, None] + b[k], out=least)
    return least


def _walls(barriers: gpd.GeoSeries | None) -> NDArray[Any]:
    """Return the lines and areas that barriers are made of."""
    valid = shapely.make_valid(_shapes(barriers))
    return np.asarray(shapely.get_parts(shapely.get_parts(valid)), dtype=object)


def _shapes(series: gpd.GeoSeries | None) -> NDArray[Any]:
    """Return the shapes there are."""
    if series is None or series.empty:
        return np.empty(0, dtype=object)
    return np.asarray(series.to_numpy()[located(series)], dtype=object)


def _passages(walls: NDArray[Any], places: NDArray[Any], reach_m: float) -> NDArray[np.float64]:
    """Return the nodes that crossings are: where they meet the barriers they open.

    Were the registered point itself the node, a leg along the bank to a bridge that is
    drawn on the other side of the river line would meet the river far from the bridge.
    """
    edges = np.where(shapely.get_dimensions(walls) == _AREA, shapely.boundary(walls), walls)
    place, edge = shapely.STRtree(edges).query(places, predicate="dwithin", distance=reach_m)
    opened = shapely.intersection(edges[edge], shapely.buffer(places[place], reach_m))
    place, opened = place[~shapely.is_empty(opened)], opened[~shapely.is_empty(opened)]
    pieces, row = shapely.get_parts(opened, return_index=True)
    feet = shapely.get_point(shapely.shortest_line(pieces, places[place[row]]), 0)
    alone = np.isin(np.arange(places.size), place, invert=True)
    # In an order of their own, each once.
    return np.unique(shapely.get_coordinates([*feet, *places[alone]]), axis=0)


def _ground(nodes: NDArray[np.float64], walls: NDArray[Any], opened: NDArray[Any]) -> _Ground:
    """Return what stays closed of the barriers outside of what is opened."""
    left = shapely.get_parts(shapely.difference(walls, shapely.union_all(opened)))
    dimension = shapely.get_dimensions(left)
    lines = shapely.multilinestrings(left[dimension == _LINE])
    cut = [lines, shapely.union_all(left[dimension == _AREA])]
    shapely.prepare(cut)
    return _Ground(nodes, _on(cut, nodes), cut)


def _on(cut: list[Geometry], xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which places lie on (or in) one of some shapes."""
    places = shapely.points(xy)
    near = [shapely.dwithin(shape, places, COORDINATE_TOLERANCE_M) for shape in cut]
    return np.asarray(np.any(near, axis=0), dtype=np.bool_)


def _rows_of_cut_groups(
    group: NDArray[np.intp], closed: NDArray[np.bool_]
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of the pairs of every group that has a closed one."""
    order = np.argsort(group, kind="stable")
    borders = np.flatnonzero(np.diff(group[order])) + 1
    for rows in np.split(order, borders):
        if closed[rows].any():
            yield rows


def _ways(
    pairs: Edges,
    closed: NDArray[np.bool_],
    ground: _Ground,
    bridges: NDArray[np.intp],
    among: Edges,
) -> NDArray[np.float64]:
    """Return the shortest way of each pair of one group; infinite without one."""
    sites = np.unique([pairs.start, pairs.end])
    over = ground.legs(sites[:, None], bridges[None, :])
    members = np.concatenate([sites, bridges])
    graph = _graph([pairs.take(~closed), over, among], members)
    start, end = np.searchsorted(members, [pairs.start, pairs.end])
    way_m = np.full(closed.size, np.inf)
    sources = np.unique(start[closed])
    at_once = max(1, _LENGTHS_AT_ONCE // members.size)
    for first in range(0, sources.size, at_once):
        chosen = sources[first : first + at_once]
        found = dijkstra(graph, directed=False, indices=chosen)
        rows = np.flatnonzero(closed & np.isin(start, chosen))
        way_m[rows] = found[np.searchsorted(chosen, start[rows]), end[rows]]
    return way_m


def _graph(legs: list[Edges], members: NDArray[np.intp]) -> csr_array:
    """Return the visibility graph of some nodes, numbered as in `members` (ascending)."""
    start = np.searchsorted(members, np.concatenate([some.start for some in legs]))
    end = np.searchsorted(members, np.concatenate([some.end for some in legs]))
    # Two nodes in one place: a 0 that is written down is an edge for `dijkstra`.
    length_m = np.concatenate([some.length_m for some in legs])
    return coo_array((length_m, (start, end)), shape=(members.size, members.size)).tocsr()
