"""A small town on graph paper: one place of building space, and destinations around it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.access import AccessParameters
from geo.access import AccessResult
from geo.access import Destinations
from geo.access import linkage
from geo.crs import district_crs
from geo.layout import OPEN_GROUND
from geo.layout import Surroundings

CRS = district_crs(121.5)
METRE_FOR_METRE = AccessParameters(detour=1.0)
"""A walk is as long as its straight line, so that places can be read off."""

FIELDS = ["id", "kind", "name", "group", "university", "campus_id", "open_to_tenants", "basis"]


def shape(place: Any) -> Any:
    return shapely.Point(place) if isinstance(place, tuple) else place


def series(*places: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries([shape(place) for place in places], crs=CRS)


def spaces(*places: Any, **columns: list[Any]) -> gpd.GeoDataFrame:
    """Make spaces of one park, 100 m² each unless told otherwise; None is not located."""
    names = [f"C{number}" for number in range(len(places))]
    given = {"park_id": ["P"] * len(places), "carrier_id": names}
    area = {"floor_area_m2": [100.0] * len(places)}
    return gpd.GeoDataFrame({**given, **area, **columns}, geometry=series(*places), crs=CRS)


def destinations(*rows: dict[str, Any], known: set[str] | None = None) -> Destinations:
    """Make destinations of rows {id, kind, at, …}."""
    table = pd.DataFrame([{name: row.get(name) for name in FIELDS} for row in rows], columns=FIELDS)
    frame = gpd.GeoDataFrame(table, geometry=series(*[row["at"] for row in rows]), crs=CRS)
    return Destinations(frame, frozenset(known or ()))


def judged(
    register: gpd.GeoDataFrame,
    there: Destinations,
    surroundings: Surroundings = OPEN_GROUND,
    parameters: AccessParameters = METRE_FOR_METRE,
) -> AccessResult:
    return linkage(register, there, surroundings, parameters)


def gate(name: str, at: Any, campus: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "kind": "gate", "at": at, "campus_id": campus, **more}


def campus(name: str, at: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "kind": "campus", "at": at, **more}


def station(name: str, at: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "kind": "station", "at": at}


def facility(name: str, at: Any, group: str | None, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "kind": "facility", "at": at, "group": group, **more}
