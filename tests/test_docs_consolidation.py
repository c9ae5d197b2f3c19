"""The page on the consolidation model names what the code has, with the code's defaults."""

from __future__ import annotations

import re
from dataclasses import MISSING
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from geo.consolidation.fit import TESTS
from geo.consolidation.overrides import KINDS
from geo.consolidation.parameters import RULE_VERSION
from geo.consolidation.parameters import ConsolidationParameters
from geo.consolidation.phrases import WHY
from geo.consolidation.solve import Status
from geo.consolidation.tenancies import LOCKS
from layers.proposals import WORDS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "consolidation.md").read_text("utf-8")
FOR_PLANNERS = (DOCS / "reading-a-plan.zh-CN.md").read_text("utf-8")
NAMED = set(re.findall(r"`(\w+)`", PAGE))
REQUIRED = "required"


def section(heading: str) -> str:
    """Return the part of the page under a heading of the second level."""
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the lines of tables that begin with a code."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def shown(value: object) -> str:
    """Return a default as the page writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def test_the_parameters_stand_in_their_order_with_their_defaults() -> None:
    told = {name.strip("`"): default for name, default, *_ in rows(section("8 Parameters"))}
    given = {
        field.name: REQUIRED if field.default is MISSING else shown(field.default)
        for field in fields(ConsolidationParameters)
    }
    assert list(told.items()) == list(given.items())


def test_the_costs_are_those_of_the_parameters() -> None:
    told = {row[0].strip("`"): row[-1] for row in rows(section("7 Cost of a move [J]"))}
    usual = {field.name: field.default for field in fields(ConsolidationParameters)}
    for part, name in {
        "relocation_wan": "relocation_yuan_m2",
        "fit_out_wan": "fit_out_yuan_m2",
        "break_fee_wan": "break_fee_months",
        "double_rent_wan": "double_rent_months",
    }.items():
        assert told[part].split()[0] == shown(usual[name])


def test_the_locks_stand_in_the_order_in_which_they_hold() -> None:
    codes = [row[0].strip("`") for row in rows(section("3 Which moves are possible"))]
    assert codes == [*LOCKS, *TESTS]


def test_every_reason_for_staying_is_explained_where_they_are_found() -> None:
    part = section("9 What is told of a plan").split("**Why a unit stays.**")[1]
    told = [code for row in rows(part) for code in re.findall(r"`(\w+)`", row[0])]
    assert set(told) == WHY.keys() | set(TESTS) | set(LOCKS)


@pytest.mark.parametrize("code", [*WORDS["outcome"], *KINDS, *get_args(Status)])
def test_every_outcome_override_and_status_is_named(code: str) -> None:
    assert code in NAMED


@pytest.mark.parametrize("group", ["outcome", "status"])
def test_words_of_codes_are_those_that_the_program_shows(group: str) -> None:
    for code, word in WORDS[group].items():
        assert re.search(rf"`{code}` \|? ?{re.escape(word.zh)}", PAGE)


def test_the_rule_is_the_one_of_the_code() -> None:
    assert RULE_VERSION in PAGE


def test_every_row_of_the_model_has_its_number() -> None:
    for number in range(1, 9):
        assert re.search(rf"^\({number}\) ", section("4 Rows"), re.MULTILINE)


def test_planners_read_the_words_that_the_page_shows() -> None:
    for code in (*WORDS["outcome"], *WORDS["confidence"]):
        group = "outcome" if code in WORDS["outcome"] else "confidence"
        assert WORDS[group][code].zh in FOR_PLANNERS


@pytest.mark.parametrize("page", [PAGE, FOR_PLANNERS], ids=["model", "reading"])
def test_links_lead_to_pages_that_are_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (DOCS / target).exists(), target
