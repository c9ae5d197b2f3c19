"""Every plan of a small problem, one by one: nothing here comes from the programme.

Written from the mathematics: each unit stays or goes to one host that may take it;
hosts are not overfull; budget, yearly floor area and anchors are kept; what is settled
is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem

    Plans = NDArray[np.intp]
    Bools = NDArray[np.bool_]

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Enumerated:
    """The feasible plans of a problem, one row each, with the three criteria."""

    host: Plans
    presences: NDArray[np.intp]
    cost_wan: NDArray[np.float64]
    in_zone_m2: NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many plans are feasible."""
        return len(self.host)

    def staircase(self) -> list[tuple[int, float]]:
        """Return presences and least cost, each with fewer presences and dearer than the last."""
        steps: list[tuple[int, float]] = []
        for presences in sorted(set(self.presences.tolist())):
            cost = float(self.cost_wan[self.presences <= presences].min())
            if not steps or cost < steps[-1][1] - 1e-6:
                steps.append((presences, cost))
        return steps[::-1]

    def least_cost(self, presences: int, in_zone_m2: float) -> float:
        """Return the least cost with at most so many presences and so much area in zones."""
        fits = (self.presences <= presences) & (self.in_zone_m2 >= in_zone_m2 - 1e-6)
        return float(self.cost_wan[fits].min())

    def pareto(self) -> list[tuple[int, float, float]]:
        """Return the values in three criteria that no plan beats, in order."""
        values = {
            (int(p), round(float(c), 4), round(float(z), 3))
            for p, c, z in zip(self.presences, self.cost_wan, self.in_zone_m2, strict=True)
        }
        return sorted(v for v in values if not any(_beats(other, v) for other in values))


def _beats(one: tuple[int, float, float], other: tuple[int, float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1] and one[2] >= other[2]


def enumerate_plans(problem: Problem) -> Enumerated:
    """Return all feasible plans."""
    host = _all_plans(problem)
    cost, area = _costs(problem), problem.units["area_m2"].to_numpy(float)
    rows = np.arange(len(problem.units))
    total = cost[rows, host].sum(axis=1)
    good = (
        _fit(problem, host)
        & _affordable(problem, total)
        & _slow_enough(problem, host)
        & _anchored(problem, host)
        & _settled(problem, host)
    )
    host, total = host[good], total[good]
    here = problem.units["zone_share"].to_numpy(float)
    there = np.append(problem.hosts["zone_share"].to_numpy(float), 0.0)
    share = np.where(host >= 0, there[host], here)
    return Enumerated(host, _count_presences(problem, host), total, share @ area)


def _all_plans(problem: Problem) -> Plans:
    """Return every choice of staying or one of the allowed hosts, shape (plans, units)."""
    options = []
    for unit in problem.units["unit_id"]:
        allowed = problem.pairs.loc[problem.pairs["unit_id"].eq(unit), "host_id"]
        known = problem.hosts["host_id"].tolist()
        options.append(np.array([-1, *(known.index(name) for name in allowed)], dtype=np.intp))
    if not options:
        return np.empty((1, 0), dtype=np.intp)
    grid = np.meshgrid(*options, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1)


def _costs(problem: Problem) -> NDArray[np.float64]:
    """Return the cost of each unit at each host; the last column is staying."""
    cost = np.full((len(problem.units), len(problem.hosts) + 1), np.inf)
    cost[:, -1] = 0.0
    unit = {name: row for row, name in enumerate(problem.units["unit_id"])}
    host = {name: row for row, name in enumerate(problem.hosts["host_id"])}
    for pair in problem.pairs.itertuples():
        cost[unit[str(pair.unit_id)], host[str(pair.host_id)]] = pair.cost_wan
    return cost


def _fit(problem: Problem, host: Plans) -> Bools:
    needed = problem.units["area_m2"].to_numpy(float) * problem.limits.area_ratio
    good = np.ones(len(host), dtype=bool)
    for row, room in enumerate(problem.hosts["capacity_m2"]):
        good &= (host == row) @ needed <= room * (1 + _SLACK)
    return good


def _affordable(problem: Problem, total: NDArray[np.float64]) -> Bools:
    budget = problem.limits.budget_wan
    return np.ones(len(total), dtype=bool) if budget is None else total <= budget + _SLACK


def _slow_enough(problem: Problem, host: Plans) -> Bools:
    good, most = np.ones(len(host), dtype=bool), problem.limits.yearly_m2
    if most is not None:
        for year in set(problem.units["year"]):
            area = problem.units["area_m2"].where(problem.units["year"].eq(year), 0.0)
            good &= (host >= 0) @ area.to_numpy(float) <= most + 1e-7
    return good


def _anchored(problem: Problem, host: Plans) -> Bools:
    """Tell which plans have, for each park, few enough middles around which it receives."""
    good, most = np.ones(len(host), dtype=bool), problem.limits.anchors
    if not most:
        return good
    bit = {name: 1 << n for n, name in enumerate(sorted(_sites(problem)))}
    into = np.array([*(bit[site] for site in problem.hosts["site"]), 0], dtype=np.int64)
    for park in set(problem.units["park_id"]):
        own = problem.units["park_id"].eq(park).to_numpy()
        received = np.bitwise_or.reduce(into[host[:, own]], axis=1)
        covered = np.zeros(len(host), dtype=bool)
        for chosen in anchor_choices(problem, str(park)):
            reach = sum(bit[site] for site in anchor_area(problem, chosen) & bit.keys())
            covered |= (received & ~np.int64(reach)) == 0
        good &= covered
    return good


def _sites(problem: Problem) -> set[str]:
    return {*problem.units["site"], *problem.hosts["site"]}


def anchor_choices(problem: Problem, park: str) -> list[frozenset[str]]:
    """Return the sets of middles that a park may have.

    A middle is a site where the park is today; those asked for are always among them.
    """
    own = problem.units["park_id"].eq(park)
    fixed = frozenset(problem.fixed_anchors.get(park, frozenset()))
    free = set(problem.units.loc[own, "site"]) - fixed
    left = problem.limits.anchors - len(fixed)
    return [
        fixed | frozenset(more)
        for count in range(min(left, len(free)) + 1)
        for more in combinations(sorted(free), count)
    ]


def anchor_area(problem: Problem, middles: frozenset[str]) -> frozenset[str]:
    """Return the sites that lie around any of the middles."""
    return frozenset().union(*(problem.around.get(m, frozenset({m})) for m in middles))


def _settled(problem: Problem, host: Plans) -> Bools:
    good = np.ones(len(host), dtype=bool)
    units, hosts = problem.units["unit_id"].tolist(), problem.hosts["host_id"].tolist()
    for unit, to in problem.pinned.items():
        good &= host[:, units.index(unit)] == hosts.index(to)
    return good


def _count_presences(problem: Problem, host: Plans) -> NDArray[np.intp]:
    """Return in how many pairs of park and site a unit is, after each plan."""
    sites = {name: n for n, name in enumerate(sorted(_sites(problem)))}
    parks = {name: n for n, name in enumerate(sorted(set(problem.units["park_id"])))}
    here = problem.units["site"].map(sites).to_numpy(np.int64)
    there = np.append(problem.hosts["site"].map(sites).to_numpy(np.int64), 0)
    at = np.where(host >= 0, there[host], here)
    place = problem.units["park_id"].map(parks).to_numpy(np.int64) * max(len(sites), 1) + at
    held = np.bitwise_or.reduce(np.int64(1) << place, axis=1)
    return np.asarray(np.bitwise_count(held), dtype=np.intp)
