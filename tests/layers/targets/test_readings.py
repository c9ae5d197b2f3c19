"""What was reported: revisions stay visible, parts are complete or named as missing."""

from __future__ import annotations

import math

import pytest

from layers.targets import readings_of
from tests.layers.targets.hand import RESEARCH
from tests.layers.targets.hand import REVENUE
from tests.layers.targets.hand import TODAY
from tests.layers.targets.hand import values

JUNE = {"period_end": "2025-06-30"}


def readings(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    found = readings_of({"target_values": values("revenue", *rows)}, REVENUE, TODAY)
    return [(str(r.period_end), r.value, r.revision, [p.value for p in r.past]) for r in found]


def test_the_last_revision_counts_and_the_others_stay() -> None:
    # In the order in which nobody sorted them.
    rows = (
        {**JUNE, "value": 1130, "revision": 2},
        {**JUNE, "value": 1100},
        {**JUNE, "value": 1120, "revision": 1},
        {"period_end": "2024-12-31", "value": 1050},
    )
    assert readings(*rows) == [
        ("2024-12-31", 1050, 0, []),
        ("2025-06-30", 1130, 2, [1100, 1120]),
    ]


def test_the_same_revision_twice_is_told_and_the_last_report_counts() -> None:
    rows = (
        {**JUNE, "value": 1120, "reported_on": "2025-08-01"},
        {**JUNE, "value": 1100, "reported_on": "2025-07-20"},
    )
    found = readings_of({"target_values": values("revenue", *rows)}, REVENUE, TODAY)
    assert found[0].value == 1120
    assert "2 条记录" in found[0].problems[0].zh


def test_a_total_of_parts_needs_all_of_them() -> None:
    found = readings_of(
        {"target_values": values("revenue", {**JUNE, "part": "A", "value": 700})}, REVENUE, TODAY
    )
    assert math.isnan(found[0].value)
    assert found[0].missing == ("B",)
    whole = readings({**JUNE, "part": "A", "value": 700}, {**JUNE, "part": "B", "value": 450})
    assert whole == [("2025-06-30", 1150, 0, [])]


def test_a_revision_of_one_part_keeps_the_other_and_the_old_total() -> None:
    rows = (
        {**JUNE, "part": "A", "value": 700},
        {**JUNE, "part": "B", "value": 450},
        {**JUNE, "part": "B", "value": 400, "revision": 1},
    )
    assert readings(*rows) == [("2025-06-30", 1100, 1, [1150])]


def test_a_total_that_is_not_the_sum_of_its_parts_is_told() -> None:
    rows = (
        {**JUNE, "value": 1200},
        {**JUNE, "part": "A", "value": 700},
        {**JUNE, "part": "B", "value": 450},
    )
    found = readings_of({"target_values": values("revenue", *rows)}, REVENUE, TODAY)
    assert found[0].value == 1200
    assert "1,150" in found[0].problems[0].zh


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        ({"entity_set": "2024 版"}, {"entity_set": "2025 版"}, "单位名录由“2024 版”改为“2025 版”"),
        ({"entities": 820}, {"entities": 1010}, "820 家变为 1,010 家"),
    ],
)
def test_a_change_of_the_entities_is_flagged(
    first: dict[str, object], second: dict[str, object], word: str
) -> None:
    rows = ({"period_end": "2024-12-31", "value": 1050, **first}, {**JUNE, "value": 1150, **second})
    before, after = readings_of({"target_values": values("revenue", *rows)}, REVENUE, TODAY)
    assert before.problems == ()
    assert word in after.problems[0].zh


@pytest.mark.parametrize("second", [{}, {"entities": 820}, {"entity_set": "2024 版"}])
def test_the_same_or_unknown_entities_are_not_flagged(second: dict[str, object]) -> None:
    first = {"period_end": "2024-12-31", "value": 1, "entities": 820, "entity_set": "2024 版"}
    found = readings_of(
        {"target_values": values("revenue", first, {**JUNE, "value": 2, **second})}, REVENUE, TODAY
    )
    assert [r.problems for r in found] == [(), ()]


def ratio(*rows: dict[str, object]) -> tuple[float, str]:
    found = readings_of({"target_values": values("research", *rows)}, RESEARCH, TODAY)
    return found[0].value, " ".join(note.zh for note in found[0].problems)


def test_a_ratio_is_that_of_the_sums() -> None:
    rows = (
        {**JUNE, "part": "A", "numerator": 1, "denominator": 2},
        {**JUNE, "part": "B", "numerator": 40, "denominator": 1000},
    )
    value, why = ratio(*rows)
    assert (value, why) == (100 * 41 / 1002, "")


def test_a_ratio_lacks_what_a_part_lacks() -> None:
    rows = (
        {**JUNE, "part": "A", "numerator": 1, "denominator": 2},
        {**JUNE, "part": "B", "denominator": 1000},
    )
    found = readings_of({"target_values": values("research", *rows)}, RESEARCH, TODAY)
    assert math.isnan(found[0].value)
    assert found[0].missing == ("B",)


def test_a_ratio_without_its_sums_is_shown_as_unchecked() -> None:
    value, why = ratio({**JUNE, "value": 4.4})
    assert value == 4.4
    assert "无法核对" in why


def test_a_stated_ratio_does_not_beat_the_sums() -> None:
    value, why = ratio({**JUNE, "value": 6.0, "numerator": 52, "denominator": 1200})
    assert value == pytest.approx(52 / 12)
    assert "采用后者" in why


def test_a_denominator_of_nothing() -> None:
    value, why = ratio({**JUNE, "numerator": 52, "denominator": 0})
    assert math.isnan(value)
    assert "分母" in why
