"""Ends of periods, and the days by which their data is due. Days are days: no time, no zone."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import NamedTuple

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Months of a period, by its name in the catalogue."""

_YEAR = 12
_THIRD = 3


class Period(NamedTuple):
    """A period.

    Attributes
    ----------
    counts_after
        Data of a later day counts for the period: its last third begins after that day.
    end
        Its last day.
    due
        By the end of which day its data is due.
    """

    counts_after: dt.date
    end: dt.date
    due: dt.date


def periods_around(day: dt.date, kind: str, due_days: int, *, ahead: int = 4) -> list[Period]:
    """Return the periods that matter on a day, the first first.

    Parameters
    ----------
    day
        The day of the question.
    kind
        A key of :data:`MONTHS`; periods end with a month, as those of statistics do.
    due_days
        Days after the end of a period by which its data is due.
    ahead
        How many periods that are due on that day or later.

    Returns
    -------
    list of Period
        The last one whose data was due before `day`, then `ahead` that are due on it or
        later.
    """
    months = MONTHS[kind]
    # So far back that the data of the first period was due before the day.
    back = (due_days // 28 + months) // months + 1
    number = day.year * _YEAR // months + (day.month - 1) // months - back
    found: list[Period] = []
    while len(found) < ahead + 1:
        period = _period(number, months, due_days)
        if period.due < day:
            found = [period]
        elif found:
            found.append(period)
        number += 1
    return found


def _period(number: int, months: int, due_days: int) -> Period:
    last = (number + 1) * months - 1
    end = _end_of_month(last)
    return Period(
        _end_of_month(last - max(1, months // _THIRD)), end, end + dt.timedelta(days=due_days)
    )


def _end_of_month(index: int) -> dt.date:
    year, month = divmod(index, _YEAR)
    return dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])
