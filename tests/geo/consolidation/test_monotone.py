"""More freedom is never worse, and the order of the rows is nobody's business."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.consolidation.frontier import solve_frontier
from geo.consolidation.problem import Problem
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import mixed

if TYPE_CHECKING:
    from geo.consolidation.frontier import Frontier

seeds = st.integers(5000, 9999)
few = settings(max_examples=6, deadline=None, derandomize=True, database=None)


def without_settled(seed: int) -> Problem:
    """Return a random problem that always has a plan: to leave everything as it is."""
    return replace(mixed(seed), pinned={}, fixed_anchors={})


def never_worse(loose: Problem, tight: Problem) -> None:
    """Compare frontiers: for each step of the tight one, the loose one has one as good."""
    free, bound = solve_frontier(loose), solve_frontier(tight)
    assert free.lower_bound <= bound.lower_bound
    for step in bound.steps:
        assert cheapest(free, step.presences) <= step.cost_wan + 1e-6


def cheapest(frontier: Frontier, presences: int) -> float:
    costs = [step.cost_wan for step in frontier.steps if step.presences <= presences]
    return min(costs, default=np.inf)


def some(problem: Problem, seed: int, what: str) -> str:
    names = sorted(problem.pairs[what].unique()) or [""]
    return str(np.random.default_rng(seed).choice(names))


def without_pairs(problem: Problem, column: str, name: str) -> pd.DataFrame:
    return problem.pairs[problem.pairs[column].ne(name)]


def remake(
    problem: Problem, units: pd.DataFrame, hosts: pd.DataFrame, pairs: pd.DataFrame
) -> Problem:
    """Return a problem with other tables."""
    return Problem.make(
        units,
        hosts,
        pairs,
        around=problem.around,
        limits=problem.limits,
        fixed_anchors=problem.fixed_anchors,
        pinned=problem.pinned,
    )


@few
@given(seeds)
def test_more_budget_is_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    most = float(problem.pairs["cost_wan"].sum())
    share = np.random.default_rng(seed).uniform(0, 0.4)
    tight = limited(problem, budget_wan=most * share)
    never_worse(limited(problem, budget_wan=most * share * 1.5), tight)
    never_worse(limited(problem, budget_wan=None), tight)


@few
@given(seeds)
def test_more_floor_area_in_a_year_is_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    most = float(problem.units["area_m2"].sum())
    share = np.random.default_rng(seed).uniform(0, 0.4)
    tight = limited(problem, yearly_m2=most * share)
    never_worse(limited(problem, yearly_m2=most * share * 1.5), tight)
    never_worse(limited(problem, yearly_m2=None), tight)


@few
@given(seeds)
def test_more_anchors_are_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    one, two, anywhere = (limited(problem, anchors=count) for count in (1, 2, 0))
    never_worse(two, one)
    never_worse(anywhere, two)


@few
@given(seeds)
def test_a_host_more_is_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    name = some(problem, seed, "host_id")
    hosts = problem.hosts[problem.hosts["host_id"].ne(name)]
    pairs = without_pairs(problem, "host_id", name)
    never_worse(problem, remake(problem, problem.units, hosts, pairs))


@few
@given(seeds)
def test_a_larger_host_is_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    larger = problem.hosts.assign(capacity_m2=problem.hosts["capacity_m2"] * 1.4 + 10)
    never_worse(remake(problem, problem.units, larger, problem.pairs), problem)


@few
@given(seeds)
def test_a_lock_less_is_never_worse(seed: int) -> None:
    problem = without_settled(seed)
    name = some(problem, seed, "unit_id")
    locked = problem.units["unit_id"].eq(name)
    units = problem.units.assign(
        lock=problem.units["lock"].mask(locked, "lease"),
        year=problem.units["year"].mask(locked, 0),
    )
    pairs = without_pairs(problem, "unit_id", name)
    never_worse(problem, remake(problem, units, problem.hosts, pairs))


@few
@given(seeds)
def test_a_locked_unit_more_never_helps(seed: int) -> None:
    problem = without_settled(seed)
    rng = np.random.default_rng(seed)
    unit = problem.units.iloc[[int(rng.integers(len(problem.units)))]].assign(
        unit_id="more", lock="lease", year=0, area_m2=float(rng.choice([0.0, 250.0]))
    )
    if rng.random() < 0.5:
        unit = unit.assign(site="elsewhere")
    units = pd.concat([problem.units, unit], ignore_index=True)
    never_worse(problem, remake(problem, units, problem.hosts, problem.pairs))


@few
@given(seeds)
def test_the_order_of_rows_changes_nothing_not_even_the_plan(seed: int) -> None:
    problem = mixed(seed)
    rng = np.random.default_rng(seed)
    shuffled = (
        frame.iloc[rng.permutation(len(frame))]
        for frame in (problem.units, problem.hosts, problem.pairs)
    )
    first = solve_frontier(problem, zone_levels=1)
    again = solve_frontier(remake(problem, *shuffled), zone_levels=1)
    assert again.status == first.status
    assert again.lower_bound == first.lower_bound
    for name in ("steps", "zone_steps"):
        ours, theirs = getattr(first, name), getattr(again, name)
        assert [step.host.tolist() for step in ours] == [step.host.tolist() for step in theirs]
