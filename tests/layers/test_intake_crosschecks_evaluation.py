"""What an import says of indicators, replies and taxes, and what it leaves alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.delivery import deliver
from layers.evaluation.records import records_of
from layers.evaluation.subjects import subjects_of
from layers.intake.checks.crosschecks import cross_check
from layers.intake.source import Request
from layers.scorecards import load_scorecards
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.issues import Issue

CATALOGUE = load_catalogue()
TODAY = dt.date(2026, 11, 25)

Row = dict[str, Any]
RECORD: Row = {
    "card": "operator",
    "subject_id": "O1",
    "period": 2025,
    "indicator": "satisfaction",
    "value": 80,
}


def layer(key: str, *rows: Row) -> pd.DataFrame:
    spec = CATALOGUE.layer(key)
    named = [
        {spec.name_field: f"{key}{i}", spec.id_field: f"{key[0].upper()}{i}", **row}
        for i, row in enumerate(rows, start=1)
    ]
    checked = conform(pd.DataFrame(named, dtype=object), spec)
    assert checked.rejected.empty, checked.rejected.iloc[0].to_dict()
    return checked.accepted


def records(*rows: Row) -> pd.DataFrame:
    return layer("indicators", *({**RECORD, **row} for row in rows))


def replies(*rows: Row) -> pd.DataFrame:
    return layer("replies", *({"carrier_id": "C1", **row} for row in rows))


def check(
    key: str,
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> list[Issue]:
    spec = CATALOGUE.layer(key)
    rows = {str(name): i for i, name in enumerate(frame[spec.id_field], start=1)}
    request = Request(Path("指标.xlsx"), key)
    return list(cross_check(frame, spec, tables or {}, catalogue, request, rows, today=TODAY))


def found(issues: list[Issue]) -> list[tuple[str, int, str]]:
    return [(issue.code, issue.row, issue.field) for issue in issues]


# --- indicators


@pytest.mark.parametrize(
    ("card", "indicator", "told"),
    [
        ("operator", "satisfaction", False),
        ("operator", "vacancy", False),
        ("university", "talents", False),
        ("university", "vacancy", True),
        ("university", "satisfaction", True),
        ("operator", "企业满意度", True),
    ],
)
def test_an_indicator_that_its_card_does_not_ask_is_told_with_those_it_asks(
    card: str, indicator: str, told: bool
) -> None:
    issues = check(
        "indicators", records({}, {"card": card, "indicator": indicator, "period": 2024})
    )
    assert found(issues) == ([("unknown_indicator", 2, "indicator")] if told else [])
    for issue in issues:
        assert issue.value == indicator
        scorecard = load_scorecards().cards[card]
        assert scorecard.title_zh in issue.message.zh
        assert scorecard.title_en in issue.message.en
        for criterion in scorecard.criteria:
            assert f"{criterion.key}（{criterion.title_zh}）" in issue.remedy.zh
            assert f"{criterion.key} ({criterion.title_en})" in issue.remedy.en


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"subject_id": "O1"}, False),
        ({"subject_id": "O9"}, True),
        ({"subject_id": "P1"}, True),
        ({"subject_id": "MARKET", "indicator": "vacancy"}, False),
        ({"subject_id": "MARKET"}, True),
        ({"card": "university", "indicator": "talents", "subject_id": "P1"}, False),
        ({"card": "university", "indicator": "talents", "subject_id": "P2"}, True),
        ({"card": "university", "indicator": "talents", "subject_id": "P3"}, False),
        # The incubators are not there, so that nobody can say who is none.
        ({"card": "incubator", "indicator": "jobs", "subject_id": "O9"}, False),
    ],
)
def test_a_subject_that_the_card_is_not_about_is_told(row: Row, told: bool) -> None:
    parks = layer(
        "parks",
        {"park_class": "university"},
        {"park_class": "characteristic"},
        {"park_class": "characteristic", "second_class": "university"},
    )
    tables = {"parks": parks, "operators": layer("operators", {})}
    issues = check("indicators", records(row), tables)
    assert found(issues) == ([("unknown_subject", 1, "subject_id")] if told else [])
    for issue in issues:
        assert row["subject_id"] in issue.message.zh
        assert "不会用于评价" in issue.message.zh
        assert "will not be used" in issue.message.en


@pytest.mark.parametrize("tables", [{}, {"operators": layer("operators", {}).iloc[:0]}])
def test_without_the_layers_of_a_card_no_subject_is_unknown(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    assert check("indicators", records({"subject_id": "nobody"}), tables) == []


@pytest.mark.parametrize(
    "other",
    [{"subject_id": "O2"}, {"period": 2024}, {"indicator": "absorption"}],
    ids=["another subject", "another year", "another indicator"],
)
def test_a_second_row_for_one_number_is_told_at_the_later_row(other: Row) -> None:
    assert check("indicators", records({}, other)) == []
    issues = check("indicators", records({}, other, {"value": 81}))
    assert found(issues) == [("repeated_indicator", 3, "indicator")]
    assert "本文件的记录“I1”重复，两条都不会用于评价" in issues[0].message.zh
    assert "neither will be used" in issues[0].message.en


def test_a_second_row_under_another_id_is_told_against_the_layer() -> None:
    there = records({"record_id": "Z"}, {"record_id": "Y", "subject_id": "O2"})
    issues = check("indicators", records({"value": 99}), {"indicators": there})
    assert found(issues) == [("repeated_indicator", 1, "indicator")]
    assert "图层中原有的记录“Z”" in issues[0].message.zh
    assert "record of the layer 'Z'" in issues[0].message.en


def test_a_record_that_is_corrected_under_its_id_is_no_second_one() -> None:
    there = records({"record_id": "Z"})
    assert check("indicators", records({"record_id": "Z", "value": 9}), {"indicators": there}) == []


def test_two_rows_of_the_layer_are_not_told_by_a_file_about_something_else() -> None:
    there = records({"record_id": "Z"}, {"record_id": "Y"})
    assert check("indicators", records({"subject_id": "O2"}), {"indicators": there}) == []


def test_what_is_told_is_what_an_evaluation_leaves_aside() -> None:
    frame = records(
        {},
        {},
        {"subject_id": "O9"},
        {"indicator": "talents"},
        {"indicator": "vacancy", "subject_id": "MARKET"},
        {"indicator": "absorption"},
        {"indicator": "absorption", "card": "operator", "period": 2024},
    )
    tables = {"operators": layer("operators", {}), "indicators": frame}
    card = load_scorecards().cards["operator"]
    subjects = subjects_of(tables, CATALOGUE, card, 2025)["subject_id"].tolist()
    unused = set(records_of(tables, card, 2025, subjects).unused["record_id"])
    issues = check("indicators", frame, {"operators": tables["operators"]})
    named = {f"I{issue.row}" for issue in issues}
    # Of two rows for one number the later one is told and names the other.
    assert named | {"I1"} == unused == {"I1", "I2", "I3", "I4"}


@pytest.mark.parametrize(
    ("card", "indicator", "value", "fault"),
    [
        ("operator", "satisfaction", 100.5, "不在 0–100 之间"),
        ("operator", "satisfaction", -0.5, "不在 0–100 之间"),
        ("operator", "satisfaction", 100, ""),
        ("operator", "satisfaction", 100.00000000000001, ""),
        ("operator", "satisfaction", 0, ""),
        ("operator", "vacancy", 130, "不在 0–100 之间"),
        ("operator", "vacancy_change", -300, ""),
        ("operator", "invested_projects", -1, "小于 0"),
        ("operator", "invested_projects", 500, ""),
        ("operator", "response_hours", -3, "小于 0"),
        ("incubator", "growth", -40, ""),
        ("incubator", "growth", 250, ""),
        ("incubator", "occupancy", 101, "不在 0–100 之间"),
        ("operator", "satisfaction", None, ""),
    ],
)
def test_shares_lie_within_0_and_100_and_counts_are_not_negative(
    card: str, indicator: str, value: float | None, fault: str
) -> None:
    row = {"card": card, "indicator": indicator, "value": value}
    issues = check("indicators", records(row))
    assert found(issues) == ([("indicator_range", 1, "value")] if fault else [])
    for issue in issues:
        assert fault in issue.message.zh
        assert str(value) in issue.message.en


@pytest.mark.parametrize("state", ["doubtful", "withheld", "not_applicable"])
def test_a_value_that_nobody_vouches_for_is_left_alone(state: str) -> None:
    assert check("indicators", records({"value": 140, "value_state": state})) == []
    reported = records({"value": 140, "value_state": "reported"})
    assert found(check("indicators", reported)) == [("indicator_range", 1, "value")]


def test_an_edition_without_scorecards_is_checked_by_the_bundled_ones(tmp_path: Path) -> None:
    catalogue = dataclasses.replace(CATALOGUE, folder=tmp_path)
    odd = records({"indicator": "nothing", "value": -5})
    issues = check("indicators", odd, catalogue=catalogue)
    assert found(issues) == [("unknown_indicator", 1, "indicator")]


# --- replies


@pytest.mark.parametrize("field", ["vacant_area_m2", "wanted_area_m2"])
@pytest.mark.parametrize(
    ("carrier", "area", "whole"),
    [
        ({"rentable_area_m2": 1000, "gross_area_m2": 1500}, 1200, "可租"),
        ({"rentable_area_m2": 1000, "gross_area_m2": 1500}, 1000.5, ""),
        ({"gross_area_m2": 1500}, 1600, "总建筑面积"),
        ({"gross_area_m2": 1500}, 1500, ""),
        ({}, 1e6, ""),
    ],
)
def test_a_reply_is_not_about_more_than_the_carrier_has(
    field: str, carrier: Row, area: float, whole: str
) -> None:
    carriers = layer(
        "carriers", {"carrier_id": "C0", "gross_area_m2": 1}, carrier | {"carrier_id": "C1"}
    )
    issues = check("replies", replies({field: area}), {"carriers": carriers})
    assert found(issues) == ([("area_above_carrier", 1, field)] if whole else [])
    for issue in issues:
        assert whole in issue.message.zh
        assert CATALOGUE.layer("replies").field(field).title.en in issue.message.en
        assert "carrier 'C1'" in issue.message.en


def test_a_reply_about_a_carrier_that_is_not_there_has_nothing_to_exceed() -> None:
    frame = replies({"wanted_area_m2": 1e6})
    assert check("replies", frame) == []
    other = layer("carriers", {"carrier_id": "C7", "gross_area_m2": 1})
    assert check("replies", frame, {"carriers": other}) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"start": "2026-05-01", "data_date": "2026-05-02"}, [("dates_reversed", 1, "start")]),
        ({"start": "2026-05-02", "data_date": "2026-05-02"}, []),
        ({"start": "2027-05-02", "data_date": "2026-05-02"}, []),
        ({"start": "2010-05-02"}, []),
        ({"start": "1999-12-31"}, [("start_long_ago", 1, "start")]),
        ({"start": "2000-01-01"}, []),
        ({"data_date": "2026-05-02"}, []),
        ({"rent_offer_yuan_m2_day": 0}, [("rent_zero", 1, "rent_offer_yuan_m2_day")]),
        ({"rent_offer_yuan_m2_day": 0.1}, []),
        ({}, []),
    ],
)
def test_slips_in_a_reply_are_told(row: Row, told: list[tuple[str, int, str]]) -> None:
    issues = check("replies", replies(row))
    assert found(issues) == told
    for issue in issues:
        assert issue.remedy.zh
        assert issue.remedy.en


# --- carriers


@pytest.mark.parametrize(("tax", "told"), [(-12.5, True), (0, False), (12.5, False), (None, False)])
def test_a_negative_tax_is_to_be_checked(tax: float | None, told: bool) -> None:
    issues = check("carriers", layer("carriers", {"tax_wan": tax}))
    assert found(issues) == ([("negative_tax", 1, "tax_wan")] if told else [])
    assert not told or "-12.5 万元" in issues[0].message.zh


# --- through the whole chain


def test_an_import_keeps_the_rows_and_says_what_is_wrong_with_them(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="t", edition=None)
    workspace.commit("operators", layer("operators", {}), author="t", message="m")
    path = tmp_path / "指标.csv"
    path.write_text(
        "record_id,card,subject_id,period,indicator,value\n"
        "A1,operator,O1,2025,satisfaction,80\n"
        "A2,operator,O1,2025,satisfaction,81\n"
        "A3,operator,O1,2025,absorption,130\n"
        "A4,operator,O1,2025,nothing,5\n"
        "A5,operator,O9,2025,absorption,5\n",
        encoding="utf-8",
    )
    made = deliver(workspace, path, "indicators", author="t", message="m")
    assert workspace.read("indicators")["record_id"].tolist() == ["A1", "A2", "A3", "A4", "A5"]
    warned = [issue for issue in made.result.issues if issue.severity == "warning"]
    assert {(issue.code, issue.row, issue.field) for issue in warned} == {
        ("repeated_indicator", 2, "indicator"),
        ("indicator_range", 3, "value"),
        ("unknown_indicator", 4, "indicator"),
        ("unknown_subject", 5, "subject_id"),
    }
    for issue in warned:
        for lang in ("zh", "en"):
            assert "指标.csv" in issue.line(lang)
            assert "{" not in issue.line(lang)
