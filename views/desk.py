"""The edit in progress of a session: kept in the session and, at each step, in a draft file.

A refreshed page, a lost connection or a restarted server loses nothing: the draft is
named in the address, and unsaved drafts are offered when the page is opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from layers.editing import FOLDER
from layers.editing import Draft
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.errors import AtlasError
from layers.frames import empty_frame
from layers.workspace import ABSENT
from views import store
from views import who
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import LayerSpec
    from layers.editing import Operation
    from layers.editing import Replay

_EDITS = "edit_session:"
_IDS = "edit_draft:"
_WRITTEN = "edit_written:"
_DRAFT = "draft"
_ERROR = "edit_error"
_ROUND = "edit_round"


def drafts() -> DraftStore:
    """Return the drafts of the workspace that whoever is at work may open."""
    folder = store.current().workspace.path / FOLDER
    return DraftStore(folder, who.current().person_id)


def newest(spec: LayerSpec) -> int:
    """Return the version of a layer, as of this run."""
    return dict(store.versions()).get(spec.key, ABSENT)


def session(spec: LayerSpec) -> EditSession:
    """Return the edits of a layer; a fresh session if there are none."""
    version = newest(spec)
    found = st.session_state.get(_EDITS + spec.key)
    if isinstance(found, EditSession) and found.workspace == store.identity():
        begun = found.can_undo or found.can_redo
        if begun or found.base_version == version:
            return found
    fresh = EditSession(spec.key, version, store.identity())
    st.session_state[_EDITS + spec.key] = fresh
    return fresh


def base(edits: EditSession) -> store.Frame:
    """Return the version of the layer that is being edited."""
    return frame(edits.layer, edits.base_version)


def frame(layer: str, version: int) -> store.Frame:
    """Return a version of a layer, without rows if it was not written yet.

    Raises
    ------
    WorkspaceError
        If it is damaged, or not there any more.
    """
    if version == ABSENT:
        return empty_frame(store.catalogue().layer(layer))
    return store.at_version(layer, version)


def replay(spec: LayerSpec, edits: EditSession) -> Replay:
    """Return what the edits make of the layer."""
    return edits.replay(base(edits), spec)


def do(spec: LayerSpec, operation: Operation) -> bool:
    """Carry out an operation; keep the error for the next run if it cannot be done."""
    edits = session(spec)
    try:
        keep(spec, edits.do(operation, base(edits), spec))
    except AtlasError as error:
        complain(error)
        return False
    return True


def keep(spec: LayerSpec, edits: EditSession) -> None:
    """Make `edits` the present ones and write the draft."""
    st.session_state[_EDITS + spec.key] = edits
    new_round()
    try:
        if edits.can_undo or edits.can_redo:
            _write(spec, edits)
        else:
            _discard(spec)
    except AtlasError as error:
        complain(error)


def _write(spec: LayerSpec, edits: EditSession) -> None:
    draft = st.session_state.get(_IDS + spec.key)
    if draft and not _is_ours(spec, draft):
        draft = None
    draft = drafts().save(edits, draft)
    _name(spec, draft, edits)


def _is_ours(spec: LayerSpec, draft: str) -> bool:
    """Tell whether a draft is as this session left it, and not gone on with in another window."""
    try:
        return drafts().load(draft) == st.session_state.get(_WRITTEN + spec.key)
    except AtlasError:
        return False  # what cannot be read is left as it is


def _name(spec: LayerSpec, draft: str, edits: EditSession) -> None:
    st.session_state[_IDS + spec.key] = draft
    st.session_state[_WRITTEN + spec.key] = edits
    st.query_params[_DRAFT] = draft


def _discard(spec: LayerSpec) -> None:
    st.session_state.pop(_WRITTEN + spec.key, None)
    draft = st.session_state.pop(_IDS + spec.key, None)
    st.query_params.pop(_DRAFT, None)
    if draft:
        drafts().discard(draft)


def forget(spec: LayerSpec) -> None:
    """Give the edits of a layer up, and their draft."""
    st.session_state.pop(_EDITS + spec.key, None)
    new_round()
    try:
        _discard(spec)
    except AtlasError as error:
        complain(error)


def discard(draft: Draft) -> None:
    """Give up a draft that waits; keep the error for the next run if it cannot be removed."""
    try:
        drafts().discard(draft.draft_id)
    except AtlasError as error:
        complain(error)


def take_up(draft: Draft) -> None:
    """Go on with a draft."""
    layer = draft.session.layer
    st.session_state[_EDITS + layer] = draft.session
    _name(store.catalogue().layer(layer), draft.draft_id, draft.session)
    new_round()


def from_address() -> str | None:
    """Take up the draft that the address names; return the layer it belongs to."""
    draft = st.query_params.get(_DRAFT)
    if not draft:
        return None
    here = {key: name for name, key in _on_desk().items()}
    if draft in here:
        return here[draft]
    try:
        found = drafts().load(draft)
    except AtlasError as error:
        st.query_params.pop(_DRAFT, None)
        complain(error)
        return None
    if found.workspace != store.identity() or found.layer not in store.catalogue().keys:
        return None
    if session(store.catalogue().layer(found.layer)).can_undo:
        # Other edits of this layer are on the desk; this draft stays in the list.
        return found.layer
    take_up(Draft(draft, "", found))
    return found.layer


def show_in_address(spec: LayerSpec) -> None:
    """Let the address name the draft of the layer that is shown, so that a reload finds it."""
    draft = st.session_state.get(_IDS + spec.key)
    if draft:
        st.query_params[_DRAFT] = draft
    else:
        st.query_params.pop(_DRAFT, None)


def _on_desk() -> dict[str, str]:
    """Return the drafts of this session by layer."""
    keys = {spec.key: _IDS + spec.key for spec in store.catalogue().layers}
    return {
        layer: st.session_state[name] for layer, name in keys.items() if name in st.session_state
    }


def waiting() -> list[Draft]:
    """Return drafts of this workspace that are not on the desk, the latest first."""
    try:
        found, _problems = drafts().list()
    except AtlasError as error:
        complain(error)
        return []
    present = set(_on_desk().values())
    known = store.catalogue().keys
    return [
        d
        for d in found
        if d.session.workspace == store.identity()
        and d.session.layer in known
        and d.draft_id not in present
        and d.session.can_undo
    ]


def transplant(spec: LayerSpec, edits: EditSession) -> bool:
    """Do the edits anew on the newest version; keep the error if that cannot be done.

    For a draft whose own version cannot be read any more, so that nobody can tell what
    others changed since.
    """
    moved = replace(edits, base_version=newest(spec), undone=(), origin=None, brought=0)
    try:
        moved.replay(base(moved), spec)
    except AtlasError as error:
        complain(error)
        return False
    keep(spec, moved)
    return True


def complain(error: AtlasError) -> None:
    """Keep an error to be shown in the next run."""
    st.session_state[_ERROR] = pick(error.text)


def complaint() -> str:
    """Return the error of the last step, once."""
    return str(st.session_state.pop(_ERROR, ""))


def new_round() -> None:
    """Let the browser's editor begin anew."""
    st.session_state[_ROUND] = current_round() + 1


def current_round() -> int:
    """Return what tells one sketch from the next."""
    return int(st.session_state.get(_ROUND, 0))
