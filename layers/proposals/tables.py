"""All tables of a proposal, each with sample mark and rule version."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

import numpy as np
import pandas as pd

from geo.consolidation.explain import blocking_leases
from geo.consolidation.explain import not_moved
from geo.consolidation.frontier import frontier_table
from geo.consolidation.parameters import RULE_VERSION
from geo.consolidation.plan import calendar
from geo.consolidation.plan import moves
from geo.consolidation.plan import no_regret
from geo.consolidation.plan import site_outcomes
from geo.crs import STORAGE_CRS
from layers.export.tables import ResultTable
from layers.marks import is_sample
from layers.proposals.titles import COLUMN_TITLES
from layers.proposals.titles import TABLE_TITLES
from layers.proposals.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.consolidation import Consolidation
    from geo.consolidation.frontier import Step
    from geo.consolidation.overrides import Conflict
    from geo.consolidation.overrides import Override
    from geo.consolidation.register import Register

Frame = TypeVar("Frame", bound=pd.DataFrame)

_LISTED = "; "


def plan_of(consolidation: Consolidation, step: Step | None) -> NDArray[np.intp]:
    """Return the plan of a step; without one, the plan in which all stay.

    Parameters
    ----------
    consolidation
        The answer.
    step
        One of its steps; None if there is none.

    Returns
    -------
    numpy.ndarray of int, shape (units,)
        Row of the host of each unit, -1 for a unit that stays.
    """
    if step is not None:
        return step.host
    return np.full(len(consolidation.register.problem.units), -1, dtype=np.intp)


def proposal_tables(
    consolidation: Consolidation, step: Step | None, before_after: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return everything that is told of a plan.

    Parameters
    ----------
    consolidation
        The answer.
    step
        The step whose plan is told; None if there is none, and then nothing moves and
        what keeps the sites open is told all the same.
    before_after
        Result of :func:`layers.consolidation.before_after`.

    Returns
    -------
    dict of pandas.DataFrame
        In the order of :data:`layers.proposals.TABLE_TITLES`; ``moves`` and ``sites``
        have geometry in EPSG:4490. Each has ``sample`` and ``rule_version``.
    """
    register, frontier = consolidation.register, consolidation.frontier
    host = plan_of(consolidation, step)
    moved = moves(register, frontier, host)
    tables = {
        "frontier": frontier.table,
        "zone_steps": frontier_table(frontier.zone_steps),
        "moves": _stored(moved),
        "sites": _stored(site_outcomes(register, host)),
        "no_regret": no_regret(register, frontier),
        "blocking_leases": blocking_leases(register, host),
        "not_moved": not_moved(register, host),
        "calendar": calendar(moved),
        "before_after": before_after,
        "overrides": override_table(register.overrides),
        "conflicts": conflict_table(register.conflicts),
        "unused": register.unused,
    }
    return {name: _marked(tables[name], register) for name in TABLE_TITLES}


def result_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, ResultTable]:
    """Return the tables of a proposal with the titles and words of a file.

    Parameters
    ----------
    tables
        Result of :func:`proposal_tables`, or some of it.
    """
    return {
        name: ResultTable(frame, TABLE_TITLES[name], COLUMN_TITLES[name], WORDS)
        for name, frame in tables.items()
    }


def override_table(overrides: Sequence[Override]) -> pd.DataFrame:
    """Return what planners settled, one row an override with all its fields.

    Parameters
    ----------
    overrides
        In any order.
    """
    names = ["kind", "author", "time", "reason", "unit_id", "host_id", "carrier_id", "park_id"]
    rows = [override.as_dict() for override in overrides]
    return pd.DataFrame(rows, columns=names, dtype="str")


def conflict_table(conflicts: Sequence[Conflict]) -> pd.DataFrame:
    """Return contradictions: ``overrides`` (kind and ids of each), ``reason_zh, reason_en``.

    Parameters
    ----------
    conflicts
        In any order.
    """
    rows = [
        {
            "overrides": _LISTED.join(_named(override) for override in conflict.overrides),
            "reason_zh": conflict.reason.zh,
            "reason_en": conflict.reason.en,
        }
        for conflict in conflicts
    ]
    return pd.DataFrame(rows, columns=["overrides", "reason_zh", "reason_en"], dtype="str")


def has_sample(register: Register) -> bool:
    """Tell whether any unit or host of a register is sample data.

    Parameters
    ----------
    register
        The register.
    """
    problem = register.problem
    return bool(is_sample(problem.units).any() or is_sample(problem.hosts).any())


def _named(override: Override) -> str:
    return " ".join(part for part in override.target if part)


def _stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(STORAGE_CRS)


def _marked(frame: Frame, register: Register) -> Frame:
    """Return a table with the rule, and the sample mark of what each row is made from."""
    marked = frame.assign(rule_version=RULE_VERSION)
    if "sample" in marked.columns:
        return marked.assign(sample=is_sample(marked).astype("boolean"))
    units = register.problem.units
    sample = is_sample(units)
    for key in ("unit_id", "park_id"):
        if key in marked.columns and marked[key].ne("").all():
            by_key = sample.groupby(units[key]).any()
            # A table without rows, or whose ids are not known, has numbers here, not truths.
            found = marked[key].map(by_key).astype("boolean")
            return marked.assign(sample=found.fillna(value=False))
    # A total is a sample as soon as any part of it is.
    whole = pd.Series(has_sample(register), index=marked.index, dtype="boolean")
    return marked.assign(sample=whole)
