from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.scorecards import influence
from geo.scorecards import score
from tests.geo.scorecards import cards
from tests.geo.scorecards.cards import table

EVEN = {"a": 40.0, "b": 30.0, "c": 20.0, "d": 10.0}
ROWS: dict[str, list[float | None]] = {
    "x": [50, 90, 10, 50],
    "y": [60, 50, None, 50],
    "z": [40, 50, 50, 50],
}


def found(rows: dict[str, list[float | None]], most: int = 3) -> pd.DataFrame:
    frame = table(rows)
    return influence(score(frame, frame, cards.card(EVEN)), most)


def test_points_above_and_below_the_median_of_the_class() -> None:
    x = found(ROWS)[lambda t: t["subject_id"] == "x"]
    # Medians: a 50, b 50, c 30 (of two), d 50.
    assert x["rank"].tolist() == [1, 2, 3]
    assert x["criterion"].tolist() == ["b", "c", "a"]
    assert x["effect"].tolist() == pytest.approx([12, -4, 0])
    assert not x["open"].any()


def test_a_gap_counts_for_half_its_open_points() -> None:
    y = found(ROWS)[lambda t: t["subject_id"] == "y"]
    assert y["criterion"].tolist() == ["c", "a", "b"]
    assert y["effect"].tolist() == pytest.approx([10, 4, 0])
    assert y["open"].tolist() == [True, False, False]


def test_what_does_not_apply_has_no_influence() -> None:
    frame = table(ROWS)
    states = pd.DataFrame({"b": ["not_applicable"]}, index=["x"])
    rows = influence(score(frame, frame, cards.card(EVEN), states=states), most=9)
    x = rows[rows["subject_id"] == "x"].set_index("criterion")
    assert sorted(x.index) == ["a", "c", "d"]
    # The weights of the others grow: 20 of 70.
    assert x.loc["c", "effect"] == pytest.approx(-20 * 20 / 70)


def test_the_order_of_places_and_criteria_changes_nothing() -> None:
    frame = table({**ROWS, "w": [50, 50, 30, 50]})
    turned = cards.card({key: EVEN[key] for key in "dbca"})
    one = influence(score(frame, frame, cards.card(EVEN)))
    other = influence(score(frame.iloc[::-1], frame.iloc[::-1], turned))
    assert one["subject_id"].unique().tolist() == ["x", "y", "z", "w"]
    assert other["subject_id"].unique().tolist() == ["w", "z", "y", "x"]
    by = ["subject_id", "rank"]
    pd.testing.assert_frame_equal(
        one.sort_values(by, ignore_index=True), other.sort_values(by, ignore_index=True)
    )
    assert one[one["subject_id"] == "w"]["criterion"].tolist() == ["a", "b", "c"]


def test_nothing_known_is_all_open() -> None:
    rows = found({"x": [None] * 4}, most=4)
    assert rows["criterion"].tolist() == list("abcd")
    assert rows["effect"].tolist() == pytest.approx([20, 15, 10, 5])
    assert rows["open"].all()
    assert len(found({})) == 0


def test_less_than_one_criterion_is_refused() -> None:
    with pytest.raises(ValueError, match="`most` must be at least 1"):
        found(ROWS, 0)


def test_alone_in_its_class_a_place_is_the_median() -> None:
    assert np.allclose(found({"x": [10, 20, 30, 40]})["effect"], 0)
