from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layers.catalogue import load_catalogue
from layers.evaluation import compare_cards
from layers.evaluation import compare_periods
from layers.evaluation import facts_of
from tests.evaluation_hand import card
from tests.evaluation_hand import criterion
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import tables

CATALOGUE = load_catalogue()
CARD = card(criterion("a", 60), criterion("b", 40), new_months=0)
PARKS = [park("P1"), park("P2"), park("P3", sample=True)]


def numbers(subject: str, a: float, b: float, period: int) -> list[dict[str, Any]]:
    return [record(subject, key, v, period=period) for key, v in (("a", a), ("b", b))]


RECORDS = [
    *numbers("P1", 80, 60, 2024),
    *numbers("P1", 90, 90, 2025),
    *numbers("P2", 80, 80, 2024),
    *numbers("P2", 80, 80, 2025),
    *numbers("P3", 80, 80, 2024),
    *numbers("P3", 80, 80, 2025)[:1],
]


def test_years_compared_name_the_criterion_that_changed_the_grade() -> None:
    found = compare_periods(tables(PARKS, RECORDS), CATALOGUE, CARD, (2024, 2025))
    told: Any = found.set_index("subject_id")
    first = told.loc["P1"]
    assert (first["grade_before"], first["grade_after"], first["changed"]) == ("良", "优", True)
    # a gives 0.6 · 10 = 6 points, b 0.4 · 30 = 12 of the 18.
    assert (first["criterion"], first["by"], first["title_zh"]) == ("b", "value", "指标b")
    assert first["effect"] == pytest.approx(12)
    assert (first["name"], first["period_before"], first["period_after"]) == ("园P1", 2024, 2025)
    assert not told.loc["P2", "changed"]
    assert told.loc["P2", "criterion"] == ""
    third = told.loc["P3"]
    assert (third["grade_before"], third["grade_after"], third["by"]) == ("良", "", "missing")
    assert third["criterion"] == "b"
    assert told["sample"].to_dict() == {"P1": False, "P2": False, "P3": True}


def test_cards_compared_name_the_weight_that_changed_the_grade() -> None:
    other = CARD.with_weights({"a": 10, "b": 90}, "+b")
    layers = tables(PARKS, RECORDS)
    told: Any = compare_cards(layers, CATALOGUE, CARD, other, 2024).set_index("subject_id")
    # P1: 0.6 · 80 + 0.4 · 60 = 72; 0.1 · 80 + 0.9 · 60 = 62.
    assert told.loc["P1", ["grade_before", "grade_after", "by"]].tolist() == [
        "良",
        "合格",
        "weight",
    ]
    assert told.loc["P1", "score_low_after"] == pytest.approx(62)
    assert not told.loc["P2", "changed"]
    assert told["scorecard_after"].eq(other.version).all()
    assert told["period_before"].eq(2024).all()


def test_a_criterion_that_only_one_card_has_is_compared() -> None:
    longer = card(criterion("a", 60), criterion("b", 40), criterion("c", 100), new_months=0)
    records = [*RECORDS, record("P1", "c", 100, period=2024)]
    told = compare_cards(tables(PARKS, records), CATALOGUE, CARD, longer, 2024)
    first: Any = told.set_index("subject_id").loc["P1"]
    assert first["score_low_after"] == pytest.approx(0.5 * 72 + 0.5 * 100)
    assert (first["criterion"], first["title_en"]) == ("c", "criterion c")


def test_facts_that_are_there_are_not_gathered_again() -> None:
    layers = tables(PARKS, RECORDS)
    facts = {year: facts_of(layers, CATALOGUE, CARD, year) for year in (2024, 2025)}
    given = compare_periods({}, CATALOGUE, CARD, (2024, 2025), facts=facts)
    assert given.equals(compare_periods(layers, CATALOGUE, CARD, (2024, 2025)))


SPARSE = [
    *numbers("P1", 80, 60, 2024)[:1],
    *numbers("P1", 90, 90, 2025),
    *numbers("P2", 80, 60, 2024)[:1],
    *numbers("P2", 80, 60, 2025)[1:],
    *numbers("P3", 90, 90, 2025)[:1],
]


def test_middles_of_what_nobody_knows_explain_nothing() -> None:
    found = compare_periods(tables(PARKS, SPARSE), CATALOGUE, CARD, (2024, 2025))
    told: Any = found.set_index("subject_id")
    assert told["undecided_before"].tolist() == ["evidence", "evidence", "nothing"]
    # P1 has a grade because b came: a cause, and no points that it would have gained.
    came = told.loc["P1"]
    assert (came["grade_before"], came["grade_after"]) == ("", "优")
    assert (came["criterion"], came["by"]) == ("b", "missing")
    assert np.isnan(came["effect"])
    # Of the others other gaps are open, and no grade changed.
    for subject in ("P2", "P3"):
        row = told.loc[subject]
        assert (row["criterion"], row["title_zh"], row["by"]) == ("", "", "")
        assert np.isnan(row["effect"])
    # A grade that was lost keeps its points: the interval became wider by them.
    lost = compare_periods(tables(PARKS, SPARSE), CATALOGUE, CARD, (2025, 2024))
    first: Any = lost.set_index("subject_id").loc["P1"]
    assert (first["criterion"], first["by"]) == ("b", "missing")
    assert first["effect"] == pytest.approx(40)
