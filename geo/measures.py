"""Every measure of every park, for one layout and one reading of "walk"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.dispersion import effective_number
from geo.dispersion import group_sum
from geo.dispersion import largest_share
from geo.dispersion import mean_pairwise_distance
from geo.dispersion import ratio
from geo.dispersion import relative_dispersion
from geo.layout import park_codes
from geo.sites import located
from geo.sites import space_weights
from geo.zones import belt_shares
from geo.zones import zone_shares

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.layout import Layout
    from geo.layout import Tree


def holding(register: gpd.GeoDataFrame, parks: pd.Index) -> pd.DataFrame:
    """Return what each park holds and how much of it is unlocated or unmeasured.

    The unlocated share is by floor area, or by number where an area is missing.

    Parameters
    ----------
    register
        Spaces in canonical order.
    parks
        Ids of all parks, ascending.

    Returns
    -------
    pandas.DataFrame
        Counts, m² and shares in [0, 1], index `parks`.
    """
    park, count = park_codes(register, parks), len(parks)
    area = register["floor_area_m2"].to_numpy("float64")
    has_place = located(register.geometry)
    floor_area = group_sum(area, park, count)
    spaces = np.bincount(park, minlength=count)
    size = np.where((floor_area > 0)[park], area, 1.0)
    without_geometry = ratio(
        group_sum(size * ~has_place, park, count), group_sum(size, park, count)
    )
    without_area = ratio(group_sum(np.isnan(area) * 1.0, park, count), spaces.astype(np.float64))
    unmeasured = group_sum((np.isnan(area) & has_place) * 1.0, park, count)
    located_area = group_sum(np.where(has_place, area, 0.0), park, count)
    return pd.DataFrame(
        {
            "spaces": spaces,
            "located": group_sum(has_place * 1.0, park, count).astype(int),
            "floor_area_m2": np.where(spaces > 0, floor_area, np.nan),
            "without_geometry": without_geometry,
            "without_area": without_area,
            "by_area": floor_area > 0,
            "unlocated_share": np.maximum(without_geometry, without_area),
            "weighted": (unmeasured == 0) & (located_area > 0),
            "sample": group_sum(_sample(register) * 1.0, park, count) > 0,
        },
        index=parks,
    )


def _sample(register: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which spaces are sample data; not marked means they are not."""
    if "sample" not in register.columns:
        return np.zeros(len(register), dtype=bool)
    marked = register["sample"].astype("boolean").fillna(value=False)
    return np.asarray(marked, dtype=np.bool_)


def zone_measures(
    register: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None, parks: pd.Index
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the weighted shares inside, outside and on the boundary of the zones.

    Parameters
    ----------
    register, parks
        As in :func:`holding`.
    zones
        Polygons, with ``belt`` if they belong to belts; None if there are none.

    Returns
    -------
    tuple of pandas.DataFrame
        ``zone_share``, ``zone_border_share``, ``zone_outside_share`` (they add up to
        1), ``main_belt`` and ``main_belt_share``, index `parks`; and the share of each
        belt, one row a park and belt: ``park_id``, ``belt``, ``share``.
    """
    known = located(register.geometry)
    park, count = park_codes(register, parks)[known], len(parks)
    weight = space_weights(register).to_numpy("float64")[known]
    shares = zone_shares(register, zones)[known]
    belts = belt_shares(register, zones)[known]
    total = group_sum(weight, park, count)

    def weighted(share: pd.Series[float]) -> NDArray[np.float64]:
        return ratio(group_sum(weight * share.to_numpy("float64"), park, count), total)

    by_belt = pd.DataFrame({name: weighted(belts[name]) for name in belts}, index=parks)
    inside, border = weighted(shares["inside"]), weighted(shares["border"])
    measures = pd.DataFrame(
        {
            "zone_share": inside,
            "zone_border_share": border,
            # Rounding may leave a trace below nothing.
            "zone_outside_share": np.maximum(1.0 - inside - border, 0.0),
        },
        index=parks,
    )
    return measures.join(_main_belt(by_belt)), _long(by_belt)


def _main_belt(by_belt: pd.DataFrame) -> pd.DataFrame:
    """Return the belt with the largest share; none where nothing lies in a belt."""
    largest = by_belt.max(axis="columns").astype("float64")
    inside = largest > 0
    names = by_belt[inside].idxmax(axis="columns").reindex(by_belt.index).astype("str")
    return pd.DataFrame({"main_belt": names, "main_belt_share": largest.where(inside)})


def _long(by_belt: pd.DataFrame) -> pd.DataFrame:
    """Return one row a park and belt."""
    long = by_belt.rename_axis("park_id").reset_index()
    melted = long.melt(id_vars="park_id", var_name="belt", value_name="share")
    melted = melted.astype({"park_id": "str", "belt": "str", "share": "float64"})
    return melted.dropna(subset="share").sort_values(["park_id", "belt"], ignore_index=True)


def site_measures(
    register: gpd.GeoDataFrame, layout: Layout, detour: float, parks: pd.Index
) -> pd.DataFrame:
    """Return the measures that need sites and distances, but no threshold.

    Parameters
    ----------
    register, parks
        As in :func:`holding`.
    layout
        The sites and their walks.
    detour
        Walk over straight line.

    Returns
    -------
    pandas.DataFrame
        Index `parks`; lengths are metres of walking.
    """
    park, weight, count = layout.park, layout.weight, len(parks)
    straight_m = mean_pairwise_distance(layout.pairs, weight, park, count)
    return pd.DataFrame(
        {
            "sites": count_or_unknown(park, parks),
            "effective_sites": effective_number(weight, park, count),
            "largest_site_share": largest_share(weight, park, count),
            "mean_distance_m": mean_pairwise_distance(layout.walks(detour), weight, park, count),
            "relative_dispersion": relative_dispersion(straight_m, _land_area_m2(register, parks)),
        },
        index=parks,
    )


def _land_area_m2(register: gpd.GeoDataFrame, parks: pd.Index) -> NDArray[np.float64]:
    """Return the footprint area of each park; NaN if a located space is only a point."""
    known = located(register.geometry)
    area = shapely.area(register.geometry.to_numpy()[known])
    park = park_codes(register, parks)[known]
    return group_sum(np.where(area > 0, area, np.nan), park, len(parks))


def way_measures(layout: Layout, has_network: bool, parks: pd.Index) -> pd.DataFrame:
    """Return how the pairs of each park are walked.

    Parameters
    ----------
    layout
        The sites and their walks.
    has_network
        Whether there is a walking network; without one nothing is off it.
    parks
        Ids of all parks, ascending.

    Returns
    -------
    pandas.DataFrame
        ``detoured_pairs``, ``blocked_pairs`` and ``network_pairs`` (numbers of pairs
        of sites) and ``unsnapped_sites``, index `parks`.
    """
    park_of_pair, count = layout.park[layout.pairs.start], len(parks)
    unsnapped = layout.park[np.isnan(layout.snapped_m)] if has_network else layout.park[:0]
    numbers = {
        "detoured_pairs": park_of_pair[layout.detoured],
        "blocked_pairs": park_of_pair[layout.blocked],
        "network_pairs": park_of_pair[~np.isnan(layout.walked_m)],
        "unsnapped_sites": unsnapped,
    }
    counted = {name: np.bincount(found, minlength=count) for name, found in numbers.items()}
    return pd.DataFrame(counted, index=parks)


def cluster_measures(layout: Layout, tree: Tree, walk_m: float, parks: pd.Index) -> pd.DataFrame:
    """Return the measures of the walking clusters for one longest walk.

    Parameters
    ----------
    layout, tree
        The sites and their spanning trees.
    walk_m
        Longest walk that still makes one place, metres.
    parks
        Ids of all parks, ascending.

    Returns
    -------
    pandas.DataFrame
        ``clusters``, ``largest_cluster_share``, ``effective_clusters`` and
        ``longest_gap_m``, index `parks`. A gap that is blocked counts by its straight line,
        because nobody knows a walk: once a crossing is known, the walk through it may well be
        longer than that line was.
    """
    _, size, park = cluster_sizes(layout, layout.clusters(tree, walk_m))
    longest_m = np.where(np.bincount(layout.park, minlength=len(parks)) > 0, 0.0, np.nan)
    np.maximum.at(longest_m, layout.park[tree.edges.start], tree.edges.length_m)
    return pd.DataFrame(
        {
            "clusters": count_or_unknown(park, parks),
            "largest_cluster_share": largest_share(size, park, len(parks)),
            "effective_clusters": effective_number(size, park, len(parks)),
            "longest_gap_m": longest_m,
        },
        index=parks,
    )


def cluster_sizes(
    layout: Layout, cluster: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Return first site, weight and park of every cluster.

    Parameters
    ----------
    layout
        The sites.
    cluster
        Cluster of every site, 0, 1, …

    Returns
    -------
    tuple of numpy.ndarray
        Shape (clusters,) each.
    """
    _, first = np.unique(cluster, return_index=True)
    size = group_sum(layout.weight, cluster, first.size)
    return first, size, layout.park[first]


def count_or_unknown(park: NDArray[np.intp], parks: pd.Index) -> NDArray[np.float64]:
    """Count by park; what was not found is unknown (NaN), not 0."""
    count = np.bincount(park, minlength=len(parks)).astype(np.float64)
    return np.where(count > 0, count, np.nan)
