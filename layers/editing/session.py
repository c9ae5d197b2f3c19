"""An edit in progress: a version of a layer and the operations done on it since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from layers.editing.applying import perform_on_rows
from layers.editing.operations import Operation
from layers.editing.refusals import unreadable_operation
from layers.editing.tables import frame_of
from layers.editing.tables import put_rows
from layers.editing.tables import take_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import LayerSpec
    from layers.editing.notes import Note
    from layers.editing.tables import Frame
    from layers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Replay:
    """What the operations of a session make of a version of the layer.

    Attributes
    ----------
    frame
        The whole layer after the edits, ordered by id.
    before, after
        The rows of the features concerned, at the beginning and now.
    notes
        What the operations did besides what was asked, in their order.
    """

    frame: Frame
    before: Frame
    after: Frame
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class EditSession:
    """Operations done and undone on a version of a layer; a change makes a new session.

    Attributes
    ----------
    layer
        Key of the layer.
    base_version
        The version that is edited; -1 if the layer was never written.
    workspace
        Identity of the workspace, see :attr:`layers.workspace.Workspace.identity`.
    done
        Operations that hold, in order.
    undone
        Operations taken back, the latest of them last.
    origin
        The session as it was before it was brought onto a newer version together
        with changes of others, see :mod:`layers.editing.reconciling`.
    brought
        How many operations stand for those of `origin`.
    """

    layer: str
    base_version: int
    workspace: str
    done: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()
    origin: EditSession | None = None
    brought: int = 0

    @classmethod
    def begin(cls, workspace: Workspace, layer: str) -> EditSession:
        """Return a session on the current version of a layer.

        Raises
        ------
        UnknownLayerError
            If there is no such layer.
        WorkspaceError
            If the workspace or the layer is damaged.
        """
        return cls(layer, workspace.version(layer), workspace.identity)

    @property
    def is_empty(self) -> bool:
        """Tell whether no operation holds."""
        return not self.done

    @property
    def can_undo(self) -> bool:
        """Tell whether there is an operation to take back."""
        return bool(self.done) or self.origin is not None

    @property
    def can_redo(self) -> bool:
        """Tell whether there is an operation to do again."""
        return bool(self.undone)

    @property
    def changed_ids(self) -> tuple[str, ...]:
        """Ids that the operations name, in the order in which they first do."""
        return tuple(dict.fromkeys(key for operation in self.done for key in operation.ids))

    def do(self, operation: Operation, base: Frame, spec: LayerSpec) -> EditSession:
        """Return the session with one operation more; what was undone is forgotten.

        Parameters
        ----------
        operation
            What to do.
        base, spec
            The layer in the version :attr:`base_version`, and its description.
            The operation is tried, so that a session can always be replayed.

        Raises
        ------
        EditError
            If it cannot be done; this session is as it was.
        """
        longer = replace(self, done=(*self.done, operation), undone=())
        longer.replay(base, spec)
        return longer

    def undo(self) -> EditSession:
        """Return the session without its last operation; the same if there is none.

        Before the first one after others' changes were taken in stands the session as it
        was before that.
        """
        if self.origin is not None and len(self.done) <= self.brought:
            return self.origin
        if not self.done:
            return self
        return replace(self, done=self.done[:-1], undone=(*self.undone, self.done[-1]))

    def redo(self) -> EditSession:
        """Return the session with the operation undone last; the same if there is none."""
        if not self.undone:
            return self
        return replace(self, done=(*self.done, self.undone[-1]), undone=self.undone[:-1])

    def without(self, ids: Iterable[str]) -> EditSession:
        """Return the session without its operations on some features.

        What builds on an operation that is left out is left out too: after a
        split, the edits of its new part; after a merge, those of the merged
        feature. Operations that were undone are forgotten.

        Parameters
        ----------
        ids
            The features, for instance those of an
            :class:`~layers.editing.refusals.EditConflictError`.
        """
        barred, kept = set(ids), []
        for operation in self.done:
            if barred.isdisjoint(operation.ids):
                kept.append(operation)
            else:
                barred.update(operation.ids)
        return replace(self, done=tuple(kept), undone=(), origin=None, brought=0)

    def frame(self, base: Frame, spec: LayerSpec) -> Frame:
        """Return the layer after the edits, see :meth:`replay`."""
        return self.replay(base, spec).frame

    def notes(self, base: Frame, spec: LayerSpec) -> tuple[Note, ...]:
        """Return what the edits did besides what was asked, see :meth:`replay`."""
        return self.replay(base, spec).notes

    def replay(self, base: Frame, spec: LayerSpec) -> Replay:
        """Carry out the operations.

        Only the rows that they name are touched, so that the time depends on
        the number of operations and hardly on the size of the layer.

        Parameters
        ----------
        base
            The layer in the version :attr:`base_version`; it is not changed.
        spec
            The layer.

        Raises
        ------
        EditError
            If `base` is another version and an operation cannot be done on it.
        """
        ids = self.changed_ids
        rows = take_rows(base, ids, spec)
        before = frame_of(rows, spec)
        told: list[Note] = []
        for operation in self.done:
            rows, more = perform_on_rows(operation, rows, spec)
            told += more
        frame = put_rows(base, ids, rows, spec)
        ordered = frame.sort_values(spec.id_field, kind="stable", ignore_index=True)
        return Replay(ordered, before, frame_of(rows, spec), tuple(told))

    def as_dict(self) -> dict[str, Any]:
        """Return the session as plain JSON values; :meth:`from_dict` reads it back."""
        return {
            "layer": self.layer,
            "base_version": self.base_version,
            "workspace": self.workspace,
            "done": [operation.as_dict() for operation in self.done],
            "undone": [operation.as_dict() for operation in self.undone],
            "origin": None if self.origin is None else self.origin.as_dict(),
            "brought": self.brought,
        }

    @classmethod
    def from_dict(cls, data: object) -> EditSession:
        """Return the session that was written down as `data`.

        Raises
        ------
        EditError
            If `data` is no such record.
        """
        if not isinstance(data, Mapping):
            raise unreadable_operation(type(data).__name__)
        layer, version, workspace, done, undone = (
            data.get(name) for name in ("layer", "base_version", "workspace", "done", "undone")
        )
        # `True` is an int of Python, but no version.
        if not isinstance(version, int) or isinstance(version, bool):
            raise unreadable_operation(what="base_version")
        if not isinstance(layer, str) or not isinstance(workspace, str):
            raise unreadable_operation(what="layer, workspace")
        if not isinstance(done, list) or not isinstance(undone, list):
            raise unreadable_operation(what="done, undone")
        held, back = (tuple(map(Operation.from_dict, part)) for part in (done, undone))
        # Drafts of older programs have neither.
        origin, brought = data.get("origin"), data.get("brought", 0)
        if not isinstance(brought, int) or isinstance(brought, bool):
            raise unreadable_operation(what="brought")
        before = None if origin is None else cls.from_dict(origin)
        return cls(layer, version, workspace, held, back, before, brought)
