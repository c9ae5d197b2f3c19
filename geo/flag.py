"""The flag and the form of a park: the rule, with unknown as a third truth value.

========== ==============================================================
green      one site, or one walking cluster, or the largest cluster holds
           at least `green_share`
red        the largest cluster holds less than `red_share`, and the park is
           no more compact than chance, or has more than
           `red_effective_clusters`, or has less than `red_zone_share`
           inside the zones
yellow     otherwise
undecided  too little is located or measured, or a value that is not known
           decides between yellow and red
========== ==============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from geo.parameters import ScatterParameters

FLAG_TITLES = {
    "green": ("绿", "green"),
    "yellow": ("黄", "yellow"),
    "red": ("红", "red"),
    "undecided": ("不判定", "undecided"),
}
"""Chinese and English title of every flag."""

FORM_TITLES = {
    "single": ("单点", "single site"),
    "contiguous": ("连片", "contiguous"),
    "concentrated": ("基本集中", "mostly concentrated"),
    "core_satellites": ("一主多副", "core with satellites"),
    "multipolar": ("多极分设", "several poles"),
    "scattered": ("散点", "scattered"),
}
"""Chinese and English title of every form."""

# 0.7 added up from 0.4 and 0.3 must be 0.7: thresholds are met with this slack.
_SLACK = 1e-9


def judge(measures: pd.DataFrame, parameters: ScatterParameters) -> pd.Series[str]:
    """Return the flag of every park.

    Parameters
    ----------
    measures
        One row a park, unknown values NaN: ``sites``, ``clusters``,
        ``largest_cluster_share``, ``effective_clusters``, ``unlocated_share``,
        ``zone_share``, ``zone_border_share`` and ``p_low``.
    parameters
        Thresholds.

    Returns
    -------
    pandas.Series
        ``flag``, one of :data:`FLAG_TITLES`, index of `measures`.
    """
    share = measures["largest_cluster_share"]
    split = any_red_condition(red_conditions(measures, parameters))
    cases = {
        "unusable": unusable(measures, parameters),
        "green": _in_one_place(measures) | (share >= parameters.green_share - _SLACK),
        "mostly together": share >= parameters.red_share - _SLACK,
        "unknown": split.isna(),
        "red": split,
    }
    flags = ["undecided", "green", "yellow", "undecided", "red"]
    return _select(list(cases.values()), flags, "yellow", "flag", measures.index)


def red_conditions(measures: pd.DataFrame, parameters: ScatterParameters) -> pd.DataFrame:
    """Return which of the three conditions for red hold, or that it is not known.

    What lies on the boundary of a zone is counted once as outside and once as
    inside; the condition is known only if both agree.

    Parameters
    ----------
    measures, parameters
        As in :func:`judge`.

    Returns
    -------
    pandas.DataFrame
        ``effective_clusters``, ``zone_share`` and ``p_low``: true where the value
        speaks for red, missing where it cannot be told.
    """
    low = measures["zone_share"]
    if_outside = _below(low, parameters.red_zone_share)
    if_inside = _below(low + measures["zone_border_share"], parameters.red_zone_share)
    agreed = (if_outside == if_inside).fillna(value=False)
    return pd.DataFrame(
        {
            "effective_clusters": _above(
                measures["effective_clusters"], parameters.red_effective_clusters
            ),
            "zone_share": if_outside.where(agreed),
            "p_low": _above(measures["p_low"], parameters.p_threshold),
        }
    )


def any_red_condition(conditions: pd.DataFrame) -> pd.Series[bool]:
    """Return whether any condition holds, in Kleene logic.

    Parameters
    ----------
    conditions
        Result of :func:`red_conditions`.

    Returns
    -------
    pandas.Series
        True if one is true, missing if none is true and one is missing, else false.
    """
    return conditions["effective_clusters"] | conditions["zone_share"] | conditions["p_low"]


def form(measures: pd.DataFrame, parameters: ScatterParameters) -> pd.Series[str]:
    """Return the form of every park, what its walking clusters look like.

    Parameters
    ----------
    measures, parameters
        As in :func:`judge`.

    Returns
    -------
    pandas.Series
        ``form``, one of :data:`FORM_TITLES`, missing where too little is located.
    """
    share = measures["largest_cluster_share"]
    cases = {
        "": unusable(measures, parameters),
        "single": measures["sites"] == 1,
        "contiguous": measures["clusters"] == 1,
        "concentrated": share >= parameters.green_share - _SLACK,
        "core_satellites": share > parameters.satellite_share + _SLACK,
        "multipolar": measures["effective_clusters"] <= parameters.pole_limit + _SLACK,
    }
    named = _select(list(cases.values()), list(cases), "scattered", "form", measures.index)
    return named.mask(named == "")


def unusable(measures: pd.DataFrame, parameters: ScatterParameters) -> pd.Series[bool]:
    """Return where too little is located or measured to judge anything.

    Parameters
    ----------
    measures, parameters
        As in :func:`judge`.

    Returns
    -------
    pandas.Series
        True without any located space, or above `unlocated_limit`.
    """
    unlocated = measures["unlocated_share"] > parameters.unlocated_limit + _SLACK
    return unlocated | measures["largest_cluster_share"].isna()


def _in_one_place(measures: pd.DataFrame) -> pd.Series[bool]:
    """Return where all sites can be walked to from each other."""
    return (measures["sites"] == 1) | (measures["clusters"] == 1)


def _above(value: pd.Series[float], limit: float) -> pd.Series[bool]:
    """Return value > limit, missing where the value is."""
    return (value > limit + _SLACK).astype("boolean").mask(value.isna())


def _below(value: pd.Series[float], limit: float) -> pd.Series[bool]:
    """Return value < limit, missing where the value is."""
    return (value < limit - _SLACK).astype("boolean").mask(value.isna())


def _select(
    cases: list[pd.Series[bool]], choices: list[str], otherwise: str, name: str, index: pd.Index
) -> pd.Series[str]:
    """Return the choice of the first case known to hold in each row."""
    masks = [case.astype("boolean").to_numpy(dtype=bool, na_value=False) for case in cases]
    return pd.Series(np.select(masks, choices, otherwise), index=index, name=name, dtype="str")
