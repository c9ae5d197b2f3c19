"""How a target stands: judged only from what people gave, and every doubt is told."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from geo.monitoring import MONITORING_RULE_VERSION
from layers.targets import STATUS_MARKS
from layers.targets import STATUS_TITLES
from layers.targets import TARGET_TITLES
from layers.targets import VALUE_TITLES
from layers.targets import standing_of
from layers.targets import target_table
from layers.targets import value_table
from tests.layers.targets.hand import RESEARCH
from tests.layers.targets.hand import REVENUE
from tests.layers.targets.hand import TODAY
from tests.layers.targets.hand import day
from tests.layers.targets.hand import standing
from tests.layers.targets.hand import terms
from tests.layers.targets.hand import told
from tests.layers.targets.hand import values

HALF = {"period_end": "2025-06-30", "value": 1150}


def test_the_worked_example_through_the_layers() -> None:
    one = standing(REVENUE, HALF)
    assert (one.status, one.index, one.attained, one.elapsed) == ("slow", 0.75, 0.375, 0.5)
    assert one.growth == pytest.approx(0.140128, abs=1e-6)
    assert one.gap == 250
    assert target_table([one]).iloc[0]["gap_unit"] == "亿元"
    assert math.isnan(one.numerator_gap)
    assert one.age_days == (TODAY - day("2025-06-30")).days == 77


def test_the_worked_ratio_through_the_layers() -> None:
    one = standing(
        RESEARCH,
        {"period_end": "2025-06-30", "numerator": 52, "denominator": 1200},
        base_value=4.0,
    )
    assert one.latest is not None
    assert one.latest.value == pytest.approx(100 * 52 / 1200)
    # 60 of 1,200 are 5 %: 8 more than 52, which are two thirds of a percentage point.
    assert one.numerator_gap == pytest.approx(8.0)
    assert one.gap == pytest.approx(2 / 3)
    row = target_table([one]).iloc[0]
    assert (row["unit"], row["gap_unit"]) == ("%", "个百分点")
    assert (row["gap"], row["numerator_gap"]) == pytest.approx((2 / 3, 8.0))
    assert one.index == pytest.approx((52 / 12 - 4) / 1 / 0.5)
    assert one.points == pytest.approx((5 - 52 / 12) / 1.5)
    assert math.isnan(one.growth)


@pytest.mark.parametrize("missing", ["scope", "base_value", "base_date", "owner"])
def test_without_terms_there_is_no_index(missing: str) -> None:
    nothing: dict[str, Any] = {missing: None}
    one = standing(REVENUE, HALF, **nothing)
    assert one.status == "no_terms"
    assert math.isnan(one.index)
    assert math.isnan(one.attained)
    assert one.path().empty
    assert "口径未给定" in told(one)
    # What was reported is shown all the same.
    assert one.latest is not None
    assert one.latest.value == 1150


def test_without_any_layer_a_target_is_there_and_not_judged() -> None:
    one = standing_of({}, REVENUE, TODAY)
    assert (one.status, one.latest, one.readings) == ("no_terms", None, ())
    table = target_table([one])
    assert table.loc[0, ["value", "progress_index", "base_value"]].isna().all()
    assert table.loc[0, "target_value"] == 1400


def test_without_a_value_there_is_not_enough_data() -> None:
    assert standing(REVENUE).status == "no_data"
    assert "尚无上报数" in told(standing(REVENUE))


def test_a_year_to_date_is_not_held_against_a_year() -> None:
    one = standing(REVENUE, {**HALF, "basis": "cumulative"})
    assert one.status == "no_data"
    assert math.isnan(one.index)
    assert "当年累计数不足一年" in told(one)
    whole = {"period_end": "2024-12-31", "value": 1200, "basis": "cumulative"}
    assert standing(REVENUE, whole).index == pytest.approx(0.5 / (1 / 3))


def test_a_full_year_that_does_not_end_with_december_is_not_compared() -> None:
    one = standing(REVENUE, {**HALF, "basis": "annual"})
    assert one.status == "no_data"
    assert "12 月 31 日" in told(one)


def test_a_period_that_has_not_ended_is_no_value() -> None:
    late = {"period_end": "2025-12-31", "value": 1399, "basis": "annual"}
    one = standing(REVENUE, HALF, late)
    assert one.index == 0.75
    assert "晚于今天" in one.readings[-1].problems[0].zh


def test_of_one_day_the_full_year_counts() -> None:
    end = {"period_end": "2024-12-31"}
    one = standing(
        REVENUE,
        {**end, "value": 1111, "basis": "rolling"},
        {**end, "value": 1200, "basis": "annual"},
        {**end, "value": 1222, "basis": "cumulative"},
    )
    assert one.latest is not None
    assert (one.latest.basis, one.latest.value) == ("annual", 1200)


def test_before_the_base_nothing_is_due() -> None:
    one = standing(REVENUE, base_date="2025-12-31")
    assert one.status == "not_due"
    assert standing(REVENUE, today=day("2023-12-31")).status == "not_due"


def test_a_value_at_the_base_is_no_progress() -> None:
    one = standing(REVENUE, {"period_end": "2023-12-31", "value": 1000, "basis": "annual"})
    assert one.status == "no_data"
    assert math.isnan(one.index)


@pytest.mark.parametrize("base", [1400, 1500])
def test_a_base_at_the_target_is_not_judged(base: float) -> None:
    # (now - base) / (target - base) would call a fall progress.
    one = standing(REVENUE, HALF, base_value=base)
    assert one.status == "undecided"
    assert math.isnan(one.index)
    assert one.path().empty


def test_a_base_after_the_target_is_not_judged() -> None:
    one = standing(REVENUE, HALF, base_date="2026-12-31")
    assert one.status == "undecided"
    assert "基期日期不早于目标日期" in told(one)


def test_a_target_at_most_is_gone_towards_downwards() -> None:
    vacancy = replace(RESEARCH, target_id="vacancy", kind="total", number=12.0, parts=())
    lower = replace(vacancy, direction="at_most")
    row = {"period_end": "2025-06-30", "value": 16, "basis": "point"}
    down = standing(lower, row, base_value=20)
    assert (down.index, down.gap) == pytest.approx((1.0, 4.0)), "16 is 4 above the 12"
    assert standing(lower, {**row, "value": 11}, base_value=20).gap == pytest.approx(-1.0)
    assert standing(lower, row, base_value=11).status == "undecided"
    assert standing(vacancy, row, base_value=20).status == "undecided"


def test_a_fall_is_behind_and_negative_numbers_are_numbers() -> None:
    one = standing(REVENUE, {**HALF, "value": -40})
    assert one.index == pytest.approx((-1040 / 400) / 0.5)
    assert one.status == "behind"
    assert math.isnan(one.growth)
    assert one.gap == 1440


AFTER = dt.date(2027, 1, 1)
END = {"period_end": "2026-12-31", "basis": "annual"}


@pytest.mark.parametrize(
    ("value", "status"), [(1400, "met"), (1399.99, "missed"), (1500, "met"), (900, "missed")]
)
def test_after_the_end_it_is_final(value: float, status: str) -> None:
    one = standing(REVENUE, HALF, {**END, "value": value}, today=AFTER)
    assert (one.status, one.is_final) == (status, True)
    assert one.index == pytest.approx((value - 1000) / 400)
    assert math.isnan(one.growth)
    assert "终期总结未填写" in told(one)


def test_the_lessons_stand_with_the_final_value() -> None:
    one = standing(REVENUE, {**END, "value": 1400}, today=AFTER, lessons="统计口径应早定")
    assert one.terms.lessons == "统计口径应早定"
    assert "终期总结未填写" not in told(one)


def test_after_the_end_without_the_last_value() -> None:
    one = standing(REVENUE, HALF, today=AFTER)
    assert one.status == "no_data"
    assert "终期数未报" in told(one)
    assert math.isnan(one.index)


def test_a_value_of_the_year_after_is_not_the_final_one() -> None:
    later = {"period_end": "2027-12-31", "value": 1500, "basis": "annual"}
    assert standing(REVENUE, later, today=day("2028-02-01")).status == "no_data"


def test_on_the_last_day_it_is_not_final_yet() -> None:
    one = standing(REVENUE, HALF, today=REVENUE.end)
    assert (one.is_final, one.status) == (False, "slow")


def test_a_sample_value_stays_marked() -> None:
    one = standing(REVENUE, {**HALF, "sample": True})
    assert one.sample
    assert bool(target_table([one]).loc[0, "sample"])


def test_the_path_is_that_of_the_quarters() -> None:
    path = standing(REVENUE).path()
    assert len(path) == 13
    assert path["middle"].iloc[[0, 6, 12]].tolist() == pytest.approx([1000, 1200, 1400])


def test_the_tables_have_their_columns_and_types() -> None:
    rows: list[dict[str, Any]] = [{**HALF, "value": 1100}, {**HALF, "revision": 1}]
    one = standing(REVENUE, *rows)
    table, reported = target_table([one]), value_table([one])
    assert list(table.columns) == list(TARGET_TITLES)
    assert table.loc[0, "as_of"] == pd.Timestamp("2025-06-30")
    assert table["rule_version"].tolist() == [MONITORING_RULE_VERSION]
    assert list(reported.columns) == list(VALUE_TITLES)
    assert reported[["state", "value", "revision"]].to_numpy().tolist() == [
        ["past", 1100, 0],
        ["current", 1150, 1],
    ]
    assert target_table([]).columns.tolist() == list(TARGET_TITLES)
    assert value_table([]).empty


def test_every_status_has_a_title_and_a_shape_of_its_own() -> None:
    assert set(STATUS_TITLES) == set(STATUS_MARKS)
    assert len(set(STATUS_MARKS.values())) == len(STATUS_MARKS)


def test_a_target_nobody_gave_terms_of_is_not_mixed_up_with_another() -> None:
    tables = {
        "target_terms": terms("other"),
        "target_values": values("other", HALF),
    }
    one = standing_of(tables, REVENUE, TODAY)
    assert (one.status, one.readings) == ("no_terms", ())
