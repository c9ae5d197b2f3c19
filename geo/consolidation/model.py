"""Formulate 建模: a consolidation problem as a mixed integer linear programme.

A generalised assignment of units to vacant spaces with a fixed charge for every
presence of a park at a site; Giannikos, El-Darzi and Lees (1995) place the offices of
a university in a like way. All columns are 0 or 1:

- ``x``, one a pair: the unit moves to the host;
- ``v``, one a park and site: the park is present there afterwards;
- ``w``, one a park and site that could take a unit of it: it receives one there;
- ``g``, one a park and possible middle of an anchor, where anchors are counted.

The numbers of the rows are those of ``docs/consolidation.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from geo.consolidation.anchors import cover
from geo.consolidation.anchors import possible_middles
from geo.consolidation.bounds import bounds_of
from geo.consolidation.bounds import presence_caps
from geo.consolidation.problem import PRESENCE
from geo.consolidation.problem import move_places
from geo.consolidation.problem import moves_made
from geo.consolidation.problem import zone_gains

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_HALF = 0.5
# Rows are kept to this, as the solver keeps them.
_ROUNDING = 1e-8


@dataclass(frozen=True, slots=True)
class Model:
    """A programme: rows between two bounds, columns that are 0 or 1.

    Attributes
    ----------
    problem
        What it is made from.
    rows
        Coefficients, shape (rows, columns).
    row_lower, row_upper
        Bounds of the rows.
    lower, upper
        Bounds of the columns.
    presences, cost_wan, zone_m2
        What each column adds to the number of presences, to the cost, and to the floor
        area in zones beyond that of today.
    columns
        Where each kind of column stands.
    places
        Park and site of each column ``v``.
    receiving
        Park and site of each column ``w``.
    middles
        Park, site in the middle and sites around it of each column ``g``.
    stays
        Row in `places` of where each unit is today, shape (units,).
    into
        Row in `receiving` of where each pair goes, shape (pairs,).
    receiving_place
        Row in `places` of each row of `receiving`.
    """

    problem: Problem
    rows: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    presences: Floats
    cost_wan: Floats
    zone_m2: Floats
    columns: Mapping[str, slice]
    places: pd.MultiIndex
    receiving: pd.MultiIndex
    middles: pd.DataFrame
    stays: Places
    into: Places
    receiving_place: Places

    def vector(self, host: Places) -> Floats:
        """Return a plan as values of the columns, shape (columns,).

        Parameters
        ----------
        host
            Row of the host of each unit, -1 for a unit that stays; shape (units,).
        """
        values = np.zeros(self.lower.size)
        moves = moves_made(self.problem, host)
        values[self.columns["x"]] = moves
        received = np.unique(self.into[moves])
        values[self.columns["w"].start + received] = 1.0
        values[self.columns["v"].start + self.receiving_place[received]] = 1.0
        values[self.columns["v"].start + self.stays[host < 0]] = 1.0
        if len(self.middles):
            taken = self.receiving[received].to_frame(index=False)
            values[self.columns["g"]] = self._chosen_middles(taken)
        return np.clip(values, self.lower, self.upper)

    def assignment(self, values: Floats) -> Places:
        """Return a plan from values of the columns, see :meth:`vector`."""
        pairs = self.problem.pairs
        chosen = values[self.columns["x"]] > _HALF
        host = np.full(len(self.problem.units), -1, dtype=np.intp)
        host[pairs["unit"].to_numpy()[chosen]] = pairs["host"].to_numpy()[chosen]
        return host

    def keeps(self, host: Places) -> bool:
        """Tell whether a plan keeps every row and all that is settled."""
        if host.shape != (len(self.problem.units),):
            return False
        values = self.vector(host)
        if not (self.assignment(values) == host).all():
            return False
        sums = self.rows @ values
        above, below = sums >= self.row_lower - _ROUNDING, sums <= self.row_upper + _ROUNDING
        return bool(above.all() and below.all())

    def _chosen_middles(self, received: pd.DataFrame) -> Floats:
        """Return middles that cover the sites that receive, fixed ones among them."""
        chosen = self.lower[self.columns["g"]].copy()
        around, parks = self.middles["around"].tolist(), self.middles["park_id"].to_numpy()
        for park, sites in received.groupby("park_id")["site"].agg(set).items():
            own = np.flatnonzero(parks == park)
            settled = own[chosen[own] > 0]
            left = sites.difference(*(around[row] for row in settled))
            more = cover(
                left, [around[row] for row in own], self.problem.limits.anchors - settled.size
            )
            chosen[own[list(more or ())]] = 1.0
        return chosen


def formulate(problem: Problem, *, cuts: bool = True) -> Model:
    """Write a problem as a programme.

    Parameters
    ----------
    problem
        The problem.
    cuts
        Whether rows (8) are added: they shut out no plan, and let the solver see
        sooner that there is none with fewer presences.

    Returns
    -------
    Model
        The rows do not say what is sought; :mod:`geo.consolidation.solve` does.
    """
    layout = _lay_out(problem)
    columns = layout.columns
    rows = _Rows(columns["g"].stop)
    _assign(rows, layout)
    _limit(rows, problem)
    if problem.limits.anchors:
        _anchor(rows, layout)
    if cuts:
        _strengthen(rows, layout)
    matrix, row_lower, row_upper = rows.built()
    lower, upper = _column_bounds(layout)
    presences, cost, zone = (np.zeros(lower.size) for _ in range(3))
    presences[columns["v"]] = 1.0
    cost[columns["x"]] = problem.pairs["cost_wan"]
    zone[columns["x"]] = zone_gains(problem)
    return Model(
        rows=matrix,
        row_lower=row_lower,
        row_upper=row_upper,
        lower=lower,
        upper=upper,
        presences=presences,
        cost_wan=cost,
        zone_m2=zone,
        **layout._asdict(),
    )


class _Layout(NamedTuple):
    """Where the columns stand and what they are about; see :class:`Model`."""

    problem: Problem
    columns: Mapping[str, slice]
    places: pd.MultiIndex
    receiving: pd.MultiIndex
    middles: pd.DataFrame
    stays: Places
    into: Places
    receiving_place: Places


def _lay_out(problem: Problem) -> _Layout:
    to = pd.MultiIndex.from_frame(move_places(problem))
    receiving = to.unique().sort_values()
    own = pd.MultiIndex.from_frame(problem.presences)
    places = own.union(receiving).sort_values()
    middles = _middles(problem, receiving)
    sizes = {"x": len(to), "v": len(places), "w": len(receiving), "g": len(middles)}
    ends = [0, *np.cumsum(list(sizes.values())).tolist()]
    return _Layout(
        problem=problem,
        columns={kind: slice(*ends[i : i + 2]) for i, kind in enumerate(sizes)},
        places=places,
        receiving=receiving,
        middles=middles,
        stays=places.get_indexer(pd.MultiIndex.from_frame(problem.units[PRESENCE])),
        into=receiving.get_indexer(to),
        receiving_place=places.get_indexer(receiving),
    )


class _Rows:
    """Rows of a programme while they are collected."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._count = 0
        self._parts: list[tuple[Places, Places, Floats]] = []
        self._bounds: list[tuple[Floats, Floats]] = []

    def add(
        self,
        parts: list[tuple[ArrayLike, ArrayLike, ArrayLike]],
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        *,
        count: int = 1,
    ) -> None:
        """Add `count` rows; a part gives row, column and coefficient of its entries."""
        for part in parts:
            row, column, value = np.broadcast_arrays(*part)
            at = row.astype(np.intp) + self._count
            self._parts.append((at, column.astype(np.intp), value.astype(np.float64)))
        low, high = (np.broadcast_to(np.asarray(b, np.float64), count) for b in (lower, upper))
        self._bounds.append((low, high))
        self._count += count

    def built(self) -> tuple[sp.csr_array, Floats, Floats]:
        """Return coefficients and bounds; entries of one place add up."""
        shape = (self._count, self._columns)
        if not self._parts:
            return sp.csr_array(shape), np.empty(0), np.empty(0)
        row, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        lower, upper = (np.concatenate(bound) for bound in zip(*self._bounds, strict=True))
        return sp.csr_array(sp.coo_array((value, (row, column)), shape=shape)), lower, upper


def _middles(problem: Problem, receiving: pd.MultiIndex) -> pd.DataFrame:
    """Return the possible middles of the anchors of each park."""
    found: list[tuple[str, str, frozenset[str]]] = []
    if problem.limits.anchors:
        can_receive = receiving.to_frame(index=False).groupby("park_id")["site"].agg(frozenset)
        for park, sites in can_receive.items():
            middles = possible_middles(problem, str(park), sites)
            found += [(str(park), middle, around) for middle, around in middles.items()]
    return pd.DataFrame(found, columns=["park_id", "site", "around"])


def _assign(rows: _Rows, layout: _Layout) -> None:
    """Add rows (1) to (3): each unit once, hosts not overfull, presences where units are."""
    problem = layout.problem
    unit, host = problem.pairs["unit"].to_numpy(), problem.pairs["host"].to_numpy()
    x = np.arange(len(unit))
    v, w = layout.columns["v"].start, layout.columns["w"].start
    units, hosts = len(problem.units), len(problem.hosts)
    rows.add([(unit, x, 1.0)], upper=1.0, count=units)
    every = np.arange(units)
    rows.add([(unit, x, 1.0), (every, v + layout.stays, 1.0)], lower=1.0, count=units)
    # Divided by the capacity, so that the solver's tolerance is a share of it.
    rows.add([(host, x, _filled_share(problem))], upper=1.0, count=hosts)
    moves, first = _numbered(unit, layout.into)
    received = w + layout.into[first]
    rows.add(
        [(moves, x, 1.0), (np.arange(first.size), received, -1.0)], upper=0.0, count=first.size
    )
    each = np.arange(len(layout.receiving))
    rows.add(
        [(each, w + each, 1.0), (each, v + layout.receiving_place, -1.0)],
        upper=0.0,
        count=each.size,
    )


def _filled_share(problem: Problem) -> Floats:
    """Return the share of its host that each pair fills."""
    unit, host = problem.pairs["unit"].to_numpy(), problem.pairs["host"].to_numpy()
    needed = problem.units["area_m2"].to_numpy(np.float64)[unit] * problem.limits.area_ratio
    capacity = problem.hosts["capacity_m2"].to_numpy(np.float64)[host]
    empty = np.where(needed > 0, 2.0, 0.0)  # a host without room takes only what needs none
    return np.asarray(np.divide(needed, capacity, out=empty, where=capacity > 0))


def _numbered(one: Places, other: Places) -> tuple[Places, Places]:
    """Return a number from 0 for each different pair of two codes, and where each first is."""
    code = one * (other.max(initial=0) + 1) + other
    _codes, first, number = np.unique(code, return_index=True, return_inverse=True)
    return number.astype(np.intp), first.astype(np.intp)


def _limit(rows: _Rows, problem: Problem) -> None:
    """Add rows (4) and (5): the budget, and the floor area that moves in one year."""
    unit = problem.pairs["unit"].to_numpy()
    x = np.arange(len(unit))
    limits = problem.limits
    if limits.budget_wan is not None and x.size:
        rows.add([(0, x, problem.pairs["cost_wan"])], upper=limits.budget_wan)
    if limits.yearly_m2 is not None and x.size:
        area = problem.units["area_m2"].to_numpy(np.float64)[unit]
        years = pd.factorize(problem.units["year"].to_numpy()[unit], sort=True)[0]
        rows.add([(years, x, area)], upper=limits.yearly_m2, count=int(years.max()) + 1)


def _anchor(rows: _Rows, layout: _Layout) -> None:
    """Add rows (6): a park receives only around its anchors, and has few of them."""
    w, g = layout.columns["w"].start, layout.columns["g"].start
    middles, receiving = layout.middles, layout.receiving
    reached = middles.explode("around").dropna(subset="around")
    site = receiving.get_indexer(
        pd.MultiIndex.from_frame(reached[["park_id", "around"]], names=PRESENCE)
    )
    each = np.arange(len(receiving))
    rows.add(
        [(each, w + each, 1.0), (site, g + reached.index.to_numpy(), -1.0)],
        upper=0.0,
        count=each.size,
    )
    park, _names = pd.factorize(middles["park_id"])
    if park.size:
        number = g + np.arange(park.size)
        rows.add(
            [(park, number, 1.0)], upper=layout.problem.limits.anchors, count=int(park.max()) + 1
        )


def _strengthen(rows: _Rows, layout: _Layout) -> None:
    """Add rows (8), which every plan keeps."""
    problem, places, into = layout.problem, layout.places, layout.into
    v, w = layout.columns["v"].start, layout.columns["w"].start
    known = presence_caps(problem)
    bound = bounds_of(known, problem)
    park = bound.index.get_indexer(places.get_level_values("park_id"))
    every = np.arange(len(places))
    rows.add([(park, v + every, 1.0)], lower=bound.to_numpy(), count=len(bound))
    caps = known.set_index(PRESENCE)["cap_m2"].reindex(places).to_numpy()
    total = problem.units.groupby("park_id")["area_m2"].sum().reindex(bound.index)
    # As shares of what the park has.
    share = np.divide(caps, total.to_numpy()[park], out=np.zeros(park.size), where=caps > 0)
    rows.add([(park, v + every, share)], lower=total.gt(0).to_numpy(float), count=len(bound))
    number, first = _numbered(into, problem.pairs["host"].to_numpy())
    most = _most_filled(problem)[first]
    rows.add(
        [
            (number, np.arange(number.size), _filled_share(problem)),
            (np.arange(first.size), w + into[first], -most),
        ],
        upper=0.0,
        count=first.size,
    )


def _most_filled(problem: Problem) -> Floats:
    """Return how much of a host the park of each pair can fill at most, as a share."""
    unit, host = problem.pairs["unit"].to_numpy(), problem.pairs["host"].to_numpy()
    park = problem.units["park_id"]
    total = park.map(problem.units.groupby("park_id")["area_m2"].sum()).to_numpy(np.float64)
    capacity = problem.hosts["capacity_m2"].to_numpy(np.float64)[host]
    needed = total[unit] * problem.limits.area_ratio
    filled = np.divide(needed, capacity, out=np.ones(needed.size), where=capacity > 0)
    return np.asarray(np.minimum(filled, 1.0))


def _column_bounds(layout: _Layout) -> tuple[Floats, Floats]:
    """Return the bounds of the columns: what is settled is 0 or 1 from the start."""
    problem, columns, middles = layout.problem, layout.columns, layout.middles
    size = columns["g"].stop
    lower, upper = np.zeros(size), np.ones(size)
    held = problem.units.loc[~problem.movable, PRESENCE]
    lower[columns["v"]] = layout.places.isin(pd.MultiIndex.from_frame(held))
    pinned = problem.pairs["unit_id"].map(problem.pinned)
    x = lower[columns["x"]]
    x[(pinned == problem.pairs["host_id"]).to_numpy()] = 1.0
    fixed = {(park, site) for park, sites in problem.fixed_anchors.items() for site in sites}
    lower[columns["g"]] = [
        place in fixed for place in zip(middles["park_id"], middles["site"], strict=True)
    ]
    return lower, upper
