"""Ratios of groups: sums first, then the ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def ratio_of_sums(
    numerator: pd.Series[float], denominator: pd.Series[float], groups: pd.Series[str]
) -> pd.Series[float]:
    """Return Σ numerator / Σ denominator of each group.

    Never the mean of the members' ratios, in which a firm of three counts for as much as
    one of three thousand.

    Parameters
    ----------
    numerator, denominator
        Amounts of the members, at least 0, one index; NaN is unknown.
    groups
        Group of each member; a member without one is left out.

    Returns
    -------
    pandas.Series
        By group in the order of their names; NaN if a part is unknown, for then the sum
        is, or if the denominator adds to 0.

    Raises
    ------
    ValueError
        If the three do not share one index.
    """
    if not numerator.index.equals(denominator.index) or not groups.index.equals(numerator.index):
        msg = "`numerator`, `denominator` and `groups` must share one index."
        raise ValueError(msg)
    sums = [part.groupby(groups).sum() for part in (numerator, denominator)]
    unknown = (numerator.isna() | denominator.isna()).groupby(groups).any()
    ratio = sums[0] / sums[1].where(sums[1] > 0)
    return ratio.mask(unknown).rename("ratio")
