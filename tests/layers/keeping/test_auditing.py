"""An audit that is gone, or was written anew, is found by the layers and by a backup."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.audit import Action
from layers.audit import Event
from layers.audit import Journal
from layers.audit import Kind
from layers.audit import Recorder
from layers.audit import check
from layers.audit import journal_of
from layers.audit.events import Door
from layers.audit.files import FIRST
from layers.audit.files import digest_of
from layers.audit.files import files_of
from layers.keeping.auditing import check_against
from layers.keeping.auditing import check_audit
from layers.keeping.backup import back_up
from layers.keeping.refusals import BackupError
from layers.startup import open_or_create
from layers.team.people import ALONE
from layers.workspace import Workspace
from tests.city_hand import make_city
from tests.cli_hand import run
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from pathlib import Path


def change(workspace: Workspace, mark: str) -> int:
    """Commit as a door does, with a record before and after."""
    recorder = Recorder.of(workspace.path, ALONE, Door.BATCH, name="甲")
    with recorder.doing(Action.CHANGE, layers={"carriers": 0}) as step:
        version = put(workspace, mark)
        step.done({"carriers": version})
    return version


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace of the edition with three changes of the carriers."""
    made, _issues = open_or_create(tmp_path / "ws", CATALOGUE, author="甲")
    for mark in ("一", "二", "三"):
        change(made, mark)
    return made


def _told(found: list[Any]) -> list[tuple[Kind, str, int]]:
    assert all(one.grave and one.text.zh and one.text.en for one in found)
    return [(one.kind, one.file, one.line) for one in found]


def _audit(workspace: Workspace) -> Path:
    return workspace.path / "audit"


def test_what_a_new_workspace_is_filled_with_needs_no_record(tmp_path: Path) -> None:
    made, _issues = open_or_create(tmp_path / "ws", CATALOGUE, author="甲")
    assert len(made.versions()) > 5
    assert not _audit(made).exists()
    assert check_audit(made.path) == []


def test_all_is_well_where_every_change_is_recorded(workspace: Workspace) -> None:
    assert check_audit(workspace.path) == []


def test_an_audit_that_is_gone_is_found(workspace: Workspace) -> None:
    shutil.rmtree(_audit(workspace))
    assert check(workspace.path) == []
    assert _told(check_audit(workspace.path)) == [(Kind.GONE, "audit", 0)]


def test_an_audit_begun_anew_leaves_changes_without_a_record(workspace: Workspace) -> None:
    shutil.rmtree(_audit(workspace))
    Journal(workspace.path).record(Event(Action.SEE, Door.WEB, "u"))
    assert _told(check_audit(workspace.path)) == [
        (Kind.UNRECORDED, f"carriers@{version}", 0) for version in (1, 2, 3)
    ]


def test_a_version_that_somebody_wrote_past_the_program_is_found(workspace: Workspace) -> None:
    version = put(workspace, "四")
    assert _told(check_audit(workspace.path)) == [(Kind.UNRECORDED, f"carriers@{version}", 0)]


def _end_after_commit(workspace: Workspace, patched: pytest.MonkeyPatch) -> None:
    recorder = Recorder.of(workspace.path, ALONE, Door.BATCH, name="甲")
    with recorder.doing(Action.IMPORT, layers=["carriers"]):
        put(workspace, "四")
        patched.setattr(Recorder, "_try", lambda *_arguments: None)
        raise SystemExit


def test_a_process_that_ended_before_it_recorded_the_end_is_no_finding(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit), monkeypatch.context() as patched:
        _end_after_commit(workspace, patched)
    assert check_audit(workspace.path) == []
    # The one record that was begun explains one version, not a second one.
    put(workspace, "五")
    assert len(check_audit(workspace.path)) == 1


# --- a backup


@pytest.fixture
def backup(workspace: Workspace, tmp_path: Path) -> Path:
    out = tmp_path / "b.zip"
    back_up(workspace.path, out, author="甲")
    return out


def _rewritten(path: Path, old: bytes, new: bytes) -> None:
    """Write a file of an audit anew with all its hashes, as somebody who knows them can."""
    before, lines = FIRST, []
    for line in path.read_bytes().splitlines():
        record = json.loads(line.replace(old, new))
        record["before"] = before
        text = json.dumps(record, ensure_ascii=True).encode("ascii")
        lines.append(text)
        before = digest_of(text)
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_what_went_on_since_is_no_finding(workspace: Workspace, backup: Path) -> None:
    assert check_against(workspace.path, backup) == []
    change(workspace, "四")
    Journal(workspace.path).record(Event(Action.SEE, Door.WEB, "u"))
    assert check_against(workspace.path, backup) == []


def test_a_rewritten_audit_is_found_by_file_and_line(workspace: Workspace, backup: Path) -> None:
    (path,) = files_of(_audit(workspace))
    _rewritten(path, '"name": "\\u7532"'.encode("ascii"), b'"name": "Z"')
    assert check_audit(workspace.path) == []
    assert _told(check_against(workspace.path, backup)) == [(Kind.NOT_AS_BACKED_UP, path.name, 1)]


def test_a_shortened_audit_is_found_by_file_and_line(workspace: Workspace, backup: Path) -> None:
    (path,) = files_of(_audit(workspace))
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 6
    path.write_bytes(b"".join(lines[:4]))
    assert check(workspace.path) == []
    assert _told(check_against(workspace.path, backup)) == [(Kind.SHORTER, path.name, 5)]
    path.unlink()
    assert _told(check_against(workspace.path, backup)) == [(Kind.MISSING_FILE, path.name, 0)]


def test_a_backup_of_something_else_is_refused(backup: Path, tmp_path: Path) -> None:
    other = Workspace.create(tmp_path / "other", CATALOGUE, author="甲")
    with pytest.raises(BackupError) as caught:
        check_against(other.path, backup)
    assert "--workspace" in caught.value.text.zh
    with pytest.raises(BackupError):
        check_against(other.path, other.path / "atlas-workspace.json")


def test_the_journals_of_the_districts_of_a_city_are_compared(tmp_path: Path) -> None:
    city = make_city(tmp_path / "city")
    district = city.districts[0].path
    for folder in (city.path, district):
        journal_of(folder).record(Event(Action.SEE, Door.WEB, "u"))
    back_up(city.path, tmp_path / "b.zip", author="甲")
    assert check_against(city.path, tmp_path / "b.zip") == []
    (path,) = files_of(district / "audit")
    path.write_bytes(b"")
    name = f"{district.relative_to(city.path).as_posix()}/audit/{path.name}"
    assert _told(check_against(city.path, tmp_path / "b.zip")) == [(Kind.SHORTER, name, 1)]


# --- the command


def test_the_command_says_what_it_cannot_find(workspace: Workspace, backup: Path) -> None:
    place = ("-w", workspace.path)
    done = run("--lang", "en", "audit", "check", *place)
    assert done.exit_code == 0
    assert "--backup" in done.stderr
    done = run("--lang", "en", "audit", "check", *place, "--backup", backup)
    assert done.exit_code == 0
    assert "--backup" not in done.stderr
    (path,) = files_of(_audit(workspace))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    done = run("audit", "check", *place, "--backup", backup, "--json")
    assert done.exit_code == 1
    assert [(one["kind"], one["line"]) for one in json.loads(done.stdout)] == [
        ("unrecorded", 0),
        ("shorter", 5),
    ]
    assert f"{path.name}:5" in done.stderr
