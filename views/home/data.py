"""What the page is made from; every analysis is made once for the versions it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.access import AccessParameters
from layers.clock import local_day
from layers.plan import EvidenceStore
from layers.snapshots import Found
from layers.snapshots import as_it_stands
from layers.snapshots import changes_between
from layers.snapshots import snapshots
from layers.team import Right
from views import store
from views import who
from views.linkage import data as access_data
from views.underused import data as space_data

if TYPE_CHECKING:
    import datetime as dt

    from layers.snapshots import Changes
    from layers.snapshots import Snapshot
    from layers.snapshots import SnapshotError
    from views.store import Versions


def kept() -> tuple[list[Snapshot], list[SnapshotError]]:
    """Return the snapshots of the workspace, the newest first, and what is wrong with others."""
    return store.once("snapshots", lambda: snapshots(store.current().workspace.path))


def found() -> Found:
    """Return the analyses that the other pages made or will make, with usual parameters."""
    if not _has_carriers():
        return Found()
    return Found(
        scatter=store.scatter(),
        # That page judges what the session may see; a snapshot is of all data.
        underuse=space_data.usual() if who.may(Right.INTERNAL) else None,
        access=access_data.access(AccessParameters()),
        versions=dict(store.whole().versions),
    )


def _has_carriers() -> bool:
    return "carriers" in store.whole().versions and store.rows("carriers") > 0


def now() -> Snapshot:
    """Return how the workspace stands, to be held against a snapshot."""
    versions = tuple(store.whole().versions.items())
    return _now(store.current().workspace.identity, versions, local_day())


@st.cache_resource(show_spinner=False, max_entries=4)
def _now(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions: Versions,
    day: dt.date,
) -> Snapshot:
    every = store.whole()
    workspace = store.current().workspace
    is_sound = EvidenceStore(workspace.path).is_sound
    return as_it_stands(every.tables, every.catalogue, dict(versions), day, is_sound, found())


def since(before: Snapshot) -> Changes:
    """Return what changed since a snapshot."""
    versions = tuple(store.whole().versions.items())
    return _since(store.current().workspace.identity, versions, local_day(), before.sha256, before)


@st.cache_resource(show_spinner=False, max_entries=8)
def _since(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions: Versions,  # noqa: ARG001 - the same
    day: dt.date,  # noqa: ARG001 - the same
    sha256: str,  # noqa: ARG001 - the same
    _before: Snapshot,
) -> Changes:
    return changes_between(store.current().workspace, _before, now())
