"""Shares of the time between two dates, counted in months as plans and statistics do.

Half of three years that end with December is the end of June, in a leap year too. Days
would make it 0.4991, so a date is placed within its month by its day over the days of the
month: from the end of a month to the end of another there are whole months.
"""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_MONTHS = 12


def years_between(start: date, end: date) -> float:
    """Return the years from one date to another; negative if `end` is earlier.

    Parameters
    ----------
    start, end
        Two dates; each stands for the end of its day.
    """
    return (_months(end) - _months(start)) / _MONTHS


def elapsed_share(at: date, start: date, end: date) -> float:
    """Return which share of the way from `start` to `end` lies behind at a date.

    Parameters
    ----------
    at
        The date of a value.
    start, end
        Date of the base, and date of the target.

    Returns
    -------
    float
        0 at `start`, 1 at `end`; below 0 before and above 1 after. NaN if `end` is not
        later than `start`, for then there is no way.
    """
    whole = years_between(start, end)
    return years_between(start, at) / whole if whole > 0 else float("nan")


def _months(day: date) -> float:
    """Return the months until the end of a day."""
    return (
        day.year * _MONTHS + day.month - 1 + day.day / calendar.monthrange(day.year, day.month)[1]
    )
