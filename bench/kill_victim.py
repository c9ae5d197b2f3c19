"""What is killed: a planner who imports, edits and exports, and says what is done.

``python -m bench.kill_victim`` loads the program once and then makes, for every line of its
input, a process that works until it is killed. A victim says each thing in a line of its
own before it begins and when it is done; what it said is done has to be there afterwards.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from layers.audit import Action
from layers.audit import Door
from layers.audit import Event
from layers.audit import journal_of
from layers.catalogue import load_catalogue
from layers.delivery import Options
from layers.delivery import deliver
from layers.editing import EditSession
from layers.editing import SetValues
from layers.editing import base_of
from layers.editing import commit
from layers.editing import rebase
from layers.editing.drafts import FOLDER
from layers.editing.drafts import DraftStore
from layers.export import export_layers
from layers.intake import Choices
from layers.intake import intake
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

CARRIERS, PARKS = "carriers", "parks"
EDITED = "P1"
"""Id of the park whose name is edited; the name is what the victim wrote last."""

_OPERATIONS = 3
_WEST, _SOUTH, _STEP = 121.5, 31.3, 0.0005
_LONGEST_S = 60.0  # a victim whom nobody kills ends by itself


def nursery() -> None:
    """Make a victim for each line ``workspace`` TAB ``desk`` TAB ``seed``, one at a time."""
    _warm()
    print("ready", flush=True)
    for line in sys.stdin:
        workspace, desk, seed = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            work(Path(workspace), Path(desk), int(seed))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


def _warm() -> None:
    """Load what the first import would, but not the storage: its threads outlive no fork."""
    catalogue = load_catalogue()
    with tempfile.TemporaryDirectory(prefix="atlas-kill-") as folder:
        file = Path(folder) / "in.csv"
        file.write_text(f"carrier_id,name,lon,lat\nK0,楼,{_WEST},{_SOUTH}\n", "utf-8")
        read = intake(file, catalogue.layer(CARRIERS), catalogue, Choices())
    assert len(read.accepted) == 1


def work(folder: Path, desk: Path, seed: int) -> None:
    """Import, edit and export until killed.

    Parameters
    ----------
    folder
        The workspace, with a park :data:`EDITED`.
    desk
        Folder for files: those that are imported, those that are exported, and ``said``.
    seed
        Of what is done in which order.
    """
    rng = random.Random(seed)  # noqa: S311 -- not for secrets
    workspace = Workspace.open(folder, load_catalogue())
    said = os.open(desk / "said", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(*words: object) -> None:
        os.write(said, ("\t".join(map(str, words)) + "\n").encode())

    say("ready")
    begun = time.monotonic()
    number = seed * 10_000
    while time.monotonic() - begun < _LONGEST_S:
        number += 1
        doing = rng.choices((_import, _edit, _export), (4, 4, 2))[0]
        doing(workspace, desk, number, say)


def _import(workspace: Workspace, desk: Path, number: int, say: Callable[..., None]) -> None:
    rows = 20 + number % 40
    file = desk / "in.csv"
    places = (f"{_WEST + i * _STEP:.4f},{_SOUTH}" for i in range(rows))
    lines = (f"K{i},楼{i},{number},{place}" for i, place in enumerate(places))
    file.write_text("\n".join(["carrier_id,name,tenants,lon,lat", *lines, ""]), "utf-8")
    event = Event(Action.IMPORT, Door.BATCH, name="k", subject=f"in-{number}")
    journal_of(workspace.path).record(event)
    say("recorded", event.subject)
    say("importing", number)
    options = Options(replace=True)
    done = deliver(workspace, file, CARRIERS, author="k", message=str(number), options=options)
    say("committed", CARRIERS, done.version, rows, number)


def _edit(workspace: Workspace, _desk: Path, number: int, say: Callable[..., None]) -> None:
    """Take up the draft that is there, or begin one; save it after each step, then commit."""
    drafts = DraftStore(workspace.path / FOLDER)
    known, _problems = drafts.list()
    session = known[0].session if known else EditSession.begin(workspace, PARKS)
    name = known[0].draft_id if known else None
    session = _on_the_current(session, workspace)
    base, spec = base_of(session, workspace), workspace.catalogue.layer(PARKS)
    for step in range(_OPERATIONS):
        values = {"name": f"{number}.{step}"}
        session = session.do(SetValues(EDITED, values), base, spec)
        say("saving", name or "-", len(session.done))
        name = drafts.save(session, name)
        say("saved", name, len(session.done))
    say("committing", PARKS, number)
    done = commit(session, workspace, author="k", message=str(number))
    say("committed", PARKS, done.version, 2, f"{number}.{_OPERATIONS - 1}")
    say("discarding", name)
    drafts.discard(str(name))
    say("discarded", name)


def _on_the_current(session: EditSession, workspace: Workspace) -> EditSession:
    """Begin anew where a draft outlived its own commit, as a planner does who is told so."""
    from layers.editing import EditError
    from layers.errors import ConflictError

    try:
        return rebase(session, workspace)
    except (EditError, ConflictError):
        return EditSession.begin(workspace, session.layer)


def _export(workspace: Workspace, desk: Path, number: int, say: Callable[..., None]) -> None:
    spec = workspace.catalogue.layer(PARKS)
    path = desk / "out" / f"{number}.geojson"
    say("exporting", path.name)
    tables = {PARKS: workspace.read(PARKS)}
    export_layers(tables, [spec], workspace.catalogue, fmt="geojson", path=path)
    say("exported", path.name)


if __name__ == "__main__":
    nursery()
