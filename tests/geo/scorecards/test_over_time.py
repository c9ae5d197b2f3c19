"""Years in a row, change against the market, ratios of sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.scorecards import difference_in_differences
from geo.scorecards import exits
from geo.scorecards import fails_in_a_row
from geo.scorecards import ratio_of_sums
from geo.scorecards import warns

FAIL = "不合格"


def test_two_fails_in_a_row_are_enough_and_one_is_not(oracle: dict[str, Any]) -> None:
    expected = oracle["D3.exit_rule"]
    assert exits(expected["years"], FAIL) is expected["exits"]
    assert exits(expected["years2"], FAIL) is expected["exits2"]
    assert not warns(expected["years"], FAIL)
    assert warns(expected["years2"], FAIL)


@pytest.mark.parametrize(
    ("grades", "row"),
    [
        ([], 0),
        ([FAIL], 1),
        ([FAIL, None, FAIL], 1),
        ([FAIL, "", FAIL], 1),
        ([FAIL, FAIL, None], 0),
        ([FAIL, FAIL, "优"], 0),
        (["优", FAIL, FAIL, FAIL], 3),
    ],
)
def test_a_year_without_a_grade_breaks_the_row(grades: list[str | None], row: int) -> None:
    assert fails_in_a_row(grades, FAIL) == row
    assert exits(grades, FAIL) == (row >= 2)
    assert warns(grades, FAIL) == (row == 1)
    assert exits(grades, FAIL, in_a_row=3) == (row >= 3)


@pytest.mark.parametrize(("fail", "in_a_row"), [("", 2), (FAIL, 0)])
def test_rules_that_mean_nothing_are_refused(fail: str, in_a_row: int) -> None:
    for rule in (exits, warns):
        with pytest.raises(ValueError, match="`in_a_row` at least 1"):
            rule([FAIL], fail, in_a_row)


def test_change_is_what_the_market_did_not_do() -> None:
    # Vacancy fell from 50 % to 38 % while the market fell from 30 % to 25 %.
    assert difference_in_differences(0.50, 0.38, 0.30, 0.25) == pytest.approx(-0.07)
    assert math.isnan(difference_in_differences(0.5, math.nan, 0.3, 0.25))


def test_a_rising_market_is_no_merit_and_a_falling_one_no_fault() -> None:
    frame = pd.DataFrame({"b": [10.0, 10.0, np.nan], "a": [12.0, 9.0, 9.0]}, index=list("xyz"))
    market = (
        pd.Series([10.0] * 3, index=list("xyz")),
        pd.Series([12.0, 7.0, 7.0], index=list("xyz")),
    )
    found = difference_in_differences(frame["b"], frame["a"], *market)
    assert found.index.tolist() == list("xyz")
    assert found.tolist()[:2] == [0, 2]
    assert math.isnan(found["z"])


def test_the_ratio_of_sums_is_not_the_mean_of_ratios(oracle: dict[str, Any]) -> None:
    expected = oracle["D4.ratio_of_sums"]
    rd = pd.Series(expected["rd"], dtype="float64")
    revenue = pd.Series(expected["rev"], dtype="float64")
    found = ratio_of_sums(rd, revenue, pd.Series("park", index=rd.index))
    assert found["park"] == pytest.approx(expected["ratio_of_sums"], abs=1e-6)
    assert (rd / revenue).mean() == pytest.approx(expected["mean_of_ratios"], abs=1e-6)


def test_a_missing_part_leaves_the_ratio_of_its_group_unknown() -> None:
    top = pd.Series([1.0, np.nan, 2.0, 1.0, 5.0, 0.0])
    bottom = pd.Series([4.0, 4.0, 4.0, np.nan, 5.0, 0.0])
    groups = pd.Series(["a", "b", "a", "c", None, "d"])
    found = ratio_of_sums(top, bottom, groups)
    assert found.index.tolist() == ["a", "b", "c", "d"]
    assert found["a"] == 3 / 8
    assert found[["b", "c", "d"]].isna().all()


def test_parts_of_different_places_are_refused() -> None:
    one = pd.Series([1.0, 2.0])
    with pytest.raises(ValueError, match="share one index"):
        ratio_of_sums(one, one.set_axis([1, 2]), pd.Series(["a", "a"]))
