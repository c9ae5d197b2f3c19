"""Copies of the tables of underused space that may leave the office."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

import pandas as pd

from geo.underuse import reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.underuse import UnderuseParameters

INTERNAL_COLUMNS = frozenset(
    {
        "tax_yuan_m2",
        "peer_median_tax_yuan_m2",
        "peer_median",
        "output_low",
        "output_high",
        "output_area",
        "ratio_low",
        "ratio_high",
        "score_low",
        "score_high",
        "rent_yuan_m2_day",
        "operator",
        "owner",
        "who",
        "public_reason_zh",
        "public_reason_en",
    }
)
"""What a public copy does not have: tax and output of a building, rents, names of firms,
and what output could be worked out from: scores, and the medians that it is said to be
above or below (the median of an odd number is that of one building)."""

_REASONS = ("reason_zh", "reason_en")

_PUBLIC_CRITERIA = frozenset({"vacancy", "vacant_months"})
_OF_CRITERION = (
    "raw_low",
    "raw_high",
    "value_low",
    "value_high",
    "contribution_low",
    "contribution_high",
)

Frame = TypeVar("Frame", bound=pd.DataFrame)


def public_reasons(found: pd.DataFrame, rule: UnderuseParameters) -> pd.DataFrame:
    """Return the reasons of a judgement without tax and output.

    Parameters
    ----------
    found
        Result of :func:`geo.underuse.underuse`.
    rule
        The parameters that it was made by.

    Returns
    -------
    pandas.DataFrame
        ``public_reason_zh`` and ``public_reason_en``, index of `found`.
    """
    told = [reason(row, row, rule, public=True) for row in found.to_dict("records")]
    said = {"public_reason_zh": [s.zh for s in told], "public_reason_en": [s.en for s in told]}
    return pd.DataFrame(said, index=found.index, dtype="str")


def audience_copy(frame: Frame, audience: str) -> Frame:
    """Return a table as an audience may have it.

    Parameters
    ----------
    frame
        Any table of :mod:`layers.underuse`, also with geometry.
    audience
        ``internal`` or ``public``.

    Returns
    -------
    pandas.DataFrame
        For the public without :data:`INTERNAL_COLUMNS`; reasons name no output;
        contributions of output and rent are empty.

    Raises
    ------
    ValueError
        If there is no such audience.
    """
    if audience not in {"internal", "public"}:
        msg = f"`audience` must be internal or public, not {audience!r}."
        raise ValueError(msg)
    if audience == "internal":
        return frame
    copy = frame.copy()
    for name in _REASONS:
        if f"public_{name}" in copy:
            copy[name] = copy[f"public_{name}"]
    if "criterion" in copy:
        hidden = ~copy["criterion"].isin(_PUBLIC_CRITERIA)
        copy = _emptied(copy, hidden, _OF_CRITERION)
    return copy.drop(columns=[name for name in copy.columns if name in INTERNAL_COLUMNS])


def _emptied(frame: Frame, rows: pd.Series[bool], names: Iterable[str]) -> Frame:
    there = [name for name in names if name in frame]
    frame[there] = frame[there].mask(rows)
    return frame
