"""From the layers to the judgement of all carriers, and to their ranks."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from geo.underuse import STATES as ORDER
from layers.catalogue import load_catalogue
from layers.errors import AtlasError
from layers.errors import UsageError
from layers.frames import empty_frame
from layers.scorecards import load_scorecards
from layers.underuse import UNDERUSE_TITLES
from layers.underuse import RankChoice
from layers.underuse import default_underuse
from layers.underuse import underuse_layer
from layers.underuse import underuse_of
from layers.underuse import underuse_remarks
from layers.underuse.judged import PUBLIC_COLUMNS
from tests.layers.packs_hand import PLACES
from tests.layers.packs_hand import carrier
from tests.layers.packs_hand import tables_of
from tests.underuse_hand import STATES
from tests.underuse_hand import tables

CATALOGUE = load_catalogue()
FEW = RankChoice(draws=400)

# The anchors of the card as its file has them, written out once more.
ANCHORS: dict[str, tuple[list[float], list[float]]] = {
    "vacancy": ([0, 10, 30, 60], [100, 85, 60, 0]),
    "vacant_months": ([0, 6, 12, 36], [100, 85, 60, 0]),
    "output_ratio": ([0, 0.5, 1, 1.5], [0, 60, 85, 100]),
    "rent": ([1.5, 3, 4.05, 5.95], [0, 60, 85, 100]),
}
WEIGHTS = np.array([35.0, 15.0, 35.0, 15.0])


def judged(found: Any, name: str = "state") -> dict[str, Any]:
    column: dict[str, Any] = found.table.set_index("carrier_id")[name].to_dict()
    return column


def test_every_state_is_as_worked_out_by_hand() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=FEW)
    assert judged(found) == STATES
    assert set(STATES.values()) == set(ORDER)
    assert judged(found, "exemption")["C4"] == "ramp_up"
    assert judged(found, "exemption")["C8"] == "renewal"
    assert judged(found, "blockers")["C9"].startswith("contradiction")
    assert "stale" in judged(found, "blockers")["C10"].split(";")


def test_every_carrier_has_one_row_with_the_public_columns_first() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=FEW)
    assert sorted(found.table["carrier_id"]) == sorted(STATES)
    assert tuple(found.table.columns)[: len(PUBLIC_COLUMNS)] == PUBLIC_COLUMNS
    assert list(found.table.columns) == list(UNDERUSE_TITLES)
    assert found.table["rule_version"].eq("underuse-2026.1").all()
    assert found.table["sample"].all()


def test_rows_are_ordered_by_state_and_then_by_what_could_be_recovered() -> None:
    table = underuse_of(tables(), CATALOGUE, choice=FEW).table
    severity = [ORDER.index(state) for state in table["state"]]
    assert severity == sorted(severity, reverse=True)
    open_ones = table[table["state"] == "待核"]
    # Any vacancy of C5: 0.85 of 10,000; C10: 0.35; C9 contradicts itself.
    assert open_ones["carrier_id"].tolist() == ["C5", "C10", "C9"]
    assert open_ones["recoverable_high"].tolist()[:2] == pytest.approx([8500.0, 3500.0])
    assert math.isnan(open_ones["recoverable_high"].iloc[2])


def test_numbers_are_those_of_the_register() -> None:
    table = underuse_of(tables(), CATALOGUE, choice=FEW).table.set_index("carrier_id")
    row: Any = table.loc["C1"]
    assert row["vacancy_rate"] == 0.5
    assert row["vacant_months"] == 30
    assert row["tax_yuan_m2"] == pytest.approx(100.0)
    assert row["peer_median_tax_yuan_m2"] == pytest.approx(1000.0)
    assert (row["peers"], row["peers_known"]) == (10, 6)
    assert row["recoverable_area_m2"] == pytest.approx((0.5 - 0.15) * 10_000)
    assert row["evidence_share"] == 1.0
    # What is not known stays unknown and is never 0.
    for name in ("vacancy_rate", "vacant_months", "recoverable_area_m2"):
        assert math.isnan(table.loc["C5", name])  # type: ignore[arg-type]
    assert (table.loc["C5", "vacancy_low"], table.loc["C5", "vacancy_high"]) == (0.0, 1.0)
    assert math.isnan(table.loc["C2", "tax_yuan_m2"])  # type: ignore[arg-type]


def test_no_number_is_infinite_in_the_table_and_the_facts_keep_it() -> None:
    blank = {"completed": None, "vacant_since": None}
    found = underuse_of(tables(C3=blank), CATALOGUE, choice=FEW)
    row: Any = found.table.set_index("carrier_id").loc["C3"]
    assert (row["months_low"], row["age_low"]) == (0, 0)
    assert math.isnan(row["months_high"])
    assert math.isnan(row["age_high"])
    assert found.facts.loc["C3", "months_high"] == math.inf
    numbers = found.table.select_dtypes("number").astype("float64").to_numpy()
    assert not np.isinf(numbers).any()
    assert not np.isinf(found.contributions.select_dtypes("number").to_numpy()).any()


def test_the_order_of_the_rows_changes_nothing() -> None:
    there = tables()
    found = underuse_of(there, CATALOGUE, choice=FEW)
    shuffled = there["carriers"].sample(frac=1, random_state=5).reset_index(drop=True)
    again = underuse_of({**there, "carriers": shuffled}, CATALOGUE, choice=FEW)
    pd.testing.assert_frame_equal(found.table, again.table)


def _worst_by_hand(low: np.ndarray, high: np.ndarray, draws: int) -> tuple[Any, Any, Any]:
    """Rank carriers draw by draw, 1 for the lowest score, with another random stream."""
    random = np.random.default_rng(77)
    ranks = np.empty((draws, len(low)))
    for number in range(draws):
        weights = random.dirichlet(50 * WEIGHTS / WEIGHTS.sum())
        values = random.uniform(low, high)
        ranks[number] = rankdata(values @ weights, method="min")
    thirds = (ranks <= len(low) / 3).mean(axis=0)
    ends = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    return ends[0], ends[1], thirds


def test_ranks_are_those_of_a_plain_loop_over_drawn_weights() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=RankChoice(draws=8000))
    facts, ids = found.facts, list(found.facts.index)
    months = facts["months_high"].replace(np.inf, 9999.0)
    raw = {
        "vacancy": (facts["vacancy_low"] * 100, facts["vacancy_high"] * 100),
        "vacant_months": (facts["months_low"], months),
        "output_ratio": (facts["ratio_low"], facts["ratio_high"]),
        "rent": (pd.Series(7.77, index=ids).where(facts.index != "C7", 6.5),) * 2,
    }
    low, high = np.zeros((2, len(ids), 4))
    for place, (name, (points, values)) in enumerate(ANCHORS.items()):
        ends = np.array([np.interp(end.astype("float64"), points, values) for end in raw[name]])
        unknown = np.isnan(raw[name][0].astype("float64"))
        low[:, place] = np.where(unknown, 0, ends.min(axis=0))
        high[:, place] = np.where(unknown, 100, ends.max(axis=0))
    table = found.table.set_index("carrier_id").loc[ids]
    ranked = table["state"].ne("观察").to_numpy()  # what is exempt has no rank
    assert not ranked.all()
    first, last, thirds = _worst_by_hand(low[ranked], high[ranked], 8000)
    assert table["p_worst_third"][ranked].to_numpy() == pytest.approx(thirds, abs=0.03)
    assert np.abs(table["rank_low"][ranked].astype(float).to_numpy() - first).max() <= 1
    assert np.abs(table["rank_high"][ranked].astype(float).to_numpy() - last).max() <= 1
    assert table.loc[~ranked, ["rank_low", "rank_high", "p_worst_third"]].isna().all(axis=None)
    scores = (low @ WEIGHTS / 100, high @ WEIGHTS / 100)
    assert table["score_low"].to_numpy() == pytest.approx(scores[0])
    assert table["score_high"].to_numpy() == pytest.approx(scores[1])


def test_rank_1_is_the_most_underused_whatever_the_weights() -> None:
    rows = [
        carrier(1, tax_wan=110.0, rent_yuan_m2_day=2.0),
        carrier(2, tax_wan=1100.0, vacant_area_m2=2000.0, leased_area_m2=7500.0),
        carrier(
            3,
            tax_wan=2200.0,
            vacant_area_m2=0.0,
            leased_area_m2=9500.0,
            vacant_since=None,
            largest_vacant_m2=None,
        ),
    ]
    choice = RankChoice(draws=300, concentration=None)
    found = underuse_of(tables_of(*rows), CATALOGUE, choice=choice)
    for place, name in enumerate(("C1", "C2", "C3"), start=1):
        assert judged(found, "rank_low")[name] == judged(found, "rank_high")[name] == place
    assert judged(found, "p_worst_third") == {"C1": 1.0, "C2": 0.0, "C3": 0.0}


def test_only_what_is_surely_among_the_worst_is_said_to_be() -> None:
    table = underuse_of(tables(), CATALOGUE, choice=FEW).table
    surely = table["p_worst_third"] >= 0.9
    assert surely.any()
    assert not surely.all()
    for name, words in {
        "reason_zh": "最差三分之一",
        "reason_en": "worst third",
        "public_reason_zh": "最差三分之一",
        "public_reason_en": "worst third",
    }.items():
        assert table[name].str.contains(words).tolist() == surely.tolist()


def test_contributions_add_to_the_score() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=FEW)
    added = found.contributions.groupby("subject_id")[["contribution_low", "contribution_high"]]
    scores = found.table.set_index("carrier_id")
    assert (added.sum()["contribution_low"] - scores["score_low"]).abs().max() < 1e-9
    assert (added.sum()["contribution_high"] - scores["score_high"]).abs().max() < 1e-9


def test_the_rent_of_let_units_counts_where_the_register_has_none() -> None:
    units = [
        {"unit_id": "U1", "carrier_id": "C3", "state": "leased", "floor_area_m2": 100.0},
        {"unit_id": "U2", "carrier_id": "C3", "state": "leased", "floor_area_m2": 300.0},
        {"unit_id": "U3", "carrier_id": "C3", "state": "vacant", "floor_area_m2": 900.0},
    ]
    for unit, rent in zip(units, (2.0, 4.0, 9.0), strict=True):
        unit["rent_yuan_m2_day"] = rent
    found = underuse_of(
        tables(layers={"units": units}, C3={"rent_yuan_m2_day": None}), CATALOGUE, choice=FEW
    )
    raw = found.contributions.set_index(["subject_id", "criterion"])["raw_low"]
    assert raw["C3", "rent"] == pytest.approx((100 * 2 + 300 * 4) / 400)
    assert raw["C1", "rent"] == 7.77


def test_titles_in_gaps_are_read_as_fields() -> None:
    found = underuse_of(tables(C1={"gaps": "税收总额=疑错;随便写写"}), CATALOGUE, choice=FEW)
    assert judged(found)["C1"] == "疑似低效"
    assert judged(found, "doubted")["C1"] == "tax_wan"
    # A doubted number is not in the median of the others either.
    assert judged(found, "peers_known")["C3"] == 5


def test_the_day_of_the_question_is_the_latest_of_the_data() -> None:
    there = tables()
    assert default_underuse(there).as_of == date(2026, 9, 30)
    assert default_underuse(there, as_of=date(2025, 1, 1)).as_of == date(2025, 1, 1)
    assert default_underuse(there, vacant_months=6).vacant_months == 6
    undated = {**there, "carriers": there["carriers"].assign(data_date=pd.NaT)}
    assert abs((default_underuse(undated).as_of - date.today()).days) <= 1  # noqa: DTZ011
    with pytest.raises(ValueError, match="warning_vacancy"):
        default_underuse(there, warning_vacancy=1.5)


def test_other_thresholds_change_states_and_travel_with_every_row() -> None:
    there = tables()
    found = underuse_of(there, CATALOGUE, default_underuse(there, market_vacancy=0.6), choice=FEW)
    # Half empty is better than a market in which 60 % is.
    assert judged(found)["C3"] == "正常"
    assert judged(found)["C1"] == "预警"
    assert found.table["parameters"].str.contains("market_vacancy=0.6").all()
    assert found.table["parameters"].str.contains("carrier-2026.1").all()
    assert found.table["parameters"].str.contains("draws=400; seed=2026").all()


def test_states_are_read_as_classes_of_land() -> None:
    cards = load_scorecards()
    found = judged(underuse_of(tables(), CATALOGUE, choice=FEW), "disposal")
    for name, state in STATES.items():
        expected = cards.of_state(state)
        assert found[name] == ("" if expected is None else expected.key)
    assert found["C5"] == ""


def test_weights_of_the_user_change_the_score_and_the_version() -> None:
    weights = (("vacancy", 100.0), ("vacant_months", 0.001), ("output_ratio", 0.001))
    choice = RankChoice(draws=50, weights=(*weights, ("rent", 0.001)))
    found = underuse_of(tables(), CATALOGUE, choice=choice)
    # 50 % empty lies two thirds of the way from 60 to 0 points.
    assert judged(found, "score_low")["C1"] == pytest.approx(20.0, abs=0.01)
    assert found.card.version != "carrier-2026.1"
    assert found.table["parameters"].str.contains("weight_vacancy=100").all()


@pytest.mark.parametrize(
    ("name", "weight", "problem"),
    [
        ("colour", 3.0, "没有指标 colour；现有：vacancy, vacant_months, output_ratio, rent"),
        ("rents", 3.0, "there is no criterion rents; close ones: rent"),
        ("rent", -1.0, "权重有误.*rent"),
        ("rent", math.nan, "权重有误.*rent"),
    ],
)
def test_weights_that_mean_nothing_are_refused(name: str, weight: float, problem: str) -> None:
    choice = RankChoice(draws=5, weights=((name, weight),))
    with pytest.raises(UsageError, match=problem):
        underuse_of(tables(), CATALOGUE, choice=choice)


def test_nobody_has_approved_the_weights_of_a_user() -> None:
    card = replace(load_scorecards().cards["carrier"], approved_by="办公会")
    usual = underuse_of(tables(), CATALOGUE, choice=FEW, card=card)
    assert usual.card.approved_by == "办公会"
    own = RankChoice(draws=5, weights=(("rent", 15.0),))
    assert underuse_of(tables(), CATALOGUE, choice=own, card=card).card.approved_by == ""


def test_a_card_may_name_its_criteria_as_it_likes_but_not_what_they_measure() -> None:
    card = load_scorecards().cards["carrier"]
    renamed = replace(card, criteria=tuple(replace(c, key=f"my_{c.key}") for c in card.criteria))
    found = underuse_of(tables(), CATALOGUE, choice=FEW, card=renamed)
    usual = underuse_of(tables(), CATALOGUE, choice=FEW)
    assert judged(found, "score_low") == pytest.approx(judged(usual, "score_low"))
    assert found.contributions["criterion"].str.startswith("my_").all()
    odd = replace(card, criteria=(replace(card.criteria[0], measure="colour"), *card.criteria[1:]))
    with pytest.raises(UsageError, match="colour"):
        underuse_of(tables(), CATALOGUE, choice=FEW, card=odd)


def test_a_layer_has_the_places_and_a_public_one_only_roughly() -> None:
    there = tables()
    found = underuse_of(there, CATALOGUE, choice=FEW)
    layer: Any = underuse_layer(found, there).set_index("carrier_id")
    assert layer.crs.to_string() == "EPSG:4490"
    assert len(layer) == len(STATES)
    for name, (x, y) in PLACES.items():
        assert (layer.geometry[name].x, layer.geometry[name].y) == (x, y)
    assert layer.geometry["C7"] is None
    coarse: Any = underuse_layer(found, there, coarse=CATALOGUE.layer("carriers"))
    coarse = coarse.set_index("carrier_id")
    for name, (x, y) in PLACES.items():
        place = coarse.geometry[name]
        assert (place.x, place.y) == (pytest.approx(round(x, 4)), pytest.approx(round(y, 4)))
        assert (place.x, place.y) != (x, y)


def test_carriers_without_geometry_are_judged_too() -> None:
    there = tables()
    plain = pd.DataFrame(there["carriers"].drop(columns="geometry"))
    found = underuse_of({**there, "carriers": plain}, CATALOGUE, choice=FEW)
    assert judged(found) == STATES
    assert underuse_layer(found, {**there, "carriers": plain}).geometry.isna().all()


def test_without_carriers_nothing_is_judged() -> None:
    with pytest.raises(AtlasError, match="carriers"):
        underuse_of({}, CATALOGUE)
    nothing = {"carriers": empty_frame(CATALOGUE.layer("carriers"))}
    found = underuse_of(nothing, CATALOGUE, choice=FEW)
    assert found.table.empty
    assert list(found.table.columns) == list(UNDERUSE_TITLES)


def test_remarks_name_rule_parameters_market_ranking_and_layers() -> None:
    found = underuse_of(tables(), CATALOGUE, choice=FEW)
    said = "\n".join(
        f"{text.zh}\n{text.en}"
        for text in underuse_remarks(found, {"carriers": 4, "units": 2, "districts": 9})
    )
    for part in (
        "underuse-2026.1",
        "market_vacancy=0.246",
        "24.6%",
        "2025-06",
        "carrier-2026.1",
        "seed=2026",
        "carriers v4, units v2",
        "建议值",
    ):
        assert part in said
    assert "districts" not in said
