"""Scatter of 300 parks × 20 sites, against a plain loop over parks.

Run ``python -m bench.bench_scatter``. The plain loop is what an analyst writes
first: for every park, a GeoDataFrame, a networkx graph for the sites, another for
the spanning tree, a third for the walking clusters. Both do the same work in the
same process (one reading of "walk", no stability runs), and the results are
compared before any time is printed. The stability runs, 27 readings of "walk",
are timed separately for ours alone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
from shapely import box

from geo.crs import district_crs
from geo.scatter import ScatterParameters
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

PARKS, SITES, SPACES_A_SITE = 300, 20, 2
REPEATS = 3
ONE_RUN = ScatterParameters(walk_range=(800.0,), detour_range=(1.324,), gap_range=(50.0,))
COMPARED = [
    "sites",
    "clusters",
    "effective_sites",
    "mean_distance_m",
    "longest_gap_m",
    "largest_cluster_share",
    "effective_clusters",
    "zone_share",
]


def register() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Make a seeded register: pairs of buildings 20 m apart on a grid of 150 m, and a zone."""
    rng = np.random.default_rng(2026)
    cells = np.concatenate([rng.choice(60 * 60, SITES, replace=False) for _ in range(PARKS)])
    x, y = np.repeat(np.array([cells % 60, cells // 60]) * 150.0, SPACES_A_SITE, axis=1)
    x = x + 60.0 * np.tile(np.arange(SPACES_A_SITE), cells.size)
    size = rng.uniform(20, 40, (2, x.size))
    spaces = gpd.GeoDataFrame(
        {
            "park_id": np.repeat([f"p{i:03d}" for i in range(PARKS)], SITES * SPACES_A_SITE),
            "carrier_id": [f"c{i:05d}" for i in range(x.size)],
            "floor_area_m2": rng.integers(500, 20_000, x.size).astype(float),
        },
        geometry=box(x, y, x + size[0], y + size[1]),
        crs=district_crs(121.5),
    )
    return spaces, gpd.GeoDataFrame(geometry=[box(0, 0, 4530, 9000)], crs=spaces.crs)


def ours(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure with the geo room, all parks at once."""
    parks = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    return scatter(spaces, parks, zones, ONE_RUN).table.set_index("park_id")


def plain(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure with a loop over parks."""
    zone = zones.union_all()
    return pd.DataFrame(
        {name: plain_park(park, zone) for name, park in spaces.groupby("park_id")}
    ).T


def plain_park(park: gpd.GeoDataFrame, zone: object) -> dict[str, float]:
    """Measure one park with geopandas and networkx."""
    park = park.reset_index(drop=True)
    close = gpd.sjoin(park[["geometry"]], park[["geometry"]], predicate="dwithin", distance=50)
    buildings = nx.Graph(zip(close.index, close["index_right"], strict=True))
    sites = []
    for members in nx.connected_components(buildings):
        rows = park.loc[sorted(members)]
        area, centre = rows["floor_area_m2"], rows.geometry.centroid
        mean = (area @ centre.x / area.sum(), area @ centre.y / area.sum())
        sites.append((*mean, area.sum()))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(sites)))
    total, moment = sum(site[2] for site in sites), 0.0
    for i, (x, y, weight) in enumerate(sites):
        for j, (other_x, other_y, other_weight) in enumerate(sites[:i]):
            distance = 1.324 * float(np.hypot(x - other_x, y - other_y))
            graph.add_edge(i, j, weight=distance)
            moment += 2 * weight * other_weight * distance
    tree = nx.minimum_spanning_tree(graph)
    gaps = [gap for _, _, gap in tree.edges(data="weight")]
    tree.remove_edges_from([(i, j) for i, j, gap in tree.edges(data="weight") if gap > 800])
    clusters = [sum(sites[i][2] for i in c) / total for c in nx.connected_components(tree)]
    inside = park.geometry.intersection(zone).area / park.geometry.area
    return {
        "sites": len(sites),
        "clusters": len(clusters),
        "effective_sites": total**2 / sum(site[2] ** 2 for site in sites),
        "mean_distance_m": moment / total**2,
        "longest_gap_m": max(gaps, default=0.0),
        "largest_cluster_share": max(clusters),
        "effective_clusters": 1 / sum(share**2 for share in clusters),
        "zone_share": inside @ park["floor_area_m2"] / total,
    }


def best(work: Callable[[], object]) -> float:
    """Return the shortest of a few runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Compare the results, then print both times and their ratio."""
    spaces, zones = register()
    expected = plain(spaces, zones)[COMPARED].astype("float64")
    got = ours(spaces, zones)[COMPARED].astype("float64")
    pd.testing.assert_frame_equal(got, expected, check_names=False, rtol=1e-9)
    parks = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    fast = best(lambda: ours(spaces, zones))
    slow = best(lambda: plain(spaces, zones))
    stable = best(lambda: scatter(spaces, parks, zones))
    print(f"{PARKS} parks x {expected['sites'].mean():.1f} sites, {len(spaces):,} spaces: equal")
    print(f"plain loop (geopandas + networkx)   {slow:8.3f} s")
    print(f"geo.scatter, flag and reasons too   {fast:8.3f} s")
    print(f"ratio                               {slow / fast:8.1f} x")
    print(f"geo.scatter with 27 stability runs  {stable:8.3f} s")


if __name__ == "__main__":
    main()
