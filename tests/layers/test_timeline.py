from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.startup import open_or_create
from layers.timeline import moments
from layers.timeline import tables_at
from layers.timeline import versions_at

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = pd.DataFrame(
    [
        ("parks", 0, "2026-03-01T08:00:00.000+00:00", "甲", "start"),
        ("carriers", 0, "2026-03-01T08:00:00.000+00:00", "甲", "start"),
        ("carriers", 1, "2026-04-02T23:30:00.000+00:00", "乙", "二季度"),
        ("stations", 0, "2026-05-01T00:00:00.000+00:00", None, None),
    ],
    columns=["layer", "version", "time", "author", "message"],
)


def test_every_layer_has_the_version_it_had_then() -> None:
    at = "2026-04-02T23:29:59+00:00"
    assert versions_at(HISTORY, at) == {"parks": 0, "carriers": 0}
    assert versions_at(HISTORY, "2026-04-02T23:30:00+00:00") == {"parks": 0, "carriers": 1}
    assert versions_at(HISTORY, "2027-01-01")["stations"] == 0


def test_an_offset_counts() -> None:
    shanghai = "2026-04-03T07:29:00+08:00"  # a minute before, on the clock of Shanghai
    assert versions_at(HISTORY, shanghai)["carriers"] == 0


def test_a_day_alone_is_its_end() -> None:
    assert versions_at(HISTORY, "2026-03-02") == {"parks": 0, "carriers": 0}


@pytest.mark.parametrize("time", ["yesterday", "", "2026-13-01"])
def test_what_is_no_time_is_refused_with_an_example(time: str) -> None:
    with pytest.raises(UsageError, match="2026-11-25"):
        versions_at(HISTORY, time)


def test_before_the_first_layer_there_was_nothing() -> None:
    with pytest.raises(UsageError, match="no layer"):
        versions_at(HISTORY, "2025-01-01")


def test_moments_are_the_changes_of_the_layers_that_matter() -> None:
    found = moments(HISTORY, {"parks", "carriers"})
    assert [(m.layers, m.author, m.message) for m in found] == [
        (("carriers",), "乙", "二季度"),
        (("carriers", "parks"), "甲", "start"),
    ]
    assert moments(HISTORY, {"stations"})[0].author == ""
    assert moments(HISTORY, set()) == []


def test_an_old_state_of_a_workspace_is_read_back(tmp_path: Path) -> None:
    workspace, _issues = open_or_create(tmp_path / "w", load_catalogue(), author="test")
    before = workspace.history()["time"].max()
    carriers = workspace.read("carriers")
    workspace.commit("carriers", carriers.iloc[:-3], author="test", message="three gone")
    assert len(tables_at(workspace, before)["carriers"]) == len(carriers)
    assert len(tables_at(workspace, "2999-01-01")["carriers"]) == len(carriers) - 3
