"""Result layers: what an analysis found, as a layer that can be drawn and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from geo.crs import STORAGE_CRS

if TYPE_CHECKING:
    from geo.scatter import ScatterResult


def scatter_layer(result: ScatterResult) -> gpd.GeoDataFrame:
    """Return the scatter table with the sites of each park as a multipoint.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of ``result.table`` in EPSG:4490; a park whose spaces are not
        located has no geometry and is not placed by guess.
    """
    sites = result.sites.to_crs(STORAGE_CRS)
    points = sites.dissolve(by="park_id")["geometry"]
    geometry = result.table["park_id"].map(points)
    return gpd.GeoDataFrame(result.table, geometry=list(geometry), crs=STORAGE_CRS)
