"""A search: the time it has, the plans it knows, and whom it tells how far it is."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from geo.consolidation.model import formulate
from geo.consolidation.solve import Progress
from geo.consolidation.solve import Row
from geo.consolidation.solve import minimise
from geo.consolidation.solve import relative_gap
from geo.consolidation.steps import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem
    from geo.consolidation.solve import Settings
    from geo.consolidation.solve import Solution
    from geo.consolidation.solve import Stage
    from geo.consolidation.solve import Status
    from geo.consolidation.solve import Watch
    from geo.consolidation.steps import Step

    Plan = NDArray[np.intp]
    # Stage, number of the programme, of how many, and most presences.
    Name = tuple[Stage, int, int, int | None]

_LEAST_S = 0.5
"""A programme gets at least so many seconds."""


class Search:
    """What the programmes of one question share.

    Attributes
    ----------
    model
        The programme that all of them are made from.
    stopped
        Whether the watcher asked to stop.

    Parameters
    ----------
    problem
        The problem.
    settings
        Time, gap, threads and cuts.
    watch
        Told how far it is.
    began
        When the question was asked, by :func:`time.perf_counter`; now if left out.
    """

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        watch: Watch | None = None,
        *,
        began: float | None = None,
    ) -> None:
        self.model = formulate(problem, cuts=settings.cuts)
        self.began = time.perf_counter() if began is None else began
        self.stopped = False
        self._problem, self._settings, self._watch = problem, settings, watch
        self._known: list[Step] = []

    def minimise(
        self,
        objective: NDArray[np.float64],
        rows: Sequence[Row],
        start: Step | None,
        time_limit_s: float,
        name: Name,
        *,
        presolve: bool = False,
    ) -> Solution:
        """Solve one programme in at most so many seconds, and in the time that is left."""
        said = minimise(
            self.model,
            objective,
            rows,
            start=None if start is None else self.model.vector(start.host),
            settings=self._settings,
            time_limit_s=min(max(time_limit_s, _LEAST_S), max(self.left_s, _LEAST_S)),
            presolve=presolve,
            tell=None if self._watch is None else partial(self.tell, name),
        )
        self.stopped = self.stopped or said.status == "stopped"
        return said

    def proven(self, objective: NDArray[np.float64], rows: Sequence[Row]) -> Step | None:
        """Return the plan with the smallest objective; None if there is no plan.

        Raises
        ------
        RuntimeError
            If the whole time was too short for a proof.
        """
        limit_s = self._settings.time_limit_s
        said = minimise(self.model, objective, rows, settings=self._settings, time_limit_s=limit_s)
        if said.status not in {"optimal", "infeasible"}:
            msg = f"The time limit of {limit_s:g} s is too short for a proof."
            raise RuntimeError(msg)
        return self.step(said, math.inf)

    def step(self, said: Solution, bound_wan: float) -> Step | None:
        """Return the plan that the solver found, with its numbers; None if it found none."""
        if said.columns is None:
            return None
        plan = self.model.assignment(said.columns)
        return measure(self._problem, plan, said.status, bound_wan, said.seconds)

    def at_most(self, presences: int) -> Row:
        """Return the row that allows so many presences."""
        return Row(self.model.presences, -math.inf, float(presences))

    def in_zones(self, least_m2: float) -> Row:
        """Return the row that asks for so much floor area in zones, m²."""
        units = self._problem.units
        now = float((units["area_m2"] * units["zone_share"]).sum())
        return Row(self.model.zone_m2, least_m2 - now, math.inf)

    @property
    def left_s(self) -> float:
        """Seconds that are left; below 0 if more were spent."""
        return self._settings.time_limit_s - (time.perf_counter() - self.began)

    @property
    def over(self) -> bool:
        """Whether nothing more can be solved: stopped, or out of time."""
        return self.stopped or self.left_s <= 0

    def unproven(self, status: Status) -> Status:
        """Return the word for a plan that the solver did not come to prove."""
        if self.stopped:
            return "stopped"
        return "time_limit" if status in {"optimal", "infeasible"} else status

    def learn(self, plan: Plan) -> None:
        """Remember a plan to start from, if it may be used at all."""
        if self.model.keeps(plan):
            self._known.append(measure(self._problem, plan, "time_limit", 0.0, 0.0))

    def cheapest_known(self, presences: int) -> Step | None:
        """Return the cheapest plan that is known with at most so many presences."""
        fitting = [step for step in self._known if step.presences <= presences]
        return min(fitting, key=lambda step: step.cost_wan, default=None)

    def fewest_known(self) -> Step | None:
        """Return the plan with the fewest presences that is known."""
        return min(self._known, key=lambda step: (step.presences, step.cost_wan), default=None)

    def tell(self, name: Name, found: float | None, bound: float | None) -> bool:
        """Tell the watcher how far a programme is; return False if it asks to stop."""
        if self._watch is None:
            return not self.stopped
        gap = None
        if found is not None and bound is not None and name[0] != "zones":
            gap = relative_gap(found, bound)
        going = self._watch(Progress(*name, found, bound, gap, time.perf_counter() - self.began))
        self.stopped = self.stopped or not going
        return going
