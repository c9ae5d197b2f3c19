"""Scatter and 999 draws for 300 parks over 40,000 buildings, against a plain loop.

Run ``python -m bench.bench_chance``. The plain side is what an analyst writes with
numpy, scipy and geopandas: the loop of :mod:`bench.bench_scatter` for the measures, and
for every park and draw `Generator.choice` without replacement, `pdist`, one weighted
sum. Both judge one reading of "walk". Each side runs in a process of its own, so that
its peak memory can be read.

The results are compared before a time is printed: fed with our placements the loop
must count exactly our p; with its own draws it must agree within the Monte-Carlo error.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from bench.bench_scatter import COMPARED
from bench.bench_scatter import ONE_RUN
from bench.bench_scatter import PARKS
from bench.bench_scatter import plain
from bench.bench_scatter import register
from geo.chance import Chance
from geo.chance import Stock
from geo.draws import ordered_sample
from geo.draws import uniforms
from geo.parameters import DEFAULTS
from geo.scatter import scatter

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.parameters import ScatterParameters

    Points = NDArray[np.float64]
    Draw = Callable[[int, int], Points]
    Work = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame], pd.DataFrame]

BUILDINGS, DRAWS = 40_000, 999
SIDE_M = 9000.0
REPEATS = 3


class Run(NamedTuple):
    """Shortest time in seconds, peak memory in MB, and the table that was found."""

    seconds: float
    peak_mb: float
    table: pd.DataFrame


def stock() -> Stock:
    """Return a seeded stock of buildings, even over the district of the register."""
    return Stock(np.random.default_rng(40).uniform(0, SIDE_M, (BUILDINGS, 2)))


def ours(
    spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, rule: ScatterParameters
) -> pd.DataFrame:
    """Measure, test and judge with the geo room, all parks at once."""
    parks = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    table = scatter(spaces, parks, zones, rule, chance=Chance(stock(), draws=DRAWS)).table
    return table.set_index("park_id")[[*COMPARED, "p_low"]].astype("float64")


def one_reading(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ours for one reading of "walk"."""
    return ours(spaces, zones, ONE_RUN)


def all_readings(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ours with the 27 readings of the stability."""
    return ours(spaces, zones, DEFAULTS)


def plain_loop(spaces: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure with a loop over parks, and test with a loop over parks and draws."""
    hosts, rng = stock().xy, np.random.default_rng(7)

    def draw(_number: int, sites: int) -> Points:
        chosen: Points = hosts[rng.choice(BUILDINGS, sites, replace=False)]
        return chosen

    table = plain(spaces, zones)[COMPARED].astype("float64")
    return table.assign(p_low=loop(spaces, draw))


def loop_with_our_draws(spaces: gpd.GeoDataFrame, _zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Test with the same loop, the placements made beforehand."""
    hosts, seed = stock().xy, Chance(stock()).seed
    placements: dict[int, Points] = {}

    def draw(number: int, sites: int) -> Points:
        if sites not in placements:
            uniform = uniforms(seed, sites, range(DRAWS), width=sites)
            placements[sites] = hosts[ordered_sample(uniform, BUILDINGS)]
        placed: Points = placements[sites][number]
        return placed

    return pd.DataFrame({"p_low": loop(spaces, draw)})


def loop(spaces: gpd.GeoDataFrame, draw: Draw) -> pd.Series[float]:
    """Return p of every park, from one draw after the other."""
    parks = pd.DataFrame({"park_id": spaces["park_id"].unique()})
    sites = scatter(spaces, parks, parameters=ONE_RUN).sites
    found = {}
    for name, own in sites.groupby("park_id"):
        # The heaviest first, as our placements are meant.
        own = own.sort_values("weight", ascending=False, kind="stable")  # noqa: PLW2901
        share = (own["weight"] / own["weight"].sum()).to_numpy("float64")
        pairs = (2 * np.outer(share, share))[np.triu_indices(len(share), k=1)]
        observed = pairs @ pdist(own.geometry.get_coordinates().to_numpy())
        below = 0
        for number in range(DRAWS):
            below += bool(pairs @ pdist(draw(number, len(share))) <= observed * (1 + 1e-9))
        found[name] = (1 + below) / (1 + DRAWS)
    return pd.Series(found)


def measured(work: Work, repeats: int) -> Run:
    """Run `work` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (work, repeats))


def _measure(work: Work, repeats: int) -> Run:
    times, (spaces, zones) = [], register()
    for _ in range(repeats):
        start = time.perf_counter()
        table = work(spaces, zones)
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(min(times), peak, table)


def main() -> None:
    """Compare the results, then print times, memory and their ratio."""
    fast, stable = measured(one_reading, REPEATS), measured(all_readings, REPEATS)
    fed, slow = measured(loop_with_our_draws, 1), measured(plain_loop, 1)
    pd.testing.assert_series_equal(fed.table["p_low"], fast.table["p_low"], check_names=False)
    pd.testing.assert_frame_equal(
        slow.table[COMPARED], fast.table[COMPARED], check_names=False, rtol=1e-9
    )
    apart = (slow.table["p_low"] - fast.table["p_low"]).abs()
    error = np.sqrt(2 * fast.table["p_low"] * (1 - fast.table["p_low"]) / DRAWS)
    assert (apart <= 5 * error + 2e-3).all()
    print(f"{PARKS} parks, {BUILDINGS:,} buildings, {DRAWS} draws: equal p from equal draws,")
    print(f"from own draws within {float((apart / error).max()):.1f} Monte-Carlo errors")
    lines = {
        "plain loop (geopandas, networkx, numpy, scipy)": slow,
        "  of it the test, placements given": fed,
        "geo.scatter with the test": fast,
        "geo.scatter with the test and 27 readings": stable,
    }
    for name, run in lines.items():
        print(f"{name:<48}{run.seconds:9.2f} s {run.peak_mb:8.0f} MB")
    print(f"{'ratio of time':<48}{slow.seconds / fast.seconds:9.1f} x")
    print(f"{'ratio of peak memory':<48}{slow.peak_mb / fast.peak_mb:9.2f} x")


if __name__ == "__main__":
    main()
