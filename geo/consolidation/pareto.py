"""The exact set of plans in three criteria, for small problems."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.search import Search
from geo.consolidation.solve import Row
from geo.consolidation.solve import Settings
from geo.consolidation.steps import M2
from geo.consolidation.steps import WAN
from geo.consolidation.steps import beaten

if TYPE_CHECKING:
    from geo.consolidation.problem import Problem
    from geo.consolidation.steps import Step


def exact_pareto(problem: Problem, settings: Settings | None = None) -> pd.DataFrame:
    """Return every plan that no other beats in presences, cost and area in zones at once.

    Plans with more presences than today are among them, where they bring more floor area
    into the zones. For small problems: one programme or two for each row.

    Parameters
    ----------
    problem
        The problem.
    settings
        Threads and gap; each programme has the whole time limit.

    Returns
    -------
    pandas.DataFrame
        ``presences``, ``cost`` (万元), ``area_in_zone`` (m²); ordered by the three.

    Raises
    ------
    RuntimeError
        If a programme was not solved to proof in its time.
    """
    search = Search(problem, settings or Settings())
    found: list[Step] = []
    for presences in range(len(search.model.places) + 1):
        least_zone = -math.inf
        while (step := _cheapest_within(search, presences, least_zone)) is not None:
            found.append(step)
            least_zone = step.in_zone_area_m2 + M2
    table = pd.DataFrame(
        [(s.presences, s.cost_wan, s.in_zone_area_m2) for s in found],
        columns=["presences", "cost", "area_in_zone"],
    ).drop_duplicates()
    kept = np.array([not beaten(row, table.to_numpy()) for row in table.to_numpy()], dtype=bool)
    return table[kept].sort_values(list(table.columns), ignore_index=True)


def _cheapest_within(search: Search, presences: int, least_zone_m2: float) -> Step | None:
    """Return the cheapest plan within two bounds, with the most area in zones at its cost.

    None if there is no plan.
    """
    rows = [search.at_most(presences), search.in_zones(least_zone_m2)]
    cheapest = search.proven(search.model.cost_wan, rows)
    if cheapest is None:
        return None
    cost = Row(search.model.cost_wan, -math.inf, cheapest.cost_wan + WAN)
    return search.proven(-search.model.zone_m2, [*rows, cost]) or cheapest
