"""Reduce 化简: leave out moves that no plan on the frontier can need.

Two kinds of move cost something and give nothing:

- away from a presence that cannot be closed, because a unit of it cannot move: the park
  stays at the site;
- to a site where the park is not and nothing settled takes it, if only one of its
  presences could send units there: one presence is given up for another.

Leaving them out changes neither the fewest presences nor the least cost of any number
of them. Where floor area in the zones is sought, moves that bring some are kept, and so
are those that follow them to where the park is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.consolidation.problem import PRESENCE
from geo.consolidation.problem import move_places
from geo.consolidation.problem import zone_gains

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.consolidation.problem import Problem

    Bools = NDArray[np.bool_]


def only_useful(problem: Problem, *, for_zones: bool = False) -> Problem:
    """Return a problem without the moves that no plan on the frontier can need.

    Settled moves are kept.

    Parameters
    ----------
    problem
        The problem; costs are at least 0.
    for_zones
        Whether floor area in the zones is sought too.
    """
    wanted = problem.pairs["unit_id"].isin(list(problem.pinned)).to_numpy()
    if for_zones:
        wanted = wanted | (zone_gains(problem) > 0)
    kept = np.ones(len(wanted), dtype=bool)
    # A presence that can no longer be closed takes away moves of others, and so on.
    while True:
        useful = wanted | (_closable(problem, kept) & _worth_opening(problem, kept, wanted))
        if (useful[kept]).all():
            break
        kept &= useful
    return replace(problem, pairs=problem.pairs[kept].reset_index(drop=True))


def _closable(problem: Problem, kept: Bools) -> Bools:
    """Tell of each pair whether every unit of the presence it leaves has a move."""
    unit = problem.pairs["unit"].to_numpy()
    can_move = np.zeros(len(problem.units), dtype=bool)
    can_move[unit[kept]] = True
    presence = [problem.units[name] for name in PRESENCE]
    every = pd.Series(can_move, index=problem.units.index).groupby(presence).transform("all")
    return np.asarray(every.to_numpy(bool)[unit])


def _worth_opening(problem: Problem, kept: Bools, wanted: Bools) -> Bools:
    """Tell of each pair whether its park is at the site anyway, or two presences could go."""
    to = move_places(problem)
    origin = problem.units["site"].iloc[problem.pairs["unit"].to_numpy()].reset_index(drop=True)
    known = pd.concat([problem.presences, to[wanted]])
    there = pd.MultiIndex.from_frame(to).isin(pd.MultiIndex.from_frame(known))
    origins = origin.where(kept).groupby([to[name] for name in PRESENCE])
    return np.asarray(there | (origins.transform("nunique") > 1).to_numpy())
