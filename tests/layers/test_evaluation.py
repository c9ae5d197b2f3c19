from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.evaluation import Evaluation
from layers.evaluation import audience_copy
from layers.evaluation import evaluate
from layers.evaluation import evaluation_remarks
from layers.evaluation import periods
from layers.underuse import RankChoice
from tests.evaluation_hand import card
from tests.evaluation_hand import criterion
from tests.evaluation_hand import park
from tests.evaluation_hand import record
from tests.evaluation_hand import rows
from tests.evaluation_hand import tables

CATALOGUE = load_catalogue()
FEW = RankChoice(draws=200)
# 成果 0 … 10 in straight lines through (5, 60); 时长 the less the better.
CARD = card(
    criterion("a", 50, "g", points=((0, 0), (5, 60), (10, 100))),
    criterion("b", 30, "h"),
    criterion("c", 20, "h", points=((0, 100), (10, 0)), direction="less"),
)


def judged(
    records: list[dict[str, Any]], parks: tuple[str, ...] = ("P1",), **more: Any
) -> Evaluation:
    layers = tables([park(key, established=2000) for key in parks], records)
    return evaluate(layers, CATALOGUE, more.pop("by", CARD), 2025, choice=FEW, **more)


def row(found: Evaluation, subject: str = "P1") -> Any:
    return found.table.set_index("subject_id").loc[subject]


def full(subject: str, a: float, b: float, c: float, **values: Any) -> list[dict[str, Any]]:
    numbers = {"a": a, "b": b, "c": c}
    return [record(subject, key, value, **values) for key, value in numbers.items()]


def test_a_card_worked_out_by_hand() -> None:
    # a: 7.5 is halfway from 60 to 100 = 80; b: 70; c: 2.5 of 10 down from 100 = 75.
    found = judged(full("P1", 7.5, 70, 2.5))
    told = row(found)
    assert told["score"] == pytest.approx(0.5 * 80 + 0.3 * 70 + 0.2 * 75)
    assert told["grade"] == "良"
    assert told["disposal"] == "B"
    assert told["evidence_share"] == pytest.approx(1)
    given: Any = found.contributions.set_index("criterion")
    assert given["contribution_low"].to_dict() == pytest.approx({"a": 40, "b": 21, "c": 15})
    assert given["raw_low"].to_dict() == pytest.approx({"a": 7.5, "b": 70, "c": 2.5})
    assert given["source"].eq("台账").all()
    assert given["origin"].eq("recorded").all()
    assert given["data_date"].eq(pd.Timestamp("2025-12-31")).all()
    assert "得分 76.0" in told["reason_zh"]
    assert "权重为建议值" in told["reason_zh"]


def test_a_missing_number_is_an_interval_and_not_a_zero() -> None:
    records = [r for r in full("P1", 7.5, 70, 2.5) if r["indicator"] != "b"]
    told = row(judged(records))
    assert told["score_low"] == pytest.approx(55)
    assert told["score_high"] == pytest.approx(85)
    assert np.isnan(told["score"])
    assert told["evidence_share"] == pytest.approx(0.7)
    assert (told["grade"], told["undecided"], told["disposal"]) == ("", "evidence", "")
    assert "70.0%" in told["reason_zh"]
    known = row(judged([*records, record("P1", "b", 0)]))
    assert known["score"] == pytest.approx(55)
    assert known["grade"] == "不合格"


@pytest.mark.parametrize("state", ["not_reported", "withheld", "doubtful"])
def test_a_number_that_is_not_vouched_for_is_unknown(state: str) -> None:
    records = full("P1", 7.5, 70, 2.5)
    records[1] |= {"value_state": state, "value": 70 if state == "doubtful" else None}
    found = judged(records)
    assert row(found)["score_low"] == pytest.approx(55)
    cell = found.contributions.set_index("criterion").loc["b"]
    assert cell["state"] == state
    assert np.isnan(cell["raw_low"])


def test_a_number_that_is_only_said_to_be_there_is_not() -> None:
    records = full("P1", 7.5, 70, 2.5)
    records[1] |= {"value_state": "reported", "value": None}
    found = judged(records)
    assert found.contributions.set_index("criterion").at["b", "state"] == "not_reported"  # noqa: PD008


def test_what_does_not_apply_leaves_its_weight_to_the_others() -> None:
    records = full("P1", 7.5, 70, 2.5)
    records[0] |= {"value_state": "not_applicable", "value": None}
    found = judged(records)
    assert row(found)["score"] == pytest.approx((30 * 70 + 20 * 75) / 50)
    assert row(found)["evidence_share"] == pytest.approx(1)
    weights = found.contributions.set_index("criterion")["weight"]
    assert weights.to_dict() == pytest.approx({"a": 0, "b": 0.6, "c": 0.4})


def test_enough_evidence_with_two_possible_grades_is_undecided() -> None:
    records = [r for r in full("P1", 10, 90, 0) if r["indicator"] != "c"]  # 77 … 97
    told = row(judged(records))
    assert told["evidence_share"] == pytest.approx(0.8)
    assert (told["undecided"], told["grade_low"], told["grade_high"]) == ("interval", "良", "优")
    assert "“良”与“优”" in told["reason_zh"]


def test_two_rows_for_one_number_are_both_left_out_and_said() -> None:
    records = [*full("P1", 7.5, 70, 2.5), record("P1", "b", 71, number=2)]
    found = judged(records)
    assert found.unused["value"].tolist() == [70, 71]
    assert found.unused["why"].unique().tolist() == ["repeated"]
    assert row(found)["score_low"] == pytest.approx(55)
    assert row(found)["evidence_share"] == pytest.approx(0.7)


def test_every_row_is_used_or_listed() -> None:
    records = [
        *full("P1", 7.5, 70, 2.5),
        record("P9", "a", 1),
        record("P1", "z", 1),
        record("MARKET", "vacancy", 20),
        record("P1", "a", 1, period=2024),
        record("P1", "a", 1, card="incubator", number=3),
    ]
    found = judged(records)
    why = found.unused.set_index("record_id")["why"]
    assert why.to_dict() == {
        "P9-2025-a-1": "unknown_subject",
        "P1-2025-z-1": "unknown_indicator",
        "MARKET-2025-vacancy-1": "unknown_subject",
    }
    assert found.facts[2025].rows_in == 6
    recorded = found.contributions["origin"].eq("recorded").sum()
    assert recorded + len(found.unused) == found.facts[2025].rows_in


def failed(year: int, subject: str = "P1") -> list[dict[str, Any]]:
    return full(subject, 2, 10, 9, period=year)


def passed(year: int) -> list[dict[str, Any]]:
    return full("P1", 10, 90, 0, period=year)


@pytest.mark.parametrize(
    ("years", "count", "exits"),
    [
        ([failed(2024), failed(2025)], 2, True),
        ([passed(2023), failed(2024), failed(2025)], 2, True),
        ([failed(2024), passed(2025)], 0, False),
        ([failed(2023), passed(2024), failed(2025)], 1, False),
        ([failed(2023), failed(2025)], 1, False),  # 2024 was not judged
        ([failed(2024)[:1], failed(2025)], 1, False),  # 2024 was not decided
        ([failed(2023), failed(2024), failed(2025)], 3, True),
    ],
)
def test_only_two_years_failed_in_a_row_put_a_park_on_the_list(
    years: list[list[dict[str, Any]]], count: int, exits: bool
) -> None:
    told = row(judged([r for year in years for r in year]))
    assert told["fails_in_a_row"] == count
    assert told["exit"] is np.bool_(exits) or bool(told["exit"]) == exits
    assert ("列入约谈" in told["reason_zh"]) == exits
    # Land is spoken of as to be taken back only by the rule of two years.
    if told["grade"] == "不合格":
        assert told["disposal"] == ("D" if exits else "")
    assert ("预警" in told["reason_zh"]) == (count == 1)


def test_the_grade_of_the_year_before_is_by_the_same_card() -> None:
    told = row(judged([*full("P1", 10, 50, 5, period=2024), *passed(2025)]))
    assert told["previous_grade"] == "良"  # 50 + 15 + 10
    harder = judged([*full("P1", 10, 50, 5, period=2024), *passed(2025)], by=CARD)
    other = evaluate(
        tables([park("P1", established=2000)], [*full("P1", 10, 50, 5, period=2024)]),
        CATALOGUE,
        CARD,
        2025,
        choice=RankChoice(draws=10, weights=(("a", 1.0),)),
    )
    assert row(harder)["previous_grade"] == "良"
    assert row(other)["previous_grade"] == "不合格"  # (1·100 + 30·50 + 20·50) / 51


@pytest.mark.parametrize(
    ("established", "new"),
    [(2025, True), (2024, True), (2023, False), (2000, False), (None, False), (2026, True)],
)
def test_who_may_be_new_gets_no_grade(established: int | None, new: bool) -> None:
    # Two years to 31 December 2025: whoever began on 31 December 2023 just reaches them.
    layers = tables([park("P1", established=established)], passed(2025))
    told = row(evaluate(layers, CATALOGUE, CARD, 2025, choice=FEW))
    assert (told["undecided"] == "new") == new
    assert (told["grade"] == "") == new
    assert ("起始时间不详" in told["reason_zh"]) == (established is None)


def test_an_operator_is_new_for_the_months_since_it_took_over() -> None:
    operators = [
        {"operator_id": key, "name": key, "takeover": month}
        for key, month in (("O1", "2024-12"), ("O2", "2025-01"), ("O3", None))
    ]
    records = [record(key, "a", 10, card="operator") for key in ("O1", "O2", "O3")]
    by = card(criterion("a", 1), key="operator", subjects=(("operators", "", ""),), new_months=12)
    found = evaluate(tables([], records, operators=operators), CATALOGUE, by, 2025, choice=FEW)
    told: Any = found.table.set_index("subject_id")
    assert told["undecided"].to_dict() == {"O1": "", "O2": "new", "O3": ""}
    assert told["age_months"].to_dict() == pytest.approx(
        {"O1": 12, "O2": 11, "O3": np.nan}, nan_ok=True
    )


def test_a_park_of_two_classes_has_two_cards() -> None:
    parks = [park("P1", second_class="incubator"), park("P2", park_class="incubator")]
    layers = tables(parks, [])
    for key, expected in (("university", ["P1"]), ("incubator", ["P1", "P2"])):
        found = evaluate(layers, CATALOGUE, card(criterion("a", 1), key=key), 2025, choice=FEW)
        assert sorted(found.table["subject_id"]) == expected


def test_an_id_of_two_layers_is_one_subject() -> None:
    by = card(
        criterion("a", 1),
        key="incubator",
        subjects=(("parks", "park_class", "incubator"), ("incubators", "kind", "incubator")),
    )
    incubators = [{"id": key, "name": f"孵{key}", "kind": "incubator"} for key in ("P1", "E1")]
    layers = tables([park("P1", park_class="incubator")], [], incubators=incubators)
    found = evaluate(layers, CATALOGUE, by, 2025, choice=FEW)
    assert found.table.set_index("subject_id")["name"].to_dict() == {"E1": "孵E1", "P1": "园P1"}


def test_nobody_is_ranked_of_whom_nothing_is_known() -> None:
    records = [*full("P1", 9, 90, 1), *full("P2", 5, 50, 5), *full("P3", 1, 10, 9)]
    found = judged(records, ("P1", "P2", "P3", "P4"))
    told: Any = found.table.set_index("subject_id")
    assert list(told.index) == ["P1", "P2", "P3", "P4"]
    assert told["rank_low"].to_dict() == pytest.approx(
        {"P1": 1, "P2": 2, "P3": 3, "P4": np.nan}, nan_ok=True
    )
    assert told["p_worst_third"].iloc[:3].tolist() == [0, 0, 1]
    assert told.loc["P4", ["undecided", "influential"]].tolist() == ["nothing", ""]
    assert "100.0%" in told.loc["P3", "reason_zh"]
    assert "末三分之一" not in told.loc["P2", "reason_zh"]


def test_nobody_is_called_worst_on_too_little_evidence() -> None:
    weak = full("P3", 0, 0, 10)[:1]  # half the weight, at its worst
    best = full("P1", 10, 100, 0) + full("P2", 10, 100, 0)
    told: Any = judged([*best, *weak], ("P1", "P2", "P3")).table.set_index("subject_id")
    assert told.loc["P3", "p_worst_third"] == 1
    assert "末三分之一" not in told.loc["P3", "reason_zh"]


def test_rank_intervals_contain_what_brute_force_over_the_gap_finds() -> None:
    records = [*full("P1", 5, 60, 4), *full("P2", 5, 50, 4)[:1], *full("P2", 5, 50, 4)[2:]]
    told: Any = judged(records, ("P1", "P2")).table.set_index("subject_id")
    # b of P2 may be anything: below 60 it is second, above first.
    assert told["rank_low"].tolist() == [1, 1]
    assert told["rank_high"].tolist() == [2, 2]
    draws = np.random.default_rng(0).random(100_000) * 100
    assert told.loc["P2", "rank_mean"] == pytest.approx(1 + (draws < 60).mean(), abs=0.12)


def test_topsis_counts_only_those_of_whom_all_is_known() -> None:
    records = [*full("P1", 10, 100, 0), *full("P2", 0, 0, 10), *full("P3", 5, 60, 4)]
    told = judged([*records, record("P4", "a", 5)], ("P1", "P2", "P3", "P4")).table
    by_id: Any = told.set_index("subject_id")
    assert by_id.loc["P1", "topsis"] == pytest.approx(1)
    assert by_id.loc["P2", "topsis"] == pytest.approx(0)
    assert by_id.loc["P3", "topsis"] == pytest.approx(0.6)  # 60 on all three lines
    assert np.isnan(by_id.loc["P4", "topsis"])
    assert by_id["topsis_rank"].dropna().to_dict() == {"P1": 1, "P3": 2, "P2": 3}
    alone = judged(records[:3]).table
    assert alone["topsis"].isna().all()


def test_other_weights_are_used_named_and_no_longer_approved() -> None:
    approved = card(*CARD.criteria, approved_by="区科委 2026-01")
    layers = tables([park("P1", established=2000)], full("P1", 7.5, 70, 2.5))
    kept = evaluate(layers, CATALOGUE, approved, 2025, choice=FEW)
    assert "权重经 区科委 2026-01 批准" in row(kept)["reason_zh"]
    choice = RankChoice(draws=200, weights=(("a", 0.0), ("b", 10.0)))
    other = evaluate(layers, CATALOGUE, approved, 2025, choice=choice, facts=kept.facts)
    assert row(other)["score"] == pytest.approx((10 * 70 + 20 * 75) / 30)
    assert "权重为建议值" in row(other)["reason_zh"]
    assert row(other)["scorecard_version"] != row(kept)["scorecard_version"]
    assert "weight_b=10" in row(other)["parameters"]
    assert "权重为建议值" in [text.zh for text in evaluation_remarks(other, {"parks": 3})]


def test_a_better_number_never_lowers_the_score() -> None:
    numbers = [0.0, 2.5, 5.0, 7.5, 10.0, 12.0]
    scores = [row(judged(full("P1", a, 50, 5)))["score"] for a in numbers]
    assert scores == sorted(scores)
    worse = [row(judged(full("P1", 5, 50, c)))["score"] for c in numbers]
    assert worse == sorted(worse, reverse=True)


def test_the_order_of_rows_changes_nothing() -> None:
    records = [*full("P1", 5, 60, 4), *full("P2", 6, 50, 4)[:2], *full("P3", 7, 10, 9)]
    one = judged(records, ("P1", "P2", "P3"))
    layers = tables(
        [park(key, established=2000) for key in ("P3", "P1", "P2")], list(reversed(records))
    )
    other = evaluate(layers, CATALOGUE, CARD, 2025, choice=FEW)
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.contributions, other.contributions)


def test_influence_names_the_criteria_that_set_a_park_apart() -> None:
    records = [*full("P1", 10, 50, 5), *full("P2", 5, 50, 5), *full("P3", 5, 50, 9)]
    told: Any = judged(records, ("P1", "P2", "P3")).table.set_index("subject_id")
    assert told.loc["P1", "influential"].split(";")[0] == "a"
    assert told.loc["P3", "influential"].split(";")[0] == "c"
    assert "指标a（比同类中位高 20.0 分）" in told.loc["P1", "reason_zh"]
    assert "criterion c (8.0 points below the median)" in told.loc["P3", "reason_en"]


def test_sample_numbers_mark_whom_they_are_about() -> None:
    records = [*full("P1", 5, 50, 5), *full("P2", 5, 50, 5, sample=True)]
    found = judged(records, ("P1", "P2"))
    assert found.table.set_index("subject_id")["sample"].to_dict() == {"P1": False, "P2": True}
    assert found.contributions.groupby("subject_id")["sample"].all().to_dict() == {
        "P1": False,
        "P2": True,
    }


def test_years_are_those_with_a_criterion_of_the_card() -> None:
    records = [*failed(2023), *failed(2025), record("P1", "z", 1, period=2021)]
    records.append(record("P1", "a", 1, card="incubator", period=2022))
    layers = tables([park("P1")], records)
    assert periods(layers, CARD) == (2023, 2025)
    assert periods({}, CARD) == ()


def test_without_layers_nobody_is_evaluated() -> None:
    found = evaluate({}, CATALOGUE, CARD, 2025, choice=FEW)
    assert found.table.empty
    assert found.contributions.empty
    assert found.unused.empty


def test_a_card_that_asks_for_a_field_that_is_not_there_is_refused() -> None:
    by = card(criterion("a", 1), subjects=(("parks", "colour", "red"),))
    with pytest.raises(UsageError, match="colour"):
        evaluate(tables([park("P1")], []), CATALOGUE, by, 2025, choice=FEW)


def test_a_public_copy_holds_no_raw_value() -> None:
    found = judged(full("P1", 7.53, 71.7, 2.51))
    public = audience_copy(found.contributions, "university", "public")
    assert {"subject_id", "criterion", "weight", "state", "name"} <= set(public.columns)
    text = public.to_csv()
    assert not [number for number in ("7.53", "71.7", "2.51", "21.51") if number in text]
    grades = audience_copy(found.table, "university", "public")
    assert grades["grade"].tolist() == found.table["grade"].tolist()
    assert "name" not in audience_copy(found.table, "operator", "public").columns
    assert audience_copy(found.table, "operator", "internal") is found.table
    with pytest.raises(ValueError, match="`audience`"):
        audience_copy(found.table, "operator", "everybody")


def test_firms_registered_elsewhere_are_shown_and_not_scored() -> None:
    carriers = [
        {"carrier_id": "C1", "park_id": "P1", "tenants": 30, "registered_tenants": 20},
        {
            "carrier_id": "C2",
            "park_id": "P1",
            "tenants": 10,
            "registered_tenants": 10,
            "sample": True,
        },
        {"carrier_id": "C3", "park_id": "P2", "tenants": 10, "registered_tenants": None},
        {"carrier_id": "C4", "park_id": "P3", "tenants": 10, "registered_tenants": 12},
    ]
    parks = [park(key, established=2000) for key in ("P1", "P2", "P3")]
    layers = tables(parks, full("P1", 7.5, 70, 2.5)) | {
        "carriers": rows("carriers", *({"name": c["carrier_id"], **c} for c in carriers))
    }
    told: Any = evaluate(layers, CATALOGUE, CARD, 2025, choice=FEW).table.set_index("subject_id")
    share = told["registered_elsewhere_share"]
    assert share["P1"] == pytest.approx(0.25)  # 10 of 40, not the mean of 1/3 and 0
    assert share[["P2", "P3"]].isna().all()
    assert told["sample"].to_dict() == {"P1": True, "P2": False, "P3": False}
    assert told.loc["P1", "score"] == pytest.approx(76)


def test_words_for_land_are_not_said_of_operators() -> None:
    by = card(criterion("a", 1), key="operator", subjects=(("operators", "", ""),), new_months=0)
    given = [
        record(subject, "a", value, period=year, card="operator")
        for year in (2024, 2025)
        for subject, value in (("O1", 90), ("O2", 10))
    ]
    operators = [{"operator_id": key, "name": f"机构{key}"} for key in ("O1", "O2")]
    layers = tables([], given, operators=operators)
    found = evaluate(layers, CATALOGUE, by, 2025, choice=FEW)
    assert found.table["grade"].tolist() == ["优", "不合格"]
    assert found.table["exit"].tolist() == [False, True]
    assert found.table["disposal"].tolist() == ["", ""]


def test_units_are_there_in_both_languages() -> None:
    by = card(criterion("a", 1, unit="家", unit_en="firms"), criterion("b", 1, unit="%"))
    cells: Any = judged(full("P1", 1, 2, 3)[:2], by=by).contributions.set_index("criterion")
    assert cells["unit"].to_dict() == {"a": "家", "b": "%"}
    assert cells["unit_en"].to_dict() == {"a": "firms", "b": "%"}
