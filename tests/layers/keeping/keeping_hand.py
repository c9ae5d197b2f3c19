"""A workspace with a bit of everything, for the tests of backups and checks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.consolidation.parameters import ConsolidationParameters
from layers.audit import Door
from layers.audit.recording import Recorder
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import EditSession
from layers.editing import SetValues
from layers.editing import base_of
from layers.editing.drafts import FOLDER
from layers.editing.drafts import DraftStore
from layers.intake.profiles import Profile
from layers.intake.profiles import Profiles
from layers.scenarios import store
from layers.scenarios.records import Scenario
from layers.team.people import ALONE
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()


def put(workspace: Workspace, mark: str, rows: int = 3, layer: str = "carriers") -> int:
    """Commit rows whose names are the mark."""
    key = workspace.catalogue.layer(layer).id_field
    table = {key: [f"A{i}" for i in range(rows)], "name": mark}
    checked = conform(pd.DataFrame(table, dtype=object), workspace.catalogue.layer(layer))
    assert checked.rejected.empty
    return workspace.commit(layer, checked.accepted, author="甲", message=mark)


def mark_of(workspace: Workspace, version: int | None = None, layer: str = "carriers") -> str:
    (name,) = set(workspace.read(layer, version)["name"])
    return str(name)


def recorder(workspace: Workspace) -> Recorder:
    return Recorder.of(workspace.path, ALONE, Door.BATCH, name="甲")


def exported(workspace: Workspace, **versions: int) -> None:
    """Record that a file of these versions left."""
    recorder(workspace).exported("0000-0000-0000", versions, "报告.docx")


def draft(workspace: Workspace, layer: str = "carriers", name: str = "稿") -> str:
    session = EditSession.begin(workspace, layer)
    base = base_of(session, workspace)
    spec = workspace.catalogue.layer(layer)
    done = session.do(SetValues("A0", {"name": name}), base, spec)
    return DraftStore(workspace.path / FOLDER).save(done)


def scenario(workspace: Workspace, name: str = "方案一", **versions: int) -> Scenario:
    day = dt.date(2026, 11, 26)
    parameters = ConsolidationParameters(as_of=day, horizon=day)
    wanted = Scenario(name=name, author="甲", parameters=parameters, versions=versions)
    return store.save(workspace, wanted)


def furnished(path: Path, catalogue: Any = CATALOGUE) -> Workspace:
    """Return a workspace with two layers, a draft, a scenario, a profile and an audit."""
    made = Workspace.create(path, catalogue, author="甲")
    for mark in ("一", "二", "三"):
        put(made, mark)
    put(made, "园", 2, "parks")
    draft(made)
    scenario(made, carriers=1)
    (made.path / "basemaps").mkdir()
    (made.path / "basemaps" / "底图.mbtiles").write_bytes(b"\x00" * 5000)
    Profiles(made.path / "profiles", catalogue).save(
        Profile("台账", "carriers", ("编码", "名称"), {"编码": "carrier_id"})
    )
    exported(made, carriers=0)
    return made
