"""What the planner has set on the page, kept in the session and in the address.

A link reproduces the page: the address holds every setting that is not the default, by the
public name of the parameter. What an address says is checked like any other input: what is
not understood is passed over and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from geo.access import GROUPS
from geo.access import LINKS
from geo.access import AccessParameters
from views.addressbar import AddressBar
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Mapping

PARKS, SPACES, GAPS, CIRCLE, CHANGES = VIEWS = ("parks", "spaces", "gaps", "circle", "changes")
NO_AREA = "none"
"""Minutes of which no area is drawn."""
_DEFAULTS = AccessParameters()
_VALUES = "linkage_values"
_WIDGET = "linkage:"


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that the planner may move: its range, and how fine."""

    least: float
    most: float
    step: float
    digits: int


KNOBS = {
    "gate_m": Knob(100.0, 3000.0, 50.0, 0),
    "rail_m": Knob(100.0, 3000.0, 50.0, 0),
    "rail_far_m": Knob(100.0, 5000.0, 50.0, 0),
    "community_m": Knob(100.0, 3000.0, 50.0, 0),
    "least_groups": Knob(1.0, float(len(GROUPS)), 1.0, 0),
    "detour": Knob(1.0, 2.0, 0.001, 3),
    "crossing_reach_m": Knob(0.0, 300.0, 5.0, 0),
    "snap_m": Knob(0.0, 500.0, 5.0, 0),
    "campus_radius_m": Knob(0.0, 2000.0, 50.0, 0),
    "walk_m_per_min": Knob(30.0, 150.0, 5.0, 0),
}
"""The parameters of the rule that can be moved, by name."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "campus_link": LINKS,
    "count_estimates": ("yes", "no"),
    "minutes": (NO_AREA, "5", "10", "15"),
    "view": VIEWS,
}
"""Settings that are one of some words."""


def words(name: str) -> tuple[str, ...]:
    """Return the words that a setting can be."""
    return _WORDS[name]


def defaults() -> dict[str, Any]:
    """Return what every setting is unless somebody moves it."""
    numbers: dict[str, Any] = {name: float(getattr(_DEFAULTS, name)) for name in KNOBS}
    return numbers | {
        "campus_link": _DEFAULTS.campus_link,
        "count_estimates": "yes" if _DEFAULTS.count_estimates else "no",
        "minutes": "15",
        "view": PARKS,
    }


_BAR = AddressBar("linkage", tuple(defaults()))


def parameters() -> AccessParameters:
    """Return the thresholds that are set.

    Raises
    ------
    ValueError
        If they cannot stand together.
    """
    numbers = {name: value(name) for name in KNOBS}
    return AccessParameters(
        **(numbers | {"least_groups": int(numbers["least_groups"])}),
        campus_link=value("campus_link"),
        count_estimates=value("count_estimates") == "yes",
    )


def restore() -> None:
    """Set the page to what the address says, if somebody else wrote the address.

    Call before the first widget of the page.
    """
    found = defaults()
    address = _BAR.opened()
    if address is None:
        return
    for name, text in address.items():
        read = _read(name, text)
        if read is None:
            _BAR.ignore(f"{name}={text}")
        else:
            found[name] = read
    st.session_state[_VALUES] = found


def keep() -> None:
    """Write what is not the default into the address, if it has changed."""
    usual, now = defaults(), st.session_state[_VALUES]
    parts = {name: _text(now[name]) for name in usual if now[name] != usual[name]}
    _BAR.write(parts)


def tell() -> None:
    """Say what of the address was not understood."""
    _BAR.tell(_("Parts of the link are not understood and were left out: {parts}"))


def value(name: str) -> Any:  # noqa: ANN401 - a number or a word
    """Return a setting."""
    return st.session_state[_VALUES][name]


def put(**values: object) -> None:
    """Change settings; the widgets follow in the next run."""
    st.session_state[_VALUES] = st.session_state[_VALUES] | values


def reset() -> None:
    """Go back to the defaults; the view that is open stays open."""
    put(**(defaults() | {"view": value("view")}))


def widget(name: str, *, titled: bool = False) -> dict[str, Any]:
    """Return what ties a widget to a setting: key and callback.

    Parameters
    ----------
    name
        The setting.
    titled
        Whether its options have titles in the language of the session; a widget loses its
        choice when those change, so it has one key a language.
    """
    key = f"{_WIDGET}{name}:{lang()}" if titled else f"{_WIDGET}{name}"
    # Only what differs is set: the browser would take it for a new value each time.
    if st.session_state.get(key) != value(name):
        st.session_state[key] = value(name)
    return {"key": key, "on_change": _take, "args": (name, key)}


def _take(name: str, key: str) -> None:
    """Take over what the planner set in a widget."""
    found = st.session_state[key]
    put(**{name: round(found, KNOBS[name].digits) if name in KNOBS else found})


def _text(value: object) -> str:
    """Return a setting as it stands in the address."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(name: str, text: str) -> float | str | None:
    """Return a setting that the address gives, None if it means nothing."""
    if name in _WORDS:
        return text if text in _WORDS[name] else None
    knob = KNOBS[name]
    try:
        number = float(text)
    except ValueError:
        return None
    sound = math.isfinite(number) and knob.least <= number <= knob.most
    return round(number, knob.digits) if sound else None
