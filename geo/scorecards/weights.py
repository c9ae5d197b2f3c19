"""Weights that data or pairs of judgements suggest, with a check of each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from numpy.typing import NDArray

_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45)
_CONSISTENT = 0.10
_RECIPROCAL = 1e-6
_FEWEST = 2


class Ahp(NamedTuple):
    """Weights from judgements in pairs, and how well the judgements fit each other.

    Attributes
    ----------
    weights
        They add to 1, shape (n,).
    lambda_max
        Principal eigenvalue, at least n.
    ci
        Consistency index (λ - n) / (n - 1), at least 0.
    cr
        Consistency ratio, the index over that of random judgements; 0 up to two criteria.
    consistent
        False above a ratio of 0.10: the judgements should be made again.
    """

    weights: NDArray[np.float64]
    lambda_max: float
    ci: float
    cr: float
    consistent: bool


def entropy_weights(x: ArrayLike, benefit: ArrayLike) -> NDArray[np.float64]:
    r"""Return the weights that the spread of the data suggests; advice only.

    .. math:: e_j = -\sum_i p_{ij} \ln p_{ij} / \ln n, \quad w_j = (1 - e_j) / \sum (1 - e_j)

    on min-max values, with 0 · ln 0 = 0. They measure how unevenly a criterion is spread,
    not how important it is (Shannon, Bell System Technical Journal 27, 1948; as weights:
    Zeleny, Multiple Criteria Decision Making, 1982).

    Parameters
    ----------
    x
        Raw values, shape (n, m); rows with NaN are left out.
    benefit
        Whether more is better, shape (m,).

    Returns
    -------
    numpy.ndarray
        At least 0 and adding to 1, shape (m,); 0 for a criterion that is the same
        everywhere. All NaN if none differs or fewer than two rows are known.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    raw, more = np.asarray(x, dtype=np.float64), np.asarray(benefit, dtype=np.bool_)
    if raw.ndim != 2 or more.shape != raw.shape[1:]:  # noqa: PLR2004 - a table
        msg = "`x` must have shape (n, m) and `benefit` shape (m,)."
        raise ValueError(msg)
    raw = raw[~np.isnan(raw).any(axis=1)]
    if len(raw) < _FEWEST:
        return np.full(raw.shape[1], np.nan)
    least, most = raw.min(axis=0), raw.max(axis=0)
    scaled = np.where(more, raw - least, most - raw)
    whole = scaled.sum(axis=0)
    differs = whole > 0
    p = scaled[:, differs] / whole[differs]
    terms = np.zeros_like(p)
    np.log(p, out=terms, where=p > 0)
    spread = np.zeros(raw.shape[1])
    spread[differs] = 1.0 + (p * terms).sum(axis=0) / np.log(len(raw))
    return spread / spread.sum() if differs.any() else np.full(raw.shape[1], np.nan)


def ahp_weights(matrix: ArrayLike) -> Ahp:
    """Return weights from judgements in pairs (analytic hierarchy process).

    The principal eigenvector, and the consistency ratio with the random indices of Saaty,
    The Analytic Hierarchy Process, 1980.

    Parameters
    ----------
    matrix
        How many times as important the row is as the column, shape (n, n) with 1 ≤ n ≤ 9;
        the judgement of a pair one way is one over that the other way.

    Returns
    -------
    Ahp
        Weights and consistency.

    Raises
    ------
    ValueError
        If the matrix is not square, too large, not positive or not reciprocal.
    """
    judged = np.asarray(matrix, dtype=np.float64)
    _check_judgements(judged)
    count = len(judged)
    values, vectors = np.linalg.eig(judged)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    lambda_max = max(float(values[first].real), float(count))
    ci = (lambda_max - count) / (count - 1) if count > 1 else 0.0
    random = _RANDOM_INDEX[count - 1]
    cr = ci / random if random else 0.0
    return Ahp(vector / vector.sum(), lambda_max, ci, cr, cr <= _CONSISTENT)


def _check_judgements(judged: NDArray[np.float64]) -> None:
    fault = ""
    if judged.ndim != 2 or judged.shape[0] != judged.shape[1]:  # noqa: PLR2004 - a table
        fault = "must be square"
    elif not 1 <= len(judged) <= len(_RANDOM_INDEX):
        fault = f"must compare 1 to {len(_RANDOM_INDEX)} criteria; compare groups of them first"
    elif not (np.isfinite(judged) & (judged > 0)).all():
        fault = "must be finite and above 0"
    elif not np.allclose(judged * judged.T, 1.0, rtol=0, atol=_RECIPROCAL):
        fault = "must be reciprocal: a pair one way is one over the pair the other way"
    if fault:
        msg = f"`matrix` {fault}."
        raise ValueError(msg)
