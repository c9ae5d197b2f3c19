"""Sets of new objects that make the most floor area threefold: greedily, and exactly.

The exact set is a maximal covering problem (Church and ReVelle, Papers of the Regional Science
Association 32, 1974) in which a space counts only when all of its conditions are met. It is
solved by HiGHS through SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds
from scipy.optimize import LinearConstraint
from scipy.optimize import milp
from scipy.sparse import coo_array
from scipy.sparse import csr_array

from geo.access.parameters import GROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult

FACTS = ("campus", "rail", *GROUPS)
"""What one more object can make true for a space."""

CAMPUS, RAIL, FIRST_GROUP = 0, 1, 2
"""Positions in :data:`FACTS`."""

TIME_LIMIT_S = 20.0
_OPTIMAL = 0
_HALF = 0.5
_SLACK_M2 = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Which facts each candidate makes true, and which hold already.

    Attributes
    ----------
    area_m2
        Floor area of each space; 0 where it is unknown, shape (spaces,).
    holds
        Which facts hold, shape (spaces, facts).
    gained
        Which facts a candidate adds, shape (candidates, spaces × facts).
    least_groups
        How many groups make the condition of the neighbourhood.
    """

    area_m2: NDArray[np.float64]
    holds: NDArray[np.bool_]
    gained: csr_array
    least_groups: int

    def with_sets(self, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which facts hold with some candidates."""
        added = np.asarray(self.gained[chosen].sum(axis=0)).reshape(self.holds.shape) > 0
        return self.holds | added

    def touched(
        self, holds: NDArray[np.bool_], one: int
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return the spaces that a candidate adds a fact to, and what then holds for them."""
        first, last = self.gained.indptr[one : one + 2]
        space, fact = np.divmod(self.gained.indices[first:last], len(FACTS))
        own, row = np.unique(space, return_inverse=True)
        after = holds[own]
        after[row, fact] = True
        return own, after

    def gain(self, holds: NDArray[np.bool_], one: int) -> tuple[float, float, float]:
        """Return what one candidate more adds to each of the three of :meth:`value`."""
        own, after = self.touched(holds, one)
        area, before = self.area_m2[own], holds[own]
        was, now = self.conditions(before), self.conditions(after)
        threefold = float(area[now.all(axis=1) & ~was.all(axis=1)].sum())
        conditions = now.sum(axis=1) - was.sum(axis=1)
        return threefold, float(area @ conditions), float(area @ (after & ~before).sum(axis=1))

    def conditions(self, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of the three conditions are met, shape (spaces, 3)."""
        groups = holds[:, FIRST_GROUP:].sum(axis=1) >= self.least_groups
        return np.column_stack([holds[:, CAMPUS], holds[:, RAIL], groups])

    def value(self, holds: NDArray[np.bool_]) -> tuple[float, float, float]:
        """Return floor area linked threefold, of all conditions met, and of all facts."""
        met = self.conditions(holds)
        threefold = float(self.area_m2[met.all(axis=1)].sum())
        return threefold, float(self.area_m2 @ met.sum(axis=1)), float(self.area_m2 @ holds.sum(1))


def greedy_set(effects: Effects, useful: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return the set that takes the best next one each time."""
    chosen: list[int] = []
    holds = effects.holds.copy()
    for _step in range(count):
        best, gain = -1, (0.0, 0.0, 0.0)
        for one in useful:
            added = effects.gain(holds, int(one))
            if added > gain:
                best, gain = int(one), added
        if best < 0:
            break
        chosen.append(best)
        own, after = effects.touched(holds, best)
        holds[own] = after
    return np.array(chosen, dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A set of candidates that an integer program found.

    Attributes
    ----------
    chosen
        Positions of the candidates.
    bound_m2
        No set of as many gives more threefold floor area.
    proven
        Whether the solver says that this one is the best.
    """

    chosen: NDArray[np.intp]
    bound_m2: float
    proven: bool


def exact_set(
    effects: Effects,
    useful: NDArray[np.intp],
    count: int,
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> Exact:
    """Return the set of at most `count` candidates with the most threefold floor area.

    Parameters
    ----------
    effects
        What candidates make true.
    useful
        Positions of the candidates that may be chosen.
    count
        How many at most.
    time_limit_s
        Seconds; after them the best set so far is returned, not proven.

    Notes
    -----
    Variables: x (a candidate stands), f (a fact of a space holds, at most 1), z (a space is
    threefold). f ≤ (holds already) + Σ x of the candidates that add it; z ≤ f of campus and
    of rail; least_groups · z ≤ Σ f of the groups; Σ x ≤ count. Only x and z are whole
    numbers; with them whole, f can be.
    """
    open_ones = np.flatnonzero(~effects.conditions(effects.holds).all(axis=1))
    base, most_m2 = effects.value(effects.holds)[0], float(effects.area_m2.sum())
    useful = _undominated(effects, useful, open_ones)
    if not useful.size:
        return Exact(np.empty(0, dtype=np.intp), base, proven=True)
    program = _Program(effects, useful, open_ones)
    limits = program.constraints(count)
    result = program.solved(program.cost(), limits, time_limit_s)
    if result.x is None:
        return Exact(np.empty(0, dtype=np.intp), most_m2, proven=False)
    best, bound = result.x, min(most_m2, base - float(result.mip_dual_bound))
    if result.status != _OPTIMAL:
        return Exact(useful[np.flatnonzero(best[: useful.size] > _HALF)], bound, proven=False)
    # Of sets that are as good, the one that makes the most single facts true.
    cost = program.cost()
    kept = LinearConstraint(cost[None, :], -np.inf, cost @ np.round(best) + _SLACK_M2)
    second = program.solved(program.cost_of_facts(), [*limits, kept], time_limit_s)
    if second.x is not None and second.status == _OPTIMAL:
        best = second.x
    return Exact(useful[np.flatnonzero(best[: useful.size] > _HALF)], bound, proven=True)


def _undominated(
    effects: Effects, useful: NDArray[np.intp], open_ones: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the candidates of which no other one adds the same and more.

    In any set one that adds less can be replaced by one that adds all of it, so some best
    set has only these. Of candidates that add the same, the first stays.
    """
    counted = open_ones[effects.area_m2[open_ones] > 0]
    wanted = (counted[:, None] * len(FACTS) + np.arange(len(FACTS))).ravel()
    adds = effects.gained[useful][:, wanted]
    size = np.asarray(adds.sum(axis=1)).ravel()
    shared = coo_array(adds @ adds.T)
    one, other = shared.coords
    more = (size[other] > size[one]) | ((size[other] == size[one]) & (other < one))
    dominated = one[(shared.data == size[one]) & more]
    return useful[(size > 0) & ~np.isin(np.arange(useful.size), dominated)]


class _Program:
    """The integer program of a set: x, then f of the open spaces, then z."""

    def __init__(
        self, effects: Effects, useful: NDArray[np.intp], open_ones: NDArray[np.intp]
    ) -> None:
        self._effects, self._useful, self._open = effects, useful, open_ones
        self._facts = open_ones.size * len(FACTS)

    def cost(self) -> NDArray[np.float64]:
        area = self._effects.area_m2[self._open]
        return np.concatenate([np.zeros(self._useful.size + self._facts), -area])

    def cost_of_facts(self) -> NDArray[np.float64]:
        area = np.repeat(self._effects.area_m2[self._open], len(FACTS))
        return np.concatenate([np.zeros(self._useful.size), -area, np.zeros(self._open.size)])

    def solved(
        self, cost: NDArray[np.float64], limits: list[LinearConstraint], time_limit_s: float
    ) -> OptimizeResult:
        return milp(
            cost,
            constraints=limits,
            integrality=self.whole(),
            bounds=Bounds(0.0, 1.0),
            options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
        )

    def whole(self) -> NDArray[np.int64]:
        ones = np.ones
        return np.concatenate(
            [ones(self._useful.size), np.zeros(self._facts), ones(self._open.size)]
        ).astype(np.int64)

    def constraints(self, count: int) -> list[LinearConstraint]:
        return [self._counted(count), self._reached(), *self._threefold()]

    def _counted(self, count: int) -> LinearConstraint:
        row = np.concatenate([np.ones(self._useful.size), np.zeros(self._facts + self._open.size)])
        return LinearConstraint(row[None, :], -np.inf, count)

    def _reached(self) -> LinearConstraint:
        """Return f − Σ x ≤ (holds already)."""
        width = len(FACTS)
        wanted = (self._open[:, None] * width + np.arange(width)).ravel()
        adds = self._effects.gained[self._useful][:, wanted].T
        left = -coo_array(adds)
        rows = np.arange(self._facts)
        row = np.concatenate([left.coords[0], rows])
        column = np.concatenate([left.coords[1], self._useful.size + rows])
        data = np.concatenate([left.data, np.ones(self._facts)])
        matrix = csr_array((data, (row, column)), shape=(self._facts, self._size))
        return LinearConstraint(matrix, -np.inf, self._effects.holds[self._open].ravel())

    def _threefold(self) -> list[LinearConstraint]:
        """Return z ≤ f of campus and rail, and least_groups · z ≤ Σ f of the groups."""
        spaces, width = self._open.size, len(FACTS)
        z = self._useful.size + self._facts + np.arange(spaces)
        first = self._useful.size + np.arange(spaces) * width
        groups = first[:, None] + np.arange(FIRST_GROUP, width)
        return [
            self._at_most(z, 1.0, first[:, None] + CAMPUS),
            self._at_most(z, 1.0, first[:, None] + RAIL),
            self._at_most(z, float(self._effects.least_groups), groups),
        ]

    def _at_most(
        self, z: NDArray[np.intp], times: float, facts: NDArray[np.intp]
    ) -> LinearConstraint:
        spaces, many = facts.shape
        row = np.concatenate([np.arange(spaces), np.repeat(np.arange(spaces), many)])
        column = np.concatenate([z, facts.ravel()])
        data = np.concatenate([np.full(spaces, times), -np.ones(spaces * many)])
        matrix = csr_array((data, (row, column)), shape=(spaces, self._size))
        return LinearConstraint(matrix, -np.inf, 0.0)

    @property
    def _size(self) -> int:
        return self._useful.size + self._facts + self._open.size
