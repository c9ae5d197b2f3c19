"""Spaces 空间单元: what a park holds at a carrier.

A planner's register has two tables: carriers (buildings) and units (tenancies
and managed blocks in them). A *space* is what one park holds in one carrier:
the park's units there, or the whole carrier where it has not been divided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY = ["park_id", "carrier_id"]
_COLUMNS = [*_KEY, "floor_area_m2", "units", "sample", "geometry"]


def park_spaces(carriers: gpd.GeoDataFrame, units: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Return one row per park and carrier in which the park holds space.

    The floor area of a space is the sum of the park's units in the carrier, in
    every state (let, vacant, locked, own use); if the area of one of them is
    unknown, so is the sum. A carrier without units counts for its own park with
    its gross area. A park may hold units in the carrier of another park; a unit
    that names no park belongs to the park of its carrier. What belongs to no park
    is left out. A unit in an unknown carrier is kept, not located.

    Parameters
    ----------
    carriers
        ``carrier_id`` (unique), geometry; optional ``park_id``,
        ``gross_area_m2`` (m²) and ``sample``. Any CRS.
    units
        ``carrier_id``; optional ``park_id``, ``floor_area_m2`` (m²) and
        ``sample``. None when there is no such table.

    Returns
    -------
    geopandas.GeoDataFrame
        ``park_id``, ``carrier_id``, ``floor_area_m2`` (m², NaN unknown),
        ``units`` (count, 0 for an undivided carrier), ``sample`` (true if the
        carrier or any of the units is sample data) and ``geometry`` in the CRS of
        `carriers`; ordered by park and carrier.

    Raises
    ------
    ValueError
        If a carrier is listed twice.
    """
    known = _carriers(carriers)
    held = _held_units(known, units)
    divided = known.index.isin([] if units is None else units["carrier_id"])
    whole = known.loc[~divided].rename(columns={"gross_area_m2": "floor_area_m2"})
    whole = whole.reset_index().assign(units=0)
    spaces = pd.concat([_sum_units(held, known), whole.drop(columns="geometry")])
    spaces = spaces.dropna(subset=_KEY).sort_values(_KEY, ignore_index=True)
    spaces = spaces.astype({"units": "Int64", "sample": "boolean", "floor_area_m2": "float64"})
    geometry = gpd.GeoSeries(known["geometry"].reindex(spaces["carrier_id"]), crs=carriers.crs)
    spaces["geometry"] = geometry.to_numpy()
    return gpd.GeoDataFrame(spaces[_COLUMNS], geometry="geometry", crs=carriers.crs)


def require_columns(frame: pd.DataFrame, names: Iterable[str], what: str) -> None:
    """Refuse a table that lacks one of `names`; `what` names it in the message.

    Raises
    ------
    ValueError
        Naming every missing column.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        msg = f"`{what}` lacks the column(s) {', '.join(missing)}."
        raise ValueError(msg)


def refuse_repeated(keys: pd.DataFrame, what: str) -> None:
    """Refuse a table in which a key stands twice; `what` names it in the message.

    Raises
    ------
    ValueError
        Naming the first repeated keys.
    """
    repeated = keys[keys.duplicated()]
    if len(repeated):
        _raise_repeated(repeated, what)


def _raise_repeated(repeated: pd.DataFrame, what: str) -> NoReturn:
    """Name up to three repeated keys."""
    named = ["/".join(map(str, key)) for key in repeated.head(3).itertuples(index=False)]
    msg = f"`{what}` lists {', '.join(named)} more than once."
    raise ValueError(msg)


def _carriers(carriers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the columns that matter, by carrier, the optional ones filled in."""
    require_columns(carriers, ["carrier_id"], "carriers")
    refuse_repeated(carriers[["carrier_id"]], "carriers")
    return pd.DataFrame(
        {
            "park_id": _column(carriers, "park_id", "str"),
            "gross_area_m2": _column(carriers, "gross_area_m2", "float64"),
            "sample": _column(carriers, "sample", "boolean").fillna(value=False),
            "geometry": carriers.geometry.astype(object),
        }
    ).set_axis(pd.Index(carriers["carrier_id"], name="carrier_id"), axis="index")


def _held_units(known: pd.DataFrame, units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the units with the park that holds each."""
    units = pd.DataFrame({"carrier_id": []}, dtype="str") if units is None else units
    require_columns(units, ["carrier_id"], "units")
    own_park = units["carrier_id"].map(known["park_id"]).astype("str")
    return pd.DataFrame(
        {
            "park_id": _column(units, "park_id", "str").fillna(own_park),
            "carrier_id": units["carrier_id"],
            "floor_area_m2": _column(units, "floor_area_m2", "float64"),
            "sample": _column(units, "sample", "boolean").fillna(value=False),
        }
    )


def _sum_units(held: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Add up the units of each park in each carrier; unknown areas make the sum unknown."""
    area = held["floor_area_m2"]
    grouped = held.assign(unknown=area.isna()).groupby(_KEY, as_index=False)
    spaces = grouped.agg(
        floor_area_m2=("floor_area_m2", "sum"),
        unknown=("unknown", "any"),
        units=("floor_area_m2", "size"),
        sample=("sample", "any"),
    )
    spaces["floor_area_m2"] = spaces["floor_area_m2"].mask(spaces["unknown"].astype(bool))
    carrier_sample = spaces["carrier_id"].map(known["sample"]).astype("boolean")
    spaces["sample"] = spaces["sample"] | carrier_sample.fillna(value=False)
    return spaces.drop(columns="unknown")


def _column(
    frame: pd.DataFrame, name: str, dtype: Literal["str", "float64", "boolean"]
) -> pd.Series[Any]:
    """Return an optional column, all unknown if it is not there."""
    if name not in frame.columns:
        return pd.Series(np.nan, index=frame.index, dtype=dtype)
    return pd.Series(frame[name], dtype=dtype)
