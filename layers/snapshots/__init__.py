"""Snapshots of a workspace: taken once, never changed, and held against each other."""

from __future__ import annotations

from layers.snapshots.changes import Changes
from layers.snapshots.changes import change_list
from layers.snapshots.history import changes_between
from layers.snapshots.kinds import CHANGE_TITLES
from layers.snapshots.kinds import CHANGES_TITLE
from layers.snapshots.kinds import INTERNAL_KINDS
from layers.snapshots.kinds import KIND_TITLES
from layers.snapshots.kinds import SITE_KINDS
from layers.snapshots.kinds import UNIT_KINDS
from layers.snapshots.records import PART_TITLES
from layers.snapshots.records import Part
from layers.snapshots.records import Snapshot
from layers.snapshots.store import SNAPSHOTS
from layers.snapshots.store import SnapshotError
from layers.snapshots.store import SnapshotUsageError
from layers.snapshots.store import read
from layers.snapshots.store import snapshots
from layers.snapshots.store import verify
from layers.snapshots.taking import Found
from layers.snapshots.taking import as_it_stands
from layers.snapshots.taking import parts_of
from layers.snapshots.taking import take
from layers.snapshots.telling import area_sentences
from layers.snapshots.telling import grouped
from layers.snapshots.telling import in_words

__all__ = [
    "CHANGES_TITLE",
    "CHANGE_TITLES",
    "INTERNAL_KINDS",
    "KIND_TITLES",
    "PART_TITLES",
    "SITE_KINDS",
    "SNAPSHOTS",
    "UNIT_KINDS",
    "Changes",
    "Found",
    "Part",
    "Snapshot",
    "SnapshotError",
    "SnapshotUsageError",
    "area_sentences",
    "as_it_stands",
    "change_list",
    "changes_between",
    "grouped",
    "in_words",
    "parts_of",
    "read",
    "snapshots",
    "take",
    "verify",
]
