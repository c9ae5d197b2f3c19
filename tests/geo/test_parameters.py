from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from geo.scatter import RULE_VERSION
from geo.scatter import ScatterParameters


def test_defaults_are_those_of_the_published_rule(oracle: dict[str, Any]) -> None:
    rule = ScatterParameters()
    assert RULE_VERSION == "scatter-2026.2"
    assert (rule.green_share, rule.red_share, rule.red_effective_clusters) == (0.9, 0.7, 2.5)
    assert (rule.red_zone_share, rule.p_threshold, rule.unlocated_limit) == (0.5, 0.05, 0.2)
    expected = oracle["A4.detour"]
    assert rule.walk_m == expected["network_m"]
    assert rule.walk_m / rule.detour == pytest.approx(expected["euclid_equiv_m"], abs=0.01)
    assert rule.walk_m / 1.52 == pytest.approx(expected["euclid_equiv_hk_m"], abs=0.01)


def test_27_runs_with_the_judged_one_among_them() -> None:
    rule = ScatterParameters()
    runs = list(rule.walks())
    assert len(set(runs)) == 27
    assert rule.walk in runs


def test_as_dict_is_json_and_makes_the_same_parameters() -> None:
    rule = ScatterParameters(walk_m=600, gap_range=(50,))
    read: dict[str, Any] = json.loads(json.dumps(rule.as_dict()))
    again: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in read.items()}
    assert ScatterParameters(**again) == rule


def test_parameters_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ScatterParameters().walk_m = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("walk_m", 0),
        ("walk_m", math.nan),
        ("walk_m", math.inf),
        ("detour", 0.9),
        ("site_gap_m", -1),
        ("green_share", 1.1),
        ("p_threshold", -0.1),
        ("unlocated_limit", 20),
        ("red_effective_clusters", 0.5),
        ("pole_limit", 0),
        ("walk_range", (0.0,)),
        ("detour_range", (1.2, 0.5)),
        ("gap_range", ()),
        ("stable_share", 2),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name.removesuffix("_range")):
        ScatterParameters(**{name: value})


def test_shares_must_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        ScatterParameters(red_share=0.95)
