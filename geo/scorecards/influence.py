"""Which criteria make a place what it is among its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from geo.scorecards.score import Scores

_HALF = 0.5
_DIGITS = 9  # effects that differ only by rounding are equal


def influence(scores: Scores, most: int = 3) -> pd.DataFrame:
    """Return the criteria that move each place most.

    A known criterion moves a place by its weight times the distance of its value to the
    median of the class; an open one could move it by half its open points either way.

    Parameters
    ----------
    scores
        Of one class of places; the median is that of the places whose value is known.
    most
        Criteria a place, at least 1.

    Returns
    -------
    pandas.DataFrame
        subject_id, rank (1 moves most), criterion, effect (points of 100 above or below
        the median; for an open criterion ± half its open points, given as positive), open
        (true for the latter). Equal effects stand in the order of the keys.

    Raises
    ------
    ValueError
        If `most` is below 1.
    """
    if most < 1:
        msg = f"`most` must be at least 1, not {most!r}."
        raise ValueError(msg)
    cells = scores.contributions[scores.contributions["weight"] > 0]
    known = cells["state"] == "known"
    median = cells[known].groupby("criterion")["value_low"].median()
    usual = median.reindex(cells["criterion"]).to_numpy(dtype=np.float64)
    apart = cells["weight"] * (cells["value_low"] - usual)
    open_points = _HALF * (cells["contribution_high"] - cells["contribution_low"])
    moved = cells[["subject_id", "criterion"]].assign(
        effect=np.where(known, apart, open_points),
        open=~known,
        # Not by `map`, which has no numbers to give for no rows.
        place=pd.Index(scores.table["subject_id"]).get_indexer(cells["subject_id"]),
    )
    moved = moved.assign(size=moved["effect"].abs().round(_DIGITS)).sort_values(
        ["place", "size", "criterion"], ascending=[True, False, True]
    )
    rank = moved.groupby("place").cumcount() + 1
    kept = moved.assign(rank=rank)[rank <= most].reset_index(drop=True)
    return kept[["subject_id", "rank", "criterion", "effect", "open"]]
