from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from geo.consolidation.overrides import Override
from geo.consolidation.parameters import RULE_VERSION
from geo.consolidation.parameters import ConsolidationParameters
from layers.catalogue import load_catalogue
from layers.scenarios import NUMBER_TITLES
from layers.scenarios import SETTING_TITLES
from layers.scenarios import SavedStep
from layers.scenarios import Scenario
from layers.scenarios import ScenarioUsageError
from layers.scenarios import compare
from layers.scenarios import load
from layers.scenarios import merge
from layers.scenarios import save
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARAMETERS = ConsolidationParameters(as_of=date(2026, 11, 1), horizon=date(2028, 11, 1))
NO_PLAN = Scenario(name="甲案", author="甲", parameters=PARAMETERS)


def step(presences: int, cost: float, moved: Mapping[str, str]) -> SavedStep:
    return SavedStep(
        presences=presences,
        cost_wan=cost,
        in_zone_area_m2=1000.0,
        moved_area_m2=100.0 * len(moved),
        moves=len(moved),
        status="optimal",
        gap=0.0,
        moved=moved,
    )


STEPS = (
    step(5, 0.0, {}),
    step(4, 70.0, {"u3": "h1"}),
    step(3, 161.0, {"u1": "h1", "u2": "h3", "u3": "h1"}),
)
A = replace(NO_PLAN, steps=STEPS, chosen=2, versions={"units": 1, "zones": 0})
B = replace(
    NO_PLAN,
    name="乙案",
    steps=(STEPS[0], step(4, 90.0, {"u3": "h2", "u4": "h3", "u1": "h1"})),
    chosen=1,
    parks=("P2", "P1"),
    versions={"units": 2, "zones": 0, "parks": 0},
    parameters=replace(PARAMETERS, budget_wan=100.0, own_use_movable=True, walk_m=800.5),
)


def signed(time: str = "2026-11-02T00:00:00+00:00", author: str = "甲", **what: str) -> Override:
    return Override.from_dict({"author": author, "time": time, "reason": "踏勘", **what})


def test_the_chosen_plans_are_compared_number_by_number() -> None:
    numbers = compare(A, B).numbers
    assert numbers["name"].tolist() == list(NUMBER_TITLES)
    got = numbers[["name", "a", "b", "difference"]].itertuples(index=False, name=None)
    assert {name: tuple(values) for name, *values in got} == {
        "steps": (3, 2, -1),
        "fewest_presences": (3, 4, 1),
        "presences": (3, 4, 1),
        "cost_wan": (161, 90, -71),
        "in_zone_area_m2": (1000, 1000, 0),
        "moved_area_m2": (300, 300, 0),
        "moves": (3, 3, 0),
        "gap": (0, 0, 0),
    }
    assert numbers["title_zh"].tolist()[3] == "费用（万元）"


def test_what_a_scenario_does_not_have_is_unknown_and_not_zero() -> None:
    numbers = compare(NO_PLAN, replace(A, chosen=None)).numbers
    assert numbers["a"].fillna(-1).tolist() == [0, *[-1] * 7]
    assert numbers["b"].fillna(-1).tolist() == [3, 3, *[-1] * 6]
    assert numbers["difference"].fillna(-1).tolist() == [3, *[-1] * 7]
    unproven = replace(A, steps=(replace(STEPS[0], gap=None),), chosen=0)
    gaps = compare(unproven, A).numbers.tail(1)
    assert gaps[["a", "difference"]].isna().all(axis=None)
    assert gaps["b"].tolist() == [0]


def test_every_unit_that_moves_in_either_is_listed_once() -> None:
    moves = compare(A, B).moves
    assert moves[["unit_id", "host_a", "host_b", "kind"]].to_numpy().tolist() == [
        ["u1", "h1", "h1", "same"],
        ["u2", "h3", "", "only_a"],
        ["u3", "h1", "h2", "other_host"],
        ["u4", "", "h3", "only_b"],
    ]
    assert moves["kind_zh"].tolist()[:2] == ["去向相同", "仅方案甲调整"]
    assert compare(NO_PLAN, NO_PLAN).moves.empty


def test_the_settings_that_differ_are_listed_as_text() -> None:
    frame = compare(A, B).settings
    assert frame[["name", "a", "b"]].to_numpy().tolist() == [
        ["parks", "", "P1;P2"],
        ["walk_m", "800", "800.5"],
        ["budget_wan", "", "100"],
        ["own_use_movable", "false", "true"],
        ["version.parks", "", "0"],
        ["version.units", "1", "2"],
    ]
    assert frame["title_zh"].tolist()[-1] == "数据版本：units"
    assert compare(A, A).settings.empty


def test_values_that_differ_in_the_last_digit_do_not_look_alike() -> None:
    close = replace(A, parameters=replace(PARAMETERS, walk_m=800.0000000001))
    (row,) = compare(A, close).settings[["a", "b"]].to_numpy().tolist()
    assert row == ["800", "800.0000000001"]


def test_every_setting_has_a_title() -> None:
    assert set(PARAMETERS.as_dict()) | {"parks", "rule_version"} == set(SETTING_TITLES)


def test_the_order_of_parks_is_no_difference() -> None:
    one, other = (replace(A, parks=parks) for parks in (("P1", "P2"), ("P2", "P1", "P1")))
    assert compare(one, other).settings.empty
    assert merge(one, other, name="x", author="甲").conflicts == []


def test_overrides_are_compared_by_what_they_settle() -> None:
    pin = signed(kind="pin", unit_id="u1", host_id="h1")
    late = replace(pin, author="乙", time="2026-11-03T00:00:00+00:00")
    stay = signed(kind="stay", unit_id="u2")
    frame = compare(replace(A, overrides=(pin,)), replace(A, overrides=(stay, late))).overrides
    assert frame[["kind", "unit_id", "where", "author_a", "author_b"]].to_numpy().tolist() == [
        ["pin", "u1", "both", "甲", "乙"],
        ["stay", "u2", "only_b", "", "甲"],
    ]
    assert frame["where_zh"].tolist() == ["两方案均有", "仅方案乙"]
    assert frame["reason_b"].tolist() == ["踏勘", "踏勘"]


def test_scenarios_that_agree_merge_to_an_unsaved_and_unsolved_one(tmp_path: Path) -> None:
    pin = signed(kind="pin", unit_id="u1", host_id="h1")
    late = replace(pin, author="乙", time="2026-11-03T00:00:00+00:00")
    stay = signed(kind="stay", unit_id="u2", time="2026-11-01T00:00:00+00:00")
    one, other = replace(A, overrides=(late,)), replace(A, name="丙案", overrides=(pin, stay))
    merged = merge(one, other, name="合并", author="丁")
    assert merged.conflicts == []
    assert merged.scenario is not None
    assert merged.scenario.overrides == (stay, pin)
    assert (merged.scenario.name, merged.scenario.author) == ("合并", "丁")
    assert (merged.scenario.revision, merged.scenario.steps) == (0, ())
    assert merged.scenario.rule_version == RULE_VERSION
    back = merge(other, one, name="合并", author="丁").scenario
    assert back is not None
    assert back.overrides == merged.scenario.overrides
    workspace = Workspace(tmp_path, load_catalogue())
    saved = save(workspace, merged.scenario)
    assert load(workspace, "合并") == saved


def test_settings_that_differ_stop_a_merge_and_are_named() -> None:
    merged = merge(A, B, name="合并", author="丁")
    assert merged.scenario is None
    english = [conflict.reason.en for conflict in merged.conflicts]
    assert len(english) == 4
    assert english[0].startswith("Parks differs: '' in A, 'P1;P2' in B")
    assert {text.split(" differs")[0] for text in english} == {
        SETTING_TITLES[name].en for name in ("parks", "walk_m", "budget_wan", "own_use_movable")
    }
    assert all(conflict.overrides == () for conflict in merged.conflicts)
    assert "预算（万元）不同" in merged.conflicts[2].reason.zh


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"kind": "pin", "unit_id": "u", "host_id": "h"}, {"kind": "stay", "unit_id": "u"}),
        (
            {"kind": "pin", "unit_id": "u", "host_id": "h"},
            {"kind": "pin", "unit_id": "u", "host_id": "k"},
        ),
        (
            {"kind": "pin", "unit_id": "u", "host_id": "h"},
            {"kind": "forbid", "unit_id": "u", "host_id": "h"},
        ),
        ({"kind": "pin", "unit_id": "u", "host_id": "h"}, {"kind": "exclude", "host_id": "h"}),
    ],
)
def test_overrides_that_contradict_each_other_stop_a_merge(
    one: dict[str, str], other: dict[str, str]
) -> None:
    pair = signed(**one), signed(**other)
    merged = merge(
        replace(A, overrides=(pair[0],)), replace(A, overrides=(pair[1],)), name="x", author="丁"
    )
    assert merged.scenario is None
    (conflict,) = merged.conflicts
    assert set(conflict.overrides) == set(pair)
    assert conflict.reason.zh
    assert conflict.reason.en


def test_a_merge_needs_a_name() -> None:
    with pytest.raises(ScenarioUsageError):
        merge(A, A, name=" ", author="丁")
