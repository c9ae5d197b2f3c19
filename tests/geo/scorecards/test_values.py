from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.scorecards import Criterion
from geo.scorecards import value_of
from geo.scorecards import value_span
from tests.geo.scorecards.cards import criteria

FALLING = ((0.1, 100.0), (0.2, 60.0), (0.5, 0.0))


def test_straight_lines_between_the_anchors(oracle: dict[str, Any]) -> None:
    expected = oracle["D1.piecewise"]
    points = tuple((float(x), float(v)) for x, v in expected["pts"])
    assert value_of(expected["values"], points) == pytest.approx(expected["scores"], abs=5e-5)


def test_an_unknown_raw_value_has_no_value_and_is_not_zero() -> None:
    assert np.isnan(value_of([math.nan], FALLING)).all()
    assert value_of([0.0, 9.0], FALLING).tolist() == [100, 0]


def test_infinite_is_beyond_every_anchor() -> None:
    assert value_of([-math.inf, math.inf], FALLING).tolist() == [100, 0]


def test_an_unknown_cell_may_have_any_value() -> None:
    low, high = value_span([math.nan], [math.nan], FALLING)
    assert (low.tolist(), high.tolist()) == ([0], [100])


def test_an_open_end_leaves_only_what_lies_beyond_the_known_one() -> None:
    low, high = value_span([0.2, math.nan, 0.15], [math.nan, 0.15, 0.35], FALLING)
    assert low == pytest.approx([0, 80, 30])
    assert high == pytest.approx([60, 100, 80])


def test_ends_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="`low` must not be above `high`"):
        value_span([0.3], [0.2], FALLING)


@given(criteria("k"), st.floats(-60, 60), st.floats(0, 50))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_both_ends_are_attained_and_nothing_lies_outside(
    made: Criterion, least: float, width: float
) -> None:
    low, high = value_span([least], [least + width], made.points)
    inside = value_of(np.linspace(least, least + width, 50), made.points)
    assert inside.min() >= low[0] - 1e-9
    assert inside.max() <= high[0] + 1e-9
    ends = value_of([least, least + width], made.points)
    assert {low[0], high[0]} == set(ends)


@given(criteria("k"))
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
def test_an_unknown_cell_spans_just_the_anchors(made: Criterion) -> None:
    low, high = value_span([math.nan], [math.nan], made.points)
    assert (low[0], high[0]) == made.open_span
    assert {low[0], high[0]} == {made.points[0][1], made.points[-1][1]}


@given(criteria("k"), st.floats(-60, 60), st.floats(0, 30))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_more_of_what_is_better_is_never_worth_less(
    made: Criterion, raw: float, more: float
) -> None:
    one, two = value_of([raw, raw + more], made.points)
    assert two >= one if made.direction == "more" else two <= one
