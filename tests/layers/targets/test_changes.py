"""What people give of targets: one commit each, never written over, refused with a reason."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.entries import EntryError
from layers.errors import CatalogueError
from layers.errors import ConflictError
from layers.targets import Given
from layers.targets import TargetError
from layers.targets import add_value
from layers.targets import give_terms
from layers.targets import plan_targets
from layers.targets import standing_of
from layers.targets import targets_of
from layers.workspace import Workspace
from tests.layers.targets.hand import CATALOGUE
from tests.layers.targets.hand import RESEARCH
from tests.layers.targets.hand import REVENUE
from tests.layers.targets.hand import TODAY
from tests.layers.targets.hand import terms

if TYPE_CHECKING:
    from pathlib import Path

JUNE = dt.date(2025, 6, 30)
TERMS = {
    "scope": "在区企业",
    "base_value": 1000.0,
    "base_date": dt.date(2023, 12, 31),
    "owner": "甲",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", CATALOGUE, author="test")


def tables(workspace: Workspace) -> dict[str, Any]:
    return {key: workspace.read(key) for key in ("target_terms", "target_values")}


def test_terms_and_values_make_a_standing(workspace: Workspace) -> None:
    assert give_terms(workspace, "revenue", TERMS, author="甲") == 0
    add_value(workspace, REVENUE, Given(JUNE, "rolling", value=1100.0), author="甲")
    add_value(workspace, REVENUE, Given(JUNE, "rolling", value=1150.0), author="乙")
    one = standing_of(tables(workspace), REVENUE, TODAY)
    assert (one.index, one.latest and one.latest.revision) == (0.75, 1)
    assert [past.value for past in one.readings[0].past] == [1100.0]
    assert list(workspace.history("target_values")["author"]) == ["乙", "甲"]
    assert len(workspace.read("target_values")) == 2


def test_terms_that_are_not_named_stay_and_none_empties(workspace: Workspace) -> None:
    give_terms(workspace, "revenue", TERMS, author="甲")
    give_terms(workspace, "revenue", {"owner": " 乙 ", "scope": None}, author="乙")
    row = workspace.read("target_terms").iloc[0]
    assert (row["owner"], row["base_value"]) == ("乙", 1000.0)
    assert str(row["base_date"].date()) == "2023-12-31"
    assert standing_of(tables(workspace), REVENUE, TODAY).terms.missing == ("scope",)


def test_the_second_of_two_gets_a_conflict(workspace: Workspace) -> None:
    give_terms(workspace, "revenue", TERMS, author="甲", expected_version=-1)
    with pytest.raises(ConflictError):
        give_terms(workspace, "revenue", {"owner": "乙"}, author="乙", expected_version=-1)
    given = Given(JUNE, "rolling", value=1.0)
    add_value(workspace, REVENUE, given, author="甲", expected_version=-1)
    with pytest.raises(ConflictError):
        add_value(workspace, REVENUE, given, author="乙", expected_version=-1)
    assert len(workspace.read("target_values")) == 1


def test_the_other_part_completes_a_revision(workspace: Workspace) -> None:
    for part, value in (("A", 700.0), ("B", 450.0), ("B", 400.0)):
        add_value(workspace, REVENUE, Given(JUNE, "rolling", value=value, part=part), author="甲")
    found = workspace.read("target_values").sort_values("value_id")
    assert list(found["revision"]) == [0, 0, 1]
    assert found["value_id"].is_unique
    reading = standing_of(tables(workspace), REVENUE, TODAY).readings[0]
    assert (reading.value, [past.value for past in reading.past]) == (1100.0, [1150.0])


@pytest.mark.parametrize(
    "given",
    [
        Given(JUNE, "rolling"),
        Given(JUNE, "rolling", value=math.inf),
        Given(JUNE, "rolling", value=math.nan),
        Given(JUNE, "rolling", numerator=1.0, denominator=2.0),
        Given(JUNE, "rolling", value=1.0, part="C"),
        Given(JUNE, "rolling", value=1.0, source="x" * 2001),
        Given(JUNE, "weekly", value=1.0),
    ],
)
def test_a_value_that_does_not_fit_is_refused(workspace: Workspace, given: Given) -> None:
    with pytest.raises(EntryError):
        add_value(workspace, REVENUE, given, author="甲")
    assert workspace.keys() == ()


def test_a_denominator_below_nothing_is_refused(workspace: Workspace) -> None:
    with pytest.raises(TargetError, match="分母"):
        add_value(
            workspace,
            RESEARCH,
            Given(JUNE, "annual", numerator=1.0, denominator=-1.0),
            author="甲",
        )


@pytest.mark.parametrize(
    "given", [{"nothing": 1}, {"target_id": "x"}, {"base_value": math.nan}, {"scope": "x" * 2001}]
)
def test_terms_that_are_none_are_refused(workspace: Workspace, given: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        give_terms(workspace, "revenue", given, author="甲")
    assert workspace.keys() == ()


def test_hostile_text_stays_text(workspace: Workspace) -> None:
    text = '=cmd|"/c calc"!A1\n<script>'
    give_terms(workspace, "revenue", {**TERMS, "scope": text}, author="甲")
    assert workspace.read("target_terms")["scope"].iloc[0] == text


def test_the_bundled_plan_has_its_two_targets() -> None:
    found = plan_targets(CATALOGUE.folder)
    assert [(t.number, t.kind, t.unit.zh, str(t.end)) for t in found] == [
        (1400.0, "total", "亿元", "2026-12-31"),
        (5.0, "ratio", "%", "2026-12-31"),
    ]
    industries = {choice.value for choice in CATALOGUE.layer("units").field("industry").choices}
    assert set(found[0].parts) < industries
    # Nobody has given base, scope and owner: the bundled edition has no index.
    assert {standing_of({}, target, TODAY).status for target in found} == {"no_terms"}


def test_an_edition_without_a_plan_has_no_targets(tmp_path: Path) -> None:
    assert plan_targets(tmp_path) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[targets]]\ntarget_id = 'x'", "missing"),
        ("not toml", "plan.toml"),
        ("targets = 3", "plan.toml"),
    ],
)
def test_a_plan_that_contradicts_itself_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=told):
        plan_targets(tmp_path)


@pytest.mark.parametrize(
    "change", ["kind = 'sum'", "target = nan", "end = 2026", "direction = 'up'"]
)
def test_a_target_that_is_none_is_told(tmp_path: Path, change: str) -> None:
    lines = {
        "target_id": "'x'",
        "title_zh": "'x'",
        "title_en": "'x'",
        "kind": "'total'",
        "unit": "'u'",
        "target": "1",
        "end": "2026-12-31",
        "source": "'s'",
    }
    name, _equals, value = change.partition(" = ")
    lines[name] = value
    body = "\n".join(f"{key} = {text}" for key, text in lines.items())
    (tmp_path / "plan.toml").write_text(f"[[targets]]\n{body}\n", encoding="utf-8")
    with pytest.raises(CatalogueError):
        plan_targets(tmp_path)


def test_a_target_that_is_not_in_the_plan_is_a_suggestion() -> None:
    given = terms(
        "vacancy",
        title="空置率",
        kind="ratio",
        unit="%",
        target_value=12,
        target_date="2026-12-31",
        direction="at_most",
        base_value=20,
    )
    found = targets_of({"target_terms": given}, CATALOGUE.folder)
    assert [t.in_plan for t in found] == [True, True, False]
    assert (found[2].direction, found[2].number, found[2].scale) == ("at_most", 12.0, 100.0)


def test_half_a_suggestion_is_no_target() -> None:
    assert len(targets_of({"target_terms": terms("x", title="空置率")}, CATALOGUE.folder)) == 2


def test_terms_cannot_change_what_the_plan_says() -> None:
    given = terms("research-share", target_value=1, title="别的", kind="total")
    found = targets_of({"target_terms": given}, CATALOGUE.folder)
    assert [t.number for t in found] == [1400.0, 5.0]
