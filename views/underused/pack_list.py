"""Which carriers the planner has put aside for an operator pack, kept for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.packs import MOST_CARRIERS
from views.text import _
from views.text import num

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHOSEN = "underused_pack"


def chosen() -> tuple[str, ...]:
    """Return the ids of the carriers that were put aside, in the order of the choice."""
    found: tuple[str, ...] = st.session_state.get(_CHOSEN, ())
    return found


def put(ids: Iterable[str]) -> None:
    """Put carriers aside, up to as many as a pack holds."""
    st.session_state[_CHOSEN] = tuple(dict.fromkeys((*chosen(), *ids)))[:MOST_CARRIERS]


def drop(ids: Iterable[str]) -> None:
    """Take carriers out again."""
    gone = set(ids)
    st.session_state[_CHOSEN] = tuple(one for one in chosen() if one not in gone)


def switch(carrier_id: str) -> None:
    """Show a switch that puts one carrier aside."""
    key = f"underused_pack:{carrier_id}"
    # The list counts, which other buttons change too.
    st.session_state[key] = carrier_id in chosen()

    def changed() -> None:
        (put if st.session_state[key] else drop)([carrier_id])

    st.checkbox(_("In the operator pack"), key=key, on_change=changed)


def buttons(ids: list[str]) -> None:
    """Offer to put all shown carriers aside, and to empty the list."""
    left, right = st.columns(2)
    left.button(
        _("Put the {n} shown into the pack").format(n=num(min(len(ids), MOST_CARRIERS))),
        on_click=put,
        args=(ids,),
        help=_("A pack holds at most {n} carriers.").format(n=num(MOST_CARRIERS)),
        key="underused_pack_all",
    )
    right.button(
        _("Empty the pack ({n})").format(n=num(len(chosen()))),
        on_click=drop,
        args=(chosen(),),
        disabled=not chosen(),
        key="underused_pack_none",
    )
