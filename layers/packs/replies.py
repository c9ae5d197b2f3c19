"""Replies that came back, beside what the register says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLIES = "replies"
"""Layer of the replies."""

EVIDENCE_TITLES = {
    "register_vacant_m2": Text("台账空置面积（m²）", "Vacant area in the register (m²)"),
    "difference_m2": Text("核实与台账之差（m²）", "Checked less registered (m²)"),
    "difference_percent": Text("核实与台账之差（%）", "Checked less registered (%)"),
}
"""Titles of what is added to the fields of a reply."""


def evidence(tables: Mapping[str, pd.DataFrame], carrier_id: str) -> pd.DataFrame:
    """Return the replies about a carrier with how far they are from the register.

    Parameters
    ----------
    tables
        Layers by key; without ``replies`` or ``carriers`` nothing is known of them.
    carrier_id
        The carrier.

    Returns
    -------
    pandas.DataFrame
        The fields of the layer and those of :data:`EVIDENCE_TITLES`, the newest
        ``data_date`` first, then by ``reply_id``. Differences are NaN where either
        area is not known; the one in % also where nothing is vacant in the register.
    """
    replies = tables.get(REPLIES)
    if replies is None:
        return pd.DataFrame(columns=list(EVIDENCE_TITLES))
    own = pd.DataFrame(replies[replies["carrier_id"].eq(carrier_id)])
    registered = _registered(tables.get("carriers"), carrier_id)
    difference = own["vacant_area_m2"].astype("float64") - registered
    told = own.assign(
        register_vacant_m2=registered,
        difference_m2=difference,
        difference_percent=100.0 * difference / (registered if registered > 0 else float("nan")),
    )
    ordered = told.sort_values(
        ["data_date", "reply_id"], ascending=[False, True], na_position="last", kind="stable"
    )
    return ordered.reset_index(drop=True)


def _registered(carriers: pd.DataFrame | None, carrier_id: str) -> float:
    """Return the vacant area in the register, m²; NaN if it is not known."""
    if carriers is None:
        return float("nan")
    found = carriers.loc[carriers["carrier_id"].eq(carrier_id), "vacant_area_m2"]
    return float(found.iloc[0]) if len(found) else float("nan")
