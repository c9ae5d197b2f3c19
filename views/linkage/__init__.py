"""三区联动: which space is linked to campus, rail and neighbourhood, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from views import gates
from views import links
from views import parks
from views import store
from views.linkage import address
from views.linkage import changes
from views.linkage import circle
from views.linkage import controls
from views.linkage import data
from views.linkage import effect
from views.linkage import gaps
from views.linkage import listing
from views.linkage import picture
from views.linkage import scope
from views.linkage import shares
from views.linkage import space_card
from views.linkage import state
from views.linkage import trying
from views.text import _
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.access import AccessParameters
    from layers.access import Access

_BESIDE = "linkage_beside"
_CARD, _TRY = "card", "try"


def render() -> None:
    """Show the page."""
    if not store.has("carriers"):
        st.info(parks.no_parks())
        return
    address.restore()
    st.markdown(f"### {_('Linkage: is the space near campus, rail and neighbourhood?')}")
    try:
        with st.sidebar:
            park = scope.choose()
        parameters = controls.show()
        address.tell()
        if parameters is not None:
            _show(parameters, park)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        _offer_clearing()
    # After the views, which are a setting too.
    address.keep()


def _offer_clearing() -> None:
    """Let the planner out, if what is on trial cannot be computed with any more."""
    if state.trial():
        st.button(_("Take all away"), on_click=state.put, key="linkage_clear_all")


def _show(parameters: AccessParameters, park: str | None) -> None:
    said = state.said()
    if said is not None:
        (st.error if said[0] == "error" else st.success)(said[1])
    with st.spinner(_("Computing the linkage …"), show_time=False):
        before = data.access(parameters)
        found = data.access(parameters, state.trial()) if state.trial() else before
    _without()
    row = shares.row_of(found, park)
    if row is None:
        st.info(_("No building space is registered for this park."))
    else:
        shares.show(found, row)
        st.caption(shares.class_text(row))
        if bool(row["sample"]):
            links.sample_badge(_("Holdings are sample data; the classes show the method."))
    left, right = st.columns([7, 4], gap="medium")
    with left, st.container(key="page-map"):
        picture.show(found, before, park)
    with right:
        _beside(found)
    if state.trial():
        _effect(found)
    _views(before, found, park)


def _without() -> None:
    """Say what is not registered, once, and where it can be put in."""
    told = trying.without_layers()
    if not told:
        return
    with st.expander(_("What is not registered, and what that means"), expanded=False):
        for sentence in told:
            st.markdown(f"- {sentence}")
        if gates.is_open("import"):
            draw, bring = st.columns(2)
            if draw.button(_("Draw it"), key="linkage_to_edit", width="stretch"):
                links.go("edit")
            if bring.button(_("Import it"), key="linkage_to_import", width="stretch"):
                links.go("import")


def _beside(found: Access) -> None:
    names = {_CARD: _("Card of a space"), _TRY: _("Try out")}
    chosen = st.segmented_control(
        _("Beside the map"),
        list(names),
        format_func=names.__getitem__,
        default=_CARD,
        required=True,
        label_visibility="collapsed",
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{_BESIDE}:{lang()}",
    )
    if chosen == _TRY:
        trying.panel(found.parameters)
    else:
        space_card.show(found)


def _effect(found: Access) -> None:
    st.markdown(f"#### {_('What is on trial would change')}")
    with st.spinner(_("Computing the linkage …"), show_time=False):
        change = data.tried(found.parameters, state.trial())
        flags = data.tried_flags(state.trial())
    for told in data.dropped(state.trial()):
        st.warning(md(pick(told)))
    effect.show(change, flags, found)


def _views(before: Access, found: Access, park: str | None) -> None:
    titles = {
        address.PARKS: _("Parks"),
        address.SPACES: _("Spaces"),
        address.GAPS: _("Gaps"),
        address.CIRCLE: _("15-minute circle"),
        address.CHANGES: _("Changes"),
    }
    chosen = st.segmented_control(
        _("View"),
        address.VIEWS,
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        **address.widget("view", titled=True),
    )
    views: dict[str, Callable[[], None]] = {
        address.PARKS: lambda: listing.parks(found),
        address.SPACES: lambda: listing.spaces(found, park),
        address.GAPS: lambda: gaps.show(found, park),
        address.CIRCLE: lambda: circle.show(found, park),
        address.CHANGES: lambda: changes.show(before),
    }
    views[str(chosen)]()
