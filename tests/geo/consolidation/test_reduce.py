from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.consolidation.frontier import solve_frontier
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem
from geo.consolidation.reduce import only_useful
from geo.consolidation.search import Search
from geo.consolidation.solve import Settings
from geo.consolidation.start import pinned_plan
from tests.geo.consolidation.instances import make
from tests.geo.consolidation.instances import mixed

if TYPE_CHECKING:
    from typing import Any

_BLOCK = 10
_BLOCKS = 6


def fewest(search: Search) -> int | None:
    """Return the fewest presences; None if there is no plan."""
    step = search.proven(search.model.presences, [])
    return None if step is None else step.presences


def least_cost(search: Search, presences: int, in_zone_m2: float = -math.inf) -> float | None:
    """Return the least cost with so many presences and so much area in zones."""
    rows = [search.at_most(presences)]
    if math.isfinite(in_zone_m2):
        rows.append(search.in_zones(in_zone_m2))
    step = search.proven(search.model.cost_wan, rows)
    return None if step is None else step.cost_wan


def most_in_zone(search: Search, presences: int) -> float:
    """Return the most floor area in the zones with so many presences."""
    step = search.proven(-search.model.zone_m2, [search.at_most(presences)])
    assert step is not None
    return step.in_zone_area_m2


def searches(full: Problem, *, for_zones: bool) -> tuple[Search, Search]:
    """Return searches on a problem and on what is left of it."""
    settings = Settings(time_limit_s=20.0)
    return Search(full, settings), Search(only_useful(full, for_zones=for_zones), settings)


def shared_by_carriers(seed: int) -> Problem:
    """Return a random problem in which units of one site differ in their share in zones."""
    problem, rng = mixed(seed), np.random.default_rng([seed, 9])
    share = rng.choice([0.0, 0.5, 1.0], len(problem.units))
    there = rng.choice([0.0, 0.5, 1.0], len(problem.hosts))
    return replace(
        problem,
        units=problem.units.assign(zone_share=share),
        hosts=problem.hosts.assign(zone_share=there),
    )


@pytest.mark.parametrize("block", range(_BLOCKS))
def test_presences_and_costs_are_as_in_the_whole_problem(block: int) -> None:
    for seed in range(1000 + block * _BLOCK, 1000 + (block + 1) * _BLOCK):
        whole, less = searches(mixed(seed), for_zones=False)
        least = fewest(whole)
        assert fewest(less) == least
        before = len(whole.model.problem.presences)
        for presences in range(before + 1) if least is None else range(least, before + 1):
            cost = least_cost(whole, presences)
            assert least_cost(less, presences) == pytest.approx(cost, abs=1e-6), (seed, presences)


@pytest.mark.parametrize("block", range(_BLOCKS))
def test_area_in_zones_is_as_in_the_whole_problem(block: int) -> None:
    for seed in range(2000 + block * _BLOCK, 2000 + (block + 1) * _BLOCK):
        whole, less = searches(shared_by_carriers(seed), for_zones=True)
        least = fewest(whole)
        assert fewest(less) == least
        if least is None:
            continue
        for presences in range(least, len(whole.model.problem.presences) + 1):
            most = most_in_zone(whole, presences)
            assert most_in_zone(less, presences) == pytest.approx(most, abs=1e-3), seed
            cost = least_cost(whole, presences, most - 1e-3)
            assert least_cost(less, presences, most - 1e-3) == pytest.approx(cost, abs=1e-6), seed


def test_something_is_left_out_of_most_random_problems_and_nothing_that_is_settled() -> None:
    smaller = 0
    for seed in range(1000, 1060):
        full, less = (problem := mixed(seed)), only_useful(problem)
        assert set(less.pairs.index) == set(range(len(less.pairs)))
        smaller += len(less.pairs) < len(full.pairs)
        kept = set(zip(less.pairs["unit_id"], less.pairs["host_id"], strict=True))
        assert kept <= set(zip(full.pairs["unit_id"], full.pairs["host_id"], strict=True))
        assert set(full.pinned.items()) <= kept
        assert only_useful(less).pairs.equals(less.pairs)
    assert smaller > 30


UNITS: list[tuple[Any, ...]] = [
    ("a1", "P", "A", 100.0, 0.0, "", 0),
    ("a2", "P", "A", 100.0, 0.0, "lease", 0),
    ("b1", "P", "B", 100.0, 0.0, "", 0),
    ("c1", "P", "C", 100.0, 0.0, "", 0),
]
HOSTS: list[tuple[Any, ...]] = [("h", "H", 500.0, 0.0), ("k", "A", 500.0, 0.0)]


def moves_left(pairs: list[tuple[str, str]], *, for_zones: bool = False, **rest: Any) -> set[Any]:
    problem = make(UNITS, HOSTS, [(*pair, 5.0, 0.0) for pair in pairs], **rest)
    less = only_useful(problem, for_zones=for_zones)
    return set(zip(less.pairs["unit_id"], less.pairs["host_id"], strict=True))


def test_a_move_out_of_a_presence_that_cannot_close_is_left_out() -> None:
    assert moves_left([("a1", "h"), ("b1", "k")]) == {("b1", "k")}


def test_a_move_to_a_new_site_is_kept_if_two_presences_could_become_one() -> None:
    assert moves_left([("b1", "h")]) == set()
    assert moves_left([("b1", "h"), ("c1", "h")]) == {("b1", "h"), ("c1", "h")}


def test_what_is_left_out_takes_more_with_it() -> None:
    """A is held by a lease; a1 cannot help to open H, and so neither can b1."""
    assert moves_left([("a1", "h"), ("b1", "h")]) == set()


def test_a_site_that_a_settled_move_opens_takes_others_too() -> None:
    units = [*UNITS, ("b2", "P", "B", 100.0, 0.0, "", 0)]
    pairs = [("b1", "h", 5.0, 0.0), ("b2", "h", 5.0, 0.0)]
    problem = make(units, HOSTS, pairs, pinned={"b1": "h"})
    assert len(only_useful(problem).pairs) == 2
    assert solve_frontier(problem).steps[-1].presences == 3


def test_a_site_that_is_opened_for_the_zones_takes_others_too() -> None:
    """b1 brings area into the zones at H, and b2 closes B behind it without bringing any."""
    units = [
        ("b1", "P", "B", 100.0, 0.0, "", 0),
        ("b2", "P", "B", 100.0, 1.0, "", 0),
    ]
    hosts = [("h", "H", 500.0, 1.0)]
    pairs = [("b1", "h", 5.0, 0.0), ("b2", "h", 5.0, 0.0)]
    whole, less = searches(make(units, hosts, pairs), for_zones=True)
    assert most_in_zone(whole, 1) == most_in_zone(less, 1) == 200.0
    assert len(only_useful(make(units, hosts, pairs)).pairs) == 0


def test_nothing_is_left_out_of_nothing() -> None:
    empty = make([], [], [])
    assert len(only_useful(empty).pairs) == 0
    held = make(UNITS, HOSTS, [], limits=Limits(anchors=1))
    assert len(only_useful(held, for_zones=True).pairs) == 0
    assert pinned_plan(only_useful(held)).tolist() == [-1, -1, -1, -1]
