"""A first plan 初始解: close one presence after another, the cheapest first.

Greedy, and never the last word: the solver starts from it, and finds good plans much
sooner than from nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from geo.consolidation.anchors import cover
from geo.consolidation.anchors import possible_middles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem

# Shares of a capacity or a limit this small are rounding.
_SLACK = 1e-12


class _Option(NamedTuple):
    """A host that a unit may move to."""

    host: int
    site: str
    cost_wan: float


class _Closing(NamedTuple):
    """A presence that can be closed, and how."""

    cost_wan: float
    park: str
    site: str
    moves: tuple[tuple[int, _Option], ...]


def pinned_plan(problem: Problem) -> NDArray[np.intp]:
    """Return the plan in which only the settled moves are made, shape (units,)."""
    host = np.full(len(problem.units), -1, dtype=np.intp)
    rows = {name: row for row, name in enumerate(problem.hosts["host_id"])}
    for row, unit in enumerate(problem.units["unit_id"]):
        if unit in problem.pinned:
            host[row] = rows[problem.pinned[unit]]
    return host


def greedy_plans(problem: Problem) -> list[NDArray[np.intp]]:
    """Return plans with fewer and fewer presences, each made from the one before.

    A presence is closed if each of its units fits, largest first and each as cheaply as
    it can, into hosts at sites that its park keeps. The one with the least cost goes
    first; ties go by park and site.

    Parameters
    ----------
    problem
        The problem; its settled moves are made and kept.

    Returns
    -------
    list of numpy.ndarray
        Row of the host of each unit, -1 for a unit that stays; the first is that of
        :func:`pinned_plan`. Each keeps every limit if the first does.
    """
    state = _State(problem)
    plans = [state.host.copy()]
    while (closing := state.cheapest_closing()) is not None:
        state.close(closing)
        plans.append(state.host.copy())
    return plans


class _State:
    """A plan while it is made."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        units, hosts, pairs = problem.units, problem.hosts, problem.pairs
        self._park = units["park_id"].tolist()
        self._old_site = units["site"].tolist()
        self._area = units["area_m2"].astype(float).tolist()
        self._year = units["year"].astype(int).tolist()
        self._needed = (units["area_m2"] * problem.limits.area_ratio).astype(float).tolist()
        self._room = hosts["capacity_m2"].astype(float).tolist()
        self._slack = [room * _SLACK for room in self._room]
        self._host_site = hosts["site"].tolist()
        self._options: dict[int, list[_Option]] = defaultdict(list)
        ordered = pairs.sort_values("cost_wan", kind="stable")
        for unit, host, cost in zip(
            ordered["unit"], ordered["host"], ordered["cost_wan"], strict=True
        ):
            self._options[int(unit)].append(_Option(int(host), self._host_site[host], float(cost)))
        self._movable = problem.movable & ~units["unit_id"].isin(list(problem.pinned)).to_numpy()
        self.host = pinned_plan(problem)
        self._spent: dict[int, float] = {}
        self._in_year: dict[int, float] = defaultdict(float)
        self._places: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for unit, site in enumerate(self._old_site):
            self._places[self._park[unit]][site].add(unit)
        for unit in np.flatnonzero(self.host >= 0).tolist():
            to = int(self.host[unit])
            self._move(unit, next(o for o in self._options[unit] if o.host == to))
        self._known: dict[tuple[str, str], _Closing | None] = {}

    def cheapest_closing(self) -> _Closing | None:
        """Return the presence that costs least to close; None if none can be closed."""
        found = []
        for park, sites in self._places.items():
            for site in sites:
                key = (park, site)
                if key not in self._known or not self._still_fits(self._known[key]):
                    self._known[key] = self._closing(park, site)
                closing = self._known[key]
                if closing is not None:
                    found.append(closing)
        return min(found, key=lambda c: c[:3], default=None)

    def close(self, closing: _Closing) -> None:
        """Make the moves of a closing."""
        for unit, option in closing.moves:
            self._move(unit, option)
        # What a park keeps has changed; others see only that hosts are fuller.
        for key in [key for key in self._known if key[0] == closing.park]:
            del self._known[key]

    def _still_fits(self, closing: _Closing | None) -> bool:
        """Tell whether a closing found earlier can still be made."""
        if closing is None:
            return True
        taken: dict[int, float] = defaultdict(float)
        for unit, option in closing.moves:
            taken[option.host] += self._needed[unit]
        room = all(need <= self._room[h] + self._slack[h] for h, need in taken.items())
        return room and self._within_limits(closing.moves)

    def _closing(self, park: str, site: str) -> _Closing | None:
        """Return how the units of a presence fit elsewhere; None if they do not."""
        places = self._places[park]
        units = sorted(places[site], key=lambda u: (-self._needed[u], u))
        if not all(self._movable[u] for u in units):
            return None
        kept = places.keys() - {site}
        taken: dict[int, float] = defaultdict(float)
        receiving = self._receiving(park, site)
        moves = []
        for unit in units:
            option = self._cheapest_option(unit, kept, taken, receiving)
            if option is None:
                return None
            taken[option.host] += self._needed[unit]
            receiving = receiving | {option.site}
            moves.append((unit, option))
        if not self._within_limits(tuple(moves)):
            return None
        before = sum(self._spent.get(unit, 0.0) for unit in units)
        return _Closing(sum(o.cost_wan for _u, o in moves) - before, park, site, tuple(moves))

    def _cheapest_option(
        self, unit: int, kept: set[str], taken: dict[int, float], receiving: frozenset[str]
    ) -> _Option | None:
        need = self._needed[unit]
        for option in self._options[unit]:
            host = option.host
            if (
                option.site in kept
                and need + taken[host] <= self._room[host] + self._slack[host]
                and self._anchored(self._park[unit], receiving | {option.site})
            ):
                return option
        return None

    def _receiving(self, park: str, but: str) -> frozenset[str]:
        """Return the sites at which a park receives units, but for one."""
        sites = self._places[park].items()
        return frozenset(
            site
            for site, units in sites
            if site != but and any(self._old_site[unit] != site for unit in units)
        )

    def _anchored(self, park: str, sites: frozenset[str]) -> bool:
        """Tell whether a park's anchors can cover the sites it receives at."""
        most = self._problem.limits.anchors
        if not most:
            return True
        around = self._problem.around
        fixed = self._problem.fixed_anchors.get(park, frozenset())
        left = sites.difference(*(around.get(f, frozenset({f})) for f in fixed))
        areas = list(possible_middles(self._problem, park, left).values()) if left else []
        return cover(left, areas, most - len(fixed)) is not None

    def _within_limits(self, moves: tuple[tuple[int, _Option], ...]) -> bool:
        """Tell whether budget and years allow moves on top of those that are made."""
        limits = self._problem.limits
        if limits.budget_wan is not None:
            changed = {unit: option.cost_wan for unit, option in moves}
            total = sum((self._spent | changed).values())
            if total > limits.budget_wan * (1 + _SLACK):
                return False
        if limits.yearly_m2 is not None:
            added: dict[int, float] = defaultdict(float)
            for unit, _option in moves:
                if self.host[unit] < 0:
                    added[self._year[unit]] += self._area[unit]
            most = limits.yearly_m2 * (1 + _SLACK)
            return all(self._in_year[year] + area <= most for year, area in added.items())
        return True

    def _move(self, unit: int, option: _Option) -> None:
        park, before = self._park[unit], int(self.host[unit])
        if unit in self._spent:
            self._room[before] += self._needed[unit]
            here = self._host_site[before]
        else:
            self._in_year[self._year[unit]] += self._area[unit]
            here = self._old_site[unit]
        self._places[park][here].discard(unit)
        if not self._places[park][here]:
            del self._places[park][here]
        self._places[park][option.site].add(unit)
        self._room[option.host] -= self._needed[unit]
        self._spent[unit] = option.cost_wan
        self.host[unit] = option.host
