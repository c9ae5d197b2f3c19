"""Sums that no order and no grouping can change."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.batch.exact import ExactSum
from geo.batch.exact import Known

FINITE = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), max_size=30)
LENGTHS = st.lists(st.floats(-1e9, 1e9), max_size=30)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(FINITE)
def test_a_sum_is_exact_and_rounded_once(values: list[float]) -> None:
    found = ExactSum().add(values)
    true = sum(map(Fraction, values), Fraction(0))
    assert Fraction(found.units, 2**1074) == true
    if abs(true) < Fraction(2) ** 1023:
        assert found.value == float(true)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(LENGTHS, st.lists(st.integers(0, 30), max_size=6), st.randoms(use_true_random=False))
def test_any_split_in_any_order_is_the_same_sum(
    values: list[float], cuts: list[int], chance: object
) -> None:
    mixed = list(values)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    borders = sorted({0, len(mixed), *(cut for cut in cuts if cut < len(mixed))})
    parts = [ExactSum().add(mixed[a:b]) for a, b in pairwise(borders)]
    from_left = sum(parts, ExactSum())
    from_right = ExactSum()
    for part in reversed(parts):
        from_right = part + from_right
    assert from_left == from_right == ExactSum().add(values)
    assert from_left.value == math.fsum(values)


def test_numbers_of_every_size_against_fsum() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(20_000) * 10.0 ** rng.integers(-320, 300, 20_000)
    assert ExactSum().add(values).value == math.fsum(values)
    assert ExactSum().add(values.reshape(100, 200)).value == math.fsum(values)


def test_the_smallest_numbers_are_not_lost() -> None:
    assert ExactSum().add([5e-324] * 3).value == 1.5e-323
    assert ExactSum().add([1e300, 5e-324, -1e300]).value == 5e-324


def test_many_large_numbers_do_not_overflow_their_integers() -> None:
    ones = np.full(3_000_000, np.nextafter(2.0, 0.0))
    exact = Fraction(float(ones[0])) * ones.size
    assert Fraction(ExactSum().add(ones).units, 2**1074) == exact


def test_a_sum_beyond_the_largest_number_is_not_infinite() -> None:
    largest = ExactSum().add([1.7e308, 1.7e308])
    with pytest.raises(OverflowError):
        _ = largest.value
    assert (largest + ExactSum().add([-1.7e308])).value == 1.7e308


@pytest.mark.parametrize("unknown", [math.nan, math.inf, -math.inf])
def test_what_is_not_known_is_refused(unknown: float) -> None:
    with pytest.raises(ValueError, match="`values` must be finite"):
        ExactSum().add([1.0, unknown])


def test_unknown_numbers_are_counted_apart() -> None:
    known = Known.of(pd.Series([1.5, math.nan, math.inf, 2.0]))
    assert (known.rows, known.unknown, known.value) == (4, 2, 3.5)
    assert Known.of(pd.Series([math.nan, math.nan])).value is None
    assert Known.of(pd.Series(np.empty(0))).value == 0
    assert Known.of(pd.Series([2, None, 3], dtype="Int64")).count == 5
