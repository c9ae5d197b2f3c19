"""A saved scenario as an answer again: its plans on the layers of today, without a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import cast

import pandas as pd

from geo.consolidation import Consolidation
from geo.consolidation.bounds import capacity_bounds
from geo.consolidation.frontier import Frontier
from geo.consolidation.parameters import RULE_VERSION
from geo.consolidation.steps import measure
from layers.consolidation import CONSOLIDATION_LAYERS
from layers.consolidation import register_of
from layers.errors import Text
from layers.proposals import proposal_tables
from layers.scenarios.records import plans_of
from layers.scenarios.refusals import ScenarioUsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.consolidation.frontier import Step
    from geo.consolidation.problem import Problem
    from geo.consolidation.register import Register
    from geo.consolidation.solve import Status
    from layers.catalogue import Catalogue
    from layers.scenarios.records import Scenario


def is_current(scenario: Scenario, versions: Mapping[str, int]) -> bool:
    """Tell whether layers and rule are those that the plans of a scenario were made from.

    Parameters
    ----------
    scenario
        The scenario.
    versions
        Version of every layer now; others than those of a plan do not matter.
    """
    now = {key: version for key, version in versions.items() if key in CONSOLIDATION_LAYERS}
    return dict(scenario.versions) == now and scenario.rule_version == RULE_VERSION


def consolidation_of(
    scenario: Scenario,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    versions: Mapping[str, int],
    register: Register | None = None,
) -> Consolidation:
    """Return the saved plans of a scenario on the layers of today.

    What was proven is passed on only if nothing changed; else a plan is told without
    proof. The bound is that of room alone, which needs no solver.

    Parameters
    ----------
    scenario
        The scenario, solved.
    tables
        Layers by key; see :func:`layers.consolidation.register_of`.
    catalogue
        The catalogue.
    versions
        Version of every layer now.
    register
        The register of `tables` for the scenario, if it is there already.

    Raises
    ------
    ScenarioUsageError
        If it was never solved.
    AtlasError
        If a layer or a park is missing.
    """
    if not scenario.steps:
        raise ScenarioUsageError(
            Text(
                f"方案“{scenario.name}”还没有求解；请先在“腾挪”页求解并保存",
                f"the scenario '{scenario.name}' was not solved yet; solve and save it first",
            )
        )
    if register is None:
        overrides, parks = scenario.overrides, scenario.parks or None
        register = register_of(tables, catalogue, scenario.parameters, parks, overrides)
    steps = _steps(register.problem, scenario, proven=is_current(scenario, versions))
    return Consolidation(register, _frontier(register.problem, steps))


def chosen_step(scenario: Scenario, answer: Consolidation) -> Step:
    """Return the step that the planner chose, else the one that leaves the fewest sites.

    Parameters
    ----------
    scenario, answer
        A scenario and its :func:`consolidation_of`.
    """
    steps = (*answer.frontier.steps, *answer.frontier.zone_steps)
    if scenario.chosen is not None:
        return steps[scenario.chosen]
    return min(answer.frontier.steps, key=lambda step: step.presences)


def plan_tables(
    scenario: Scenario,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    versions: Mapping[str, int],
) -> dict[str, pd.DataFrame]:
    """Return what is told of the chosen plan of a scenario.

    Parameters
    ----------
    scenario, tables, catalogue, versions
        As for :func:`consolidation_of`.

    Returns
    -------
    dict of pandas.DataFrame
        As :func:`layers.proposals.proposal_tables`; without scatter before and after.

    Raises
    ------
    ScenarioUsageError
        If it was never solved.
    AtlasError
        If a layer or a park is missing.
    """
    answer = consolidation_of(scenario, tables, catalogue, versions)
    return proposal_tables(answer, chosen_step(scenario, answer), pd.DataFrame())


def _steps(problem: Problem, scenario: Scenario, *, proven: bool) -> list[Step]:
    found = []
    for plan, saved in zip(plans_of(problem, scenario.steps), scenario.steps, strict=True):
        step = measure(problem, plan, "time_limit", 0.0, 0.0)
        if proven and saved.gap is not None:
            bound = step.cost_wan * (1.0 - saved.gap)
            # A saved step refuses any other word.
            step = measure(problem, plan, cast("Status", saved.status), bound, 0.0)
        found.append(step)
    return found


def _frontier(problem: Problem, steps: list[Step]) -> Frontier:
    """Return the steps as a frontier; the stairs end where sites no longer get fewer."""
    stairs = next(
        (n for n in range(1, len(steps)) if steps[n].presences >= steps[n - 1].presences),
        len(steps),
    )
    bound = int(capacity_bounds(problem).sum())
    fewest = min(step.presences for step in steps)
    gap = max(fewest - bound, 0) / fewest if fewest else 0.0
    return Frontier(
        presences_before=len(problem.presences),
        capacity_bound=bound,
        lower_bound=bound,
        status="optimal" if gap == 0 else "time_limit",
        gap=gap,
        steps=tuple(steps[:stairs]),
        zone_steps=tuple(steps[stairs:]),
    )
