"""How much of a space lies inside the designated zones."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_metric
from geo.crs import require_same_crs
from geo.sites import located

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def zone_shares(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the share of every space inside the union of the zones.

    A footprint counts by area. A point counts 1 or 0; on the boundary (to a
    micrometre) it is neither inside nor outside but *border*, because a line drawn
    without an official boundary must not decide by accident. A line is taken at its
    centroid.

    Parameters
    ----------
    spaces
        Geometry in a metric CRS.
    zones
        Polygons in the same CRS, overlaps allowed; None or empty when there are none.

    Returns
    -------
    pandas.DataFrame
        ``inside`` and ``border``, shares in [0, 1], index of `spaces`; NaN without
        geometry or without zones.

    Raises
    ------
    ValueError
        If the CRS is not metric or the two differ.
    """
    require_metric(spaces.crs)
    known = located(spaces.geometry)
    inside, border = np.full((2, len(spaces)), np.nan)
    if zones is not None and located(zones.geometry).any():
        require_same_crs(spaces.crs, zones.crs, "zones")
        union = shapely.union_all(shapely.make_valid(zones.geometry.to_numpy()))
        inside[known], border[known] = _shares(spaces.geometry.to_numpy()[known], union)
    return pd.DataFrame({"inside": inside, "border": border}, index=spaces.index)


def belt_shares(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the share of every space inside each belt, as :func:`zone_shares` counts it.

    Parameters
    ----------
    spaces
        Geometry in a metric CRS.
    zones
        Polygons in the same CRS with ``belt``; without that column there are no belts.

    Returns
    -------
    pandas.DataFrame
        One column a belt, in the order of their names; shares in [0, 1], index of
        `spaces`. Belts may overlap, so a row may add up to more than 1.

    Raises
    ------
    ValueError
        If the CRS is not metric or the two differ.
    """
    require_metric(spaces.crs)
    if zones is None or "belt" not in zones.columns:
        return pd.DataFrame(index=spaces.index)
    names = sorted(zones["belt"].dropna().unique())
    shares = {
        str(name): zone_shares(spaces, zones[zones["belt"].eq(name)])["inside"] for name in names
    }
    return pd.DataFrame(shares, index=spaces.index)


def _shares(
    shapes: NDArray[Any], union: shapely.Geometry
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the inside and the border share of every shape."""
    areal = shapely.area(shapes) > 0
    inside, border = np.zeros((2, shapes.size))
    inside[areal] = _area_shares(shapes[areal], union)
    points = shapely.centroid(shapes[~areal])
    on_border = shapely.distance(points, shapely.boundary(union)) <= COORDINATE_TOLERANCE_M
    border[~areal] = on_border
    inside[~areal] = shapely.covers(union, points) & ~on_border
    return inside, border


def _area_shares(polygons: NDArray[Any], union: shapely.Geometry) -> NDArray[np.float64]:
    """Return area(polygon ∩ union) / area(polygon)."""
    shapely.prepare(union)
    share = shapely.covers(union, polygons).astype(np.float64)
    # Only what is cut by the boundary needs the costly intersection.
    cut = shapely.intersects(union, polygons) & (share == 0)
    sound = shapely.make_valid(polygons[cut])
    share[cut] = shapely.area(shapely.intersection(sound, union)) / shapely.area(sound)
    return share


def zone_values(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, field: str) -> pd.Series:
    """Return the values that the zones meeting each geometry have, joined by ``;``.

    Parameters
    ----------
    frame
        Any geometries; one without a place meets no zone.
    zones
        Polygons in the CRS of `frame`.
    field
        Column of `zones`.

    Returns
    -------
    Series
        Sorted distinct values on the index of `frame`; empty text for none.

    Raises
    ------
    ValueError
        If the CRS differ.
    """
    require_same_crs(frame.crs, zones.crs, "zones")
    known, areas = frame[located(frame.geometry)], zones[located(zones.geometry)]
    inside, zone = areas.sindex.query(known.geometry, predicate="intersects")
    found = pd.Series(areas[field].to_numpy()[zone], index=known.index[inside], dtype="str")
    joined = found.dropna().groupby(level=0).agg(lambda values: ";".join(sorted(set(values))))
    return joined.reindex(frame.index).fillna("").astype("str").rename(field)
