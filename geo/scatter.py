"""Scatter of a park's spaces: the measures, the flag, its reason and its stability.

The steps, in the order a plan would describe them:

1. spaces close to each other are one *site* (:mod:`geo.sites`);
2. the sites of a park are joined by a minimum spanning tree of walks, whose edges up
   to ten minutes make *walking clusters* (:mod:`geo.layout`);
3. the park is measured: how many pieces, how unequal, how far apart, how much in
   the designated zones (:mod:`geo.measures`);
4. it is held against chance: is it more compact than if its sites had been thrown at
   random on the district's buildings (:mod:`geo.chance`);
5. a rule turns the measures into a flag and a form (:mod:`geo.flag`), a sentence
   says why (:mod:`geo.reasons`), and the rule is run again with other parameters
   to see whether the flag holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.chance import CHANCE_COLUMNS
from geo.chance import Chance
from geo.chance import adjusted
from geo.chance import chance_test
from geo.chance import null_distances
from geo.dispersion import mean_pairwise_distance
from geo.distance import pairs_in_groups
from geo.flag import FLAG_TITLES
from geo.flag import FORM_TITLES
from geo.flag import form
from geo.flag import judge
from geo.layout import OPEN_GROUND
from geo.layout import Layout
from geo.layout import Surroundings
from geo.layout import Tree
from geo.layout import lay_out
from geo.measures import cluster_measures
from geo.measures import cluster_sizes
from geo.measures import count_or_unknown
from geo.measures import holding
from geo.measures import site_measures
from geo.measures import way_measures
from geo.measures import zone_measures
from geo.parameters import DEFAULTS
from geo.parameters import RULE_VERSION
from geo.parameters import ScatterParameters
from geo.reasons import explain
from geo.sites import canonical_order
from geo.sites import check_spaces
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FLAG_TITLES",
    "FORM_TITLES",
    "RESULT_COLUMNS",
    "RULE_VERSION",
    "Chance",
    "ScatterParameters",
    "ScatterResult",
    "Surroundings",
    "chance_distances",
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
    "p_high": "float64",
    "standardised_effect": "float64",
    "p_low_error": "float64",
    "chance_method": "str",
    "chance_mean_m": "float64",
    "chance_sd_m": "float64",
    "stock": "str",
    "stock_size": "Int64",
    "zone_outside_share": "float64",
    "main_belt": "str",
    "main_belt_share": "float64",
    "flag_straight": "str",
    "detoured_pairs": "Int64",
    "blocked_pairs": "Int64",
    "network_pairs": "Int64",
    "unsnapped_sites": "Int64",
    "parameters": "str",
}
"""Columns of :attr:`ScatterResult.table` with their dtypes, in order."""

_RUN_COLUMNS = [
    "sites",
    "clusters",
    "largest_cluster_share",
    "effective_clusters",
    "longest_gap_m",
    "p_low",
]


@dataclass(frozen=True, slots=True)
class ScatterResult:
    """What :func:`scatter` found.

    Attributes
    ----------
    table
        One row a park, ordered by ``park_id``; columns :data:`RESULT_COLUMNS`. Lengths
        are metres of walking (``chance_mean_m`` and ``chance_sd_m``: straight metres),
        areas m², shares in [0, 1]; unknown is missing.
    sites
        One row a site: ``park_id``, ``site``, ``cluster`` (0 is the largest),
        ``spaces``, ``floor_area_m2``, ``weight``, point.
    tree
        Edges of the minimum spanning trees: ``park_id``, ``from_site``, ``to_site``,
        ``distance_m`` (walking), ``walkable`` (within `walk_m`), ``blocked`` (across a
        barrier without a known crossing: the straight line stands for the walk), line.
    spaces
        The spaces as given, with ``site`` and ``cluster``.
    parameters
        The thresholds used.
    runs
        One row a park and reading of "walk": ``park_id``, ``walk_m``, ``detour``,
        ``site_gap_m``, ``sites``, ``clusters``, ``largest_cluster_share``,
        ``effective_clusters``, ``longest_gap_m``, ``p_low`` and ``flag``.
    belts
        Share of each park in each belt: ``park_id``, ``belt``, ``share``.
    chance
        What the parks were held against; None if they were not.
    """

    table: pd.DataFrame
    sites: gpd.GeoDataFrame
    tree: gpd.GeoDataFrame
    spaces: gpd.GeoDataFrame
    parameters: ScatterParameters
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    belts: pd.DataFrame = field(default_factory=pd.DataFrame)
    chance: Chance | None = None


def scatter(
    spaces: gpd.GeoDataFrame,
    parks: pd.DataFrame,
    zones: gpd.GeoDataFrame | None = None,
    parameters: ScatterParameters = DEFAULTS,
    *,
    surroundings: Surroundings = OPEN_GROUND,
    chance: Chance | None = None,
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
        Designated zones, polygons in the CRS of `spaces`, with ``belt`` if they belong
        to belts; None if there are none.
    parameters
        Thresholds and the ranges tried for stability.
    surroundings
        Barriers that sites are not joined across and walks are led around, crossings,
        and the walking network.
    chance
        What the parks are held against; None for no test.
    p_low
        Results of a test against chance that was made elsewhere, by ``park_id``, in
        [0, 1]; parks without a value have none. Not together with `chance`.

    Returns
    -------
    ScatterResult
        Table, sites, tree, spaces, runs, belts and the parameters.

    Raises
    ------
    ValueError
        If a column is missing, the CRS is not metric or differs, a key stands twice
        or is empty, a floor area is negative, or both `chance` and `p_low` are given.
    """
    if chance is not None and p_low is not None:
        msg = "`chance` and `p_low` are two answers to one question; give one of them."
        raise ValueError(msg)
    check_spaces(spaces)
    surroundings.require_crs(spaces.crs)
    names = _names(parks, spaces)
    order = canonical_order(spaces)
    register = spaces.iloc[order].reset_index(drop=True).astype({"park_id": "str"})
    gaps = sorted({parameters.site_gap_m, *parameters.gap_range})
    layouts = {gap: lay_out(register, names.index, gap, surroundings, parameters) for gap in gaps}
    tests = {gap: _against_chance(layouts[gap], names.index, chance, p_low) for gap in gaps}
    layout = layouts[parameters.site_gap_m]
    tree = layout.trees([parameters.detour])[parameters.detour]

    zone, belts = zone_measures(register, zones, names.index)
    measures = pd.concat(
        [
            holding(register, names.index),
            zone,
            site_measures(register, layout, parameters.detour, names.index),
            cluster_measures(layout, tree, parameters.walk_m, names.index),
            way_measures(layout, surroundings.walkways is not None, names.index),
            tests[parameters.site_gap_m],
        ],
        axis="columns",
    )
    measures["flag"] = judge(measures, parameters)
    measures["form"] = form(measures, parameters)
    measures["flag_straight"] = _flag_straight(measures, layout, parameters)
    runs = _runs(measures, layouts, tests, parameters)
    measures["stability"] = _stability(measures, runs, parameters)
    measures["weighting"] = np.where(measures["weighted"], "floor_area", "count")
    measures["held_against_chance"] = chance is not None or p_low is not None
    measures["stock"], measures["stock_size"] = _stock(chance)
    measures["parameters"] = parameters.as_text()
    sites = _with_clusters(layout, layout.clusters(tree, parameters.walk_m))
    return ScatterResult(
        table=_table(measures.join(explain(measures, parameters)), names),
        sites=sites,
        tree=_tree_frame(layout, tree, parameters.walk_m),
        spaces=_labelled(spaces, order, layout, sites),
        parameters=parameters,
        runs=runs,
        belts=belts,
        chance=chance,
    )


def chance_distances(result: ScatterResult, park_id: str) -> tuple[float, NDArray[np.float64]]:
    """Return a park's place among the draws that it was held against.

    Parameters
    ----------
    result
        Result of :func:`scatter`.
    park_id
        The park.

    Returns
    -------
    tuple
        Mean distance of the park's own sites, and that of every draw (or, where all
        placements were counted, of every placement); straight metres. No draws if the
        park was not tested.
    """
    own = result.sites[result.sites["park_id"].eq(park_id)]
    group, weight = np.zeros(len(own), dtype=np.intp), own["weight"].to_numpy("float64")
    pairs = pairs_in_groups(group, shapely.get_coordinates(own.geometry.to_numpy()))
    observed_m = float(mean_pairwise_distance(pairs, weight, group, 1)[0])
    draws_m = np.empty(0) if result.chance is None else null_distances(weight, result.chance)
    return observed_m, draws_m


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


def _against_chance(
    layout: Layout, parks: pd.Index, chance: Chance | None, p_low: pd.Series[float] | None
) -> pd.DataFrame:
    """Return the columns of the test against chance, index `parks`."""
    if chance is not None:
        found = chance_test(layout.xy, layout.weight, layout.park, len(parks), chance)
        return found.set_axis(parks, axis="index")
    untested = pd.DataFrame(index=parks, columns=list(CHANCE_COLUMNS)).astype(CHANCE_COLUMNS)
    if p_low is None:
        return untested
    known = p_low.reindex(parks).astype("float64")
    return untested.assign(p_low=known, p_low_adjusted=adjusted(known.to_numpy()))


def _stock(chance: Chance | None) -> tuple[str | float, int | None]:
    """Return name and size of the stock that the draws are from."""
    if chance is None:
        return np.nan, None
    return chance.label or np.nan, chance.stock_size


def _flag_straight(
    measures: pd.DataFrame, layout: Layout, parameters: ScatterParameters
) -> pd.Series[str]:
    """Return the flag as if every pair were walked straight; missing where all are."""
    if layout.is_straight:
        return pd.Series(pd.NA, index=measures.index, dtype="str")
    straight = layout.straightened()
    tree = straight.trees([parameters.detour])[parameters.detour]
    found = cluster_measures(straight, tree, parameters.walk_m, measures.index)
    flags = judge(measures.drop(columns=found.columns).join(found), parameters)
    led = measures[["detoured_pairs", "blocked_pairs", "network_pairs"]].sum(axis="columns") > 0
    return flags.where(led).astype("str")


def _runs(
    measures: pd.DataFrame,
    layouts: dict[float, Layout],
    tests: dict[float, pd.DataFrame],
    parameters: ScatterParameters,
) -> pd.DataFrame:
    """Return what every combination of the ranges finds for every park.

    Sites, trees and the test against chance are made once a gap; a tree answers every
    walking distance.
    """
    trees = {gap: layouts[gap].trees(parameters.detour_range) for gap in parameters.gap_range}
    found = []
    for walk in parameters.walks():
        gap = walk.site_gap_m
        layout, tree = layouts[gap], trees[gap][walk.detour]
        run = cluster_measures(layout, tree, walk.walk_m, measures.index)
        sites = count_or_unknown(layout.park, measures.index)
        found.append(run.assign(sites=sites, p_low=tests[gap]["p_low"], **walk._asdict()))
    together = pd.concat(found)
    # All runs are judged in one go: what the walk does not change is repeated.
    kept = measures.drop(columns=[*_RUN_COLUMNS, "flag"])
    repeated = kept.iloc[np.tile(np.arange(len(kept)), len(found))]
    flags = judge(pd.concat([repeated, together], axis="columns"), parameters)
    runs = together.assign(flag=flags.array).reset_index()
    runs = runs.astype({"sites": "Int64", "clusters": "Int64"})
    return runs[["park_id", "walk_m", "detour", "site_gap_m", *_RUN_COLUMNS, "flag"]]


def _stability(
    measures: pd.DataFrame, runs: pd.DataFrame, parameters: ScatterParameters
) -> pd.Series[float]:
    """Return the share of runs over the parameter ranges that keep the flag.

    A park whose data do not suffice has no flag that a parameter could move: NaN.
    """
    same = runs["flag"].eq(runs["park_id"].map(measures["flag"]))
    share = same.groupby(runs["park_id"]).mean().reindex(measures.index)
    judged = measures["unlocated_share"] <= parameters.unlocated_limit
    return share.where(measures["sites"].notna() & judged).astype("float64")


def _with_clusters(layout: Layout, cluster: NDArray[np.intp]) -> gpd.GeoDataFrame:
    """Return the sites with their cluster, numbered from 0 within a park, largest first."""
    first, size, park = cluster_sizes(layout, cluster)
    order = np.lexsort((first, -size, park))
    number = np.empty(order.size, dtype=np.intp)
    number[order] = np.arange(order.size) - np.searchsorted(park[order], park[order])
    sites = layout.sites.copy()
    sites.insert(2, "cluster", pd.array(number[cluster], dtype="Int64"))
    return sites


def _tree_frame(layout: Layout, tree: Tree, walk_m: float) -> gpd.GeoDataFrame:
    """Return the edges of the spanning trees as lines."""
    edges, sites, xy = tree.edges, layout.sites, layout.xy
    lines = shapely.linestrings(np.stack([xy[edges.start], xy[edges.end]], axis=1))
    return gpd.GeoDataFrame(
        {
            "park_id": sites["park_id"].to_numpy()[edges.start],
            "from_site": sites["site"].array[edges.start],
            "to_site": sites["site"].array[edges.end],
            "distance_m": edges.length_m,
            "walkable": pd.array(tree.walkable(walk_m), dtype="boolean"),
            "blocked": pd.array(tree.blocked, dtype="boolean"),
        },
        geometry=gpd.GeoSeries(lines, crs=sites.crs),
    ).astype({"park_id": "str"})


def _labelled(
    spaces: gpd.GeoDataFrame, order: NDArray[np.intp], layout: Layout, sites: gpd.GeoDataFrame
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
