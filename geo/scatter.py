"""Scatter of a park's spaces: the measures, the flag, its reason and its stability.

The steps, in the order a plan would describe them:

1. spaces close to each other are one *site* (:mod:`geo.sites`);
2. the sites of a park are joined by a minimum spanning tree, whose edges up to a
   ten-minute walk make *walking clusters* (:mod:`geo.distance`);
3. the park is measured: how many pieces, how unequal, how far apart, how much in
   the designated zones (:mod:`geo.dispersion`, :mod:`geo.zones`);
4. a rule turns the measures into a flag and a form (:mod:`geo.flag`), a sentence
   says why (:mod:`geo.reasons`), and the rule is run again with other parameters
   to see whether the flag holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from geo.dispersion import effective_number
from geo.dispersion import group_sum
from geo.dispersion import largest_share
from geo.dispersion import mean_pairwise_distance
from geo.dispersion import ratio
from geo.dispersion import relative_dispersion
from geo.distance import Edges
from geo.distance import components
from geo.distance import pairs_in_groups
from geo.distance import spanning_forest
from geo.flag import FLAG_TITLES
from geo.flag import FORM_TITLES
from geo.flag import form
from geo.flag import judge
from geo.parameters import DEFAULTS
from geo.parameters import RULE_VERSION
from geo.parameters import ScatterParameters
from geo.parameters import Walk
from geo.reasons import explain
from geo.sites import canonical_order
from geo.sites import check_spaces
from geo.sites import cluster_sites
from geo.sites import located
from geo.sites import space_weights
from geo.sites import summarise_sites
from geo.spaces import refuse_repeated
from geo.spaces import require_columns
from geo.zones import zone_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FLAG_TITLES",
    "FORM_TITLES",
    "RESULT_COLUMNS",
    "RULE_VERSION",
    "ScatterParameters",
    "ScatterResult",
    "scatter",
]

RESULT_COLUMNS = {
    "park_id": "str",
    "park_name": "str",
    "spaces": "Int64",
    "sites": "Int64",
    "effective_sites": "float64",
    "mean_distance_m": "float64",
    "largest_cluster_share": "float64",
    "effective_clusters": "float64",
    "longest_gap_m": "float64",
    "zone_share": "float64",
    "p_low": "float64",
    "p_low_adjusted": "float64",
    "draws": "Int64",
    "seed": "Int64",
    "flag": "str",
    "form": "str",
    "reason_zh": "str",
    "reason_en": "str",
    "stability": "float64",
    "unlocated_share": "float64",
    "floor_area_m2": "float64",
    "rule_version": "str",
    "zone_border_share": "float64",
    "clusters": "Int64",
    "largest_site_share": "float64",
    "relative_dispersion": "float64",
    "sample": "boolean",
    "weighting": "str",
}
"""Columns of :attr:`ScatterResult.table` with their dtypes, in order."""


@dataclass(frozen=True, slots=True)
class ScatterResult:
    """What :func:`scatter` found.

    Attributes
    ----------
    table
        One row a park, ordered by ``park_id``; columns :data:`RESULT_COLUMNS`. Lengths
        are metres of walking, areas m², shares in [0, 1]; unknown is missing.
    sites
        One row a site: ``park_id``, ``site``, ``cluster`` (0 is the largest),
        ``spaces``, ``floor_area_m2``, ``weight``, point.
    tree
        Edges of the minimum spanning trees: ``park_id``, ``from_site``, ``to_site``,
        ``distance_m`` (walking), ``walkable`` (within `walk_m`), line.
    spaces
        The spaces as given, with ``site`` and ``cluster``.
    parameters
        The thresholds used.
    """

    table: pd.DataFrame
    sites: gpd.GeoDataFrame
    tree: gpd.GeoDataFrame
    spaces: gpd.GeoDataFrame
    parameters: ScatterParameters


@dataclass(frozen=True, slots=True)
class _Layout:
    """The sites of all parks for one reading of "site", and what connects them."""

    site_of_space: pd.Series[int]
    sites: gpd.GeoDataFrame
    park: NDArray[np.intp]
    weight: NDArray[np.float64]
    pairs: Edges
    tree: Edges

    def clusters(self, walk: Walk) -> NDArray[np.intp]:
        """Return the walking cluster of every site, numbered over all parks."""
        return components(self.tree.take(_walkable(self.tree, walk)), len(self.sites))


def scatter(
    spaces: gpd.GeoDataFrame,
    parks: pd.DataFrame,
    zones: gpd.GeoDataFrame | None = None,
    parameters: ScatterParameters = DEFAULTS,
    *,
    barriers: gpd.GeoSeries | None = None,
    p_low: pd.Series[float] | None = None,
) -> ScatterResult:
    """Measure and flag the scatter of every park.

    The order of the rows does not matter. A park without spaces is in the table,
    undecided; a park that has spaces but is not in `parks` is there without a name.

    Parameters
    ----------
    spaces
        Result of :func:`geo.spaces.park_spaces`, brought to a metric CRS with
        :func:`geo.crs.to_metric`.
    parks
        ``park_id``, each once; optional ``name``.
    zones
        Designated zones, polygons in the CRS of `spaces`; None if there are none.
    parameters
        Thresholds and the ranges tried for stability.
    barriers
        Lines or areas that sites are not joined across, CRS of `spaces`.
    p_low
        Result of the test against chance by ``park_id``, in [0, 1]; parks without a
        value have none.

    Returns
    -------
    ScatterResult
        Table, sites, tree, spaces and the parameters.

    Raises
    ------
    ValueError
        If a column is missing, the CRS is not metric or differs, a key stands twice
        or is empty, or a floor area is negative.
    """
    check_spaces(spaces)
    names = _names(parks, spaces)
    order = canonical_order(spaces)
    register = spaces.iloc[order].reset_index(drop=True).astype({"park_id": "str"})
    gaps = {parameters.site_gap_m, *parameters.gap_range}
    layouts = {gap: _lay_out(register, names.index, gap, barriers) for gap in sorted(gaps)}
    layout = layouts[parameters.site_gap_m]

    measures = _measure(register, zones, layout, parameters.walk, names.index)
    measures["p_low"] = np.nan if p_low is None else p_low.reindex(names.index).astype("float64")
    measures["flag"] = judge(measures, parameters)
    measures["form"] = form(measures, parameters)
    measures["stability"] = _stability(measures, layouts, parameters)
    measures["weighting"] = np.where(measures["weighted"], "floor_area", "count")
    table = _table(measures.join(explain(measures, parameters)), names)
    sites = _with_clusters(layout, layout.clusters(parameters.walk))
    tree = _tree_frame(layout, parameters.walk)
    return ScatterResult(table, sites, tree, _labelled(spaces, order, layout, sites), parameters)


def _names(parks: pd.DataFrame, spaces: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the names of all parks by id, ordered by id."""
    require_columns(parks, ["park_id"], "parks")
    refuse_repeated(parks[["park_id"]], "parks")
    if parks["park_id"].isna().any():
        msg = "`parks` has rows without `park_id`."
        raise ValueError(msg)
    listed = pd.Index(parks["park_id"], dtype="str")
    # A union of equal indexes is not sorted by pandas itself.
    ids = listed.union(pd.Index(spaces["park_id"], dtype="str").unique()).sort_values()
    named = parks["name"].to_numpy() if "name" in parks.columns else np.nan
    names = pd.Series(named, index=listed, dtype="str", name="park_name")
    return names.reindex(ids).rename_axis("park_id")


def _lay_out(
    register: gpd.GeoDataFrame, parks: pd.Index, gap_m: float, barriers: gpd.GeoSeries | None
) -> _Layout:
    """Find the sites, all pairs of them within each park, and the spanning trees."""
    site = cluster_sites(register, gap_m=gap_m, barriers=barriers)
    sites = summarise_sites(register, site)
    park = _codes(sites, parks)
    pairs = pairs_in_groups(park, shapely.get_coordinates(sites.geometry.to_numpy()))
    return _Layout(
        site_of_space=site,
        sites=sites,
        park=park,
        weight=sites["weight"].to_numpy(),
        pairs=pairs,
        tree=spanning_forest(pairs, len(sites)),
    )


def _codes(frame: pd.DataFrame, parks: pd.Index) -> NDArray[np.intp]:
    """Return the position of each row's park in `parks`."""
    return np.asarray(parks.get_indexer(pd.Index(frame["park_id"])), dtype=np.intp)


def _walkable(edges: Edges, walk: Walk) -> NDArray[np.bool_]:
    """Return which edges are within a walk: detour × straight length ≤ walk."""
    return edges.length_m * walk.detour <= walk.walk_m + COORDINATE_TOLERANCE_M


def _measure(
    register: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | None,
    layout: _Layout,
    walk: Walk,
    parks: pd.Index,
) -> pd.DataFrame:
    """Return every measure of every park, unknown values NaN."""
    parts = [
        _holding(register, parks),
        _zone_measures(register, zones, parks),
        _site_measures(register, layout, walk.detour, parks),
        _cluster_measures(layout, walk, parks),
    ]
    return pd.concat(parts, axis="columns")


def _holding(register: gpd.GeoDataFrame, parks: pd.Index) -> pd.DataFrame:
    """Return what each park holds and how much of it is unlocated or unmeasured.

    The unlocated share is by floor area, or by number where an area is missing.
    """
    park, count = _codes(register, parks), len(parks)
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


def _zone_measures(
    register: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None, parks: pd.Index
) -> pd.DataFrame:
    """Return the weighted shares inside and on the boundary of the zones."""
    known = located(register.geometry)
    park, count = _codes(register, parks)[known], len(parks)
    weight = space_weights(register).to_numpy("float64")[known]
    share_inside, share_border = zone_shares(register, zones).to_numpy("float64")[known].T
    total = group_sum(weight, park, count)
    inside = group_sum(weight * share_inside, park, count)
    border = group_sum(weight * share_border, park, count)
    return pd.DataFrame(
        {"zone_share": ratio(inside, total), "zone_border_share": ratio(border, total)},
        index=parks,
    )


def _site_measures(
    register: gpd.GeoDataFrame, layout: _Layout, detour: float, parks: pd.Index
) -> pd.DataFrame:
    """Return the measures that need sites and distances, but no threshold."""
    park, weight, count = layout.park, layout.weight, len(parks)
    straight_m = mean_pairwise_distance(layout.pairs, weight, park, count)
    longest_m = np.where(np.bincount(park, minlength=count) > 0, 0.0, np.nan)
    np.maximum.at(longest_m, park[layout.tree.start], layout.tree.length_m)
    return pd.DataFrame(
        {
            "sites": _count_or_unknown(park, parks),
            "effective_sites": effective_number(weight, park, count),
            "largest_site_share": largest_share(weight, park, count),
            "mean_distance_m": detour * straight_m,
            "longest_gap_m": detour * longest_m,
            "relative_dispersion": relative_dispersion(straight_m, _land_area_m2(register, parks)),
        },
        index=parks,
    )


def _land_area_m2(register: gpd.GeoDataFrame, parks: pd.Index) -> NDArray[np.float64]:
    """Return the footprint area of each park; NaN if a located space is only a point."""
    known = located(register.geometry)
    area = shapely.area(register.geometry.to_numpy()[known])
    return group_sum(np.where(area > 0, area, np.nan), _codes(register, parks)[known], len(parks))


def _cluster_measures(layout: _Layout, walk: Walk, parks: pd.Index) -> pd.DataFrame:
    """Return the measures of the walking clusters for one reading of "walk"."""
    _, size, park = _cluster_sizes(layout, layout.clusters(walk))
    return pd.DataFrame(
        {
            "clusters": _count_or_unknown(park, parks),
            "largest_cluster_share": largest_share(size, park, len(parks)),
            "effective_clusters": effective_number(size, park, len(parks)),
        },
        index=parks,
    )


def _cluster_sizes(
    layout: _Layout, cluster: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Return first site, weight and park of every cluster."""
    _, first = np.unique(cluster, return_index=True)
    size = group_sum(layout.weight, cluster, first.size)
    return first, size, layout.park[first]


def _count_or_unknown(park: NDArray[np.intp], parks: pd.Index) -> pd.Series[int]:
    """Count by park; what was not found is unknown, not 0."""
    count = pd.Series(np.bincount(park, minlength=len(parks)), index=parks, dtype="Int64")
    return count.mask(count == 0)


def _stability(
    measures: pd.DataFrame, layouts: dict[float, _Layout], parameters: ScatterParameters
) -> pd.Series[float]:
    """Return the share of runs over the parameter ranges that keep the flag.

    A park whose data do not suffice has no flag that a parameter could move: NaN.
    Sites and trees are made once a gap; a tree answers every walking distance.
    """
    runs = [
        _cluster_measures(layouts[walk.site_gap_m], walk, measures.index)
        for walk in parameters.walks()
    ]
    # All runs are judged in one go: what the walk does not change is repeated.
    kept = measures.drop(columns=runs[0].columns)
    repeated = kept.iloc[np.tile(np.arange(len(kept)), len(runs))]
    flags = judge(pd.concat([repeated, pd.concat(runs)], axis="columns"), parameters)
    same = flags.to_numpy().reshape(len(runs), -1) == measures["flag"].to_numpy()
    share = pd.Series(same.mean(axis=0), index=measures.index)
    judged = measures["unlocated_share"] <= parameters.unlocated_limit
    return share.where(measures["sites"].notna() & judged)


def _with_clusters(layout: _Layout, cluster: NDArray[np.intp]) -> gpd.GeoDataFrame:
    """Return the sites with their cluster, numbered from 0 within a park, largest first."""
    first, size, park = _cluster_sizes(layout, cluster)
    order = np.lexsort((first, -size, park))
    number = np.empty(order.size, dtype=np.intp)
    number[order] = np.arange(order.size) - np.searchsorted(park[order], park[order])
    sites = layout.sites.copy()
    sites.insert(2, "cluster", pd.array(number[cluster], dtype="Int64"))
    return sites


def _tree_frame(layout: _Layout, walk: Walk) -> gpd.GeoDataFrame:
    """Return the edges of the spanning trees as lines."""
    tree, sites = layout.tree, layout.sites
    xy = shapely.get_coordinates(sites.geometry.to_numpy())
    lines = shapely.linestrings(np.stack([xy[tree.start], xy[tree.end]], axis=1))
    return gpd.GeoDataFrame(
        {
            "park_id": sites["park_id"].to_numpy()[tree.start],
            "from_site": sites["site"].array[tree.start],
            "to_site": sites["site"].array[tree.end],
            "distance_m": walk.detour * tree.length_m,
            "walkable": pd.array(_walkable(tree, walk), dtype="boolean"),
        },
        geometry=gpd.GeoSeries(lines, crs=sites.crs),
    ).astype({"park_id": "str"})


def _labelled(
    spaces: gpd.GeoDataFrame, order: NDArray[np.intp], layout: _Layout, sites: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the given spaces with the number of their site and cluster."""
    keys = pd.DataFrame(
        {
            "park_id": spaces["park_id"].astype("str").array,
            "site": layout.site_of_space.set_axis(order).sort_index().array,
        }
    )
    found = keys.merge(sites[["park_id", "site", "cluster"]], on=["park_id", "site"], how="left")
    return spaces.assign(site=keys["site"].array, cluster=found["cluster"].array)


def _table(measures: pd.DataFrame, names: pd.Series[str]) -> pd.DataFrame:
    """Return the table in the published order and dtypes; what is not computed is missing."""
    table = measures.join(names).assign(rule_version=RULE_VERSION).reset_index()
    return table.reindex(columns=list(RESULT_COLUMNS)).astype(RESULT_COLUMNS)
