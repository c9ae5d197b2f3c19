"""首页: what a planner looks at first on a Monday morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.clock import local_day
from layers.errors import AtlasError
from views import links
from views import origin
from views import permalink
from views import store
from views.home import changed
from views.home import picture
from views.home import todo
from views.plan import targets
from views.text import _
from views.text import day
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable


def render() -> None:
    """Show the page; an address that was made for the map leads on to the map."""
    asked = permalink.asked()
    if asked:
        links.go("overview", asked)
    st.markdown(f"### {_('Home')}")
    st.caption(f"{md(pick(store.catalogue().title))} · {day(local_day())}")
    if not any(store.has(spec.key) for spec in store.catalogue().layers):
        st.info(_("This workspace holds no layers yet. Import some with `atlas import`."))
        return
    _piece(origin.note)
    _piece(targets.strip)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _piece(changed.show)
    with right:
        _piece(todo.show)
    _piece(picture.show)


def _piece(show: Callable[[], None]) -> None:
    """Show a piece of the page; one that cannot be shown leaves the others standing."""
    try:
        show()
    except AtlasError as error:
        st.error(md(pick(error.text)))
