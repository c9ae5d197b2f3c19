"""The path that a target asks for, as the band within which it counts as on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.monitoring.clock import elapsed_share
from geo.monitoring.parameters import MONITORING_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


def required_path(
    base: float,
    target: float,
    start: date,
    end: date,
    dates: Iterable[date],
    band: tuple[float, float] = MONITORING_DEFAULTS.band,
) -> pd.DataFrame:
    """Return what is needed at dates for a progress index of 1, and of the ends of a band.

    Parameters
    ----------
    base, target
        In one unit.
    start, end
        Date of the base, and date of the target.
    dates
        The dates asked for; those outside the way from `start` to `end` are left out.
    band
        The two progress indices that bound the band.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``middle``, ``low`` and ``high``, ordered by date; `low` is the lower
        number, also where the target lies below the base. Empty if there is no way.
    """
    share = {day: elapsed_share(day, start, end) for day in sorted(set(dates))}
    rows = []
    for day, elapsed in share.items():
        if not 0 <= elapsed <= 1:
            continue
        edges = [base + (target - base) * elapsed * index for index in band]
        middle = base + (target - base) * elapsed
        rows.append((day, middle, min(edges), max(edges)))
    return pd.DataFrame(rows, columns=["date", "middle", "low", "high"])
