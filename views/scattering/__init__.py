"""分散: why a park is called scattered, and what would change the verdict."""

from __future__ import annotations

import streamlit as st

from layers.errors import AtlasError
from views import park_detail
from views import parks
from views import store
from views.scattering import address
from views.scattering import changed
from views.scattering import controls
from views.scattering import district
from views.text import _
from views.text import md
from views.text import pick


def render() -> None:
    """Show the page."""
    if not store.has("carriers"):
        st.info(parks.no_parks())
        return
    address.restore()
    choice = controls.show()
    address.tell()
    if choice is not None:
        try:
            _show(choice)
        except AtlasError as error:
            st.error(md(pick(error.text)))
    # After the views, which are a setting too.
    address.keep()


def _show(choice: controls.Choice) -> None:
    with st.spinner(_("Computing scatter …"), show_time=False):
        result = store.scatter(choice.parameters, choice.chance)
    if result.table.empty:
        st.info(parks.no_parks())
        return
    park = parks.asked_park(result)
    if park is None:
        st.markdown(f"### {_('Scatter: which parks are scattered, and why?')}")
    changed.show(choice, result, park)
    if park is None:
        district.show(choice, result)
    else:
        park_detail.show(result, park)
