"""Which park the page is about."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from views import links
from views import park_table
from views.linkage import address
from views.linkage import data
from views.text import _
from views.text import md

_PARK = "linkage_park"


def choose() -> str | None:
    """Let the planner choose a park; return it, None for all of them.

    Only the address counts: so a link and the browser's Back lead where they say.
    """
    names = titles()
    asked = st.query_params.get(links.PARK)
    if asked is not None and asked not in names:
        st.warning(_("There is no park with the id {id}.").format(id=md(asked)))
        asked = None
    st.session_state[_PARK] = asked
    st.selectbox(
        _("Park"),
        list(names),
        format_func=names.__getitem__,
        index=None,
        placeholder=_("All parks"),
        key=_PARK,
        on_change=_chosen,
    )
    if asked is not None:
        _minutes()
    return asked


def _minutes() -> None:
    """Ask for how long one walks, for the area on the map."""
    names = {
        minutes: _("none") if minutes == address.NO_AREA else minutes
        for minutes in address.words("minutes")
    }
    st.segmented_control(
        _("Area within a walk of the park (minutes)"),
        list(names),
        format_func=names.__getitem__,
        required=True,
        **address.widget("minutes", titled=True),
    )


def titles() -> dict[str, str]:
    """Return what the parks are called, by id."""
    known = data.park_names()
    table = pd.DataFrame({"park_id": known.index, "park_name": known.to_numpy()})
    names = park_table.distinct_names(table)
    return dict(zip(table["park_id"], names, strict=True))


def _chosen() -> None:
    chosen = st.session_state.get(_PARK)
    if chosen is None:
        st.query_params.pop(links.PARK, None)
    else:
        st.query_params[links.PARK] = str(chosen)
