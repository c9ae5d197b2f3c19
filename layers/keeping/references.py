"""Which old versions something refers to: files that left, scenarios, drafts, results.

A version that is referred to must stay readable: a report says of which version it is, and
whoever doubts it looks there. Whatever cannot be read might refer to anything; then there
is an error, and nothing may be cleared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from layers.audit import Action
from layers.audit.checking import check
from layers.audit.reading import Wish
from layers.audit.reading import read
from layers.batch.commands import COMMANDS
from layers.batch.results import read_results
from layers.city import City
from layers.city import is_city
from layers.editing.drafts import FOLDER as DRAFTS
from layers.editing.drafts import DraftStore
from layers.errors import Text
from layers.errors import UsageError
from layers.jsonfile import read_json
from layers.keeping.refusals import unreadable_records
from layers.scenarios.store import FOLDER as SCENARIOS
from layers.scenarios.store import MAX_BYTES
from layers.snapshots.store import snapshots
from layers.timeline import versions_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.editing.session import EditSession
    from layers.workspace import Workspace

LEAVING = frozenset({Action.EXPORT, Action.FETCH, Action.PUBLISH, Action.RECORD})
"""What the audit calls that which keeps a version: something was made of it and is kept."""

FILE = Text("导出、发布或保存的成果", "an exported, published or saved file")
SCENARIO = Text("方案", "a scenario")
DRAFT = Text("编辑草稿", "a draft of edits")
SNAPSHOT = Text("快照", "a snapshot")
RESULT = Text("批量计算结果", "a result of a batch")
BROUGHT_BACK = Text("恢复的版本", "a version that was brought back")

_ALL = 10**9
_SOURCE = re.compile(r"([a-z][a-z0-9_]*)@(\d+)")

References = dict[str, dict[int, set[Text]]]
"""Why versions are needed, by layer and version."""


def references(workspace: Workspace) -> References:
    """Return which versions of the layers of a workspace something refers to.

    Parameters
    ----------
    workspace
        The workspace; if it is a district of a city, what the city has counts too.

    Raises
    ------
    BackupError
        If records cannot be read, so that it is not known what they refer to.
    WorkspaceError
        If the workspace is damaged.
    """
    found: References = defaultdict(lambda: defaultdict(set))
    unreadable: list[str] = []
    history = workspace.history()
    for folder in _folders(workspace.path):
        _from_audit(folder, found, unreadable)
    _from_scenarios(workspace.path / SCENARIOS, found, unreadable)
    _from_snapshots(workspace.path, found, unreadable)
    _from_drafts(workspace, found, unreadable)
    _from_results(workspace, history, found)
    for source in history["source_file"].dropna():
        if match := _SOURCE.fullmatch(str(source)):
            found[match[1]][int(match[2])].add(BROUGHT_BACK)
    if unreadable:
        raise unreadable_records(workspace.path, unreadable)
    return found


def _folders(path: Path) -> Iterator[Path]:
    """Yield the folder of a workspace and that of the city that it is a district of."""
    yield path
    if is_city(path.parent.parent):
        yield path.parent.parent


def _from_audit(folder: Path, found: References, unreadable: list[str]) -> None:
    unreadable += [finding.file for finding in check(folder) if finding.grave]
    told = read(folder, Wish(actions=LEAVING, most=_ALL))
    for layers in told["layers"]:
        _add(found, layers, FILE)


def _from_scenarios(folder: Path, found: References, unreadable: list[str]) -> None:
    """Read all revisions, those in the bin too: they can be taken out of it."""
    for path in sorted(folder.rglob("scenario.json")):
        hidden = [p for p in path.relative_to(folder).parts if p.startswith(".") and p != ".bin"]
        if hidden:  # what a process that was killed left half made
            continue
        try:
            content = read_json(path, MAX_BYTES)
            _add(found, content.get("versions", {}), SCENARIO)
        except (OSError, ValueError, TypeError, AttributeError):
            unreadable.append(path.relative_to(folder.parent).as_posix())


def _from_snapshots(path: Path, found: References, unreadable: list[str]) -> None:
    kept, problems = snapshots(path)
    unreadable += [problem.text.zh for problem in problems]
    for snapshot in kept:
        _add(found, snapshot.versions, SNAPSHOT)


def _from_drafts(workspace: Workspace, found: References, unreadable: list[str]) -> None:
    """Keep the version that a draft begins with and all later ones.

    Who changed the same features is found by going through them.
    """
    drafts, problems = DraftStore(workspace.path / DRAFTS).list()
    unreadable += [f"{DRAFTS}/{name}" for name in problems]
    for draft in drafts:
        session: EditSession | None = draft.session
        while session is not None:  # and what it was before it was brought onto a newer version
            first, last = max(session.base_version, 0), workspace.version(session.layer)
            for version in range(first, last + 1):
                found[session.layer][version].add(DRAFT)
            session = session.origin


def _from_results(workspace: Workspace, history: pd.DataFrame, found: References) -> None:
    """Keep the versions that were current when the results that are shown were computed."""
    times: set[str] = set()
    for command in COMMANDS:
        results = read_results(workspace, command)
        if results is not None:
            notes = results[1]
            times |= {str(notes[name]) for name in ("time", "written") if notes.get(name)}
    city = workspace.path.parent.parent
    if is_city(city):
        for command in COMMANDS:
            time = City.open(city).notes(command).get("time")
            times |= {str(time)} if time else set()
    for time in times:
        with suppress(UsageError):  # before the workspace had a layer
            _add(found, versions_at(history, time), RESULT)


def _add(found: References, layers: Mapping[str, Any], why: Text) -> None:
    for key, version in layers.items():
        found[str(key)][int(version)].add(why)
