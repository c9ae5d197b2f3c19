from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import entropy

from geo.scorecards import ahp_weights
from geo.scorecards import entropy_weights

often = settings(max_examples=50, deadline=None, derandomize=True, database=None)


def test_entropy_of_the_worked_example(oracle: dict[str, Any]) -> None:
    expected = oracle["C3.entropy"]
    found = entropy_weights(expected["X"], expected["benefit"])
    assert found == pytest.approx(expected["weights"], abs=1e-6)


@given(st.integers(0, 10_000))
@often
def test_entropy_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, more = rng.uniform(-5, 5, (7, 4)), rng.random(4) < 0.5
    scaled = np.where(more, x - x.min(axis=0), x.max(axis=0) - x)
    spread = 1 - entropy(scaled, base=7, axis=0)
    assert entropy_weights(x, more) == pytest.approx(spread / spread.sum(), abs=1e-12)


def test_a_constant_criterion_gets_no_weight() -> None:
    found = entropy_weights([[1, 7.1], [2, 7.1], [4, 7.1]], [True, False])
    assert found.tolist() == [1, 0]


def test_zero_times_its_logarithm_is_zero() -> None:
    # One place has everything: its share is 1, the others' 0, and the entropy is 0.
    found = entropy_weights([[0, 1], [0, 2], [9, 4]], [True, True])
    even = 1 - entropy([1, 3], base=3)
    assert found == pytest.approx([1 / (1 + even), even / (1 + even)])


@pytest.mark.parametrize("x", [[[1, 2]], [[1, 2], [1, 2]], [[1, 2], [3, math.nan]], []])
def test_without_a_difference_there_is_no_advice(x: list[list[float]]) -> None:
    assert np.isnan(entropy_weights(np.array(x).reshape(-1, 2), [True, True])).all()


def test_rows_with_gaps_do_not_count() -> None:
    whole = [[1.0, 5.0], [2.0, 9.0], [7.0, 6.0]]
    gaps = [*whole, [math.nan, 100.0], [50.0, math.nan]]
    assert entropy_weights(gaps, [True, False]).tolist() == (
        entropy_weights(whole, [True, False]).tolist()
    )


@pytest.mark.parametrize(("x", "benefit"), [([1, 2], [True]), ([[1, 2], [3, 4]], [True])])
def test_shapes_that_do_not_fit_are_refused(x: Any, benefit: Any) -> None:
    with pytest.raises(ValueError, match=r"`x` must have shape \(n, m\)"):
        entropy_weights(x, benefit)


@pytest.mark.parametrize("name", ["C3.ahp_consistent", "C3.ahp_saaty"])
def test_judgements_of_the_worked_examples(oracle: dict[str, Any], name: str) -> None:
    expected = oracle[name]
    found = ahp_weights(expected["M"])
    assert found.weights == pytest.approx(expected["w"], abs=1e-6)
    assert found.lambda_max == pytest.approx(expected["lambda_max"], abs=1e-6)
    assert found.cr == pytest.approx(expected["CR"], abs=1e-6)
    assert found.ci == pytest.approx(expected.get("CI", 0.0), abs=1e-6)
    assert found.consistent


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=9))
@often
def test_weights_come_back_from_their_own_ratios(weights: list[float]) -> None:
    given_ = np.array(weights) / sum(weights)
    found = ahp_weights(given_[:, None] / given_)
    assert found.weights == pytest.approx(given_, abs=1e-9)
    assert found.cr == pytest.approx(0, abs=1e-9)
    assert found.ci >= 0
    assert found.consistent


def test_judgements_that_go_round_in_a_circle_are_called_so() -> None:
    found = ahp_weights([[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]])
    assert found.weights == pytest.approx([1 / 3] * 3)
    # By hand: λ = 1 + 5 + 1/5, CI = (6.2 - 3) / 2, RI = 0.58.
    assert found.lambda_max == pytest.approx(6.2)
    assert found.cr == pytest.approx(1.6 / 0.58)
    assert not found.consistent


def test_the_limit_of_consistency_is_a_tenth() -> None:
    def cycle(x: float) -> bool:
        return ahp_weights([[1, x, 1 / x], [1 / x, 1, x], [x, 1 / x, 1]]).consistent

    # λ = 1 + x + 1/x, so CR = (x + 1/x - 2) / 1.16; it is 0.10 where x + 1/x = 2.116.
    limit = (2.116 + math.sqrt(2.116**2 - 4)) / 2
    assert cycle(limit - 1e-6)
    assert not cycle(limit + 1e-6)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[1, 2], [2, 1]], "reciprocal"),
        ([[2, 1], [1, 2]], "reciprocal"),
        ([[1, -1], [-1, 1]], "above 0"),
        ([[1, 0], [0, 1]], "above 0"),
        ([[1, math.nan], [math.nan, 1]], "finite"),
        ([[1, math.inf], [0, 1]], "finite"),
        ([[1, 2, 3]], "square"),
        ([1, 2], "square"),
        (np.ones((10, 10)), "1 to 9 criteria"),
        (np.ones((0, 0)), "1 to 9 criteria"),
    ],
)
def test_judgements_that_mean_nothing_are_refused(matrix: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"`matrix` must.*{said}"):
        ahp_weights(matrix)
