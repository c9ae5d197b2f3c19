"""What a text says about empty cells."""

from __future__ import annotations

import pytest

from geo.underuse import parse_gaps

TITLES = {"税收总额": "tax_wan", "空置面积": "vacant_area_m2"}


def test_the_four_reasons_by_name_and_by_title() -> None:
    found = parse_gaps(
        "tax_wan=保密不提供; 空置面积：疑错；\n 税收总额 = withheld;vacant_since=不适用", TITLES
    )
    assert found.states == {"tax_wan": "withheld", "vacant_area_m2": "doubtful"}
    assert found.unread == ("vacant_since=不适用",)


def test_without_titles_every_name_is_taken() -> None:
    assert parse_gaps("rent=未报;x=不适用") == (
        {"rent": "not_reported", "x": "not_applicable"},
        (),
    )


@pytest.mark.parametrize(
    "part", ["tax_wan", "tax_wan=", "=疑错", "tax_wan=maybe", "保密", "a=b=疑错"]
)
def test_what_is_not_understood_comes_back_as_written(part: str) -> None:
    found = parse_gaps(f"空置面积=疑错;{part}", TITLES)
    assert found == ({"vacant_area_m2": "doubtful"}, (part,))


def test_a_second_reason_for_a_field_does_not_replace_the_first() -> None:
    found = parse_gaps("税收总额=未报;tax_wan=疑错;tax_wan=空", TITLES)
    assert found == ({"tax_wan": "not_reported"}, ("tax_wan=疑错",))


@pytest.mark.parametrize("nothing", [None, float("nan"), 3, "", " ; ；\n"])
def test_nothing_says_nothing(nothing: object) -> None:
    assert parse_gaps(nothing, TITLES) == ({}, ())
