"""Editing: a layer changed by hand, step by step, and saved as one version.

``operations`` are the steps, ``applying`` carries them out on a frame, ``session``
keeps them with undo and redo, ``drafts`` keeps a session across restarts, and
``saving`` makes one commit of it. ``threeway`` and ``reconciling`` bring the work of
two planners together. ``snapping`` makes coordinates of neighbours equal.
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
from layers.editing.operations import Put
from layers.editing.operations import Reshape
from layers.editing.operations import SetValues
from layers.editing.operations import Split
from layers.editing.reconciling import Bundle
from layers.editing.reconciling import Reconciliation
from layers.editing.reconciling import reconcile
from layers.editing.refusals import DraftError
from layers.editing.refusals import EditConflictError
from layers.editing.refusals import EditError
from layers.editing.refusals import ForeignChange
from layers.editing.saving import CommitResult
from layers.editing.saving import base_of
from layers.editing.saving import commit
from layers.editing.saving import foreign_changes
from layers.editing.saving import left_dangling
from layers.editing.saving import rebase
from layers.editing.session import EditSession
from layers.editing.session import Replay
from layers.editing.snapping import keep_untouched
from layers.editing.snapping import snap_exact
from layers.editing.snapping import snap_moved
from layers.editing.threeway import FeatureMerge
from layers.editing.threeway import Side
from layers.editing.threeway import State
from layers.editing.threeway import merge_feature

__all__ = [
    "FOLDER",
    "TOUCH_M",
    "Add",
    "Bundle",
    "CommitResult",
    "Delete",
    "Draft",
    "DraftError",
    "DraftStore",
    "EditConflictError",
    "EditError",
    "EditSession",
    "FeatureMerge",
    "ForeignChange",
    "Merge",
    "Note",
    "Operation",
    "Outcome",
    "Put",
    "Reconciliation",
    "Replay",
    "Reshape",
    "SetValues",
    "Side",
    "Split",
    "State",
    "apply",
    "base_of",
    "commit",
    "foreign_changes",
    "keep_untouched",
    "left_dangling",
    "merge_feature",
    "next_id",
    "perform",
    "rebase",
    "reconcile",
    "snap_exact",
    "snap_moved",
]
