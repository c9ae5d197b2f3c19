"""Scatter and 999 draws for 300 parks over 40,000 buildings, against a plain loop.

Run ``python -m bench.bench_chance``. The plain side is what an analyst writes with
numpy, scipy and geopandas: the loop of :mod:`bench.bench_scatter` for the measures, and
for every park and draw `Generator.choice` without replacement, `pdist`, one weighted
sum. Both judge one reading of "walk". Each work runs in a process of its own, so that
its peak memory can be read (from ``/proc``, so on Linux only).

Parks with as many sites share placements in :mod:`geo.chance`, so the work is done
twice: with 20 sites in every park, which suits us best, and with 10 to 30. The loop is
timed with its own draws, and again with our placements given to it, so that neither the
drawing nor the sharing can make the difference.

The results are compared before a time is printed: fed with our placements the loop
must count exactly our p; with its own draws it must agree within the Monte-Carlo error.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from bench.bench_scatter import COMPARED
from bench.bench_scatter import ONE_RUN
from bench.bench_scatter import PARKS
from bench.bench_scatter import SPACES_A_SITE
from bench.bench_scatter import plain
from bench.bench_scatter import register
from bench.browser import resident_mb
from geo.chance import Chance
from geo.chance import Stock
from geo.chance import chance_test
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
    Work = Callable[["Task"], pd.DataFrame]

BUILDINGS, DRAWS = 40_000, 999
FEWEST, MOST = 10, 30
SIDE_M = 9000.0
REPEATS = 2


class Task(NamedTuple):
    """What both sides are given: the register, its sites, the stock and our placements."""

    spaces: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    chance: Chance
    hosts: Points
    placements: dict[int, Points]


class Run(NamedTuple):
    """Shortest time in seconds, peak memory in MB, what of it is new, and the table."""

    seconds: float
    peak_mb: float
    growth_mb: float
    table: pd.DataFrame


def of_mixed_size(spaces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the register with its spaces dealt out to parks of 10 to 30 sites."""
    ids = spaces["park_id"].unique()
    sites = np.resize(np.arange(FEWEST, MOST + 1), len(ids))
    park = np.repeat(ids, sites * SPACES_A_SITE)[: len(spaces)]
    return spaces.iloc[: len(park)].assign(park_id=park)


def prepared(
    spaces: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    buildings: int = BUILDINGS,
    draws: int = DRAWS,
) -> Task:
    """Return the task for a register: a seeded stock, even over the district, and our draws."""
    stock = Stock(np.random.default_rng(40).uniform(0, SIDE_M, (buildings, 2)))
    chance = Chance(stock, draws=draws)
    sites = scatter(spaces, _parks(spaces), parameters=ONE_RUN).sites
    placements = {}
    for count in sites["park_id"].value_counts().unique():
        uniform = uniforms(chance.seed, int(count), range(draws), width=int(count))
        placements[int(count)] = stock.xy[ordered_sample(uniform, buildings)]
    return Task(spaces, zones, sites, chance, stock.xy, placements)


def ours(task: Task, rule: ScatterParameters) -> pd.DataFrame:
    """Measure, test and judge with the geo room, all parks at once."""
    result = scatter(task.spaces, _parks(task.spaces), task.zones, rule, chance=task.chance)
    return result.table.set_index("park_id")[[*COMPARED, "p_low"]].astype("float64")


def one_reading(task: Task) -> pd.DataFrame:
    """Return ours for one reading of "walk"."""
    return ours(task, ONE_RUN)


def all_readings(task: Task) -> pd.DataFrame:
    """Return ours with the 27 readings of the stability."""
    return ours(task, DEFAULTS)


def our_test(task: Task) -> pd.DataFrame:
    """Return our test alone."""
    park, names = pd.factorize(task.sites["park_id"])
    xy = task.sites.geometry.get_coordinates().to_numpy()
    weight = task.sites["weight"].to_numpy("float64")
    return chance_test(xy, weight, park, len(names), task.chance).set_axis(names)[["p_low"]]


def plain_measures(task: Task) -> pd.DataFrame:
    """Measure with a loop over parks."""
    return plain(task.spaces, task.zones)[COMPARED].astype("float64")


def plain_test(task: Task) -> pd.DataFrame:
    """Test with a loop over parks and draws."""
    rng = np.random.default_rng(7)

    def draw(_number: int, sites: int) -> Points:
        chosen: Points = task.hosts[rng.choice(len(task.hosts), sites, replace=False)]
        return chosen

    return loop(task, draw)


def plain_test_given(task: Task) -> pd.DataFrame:
    """Test with the same loop, our placements given."""

    def draw(number: int, sites: int) -> Points:
        placed: Points = task.placements[sites][number]
        return placed

    return loop(task, draw)


def loop(task: Task, draw: Draw) -> pd.DataFrame:
    """Return p of every park, from one draw after the other."""
    found = {}
    for name, own in task.sites.groupby("park_id"):
        # The heaviest first, as our placements are meant.
        own = own.sort_values("weight", ascending=False, kind="stable")  # noqa: PLW2901
        share = (own["weight"] / own["weight"].sum()).to_numpy("float64")
        pairs = (2 * np.outer(share, share))[np.triu_indices(len(share), k=1)]
        observed = pairs @ pdist(own.geometry.get_coordinates().to_numpy())
        below = 0
        for number in range(task.chance.draws):
            below += bool(pairs @ pdist(draw(number, len(share))) <= observed * (1 + 1e-9))
        found[name] = (1 + below) / (1 + task.chance.draws)
    return pd.DataFrame({"p_low": pd.Series(found)})


def differences(got: pd.DataFrame, own_draws: pd.DataFrame, draws: int) -> pd.Series[float]:
    """Return how far two p from different draws are apart, in Monte-Carlo errors.

    Parameters
    ----------
    got, own_draws
        Tables with ``p_low`` of the same parks, from `draws` placements each.
    draws
        At least 1.

    Returns
    -------
    pandas.Series
        At least 0, one value a park. The error is that of the mean of both p, and at
        least that of one placement, since an estimate of 0 or 1 has an error too.
    """
    mean = (got["p_low"] + own_draws["p_low"]) / 2
    error = np.sqrt(2 * mean * (1 - mean) / draws).clip(lower=np.sqrt(2) / draws)
    apart: pd.Series[float] = (got["p_low"] - own_draws["p_low"]).abs() / error
    return apart


def measured(work: Work, task: Task) -> Run:
    """Run `work` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (work, task))


def compare(task: Task) -> None:
    """Compare the results, then print times, memory and their ratios."""
    fast, stable, test = (measured(work, task) for work in (one_reading, all_readings, our_test))
    base, own, given = (
        measured(work, task) for work in (plain_measures, plain_test, plain_test_given)
    )
    pd.testing.assert_frame_equal(base.table, fast.table[COMPARED], check_names=False, rtol=1e-9)
    for p_low in (given.table["p_low"], test.table["p_low"]):
        pd.testing.assert_series_equal(
            p_low, fast.table["p_low"], check_names=False, check_index_type=False
        )
    apart = differences(fast.table, own.table, task.chance.draws).max()
    if not apart <= 5:
        msg = f"The two tests are {apart:.1f} Monte-Carlo errors apart."
        raise AssertionError(msg)
    print(f"equal p from equal draws; from own draws within {apart:.1f} Monte-Carlo errors")
    lines = {
        "plain measures (geopandas, networkx)": base,
        "plain test, own draws (numpy, scipy)": own,
        "plain test, our placements given": given,
        "geo.chance, the test alone": test,
        "geo.scatter with the test": fast,
        "geo.scatter with the test, 27 readings": stable,
    }
    for name, run in lines.items():
        print(f"{name:<42}{run.seconds:9.2f} s {run.peak_mb:6.0f} MB, new {run.growth_mb:5.1f} MB")
    ratios = {
        "scatter and test": (base.seconds + own.seconds) / fast.seconds,
        "scatter and test, placements given": (base.seconds + given.seconds) / fast.seconds,
        "test alone": own.seconds / test.seconds,
        "test alone, placements given": given.seconds / test.seconds,
        "peak memory": max(base.peak_mb, own.peak_mb) / fast.peak_mb,
    }
    for name, ratio in ratios.items():
        print(f"ratio, plain / ours: {name:<36}{ratio:9.2f} x")


def _parks(spaces: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame({"park_id": spaces["park_id"].unique()})


def _measure(work: Work, task: Task) -> Run:
    before, times = _peak_mb(), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        table = work(task)
        times.append(time.perf_counter() - start)
    return Run(min(times), _peak_mb(), _peak_mb() - before, table)


def _peak_mb() -> float:
    # Not `getrusage`: that peak is handed down by the process that started this one.
    return resident_mb(os.getpid(), "VmHWM")


def main() -> None:
    """Compare both sides on parks of one size and of many."""
    spaces, zones = register()
    for title, these in (("20", spaces), (f"{FEWEST} to {MOST}", of_mixed_size(spaces))):
        print(f"{PARKS} parks of {title} sites, {BUILDINGS:,} buildings, {DRAWS} draws")
        compare(prepared(these, zones))
        print()


if __name__ == "__main__":
    main()
