"""Bounds 下界: how few presences a park can have, without solving anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.problem import PRESENCE
from geo.consolidation.problem import move_places

if TYPE_CHECKING:
    from geo.consolidation.problem import Problem

# Areas this much apart, as a share, are one: sums of floating point numbers.
_SLACK = 1e-9


def presence_caps(problem: Problem) -> pd.DataFrame:
    """Return how much of its floor area each park could have at each site.

    At a site it is in, a park can keep what it has; at any site, it can take the vacant
    space that a unit of it may move to. Never more than all it has.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    pandas.DataFrame
        ``park_id``, ``site``, ``own_m2`` (floor area there today), ``vacant_m2`` (of the
        floor area it has today, as much as the open hosts can take), ``cap_m2``,
        ``fixed`` (a locked unit is there); ordered by park and site.
    """
    units = problem.units
    own = units.assign(fixed=~problem.movable).groupby(PRESENCE)
    table = pd.DataFrame({"own_m2": own["area_m2"].sum(), "fixed": own["fixed"].any()})
    host = problem.pairs["host"].to_numpy()
    room = problem.hosts["capacity_m2"].to_numpy()[host]
    opened = move_places(problem).assign(host=host, vacant_m2=room).drop_duplicates()
    # A host that is smaller than the sum still takes so much of today's floor area.
    vacant = opened.groupby(PRESENCE)["vacant_m2"].sum() / problem.limits.area_ratio
    table = table.join(vacant, how="outer").reset_index()
    table = table.fillna({"own_m2": 0.0, "vacant_m2": 0.0})
    table["fixed"] = table["fixed"].eq(other=True)
    total = table["park_id"].map(units.groupby("park_id")["area_m2"].sum()).astype("float64")
    table["cap_m2"] = np.minimum(total, table["own_m2"] + table["vacant_m2"])
    columns = [*PRESENCE, "own_m2", "vacant_m2", "cap_m2", "fixed"]
    return table[columns].sort_values(PRESENCE, ignore_index=True)


def capacity_bounds(problem: Problem) -> pd.Series[int]:
    """Return how few presences each park must at least have.

    The sites that locked units hold, and then as many of the roomiest others as the
    rest of its floor area needs. That parks compete for the same hosts is left out, so
    no plan has fewer.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    pandas.Series
        Count by ``park_id``, in order.
    """
    return bounds_of(presence_caps(problem), problem)


def bounds_of(caps: pd.DataFrame, problem: Problem) -> pd.Series[int]:
    """Return :func:`capacity_bounds` from what :func:`presence_caps` gave."""
    total = problem.units.groupby("park_id")["area_m2"].sum()
    bound = {
        park: _fewest(sites, float(total[park]))
        for park, sites in caps.groupby("park_id", sort=True)
    }
    return pd.Series(bound, dtype="int64", name="presences").rename_axis("park_id")


def _fewest(sites: pd.DataFrame, needed_m2: float) -> int:
    fixed = sites["fixed"].to_numpy(dtype=bool)
    rest = needed_m2 - float(sites["cap_m2"].to_numpy()[fixed].sum())
    others = np.sort(sites["cap_m2"].to_numpy()[~fixed])[::-1]
    held = int(fixed.sum())
    if rest <= _SLACK * needed_m2:
        # A park whose units have no floor area at all is still somewhere.
        return max(held, 1)
    reached = np.cumsum(others) >= rest * (1.0 - _SLACK)
    return held + int(np.argmax(reached)) + 1 if reached.any() else held + others.size
