from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geo.consolidation.model import formulate
from geo.consolidation.solve import Row
from geo.consolidation.solve import Settings
from geo.consolidation.solve import minimise
from geo.consolidation.solve import relative_gap
from geo.consolidation.start import greedy_plans
from tests.geo.consolidation.brute import enumerate_plans
from tests.geo.consolidation.crowded import crowded
from tests.geo.consolidation.instances import make
from tests.geo.consolidation.instances import mixed

if TYPE_CHECKING:
    from geo.consolidation.model import Model
    from geo.consolidation.solve import Solution

PROOF = Settings()


def at_most(model: Model, presences: int) -> Row:
    return Row(model.presences, -math.inf, float(presences))


def honest(said: Solution) -> bool:
    """Tell whether the word of a solution is what its numbers are."""
    if said.status == "infeasible":
        return said.columns is None and said.bound == math.inf and math.isnan(said.objective)
    if said.columns is None:
        return said.status in {"time_limit", "stopped"} and math.isnan(said.gap)
    assert set(np.unique(said.columns)) <= {0.0, 1.0}
    assert said.bound <= said.objective
    return (said.status == "optimal") == (said.gap == 0.0)


@pytest.mark.parametrize("block", range(5))
def test_the_optimum_is_that_of_brute_force(block: int) -> None:
    for seed in range(4000 + 10 * block, 4010 + 10 * block):
        problem = mixed(seed)
        plans, model = enumerate_plans(problem), formulate(problem)
        said = minimise(model, model.presences, settings=PROOF, time_limit_s=20)
        assert honest(said)
        if not len(plans):
            assert said.status == "infeasible"
            continue
        least = int(plans.presences.min())
        assert (said.status, said.objective, said.bound) == ("optimal", least, least)
        for presences in range(least - 1, least + 2):
            cheap = minimise(
                model,
                model.cost_wan,
                [at_most(model, presences)],
                settings=PROOF,
                time_limit_s=20,
            )
            assert honest(cheap)
            if presences < least:
                assert cheap.status == "infeasible"
            else:
                truth = plans.least_cost(presences, -math.inf)
                assert cheap.objective == pytest.approx(truth, abs=1e-6)
                assert cheap.bound <= truth + 1e-6


def test_however_short_the_time_the_bound_is_never_above_the_truth() -> None:
    problem = crowded(1, parks=6, units=40, hosts=15)
    model = formulate(problem)
    truth = minimise(model, model.presences, settings=PROOF, time_limit_s=120)
    assert truth.status == "optimal"
    statuses = set()
    for seconds in (0.0, 0.01, 0.05, 0.2, 0.5):
        said = minimise(model, model.presences, settings=PROOF, time_limit_s=seconds)
        assert honest(said)
        assert said.bound <= truth.objective
        assert said.columns is None or said.objective >= truth.objective
        statuses.add(said.status)
    assert "time_limit" in statuses
    assert statuses <= {"time_limit", "optimal"}


def test_whoever_is_told_can_stop_it_at_once_or_after_a_while() -> None:
    model = formulate(crowded(1))
    for most in (1, 4):
        told: list[tuple[float | None, float | None]] = []

        def tell(
            found: float | None,
            bound: float | None,
            *,
            told: list[tuple[float | None, float | None]] = told,
            most: int = most,
        ) -> bool:
            told.append((found, bound))
            return len(told) < most

        said = minimise(model, model.presences, settings=PROOF, time_limit_s=120, tell=tell)
        assert said.status == "stopped"
        assert honest(said)
        assert len(told) >= most
        assert all(value is None or math.isfinite(value) for pair in told for value in pair)


def test_a_start_is_used_and_never_lost() -> None:
    problem = crowded(1)
    model = formulate(problem)
    best = greedy_plans(problem)[-1]
    start = model.vector(best)
    said = minimise(model, model.presences, start=start, settings=PROOF, time_limit_s=0.3)
    assert said.columns is not None
    assert said.objective <= model.presences @ start
    told: list[float | None] = []

    def first(found: float | None, bound: float | None) -> bool:  # noqa: ARG001 - as it is called
        told.append(found)
        return False

    stopped = minimise(
        model, model.presences, start=start, settings=PROOF, time_limit_s=60, tell=first
    )
    assert stopped.objective <= model.presences @ start
    assert told[0] is not None


def test_a_start_that_breaks_a_further_row_does_no_harm() -> None:
    for seed in range(20):
        problem = mixed(seed)
        plans, model = enumerate_plans(problem), formulate(problem)
        if len(plans) < 2:
            continue
        worst = model.vector(plans.host[int(plans.presences.argmax())])
        least = int(plans.presences.min())
        rows = [at_most(model, least)]
        said = minimise(model, model.cost_wan, rows, start=worst, settings=PROOF, time_limit_s=20)
        assert said.status == "optimal"
        assert said.objective == pytest.approx(plans.least_cost(least, -math.inf), abs=1e-6)


def test_a_gap_that_is_allowed_is_told_and_is_not_called_optimal() -> None:
    model = formulate(crowded(1))
    settings = Settings(gap=0.6)
    said = minimise(model, model.presences, settings=settings, time_limit_s=120)
    assert honest(said)
    assert said.status == "within_gap"
    assert 0.0 < said.gap <= 0.6


def test_nothing_is_written_anywhere(capfd: pytest.CaptureFixture[str]) -> None:
    model = formulate(mixed(3))
    minimise(model, model.presences, settings=PROOF, time_limit_s=5, tell=lambda *_told: True)
    minimise(model, model.cost_wan, [at_most(model, 0)], settings=PROOF, time_limit_s=5)
    large = formulate(crowded(1))
    minimise(large, large.presences, settings=PROOF, time_limit_s=0.2)
    minimise(large, large.presences, settings=PROOF, time_limit_s=5, tell=lambda *_told: False)
    assert capfd.readouterr() == ("", "")


def test_an_empty_programme_is_solved() -> None:
    model = formulate(make([], [], []))
    said = minimise(model, model.presences, settings=PROOF, time_limit_s=1)
    assert (said.status, said.objective, said.bound) == ("optimal", 0.0, 0.0)
    assert model.assignment(np.empty(0)).size == 0
    impossible = Row(model.presences, 1.0, math.inf)
    none = minimise(model, model.presences, [impossible], settings=PROOF, time_limit_s=1)
    assert (none.status, honest(none)) == ("infeasible", True)


@pytest.mark.parametrize(
    ("found", "bound", "gap"),
    [
        (10.0, 10.0, 0.0),
        (10.0, 8.0, 0.2),
        (10.0, 11.0, 0.0),
        (0.0, 0.0, 0.0),
        (1e6, 1e6 - 0.5, 0.0),
        (-10.0, -12.0, 0.2),
        (10.0, -math.inf, math.inf),
    ],
)
def test_the_gap_is_a_share_of_what_was_found(found: float, bound: float, gap: float) -> None:
    assert relative_gap(found, bound) == pytest.approx(gap)


def test_without_a_plan_there_is_no_gap() -> None:
    assert math.isnan(relative_gap(math.nan, 3.0))
