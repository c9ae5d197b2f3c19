"""Neighbourhood search 邻域改进: solve for a few parks at a time, the others as they are.

A large neighbourhood search (Shaw 1998) with the solver for its moves. Parks that look
at the same vacant space are taken together, because they are in each other's way. It
finds better plans where the whole programme is too large, and proves nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from geo.consolidation.solve import Settings
from geo.consolidation.solve import minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.consolidation.model import Model

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

_SEED = 2026
_FEWEST_PARKS, _MOST_PARKS = 3, 6
_STEP_S = 3.0
_HALF = 0.5
_TINY = 1e-7


def improve(
    model: Model,
    plan: Places,
    *,
    seconds: float,
    going: Callable[[int], bool],
    enough: int = 0,
) -> Places:
    """Return a plan with fewer presences, or as many at less cost.

    Parameters
    ----------
    model
        The programme.
    plan
        Row of the host of each unit, -1 for a unit that stays; keeps the model.
    seconds
        How long to try.
    going
        Told the presences of the best plan; returns False to stop.
    enough
        No plan can have fewer presences than this.
    """
    began = time.perf_counter()
    values = model.vector(plan)
    park = _parks(model)
    together = _sharing(model, park)
    rng = np.random.default_rng(_SEED)
    # A presence always weighs more than all that could be saved by others.
    objective = model.presences + model.cost_wan * _HALF / max(model.cost_wan.sum(), 1.0)
    size, idle = _FEWEST_PARKS, 0
    while (left_s := seconds - (time.perf_counter() - began)) > 0:
        found = round(float(model.presences @ values))
        if found <= enough or idle > 2 * len(together) or not going(found):
            break
        free = np.isin(park, _choose(together, size, rng))
        said = minimise(
            _restricted(model, free, values),
            objective[free],
            start=values[free],
            settings=Settings(),
            time_limit_s=min(_STEP_S, left_s),
        )
        if said.columns is not None and said.objective < objective[free] @ values[free] - _TINY:
            values[free], idle = said.columns, 0
        else:
            idle += 1
        size += 1 if said.status == "optimal" else -1
        size = min(max(size, _FEWEST_PARKS), _MOST_PARKS, len(together))
    return model.assignment(values)


def _parks(model: Model) -> Places:
    """Return the number of the park that each column is about, shape (columns,)."""
    names = model.places.get_level_values("park_id").unique().sort_values()
    units = model.problem.units["park_id"].to_numpy()[model.problem.pairs["unit"].to_numpy()]
    about = [
        units,
        model.places.get_level_values("park_id"),
        model.receiving.get_level_values("park_id"),
        model.middles["park_id"],
    ]
    return np.concatenate([names.get_indexer(pd.Index(part)) for part in about])


def _sharing(model: Model, park: Places) -> Floats:
    """Return how many vacant spaces each two parks both look at, shape (parks, parks)."""
    host = model.problem.pairs["host"].to_numpy()
    shape = (int(park.max()) + 1, len(model.problem.hosts))
    ones = np.ones(host.size)
    looks = sp.csr_array(sp.coo_array((ones, (park[model.columns["x"]], host)), shape=shape))
    looks.data[:] = 1.0
    return np.asarray((looks @ looks.T).todense(), dtype=np.float64)


def _choose(together: Floats, count: int, rng: np.random.Generator) -> Places:
    """Return some parks: one at random, and others that look at the same vacant spaces."""
    first = int(rng.integers(len(together)))
    weight = together[first] + _TINY
    weight[first] = 0.0
    others = min(count, len(together)) - 1
    if not others:
        return np.array([first])
    picked = rng.choice(len(together), others, replace=False, p=weight / weight.sum())
    return np.append(picked, first)


def _restricted(model: Model, free: NDArray[np.bool_], values: Floats) -> Model:
    """Return the programme of some columns, with the others as they are."""
    settled = model.rows[:, ~free] @ values[~free]
    rows = sp.csr_array(model.rows[:, free])
    used = np.diff(rows.indptr) > 0
    return replace(
        model,
        rows=sp.csr_array(rows[used]),
        row_lower=(model.row_lower - settled)[used],
        row_upper=(model.row_upper - settled)[used],
        lower=model.lower[free],
        upper=model.upper[free],
    )
