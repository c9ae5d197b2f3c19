from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.scorecards import Grade
from geo.scorecards import Scorecard
from geo.scorecards import Scores
from geo.scorecards import compare
from geo.scorecards import score
from geo.scorecards.compare import PARTS
from geo.scorecards.compare import movements
from tests.geo.scorecards import cards
from tests.geo.scorecards.cards import table

EVEN = {"a": 40.0, "b": 30.0, "c": 20.0, "d": 10.0}
CARD = cards.card(EVEN)
often = settings(max_examples=20, deadline=None, derandomize=True, database=None)


def scored(values: list[float | None], made: Scorecard = CARD, **more: Any) -> Scores:
    frame = table({"x": values})
    return score(frame, frame, made, **more)


def row(before: Scores, after: Scores) -> dict[str, Any]:
    found = compare(before, after)
    assert found["subject_id"].tolist() == ["x"]
    return {str(name): value for name, value in found.iloc[0].items()}


def said(before: Scores, after: Scores) -> tuple[bool, str, float, str]:
    found = row(before, after)
    return found["changed"], found["criterion"], round(found["effect"], 6), found["by"]


def test_nothing_moved() -> None:
    assert said(scored([80, 80, 80, 80]), scored([80, 80, 80, 80])) == (False, "", 0, "")


def test_the_value_that_cost_the_grade_is_named() -> None:
    found = row(scored([80, 80, 80, 80]), scored([40, 90, 80, 90]))
    # a: -16, b: +3, d: +1.
    assert (found["grade_before"], found["grade_after"]) == ("良", "合格")
    assert (found["score_low_before"], found["score_high_after"]) == pytest.approx((80, 68))
    assert found["changed"]
    assert (found["criterion"], found["by"]) == ("a", "value")
    assert found["effect"] == pytest.approx(-16)


def test_the_largest_movement_the_other_way_is_not_the_cause() -> None:
    # a +8, but b -9 and c -6 won.
    assert said(scored([60, 80, 80, 80]), scored([80, 50, 50, 80])) == (True, "b", -9, "value")


def test_anchors_that_moved_are_told_from_values_that_moved() -> None:
    harder = cards.card(
        [cards.criterion("a", 40, ((0.0, 0.0), (200.0, 100.0)))]
        + [cards.criterion(key, weight) for key, weight in EVEN.items() if key != "a"]
    )
    assert said(scored([80] * 4), scored([80] * 4, harder)) == (True, "a", -16, "points")
    # Here the value did more than the anchors: 100 -> 150 of 200.
    assert said(scored([40, 80, 80, 80]), scored([160, 80, 80, 80], harder)) == (
        True, "a", 16, "value",
    )  # fmt: skip


def test_more_weight_on_a_weak_criterion_is_what_lowered_the_score() -> None:
    heavy = CARD.with_weights({"a": 140.0}, "+a")
    before, after = scored([40, 90, 90, 90]), scored([40, 90, 90, 90], heavy)
    found = row(before, after)
    # Before .4 · 40 + .6 · 90 = 70, after .7 · 40 + .3 · 90 = 55.
    assert (found["score_low_before"], found["score_low_after"]) == pytest.approx((70, 55))
    assert (found["changed"], found["criterion"], found["by"]) == (True, "a", "weight")
    # A third more of the weight lies 22.5 below the mean of the place.
    assert found["effect"] == pytest.approx(0.3 * (40 - 62.5))


def test_a_gap_that_undid_the_grade_is_named() -> None:
    assert said(scored([80] * 4), scored([80, 80, None, 80])) == (True, "c", 20, "missing")
    # Even if the middle of the interval stands where the value was.
    gap = scored([80, 80, None, 80]), scored([80, 80, 50, 80])
    assert said(*gap[::-1]) == (True, "c", 20, "missing")
    assert said(*gap) == (True, "c", -20, "missing")


def test_a_gap_that_moved_a_decided_grade_is_named() -> None:
    sure = cards.card(EVEN, grades=(Grade("top", "top", 55.0), Grade("rest", "rest", 0.0)))
    found = row(scored([50, 50, 50, 50], sure), scored([70, 50, 50, None], sure))
    assert (found["grade_before"], found["grade_after"]) == ("rest", "")
    assert (found["criterion"], found["by"]) == ("d", "missing")


def test_other_limits_alone_are_called_so() -> None:
    strict = replace(CARD, grades=(Grade("优", "e", 90.0), *CARD.grades[1:]))
    assert said(scored([88] * 4), scored([88] * 4, strict)) == (True, "", 0, "grades")
    lax = replace(CARD, evidence_share=0.5, grades=(Grade("all", "all", 0.0),))
    tight = replace(lax, evidence_share=0.9)
    gap: list[float | None] = [80, 80, None, 80]
    assert said(scored(gap, lax), scored(gap, tight)) == (True, "", 0, "grades")


def test_a_place_that_stopped_being_new_is_called_so() -> None:
    before = scored([80] * 4, age_months=pd.Series({"x": 13.0}))
    after = scored([82] * 4, age_months=pd.Series({"x": 25.0}))
    assert said(before, after) == (True, "", 0, "age")


def test_a_criterion_that_one_card_does_not_have_acts_by_its_weight() -> None:
    fewer = CARD.with_weights({"d": 0}, "-d")
    before, after = scored([80, 80, 80, 0]), scored([80, 80, 80, 0], fewer)
    changed, criterion, effect, by = said(before, after)
    assert (changed, criterion, by) == (False, "d", "weight")
    # 72 became 80; the tenth of weight lay 76 below the mean of the place.
    assert effect == pytest.approx(7.6)


def test_only_places_that_both_have_are_compared() -> None:
    one, other, none = (
        score(frame, frame, CARD)
        for frame in (
            table({"x": [1, 2, 3, 4], "y": [1, 2, 3, 4]}),
            table({"z": [1, 2, 3, 4], "y": [1, 2, 3, 5]}),
            table({}),
        )
    )
    assert compare(one, other)["subject_id"].tolist() == ["y"]
    assert len(compare(one, scored([1, 2, 3, 4]))) == 1
    assert len(compare(none, one)) == 0


def test_a_place_to_which_nothing_applies_moves_nothing() -> None:
    states = pd.DataFrame("not_applicable", index=["x"], columns=list(cards.KEYS))
    found = row(scored([80] * 4, states=states), scored([80] * 4))
    assert (found["grade_before"], found["grade_after"], found["changed"]) == ("", "良", True)
    assert (found["criterion"], found["by"]) == ("", "")


@given(cards.cards(), cards.cards(), st.integers(0, 10_000))
@often
def test_parts_add_to_the_change_of_the_middle(old: Scorecard, new: Scorecard, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sides = []
    for made, number in ((old, seed), (new, seed + 1)):
        low, high = cards.raw_tables(made, number)
        states = rng.choice(
            ["reported", "not_applicable", "withheld"], low.shape, p=[0.7, 0.2, 0.1]
        )
        states[:, 0] = "reported"
        sides.append(score(low, high, made, states=pd.DataFrame(states, low.index, low.columns)))
    moved = movements(*sides)
    assert moved["total"].to_numpy() == pytest.approx(moved[list(PARTS)].sum(axis=1).to_numpy())
    by_place = moved.groupby("subject_id")[["total", "opened"]].sum()
    old_table, new_table = (side.table.set_index("subject_id") for side in sides)
    change = {
        end: (new_table[f"score_{end}"] - old_table[f"score_{end}"]).to_numpy()
        for end in ("low", "high")
    }
    middle, width = (change["high"] + change["low"]) / 2, change["high"] - change["low"]
    assert by_place["total"].to_numpy() == pytest.approx(middle, abs=1e-9)
    assert by_place["opened"].to_numpy() == pytest.approx(width, abs=1e-9)


@given(cards.cards(), st.integers(0, 10_000))
@often
def test_the_order_of_places_and_criteria_changes_nothing(made: Scorecard, seed: int) -> None:
    low, high = cards.raw_tables(made, seed)
    new_low, new_high = cards.raw_tables(made, seed + 1)
    turned = cards.card(list(made.criteria[::-1]))
    one = compare(score(low, high, made), score(new_low, new_high, made))
    other = compare(
        score(low[::-1], high[::-1], turned), score(new_low[::-1], new_high[::-1], turned)
    )
    assert other["subject_id"].tolist() == one["subject_id"].tolist()[::-1]
    pd.testing.assert_frame_equal(
        one.set_index("subject_id"), other.set_index("subject_id")[::-1], rtol=1e-9
    )
