"""The parks of a district beside each other, all together, and at two times.

Built on the tables of :mod:`geo.scatter`; nothing is measured anew and nothing is
judged here. A number that is not known stays missing and is never counted as 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import COORDINATE_TOLERANCE_M
from geo.flag import FLAG_TITLES
from geo.sites import canonical_order
from geo.sites import check_spaces
from geo.sites import located
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISTRICT = "*"
"""The ``park_id`` of all parks together."""

MOST_TOGETHER = 4_000
"""Most carriers that are measured as one holding: all pairs of sites are made."""

TREND_NUMBERS = (
    "sites",
    "effective_sites",
    "mean_distance_m",
    "largest_cluster_share",
    "effective_clusters",
    "longest_gap_m",
    "zone_share",
    "p_low",
    "floor_area_m2",
)
"""The numbers that :func:`trend` holds against each other."""

_WALK = ["walk_m", "detour", "site_gap_m"]
_RANKED_BY = ["largest_cluster_share", "effective_clusters"]
_RANKING = {
    "park_id": "str",
    "park_name": "str",
    "flag": "str",
    "form": "str",
    "largest_cluster_share": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "rank": "Int64",
    "rank_low": "Int64",
    "rank_high": "Int64",
    "enclaves": "Int64",
    "stability": "float64",
    "rule_version": "str",
    "parameters": "str",
}
_STATE = {
    "park_name": "str",
    "flag": "str",
    **dict.fromkeys(TREND_NUMBERS, "float64"),
    "sites": "Int64",
    "rule_version": "str",
    "parameters": "str",
}
SEVERITY = {"green": 0.0, "yellow": 1.0, "red": 2.0}
"""How bad a colour is; a park that is undecided has none."""

# Shares added up in another order are still equal; so many digits are told apart.
_DIGITS = 9


class Totals(NamedTuple):
    """What a district adds up to.

    Attributes
    ----------
    parks
        Number of parks.
    judged
        Of these, how many have a colour.
    flags
        Number of parks by flag, in the order of :data:`geo.flag.FLAG_TITLES`.
    sites, enclaves, floor_area_m2
        Sums over the parks where they are known (count, count, m²); 0 without any
        park, None if no park's is known.
    sites_unknown, floor_area_unknown
        How many parks the sums leave out.
    """

    parks: int
    judged: int
    flags: dict[str, int]
    sites: int | None
    enclaves: int | None
    floor_area_m2: float | None
    sites_unknown: int
    floor_area_unknown: int


def enclaves(table: pd.DataFrame) -> pd.Series[int]:
    """Return the number of enclaves 飞地 of every park, its sites less one.

    Their sum is what a consolidation plan can bring down to 0. Spaces that are not
    located are in no site and so in no enclave.

    Parameters
    ----------
    table
        One row a park, with ``sites``.

    Returns
    -------
    pandas.Series
        ``enclaves``, Int64, at least 0, index of `table`; missing where no site is
        known.

    Raises
    ------
    ValueError
        If ``sites`` is missing.
    """
    require_columns(table, ["sites"], "table")
    sites = table["sites"].astype("Int64")
    return (sites - 1).where(sites >= 1).rename("enclaves")


def together(spaces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the spaces of all parks as the holding of one, for :func:`geo.scatter.scatter`.

    What several parks hold in one carrier is one space there. The measures that
    follow compare every pair of sites, so time and memory grow with their square.

    Parameters
    ----------
    spaces
        ``park_id``, ``carrier_id`` (each pair once), ``floor_area_m2`` (m²), optional
        ``units`` and ``sample``, and geometry in a metric CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a carrier, ordered by it: ``park_id`` (:data:`DISTRICT`),
        ``carrier_id``, ``floor_area_m2`` and ``units`` (sums, missing if one is),
        ``sample`` (true if any is) and ``geometry``; the optional columns only if they
        were given.

    Raises
    ------
    ValueError
        If a column or the metric CRS is missing, a key is empty or stands twice, a
        floor area is negative, one carrier lies in two places, or there are more than
        :data:`MOST_TOGETHER` carriers.
    """
    check_spaces(spaces)
    if spaces["carrier_id"].isna().any():
        msg = "`spaces` has rows without `carrier_id`."
        raise ValueError(msg)
    _refuse_too_many(spaces["carrier_id"].nunique())
    # Sums of floating point numbers must not depend on the given order.
    ordered = spaces.iloc[canonical_order(spaces)]
    carrier = ordered["carrier_id"].astype("str")
    places = _places(ordered.geometry, carrier)
    added = [name for name in ("floor_area_m2", "units") if name in ordered.columns]
    held = ordered[added].groupby(carrier).sum(skipna=False)
    if "sample" in ordered.columns:
        marked = ordered["sample"].astype("boolean").fillna(value=False)
        held["sample"] = marked.groupby(carrier).any()
    held.insert(0, "park_id", pd.Series(DISTRICT, index=held.index, dtype="str"))
    geometry = places.reindex(held.index).to_numpy()
    frame = held.reset_index()[["park_id", "carrier_id", *held.columns[1:]]]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=spaces.crs)


def ranking(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the parks from the most to the least scattered, with intervals.

    Rank 1 has the smallest largest walking cluster; of two equal shares the one with
    more effective clusters is more scattered; parks equal in both share the smaller
    rank, as all parks in one place do. Every run ranks the parks anew; the interval
    holds the ranks of all runs and the one that stands in the table. A park of which
    too little is located or measured has no form and no rank.

    Parameters
    ----------
    table
        :attr:`geo.scatter.ScatterResult.table`, or some of its rows; parks are ranked
        among those given.
    runs
        :attr:`geo.scatter.ScatterResult.runs`; other parks in it are not looked at.
        Empty if there are none.

    Returns
    -------
    pandas.DataFrame
        One row a park: ``park_id``, ``park_name``, ``flag``, ``form``,
        ``largest_cluster_share``, ``share_low`` and ``share_high`` (in [0, 1], over
        the runs), ``rank``, ``rank_low`` and ``rank_high`` (smallest and largest rank
        over the runs), ``enclaves``, ``stability``, ``rule_version`` and
        ``parameters``; ordered by rank and id, those without a rank last.

    Raises
    ------
    ValueError
        If a column is missing, or a park stands twice (in `runs`: twice in one run).
    """
    require_columns(table, ["park_id", "sites", "form", *_RANKED_BY], "table")
    refuse_repeated(table[["park_id"]], "table")
    rank = _rank(table.loc[table["form"].notna()], pd.Series(0, index=table.index))
    rank = rank.reindex(table.index)
    known = table.loc[rank.notna(), "park_id"]
    ranked = table.assign(rank=rank, enclaves=enclaves(table))
    ranked = ranked.join(_spread(runs, known), on="park_id")
    ranked["rank_low"] = ranked[["rank", "rank_low"]].min(axis="columns")
    ranked["rank_high"] = ranked[["rank", "rank_high"]].max(axis="columns")
    listed = ranked.reindex(columns=list(_RANKING)).astype(_RANKING)
    return listed.sort_values(["rank", "park_id"], na_position="last", ignore_index=True)


def trend(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Hold the parks of two states of a workspace against each other.

    Numbers that another rule or other parameters made stand side by side but are not
    subtracted, and their flags are not called better or worse: the park need not have
    changed at all.

    Parameters
    ----------
    before, after
        :attr:`geo.scatter.ScatterResult.table` of the two states: ``park_id`` (each
        once), ``park_name``, ``flag``, ``rule_version``, :data:`TREND_NUMBERS` and
        optional ``parameters``.

    Returns
    -------
    pandas.DataFrame
        One row a park in either, ordered by id: ``park_id``; ``park_name`` (the later
        one); ``change``: ``new``, ``gone``, ``same`` (flag and all numbers) or
        ``changed``; ``comparable`` (in both states, with the same rule version and, if
        both tables have them, the same parameters); ``direction`` of the flag:
        ``better``, ``worse`` or empty (equal, undecided or not comparable);
        ``flag_before``, ``flag_after``; of every number ``…_before``, ``…_after`` and
        ``…_change`` (later less earlier, in the unit of the number), missing where it
        is not known; ``rule_version`` and ``parameters`` of both states.

    Raises
    ------
    ValueError
        If a column is missing or a park stands twice.
    """
    earlier, later = _state(before, "before"), _state(after, "after")
    parks = earlier.index.union(later.index).sort_values()
    was, now = parks.isin(earlier.index), parks.isin(later.index)
    # Rows of the other state alone are missing in this one.
    earlier, later = earlier.reindex(parks), later.reindex(parks)
    found = pd.DataFrame(index=parks)
    found["park_name"] = later["park_name"].fillna(earlier["park_name"])
    same = np.logical_and.reduce([_equal(earlier[name], later[name]) for name in TREND_NUMBERS])
    same &= earlier["flag"].eq(later["flag"]).to_numpy(dtype=bool)
    change = np.select([~was, ~now, same], ["new", "gone", "same"], "changed")
    found["change"] = pd.array(change, dtype="str")
    told = ["rule_version"]
    if "parameters" in before.columns and "parameters" in after.columns:
        told.append("parameters")
    comparable = (earlier[told] == later[told]).all(axis="columns")
    found["comparable"] = comparable.astype(bool)
    found["direction"] = _direction(earlier["flag"], later["flag"], comparable)
    found["flag_before"], found["flag_after"] = earlier["flag"], later["flag"]
    for name in TREND_NUMBERS:
        found[f"{name}_before"], found[f"{name}_after"] = earlier[name], later[name]
        found[f"{name}_change"] = (later[name] - earlier[name]).where(comparable)
    for name in ("rule_version", "parameters"):
        found[f"{name}_before"], found[f"{name}_after"] = earlier[name], later[name]
    return found.reset_index()


def totals(table: pd.DataFrame) -> Totals:
    """Add up a district.

    Parameters
    ----------
    table
        One row a park, with ``flag``, ``sites`` and ``floor_area_m2``.

    Returns
    -------
    Totals
        Counts, and sums of what is known with the number of parks they leave out.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    require_columns(table, ["flag", "sites", "floor_area_m2"], "table")
    flags = {name: int(table["flag"].eq(name).sum()) for name in FLAG_TITLES}
    apart = enclaves(table)
    sites = table["sites"].astype("Int64").where(apart.notna())
    return Totals(
        parks=len(table),
        judged=sum(flags[name] for name in SEVERITY),
        flags=flags,
        sites=_counted(sites),
        enclaves=_counted(apart),
        floor_area_m2=_added(table["floor_area_m2"]),
        sites_unknown=int(sites.isna().sum()),
        floor_area_unknown=int(table["floor_area_m2"].isna().sum()),
    )


def _refuse_too_many(carriers: int) -> None:
    if carriers > MOST_TOGETHER:
        msg = (
            f"`spaces` lie in {carriers:,} carriers; all parks together are measured for at "
            f"most {MOST_TOGETHER:,}, because every pair of sites is compared."
        )
        raise ValueError(msg)


def _places(geometry: gpd.GeoSeries, carrier: pd.Series[str]) -> pd.Series:
    """Return the one geometry of every located carrier, by its id."""
    known = located(geometry)
    shapes = pd.Series(geometry.to_numpy()[known], index=carrier[known], dtype=object)
    first = shapes[~shapes.index.duplicated()]
    apart = ~shapely.equals_exact(
        shapes.to_numpy(), first.reindex(shapes.index).to_numpy(), COORDINATE_TOLERANCE_M
    )
    if apart.any():
        msg = f"`spaces` gives carrier {shapes.index[apart][0]} more than one place."
        raise ValueError(msg)
    return first


def _rank(frame: pd.DataFrame, run: pd.Series[int]) -> pd.Series[int]:
    """Return the rank of every row within its run; missing where it is not measured."""
    share = frame["largest_cluster_share"].round(_DIGITS)
    fewer = -frame["effective_clusters"].round(_DIGITS)
    # Numbered in ascending order of both; missing where one of them is.
    place = frame.groupby([share, fewer]).ngroup()
    return place.groupby(run).rank(method="min").astype("Int64")


def _spread(runs: pd.DataFrame, parks: pd.Series[str]) -> pd.DataFrame:
    """Return the smallest and largest share and rank of each of the parks over the runs."""
    key = ["park_id", *_WALK]
    if runs.empty:
        runs = pd.DataFrame(columns=[*key, *_RANKED_BY], dtype="float64").astype({"park_id": "str"})
    require_columns(runs, [*key, *_RANKED_BY], "runs")
    refuse_repeated(runs[key], "runs")
    # A park that is not ranked may not push others down in one run and not in another.
    runs = runs[runs["park_id"].isin(parks)]
    rank = _rank(runs, runs.groupby(_WALK).ngroup())
    of_park = runs.assign(rank=rank).groupby("park_id")
    return of_park.agg(
        share_low=("largest_cluster_share", "min"),
        share_high=("largest_cluster_share", "max"),
        rank_low=("rank", "min"),
        rank_high=("rank", "max"),
    )


def _state(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return what a trend compares of one state, by park."""
    needed = [name for name in _STATE if name != "parameters"]
    require_columns(table, ["park_id", *needed], what)
    refuse_repeated(table[["park_id"]], what)
    parks = pd.Index(table["park_id"], dtype="str", name="park_id")
    return table.reindex(columns=list(_STATE)).astype(_STATE).set_axis(parks, axis="index")


def _equal(one: pd.Series[float], other: pd.Series[float]) -> NDArray[np.bool_]:
    """Return where two numbers agree, both unknown included."""
    left, right = (side.to_numpy("float64", na_value=np.nan) for side in (one, other))
    return np.isclose(left, right, rtol=10.0**-_DIGITS, atol=0.0, equal_nan=True)


def _direction(
    before: pd.Series[str], after: pd.Series[str], comparable: pd.Series[bool]
) -> pd.Series[str]:
    """Return whether the colour got better or worse; empty where it cannot be told."""
    step = after.map(SEVERITY).astype("float64") - before.map(SEVERITY).astype("float64")
    named = np.select([comparable & (step < 0), comparable & (step > 0)], ["better", "worse"], "")
    return pd.Series(named, index=before.index, dtype="str")


def _counted(values: pd.Series[int]) -> int | None:
    """Return the sum of the known counts; None if there are only unknown ones."""
    total = _added(values)
    return None if total is None else int(total)


def _added(values: pd.Series) -> float | None:
    """Return the sum of what is known, whatever the order; None if nothing is."""
    if len(values) and values.isna().all():
        return None
    return math.fsum(values.dropna())
