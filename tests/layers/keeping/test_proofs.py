"""Snapshots and evidence are kept: in backups, by vacuum, and they are looked through."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from layers.keeping.backup import back_up
from layers.keeping.references import SNAPSHOT
from layers.keeping.references import references
from layers.keeping.refusals import BackupError
from layers.keeping.restoring import restore_backup
from layers.keeping.vacuum import plan_vacuum
from layers.keeping.vacuum import vacuum
from layers.keeping.verifying import verify
from layers.plan import EVIDENCE_FOLDER
from layers.plan import EvidenceStore
from layers.plan import Hand
from layers.plan import attach
from layers.plan import load_plan
from layers.snapshots import read
from layers.snapshots import take
from layers.snapshots.store import FILE
from layers.snapshots.store import SNAPSHOTS
from layers.workspace import Workspace
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import mark_of
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 27)
LATER = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    for version in range(4):
        put(made, f"第{version}")
    return made


def proven(workspace: Workspace) -> str:
    plan = load_plan(CATALOGUE.folder)
    assert plan is not None
    attach(workspace, plan, "T01", "纪要.pdf", b"%PDF", hand=Hand("甲"), today=TODAY)
    return str(workspace.read("evidence")["sha256"].iloc[0])


def test_vacuum_keeps_what_a_snapshot_pinned(workspace: Workspace) -> None:
    snapshot = take(workspace, "周一", author="甲", day=TODAY)
    pinned = snapshot.versions["carriers"]
    for version in range(4, 9):
        put(workspace, f"第{version}")
    assert SNAPSHOT in references(workspace)["carriers"][pinned]
    vacuum(workspace, plan_vacuum(workspace, now=LATER), author="甲", now=LATER)
    assert mark_of(workspace, pinned) == "第3"
    assert read(workspace.path, 1) == snapshot


def test_vacuum_does_nothing_while_a_snapshot_cannot_be_read(workspace: Workspace) -> None:
    take(workspace, "周一", author="甲", day=TODAY)
    (workspace.path / SNAPSHOTS / "000001" / FILE).write_text("{}", encoding="ascii")
    with pytest.raises(BackupError):
        plan_vacuum(workspace, now=LATER)


def test_a_backup_brings_snapshots_and_evidence_back(workspace: Workspace, tmp_path: Path) -> None:
    sha256 = proven(workspace)
    snapshot = take(workspace, "周一", author="甲", day=TODAY)
    back_up(workspace.path, tmp_path / "b.zip", author="甲")
    restore_backup(tmp_path / "b.zip", tmp_path / "back")
    assert read(tmp_path / "back", 1) == snapshot
    assert EvidenceStore(tmp_path / "back").read(sha256) == b"%PDF"
    assert verify(tmp_path / "back") == ()


def test_verify_tells_of_altered_evidence_and_snapshots(workspace: Workspace) -> None:
    sha256 = proven(workspace)
    take(workspace, "周一", author="甲", day=TODAY)
    assert verify(workspace.path) == ()
    (workspace.path / EVIDENCE_FOLDER / sha256).write_bytes(b"%PDX")
    path = workspace.path / SNAPSHOTS / "000001" / FILE
    path.write_text(path.read_text("ascii").replace('"number": 1', '"number": 2'), "ascii")
    flaws = {flaw.where: flaw.text.zh for flaw in verify(workspace.path)}
    assert "纪要.pdf" in next(text for where, text in flaws.items() if where.startswith("evidence"))
    assert "快照" in flaws[SNAPSHOTS]
