"""Consolidation 空间整合: what could go where, what it gives, and what blocks it.

The steps, each on its own:

1. *register*: carriers and units become a problem, with what takes no part and why
   (:mod:`geo.consolidation.register`);
2. *bound*: how few presences there can be by room alone (:mod:`geo.consolidation.bounds`);
3. *formulate*: the problem becomes a programme (:mod:`geo.consolidation.model`);
4. *solve*: HiGHS finds the frontier and proves it, or says how far the proof is
   (:mod:`geo.consolidation.frontier`);
5. *explain*: a plan as tables, and why the rest stays
   (:mod:`geo.consolidation.plan`, :mod:`geo.consolidation.explain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.consolidation.frontier import solve_frontier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geo.consolidation.frontier import Frontier
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.register import Register
    from geo.consolidation.solve import Settings
    from geo.consolidation.solve import Watch

__all__ = ["Consolidation", "consolidate"]


@dataclass(frozen=True, slots=True, eq=False)
class Consolidation:
    """A register and its frontier.

    Attributes
    ----------
    register
        What was asked.
    frontier
        What was found.
    """

    register: Register
    frontier: Frontier

    @property
    def parameters(self) -> ConsolidationParameters:
        """The limits and costs it was made with."""
        return self.register.parameters


def consolidate(
    register: Register,
    settings: Settings | None = None,
    watch: Watch | None = None,
    *,
    previous: Sequence[NDArray[np.intp]] = (),
) -> Consolidation:
    """Find the plans of a register.

    Parameters
    ----------
    register
        Result of :func:`geo.consolidation.register.register`.
    settings
        Time, gap and threads.
    watch
        Told how far it is; returns False to stop.
    previous
        Plans of an earlier answer to start from, rows of hosts by unit.

    Returns
    -------
    Consolidation
        The frontier has steps of area in zones as the parameters ask for.
    """
    levels = register.parameters.zone_levels if register.sites["zone_share"].notna().any() else 0
    frontier = solve_frontier(
        register.problem, settings, watch, previous=previous, zone_levels=levels
    )
    return Consolidation(register, frontier)
