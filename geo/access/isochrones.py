"""Where one gets on foot in some minutes, drawn as an area.

Without a walking network the area is what is seen from the place within the walk, straight
lines times the detour factor, cut off by barriers; and behind every crossing that is reached,
the same again with what is left of the walk. With a network it is what lies within
:data:`BESIDE_M` of the streets that are reached: an envelope around them (a convex hull, say)
would promise ground between streets that nobody walks.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.barriers import outlook
from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_metric
from geo.distance import Edges
from geo.network import Walkways
from geo.network import on_network
from geo.sites import located

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.access.parameters import AccessParameters
    from geo.barriers import Outlook
    from geo.layout import Surroundings

BESIDE_M = 27.5
"""Metres on either side of a street that is reached [J]: half of what is usual, 25 to 30."""

STRAIGHT, NETWORK = "straight", "network"
_PIECE_M = 20.0
_QUARTER = 32
_TURN = 8
_AREA = 2


def walk_areas(
    origins: gpd.GeoSeries,
    minutes: float,
    surroundings: Surroundings,
    parameters: AccessParameters,
) -> gpd.GeoDataFrame:
    """Return where one gets from every place.

    Parameters
    ----------
    origins
        Places, the centroid of each; metric CRS. Missing and empty ones have no area.
    minutes
        How long one walks, at least 0.
    surroundings
        What lies between; in the CRS of `origins`.
    parameters
        ``walk_m_per_min``, ``detour``, ``crossing_reach_m`` and ``snap_m`` are used.

    Returns
    -------
    geopandas.GeoDataFrame
        Index of `origins`: ``minutes``, ``most_m`` (metres of walk), ``way`` (``straight`` or
        ``network``; a place that is not on the network is walked straight) and the area,
        None without a place.

    Raises
    ------
    ValueError
        If a CRS is not metric or not the same, or `minutes` is negative or not finite.
    """
    require_metric(origins.crs)
    surroundings.require_crs(origins.crs)
    if not (math.isfinite(minutes) and minutes >= 0):
        msg = f"`minutes` must be at least 0, not {minutes!r}."
        raise ValueError(msg)
    most_m = minutes * parameters.walk_m_per_min
    there = np.flatnonzero(located(origins))
    points = np.asarray(shapely.centroid(origins.to_numpy()[there]), dtype=object)
    areas = np.full(len(origins), None, dtype=object)
    way = np.full(len(origins), STRAIGHT, dtype=object)
    on_streets = _on_streets(points, most_m, surroundings, parameters)
    straight = np.array([area is None for area in on_streets], dtype=np.bool_)
    xy = shapely.get_coordinates(points)
    reach = parameters.crossing_reach_m
    open_ground = outlook(xy, surroundings.barriers, surroundings.crossings, reach_m=reach)
    for number, place in enumerate(there):
        if straight[number]:
            areas[place] = _seen_within(xy[number], number, most_m / parameters.detour, open_ground)
        else:
            areas[place], way[place] = on_streets[number], NETWORK
    frame = pd.DataFrame({"minutes": minutes, "most_m": most_m, "way": way}, index=origins.index)
    return gpd.GeoDataFrame(frame, geometry=areas, crs=origins.crs)


def _seen_within(
    xy: NDArray[np.float64], place: int, budget_m: float, ground: Outlook
) -> shapely.Geometry:
    """Return what is reached by straight lines, through crossings too."""
    parts = [_visible(xy, budget_m, ground.closed)]
    for passage, way_m in zip(ground.passages, ground.way_m[place], strict=True):
        left = budget_m - way_m
        if left > 0:
            parts.append(_visible(passage, left, ground.closed))
    return shapely.union_all(parts)


def _visible(xy: NDArray[np.float64], radius_m: float, closed: NDArray[Any]) -> shapely.Geometry:
    """Return the part of a disc that is seen from its middle."""
    middle = shapely.Point(xy)
    disc = shapely.buffer(middle, radius_m, quad_segs=_QUARTER)
    near = closed[shapely.dwithin(closed, middle, radius_m)]
    if not near.size or not radius_m > 0:
        return disc
    areas = shapely.get_dimensions(near) == _AREA
    lines = np.where(areas, shapely.boundary(near), near)
    cut = shapely.segmentize(shapely.intersection(lines, disc), max(radius_m / _TURN, 1.0))
    shadows = [_shadow(xy, a, b, radius_m) for a, b in _segments(cut, xy)]
    seen = shapely.difference(disc, shapely.union_all([*shadows, *near[areas]]))
    # Shadows that meet at a corner leave slivers behind it that no line of sight reaches.
    pieces = shapely.get_parts(seen)
    touching = pieces[shapely.dwithin(pieces, middle, 1e-3)]
    return shapely.union_all(touching)


def _segments(
    lines: NDArray[Any], xy: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the segments of lines that cast a shadow from a place.

    A place on a line sees both sides of it, as everywhere in :mod:`geo.barriers`.
    """
    parts = shapely.get_parts(shapely.get_parts(lines))
    found = []
    for part in parts[shapely.get_dimensions(parts) == 1]:
        places = shapely.get_coordinates(part) - xy
        for a, b in pairwise(places):
            width = abs(a[0] * b[1] - a[1] * b[0]) / max(np.hypot(*(b - a)), 1e-12)
            if width > COORDINATE_TOLERANCE_M:
                found.append((a, b))
    return found


def _shadow(
    xy: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    radius_m: float,
) -> shapely.Geometry:
    """Return what a segment hides: it, and everything behind it out to beyond the disc."""
    middle = a / np.hypot(*a) + b / np.hypot(*b)
    far = [4 * radius_m * side / np.hypot(*side) for side in (b, middle, a)]
    return shapely.Polygon(np.array([a, b, *far]) + xy)


def _on_streets(
    points: NDArray[Any], most_m: float, surroundings: Surroundings, parameters: AccessParameters
) -> list[shapely.Geometry | None]:
    """Return what lies beside the streets that are reached; None for places off the network."""
    lines = surroundings.walkways
    if lines is None or not located(lines).any() or not points.size:
        return [None] * points.size
    shapes = shapely.get_parts(lines.to_numpy()[located(lines)])
    pieces = shapely.segmentize(shapes[shapely.get_dimensions(shapes) == 1], _PIECE_M)
    xy, line = shapely.get_coordinates(pieces, return_index=True)
    same = np.flatnonzero(line[:-1] == line[1:])
    corners, corner = np.unique(xy, axis=0, return_inverse=True)
    targets = shapely.points(corners)
    places = on_network(
        np.concatenate([points, targets]), Walkways(lines, snap_m=parameters.snap_m)
    )
    first, second = corner[same], corner[same + 1]
    found: list[shapely.Geometry | None] = []
    for number in range(points.size):
        if np.isnan(places.snapped_m[number]):
            found.append(None)
            continue
        near = np.flatnonzero(shapely.dwithin(targets, points[number], most_m))
        start = np.full(near.size, number, dtype=np.intp)
        pairs = Edges(start, points.size + near, np.zeros(near.size))
        walked = np.full(corners.shape[0], np.inf)
        walked[near] = np.nan_to_num(places.walked(pairs, most_m), nan=np.inf)
        streets = _reached(corners, first, second, walked, most_m)
        found.append(_beside(points[number], streets))
    return found


def _reached(
    corners: NDArray[np.float64],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    walked_m: NDArray[np.float64],
    most_m: float,
) -> NDArray[Any]:
    """Return the parts of pieces of street that are walked from either end."""
    parts = []
    for a, b in ((first, second), (second, first)):
        left = most_m - walked_m[a]
        rows = left > 0
        start, end = corners[a[rows]], corners[b[rows]]
        length = np.hypot(*(end - start).T)
        share = np.minimum(1.0, left[rows] / np.maximum(length, 1e-9))[:, None]
        legs = np.stack([start, start + share * (end - start)], axis=1)
        parts.append(np.asarray(shapely.linestrings(legs), dtype=object))
    return np.concatenate(parts)


def _beside(point: shapely.Point, streets: NDArray[Any]) -> shapely.Geometry:
    """Return what lies beside streets, and the leg from the place to them."""
    whole = shapely.union_all(streets)
    if shapely.is_empty(whole):
        return shapely.buffer(point, 0.0)
    leg = shapely.shortest_line(point, whole)
    return shapely.buffer(shapely.union_all([whole, leg]), BESIDE_M)
