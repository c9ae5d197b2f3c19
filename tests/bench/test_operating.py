"""What the rule does to parks whose form is known."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.operating import at_random
from bench.operating import core_and_satellite
from bench.operating import one_cluster
from bench.operating import shares_of_flags
from bench.operating import two_halves

ORACLES = Path(__file__).parents[1] / "geo" / "oracles.json"
few = partial(shares_of_flags, parks=80, draws=199, seed=5)


def test_random_parks_are_red() -> None:
    assert few(at_random)["red"] >= 0.95


def test_no_campus_is_red() -> None:
    assert few(one_cluster) == {"green": 1, "yellow": 0, "red": 0, "undecided": 0}


def test_a_core_with_a_fifth_far_away_is_yellow() -> None:
    assert few(core_and_satellite)["yellow"] == 1


def test_two_halves_are_yellow_more_often_than_not() -> None:
    assert few(two_halves)["yellow"] == pytest.approx(1, abs=0.05)


def test_few_unequal_sites_are_harder_to_call_scattered() -> None:
    unequal = partial(at_random, spread=1.5)
    assert few(unequal, sites=(3, 3))["red"] < few(at_random, sites=(8, 8))["red"]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (at_random, "random"),
        (one_cluster, "one_cluster"),
        (core_and_satellite, "core_plus_20pct_satellite"),
        (two_halves, "two_halves_1500m"),
    ],
)
def test_the_known_operating_characteristics(make: Any, name: str) -> None:
    known = json.loads(ORACLES.read_text("utf-8"))["A8.operating_characteristics"]
    found = shares_of_flags(make, parks=known["sims"], draws=known["B"], seed=9)
    told = known["share_of_flags"][name]
    for flag, colour in (("green", "绿"), ("yellow", "黄"), ("red", "红")):
        # Both are shares of 150 parks.
        error = (2 * max(told[colour] * (1 - told[colour]), 0.01) / known["sims"]) ** 0.5
        assert found[flag] == pytest.approx(told[colour], abs=4 * error)
