"""The audit of a workspace with its own history: no committed change is missing in it.

A version may stand in the history of its layer without a record: an older program made
it, or the process ended between the commit and the record of it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

from layers.audit.events import Action
from layers.audit.events import Door
from layers.audit.events import Event
from layers.audit.reading import BEGUN
from layers.audit.reading import DONE
from layers.audit.reading import FAILED
from layers.audit.reading import MADE
from layers.audit.reading import STATE
from layers.audit.reading import Wish
from layers.audit.reading import as_frame
from layers.audit.reading import read
from layers.audit.reading import row_of_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from layers.workspace import Workspace

SOURCE, HISTORY = "source", "history"
"""What ``detail`` says of a change that the journal does not know."""

_WRITING = frozenset({Action.IMPORT, Action.CHANGE, Action.RESTORE})
_EVERY = 10**9
_ALL = Wish()


def audit_of(workspace: Workspace, wish: Wish = _ALL) -> pd.DataFrame:
    """Return what the journal of a workspace tells, and the versions that it does not know.

    Parameters
    ----------
    workspace
        The workspace.
    wish
        Which records.

    Returns
    -------
    DataFrame
        As :func:`layers.audit.reading.read`; a version that only the history of its layer
        knows is a change with ``detail["source"] == "history"``.

    Raises
    ------
    WorkspaceError
        If a file of the journal, or a layer, cannot be read.
    """
    told = read(workspace.path, wish)
    known = recorded_versions(workspace.path)
    more = [
        row
        for row in _history(workspace)
        if (*row["layers"].items(),)[0] not in known and wish.takes(row)
    ]
    rows: list[dict[str, Any]] = [*_records(told), *more]
    rows.sort(key=lambda row: row["time"], reverse=True)
    cut = bool(told.attrs["more"]) or len(rows) > wish.most
    return as_frame(rows[: wish.most], more=cut)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def recorded_versions(folder: Path) -> set[tuple[str, int]]:
    """Return the versions of layers that the journal of a workspace says somebody made.

    Parameters
    ----------
    folder
        The workspace.

    Returns
    -------
    set
        ``(key of the layer, version)``.

    Raises
    ------
    WorkspaceError
        If a file of the journal cannot be read.
    """
    records = read(folder, Wish(actions=_WRITING, most=_EVERY))
    return {
        version
        for layers, detail in zip(records["layers"], records["detail"], strict=True)
        if detail.get(STATE) == DONE and isinstance(detail.get(MADE), list)
        for version in layers.items()
        if version[0] in detail[MADE]
    }


def open_steps(folder: Path) -> list[tuple[dt.datetime, frozenset[str]]]:
    """Return when changes were begun whose end the journal does not know, or that failed.

    Each may have written a version: the process can end between the commit and its record.

    Parameters
    ----------
    folder
        The workspace.

    Returns
    -------
    list of tuple
        Time in UTC and the keys of the layers, the newest first.

    Raises
    ------
    WorkspaceError
        If a file of the journal cannot be read.
    """
    records = read(folder, Wish(actions=_WRITING, most=_EVERY))
    found = []
    for time, layers, detail in zip(
        records["time"], records["layers"], records["detail"], strict=True
    ):
        if detail.get(STATE) in {BEGUN, FAILED}:
            named = detail.get("layers")
            keys = frozenset([*layers, *(named if isinstance(named, list) else ())])
            found.append((time.to_pydatetime(), keys))
    return found


def _history(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for entry in workspace.history().to_dict("records"):
        event = Event(
            Action.CHANGE,
            Door.BATCH,
            name=str(entry["author"] or ""),
            layers={str(entry["layer"]): int(entry["version"])},
            subject=str(entry["source_file"] or ""),
            detail={SOURCE: HISTORY, "message": str(entry["message"] or "")},
        )
        time = dt.datetime.fromisoformat(str(entry["time"]))
        # Through which door it was done nobody knows.
        yield row_of_event(event, time, door="")
