"""The sites of all parks and the walks between them, for one reading of "one site".

A walk between two sites is, in this order:

1. the shortest way on the walking network, if both sites are on it;
2. else the straight line, led through crossings where a barrier lies between
   (:mod:`geo.barriers`), times the detour factor.

Where a barrier lies between and no crossing is known, the straight line is kept
for the mean distance, but nobody is said to walk there.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.barriers import around_barriers
from geo.crs import COORDINATE_TOLERANCE_M
from geo.crs import require_same_crs
from geo.distance import Edges
from geo.distance import components
from geo.distance import pairs_in_groups
from geo.distance import spanning_pairs
from geo.network import Walkways
from geo.network import on_foot
from geo.sites import cluster_sites
from geo.sites import located
from geo.sites import summarise_sites

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from geo.parameters import ScatterParameters

_LAST_M = 1e9
"""Put on top of a walk that is blocked, so that the tree takes it only if it must."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What lies between the sites; everything in the CRS of the spaces, None if unknown.

    Attributes
    ----------
    barriers
        Rivers, railways, expressways: lines or areas that no walk crosses.
    crossings
        Points at which a barrier can be crossed on foot.
    walkways
        Lines of the walking network.
    """

    barriers: gpd.GeoSeries | None = None
    crossings: gpd.GeoSeries | None = None
    walkways: gpd.GeoSeries | None = None

    def require_crs(self, crs: pyproj.CRS | None) -> None:
        """Refuse a series in another CRS.

        Raises
        ------
        ValueError
            Naming the series.
        """
        for name in ("barriers", "crossings", "walkways"):
            series = getattr(self, name)
            if series is not None and len(series):
                require_same_crs(crs, series.crs, name)


OPEN_GROUND = Surroundings()
"""Nothing is known of what lies between: every walk is straight."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The minimum spanning trees of all parks, by walking distance.

    Attributes
    ----------
    edges
        Walking distance as `length_m`.
    blocked
        Which edges lead across a barrier without a known crossing.
    """

    edges: Edges
    blocked: NDArray[np.bool_]

    def walkable(self, walk_m: float) -> NDArray[np.bool_]:
        """Return which edges are a walk of at most `walk_m`, met to a micrometre."""
        return (self.edges.length_m <= walk_m + COORDINATE_TOLERANCE_M) & ~self.blocked


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The sites of all parks for one gap, and how each pair of a park is walked.

    Attributes
    ----------
    site_of_space
        Site of every space, as :func:`geo.sites.cluster_sites` gives it.
    sites
        As :func:`geo.sites.summarise_sites` gives them.
    park, weight
        Position of each site's park, and what the site counts for.
    pairs
        All pairs of sites within a park, straight lines.
    way_m
        Straight metres of each pair, led through crossings.
    walked_m
        Metres on the walking network; NaN where a site is not on it.
    detoured, blocked
        Which pairs are led through crossings, and which have none to be led through.
    snapped_m
        Distance of each site to the network; NaN if it is not on it or there is none.
    """

    site_of_space: pd.Series[int]
    sites: gpd.GeoDataFrame
    park: NDArray[np.intp]
    weight: NDArray[np.float64]
    pairs: Edges
    way_m: NDArray[np.float64]
    walked_m: NDArray[np.float64]
    detoured: NDArray[np.bool_]
    blocked: NDArray[np.bool_]
    snapped_m: NDArray[np.float64]

    @property
    def xy(self) -> NDArray[np.float64]:
        """Return the centres of the sites, shape (sites, 2)."""
        return shapely.get_coordinates(self.sites.geometry.to_numpy())

    @property
    def is_straight(self) -> bool:
        """Tell whether every pair is walked straight."""
        touched = self.detoured | self.blocked | ~np.isnan(self.walked_m)
        return not bool(touched.any())

    def straightened(self) -> Layout:
        """Return the layout as if nothing lay between the sites."""
        nothing = np.zeros(self.way_m.size, dtype=np.bool_)
        return replace(
            self,
            way_m=self.pairs.length_m,
            walked_m=np.full(self.way_m.size, np.nan),
            detoured=nothing,
            blocked=nothing,
        )

    def walks(self, detour: float) -> Edges:
        """Return every pair with its walking distance, metres."""
        length_m = np.where(np.isnan(self.walked_m), detour * self.way_m, self.walked_m)
        return Edges(self.pairs.start, self.pairs.end, length_m)

    def tree(self, detour: float) -> Tree:
        """Return the spanning trees; what is blocked is taken only where it must be.

        Without a way on the network the factor stretches all walks of a park alike; such a
        park has one tree for every factor, whatever other parks there are.
        """
        walks = self.walks(detour)
        order_m = np.where(self._in_park_on_network(), walks.length_m, self.way_m)
        order = Edges(walks.start, walks.end, order_m + _LAST_M * self.blocked)
        chosen = spanning_pairs(order, len(self.sites))
        return Tree(walks.take(chosen), self.blocked[chosen])

    def trees(self, detours: Iterable[float]) -> dict[float, Tree]:
        """Return the spanning trees by detour factor; without a network one answers all."""
        wanted = set(detours)
        if not np.isnan(self.walked_m).all():
            return {detour: self.tree(detour) for detour in wanted}
        plain = self.tree(1.0)
        edges = plain.edges
        return {
            detour: Tree(Edges(edges.start, edges.end, detour * edges.length_m), plain.blocked)
            for detour in wanted
        }

    def _in_park_on_network(self) -> NDArray[np.bool_]:
        """Return which pairs are of a park that has a way on the network."""
        park = self.park[self.pairs.start]
        return np.isin(park, park[~np.isnan(self.walked_m)])

    def clusters(self, tree: Tree, walk_m: float) -> NDArray[np.intp]:
        """Return the walking cluster of every site, numbered over all parks."""
        return components(tree.edges.take(tree.walkable(walk_m)), len(self.sites))


def lay_out(
    register: gpd.GeoDataFrame,
    parks: pd.Index,
    gap_m: float,
    surroundings: Surroundings,
    parameters: ScatterParameters,
) -> Layout:
    """Find the sites, all pairs of them within each park, and how they are walked.

    Parameters
    ----------
    register
        Spaces in canonical order, metric CRS.
    parks
        Ids of all parks, ascending.
    gap_m
        Largest gap within a site, metres.
    surroundings
        What lies between.
    parameters
        `crossing_reach_m` and `snap_m` are used.

    Returns
    -------
    Layout
        Sites ordered by park.
    """
    site = cluster_sites(register, gap_m=gap_m, barriers=surroundings.barriers)
    sites = summarise_sites(register, site)
    park = park_codes(sites, parks)
    xy = shapely.get_coordinates(sites.geometry.to_numpy())
    pairs = pairs_in_groups(park, xy)
    around = around_barriers(
        pairs,
        xy,
        park,
        surroundings.barriers,
        surroundings.crossings,
        reach_m=parameters.crossing_reach_m,
    )
    walked_m, snapped_m = _on_network(pairs, register, site, sites, surroundings, parameters)
    # A way along the network has been walked; what lies in the line of sight does not matter.
    on_network = ~np.isnan(walked_m)
    return Layout(
        site_of_space=site,
        sites=sites,
        park=park,
        weight=sites["weight"].to_numpy(),
        pairs=pairs,
        way_m=around.length_m,
        walked_m=walked_m,
        detoured=around.detoured & ~on_network,
        blocked=around.blocked & ~on_network,
        snapped_m=snapped_m,
    )


def _on_network(
    pairs: Edges,
    register: gpd.GeoDataFrame,
    site: pd.Series[int],
    sites: gpd.GeoDataFrame,
    surroundings: Surroundings,
    parameters: ScatterParameters,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the walk of every pair on the network, and how far each site is from it."""
    lines = surroundings.walkways
    if lines is None or not located(lines).any() or sites.empty:
        return np.full(pairs.start.size, np.nan), np.full(len(sites), np.nan)
    known = site.notna()
    shapes = register.geometry[known].groupby([register["park_id"][known], site[known]])
    united = shapes.agg(lambda parts: shapely.union_all(parts.to_numpy()))
    found = on_foot(pairs, united.to_numpy(), Walkways(lines, snap_m=parameters.snap_m))
    return found.length_m, found.snapped_m


def park_codes(frame: pd.DataFrame, parks: pd.Index) -> NDArray[np.intp]:
    """Return the position of each row's park in `parks`."""
    return np.asarray(parks.get_indexer(pd.Index(frame["park_id"])), dtype=np.intp)
