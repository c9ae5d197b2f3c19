from __future__ import annotations

from typing import Any

import pytest

from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.bounds import presence_caps
from geo.consolidation.frontier import Step
from geo.consolidation.frontier import exact_pareto
from geo.consolidation.frontier import solve_frontier
from geo.consolidation.problem import Problem
from geo.consolidation.solve import Settings
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.checker import assert_same_steps
from tests.geo.consolidation.checker import violations
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import tiny


@pytest.fixture(scope="module")
def problem(oracle: dict[str, Any]) -> Problem:
    instance = oracle["B1.tiny"]["instance"]
    return limited(tiny(instance), budget_wan=instance["budget"])


def moves_of(problem: Problem, step: Step) -> dict[str, str]:
    hosts = problem.hosts["host_id"]
    return {
        unit: hosts[row]
        for unit, row in zip(problem.units["unit_id"], step.host, strict=True)
        if row >= 0
    }


@pytest.mark.parametrize("cuts", [True, False])
def test_the_worked_frontier(oracle: dict[str, Any], problem: Problem, *, cuts: bool) -> None:
    known = oracle["B1.tiny"]
    frontier = solve_frontier(problem, Settings(cuts=cuts))
    assert frontier.presences_before == known["presences_before"]
    assert frontier.lower_bound == known["min_presences"]
    assert (frontier.status, frontier.gap) == ("optimal", 0.0)
    expected = sorted(known["pareto_sites_vs_cost"], key=lambda row: -row["max_sites"])
    assert len(frontier.steps) == len(expected)
    for step, row in zip(frontier.steps, expected, strict=True):
        assert step.presences == row["sites_milp"]
        assert step.cost_wan == pytest.approx(row["min_cost_bruteforce"])
        assert step.in_zone_area_m2 == pytest.approx(row["zone_area"])
        assert step.moved_area_m2 == pytest.approx(row["moved_area"])
        assert moves_of(problem, step) == row["moves"]
        assert (step.status, step.gap) == ("optimal", 0.0)
        assert violations(problem, step) == []


def test_what_each_step_costs_more(problem: Problem) -> None:
    table = solve_frontier(problem).table
    assert table["presences"].tolist() == [5, 4, 3]
    assert table["marginal_wan_per_site"].tolist()[1:] == pytest.approx([70, 91])
    assert table["marginal_wan_per_m2"].tolist()[1:] == pytest.approx([70 / 500, 91 / 700])
    assert table[["marginal_wan_per_site", "marginal_wan_per_m2"]].iloc[0].isna().all()


def test_brute_force_counts_as_the_worked_case(oracle: dict[str, Any], problem: Problem) -> None:
    """The other side of every comparison here has to be right as well."""
    known, plans = oracle["B1.tiny"], enumerate_plans(problem)
    assert len(plans) == known["n_feasible_assignments"]
    assert plans.presences.min() == known["min_presences"]
    rows = oracle["B1.tiny_pareto3"]["nondominated"]
    assert plans.pareto() == [tuple(row.values()) for row in rows]


def test_the_worked_set_in_three_criteria(oracle: dict[str, Any], problem: Problem) -> None:
    expected = oracle["B1.tiny_pareto3"]["nondominated"]
    found = exact_pareto(problem).to_dict("records")
    assert len(found) == len(expected)
    for row, known in zip(found, expected, strict=True):
        assert row == pytest.approx(known, abs=1e-6)


def test_bounds_by_room(oracle: dict[str, Any], problem: Problem) -> None:
    known = oracle["B3.lower_bound"]
    total = known["tiny_total"]
    bound = capacity_bounds(problem)
    assert bound.to_dict() == {"P": total["lb_P"], "Q": total["lb_Q"]}
    assert int(bound.sum()) == total["sum_lb"] == known["lb"] + total["lb_Q"]
    caps = presence_caps(problem).set_index(["park_id", "site"])["cap_m2"]
    assert caps["P"].to_dict() == known["caps"]
    frontier = solve_frontier(problem)
    assert frontier.capacity_bound == total["sum_lb"]
    assert frontier.lower_bound == frontier.steps[-1].presences == total["optimum_total"]


def test_a_budget_cuts_the_frontier_off_where_the_money_ends(problem: Problem) -> None:
    for budget, presences in ((0.0, [5]), (69.9, [5]), (70.0, [5, 4]), (161.0, [5, 4, 3])):
        frontier = solve_frontier(limited(problem, budget_wan=budget))
        assert [step.presences for step in frontier.steps] == presences
        assert frontier.status == "optimal"


def test_a_settled_move_is_in_every_step(problem: Problem) -> None:
    pinned = Problem.make(
        problem.units, problem.hosts, problem.pairs, pinned={"u3": "h2"}, limits=problem.limits
    )
    frontier = solve_frontier(pinned)
    plans = enumerate_plans(pinned)
    assert all(moves_of(pinned, step)["u3"] == "h2" for step in frontier.steps)
    assert_same_steps(frontier, plans.staircase())
    assert frontier.steps[0].cost_wan == pytest.approx(45.0)
