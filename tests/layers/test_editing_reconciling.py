"""A session brought onto what somebody else saved, in a workspace of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import Add
from layers.editing import Delete
from layers.editing import EditError
from layers.editing import EditSession
from layers.editing import Merge
from layers.editing import Operation
from layers.editing import Put
from layers.editing import Reconciliation
from layers.editing import Reshape
from layers.editing import SetValues
from layers.editing import Side
from layers.editing import Split
from layers.editing import State
from layers.editing import base_of
from layers.editing import commit
from layers.editing import foreign_changes
from layers.editing import reconcile
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CATALOGUE = load_catalogue()
SPEC = CATALOGUE.layer("parks")
X, Y = 121.5, 31.3


def box(west: float, south: float = 0, size: float = 0.004) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + west + size, Y + south + size)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    rows: list[dict[str, Any]] = [
        {"park_id": f"P{i}", "name": f"园{i}", "note": "旧", "geometry": box(i * 0.004)}
        for i in range(1, 5)
    ]
    rows.append({"park_id": "P5", "name": "无处", "geometry": None})
    checked = conform(pd.DataFrame(rows, dtype=object), SPEC)
    assert checked.rejected.empty
    made.commit("parks", checked.accepted, author="甲", message="首次")
    return made


def edit(workspace: Workspace, *operations: Operation) -> EditSession:
    session = EditSession.begin(workspace, "parks")
    base = base_of(session, workspace)
    for operation in operations:
        session = session.do(operation, base, SPEC)
    return session


def save(session: EditSession, workspace: Workspace, who: str = "王") -> None:
    commit(session, workspace, author=who, message="改")


def compare(mine: EditSession, workspace: Workspace) -> Reconciliation:
    version = workspace.version("parks")
    return reconcile(
        mine, base_of(mine, workspace), workspace.read("parks", version), version, SPEC
    )


def bring(
    mine: EditSession, workspace: Workspace, sides: Mapping[str, Side] | None = None
) -> EditSession:
    found = compare(mine, workspace)
    return found.resolved(workspace.read("parks", found.version), SPEC, sides)


def rows(workspace: Workspace) -> Any:
    return workspace.read("parks").set_index("park_id")


def test_other_features_and_other_fields_need_no_decision(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}), Delete("P4"))
    save(
        edit(workspace, SetValues("P1", {"note": "他"}), SetValues("P2", {"name": "他"})), workspace
    )
    found = compare(mine, workspace)
    assert found.open == ()
    assert [bundle.key for bundle in found.foreign] == ["P1"]
    moved = bring(mine, workspace)
    assert moved.done == (Delete("P4"), Put("P1", box(0.004), {"name": "我"}))
    save(moved, workspace, "李")
    after = rows(workspace)
    assert (after.loc["P1", "name"], after.loc["P1", "note"]) == ("我", "他")
    assert after.loc["P2", "name"] == "他"
    assert "P4" not in after.index


def test_a_contradiction_is_not_decided_by_the_program(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我", "note": "我注"}))
    save(edit(workspace, SetValues("P1", {"name": "他"})), workspace)
    (bundle,) = compare(mine, workspace).open
    assert bundle.choices == (Side.MINE, Side.THEIRS, Side.DROP)
    with pytest.raises(EditError, match="P1") as error:
        bring(mine, workspace)
    assert "请先逐个选择" in error.value.text.zh
    told = {}
    for side in Side:
        frame = bring(mine, workspace, {"P1": side}).frame(workspace.read("parks"), SPEC)
        row = frame.set_index("park_id").loc["P1"]
        told[side] = (row["name"], row["note"])
    assert told == {
        Side.MINE: ("我", "我注"),
        Side.THEIRS: ("他", "我注"),
        Side.DROP: ("他", "旧"),
    }


def test_undo_gives_the_edits_back_as_they_were_before(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}), SetValues("P2", {"name": "我"}))
    save(edit(workspace, SetValues("P1", {"name": "他"})), workspace)
    moved = bring(mine, workspace, {"P1": Side.DROP})
    assert moved.done == (SetValues("P2", {"name": "我"}),)
    assert moved.undo() == mine
    longer = moved.do(Delete("P3"), base_of(moved, workspace), SPEC)
    assert longer.undo().done == moved.done
    assert longer.undo().undo() == mine
    nothing = bring(edit_again(mine), workspace, {"P1": Side.DROP})
    assert nothing.is_empty
    assert nothing.can_undo
    again = EditSession.from_dict(json.loads(json.dumps(longer.as_dict())))
    assert again == longer
    assert again.undo().undo() == mine


def edit_again(session: EditSession) -> EditSession:
    """Return the session with its first step only."""
    return session.undo()


def test_removed_by_one_and_changed_by_the_other(workspace: Workspace) -> None:
    mine = edit(
        workspace, Delete("P1"), SetValues("P2", {"name": "我"}), SetValues("P5", {"name": "我"})
    )
    save(edit(workspace, SetValues("P1", {"name": "他"}), Delete("P2"), Delete("P5")), workspace)
    states = {b.key: b.features[0].state for b in compare(mine, workspace).open}
    assert states == {
        "P1": State.REMOVED_BY_ME,
        "P2": State.REMOVED_BY_THEM,
        "P5": State.REMOVED_BY_THEM,
    }
    theirs = bring(mine, workspace, dict.fromkeys(states, Side.DROP))
    assert theirs.is_empty
    save(bring(mine, workspace, dict.fromkeys(states, Side.MINE)), workspace)
    after = rows(workspace)
    assert "P1" not in after.index
    assert after.loc["P2", "name"] == "我"
    assert after.loc["P2", "note"] == "旧"
    assert after.geometry["P2"].equals_exact(box(0.008), 0.0)
    # A feature that has no place comes back without one.
    assert after.geometry["P5"] is None


def test_two_new_features_with_one_id_both_stay(workspace: Workspace) -> None:
    mine = edit(workspace, Add("P6", box(0.1), {"name": "我新"}))
    save(edit(workspace, Add("P6", box(0.2), {"name": "他新"})), workspace)
    (bundle,) = compare(mine, workspace).open
    assert bundle.choices == (Side.MINE, Side.DROP)
    save(bring(mine, workspace, {"P6": Side.MINE}), workspace)
    names = rows(workspace)["name"]
    assert (names["P6"], names["P7"]) == ("他新", "我新")


def test_what_a_split_or_a_merger_binds_is_decided_as_one(workspace: Workspace) -> None:
    line = shapely.LineString([(X, Y + 0.001), (X + 1, Y + 0.001)])
    mine = edit(
        workspace,
        Split("P1", line, "D1"),
        SetValues("D1", {"name": "我"}),
        Merge(("P2", "P3"), "P2"),
    )
    save(
        edit(workspace, SetValues("P1", {"name": "他"}), Reshape("P3", box(0.012, 0, 0.003))),
        workspace,
    )
    found = compare(mine, workspace)
    assert [tuple(f.feature_id for f in b.features) for b in found.open] == [
        ("P1", "D1"),
        ("P2", "P3"),
    ]
    assert all(b.choices == (Side.MINE, Side.DROP) for b in found.open)
    moved = bring(mine, workspace, {"P1": Side.MINE, "P2": Side.DROP})
    save(moved, workspace)
    after = rows(workspace)
    assert after.loc["P1", "name"] == "他"
    assert after.loc["D1", "name"] == "我"
    whole = after.geometry["P1"].union(after.geometry["D1"])
    assert whole.equals(box(0.004))
    assert set(after.index) >= {"P2", "P3"}
    assert after.geometry["P3"].equals_exact(box(0.012, 0, 0.003), 0.0)


def test_both_did_the_same(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "同"}), SetValues("P2", {"name": "我"}))
    save(edit(workspace, SetValues("P1", {"name": "同"})), workspace)
    moved = bring(mine, workspace)
    assert moved.done == (SetValues("P2", {"name": "我"}),)
    alike = edit(workspace, SetValues("P1", {"name": "再"}))
    save(edit(workspace, SetValues("P1", {"name": "再"})), workspace)
    with pytest.raises(EditError, match="has these changes already"):
        compare(alike, workspace)


def test_a_third_planner_saves_in_between(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}))
    save(edit(workspace, SetValues("P1", {"name": "他"})), workspace)
    moved = bring(mine, workspace, {"P1": Side.MINE})
    save(edit(workspace, SetValues("P1", {"note": "第三人"})), workspace, "赵")
    assert [c.author for c in foreign_changes(moved, workspace)] == ["赵"]
    save(bring(moved, workspace), workspace)
    after = rows(workspace)
    assert (after.loc["P1", "name"], after.loc["P1", "note"]) == ("我", "第三人")


def test_nobody_saved(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}))
    found = compare(mine, workspace)
    assert (found.foreign, found.open) == ((), ())
    assert bring(mine, workspace) == mine
    assert foreign_changes(mine, workspace) == ()


@pytest.mark.parametrize(
    "wrong", [{"brought": True}, {"brought": "1"}, {"origin": []}, {"origin": {"layer": "parks"}}]
)
def test_a_record_that_is_none_is_refused(workspace: Workspace, wrong: dict[str, Any]) -> None:
    data = edit(workspace, Delete("P1")).as_dict() | wrong
    with pytest.raises(EditError):
        EditSession.from_dict(data)


@pytest.mark.parametrize(
    "operation",
    [
        Put("P1", box(0.1), {"name": ""}),
        Put("P1", box(0.1), {"nothing": "x"}),
        Put(" ", box(0.1), {"name": "x"}),
        Put("P9", box(0.1), {}),
        Put("P1", shapely.Polygon([(X, Y), (X + 1, Y + 1), (X + 1, Y), (X, Y + 1)]), {}),
    ],
)
def test_what_the_contract_refuses_is_refused(workspace: Workspace, operation: Operation) -> None:
    with pytest.raises(EditError):
        edit(workspace, operation)
