"""TOPSIS, a second opinion beside the sum of contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Ideal(NamedTuple):
    """What raw values are divided by, and the best and worst raw values, shape (m,) each.

    Kept from one year to the next it keeps the closeness of a place from changing
    because another place was added.
    """

    norm: Floats
    best: Floats
    worst: Floats


def ideal_of(x: ArrayLike, benefit: ArrayLike) -> Ideal:
    """Return the ideal points of a set of places.

    Parameters
    ----------
    x
        Raw values, shape (n, m); rows with NaN are left out.
    benefit
        Whether more is better, shape (m,).

    Returns
    -------
    Ideal
        Vector norm, best and worst of each criterion; NaN without a complete row.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    raw, more = _read(x, benefit)
    raw = raw[~np.isnan(raw).any(axis=1)]
    if not len(raw):
        return Ideal(*(np.full(raw.shape[1], np.nan) for _ in Ideal._fields))
    return ideals(raw, more)


def ideals(raw: Floats, more: NDArray[np.bool_]) -> Ideal:
    """Return the ideal points of complete tables.

    Parameters
    ----------
    raw
        Raw values without NaN, shape (n, m), or (draws, n, m) for several tables.
    more
        Whether more is better, shape (m,).

    Returns
    -------
    Ideal
        Shapes (m,) or (draws, m).
    """
    least, most = raw.min(axis=-2), raw.max(axis=-2)
    norm = np.sqrt((raw**2).sum(axis=-2))
    return Ideal(norm, np.where(more, most, least), np.where(more, least, most))


def topsis(
    x: ArrayLike,
    weights: ArrayLike,
    benefit: ArrayLike,
    ideal: tuple[Floats, Floats, Floats] | None = None,
) -> Floats:
    r"""Return the closeness of places to the ideal.

    .. math:: C_i = d_i^- / (d_i^+ + d_i^-)

    with Euclidean distances to the best and the worst of the weighted values, each
    criterion divided by its vector norm (Hwang and Yoon, Multiple Attribute Decision
    Making, 1981).

    Parameters
    ----------
    x
        Raw values, shape (n, m).
    weights
        At least 0, shape (m,); only the shares count.
    benefit
        Whether more is better, shape (m,).
    ideal
        :class:`Ideal` of another set, kept; by default that of the complete rows.

    Returns
    -------
    numpy.ndarray
        In [0, 1], 1 is the ideal, shape (n,); NaN for a row with NaN, and for all if
        nothing tells best from worst. Beyond a kept ideal the distances still count.

    Raises
    ------
    ValueError
        If shapes do not fit or weights mean nothing.
    """
    raw, more = _read(x, benefit)
    shares = np.asarray(weights, dtype=np.float64)
    if shares.shape != more.shape or not (shares >= 0).all() or not 0 < shares.sum() < np.inf:
        msg = f"`weights` must be {more.size} numbers of at least 0, not all 0."
        raise ValueError(msg)
    kept = ideal_of(raw, more) if ideal is None else Ideal(*ideal)
    close: Floats = closeness(raw, (shares / shares.sum())[None, :], kept)[0]
    return close


def closeness(raw: Floats, weights: Floats, ideal: Ideal) -> Floats:
    """Return the closeness for several sets of weights.

    Parameters
    ----------
    raw
        Raw values, shape (n, m), or (draws, n, m) for one set of places a draw.
    weights
        Shape (draws, m), each adding to 1.
    ideal
        Shapes (m,), or (draws, m).

    Returns
    -------
    numpy.ndarray
        Shape (draws, n), as in :func:`topsis`.
    """
    norm, best, worst = (np.expand_dims(part, -2) for part in ideal)
    with np.errstate(invalid="ignore"):
        scale = np.where(norm > 0, weights[:, None, :] / np.where(norm > 0, norm, 1.0), 0.0)
        to_best = np.sqrt((((raw - best) * scale) ** 2).sum(axis=-1))
        to_worst = np.sqrt((((raw - worst) * scale) ** 2).sum(axis=-1))
    whole = to_best + to_worst
    close = np.full(whole.shape, np.nan)
    np.divide(to_worst, whole, out=close, where=whole > 0)
    return close


def _read(x: ArrayLike, benefit: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    raw, more = np.asarray(x, dtype=np.float64), np.asarray(benefit, dtype=np.bool_)
    if raw.ndim != 2 or more.shape != raw.shape[1:]:  # noqa: PLR2004 - a table
        msg = "`x` must have shape (n, m) and `benefit` shape (m,)."
        raise ValueError(msg)
    return raw, more
