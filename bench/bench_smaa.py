"""Rank intervals of 2,000 carriers by 12 criteria over 5,000 draws, against a plain loop.

Run ``python -m bench.bench_smaa``. The plain side is what an analyst writes with numpy and
scipy: for every draw the weights, the unknown values, one product, `scipy.stats.rankdata`,
and at the end quantiles. Both sides draw the same numbers, for their streams are part of
what :func:`geo.scorecards.smaa` promises; the results must be the same numbers before a
time is printed. Each side runs in a process of its own, so that its peak memory can be
read (from ``/proc``, so on Linux only).
"""

from __future__ import annotations

import multiprocessing
import os
import time
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from bench.browser import resident_mb
from geo.scorecards import smaa

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Work = Callable[["Task"], pd.DataFrame]

CARRIERS, CRITERIA, DRAWS = 2000, 12, 5000
SEED, CONCENTRATION = 2026, 50.0
UNKNOWN_SHARES = (0.0, 0.15)
REPEATS = 3


class Task(NamedTuple):
    """Ends of the values of 0 … 100, shape (carriers, criteria), weights, and draws."""

    low: Floats
    high: Floats
    weights: Floats
    draws: int


class Run(NamedTuple):
    """Shortest time in seconds, peak memory in MB, and the table."""

    seconds: float
    peak_mb: float
    table: pd.DataFrame


def task(
    carriers: int = CARRIERS,
    criteria: int = CRITERIA,
    *,
    draws: int = DRAWS,
    unknown_share: float = 0.0,
) -> Task:
    """Return seeded values and weights; so many of the values are not known at all."""
    rng = np.random.default_rng(7)
    low = rng.uniform(0, 100, (carriers, criteria))
    high = low.copy()
    unknown = rng.random(low.shape) < unknown_share
    low[unknown], high[unknown] = 0.0, 100.0
    return Task(low, high, rng.dirichlet(np.full(criteria, 4.0)), draws)


def ours(given: Task) -> pd.DataFrame:
    """Rank with the geo room, all draws at once."""
    # Names with leading zeros stand in the order of the rows, as the plain loop has them.
    keys = [f"{number:06d}" for number in range(len(given.low))]
    found = smaa(
        given.low,
        given.high,
        given.weights,
        keys=keys,
        draws=given.draws,
        seed=SEED,
        concentration=CONCENTRATION,
    )
    names = ("rank_low", "rank_high", "rank_mean", "p_worst_third")
    return pd.DataFrame({name: getattr(found, name) for name in names})


def plain(given: Task) -> pd.DataFrame:
    """Rank with a loop over draws."""
    of_weights, of_cells = np.random.default_rng([SEED, 0]), np.random.default_rng([SEED, 1])
    rows, columns = np.nonzero(given.high > given.low)
    span = (given.high - given.low)[rows, columns]
    ranks = np.empty((given.draws, len(given.low)))
    for number in range(given.draws):
        weights = of_weights.dirichlet(CONCENTRATION * given.weights)
        values = given.low.copy()
        values[rows, columns] += of_cells.random(len(rows)) * span
        ranks[number] = rankdata(-(values @ weights), method="min")
    ends = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {
            "rank_low": ends[0],
            "rank_high": ends[1],
            "rank_mean": ranks.mean(axis=0),
            "p_worst_third": (3 * ranks > 2 * len(given.low)).mean(axis=0),
        }
    )


def measured(work: Work, given: Task) -> Run:
    """Run `work` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (work, given))


def compare(given: Task) -> None:
    """Compare the results, then print times, memory and their ratios."""
    fast, base = measured(ours, given), measured(plain, given)
    pd.testing.assert_frame_equal(fast.table, base.table, rtol=1e-12, atol=0)
    print("equal numbers from equal draws")
    for name, run in (("plain loop (numpy, scipy)", base), ("geo.scorecards.smaa", fast)):
        print(f"{name:<28}{run.seconds:8.2f} s, peak {run.peak_mb:6.0f} MB")
    print(f"ratio, plain / ours: time    {base.seconds / fast.seconds:8.2f} x")
    print(f"ratio, plain / ours: memory  {base.peak_mb / fast.peak_mb:8.2f} x")


def _measure(work: Work, given: Task) -> Run:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        table = work(given)
        times.append(time.perf_counter() - start)
    return Run(min(times), resident_mb(os.getpid(), "VmHWM"), table)


def main() -> None:
    """Compare both sides with everything known, and with some values unknown."""
    for share in UNKNOWN_SHARES:
        print(f"{CARRIERS:,} carriers, {CRITERIA} criteria, {DRAWS:,} draws, {share:.0%} unknown")
        compare(task(unknown_share=share))
        print()


if __name__ == "__main__":
    main()
