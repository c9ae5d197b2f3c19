"""Opening a district: the switch in the sidebar, and a session that begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views import basemap
from views import links
from views import place
from views import store
from views.consolidating import solving
from views.importing import desk
from views.text import LANG_KEY
from views.text import _
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from layers.city import City

_SWITCH = "district_switch"
_OPEN = "district_open"
_WAITING = "district_waiting"
_SOON_S = 0.1
# What belongs to the person and not to a district.
_KEPT = frozenset(
    {
        LANG_KEY,
        _SWITCH,
        _OPEN,
        *place.NAMES,
        *links.NAMES,
        *basemap.NAMES,
        *store.NAMES,
        "import_author",
        "consolidate_author",
        "edit_author",
        "linkage_author",
    }
)


def control(city: City) -> None:
    """Show the switch between the districts of a city."""
    titles = {place.name_of(district): pick(district.title) for district in city.districts}
    # The address and the map open districts too, and the switch follows.
    st.session_state[_SWITCH] = place.current().name or None
    st.selectbox(
        _("District"),
        list(titles),
        format_func=lambda code: titles.get(code, code),
        index=None,
        key=_SWITCH,
        placeholder=_("Choose a district …"),
        on_change=_chosen,
    )


def _chosen() -> None:
    code = st.session_state.get(_SWITCH)
    if code is not None:
        place.switch(str(code))


def begun_anew() -> bool:
    """Tell whether another district was opened; the session then forgets the one before.

    The run in which this happens shows no page, so that the browser drops what stood in
    the widgets; it runs again at once by itself.
    """
    now = (str(store.folder()), store.identity())
    before = st.session_state.get(_OPEN)
    st.session_state[_OPEN] = now
    if before in {None, now}:
        return False
    _stop_work()
    for name in list(st.session_state):
        if name not in _KEPT:
            del st.session_state[name]
    district = place.current().district
    assert district is not None
    st.info(_("Opening {district} …").format(district=md(pick(district.title))))
    st.session_state[_WAITING] = True
    _go_on()
    return True


def _stop_work() -> None:
    """Leave nothing behind that nobody would come back for."""
    desk.clear()
    job = solving.running()
    if job is not None:
        solving.jobs().stop(job)


@st.fragment(run_every=_SOON_S)
def _go_on() -> None:
    """Run the page as soon as the browser has shown that there is none."""
    if not st.session_state.pop(_WAITING, False):
        st.rerun()


def ask() -> None:
    """Say that a district must be chosen before its pages can be shown."""
    st.info(_("Choose a district at the left, or on the page of the city."))
    if st.button(_("To the page of the city"), type="primary"):
        links.go("city")
