"""What a plan leaves free, and whether the units of one presence would still fit."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.model import formulate
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem
from geo.consolidation.problem import presences_after
from geo.consolidation.solve import Settings
from geo.consolidation.solve import minimise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.register import Register

    Plan = NDArray[np.intp]
    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

_SLACK = 1e-9
_SECONDS = 2.0


class Room:
    """The vacant space that a plan leaves.

    Parameters
    ----------
    register
        The problem with its tests.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).
    """

    def __init__(self, register: Register, host: Plan) -> None:
        problem = register.problem
        self._problem, self._tests, self._host = problem, register.tests, host
        self._fits = _open_to(register)
        self._row = {int(unit): row for row, unit in enumerate(register.tests.unit)}
        self._needed = problem.units["area_m2"].to_numpy(np.float64) * problem.limits.area_ratio
        self._host_site = problem.hosts["site"].to_numpy(object)
        self._capacity = problem.hosts["capacity_m2"].to_numpy(np.float64)
        taken = np.zeros(len(problem.hosts))
        np.add.at(taken, host[host >= 0], self._needed[host >= 0])
        self._left = self._capacity - taken
        after = presences_after(problem, host)
        self._sites: dict[str, set[str]] = defaultdict(set)
        for park, site in zip(after["park_id"], after["site"], strict=True):
            self._sites[park].add(site)

    def fits(self, unit: int) -> Bools:
        """Return which hosts a unit may go to, capacity of each by itself; shape (hosts,)."""
        row = self._row.get(unit)
        return np.zeros(self._capacity.size, dtype=bool) if row is None else self._fits[row]

    def kept(self, park: str, but: str) -> Bools:
        """Return which hosts are at sites that a park keeps, but for one; shape (hosts,)."""
        return np.isin(self._host_site, sorted(self._sites[park] - {but}))

    def place(
        self, units: Sequence[int], among: Bools, *, whole: bool = False
    ) -> dict[int, int] | None:
        """Return a host for each of a few units; None if they do not all fit.

        Parameters
        ----------
        units
            Rows of the units.
        among
            Hosts that may be used, shape (hosts,).
        whole
            Whether the hosts are taken as empty, and not as the plan leaves them.
        """
        left = (self._capacity if whole else self._left).copy()
        options = {unit: self.fits(unit) & among for unit in units}
        if not all(open_to.any() for open_to in options.values()):
            return None
        return self._snugly(units, options, left) or self._exactly(units, options, left)

    def _snugly(
        self, units: Sequence[int], options: dict[int, Bools], left: Floats
    ) -> dict[int, int] | None:
        """Place the largest first, each where it leaves least."""
        rest, placed = left.copy(), {}
        for unit in sorted(units, key=lambda u: (-self._needed[u], u)):
            need = self._needed[unit]
            open_to = np.flatnonzero(options[unit] & (rest >= need - _SLACK * self._capacity))
            if not open_to.size:
                return None
            best = int(open_to[np.argmin(rest[open_to])])
            rest[best] -= need
            placed[unit] = best
        return placed

    def _exactly(
        self, units: Sequence[int], options: dict[int, Bools], left: Floats
    ) -> dict[int, int] | None:
        """Place as many units as can be; None if not all of them."""
        frame = self._problem.units.iloc[list(units)].assign(lock="", site="")
        hosts = self._problem.hosts.assign(capacity_m2=np.maximum(left, 0.0))
        pairs = pd.DataFrame(
            [
                (self._problem.units["unit_id"].iloc[unit], hosts["host_id"].iloc[at], 0.0, 0.0)
                for unit in units
                for at in np.flatnonzero(options[unit])
            ],
            columns=["unit_id", "host_id", "cost_wan", "distance_m"],
        )
        limits = Limits(area_ratio=self._problem.limits.area_ratio)
        open_to = hosts[hosts["host_id"].isin(pairs["host_id"])]
        small = Problem.make(frame, open_to, pairs, limits=limits)
        model = formulate(small, cuts=False)
        moved = np.zeros(model.lower.size)
        moved[model.columns["x"]] = -1.0
        said = minimise(model, moved, settings=Settings(), time_limit_s=_SECONDS)
        if said.columns is None or said.objective > -len(units) + 0.5:
            return None
        plan = model.assignment(said.columns)
        row = pd.Index(self._problem.units["unit_id"])
        column = pd.Index(self._problem.hosts["host_id"])
        at = row.get_indexer(pd.Index(small.units["unit_id"]))
        to = column.get_indexer(pd.Index(small.hosts["host_id"].to_numpy()[plan]))
        return dict(zip(at.tolist(), to.tolist(), strict=True))


def _open_to(register: Register) -> Bools:
    """Return which hosts each tested unit may go to, shape (tested, hosts).

    What may move has its possible moves, which can be fewer than the hosts that fit: only
    the nearest, or the one that is settled.
    """
    fits, pairs = register.tests.fits, register.problem.pairs
    free = register.problem.movable[register.tests.unit]
    fits[free] = False
    row = pd.Index(register.tests.unit).get_indexer(pd.Index(pairs["unit"]))
    fits[row, pairs["host"].to_numpy()] = True
    return fits
