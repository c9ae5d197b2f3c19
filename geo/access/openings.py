"""What one more crossing brings within reach, for many crossings that are tried in turn.

A new crossing changes the walk of a pair only if the way leads past it, so only pairs for
which that is short enough are walked again, by the same rule as :mod:`geo.access.walks`. To
judge the whole linkage again for every crossing would give the same answer, much later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.access.covering import CAMPUS
from geo.access.covering import FACTS
from geo.access.covering import RAIL
from geo.access.nearest import LINKED
from geo.access.nearest import campuses_by_gates
from geo.access.nearest import links_of
from geo.access.nearest import thresholds
from geo.access.parameters import GROUPS
from geo.access.walks import walked_on_network
from geo.barriers import around_to
from geo.crs import COORDINATE_TOLERANCE_M
from geo.distance import Edges
from geo.sites import located

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

_NO_FACT = -1


def opened(
    spaces: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    surroundings: Surroundings,
    parameters: AccessParameters,
    holds: NDArray[np.bool_],
    crossings: NDArray[Any],
) -> NDArray[np.intp]:
    """Return what becomes true with each of some crossings alone.

    Parameters
    ----------
    spaces
        As for :func:`geo.access.linkage`.
    table
        Destinations with every column, as :func:`geo.access.linkage.with_every_column`
        returns them.
    surroundings, parameters
        As for :func:`geo.access.linkage`.
    holds
        Which of :data:`~geo.access.covering.FACTS` hold without them, shape (spaces, facts).
    crossings
        Points in the CRS of the spaces, shape (crossings,).

    Returns
    -------
    numpy.ndarray
        Position of a crossing, of a space and of a fact, each triple once; shape (3, n).
    """
    pairs = _open_pairs(spaces, table, surroundings, parameters, holds)
    before = surroundings.crossings
    there = [] if before is None else list(before.to_numpy())
    parts = [np.empty((3, 0), dtype=np.intp)]
    for number, rows in _near(pairs, crossings, parameters):
        more = gpd.GeoSeries([*there, crossings[number]], crs=spaces.crs)
        around = around_to(
            pairs.walked.take(rows),
            pairs.starts,
            pairs.goals,
            surroundings.barriers,
            more,
            reach_m=parameters.crossing_reach_m,
        )
        walk_m = np.where(around.blocked, np.inf, parameters.detour * around.length_m)
        met = rows[walk_m <= pairs.limit_m[rows] + COORDINATE_TOLERANCE_M]
        new = np.unique(np.stack([pairs.space[met], pairs.fact[met]]), axis=1)
        parts.append(np.concatenate([np.full((1, new.shape[1]), number), new]))
    return np.concatenate(parts, axis=1).astype(np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of a space and a destination that would make a fact true, were the walk short.

    Attributes
    ----------
    walked
        From `starts` to `goals`, straight.
    starts
        Metres, shape (places, 2).
    goals
        Shapes of the destinations.
    space, fact, limit_m
        Of each pair: position of the space, what the pair makes true, and the longest walk
        that does.
    """

    walked: Edges
    starts: NDArray[np.float64]
    goals: NDArray[Any]
    space: NDArray[np.intp]
    fact: NDArray[np.intp]
    limit_m: NDArray[np.float64]


def _open_pairs(
    spaces: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    surroundings: Surroundings,
    parameters: AccessParameters,
    holds: NDArray[np.bool_],
) -> _Pairs:
    """Return the pairs that are near enough by the straight line, and not on the network."""
    targets = campuses_by_gates(table)
    fact = _fact_of(targets, parameters)
    targets, fact = targets[fact != _NO_FACT], fact[fact != _NO_FACT]
    limits = thresholds(parameters)
    limit_m = np.array([limits[LINKED], limits["station"], *(limits[g] for g in GROUPS)])
    is_there = np.flatnonzero(located(spaces.geometry))
    starts = np.asarray(shapely.centroid(spaces.geometry.to_numpy()[is_there]), dtype=object)
    goals = np.asarray(targets.geometry.to_numpy(), dtype=object)
    widest = limit_m.max() / parameters.detour + COORDINATE_TOLERANCE_M
    start, end = shapely.STRtree(goals).query(starts, predicate="dwithin", distance=widest)
    straight_m = np.asarray(shapely.distance(starts[start], goals[end]))
    longest_m = limit_m[fact[end]] + COORDINATE_TOLERANCE_M
    kept = ~holds[is_there[start], fact[end]] & (parameters.detour * straight_m <= longest_m)
    if parameters.campus_link == "linked":
        kept &= _linked(spaces, targets, is_there[start], end) | (fact[end] != CAMPUS)
    pairs = Edges(start, end, straight_m).take(kept)
    # The walk of a pair that the streets connect is theirs, however long: NaN is what is asked.
    streets_m = walked_on_network(pairs, starts, goals, surroundings, parameters, widest)
    pairs = pairs.take(np.isnan(streets_m))
    fact = fact[pairs.end]
    xy = shapely.get_coordinates(starts)
    return _Pairs(pairs, xy, goals, is_there[pairs.start], fact, limit_m[fact])


def _fact_of(targets: gpd.GeoDataFrame, parameters: AccessParameters) -> NDArray[np.intp]:
    """Return what each destination makes true for a space that it is near to."""
    kind = targets["kind"].map({"gate": CAMPUS, "campus": CAMPUS, "station": RAIL})
    group = targets["group"].map({group: FACTS.index(group) for group in GROUPS})
    fact = group.where(targets["kind"].eq("facility"), kind)
    fact = fact.astype("float64").fillna(_NO_FACT).to_numpy().astype(np.intp)
    if not parameters.count_estimates:
        fact[targets["estimate"].to_numpy() > 0] = _NO_FACT
    return np.asarray(fact, dtype=np.intp)


def _linked(
    spaces: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    space: NDArray[np.intp],
    target: NDArray[np.intp],
) -> NDArray[np.bool_]:
    own = links_of(spaces)
    whose = targets["whose"].to_numpy()
    pairs = zip(space, target, strict=True)
    return np.array([bool(own[s] & whose[t]) for s, t in pairs], dtype=np.bool_)


def _near(
    pairs: _Pairs, crossings: NDArray[Any], parameters: AccessParameters
) -> list[tuple[int, NDArray[np.intp]]]:
    """Return the pairs whose way past a crossing could be short enough, crossing by crossing.

    A way that a crossing opens leads through what is opened around it: it is no shorter than
    the two legs to the crossing, less its reach on either side.
    """
    if not pairs.space.size:
        return []
    from_starts = shapely.points(pairs.starts)
    most_m = pairs.limit_m / parameters.detour + 2 * parameters.crossing_reach_m
    most_m = most_m + COORDINATE_TOLERANCE_M
    found = []
    for number, crossing in enumerate(crossings):
        first_m = shapely.distance(from_starts, crossing)[pairs.walked.start]
        last_m = shapely.distance(pairs.goals, crossing)[pairs.walked.end]
        rows = np.flatnonzero(first_m + last_m <= most_m)
        if rows.size:
            found.append((number, rows))
    return found
