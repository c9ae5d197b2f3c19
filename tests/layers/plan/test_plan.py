"""What people record of tasks: rules of completion, evidence, objects, conflicts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.edition import load_edition
from layers.entries import EntryError
from layers.errors import ConflictError
from layers.errors import WorkspaceError
from layers.intake import intake
from layers.plan import EVIDENCE_FOLDER
from layers.plan import EvidenceError
from layers.plan import EvidenceStore
from layers.plan import Hand
from layers.plan import PlanError
from layers.plan import attach
from layers.plan import board
from layers.plan import changes
from layers.plan import clean_name
from layers.plan import confirm
from layers.plan import detach
from layers.plan import drop_milestone
from layers.plan import evidence
from layers.plan import is_second_person
from layers.plan import link
from layers.plan import load_plan
from layers.plan import put_milestone
from layers.plan import recording
from layers.plan import send_back
from layers.plan import set_fields
from layers.plan import submit
from layers.plan import undo
from layers.plan import unlink
from layers.plan.table import BOARD_TITLES
from layers.plan.table import board_table
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from layers.plan import BoardRow

CATALOGUE = load_catalogue()
_PLAN = load_plan(CATALOGUE.folder)
assert _PLAN is not None
PLAN = _PLAN
TODAY = dt.date(2026, 11, 27)
LI, WANG = Hand("李工"), Hand("王工")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(
        tmp_path / "w", CATALOGUE, author="张工", edition=load_edition(CATALOGUE)
    )


def standing(workspace: Workspace, task_id: str = "T04") -> BoardRow:
    tables = {key: workspace.read(key) for key in workspace.versions()}
    is_sound = EvidenceStore(workspace.path).is_sound
    return board(PLAN, tables, CATALOGUE, TODAY, is_sound).row(task_id)


def proven(workspace: Workspace, task_id: str = "T04") -> str:
    return attach(workspace, PLAN, task_id, "纪要.pdf", b"%PDF", hand=LI, today=TODAY)


def problems(row: BoardRow) -> str:
    return "；".join(problem.zh for problem in row.problems)


# --- completion --------------------------------------------------------------------


def test_a_task_is_done_by_evidence_and_two_persons(workspace: Workspace) -> None:
    with pytest.raises(PlanError, match="佐证"):
        submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    proven(workspace)
    submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    assert standing(workspace).state == "submitted"
    with pytest.raises(PlanError, match="另一人"):
        confirm(workspace, PLAN, "T04", hand=LI, today=TODAY)
    # The same person under another spelling is the same person.
    with pytest.raises(PlanError, match="另一人"):
        confirm(workspace, PLAN, "T04", hand=Hand(" 李　工 "), today=TODAY)
    confirm(workspace, PLAN, "T04", hand=WANG, today=TODAY)
    row = standing(workspace)
    assert (row.state, row.submitted_by, row.confirmed_by) == ("done", "李工", "王工")
    assert row.problems == ()
    with pytest.raises(PlanError, match="已提请"):
        submit(workspace, PLAN, "T04", hand=WANG, today=TODAY)


def test_what_was_confirmed_before_it_was_submitted_is_refused(workspace: Workspace) -> None:
    proven(workspace)
    with pytest.raises(PlanError, match="还没有提请"):
        confirm(workspace, PLAN, "T04", hand=WANG, today=TODAY)


def test_sending_back_takes_a_reason_and_empties_the_proof(workspace: Workspace) -> None:
    proven(workspace)
    with pytest.raises(PlanError, match="没有提请"):
        send_back(workspace, PLAN, "T04", hand=WANG, why="不全")
    submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    with pytest.raises(PlanError, match="原因"):
        send_back(workspace, PLAN, "T04", hand=WANG, why="  ")
    send_back(workspace, PLAN, "T04", hand=WANG, why="佐证不全")
    row = standing(workspace)
    assert (row.state, row.submitted_by) == ("under_way", "")
    assert "佐证不全" in str(workspace.history("tasks")["message"].iloc[0])


def test_done_cannot_be_typed(workspace: Workspace) -> None:
    for state in ("done", "submitted"):
        with pytest.raises(PlanError, match="另一人确认"):
            set_fields(workspace, PLAN, "T04", {"state": state}, hand=LI)
    with pytest.raises(PlanError, match="confirmed_by"):
        set_fields(workspace, PLAN, "T04", {"confirmed_by": "王工"}, hand=LI)


@pytest.mark.parametrize(
    ("record", "with_file", "said"),
    [
        ({"submitted_by": "李", "confirmed_by": "王"}, False, "佐证"),
        ({"submitted_by": "李", "confirmed_by": "李"}, True, "同一人"),
        ({"submitted_by": "李", "confirmed_by": "Ｌ"}, True, ""),
        ({"submitted_by": "li", "confirmed_by": "ＬＩ"}, True, "同一人"),
        ({"submitted_by": "李"}, True, "第二人"),
        ({"confirmed_by": "王"}, True, "同一人或不明"),
        (
            {"submitted_by": "李", "confirmed_by": "王", "submitted_id": "a", "confirmed_id": "a"},
            True,
            "同一人",
        ),
    ],
)
def test_an_import_that_says_done_is_held_to_the_same_rule(
    workspace: Workspace, record: dict[str, str], with_file: bool, said: str
) -> None:
    if with_file:
        proven(workspace)
    spec = CATALOGUE.layer("tasks")
    raw = pd.DataFrame([{"task_id": "T04", "state": "完成", **record}], dtype=object)
    checked = conform(raw, spec)
    assert checked.rejected.empty
    workspace.commit("tasks", checked.accepted, author="导入", message="台账")
    row = standing(workspace)
    assert row.recorded == "done"
    assert row.state == ("unproven" if said else "done")
    assert said in problems(row)


def test_evidence_that_is_altered_or_gone_proves_nothing(workspace: Workspace) -> None:
    proven(workspace)
    submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    confirm(workspace, PLAN, "T04", hand=WANG, today=TODAY)
    (file,) = (workspace.path / EVIDENCE_FOLDER).iterdir()
    file.write_bytes(b"%PDX")
    row = standing(workspace)
    assert row.state == "unproven"
    assert row.evidence_lost == 1
    assert "缺失或被改动" in problems(row)
    with pytest.raises(WorkspaceError, match="改动"):
        EvidenceStore(workspace.path).read(file.name)
    file.unlink()
    assert standing(workspace).state == "unproven"


def test_accounts_decide_where_both_are_known() -> None:
    same = {"submitted_by": "李", "confirmed_by": "王", "submitted_id": "a", "confirmed_id": "a"}
    assert not is_second_person(same)
    assert is_second_person({**same, "confirmed_id": "b", "confirmed_by": "李"})
    # A name beside one account can be typed by whoever has the account.
    assert not is_second_person({**same, "confirmed_id": None})
    assert not is_second_person({**same, "submitted_id": None})


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (LI, WANG, "name"),
        (Hand("李工", "a"), Hand("王工", "b"), "account"),
        # Two accounts of one name are two persons.
        (Hand("李工", "a"), Hand("李工", "b"), "account"),
    ],
)
def test_the_board_says_how_two_persons_were_told_apart(
    workspace: Workspace, first: Hand, second: Hand, told: str
) -> None:
    proven(workspace)
    assert standing(workspace).told_apart == ""
    submit(workspace, PLAN, "T04", hand=first, today=TODAY)
    assert standing(workspace).told_apart == ""
    confirm(workspace, PLAN, "T04", hand=second, today=TODAY)
    row = standing(workspace)
    assert (row.state, row.told_apart) == ("done", told)


def test_whoever_has_no_account_cannot_confirm_what_an_account_submitted(
    workspace: Workspace,
) -> None:
    proven(workspace)
    submit(workspace, PLAN, "T04", hand=Hand("李工", "a"), today=TODAY)
    with pytest.raises(PlanError, match="只有一方登录"):
        confirm(workspace, PLAN, "T04", hand=WANG, today=TODAY)
    assert standing(workspace).state == "submitted"


# --- evidence ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\用户\\纪要.docx", "纪要.docx"),
        ("报告\u202excod.exe", "报告xcod.exe"),
        ("a\nb\x00c.pdf", "abc.pdf"),
        ("...", "evidence"),
        ("", "evidence"),
        ('<b>"a"|b?.pdf', "_b__a__b_.pdf"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("纪\u2028要\u200f.pdf", "纪要.pdf"),
        ("Con.pdf", "_Con.pdf"),
        ("LPT1", "_LPT1"),
        ("controls.pdf", "controls.pdf"),
        ("𰻞\U00031350.pdf", "𰻞\U00031350.pdf"),
    ],
)
def test_the_name_of_a_file_is_never_a_path_and_never_deceives(given: str, kept: str) -> None:
    assert clean_name(given) == kept
    assert len(clean_name(given)) <= 120


def test_hostile_files_are_refused_and_said_why(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_BYTES", 10)
    for content, said in ((b"", "空的"), (b"x" * 11, "超过上限 10")):
        with pytest.raises(EvidenceError, match=said):
            attach(workspace, PLAN, "T04", "a.pdf", content, hand=LI, today=TODAY)
    assert workspace.read("evidence").empty
    proven(workspace)
    with pytest.raises(PlanError, match="内容相同"):
        attach(workspace, PLAN, "T04", "另名.pdf", b"%PDF", hand=LI, today=TODAY)
    # Another task may have the same file; it is kept once.
    attach(workspace, PLAN, "T05", "纪要.pdf", b"%PDF", hand=LI, today=TODAY)
    assert len(list((workspace.path / EVIDENCE_FOLDER).iterdir())) == 1


@pytest.mark.parametrize(
    "name",
    ["a.exe", "纪要.pdf.exe", "a.bat", "a.js", "a.html", "a", "pdf", ".pdf.", "a.pdf\u202e.exe"],
)
def test_what_is_no_document_is_no_evidence(workspace: Workspace, name: str) -> None:
    with pytest.raises(EvidenceError, match="文档、表格、图片或压缩包"):
        attach(workspace, PLAN, "T04", name, b"MZ", hand=LI, today=TODAY)
    assert workspace.read("evidence").empty
    assert not (workspace.path / EVIDENCE_FOLDER).exists()


@pytest.mark.parametrize("name", ["纪要.PDF", "台账.xlsx", "照片.JPG", "材料.zip", "通知.wps"])
def test_documents_tables_pictures_and_archives_are_evidence(
    workspace: Workspace, name: str
) -> None:
    attach(workspace, PLAN, "T04", name, b"x", hand=LI, today=TODAY)
    assert workspace.read("evidence")["file_name"].tolist() == [name]


def test_a_task_cannot_start_after_it_ends(workspace: Workspace) -> None:
    set_fields(workspace, PLAN, "T04", {"end": "2026-06-30"}, hand=LI)
    with pytest.raises(PlanError, match="2026-07-01 晚于完成期限 2026-06-30"):
        set_fields(workspace, PLAN, "T04", {"start": "2026-07-01"}, hand=LI)
    set_fields(workspace, PLAN, "T04", {"start": "2026-06-30"}, hand=LI)
    with pytest.raises(PlanError, match="晚于完成期限"):
        set_fields(workspace, PLAN, "T04", {"end": dt.date(2026, 6, 29)}, hand=LI)
    set_fields(workspace, PLAN, "T04", {"start": "2026-08-01", "end": "2026-09-01"}, hand=LI)
    set_fields(workspace, PLAN, "T04", {"end": None}, hand=LI)


def test_a_hash_that_somebody_imported_is_no_path(workspace: Workspace) -> None:
    store = EvidenceStore(workspace.path)
    for name in ("../manifest.json", "", "a" * 63, "A" * 64, "/etc/passwd"):
        assert not store.is_sound(name)
        with pytest.raises(EvidenceError):
            store.read(name)


def test_evidence_is_taken_off_and_its_file_stays_for_the_versions_before(
    workspace: Workspace,
) -> None:
    name = proven(workspace)
    detach(workspace, name, hand=LI)
    assert standing(workspace).evidence == 0
    assert len(list((workspace.path / EVIDENCE_FOLDER).iterdir())) == 1
    with pytest.raises(PlanError, match=name):
        detach(workspace, name, hand=LI)


def test_the_evidence_of_a_finished_task_stays(workspace: Workspace) -> None:
    name = proven(workspace)
    submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    with pytest.raises(PlanError, match="先退回"):
        detach(workspace, name, hand=LI)
    confirm(workspace, PLAN, "T04", hand=WANG, today=TODAY)
    with pytest.raises(PlanError, match="先退回"):
        detach(workspace, name, hand=WANG)
    send_back(workspace, PLAN, "T04", hand=WANG, why="换佐证")
    detach(workspace, name, hand=WANG)
    assert standing(workspace).evidence == 0


# --- records, milestones, objects -----------------------------------------------------


def test_fields_are_recorded_and_a_new_state_takes_the_proof_back(workspace: Workspace) -> None:
    proven(workspace)
    submit(workspace, PLAN, "T04", hand=LI, today=TODAY)
    given = {
        "owner": "区科委",
        "end": dt.date(2026, 6, 30),
        "data_date": dt.date(2026, 11, 1),
        "state": "paused",
    }
    set_fields(workspace, PLAN, "T04", given, hand=WANG)
    row = standing(workspace)
    assert (row.owner, row.state, row.submitted_by) == ("区科委", "paused", "")
    assert row.age_days == 26
    assert row.is_overdue
    assert row.updated_by == "王工"
    set_fields(workspace, PLAN, "T04", {"owner": None}, hand=WANG)
    assert standing(workspace).owner == ""
    assert standing(workspace).end == dt.date(2026, 6, 30)


def test_milestones_are_counted_and_never_a_percentage(workspace: Workspace) -> None:
    first = put_milestone(
        workspace, PLAN, "T04", {"title": "首批", "due": dt.date(2026, 3, 1)}, hand=LI, today=TODAY
    )
    put_milestone(
        workspace, PLAN, "T04", {"title": "二批", "due": dt.date(2027, 3, 1)}, hand=LI, today=TODAY
    )
    row = standing(workspace)
    assert (row.milestones, row.milestones_done) == (2, 0)
    assert (row.next_title, row.next_due) == ("首批", dt.date(2026, 3, 1))
    assert row.is_overdue
    put_milestone(
        workspace, PLAN, "T04", {"done_on": TODAY}, hand=WANG, today=TODAY, milestone_id=first
    )
    row = standing(workspace)
    assert row.milestones_done == 1
    assert row.next_title == "二批"
    assert not row.is_overdue
    assert "%" not in row.standing.zh
    drop_milestone(workspace, first, hand=LI)
    assert standing(workspace).milestones == 1
    with pytest.raises(PlanError):
        put_milestone(
            workspace, PLAN, "T05", {"title": "别人的"}, hand=LI, today=TODAY, milestone_id=first
        )
    with pytest.raises(EntryError):
        put_milestone(workspace, PLAN, "T04", {"title": None}, hand=LI, today=TODAY)


@pytest.mark.parametrize("day", [TODAY + dt.timedelta(days=1), "2099-01-01"])
def test_a_milestone_is_not_done_in_the_future(workspace: Workspace, day: object) -> None:
    given = {"title": "首批", "due": dt.date(2099, 3, 1)}
    with pytest.raises(PlanError, match="after today"):
        put_milestone(workspace, PLAN, "T04", given | {"done_on": day}, hand=LI, today=TODAY)
    made = put_milestone(workspace, PLAN, "T04", given | {"done_on": None}, hand=LI, today=TODAY)
    assert standing(workspace).milestones_done == 0
    with pytest.raises(PlanError, match="2026-11-27"):
        put_milestone(
            workspace, PLAN, "T04", {"done_on": day}, hand=LI, today=TODAY, milestone_id=made
        )
    assert standing(workspace).milestones_done == 0


def test_objects_are_linked_by_hand_and_what_is_gone_is_said(workspace: Workspace) -> None:
    park = str(workspace.read("parks")["park_id"].iloc[0])
    link(workspace, PLAN, "T09", "parks", park, hand=LI)
    link(workspace, PLAN, "T09", "parks", park, hand=LI)  # twice is once
    assert standing(workspace, "T09").hand == {"parks": frozenset({park})}
    for layer, feature in (("parks", "nope"), ("nolayer", park)):
        with pytest.raises(PlanError):
            link(workspace, PLAN, "T09", layer, feature, hand=LI)
    parks = workspace.read("parks")
    workspace.commit("parks", parks[parks["park_id"].ne(park)], author="李", message="gone")
    row = standing(workspace, "T09")
    assert row.hand == {}
    assert "1 个关联对象" in problems(row)
    unlink(workspace, "T09", "parks", park, hand=LI)
    assert standing(workspace, "T09").problems == ()
    with pytest.raises(PlanError):
        unlink(workspace, "T09", "parks", park, hand=LI)


def test_a_task_that_the_plan_does_not_have(workspace: Workspace) -> None:
    for work in (
        lambda: set_fields(workspace, PLAN, "T99", {"owner": "甲"}, hand=LI),
        lambda: submit(workspace, PLAN, "T99", hand=LI, today=TODAY),
        lambda: attach(workspace, PLAN, "T99", "a", b"b", hand=LI, today=TODAY),
    ):
        with pytest.raises(PlanError, match="T99"):
            work()
    raw = pd.DataFrame([{"task_id": "T99", "owner": "甲"}], dtype=object)
    checked = conform(raw, CATALOGUE.layer("tasks"))
    workspace.commit("tasks", checked.accepted, author="导入", message="台账")
    tables = {key: workspace.read(key) for key in workspace.versions()}
    found = board(PLAN, tables, CATALOGUE, TODAY, lambda _sha256: False)
    assert found.strangers == ("T99",)
    assert len(found.rows) == len(PLAN.tasks)


def test_two_at_once_one_gets_a_conflict_and_undo_takes_back_only_the_last(
    workspace: Workspace,
) -> None:
    set_fields(workspace, PLAN, "T04", {"owner": "甲"}, hand=LI)
    version = workspace.version("tasks")
    set_fields(workspace, PLAN, "T05", {"owner": "乙"}, hand=WANG, expected_version=version)
    with pytest.raises(ConflictError):
        set_fields(workspace, PLAN, "T04", {"owner": "丙"}, hand=LI, expected_version=version)
    assert standing(workspace).owner == "甲"
    with pytest.raises(ConflictError):
        undo(workspace, "tasks", version, hand=LI)
    undo(workspace, "tasks", version + 1, hand=WANG)
    assert standing(workspace, "T05").owner == ""
    assert standing(workspace).owner == "甲"


def test_what_somebody_writes_between_reading_and_writing_is_not_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_fields(workspace, PLAN, "T04", {"owner": "甲"}, hand=LI)
    found = recording.record_of

    def slow(of: Workspace, task_id: str) -> dict[str, Any]:
        record = found(of, task_id)
        monkeypatch.setattr(changes, "record_of", found)
        set_fields(of, PLAN, task_id, {"partners": "乙"}, hand=WANG)
        return record

    monkeypatch.setattr(changes, "record_of", slow)
    # Nobody named a version, as the command line does not.
    with pytest.raises(ConflictError):
        set_fields(workspace, PLAN, "T04", {"owner": "丙"}, hand=LI)
    row = standing(workspace)
    assert (row.owner, row.partners) == ("甲", "乙")


@pytest.mark.parametrize(
    ("field", "value"),
    [("start", "不是日期"), ("state", "flying"), ("owner", "甲" * 2001)],
)
def test_a_wrong_cell_is_refused_and_named(workspace: Workspace, field: str, value: str) -> None:
    with pytest.raises(EntryError) as caught:
        set_fields(workspace, PLAN, "T04", {field: value}, hand=LI)
    assert len(caught.value.text.zh) > 8
    assert workspace.read("tasks").empty


def test_the_board_as_a_table_has_a_row_a_task(workspace: Workspace) -> None:
    set_fields(workspace, PLAN, "T04", {"owner": "=1+1"}, hand=LI)
    tables: dict[str, Any] = {key: workspace.read(key) for key in workspace.versions()}
    found = board(PLAN, tables, CATALOGUE, TODAY, lambda _sha256: False)
    frame = board_table(found, {})
    assert list(frame) == list(BOARD_TITLES)
    assert list(frame["task_id"]) == [task.task_id for task in PLAN.tasks]
    assert frame.set_index("task_id").loc["T04", "owner"] == "=1+1"
    assert frame["measured_zh"].isna().all()


def test_a_file_cannot_bring_the_accounts_of_two_persons(
    workspace: Workspace, tmp_path: Path
) -> None:
    proven(workspace)
    path = tmp_path / "台账.csv"
    path.write_text(
        "任务编码,状态,提请完成人,提请完成人账号,确认人,确认人账号\nT04,完成,李工,a,王工,b\n",
        "utf-8",
    )
    taken = intake(path, CATALOGUE.layer("tasks"), CATALOGUE)
    told = [issue.field for issue in taken.issues if issue.code == "by_app_only"]
    assert told == ["submitted_id", "confirmed_id"]
    workspace.commit("tasks", taken.accepted, author="导入", message="台账")
    # Two names remain, and the board says that they are no more than names.
    assert standing(workspace).told_apart == "name"
    path.write_text("任务编码,提请完成人账号\nT04,\n", "utf-8")
    assert "by_app_only" not in {
        issue.code for issue in intake(path, CATALOGUE.layer("tasks"), CATALOGUE).issues
    }
