"""The numbers a planner may move: every one of them is a judgement, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo.access import LINKS
from views.linkage import address
from views.linkage.address import KNOBS
from views.text import _
from views.text import md

if TYPE_CHECKING:
    from geo.access import AccessParameters

_FIRST = ("gate_m", "rail_m", "community_m", "least_groups")


def titles() -> dict[str, str]:
    """Return what a person reads for each parameter that can be moved."""
    return {
        "gate_m": _("Longest walk to a campus gate (m)"),
        "rail_m": _("Longest walk to a station (m)"),
        "rail_far_m": _("Outer threshold of stations (m)"),
        "community_m": _("Longest walk to daily facilities (m)"),
        "least_groups": _("Complete with this many of the six groups"),
        "detour": _("Detour factor (walk ÷ straight line)"),
        "crossing_reach_m": _("A crossing opens a barrier this far to each side (m)"),
        "snap_m": _("Farther than this from every path is off the network (m)"),
        "campus_radius_m": _("A gate may be this far from a campus known as a point (m)"),
        "walk_m_per_min": _("Walking speed (m a minute)"),
    }


def show() -> AccessParameters | None:
    """Show the controls; return what they say, or say what is wrong with it and return None."""
    with st.sidebar:
        for name in _FIRST:
            _number(name)
        with st.expander(_("More parameters")):
            for name in KNOBS:
                if name not in _FIRST:
                    _number(name)
            _words()
        st.caption(_("Every threshold is a judgement that you may move."))
        st.button(_("Back to defaults"), on_click=address.reset, key="linkage_reset")
    try:
        return address.parameters()
    except ValueError as error:
        st.error(
            _("These thresholds do not fit together: {problem}").format(problem=md(error))
            + "\n\n"
            + _("The outer threshold of stations must not be below the inner one.")
        )
        return None


def _number(name: str) -> None:
    knob = KNOBS[name]
    st.number_input(
        titles()[name],
        min_value=knob.least,
        max_value=knob.most,
        step=knob.step,
        format=f"%.{knob.digits}f",
        required=True,
        **address.widget(name),
    )


def _words() -> None:
    links = {"any": _("a gate of any university"), "linked": _("a gate of the linked university")}
    st.selectbox(
        _("The campus condition asks for"),
        LINKS,
        format_func=links.__getitem__,
        **address.widget("campus_link", titled=True),
    )
    counts = {"yes": _("count as met"), "no": _("do not count")}
    st.selectbox(
        _("Conditions that are met by estimate alone"),
        list(counts),
        format_func=counts.__getitem__,
        **address.widget("count_estimates", titled=True),
    )
