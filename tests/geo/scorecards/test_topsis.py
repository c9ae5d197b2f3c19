from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.scorecards import ideal_of
from geo.scorecards import topsis

BENEFIT = [False, True, True, False]
WEIGHTS = [0.35, 0.35, 0.15, 0.15]
often = settings(max_examples=50, deadline=None, derandomize=True, database=None)


def test_closeness_of_the_worked_examples(oracle: dict[str, Any]) -> None:
    expected = oracle["C3.topsis"]
    found = topsis(oracle["C3.entropy"]["X"], expected["weights"], BENEFIT)
    assert found == pytest.approx(expected["closeness"], abs=1e-6)
    assert np.argsort(-found).tolist() == expected["ranks_best_first"]
    other = oracle["C4.smaa"]
    assert topsis(other["X"], WEIGHTS, BENEFIT) == pytest.approx(other["base_closeness"], abs=1e-6)


@given(st.integers(0, 10_000))
@often
def test_closeness_agrees_with_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, weights, more = rng.uniform(-3, 9, (6, 3)), rng.uniform(0.1, 4, 3), rng.random(3) < 0.5
    scaled = [[x[i, j] * weights[j] / math.hypot(*x[:, j]) for j in range(3)] for i in range(6)]
    columns = list(zip(*scaled, strict=True))
    best = [max(c) if up else min(c) for c, up in zip(columns, more, strict=True)]
    worst = [min(c) if up else max(c) for c, up in zip(columns, more, strict=True)]
    expected = [
        math.dist(line, worst) / (math.dist(line, worst) + math.dist(line, best)) for line in scaled
    ]
    assert topsis(x, weights, more) == pytest.approx(expected, abs=1e-12)


def test_a_kept_ideal_keeps_the_closeness_when_a_place_is_added(oracle: dict[str, Any]) -> None:
    x = oracle["C3.entropy"]["X"]
    kept = ideal_of(x, BENEFIT)
    more = [*x, [1.0, 9000.0, 9.0, 1.0]]
    now = topsis(x, WEIGHTS, BENEFIT)
    assert topsis(more, WEIGHTS, BENEFIT, kept)[:5].tolist() == now.tolist()
    assert np.abs(topsis(more, WEIGHTS, BENEFIT)[:5] - now).max() > 0.1


def test_a_gap_has_no_closeness_and_leaves_the_others_alone(oracle: dict[str, Any]) -> None:
    x = oracle["C3.entropy"]["X"]
    found = topsis([*x, [math.nan, 9e9, 1.0, 1.0]], WEIGHTS, BENEFIT)
    assert found[:5].tolist() == topsis(x, WEIGHTS, BENEFIT).tolist()
    assert math.isnan(found[5])


def test_a_criterion_of_zeros_says_nothing() -> None:
    assert topsis([[0, 1], [0, 3]], [1, 1], [True, True]).tolist() == [0, 1]


@pytest.mark.parametrize("x", [[[3.0, 4.0]], [[3.0, 4.0]] * 3, [[math.nan, 1.0]]])
def test_without_a_difference_nothing_is_closer(x: list[list[float]]) -> None:
    assert np.isnan(topsis(x, [1, 1], [True, True])).all()


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, math.nan], [1, math.inf]])
def test_weights_that_mean_nothing_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="`weights` must be 2 numbers"):
        topsis([[1, 2], [3, 4]], weights, [True, True])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="`benefit` shape"):
        topsis([[1, 2], [3, 4]], [1, 1], [True])
