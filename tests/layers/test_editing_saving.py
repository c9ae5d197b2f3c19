from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import Add
from layers.editing import Delete
from layers.editing import EditConflictError
from layers.editing import EditError
from layers.editing import EditSession
from layers.editing import Merge
from layers.editing import Operation
from layers.editing import Reshape
from layers.editing import SetValues
from layers.editing import Split
from layers.editing import base_of
from layers.editing import commit
from layers.editing import left_dangling
from layers.editing import rebase
from layers.errors import ConflictError
from layers.frames import empty_frame
from layers.workspace import ABSENT
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
X, Y = 121.5, 31.3


def box(west: float, south: float = 0, size: float = 0.004) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + west + size, Y + south + size)


def write(workspace: Workspace, key: str, *rows: dict[str, Any], message: str = "首次") -> int:
    checked = conform(pd.DataFrame(list(rows), dtype=object), CATALOGUE.layer(key))
    assert checked.rejected.empty
    return workspace.commit(key, checked.accepted, author="甲", message=message)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    parks = [
        {"park_id": f"P{i}", "name": f"园{i}", "geometry": box(i * 0.004)} for i in range(1, 5)
    ]
    write(made, "parks", *parks)
    write(
        made,
        "carriers",
        {"carrier_id": "C1", "name": "一", "park_id": "P1"},
        {"carrier_id": "C2", "name": "二", "park_id": "P2"},
        {"carrier_id": "C3", "name": "三", "park_id": "P2"},
    )
    return made


def edit(workspace: Workspace, *operations: Operation, key: str = "parks") -> EditSession:
    session = EditSession.begin(workspace, key)
    base = base_of(session, workspace)
    for operation in operations:
        session = session.do(operation, base, CATALOGUE.layer(key))
    return session


def save(session: EditSession, workspace: Workspace) -> Any:
    return commit(session, workspace, author="李", message="改界")


def names(workspace: Workspace, key: str = "parks") -> dict[str, str]:
    frame = workspace.read(key)
    return dict(zip(frame.iloc[:, 0], frame["name"], strict=True))


def test_a_session_becomes_one_version_with_author_and_message(workspace: Workspace) -> None:
    session = edit(
        workspace,
        SetValues("P1", {"name": "<b>甲</b>"}),
        Split("P3", shapely.LineString([(X, Y + 0.001), (X + 1, Y + 0.001)]), "D1"),
        Delete("P4"),
        Add("D2", shapely.Point(X, Y), {"name": "新"}),
        Delete("D2"),
    )
    done = commit(session, workspace, author=" 李 ", message="改界\x00")
    assert done.version == 1 == workspace.version("parks")
    assert (done.added, done.changed, done.removed) == (("D1",), ("P1", "P3"), ("P4",))
    assert {n.code for n in done.notes} >= {"sketch", "values_copied"}
    entry = workspace.history("parks").iloc[0]
    assert (entry["author"], entry["message"], entry["source_file"]) == ("李", "改界", "")
    assert (entry["rows"], entry["rows_in"], entry["rejected"]) == (4, 4, 0)
    read: Any = workspace.read("parks")
    assert read["park_id"].tolist() == ["D1", "P1", "P2", "P3"]
    assert read["name"].tolist() == ["园3", "<b>甲</b>", "园2", "园3"]
    assert read.dtypes.equals(empty_frame(CATALOGUE.layer("parks")).dtypes)
    untouched: Any = workspace.read("parks", 0)
    assert read.geometry[2].equals_exact(untouched.geometry[1], 0.0)


def test_the_first_gate_of_a_layer_that_was_never_written(workspace: Workspace) -> None:
    session = edit(
        workspace, Add("D01", shapely.Point(X, Y), {"name": "南门", "open": "是"}), key="gates"
    )
    assert session.base_version == ABSENT
    assert save(session, workspace).version == 0
    assert names(workspace, "gates") == {"D01": "南门"}


@pytest.mark.parametrize(("author", "message"), [("", "改"), ("李", " "), ("\x00", "改")])
def test_without_author_or_message_nothing_is_saved(
    workspace: Workspace, author: str, message: str
) -> None:
    session = edit(workspace, Delete("P4"))
    with pytest.raises(EditError, match="author and a message") as error:
        commit(session, workspace, author=author, message=message)
    assert "作者" in error.value.text.zh
    assert workspace.version("parks") == 0


def test_edits_that_change_nothing_are_not_saved(workspace: Workspace) -> None:
    for session in (
        edit(workspace),
        edit(workspace, SetValues("P1", {"name": "园1"})),
        edit(workspace, Add("D1", box(0.1), {"name": "新"}), Delete("D1")),
    ):
        with pytest.raises(EditError, match="nothing to save"):
            save(session, workspace)
    assert workspace.version("parks") == 0


def test_edits_of_another_workspace_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    session = edit(workspace, Delete("P4"))
    other = Workspace.create(tmp_path / "v", CATALOGUE, author="甲")
    write(other, "parks", {"park_id": "P4", "name": "别园"})
    for act in (save, rebase):
        with pytest.raises(EditError, match="another workspace"):
            act(session, other)
    assert names(other) == {"P4": "别园"}


def test_a_row_that_breaks_the_contract_is_not_saved(workspace: Workspace) -> None:
    session = edit(workspace, Add("D1", box(0.1), {"name": "合计"}))
    with pytest.raises(EditError, match=r"D1.*row of totals"):
        save(session, workspace)
    areas = {"rentable_area_m2": 100, "leased_area_m2": 500}
    odd = edit(workspace, SetValues("C1", areas), key="carriers")
    assert [i.code for i in save(odd, workspace).issues] == ["areas_exceed_total"]


def test_references_are_checked_where_they_were_written(workspace: Workspace) -> None:
    wrong = edit(workspace, SetValues("C1", {"park_id": "P9"}), key="carriers")
    with pytest.raises(EditError, match=r"C1.*P9"):
        save(wrong, workspace)
    right = edit(workspace, SetValues("C1", {"park_id": "P3"}), key="carriers")
    save(right, workspace)
    # A reference that broke elsewhere does not block other edits of its row.
    save(edit(workspace, Delete("P3")), workspace)
    save(edit(workspace, SetValues("C1", {"name": "壹"}), key="carriers"), workspace)
    assert names(workspace, "carriers")["C1"] == "壹"


def test_who_still_refers_to_what_was_removed_is_said(workspace: Workspace) -> None:
    session = edit(workspace, Merge(("P1", "P2"), "P1"))
    told = left_dangling(session, workspace)
    assert [(i.layer, i.field, i.value) for i in told] == [("carriers", "park_id", "P2")]
    assert told[0].message.zh.startswith("图层“carriers”有 2 行引用“P2”")
    assert save(session, workspace).issues == told
    assert left_dangling(edit(workspace, Reshape("P1", box(0))), workspace) == ()


def test_two_planners_who_edit_different_parks_both_keep_their_work(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}), Delete("P4"))
    mine = mine.do(Delete("P3"), base_of(mine, workspace), CATALOGUE.layer("parks")).undo()
    save(edit(workspace, SetValues("P2", {"name": "他"}), Delete("P3")), workspace)
    with pytest.raises(ConflictError):
        save(mine, workspace)
    assert names(workspace)["P1"] == "园1"
    moved = rebase(mine, workspace)
    assert (moved.base_version, moved.done, moved.undone) == (1, mine.done, ())
    assert save(moved, workspace).version == 2
    assert names(workspace) == {"P1": "我", "P2": "他"}


def test_a_draft_that_outlived_its_commit_is_no_conflict(workspace: Workspace) -> None:
    session = edit(workspace, SetValues("P1", {"name": "我"}), Delete("P4"))
    assert rebase(session, workspace) is session
    save(session, workspace)
    with pytest.raises(EditError, match="version 1 of layer 'parks' has these changes already"):
        rebase(session, workspace)


def test_the_same_park_is_a_conflict_that_says_who_when_and_why(workspace: Workspace) -> None:
    mine = edit(
        workspace,
        SetValues("P1", {"name": "我"}),
        Reshape("P2", box(0.008, 0.0001)),
        Add("D1", box(0.1), {"name": "我新"}),
        Delete("P4"),
    )
    theirs = edit(workspace, SetValues("P1", {"name": "他"}))
    commit(theirs, workspace, author="王", message="<i>更名</i>")
    theirs = edit(workspace, Delete("P2"), Add("D1", box(0.2), {"name": "他新"}))
    commit(theirs, workspace, author="赵", message="撤并")
    save(edit(workspace, SetValues("P3", {"name": "旁"})), workspace)
    with pytest.raises(EditConflictError) as error:
        rebase(mine, workspace)
    told = {c.feature_id: (c.change, c.version, c.author, c.message) for c in error.value.changes}
    assert told == {
        "P1": ("changed", 1, "王", "<i>更名</i>"),
        "P2": ("removed", 2, "赵", "撤并"),
        "D1": ("added", 2, "赵", "撤并"),
    }
    assert all(c.time.startswith("20") for c in error.value.changes)
    for text in (error.value.text.zh, error.value.text.en):
        assert all(part in text for part in ("P1", "王", "P2", "赵", "D1", "撤并"))
    assert names(workspace)["P1"] == "他"
    rest = mine.without([c.feature_id for c in error.value.changes])
    assert save(rebase(rest, workspace), workspace).removed == ("P4",)


def test_a_change_that_was_taken_back_is_no_conflict(workspace: Workspace) -> None:
    mine = edit(workspace, SetValues("P1", {"name": "我"}))
    save(edit(workspace, SetValues("P1", {"name": "他"})), workspace)
    workspace.restore("parks", 0, author="王", message="恢复")
    save(rebase(mine, workspace), workspace)
    assert names(workspace)["P1"] == "我"


def test_the_first_write_of_a_layer_by_somebody_else(workspace: Workspace) -> None:
    gate = {"name": "南门"}
    mine = edit(workspace, Add("D01", shapely.Point(X, Y), gate), key="gates")
    other = edit(workspace, Add("D02", shapely.Point(X, Y), gate), key="gates")
    clash = edit(workspace, Add("D02", shapely.Point(X, Y), {"name": "北门"}), key="gates")
    save(other, workspace)
    with pytest.raises(ConflictError):
        save(mine, workspace)
    save(rebase(mine, workspace), workspace)
    assert set(names(workspace, "gates")) == {"D01", "D02"}
    with pytest.raises(EditConflictError, match="D02"):
        rebase(clash, workspace)


def test_a_writer_between_the_check_and_the_commit_is_noticed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = edit(workspace, SetValues("P1", {"name": "我"}))
    rival = edit(workspace, SetValues("P2", {"name": "他"}))
    write_version = workspace.commit

    def slow(key: str, frame: pd.DataFrame, **options: Any) -> int:
        monkeypatch.undo()
        save(rival, workspace)
        return write_version(key, frame, **options)

    monkeypatch.setattr(workspace, "commit", slow)
    with pytest.raises(ConflictError):
        save(session, workspace)
    assert names(workspace)["P2"] == "他"
