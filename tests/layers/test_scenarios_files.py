"""Scenario files that are damaged, foreign, hostile or of another program."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from typing import Any

import pytest

from geo.consolidation.overrides import Override
from geo.consolidation.parameters import ConsolidationParameters
from layers.catalogue import load_catalogue
from layers.scenarios import FOLDER
from layers.scenarios import SavedStep
from layers.scenarios import Scenario
from layers.scenarios import ScenarioError
from layers.scenarios import list_removed
from layers.scenarios import list_scenarios
from layers.scenarios import load
from layers.scenarios import remove
from layers.scenarios import restore
from layers.scenarios import revisions
from layers.scenarios import save
from layers.scenarios import store
from layers.scenarios.content import as_content
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = ConsolidationParameters(as_of=date(2026, 11, 1), horizon=date(2028, 11, 1))
PIN = Override(
    kind="pin",
    author="甲",
    time="2026-11-02T03:04:05+00:00",
    reason="业主同意",
    unit_id="U3",
    host_id="H1",
)
STEP = SavedStep(
    presences=4,
    cost_wan=70.1,
    in_zone_area_m2=1e6 / 3,
    moved_area_m2=800.0,
    moves=1,
    status="within_gap",
    gap=0.034,
    moved={"U3": "H1"},
)
SCENARIO = Scenario(
    name="沿江方案",
    author="甲",
    parks=("P1",),
    parameters=PARAMETERS,
    overrides=(PIN,),
    versions={"units": 0},
    steps=(STEP,),
    chosen=0,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, load_catalogue())


def named(name: str) -> Scenario:
    return replace(SCENARIO, name=name)


def files(workspace: Workspace) -> list[Path]:
    return sorted((workspace.path / FOLDER).rglob("scenario.json"))


GOOD: dict[str, Any] = {"format": "atlas-scenario", "version": 1, **as_content(SCENARIO)}


def _with(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def _step(**changes: Any) -> bytes:
    return _with(steps=[{**GOOD["steps"][0], **changes}], chosen=None)


def _limits(**changes: Any) -> bytes:
    return _with(parameters={**GOOD["parameters"], **changes})


DAMAGED = {
    "empty": b"",
    "no text": b"\xff\xfe",
    "cut": _with()[:-20],
    "deep": b"[" * 100_000,
    "null": b"null",
    "foreign": b'{"format": "other"}',
    "version text": _with(version="1"),
    "name number": _with(name=5),
    "name lines": _with(name="a\nb"),
    "parks text": _with(parks="P1"),
    "park number": _with(parks=[1]),
    "parameters list": _with(parameters=[]),
    "parameter missing": _with(parameters={"as_of": "2026-11-01"}),
    "parameter unknown": _limits(surprise=1),
    "parameter text": _limits(walk_m="800"),
    "parameter yes": _limits(anchors=True),
    "parameter half": _limits(anchors=1.5),
    "parameter infinite": _limits(walk_m=math.inf),
    "parameter unknown number": _limits(walk_m=math.nan),
    "parameter too large": _limits(anchors=10**400),
    "float too large": _limits(walk_m=10**400),
    "parameter negative": _limits(budget_wan=-1),
    "day": _limits(as_of="2026-13-01"),
    "days swapped": _limits(horizon="2020-01-01"),
    "override kind": _with(overrides=[{**PIN.as_dict(), "kind": "burn"}]),
    "override list": _with(overrides=[[]]),
    "override unsigned": _with(overrides=[{**PIN.as_dict(), "author": ""}]),
    "override reason lines": _with(overrides=[{**PIN.as_dict(), "reason": "a\nb"}]),
    "versions text": _with(versions={"units": "3"}),
    "step infinite": _step(cost_wan=1e999),
    "step negative": _step(in_zone_area_m2=-1),
    "step status": _step(status="best"),
    "step moves": _step(moves=2),
    "step host": _step(moved={"U3": None}),
    "step more": _step(more=1),
    "step text": _with(steps=["x"], chosen=None),
    "chosen": _with(chosen=2),
    "chosen below": _with(chosen=-1),
    "another name": _with(name="x"),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_or_foreign_file_is_named_and_the_others_are_listed(
    workspace: Workspace, content: bytes
) -> None:
    good = save(workspace, named("good"))
    bad = save(workspace, SCENARIO)
    path = workspace.path / FOLDER / store._slug(bad.name) / "1" / "scenario.json"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as error:
        load(workspace, bad.name)
    file = path.relative_to(workspace.path).as_posix()
    assert file in error.value.text.zh
    assert file in error.value.text.en
    listed, problems = list_scenarios(workspace)
    assert listed == (good,)
    assert list(problems) == [file]
    assert path.read_bytes() == content
    assert remove(workspace, bad.name)
    assert list_removed(workspace) == () or content == DAMAGED["another name"]


def test_the_file_that_the_damaged_ones_are_made_from_is_good(workspace: Workspace) -> None:
    saved = save(workspace, SCENARIO)
    (path,) = files(workspace)
    path.write_bytes(_with())
    assert load(workspace, saved.name) == replace(SCENARIO, revision=1)


def test_an_earlier_revision_helps_when_the_last_is_damaged(workspace: Workspace) -> None:
    first = save(workspace, SCENARIO)
    save(workspace, replace(first, note="x"))
    files(workspace)[1].write_bytes(b"{")
    with pytest.raises(ScenarioError, match="earlier revision"):
        load(workspace, SCENARIO.name)
    assert restore(workspace, SCENARIO.name, 1, author="乙").revision == 3
    assert load(workspace, SCENARIO.name).note == first.note


def test_a_newer_or_huge_file_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = save(workspace, SCENARIO)
    (path,) = files(workspace)
    path.write_bytes(_with(version=2))
    with pytest.raises(ScenarioError, match="upgrade"):
        load(workspace, saved.name)
    monkeypatch.setattr(store, "MAX_BYTES", 1000)
    path.write_bytes(b" " * 1001)
    with pytest.raises(ScenarioError, match="more than"):
        load(workspace, saved.name)
    with pytest.raises(ScenarioError, match="fewer parks"):
        save(workspace, replace(named("long"), note="x" * 1000))
    assert revisions(workspace, "long") == ()


def test_what_is_no_scenario_beside_them_is_ignored(workspace: Workspace) -> None:
    saved = save(workspace, SCENARIO)
    folder = workspace.path / FOLDER
    (folder / ("0" * 32)).write_text("a file")
    (folder / ("1" * 32)).mkdir()
    (folder / "notes.txt").write_text("x")
    (folder / store._slug(saved.name) / "0").mkdir()
    (folder / store._slug(saved.name) / "old.bak").mkdir()
    (folder / ".bin").mkdir()
    (folder / ".bin" / "x").write_text("x")
    (folder / ".bin" / f"99999999T999999Z-{'0' * 32}-{'0' * 8}").mkdir()
    assert list_scenarios(workspace) == ((saved,), {})
    assert list_removed(workspace) == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(workspace: Workspace) -> None:
    saved = save(workspace, SCENARIO)
    (path,) = files(workspace)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ScenarioError, match="no file"):
        load(workspace, saved.name)


def test_what_could_not_be_read_again_is_not_written(workspace: Workspace) -> None:
    for wrong in (
        replace(SCENARIO, parameters=replace(PARAMETERS, anchors=1.0)),  # type: ignore[arg-type]
        replace(SCENARIO, versions={"units": "3"}),  # type: ignore[dict-item]
    ):
        with pytest.raises(ValueError, match=r"`anchors`|`versions`"):
            save(workspace, wrong)
    assert list_scenarios(workspace) == ((), {})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
@pytest.mark.parametrize("name", ["cost_wan", "in_zone_area_m2", "moved_area_m2", "gap"])
def test_a_step_has_finite_numbers(name: str, bad: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        replace(STEP, **{name: bad})  # type: ignore[arg-type] # by name
