from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.frontier import exact_pareto
from geo.consolidation.frontier import frontier_table
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem
from geo.consolidation.solve import Settings
from tests.geo.consolidation.brute import Enumerated
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.checker import assert_same_steps
from tests.geo.consolidation.checker import violations
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import make
from tests.geo.consolidation.instances import mixed
from tests.geo.consolidation.instances import tiny

INSTANCES = 300
_BLOCK = 20


@cache
def instance(seed: int) -> tuple[Problem, Enumerated]:
    """Return a random problem and all its plans."""
    problem = mixed(seed)
    return problem, enumerate_plans(problem)


def must_agree(problem: Problem, plans: Enumerated, *, cuts: bool) -> None:
    """Compare the frontier of a problem with all its plans."""
    found = solve_frontier(problem, Settings(cuts=cuts))
    if not len(plans):
        assert (found.status, found.steps) == ("infeasible", ())
        return
    assert_same_steps(found, plans.staircase())
    assert {found.status, *(step.status for step in found.steps)} == {"optimal"}
    assert {found.gap, *(step.gap for step in found.steps)} == {0.0}
    fewest = int(plans.presences.min())
    assert found.capacity_bound <= found.lower_bound == fewest
    for step in found.steps:
        assert violations(problem, step) == []
        assert step.bound_wan == pytest.approx(step.cost_wan, abs=1e-5)


@pytest.mark.parametrize("block", range(INSTANCES // _BLOCK))
def test_every_step_is_that_of_brute_force_with_the_rows_8_and_without(block: int) -> None:
    for seed in range(block * _BLOCK, (block + 1) * _BLOCK):
        problem, plans = instance(seed)
        for cuts in (True, False):
            must_agree(problem, plans, cuts=cuts)


def test_the_random_instances_are_of_every_kind() -> None:
    """Otherwise the comparison above shows less than it says."""
    problems, plans = zip(*map(instance, range(INSTANCES)), strict=True)
    steps = [len(every.staircase()) if len(every) else 0 for every in plans]
    assert sum(count >= 2 for count in steps) >= 100
    assert sum(count >= 3 for count in steps) >= 25
    assert 0 < sum(count == 0 for count in steps) < 50
    limits = [problem.limits for problem in problems]
    assert {limit.anchors for limit in limits} == {0, 1, 2}
    assert {limit.area_ratio for limit in limits} == {0.8, 1.0, 1.25}
    for name in ("budget_wan", "yearly_m2"):
        given = sum(getattr(limit, name) is not None for limit in limits)
        assert 60 <= given <= 240
    assert sum(bool(problem.pinned) for problem in problems) >= 30
    assert sum(bool(problem.fixed_anchors) for problem in problems) >= 20
    assert any(problem.hosts["capacity_m2"].eq(0).any() for problem in problems)
    assert any((problem.units["area_m2"] % 1 > 0).any() for problem in problems)


@pytest.mark.parametrize("block", range(2))
def test_bounds_by_room_are_never_above_any_plan(block: int) -> None:
    for seed in range(1000 + 50 * block, 1050 + 50 * block):
        problem = replace(mixed(seed), pinned={}, fixed_anchors={})
        problem = replace(problem, limits=Limits(area_ratio=problem.limits.area_ratio))
        bound = capacity_bounds(problem)
        plans = enumerate_plans(problem)
        assert int(bound.sum()) <= plans.presences.min()
        for park, number in bound.items():
            own = (problem.units["park_id"] == park).to_numpy()
            there = np.append(problem.hosts["site"].to_numpy(object), "")
            at = np.where(plans.host >= 0, there[plans.host], problem.units["site"].to_numpy())
            assert number <= min(len(set(row)) for row in at[:, own])


@pytest.mark.parametrize("seed", range(2000, 2012))
def test_the_exact_set_in_three_criteria_is_that_of_brute_force(seed: int) -> None:
    problem = mixed(seed)
    expected = enumerate_plans(problem).pareto()
    found = exact_pareto(problem).to_numpy()
    assert found.shape == (len(expected), 3)
    assert found == pytest.approx(np.reshape(expected, (-1, 3)), abs=2e-3)


@pytest.mark.parametrize("block", range(3))
def test_steps_for_the_zones_cost_the_least_for_what_they_reach(block: int) -> None:
    reached = 0
    for seed in range(3000 + 10 * block, 3010 + 10 * block):
        problem = mixed(seed)
        plans = enumerate_plans(problem)
        frontier = solve_frontier(problem, zone_levels=2)
        by_presences = {step.presences: step.in_zone_area_m2 for step in frontier.steps}
        for step in frontier.zone_steps:
            assert violations(problem, step) == []
            assert step.status == "optimal"
            least = plans.least_cost(step.presences, step.in_zone_area_m2)
            assert step.cost_wan == pytest.approx(least, abs=1e-6)
            assert step.in_zone_area_m2 > by_presences.get(step.presences, -1.0)
            reached += 1
    assert reached


@pytest.mark.parametrize(
    ("time_limit_s", "going"), [(1e-6, True), (60.0, False)], ids=["no time", "stopped"]
)
def test_a_search_that_ends_early_claims_nothing_that_is_not_so(
    time_limit_s: float, *, going: bool
) -> None:
    for seed in range(4000, 4015):
        problem = replace(mixed(seed), pinned={}, fixed_anchors={})
        plans = enumerate_plans(problem)
        settings = Settings(time_limit_s=time_limit_s)
        found = solve_frontier(problem, settings, lambda _progress: going, zone_levels=1)
        assert found.lower_bound <= plans.presences.min()
        assert found.steps[0].presences <= found.presences_before
        for step in (*found.steps, *found.zone_steps):
            assert violations(problem, step) == []
        for step in found.steps:
            least = plans.least_cost(step.presences, -1.0)
            assert step.bound_wan <= least + 1e-6
            assert (step.status == "optimal") <= (step.cost_wan <= least + 1e-6)
            assert (step.status == "optimal") == (step.gap == 0.0)
        if found.status == "optimal":
            assert found.steps[-1].presences == plans.presences.min()


def test_a_previous_plan_changes_nothing_in_a_proven_frontier() -> None:
    for seed in (3, 14, 25, 36):
        problem = mixed(seed)
        first = solve_frontier(problem)
        nonsense = np.full(len(problem.units), 0, dtype=np.intp)
        told = [step.host for step in first.steps] + [nonsense, np.empty(0, dtype=np.intp)]
        again = solve_frontier(problem, previous=told)
        assert_same_steps(again, [(step.presences, step.cost_wan) for step in first.steps])


def test_the_rest_of_a_site_may_follow_a_settled_move_to_a_new_site() -> None:
    units = [("a", "P", "S", 100, 0, "", 0), ("b", "P", "S", 100, 0, "", 0)]
    problem = make(
        units,
        [("h", "T", 300, 0)],
        [("a", "h", 10, 0), ("b", "h", 7, 0)],
        pinned={"a": "h"},
    )
    must_agree(problem, enumerate_plans(problem), cuts=True)
    assert solve_frontier(problem).lower_bound == 1


def test_what_needs_no_floor_area_follows_into_the_zones() -> None:
    units = [("a", "P", "S", 100, 0, "", 0), ("b", "P", "S", 0, 0, "", 0)]
    problem = make(units, [("h", "T", 300, 1)], [("a", "h", 10, 0), ("b", "h", 7, 0)])
    steps = solve_frontier(problem, zone_levels=1).zone_steps
    assert [(s.presences, s.cost_wan, s.in_zone_area_m2) for s in steps] == [(1, 17.0, 100.0)]


@pytest.mark.parametrize(
    ("areas", "room", "fewest"),
    [((0.1, 0.2), 0.3, 1), ((0.1, 0.2), 0.2999, 2), ((5e5, 5e5), 1e6, 1), ((5e5, 5e5 + 1), 1e6, 2)],
)
def test_capacity_is_kept_to_the_square_metre(
    areas: tuple[float, float], room: float, fewest: int
) -> None:
    units = [(f"u{n}", "P", f"S{n}", area, 0, "", 0) for n, area in enumerate(areas)]
    pairs = [(unit[0], "h", 1, 0) for unit in units]
    problem = make(units, [("h", "T", room, 0)], pairs)
    must_agree(problem, enumerate_plans(problem), cuts=True)
    assert solve_frontier(problem).lower_bound == fewest


def test_a_new_place_is_an_anchor_only_if_it_is_asked_for() -> None:
    """From the middle m both sites could be walked to, but the park is not there."""
    units = [
        *((f"{n}", "P", f"S{n}", 100, 0, "", 0) for n in (1, 2)),
        *((f"L{n}", "P", f"T{n}", 100, 0, "lease", 0) for n in (1, 2)),
    ]
    hosts = [("h1", "T1", 100, 0), ("h2", "T2", 100, 0)]
    pairs = [("1", "h1", 5, 0), ("2", "h2", 5, 0)]
    around = {"M": frozenset({"M", "T1", "T2"})}
    problem = make(units, hosts, pairs, around=around, limits=Limits(anchors=1))
    asked = replace(problem, fixed_anchors={"P": frozenset({"M"})})
    for version, staircase in (
        (problem, [(4, 0.0), (3, 5.0)]),
        (asked, [(4, 0.0), (3, 5.0), (2, 10.0)]),
    ):
        plans = enumerate_plans(version)
        assert plans.staircase() == staircase
        must_agree(version, plans, cuts=True)


def test_settled_moves_may_need_all_their_anchors() -> None:
    """Two middles cover four sites; a third reaches as many at first sight."""
    names = "1234"
    units = [(f"u{n}", "P", f"S{n}", 100, 0, "", 0) for n in names]
    hosts = [(f"h{n}", f"T{n}", 100, 0) for n in names]
    pairs = [(f"u{n}", f"h{n}", 5, 0) for n in names]
    around = {
        "S1": frozenset({"S1", "T2", "T3"}),
        "S2": frozenset({"S2", "T1", "T2"}),
        "S3": frozenset({"S3", "T3", "T4"}),
    }
    pinned = {f"u{n}": f"h{n}" for n in names}
    problem = make(units, hosts, pairs, around=around, limits=Limits(anchors=2), pinned=pinned)
    plans = enumerate_plans(problem)
    assert plans.staircase() == [(4, 20.0)]
    must_agree(problem, plans, cuts=True)


def test_settled_moves_that_break_a_limit_leave_no_plan() -> None:
    units = [("a", "P", "S", 100, 0, "", 0), ("b", "Q", "S", 100, 0, "", 1)]
    hosts, pairs = [("h", "T", 150, 0)], [("a", "h", 10, 0), ("b", "h", 7, 0)]
    both = {"a": "h", "b": "h"}
    for limits, pinned in (
        (Limits(), both),
        (Limits(budget_wan=9.0), {"a": "h"}),
        (Limits(yearly_m2=99.0), {"b": "h"}),
        (Limits(area_ratio=1.6), {"a": "h"}),
    ):
        problem = make(units, hosts, pairs, limits=limits, pinned=pinned)
        frontier = solve_frontier(problem)
        assert (frontier.status, frontier.steps) == ("infeasible", ())
        assert frontier.table.empty
        assert np.isnan(frontier.gap)


def test_a_fixed_anchor_uses_up_the_number_of_them() -> None:
    units = [(f"u{n}", "P", f"S{n}", 100, 0, "", 0) for n in (1, 2)]
    units.append(("l", "P", "T", 100, 0, "lease", 0))
    hosts, pairs = [("h", "T", 300, 0)], [("u1", "h", 5, 0), ("u2", "h", 6, 0)]
    fixed = {"P": frozenset({"S1"})}
    one = make(units, hosts, pairs, limits=Limits(anchors=1), fixed_anchors=fixed)
    assert [step.presences for step in solve_frontier(one).steps] == [3]
    two = limited(one, anchors=2)
    assert [step.presences for step in solve_frontier(two).steps] == [3, 2, 1]


def test_what_a_step_adds_is_not_told_where_no_presence_is_given_up(
    oracle: dict[str, Any],
) -> None:
    """As for a plan that does more for the zones with as many presences."""
    found = solve_frontier(tiny(oracle["B1.tiny"]["instance"]), zone_levels=5)
    table = frontier_table([*found.steps, *found.zone_steps])
    numbers = table[["marginal_wan_per_site", "marginal_wan_per_m2"]].to_numpy()
    assert not np.isinf(numbers).any()
    assert table["marginal_wan_per_site"].iloc[: len(found.steps)].tolist()[1:] == [70.0, 91.0]
