"""Which single missing gate, crossing or facility would help most, and which few together.

One more object makes facts true for spaces: a gate, rail or a group of facilities within
reach. A space is linked threefold if its campus and rail facts hold and enough groups are
within reach; the floor area that becomes so is what counts first (叠合率), then the floor area
that gains any condition. A set of objects is found greedily, one after the other, and exactly,
as a maximal covering problem (Church and ReVelle, Papers of the Regional Science Association
32, 1974) with conditions, by integer programming: where the two differ is told.

An effect that needs a crossing *and* another new object at once is not seen: facts are those
of one object at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from geo.access.candidates import CROSSING
from geo.access.candidates import FACILITY
from geo.access.candidates import GATE
from geo.access.covering import CAMPUS
from geo.access.covering import FACTS
from geo.access.covering import RAIL
from geo.access.covering import TIME_LIMIT_S
from geo.access.covering import Effects
from geo.access.covering import exact_set
from geo.access.covering import greedy_set
from geo.access.linkage import with_every_column
from geo.access.nearest import links_of
from geo.access.nearest import universities
from geo.access.openings import opened
from geo.access.parameters import GROUPS
from geo.access.states import ESTIMATED
from geo.access.states import YES
from geo.access.walks import walks
from geo.crs import COORDINATE_TOLERANCE_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.access.candidates import Candidates
    from geo.access.covering import Exact
    from geo.access.linkage import AccessResult
    from geo.access.linkage import Destinations
    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

MOST_TOGETHER = 5
"""Largest set that is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """What is missing most.

    Attributes
    ----------
    ranking
        One row a candidate that helps at all, the best first: ``rank``, ``candidate_id``,
        ``kind``, ``group``, ``campus_id``, ``university``, ``at``, ``gain_overlap_m2`` and
        ``gain_share`` (floor area that becomes threefold, and its share of all),
        ``gain_condition_m2`` (floor area times conditions gained), ``gain_fact_m2`` (the
        same of single facts), ``spaces`` (that gain a fact), ``spaces_overlap`` and a point.
    sets
        One row a number of objects: ``objects``, ``greedy_share``, ``greedy_ids``,
        ``exact_share``, ``exact_ids``, ``bound_share`` (no set can give more), ``proven``
        (whether the exact set is the best).
    base_share
        Share of the floor area that is threefold now.
    candidates
        What was tried, and what could not be.
    """

    ranking: gpd.GeoDataFrame
    sets: pd.DataFrame
    base_share: float
    candidates: Candidates


def gaps(
    spaces: gpd.GeoDataFrame,
    destinations: Destinations,
    surroundings: Surroundings,
    found: AccessResult,
    tried: Candidates,
    *,
    most: int = MOST_TOGETHER,
    time_limit_s: float = TIME_LIMIT_S,
) -> Gaps:
    """Rank candidates, and find the best few together.

    Parameters
    ----------
    spaces, destinations, surroundings
        As they were given to :func:`geo.access.linkage`.
    found
        Its result.
    tried
        Result of :func:`geo.access.candidates.candidates`.
    most
        Largest set that is looked for, at least 1.
    time_limit_s
        Seconds for each exact set.
    """
    effects = effects_of(spaces, destinations, surroundings, found, tried)
    base_m2 = effects.value(effects.holds)[0]
    total = float(effects.area_m2.sum())
    ranking = _ranking(effects, tried, total)
    # Only what helps at all can be in a set.
    useful = np.flatnonzero(np.diff(effects.gained.indptr))
    rows = []
    # The greedy set of fewer is the beginning of that of more.
    in_turn = greedy_set(effects, useful, most)
    for count in range(1, min(most, useful.size) + 1):
        greedy = in_turn[:count]
        exact = exact_set(effects, useful, count, time_limit_s=time_limit_s)
        rows.append(_set_row(effects, tried, count, greedy, exact, total))
    columns = {
        "objects": "int64",
        "greedy_share": "float64",
        "greedy_ids": "object",
        "exact_share": "float64",
        "exact_ids": "object",
        "bound_share": "float64",
        "proven": "bool",
    }
    sets = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    return Gaps(ranking, sets, base_m2 / total if total else float("nan"), tried)


def effects_of(
    spaces: gpd.GeoDataFrame,
    destinations: Destinations,
    surroundings: Surroundings,
    found: AccessResult,
    tried: Candidates,
) -> Effects:
    """Return which facts hold for every space, and which each candidate adds."""
    rule = found.parameters
    holds = _facts(found)
    table = tried.table
    parts = [np.empty((3, 0), dtype=np.intp)]
    for kind, most_m in ((GATE, rule.gate_m), (FACILITY, rule.community_m)):
        rows = np.flatnonzero(table["kind"].eq(kind))
        if rows.size:
            parts.append(_within(spaces, table, rows, surroundings, rule, most_m))
    rows = np.flatnonzero(table["kind"].eq(CROSSING))
    if rows.size:
        places = with_every_column(destinations.table)
        points = table.geometry.to_numpy()[rows]
        added = opened(spaces, places, surroundings, rule, holds, points)
        parts.append(np.concatenate([rows[added[:1]], added[1:]]))
    candidate, space, fact = np.concatenate(parts, axis=1)
    new = ~holds[space, fact]
    flat = space[new] * len(FACTS) + fact[new]
    shape = (len(table), holds.size)
    gained = coo_array((np.ones(flat.size), (candidate[new], flat)), shape=shape).tocsr()
    area = found.spaces["floor_area_m2"].astype("float64").fillna(0.0).to_numpy()
    return Effects(area, holds, gained, rule.least_groups)


def _facts(found: AccessResult) -> NDArray[np.bool_]:
    """Return which facts hold for every space; estimates count if the rule counts them."""
    rule = found.parameters
    good = {YES, ESTIMATED} if rule.count_estimates else {YES}
    spaces = found.spaces
    holds = np.zeros((len(spaces), len(FACTS)), dtype=np.bool_)
    holds[:, CAMPUS] = spaces["met_campus"].isin(good)
    holds[:, RAIL] = spaces["met_rail"].isin(good)
    place = {
        (park, carrier): number
        for number, (park, carrier) in enumerate(
            zip(spaces["park_id"], spaces["carrier_id"], strict=True)
        )
    }
    met = found.nearest[found.nearest["state"].isin(good) & found.nearest["key"].isin(GROUPS)]
    for park, carrier, key in zip(met["park_id"], met["carrier_id"], met["key"], strict=True):
        holds[place[park, carrier], FACTS.index(key)] = True
    return holds


def _within(
    spaces: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    rows: NDArray[np.intp],
    surroundings: Surroundings,
    rule: AccessParameters,
    most_m: float,
) -> NDArray[np.intp]:
    """Return candidate, space and fact where a candidate is within reach of a space."""
    origins = gpd.GeoSeries(spaces.geometry.to_numpy(), crs=spaces.crs)
    targets = gpd.GeoSeries(table.geometry.to_numpy()[rows], index=rows, crs=spaces.crs)
    walked = walks(origins, targets, surroundings, rule, most_m=most_m)
    walked = walked[walked["walk_m"] <= most_m + COORDINATE_TOLERANCE_M]
    candidate = walked["target"].to_numpy(dtype=np.intp)
    space = walked["origin"].to_numpy(dtype=np.intp)
    groups = table["group"].to_numpy()[candidate]
    fact = np.array([FACTS.index(g) if g else CAMPUS for g in groups], dtype=np.intp)
    if rule.campus_link == "linked":
        linked = _linked(spaces, table, space, candidate) | (fact != CAMPUS)
        candidate, space, fact = candidate[linked], space[linked], fact[linked]
    return np.stack([candidate, space, fact])


def _linked(
    spaces: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    space: NDArray[np.intp],
    candidate: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Return where a gate is of a university that the park of a space is linked to."""
    of_spaces = links_of(spaces)
    of_gates = [universities(name) for name in table["university"]]
    pairs = zip(space, candidate, strict=True)
    return np.array([bool(of_spaces[s] & of_gates[c]) for s, c in pairs], dtype=np.bool_)


def _ranking(effects: Effects, tried: Candidates, total: float) -> gpd.GeoDataFrame:
    rows = []
    for place in np.flatnonzero(np.diff(effects.gained.indptr)):
        spaces, after = effects.touched(effects.holds, int(place))
        overlap_m2, condition_m2, fact_m2 = effects.gain(effects.holds, int(place))
        was, now = (
            effects.conditions(facts).all(axis=1) for facts in (effects.holds[spaces], after)
        )
        rows.append(
            {
                "place": place,
                "gain_overlap_m2": overlap_m2,
                "gain_share": overlap_m2 / total if total else float("nan"),
                "gain_condition_m2": condition_m2,
                "gain_fact_m2": fact_m2,
                "spaces": spaces.size,
                "spaces_overlap": int((now & ~was).sum()),
            }
        )
    names = (
        "place",
        "gain_overlap_m2",
        "gain_share",
        "gain_condition_m2",
        "gain_fact_m2",
        "spaces",
        "spaces_overlap",
    )
    frame = pd.DataFrame(rows, columns=list(names))
    best = ["gain_overlap_m2", "gain_condition_m2", "gain_fact_m2", "place"]
    frame = frame.sort_values(best, ascending=[False, False, False, True], ignore_index=True)
    of = tried.table.iloc[frame["place"].to_numpy(dtype=np.intp)].reset_index(drop=True)
    told = pd.concat(
        [pd.DataFrame(of.drop(columns="geometry")), frame.drop(columns="place")], axis=1
    )
    told.insert(0, "rank", np.arange(1, len(told) + 1))
    return gpd.GeoDataFrame(told, geometry=of.geometry.to_numpy(), crs=tried.table.crs)


def _set_row(
    effects: Effects,
    tried: Candidates,
    count: int,
    greedy: NDArray[np.intp],
    exact: Exact,
    total: float,
) -> dict[str, object]:
    ids = tried.table["candidate_id"].to_numpy()
    best = exact.chosen
    greedy_m2, exact_m2 = (effects.value(effects.with_sets(one))[0] for one in (greedy, best))
    if greedy_m2 > exact_m2:  # the time was over before anything as good was found
        best, exact_m2 = greedy, greedy_m2
    share = 1.0 / total if total else float("nan")
    return {
        "objects": count,
        "greedy_share": greedy_m2 * share,
        "greedy_ids": tuple(map(str, ids[greedy])),
        "exact_share": exact_m2 * share,
        "exact_ids": tuple(map(str, ids[np.sort(best)])),
        "bound_share": max(exact.bound_m2, exact_m2) * share,
        "proven": exact.proven,
    }
