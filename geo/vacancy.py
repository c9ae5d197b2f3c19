"""Vacancy of building space: shares and durations, without judgement.

The definition is closed: own use, leased, locked and vacant space add up to the
rentable space, so nothing can hide between two headings. Unknown areas give an
unknown rate, never zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from datetime import date


def vacancy_rate(rentable_m2: pd.Series, locked_m2: pd.Series, vacant_m2: pd.Series) -> pd.Series:
    r"""Return the share of marketable space that stands empty.

    .. math:: v = \frac{A_{vacant}}{A_{rentable} - A_{locked}}

    Space that is locked (signed but not moved in, under repair, held for
    renewal) is not on offer and leaves the denominator.

    Parameters
    ----------
    rentable_m2, locked_m2, vacant_m2
        Floor areas in m², same index; ``NaN`` is unknown.

    Returns
    -------
    pandas.Series
        Range [0, 1]; ``NaN`` where an area is unknown, nothing is on offer, or
        the areas contradict each other so that the rate would lie outside.

    Raises
    ------
    ValueError
        If the three do not share one index.
    """
    if not (rentable_m2.index.equals(locked_m2.index) and locked_m2.index.equals(vacant_m2.index)):
        msg = "`rentable_m2`, `locked_m2` and `vacant_m2` must share one index."
        raise ValueError(msg)
    offered = rentable_m2 - locked_m2
    rate = vacant_m2 / offered.where(offered > 0)
    # More vacant than on offer: which of the areas is wrong cannot be told, so no rate is.
    return rate.where(rate.between(0, 1)).rename("vacancy_rate")


def vacant_months(vacant_since: pd.Series, as_of: date) -> pd.Series:
    """Return the full months between a month and a date.

    Parameters
    ----------
    vacant_since
        Months as ``YYYY-MM``; missing is unknown.
    as_of
        The day on which the question is asked.

    Returns
    -------
    pandas.Series
        Months, at least 0; ``NaN`` where the month is unknown.
    """
    start = pd.to_datetime(vacant_since, format="%Y-%m", errors="coerce")
    months = (as_of.year - start.dt.year) * 12 + (as_of.month - start.dt.month)
    return months.clip(lower=0).astype("float64").rename("vacant_months")
