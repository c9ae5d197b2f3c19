"""Totals and ratios of parts: sums first, and a missing part stays missing."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from geo.monitoring import ratio_of_parts
from geo.monitoring import total_of_parts

NAN = float("nan")


def parts(**values: float) -> pd.Series[float]:
    return pd.Series(values, dtype="float64")


def test_the_worked_ratio(oracle: dict[str, Any]) -> None:
    known = oracle["G2.ratio_target"]
    found = ratio_of_parts(parts(all=known["rd"]), parts(all=known["rev"]))
    assert found.value == pytest.approx(known["ratio"], abs=1e-6)
    assert found.gap(known["target"]) == pytest.approx(known["gap_rd_needed"], abs=1e-9)


def test_sums_first_then_the_ratio() -> None:
    # Two firms: 50 % of 2 and 4 % of 1000. The mean of the ratios would be 27 %.
    found = ratio_of_parts(parts(small=1, large=40), parts(small=2, large=1000))
    assert found.value == pytest.approx(41 / 1002)
    assert (found.numerator, found.denominator, found.missing) == (41, 1002, ())


def test_a_missing_part_leaves_the_ratio_unknown_and_is_named() -> None:
    found = ratio_of_parts(parts(a=10, b=NAN, c=5), parts(a=200, b=300, c=NAN))
    assert math.isnan(found.value)
    assert math.isnan(found.gap(0.05))
    assert found.missing == ("b", "c")
    # What is known of both sides is of the same entities.
    assert (found.numerator, found.denominator) == (10, 200)


def test_a_part_nobody_reported_is_missing() -> None:
    found = ratio_of_parts(parts(a=10), parts(a=200), ["a", "b"])
    assert math.isnan(found.value)
    assert found.missing == ("b",)


def test_a_denominator_of_nothing_gives_no_ratio() -> None:
    found = ratio_of_parts(parts(a=10), parts(a=0))
    assert math.isnan(found.value)
    assert found.missing == ()
    assert math.isnan(ratio_of_parts(parts(a=1), parts(a=-4)).value)


def test_nothing_at_all() -> None:
    empty = pd.Series(dtype="float64")
    assert math.isnan(ratio_of_parts(empty, empty).value)
    assert math.isnan(total_of_parts(empty).value)
    assert math.isnan(total_of_parts(empty).known)
    assert total_of_parts(empty, ["a"]).missing == ("a",)


def test_a_total_is_unknown_where_a_part_is() -> None:
    whole = total_of_parts(parts(a=1, b=2.5))
    assert (whole.value, whole.known, whole.missing) == (3.5, 3.5, ())
    lacking = total_of_parts(parts(a=1, b=NAN), ["a", "b", "c"])
    assert math.isnan(lacking.value)
    assert (lacking.known, lacking.missing) == (1.0, ("b", "c"))


def test_a_negative_part_counts() -> None:
    assert total_of_parts(parts(a=5, b=-2)).value == 3


def test_a_part_outside_the_whole_is_left_out() -> None:
    assert total_of_parts(parts(a=1, other=100), ["a"]).value == 1
    assert ratio_of_parts(parts(a=1, x=9), parts(a=10, x=1), ["a"]).value == pytest.approx(0.1)


def test_a_part_twice_is_refused() -> None:
    twice = pd.Series([1.0, 2.0], index=["a", "a"])
    with pytest.raises(ValueError, match="once"):
        total_of_parts(twice)
    with pytest.raises(ValueError, match="once"):
        ratio_of_parts(twice, parts(a=1))
