"""The audit of a workspace: what the journal knows, and what only the history knows."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from layers.audit import Action
from layers.audit import Door
from layers.audit import Recorder
from layers.audit import Wish
from layers.audit import audit_of
from layers.audit import read
from layers.catalogue import load_catalogue
from layers.errors import ConflictError
from layers.startup import open_or_create
from layers.team import Person
from layers.team import Role
from tests.cli_hand import HEAD
from tests.cli_hand import run
from tests.cli_hand import write

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace that an older program made: there is no journal."""
    catalogue = load_catalogue()
    opened, _issues = open_or_create(tmp_path / "w", catalogue, author="old", empty=True)
    for key in ("parks", "zones"):
        opened.commit(key, opened.read(key), author="王", message="first", source_file=f"{key}.csv")
    return opened


def _recorder(workspace: Workspace) -> Recorder:
    return Recorder.of(workspace.path, Person("u1", "李", Role.PLANNER), Door.WEB)


def _commit(workspace: Workspace, key: str, expected: int) -> int:
    return workspace.commit(
        key, workspace.read(key), author="李", message="m", expected_version=expected
    )


def test_changes_of_an_older_program_are_there(workspace: Workspace) -> None:
    found = audit_of(workspace)
    assert [(row["layers"], row["name"]) for row in found.to_dict("records")] == [
        ({"zones": 0}, "王"),
        ({"parks": 0}, "王"),
    ]
    assert set(found["action"]) == {"change"}
    assert {entry["source"] for entry in found["detail"]} == {"history"}


def test_a_change_that_was_recorded_stands_there_once(workspace: Workspace) -> None:
    with _recorder(workspace).doing(Action.CHANGE, layers={"parks": 0}) as step:
        step.done({"parks": _commit(workspace, "parks", 0)})
    found = audit_of(workspace, Wish(layer="parks"))
    assert [row["layers"] for row in found.to_dict("records")] == [{"parks": 1}, {"parks": 0}]
    assert found["person_id"].tolist() == ["u1", ""]
    assert found["detail"].iloc[0]["state"] == "done"


def _ended_after_commit(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with _recorder(workspace).doing(Action.CHANGE, layers={"parks": 0}):
        _commit(workspace, "parks", 0)
        # Whatever is killed records no end.
        monkeypatch.setattr(Recorder, "_try", lambda *_arguments: None)
        raise SystemExit


def test_a_process_that_ends_between_commit_and_record_hides_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        _ended_after_commit(workspace, monkeypatch)
    monkeypatch.undo()
    found = audit_of(workspace, Wish(layer="parks"))
    told = [(row["person_id"], dict(row["layers"])) for row in found.to_dict("records")]
    # The beginning tells who, the history that it was done.
    assert ("u1", {"parks": 0}) in told
    assert ("", {"parks": 1}) in told


def test_a_change_that_failed_is_told_as_failed(workspace: Workspace) -> None:
    with (
        pytest.raises(ConflictError),
        _recorder(workspace).doing(Action.CHANGE, layers={"parks": 7}),
    ):
        _commit(workspace, "parks", 7)
    row = audit_of(workspace, Wish(layer="parks")).iloc[0]
    assert row["detail"]["state"] == "failed"
    assert row["detail"]["error"] == "ConflictError"


def test_what_an_error_says_is_not_told(workspace: Workspace) -> None:
    """It may hold the address of a database with its password, or a line of the data."""
    secret = "postgis://planner:hunter2@db/atlas"  # noqa: S105 - made up
    with (
        pytest.raises(RuntimeError),
        _recorder(workspace).doing(Action.PUBLISH, layers=("parks",), subject="db/atlas"),
    ):
        raise RuntimeError(secret)
    written = b"".join(path.read_bytes() for path in (workspace.path / "audit").iterdir())
    assert b"RuntimeError" in written
    assert b"hunter2" not in written


def test_versions_before_are_not_taken_for_what_was_made(workspace: Workspace) -> None:
    with _recorder(workspace).doing(Action.IMPORT, layers={"parks": 0}):
        pass
    found = audit_of(workspace, Wish(layer="parks"))
    assert "history" in {entry.get("source") for entry in found["detail"]}


def test_what_is_asked_for_is_what_comes(workspace: Workspace) -> None:
    one = _recorder(workspace)
    other = Recorder.of(workspace.path, Person("U2", "Zhou", Role.VIEWER), Door.LIVE)
    one.exported("AAAA-BBBB-CCCC", {"parks": 0}, "a.gpkg", format="gpkg")
    other.seen("map", {"zones": 0})
    other.live("zones", {"zones": 0})
    assert set(audit_of(workspace, Wish(person="zhou"))["action"]) == {"see", "live"}
    assert set(audit_of(workspace, Wish(person="u2"))["action"]) == {"see", "live"}
    assert audit_of(workspace, Wish(person="zho")).empty
    assert list(audit_of(workspace, Wish(export_id="AAAA-BBBB-CCCC"))["subject"]) == ["a.gpkg"]
    assert audit_of(workspace, Wish(export_id="AAAA-BBBB-CCCD")).empty
    only = audit_of(workspace, Wish(actions=frozenset({Action.LIVE})))
    assert list(only["door"]) == ["live"]
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert audit_of(workspace, Wish(since=tomorrow)).empty
    assert len(audit_of(workspace, Wish(until=tomorrow))) == 5
    few = audit_of(workspace, Wish(most=2))
    assert len(few) == 2
    assert few.attrs["more"]
    assert not audit_of(workspace).attrs["more"]


def test_a_page_that_was_seen_stops_nobody(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    (workspace.path / "audit").write_text("in the way", "ascii")
    _recorder(workspace).seen("map", {"parks": 0})
    assert "see" in caplog.text


def test_imports_of_the_command_line_are_recorded(tmp_path: Path) -> None:
    path = tmp_path / "w"
    run("workspace", "init", "--empty", "-w", path)
    file = write(tmp_path, f"{HEAD}\nA1,甲楼,121.5056,31.2990\n", "绝密\u202e.csv")
    done = run("import", file, "-l", "carriers", "-w", path, "--author", "王\n工")
    assert done.exit_code == 0, done.stderr
    run("import", file, "-l", "carriers", "-w", path, "--dry-run")
    found = read(path, Wish(actions=frozenset({Action.IMPORT}), layer="carriers"))
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["name"], row["subject"], row["layers"]) == ("王\n工", file.name, {"carriers": 0})
    shown = run("audit", "-w", path).stderr
    assert "王\\n工" in shown
    assert "\u202e" not in shown
    told = json.loads(run("audit", "-w", path, "--json").stdout)
    assert not [entry for entry in told if entry["detail"].get("source") == "history"]


def test_restoring_is_recorded_and_the_check_says_that_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "w"
    run("workspace", "init", "-w", path)
    run("workspace", "restore", "parks", 0, "-w", path, "--author", "王")
    row = read(path).iloc[0]
    assert (row["action"], row["layers"], row["detail"]["brought_back"]) == (
        "restore",
        {"parks": 1},
        0,
    )
    assert run("audit", "check", "-w", path).exit_code == 0
    file = next((path / "audit").iterdir())
    file.write_bytes(file.read_bytes().replace(b"batch", b"Batch"))
    done = run("audit", "check", "-w", path, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["grave"] is True
