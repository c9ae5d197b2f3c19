from __future__ import annotations

import json
import tomllib
from dataclasses import FrozenInstanceError
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import settings

from geo.scorecards import Grade
from geo.scorecards import Scorecard
from tests.geo.scorecards import cards


def test_weights_are_shares_in_the_order_of_the_criteria() -> None:
    made = cards.card({"b": 30, "a": 10, "c": 60})
    assert made.keys == ("b", "a", "c")
    assert made.weights.tolist() == [0.3, 0.1, 0.6]
    assert made.criterion("a").weight == 10


@given(cards.cards())
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_a_card_comes_back_from_plain_data_and_from_toml(made: Scorecard) -> None:
    assert Scorecard.from_dict(made.as_dict()) == made
    assert Scorecard.from_dict(json.loads(json.dumps(made.as_dict()))) == made
    assert Scorecard.from_dict(tomllib.loads(tomli_w.dumps(made.as_dict()))) == made


def test_whole_numbers_and_missing_remarks_are_read() -> None:
    data = cards.card({"a": 1, "b": 2}).as_dict()
    for name in ("source", "approved_by", "note", "new_months"):
        del data[name]
    data["criteria"][0] = {
        "key": "a", "group": "g", "weight": 40, "direction": "less", "points": [[0, 100], [8, 0]],
    }  # fmt: skip
    read = Scorecard.from_dict(data)
    assert read.new_months == 24
    assert read.criteria[0].points == ((0.0, 100.0), (8.0, 0.0))
    assert isinstance(read.criteria[0].weight, float)


def broken(name: str, value: Any) -> dict[str, Any]:
    data = cards.card({"a": 1, "b": 2}).as_dict()
    where: Any = data
    *path, last = name.split(".")
    for step in path:
        where = where[int(step)] if step.isdigit() else where[step]
    where[last] = value
    return data


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("colour", "red", "does not know `colour`"),
        ("version", 2026, "`version` must be text"),
        ("evidence_share", "80 %", "`evidence_share` must be a number"),
        ("evidence_share", True, "`evidence_share` must be a number"),
        ("evidence_share", 80, r"must lie in \[0, 1\]"),
        ("new_months", -1, "`new_months` must be at least 0"),
        ("criteria", [], "`criteria` must not be empty"),
        ("criteria", "a", "criteria must be a list"),
        ("criteria", ["a"], "must be a table"),
        ("criteria.0.wieght", 1, r"criteria\[1\] 'a' does not know `wieght`"),
        ("criteria.1.weight", 0, "Criterion 'b': `weight` must be a finite number above 0"),
        ("criteria.1.weight", float("nan"), "`weight` must be a finite"),
        ("criteria.1.direction", "up", "`direction` must be more or less"),
        ("criteria.1.points", [[0, 0]], "`points` needs at least 2"),
        ("criteria.1.points", [[0, 0], [0, 100]], "raw values that rise"),
        ("criteria.1.points", [[0, 0], [1, 101]], "values from 0 to 100"),
        ("criteria.1.points", [[0, 100], [1, 0]], "values that rise: more is better"),
        ("criteria.1.points", [[0, 50], [1, 50]], "values that rise"),
        ("criteria.1.points", [[0, 0], [1, 80], [2, 70]], "values that rise"),
        ("criteria.1.points", [[0, 0], [1, float("inf")]], "finite"),
        ("criteria.1.points", [[0, 0, 1], [1, 2]], "pairs of numbers"),
        ("criteria.1.points", [["0", 0], [1, 2]], "must be a number"),
        ("criteria.1.key", "a", "keys of their own; look at a"),
        ("criteria.1.key", "", "keys of their own"),
        ("criteria.1.group", "h", "`groups` must be just those of the criteria; look at h"),
        ("grades.0.least", 65, "`grades` must fall"),
        ("grades.0.least", 101, "`grades` must fall from at most 100"),
        ("grades.3.least", 10, "to 0"),
        ("grades.1.key", "优", "`grades` must have keys of their own"),
        ("subjects", [["parks", "park_class"]], "a layer, a field and a value"),
        ("subjects", [["parks", "park_class", 3]], "a layer, a field and a value"),
    ],
)
def test_what_means_nothing_is_refused_by_name(name: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Scorecard.from_dict(broken(name, value))


@pytest.mark.parametrize("name", ["key", "version", "groups", "criteria", "grades"])
def test_what_is_missing_is_named(name: str) -> None:
    data = cards.card({"a": 1}).as_dict()
    del data[name]
    with pytest.raises(ValueError, match=name):
        Scorecard.from_dict(data)


def test_other_weights_make_another_version_and_leave_the_card_alone() -> None:
    made = cards.card([cards.criterion("a", 1), cards.criterion("b", 1, group="h")])
    other = made.with_weights({"b": 3}, "+hand")
    assert (other.version, made.version) == ("2026.1+hand", "2026.1")
    assert other.weights.tolist() == [0.25, 0.75]
    assert made.weights.tolist() == [0.5, 0.5]


def test_a_weight_of_zero_leaves_the_criterion_and_its_heading_out() -> None:
    made = cards.card([cards.criterion("a", 1), cards.criterion("b", 1, group="h")])
    other = made.with_weights({"b": 0}, "+hand")
    assert other.keys == ("a",)
    assert [group.key for group in other.groups] == ["g"]


@pytest.mark.parametrize("weights", [{"z": 1.0}, {"a": -1.0}, {"a": np.nan}, {"a": np.inf}])
def test_weights_that_mean_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="`weights` cannot take"):
        cards.card({"a": 1, "b": 1}).with_weights(weights, "+x")


def test_all_weights_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="`criteria` must not be empty"):
        cards.card({"a": 1, "b": 1}).with_weights({"a": 0, "b": 0}, "+x")


def test_a_card_cannot_be_changed_or_made_wrong_by_replacing() -> None:
    made = cards.card({"a": 1})
    with pytest.raises(FrozenInstanceError):
        made.version = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="`grades`"):
        replace(made, grades=(Grade("only", "only", 5.0),))
