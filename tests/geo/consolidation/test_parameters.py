from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from geo.consolidation.parameters import ConsolidationParameters
from tests.geo.consolidation.registers import parameters

DAYS = {"as_of": date(2026, 1, 1), "horizon": date(2027, 12, 31)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site_gap_m", -0.1),
        ("walk_m", -1.0),
        ("walk_m", float("inf")),
        ("detour", 0.99),
        ("anchors", -1),
        ("area_ratio", 0.0),
        ("area_ratio", -1.0),
        ("area_ratio", float("nan")),
        ("rent_tolerance", -0.01),
        ("max_move_m", -1.0),
        ("nearest_hosts", 0),
        ("budget_wan", -1.0),
        ("budget_wan", float("nan")),
        ("yearly_share", -0.1),
        ("relocation_yuan_m2", -1.0),
        ("fit_out_yuan_m2", float("nan")),
        ("break_fee_months", -1.0),
        ("double_rent_months", float("inf")),
        ("most_blocking", 0),
        ("zone_levels", -1),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be .*{value!r}"):
        parameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_wan", 0.0),
        ("budget_wan", None),
        ("yearly_share", 0.0),
        ("max_move_m", None),
        ("nearest_hosts", None),
        ("detour", 1.0),
        ("zone_levels", 0),
    ],
)
def test_the_least_values_and_no_limit_are_accepted(name: str, value: float | None) -> None:
    assert getattr(parameters(**{name: value}), name) == value


def test_a_plan_may_end_on_the_day_it_begins_but_not_before() -> None:
    day = date(2026, 3, 1)
    assert parameters(as_of=day, horizon=day).horizon == day
    with pytest.raises(ValueError, match="`horizon` 2026-02-28 must not be before `as_of`"):
        parameters(as_of=day, horizon=date(2026, 2, 28))


def test_all_parameters_are_ready_for_json_and_make_the_same_again() -> None:
    given = parameters(budget_wan=12.5, anchors=2)
    values: dict[str, Any] = json.loads(json.dumps(given.as_dict()))
    assert list(values) == [field.name for field in fields(ConsolidationParameters)]
    days = {name: date.fromisoformat(values[name]) for name in DAYS}
    assert ConsolidationParameters(**(values | days)) == given


def test_one_line_tells_every_parameter() -> None:
    line = parameters(budget_wan=12.5).as_text()
    assert line.startswith("as_of=2026-01-01; horizon=2027-12-31; site_gap_m=50; ")
    assert "budget_wan=12.5; " in line
    assert "max_move_m=none; " in line
    assert line.count("=") == len(fields(ConsolidationParameters))
