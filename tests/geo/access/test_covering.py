"""Sets of new objects: bounds that are known, and what a limit of time leaves open."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from geo.access.covering import CAMPUS
from geo.access.covering import FACTS
from geo.access.covering import RAIL
from geo.access.covering import Effects
from geo.access.covering import exact_set
from geo.access.covering import greedy_set


def effects(holds: Any, gained: Any, area: Any, least_groups: int = 4) -> Effects:
    holds = np.asarray(holds, dtype=bool)
    flat = np.asarray(gained, dtype=float).reshape(len(gained), -1) * ~holds.ravel()
    return Effects(np.asarray(area, dtype=float), holds, csr_array(flat), least_groups)


def lacking_a_gate(covered: Any, area: Any) -> Effects:
    """Return spaces that lack a campus alone: what each object covers, shape (objects, spaces)."""
    covered = np.asarray(covered, dtype=bool)
    gained = np.zeros((*covered.shape, len(FACTS)))
    gained[:, :, CAMPUS] = covered
    holds = np.ones((covered.shape[1], len(FACTS)), dtype=bool)
    holds[:, CAMPUS] = False
    return effects(holds, gained, area)


def threefold(given: Effects, chosen: Any) -> float:
    return given.value(given.with_sets(np.asarray(chosen, dtype=np.intp)))[0]


def best(given: Effects, count: int) -> float:
    """Try all sets."""
    objects = range(given.gained.shape[0])
    sets = (one for size in range(count + 1) for one in combinations(objects, size))
    return max(threefold(given, chosen) for chosen in sets)


@pytest.mark.parametrize("seed", range(20))
def test_where_one_condition_lacks_greedy_is_as_good_as_proved(seed: int) -> None:
    # Nemhauser, Wolsey and Fisher, Mathematical Programming 14, 1978: at least 1 − 1/e.
    draw = np.random.default_rng(seed)
    given = lacking_a_gate(draw.random((10, 25)) < 0.2, draw.integers(1, 40, 25))
    useful = np.arange(10)
    for count in (1, 2, 3, 5):
        most = best(given, count)
        exact = exact_set(given, useful, count)
        assert exact.proven
        assert threefold(given, exact.chosen) == pytest.approx(most)
        greedy = greedy_set(given, useful, count)
        assert (1 - 1 / math.e) * most <= threefold(given, greedy) <= most + 1e-9
    assert len(greedy_set(given, useful, 1)) == 1
    assert threefold(given, greedy_set(given, useful, 1)) == pytest.approx(best(given, 1))


def test_the_textbook_case_in_which_greedy_is_worse() -> None:
    # Two objects cover everything; the one that covers most at first cuts across both.
    rows = [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 0]]
    given = lacking_a_gate(rows, [1.0] * 6)
    useful = np.arange(3)
    assert list(greedy_set(given, useful, 1)) == [2]
    assert threefold(given, greedy_set(given, useful, 2)) == 5.0
    exact = exact_set(given, useful, 2)
    assert list(exact.chosen) == [0, 1]
    assert threefold(given, exact.chosen) == 6.0 == exact.bound_m2


def test_a_greedy_set_begins_with_the_one_of_fewer() -> None:
    draw = np.random.default_rng(5)
    holds = draw.random((15, len(FACTS))) < 0.4
    given = effects(holds, draw.random((9, 15, len(FACTS))) < 0.1, draw.integers(1, 9, 15), 2)
    longest = list(greedy_set(given, np.arange(9), 5))
    for count in range(5):
        assert list(greedy_set(given, np.arange(9), count)) == longest[:count]


@pytest.mark.parametrize("seed", range(10))
def test_what_one_object_gains_is_the_difference_it_makes(seed: int) -> None:
    draw = np.random.default_rng(seed)
    holds = draw.random((12, len(FACTS))) < 0.5
    given = effects(holds, draw.random((8, 12, len(FACTS))) < 0.15, draw.integers(0, 9, 12), 3)
    base = given.with_sets(np.array([0, 1], dtype=np.intp))
    for one in range(8):
        after = given.with_sets(np.array([0, 1, one]))
        expected = np.subtract(given.value(after), given.value(base))
        assert given.gain(base, one) == pytest.approx(tuple(expected))
        own, facts = given.touched(base, one)
        rebuilt = base.copy()
        rebuilt[own] = facts
        assert np.array_equal(rebuilt, after)


def test_only_the_candidates_that_may_be_chosen_are() -> None:
    given = lacking_a_gate([[1, 1, 1], [1, 0, 0], [0, 1, 0]], [5.0, 3.0, 1.0])
    allowed = np.array([1, 2])
    assert list(exact_set(given, allowed, 1).chosen) == [1]
    assert list(greedy_set(given, allowed, 1)) == [1]
    assert sorted(exact_set(given, allowed, 5).chosen) == [1, 2]


def test_of_candidates_that_add_the_same_the_first_is_chosen() -> None:
    given = lacking_a_gate([[0, 1], [1, 1], [1, 1], [1, 0]], [2.0, 2.0])
    assert list(exact_set(given, np.arange(4), 3).chosen) == [1]


def test_unknown_floor_area_weighs_nothing() -> None:
    given = lacking_a_gate([[1, 1, 1, 0], [0, 0, 0, 1]], [0.0, 0.0, 0.0, 10.0])
    assert list(exact_set(given, np.arange(2), 1).chosen) == [1]
    assert list(greedy_set(given, np.arange(2), 1)) == [1]
    nothing = lacking_a_gate([[1, 1]], [0.0, 0.0])
    found = exact_set(nothing, np.arange(1), 2)
    assert (found.chosen.size, found.bound_m2, found.proven) == (0, 0.0, True)


def test_what_is_threefold_already_is_in_the_bound() -> None:
    given = lacking_a_gate([[1, 0, 0]], [4.0, 3.0, 2.0])
    given.holds[1, CAMPUS] = True
    found = exact_set(given, np.arange(1), 1)
    assert found.bound_m2 == pytest.approx(7.0)
    assert threefold(given, found.chosen) == 7.0


def test_without_time_nothing_is_called_proven() -> None:
    draw = np.random.default_rng(1)
    holds = draw.random((300, len(FACTS))) < 0.5
    given = effects(holds, draw.random((60, 300, len(FACTS))) < 0.03, draw.integers(1, 99, 300))
    found = exact_set(given, np.arange(60), 5, time_limit_s=1e-4)
    assert not found.proven
    greedy = threefold(given, greedy_set(given, np.arange(60), 5))
    # What no set exceeds is a number, and no less than what is known to be reached.
    assert greedy <= found.bound_m2 + 1e-6
    assert found.bound_m2 <= float(given.area_m2.sum()) + 1e-6
    assert found.chosen.size <= 5


def test_rail_cannot_be_replaced_by_anything() -> None:
    given = lacking_a_gate([[1, 1]], [4.0, 3.0])
    given.holds[0, RAIL] = False
    found = exact_set(given, np.arange(1), 1)
    assert found.bound_m2 == pytest.approx(3.0)
