"""The frontier 权衡曲线: for each number of presences, the plan that costs least.

An ε-constraint method (Haimes, Lasdon and Wismer 1971): presences are whole numbers,
so that one programme for each of them gives the whole staircase and no weights are
needed. A second bound, on the floor area in zones, gives plans that do more for the
zones with as few presences.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.neighbourhood import improve
from geo.consolidation.pareto import exact_pareto
from geo.consolidation.reduce import only_useful
from geo.consolidation.search import Search
from geo.consolidation.solve import Settings
from geo.consolidation.solve import relative_gap
from geo.consolidation.start import greedy_plans
from geo.consolidation.start import pinned_plan
from geo.consolidation.steps import M2
from geo.consolidation.steps import Frontier
from geo.consolidation.steps import Step
from geo.consolidation.steps import frontier_table
from geo.consolidation.steps import measure
from geo.consolidation.steps import not_beaten
from geo.consolidation.steps import not_dominated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem
    from geo.consolidation.search import Name
    from geo.consolidation.solve import Status
    from geo.consolidation.solve import Watch

    Plan = NDArray[np.intp]

__all__ = [
    "Frontier",
    "Step",
    "exact_pareto",
    "fewest_presences",
    "frontier_table",
    "solve_frontier",
]

# How much of the time goes into the fewest presences and is kept for the zones, and how
# much more than its even share a step may take: most need less.
_SHARE_OF_FEWEST = 0.4
_SHARE_OF_ZONES = 0.25
# Of the time for the fewest presences: the first try, and improving what it leaves.
_SHARE_OF_FIRST_TRY, _SHARE_OF_IMPROVING = 0.2, 0.4
_PATIENCE = 3.0


def solve_frontier(
    problem: Problem,
    settings: Settings | None = None,
    watch: Watch | None = None,
    *,
    previous: Sequence[Plan] = (),
    zone_levels: int = 0,
) -> Frontier:
    """Find the frontier of a problem.

    Parameters
    ----------
    problem
        The problem.
    settings
        Time, gap and threads.
    watch
        Told how far it is; returns False to stop. What was found until then is kept.
    previous
        Plans of an earlier answer to start from; those that break a limit are passed
        over.
    zone_levels
        How many levels of floor area in zones are tried for each step, from the fewest
        presences upwards until the time is over.

    Returns
    -------
    Frontier
        The plans and what is proven about them.
    """
    settings = settings or Settings()
    share = 1.0 - _SHARE_OF_ZONES if zone_levels else 1.0
    first = replace(settings, time_limit_s=share * settings.time_limit_s)
    stairs = _Staircase(problem, first, watch, previous)
    found = stairs.climb_down()
    if not found.steps or not zone_levels:
        return found
    useful = only_useful(problem, for_zones=True)
    # What the staircase left of its time is not spent on alternatives to it.
    settings = replace(first, time_limit_s=settings.time_limit_s - stairs.search.left_s)
    search = Search(useful, settings, watch, began=stairs.search.began)
    search.stopped = stairs.search.stopped
    return replace(found, zone_steps=tuple(_zone_steps(search, found.steps, zone_levels)))


def fewest_presences(
    problem: Problem, settings: Settings | None = None, watch: Watch | None = None
) -> Frontier:
    """Search only for the fewest presences, with all the time there is.

    Parameters
    ----------
    problem, settings, watch
        As in :func:`solve_frontier`.

    Returns
    -------
    Frontier
        With one step, the plan with the fewest presences that was found; no cost is
        proven.
    """
    return _Staircase(problem, settings or Settings(), watch, ()).climb_down(to_the_last=True)


class _Staircase:
    """The steps from today's presences down to the fewest."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        watch: Watch | None,
        previous: Sequence[Plan],
    ) -> None:
        self._problem = only_useful(problem)
        self.search = Search(self._problem, settings, watch)
        self._bound = int(capacity_bounds(problem).sum())
        # What cannot be of use leaves less room, and so a better bound to begin with.
        self._lower = int(capacity_bounds(self._problem).sum())
        able = np.zeros(len(problem.units), dtype=bool)
        able[self._problem.pairs["unit"].to_numpy()] = True
        for plan in previous:
            if plan.shape == able.shape:
                self.search.learn(np.where(able, plan, -1))

    def climb_down(self, *, to_the_last: bool = False) -> Frontier:
        """Search for the fewest presences, then for the cost of each number of them.

        Or of the last alone, which no programme is spent on.
        """
        before = len(self._problem.presences)
        base = pinned_plan(self._problem)
        if not self.search.model.keeps(base):
            return Frontier(before, self._bound, self._bound, "infeasible", math.nan, ())
        for plan in greedy_plans(self._problem):
            self.search.learn(plan)
        share = 1.0 if to_the_last else _SHARE_OF_FEWEST
        status = self._fewest(self.search.left_s * share)
        last = self.search.fewest_known()
        if to_the_last and last is not None:
            steps = [last]
        else:
            # What is settled costs what it costs: every other move only adds to it.
            first = measure(self._problem, base, "optimal", math.inf, 0.0)
            steps = not_dominated(self._steps(first))
        gap = relative_gap(steps[-1].presences, self._lower)
        return Frontier(
            presences_before=before,
            capacity_bound=self._bound,
            lower_bound=self._lower,
            status="optimal" if gap == 0.0 else self.search.unproven(status),
            gap=gap,
            steps=tuple(steps),
        )

    def _fewest(self, whole_s: float) -> Status:
        """Search for the fewest presences; keep the plans and the bound.

        What is not proven soon is improved park by park, and then tried again from there.
        """
        status = self._prove(whole_s * _SHARE_OF_FIRST_TRY)
        found = self.search.fewest_known()
        if status in {"optimal", "infeasible"} or self.search.over or found is None:
            return status
        better = improve(
            self.search.model,
            found.host,
            seconds=whole_s * _SHARE_OF_IMPROVING,
            going=lambda presences: self.search.tell(
                ("fewest", 0, 1, None), presences, self._lower
            ),
            enough=self._lower,
        )
        self.search.learn(better)
        return self._prove(whole_s * (1.0 - _SHARE_OF_FIRST_TRY - _SHARE_OF_IMPROVING))

    def _prove(self, seconds: float) -> Status:
        """Search for the fewest presences, from the best plan that is known."""
        search = self.search
        said = search.minimise(
            search.model.presences,
            [],
            search.fewest_known(),
            seconds,
            ("fewest", 0, 1, None),
            presolve=True,
        )
        self._lower = max(self._lower, int(said.bound))
        if said.columns is not None:
            search.learn(search.model.assignment(said.columns))
        return said.status

    def _steps(self, first: Step) -> list[Step]:
        """Return the cheapest plan found for each number of presences, downwards."""
        steps = [first]
        while (presences := steps[-1].presences - 1) >= self._lower:
            fewest = self.search.fewest_known()
            least = self._lower if fewest is None else fewest.presences
            ahead = max(presences - least + 1, 1)
            number = first.presences - presences
            name: Name = ("cost", number, number + ahead - 1, presences)
            step = self._cheapest(
                presences, steps[-1], _PATIENCE * self.search.left_s / ahead, name
            )
            if step is None:
                break
            steps.append(step)
        return steps

    def _cheapest(
        self, presences: int, before: Step, time_limit_s: float, name: Name
    ) -> Step | None:
        """Return the cheapest plan found with at most so many presences.

        Fewer presences cost no less: what the step `before` proved holds for this one.
        """
        start, search = self.search.cheapest_known(presences), self.search
        if search.over:
            status = search.unproven("time_limit")
            return start and measure(self._problem, start.host, status, before.bound_wan, 0.0)
        said = search.minimise(
            search.model.cost_wan, [search.at_most(presences)], start, time_limit_s, name
        )
        if said.status == "infeasible":
            self._lower = max(self._lower, presences + 1)
            return None
        bound = max(said.bound, before.bound_wan)
        found = search.step(said, bound)
        if found is not None:
            search.learn(found.host)
        elif start is not None:
            found = measure(self._problem, start.host, said.status, bound, said.seconds)
        return found


def _zone_steps(search: Search, steps: Sequence[Step], levels: int) -> list[Step]:
    """Return plans with more area in zones for the presences of each step, the fewest first."""
    found: list[Step] = []
    for number, step in enumerate(reversed(steps)):
        if search.over:
            break
        at_most = search.at_most(step.presences)
        share_s = search.left_s / (levels + 1)
        name: Name = ("zones", number + 1, len(steps), step.presences)
        most = search.minimise(-search.model.zone_m2, [at_most], step, share_s, name)
        top = search.step(most, 0.0)
        if top is None or top.in_zone_area_m2 <= step.in_zone_area_m2 + M2:
            continue
        for level in np.linspace(step.in_zone_area_m2, top.in_zone_area_m2, levels + 1)[1:]:
            rows = [at_most, search.in_zones(float(level) - M2)]
            said = search.minimise(search.model.cost_wan, rows, top, share_s, name)
            reached = search.step(said, said.bound)
            if reached is not None:
                found.append(reached)
    return not_beaten(found, steps)
