"""The sample of operation is always the same, and about sample parks only."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING
from typing import Any

import pytest

from data.make_operation import MARKET
from data.make_operation import OPERATORS
from data.make_operation import generate
from data.make_operation import inverse
from layers.catalogue import EDITION_DIR
from layers.scorecards import load_scorecards

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = ("operators.csv", "indicators.csv")


def table(name: str) -> list[dict[str, str]]:
    with (EDITION_DIR / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def properties(name: str) -> list[dict[str, Any]]:
    features = json.loads((EDITION_DIR / name).read_text(encoding="utf-8"))["features"]
    return [feature["properties"] for feature in features]


@pytest.mark.parametrize("name", WRITTEN)
def test_regenerated_files_are_the_committed_ones(tmp_path: Path, name: str) -> None:
    generate(EDITION_DIR, tmp_path)
    # A checkout may translate line ends; the generator never writes them.
    committed = (EDITION_DIR / name).read_bytes().replace(b"\r\n", b"\n")
    assert (tmp_path / name).read_bytes() == committed


def test_another_seed_gives_other_values_of_the_same_subjects(tmp_path: Path) -> None:
    generate(EDITION_DIR, tmp_path, seed=7)
    with (tmp_path / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        other = list(csv.DictReader(stream))
    ours = table("indicators.csv")
    assert [row["record_id"] for row in other] == [row["record_id"] for row in ours]
    assert [row["value"] for row in other] != [row["value"] for row in ours]


def test_no_real_park_has_an_invented_indicator() -> None:
    sample = {park["park_id"] for park in properties("parks.geojson") if park["sample"]}
    operators = {row["operator_id"] for row in table("operators.csv")}
    named = {row["subject_id"] for row in table("indicators.csv")}
    assert named <= sample | operators | {MARKET}
    assert all(row["sample"] == "true" for name in WRITTEN for row in table(name))


def test_every_indicator_is_a_criterion_of_its_card() -> None:
    cards = load_scorecards().cards
    for row in table("indicators.csv"):
        known = {criterion.key for criterion in cards[row["card"]].criteria} | {"vacancy"}
        assert row["indicator"] in known, row
        assert (row["value"] != "") == (row["value_state"] in {"reported", "doubtful"}), row


def test_returns_have_gaps_as_real_ones_do() -> None:
    states = Counter(row["value_state"] for row in table("indicators.csv"))
    assert set(states) == {
        "reported",
        "not_reported",
        "withheld",
        "not_applicable",
        "doubtful",
    }
    assert 0.85 < states["reported"] / states.total() < 0.95


def test_the_latest_period_leaves_to_the_layers_what_they_can_measure() -> None:
    by_period = {
        period: {row["indicator"] for row in table("indicators.csv") if row["period"] == period}
        for period in ("2025", "2026")
    }
    space = {"occupancy", "lcc", "zone_share", "chain_share"}
    assert space <= by_period["2025"]
    assert not space & by_period["2026"]
    cards = load_scorecards().cards.values()
    measured = {c.key for card in cards for c in card.criteria if c.measure}
    assert space <= measured


def test_carriers_are_run_by_operators_of_the_table() -> None:
    carriers = properties("carriers.geojson")
    named = {carrier["operator"] for carrier in carriers if carrier.get("operator")}
    assert named == set(OPERATORS) == {row["name"] for row in table("operators.csv")}
    assert all(carrier["sample"] for carrier in carriers if carrier.get("operator"))


@pytest.mark.parametrize(
    ("points", "score", "value"),
    [
        (((0, 0), (10, 60), (20, 100)), 30.0, 5.0),
        (((0, 0), (10, 60), (20, 100)), 80.0, 15.0),
        (((2, 100), (12, 85), (48, 60), (120, 0)), 30.0, 84.0),
        (((2, 100), (12, 85), (48, 60), (120, 0)), 100.0, 2.0),
    ],
)
def test_values_are_drawn_backwards_through_the_points(
    points: tuple[tuple[float, float], ...], score: float, value: float
) -> None:
    assert inverse(points, score) == pytest.approx(value)
