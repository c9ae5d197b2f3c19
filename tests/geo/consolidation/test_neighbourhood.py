from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest

from geo.consolidation.model import formulate
from geo.consolidation.neighbourhood import improve
from geo.consolidation.start import greedy_plans
from geo.consolidation.start import pinned_plan
from geo.consolidation.steps import measure
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.checker import violations
from tests.geo.consolidation.crowded import crowded
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import mixed

if TYPE_CHECKING:
    from geo.consolidation.problem import Problem

LONG_S = 60.0
_BLOCK = 10


def numbers(problem: Problem, plan: np.ndarray) -> tuple[int, float]:
    """Return presences and cost of a plan."""
    step = measure(problem, plan, "time_limit", 0.0, 0.0)
    return step.presences, step.cost_wan


def check(problem: Problem, plan: np.ndarray) -> np.ndarray:
    """Improve a plan, and check that it is one and not worse."""
    model = formulate(problem)
    better = improve(model, plan, seconds=LONG_S, going=lambda _presences: True)
    assert model.keeps(better)
    assert violations(problem, measure(problem, better, "time_limit", 0.0, 0.0)) == []
    (now, cost), (before, paid) = numbers(problem, better), numbers(problem, plan)
    assert now <= before
    assert now < before or cost <= paid + 1e-6
    return better


@pytest.mark.parametrize("block", range(4))
def test_a_plan_is_still_one_and_not_worse_whatever_the_limits(block: int) -> None:
    for seed in range(6000 + block * _BLOCK, 6000 + (block + 1) * _BLOCK):
        problem = mixed(seed)
        plans = enumerate_plans(problem)
        if len(plans) and len(problem.pairs):
            check(problem, plans.host[int(plans.cost_wan.argmax())])
            check(problem, greedy_plans(problem)[-1])


def test_small_problems_are_solved_outright() -> None:
    """With at most three parks all of them are free at once."""
    for seed in range(6100, 6130):
        problem = mixed(seed)
        plans = enumerate_plans(problem)
        if len(plans) and problem.units["park_id"].nunique() <= 3 and len(problem.pairs):
            better = check(problem, plans.host[0])
            least = int(plans.presences.min())
            cost = plans.least_cost(least, -np.inf)
            expected: Any = (least, pytest.approx(cost, abs=1e-4))
            assert numbers(problem, better) == expected


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"budget_wan": 250.0},
        {"yearly_m2": 3500.0},
        {"anchors": 1},
        {"area_ratio": 1.2, "anchors": 2, "budget_wan": 400.0},
    ],
)
def test_a_greedy_plan_of_a_crowded_problem_is_improved(limits: dict[str, float]) -> None:
    problem = limited(crowded(1, parks=6, units=40, hosts=15), **limits)
    pairs = problem.pairs
    needed = problem.units["area_m2"].to_numpy()[pairs["unit"]] * problem.limits.area_ratio
    fits = needed <= problem.hosts["capacity_m2"].to_numpy()[pairs["host"]]
    problem = replace(problem, pairs=pairs[fits].reset_index(drop=True))
    model = formulate(problem)
    start = pinned_plan(problem)
    before = numbers(problem, start)[0]
    better = improve(model, start, seconds=LONG_S, going=lambda presences: presences == before)
    assert model.keeps(better)
    assert violations(problem, measure(problem, better, "time_limit", 0.0, 0.0)) == []
    assert numbers(problem, better)[0] < before


def test_what_is_settled_is_kept() -> None:
    problem = crowded(2, parks=5, units=30, hosts=12)
    pair = problem.pairs.iloc[7]
    problem = replace(problem, pinned={str(pair["unit_id"]): str(pair["host_id"])})
    better = check(problem, pinned_plan(problem))
    assert better[int(pair["unit"])] == pair["host"]


def test_one_park_alone() -> None:
    problem = crowded(1, parks=1, units=20, hosts=10)
    better = check(problem, pinned_plan(problem))
    assert numbers(problem, better)[0] == 2


def test_whoever_is_told_can_stop_it() -> None:
    problem = crowded(1)
    plan = greedy_plans(problem)[-1]
    told: list[int] = []

    def going(presences: int) -> bool:
        told.append(presences)
        return len(told) < 3

    model = formulate(problem)
    better = improve(model, plan, seconds=LONG_S, going=going)
    assert len(told) == 3
    assert told[0] == numbers(problem, plan)[0]
    assert told == sorted(told, reverse=True)
    assert model.keeps(better)
    same = improve(model, plan, seconds=LONG_S, going=lambda _presences: False)
    assert same.tolist() == plan.tolist()


def test_without_time_or_with_enough_nothing_is_tried() -> None:
    problem = crowded(1, parks=4, units=20, hosts=8)
    model, plan = formulate(problem), pinned_plan(problem)
    told: list[int] = []

    def going(presences: int) -> bool:
        told.append(presences)
        return True

    best = numbers(problem, plan)[0]
    for more in ({"seconds": 0.0, "enough": 0}, {"seconds": LONG_S, "enough": best}):
        again = improve(
            model, plan, seconds=more["seconds"], going=going, enough=int(more["enough"])
        )
        assert again.tolist() == plan.tolist()
    assert told == []
