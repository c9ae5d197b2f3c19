"""Steps of the frontier: plans with their numbers, and what is proven about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.problem import moves_made
from geo.consolidation.problem import presences_after
from geo.consolidation.solve import relative_gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem
    from geo.consolidation.solve import Status

    Plan = NDArray[np.intp]

WAN, M2 = 1e-4, 1e-3
"""Two plans are equally good if they differ by less: a yuan, a thousandth of a m²."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One plan of the frontier.

    Attributes
    ----------
    presences
        How many it leaves.
    cost_wan
        What all its moves cost, 万元.
    in_zone_area_m2
        Floor area in the zones after it, m².
    moved_area_m2, moves
        Floor area and number of the units that move.
    status
        ``optimal``: no plan with so few presences costs less.
    gap
        How far from `bound_wan`, as a share of the cost.
    bound_wan
        No plan with so few presences costs less than this: proven.
    seconds
        Spent on it.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).
    """

    presences: int
    cost_wan: float
    in_zone_area_m2: float
    moved_area_m2: float
    moves: int
    status: Status
    gap: float
    bound_wan: float
    seconds: float
    host: Plan


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """What fewer presences cost.

    Attributes
    ----------
    presences_before
        Presences today.
    capacity_bound
        Fewest presences by room alone, see
        :func:`geo.consolidation.bounds.capacity_bounds`.
    lower_bound
        No plan has fewer presences: proven.
    status, gap
        Of the search for the fewest presences; ``infeasible`` if what is settled cannot
        all be kept, and then there are no steps.
    steps
        Plans with fewer and fewer presences at higher and higher cost, beginning with
        the one in which only what is settled moves.
    zone_steps
        Plans with more floor area in zones than the step with as many presences.
    """

    presences_before: int
    capacity_bound: int
    lower_bound: int
    status: Status
    gap: float
    steps: tuple[Step, ...]
    zone_steps: tuple[Step, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a step, with what each presence and m² costs more than the step before."""
        return frontier_table(self.steps)


def frontier_table(steps: Sequence[Step]) -> pd.DataFrame:
    """Return the numbers of steps, and what each adds to the one before.

    Returns
    -------
    pandas.DataFrame
        The numbers of :class:`Step`, ``marginal_wan_per_site`` (cost more over presences
        fewer) and ``marginal_wan_per_m2`` (cost more over floor area moved more), 万元;
        missing for the first step, where no presence is given up and where nothing more moves.
    """
    names = [name for name in Step.__dataclass_fields__ if name != "host"]
    table = pd.DataFrame([{n: getattr(s, n) for n in names} for s in steps], columns=names)
    more = table["cost_wan"].diff()
    area = table["moved_area_m2"].diff()
    fewer = -table["presences"].diff()
    table.insert(5, "marginal_wan_per_site", (more / fewer).where(fewer > 0))
    table.insert(6, "marginal_wan_per_m2", (more / area).where(area > 0))
    return table


def measure(problem: Problem, host: Plan, status: Status, bound_wan: float, seconds: float) -> Step:
    """Return a plan with its numbers.

    Parameters
    ----------
    problem
        The problem.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).
    status, bound_wan, seconds
        What the solver said of it.
    """
    moved = host >= 0
    cost = float(problem.pairs["cost_wan"].to_numpy(np.float64)[moves_made(problem, host)].sum())
    area = problem.units["area_m2"].to_numpy(np.float64)
    share = problem.units["zone_share"].to_numpy(np.float64, copy=True)
    share[moved] = problem.hosts["zone_share"].to_numpy(np.float64)[host[moved]]
    gap = relative_gap(cost, bound_wan)
    return Step(
        presences=len(presences_after(problem, host)),
        cost_wan=cost,
        in_zone_area_m2=float((area * share).sum()),
        moved_area_m2=float(area[moved].sum()),
        moves=int(moved.sum()),
        # What reaches the bound is proven, however the search for it ended.
        status="optimal" if gap == 0.0 else status,
        gap=gap,
        bound_wan=min(bound_wan, cost),
        seconds=seconds,
        host=host,
    )


def not_dominated(steps: Sequence[Step]) -> list[Step]:
    """Leave out steps that a later one, with fewer presences, does not cost more than."""
    kept: list[Step] = []
    for step in reversed(steps):
        if not kept or step.cost_wan < kept[-1].cost_wan - WAN:
            kept.append(step)
    return kept[::-1]


def not_beaten(steps: Sequence[Step], others: Sequence[Step]) -> list[Step]:
    """Return the steps that none of both beats in presences, cost and area in zones."""
    everything = np.array([_criteria(step) for step in (*steps, *others)])
    kept: list[Step] = []
    for step in steps:
        told = [_criteria(other) for other in (*others, *kept)]
        if _criteria(step) not in told and not beaten(np.array(_criteria(step)), everything):
            kept.append(step)
    return kept


def _criteria(step: Step) -> tuple[float, float, float]:
    return (step.presences, round(step.cost_wan, 4), round(step.in_zone_area_m2, 3))


def beaten(row: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Tell whether another row is as good in every way and better in one."""
    gain = (row - others) * [1.0, 1.0, -1.0]
    slack = np.array([0.0, WAN, M2])
    return bool(((gain >= -slack).all(axis=1) & (gain > slack).any(axis=1)).any())
