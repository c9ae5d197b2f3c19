"""A full disk and one that cannot be written: small disks that only the tried program sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TRIED = Path(__file__).with_name("bad_disk.py")
LIMIT_S = 400
SCRIPT = 'mount -t tmpfs -o size="$1" tmpfs "$3" && exec "$4" "$5" "$2" "$3" "$6"'


def obstacle() -> str:
    if not sys.platform.startswith("linux"):
        return "mount namespaces are of Linux"
    if os.geteuid() != 0:
        return "a disk of one's own needs root"
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("mount") is None:
        return "util-linux is not installed"
    tried = subprocess.run([unshare, "--mount", "true"], capture_output=True, check=False)  # noqa: S603 -- of the system
    return "" if tried.returncode == 0 else "the kernel refuses a mount namespace"


NEEDS_MOUNT = pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "-")


@cache
def _told(how: str, folder: Path) -> dict[str, Any]:
    """Let everything be tried on a disk of 2 MB; return what was told."""
    disk, desk = folder / "disk", folder / "desk"
    disk.mkdir()
    desk.mkdir()
    command = ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", "2M", how, str(disk)]
    command += [sys.executable, str(TRIED), str(desk)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT_S)  # noqa: S603 -- our own code
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told: dict[str, Any] = json.loads((desk / "told.json").read_text("utf-8"))
    return told


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _told("full", tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def readonly(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _told("readonly", tmp_path_factory.mktemp("readonly"))


ACTIONS = (
    "import",
    "edit",
    "draft",
    "draft again",
    "scenario",
    "profile",
    "export",
    "audit",
    "backup",
    "backup unasked",
    "clear",
)


@NEEDS_MOUNT
@pytest.mark.parametrize("action", ACTIONS)
def test_a_full_disk_is_said_to_be_full(full: dict[str, Any], action: str) -> None:
    told = full["told"][action]
    assert "done" not in told
    assert "磁盘已满" in told["error"] or "磁盘空间不足" in told["error"]
    assert "请" in told["error"]  # what to do
    assert "full" in told["en"] or "too little room" in told["en"]


@NEEDS_MOUNT
@pytest.mark.parametrize("action", ACTIONS)
def test_a_disk_that_cannot_be_written_is_said_to_be(readonly: dict[str, Any], action: str) -> None:
    told = readonly["told"][action]
    assert "done" not in told
    assert "只读" in told["error"]
    assert "请检查" in told["error"]
    assert "read-only" in told["en"]


@NEEDS_MOUNT
@pytest.mark.parametrize("which", ["full", "readonly"])
def test_nothing_is_half_and_reading_goes_on(which: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(which)
    before, after = found["before"], found["after"]
    for part in ("versions", "names", "drafts"):
        assert after[part] == before[part], part
    assert after["flaws"] == after["problems"] == after["hidden"] == []
    assert set(after["beside"]) <= {"w", "fill"}


@NEEDS_MOUNT
@pytest.mark.parametrize("which", ["full", "readonly"])
def test_work_goes_on_when_there_is_room_again(which: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(which)
    assert [name for name, told in found["again"].items() if "error" in told] == []
    end = found["end"]
    assert end["versions"]["carriers"] > found["before"]["versions"]["carriers"]
    assert (end["flaws"], end["problems"], end["hidden"]) == ([], [], [])
    assert end["beside"] == ["b.zip", "out.gpkg", "w"]


@NEEDS_MOUNT
def test_a_commit_lands_whole_or_not_at_all_whatever_room_is_left(full: dict[str, Any]) -> None:
    """From one page to what is needed: the data may fit and the log not."""
    swept = full["swept"]
    assert [s for s in swept if "error" in s]
    assert [s for s in swept if "done" in s]
    for step in swept:
        landed = "done" in step
        assert step["now"] == step["was"] + landed
        assert step["rows"] == (200 if step["now"] > 2 else 3)


@NEEDS_MOUNT
def test_the_app_opens_a_workspace_that_cannot_be_written(readonly: dict[str, Any]) -> None:
    assert readonly["page"] == []
