from __future__ import annotations

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
from geo.scorecards import grade_of
from geo.scorecards import score
from geo.scorecards import value_of
from tests.geo.scorecards import cards
from tests.geo.scorecards.cards import table

often = settings(max_examples=60, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10_000)
EVEN = {"a": 40.0, "b": 30.0, "c": 20.0, "d": 10.0}


def row(scores: Scores, subject: str = "x") -> dict[str, Any]:
    found = scores.table.set_index("subject_id").loc[subject]
    return {str(name): value for name, value in found.items()}


def one(values: list[float | None], made: Scorecard, **more: Any) -> dict[str, Any]:
    frame = table({"x": values})
    return row(score(frame, frame, made, **more))


def test_a_missing_group_leaves_an_interval_and_no_grade(oracle: dict[str, Any]) -> None:
    expected = oracle["D2.scorecard_missing"]
    lines = expected["scorecard"]
    made = cards.card({key: weight for key, (weight, _value) in lines.items()})
    frame = table({"x": [value for _weight, value in lines.values()]}, list(lines))
    found = row(score(frame, frame, made))
    assert found["evidence_share"] == pytest.approx(expected["evidence_share"])
    assert [found["score_low"], found["score_high"]] == pytest.approx(expected["score_interval"])
    assert np.isnan(found["score"])
    assert found["score_renormalised"] == pytest.approx(
        expected["renormalised_only_for_sensitivity"], abs=5e-5
    )
    assert (found["grade"], found["undecided"]) == ("", "evidence")
    assert (found["grade_low"], found["grade_high"]) == ("不合格", "良")


def test_both_ends_must_agree_on_the_class(oracle: dict[str, Any]) -> None:
    expected = oracle["C7.missing_interval"]
    limits = zip("ABC", expected["cuts"], strict=True)
    grades = (*(Grade(key, key, 100 * cut) for key, cut in limits), Grade("D", "D", 0.0))
    parts = [
        cards.criterion(key, weight, ((0.0, 0.0), (1.0, 100.0)))
        for key, weight in expected["weights"].items()
    ]
    made = cards.card(parts, grades=grades)
    frame = table({"x": [*expected["known"].values(), None]}, list(expected["weights"]))
    found = row(score(frame, frame, made))
    low, high, grade_low, grade_high = expected["result"]
    assert [found["score_low"], found["score_high"]] == pytest.approx([100 * low, 100 * high])
    assert (found["grade_low"], found["grade_high"]) == (grade_low, grade_high)
    assert (found["grade"], found["undecided"]) == ("", "interval")


def test_hand_worked_score() -> None:
    found = one([100, 50, 0, 80], cards.card(EVEN))
    assert found["score"] == pytest.approx(40 + 15 + 0 + 8)
    assert (found["grade"], found["undecided"], found["evidence_share"]) == ("合格", "", 1)


def test_a_known_zero_is_a_point_and_a_gap_is_not_a_zero() -> None:
    made = cards.card(EVEN, evidence_share=0.5)
    zero, gap = one([90, 90, 90, 0], made), one([90, 90, 90, None], made)
    assert zero["score_low"] == zero["score_high"] == zero["score"] == pytest.approx(81)
    assert (gap["score_low"], gap["score_high"]) == pytest.approx((81, 91))
    assert np.isnan(gap["score"])
    assert (zero["grade"], gap["grade"], gap["undecided"]) == ("良", "", "interval")


def test_a_gap_that_cannot_change_the_grade_leaves_it_decided() -> None:
    found = one([100, 100, 90, None], cards.card(EVEN))
    assert (found["score_low"], found["score_high"]) == pytest.approx((88, 98))
    assert (found["grade"], found["undecided"]) == ("优", "")
    assert np.isnan(found["score"])


def test_ends_that_agree_are_not_enough_with_too_little_evidence() -> None:
    found = one([100, 100, None, None], cards.card(EVEN, grades=(Grade("all", "all", 0.0),)))
    assert (found["grade"], found["undecided"]) == ("", "evidence")
    assert found["evidence_share"] == pytest.approx(0.7)


def test_evidence_of_just_the_share_that_is_asked_for_suffices() -> None:
    made = cards.card({"a": 1, "b": 1, "c": 1, "d": 7}, evidence_share=0.7)
    assert one([None, None, None, 0], made)["undecided"] == ""


def test_nothing_known_is_everything_possible() -> None:
    found = one([None] * 4, cards.card(EVEN))
    assert (found["score_low"], found["score_high"], found["evidence_share"]) == (0, 100, 0)
    assert (found["grade"], found["undecided"]) == ("", "nothing")
    assert np.isnan(found["score_renormalised"])


def test_a_new_place_gets_no_grade_and_an_unknown_age_stops_nothing() -> None:
    frame = table({name: [90, 90, 90, 90] for name in "uvwx"})
    age = pd.Series({"x": 23.0, "w": 24.0, "v": np.nan})
    found = score(frame, frame, cards.card(EVEN), age_months=age).table
    assert found["undecided"].tolist() == ["", "", "", "new"]
    assert found["grade"].tolist() == ["优", "优", "优", ""]
    assert found["score"].tolist() == [90] * 4


def test_what_does_not_apply_leaves_its_weight_to_the_others() -> None:
    states = pd.DataFrame({"a": ["not_applicable"]}, index=["x"])
    frame = table({"x": [0, 90, 60, 30]})
    scores_ = score(frame, frame, cards.card(EVEN), states=states)
    found = row(scores_)
    assert found["score"] == pytest.approx((30 * 90 + 20 * 60 + 10 * 30) / 60)
    assert found["evidence_share"] == pytest.approx(1)
    cells = scores_.contributions.set_index("criterion")
    assert cells.loc["a", "state"] == "not_applicable"
    for end in ("low", "high"):
        assert cells[f"contribution_{end}"].to_dict()["a"] == 0
    assert cells["weight"].to_dict()["a"] == 0
    assert cells["weight"].sum() == pytest.approx(1)
    assert np.isnan(cells["value_low"].to_dict()["a"])


def test_a_place_to_which_nothing_applies_has_no_score() -> None:
    states = pd.DataFrame("not_applicable", index=["x"], columns=list(cards.KEYS))
    found = one([90, 90, 90, 90], cards.card(EVEN), states=states)
    assert np.isnan([found["score_low"], found["score_high"], found["score"]]).all()
    assert (found["undecided"], found["grade_low"], found["grade_high"]) == ("nothing", "", "")


@pytest.mark.parametrize("state", ["withheld", "doubtful", "not_reported"])
def test_a_hidden_number_is_not_used_and_says_why(state: str) -> None:
    frame = table({"x": [100, 100, 100, 100]})
    states = pd.DataFrame({"d": [state]}, index=["x"])
    scores_ = score(frame, frame, cards.card(EVEN), states=states)
    found = row(scores_)
    assert (found["score_low"], found["score_high"]) == pytest.approx((90, 100))
    assert found["evidence_share"] == pytest.approx(0.9)
    cell = scores_.contributions.set_index("criterion").loc["d"]
    assert cell["state"] == state
    assert np.isnan(cell["raw_low"])
    assert (cell["value_low"], cell["value_high"]) == (0, 100)


def test_an_interval_is_partial_until_its_value_is_decided() -> None:
    low = table({"x": [50, None, 120, None]})
    high = table({"x": [50, 40, None, None]})
    cells = score(low, high, cards.card(EVEN)).contributions.set_index("criterion")
    assert cells["state"].tolist() == ["known", "partial", "known", "missing"]
    assert cells["value_low"].tolist() == [50, 0, 100, 0]
    assert cells["value_high"].tolist() == [50, 40, 100, 100]


def test_limits_of_grades_belong_to_the_better_one() -> None:
    found = [grade_of(v, cards.GRADES) for v in (100, 85, 84.999, 85 - 1e-12, 70, 60, 59.9, 0)]
    assert found == ["优", "优", "良", "优", "良", "合格", "不合格", "不合格"]
    assert grade_of(float("nan"), cards.GRADES) == ""


def test_values_come_back_as_tables() -> None:
    states = pd.DataFrame({"c": ["not_applicable", None]}, index=["y", "x"])
    frame = table({"y": [10, 20, 30, None], "x": [1, 2, 3, 4]})
    low, high = score(frame, frame, cards.card(EVEN), states=states).values()
    assert low.index.tolist() == ["y", "x"]
    assert low.columns.tolist() == list(cards.KEYS)
    np.testing.assert_array_equal(low.to_numpy(), [[10, 20, np.nan, 0], [1, 2, 3, 4]])
    np.testing.assert_array_equal(high.to_numpy(), [[10, 20, np.nan, 100], [1, 2, 3, 4]])


def test_no_places_is_an_empty_table() -> None:
    none = table({})
    scores_ = score(none, none, cards.card(EVEN))
    assert len(scores_.table) == len(scores_.contributions) == 0
    assert "score_renormalised" in scores_.table


def test_more_columns_than_the_card_asks_for_do_not_matter() -> None:
    frame = table({"x": [10, 20, 30, 40]})
    assert row(score(frame.assign(z=7), frame.assign(y=1), cards.card(EVEN))) == row(
        score(frame, frame, cards.card(EVEN))
    )


@given(cards.cards(), seeds)
@often
def test_contributions_add_to_the_total(made: Scorecard, seed: int) -> None:
    low, high = cards.raw_tables(made, seed)
    rng = np.random.default_rng(seed)
    said = rng.choice(["reported", "not_applicable", "withheld"], low.shape, p=[0.7, 0.2, 0.1])
    scores_ = score(low, high, made, states=pd.DataFrame(said, low.index, low.columns))
    parts = scores_.contributions.groupby("subject_id", sort=False)
    whole = scores_.table.set_index("subject_id")
    applies = (said != "not_applicable").any(axis=1)
    assert parts["weight"].sum()[applies].to_numpy() == pytest.approx(1, abs=1e-9)
    for end in ("low", "high"):
        total = parts[f"contribution_{end}"].sum()[applies]
        assert total.to_numpy() == pytest.approx(
            whole[f"score_{end}"][applies].to_numpy(), abs=1e-9
        )


@given(cards.cards(), seeds)
@often
def test_the_interval_holds_every_possible_score_and_attains_its_ends(
    made: Scorecard, seed: int
) -> None:
    low, high = cards.raw_tables(made, seed, places=1)
    found = row(score(low, high, made), "p0")
    lowest, highest = low.fillna(-500.0).to_numpy()[0], high.fillna(500.0).to_numpy()[0]
    ways = [part.direction == "more" for part in made.criteria]
    drawn = np.random.default_rng(seed).uniform(lowest, highest, (40, len(ways)))
    worst, best = np.where(ways, lowest, highest), np.where(ways, highest, lowest)
    # An independent sum, criterion by criterion.
    totals = [
        sum(
            weight * float(value_of(raw, part.points))
            for raw, weight, part in zip(rows, made.weights, made.criteria, strict=True)
        )
        for rows in (worst, best, *drawn)
    ]
    assert totals[:2] == pytest.approx([found["score_low"], found["score_high"]], abs=1e-9)
    assert min(totals) >= found["score_low"] - 1e-9
    assert max(totals) <= found["score_high"] + 1e-9


@given(cards.cards(), seeds, st.floats(0, 40), st.data())
@often
def test_better_never_lowers_and_worse_never_raises(
    made: Scorecard, seed: int, step: float, data: st.DataObject
) -> None:
    low, high = cards.raw_tables(made, seed)
    part = data.draw(st.sampled_from(made.criteria))
    sign = 1 if part.direction == "more" else -1
    ends = ["score_low", "score_high"]

    def scored(change: float) -> Any:
        moved = [frame.assign(**{part.key: frame[part.key] + change}) for frame in (low, high)]
        return score(moved[0], moved[1], made).table[ends].to_numpy()

    now = scored(0.0)
    assert (scored(sign * step) >= now - 1e-9).all()
    assert (scored(-sign * step) <= now + 1e-9).all()


@given(cards.cards(), seeds)
@often
def test_learning_a_number_only_narrows_the_interval(made: Scorecard, seed: int) -> None:
    low, high = cards.raw_tables(made, seed)
    learned = low.fillna(high).fillna(3.0)
    wide, point = score(low, high, made).table, score(learned, learned, made).table
    assert (point["score_low"] >= wide["score_low"] - 1e-9).all()
    assert (point["score_high"] <= wide["score_high"] + 1e-9).all()
    assert point["score"].notna().all()
    assert (point["evidence_share"] >= wide["evidence_share"] - 1e-9).all()


@given(cards.cards(), seeds)
@often
def test_a_decided_grade_is_that_of_every_possible_score(made: Scorecard, seed: int) -> None:
    low, high = cards.raw_tables(made, seed)
    found = score(low, high, made).table
    for place in found[found["grade"] != ""].to_dict("records"):
        between = np.linspace(place["score_low"], place["score_high"], 7)
        assert {grade_of(v, made.grades) for v in between} == {place["grade"]}
        assert place["evidence_share"] >= made.evidence_share - 1e-9


@given(cards.cards(), seeds)
@often
def test_the_order_of_places_and_criteria_changes_no_bit(made: Scorecard, seed: int) -> None:
    low, high = cards.raw_tables(made, seed)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(low))
    columns = rng.permutation(len(made.keys))
    turned = cards.card([made.criteria[place] for place in columns])
    one_way = score(low, high, made).table.set_index("subject_id")
    other = score(low.iloc[rows, columns], high.iloc[rows, ::-1], turned).table
    pd.testing.assert_frame_equal(
        one_way, other.set_index("subject_id").loc[one_way.index], rtol=0, atol=0
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (table({"x": [1, 2, 3, 4]}), table({"y": [1, 2, 3, 4]}), "share one index"),
        (table({"x": [1, 2, 3, 4]}).drop(columns="b"), table({"x": [1, 2, 3, 4]}), "columns b"),
        (table({"x": [1, 2, 3, 5]}), table({"x": [1, 2, 3, 4]}), "must not be above"),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    low: pd.DataFrame, high: pd.DataFrame, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        score(low, high, cards.card(EVEN))


def test_a_place_may_come_only_once() -> None:
    twice = pd.concat([table({"x": [1, 2, 3, 4]})] * 2)
    with pytest.raises(ValueError, match="without doubles"):
        score(twice, twice, cards.card(EVEN))


def test_an_unknown_state_is_refused() -> None:
    states = pd.DataFrame({"a": ["guessed"]}, index=["x"])
    frame = table({"x": [1, 2, 3, 4]})
    with pytest.raises(ValueError, match=r"`states` knows .*, not guessed"):
        score(frame, frame, cards.card(EVEN), states=states)
