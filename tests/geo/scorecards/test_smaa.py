from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from geo.scorecards import Smaa
from geo.scorecards import smaa
from geo.scorecards import topsis
from geo.scorecards.ranking import rank_into

BENEFIT = [False, True, True, False]
WEIGHTS = [0.35, 0.35, 0.15, 0.15]
PARTS = ("rank_low", "rank_high", "rank_mean", "p_worst_third", "p_best_third")
few = settings(max_examples=25, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10_000)


def some(seed: int, places: int = 7, criteria: int = 4) -> tuple[Any, Any, Any, list[str]]:
    """Return values, some open, some that do not apply, weights, and names in no order."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 100, (places, criteria))
    kind = rng.integers(0, 6, low.shape)
    high = np.where(kind == 0, low + rng.uniform(0, 100 - low), low)
    low, high = np.where(kind == 1, 0, low), np.where(kind == 1, 100, high)
    apart = (kind == 2) & (rng.random(low.shape) < 0.4)
    apart[:, 0] = False
    low[apart] = high[apart] = np.nan
    names = [f"n{number}" for number in rng.permutation(places)]
    return low, high, rng.dirichlet(np.ones(criteria)), names


def plain(low: Any, high: Any, weights: Any, draws: int, **how: Any) -> dict[str, Any]:
    """Rank with a loop over the streams that are promised; rows in the order of their names."""
    seed, ranker = how.get("seed", 2026), how.get("ranker", "additive")
    of_weights, of_cells = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    concentration = how.get("concentration", 50.0)
    shape = np.ones(len(weights)) if concentration is None else concentration * weights
    ranks = []
    for _ in range(draws):
        weight = of_weights.dirichlet(shape)
        values = low.copy()
        for i, j in zip(*np.nonzero(high > low), strict=True):
            values[i, j] += of_cells.random() * (high[i, j] - low[i, j])
        if ranker == "topsis":
            outcome = topsis(values, weight, how["benefit"])
        else:
            applies = ~np.isnan(values)
            outcome = np.nansum(values * weight, axis=1) / (applies * weight).sum(axis=1)
        ranks.append(rankdata(-outcome, method="min"))
    table, count = np.array(ranks), len(low)
    ends = np.quantile(table, [0.05, 0.95], axis=0, method="inverted_cdf")
    worst, best = 3 * table > 2 * count, 3 * table <= count
    return dict(
        zip(PARTS, (*ends, table.mean(axis=0), worst.mean(0), best.mean(0)), strict=True),
        acceptability=np.array([(table == rank + 1).mean(axis=0) for rank in range(count)]).T,
    )


def equal(one: Smaa, other: Smaa | dict[str, Any], order: Any = slice(None)) -> None:
    for name in PARTS:
        expected = other[name] if isinstance(other, dict) else getattr(other, name)
        np.testing.assert_allclose(getattr(one, name)[order], expected, rtol=1e-12, err_msg=name)


def test_ranks_of_the_worked_example(oracle: dict[str, Any]) -> None:
    expected = oracle["C4.smaa"]
    found = smaa(
        expected["X"],
        expected["X"],
        WEIGHTS,
        keys=list("abcde"),
        ranker="topsis",
        benefit=BENEFIT,
        acceptability=True,
    )
    within = expected["tol"]
    assert found.rank_mean == pytest.approx(expected["rank_mean"], abs=within)
    intervals = np.stack([found.rank_low, found.rank_high], axis=1)
    assert intervals.tolist() == expected["rank_interval_90"]
    assert found.acceptability is not None
    assert found.acceptability == pytest.approx(
        np.array(expected["rank_acceptability"]), abs=within
    )


def test_a_drawn_weight_spreads_as_said(oracle: dict[str, Any]) -> None:
    # Of two places each best in one criterion, the first leads where the drawn weight is
    # above the other's value: the share of draws is the distribution of the weight.
    expected = oracle["C4.dirichlet_sd"]
    w, c = expected["w"], expected["c"]
    sd = math.sqrt(w * (1 - w) / (c + 1))
    assert sd == pytest.approx(expected["sd"], abs=1e-5)
    limits = [w - sd, w, w + sd]
    values = np.array([[100.0, 0.0], *([100 * limit] * 2 for limit in limits)])
    found = smaa(
        values, values, [w, 1 - w], keys=list("abcd"), draws=20_000, concentration=c,
        acceptability=True,
    )  # fmt: skip
    assert found.acceptability is not None
    beyond = np.cumsum(found.acceptability[0])[:3]
    beta = np.random.default_rng(1).beta(c * w, c * (1 - w), 200_000)
    assert beyond == pytest.approx([(beta > v).mean() for v in reversed(limits)], abs=0.015)


@given(seeds, st.booleans())
@few
def test_the_same_as_a_plain_loop_with_the_same_draws(seed: int, any_weights: bool) -> None:
    low, high, weights, _names = some(seed)
    names = [f"n{number}" for number in range(len(low))]
    concentration = None if any_weights else 20.0
    found = smaa(
        low, high, weights, keys=names, draws=83, seed=seed, concentration=concentration,
        acceptability=True,
    )  # fmt: skip
    expected = plain(low, high, weights, 83, seed=seed, concentration=concentration)
    equal(found, expected)
    assert found.acceptability is not None
    np.testing.assert_allclose(found.acceptability, expected["acceptability"], atol=1e-12)


@given(seeds)
@few
def test_topsis_is_the_same_as_a_plain_loop_too(seed: int) -> None:
    low, high, weights, _names = some(seed)
    low, high = np.nan_to_num(low, nan=5.0), np.nan_to_num(high, nan=5.0)
    names = [f"n{number}" for number in range(len(low))]
    for most in (low, high):
        found = smaa(
            low, most, weights, keys=names, draws=40, seed=3, ranker="topsis", benefit=BENEFIT
        )
        equal(found, plain(low, most, weights, 40, seed=3, ranker="topsis", benefit=BENEFIT))


@given(seeds)
@few
def test_the_order_of_places_and_criteria_changes_no_bit(seed: int) -> None:
    low, high, weights, names = some(seed)
    criteria = ["rent", "tax", "age", "vacancy"]
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(low)), rng.permutation(4)
    one = smaa(low, high, weights, keys=names, criteria=criteria, draws=60)
    turned = np.ix_(rows, columns)
    other = smaa(
        low[turned],
        high[turned],
        weights[columns],
        keys=[names[row] for row in rows],
        criteria=[criteria[column] for column in columns],
        draws=60,
    )
    for name in PARTS:
        assert getattr(one, name)[rows].tobytes() == getattr(other, name).tobytes()


def test_blocks_of_draws_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    low, high, weights, names = some(4)
    one = smaa(low, high, weights, keys=names, draws=101)
    # The package has a function of the same name, so the module is asked for by name.
    monkeypatch.setattr(sys.modules["geo.scorecards.smaa"], "_BLOCK", 40)
    equal(smaa(low, high, weights, keys=names, draws=101), one)


def test_ties_share_the_best_rank_always() -> None:
    values = np.array([[50.0, 20.0], [90.0, 90.0], [50.0, 20.0], [0.0, 0.0]])
    found = smaa(values, values, [1, 1], keys=list("abcd"), draws=500)
    assert found.rank_low.tolist() == found.rank_high.tolist() == [2, 1, 2, 4]
    assert found.rank_mean.tolist() == [2, 1, 2, 4]


def test_places_at_the_best_tie_whatever_applies_to_them() -> None:
    values = np.array([[100.0, 100.0, 100.0], [100.0, np.nan, 100.0], [np.nan, 100.0, np.nan]])
    found = smaa(values, values, [0.3, 0.3, 0.4], keys=list("abc"), draws=2000)
    assert found.rank_high.tolist() == [1, 1, 1]
    assert found.rank_mean.tolist() == [1, 1, 1]


def test_a_place_better_in_everything_is_first_whatever_the_weights() -> None:
    rng = np.random.default_rng(2)
    values = np.vstack([rng.uniform(0, 80, (8, 5)), np.full((1, 5), 81.0)])
    found = smaa(values, values, np.ones(5), keys=list("abcdefghi"), concentration=None, draws=500)
    assert (found.rank_low[8], found.rank_high[8], found.p_best_third[8]) == (1, 1, 1)
    assert found.p_worst_third[8] == 0
    assert found.p_worst_third.sum() == pytest.approx(3)
    assert found.p_best_third.sum() == pytest.approx(3)


def test_a_place_that_is_not_known_may_have_any_rank() -> None:
    values = np.array([[20.0], [40.0], [60.0], [80.0], [0.0]])
    high = values.copy()
    high[4] = 100
    found = smaa(values, high, [1], keys=list("abcde"), draws=4000, acceptability=True)
    assert (found.rank_low[4], found.rank_high[4]) == (1, 5)
    assert found.acceptability is not None
    assert found.acceptability[4] == pytest.approx([0.2] * 5, abs=0.03)


def test_a_place_to_which_nothing_applies_is_not_ranked() -> None:
    values = np.array([[10.0, 5.0], [np.nan, np.nan], [30.0, np.nan], [np.nan, 70.0]])
    found = smaa(values, values, [1, 0], keys=list("abcd"), draws=50, acceptability=True)
    # The last two: only a criterion without weight applies to the fourth.
    assert found.rank_mean[[0, 2]].tolist() == [2, 1]
    for name in PARTS:
        assert np.isnan(getattr(found, name)[[1, 3]]).all()
    assert found.acceptability is not None
    assert found.acceptability[0].tolist()[:2] == [0, 1]
    assert np.isnan(found.acceptability[1]).all()


@pytest.mark.parametrize("places", [0, 1])
def test_no_place_and_one_place(places: int) -> None:
    values = np.full((places, 2), 5.0)
    found = smaa(values, values, [1, 1], keys=["x"] * places, draws=10)
    assert found.rank_low.tolist() == found.rank_high.tolist() == [1] * places


def test_a_weight_of_zero_stays_zero() -> None:
    values = np.array([[10.0, 99.0], [20.0, 0.0]])
    found = smaa(values, values, [1, 0], keys=["a", "b"], draws=300, concentration=None)
    assert found.rank_mean.tolist() == [2, 1]


@pytest.mark.parametrize("draws", [1, 2, 19, 20, 21, 999])
def test_the_interval_is_the_inverted_distribution(draws: int) -> None:
    low, high, weights, _names = some(9)
    names = [f"n{number}" for number in range(len(low))]
    equal(
        smaa(low, high, weights, keys=names, draws=draws, concentration=5.0),
        plain(low, high, weights, draws, concentration=5.0),
    )


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=30))
@few
def test_ranks_are_those_of_scipy(numbers: list[int]) -> None:
    score = np.array([numbers]) / 4.0
    ranks = np.zeros(score.shape, dtype=np.uint16)
    rank_into(score, ranks)
    assert ranks[0].tolist() == rankdata(-score[0], method="min").tolist()


def test_more_places_than_a_short_number_counts() -> None:
    values = np.linspace(0, 100, 70_000)[:, None]
    found = smaa(values, values, [1], keys=[f"{n:05d}" for n in range(70_000)], draws=2)
    assert found.rank_mean[[0, -1]].tolist() == [70_000, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"draws": 0}, "`draws` must be at least 1"),
        ({"seed": -1}, "`seed` must be at least 0"),
        ({"concentration": 0.0}, "`concentration` must be above 0"),
        ({"concentration": math.nan}, "`concentration` must be above 0"),
        ({"ranker": "borda"}, "`ranker` must be additive or topsis"),
        ({"weights": [1, -1]}, "`weights` must be"),
        ({"weights": [0, 0]}, "`weights` must be"),
        ({"weights": [1, 1, 1]}, "`low` and `high` must have shape"),
        ({"keys": ["a"]}, "`low` and `high` must have shape"),
        ({"keys": ["a", "a"]}, "`keys` and `criteria` must each be different"),
        ({"criteria": ["k", "k"]}, "`keys` and `criteria` must each be different"),
        ({"criteria": ["k"]}, "one entry a weight"),
        ({"benefit": [True]}, "one entry a weight"),
        ({"high": [[1, 2], [3, 3]]}, "`low` must not be above `high`"),
        ({"high": [[1, 2], [3, math.nan]]}, "only one of them be NaN"),
        ({"high": [[1, 2], [3, math.inf]]}, "must be finite"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    values = [[1, 2], [3, 4]]
    given_: dict[str, Any] = {"low": values, "high": values, "weights": [1, 1], "keys": ["a", "b"]}
    with pytest.raises(ValueError, match=said):
        smaa(**given_ | change)


def test_topsis_needs_every_cell_to_apply() -> None:
    values = [[1.0, math.nan], [3.0, 4.0]]
    with pytest.raises(ValueError, match="no NaN for the ranker topsis"):
        smaa(values, values, [1, 1], keys=["a", "b"], ranker="topsis")


def test_nothing_tells_equal_places_apart_by_closeness() -> None:
    values = [[3.0, 4.0]] * 3
    found = smaa(values, values, [1, 1], keys=list("abc"), ranker="topsis", draws=10)
    assert found.rank_mean.tolist() == [1, 1, 1]
