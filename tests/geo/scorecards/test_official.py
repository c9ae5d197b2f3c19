from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.scorecards import base_value_score
from geo.scorecards import quantile_grades


@pytest.mark.parametrize(("cap", "name"), [(None, "score_uncapped"), (1.5, "score_capped_150pct")])
def test_base_values_of_the_published_example(
    oracle: dict[str, Any], cap: float | None, name: str
) -> None:
    expected = oracle["C5.huangyan_score"]
    firm = pd.DataFrame([expected["firm"]], index=["f"]).astype("float64")
    found = base_value_score(
        firm,
        expected["base"],
        expected["weights"],
        cap=cap,
        peers={"单位排放增加值": expected["peer_mean_emission_score"]},
    )
    assert found["f"] == pytest.approx(expected[name], abs=1e-4)


def test_a_missing_item_gets_the_mean_score_of_the_firms_that_report() -> None:
    firms = pd.DataFrame({"tax": [10.0, 20.0, np.nan], "rd": [1.0, 1.0, 2.0]}, index=list("xyz"))
    found = base_value_score(firms, {"tax": 10, "rd": 1}, {"tax": 60, "rd": 40})
    # Tax scores 60 and 120, so the third gets 90.
    assert found.tolist() == [100, 160, 170]
    capped = base_value_score(firms, {"tax": 10, "rd": 1}, {"tax": 60, "rd": 40}, cap=1.5)
    assert capped.tolist() == [100, 130, 75 + 60]


def test_an_item_that_nobody_reports_leaves_no_score() -> None:
    firms = pd.DataFrame({"tax": [np.nan], "rd": [1.0]})
    assert math.isnan(base_value_score(firms, {"tax": 1, "rd": 1}, {"tax": 5, "rd": 5})[0])


@pytest.mark.parametrize(
    ("base", "weights", "cap", "said"),
    [
        ({"tax": 1}, {"rd": 1}, None, "same items"),
        ({"gdp": 1}, {"gdp": 1}, None, "same items"),
        ({}, {}, None, "same items"),
        ({"tax": 0}, {"tax": 1}, None, "`base` must be"),
        ({"tax": math.nan}, {"tax": 1}, None, "`base` must be"),
        ({"tax": 1}, {"tax": -1}, None, "`weights` must be"),
        ({"tax": 1}, {"tax": 1}, 0.0, "`cap` must be above 0"),
    ],
)
def test_base_values_that_mean_nothing_are_refused(
    base: dict[str, float], weights: dict[str, float], cap: float | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        base_value_score(pd.DataFrame({"tax": [1.0], "rd": [1.0]}), base, weights, cap=cap)


def test_quantile_grades_of_the_published_example(oracle: dict[str, Any]) -> None:
    expected = oracle["C6.abcd_quantile"]
    scores = pd.Series(expected["scores"], dtype="float64")
    for order in (np.arange(20), np.random.default_rng(1).permutation(20)):
        found = quantile_grades(scores.iloc[order], expected["cuts"]).sort_index()
        assert "".join(found) == expected["labels"]


def test_ties_share_the_best_rank_and_unknown_scores_none() -> None:
    scores = pd.Series([5.0, 5.0, np.nan, 1.0, 0.0], index=list("vwxyz"))
    found = quantile_grades(scores, (0.25, 0.75), ("H", "M", "L"))
    assert found.to_dict() == {"v": "H", "w": "H", "x": "", "y": "M", "z": "L"}


def test_no_scores_no_grades() -> None:
    assert quantile_grades(pd.Series([np.nan, np.nan])).tolist() == ["", ""]


@pytest.mark.parametrize(
    ("cuts", "labels"),
    [((0.5, 0.2), "ABC"), ((0.0, 0.5), "ABC"), ((0.5, 1.0), "ABC"), ((0.5,), "ABC"), ((), "A")],
)
def test_cuts_that_mean_nothing_are_refused(cuts: tuple[float, ...], labels: str) -> None:
    with pytest.raises(ValueError, match="`cuts` must rise"):
        quantile_grades(pd.Series([1.0, 2.0]), cuts, labels)
