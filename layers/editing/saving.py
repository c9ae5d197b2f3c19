"""A session saved as one new version of its layer, or brought onto a newer one."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from layers.contract import conform
from layers.differences import differences
from layers.editing.refusals import EditConflictError
from layers.editing.refusals import ForeignChange
from layers.editing.refusals import found
from layers.editing.refusals import nobody
from layers.editing.refusals import nothing_to_save
from layers.editing.refusals import other_workspace
from layers.editing.refusals import saved_already
from layers.editing.tables import frame_of
from layers.editing.tables import take_rows
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.findings import finding
from layers.findings import shorten
from layers.frames import empty_frame
from layers.issues import Issue
from layers.refusals import conflict
from layers.values import clean_text
from layers.workspace import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator

    import pandas as pd

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.editing.notes import Note
    from layers.editing.session import EditSession
    from layers.editing.session import Replay
    from layers.editing.tables import Frame
    from layers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What was saved.

    Attributes
    ----------
    version
        The new version of the layer.
    added, changed, removed
        Ids of the features.
    notes
        What the edits did besides what was asked.
    issues
        Warnings about the saved rows, and references of other layers to
        features that are no more.
    """

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    notes: tuple[Note, ...]
    issues: tuple[Issue, ...]


def base_of(session: EditSession, workspace: Workspace) -> Frame:
    """Return the version of the layer that a session edits.

    Raises
    ------
    EditError
        If the session was begun in another workspace.
    WorkspaceError
        If that version cannot be read.
    """
    if session.workspace != workspace.identity:
        raise other_workspace(session.layer)
    return _at(workspace, session.layer, session.base_version)


def commit(
    session: EditSession, workspace: Workspace, *, author: str, message: str
) -> CommitResult:
    """Save a session as one new version of its layer.

    The rows that were edited are checked against the contract of the layer. In
    the history the version has no source file: it comes from no file.

    Parameters
    ----------
    session
        The edits.
    workspace
        Where the session was begun.
    author, message
        Who, and why; neither may be empty.

    Raises
    ------
    EditError
        If author or message is empty, nothing would change, an edited row
        breaks the contract, or the workspace is another one.
    ConflictError
        If the layer has another version by now; see :func:`rebase`.
    WorkspaceError
        If nothing can be read or written.
    """
    author, message = clean_text(author).strip(), clean_text(message).strip()
    if not author or not message:
        raise nobody(session.layer)
    spec = workspace.catalogue.layer(session.layer)
    base = base_of(session, workspace)
    current = workspace.version(session.layer)
    if current != session.base_version:
        raise conflict(session.layer, f"{session.base_version} → {current}")
    replay = session.replay(base, spec)
    changes = differences(replay.before, replay.after, spec)
    if changes.empty:
        raise nothing_to_save(session.layer)
    warnings = _checked(replay, changes, spec, workspace)
    issues = (*warnings, *left_dangling(session, workspace, replay))
    version = workspace.commit(
        session.layer,
        replay.frame,
        author=author,
        message=message,
        expected_version=session.base_version,
    )
    added, changed, removed = (
        tuple(dict.fromkeys(changes.loc[changes["change"].eq(kind), "id"]))
        for kind in ("added", "changed", "removed")
    )
    return CommitResult(version, added, changed, removed, replay.notes, issues)


def rebase(session: EditSession, workspace: Workspace) -> EditSession:
    """Bring a session onto the current version of its layer.

    That is done only if nobody changed, added or removed a feature that the
    session names: what others did to other features is kept. Operations that
    were undone are forgotten.

    Raises
    ------
    EditConflictError
        If somebody did; the error lists the features and who, when and why.
    EditError
        If the session was begun in another workspace, or its edits are in the
        current version already.
    WorkspaceError
        If the versions in question cannot be read.
    """
    spec = workspace.catalogue.layer(session.layer)
    base = base_of(session, workspace)
    current = workspace.version(session.layer)
    if current == session.base_version:
        return session
    frame = _at(workspace, session.layer, current)
    theirs = _rows(frame, session.changed_ids, spec)
    foreign = differences(_rows(base, session.changed_ids, spec), theirs, spec)
    if len(foreign):
        # A draft that outlived its own commit is no conflict of its author with himself.
        if differences(session.replay(base, spec).after, theirs, spec).empty:
            raise saved_already(session.layer, current)
        raise EditConflictError(session.layer, _blame(session, workspace, foreign, current))
    moved = replace(session, base_version=current, undone=())
    moved.replay(frame, spec)
    return moved


def foreign_changes(session: EditSession, workspace: Workspace) -> tuple[ForeignChange, ...]:
    """Return who changed the features of a session since it was begun, and how.

    Raises
    ------
    WorkspaceError
        If the versions in question cannot be read.
    """
    spec = workspace.catalogue.layer(session.layer)
    base, current = base_of(session, workspace), workspace.version(session.layer)
    theirs = _rows(_at(workspace, session.layer, current), session.changed_ids, spec)
    foreign = differences(_rows(base, session.changed_ids, spec), theirs, spec)
    return tuple(_blame(session, workspace, foreign, current)) if len(foreign) else ()


def left_dangling(
    session: EditSession, workspace: Workspace, replay: Replay | None = None
) -> tuple[Issue, ...]:
    """Return which other layers refer to features that the session removes.

    Parameters
    ----------
    session, workspace
        The edits, and where they were begun.
    replay
        The session replayed on its base, if that was done already.

    Returns
    -------
    tuple of Issue
        One warning a field and value. Layers that cannot be read are passed over.
    """
    spec = workspace.catalogue.layer(session.layer)
    if replay is None:
        replay = session.replay(base_of(session, workspace), spec)
    issues = []
    for layer, field, target in _references_to(spec, workspace):
        gone = set(replay.before[target].dropna()) - set(replay.after[target].dropna())
        rows = _readable(workspace, layer) if gone else None
        if rows is not None:
            counts = rows.loc[rows[field.name].isin(gone), field.name].value_counts()
            issues += [
                _dangling(layer, field, str(value), int(count), spec)
                for value, count in sorted(counts.items())
            ]
    return tuple(issues)


def _at(workspace: Workspace, key: str, version: int) -> Frame:
    if version == ABSENT:
        return empty_frame(workspace.catalogue.layer(key))
    return workspace.read(key, version)


def _rows(frame: Frame, ids: Iterable[str], spec: LayerSpec) -> Frame:
    return frame_of(take_rows(frame, ids, spec), spec)


def _checked(
    replay: Replay, changes: pd.DataFrame, spec: LayerSpec, workspace: Workspace
) -> list[Issue]:
    """Refuse edited rows that break the contract; return the warnings about the others."""
    rows = replay.after[replay.after[spec.id_field].isin(changes["id"])]
    checked = conform(rows, spec)
    errors = [i for i in checked.issues if i.severity == "error"]
    if errors:
        ids = rows[spec.id_field].tolist()
        first = errors[0].row
        raise found(ids[first - 1], [i for i in errors if i.row == first])
    _check_references(replay, spec, workspace)
    return [i for i in checked.issues if i.severity == "warning"]


def _check_references(replay: Replay, spec: LayerSpec, workspace: Workspace) -> None:
    """Refuse references that the session wrote to records that are not there.

    A reference that was broken before does not keep its row from being edited.
    """
    for field in spec.fields:
        if field.references is None:
            continue
        target, name = field.references
        written = set(replay.after[field.name].dropna()) - set(replay.before[field.name].dropna())
        there = _readable(workspace, target) if written else None
        if there is None or there.empty:
            continue
        broken = replay.after[field.name].isin(written - set(there[name].dropna()))
        if broken.any():
            row = replay.after[broken].iloc[0]
            titles = {"title_zh": field.title.zh, "title_en": field.title.en}
            places = {
                "value": row[field.name],
                "target": target,
                "target_field": name,
                **titles,
            }
            issue = finding("unknown_reference", layer=spec.key, field=field.name, **places)
            raise found(row[spec.id_field], [issue])


def _references_to(spec: LayerSpec, workspace: Workspace) -> Iterator[tuple[str, FieldSpec, str]]:
    for other in workspace.catalogue.layers:
        for field in other.fields:
            if other.key != spec.key and field.references and field.references[0] == spec.key:
                yield other.key, field, field.references[1]


def _readable(workspace: Workspace, key: str) -> Frame | None:
    try:
        return workspace.read(key)
    except WorkspaceError:
        return None


def _dangling(layer: str, field: FieldSpec, value: str, count: int, spec: LayerSpec) -> Issue:
    shown = shorten(value)
    return Issue(
        file="",
        layer=layer,
        row=0,
        field=field.name,
        value=shown,
        code="dangling_reference",
        severity="warning",
        message=Text(
            f"图层“{layer}”有 {count} 行引用“{shown}”，而它已不在图层“{spec.key}”之中",
            f"{count} rows of layer '{layer}' refer to '{shown}', which is not in layer"
            f" '{spec.key}' any more",
        ),
        remedy=Text("请更正这些行的编码", "correct the code in these rows"),
    )


def _blame(
    session: EditSession, workspace: Workspace, foreign: pd.DataFrame, current: int
) -> list[ForeignChange]:
    """Return who changed the features last, walking back from the current version."""
    spec = workspace.catalogue.layer(session.layer)
    change = dict(zip(foreign["id"], foreign["change"], strict=True))
    history = workspace.history(session.layer).set_index("version")
    blamed: dict[str, ForeignChange] = {}
    now = _rows(_at(workspace, session.layer, current), change, spec)
    for version in range(current, session.base_version, -1):
        older = _rows(_at(workspace, session.layer, version - 1), change, spec)
        entry = history.loc[version]
        for key in differences(older, now, spec)["id"].unique():
            who = (str(entry["time"]), str(entry["author"]), str(entry["message"]))
            blamed.setdefault(key, ForeignChange(key, change[key], version, *who))
        if len(blamed) == len(change):
            break
    return [blamed[key] for key in change]
