"""How far apart the pieces of a park lie, and how many pieces it feels like.

The grouped measures take the group (park) of every piece as an integer and
return one value a group, so that all parks are measured at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    from geo.distance import Edges

ROUND_CAMPUS = 128.0 / (45.0 * math.pi)
"""Mean distance of two random points of a disc of radius 1 (0.90541)."""

_HALF_TURN_DEG = 180.0
_ROUND = 1e-12


class Ellipse(NamedTuple):
    """A standard deviational ellipse.

    Attributes
    ----------
    x, y
        Centre (weighted mean), metres.
    major_m, minor_m
        Semi-axes in metres, at least 0.
    azimuth_deg
        Direction of the major axis, clockwise from north, in [0, 180); 0 if the
        ellipse is a circle or a point.
    """

    x: float
    y: float
    major_m: float
    minor_m: float
    azimuth_deg: float


def group_sum(
    value: NDArray[np.floating], group: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Add up `value` by group.

    Parameters
    ----------
    value, group
        One entry a piece, shape (pieces,).
    groups
        Number of groups.

    Returns
    -------
    numpy.ndarray
        Shape (groups,); 0 for a group without pieces.
    """
    return np.bincount(group, weights=value, minlength=groups).astype(np.float64)


def ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide; where the denominator is not above 0, the ratio is unknown.

    Parameters
    ----------
    numerator, denominator
        Of one shape.

    Returns
    -------
    numpy.ndarray
        NaN where `denominator` is 0, negative or NaN.
    """
    known = denominator > 0
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=known)
    return quotient


def effective_number(
    weight: NDArray[np.float64], group: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Return the effective number of pieces, N = (Σw)² / Σw².

    "The park behaves like N equal pieces." It is the inverse of the Simmons index
    (Herfindahl index, 1 - DIVISION on own area). Range [1, n]; merging two pieces
    never raises it.

    Parameters
    ----------
    weight
        Size of each piece, at least 0, any unit, shape (pieces,).
    group
        Group of each piece, shape (pieces,).
    groups
        Number of groups.

    Returns
    -------
    numpy.ndarray
        One value a group; NaN for a group without weight.
    """
    total = group_sum(weight, group, groups)
    return ratio(total**2, group_sum(weight**2, group, groups))


def largest_share(
    weight: NDArray[np.float64], group: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Return the share of the largest piece, max w / Σw.

    Parameters
    ----------
    weight, group, groups
        As in :func:`effective_number`.

    Returns
    -------
    numpy.ndarray
        In [1/n, 1], one value a group; NaN for a group without weight.
    """
    largest = np.zeros(groups)
    np.maximum.at(largest, group, weight)
    return ratio(largest, group_sum(weight, group, groups))


def mean_pairwise_distance(
    pairs: Edges, weight: NDArray[np.float64], group: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Return the mean distance of two random square metres, Q = ΣΣ wᵢwⱼdᵢⱼ / (Σw)².

    Rao's quadratic entropy (C. R. Rao, Theoretical Population Biology 21, 1982);
    a piece has distance 0 to itself. Two pieces with shares p and 1-p at distance
    D: Q = 2p(1-p)D. Range [0, (1 - 1/n)·max d].

    Parameters
    ----------
    pairs
        All pairs of pieces within the groups, metres.
    weight, group, groups
        As in :func:`effective_number`.

    Returns
    -------
    numpy.ndarray
        Metres, one value a group; NaN for a group without weight.
    """
    moment = 2.0 * weight[pairs.start] * weight[pairs.end] * pairs.length_m
    summed = group_sum(moment, group[pairs.start], groups)
    return ratio(summed, group_sum(weight, group, groups) ** 2)


def relative_dispersion(
    mean_distance_m: NDArray[np.float64], land_area_m2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean distance against that of one round campus of the same land.

    Q / (0.90541·√(A/π)): 1 is as compact as one round campus; the number compares
    parks of different size.

    Parameters
    ----------
    mean_distance_m
        Straight mean distance Q, metres.
    land_area_m2
        Footprint area A; NaN or 0 when it is not known.

    Returns
    -------
    numpy.ndarray
        At least 0, same shape; NaN where the land area is not known.
    """
    return ratio(mean_distance_m, ROUND_CAMPUS * np.sqrt(land_area_m2 / np.pi))


def standard_distance(xy: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the standard distance, √(Σwᵢ|xᵢ - x̄|² / Σw).

    Parameters
    ----------
    xy
        Coordinates in metres, shape (n, 2).
    weight
        Sizes, at least 0, shape (n,); None for equal sizes.

    Returns
    -------
    float
        Metres, at least 0; NaN without points or without weight.
    """
    _, covariance = _moments(xy, weight)
    return float(np.sqrt(np.trace(covariance)))


def standard_deviational_ellipse(xy: ArrayLike, weight: ArrayLike | None = None) -> Ellipse:
    """Return the standard deviational ellipse, semi-axes √2·√λ.

    λ are the eigenvalues of the weighted covariance (divided by Σw). With the
    factor √2 the ellipse covers 63 % of a bivariate normal cloud; the plain one
    covers 39 %. One point, coincident points and points on a line are fine.

    Parameters
    ----------
    xy, weight
        As in :func:`standard_distance`.

    Returns
    -------
    Ellipse
        All NaN without points or without weight.
    """
    centre, covariance = _moments(xy, weight)
    if np.isnan(covariance).any():
        return Ellipse(*[math.nan] * 5)
    variance, axes = np.linalg.eigh(covariance)
    minor, major = np.sqrt(2.0 * variance.clip(min=0.0))
    east, north = axes[:, 1]
    azimuth = math.degrees(math.atan2(east, north)) % _HALF_TURN_DEG
    circle = variance[1] - variance[0] <= _ROUND * variance[1]
    if circle or math.isclose(azimuth, _HALF_TURN_DEG, rel_tol=_ROUND):
        azimuth = 0.0
    return Ellipse(float(centre[0]), float(centre[1]), float(major), float(minor), azimuth)


def _moments(
    xy: ArrayLike, weight: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weighted mean (2,) and covariance (2, 2); NaN without weight."""
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    sizes = np.ones(len(points)) if weight is None else np.asarray(weight, dtype=np.float64)
    total = sizes.sum()
    if not total > 0:
        return np.full(2, np.nan), np.full((2, 2), np.nan)
    centre = sizes @ points / total
    offset = points - centre
    return centre, (offset * sizes[:, None]).T @ offset / total
