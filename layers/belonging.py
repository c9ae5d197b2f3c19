"""What a district is shown although it belongs to another.

A park is never cut. Where it holds space in a building of another district, that district
has the rows of it, so that its buildings are told in full, and the row of the park with
the ``district_code`` of its home. Such a park is measured at home, and only there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.batch.scopes import CODE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    import geopandas as gpd

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]


def parks_elsewhere(tables: Tables) -> frozenset[str]:
    """Return the parks that belong to another district than those of the layers.

    Parameters
    ----------
    tables
        Layers by key; ``parks`` and ``district`` are looked at as far as they are there.

    Returns
    -------
    frozenset of str
        Ids of the parks whose ``district_code`` is none of the districts'. None where no
        district or no park has a code.
    """
    codes = _codes(tables.get("district"))
    if codes is None or not (known := frozenset(codes.dropna())):
        return frozenset()
    parks = tables["parks"] if "parks" in tables else pd.DataFrame()
    own = _codes(parks)
    if own is None:
        return frozenset()
    return frozenset(parks["park_id"][(own.notna() & ~own.isin(known)).to_numpy(dtype=bool)])


def measured_at_home(parks: Iterable[str], tables: Tables) -> list[str]:
    """Return those of some parks that do not belong to another district, in their order."""
    elsewhere = parks_elsewhere(tables)
    return [park for park in parks if park not in elsewhere]


def _codes(frame: pd.DataFrame | None) -> pd.Series[str] | None:
    if frame is None or CODE not in frame:
        return None
    codes = frame[CODE].astype("str").str.strip()
    return codes.mask(codes.eq(""))
