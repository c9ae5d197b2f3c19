"""The last change of a layer, read from its log."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from layers.catalogue import load_catalogue
from layers.changes import last_changes
from layers.edition import load_edition
from layers.frames import empty_frame
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


def test_version_and_time_are_those_of_the_history(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    workspace = Workspace.create(tmp_path / "w", catalogue, author="test")
    tables = load_edition(catalogue).tables
    for key, times in (("parks", 3), ("units", 1)):
        for number in range(times):
            workspace.commit(key, tables[key].iloc[number:], author="a", message=str(number))
    found = last_changes(workspace.path, catalogue.keys)
    assert set(found) == {"parks", "units"}
    for key, change in found.items():
        newest = workspace.history(key).iloc[0]
        assert change.version == newest["version"] == workspace.version(key)
        told = pd.Timestamp(newest["time"]).to_pydatetime()
        assert change.rows == newest["rows"] == len(workspace.read(key))
        assert abs(change.time - told) < dt.timedelta(milliseconds=1)


def test_a_log_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    workspace = Workspace.create(tmp_path / "w", catalogue, author="test")
    for key in ("parks", "units", "zones"):
        workspace.commit(key, empty_frame(catalogue.layer(key)), author="a", message="m")
    (tmp_path / "w" / "parks" / "_delta_log" / f"{1:020}.json").write_text("{", "utf-8")
    (tmp_path / "w" / "units" / "_delta_log" / f"{1:020}.json").write_text('{"add": {}}', "utf-8")
    assert set(last_changes(workspace.path, [*catalogue.keys, "nothing"])) == {"zones"}
