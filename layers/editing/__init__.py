"""Editing: a layer changed by hand, step by step, and saved as one version.

``operations`` are the steps, ``applying`` carries them out on a frame, ``session``
keeps them with undo and redo, ``drafts`` keeps a session across restarts, and
``saving`` makes one commit of it. ``snapping`` makes coordinates of neighbours equal.
"""

from __future__ import annotations

from layers.editing.applying import Outcome
from layers.editing.applying import apply
from layers.editing.applying import perform
from layers.editing.drafts import FOLDER
from layers.editing.drafts import Draft
from layers.editing.drafts import DraftStore
from layers.editing.ids import next_id
from layers.editing.joining import TOUCH_M
from layers.editing.notes import Note
from layers.editing.operations import Add
from layers.editing.operations import Delete
from layers.editing.operations import Merge
from layers.editing.operations import Operation
from layers.editing.operations import Reshape
from layers.editing.operations import SetValues
from layers.editing.operations import Split
from layers.editing.refusals import DraftError
from layers.editing.refusals import EditConflictError
from layers.editing.refusals import EditError
from layers.editing.refusals import ForeignChange
from layers.editing.saving import CommitResult
from layers.editing.saving import base_of
from layers.editing.saving import commit
from layers.editing.saving import left_dangling
from layers.editing.saving import rebase
from layers.editing.session import EditSession
from layers.editing.session import Replay
from layers.editing.snapping import keep_untouched
from layers.editing.snapping import snap_exact
from layers.editing.snapping import snap_moved

__all__ = [
    "FOLDER",
    "TOUCH_M",
    "Add",
    "CommitResult",
    "Delete",
    "Draft",
    "DraftError",
    "DraftStore",
    "EditConflictError",
    "EditError",
    "EditSession",
    "ForeignChange",
    "Merge",
    "Note",
    "Operation",
    "Outcome",
    "Replay",
    "Reshape",
    "SetValues",
    "Split",
    "apply",
    "base_of",
    "commit",
    "keep_untouched",
    "left_dangling",
    "next_id",
    "perform",
    "rebase",
    "snap_exact",
    "snap_moved",
]
