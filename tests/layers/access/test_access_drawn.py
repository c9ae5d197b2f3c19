"""A gate or crossing drawn by hand or kept from a trial changes distances, class and flag."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest
import shapely

from layers.access import Trial
from layers.access import TrialObject
from layers.access import access_of
from layers.access import compare_access
from layers.access import flags_changed
from layers.access import save_trial
from layers.editing import Add
from layers.editing import Delete
from layers.editing import EditError
from layers.editing import EditSession
from layers.editing import base_of
from layers.editing import commit
from layers.inventory import readable
from layers.workspace import Workspace
from tests.access_hand import CATALOGUE
from tests.access_hand import RULE
from tests.access_hand import SCATTER
from tests.access_hand import degrees
from tests.access_hand import town

if TYPE_CHECKING:
    from pathlib import Path

    from layers.editing import Operation

GATE = TrialObject("gate", *degrees(-800, 0), campus_id="A1", name="北门")
BRIDGE = TrialObject("crossing", *degrees(0, 350), name="人行桥")
CANTEEN = TrialObject("facility", *degrees(100, 0), group="canteen", name="食堂")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲", edition=None)
    for key, frame in town().items():
        made.commit(key, frame, author="甲", message="start")
    return made


def tables(workspace: Workspace) -> dict[str, Any]:
    return dict(readable(workspace)[0])


def draw(workspace: Workspace, key: str, operation: Operation) -> None:
    session = EditSession.begin(workspace, key)
    session = session.do(operation, base_of(session, workspace), CATALOGUE.layer(key))
    commit(session, workspace, author="乙", message="现场核实")


def test_a_gate_drawn_on_the_edit_page_is_walked_to_and_its_removal_is_told(
    workspace: Workspace,
) -> None:
    before = access_of(tables(workspace), CATALOGUE, RULE)
    place = shapely.Point(*degrees(-800, 0))
    draw(workspace, "gates", Add("NEW01", place, {"name": "北门", "campus_id": "A1"}))
    drawn = access_of(tables(workspace), CATALOGUE, RULE)
    told: Any = compare_access(before, drawn).spaces.set_index("carrier_id")
    assert told.loc["C1", "causes"] == "gate:NEW01"
    assert told.loc["C1", "linkage_after"] == 2
    draw(workspace, "gates", Delete("NEW01"))
    again = access_of(tables(workspace), CATALOGUE, RULE)
    told = compare_access(drawn, again).spaces.set_index("carrier_id")
    assert told.loc["C1", "reason_zh"].startswith("删除校门“北门”")
    assert compare_access(before, again).spaces.empty


def test_a_crossing_drawn_on_the_edit_page_moves_the_flag(workspace: Workspace) -> None:
    before = tables(workspace)
    place = shapely.Point(*degrees(0, 350))
    draw(workspace, "crossings", Add("NEW01", place, {"name": "人行桥"}))
    found = flags_changed(before, tables(workspace), CATALOGUE, SCATTER, chance=None).iloc[0]
    assert (found["flag_before"], found["flag_after"]) == ("yellow", "green")
    assert found["causes"] == "crossing:NEW01"


def test_what_is_kept_from_a_trial_is_what_was_tried(workspace: Workspace) -> None:
    trial = Trial((GATE, BRIDGE, CANTEEN))
    tried = access_of(tables(workspace), CATALOGUE, RULE, trial=trial)
    saved = save_trial(workspace, trial, author="乙", message="试放后保存", source="现场核实")
    assert list(saved) == ["gates", "crossings", "facilities"]
    kept = access_of(tables(workspace), CATALOGUE, RULE)
    for column in ("linkage", "any_gate_m", "station_m", "canteen_m", "reason_zh"):
        assert kept.spaces[column].tolist() == tried.spaces[column].tolist()
    gates: Any = workspace.read("gates").set_index("name")
    assert gates.loc["北门", ["campus_id", "source"]].tolist() == ["A1", "现场核实"]
    history = workspace.history()
    last: Any = history[history["layer"].eq("gates")].sort_values("version").iloc[-1]
    assert (last["author"], last["message"]) == ("乙", "试放后保存")


def test_several_objects_of_a_kind_are_kept_under_ids_of_their_own(workspace: Workspace) -> None:
    other = TrialObject("gate", *degrees(-900, 0), campus_id="A1", name="南门")
    save_trial(workspace, Trial((GATE, other)), author="乙", message="保存")
    gates = workspace.read("gates")
    assert sorted(gates["name"]) == ["北门", "南门", "西门"]
    assert gates["id"].is_unique


def test_keeping_needs_an_author(workspace: Workspace) -> None:
    with pytest.raises(EditError):
        save_trial(workspace, Trial((GATE,)), author=" ", message="x")
    assert len(workspace.read("gates")) == 1
