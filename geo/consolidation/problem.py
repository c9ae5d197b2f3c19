"""What a consolidation plan decides about: units, hosts, and which may go where.

The tables here are all that bounds, model, solver and explanation know. They are
made from a planner's register by :mod:`geo.consolidation.register`, and by hand in
tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

UNIT_COLUMNS = ("unit_id", "park_id", "site", "area_m2", "zone_share", "lock", "year")
HOST_COLUMNS = ("host_id", "site", "capacity_m2", "zone_share")
PRESENCE = ["park_id", "site"]
"""The columns that name a presence."""

PAIR_COLUMNS = ("unit_id", "host_id", "cost_wan", "distance_m")


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a plan as a whole.

    Attributes
    ----------
    budget_wan
        Most that all moves may cost, 万元; None for no limit.
    yearly_m2
        Most floor area that moves in one year, m²; None for no limit.
    anchors
        A park receives moves around so many anchors; 0 for anywhere.
    area_ratio
        Floor area needed after a move over floor area before.
    """

    budget_wan: float | None = None
    yearly_m2: float | None = None
    anchors: int = 0
    area_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Units that may move, hosts that may take them, and what it costs.

    Attributes
    ----------
    units
        One row a unit, ordered by id: ``unit_id``, ``park_id``, ``site`` (where it is),
        ``area_m2`` (at least 0; what has no known area counts 0 and is locked),
        ``zone_share`` (share of its site in the zones), ``lock`` (why it cannot move;
        empty if it can) and ``year`` (of its move, counted from 0; 0 if locked).
        Further columns are carried along.
    hosts
        One row a vacant space, ordered by id: ``host_id``, ``site``, ``capacity_m2``,
        ``zone_share``. Further columns are carried along.
    pairs
        One row a possible move, ordered by unit and host: ``unit_id``, ``host_id``,
        ``cost_wan``, ``distance_m`` and the row numbers ``unit`` and ``host``. A locked
        unit has none.
    around
        Sites that make up an anchor's area, by the site in its middle; a site that is
        no key is an area by itself. A park's anchors stand at sites it is at today, or
        at those of `fixed_anchors`.
    limits
        Limits of the plan as a whole.
    fixed_anchors
        Sites that a park's anchors must include, by park.
    pinned
        Host of each unit whose move is settled, by unit.
    """

    units: pd.DataFrame
    hosts: pd.DataFrame
    pairs: pd.DataFrame
    around: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    fixed_anchors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(
        cls, units: pd.DataFrame, hosts: pd.DataFrame, pairs: pd.DataFrame, **rest: object
    ) -> Problem:
        """Check the tables, bring them into one order and number the pairs.

        The order of rows decides between plans that are equally good; one order makes
        the answer independent of the file it came from.

        Raises
        ------
        ValueError
            If a column is missing, an id stands twice, an area, capacity or cost is
            negative or unknown, or a pair names a unit or host that is not there, a
            locked unit, or a host at the unit's own site.
        """
        require_columns(units, UNIT_COLUMNS, "units")
        require_columns(hosts, HOST_COLUMNS, "hosts")
        require_columns(pairs, PAIR_COLUMNS, "pairs")
        refuse_repeated(units[["unit_id"]], "units")
        refuse_repeated(hosts[["host_id"]], "hosts")
        refuse_repeated(pairs[["unit_id", "host_id"]], "pairs")
        units = units.sort_values("unit_id", ignore_index=True)
        hosts = hosts.sort_values("host_id", ignore_index=True)
        pairs = pairs.sort_values(["unit_id", "host_id"], ignore_index=True)
        pairs = pairs.assign(
            unit=pd.Index(units["unit_id"]).get_indexer(pd.Index(pairs["unit_id"])),
            host=pd.Index(hosts["host_id"]).get_indexer(pd.Index(pairs["host_id"])),
        )
        problem = cls(units, hosts, pairs, **rest)  # type: ignore[arg-type] # checked by name
        problem._check()
        return problem

    def _check(self) -> None:
        for frame, what, name in (
            (self.units, "units", "area_m2"),
            (self.hosts, "hosts", "capacity_m2"),
            (self.pairs, "pairs", "cost_wan"),
        ):
            if not (frame[name] >= 0).all():
                msg = f"`{what}` has a `{name}` that is negative or unknown."
                raise ValueError(msg)
        unit, host = self.pairs["unit"].to_numpy(), self.pairs["host"].to_numpy()
        if (unit < 0).any() or (host < 0).any():
            msg = "`pairs` names a unit or a host that is not in its table."
            raise ValueError(msg)
        if self.units["lock"].ne("").to_numpy()[unit].any():
            msg = "`pairs` moves a locked unit."
            raise ValueError(msg)
        if (self.units["site"].to_numpy()[unit] == self.hosts["site"].to_numpy()[host]).any():
            msg = "`pairs` moves a unit within its own site."
            raise ValueError(msg)

    @property
    def movable(self) -> NDArray[np.bool_]:
        """Which units are not locked, shape (units,)."""
        return np.asarray(self.units["lock"].eq(""), dtype=np.bool_)

    @property
    def presences(self) -> pd.DataFrame:
        """Where each park is today: ``park_id``, ``site``, once each, in order."""
        return self.units[PRESENCE].drop_duplicates().sort_values(PRESENCE, ignore_index=True)


def sites_after(problem: Problem, host: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the site of each unit after a plan, shape (units,).

    Parameters
    ----------
    problem
        The problem.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).
    """
    moved = host >= 0
    site = problem.units["site"].to_numpy(dtype=object, copy=True)
    site[moved] = problem.hosts["site"].to_numpy(dtype=object)[host[moved]]
    return site


def presences_after(problem: Problem, host: NDArray[np.intp]) -> pd.DataFrame:
    """Return where each park is after a plan: ``park_id``, ``site``, once each, in order.

    Parameters
    ----------
    problem, host
        As in :func:`sites_after`.
    """
    after = pd.DataFrame({"park_id": problem.units["park_id"], "site": sites_after(problem, host)})
    return after.drop_duplicates().sort_values(PRESENCE, ignore_index=True)


def moves_made(problem: Problem, host: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which of the possible moves a plan makes, shape (pairs,).

    Parameters
    ----------
    problem, host
        As in :func:`sites_after`.
    """
    pairs = problem.pairs
    return np.asarray(host[pairs["unit"].to_numpy()] == pairs["host"].to_numpy(), dtype=np.bool_)


def move_places(problem: Problem) -> pd.DataFrame:
    """Return the park of each possible move and the site it goes to, one row a pair.

    Parameters
    ----------
    problem
        The problem.
    """
    unit, host = problem.pairs["unit"].to_numpy(), problem.pairs["host"].to_numpy()
    return pd.DataFrame(
        {
            "park_id": problem.units["park_id"].to_numpy()[unit],
            "site": problem.hosts["site"].to_numpy()[host],
        }
    )


def zone_gains(problem: Problem) -> NDArray[np.float64]:
    """Return the floor area that each move brings into the zones, m², shape (pairs,).

    Parameters
    ----------
    problem
        The problem.
    """
    unit, host = problem.pairs["unit"].to_numpy(), problem.pairs["host"].to_numpy()
    there = problem.hosts["zone_share"].to_numpy(np.float64)[host]
    here = problem.units["zone_share"].to_numpy(np.float64)[unit]
    return np.asarray(problem.units["area_m2"].to_numpy(np.float64)[unit] * (there - here))
