"""Copies of the tables of an evaluation that may leave the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

INTERNAL_COLUMNS = frozenset(
    {
        "raw_low",
        "raw_high",
        "value",
        "value_low",
        "value_high",
        "contribution_low",
        "contribution_high",
        "basis",
    }
)
"""What a public copy must not have: raw values, and what they can be worked out from."""

_OPERATOR = "operator"


def audience_copy(frame: pd.DataFrame, card: str, audience: str) -> pd.DataFrame:
    """Return a table as an audience may have it.

    Parameters
    ----------
    frame
        A table of an evaluation.
    card
        Key of its card; the names of operators are internal.
    audience
        ``internal`` or ``public``.

    Returns
    -------
    pandas.DataFrame
        For the public without :data:`INTERNAL_COLUMNS`: through the published anchors and
        weights a contribution gives the raw value away. Grades, scores and ranks stay.

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
    hidden = INTERNAL_COLUMNS | ({"name"} if card == _OPERATOR else set())
    return frame.drop(columns=[name for name in frame.columns if name in hidden])
