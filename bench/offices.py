"""Generated parks with offices to consolidate: seeded, in any number, for measuring and testing.

Nothing in it is a fact. A park has one large main site and small satellites, some of
them shared with other parks; vacant space is scarce, and neighbouring parks want the
same of it.

What makes the instances hard for a plain model is this. A satellite is given up only
when the last of its units goes, while the relaxation moves every unit by fractions to
many hosts and pays a fraction of a presence for each. Hosts differ in size and units do
not divide, so that what fits is a knapsack problem in every host, and whether a host
serves one park or another is decided for all of them together. At 45 % movable nearly
every site holds a unit that stays, and there is nothing to decide; the more units
move, the more sites are open, and the further the relaxation is from any plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.consolidation.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

INDUSTRIES = 5
NEAREST = 16
"""A unit looks at so many of the hosts that would take it, nearest to its park's main site."""

VACANT_SHARE = 0.28
"""Vacant floor area as a share of all floor area, let and vacant."""

SIDE_M = 9000.0
SITES_A_PRESENCE = 0.85
"""Fewer sites than presences: some are shared."""

# How fast a park's satellites thin out around its main site, metres.
_REACH_M = 2500.0
# Share of a park's units that belong to its leading industry.
_LEADING = 0.7
_MEDIAN_UNIT_M2, _UNIT_SPREAD = 280.0, 0.7
_HOST_SPREAD = 0.8
# Yuan a square metre: moving, and fitting out a bare space.
_RELOCATION, _FIT_OUT = 120.0, 800.0
_YUAN_IN_WAN = 10_000.0


class _Presences(NamedTuple):
    """Where the parks are: park and site of each presence, its main site first in a park."""

    park: Places
    site: Places
    main: NDArray[np.bool_]
    xy: Floats


def offices(
    parks: int = 20,
    sites: tuple[int, int] = (2, 10),
    units: int = 601,
    hosts: int = 71,
    movable: float = 0.8,
    *,
    presences: int = 100,
    seed: int = 2026,
) -> Problem:
    """Return a generated problem without limits.

    Parameters
    ----------
    parks
        How many.
    sites
        Fewest and most sites of a park; the first is its main site.
    units
        How many in all, at least one a presence.
    hosts
        How many vacant spaces.
    movable
        Share of the units that are not locked, from 0 to 1. Those of a smaller share
        are among those of a larger one; all else stays the same.
    presences
        How many pairs of a park and a site it is in.
    seed
        The same seed gives the same instance.

    Returns
    -------
    Problem
        Areas in whole m²; distances in metres, as the crow flies; costs in 万元 with
        two decimals.

    Raises
    ------
    ValueError
        If `presences` are too few or too many for the parks, or more than `units`.
    """
    if not parks * sites[0] <= presences <= min(parks * sites[1], units):
        msg = (
            f"`presences` must be from {sites[0]} to {sites[1]} for each of {parks} parks "
            f"and at most `units`, not {presences}."
        )
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    where = _presences(rng, _dealt(rng, parks, sites, presences))
    tenancies = _units(rng, where, units, movable)
    vacant = _hosts(rng, where, hosts, float(tenancies["area_m2"].sum()))
    pairs = _pairs(rng, tenancies, vacant, where)
    return Problem.make(tenancies, vacant, pairs)


def _dealt(rng: np.random.Generator, parks: int, sites: tuple[int, int], presences: int) -> Places:
    """Return the number of sites of each park, at random and right in sum."""
    count = rng.integers(sites[0], sites[1], parks, endpoint=True)
    while (missing := presences - int(count.sum())) != 0:
        step = np.sign(missing)
        can = np.flatnonzero((count + step >= sites[0]) & (count + step <= sites[1]))
        count[rng.choice(can)] += step
    return count.astype(np.intp)


def _presences(rng: np.random.Generator, count: Places) -> _Presences:
    """Place the sites and give each park those around its main site, near ones rather."""
    pool = max(round(SITES_A_PRESENCE * count.sum()), count.max(), count.size, 2)
    xy = rng.uniform(0, SIDE_M, (pool, 2))
    mains = rng.choice(len(xy), count.size, replace=False)
    held = []
    for main, sites in zip(mains, count, strict=True):
        weight = np.exp(-np.hypot(*(xy - xy[main]).T) / _REACH_M)
        weight[main] = 0.0
        others = rng.choice(len(xy), sites - 1, replace=False, p=weight / weight.sum())
        held.append(np.append(main, others))
    first = np.cumsum(count) - count
    main = np.zeros(count.sum(), dtype=np.bool_)
    main[first] = True
    return _Presences(np.repeat(np.arange(count.size), count), np.concatenate(held), main, xy)


def _units(rng: np.random.Generator, where: _Presences, units: int, movable: float) -> pd.DataFrame:
    size = len(where.park)
    weight = np.where(where.main, rng.uniform(8, 20, size), rng.gamma(4.0, 2.0, size))
    extra = rng.choice(size, units - size, p=weight / weight.sum())
    at = np.sort(np.append(np.arange(size), extra))
    area = np.maximum(_MEDIAN_UNIT_M2 * rng.lognormal(0.0, _UNIT_SPREAD, units), 40.0).round()
    leading = rng.integers(INDUSTRIES, size=where.park.max() + 1)[where.park[at]]
    other = rng.integers(INDUSTRIES, size=units)
    industry = np.where(rng.random(units) < _LEADING, leading, other)
    # Each unit has its rank, so that those of a smaller share are among the others.
    locked = rng.permutation(units) >= round(movable * units)
    return pd.DataFrame(
        {
            "unit_id": _names("u", units),
            "park_id": _names("p", size)[where.park[at]],
            "site": _names("s", len(where.xy))[where.site[at]],
            "area_m2": area,
            "zone_share": _in_zone(where.xy)[where.site[at]],
            "lock": np.where(locked, "lease", ""),
            "year": np.where(locked, 0, rng.integers(2, size=units)),
            "industry": industry,
        }
    )


def _hosts(rng: np.random.Generator, where: _Presences, hosts: int, let_m2: float) -> pd.DataFrame:
    site = rng.integers(len(where.xy), size=hosts)
    room = rng.lognormal(0.0, _HOST_SPREAD, hosts)
    total = let_m2 * VACANT_SHARE / (1 - VACANT_SHARE)
    takes = rng.random((hosts, INDUSTRIES)).argsort(axis=1) < rng.integers(2, 5, (hosts, 1))
    return pd.DataFrame(
        {
            "host_id": _names("h", hosts),
            "site": _names("s", len(where.xy))[site],
            "capacity_m2": (room / room.sum() * total).round(),
            "zone_share": _in_zone(where.xy)[site],
            "industries": list(takes),
            "bare": rng.choice([0.25, 0.6, 1.0], hosts),
        }
    )


def _pairs(
    rng: np.random.Generator, units: pd.DataFrame, hosts: pd.DataFrame, where: _Presences
) -> pd.DataFrame:
    """Return the nearest hosts that would take each unit; drawn for all units alike."""
    names = pd.Index(_names("s", len(where.xy)))
    from_xy = where.xy[names.get_indexer(pd.Index(units["site"]))]
    to_xy = where.xy[names.get_indexer(pd.Index(hosts["site"]))]
    main = where.xy[where.site[where.main]]
    park = pd.Index(units["park_id"].unique()).get_indexer(pd.Index(units["park_id"]))
    fits = (
        np.stack(hosts["industries"].to_list())[:, units["industry"]].T
        & (units["area_m2"].to_numpy()[:, None] <= hosts["capacity_m2"].to_numpy())
        & (units["site"].to_numpy()[:, None] != hosts["site"].to_numpy())
    )
    away = np.where(fits, _apart(main[park], to_xy), np.inf)
    order = np.argsort(away, axis=1, kind="stable")[:, :NEAREST]
    noise = rng.uniform(0.8, 1.2, fits.shape)
    chosen = np.zeros_like(fits)
    np.put_along_axis(chosen, order, values=True, axis=1)
    unit, host = np.nonzero(chosen & fits & units["lock"].eq("").to_numpy()[:, None])
    yuan_m2 = _RELOCATION + _FIT_OUT * hosts["bare"].to_numpy()[host]
    cost = units["area_m2"].to_numpy()[unit] * yuan_m2 * noise[unit, host] / _YUAN_IN_WAN
    return pd.DataFrame(
        {
            "unit_id": units["unit_id"].to_numpy()[unit],
            "host_id": hosts["host_id"].to_numpy()[host],
            "cost_wan": cost.round(2),
            "distance_m": _apart(from_xy, to_xy)[unit, host].round(1),
        }
    )


def _names(letter: str, count: int) -> NDArray[np.object_]:
    return np.array([f"{letter}{i:05d}" for i in range(count)], dtype=object)


def _in_zone(xy: Floats) -> Floats:
    """Return 1 for what lies in the western third, 0.5 for the strip beside it, 0 elsewhere."""
    third = SIDE_M / 3
    return np.select([xy[:, 0] < third, xy[:, 0] < 1.2 * third], [1.0, 0.5], 0.0)


def _apart(one: Floats, other: Floats) -> Floats:
    """Return the straight distances between two sets of points, shape (one, other), metres."""
    return np.asarray(np.hypot(*np.moveaxis(one[:, None] - other, -1, 0)))
