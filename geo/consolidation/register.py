"""From a planner's register to a consolidation problem."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from geo.consolidation.fit import PairTests
from geo.consolidation.fit import nearest
from geo.consolidation.fit import price
from geo.consolidation.fit import run_tests
from geo.consolidation.fit import typical_rent
from geo.consolidation.hand import Hand
from geo.consolidation.hand import impossible_pins
from geo.consolidation.hand import settle
from geo.consolidation.problem import Limits
from geo.consolidation.problem import Problem
from geo.consolidation.tenancies import sort_tenancies
from geo.crs import require_metric
from geo.sites import cluster_sites
from geo.sites import located
from geo.spaces import refuse_repeated
from geo.spaces import require_columns
from geo.zones import zone_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.overrides import Conflict
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters

    Floats = NDArray[np.float64]

_EVERYBODY = "*"


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """A consolidation problem with what it was made from.

    Attributes
    ----------
    problem
        Units, hosts and possible moves.
    carriers
        The located carriers with their ``site``, in a metric CRS.
    sites
        One row a site: ``site`` (the smallest carrier id in it), ``carriers`` (count),
        ``zone_share`` and a point.
    unused
        Rows of the register that take no part, or only as something that stays:
        ``table``, ``id``, ``field``, ``reason_zh``, ``reason_en``.
    conflicts
        Overrides that contradict each other or the data; none of them is applied.
    parks
        Parks that the plan is about.
    parameters, overrides
        As given.
    tests
        What every unit that could move lacks at every host.
    """

    problem: Problem
    carriers: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    unused: pd.DataFrame
    conflicts: tuple[Conflict, ...]
    parks: tuple[str, ...]
    parameters: ConsolidationParameters
    overrides: tuple[Override, ...]
    tests: PairTests


def register(
    carriers: gpd.GeoDataFrame,
    units: pd.DataFrame,
    zones: gpd.GeoDataFrame | None,
    parameters: ConsolidationParameters,
    *,
    parks: Sequence[str] | None = None,
    barriers: gpd.GeoSeries | None = None,
    overrides: Sequence[Override] = (),
) -> Register:
    """Make a consolidation problem from carriers and units.

    Parameters
    ----------
    carriers
        ``carrier_id`` (unique) and geometry in a metric CRS; optional ``park_id``,
        ``gross_area_m2``, ``rent_yuan_m2_day``, ``allowed_industries``, ``provides``
        (lists, separated by ``;``), ``sample``.
    units
        ``unit_id`` (unique) and ``carrier_id``; optional the other fields of the layer.
        Vacant units are the hosts.
    zones
        Designated zones, polygons in the CRS of `carriers`; None if there are none.
    parameters
        Limits, tolerances and costs.
    parks
        Whose units the plan is about; None for every park. Vacant space of everybody is
        used.
    barriers
        Sites are not joined across them.
    overrides
        What the planner settled.

    Returns
    -------
    Register
        The problem, and what did not take part. Distances are straight lines times the
        detour factor; barriers do not lengthen them.

    Raises
    ------
    ValueError
        If a column is missing, an id stands twice, or the CRS is not metric or differs.
    """
    require_columns(carriers, ["carrier_id"], "carriers")
    require_columns(units, ["unit_id", "carrier_id"], "units")
    refuse_repeated(units[["unit_id"]], "units")
    require_metric(carriers.crs)
    places = _places(carriers, zones, barriers, parameters.site_gap_m)
    sorted_units = sort_tenancies(places, units, parameters, parks)
    tenancies = sorted_units.units.sort_values("unit_id", ignore_index=True)
    hosts = sorted_units.hosts.sort_values("host_id", ignore_index=True)
    site_of = places["site"]
    hand = settle(overrides, tenancies, hosts, site_of, parameters)
    tenancies = tenancies.assign(lock=hand.lock)
    xy = _xy(places)
    tests = run_tests(
        tenancies,
        hosts,
        _at(xy, tenancies["carrier_id"]),
        _at(xy, hosts["carrier_id"]),
        hand.allowed,
        parameters,
    )
    pairs = _pairs(tenancies, hosts, tests, hand, xy, parameters)
    sites = _sites(places)
    problem = Problem.make(
        tenancies,
        hosts,
        pairs,
        around=_around(sites, parameters) if parameters.anchors else {},
        limits=_limits(tenancies, parameters),
        fixed_anchors=hand.anchors,
        pinned=hand.pins,
    )
    impossible = impossible_pins(problem, hand)
    if impossible is not None:
        others = [o for o in overrides if o not in impossible.overrides]
        without = register(
            carriers, units, zones, parameters, parks=parks, barriers=barriers, overrides=others
        )
        found = (*without.conflicts, impossible)
        return replace(without, conflicts=found, overrides=tuple(overrides))
    on_map = places[places["located"].to_numpy(dtype=bool)]
    return Register(
        problem=problem,
        carriers=on_map.reset_index(),
        sites=sites,
        unused=pd.DataFrame(
            sorted_units.unused, columns=["table", "id", "field", "reason_zh", "reason_en"]
        ),
        conflicts=hand.conflicts,
        parks=tuple(sorted(tenancies["park_id"].unique())),
        parameters=parameters,
        overrides=tuple(overrides),
        tests=tests,
    )


def _places(
    carriers: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame | None,
    barriers: gpd.GeoSeries | None,
    gap_m: float,
) -> gpd.GeoDataFrame:
    """Return the carriers by id, with site, share in the zones and whether they are located."""
    refuse_repeated(carriers[["carrier_id"]], "carriers")
    spaces = gpd.GeoDataFrame(
        {"park_id": _EVERYBODY, "carrier_id": carriers["carrier_id"], "floor_area_m2": np.nan},
        geometry=carriers.geometry,
    )
    number = cluster_sites(spaces, gap_m=gap_m, barriers=barriers)
    name = carriers["carrier_id"].groupby(number).min()
    found = carriers.assign(
        # Where no carrier has a place at all, the names found are no texts yet.
        site=number.map(name).astype("str").fillna(carriers["carrier_id"]),
        zone_share=zone_shares(carriers, zones)["inside"],
        located=located(carriers.geometry),
    )
    for column in ("park_id", "sample"):
        if column not in found:
            found[column] = None
    return found.set_index("carrier_id")


def _xy(places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the middle of each carrier, metres, NaN where there is none."""
    middle = shapely.centroid(places.geometry.to_numpy())
    return pd.DataFrame({"x": shapely.get_x(middle), "y": shapely.get_y(middle)}, places.index)


def _at(xy: pd.DataFrame, carriers: pd.Series[str]) -> Floats:
    return np.asarray(xy.reindex(carriers).to_numpy(), dtype=np.float64)


def _sites(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a site, its point in the middle of its carriers."""
    known = places[places["located"].to_numpy(dtype=bool)]
    xy = _xy(known).assign(zone_share=known["zone_share"]).groupby(known["site"])
    table = xy.mean().reset_index()
    table["carriers"] = xy.size().to_numpy()
    points = gpd.points_from_xy(table["x"], table["y"], crs=places.crs)
    return gpd.GeoDataFrame(table[["site", "carriers", "zone_share"]], geometry=points)


def _around(
    sites: gpd.GeoDataFrame, parameters: ConsolidationParameters
) -> dict[str, frozenset[str]]:
    """Return which sites can be walked to from each."""
    xy = shapely.get_coordinates(sites.geometry.to_numpy())
    names = sites["site"].to_numpy()
    if not len(xy):
        return {}
    reached = KDTree(xy).query_ball_point(xy, parameters.walk_m / parameters.detour)
    return {name: frozenset(names[near]) for name, near in zip(names, reached, strict=True)}


def _limits(units: pd.DataFrame, parameters: ConsolidationParameters) -> Limits:
    return Limits(
        budget_wan=parameters.budget_wan,
        yearly_m2=parameters.yearly_share * float(units["area_m2"].sum()),
        anchors=parameters.anchors,
        area_ratio=parameters.area_ratio,
    )


def _pairs(
    units: pd.DataFrame,
    hosts: pd.DataFrame,
    tests: PairTests,
    hand: Hand,
    xy: pd.DataFrame,
    parameters: ConsolidationParameters,
) -> pd.DataFrame:
    """Return the possible moves with distance, cost and what is not known of them."""
    free = units["lock"].eq("").to_numpy()[tests.unit]
    fits = tests.fits & free[:, np.newaxis]
    if parameters.nearest_hosts is not None:
        unit_xy, host_xy = _at(xy, units["carrier_id"]), _at(xy, hosts["carrier_id"])
        fits = nearest(fits, tests, units, host_xy, unit_xy, parameters.nearest_hosts)
    fits, bypassed = hand.pinned_only(fits, tests, units, hosts)
    row, host = np.nonzero(fits)
    unit = tests.unit[row]
    usual = typical_rent(units)
    moving, taking = (
        frame.iloc[at].assign(rent=frame["rent_yuan_m2_day"].iloc[at].fillna(usual).fillna(0.0))
        for frame, at in ((units, unit), (hosts, host))
    )
    pairs = pd.DataFrame(
        {
            "unit_id": units["unit_id"].to_numpy()[unit],
            "host_id": hosts["host_id"].to_numpy()[host],
            "distance_m": tests.distance_m[row, host],
        }
    )
    open_questions = {**tests.unverified, "override": bypassed}
    told = [np.where(where[row, host], f"{name};", "") for name, where in open_questions.items()]
    pairs["unverified"] = pd.Series(
        ["".join(words).strip(";") for words in zip(*told, strict=True)], dtype="str"
    )
    return pairs.join(price(moving, taking, parameters))
