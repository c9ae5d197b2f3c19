"""What is missing, whom to ask, and what it would change."""

from __future__ import annotations

from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.underuse import TODO_TITLES
from layers.underuse import RankChoice
from layers.underuse import missing_data
from layers.underuse import underuse_of
from tests.underuse_hand import tables

CATALOGUE = load_catalogue()
FEW = RankChoice(draws=5)
AREAS = {"own_use_area_m2", "leased_area_m2", "vacant_area_m2"}


def listed(there: dict[str, Any]) -> Any:
    return missing_data(underuse_of(there, CATALOGUE, choice=FEW), there, CATALOGUE)


def entry(table: Any, carrier: str, field: str) -> Any:
    rows = table[table["carrier_id"].eq(carrier) & table["field"].eq(field)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_list_is_as_worked_out_by_hand() -> None:
    table = listed(tables())
    assert list(table.columns) == list(TODO_TITLES)
    found = {(row.carrier_id, row.field): row.why for row in table.itertuples()}
    assert found == {
        ("C2", "tax_wan"): "withheld",
        **{("C5", field): "not_reported" for field in AREAS},
        ("C5", "vacant_since"): "not_reported",
        ("C8", "tax_wan"): "not_reported",
        ("C9", "tax_wan"): "not_reported",
        ("C9", "vacant_area_m2"): "contradiction",
        ("C10", "tax_wan"): "not_reported",
        ("C10", "data_date"): "stale",
    }


def test_a_number_tells_what_it_alone_could_make_of_the_state() -> None:
    table = listed(tables())
    withheld = entry(table, "C2", "tax_wan")
    # Long half empty: with any tax it is one of the two or both.
    assert withheld["could_become"] == "低效;预警"
    assert withheld["matters"]
    # However much tax, what is held for renewal is not judged.
    held = entry(table, "C8", "tax_wan")
    assert held["could_become"] == ""
    assert not held["matters"]
    # Two years old: without a newer date not even low tax decides, and a newer date
    # makes it what C2 is.
    assert entry(table, "C10", "data_date")["could_become"] == "疑似低效"
    assert table["matters"].tolist() == sorted(table["matters"], reverse=True)
    assert (table["could_become"].ne("") == table["matters"]).all()


def test_titles_are_those_of_the_catalogue() -> None:
    row = entry(listed(tables()), "C2", "tax_wan")
    assert (row["field_title_zh"], row["field_title_en"]) == ("税收总额", "Tax")


@pytest.mark.parametrize(
    ("changes", "who", "kind"),
    [
        ({}, "绝密运营公司", "operator"),
        ({"operator": None}, "绝密产权公司", "owner"),
        ({"operator": None, "owner": None}, "示例园", "park"),
    ],
)
def test_whoever_is_nearest_is_asked(changes: dict[str, Any], who: str, kind: str) -> None:
    row = entry(listed(tables(C2=changes)), "C2", "tax_wan")
    assert (row["who"], row["who_kind"]) == (who, kind)


def test_that_nobody_is_known_is_said_and_comes_last() -> None:
    nobody = {"operator": None, "owner": None, "park_id": None}
    table = listed(tables(C2=nobody))
    row = entry(table, "C2", "tax_wan")
    assert row["who_kind"] == "unknown"
    assert row.isna()["who"]
    mattering = table[table["matters"]]
    assert mattering["carrier_id"].iloc[-1] == "C2"
    assert mattering["who"].iloc[:-1].notna().all()


def test_a_park_that_is_not_listed_goes_by_its_id() -> None:
    there = tables(C2={"operator": None, "owner": None})
    del there["parks"]
    assert entry(listed(there), "C2", "tax_wan")["who"] == "P1"


def test_doubted_numbers_are_to_be_asked_for() -> None:
    row = entry(listed(tables(C1={"gaps": "税收总额=疑错"})), "C1", "tax_wan")
    assert row["why"] == "doubtful"
    assert row["could_become"] == "低效;预警"


def test_what_does_not_apply_is_not_asked_for() -> None:
    table = listed(tables(C2={"gaps": "tax_wan=不适用"}))
    assert "C2" not in set(table["carrier_id"])


def test_an_explanation_that_is_not_understood_is_told() -> None:
    row = entry(listed(tables(C1={"gaps": "税收总额:随便"})), "C1", "gaps")
    assert row["why"] == "unread"
    assert row["field_title_zh"] == "缺项说明"
    assert not row["matters"]


def test_a_full_register_has_nothing_to_ask() -> None:
    there = tables()
    known = there["carriers"]["carrier_id"].isin(["C1", "C3", "C4", "C6", "C7"])
    there["carriers"] = there["carriers"][known].reset_index(drop=True)
    table = listed(there)
    assert table.empty
    assert list(table.columns) == list(TODO_TITLES)


def test_each_row_keeps_the_sample_mark() -> None:
    table = listed(tables(C2={"sample": False}))
    assert not entry(table, "C2", "tax_wan")["sample"]
    assert entry(table, "C10", "tax_wan")["sample"]
