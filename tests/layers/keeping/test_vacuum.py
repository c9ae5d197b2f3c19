from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from layers.cleared import record_cleared
from layers.editing.drafts import FOLDER
from layers.editing.drafts import DraftStore
from layers.errors import WorkspaceError
from layers.keeping import vacuum as vacuum_module
from layers.keeping.backup import back_up
from layers.keeping.leftovers import leftovers
from layers.keeping.log import read_log
from layers.keeping.refusals import BackupError
from layers.keeping.restoring import restore_backup
from layers.keeping.vacuum import VacuumPlan
from layers.keeping.vacuum import plan_vacuum
from layers.keeping.vacuum import vacuum
from layers.keeping.verifying import verify
from layers.scenarios import store
from layers.workspace import Workspace
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import draft
from tests.layers.keeping.keeping_hand import exported
from tests.layers.keeping.keeping_hand import mark_of
from tests.layers.keeping.keeping_hand import put
from tests.layers.keeping.keeping_hand import recorder
from tests.layers.keeping.keeping_hand import scenario

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = 8
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    for version in range(VERSIONS):
        put(made, f"第{version}")
    return made


def plan(workspace: Workspace, **options: object) -> VacuumPlan:
    return plan_vacuum(workspace, **{"now": LATER, **options})  # type: ignore[arg-type]


def clear(workspace: Workspace, **options: object) -> VacuumPlan:
    return vacuum(workspace, plan(workspace, **options), author="甲", now=LATER)


def readable(workspace: Workspace) -> list[int]:
    found = []
    for version in range(workspace.version("carriers") + 1):
        try:
            mark = mark_of(workspace, version)
        except WorkspaceError:
            continue
        if version < VERSIONS or mark == f"第{version}":
            assert mark == f"第{version}"
            found.append(version)
    return found


def test_old_versions_go_and_the_last_two_stay(workspace: Workspace) -> None:
    size = {p.name: p.stat().st_size for p in (workspace.path / "carriers").glob("*.parquet")}
    wanted = plan(workspace)
    assert wanted.versions == {"carriers": [0, 1, 2, 3, 4, 5]}
    assert readable(workspace) == list(range(VERSIONS))
    done = vacuum(workspace, wanted, author="甲", now=LATER)
    assert done.versions == wanted.versions
    left = {p.name for p in (workspace.path / "carriers").glob("*.parquet")}
    assert done.size == sum(bytes_ for name, bytes_ in size.items() if name not in left)
    assert len(left) == 2
    assert readable(workspace) == [6, 7]
    assert verify(workspace.path) == ()
    assert plan(workspace).is_empty


def test_the_table_has_no_version_of_the_vacuum_itself(workspace: Workspace) -> None:
    clear(workspace)
    assert workspace.version("carriers") == VERSIONS - 1
    assert put(workspace, f"第{VERSIONS}") == VERSIONS
    assert DeltaTable(workspace.path / "carriers").version() == VERSIONS


def test_why_not_the_vacuum_of_deltalake(workspace: Workspace) -> None:
    """It keeps what it is told to, but makes two versions, which nobody committed."""
    table = DeltaTable(workspace.path / "carriers")
    options = {"retention_hours": 0, "enforce_retention_duration": False}
    table.vacuum(**options, dry_run=False, keep_versions=[1, 4])  # type: ignore[arg-type]
    assert readable(workspace) == [1, 4, 7]
    assert workspace.version("carriers") == VERSIONS + 1
    assert set(workspace.history("carriers")["operation"][:2]) == {"VACUUM START", "VACUUM END"}


def test_history_lists_what_is_gone_and_reading_it_says_so(workspace: Workspace) -> None:
    clear(workspace)
    history = workspace.history("carriers").set_index("version")
    assert history.index.tolist() == list(range(VERSIONS))[::-1]
    assert (history["cleared"] != "").tolist() == [False, False, *[True] * 6]
    assert history["message"].tolist() == [f"第{v}" for v in range(VERSIONS)][::-1]
    day = LATER.date().isoformat()
    for act in (
        lambda: workspace.read("carriers", 0),
        lambda: workspace.rows("carriers", 0),
        lambda: workspace.diff("carriers", 0, 7),
        lambda: workspace.restore("carriers", 0, author="甲", message=""),
    ):
        with pytest.raises(WorkspaceError, match=f"已于 {day} 清理.*备份"):
            act()
    assert workspace.version("carriers") == VERSIONS - 1


def test_young_versions_stay(workspace: Workspace) -> None:
    assert plan(workspace, now=dt.datetime.now(dt.UTC)).is_empty
    assert plan(workspace, keep_days=401).is_empty
    assert plan(workspace, keep_days=399).versions["carriers"] == [0, 1, 2, 3, 4, 5]


def test_a_version_is_as_old_as_what_took_its_place(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of last year that was current until today is not old today."""
    log = read_log(workspace.path / "carriers")
    year = 365 * 86_400_000
    commits = [
        type(c)(c.version, c.time - year if c.version < 4 else c.time, c.details, c.files)
        for c in log.commits
    ]
    aged = type(log)(log.folder, tuple(commits), ())
    monkeypatch.setattr(vacuum_module, "read_log", lambda _folder: aged)
    now = dt.datetime.now(dt.UTC)
    assert plan(workspace, keep_days=30, now=now).versions == {"carriers": [0, 1, 2]}


def test_a_clock_that_was_set_back_makes_nothing_old(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = read_log(workspace.path / "carriers")
    commits = [
        type(c)(c.version, 0 if c.version > 4 else c.time, c.details, c.files) for c in log.commits
    ]
    turned = type(log)(log.folder, tuple(commits), ())
    monkeypatch.setattr(vacuum_module, "read_log", lambda _folder: turned)
    assert plan(workspace, keep_days=30, now=dt.datetime.now(dt.UTC)).is_empty


def _fetched(workspace: Workspace) -> None:
    recorder(workspace).fetched("图.pdf", layers={"carriers": 3})


def _published(workspace: Workspace) -> None:
    from layers.audit import Action

    with recorder(workspace).doing(Action.PUBLISH, layers={"carriers": 3}):
        pass


def _binned(workspace: Workspace) -> None:
    """A former revision of a scenario that is in the bin by now."""
    first = scenario(workspace, carriers=3)
    store.save(workspace, replace(first, versions={"carriers": 7}))
    store.remove(workspace, first.name)


@pytest.mark.parametrize(
    "refer",
    [
        lambda workspace: exported(workspace, carriers=3),
        lambda workspace: recorder(workspace).saved("register", "登记", {"carriers": 3}),
        _fetched,
        _published,
        lambda workspace: scenario(workspace, carriers=3),
        _binned,
    ],
)
def test_a_version_that_something_refers_to_stays(
    workspace: Workspace, refer: Callable[[Workspace], object]
) -> None:
    refer(workspace)
    assert clear(workspace).versions == {"carriers": [0, 1, 2, 4, 5]}
    assert readable(workspace) == [3, 6, 7]
    assert verify(workspace.path) == ()


def test_who_only_looked_or_imported_keeps_nothing(workspace: Workspace) -> None:
    recorder(workspace).seen("地图", {"carriers": 2})
    from layers.audit import Action

    with recorder(workspace).doing(Action.IMPORT, layers={"carriers": 3}) as step:
        step.done({"carriers": 4})
    assert clear(workspace).versions == {"carriers": [0, 1, 2, 3, 4, 5]}


def test_a_draft_keeps_its_base_and_all_that_came_after(workspace: Workspace) -> None:
    """Who changed the same features is found by going through them."""
    draft(workspace)  # on version 7
    for version in range(8, 12):
        put(workspace, f"第{version}")
    assert clear(workspace).versions == {"carriers": [0, 1, 2, 3, 4, 5, 6]}
    (only,) = DraftStore(workspace.path / FOLDER).list()[0]
    assert only.session.base_version == 7
    assert readable(workspace) == [7, 8, 9, 10, 11]


def test_a_version_that_was_brought_back_stays(workspace: Workspace) -> None:
    assert workspace.restore("carriers", 2, author="甲", message="退回") == 8
    put(workspace, "第9")
    put(workspace, "第10")
    assert clear(workspace).versions == {"carriers": [0, 1, 3, 4, 5, 6, 7, 8]}
    assert mark_of(workspace, 2) == "第2"


def test_versions_from_before_the_audit_go_only_if_that_is_said(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = read_log(workspace.path / "carriers")
    commits = [
        type(c)(c.version, c.time, {} if c.version < 3 else c.details, c.files) for c in log.commits
    ]
    older = type(log)(log.folder, tuple(commits), ())
    monkeypatch.setattr(vacuum_module, "read_log", lambda _folder: older)
    assert plan(workspace).versions == {"carriers": [3, 4, 5]}
    assert plan(workspace).clearances[0].kept == (0, 1, 2)
    assert plan(workspace, before_audit=True).versions == {"carriers": [0, 1, 2, 3, 4, 5]}


@pytest.mark.parametrize(
    "name", ["drafts/" + "a" * 32 + ".json", "scenarios/x/1/scenario.json", "audit"]
)
def test_nothing_is_cleared_where_a_record_cannot_be_read(workspace: Workspace, name: str) -> None:
    exported(workspace, carriers=3)
    if name == "audit":
        (path,) = (workspace.path / "audit").iterdir()
        exported(workspace, carriers=4)
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(lines[0].replace(b"3", b"1") + b"".join(lines[1:]))
    else:
        (workspace.path / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace.path / name).write_bytes(b"{")
    with pytest.raises(BackupError, match="verify"):
        plan(workspace)
    assert readable(workspace) == list(range(VERSIONS))


def test_what_comes_to_be_referred_to_after_the_plan_stays(workspace: Workspace) -> None:
    wanted = plan(workspace)
    exported(workspace, carriers=3)
    done = vacuum(workspace, wanted, author="甲", now=LATER)
    assert done.versions == {"carriers": [0, 1, 2, 4, 5]}
    assert readable(workspace) == [3, 6, 7]
    history = workspace.history("carriers").set_index("version")
    assert history.loc[3, "cleared"] == ""


def test_a_vacuum_that_was_killed_is_finished_by_the_next(workspace: Workspace) -> None:
    """Only written down, no file removed yet."""
    record_cleared(workspace.path / "carriers", [0, 1], "2026-11-26T00:00:00+00:00", "甲")
    with pytest.raises(WorkspaceError, match="2026-11-26 清理"):
        workspace.read("carriers", 1)
    assert verify(workspace.path) == ()
    done = clear(workspace, keep_days=10_000)
    assert (done.versions, len(done.clearances[0].files)) == ({}, 2)
    assert readable(workspace) == [2, 3, 4, 5, 6, 7]


def test_a_backup_from_before_has_what_was_cleared(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="甲")
    clear(workspace)
    back_up(workspace.path, tmp_path / "after.zip", author="甲")
    restore_backup(tmp_path / "b.zip", tmp_path / "before")
    restore_backup(tmp_path / "after.zip", tmp_path / "after")
    assert readable(Workspace.open(tmp_path / "before", CATALOGUE)) == list(range(VERSIONS))
    after = Workspace.open(tmp_path / "after", CATALOGUE)
    assert readable(after) == [6, 7]
    with pytest.raises(WorkspaceError, match="清理"):
        after.read("carriers", 0)


def test_what_was_left_behind_goes_when_it_is_a_day_old(workspace: Workspace) -> None:
    made = [
        workspace.path / "carriers" / "part-0.snappy.parquet",
        workspace.path / "carriers" / "_delta_log" / "_commit_1.json.tmp",
        workspace.path / f".workspace.json-{'a' * 32}",
        workspace.path / "scenarios" / f".{'b' * 32}" / "scenario.json",
        workspace.path / ".atlas-ab_d1234" / "x.zip",
        workspace.path.parent / f".w-{'c' * 32}" / "workspace.json",
    ]
    kept = [workspace.path / ".gitignore", workspace.path.parent / ".w-other"]
    for path in [*made, *kept]:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"half")
    assert len(leftovers(workspace.path)) == len(made)
    assert plan(workspace, now=dt.datetime.now(dt.UTC)).leftovers == ()
    day = time.time() - 86_401
    os.utime(made[0], (day, day))
    (old,) = plan(workspace, now=dt.datetime.now(dt.UTC)).leftovers
    assert (old.path, old.size) == (made[0], 4)
    clear(workspace)
    assert not [path for path in made if path.exists()]
    assert all(path.exists() for path in kept)
    assert (workspace.path / "scenarios").is_dir()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import pandas as pd
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.workspace import Workspace
catalogue = load_catalogue()
workspace = Workspace.open(Path(sys.argv[1]), catalogue)
for number in range(8, 2000):
    frame = pd.DataFrame({"carrier_id": ["A0", "A1"], "name": f"第{number}"}, dtype=object)
    rows = conform(frame, catalogue.layer("carriers")).accepted
    print(workspace.commit("carriers", rows, author="k", message=str(number)), flush=True)
"""


def test_clearing_beside_a_writer_loses_no_commit(workspace: Workspace) -> None:
    command = [sys.executable, "-c", WRITER, str(workspace.path), str(ROOT)]
    written, cleared = 0, set[int]()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603 -- our own code
        try:
            assert writer.stdout is not None
            for _round in range(12):
                for _line in range(5):
                    written = int(writer.stdout.readline())
                # Everything that may go goes, a moment after it was written.
                now = dt.datetime.now(dt.UTC)
                wanted = plan_vacuum(workspace, keep_days=0, now=now)
                done = vacuum(workspace, wanted, author="甲", now=now)
                cleared |= set(done.versions.get("carriers", []))
        finally:
            writer.kill()
            rest = [] if writer.stdout is None else writer.stdout.read().split()
    written = max([written, *map(int, rest)])
    assert workspace.version("carriers") >= written
    assert len(cleared) > 20
    there = set(readable(workspace))
    assert there == set(range(workspace.version("carriers") + 1)) - cleared
    assert [flaw for flaw in verify(workspace.path) if flaw.grave] == []
