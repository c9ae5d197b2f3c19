"""Vacant and recoverable space as intervals, from a definition that is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.underuse.register import PARTS
from geo.underuse.register import known_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CLOSURE = 0.01
"""The parts may miss the rentable area by this share of it."""

_OWN, _LEASED, _LOCKED, _VACANT = range(4)  # places in PARTS
_NEEDED = frozenset(("rentable_area_m2", "locked_area_m2", "vacant_area_m2"))


def vacancy_interval(carriers: pd.DataFrame) -> pd.DataFrame:
    r"""Return the range that the vacancy rate of every carrier lies in.

    The definition is closed: own use, leased, locked and vacant space are the rentable
    space (within :data:`CLOSURE`). One missing area follows from the others; with
    several missing the rate

    .. math:: v = \frac{A_{vacant}}{A_{rentable} - A_{locked}}

    takes every value that some division of the rest among them gives.

    Parameters
    ----------
    carriers
        With ``rentable_area_m2`` and :data:`PARTS` in m²; NaN or absent is unknown.

    Returns
    -------
    pandas.DataFrame
        ``low`` and ``high`` in [0, 1], equal where the rate is known; 0 and 1 where
        nothing is known. ``flaw`` is ``contradiction`` where the areas cannot all be right
        (or more is rentable than there is), ``doubted`` where the register itself doubts
        one that the rate needs, ``nothing_on_offer`` where everything is locked, else
        empty; all of them have 0 and 1.
    """
    areas = _areas(known_columns(carriers))
    low, high = _rate(areas, "low"), _rate(areas, "high")
    unknown = areas["flaw"].ne("") | low.isna() | high.isna()
    return pd.DataFrame(
        {"low": low.mask(unknown, 0.0), "high": high.mask(unknown, 1.0), "flaw": areas["flaw"]}
    )


def recoverable_interval(carriers: pd.DataFrame, kept_vacancy: float) -> pd.DataFrame:
    """Return the range of the floor area that could be put to use again.

    What stands empty beyond the share that normal turnover needs,
    :math:`(v - v_{kept}) (A_{rentable} - A_{locked})`, at least 0.

    Parameters
    ----------
    carriers
        As in :func:`vacancy_interval`.
    kept_vacancy
        Share that is kept empty, in [0, 1].

    Returns
    -------
    pandas.DataFrame
        ``low`` and ``high`` in m²; NaN where what is on offer has no upper end (the
        rentable area is unknown and does not follow) or the areas contradict each other;
        0 where nothing is on offer.
    """
    areas = _areas(known_columns(carriers))
    sound = areas["flaw"].eq("") & np.isfinite(areas["offered_low"])
    found = {}
    for end in ("low", "high"):
        offered = areas[f"offered_{end}"].where(sound)
        # Within the slack of the closure more may be vacant than is on offer.
        vacant = np.minimum(areas[f"vacant_{end}"], offered)
        found[end] = (vacant - kept_vacancy * offered).clip(lower=0.0)
    nothing = areas["flaw"].eq("nothing_on_offer")
    return pd.DataFrame(found).mask(nothing, 0.0)


def _areas(known: pd.DataFrame) -> pd.DataFrame:
    """Return vacant and marketable area at both ends, and what is wrong with the areas.

    The rate and the recoverable area rise with the vacant area and fall with the
    marketable one. An end joins those areas that some division of the rest has together.
    """
    parts = known[list(PARTS)].to_numpy(copy=True)
    total = known["rentable_area_m2"].to_numpy()
    # Without the rentable area, what is on offer is still the sum of what is on offer.
    summed = np.isnan(total) & ~np.isnan(parts[:, (_OWN, _LEASED, _VACANT)]).any(axis=1)
    parts[summed, _LOCKED] = np.nan_to_num(parts[summed, _LOCKED])
    total = np.where(summed, parts.sum(axis=1), total)
    rest = total - np.nansum(parts, axis=1)
    ends = _ends(total, parts, np.maximum(rest, 0.0))
    flaw = _flaws(total, parts, rest, known["gross_area_m2"].to_numpy())
    # The closure would give back the very number that is doubted.
    wrong = [text for text in known["doubted"].unique() if _NEEDED & set(text.split(";"))]
    flaw = np.where((flaw == "") & known["doubted"].isin(wrong), "doubted", flaw)
    nothing = (flaw == "") & (ends["offered_low"] <= 0)
    flaw = np.where(nothing, "nothing_on_offer", flaw)
    return pd.DataFrame({**ends, "flaw": flaw}, index=known.index)


def _ends(total: Floats, parts: Floats, left: Floats) -> dict[str, Floats]:
    """Return the areas at the low and the high end of the rate.

    `left` is what no known part accounts for. Unknown own use or leased space can take
    any of it, so that vacant and locked space need not.
    """
    locked, vacant = parts[:, _LOCKED], parts[:, _VACANT]
    no_locked, no_vacant = np.isnan(locked), np.isnan(vacant)
    others = np.isnan(parts[:, (_OWN, _LEASED)]).any(axis=1)
    fixed = ~others & (no_locked != no_vacant)  # one is missing: it is what is left
    vacant_low = np.where(no_vacant, np.where(fixed, left, 0.0), vacant)
    locked_low = np.where(no_locked, np.where(fixed, left, 0.0), locked)
    offered_most = total - locked_low
    # Space that is vacant cannot be locked: only with a known vacancy may all of the rest be.
    offered_least = np.where(no_locked & ~no_vacant, total - left, offered_most)
    # Without the rentable area, at least what is known to be let or vacant is on offer.
    open_end = np.isnan(total)
    let = np.nansum(parts[:, (_OWN, _LEASED)], axis=1)
    return {
        "vacant_low": vacant_low,
        "vacant_high": np.where(no_vacant, left, vacant),
        "offered_low": np.where(open_end, np.inf, offered_most),
        "offered_high": np.where(open_end, vacant + let, offered_least),
    }


def _rate(areas: pd.DataFrame, end: str) -> pd.Series:
    vacant, offered = areas[f"vacant_{end}"], areas[f"offered_{end}"]
    rate = vacant / offered.where(offered.gt(0))
    # However little is on offer, nothing of it is vacant.
    return rate.mask(vacant.eq(0), 0.0).clip(0, 1)


def _flaws(total: Floats, parts: Floats, rest: Floats, gross: Floats) -> NDArray[np.str_]:
    slack = CLOSURE * np.abs(total)
    complete = ~np.isnan(parts).any(axis=1)
    not_closed = (rest < -slack) | (complete & (np.abs(rest) > slack))
    negative = (np.nan_to_num(parts) < 0).any(axis=1) | (np.nan_to_num(total) < 0)
    too_much = total > gross * (1 + CLOSURE)
    return np.where(not_closed | negative | too_much, "contradiction", "").astype(object)
