"""Shares of floor area by class and condition, per park and over all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from geo.access.parameters import GROUPS
from geo.access.states import ESTIMATED
from geo.access.states import UNKNOWN
from geo.access.states import YES
from geo.sites import canonical_order

if TYPE_CHECKING:
    from geo.access.parameters import AccessParameters

_MOST = 3
CONDITION_SHARES = ("linked_gate", "any_gate", "rail", "rail_far", "community")
"""Conditions of which the share is told, from the columns ``met_<name>``."""


def shares(spaces: pd.DataFrame, by: pd.Series[str], parameters: AccessParameters) -> pd.DataFrame:
    """Add up the spaces of every group.

    Shares are of all floor area that is known, wherever it is: space that is not located
    is part of the whole and of what is unknown. Spaces without a known floor area are
    counted beside it.

    Parameters
    ----------
    spaces
        As in :class:`geo.access.linkage.AccessResult`.
    by
        Group (park) of each space.
    parameters
        ``count_estimates`` is used.

    Returns
    -------
    pandas.DataFrame
        Index: the groups, ascending. ``spaces``, ``spaces_unlocated``,
        ``spaces_without_area`` (counts); ``floor_area_m2``; ``class_0_m2`` … ``class_3_m2``
        and ``class_unknown_m2`` (sum: ``floor_area_m2``), ``undecided_m2`` (of those, what
        may still change); for each of :data:`CONDITION_SHARES` ``<name>_share`` (met, with
        estimates if they count), ``<name>_share_estimated`` and ``<name>_share_unknown``;
        ``groups_mean_low``, ``groups_mean_high`` (groups within reach, weighted by floor
        area; unknown ones as none and as all); ``open_share`` and ``open_share_unknown``
        (floor area with an open campus facility in reach); ``overlap_share_low``,
        ``overlap_share``, ``overlap_share_high`` (叠合率: all three conditions) and
        ``sample``. Shares are in [0, 1], NaN where no floor area is known.
    """
    area = spaces["floor_area_m2"].astype("float64")
    counted = area.fillna(0.0)
    linkage = spaces["linkage"].astype("Int64")
    columns: dict[str, pd.Series[Any]] = {
        "spaces": pd.Series(1, index=spaces.index),
        "spaces_unlocated": (~spaces["located"]).astype("int64"),
        "spaces_without_area": area.isna().astype("int64"),
        "floor_area_m2": counted,
    }
    for number in range(_MOST + 1):
        columns[f"class_{number}_m2"] = counted.where(linkage.eq(number).fillna(value=False), 0.0)
    columns["class_unknown_m2"] = counted.where(linkage.isna(), 0.0)
    columns["undecided_m2"] = counted.where(~spaces["decided"], 0.0)
    parts = _parts(spaces, parameters)
    columns |= {name: counted * part for name, part in parts.items()}
    # In one order, so that sums of floating point numbers cannot depend on the given one.
    ordered = pd.DataFrame(columns).assign(by=by, sample=spaces["sample"].astype("bool"))
    order = canonical_order(spaces)
    grouped = ordered.iloc[order].groupby("by", sort=True)
    sums = grouped[list(columns)].sum()
    whole = sums["floor_area_m2"].where(sums["floor_area_m2"] > 0)
    sums[list(parts)] = sums[list(parts)].div(whole, axis="index")
    result: pd.DataFrame = sums.assign(sample=grouped["sample"].any())
    result.index.name = by.name
    return result


def _parts(spaces: pd.DataFrame, parameters: AccessParameters) -> dict[str, pd.Series[float]]:
    """Return what of each space counts for each share: 0 or 1, or a number of groups."""
    met = {name: spaces[f"met_{name}"] for name in CONDITION_SHARES}
    counts = [YES, ESTIMATED] if parameters.count_estimates else [YES]
    parts: dict[str, pd.Series[Any]] = {}
    for name, state in met.items():
        parts[f"{name}_share"] = state.isin(counts)
        parts[f"{name}_share_estimated"] = state.eq(ESTIMATED)
        parts[f"{name}_share_unknown"] = state.eq(UNKNOWN)
    within = spaces["groups_within"].fillna(0)
    parts["groups_mean_low"] = within
    parts["groups_mean_high"] = (within + spaces["groups_unknown"]).clip(upper=len(GROUPS))
    open_there = spaces["open_facilities"]
    parts["open_share"] = open_there.gt(0).fillna(value=False)
    parts["open_share_unknown"] = open_there.isna()
    for suffix in ("_low", "", "_high"):
        parts[f"overlap_share{suffix}"] = spaces[f"linkage{suffix}"].eq(_MOST).fillna(value=False)
    return {name: part.astype(np.float64) for name, part in parts.items()}
