"""The fifteen-minute circle of a park: which groups of facilities, and how many dwellings."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geo.access import GROUPS
from geo.access import NO
from geo.access import UNKNOWN
from geo.access import YES
from geo.access import AccessParameters
from geo.access import walks
from geo.crs import STORAGE_CRS
from geo.sites import located
from layers.access.inputs import given_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd

    from layers.access.inputs import Given
    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

MINUTES = 15.0
"""How long one walks in a fifteen-minute circle."""


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """What can be walked to from a park in some minutes.

    Attributes
    ----------
    park_id
        The park; None for all of them together.
    most_m
        How far that is, metres of walk.
    spaces, spaces_unlocated
        Spaces that it is walked from, and those of which nobody knows where they are.
    groups
        One row a group of :data:`geo.access.GROUPS`: ``group``, ``state`` (``yes``, ``no``,
        ``unknown``), ``count`` (NA if unknown), ``nearest_id``, ``nearest_name``,
        ``nearest_m``, ``blocked`` (those that would be near but for a barrier without a
        known crossing).
    facilities
        One row a facility in reach, the nearest first: ``id``, ``name``, ``group``,
        ``layer``, ``walk_m``, ``way``, ``open_to_tenants``, ``sample``, EPSG:4490.
    dwellings
        Housing in reach that stands: ``projects`` (NA: nobody supplied the layer),
        ``projects_without_units`` (their number of dwellings is unknown and not in the
        sum), ``units_total`` and ``units_available`` (sums of what is known; NA if nothing
        is, or if the field was not supplied or may not be seen), ``sample``.
    population
        Not known: no layer says it.
    parameters
        The thresholds.
    """

    park_id: str | None
    most_m: float
    spaces: int
    spaces_unlocated: int
    groups: pd.DataFrame
    facilities: gpd.GeoDataFrame
    dwellings: pd.Series[float]
    population: None
    parameters: AccessParameters


def fifteen_minutes(
    tables: Tables,
    catalogue: Catalogue,
    park: str | None = None,
    parameters: AccessParameters | None = None,
    *,
    minutes: float = MINUTES,
) -> Circle:
    """Return what can be walked to from the spaces of a park.

    Something is in reach if it is from any of the spaces; it is counted once.

    Parameters
    ----------
    tables, catalogue
        As in :func:`layers.access.access_of`.
    park
        Id of the park; None for all parks of the district together.
    parameters
        Thresholds; the defaults if left out.
    minutes
        How long one walks.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if the park is not known.
    """
    given = given_of(tables, catalogue, None if park is None else [park])
    return _circle(park, given, tables, parameters or AccessParameters(), minutes)


def circles(
    tables: Tables,
    catalogue: Catalogue,
    parks: Sequence[str] | None = None,
    parameters: AccessParameters | None = None,
    *,
    minutes: float = MINUTES,
) -> dict[str, Circle]:
    """Return the circle of each of several parks by id.

    Parameters
    ----------
    tables, catalogue, parameters, minutes
        As in :func:`fifteen_minutes`.
    parks
        The parks; all of the district by default.

    Raises
    ------
    AtlasError
        As :func:`fifteen_minutes`.
    """
    given = given_of(tables, catalogue, parks)
    rule = parameters or AccessParameters()
    found = {}
    for park in given.parks.index:
        own = given.spaces[given.spaces["park_id"] == park].reset_index(drop=True)
        found[str(park)] = _circle(park, replace(given, spaces=own), tables, rule, minutes)
    return found


def circle_tables(found: Mapping[str, Circle]) -> dict[str, pd.DataFrame]:
    """Return the circles of parks as tables.

    Returns
    -------
    dict of pandas.DataFrame
        ``circle`` (facilities, places in EPSG:4490), ``groups`` and ``dwellings``, each with
        ``park_id`` in front and ``parameters`` at the end.
    """
    parts: dict[str, list[pd.DataFrame]] = {"circle": [], "groups": [], "dwellings": []}
    for park, circle in found.items():
        own = {
            "circle": circle.facilities,
            "groups": circle.groups,
            "dwellings": circle.dwellings.to_frame().T,
        }
        for name, table in own.items():
            marked = table.assign(parameters=circle.parameters.as_text())
            marked.insert(0, "park_id", park)
            parts[name].append(marked)
    tables = {name: pd.concat(rows, ignore_index=True) for name, rows in parts.items() if rows}
    counts = ["projects", "projects_without_units", "units_total", "units_available"]
    if "dwellings" in tables:
        kinds = {**dict.fromkeys(counts, "Int64"), "sample": "boolean"}
        tables["dwellings"] = tables["dwellings"].astype(kinds)
    return tables


def _circle(
    park: str | None, given: Given, tables: Tables, rule: AccessParameters, minutes: float
) -> Circle:
    most_m = rule.walk_in(minutes)
    table = given.destinations.table
    facilities = table[table["kind"] == "facility"].reset_index(drop=True)
    is_there = located(given.spaces.geometry)
    walked = bool(is_there.any())
    reached = _reached(given, facilities, rule, most_m)
    near = reached[reached["walk_m"].notna()].sort_values(["walk_m", "id"], ignore_index=True)
    return Circle(
        park_id=park,
        most_m=most_m,
        spaces=int(is_there.sum()),
        spaces_unlocated=int((~is_there).sum()),
        groups=_groups(reached, given, walked=walked),
        facilities=near.to_crs(STORAGE_CRS),
        dwellings=_dwellings(near, tables.get("housing"), walked=walked),
        population=None,
        parameters=rule,
    )


def _reached(
    given: Given, facilities: gpd.GeoDataFrame, rule: AccessParameters, most_m: float
) -> gpd.GeoDataFrame:
    """Return the facilities that are near, each by its shortest walk; NaN if blocked."""
    pairs = walks(
        given.spaces.geometry, facilities.geometry, given.surroundings, rule, most_m=most_m
    )
    pairs = pairs.sort_values(["target", "walk_m", "straight_m", "origin"], na_position="last")
    first = pairs.drop_duplicates("target").set_index("target")
    rows = facilities.loc[first.index].assign(
        walk_m=first["walk_m"], way=first["way"].astype("str")
    )
    kept = ["id", "name", "group", "layer", "layer_id", "walk_m", "way", "open_to_tenants"]
    return rows[[*kept, "sample", "geometry"]]


def _groups(reached: gpd.GeoDataFrame, given: Given, *, walked: bool) -> pd.DataFrame:
    rows = []
    for group in GROUPS:
        own = reached[reached["group"] == group].sort_values(["walk_m", "id"])
        near, blocked = own[own["walk_m"].notna()], int(own["walk_m"].isna().sum())
        known = walked and f"facility:{group}" in given.destinations.known
        state = YES if len(near) else UNKNOWN if blocked or not known else NO
        first = near.iloc[0] if len(near) else None
        rows.append(
            {
                "group": group,
                "state": state,
                "count": len(near) if state != UNKNOWN else None,
                "nearest_id": None if first is None else first["id"],
                "nearest_name": None if first is None else first["name"],
                "nearest_m": None if first is None else first["walk_m"],
                "blocked": blocked,
            }
        )
    types = {"count": "Int64", "nearest_m": "float64", "nearest_id": "str", "nearest_name": "str"}
    return pd.DataFrame(rows).astype(types)


def _dwellings(
    near: gpd.GeoDataFrame, housing: pd.DataFrame | None, *, walked: bool
) -> pd.Series[float]:
    """Add up the dwellings of what is near; what is not known is not counted as none."""
    unknown = {
        "projects": pd.NA,
        "projects_without_units": pd.NA,
        "units_total": pd.NA,
        "units_available": pd.NA,
        "sample": pd.NA,
    }
    if housing is None or housing.empty or not walked:
        return pd.Series(unknown, dtype="object")
    ids = near.loc[near["layer"] == "housing", "layer_id"]
    rows = housing[housing["id"].isin(ids)]
    return pd.Series(
        {
            "projects": len(rows),
            "projects_without_units": int(rows["units_total"].isna().sum()),
            "units_total": _sum(rows, "units_total"),
            "units_available": _sum(rows, "units_available"),
            "sample": bool(rows["sample"].fillna(value=False).any()) if "sample" in rows else False,
        },
        dtype="object",
    )


def _sum(rows: pd.DataFrame, name: str) -> object:
    """Return the sum of what is known: 0 for no rows, NA if all of them are unknown."""
    if name not in rows.columns:
        return pd.NA
    values = rows[name].astype("Int64")
    return int(values.sum()) if values.notna().any() or values.empty else pd.NA
