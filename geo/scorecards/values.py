"""Raw values become values of 0 … 100 through anchors, unknown ones become intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

Points = tuple[tuple[float, float], ...]
"""Anchors (raw value, value), raw values rising."""


def value_of(x: ArrayLike, points: Points) -> NDArray[np.float64]:
    """Return the values of raw values: straight lines through the anchors.

    The additive value function of Keeney and Raiffa, Decisions with Multiple
    Objectives, 1976, with its pieces drawn through absolute anchors.

    Parameters
    ----------
    x
        Raw values in the unit of the criterion, any shape; infinite is beyond every
        anchor.
    points
        Anchors (raw value, value), raw values rising.

    Returns
    -------
    numpy.ndarray
        In the range of the anchors' values; before the first and after the last anchor
        the value stays. NaN where `x` is.
    """
    raw, value = np.asarray(points, dtype=np.float64).T
    return np.asarray(np.interp(np.asarray(x, dtype=np.float64), raw, value), dtype=np.float64)


def value_span(
    low: ArrayLike, high: ArrayLike, points: Points
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest value that raw values between two ends can have.

    Parameters
    ----------
    low, high
        Ends of the raw values, same shape; NaN is an end that is not known. With both
        unknown every value of the anchors is possible: 0 … 100 for anchors that reach
        from 0 to 100.
    points
        Anchors (raw value, value), raw values rising, values rising or falling.

    Returns
    -------
    tuple
        Lowest and highest value; both are attained.

    Raises
    ------
    ValueError
        If `low` is above `high`.
    """
    least, most = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if (least > most).any():
        msg = "`low` must not be above `high`."
        raise ValueError(msg)
    one = value_of(np.where(np.isnan(least), -np.inf, least), points)
    two = value_of(np.where(np.isnan(most), np.inf, most), points)
    return np.minimum(one, two), np.maximum(one, two)
