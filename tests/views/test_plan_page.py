"""行动方案: the board, one task, and what people record of it."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.export import ready_files
from layers.plan import EvidenceStore
from layers.plan import Hand
from layers.plan import Measured
from layers.plan import attach
from layers.plan import board
from layers.plan import load_plan
from layers.plan import put_milestone
from layers.plan import set_fields
from layers.plan import submit
from layers.plan.featured import featured_of
from layers.team import Role
from layers.workspace import Workspace
from tests.views.offers_hand import offered
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as
from views.plan.board import ordered

if TYPE_CHECKING:
    from pathlib import Path

    from layers.plan import BoardRow
    from layers.plan import Plan
    from layers.sheet.records import Featured

SLOW_S = 180
NAME = "plan_author"
TODAY = dt.date(2026, 11, 2)
MESSAGES = ("markdown", "caption", "info", "success", "warning", "error", "html")
ANNA, BERT = Hand("Anna"), Hand("Bert")


def _script() -> None:
    from views import plan
    from views import store

    store.begin_run()
    plan.render()


@pytest.fixture
def own(bundled: Path, tmp_path: Path) -> Path:
    """Return a workspace that a test may change."""
    return shutil.copytree(bundled, tmp_path / "workspace")


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = load_plan(load_catalogue().folder)
    assert found is not None
    return found


def _open(path: Path) -> Workspace:
    return Workspace.open(path, load_catalogue())


def _opened(
    monkeypatch: pytest.MonkeyPatch, path: Path, task: str = "", lang: str = "en", **state: Any
) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    at = AppTest.from_function(_script, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    for key, value in state.items():
        at.session_state[key] = value
    if task:
        at.query_params["task"] = task
    return at.run()


def _text(at: AppTest) -> str:
    found = [str(getattr(e.proto, "body", "")) for kind in MESSAGES for e in at.get(kind)]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(found))


def _button(at: AppTest, part: str) -> Any:
    return next(b for b in at.button if part in str(b.key))


def _field(at: AppTest, kind: str, name: str) -> Any:
    return next(w for w in getattr(at, kind) if f":{name}:" in str(w.key))


def _sign(at: AppTest, name: str) -> AppTest:
    at.text_input(key=NAME).set_value(name).run()
    return at


def _content(at: AppTest, name: str) -> bytes:
    offer = ready_files().find(offered(at)[name])
    assert offer is not None
    assert offer.make is not None
    return offer.make()


def _rows(path: Path, layer: str, task: str) -> list[dict[Any, Any]]:
    frame = _open(path).read(layer)
    return frame[frame["task_id"].eq(task)].to_dict("records")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_task_has_a_row_though_nothing_was_recorded(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, plan: Plan, lang: str
) -> None:
    at = _opened(monkeypatch, bundled, lang=lang)
    assert not at.exception
    assert not at.error
    shown = [str(b.label) for b in at.button if str(b.key).startswith("plan_open:")]
    titles = [task.title.get(lang) for task in plan.tasks]
    assert len(shown) == len(titles) > 18
    assert all(title in label.replace("\\", "") for title, label in zip(titles, shown, strict=True))
    text = _text(at)
    assert text.count("◌") == len(plan.tasks) + 1  # the rows, and the figure that counts them
    assert f"<b>{len(plan.tasks)}</b><span>◌" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_task_opens(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, plan: Plan, lang: str
) -> None:
    at = _opened(monkeypatch, bundled, lang=lang)
    for task in plan.tasks:
        at.query_params["task"] = task.task_id
        at.run()
        assert not at.exception, task.task_id
        text = _text(at)
        assert f"### {task.task_id} {task.title.get(lang)}" in text
        assert task.unit.get(lang) in text
        assert text.count(plan.document) == 1, "the source stands once"
        if not task.objects:
            assert task.without_objects.get(lang) in text


def test_a_task_that_is_not_in_the_plan_is_told_and_the_board_shown(
    monkeypatch: pytest.MonkeyPatch, bundled: Path
) -> None:
    at = _opened(monkeypatch, bundled, "T99 <b>")
    assert "T99 <b>" in at.warning[0].value.replace("\\", "")
    assert [b for b in at.button if str(b.key).startswith("plan_open:")]


def test_an_edition_without_a_plan_says_so(monkeypatch: pytest.MonkeyPatch, bundled: Path) -> None:
    monkeypatch.setattr("views.plan.data.load_plan", lambda _folder: None)
    at = _opened(monkeypatch, bundled, lang="zh")
    assert not at.exception
    assert "plan.toml" in at.info[0].value.replace("\\", "")
    assert not at.button


def test_a_record_is_saved_with_its_author_shown_on_the_board_and_taken_back(
    monkeypatch: pytest.MonkeyPatch, own: Path
) -> None:
    at = _sign(_opened(monkeypatch, own, "T05"), "Anna")
    assert _button(at, "tasks:T05:save").disabled
    _field(at, "text_input", "owner").set_value("<b>科委</b>").run()
    _button(at, "tasks:T05:save").click().run()
    assert not at.exception
    assert at.success
    (row,) = _rows(own, "tasks", "T05")
    assert (row["owner"], row["updated_by"]) == ("<b>科委</b>", "Anna")
    assert _open(own).history("tasks")["author"].iloc[0] == "Anna"
    assert "&lt;b&gt;科委&lt;/b&gt;" in _text(at)
    assert "<dd><b>科委" not in _text(at)
    at.button(key="plan_undo").click().run()
    assert not at.exception
    assert _rows(own, "tasks", "T05") == []


def test_nothing_is_recorded_without_a_name(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    monkeypatch.setattr("views.who.user_name", lambda: "")
    at = _sign(_opened(monkeypatch, own, "T05"), "")
    _field(at, "text_input", "owner").set_value("科委").run()
    _button(at, "tasks:T05:save").click().run()
    assert "name" in at.error[0].value
    assert _rows(own, "tasks", "T05") == []


def test_what_others_recorded_meanwhile_is_shown_and_never_overwritten_unseen(
    monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan
) -> None:
    at = _sign(_opened(monkeypatch, own, "T05"), "Anna")
    set_fields(_open(own), plan, "T05", {"owner": "theirs", "partners": "with"}, hand=BERT)
    _field(at, "text_input", "owner").set_value("mine").run()
    assert "Bert" in at.warning[0].value
    assert "<td>theirs</td><td>mine</td>" in _text(at)
    _button(at, "tasks:T05:save").click().run()
    assert _rows(own, "tasks", "T05")[0]["owner"] == "theirs"
    next(c for c in at.checkbox if ":mine:" in str(c.key)).check().run()
    _button(at, "tasks:T05:save").click().run()
    assert not at.exception
    (row,) = _rows(own, "tasks", "T05")
    # What she did not write stays as they left it.
    assert (row["owner"], row["partners"]) == ("mine", "with")


def test_another_task_that_changed_is_no_conflict(
    monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan
) -> None:
    at = _sign(_opened(monkeypatch, own, "T05"), "Anna")
    set_fields(_open(own), plan, "T06", {"owner": "others"}, hand=BERT)
    _field(at, "text_input", "owner").set_value("mine").run()
    assert not at.warning
    _button(at, "tasks:T05:save").click().run()
    assert _rows(own, "tasks", "T05")[0]["owner"] == "mine"
    assert _rows(own, "tasks", "T06")[0]["owner"] == "others"


def test_done_needs_evidence_and_a_second_person(
    monkeypatch: pytest.MonkeyPatch, own: Path
) -> None:
    at = _sign(_opened(monkeypatch, own, "T05"), "Anna")
    at.button(key="plan_submit").click().run()
    assert "evidence" in at.error[0].value
    at.file_uploader[0].set_value(("纪要 <i>.pdf", b"%PDF-1.4 minutes", "application/pdf")).run()
    at.button(key="plan_attach").click().run()
    assert not at.exception
    (proof,) = _rows(own, "evidence", "T05")
    assert proof["added_by"] == "Anna"
    assert _content(at, str(proof["file_name"])) == b"%PDF-1.4 minutes"
    at.button(key="plan_submit").click().run()
    at.button(key="plan_confirm").click().run()
    assert "somebody else" in at.error[0].value
    assert _rows(own, "tasks", "T05")[0]["state"] == "submitted"
    _sign(at, "Bert").button(key="plan_confirm").click().run()
    assert not at.exception
    assert "✔" in _text(at)
    row = _rows(own, "tasks", "T05")[0]
    assert (row["state"], row["submitted_by"], row["confirmed_by"]) == ("done", "Anna", "Bert")
    EvidenceStore(own).path(str(proof["sha256"])).write_bytes(b"altered")
    at.run()
    assert "△ Done, to be checked" in _text(at)
    assert "gone or was altered" in _text(at)


def test_a_team_tells_persons_apart_by_their_accounts(
    monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan, tmp_path: Path
) -> None:
    workspace = _open(own)
    attach(workspace, plan, "T05", "a.txt", b"proof", hand=ANNA, today=TODAY)
    peter = PEOPLE[Role.PLANNER]
    submit(workspace, plan, "T05", hand=Hand("Other name", peter.person_id), today=TODAY)
    work_as(monkeypatch, peter, tmp_path)
    at = _opened(monkeypatch, own, "T05")
    at.button(key="plan_confirm").click().run()
    assert at.error
    assert _rows(own, "tasks", "T05")[0]["state"] == "submitted"
    work_as(monkeypatch, PEOPLE[Role.STEWARD], tmp_path)
    at = _opened(monkeypatch, own, "T05")
    at.button(key="plan_confirm").click().run()
    assert not at.error
    assert _rows(own, "tasks", "T05")[0]["confirmed_id"] == PEOPLE[Role.STEWARD].person_id


def test_a_viewer_reads_and_sees_nothing_internal(
    monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan, tmp_path: Path
) -> None:
    workspace = _open(own)
    secret = {"owner": "科委", "note": "secret note"}
    set_fields(workspace, plan, "T05", secret, hand=Hand("Secret Anna"))
    attach(workspace, plan, "T05", "secret.txt", b"proof", hand=ANNA, today=TODAY)
    submit(workspace, plan, "T05", hand=Hand("Secret Anna"), today=TODAY)
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    for task in ("", "T05"):
        at = _opened(monkeypatch, own, task)
        assert not at.exception
        text = _text(at)
        assert "科委" in text
        assert "ecret" not in text
        keys = {str(b.key) for b in at.button}
        assert not {k for k in keys if k.startswith(("plan:", "plan_submit", "plan_link"))}
        assert not at.file_uploader
        assert all(not n.endswith(".txt") for n in offered(at))


def test_milestones_are_written_counted_and_told_when_late(
    monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan
) -> None:
    put_milestone(
        _open(own),
        plan,
        "T05",
        {"title": "old", "due": dt.date(2025, 1, 1)},
        hand=ANNA,
        today=TODAY,
    )
    at = _sign(_opened(monkeypatch, own, "T05"), "Anna")
    assert "! overdue" in _text(at)
    _field(at, "text_input", "title").set_value("second").run()
    _button(at, "milestones::save").click().run()
    assert {row["title"] for row in _rows(own, "milestones", "T05")} == {"old", "second"}
    at.button(key="plan_back").click().run()
    assert "0 of 2 milestones" in _text(at)
    assert "next: old" in _text(at)


def test_objects_are_linked_and_taken_off_again(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    at = _sign(_opened(monkeypatch, own, "T14", plan_linking=True), "Anna")
    layer = next(s for s in at.selectbox if str(s.key).startswith("plan_pick_from"))
    layer.set_value("stations").run()
    search = next(s for s in at.selectbox if str(s.key).startswith("plan_search:stations"))
    search.select_index(0).run()
    at.button(key="plan_link").click().run()
    assert not at.exception
    (row,) = _rows(own, "task_objects", "T14")
    assert row["layer"] == "stations"
    _button(at, "plan_unlink:").click().run()
    assert not at.exception
    assert _rows(own, "task_objects", "T14") == []


def test_the_saved_board_holds_every_task_and_no_zero_for_the_unknown(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, plan: Plan
) -> None:
    at = _opened(monkeypatch, bundled)
    book = openpyxl.load_workbook(io.BytesIO(_content(at, "plan_board.xlsx")))
    cells = [[c.value for c in row] for sheet in book for row in sheet.iter_rows()]
    flat = {value for row in cells for value in row}
    assert {task.task_id for task in plan.tasks} <= flat
    head = next(row for row in cells if "Milestones" in row)
    first = next(row for row in cells if "T01" in row)
    assert first[head.index("Evidence files")] in (None, "", "—")


def test_filters_and_order(monkeypatch: pytest.MonkeyPatch, own: Path, plan: Plan) -> None:
    workspace = _open(own)
    set_fields(workspace, plan, "T09", {"state": "under_way", "end": "2025-01-01"}, hand=ANNA)
    set_fields(workspace, plan, "T12", {"state": "paused"}, hand=ANNA)
    at = _opened(monkeypatch, own, plan_overdue=True)
    assert [b.key for b in at.button if str(b.key).startswith("plan_open")] == ["plan_open:T09"]
    tables = {key: workspace.read(key) for key in workspace.keys()}  # noqa: SIM118 - not a dict
    rows = board(plan, tables, load_catalogue(), TODAY, lambda _sha: True).rows
    found = [row.task.task_id for row in ordered(rows, "state")]
    assert found[:2] == ["T09", "T12"]
    assert [row.task.task_id for row in ordered(rows, "number")][:2] == ["T01", "T02"]


def test_a_sheet_tells_a_public_reader_nothing_internal(own: Path, plan: Plan) -> None:
    workspace = _open(own)
    set_fields(workspace, plan, "T12", {"owner": "科委", "state": "under_way"}, hand=ANNA)
    tables = {key: workspace.read(key) for key in workspace.keys()}  # noqa: SIM118 - not a dict
    row = board(plan, tables, load_catalogue(), TODAY, lambda _sha: True).row("T12")
    values = [
        Measured(key, Text(key, key), 7.0, Text("", ""), Text("7", "7"), (), internal=key == "b")
        for key in ("a", "b")
    ]
    told = {
        audience: {name.zh: value.zh for name, value in _featured(row, values, audience).facts}
        for audience in ("internal", "public")
    }
    assert set(told["internal"]) - set(told["public"]) == {"b"}
    assert (told["public"]["任务状态"], told["public"]["责任单位"]) == ("推进中", "科委")
    assert "%" not in "".join(told["internal"].values())
    assert _featured(row, values, "public").objects == row.objects


def _featured(row: BoardRow, values: list[Measured], audience: Any) -> Featured:
    return featured_of(row, values, load_catalogue(), audience)
