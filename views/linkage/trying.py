"""Trying out a gate, a crossing or a facility: place it, see what it changes, take it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.access import GROUP_NAMES
from geo.access import GROUPS
from layers.access import TRIAL_LAYERS
from views import card
from views import store
from views.linkage import data
from views.linkage import saving
from views.linkage import state
from views.linkage import words
from views.linkage.state import Placing
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from geo.access import AccessParameters
    from layers.access import TrialObject

_KIND, _CAMPUS, _GROUP, _NAME = (
    f"linkage_new_{name}" for name in ("kind", "campus", "group", "name")
)


def panel(parameters: AccessParameters) -> None:
    """Show what can be placed on trial, what is, and how it is saved."""
    st.caption(
        _(
            "Place a gate, a crossing or a facility and see at once what it would change. "
            "Nothing is stored unless you save it."
        )
    )
    if state.placing() is None:
        _offer()
    else:
        st.info(_("Click the place on the map; Esc gives up."))
        if st.button(_("Do not place"), key="linkage_stop"):
            state.stop()
            st.rerun()
    objects = state.trial().objects
    for remark in data.tried_remarks(parameters, state.trial()) if objects else []:
        st.warning(md(pick(remark)))
    for position, one in enumerate(objects):
        _listed(position, one)
    if objects:
        st.button(_("Take all away"), on_click=state.put, key="linkage_clear")
    saving.show()


def _offer() -> None:
    """Ask what is to be placed."""
    kind = st.segmented_control(
        _("To be placed"),
        list(TRIAL_LAYERS),
        format_func=words.object_title,
        default="gate",
        required=True,
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{_KIND}:{lang()}",
    )
    campus = group = ""
    if kind == "gate":
        campus = _campus()
    elif kind == "facility":
        group = _group()
    name = st.text_input(_("Name (may be left empty)"), key=_NAME, max_chars=200)
    is_ready = kind == "crossing" or bool(campus) or bool(group)
    if not is_ready:
        st.caption(_without(str(kind)))
    if st.button(
        _("Choose its place on the map"),
        type="primary",
        disabled=not is_ready,
        key="linkage_place",
    ):
        state.begin(Placing(str(kind), campus, group, (name or "").strip()))
        st.rerun()


def _without(kind: str) -> str:
    if kind == "gate":
        return _("Choose first whose gate it is.")
    return _("Choose first what kind of facility it is.")


def _campus() -> str:
    campuses = card.titles("campuses")
    if not campuses:
        st.info(_("No campus is registered. Import or draw campuses first."))
        return ""
    chosen = st.selectbox(
        _("Gate of the campus"),
        list(campuses),
        format_func=lambda key: f"{campuses[key]} ({key})",
        index=None,
        placeholder=_("Choose a campus"),
        key=f"{_CAMPUS}:{lang()}",
    )
    told = data.at_stake(str(chosen)) if chosen else None
    if told is not None:
        st.warning(md(pick(told)))
    return str(chosen or "")


def _group() -> str:
    chosen = st.selectbox(
        _("Group of facilities"),
        GROUPS,
        format_func=_group_title,
        index=None,
        placeholder=_("Choose a group"),
        key=f"{_GROUP}:{lang()}",
    )
    return str(chosen or "")


def _group_title(group: str) -> str:
    name = GROUP_NAMES[group]
    return name.zh if lang() == "zh" else name.en


def _listed(position: int, one: TrialObject) -> None:
    """Show an object on trial, with a way to take it away."""
    text, button = st.columns([5, 2], vertical_alignment="center")
    whose = card.titles("campuses").get(one.campus_id, one.campus_id)
    told = [words.object_title(one.kind), whose or (_group_title(one.group) if one.group else "")]
    text.markdown(f"**{md(one.title)}** · {md(' · '.join(part for part in told if part))}")
    text.caption(f"{num(one.lon, digits=5)}, {num(one.lat, digits=5)}")
    button.button(
        _("Take away"),
        on_click=state.remove,
        args=(position,),
        key=f"linkage_remove_{position}",
        width="stretch",
    )


def without_layers() -> list[str]:
    """Return what is not registered, and what that means for the page, one sentence each."""
    told = []
    if not store.has("gates"):
        told.append(
            _(
                "No campus gate is registered: the campus condition is estimated from outlines "
                "and points, and shown so."
            )
        )
    if not store.has("stations"):
        told.append(_("No station is registered: the rail condition is unknown, not unmet."))
    if not store.has("facilities") and not store.has("housing"):
        told.append(
            _(
                "No facilities and no housing are registered: the neighbourhood is unknown, not "
                "empty."
            )
        )
    if not store.has("barriers") and not store.has("walkways"):
        told.append(
            _(
                "No rivers, railways or paths are registered: every walk is a straight line times "
                "the detour factor."
            )
        )
    return told
