from __future__ import annotations

import re
from itertools import combinations
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from mapclassify import FisherJenks
from mapclassify import HeadTailBreaks

from layers.breaks import MOST_POSITIONS
from layers.breaks import SCHEMES
from layers.breaks import Breaks
from layers.breaks import find_breaks
from layers.breaks import jenks_limits
from layers.breaks import known_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EVERY_SCHEME = pytest.mark.parametrize("scheme", SCHEMES)
SETTINGS = settings(max_examples=200, deadline=None)


def _classes(breaks: Breaks, values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.searchsorted(breaks.edges[1:], values, side="left")


def _sizes(breaks: Breaks, values: Sequence[float]) -> list[int]:
    numbers = _classes(breaks, np.array(values, dtype=float))
    return [int(size) for size in np.bincount(numbers, minlength=len(breaks.edges) - 1)]


def _find(values: Sequence[float], scheme: str, count: int = 5, *, whole: bool = False) -> Breaks:
    return find_breaks(np.array(values, dtype=float), scheme, count, whole=whole)


def _english(breaks: Breaks) -> list[str]:
    return [label.en for label in breaks.labels()]


# --- Fisher-Jenks -------------------------------------------------------------------


def _squares(values: NDArray[np.float64], cuts: tuple[int, ...]) -> float:
    parts = np.split(values, cuts)
    return float(sum(((part - part.mean()) ** 2).sum() for part in parts))


def _least_squares(values: NDArray[np.float64], classes: int) -> float:
    """The least squares of all ways to cut ascending values, tried one by one."""
    places = range(1, len(values))
    return min(_squares(values, cuts) for cuts in combinations(places, classes - 1))


def _jenks(values: Sequence[float], classes: int) -> list[float]:
    distinct, counts = np.unique(np.array(values, dtype=float), return_counts=True)
    return [float(limit) for limit in jenks_limits(distinct, counts, classes)]


def test_jenks_by_hand() -> None:
    # Two classes of 4, 5, 9, 10: {4} leaves 0 + 14, {4, 5} leaves 0.5 + 0.5,
    # {4, 5, 9} leaves 14 + 0; so 1 of the 26 squares around the mean of 7 is left.
    assert _jenks([4, 5, 9, 10], 2) == [5, 10]
    # Three classes of 1, 2, 4, 5, 7, 9, 10, 20: the last is alone; of the cuts of
    # 1 to 10 the one after 5 leaves 10 + 14/3, after 4 leaves 14/3 + 14.75.
    assert _jenks([20, 1, 9, 2, 7, 4, 5, 10], 3) == [5, 10, 20]


def test_jenks_counts_how_often_a_value_occurs() -> None:
    # Once each: {1} 0 + {4, 8} 8 beats {1, 4} 4.5 + {8} 0? No: 4.5 is less.
    assert _jenks([1, 4, 8], 2) == [4, 8]
    # Ten ones weigh: {1 x 10, 4} leaves 90/11 = 8.18, {4, 8} leaves 8.
    assert _jenks([1] * 10 + [4, 8], 2) == [1, 8]


@SETTINGS
@given(st.lists(st.integers(-50, 50), min_size=5, max_size=11), st.integers(2, 4))
def test_jenks_is_the_best_of_all_ways_to_cut(values: list[int], classes: int) -> None:
    ordered = np.sort(np.array(values, dtype=float))
    if len(np.unique(ordered)) < classes:
        return
    limits = _jenks(values, classes)
    cuts = tuple(np.searchsorted(ordered, limits[:-1], side="right").tolist())
    assert _squares(ordered, cuts) == pytest.approx(_least_squares(ordered, classes), abs=1e-6)


@pytest.mark.filterwarnings("ignore:Numba not installed")
@pytest.mark.parametrize("seed", range(6))
def test_jenks_agrees_with_mapclassify(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=60)
    assert _jenks(values.tolist(), 5) == pytest.approx(FisherJenks(values, k=5).bins)


def test_jenks_keeps_small_differences_of_large_numbers() -> None:
    # In single precision all of these squares are the same number.
    values = [1e7 + offset for offset in (0, 1, 2, 50, 51, 52, 100, 101, 102)]
    assert _jenks(values, 3) == [1e7 + 2, 1e7 + 52, 1e7 + 102]


def test_jenks_of_many_values_is_the_same_every_time_and_near_the_exact_one() -> None:
    rng = np.random.default_rng(7)
    values = np.concatenate([rng.normal(mean, 1, 5_000) for mean in (0, 20, 40)])
    assert len(np.unique(values)) > MOST_POSITIONS
    first, again = (_find(values.tolist(), "fisher_jenks", 3) for _ in range(2))
    assert first == again
    assert _sizes(first, values.tolist()) == [5_000, 5_000, 5_000]
    assert first.note is not None
    assert "15,000" in first.note.en


# --- Other schemes ------------------------------------------------------------------


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(1).integers(0, 10_000, 500).astype(float)
    found = find_breaks(values, "quantiles", 4)
    expected = np.quantile(values, [0.25, 0.5, 0.75])
    assert found.edges[1:-1] == pytest.approx(expected, abs=50)  # kept: three digits of the range
    assert _sizes(found, values.tolist()) == pytest.approx([125] * 4, abs=6)


def test_equal_intervals_are_equal() -> None:
    found = _find([0, 3, 5, 7, 10], "equal_interval", 5)
    # The first class has one member, 0; the others end with 4, 6, 8 and 10.
    assert found.edges == (0, 2, 4, 6, 8, 10)


def test_equal_intervals_without_a_member_are_left_out_and_it_is_said() -> None:
    found = _find([0, 1, 2, 100], "equal_interval", 5)
    assert list(found.edges) == [0, 20, 100]
    assert found.note is not None
    assert "2, not 5" in found.note.en
    assert "不是 5" in found.note.zh


def test_pretty_breaks_are_round() -> None:
    values = np.random.default_rng(3).uniform(0, 97, 300)
    assert find_breaks(values, "pretty", 5).edges[1:-1] == (20, 40, 60, 80)


def test_std_mean_cuts_at_one_and_two_deviations() -> None:
    values = np.random.default_rng(4).normal(100, 10, 2_000)
    mean, deviation = values.mean(), values.std(ddof=1)
    expected = [mean + n * deviation for n in (-2, -1, 1, 2)]
    assert find_breaks(values, "std_mean", 5).edges[1:-1] == pytest.approx(expected, abs=1)


def test_head_tail_cuts_at_the_mean_of_what_is_above_the_mean() -> None:
    values = [1] * 8 + [2] * 4 + [8, 32]
    # Mean 56/14 = 4; above it 8 and 32 with mean 20; above that one value is left.
    found = _find(values, "head_tail_breaks")
    assert found.edges == (1, 4, 20, 32)


def test_head_tail_ends_where_a_mean_is_rounded_below_its_values() -> None:
    assert np.mean([0.1] * 6) < 0.1
    found = _find([0.0, *[0.1] * 6], "head_tail_breaks")
    assert _sizes(found, [0.0, *[0.1] * 6]) == [1, 6]


@pytest.mark.parametrize("seed", range(4))
def test_head_tail_agrees_with_mapclassify(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(3, 1, 60)
    limits = HeadTailBreaks(values).bins[:6]
    found = find_breaks(values, "head_tail_breaks", 5)
    expected = np.bincount(np.searchsorted(limits, values), minlength=len(limits))
    assert _sizes(found, values.tolist()) == [int(size) for size in expected if size]


def test_a_long_tail_has_at_most_seven_classes() -> None:
    values = [2.0**n for n in range(20) for _ in range(2 ** (20 - n))]
    assert len(_find(values[:], "head_tail_breaks").edges) - 1 == 7


@EVERY_SCHEME
def test_an_unknown_number_of_classes_never_exceeds_seven(scheme: str) -> None:
    values = np.random.default_rng(5).uniform(0, 1, 400)
    for count in range(3, 8):
        assert 1 <= len(find_breaks(values, scheme, count).edges) - 1 <= 7


# --- Ugly columns -------------------------------------------------------------------


@EVERY_SCHEME
def test_a_constant_column_is_one_class_and_it_is_said(scheme: str) -> None:
    found = _find([7.5, 7.5, 7.5], scheme)
    assert found.edges == (7.5, 7.5)
    assert _english(found) == ["7.5"]
    assert found.note is not None


@pytest.mark.parametrize("scheme", ["quantiles", "fisher_jenks"])
def test_fewer_values_than_classes_give_a_class_for_each(scheme: str) -> None:
    found = _find([1, 2, 2, 9], scheme, 7, whole=True)
    assert _sizes(found, [1, 2, 2, 9]) == [1, 2, 1]
    assert found.note is not None
    assert "3, not 7" in found.note.en


@EVERY_SCHEME
def test_unknown_and_infinite_values_change_nothing(scheme: str) -> None:
    known = [3.0, 8.0, 1.0, 9.0, 4.0, 4.5]
    more = [*known, float("nan"), float("inf"), float("-inf"), 1e301]
    assert _find(more, scheme) == _find(known, scheme)


@EVERY_SCHEME
@pytest.mark.parametrize("values", [[], [float("nan")], [float("inf")]])
def test_nothing_known_is_an_error(scheme: str, values: list[float]) -> None:
    with pytest.raises(ValueError, match="no number is known"):
        _find(values, scheme)


def test_an_unknown_scheme_is_an_error() -> None:
    with pytest.raises(KeyError, match="rainbow"):
        _find([1, 2], "rainbow")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, None, 3], dtype="Int64"), [1, np.nan, 3]),
        (pd.Series([1.5, np.inf, -np.inf]), [1.5, np.nan, np.nan]),
        (pd.Series(["2", "x", None], dtype=object), [2, np.nan, np.nan]),
        (pd.Series([None, None], dtype=object), [np.nan, np.nan]),
        (pd.Series([], dtype="float64"), []),
        (pd.Series([-0.0, 1e301]), [0, np.nan]),
    ],
)
def test_what_is_no_number_is_unknown_and_never_zero(
    column: pd.Series, expected: list[float]
) -> None:
    np.testing.assert_array_equal(known_numbers(column), expected)


# --- Labels and rounding ------------------------------------------------------------

# A number as a label writes it, with an exponent when it is far from one.
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")


def _interval(label: str) -> tuple[bool, float, float]:
    """Read a label as a person does: whether its lower limit is left out, both limits."""
    numbers = [float(text.replace(",", "")) for text in _NUMBER.findall(label)]
    return label.startswith(">"), numbers[0], numbers[-1]


NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.floats(0, 1).map(lambda x: round(x, 3)),
    st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.3, 1 / 3, 1e-9, 1e9, 123456.789]),
    st.floats(allow_nan=False, allow_infinity=False),
)
COLUMNS = st.lists(NUMBERS, min_size=1, max_size=40) | st.builds(
    lambda start, steps: (start + np.cumsum(steps)).tolist(),
    st.sampled_from([0.0, 1.0, 1e6, -1e6]),
    st.lists(st.sampled_from([1e-10, 1e-3, 0.01, 1.0]), min_size=1, max_size=30),
)


def _check_labels(values: list[float], scheme: str, count: int, *, whole: bool) -> None:
    column = np.array(values)
    column = column[np.abs(column) <= 1e300]
    if not column.size:
        return
    found = find_breaks(column, scheme, count, whole=whole)
    labels = found.labels()
    assert [len(labels)] == [len(found.edges) - 1] == [len(_sizes(found, column.tolist()))]
    assert min(_sizes(found, column.tolist())) > 0
    assert list(found.edges[1:]) == sorted(set(found.edges[1:]))
    for language in ("zh", "en"):
        limits = [_interval(label.get(language)) for label in labels]
        for value, place in zip(column.tolist(), _classes(found, column).tolist(), strict=True):
            opened, low, high = limits[place]
            assert low < value <= high if opened else low <= value <= high
        for (_, low, high), (opened, later, _later_high) in pairwise(limits):
            assert low <= high
            assert high <= later if opened else high < later  # no number has two classes


@SETTINGS
@example([0.1, 0.2, 0.3, 0.30000000000000004], "quantiles", 5)
@example([5e-324, 1e-323, 1.5e-323, 2e-323], "equal_interval", 3)
@example([1e300, -1e300, 5.0], "std_mean", 3)
@example([1.0, 1.0000000000000002, 1.0000000000000004], "pretty", 5)
@example([-1.0, -1.0, 0.0, 1.0], "fisher_jenks", 3)
@example([1000000.0000000001, 1000000.0000000002], "head_tail_breaks", 3)
@given(COLUMNS, st.sampled_from(list(SCHEMES)), st.integers(3, 7))
def test_every_value_lies_in_the_class_whose_label_it_has(
    values: list[float], scheme: str, count: int
) -> None:
    _check_labels(values, scheme, count, whole=False)


@SETTINGS
@given(
    st.lists(st.integers(-(2**53), 2**53) | st.integers(-30, 30), min_size=1, max_size=40),
    st.sampled_from(list(SCHEMES)),
    st.integers(3, 7),
)
def test_every_whole_number_lies_in_the_class_whose_label_it_has(
    values: list[int], scheme: str, count: int
) -> None:
    _check_labels([float(value) for value in values], scheme, count, whole=True)


@pytest.mark.parametrize(
    ("values", "whole", "expected"),
    [
        ([1, 3, 10, 12, 30], True, ["1 – 3", "4 – 12", "13 – 30"]),
        ([1, 2, 3], True, ["1", "2", "3"]),
        ([1200.4, 3400, 5600, 99000], False, ["1,200 – 3,400", "> 3,400 – 5,600", None]),
        ([-3, -1, 2.5], False, ["-3.0", "> -3.0 to -1.0", "> -1.0 to 2.5"]),
        ([0.12, 0.5, 0.98], False, ["0.12", "> 0.12 – 0.50", "> 0.50 – 0.98"]),
    ],
)
def test_labels_are_short_and_do_not_overlap(
    values: list[float], whole: bool, expected: list[str | None]
) -> None:
    labels = _english(_find(values, "fisher_jenks", 3, whole=whole))
    assert [a for a, b in zip(labels, expected, strict=True) if b is not None] == [
        b for b in expected if b is not None
    ]


def test_years_have_no_thousands_separator_and_areas_have_one() -> None:
    found = _find([1987, 1990, 2010, 2024], "fisher_jenks", 3, whole=True)
    assert found.labels(grouping=False)[0].en == "1987 – 1990"
    assert found.labels()[0].zh == "1,987 – 1,990"


def test_rounding_moves_few_rows() -> None:
    # A limit of 12.3 would move the sixty rows of 12.3456 to the other class.
    values = [1.0, 2.0] * 5 + [12.3456] * 60 + [12.3457] * 20 + [50.0, 90.0] * 5
    found = _find(values, "quantiles", 3)
    assert list(found.edges[1:-1]) == [12.3456]
    assert _sizes(found, values) == [70, 30]


def test_a_rounder_limit_is_taken_where_no_row_lies_between() -> None:
    # Fisher-Jenks ends a class with 1,427.30869; 1,500 divides the rows just as well.
    values = [198.11298, 1427.30869, 3101.75112, 5425.39623, 8157.75523, 10873.28144]
    found = _find(values, "fisher_jenks", 3)
    assert all(limit % 100 == 0 for limit in found.edges[1:-1])
    assert _sizes(found, values) == [2, 2, 2]
