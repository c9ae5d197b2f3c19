"""Saving what is on trial into its layers, and taking it back."""

from __future__ import annotations

import streamlit as st

from layers.access import TRIAL_LAYERS
from layers.access import Trial
from layers.access import save_trial
from layers.access.taking_back import take_back
from layers.audit import Action
from layers.errors import AtlasError
from layers.team import Right
from layers.workspace import ABSENT
from views import links
from views import seen
from views import store
from views import who
from views.linkage import data
from views.linkage import state
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

_SAVED = "linkage_saved"
_AUTHOR = "linkage_author"


def show() -> None:
    """Show what was saved last, and the form that saves what is on trial."""
    _last()
    if not state.trial():
        return
    if not who.may(Right.WRITE):
        st.caption(_("Your role may try things out, but not save them."))
        return
    with st.expander(_("Save into the layers")), st.form("linkage_save", border=False):
        author = who.signature(_AUTHOR)
        source = st.text_input(_("Source of what is saved"), key="linkage_source", max_chars=500)
        message = st.text_input(
            _("What was changed, and why"), key="linkage_message", max_chars=500
        )
        st.caption(
            _("It becomes a version of its layer, as if it had been drawn on the page of edits.")
        )
        wanted = st.form_submit_button(_("Save as a new version"), type="primary")
    if wanted:
        _save(author, (source or "").strip(), (message or "").strip())


def _save(author: str, source: str, message: str) -> None:
    """Save one layer after the other; what is saved is no longer on trial."""
    if not source:
        st.error(_("Say where the knowledge is from: a document, a survey, a person."))
        return
    saved: dict[str, tuple[int, tuple[str, ...]]] = {}
    try:
        for kind, layer in TRIAL_LAYERS.items():
            own = Trial(tuple(one for one in state.trial().objects if one.kind == kind))
            if own:
                # With the first gate of a campus its estimate goes: the history tells.
                told = [message, *(pick(one) for one in data.dropped(own))]
                saved[layer] = _save_layer(layer, own, author, source, _("; ").join(told))
                state.put(*(one for one in state.trial().objects if one.kind != kind))
    except AtlasError as error:
        if not saved:
            st.error(md(pick(error.text)))
            return
        state.tell_next("error", md(pick(error.text)))
    st.session_state[_SAVED] = (store.identity(), saved)
    st.rerun()


def _save_layer(
    layer: str, own: Trial, author: str, source: str, message: str
) -> tuple[int, tuple[str, ...]]:
    before = dict(store.whole().versions).get(layer, ABSENT)
    with seen.recorder().doing(Action.CHANGE, layers={layer: before}) as step:
        done = save_trial(
            store.current().workspace, own, author=author, message=message, source=source
        )[layer]
        step.done({layer: done.version}, added=len(done.added), changed=0, removed=0)
    return done.version, done.added


def _last() -> None:
    """Say what was saved last, with the way to look at it and to take it back."""
    found = st.session_state.get(_SAVED)
    if found is None or found[0] != store.identity() or not found[1]:
        return
    saved: dict[str, tuple[int, tuple[str, ...]]] = found[1]
    told = [
        _("{layer}: version {n}, {ids}").format(
            layer=md(pick(store.catalogue().layer(layer).title)),
            n=num(version),
            ids=md(", ".join(ids)),
        )
        for layer, (version, ids) in saved.items()
    ]
    st.success(_("Saved. {what}").format(what="; ".join(told)))
    look, back = st.columns(2)
    if look.button(_("Compare with the version before"), key="linkage_compare", width="stretch"):
        links.go("compare")
    if back.button(_("Take it back"), key="linkage_back", width="stretch"):
        _take_back(saved)


def _take_back(saved: dict[str, tuple[int, tuple[str, ...]]]) -> None:
    left = dict(saved)
    author = who.signed(_AUTHOR)
    try:
        for layer, (_version, ids) in saved.items():
            before = dict(store.whole().versions).get(layer, ABSENT)
            with seen.recorder().doing(Action.CHANGE, layers={layer: before}) as step:
                done = take_back(
                    store.current().workspace,
                    {layer: ids},
                    author=author,
                    message=_("Taken back: {ids}").format(ids=", ".join(ids)),
                )[layer]
                step.done({layer: done.version}, added=0, changed=0, removed=len(done.removed))
            left.pop(layer)
        state.tell_next("success", _("Taken back, as a new version."))
    except AtlasError as error:
        state.tell_next("error", md(pick(error.text)))
    st.session_state[_SAVED] = (store.identity(), left)
    st.rerun()
