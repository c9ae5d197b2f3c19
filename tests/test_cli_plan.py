"""``atlas plan``: what the page does, from the command line."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from editions.make_linjiang import FOLDER
from layers.catalogue import load_catalogue
from layers.edition import catalogue_of
from layers.plan import EVIDENCE_FOLDER
from layers.plan import EvidenceStore
from layers.plan import evidence
from layers.plan import load_plan
from layers.plan.table import BOARD_TITLES
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path

PLAN = load_plan(load_catalogue().folder)
assert PLAN is not None
TASKS = [task.task_id for task in PLAN.tasks]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    open_or_create(tmp_path / "w", load_catalogue(), author="t", empty=True)
    return tmp_path / "w"


@pytest.fixture
def minutes(tmp_path: Path) -> Path:
    path = tmp_path / "纪要.pdf"
    path.write_bytes(b"%PDF")
    return path


def done(workspace: Path, minutes: Path) -> None:
    for command in (
        ("attach", "T04", minutes, "--author", "李工"),
        ("submit", "T04", "--author", "李工"),
        ("confirm", "T04", "--author", "王工"),
    ):
        assert run("plan", *command, "-w", workspace).exit_code == 0


def test_the_board_as_a_table(workspace: Path, tmp_path: Path) -> None:
    assert run("plan", "set", "T04", "--set", "owner==1+1", "-w", workspace).exit_code == 0
    for ending in ("csv", "xlsx", "json", "parquet"):
        ran = run(
            "plan", "board", "--no-measures", "-w", workspace, "--out", tmp_path / f"b.{ending}"
        )
        assert ran.exit_code == 0, ran.stderr
    rows = json.loads((tmp_path / "b.json").read_text("utf-8"))
    found = rows["rows"] if isinstance(rows, dict) else rows
    assert [row["task_id"] for row in found] == TASKS
    assert set(BOARD_TITLES) - {"sample"} <= set(found[0])
    with (tmp_path / "b.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row for row in csv.reader(file) if "T04" in row]
    # A spreadsheet must not compute what a person typed.
    assert not any(cell.startswith("=") for cell in cells[0])
    assert any("=1+1" in cell for cell in cells[0])
    book = load_workbook(tmp_path / "b.xlsx")
    written = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in {cell.value for cell in written if cell.data_type == "s"}
    # People read a workbook: titles and words in it, names and codes elsewhere.
    read = {str(cell.value) for cell in written}
    assert {title.zh for name, title in BOARD_TITLES.items() if name != "sample"} <= read
    assert {"保障措施", "未填报", "里程碑", "经济"} <= read
    assert not {"unreported", "safeguard", "milestone"} & read
    assert "unreported" in (tmp_path / "b.csv").read_text("utf-8-sig")
    assert not [cell for cell in written if cell.data_type == "f"]


def test_the_board_measures_what_the_layers_hold(tmp_path: Path) -> None:
    open_or_create(tmp_path / "w", load_catalogue(), author="t")
    ran = run("plan", "board", "-w", tmp_path / "w", "--json")
    rows = {row["task_id"]: row for row in json.loads(ran.stdout)}
    assert ran.exit_code == 0
    assert list(rows) == TASKS
    assert "绿标园区" in rows["T02"]["measured_zh"]
    assert rows["T02"]["sample"] is True
    assert "未提供" in rows["T15"]["measured_zh"]
    assert rows["T01"]["measured_zh"] is None


def test_from_the_record_to_the_second_person(workspace: Path, minutes: Path) -> None:
    done(workspace, minutes)
    ran = run("plan", "show", "T04", "-w", workspace, "--json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert (told["state"], told["told_apart"]) == ("done", "name")
    assert (told["submitted_by"], told["confirmed_by"]) == ("李工", "王工")
    (proof,) = told["evidence_files"]
    assert proof["file_name"] == "纪要.pdf"
    assert EvidenceStore(workspace).read(proof["sha256"]) == b"%PDF"
    assert run("plan", "check", "-w", workspace).exit_code == 0


def test_one_person_cannot_do_both(
    workspace: Path,
    minutes: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wish = ("plan", "submit", "T04", "-w", workspace, "--author", "李工")
    assert "T04" in refused(monkeypatch, capsys, *wish)
    run("plan", "attach", "T04", minutes, "-w", workspace, "--author", "李工")
    run("plan", "submit", "T04", "-w", workspace, "--author", "李工")
    wish = ("plan", "confirm", "T04", "-w", workspace, "--author", "李 工")
    assert "李工" in refused(monkeypatch, capsys, *wish)
    assert run("plan", "back", "T04", "--why", "补充", "-w", workspace).exit_code == 0
    told = json.loads(run("plan", "show", "T04", "-w", workspace, "--json").stdout)
    assert told["state"] == "under_way"


def test_check_lists_only_what_lacks_something(workspace: Path, minutes: Path) -> None:
    done(workspace, minutes)
    run("plan", "milestone", "T05", "首批", "--due", "2026-01-01", "-w", workspace)
    (file,) = (workspace / EVIDENCE_FOLDER).iterdir()
    file.write_bytes(b"altered")
    ran = run("plan", "check", "-w", workspace, "--as-of", "2026-02-01", "--json")
    assert ran.exit_code == 1
    rows = {row["task_id"]: row for row in json.loads(ran.stdout)}
    assert list(rows) == ["T04", "T05"]
    assert rows["T04"]["state"] == "unproven"
    assert rows["T05"]["overdue"] is True
    assert "已逾期：里程碑“首批”应于 2026-01-01 完成" in ran.stderr
    board = run("plan", "board", "--no-measures", "-w", workspace, "--as-of", "2026-02-01")
    assert board.stderr.count("已逾期") == 1
    early = run("plan", "check", "-w", workspace, "--as-of", "2025-12-31", "--json")
    assert [row["task_id"] for row in json.loads(early.stdout)] == ["T04"]


def test_milestones_are_added_and_done(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("plan", "milestone", "T04", "首批", "-w", workspace).exit_code == 0
    table = Workspace.open(workspace, load_catalogue()).read("milestones")
    name = table["milestone_id"].iloc[0]
    ran = run("plan", "milestone", "T04", "--id", name, "--done", "2026-05-01", "-w", workspace)
    assert ran.exit_code == 0
    told = json.loads(run("plan", "show", "T04", "-w", workspace, "--json").stdout)
    assert (told["milestones"], told["milestones_done"]) == (1, 1)
    wish = ("plan", "milestone", "T05", "--id", name, "--done", "2026-05-01", "-w", workspace)
    assert name in refused(monkeypatch, capsys, *wish)


def test_objects_are_linked_and_unlinked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w"
    opened, _issues = open_or_create(path, load_catalogue(), author="t")
    park = str(opened.read("parks")["park_id"].iloc[0])
    assert run("plan", "link", "T09", "parks", park, "-w", path).exit_code == 0
    told = json.loads(run("plan", "show", "T09", "-w", path, "--json").stdout)
    assert told["objects"] == 1
    assert told["linked"] == {"parks": [park]}
    assert run("plan", "link", "T09", "parks", park, "--remove", "-w", path).exit_code == 0
    for wish in ((park, "--remove"), ("nope",)):
        said = refused(monkeypatch, capsys, "plan", "link", "T09", "parks", *wish, "-w", path)
        assert wish[0] in said


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("set", "T99", "--set", "owner=x"), "T99"),
        (("show", "T99"), "T99"),
        (("set", "T04", "--set", "confirmed_by=x"), "confirmed_by"),
        (("set", "T04", "--set", "owner"), "FIELD=VALUE"),
        (("set", "T04", "--set", "state=done"), ""),
        (("set", "T04", "--set", "end=soon"), "soon"),
        (("milestone", "T04"), "--due"),
        (("milestone", "T04", "x", "--due", "soon"), "soon"),
        (("board", "--out", "b.docx"), "b.docx"),
        (("board", "--as-of", "soon"), "soon"),
    ],
)
def test_a_wrong_wish_is_told(
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wish: tuple[str, ...],
    said: str,
) -> None:
    assert said in refused(monkeypatch, capsys, "plan", *wish, "-w", workspace)
    assert Workspace.open(workspace, load_catalogue()).read("tasks").empty


def test_a_file_that_is_too_large_is_not_even_read(
    workspace: Path,
    minutes: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("layers.plan.MOST_BYTES", 3)
    monkeypatch.setattr(evidence, "MOST_BYTES", 3)
    said = refused(monkeypatch, capsys, "plan", "attach", "T04", minutes, "-w", workspace)
    assert "纪要.pdf" in said
    assert not (workspace / EVIDENCE_FOLDER).exists()


def test_an_edition_without_a_plan_says_so(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("layers.plan.load_plan", lambda _folder: None)
    assert "plan.toml" in refused(monkeypatch, capsys, "plan", "board", "-w", workspace)


def test_a_workspace_of_an_edition_without_a_plan_takes_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The user's own workspace is of the bundled edition, whose plan has this task.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    path = tmp_path / "w"
    assert run("workspace", "init", "--edition", FOLDER, "-w", path).exit_code == 0
    before = Workspace.open(path, catalogue_of(path)).versions()
    minutes = tmp_path / "a.pdf"
    minutes.write_bytes(b"%PDF")
    for wish in (
        ("set", "T01", "--set", "owner=区科委"),
        ("milestone", "T01", "首批"),
        ("attach", "T01", minutes),
        ("link", "T01", "parks", "B01"),
        ("submit", "T01"),
        ("board",),
    ):
        said = refused(monkeypatch, capsys, "plan", *wish, "-w", path)
        assert "没有行动方案" in said
    assert Workspace.open(path, catalogue_of(path)).versions() == before
    assert not (path / EVIDENCE_FOLDER).exists()


def test_what_was_recorded_is_said_in_a_sentence(workspace: Path, minutes: Path) -> None:
    assert PLAN is not None
    title = PLAN.task("T04").title.zh

    def said(*wish: object, lang: str = "zh") -> str:
        ran = run("--lang", lang, "plan", *wish, "-w", workspace, "--author", "李工")
        assert ran.exit_code == 0
        return str(ran.stderr).strip()

    fields = ("--set", "owner=区科委", "--set", "end=2026-12-31")
    assert said("set", "T04", *fields) == (
        f"已记录任务 T04“{title}”的责任单位、完成期限（填报人：李工）。"
    )
    told = said("milestone", "T04", "首批")
    rows = Workspace.open(workspace, load_catalogue()).read("milestones")
    name = rows["milestone_id"].iloc[0]
    assert told == (
        f"已为任务 T04“{title}”新增里程碑“首批”（填报人：李工）。以后修改时加 --id {name}。"
    )
    assert name in said("milestone", "T04", "--id", name, "--done", "2026-05-01")
    assert "添加佐证“纪要.pdf”" in said("attach", "T04", minutes)
    assert said("submit", "T04").endswith("还须另一人确认：atlas plan confirm T04")
    assert said("back", "T04", "--why", " 佐证{不}完整 ").endswith("退回原因：佐证{不}完整")
    english = said("set", "T04", "--set", "owner=x", lang="en")
    assert "Owner" in english
    assert "李工" in english


def test_an_empty_workspace_says_whose_plan_it_is(workspace: Path, tmp_path: Path) -> None:
    board = ("plan", "board", "--no-measures")
    assert "本工作区新建时未带入" in run(*board, "-w", workspace).stderr
    open_or_create(tmp_path / "full", load_catalogue(), author="t")
    assert "新建时未带入" not in run(*board, "-w", tmp_path / "full").stderr
