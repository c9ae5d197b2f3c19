"""Ranks within a class: as intervals over weights and gaps, and by a second method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.scorecards import Ideal
from geo.scorecards import smaa
from geo.scorecards import topsis

if TYPE_CHECKING:
    from geo.scorecards import Scores
    from layers.underuse import RankChoice

_TOP = 100.0
_FEWEST = 2


def ranks(scores: Scores, choice: RankChoice) -> pd.DataFrame:
    """Return rank intervals of those of whom something is known.

    Parameters
    ----------
    scores
        Of one class; ranks are within it.
    choice
        How weights and unknown values are drawn, see :func:`geo.scorecards.smaa`.

    Returns
    -------
    pandas.DataFrame
        ``rank_low``, ``rank_high`` (90 %), ``rank_mean`` and ``p_worst_third`` on the
        index of the table of scores; 1 is the best, NaN who is not ranked.
    """
    low, high = scores.values()
    known = (scores.table["evidence_share"] > 0).to_numpy() | _partly(scores)
    found = pd.DataFrame(
        np.nan,
        index=scores.table.index,
        columns=["rank_low", "rank_high", "rank_mean", "p_worst_third"],
    )
    if known.any():
        drawn = smaa(
            low[known],
            high[known],
            scores.card.weights,
            keys=list(scores.table.loc[known, "subject_id"]),
            criteria=scores.card.keys,
            draws=choice.draws,
            seed=choice.seed,
            concentration=choice.concentration,
        )
        for name in found.columns:
            found.loc[known, name] = getattr(drawn, name)
    return found


def _partly(scores: Scores) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which subjects have a number that is known within an interval."""
    cells = scores.contributions
    some = set(cells.loc[cells["state"].eq("partial"), "subject_id"])
    return scores.table["subject_id"].isin(some).to_numpy(dtype=np.bool_)


def second_opinion(scores: Scores) -> pd.DataFrame:
    """Return the closeness to the ideal of those of whom all is known.

    The ideal is the top value and the worst is 0 on every criterion, whoever else is
    there, so that a subject more or less turns no ranks round.

    Parameters
    ----------
    scores
        Of one class.

    Returns
    -------
    pandas.DataFrame
        ``topsis`` in [0, 1] and ``topsis_rank``, 1 for the closest, on the index of the
        table of scores; missing for those of whom anything is unknown or does not
        apply, and for all if fewer than two are left.
    """
    low, high = scores.values()
    values = low.where(low.eq(high)).to_numpy(dtype=np.float64)
    count = values.shape[1]
    fixed = Ideal(np.full(count, _TOP), np.full(count, _TOP), np.zeros(count))
    close = topsis(values, scores.card.weights, np.ones(count, dtype=np.bool_), fixed)
    closeness = pd.Series(close, index=scores.table.index, name="topsis")
    if closeness.notna().sum() < _FEWEST:
        closeness[:] = np.nan
    rank = closeness.rank(ascending=False, method="min").astype("Int64")
    return pd.DataFrame({"topsis": closeness, "topsis_rank": rank})
