"""Whose plan it is that a page shows, where nothing else on the page would tell."""

from __future__ import annotations

import streamlit as st

from layers.errors import WorkspaceError
from layers.startup import began_empty
from views import store
from views.plan import data
from views.text import _
from views.text import md
from views.text import pick


def note() -> None:
    """Say whose plan and targets these are, in a workspace that was made without layers."""
    if data.plan() is None or not store.kept_by_version("began_empty", _began_empty):
        return
    st.caption(
        _(
            "This workspace was made without the layers of “{edition}”; its action plan and "
            "targets are those of that edition. For another district, make a workspace from an "
            "edition of its own."
        ).format(edition=md(pick(store.catalogue().title)))
    )


def _began_empty() -> bool:
    try:
        return began_empty(store.current().workspace)
    except WorkspaceError:
        return False  # the damage of a layer is told above the page
