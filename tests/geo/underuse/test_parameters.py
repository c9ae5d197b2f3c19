"""The judgements, and which values they may take."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from geo.underuse import UnderuseParameters
from tests.geo.underuse.registers import RULE
from tests.geo.underuse.registers import TODAY


def test_a_building_is_too_empty_only_if_not_better_than_the_market() -> None:
    assert RULE.high_vacancy == 0.30
    assert replace(RULE, market_vacancy=0.41).high_vacancy == 0.41


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vacancy_floor", 30.0),
        ("market_vacancy", -0.1),
        ("low_output_share", float("nan")),
        ("vacant_months", -1.0),
        ("ramp_up_months", float("inf")),
        ("least_peers", 0),
        ("weight_output", -0.25),
    ],
)
def test_values_that_mean_nothing_are_refused(name: str, value: float) -> None:
    changed: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=name):
        UnderuseParameters(as_of=TODAY, **changed)


def test_some_evidence_must_count() -> None:
    names = ("vacancy", "duration", "output", "completion", "date")
    nothing: dict[str, Any] = {f"weight_{name}": 0.0 for name in names}
    with pytest.raises(ValueError, match="weights"):
        UnderuseParameters(as_of=TODAY, **nothing)


def test_every_parameter_travels_with_a_number() -> None:
    told = json.loads(json.dumps(RULE.as_dict()))
    assert told["as_of"] == "2026-11-23"
    assert told["market_date"] == "2025-06"
    assert all(f"{name}=" in RULE.as_text() for name in told)
    assert "\n" not in RULE.as_text()
