"""A clock that jumps: versions give the order, whatever the times say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from layers.commits import HISTORY_COLUMNS
from layers.commits import history_frame
from layers.keeping.log import read_log
from layers.keeping.verifying import verify
from layers.workspace import Workspace
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import draft
from tests.layers.keeping.keeping_hand import exported
from tests.layers.keeping.keeping_hand import mark_of
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from pathlib import Path

YEAR_MS = 365 * 86_400_000


def turned(workspace: Workspace, version: int, by_ms: int) -> None:
    """Let a version have been written by a clock that was wrong."""
    path = workspace.path / "carriers" / "_delta_log" / f"{version:020}.json"
    lines = path.read_text("utf-8").splitlines()
    actions = [json.loads(line) for line in lines]
    for action in actions:
        if "commitInfo" in action:
            action["commitInfo"]["timestamp"] += by_ms
    path.write_text("\n".join(json.dumps(action) for action in actions) + "\n", "utf-8")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    for version in range(5):
        put(made, f"第{version}")
    return made


@pytest.mark.parametrize("by_years", [-30, -1, 1, 30])
def test_the_order_of_the_history_is_that_of_the_versions(
    workspace: Workspace, by_years: int
) -> None:
    turned(workspace, 2, by_years * YEAR_MS)
    history = workspace.history("carriers")
    assert history["version"].tolist() == [4, 3, 2, 1, 0]
    assert history["message"].tolist() == [f"第{v}" for v in (4, 3, 2, 1, 0)]
    time = history.set_index("version")["time"]
    # The time itself is told as it was.
    assert (time[2] > time[4]) == (by_years > 0)


def test_work_goes_on_with_a_clock_that_was_set_back(workspace: Workspace) -> None:
    turned(workspace, 4, 10 * YEAR_MS)  # and then the clock is put right
    assert put(workspace, "第5") == 5
    name = draft(workspace)
    exported(workspace, carriers=5)
    assert [mark_of(workspace, v) for v in range(6)] == [f"第{v}" for v in range(6)]
    assert workspace.restore("carriers", 1, author="甲", message="退回") == 6
    assert mark_of(workspace) == "第1"
    assert len(name) == 32
    assert verify(workspace.path) == ()
    assert [c.version for c in read_log(workspace.path / "carriers").commits] == list(range(7))


def test_layers_are_in_order_of_time_and_each_in_that_of_its_versions() -> None:
    rows = [
        dict.fromkeys(HISTORY_COLUMNS, "") | {"layer": layer, "version": version, "time": time}
        for layer, version, time in (
            ("a", 0, "2026-01-01T00:00:00.000+00:00"),
            ("a", 1, "2020-01-01T00:00:00.000+00:00"),
            ("a", 2, "2026-03-01T00:00:00.000+00:00"),
            ("b", 0, "2026-02-01T00:00:00.000+00:00"),
        )
    ]
    found = history_frame(rows)
    assert list(zip(found["layer"], found["version"], strict=True)) == [
        ("a", 2),
        ("b", 0),
        ("a", 1),
        ("a", 0),
    ]
    assert history_frame([]).empty
