"""The progress index of a target, its status, and what is still needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geo.monitoring.parameters import MONITORING_DEFAULTS
from geo.phrases import CLOSE

if TYPE_CHECKING:
    from geo.monitoring.parameters import MonitoringParameters

STATUSES = ("ahead", "on_track", "slow", "behind", "no_data", "not_due")
"""超前, 正常, 偏慢, 滞后, 数据不足, 未到期."""

_MOST_GROWTH = 1000.0


def attained_share(now: float, base: float, target: float) -> float:
    """Return which share of the way from base to target is gone.

    Parameters
    ----------
    now, base, target
        In one unit; the target may lie below the base. NaN is unknown.

    Returns
    -------
    float
        0 at the base and 1 at the target, negative for a step back; NaN if a number is
        unknown or the base is the target.
    """
    way = target - base
    return (now - base) / way if way else float("nan")


def progress_index(now: float, base: float, target: float, elapsed: float) -> float:
    """Return the progress index: the attained share over the elapsed share.

    Parameters
    ----------
    now, base, target
        In one unit; NaN is unknown.
    elapsed
        Share of the time from base to target that lies behind at the date of `now`, see
        :func:`geo.monitoring.clock.elapsed_share`.

    Returns
    -------
    float
        1 on a straight way from base to target; NaN if a number is unknown, the base is
        the target, or no time has passed yet.
    """
    return attained_share(now, base, target) / elapsed if elapsed > 0 else float("nan")


def status_of(
    index: float, elapsed: float, parameters: MonitoringParameters = MONITORING_DEFAULTS
) -> str:
    """Return the status that a progress index means, one of :data:`STATUSES`.

    Parameters
    ----------
    index
        The progress index; NaN if there is none.
    elapsed
        Share of the time that lies behind; NaN if it is not known.
    parameters
        The limits; one that is met belongs to the better side.
    """
    if elapsed <= 0:
        return "not_due"
    if math.isnan(index) or math.isnan(elapsed):
        return "no_data"
    limits = (
        ("ahead", parameters.ahead),
        ("on_track", parameters.on_track),
        ("slow", parameters.slow),
    )
    return next((status for status, limit in limits if index >= limit - CLOSE), "behind")


def growth_needed(now: float, target: float, years: float) -> float:
    """Return the growth a year that leads from a value to the target.

    Parameters
    ----------
    now, target
        In one unit; NaN is unknown.
    years
        Years left.

    Returns
    -------
    float
        As a share of 1; negative where `now` lies above the target. NaN if a number is
        unknown or not above 0 (growth has no meaning then), or no time is left.
    """
    if not (now > 0 and target > 0 and years > 0):
        return float("nan")
    # A few days before the end the power has no place in a number: then nothing is said.
    power = math.log(target / now) / years
    return math.expm1(power) if power < math.log(_MOST_GROWTH) else float("nan")


def points_needed(now: float, target: float, years: float) -> float:
    """Return the change a year that leads from a ratio to its target, in its own unit.

    Parameters
    ----------
    now, target
        In one unit; NaN is unknown.
    years
        Years left.

    Returns
    -------
    float
        NaN if a number is unknown or no time is left.
    """
    return (target - now) / years if years > 0 else float("nan")
