"""What changed in the linkage since a moment, with the object behind every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views.linkage import data
from views.linkage import effect
from views.linkage import state
from views.scattering import trend
from views.text import _

if TYPE_CHECKING:
    from layers.access import Access


def show(found: Access) -> None:
    """Let the planner choose a moment, and show what changed since then.

    Parameters
    ----------
    found
        The linkage as it is now, without objects on trial.
    """
    known = trend.offered(data.known_moments())
    if len(known) < 2:  # noqa: PLR2004 - a change has two ends
        st.info(
            _(
                "The layers have one version only. After the next import or edit, the linkage can "
                "be compared with how it stood before."
            )
        )
        return
    titles = {entry.time: trend.title(entry) for entry in known[1:]}
    time = st.selectbox(
        _("Changes since"), list(titles), format_func=titles.__getitem__, key="linkage_since"
    )
    if state.trial():
        st.caption(_("Without the objects on trial."))
    with st.spinner(_("Computing the linkage …"), show_time=False):
        change, flags = data.since(time, found.parameters), data.flags_since(time)
    effect.show(change, flags, found)
