"""Where one gets on foot from the space of a park in some minutes, as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geo.access import AccessParameters
from geo.access.isochrones import walk_areas
from geo.crs import STORAGE_CRS
from geo.sites import located
from layers.access.circle import MINUTES
from layers.access.inputs import given_of
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

AREA_TITLES = {
    "park_id": Text("园区编码", "Park id"),
    "park_name": Text("园区", "Park"),
    "minutes": Text("步行分钟", "Minutes on foot"),
    "most_m": Text("步行距离（m）", "Metres of walk"),
    "way": Text("算法", "Way"),
    "spaces": Text("起点空间数", "Spaces it is walked from"),
    "spaces_unlocated": Text("未定位空间数", "Spaces that are not located"),
    "sample": Text("示例数据", "Sample data"),
    "parameters": Text("参数", "Parameters"),
}
"""Columns of the areas, and their titles for people."""


def walk_areas_of(
    tables: Tables,
    catalogue: Catalogue,
    parks: Sequence[str] | None = None,
    parameters: AccessParameters | None = None,
    *,
    minutes: float = MINUTES,
) -> gpd.GeoDataFrame:
    """Return where one gets from the spaces of every park.

    Parameters
    ----------
    tables, catalogue
        As in :func:`layers.access.access_of`.
    parks
        Ids of the parks; by default all of the district.
    parameters
        Thresholds; the defaults if left out.
    minutes
        How long one walks.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a park, columns :data:`AREA_TITLES`, EPSG:4490. ``way`` is ``network`` only if
        all spaces were walked along the streets. A park of which no space is located has no
        area.

    Raises
    ------
    AtlasError
        If the carriers are missing; UsageError if a park is not known.
    """
    given = given_of(tables, catalogue, parks)
    rule = parameters or AccessParameters()
    rows, shapes = [], []
    for park, name in given.parks.items():
        own = given.spaces[given.spaces["park_id"] == park]
        there = own[located(own.geometry)].drop_duplicates("carrier_id")
        found = walk_areas(there.geometry, minutes, given.surroundings, rule)
        shapes.append(shapely.union_all(found.geometry.to_numpy()) if len(found) else None)
        rows.append(
            {
                "park_id": str(park),
                "park_name": name,
                "minutes": minutes,
                "most_m": minutes * rule.walk_m_per_min,
                "way": "network" if len(found) and found["way"].eq("network").all() else "straight",
                "spaces": len(own),
                "spaces_unlocated": len(own) - int(located(own.geometry).sum()),
                "sample": bool(own["sample"].fillna(value=False).any())
                if "sample" in own
                else False,
                "parameters": rule.as_text(),
            }
        )
    frame = pd.DataFrame(rows, columns=list(AREA_TITLES))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=given.spaces.crs).to_crs(STORAGE_CRS)
