"""How much of what is offered can be reached, and by how many others.

All functions take a matrix of walks, metres, one row a place of demand and one column a
place of supply; NaN is a pair that cannot be walked (or was not asked for).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from geo.crs import COORDINATE_TOLERANCE_M
from geo.parameters import require

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray


class TwoStep(NamedTuple):
    """What :func:`two_step` found.

    Attributes
    ----------
    ratio
        Supply for each head of demand in the catchment, one entry a place of supply; NaN
        where nobody is in the catchment or a number is unknown.
    access
        Sum of the ratios that a place of demand can reach; NaN if one of them is unknown.
    """

    ratio: NDArray[np.float64]
    access: NDArray[np.float64]


class Share(NamedTuple):
    """A share of a weight: what is within, and what is unknown of the whole."""

    within: float
    unknown: float


def decay(distance_m: ArrayLike, half_life_m: float) -> NDArray[np.float64]:
    """Return the pull exp(−β·d) with β = ln 2 / half-life; 0 where there is no walk.

    Raises
    ------
    ValueError
        If `half_life_m` is not a length above 0 m.
    """
    require("half_life_m", (half_life_m,), least=0.0, open_end=True)
    distance = np.asarray(distance_m, dtype=np.float64)
    pull = np.exp2(-distance / half_life_m)
    return np.where(np.isnan(distance), 0.0, pull)


def gravity(distance_m: ArrayLike, supply: ArrayLike, half_life_m: float) -> NDArray[np.float64]:
    """Return Σ supply · exp(−β·d) of every place of demand (W. G. Hansen, 1959).

    Journal of the American Institute of Planners 25 (2), 73–76; with an exponential in
    place of his power, as is usual on foot.

    Parameters
    ----------
    distance_m
        Metres of walk, shape (demand, supply); NaN cannot be walked and adds nothing.
    supply
        Size of each destination, at least 0, in any unit; NaN is unknown.
    half_life_m
        Walk at which a destination counts half, metres.

    Returns
    -------
    numpy.ndarray
        In the unit of `supply`; NaN where something unknown can be reached.

    Raises
    ------
    ValueError
        If shapes do not fit, a size is negative or the half-life no length above 0 m.
    """
    distance, offered = _matrix(distance_m, supply, "supply", 1)
    pull = decay(distance, half_life_m)
    drawn = np.where(np.isnan(distance), 0.0, pull * offered)
    return np.asarray(drawn.sum(axis=1), dtype=np.float64)


def two_step(
    distance_m: ArrayLike, supply: ArrayLike, demand: ArrayLike, catchment_m: float
) -> TwoStep:
    """Return the two-step floating catchment areas (W. Luo and F. Wang, 2003).

    Environment and Planning B 30, 865–884: first the supply for each head within the
    catchment of a destination, then the sum of these ratios within that of a place. If every
    destination is reached, Σ demand · access = Σ supply.

    Parameters
    ----------
    distance_m
        Metres of walk, shape (demand, supply); NaN cannot be walked.
    supply, demand
        Sizes at least 0, shapes (supply,) and (demand,); NaN is unknown.
    catchment_m
        Longest walk within the catchment, metres, met to a micrometre.

    Returns
    -------
    TwoStep
        Ratios and access.

    Raises
    ------
    ValueError
        If shapes do not fit, a size is negative or the catchment no length above 0 m.
    """
    require("catchment_m", (catchment_m,), least=0.0, open_end=True)
    distance, offered = _matrix(distance_m, supply, "supply", 1)
    _, asked = _matrix(distance, demand, "demand", 0)
    near = distance <= catchment_m + COORDINATE_TOLERANCE_M
    heads = np.where(near, asked[:, None], 0.0).sum(axis=0)
    ratio = np.full(offered.size, np.nan)
    np.divide(offered, heads, out=ratio, where=heads > 0)
    return TwoStep(ratio, np.where(near, ratio, 0.0).sum(axis=1))


def share_within(distance_m: ArrayLike, weight: ArrayLike, limit_m: float) -> Share:
    """Return the share of a weight whose walk is at most a limit.

    Parameters
    ----------
    distance_m
        Metres of walk to the nearest destination, one entry a place; NaN is unknown.
    weight
        Floor area or count of each place, at least 0; one without a known weight (NaN) is
        not part of the whole.
    limit_m
        Metres, met to a micrometre.

    Returns
    -------
    Share
        NaN if the whole weighs nothing.

    Raises
    ------
    ValueError
        If the shapes differ or a weight is negative.
    """
    distance = np.asarray(distance_m, dtype=np.float64)
    size = np.asarray(weight, dtype=np.float64)
    if distance.shape != size.shape or (size < 0).any():
        msg = "`distance_m` and `weight` must be of one shape, weights at least 0."
        raise ValueError(msg)
    size = np.where(np.isnan(size), 0.0, size)
    whole = float(size.sum())
    if not whole > 0:
        return Share(np.nan, np.nan)
    within = float(size[distance <= limit_m + COORDINATE_TOLERANCE_M].sum())
    return Share(within / whole, float(size[np.isnan(distance)].sum()) / whole)


def _matrix(
    distance_m: ArrayLike, sizes: ArrayLike, name: str, axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both as arrays that fit each other."""
    distance = np.asarray(distance_m, dtype=np.float64)
    size = np.asarray(sizes, dtype=np.float64)
    if distance.ndim != 2 or size.shape != (distance.shape[axis],):  # noqa: PLR2004 - a matrix
        msg = f"`{name}` must have one entry for each {('row', 'column')[axis]} of `distance_m`."
        raise ValueError(msg)
    if (size < 0).any() or (distance < 0).any():
        msg = f"`{name}` and the distances must be at least 0; unknown is NaN."
        raise ValueError(msg)
    return distance, size
