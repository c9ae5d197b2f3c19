"""Sites 点位: spaces of one park so close that they are one place.

A site is a single-linkage cluster of a park's buildings with edge-to-edge gaps
of at most `gap_m`, never joined across a barrier (river, expressway, railway).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_metric
from geo.crs import require_same_crs
from geo.dispersion import group_sum
from geo.distance import Edges
from geo.distance import components
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEY = ["park_id", "carrier_id"]
_SITE_COLUMNS = ["park_id", "site", "spaces", "floor_area_m2", "weight", "geometry"]


def cluster_sites(
    spaces: gpd.GeoDataFrame, *, gap_m: float = 50.0, barriers: gpd.GeoSeries | None = None
) -> pd.Series[int]:
    """Give every space the number of its site within its park.

    Two spaces of one park are neighbours if their edges are at most `gap_m` apart
    and the shortest line between them meets no barrier; sites are the connected
    components. Site 0 has the largest floor area, ties go by carrier id; the order
    of the rows does not matter.

    Parameters
    ----------
    spaces
        ``park_id``, ``carrier_id`` (each pair once), ``floor_area_m2`` and geometry
        in a metric CRS.
    gap_m
        Largest gap within a site, metres, at least 0; met to a micrometre.
    barriers
        Lines or areas in the CRS of `spaces`.

    Returns
    -------
    pandas.Series
        ``site``, Int64, index of `spaces`; missing where there is no geometry.

    Raises
    ------
    ValueError
        If a column or the metric CRS is missing, a park and carrier stand twice, a
        floor area is negative, or `barriers` has another CRS.
    """
    check_spaces(spaces)
    # Everything is computed in one order of rows, so that the sums of floating
    # point numbers, and with them the numbering, cannot depend on the given order.
    order = canonical_order(spaces)
    order = order[located(spaces.geometry)[order]]
    ordered = spaces.iloc[order]
    neighbours = _neighbours(ordered, gap_m, _usable(barriers, spaces))
    number = np.full(len(spaces), np.nan)
    number[order] = _site_numbers(ordered, components(neighbours, len(ordered)))
    return pd.Series(number, index=spaces.index, name="site").astype("Int64")


def summarise_sites(spaces: gpd.GeoDataFrame, site: pd.Series[int]) -> gpd.GeoDataFrame:
    """Return one row per site: its size and its centre.

    The centre is the mean of the centroids of the spaces, weighted as
    :func:`space_weights` says; spaces that all weigh 0 count equally.

    Parameters
    ----------
    spaces
        As in :func:`cluster_sites`.
    site
        Result of :func:`cluster_sites`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``park_id``, ``site``, ``spaces`` (count), ``floor_area_m2`` (m², NaN if one
        is unknown), ``weight`` (what the site counts for, m² or a count) and a point,
        ordered by park and site.
    """
    order = canonical_order(spaces)
    order = order[site.notna().to_numpy()[order]]
    ordered = spaces.iloc[order]
    keys = pd.DataFrame({"park_id": ordered["park_id"], "site": site.iloc[order]})
    grouped = keys.groupby(["park_id", "site"], sort=True)
    group, sites = np.asarray(grouped.ngroup(), dtype=np.intp), grouped.ngroups
    table = grouped.size().rename("spaces").astype("Int64").reset_index()
    weight = np.asarray(space_weights(ordered), dtype=np.float64)
    area = np.asarray(ordered["floor_area_m2"], dtype=np.float64)
    table["floor_area_m2"] = group_sum(area, group, sites)
    table["weight"] = size = group_sum(weight, group, sites)
    pull = np.where(size[group] > 0, weight, 1.0)
    xy = shapely.get_coordinates(shapely.centroid(ordered.geometry.to_numpy()))
    centre = [group_sum(pull * axis, group, sites) / group_sum(pull, group, sites) for axis in xy.T]
    points = gpd.points_from_xy(*centre, crs=spaces.crs)
    return gpd.GeoDataFrame(table, geometry=points)[_SITE_COLUMNS]


def space_weights(spaces: gpd.GeoDataFrame) -> pd.Series[float]:
    """Return what each space counts for in its park.

    That is its floor area; where a located space of the park has no floor area, or
    the located floor areas add up to 0, every space of the park counts 1.

    Parameters
    ----------
    spaces
        ``park_id``, ``floor_area_m2`` and geometry.

    Returns
    -------
    pandas.Series
        ``weight``, index of `spaces`; m² or a count, NaN where there is no geometry.
    """
    is_located = pd.Series(located(spaces.geometry), index=spaces.index)
    area = spaces["floor_area_m2"].astype("float64")
    by_park = pd.DataFrame(
        {"unknown": area.isna() & is_located, "area": area.where(is_located)}
    ).groupby(spaces["park_id"])
    unweighted = by_park["unknown"].transform("any") | ~(by_park["area"].transform("sum") > 0)
    return pd.Series(area.mask(unweighted, 1.0).where(is_located), name="weight")


def check_spaces(spaces: gpd.GeoDataFrame) -> None:
    """Refuse spaces that cannot be measured.

    Raises
    ------
    ValueError
        As listed in :func:`cluster_sites`.
    """
    require_columns(spaces, [*_KEY, "floor_area_m2"], "spaces")
    require_metric(spaces.crs)
    refuse_repeated(spaces[_KEY], "spaces")
    if spaces["park_id"].isna().any():
        msg = "`spaces` has rows without `park_id`."
        raise ValueError(msg)
    if (spaces["floor_area_m2"] < 0).any():
        msg = "`spaces` has a negative `floor_area_m2`; unknown areas must be empty."
        raise ValueError(msg)


def canonical_order(spaces: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the row positions in the order of park and carrier."""
    keys = spaces[_KEY].reset_index(drop=True)
    return np.asarray(keys.sort_values(_KEY).index, dtype=np.intp)


def located(geometry: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Return where there is a geometry with at least one coordinate, shape (rows,)."""
    shapes = geometry.to_numpy()
    return np.asarray(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), dtype=np.bool_)


def _usable(barriers: gpd.GeoSeries | None, spaces: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the barriers as an array without gaps."""
    if barriers is None or barriers.empty:
        return np.empty(0, dtype=object)
    require_same_crs(spaces.crs, barriers.crs, "barriers")
    return np.asarray(barriers)[located(barriers)]


def _neighbours(spaces: gpd.GeoDataFrame, gap_m: float, barriers: NDArray[Any]) -> Edges:
    """Return the pairs of spaces of one park that belong to one site."""
    shapes = spaces.geometry.to_numpy()
    park, _ = pd.factorize(spaces["park_id"])
    reach = gap_m + COORDINATE_TOLERANCE_M
    start, end = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach)
    close = (start < end) & (park[start] == park[end])
    start, end = start[close], end[close]
    edges = Edges(start, end, shapely.distance(shapes[start], shapes[end]))
    # Spaces that touch are not apart, whatever runs through the touching point.
    apart = edges.length_m > 0
    between = shapely.shortest_line(shapes[start[apart]], shapes[end[apart]])
    cut, _ = shapely.STRtree(barriers).query(between, predicate="intersects")
    open_way = np.ones(start.size, dtype=bool)
    open_way[np.flatnonzero(apart)[cut]] = False
    return edges.take(open_way)


def _site_numbers(spaces: gpd.GeoDataFrame, label: NDArray[np.intp]) -> NDArray[np.intp]:
    """Turn component labels into numbers from 0 within each park, the largest first."""
    rows = pd.DataFrame(
        {
            "label": label,
            "park_id": spaces["park_id"].to_numpy(),
            "carrier_id": spaces["carrier_id"].to_numpy(),
            # For the order alone an unknown area counts as none.
            "area": spaces["floor_area_m2"].fillna(0.0).to_numpy(np.float64),
        }
    )
    sites = rows.groupby("label").agg(
        park_id=("park_id", "first"), carrier_id=("carrier_id", "min"), area=("area", "sum")
    )
    ranked = sites.sort_values(["park_id", "area", "carrier_id"], ascending=[True, False, True])
    number = ranked.groupby("park_id").cumcount()
    return np.asarray(number.reindex(label), dtype=np.intp)
