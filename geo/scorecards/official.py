"""Two published ways to score and grade, for comparison with what a district publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.phrases import CLOSE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

QUARTERS = (0.25, 0.70, 0.95)
"""Shares of the places that get A, B and C at most, published by one city."""


def base_value_score(
    values: pd.DataFrame,
    base: Mapping[str, float],
    weights: Mapping[str, float],
    *,
    cap: float | None = None,
    peers: Mapping[str, float] | None = None,
) -> pd.Series[float]:
    """Return scores by base values: Σ value / base · weight (黄岩 2022, 亩均论英雄).

    An item that is not reported gets the mean score of the peers on it; that is the
    published rule, not ours, and hides what is missing.

    Parameters
    ----------
    values
        One row a firm, columns the items of `base`, of which more is better; NaN is not
        reported.
    base
        Base value of each item in the unit of its column, above 0.
    weights
        Points of each item, at least 0.
    cap
        Most that value / base counts for, such as 1.5; None for no cap.
    peers
        Mean score of the peers by item; by default that of the rows of `values` that
        report it.

    Returns
    -------
    pandas.Series
        Points on the index of `values`; NaN where an item is missing and no peer has it.

    Raises
    ------
    ValueError
        If items differ, a base value or a weight means nothing, or `cap` is not above 0.
    """
    items = list(base)
    _check_items(values, base, weights, cap)
    ratio = values[items].astype("float64") / pd.Series(base, dtype="float64")
    points = ratio.clip(upper=cap) * pd.Series(weights, dtype="float64")[items]
    mean = points.mean() if peers is None else pd.Series(peers, dtype="float64")
    return points.fillna(mean).sum(axis=1, skipna=False).rename("base_value_score")


def quantile_grades(
    scores: pd.Series[float],
    cuts: Sequence[float] = QUARTERS,
    labels: Sequence[str] = ("A", "B", "C", "D"),
) -> pd.Series[str]:
    """Return grades by the place in the order: rank k of n gets A if k / n is within a cut.

    The reading of several published ABCD rules; the cuts differ from city to city.

    Parameters
    ----------
    scores
        More is better; NaN is not ranked. Ties share the best rank.
    cuts
        Rising shares in (0, 1).
    labels
        One more than cuts, best first.

    Returns
    -------
    pandas.Series
        Labels on the index of `scores`, empty where the score is NaN.

    Raises
    ------
    ValueError
        If the cuts do not rise within (0, 1) or the labels do not fit them.
    """
    limits = np.asarray(cuts, dtype=np.float64)
    rising = limits.size > 0 and (np.diff(limits, prepend=0.0, append=1.0) > 0).all()
    if not rising or len(labels) != limits.size + 1:
        msg = "`cuts` must rise within (0, 1), and `labels` must be one more."
        raise ValueError(msg)
    share = scores.rank(ascending=False, method="min") / scores.notna().sum()
    number = np.searchsorted(limits + CLOSE, share.fillna(1.0).to_numpy(), side="left")
    named = pd.Series(np.asarray(labels)[number], index=scores.index, dtype="str", name="grade")
    return named.where(scores.notna(), "")


def _check_items(
    values: pd.DataFrame,
    base: Mapping[str, float],
    weights: Mapping[str, float],
    cap: float | None,
) -> None:
    fault = ""
    if not base or set(base) != set(weights) or not set(base) <= set(values.columns):
        fault = "`values`, `base` and `weights` must have the same items"
    elif not all(0 < value < np.inf for value in base.values()):
        fault = "`base` must be finite and above 0"
    elif not all(0 <= value < np.inf for value in weights.values()):
        fault = "`weights` must be finite and at least 0"
    elif cap is not None and not cap > 0:
        fault = f"`cap` must be above 0, not {cap!r}"
    if fault:
        msg = f"{fault}."
        raise ValueError(msg)
