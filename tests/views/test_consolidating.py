"""The page 整合: the staircase, the map, the planner's hand, scenarios."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from layers import i18n
from layers.catalogue import load_catalogue
from layers.proposals import WORDS
from layers.proposals.drawing import arrows
from layers.scenarios import list_scenarios
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.consolidation_hand import two_buildings
from tests.views.offers_hand import offered
from views.consolidating import controls
from views.consolidating import solving
from views.consolidating import staircase
from views.consolidating import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    from views.consolidating.state import Desk

PATIENCE_S = 60
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")


def zh(text: str) -> str:
    return i18n.translator("zh")(text)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("presences", "costs", "expected"),
    [
        ([5, 4, 3], [0.0, 10.0, 200.0], 1),
        ([9, 8, 7, 6, 5], [0.0, 1.0, 2.0, 3.0, 90.0], 3),
        ([5, 4, 3], [0.0, 10.0, 20.0], None),
        ([5, 4, 3], [0.0, 190.0, 200.0], None),
        ([5, 4], [0.0, 10.0], None),
        ([5], [0.0], None),
    ],
)
def test_the_knee_is_where_further_sites_begin_to_cost_more(
    presences: list[int], costs: list[float], expected: int | None
) -> None:
    assert staircase.knee(presences, costs) == expected


@pytest.mark.parametrize(
    ("status", "gap", "proven"),
    [
        ("optimal", 0.0, True),
        ("optimal", 0.02, False),
        ("time_limit", 0.034, False),
        ("stopped", float("inf"), False),
        ("within_gap", 0.01, False),
        ("time_limit", 0.0, False),
    ],
)
def test_only_a_proven_plan_is_called_optimal(status: str, gap: float, *, proven: bool) -> None:
    told = words.proof(status, gap)
    assert words.is_proven(status, gap) is proven
    assert (told == WORDS["status"]["optimal"].zh) is proven
    if not proven:
        assert WORDS["status"]["optimal"].zh not in told.replace("未证最优", "")
        assert i18n.percent(gap, "zh") in told or not np.isfinite(gap)


def moves_of(*rows: tuple[str, str, float, str]) -> gpd.GeoDataFrame:
    places = {"C1": (121.50, 31.30), "C2": (121.53, 31.30), "C3": (121.51, 31.28)}
    lines = [shapely.LineString([places[start], places[end]]) for start, end, *_ in rows]
    return gpd.GeoDataFrame(
        {
            "from_carrier": [row[0] for row in rows],
            "to_carrier": [row[1] for row in rows],
            "floor_area_m2": [row[2] for row in rows],
            "confidence": [row[3] for row in rows],
            "sample": [False, *[True] * (len(rows) - 1)],
        },
        geometry=lines,
        crs="EPSG:4490",
    )


def test_moves_between_the_same_carriers_are_one_arrow_that_points_at_the_new_place() -> None:
    rows = (
        ("C1", "C2", 300.0, "checked"),
        ("C1", "C2", 200.0, "to_verify"),
        ("C3", "C2", 50.0, "checked"),
    )
    found = arrows(moves_of(*rows)).set_index("id")
    assert found["units"].to_dict() == {"C1>C2": 2, "C3>C2": 1}
    assert found["floor_area_m2"].to_dict() == {"C1>C2": 500.0, "C3>C2": 50.0}
    assert found["confidence"].to_dict() == {"C1>C2": "to_verify", "C3>C2": "checked"}
    assert found["sample"].all()
    for head in found["head"]:
        corners = shapely.get_coordinates(head)[:3]
        assert np.hypot(*(corners[0] - (121.53, 31.30))) < 1e-6
    west = found.loc["C1>C2", "head"].bounds[0]
    assert 121.50 < west < 121.53


def _page() -> None:
    from views import consolidating
    from views import store

    store.begin_run()
    consolidating.render()


def workspace_of(folder: Path, tables: Mapping[str, Any]) -> Path:
    workspace, _issues = open_or_create(folder, load_catalogue(), author="test", empty=True)
    for key, frame in tables.items():
        workspace.commit(key, frame, author="test", message="test")
    return folder


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return workspace_of(tmp_path / "w", two_buildings())


def opened(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(workspace))
    # AppTest asks for titles outside of a session, where the language is Chinese.
    at = AppTest.from_function(_page, default_timeout=PATIENCE_S)
    return at.run()


def desk(at: AppTest) -> Desk:
    found: Desk = at.session_state["consolidate_desk"]
    return found


def text(at: AppTest) -> str:
    found = [str(getattr(e.proto, "body", "")) for kind in MESSAGES for e in at.get(kind)]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(found))


def solve(at: AppTest) -> None:
    at.button(key="consolidate_solve").click().run()
    job = solving.jobs().get(desk(at).job)
    if job is not None:
        wait_for(lambda: job.over)
    at.run()
    assert not at.exception
    assert not at.error
    assert desk(at).answer is not None


def solved(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> AppTest:
    at = opened(monkeypatch, workspace)
    at.number_input(key="consolidate_set_yearly_share").set_value(1.0).run()
    solve(at)
    return at


def choose(at: AppTest, number: int) -> None:
    desk(at).chosen = number
    at.run()
    assert not at.exception


def tables_of(at: AppTest) -> list[pd.DataFrame]:
    return [pd.DataFrame(table.value) for table in at.dataframe]


def test_bounds_and_blocking_leases_are_told_before_anything_is_solved(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = opened(monkeypatch, two)
    assert not at.exception
    figures = re.findall(r"<b>([^<]+)</b>", text(at))
    # Two sites, room for all at one, one of two units may move, one vacant unit of 400 m².
    assert figures[:4] == ["2", "1", "1 / 2", "1"]
    assert zh("Set the limits at the left and press Solve.") in text(at)
    assert any("U2" in str(table.to_numpy()) for table in tables_of(at))


def test_a_plan_is_solved_chosen_and_told(monkeypatch: pytest.MonkeyPatch, two: Path) -> None:
    at = solved(monkeypatch, two)
    answer = desk(at).answer
    assert answer is not None
    steps = answer.consolidation.frontier.steps
    assert [step.presences for step in steps] == [2, 1]
    assert [words.is_proven(step.status, step.gap) for step in steps] == [True, True]
    assert desk(at).chosen is None
    assert zh("Choose a plan to see it on the map; the lists tell what holds without one.") in text(
        at
    )
    choose(at, 1)
    moved = next(table for table in tables_of(at) if "U1" in str(table.to_numpy()))
    assert "=甲公司" in str(moved.to_numpy())
    assert offered(at)


@pytest.mark.parametrize("name", ["sites", "no_regret", "not_moved", "calendar", "before_after"])
def test_every_list_of_a_plan_is_made_and_can_be_saved(
    monkeypatch: pytest.MonkeyPatch, two: Path, name: str
) -> None:
    at = solved(monkeypatch, two)
    choose(at, 1)
    at.session_state["consolidate_list:False:zh"] = name
    at.run()
    assert not at.exception
    assert not at.error
    assert f"consolidation_{name}.xlsx" in offered(at)


def test_the_answer_is_there_when_the_page_is_opened_again(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = solved(monkeypatch, two)
    answer = desk(at).answer
    at.run()
    assert desk(at).answer is answer
    at.number_input(key="consolidate_set_budget_wan").set_value(1.0).run()
    assert zh("Settings or layers changed since these plans were made: solve again.") in text(at)
    solve(at)
    again = desk(at).answer
    assert again is not None
    assert [step.presences for step in again.consolidation.frontier.steps] == [2]
    # With one plan there is nothing to choose.
    assert desk(at).chosen == 0


def settle(at: AppTest, kind: str, reason: str, **about: str) -> None:
    at.session_state["consolidate_tab:zh"] = "hand"
    at.run()
    next(s for s in at.selectbox if str(s.key).startswith("consolidate_kind")).select(kind).run()
    for name, value in about.items():
        box = next(s for s in at.selectbox if str(s.key).startswith(f"consolidate_about:{name}:"))
        box.select(value).run()
    next(t for t in at.text_input if t.key == "consolidate_author").set_value("王").run()
    why = next(t for t in at.text_input if str(t.key).startswith("consolidate_reason"))
    why.set_value(reason).run()
    at.button(key="consolidate_settle").click().run()
    assert not at.exception


def test_what_is_settled_by_hand_is_signed_kept_and_undone(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = solved(monkeypatch, two)
    settle(at, "stay", "已谈妥", unit="U1")
    (override,) = desk(at).overrides
    assert (override.kind, override.unit_id) == ("stay", "U1")
    assert (override.author, override.reason) == ("王", "已谈妥")
    assert override.time.endswith("+00:00")
    solve(at)
    answer = desk(at).answer
    assert answer is not None
    assert [step.presences for step in answer.consolidation.frontier.steps] == [2]
    at.button(key="consolidate_undo").click().run()
    assert desk(at).overrides == ()


def test_nothing_is_settled_without_a_reason(monkeypatch: pytest.MonkeyPatch, two: Path) -> None:
    at = opened(monkeypatch, two)
    settle(at, "stay", "  ", unit="U1")
    assert at.error
    assert desk(at).overrides == ()


def test_a_contradiction_is_shown_and_not_applied(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = opened(monkeypatch, two)
    settle(at, "stay", "一", unit="U1")
    settle(at, "pin", "二", unit="U1", host="V1")
    assert len(desk(at).overrides) == 2
    assert len(at.error) >= 1


def test_a_scenario_is_saved_opened_with_its_plans_and_removed(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = solved(monkeypatch, two)
    choose(at, 1)
    at.session_state["consolidate_tab:zh"] = "scenarios"
    at.run()
    next(t for t in at.text_input if str(t.key).startswith("consolidate_name")).set_value(
        "甲案"
    ).run()
    at.button(key="consolidate_save").click().run()
    assert not at.exception
    workspace = Workspace.open(two, load_catalogue())
    ((scenario,), problems) = list_scenarios(workspace)
    assert problems == {}
    assert (scenario.name, scenario.revision, scenario.chosen) == ("甲案", 1, 1)
    assert scenario.plan is not None
    assert dict(scenario.plan.moved) == {"U1": "V1"}
    assert scenario.parameters.yearly_share == 1.0

    fresh = opened(monkeypatch, two)
    fresh.session_state["consolidate_tab:zh"] = "scenarios"
    fresh.run()
    fresh.button(key="consolidate_open").click().run()
    assert not fresh.exception
    assert desk(fresh).changes == {"yearly_share": 1.0}
    answer = desk(fresh).answer
    assert answer is not None
    assert desk(fresh).step is not None
    assert [step.presences for step in answer.steps] == [2, 1]
    assert words.is_proven(answer.steps[1].status, answer.steps[1].gap)
    fresh.button(key="consolidate_remove").click().run()
    assert list_scenarios(workspace)[0] == ()


def test_plans_of_a_scenario_are_not_proven_on_other_data(
    monkeypatch: pytest.MonkeyPatch, two: Path
) -> None:
    at = solved(monkeypatch, two)
    at.session_state["consolidate_tab:zh"] = "scenarios"
    at.run()
    next(t for t in at.text_input if str(t.key).startswith("consolidate_name")).set_value("a").run()
    at.button(key="consolidate_save").click().run()
    workspace = Workspace.open(two, load_catalogue())
    workspace.commit("units", workspace.read("units"), author="b", message="again")
    fresh = opened(monkeypatch, two)
    fresh.session_state["consolidate_tab:zh"] = "scenarios"
    fresh.run()
    fresh.button(key="consolidate_open").click().run()
    answer = desk(fresh).answer
    assert answer is not None
    assert not any(words.is_proven(s.status, s.gap) for s in answer.steps if s.cost_wan > 0)
    assert zh("Layers or rule changed since; solve again, from its plans.") in text(fresh)


def test_every_parameter_has_a_control_and_a_title() -> None:
    from dataclasses import fields

    from geo.consolidation.parameters import ConsolidationParameters

    names = {field.name for field in fields(ConsolidationParameters)}
    assert names == {*controls.KNOBS, "as_of", "horizon", "own_use_movable"}
    assert all(controls.title(name) for name in names)


def test_without_units_the_page_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, empty: Path
) -> None:
    at = opened(monkeypatch, empty)
    assert not at.exception
    needed = zh("Plans need building space with its units. Import the layers of both first.")
    assert needed in text(at)


def test_without_vacant_space_bounds_and_blocking_leases_are_still_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tables = two_buildings()
    tables["units"] = tables["units"][tables["units"]["state"].ne("vacant")]
    at = opened(monkeypatch, workspace_of(tmp_path / "w", tables))
    assert not at.exception
    assert zh("There is no vacant space, so nothing can move. The bounds still hold.") in text(at)
    solve(at)
    assert desk(at).chosen == 0
    assert zh("There is no vacant space, so nothing can move. The bounds still hold.") in text(at)


def test_when_nobody_may_move_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tables = two_buildings()
    tables["units"]["lease_end"] = pd.Timestamp("2040-01-01")
    at = opened(monkeypatch, workspace_of(tmp_path / "w", tables))
    told = zh("No unit may move before the horizon. The blocking leases say what holds each site.")
    assert told in text(at)
    solve(at)
    assert not at.exception


def test_text_from_data_is_never_markup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tables = two_buildings()
    hostile = "<img src=x onerror=alert(1)>**[a](http://b)"
    tables["parks"]["name"] = hostile
    tables["carriers"]["name"] = hostile
    at = opened(monkeypatch, workspace_of(tmp_path / "w", tables))
    at.number_input(key="consolidate_set_yearly_share").set_value(1.0).run()
    solve(at)
    choose(at, 1)
    at.session_state["consolidate_list:False:zh"] = "before_after"
    at.run()
    html = "\n".join(str(e.proto.body) for e in at.get("html"))
    marked = "\n".join(str(e.proto.body) for kind in ("markdown", "caption") for e in at.get(kind))
    assert "<img" not in html
    assert hostile not in marked
