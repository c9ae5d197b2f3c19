"""Who wrote what stands in the address: this session, or a link that somebody opened.

A page keeps its settings in its address and follows an address that others wrote. Each
message of the browser carries the address that the browser had when it sent it: of two
clicks in quick succession the second still carries the address from before the first. Such an
address is nobody's wish, and following it would take back what the first click did.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from views.text import md

if TYPE_CHECKING:
    from collections.abc import Mapping

_ON_THE_WAY_S = 1.0
"""How long a message with an address that was replaced may be on its way (a judgement).

A slow line needs about 0.3 s there and back; a person who sees the answer and goes Back in
the browser needs longer than this.
"""
_MOST_TEXT = 80


@dataclass(frozen=True, slots=True)
class _Replaced:
    """An address that this session wrote and has written another for since."""

    parts: dict[str, str]
    at_s: float


class AddressBar:
    """The parts of the address that one page writes.

    Parameters
    ----------
    page
        What the session calls it.
    names
        The names of its parts.
    """

    def __init__(self, page: str, names: tuple[str, ...]) -> None:
        self._names = names
        self._written = f"{page}_written"
        self._replaced = f"{page}_replaced"
        self._ignored = f"{page}_ignored"

    def present(self) -> dict[str, str]:
        """Return the parts that the address has."""
        return {n: str(st.query_params[n]) for n in self._names if n in st.query_params}

    def opened(self) -> dict[str, str] | None:
        """Return the parts that somebody else wrote; None if the session counts.

        Call once in a run, before the first widget of the page.
        """
        st.session_state[self._ignored] = []
        parts = self.present()
        written = st.session_state.get(self._written)
        # Coming from another page there is no address yet, and the session counts.
        if parts == written or (not parts and written is not None):
            return None
        return None if any(parts == old.parts for old in self._on_the_way()) else parts

    def write(self, parts: Mapping[str, str]) -> None:
        """Write parts into the address, if they have changed; those not named leave it."""
        now = dict(parts)
        written = st.session_state.get(self._written)
        if written is not None and written != now:
            replaced = _Replaced(written, monotonic())
            st.session_state[self._replaced] = [*self._on_the_way(), replaced]
        st.session_state[self._written] = now
        for name in self._names:
            if name not in now:
                st.query_params.pop(name, None)
            elif st.query_params.get(name) != now[name]:
                st.query_params[name] = now[name]

    def ignore(self, text: str) -> None:
        """Note a part of the address that is not understood."""
        st.session_state[self._ignored].append(text[:_MOST_TEXT])

    def tell(self, sentence: str) -> None:
        """Say which parts were not understood; `sentence` has a place for ``{parts}``."""
        ignored: list[str] = st.session_state.get(self._ignored, [])
        if ignored:
            st.warning(sentence.format(parts=md(", ".join(ignored))))

    def _on_the_way(self) -> list[_Replaced]:
        """Return the addresses that messages may still carry."""
        since_s = monotonic() - _ON_THE_WAY_S
        kept: list[_Replaced] = st.session_state.get(self._replaced, [])
        return [old for old in kept if old.at_s >= since_s]
