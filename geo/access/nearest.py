"""The destination that decides, for every space and every kind of destination.

A kind with a threshold is judged by all destinations in reach, and the one that decides is
told: of those with the best state the nearest. So a gate at 900 m that meets a threshold of
1 km is told before the outline of another campus at 200 m, of which nobody knows the gates.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.access.parameters import GROUPS
from geo.access.states import ESTIMATED
from geo.access.states import NO
from geo.access.states import STATES
from geo.access.states import UNKNOWN
from geo.access.states import YES
from geo.access.walks import walks
from geo.crs import COORDINATE_TOLERANCE_M
from geo.sites import located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

NEAREST_KEYS = ("linked_gate", "any_gate", "station", "incubator", "platform", *GROUPS)
"""What the nearest of is told for every space."""

LINKED = "linked_gate"
_KEY_OF_KIND = {"gate": "any_gate", "campus": "any_gate"}
_SEPARATORS = re.compile("[、,，;；/／]")
_WIDER = 4.0
_ESTIMATED_AREA, _ESTIMATED_POINT = 1, 2


def universities(text: object) -> frozenset[str]:
    """Return the universities that a field names, for comparison.

    Examples
    --------
    >>> sorted(universities("East University、 Tech / Arts"))
    ['arts', 'east university', 'tech']
    """
    if not isinstance(text, str):
        return frozenset()
    return frozenset(part.strip().casefold() for part in _SEPARATORS.split(text) if part.strip())


def links_of(spaces: gpd.GeoDataFrame) -> list[frozenset[str]]:
    """Return the universities that each space is linked to; none without the column."""
    if "university" not in spaces.columns:
        return [frozenset()] * len(spaces)
    return [universities(name) for name in spaces["university"]]


def thresholds(parameters: AccessParameters) -> dict[str, float]:
    """Return the longest walk that meets each key of :data:`NEAREST_KEYS` that has one."""
    gates = dict.fromkeys(("linked_gate", "any_gate"), parameters.gate_m)
    groups = dict.fromkeys(GROUPS, parameters.community_m)
    return {**gates, "station": parameters.rail_m, **groups}


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """All walks that matter.

    Attributes
    ----------
    pairs
        One row a space and destination, by space: ``space`` and ``target`` (positions),
        ``straight_m``, ``walk_m``, ``way``.
    targets
        As :func:`campuses_by_gates` returns them.
    whose
        The universities that each space is linked to.
    """

    pairs: pd.DataFrame
    targets: gpd.GeoDataFrame
    whose: list[frozenset[str]]

    def of(self, key: str) -> pd.DataFrame:
        """Return the pairs that lead to a destination of one of :data:`NEAREST_KEYS`."""
        chosen = _is_of(self.targets, key)[self.pairs["target"].to_numpy()]
        pairs: pd.DataFrame = self.pairs[chosen]
        if key != LINKED:
            return pairs
        space, target = pairs["space"].to_numpy(), pairs["target"].to_numpy()
        return pairs.loc[self._is_linked(space, target)]

    def has_university(self, closed: frozenset[str] = frozenset()) -> NDArray[np.bool_]:
        """Return whether a destination of each space's universities is registered at all.

        Parameters
        ----------
        closed
            Universities that are registered although nothing of them can be entered.
        """
        every = closed.union(*self.targets["whose"])
        return np.array([bool(own & every) for own in self.whose], dtype=np.bool_)

    def _is_linked(self, space: NDArray[np.intp], target: NDArray[np.intp]) -> NDArray[np.bool_]:
        ours, our = _coded(self.whose)
        theirs, their = _coded(self.targets["whose"])
        shared = np.array([[bool(a & b) for b in theirs] for a in ours], dtype=np.bool_)
        shared = shared.reshape(len(ours), len(theirs))
        return shared[our[space], their[target]]


def campuses_by_gates(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the destinations with every campus that has a gate left out.

    A gate without a university takes that of its campus; a gate that names neither campus
    nor university is no gate of a campus and left out too.

    Parameters
    ----------
    table
        As in :class:`geo.access.linkage.Destinations`.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows that count, ordered by kind and id, with ``estimate`` and ``whose``.
    """
    table = table[located(table.geometry)]
    table = table.sort_values(["kind", "id"], kind="stable", ignore_index=True)
    gate, campus = table["kind"] == "gate", table["kind"] == "campus"
    named = table[campus].set_index("id")["university"]
    own = table["university"].astype("object").where(table["university"].notna())
    whose = own.fillna(table["campus_id"].map(named).where(gate))
    gated = campus & table["id"].isin(table.loc[gate, "campus_id"].dropna())
    strange = gate & table["campus_id"].isna() & whose.isna()
    rough = table["basis"].isin(["point", "place"])
    table = table.assign(
        whose=[universities(text) for text in whose],
        estimate=np.where(campus, np.where(rough, _ESTIMATED_POINT, _ESTIMATED_AREA), 0),
    )
    return table[~(gated | strange)].reset_index(drop=True)


def reach(
    spaces: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    surroundings: Surroundings,
    parameters: AccessParameters,
) -> Reached:
    """Walk from every space to all destinations that decide, and to the nearest of each kind.

    The thresholds need only what is near. Where a space finds nothing of a kind there, the
    search widens for that place alone.

    Parameters
    ----------
    spaces
        Geometry in a metric CRS; optional ``university``. Spaces that are not located have
        no walks.
    table
        As in :class:`geo.access.linkage.Destinations`.
    surroundings, parameters
        As in :func:`geo.access.walks.walks`.

    Returns
    -------
    Reached
        The walks; a pair may be in it that decides nothing.
    """
    targets = campuses_by_gates(table)
    is_there = np.flatnonzero(located(spaces.geometry))
    centres = shapely.get_coordinates(shapely.centroid(spaces.geometry.to_numpy()[is_there]))
    # Several parks may hold space in one building: its walks are found once.
    xy, origin = np.unique(centres, axis=0, return_inverse=True)
    origins = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=spaces.crs)
    rows = pd.DataFrame({"space": is_there, "origin": origin.reshape(-1)})
    reached = Reached(_no_pairs(), targets, links_of(spaces))
    lacking, wanted = np.arange(len(origins)), np.ones(len(targets), dtype=np.bool_)
    found = _no_pairs().rename(columns={"space": "origin"})
    for most_m in _searches(parameters):
        more = walks(
            origins.iloc[lacking], targets.geometry[wanted], surroundings, parameters, most_m=most_m
        )
        found = pd.concat([found, more]) if len(found) else more
        found = found.drop_duplicates(["origin", "target"])
        pairs = rows.merge(found, on="origin").sort_values(["space", "target"], ignore_index=True)
        reached = Reached(pairs.drop(columns="origin"), targets, reached.whose)
        lacking, wanted = _lacking(reached, rows)
        if not lacking.size:
            break
    return reached


def decide(
    reached: Reached, key: str, limit_m: float, parameters: AccessParameters
) -> pd.DataFrame:
    """Return the destination of one kind that decides for each space that has any.

    Parameters
    ----------
    reached
        The walks.
    key
        One of :data:`NEAREST_KEYS`.
    limit_m
        Longest walk that meets the condition, metres; infinite for no condition.
    parameters
        ``detour`` and ``campus_radius_m`` are used.

    Returns
    -------
    pandas.DataFrame
        Index: positions of spaces. ``target`` (position), ``straight_m``, ``walk_m``,
        ``way`` and ``state``; ``nearer`` and ``nearer_m``: position and walk of the nearest
        destination, missing if it is the one that decides. A nearer one has a worse state:
        only estimated where the other is sure, or beyond the threshold.
    """
    pairs = reached.of(key)
    estimate = reached.targets["estimate"].to_numpy()[pairs["target"].to_numpy()]
    rank = _ranks(pairs, estimate, limit_m, parameters)
    order = pairs.assign(rank=rank).sort_values(
        ["space", "rank", "walk_m", "straight_m", "target"], na_position="last"
    )
    first = order.drop_duplicates("space").set_index("space")
    state = np.array(STATES, dtype=object)[first["rank"].to_numpy(dtype=np.intp)]
    return first.drop(columns="rank").assign(state=state, **_nearer(pairs, first))


def _nearer(pairs: pd.DataFrame, first: pd.DataFrame) -> dict[str, pd.Series[float]]:
    """Return the nearest destination of each space, if it is another than the deciding one."""
    known = pairs[pairs["walk_m"].notna()].sort_values(["space", "walk_m", "target"])
    nearest = known.drop_duplicates("space").set_index("space").reindex(first.index)
    is_nearer = first["walk_m"] - nearest["walk_m"] > COORDINATE_TOLERANCE_M
    return {
        "nearer": nearest["target"].astype("float64").where(is_nearer),
        "nearer_m": nearest["walk_m"].where(is_nearer),
    }


def within(pairs: pd.DataFrame, limit_m: float, parameters: AccessParameters) -> pd.DataFrame:
    """Return which pairs are within a walk: ``sure`` and, behind a barrier, ``perhaps``."""
    limit_m += COORDINATE_TOLERANCE_M
    blocked = pairs["walk_m"].isna()
    near = parameters.detour * pairs["straight_m"] <= limit_m
    return pd.DataFrame({"sure": pairs["walk_m"] <= limit_m, "perhaps": blocked & near})


def _ranks(
    pairs: pd.DataFrame,
    estimate: NDArray[np.int_],
    limit_m: float,
    parameters: AccessParameters,
) -> NDArray[np.intp]:
    """Return the state of every pair as a position in :data:`STATES`.

    A campus known by its outline alone has no gate nearer than the outline; one known by a
    point may have one as near as its radius.
    """
    near = within(pairs, limit_m, parameters)
    slack_m = parameters.detour * parameters.campus_radius_m
    wider = within(pairs, limit_m + slack_m, parameters)
    rough = (estimate == _ESTIMATED_POINT) & (wider["sure"] | wider["perhaps"])
    states = [near["sure"] & (estimate == 0), near["sure"], near["perhaps"] | rough]
    ranks = [STATES.index(state) for state in (YES, ESTIMATED, UNKNOWN)]
    return np.asarray(np.select(states, ranks, STATES.index(NO)), dtype=np.intp)


def _searches(parameters: AccessParameters) -> tuple[float, float, float]:
    """Return how far is looked at first, and how far if nothing is found there."""
    slack_m = parameters.detour * parameters.campus_radius_m
    most_m = max(
        parameters.gate_m + slack_m,
        parameters.rail_far_m,
        parameters.community_m,
    )
    return most_m, _WIDER * most_m, math.inf


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "space": pd.Series(dtype=np.intp),
            "target": pd.Series(dtype=np.intp),
            "straight_m": pd.Series(dtype=np.float64),
            "walk_m": pd.Series(dtype=np.float64),
            "way": pd.Series(dtype="category"),
        }
    )


def _is_of(targets: gpd.GeoDataFrame, key: str) -> NDArray[np.bool_]:
    """Return which destinations a key asks for."""
    if key in GROUPS:
        return np.asarray((targets["kind"] == "facility") & (targets["group"] == key), np.bool_)
    key = "any_gate" if key == LINKED else key
    return np.asarray(targets["kind"].replace(_KEY_OF_KIND) == key, dtype=np.bool_)


def _lacking(reached: Reached, rows: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the places that lack the nearest of a kind, and the destinations to look at."""
    lacking: set[int] = set()
    wanted = np.zeros(len(reached.targets), dtype=np.bool_)
    linked = reached.has_university()
    for key in NEAREST_KEYS:
        chosen = _is_of(reached.targets, key)
        spaces = rows[linked[rows["space"]]] if key == LINKED else rows
        pairs = reached.of(key)
        served = pairs.loc[pairs["walk_m"].notna(), "space"]
        missing = spaces.loc[~spaces["space"].isin(served), "origin"]
        if chosen.any() and len(missing):
            lacking.update(missing)
            wanted |= chosen
    return np.array(sorted(lacking), dtype=np.intp), wanted


def _coded(sets: Iterable[frozenset[str]]) -> tuple[list[frozenset[str]], NDArray[np.intp]]:
    """Return the different sets and which of them each is."""
    number: dict[frozenset[str], int] = {}
    codes = [number.setdefault(one, len(number)) for one in sets]
    return list(number), np.array(codes, dtype=np.intp)
