"""The loop that the test against chance is timed against finds the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench import bench_chance
from bench.bench_scatter import COMPARED
from bench.bench_scatter import SITES
from bench.bench_scatter import SPACES_A_SITE
from bench.bench_scatter import register
from geo.sites import cluster_sites

DRAWS = 199


@pytest.fixture(scope="module")
def task() -> bench_chance.Task:
    spaces, zones = register()
    few = bench_chance.of_mixed_size(spaces)
    few = few[few["park_id"].isin(few["park_id"].unique()[:6])]
    return bench_chance.prepared(few, zones, buildings=500, draws=DRAWS)


def test_the_loop_counts_our_p_from_our_placements(task: bench_chance.Task) -> None:
    given, own = bench_chance.plain_test_given(task)["p_low"], bench_chance.our_test(task)["p_low"]
    assert given.to_dict() == own.to_dict()
    assert bench_chance.one_reading(task)["p_low"].to_dict() == own.to_dict()
    assert own.min() < own.max()


def test_the_loop_agrees_from_its_own_placements(task: bench_chance.Task) -> None:
    given, own = bench_chance.plain_test_given(task), bench_chance.plain_test(task)
    apart = bench_chance.differences(given, own, DRAWS)
    assert (apart > 0).any()
    assert (apart <= 5).all()


def test_the_measures_of_the_loop_are_ours(task: bench_chance.Task) -> None:
    plain, ours = bench_chance.plain_measures(task), bench_chance.one_reading(task)[COMPARED]
    pd.testing.assert_frame_equal(plain, ours, check_names=False, rtol=1e-9)


def test_a_difference_counts_in_errors_and_knows_one_at_zero() -> None:
    one = pd.DataFrame({"p_low": [0.5, 1.0]})
    other = pd.DataFrame({"p_low": [0.5 + np.sqrt(0.5 / 100), 0.9]})
    apart = bench_chance.differences(one, other, 100)
    assert apart.iloc[0] == pytest.approx(1, rel=0.01)
    assert bench_chance.differences(one, one, 100).tolist() == [0, 0]


def test_parks_of_mixed_size_hold_twenty_sites_in_the_mean() -> None:
    spaces, _zones = register()
    mixed = bench_chance.of_mixed_size(spaces)
    count = mixed["park_id"].value_counts() // SPACES_A_SITE
    assert (count.min(), count.max()) == (10, 30)
    assert count.mean() == pytest.approx(SITES, abs=0.5)
    assert mixed["park_id"].nunique() == spaces["park_id"].nunique()
    some = mixed[mixed["park_id"].isin(mixed["park_id"].unique()[:3])]
    assert cluster_sites(some).groupby(some["park_id"]).nunique().between(9, 30).all()
