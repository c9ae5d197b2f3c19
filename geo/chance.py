"""Chance: is a park more compact than if its sites had been thrown at random.

The statistic is the mean straight distance of two random square metres of the park.
Its own site areas are thrown on the stock of buildings that spaces could be in (the
random location of Duranton and Overman, Review of Economic Studies 72, 2005), or on
land where no stock is known. What is no more compact than most random placements is
no more compact than chance; that is no proof that it *is* chance.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from geo.dispersion import mean_pairwise_distance
from geo.distance import pairs_in_groups
from geo.draws import all_ordered_samples
from geo.draws import ordered_sample
from geo.draws import uniforms
from geo.land import Land

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

CHANCE_COLUMNS = {
    "p_low": "float64",
    "p_high": "float64",
    "standardised_effect": "float64",
    "p_low_error": "float64",
    "p_low_adjusted": "float64",
    "draws": "Int64",
    "seed": "Int64",
    "chance_method": "str",
    "chance_mean_m": "float64",
    "chance_sd_m": "float64",
}
"""Columns of :func:`chance_test` with their dtypes."""

_SLACK = 1e-9
# Parks that are counted at once; together with the draws this bounds the memory.
_PARKS_AT_ONCE = 256
_FLOAT_BYTES = 8
# Numbers that a site of a draw takes at the peak; on land also its triangle.
_STOCK_NUMBERS = 8
_LAND_NUMBERS = 24
# Threads that share fewer draws wait for each other longer than they work.
_LEAST_SHARED = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """The buildings that a park's sites could be in.

    Attributes
    ----------
    xy
        Their centres in metres, shape (buildings, 2), at least one; in any order.

    Raises
    ------
    ValueError
        If the shape differs, there is none, or a coordinate is not finite.
    """

    xy: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Put the buildings in one order, so that the given one cannot matter."""
        xy = np.asarray(self.xy, dtype=np.float64)
        if xy.ndim != 2 or xy.shape[1:] != (2,) or not len(xy):  # noqa: PLR2004 - x and y
            msg = f"`xy` must have shape (buildings, 2) with at least one, not {xy.shape}."
            raise ValueError(msg)
        if not np.isfinite(xy).all():
            msg = "`xy` must be finite; leave out buildings without a place."
            raise ValueError(msg)
        object.__setattr__(self, "xy", xy[np.lexsort((xy[:, 1], xy[:, 0]))])


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """What parks are held against.

    Attributes
    ----------
    null
        Where sites are thrown.
    draws
        Number of random placements, at least 1.
    seed
        Where the stream of random numbers starts, at least 0.
    exact_limit
        With at most so many placements all are counted instead; 0 for never.
    workers
        Threads that work at once, worth it from some thousand draws. The result
        depends neither on it nor on `block_bytes`.
    block_bytes
        Most memory for one block of placements (of which it has at least one); each
        worker has a block. The distances of all placements are kept beside it, for up
        to 256 parks.
    label
        What the null is called in tables.

    Raises
    ------
    ValueError
        Naming the argument that is out of range.
    """

    null: Stock | Land
    draws: int = 999
    seed: int = 2024
    exact_limit: int = 20_000
    workers: int = 1
    block_bytes: int = 64 * 1024**2
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        least = {"draws": 1, "seed": 0, "exact_limit": 0, "workers": 1, "block_bytes": 1}
        for name, limit in least.items():
            value = getattr(self, name)
            if value < limit:
                msg = f"`{name}` must be at least {limit}, not {value!r}."
                raise ValueError(msg)

    @property
    def stock_size(self) -> int | None:
        """Return the number of buildings; None on land."""
        return len(self.null.xy) if isinstance(self.null, Stock) else None

    def is_exact(self, sites: int) -> bool:
        """Tell whether all placements of so many sites are counted."""
        if not isinstance(self.null, Stock) or sites > len(self.null.xy):
            return False
        return math.perm(len(self.null.xy), sites) <= self.exact_limit


class _Test(NamedTuple):
    """Observed values of some parks, shape (parks,), and those of (parks, placements)."""

    observed_m: NDArray[np.float64]
    drawn_m: NDArray[np.float64]
    exact: bool


def chance_test(
    xy: NDArray[np.float64],
    weight: NDArray[np.float64],
    group: NDArray[np.intp],
    groups: int,
    chance: Chance,
) -> pd.DataFrame:
    """Hold every park against chance.

    p_low = (1 + #{T_b ≤ T}) / (1 + B), p_high likewise with ≥ (Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, ch. 4); ties count. Where all
    placements are counted, p is their share, and an arrangement that is not one of
    them is counted in. Parks with as many sites share the placements.

    Parameters
    ----------
    xy
        Centres of the sites in metres, shape (sites, 2).
    weight
        What each site counts for, at least 0, shape (sites,).
    group
        Park of each site, ascending, shape (sites,).
    groups
        Number of parks.
    chance
        What they are held against.

    Returns
    -------
    pandas.DataFrame
        One row a park, columns :data:`CHANCE_COLUMNS`: shares in [0, 1]; the
        standardised effect (T - mean) / standard deviation, negative for compact
        parks; the Monte-Carlo error √(p(1-p)/B), 0 if all placements were counted; the
        p adjusted by Benjamini and Hochberg over all parks; straight metres. Missing
        with fewer than two sites, without weight, with more sites than buildings, or
        where the land has no room.
    """
    found: dict[str, NDArray[np.object_]] = {
        name: np.full(groups, None, dtype=object) for name in CHANCE_COLUMNS
    }
    pairs = pairs_in_groups(group, xy)
    observed_m = mean_pairwise_distance(pairs, weight, group, groups)
    sites = np.bincount(group, minlength=groups)
    for size in np.unique(sites[(sites > 1) & ~np.isnan(observed_m)]):
        members = np.flatnonzero((sites == size) & ~np.isnan(observed_m))
        for first in range(0, members.size, _PARKS_AT_ONCE):
            parks = members[first : first + _PARKS_AT_ONCE]
            share = np.stack([_shares(weight[group == park]) for park in parks], axis=1)
            drawn_m = _placements(share, chance)
            if drawn_m is not None:
                test = _Test(observed_m[parks], drawn_m, chance.is_exact(int(size)))
                for name, values in _counted(test, chance).items():
                    found[name][parks] = values
    table = pd.DataFrame(found, index=range(groups)).astype(CHANCE_COLUMNS)
    return table.assign(p_low_adjusted=adjusted(table["p_low"].to_numpy()))


def null_distances(weight: ArrayLike, chance: Chance) -> NDArray[np.float64]:
    """Return the mean distance of every placement that a park was held against.

    Parameters
    ----------
    weight
        What each site of the park counts for, shape (sites,).
    chance
        As in :func:`chance_test`.

    Returns
    -------
    numpy.ndarray
        Straight metres, one entry a placement; empty if the park cannot be tested.
    """
    sizes = np.asarray(weight, dtype=np.float64)
    if sizes.size < 2 or not sizes.sum() > 0:  # noqa: PLR2004 - one site has no distance
        return np.empty(0)
    drawn_m = _placements(_shares(sizes)[:, None], chance)
    return np.empty(0) if drawn_m is None else drawn_m[0]


def adjusted(p: ArrayLike) -> NDArray[np.float64]:
    """Return p adjusted for the number of parks that were tested.

    The false discovery rate of Benjamini and Hochberg, Journal of the Royal
    Statistical Society B 57, 1995.

    Parameters
    ----------
    p
        In [0, 1]; NaN is no test and is not counted.

    Returns
    -------
    numpy.ndarray
        In [0, 1], NaN where `p` is.
    """
    known = np.array(p, dtype=np.float64)
    tested = ~np.isnan(known)
    if tested.any():
        known[tested] = false_discovery_control(known[tested])
    return known


def _shares(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares of the sites, the largest first: their own order must not matter."""
    ordered: NDArray[np.float64] = np.sort(weight)[::-1]
    shares: NDArray[np.float64] = ordered / ordered.sum()
    return shares


def _counted(test: _Test, chance: Chance) -> dict[str, object]:
    """Return what the placements say of some parks, by column."""
    observed, drawn = test.observed_m, test.drawn_m
    slack = _SLACK * np.maximum(observed, drawn.max(axis=1))
    low = (drawn <= (observed + slack)[:, None]).sum(axis=1)
    high = (drawn >= (observed - slack)[:, None]).sum(axis=1)
    count = drawn.shape[1]
    # The observed arrangement is one of all placements, or else it is added to them.
    added = np.ones(observed.size)
    if test.exact:
        added = 1.0 - (np.abs(drawn - observed[:, None]) <= slack[:, None]).any(axis=1)
    p_low, p_high = (added + low) / (added + count), (added + high) / (added + count)
    mean = drawn.mean(axis=1)
    spread = drawn.std(axis=1, ddof=0 if test.exact or count == 1 else 1)
    effect = np.full(observed.size, np.nan)
    np.divide(observed - mean, spread, out=effect, where=spread > slack)
    return {
        "p_low": p_low,
        "p_high": p_high,
        "standardised_effect": effect,
        "p_low_error": 0.0 if test.exact else np.sqrt(p_low * (1 - p_low) / count),
        "draws": count,
        "seed": None if test.exact else chance.seed,
        "chance_method": "exact" if test.exact else "sampled",
        "chance_mean_m": mean,
        "chance_sd_m": spread,
    }


def _placements(share: NDArray[np.float64], chance: Chance) -> NDArray[np.float64] | None:
    """Return the mean distance of every placement, shape (parks, placements).

    `share` has shape (sites, parks). None if the sites cannot be placed.
    """
    sites = len(share)
    null = chance.null
    if isinstance(null, Stock) and sites > len(null.xy):
        return None
    if isinstance(null, Stock) and chance.is_exact(sites):
        hosts = all_ordered_samples(len(null.xy), sites)
        return _mean_distances(null.xy[hosts], share)

    def block(draws: range) -> NDArray[np.float64] | None:
        if isinstance(null, Land):
            placed, crowded = null.place(chance.seed, sites, draws)
            return None if crowded.any() else _mean_distances(placed, share)
        uniform = uniforms(chance.seed, sites, draws, width=sites)
        return _mean_distances(null.xy[ordered_sample(uniform, len(null.xy))], share)

    found = []
    with ThreadPoolExecutor(chance.workers) as pool:
        for drawn_m in pool.map(block, _blocks(chance, *share.shape)):
            if drawn_m is None:
                return None
            found.append(drawn_m)
    return np.concatenate(found, axis=1)


def _blocks(chance: Chance, sites: int, parks: int) -> Iterator[range]:
    """Yield the draws in blocks that keep to the memory and are shared by the workers."""
    numbers = _LAND_NUMBERS if isinstance(chance.null, Land) else _STOCK_NUMBERS
    each = _FLOAT_BYTES * (numbers * sites + 2 * parks)
    shared = max(_LEAST_SHARED, -(-chance.draws // chance.workers))
    rows = max(1, min(chance.block_bytes // each, shared))
    for first in range(0, chance.draws, rows):
        yield range(first, min(first + rows, chance.draws))


def _mean_distances(placed: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance of each placement for each park, shape (parks, placements).

    Added up pair by pair: a product of matrices would round differently with the
    number of placements in a block.
    """
    east, north = np.ascontiguousarray(placed[..., 0].T), np.ascontiguousarray(placed[..., 1].T)
    total = np.zeros((share.shape[1], len(placed)))
    term = np.empty_like(total)
    for one, two in zip(*np.triu_indices(len(share), k=1), strict=True):
        apart = np.sqrt((east[two] - east[one]) ** 2 + (north[two] - north[one]) ** 2)
        np.multiply.outer(2.0 * share[one] * share[two], apart, out=term)
        total += term
    return total
