"""Walks from many places to many destinations.

A walk between an origin and a target is, in this order:

1. the shortest way on the walking network, if both are on it and it connects them;
2. else the straight line, led through crossings where a barrier lies between
   (:func:`geo.barriers.around_to`), times the detour factor;
3. else nothing: the pair is blocked, and only a survey or a network can tell the walk.

This is the rule of :mod:`geo.layout`, for two sets of places instead of the sites of one
park. The walk of a pair depends on no other origin or target and on no order of rows.

An area is entered from the network where a street meets or comes nearest to its outline.
A place that lies in an area, or on a target, is there: its walk is 0 m.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from geo.barriers import around_to
from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_metric
from geo.crs import require_same_crs
from geo.distance import Edges
from geo.network import Walkways
from geo.network import on_network
from geo.sites import located

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

_AREA = 2
STRAIGHT, CROSSING, NETWORK, BLOCKED = "straight", "crossing", "network", "blocked"
WAYS = (STRAIGHT, CROSSING, NETWORK, BLOCKED)
"""How a pair is walked, as in the column ``way``."""


def walks(
    origins: gpd.GeoSeries,
    targets: gpd.GeoSeries,
    surroundings: Surroundings,
    parameters: AccessParameters,
    *,
    most_m: float = math.inf,
) -> pd.DataFrame:
    """Walk from every origin to every target that is near enough.

    Parameters
    ----------
    origins
        Where the walks begin: the centroid of each shape; metric CRS, any index labels
        (each once). Missing and empty ones have no walks.
    targets
        Where they end: the point of each shape that is nearest to where one comes from;
        the CRS of `origins`, index labels each once.
    surroundings
        What lies between.
    parameters
        ``detour``, ``crossing_reach_m`` and ``snap_m`` are used.
    most_m
        Longest walk that is asked for, metres, met to a micrometre.

    Returns
    -------
    pandas.DataFrame
        One row a pair, ordered as `origins` and then `targets` are: ``origin`` and
        ``target`` (labels), ``straight_m``, ``walk_m`` (metres of walk, NaN if blocked) and
        ``way``, one of :data:`WAYS`. A blocked pair is listed if it would be near enough by
        the straight line times the detour factor.

    Raises
    ------
    ValueError
        If a CRS is not metric or not the same, a label stands twice, or `most_m` is
        negative or not a number.
    """
    _check(origins, targets, most_m)
    surroundings.require_crs(origins.crs)
    here, there = np.flatnonzero(located(origins)), np.flatnonzero(located(targets))
    starts = np.asarray(shapely.centroid(origins.to_numpy()[here]), dtype=object)
    goals = np.asarray(targets.to_numpy()[there], dtype=object)
    pairs = _near_pairs(starts, goals, most_m)
    walked = _walk(pairs, starts, goals, surroundings, parameters, most_m)
    # A blocked pair is as near as it would be without the barrier.
    by_line_m = parameters.detour * pairs.length_m
    near = np.where(np.isnan(walked.length_m), by_line_m, walked.length_m)
    kept = near <= most_m + COORDINATE_TOLERANCE_M
    return pd.DataFrame(
        {
            "origin": origins.index.to_numpy()[here[pairs.start[kept]]],
            "target": targets.index.to_numpy()[there[pairs.end[kept]]],
            "straight_m": pairs.length_m[kept],
            "walk_m": walked.length_m[kept],
            "way": pd.Categorical.from_codes(walked.way[kept], categories=pd.Index(WAYS)),
        }
    )


class _Walked(NamedTuple):
    """Metres of walk of each pair, and its way as a position in :data:`WAYS`."""

    length_m: NDArray[np.float64]
    way: NDArray[np.int8]


def _check(origins: gpd.GeoSeries, targets: gpd.GeoSeries, most_m: float) -> None:
    require_metric(origins.crs)
    require_same_crs(origins.crs, targets.crs, "targets")
    for name, series in (("origins", origins), ("targets", targets)):
        if not series.index.is_unique:
            msg = f"`{name}` has an index label more than once."
            raise ValueError(msg)
    if not most_m >= 0:
        msg = f"`most_m` must be a length of at least 0 m, not {most_m!r}."
        raise ValueError(msg)


def _near_pairs(starts: NDArray[Any], goals: NDArray[Any], most_m: float) -> Edges:
    """Return the pairs whose straight line is short enough, by origin and target."""
    if math.isfinite(most_m):
        reach = most_m + COORDINATE_TOLERANCE_M
        start, end = shapely.STRtree(goals).query(starts, predicate="dwithin", distance=reach)
        order = np.lexsort((end, start))
        start, end = start[order], end[order]
    else:
        start = np.repeat(np.arange(starts.size), goals.size)
        end = np.tile(np.arange(goals.size), starts.size)
    return Edges(start, end, np.asarray(shapely.distance(starts[start], goals[end])))


def _walk(
    pairs: Edges,
    starts: NDArray[Any],
    goals: NDArray[Any],
    surroundings: Surroundings,
    parameters: AccessParameters,
    most_m: float,
) -> _Walked:
    """Walk each pair on the network or else by the straight line; infinite if too far."""
    length_m = walked_on_network(pairs, starts, goals, surroundings, parameters, most_m)
    way = np.full(pairs.start.size, WAYS.index(NETWORK), dtype=np.int8)
    by_line_m = parameters.detour * pairs.length_m
    left = np.flatnonzero(np.isnan(length_m))
    too_far = by_line_m[left] > most_m + COORDINATE_TOLERANCE_M
    length_m[left[too_far]] = np.inf
    left = left[~too_far]
    around = around_to(
        pairs.take(left),
        shapely.get_coordinates(starts),
        goals,
        surroundings.barriers,
        surroundings.crossings,
        reach_m=parameters.crossing_reach_m,
    )
    length_m[left] = np.where(around.blocked, np.nan, parameters.detour * around.length_m)
    kind = np.where(around.detoured, WAYS.index(CROSSING), WAYS.index(STRAIGHT))
    way[left] = np.where(around.blocked, WAYS.index(BLOCKED), kind)
    return _Walked(length_m, way)


def walked_on_network(
    pairs: Edges,
    starts: NDArray[Any],
    goals: NDArray[Any],
    surroundings: Surroundings,
    parameters: AccessParameters,
    most_m: float,
) -> NDArray[np.float64]:
    """Return the walk of every pair on the network; NaN off it, infinite if too far.

    Parameters
    ----------
    pairs
        ``start`` numbers `starts` and ``end`` numbers `goals`, each from 0; straight metres.
    starts, goals
        Points, and shapes that are reached at their outline; none missing.
    surroundings, parameters
        As in :func:`walks`.
    most_m
        Longest walk that is asked for, metres.
    """
    length_m = np.full(pairs.start.size, np.nan)
    lines = surroundings.walkways
    apart = np.flatnonzero(pairs.length_m > 0)
    if lines is None or not located(lines).any() or not apart.size:
        return length_m
    outlines = goals.copy()
    areas = shapely.get_dimensions(goals) == _AREA
    outlines[areas] = shapely.boundary(goals[areas])
    places = on_network(
        np.concatenate([starts, outlines]), Walkways(lines, snap_m=parameters.snap_m)
    )
    wanted = pairs.take(apart)
    shifted = Edges(wanted.start, wanted.end + starts.size, wanted.length_m)
    length_m[apart] = places.walked(shifted, most_m + COORDINATE_TOLERANCE_M)
    return length_m
