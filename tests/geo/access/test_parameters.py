from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from geo.access import GROUP_NAMES
from geo.access import GROUPS
from geo.access import AccessParameters

DEFAULTS = AccessParameters()


def test_the_defaults_are_those_of_the_method() -> None:
    rule = DEFAULTS
    assert (rule.gate_m, rule.rail_m, rule.rail_far_m, rule.community_m) == (1000, 600, 1000, 800)
    assert (rule.least_groups, rule.campus_link, rule.detour) == (4, "any", 1.324)
    assert len(GROUPS) == len(set(GROUPS)) == 6
    assert set(GROUP_NAMES) == set(GROUPS)


def test_all_parameters_travel_with_a_number() -> None:
    told = DEFAULTS.as_text()
    assert "bands_m=400,800,1200" in told
    assert "count_estimates=yes" in told
    assert "campus_link=any" in told
    assert told.count("=") == len(DEFAULTS.as_dict())
    again = json.loads(json.dumps(DEFAULTS.as_dict()))
    assert replace(DEFAULTS, **{**again, "bands_m": tuple(again["bands_m"])}) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("walk_m_per_min", 0.0),
        ("gate_m", math.nan),
        ("rail_m", 1200.0),
        ("rail_far_m", math.inf),
        ("community_m", -1.0),
        ("least_groups", 0),
        ("least_groups", 7),
        ("least_groups", 2.5),
        ("campus_link", "some"),
        ("detour", 0.9),
        ("bands_m", ()),
        ("bands_m", (800.0, 400.0)),
        ("bands_m", (400.0, 400.0)),
        ("bands_m", (0.0, 400.0)),
        ("snap_m", -1.0),
        ("crossing_reach_m", math.inf),
        ("campus_radius_m", -0.1),
        ("half_life_m", 0.0),
        ("catchment_m", 0.0),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        replace(DEFAULTS, **{name: value})
