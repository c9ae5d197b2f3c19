"""The edit in progress of a session: kept in the session and, at each step, in a draft file.

A refreshed page, a lost connection or a restarted server loses nothing: the draft is
named in the address, and unsaved drafts are offered when the page is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.editing import FOLDER
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.errors import AtlasError
from layers.frames import empty_frame
from layers.workspace import ABSENT
from views import store
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import LayerSpec
    from layers.editing import Draft
    from layers.editing import Operation
    from layers.editing import Replay

_EDITS = "edit_session:"
_DRAFT = "draft"
_ERROR = "edit_error"
_ROUND = "edit_round"


def drafts() -> DraftStore:
    """Return the drafts of the workspace."""
    return DraftStore(store.current().workspace.path / FOLDER)


def session(spec: LayerSpec) -> EditSession:
    """Return the edits of a layer; a fresh session if there are none."""
    version = dict(store.versions()).get(spec.key, ABSENT)
    found = st.session_state.get(_EDITS + spec.key)
    if isinstance(found, EditSession) and found.workspace == store.identity():
        begun = not found.is_empty or found.can_redo
        if begun or found.base_version == version:
            return found
    fresh = EditSession(spec.key, version, store.identity())
    st.session_state[_EDITS + spec.key] = fresh
    return fresh


def base(edits: EditSession) -> store.Frame:
    """Return the version of the layer that is being edited."""
    if edits.base_version == ABSENT:
        return empty_frame(store.catalogue().layer(edits.layer))
    return store.at_version(edits.layer, edits.base_version)


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
    draft = st.query_params.get(_DRAFT)
    try:
        if edits.is_empty and not edits.can_redo:
            if draft:
                drafts().discard(draft)
                st.query_params.pop(_DRAFT, None)
            return
        st.query_params[_DRAFT] = drafts().save(edits, draft)
    except AtlasError as error:
        complain(error)


def forget(spec: LayerSpec) -> None:
    """Give the edits of a layer up, and their draft."""
    draft = st.query_params.pop(_DRAFT, None)
    st.session_state.pop(_EDITS + spec.key, None)
    new_round()
    try:
        if draft:
            drafts().discard(draft)
    except AtlasError as error:
        complain(error)


def take_up(draft: Draft) -> None:
    """Go on with a draft."""
    st.session_state[_EDITS + draft.session.layer] = draft.session
    st.query_params[_DRAFT] = draft.draft_id
    new_round()


def from_address() -> str | None:
    """Take up the draft that the address names; return the layer it belongs to."""
    draft = st.query_params.get(_DRAFT)
    if not draft:
        return None
    try:
        found = drafts().load(draft)
    except AtlasError as error:
        st.query_params.pop(_DRAFT, None)
        complain(error)
        return None
    if found.workspace != store.identity():
        return None
    st.session_state.setdefault(_EDITS + found.layer, found)
    return found.layer


def waiting() -> list[Draft]:
    """Return drafts of this workspace that are not on the desk, the latest first."""
    try:
        found, _problems = drafts().list()
    except AtlasError as error:
        complain(error)
        return []
    present = st.query_params.get(_DRAFT)
    mine = [d for d in found if d.session.workspace == store.identity()]
    return [d for d in mine if d.draft_id != present and not d.session.is_empty]


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
