"""A file delivered into a workspace: read, checked, compared, and committed as a new version.

The steps can be taken one by one, so that a planner sees what would change before
anything is written: :func:`snapshot`, :func:`layers.intake.intake`, :func:`prepare`,
:func:`commit_prepared`, and :func:`undo` afterwards. :func:`deliver` takes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.contract import check_references
from layers.delivery_notes import grouped_references
from layers.delivery_notes import not_delivered
from layers.delivery_notes import nothing_to_write
from layers.delivery_notes import unreadable_layer
from layers.delivery_notes import written_since
from layers.differences import delivery_diff
from layers.differences import differences
from layers.frames import empty_frame
from layers.intake import NO_CHOICES
from layers.intake import intake
from layers.intake import read_raw
from layers.inventory import readable
from layers.marks import is_sample
from layers.merging import merge
from layers.merging import take_part
from layers.originals import keep_originals
from layers.workspace import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Collection
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import LayerSpec
    from layers.errors import Text
    from layers.errors import WorkspaceError
    from layers.intake import Choices
    from layers.intake import IntakeResult
    from layers.intake import Raw
    from layers.intake import Request
    from layers.issues import Issue
    from layers.workspace import Workspace

__all__ = [
    "Committed",
    "Delivery",
    "Options",
    "Prepared",
    "Snapshot",
    "commit_prepared",
    "deliver",
    "merge",
    "prepare",
    "snapshot",
    "undo",
]


@dataclass(frozen=True, slots=True)
class Options:
    """What a delivered file does not say itself.

    Attributes
    ----------
    choices
        Decisions about the file, see :class:`layers.intake.Choices`.
    replace
        The file is the whole layer; rows that it does not contain are removed.
        Otherwise the file updates the layer, and nothing is removed.
    dry_run
        Read, check and compare only.
    """

    choices: Choices = NO_CHOICES
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workspace at one moment.

    Attributes
    ----------
    versions
        Version of every layer that was written, by key.
    tables
        Rows of every layer that could be read, by key.
    problems
        What is wrong with the others, by key.
    """

    versions: Mapping[str, int]
    tables: Mapping[str, pd.DataFrame]
    problems: Mapping[str, WorkspaceError]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery before anything is written.

    Attributes
    ----------
    layer, spec
        The layer it is for.
    result
        Accepted and rejected rows.
    old, new
        The layer before, and with all that the file brings.
    diff
        What becomes of every row, see :func:`layers.differences.delivery_diff`.
    changes
        Rows added, changed and removed by id, rows kept that the file does not
        contain, and how many of those are sample data.
    consequences
        What the whole delivery means for other layers, and layers that could not
        be read. A part of it has no more consequences than the whole.
    base_version
        The version that `old` is; -1 if the layer was never written.
    """

    layer: str
    spec: LayerSpec
    result: IntakeResult
    old: pd.DataFrame
    new: pd.DataFrame
    diff: pd.DataFrame
    changes: Mapping[str, int]
    consequences: tuple[Issue, ...]
    base_version: int

    @property
    def changed_ids(self) -> tuple[str, ...]:
        """Ids of the rows with which something would happen, in order."""
        return tuple(self.diff.loc[self.diff["kind"].ne("unchanged"), "id"])

    def values(self, ids: Collection[str]) -> pd.DataFrame:
        """Return old and new values of some rows, see :func:`layers.differences.differences`."""
        name = self.spec.id_field
        old, new = (frame[frame[name].isin(list(ids))] for frame in (self.old, self.new))
        return differences(old, new, self.spec)

    def frame(self, only: Collection[str] | None = None) -> pd.DataFrame:
        """Return the layer as it would be written.

        Parameters
        ----------
        only
            Ids to take; all others stay as they were, and a row is removed only if
            it is among them. Everything by default.
        """
        return self.new if only is None else take_part(self.old, self.new, only, self.spec)

    def delivery(self, done: Committed | None) -> Delivery:
        """Return what became of it: what was written, or None if nothing was."""
        return Delivery(
            self.layer,
            self.result,
            None if done is None else done.version,
            self.changes,
            (*self.consequences, *(() if done is None else done.issues)),
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """What was written.

    Attributes
    ----------
    version
        The new version of the layer.
    issues
        What could not be kept besides it: the coordinates before a correction.
    """

    version: int
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivered file.

    Attributes
    ----------
    layer
        The layer it was delivered to.
    result
        Accepted and rejected rows.
    version
        The new version, None if nothing was written.
    changes
        Rows added, changed and removed by id, rows kept that the file does not
        contain, and how many of those are sample data.
    consequences
        What the delivery means for other layers, and layers that could not be read.
    """

    layer: str
    result: IntakeResult
    version: int | None
    changes: Mapping[str, int]
    consequences: tuple[Issue, ...]

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All findings, in the order in which they were made."""
        return (*self.result.issues, *self.consequences)

    def summary(self) -> dict[str, Any]:
        """Return the counts that a person or a script asks for."""
        return {
            "file": self.result.file,
            "layer": self.layer,
            "rows_in": self.result.rows_in,
            "accepted": len(self.result.accepted),
            "rejected": len(self.result.rejected),
            "repaired": self.result.repaired,
            "dropped": self.result.dropped,
            "crs": self.result.crs,
            "version": self.version,
            **self.changes,
        }


def deliver(
    workspace: Workspace,
    file: Path,
    key: str,
    *,
    author: str,
    message: str,
    options: Options = Options(),
    read: Callable[[Request], Raw] = read_raw,
    progress: Callable[[Text, float], None] | None = None,
) -> Delivery:
    """Read a file and commit its good rows to a layer.

    Parameters
    ----------
    workspace, file, key
        From where to where.
    author, message
        Who, and why.
    options
        What the file does not say itself.
    read
        The reader; :func:`layers.intake.read_isolated` for files from outside.
    progress
        See :func:`layers.intake.intake`.

    Raises
    ------
    IntakeError
        If the file cannot be read at all.
    ConflictError
        If somebody else wrote the layer in the meantime.
    """
    spec = workspace.catalogue.layer(key)
    base = snapshot(workspace)
    result = intake(
        file,
        spec,
        workspace.catalogue,
        options.choices,
        tables=base.tables,
        read=read,
        progress=progress,
    )
    prepared = prepare(workspace, key, result, replace=options.replace, base=base)
    if options.dry_run or result.accepted.empty:
        done = None
    else:
        done = commit_prepared(workspace, prepared, author=author, message=message)
    return prepared.delivery(done)


def snapshot(workspace: Workspace) -> Snapshot:
    """Return the layers of a workspace and their versions, to read and compare a file with."""
    # The versions come first: whoever writes in between makes a conflict, and no loss.
    versions = workspace.versions()
    return Snapshot(versions, *readable(workspace))


def prepare(
    workspace: Workspace,
    key: str,
    result: IntakeResult,
    *,
    replace: bool = False,
    base: Snapshot | None = None,
) -> Prepared:
    """Compare what was read with the layer; nothing is written.

    A file without an accepted row changes nothing, not even with `replace`.

    Parameters
    ----------
    workspace, key
        Where the rows are to go.
    result
        What was read.
    replace
        See :class:`Options`.
    base
        The workspace as it was when the file was read; as it is by default.

    Raises
    ------
    WorkspaceError
        If the layer is damaged and would be updated. It can be replaced.
    """
    spec = workspace.catalogue.layer(key)
    base = snapshot(workspace) if base is None else base
    if key in base.problems and not replace:
        raise base.problems[key]
    old = base.tables[key] if key in base.tables else empty_frame(spec)
    new = result.accepted if replace else merge(old, result.accepted, spec)
    if result.accepted.empty:
        new = old
    diff = delivery_diff(old, new, spec)
    broken = check_references({**base.tables, key: new}, workspace.catalogue)
    others = grouped_references(issue for issue in broken if issue.layer != key)
    damaged = tuple(unreadable_layer(layer, error.text) for layer, error in base.problems.items())
    return Prepared(
        layer=key,
        spec=spec,
        result=result,
        old=old,
        new=new,
        diff=diff,
        changes=_changes(diff, new, result, spec),
        consequences=(*damaged, *others),
        base_version=base.versions.get(key, ABSENT),
    )


def commit_prepared(
    workspace: Workspace,
    prepared: Prepared,
    *,
    author: str,
    message: str,
    only: Collection[str] | None = None,
) -> Committed:
    """Write a prepared delivery, or a part of it, as one new version of its layer.

    The coordinates before a correction of a map shift are kept beside the layer, see
    :func:`layers.originals.keep_originals`; if that fails the version stands all the same.

    Parameters
    ----------
    workspace, prepared
        What is written, and where.
    author, message
        Who, and why. Of a part the message also says how many of how many changes
        were taken.
    only
        Ids to take, see :meth:`Prepared.frame`; everything by default.

    Raises
    ------
    UsageError
        If there is nothing to write, or `only` names an id that the delivery does not have.
    ConflictError
        If somebody else wrote the layer in the meantime.
    """
    if prepared.result.accepted.empty or (only is not None and not only):
        raise nothing_to_write(prepared.layer)
    if only is not None:
        if strange := sorted(set(only) - set(prepared.diff["id"])):
            raise not_delivered(strange)
        changed = set(prepared.changed_ids)
        message = f"{message} [{len(changed & set(only))}/{len(changed)}]"
    result = prepared.result
    version = workspace.commit(
        prepared.layer,
        prepared.frame(only),
        author=author,
        message=message,
        source_file=result.file,
        source_sha256=result.sha256,
        rows_in=result.rows_in,
        rejected=len(result.rejected),
        expected_version=prepared.base_version,
    )
    return Committed(version, keep_originals(workspace.path, prepared.layer, version, result, only))


def undo(workspace: Workspace, key: str, version: int, *, author: str, message: str = "") -> int:
    """Take back an import: make the version before it the current one; return its number.

    Parameters
    ----------
    workspace, key
        Which layer.
    version
        The version that the import made. If it was the first the layer becomes empty.
    author, message
        Who, and why.

    Raises
    ------
    ConflictError
        If somebody wrote the layer since; the error names who, when and why.
    WorkspaceError
        If there is no such version.
    """
    spec = workspace.catalogue.layer(key)
    history = workspace.history(key)
    since = history[history["version"] > version]
    if len(since):
        raise written_since(key, spec.title, version, since)
    workspace.read(key, version)
    before = workspace.read(key, version - 1) if version else empty_frame(spec)
    return workspace.commit(
        key,
        before,
        author=author,
        message=message or f"撤销版本 {version} / undo of version {version}",
        source_file=f"{key}@{version - 1}" if version else "",
        expected_version=version,
    )


def _changes(
    diff: pd.DataFrame, new: pd.DataFrame, read: IntakeResult, spec: LayerSpec
) -> dict[str, int]:
    counts = diff["kind"].value_counts()
    added, removed = int(counts.get("added", 0)), int(counts.get("removed", 0))
    kept = new[~new[spec.id_field].isin(read.accepted[spec.id_field])]
    return {
        "added": added,
        "changed": len(diff) - int(counts.get("unchanged", 0)) - added - removed,
        "removed": removed,
        "kept": len(kept),
        "kept_sample": int(is_sample(kept).sum()),
    }
