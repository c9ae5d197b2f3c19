"""Placements: all equally likely, and the same in whatever portions they are drawn."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from scipy.stats import kstest

from geo.draws import all_ordered_samples
from geo.draws import ordered_sample
from geo.draws import uniforms


@pytest.mark.parametrize(("population", "size"), [(4, 2), (5, 3), (4, 4), (6, 1)])
def test_every_ordered_sample_is_equally_likely(population: int, size: int) -> None:
    uniform = np.random.default_rng(7).random((60_000, size))
    counted = Counter(map(tuple, ordered_sample(uniform, population).tolist()))
    expected = set(map(tuple, all_ordered_samples(population, size).tolist()))
    assert set(counted) == expected
    assert len(expected) == math.perm(population, size)
    assert chisquare(list(counted.values())).pvalue > 0.001


def test_each_number_says_which_of_the_left_members_is_next() -> None:
    # Of 0 1 2 3: the last; of 0 1 2: the first; of 1 2: the last; then what is left.
    uniform = np.array([[0.99, 0.0, 0.5, 0.3]])
    assert ordered_sample(uniform, 4).tolist() == [[3, 0, 2, 1]]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_no_member_comes_twice(size: int, more: int, seed: int) -> None:
    population = size + more
    found = ordered_sample(np.random.default_rng(seed).random((25, size)), population)
    assert found.min() >= 0
    assert found.max() < population
    assert all(len(set(row)) == size for row in found.tolist())


def test_the_last_number_below_one_is_still_a_member() -> None:
    almost = np.full((1, 3), np.nextafter(1.0, 0.0))
    assert ordered_sample(almost, 3).tolist() == [[2, 1, 0]]


def test_a_draw_has_its_place_in_the_stream() -> None:
    whole = uniforms(3, 5, range(100), width=5)
    parts = [uniforms(3, 5, range(first, first + 7), width=5) for first in range(0, 98, 7)]
    assert np.array_equal(np.concatenate(parts), whole[:98])
    assert whole.min() >= 0
    assert whole.max() < 1
    assert kstest(whole.ravel(), "uniform").pvalue > 0.001


def test_seed_sites_and_attempt_have_streams_of_their_own() -> None:
    streams = [
        uniforms(*key, range(50), width=4, attempt=attempt)
        for key, attempt in (((1, 4), 0), ((2, 4), 0), ((1, 5), 0), ((1, 4), 1))
    ]
    for number, one in enumerate(streams):
        for other in streams[:number]:
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.25
            assert not np.array_equal(one, other)
