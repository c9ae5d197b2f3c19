"""A saved scenario tells the plan that was solved, without a solver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.consolidation import Consolidation
from geo.consolidation import consolidate
from layers.catalogue import load_catalogue
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.proposals import proposal_tables
from layers.scenarios import Scenario
from layers.scenarios import ScenarioUsageError
from layers.scenarios import saved_step
from layers.scenarios.answers import chosen_step
from layers.scenarios.answers import consolidation_of
from layers.scenarios.answers import is_current
from layers.scenarios.answers import plan_tables
from tests.consolidation_hand import two_buildings

if TYPE_CHECKING:
    from typing import Any

CATALOGUE = load_catalogue()
# Without rents the cost of a move is its area times two numbers.
PLAIN = {"double_rent_months": 0, "yearly_share": 1}
VERSIONS = {"carriers": 3, "units": 4, "stations": 9}


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return two_buildings()


@pytest.fixture(scope="module")
def solved(tables: dict[str, Any]) -> Consolidation:
    return consolidate(register_of(tables, CATALOGUE, default_parameters(tables, **PLAIN)))


@pytest.fixture(scope="module")
def scenario(tables: dict[str, Any], solved: Consolidation) -> Scenario:
    frontier = solved.frontier
    problem = solved.register.problem
    return Scenario(
        name="方案一",
        author="王",
        parks=(),
        parameters=default_parameters(tables, **PLAIN),
        overrides=(),
        versions={"carriers": 3, "units": 4},
        steps=tuple(saved_step(problem, s) for s in (*frontier.steps, *frontier.zone_steps)),
    )


def test_the_plans_are_those_that_were_solved(
    tables: dict[str, Any], solved: Consolidation, scenario: Scenario
) -> None:
    again = consolidation_of(scenario, tables, CATALOGUE, VERSIONS)
    assert len(solved.frontier.steps) == 2
    for before, after in zip(solved.frontier.steps, again.frontier.steps, strict=True):
        np.testing.assert_array_equal(before.host, after.host)
        assert after.presences == before.presences
        assert after.cost_wan == pytest.approx(before.cost_wan)
        assert after.status == before.status
        assert after.gap == pytest.approx(before.gap)
    assert again.frontier.presences_before == solved.frontier.presences_before == 2
    # One site has room for all, which needs no solver to see.
    assert (again.frontier.lower_bound, again.frontier.status, again.frontier.gap) == (
        1,
        "optimal",
        0,
    )


def test_a_plan_of_older_layers_is_told_without_proof(
    tables: dict[str, Any], scenario: Scenario
) -> None:
    changed = VERSIONS | {"units": 5}
    assert is_current(scenario, VERSIONS)
    assert not is_current(scenario, changed)
    assert not is_current(replace(scenario, rule_version="old"), VERSIONS)
    again = consolidation_of(scenario, tables, CATALOGUE, changed)
    fewest = chosen_step(scenario, again)
    assert fewest.moves == 1
    assert fewest.status == "time_limit"


def test_the_chosen_plan_is_told(
    tables: dict[str, Any], solved: Consolidation, scenario: Scenario
) -> None:
    fewest = min(solved.frontier.steps, key=lambda step: step.presences)
    wanted = proposal_tables(solved, fewest, pd.DataFrame())
    told = plan_tables(scenario, tables, CATALOGUE, VERSIONS)
    for name in ("moves", "sites"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(told[name].drop(columns="geometry")),
            pd.DataFrame(wanted[name].drop(columns="geometry")),
        )
        assert shapely.equals(told[name].geometry, wanted[name].geometry).all()
    assert list(told["moves"]["unit_id"]) == ["U1"]
    stays = [n for n, step in enumerate(scenario.steps) if not step.moves]
    nothing = plan_tables(replace(scenario, chosen=stays[0]), tables, CATALOGUE, VERSIONS)
    assert nothing["moves"].empty


def test_a_plan_whose_units_are_gone_moves_nobody(
    tables: dict[str, Any], scenario: Scenario
) -> None:
    units = tables["units"]
    less = tables | {"units": units[units["unit_id"] != "U1"].reset_index(drop=True)}
    told = plan_tables(scenario, less, CATALOGUE, VERSIONS | {"units": 5})
    assert told["moves"].empty


def test_a_scenario_that_was_never_solved_has_no_plan(
    tables: dict[str, Any], scenario: Scenario
) -> None:
    with pytest.raises(ScenarioUsageError, match="方案一") as caught:
        plan_tables(replace(scenario, steps=()), tables, CATALOGUE, VERSIONS)
    assert "was not solved" in caught.value.text.en
