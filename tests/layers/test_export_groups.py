"""No number of a small group can be computed from what a public table shows."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from layers.export.groups import HIDDEN
from layers.export.groups import hide_small
from layers.export.groups import total_is_safe


def table(counts: list[Any], *columns: list[Any]) -> pd.DataFrame:
    made = pd.DataFrame({"units": pd.array(counts, dtype="Int64")})
    for number, column in enumerate(columns):
        made[f"v{number}"] = pd.Series(column, dtype="float64")
    return made


def hidden_rows(counts: list[Any], *columns: list[Any], least: int = 3) -> list[int]:
    frame = table(counts, *columns)
    values = [str(name) for name in frame if name != "units"]
    shown = hide_small(frame, count="units", values=values, least=least)
    return np.flatnonzero(shown[HIDDEN]).tolist()


def test_a_table_of_large_groups_stays_whole() -> None:
    frame = table([3, 4, 9], [1.0, 2.0, 3.0])
    shown = hide_small(frame, count="units", values=["v0"])
    pd.testing.assert_frame_equal(shown.drop(columns=HIDDEN), frame)
    assert not shown[HIDDEN].any()
    assert total_is_safe(frame, count="units", values=["v0"])


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    frame = table([9, 2, 5, 7], [90.0, 20.0, 50.0, 70.0])
    before = frame.copy()
    shown = hide_small(frame, count="units", values=["v0"])
    assert shown[HIDDEN].tolist() == [False, True, True, False]
    assert shown["units"].tolist() == [9, pd.NA, pd.NA, 7]
    assert shown["v0"].isna().tolist() == [False, True, True, False]
    assert shown["v0"].dropna().tolist() == [90.0, 70.0]
    pd.testing.assert_frame_equal(frame, before)


def test_groups_that_are_small_together_take_another_with_them() -> None:
    assert hidden_rows([1, 1, 8, 9]) == [0, 1, 2]
    assert hidden_rows([1, 2, 8, 9]) == [0, 1]
    assert hidden_rows([1, 1, 1, 8, 9]) == [0, 1, 2, 3]


def test_an_empty_group_is_no_secret_and_protects_nobody() -> None:
    assert hidden_rows([0, 2, 6, 8]) == [1, 2]
    assert hidden_rows([0, 5, 6]) == []


def test_a_group_of_unknown_size_is_hidden_with_another() -> None:
    assert hidden_rows([None, 6, 8]) == [0, 1]
    assert hidden_rows([None, 2, 6, 8]) == [0, 1, 2]


def test_a_neighbour_that_is_zero_or_unknown_protects_no_value() -> None:
    assert hidden_rows([2, 4, 5, 6], [7.0, 0.0, 3.0, 1.0]) == [0, 1, 2]
    assert hidden_rows([2, 4, 5, 6], [7.0, None, 3.0, 1.0]) == [0, 1, 2]
    assert hidden_rows([1, 2, 5, 6], [0.0, 0.0, 3.0, 1.0]) == [0, 1, 2]


def test_the_threshold_is_a_parameter() -> None:
    assert hidden_rows([4, 5, 9], least=5) == [0, 1]
    assert hidden_rows([1, 2, 9], least=1) == []


@pytest.mark.parametrize(
    ("counts", "values"), [([2], [5.0]), ([1, 1], [5.0, 6.0]), ([2, 4], [0.0, 0.0]), ([None], [1])]
)
def test_a_total_that_gives_all_away_is_called_unsafe(
    counts: list[Any], values: list[float]
) -> None:
    frame = table(counts, values)
    assert not total_is_safe(frame, count="units", values=["v0"])
    assert hide_small(frame, count="units", values=["v0"])[HIDDEN].all()


def test_an_empty_table_has_nothing_to_hide() -> None:
    assert hidden_rows([], []) == []
    assert total_is_safe(table([], []), count="units", values=["v0"])


@pytest.mark.parametrize(
    ("frame", "least", "named"),
    [
        (table([1]), 0, "`least`"),
        (table([-1]), 3, "negative"),
        (table([1]).drop(columns="units"), 3, "no column units"),
    ],
)
def test_wrong_arguments_are_named(frame: pd.DataFrame, least: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        hide_small(frame, count="units", values=[], least=least)


def test_a_reader_who_knows_total_and_threshold_cannot_compute_a_count() -> None:
    """Brute force over all tables of four groups, and over all counts that fit each."""
    hiding = 0
    for counts in product(range(7), repeat=4):
        frame = table(list(counts))
        rows = np.flatnonzero(hide_small(frame, count="units", values=[])[HIDDEN])
        if len(rows) == 0 or not total_is_safe(frame, count="units", values=[]):
            continue
        hiding += 1
        left = sum(counts[row] for row in rows)
        fitting = [
            guess
            for guess in product(range(1, left + 1), repeat=len(rows))
            if sum(guess) == left and min(guess) < 3
        ]
        assert tuple(counts[row] for row in rows) in fitting
        assert all(len(set(column)) > 1 for column in zip(*fitting, strict=True)), counts
    assert hiding > 1000


@settings(derandomize=True, max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 30), st.integers(0, 3)),
        min_size=1,
        max_size=7,
    )
)
def test_linear_programming_leaves_every_small_value_open(
    rows: list[tuple[int, int, int]],
) -> None:
    """The attack of the textbook: least and greatest value that totals and cells allow."""
    counts, *columns = (list(column) for column in zip(*rows, strict=True))
    frame = table(counts, *columns)
    names = ["v0", "v1"]
    if not total_is_safe(frame, count="units", values=names):
        return
    shown = hide_small(frame, count="units", values=names)
    small = [row for row, units in enumerate(counts) if 0 < units < 3]
    assert shown[HIDDEN].to_numpy()[small].all()
    for name in names:
        known = shown[name].notna().to_numpy()
        total = float(frame[name].sum())
        bounds = [
            (v, v if k else None) for v, k in zip(shown[name].fillna(0.0), known, strict=True)
        ]
        for row in small:
            aim = np.zeros(len(rows))
            aim[row] = 1.0
            low, high = (
                sign
                * float(
                    linprog(sign * aim, A_eq=[np.ones(len(rows))], b_eq=[total], bounds=bounds)[
                        "fun"
                    ]
                )
                for sign in (1.0, -1.0)
            )
            assert high - low > 0.5, (name, row)
