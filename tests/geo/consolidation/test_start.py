from __future__ import annotations

from itertools import pairwise

import pytest

from geo.consolidation.model import formulate
from geo.consolidation.problem import Limits
from geo.consolidation.problem import presences_after
from geo.consolidation.start import greedy_plans
from geo.consolidation.start import pinned_plan
from geo.consolidation.steps import measure
from tests.geo.consolidation.checker import violations
from tests.geo.consolidation.instances import limited
from tests.geo.consolidation.instances import make
from tests.geo.consolidation.instances import mixed
from tests.geo.consolidation.registers import ask
from tests.geo.consolidation.registers import random_town

_BLOCK = 20


@pytest.mark.parametrize("block", range(10))
def test_every_plan_keeps_the_programme_and_has_fewer_presences_than_the_one_before(
    block: int,
) -> None:
    for seed in range(3000 + block * _BLOCK, 3000 + (block + 1) * _BLOCK):
        problem = mixed(seed)
        model, plans = formulate(problem), greedy_plans(problem)
        assert plans[0].tolist() == pinned_plan(problem).tolist()
        if not model.keeps(plans[0]):
            continue
        counts = [len(presences_after(problem, plan)) for plan in plans]
        assert all(more >= fewer + 1 for more, fewer in pairwise(counts))
        for plan in plans:
            assert model.keeps(plan), seed
            assert violations(problem, measure(problem, plan, "time_limit", 0.0, 0.0)) == []
            settled = pinned_plan(problem)
            assert (plan[settled >= 0] == settled[settled >= 0]).all()


@pytest.mark.parametrize("seed", range(20))
def test_every_plan_of_a_register_keeps_its_programme(seed: int) -> None:
    problem = ask(*random_town(seed), anchors=seed % 3, yearly_share=0.4).problem
    model = formulate(problem)
    assert all(model.keeps(plan) for plan in greedy_plans(problem))


def test_the_cheapest_closing_goes_first() -> None:
    units = [(name, "P", name.upper(), 100.0, 0.0, "", 0) for name in "abc"]
    hosts = [("h", "A", 100.0, 0.0), ("k", "A", 100.0, 0.0)]
    pairs = [("b", "h", 9.0, 0.0), ("b", "k", 8.0, 0.0), ("c", "h", 3.0, 0.0)]
    plans = greedy_plans(make(units, hosts, pairs))
    assert [plan.tolist() for plan in plans] == [[-1, -1, -1], [-1, -1, 0], [-1, 1, 0]]


def test_a_presence_that_received_units_can_close_later() -> None:
    """Greedy first moves b to C and then both to A, for what the second place costs."""
    units = [
        ("a", "P", "A", 100.0, 0.0, "", 0),
        ("b", "P", "B", 100.0, 0.0, "", 0),
        ("c", "P", "C", 100.0, 0.0, "", 0),
    ]
    hosts = [("h", "A", 200.0, 0.0), ("k", "C", 100.0, 0.0)]
    pairs = [("b", "h", 9.0, 0.0), ("b", "k", 1.0, 0.0), ("c", "h", 5.0, 0.0)]
    problem = make(units, hosts, pairs, limits=Limits(budget_wan=14.0))
    plans = greedy_plans(problem)
    assert [plan.tolist() for plan in plans] == [[-1, -1, -1], [-1, 1, -1], [-1, 0, 0]]
    tight = greedy_plans(limited(problem, budget_wan=13.9))
    assert [plan.tolist() for plan in tight] == [[-1, -1, -1], [-1, 1, -1]]


def test_nothing_to_do() -> None:
    assert [plan.tolist() for plan in greedy_plans(make([], [], []))] == [[]]
    alone = make([("a", "P", "A", 1.0, 0.0, "", 0)], [("h", "B", 9.0, 0.0)], [("a", "h", 0.0, 0.0)])
    assert [plan.tolist() for plan in greedy_plans(alone)] == [[-1]]
