"""Output, ages, gaps and evidence, against numbers worked out by hand."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.underuse import UnderuseParameters
from geo.underuse import judge
from geo.underuse import underuse_facts
from tests.geo.underuse.registers import RULE
from tests.geo.underuse.registers import TODAY
from tests.geo.underuse.registers import month_before
from tests.geo.underuse.registers import register


def _fact(*rows: dict[str, Any], **benchmarks: float) -> dict[str, Any]:
    facts = underuse_facts(register(*rows), RULE, benchmarks=benchmarks or None)
    return {str(name): value for name, value in facts.iloc[0].items()}


def test_tax_is_yuan_on_a_square_metre_above_ground(oracle: dict[str, Any]) -> None:
    case = oracle["C1.units"]["tax_wan_on_m2"]
    row = {"tax_wan": case["tax_wan"], "above_ground_area_m2": case["gfa_m2"]}
    fact = _fact(row | {"gross_area_m2": 99_000.0})
    assert fact["output_low"] == pytest.approx(case["yuan_per_m2"], abs=1e-4)
    assert (fact["output_area"], fact["yardstick"]) == ("above_ground", "tax")
    fact = _fact(row | {"gross_area_m2": case["gfa_m2"], "above_ground_area_m2": None})
    assert fact["output_high"] == pytest.approx(case["yuan_per_m2"], abs=1e-4)
    assert fact["output_area"] == "gross"


@pytest.mark.parametrize("kind", ["university", "incubator"])
def test_start_ups_are_counted_instead_of_taxed(kind: str) -> None:
    """9 firms on 7,500 m² are 1.2 on 1,000 m²; their tax does not count."""
    small = {"rentable_area_m2": 7_000.0, "leased_area_m2": 6_500.0}
    fact = _fact({"carrier_class": kind, "incubated": 9, "gross_area_m2": 7_500.0, **small})
    assert fact["yardstick"] == "incubated"
    assert fact["output_low"] == pytest.approx(1.2)
    assert np.isnan(_fact({"carrier_class": kind, "tax_wan": 5_000})["output_low"])


def test_the_median_is_of_the_peers_that_report() -> None:
    """Tax 300, 900, 2000 and one blank: median 900, ratio 1/3; the others are no peers."""
    taxes: list[float | None] = [300, 900, None, 2_000]
    rows = [{"tax_wan": tax} for tax in taxes]
    others = [{"carrier_class": name, "tax_wan": 9} for name in ("characteristic", None, " ")]
    fact = _fact(*rows, *others)
    assert (fact["peer_median"], fact["peers"], fact["peers_known"]) == (900.0, 4, 3)
    assert fact["ratio_low"] == fact["ratio_high"] == pytest.approx(1 / 3)
    facts = underuse_facts(register(*rows, *others), RULE)
    assert facts["peers"].tolist() == [4, 4, 4, 4, 1, 0, 0]
    assert facts["ratio_low"].isna().tolist() == [False, False, True, False, True, True, True]


def test_two_reporting_peers_are_too_few_unless_the_median_is_frozen() -> None:
    rows: list[dict[str, Any]] = [{"tax_wan": tax} for tax in (300, 900, None)]
    assert np.isnan(_fact(*rows)["ratio_low"])
    assert not _fact(*rows)["knows_output"]
    fact = _fact(*rows, business=1_500.0)
    assert fact["ratio_low"] == pytest.approx(0.2)
    assert np.isnan(_fact(*rows, university=1_500.0)["ratio_low"])


@pytest.mark.parametrize("median", [0.0, -5.0, np.inf, np.nan])
def test_a_median_that_nothing_can_be_compared_with_leaves_output_unknown(median: float) -> None:
    assert np.isnan(_fact({}, business=median)["ratio_low"])


def test_zero_and_refunds_are_values_and_blank_is_not() -> None:
    rows = [{"tax_wan": tax} for tax in (0.0, -200.0, None, 1_000.0)]
    facts = underuse_facts(register(*rows), RULE, benchmarks={"business": 1_000.0})
    assert facts["ratio_low"].iloc[[0, 1, 3]].tolist() == [0.0, -0.2, 1.0]
    assert facts["knows_output"].tolist() == [True, True, False, True]
    assert facts["missing"].tolist() == ["", "", "tax_wan", ""]


@pytest.mark.parametrize(
    ("row", "ages"),
    [
        ({"completed": "2024-11"}, (24, 24)),
        ({"completed": "2027-05"}, (0, 0)),
        # 2024: from 2024-12 (23 months) to 2024-01 (34 months)
        ({"completed": None, "completed_year": 2024}, (23, 34)),
        ({"completed": None, "completed_year": 2026, "vacant_since": None}, (0, 10)),
        ({"completed": None, "completed_year": 2028}, (0, 0)),
        ({"completed": "2010-03", "completed_year": 2024}, (200, 200)),
        # It stood empty in 2024-06 (29 months), so it was there by then.
        ({"completed": None, "completed_year": 2024, "vacant_since": "2024-06"}, (29, 34)),
        ({"completed": None, "completed_year": 2024, "vacant_since": "2020-01"}, (34, 34)),
        ({"completed": None, "vacant_since": "2024-06"}, (29, np.inf)),
        ({"completed": None, "vacant_since": None}, (0, np.inf)),
        # The later of completion and refit counts.
        ({"refitted": "2025-11"}, (12, 12)),
        ({"completed": "2025-11", "refitted": "2020-01"}, (12, 12)),
        ({"completed": None, "refitted": "2020-11"}, (72, 72)),
        ({"completed": None, "completed_year": 2026, "refitted": "2026-03"}, (8, 8)),
        # A refit that is planned has not made it new.
        ({"refitted": "2027-03"}, (200, 200)),
        ({"completed": "spring", "vacant_since": "?"}, (0, np.inf)),
    ],
)
def test_age_is_from_the_later_of_completion_and_refit(
    row: dict[str, Any], ages: tuple[float, float]
) -> None:
    fact = _fact(row)
    assert (fact["age_low"], fact["age_high"]) == ages


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 11, 23), date(2026, 12, 31)])
def test_a_year_of_completion_spans_all_its_months(year: int, day: date) -> None:
    rule = UnderuseParameters(as_of=day)
    months = register(*({"completed": f"{year}-{month:02d}"} for month in range(1, 13)))
    ages = underuse_facts(months, rule)["age_low"]
    spread = {"completed": None, "completed_year": year, "vacant_since": None}
    fact = underuse_facts(register(spread), rule).iloc[0]
    assert (fact["age_low"], fact["age_high"]) == (ages.min(), ages.max())


def test_months_of_vacancy() -> None:
    rows: list[dict[str, Any]] = [
        {"vacant_since": "2025-11"},
        {"vacant_since": None},
        {"vacant_since": None, "completed": None},
        {"vacant_since": None, "vacant_area_m2": 0.0, "leased_area_m2": 10_000.0},
        {"vacant_since": None, "completed": None, "completed_year": 2025},
    ]
    facts = underuse_facts(register(*rows), RULE)
    assert facts["months_low"].tolist() == [12, 0, 0, 0, 0]
    # Nothing stands empty for longer than it stands: 200 months; since 2025-01: 22.
    assert facts["months_high"].tolist() == [12, 200, np.inf, 0, 22]
    assert facts["knows_duration"].tolist() == [True, False, False, True, False]


def test_doubted_cells_are_unknown_and_named() -> None:
    said = "tax_wan=疑错;vacant_area_m2:存疑; leased_area_m2=未报;foo=疑错"
    carriers = register({"gaps": said}, {}, {"gaps": "data_date=疑错"}, {"gaps": "???"})
    facts = underuse_facts(carriers, RULE, benchmarks={"business": 1_800.0})
    assert facts["doubted"].tolist() == ["tax_wan;vacant_area_m2", "", "data_date", ""]
    assert facts["missing"].tolist() == ["vacant_area_m2;tax_wan", "", "data_date", ""]
    # What the others leave would be the very number that is doubted.
    assert facts["flaw"].tolist() == ["doubted", "", "", ""]
    assert facts["vacancy_low"].tolist() == [0.0, 0.05, 0.05, 0.05]
    assert facts["vacancy_high"].tolist() == [1.0, 0.05, 0.05, 0.05]
    assert facts["evidence_share"].tolist() == [0.35, 1.0, 0.9, 1.0]


def test_more_rentable_than_there_is_is_a_contradiction() -> None:
    rows: list[dict[str, Any]] = [{"gross_area_m2": 9_800.0}, {"gross_area_m2": 9_950.0}]
    facts = underuse_facts(register(*rows), RULE, benchmarks={"business": 1_800.0})
    assert facts["flaw"].tolist() == ["contradiction", ""]  # within 1 % is rounding
    assert facts["output_low"].isna().tolist() == [True, False]


def test_a_month_to_come_says_nothing_of_how_long_space_is_vacant() -> None:
    fact = _fact({"vacant_since": "2027-05", "leased_area_m2": 5_000.0, "vacant_area_m2": 5_000.0})
    assert (fact["months_low"], fact["months_high"]) == (0.0, 200.0)  # built in 2010-03


def test_doubt_alone_decides_what_is_unknown() -> None:
    doubted = register({"gaps": "completed=疑错;vacant_since=疑错;carrier_class=疑错"})
    blank = register({"completed": None, "vacant_since": None, "carrier_class": None})
    first, second = (underuse_facts(c, RULE).drop(columns="doubted") for c in (doubted, blank))
    pd.testing.assert_frame_equal(first, second)


def test_evidence_is_the_weight_of_what_is_known() -> None:
    """.40 vacancy, .15 duration, .25 output, .10 completion, .10 date."""
    rows: list[dict[str, Any]] = [
        {},
        {"vacant_area_m2": None, "leased_area_m2": None},
        {"vacant_since": None},
        {"tax_wan": None},
        {"completed": None},
        {"completed": None, "vacant_since": month_before(24)},
        {"data_date": None},
        {"data_date": "2025-11-22"},
        {"data_date": "2025-10-23"},
        dict.fromkeys(["vacant_area_m2", "leased_area_m2", "vacant_since", "tax_wan"]),
    ]
    facts = underuse_facts(register(*rows), RULE, benchmarks={"business": 1_800.0})
    shares = [1.0, 0.6, 0.85, 0.75, 0.9, 1.0, 0.9, 1.0, 0.9, 0.2]
    assert facts["evidence_share"].tolist() == shares
    assert facts["data_age_months"].iloc[[6, 7, 8]].tolist() == pytest.approx(
        [np.nan, 12, 13], nan_ok=True
    )


def test_what_would_tell_more_is_named() -> None:
    facts = underuse_facts(pd.DataFrame(index=["a"]), RULE)
    areas = "rentable_area_m2;own_use_area_m2;leased_area_m2;locked_area_m2;vacant_area_m2"
    rest = "vacant_since;tax_wan;gross_area_m2;carrier_class;completed;data_date"
    assert facts["missing"].tolist() == [f"{areas};{rest}"]
    assert facts["evidence_share"].tolist() == [0.0]
    # A year that is enough needs no month.
    old = underuse_facts(register({"completed": "", "completed_year": 1998}), RULE)
    assert old["missing"].tolist() == [""]


def test_labels_must_be_unique() -> None:
    carriers = register({}, {})
    carriers.index = pd.Index(["F1", "F1"])
    with pytest.raises(ValueError, match=r"`carriers`.*repeated"):
        underuse_facts(carriers, RULE)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, -1e9, 0.0])
def test_impossible_areas_do_not_stop_the_others(wrong: float) -> None:
    names = ["rentable_area_m2", "vacant_area_m2", "gross_area_m2", "above_ground_area_m2"]
    carriers = register(*({name: wrong} for name in names), dict.fromkeys(names, wrong), {})
    facts = underuse_facts(carriers, RULE, benchmarks={"business": 1_800.0})
    assert len(judge(facts, RULE)) == 6
    assert judge(facts, RULE)["state"].iloc[-1] == "正常"
    assert np.isfinite(facts[["vacancy_low", "vacancy_high"]].to_numpy()).all()


def _calls(rows: int) -> int:
    """Count the calls, of Python and of C, that judging so many carriers makes."""
    rng = np.random.default_rng(rows)
    carriers = register(
        {"gaps": "tax_wan=疑错"}, {"vacant_area_m2": None, "completed": None}, {}
    ).iloc[rng.integers(0, 3, rows)]
    carriers = carriers.reset_index(drop=True).assign(tax_wan=rng.uniform(0, 4_000, rows))
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        judged = judge(underuse_facts(carriers, RULE), RULE)
    finally:
        sys.setprofile(before)
    assert len(judged) == rows
    return calls


def test_a_long_register_is_judged_without_a_step_for_each_row() -> None:
    """A hundred times the rows take the same calls, give or take what pandas does."""
    _calls(10)
    assert _calls(100_000) < 1.1 * _calls(1_000) + 1_000


def test_the_day_is_the_parameter_and_not_the_clock() -> None:
    carriers = register({"vacant_since": "2020-01"})
    days = (TODAY, date(2021, 1, 31))
    found = [underuse_facts(carriers, UnderuseParameters(as_of=day)) for day in days]
    assert [facts["months_low"].iloc[0] for facts in found] == [82, 12]
