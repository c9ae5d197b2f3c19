"""Campuses without a gate: what their first gate does to the estimate that stands for it.

A campus of which no gate is registered is reached by its outline or its point, an estimate.
With its first gate it is reached by its gates alone. So a gate that is far from a park may
lengthen the walk and lower the class, which is no effect of building a gate: people are told
so before they place it, beside the result, and in the reason that is saved with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.sites import located
from layers.access.inputs import NOT_THERE
from layers.access.sentences import estimate_dropped
from layers.errors import Text
from layers.i18n import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from layers.access.trial import Trial

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]


def estimate_at_stake(tables: Tables, campus_id: str) -> Text | None:
    """Say what a first gate of a campus does to its estimate; None if it has a gate already.

    Parameters
    ----------
    tables
        Layers by key, without objects on trial.
    campus_id
        The campus; one that is not registered, or not there yet, has no estimate.
    """
    found = _estimated(tables, campus_id)
    if found is None:
        return None
    dropped = estimate_dropped(*found)
    return Text(
        f"{dropped.zh}，距离和类别可能因此变差；若该校区已有校门，请先补登记",
        f"{dropped.en}: walks and classes may get worse by that alone; if the campus has gates, "
        "register them first",
    )


def estimates_dropped(tables: Tables, trial: Trial) -> list[Text]:
    """Say of which campuses the gates on trial replace an estimate, one sentence each.

    Parameters
    ----------
    tables
        Layers by key, without objects on trial.
    trial
        The objects on trial.
    """
    found = [_estimated(tables, campus) for campus in trial.campuses]
    return [estimate_dropped(*one) for one in found if one is not None]


def _estimated(tables: Tables, campus_id: str) -> tuple[str, str] | None:
    """Return name and basis of a campus that is reached by an estimate; None if it is not."""
    campuses, gates = tables.get("campuses"), tables.get("gates")
    if campuses is None:
        return None
    own = campuses[campuses["id"].eq(campus_id) & located(campuses.geometry)]
    if own.empty or ("status" in own and own["status"].isin(NOT_THERE).any()):
        return None
    # A gate without a place is no gate yet; a closed one closes the campus.
    if gates is not None and (gates["campus_id"].eq(campus_id) & located(gates.geometry)).any():
        return None
    row = own.iloc[0]
    basis = "outline" if row.geometry.geom_type.endswith("Polygon") else "point"
    return campus_id if unknown(row["name"]) else str(row["name"]), basis
