"""What the session remembers of the page: the objects on trial, and what is being placed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from layers.access import Trial
from layers.access import TrialObject
from views import store

_TRIAL = "linkage_trial"
_PLACING = "linkage_placing"
_ROUND = "linkage_round"
_SAID = "linkage_said"
_CANDIDATE = "linkage_candidate"
SPACE = "linkage_space"
"""Key of the carrier whose card is open."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What the next click on the map places."""

    kind: str
    campus_id: str = ""
    group: str = ""
    name: str = ""

    def at(self, lon: float, lat: float) -> TrialObject:
        """Return it at a place, degrees.

        Raises
        ------
        UsageError
            If it could not be an object.
        """
        return TrialObject(self.kind, lon, lat, self.campus_id, self.group, self.name)


def trial() -> Trial:
    """Return the objects on trial; they belong to the workspace that is open."""
    found = st.session_state.get(_TRIAL)
    if found is None or found[0] != store.identity():
        return Trial()
    kept: Trial = found[1]
    return kept


def put(*objects: TrialObject) -> None:
    """Make these the objects on trial."""
    st.session_state[_TRIAL] = (store.identity(), Trial(objects))


def add(one: TrialObject) -> None:
    """Place one more object on trial."""
    put(*trial().objects, one)


def remove(position: int) -> None:
    """Take an object away."""
    put(*(one for number, one in enumerate(trial().objects) if number != position))


def placing() -> Placing | None:
    """Return what the next click on the map places, None if nothing is being placed."""
    found: Placing | None = st.session_state.get(_PLACING)
    return found


def begin(what: Placing) -> None:
    """Let the next click on the map place something."""
    st.session_state[_PLACING] = what
    st.session_state[_ROUND] = current_round() + 1


def stop() -> None:
    """Let clicks on the map choose spaces again."""
    st.session_state.pop(_PLACING, None)


def current_round() -> int:
    """Return what tells one placing from the next."""
    return int(st.session_state.get(_ROUND, 0))


def tell_next(kind: str, text: str) -> None:
    """Keep something to be said in the next run.

    Parameters
    ----------
    kind
        ``error`` or ``success``.
    text
        Markdown.
    """
    st.session_state[_SAID] = (kind, text)


def said() -> tuple[str, str] | None:
    """Return what was to be said, once."""
    found: tuple[str, str] | None = st.session_state.pop(_SAID, None)
    return found


def candidate() -> TrialObject | None:
    """Return the candidate that is pointed at on the map, of the workspace that is open."""
    found = st.session_state.get(_CANDIDATE)
    if found is None or found[0] != store.identity():
        return None
    kept: TrialObject = found[1]
    return kept


def point_at(one: TrialObject | None) -> None:
    """Point at a candidate on the map, or at none any more."""
    st.session_state[_CANDIDATE] = None if one is None else (store.identity(), one)
