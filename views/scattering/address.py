"""What the planner has set on the page, kept in the session and in the address.

A link reproduces the page: the address holds every setting that is not the default,
by the public name of the parameter and in no language. What an address says is
checked like any other input: what is not understood is passed over and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from geo.parameters import DEFAULTS
from layers.stock import DEFAULT_CHANCE
from views import store
from views.addressbar import AddressBar
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Callable

LIST, FORMS, RANKING, ZONES, TREND = VIEWS = ("list", "forms", "ranking", "zones", "trend")
STOCKS = ("auto", "buildings", "carriers", "land")
USE_FIELDS = {"buildings": "use", "carriers": "carrier_class"}
"""Layers whose rows spaces may be placed on, and the field that tells their use."""
DRAWS = (99, 999, 4999)
MOST_SEED = 2**31 - 1
_VALUES = "scatter_values"
_WIDGET = "scatter:"


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that the planner may move: its range, and how fine."""

    least: float
    most: float
    step: float
    digits: int


KNOBS = {
    "walk_m": Knob(300.0, 1500.0, 50.0, 0),
    "detour": Knob(1.0, 2.0, 0.001, 3),
    "site_gap_m": Knob(0.0, 200.0, 5.0, 0),
    "green_share": Knob(0.0, 1.0, 0.01, 2),
    "red_share": Knob(0.0, 1.0, 0.01, 2),
    "satellite_share": Knob(0.0, 1.0, 0.01, 2),
    "red_effective_clusters": Knob(1.0, 10.0, 0.1, 1),
    "pole_limit": Knob(1.0, 10.0, 0.1, 1),
    "red_zone_share": Knob(0.0, 1.0, 0.01, 2),
    "p_threshold": Knob(0.0, 1.0, 0.01, 3),
    "unlocated_limit": Knob(0.0, 1.0, 0.01, 2),
}
"""The parameters of the rule that can be moved, by name."""


def defaults() -> dict[str, Any]:
    """Return what every setting is unless somebody moves it."""
    numbers: dict[str, Any] = {name: getattr(DEFAULTS, name) for name in KNOBS}
    chance = {name: getattr(DEFAULT_CHANCE, name) for name in ("stock", "uses", "draws", "seed")}
    return numbers | chance | {"view": LIST}


_BAR = AddressBar("scatter", tuple(defaults()))


def restore() -> None:
    """Set the page to what the address says, if somebody else wrote the address.

    Call before the first widget of the page.
    """
    usual = defaults()
    address = _BAR.opened()
    if address is None:
        return
    for name, text in address.items():
        # The uses stand behind the stock they are uses of.
        found = _uses(usual["stock"], text) if name == "uses" else _parsed(name, text)
        if found is None:
            _BAR.ignore(f"{name}={text}")
        else:
            usual[name] = found
    st.session_state[_VALUES] = usual


def keep() -> None:
    """Write what is not the default into the address, if it has changed."""
    usual = defaults()
    values = st.session_state[_VALUES]
    parts = {name: _text(values[name]) for name in usual if values[name] != usual[name]}
    _BAR.write(parts)


def tell() -> None:
    """Say what of the address was not understood."""
    _BAR.tell(_("Parts of the link are not understood and were left out: {parts}"))


def value(name: str) -> Any:  # noqa: ANN401 - a number, a word or several
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
        Whether its options have titles in the language of the session; a widget
        loses its choice when those change, so it has one key a language.
    """
    key = f"{_WIDGET}{name}:{lang()}" if titled else f"{_WIDGET}{name}"
    now = value(name)
    now = list(now) if isinstance(now, tuple) else now
    # Only what differs is set: the browser would take it for a new value each time.
    if st.session_state.get(key) != now:
        st.session_state[key] = now
    return {"key": key, "on_change": _take, "args": (name, key)}


def _take(name: str, key: str) -> None:
    """Take over what the planner set in a widget."""
    found = st.session_state[key]
    if name == "stock":
        put(uses=())  # they were uses of the other stock
    if isinstance(found, float):
        found = round(found, KNOBS[name].digits)
    put(**{name: tuple(found) if isinstance(found, list) else found})


def _text(value: object) -> str:
    """Return a setting as it stands in the address."""
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parsed(name: str, text: str) -> Any:  # noqa: ANN401 - as `value`
    """Return a setting that the address gives, None if it means nothing."""
    if name in KNOBS:
        return _number(KNOBS[name], text)
    readers: dict[str, Callable[[str], Any]] = {
        "stock": lambda word: word if word in STOCKS else None,
        "view": lambda word: word if word in VIEWS else None,
        "draws": lambda word: next((n for n in DRAWS if str(n) == word), None),
        "seed": lambda word: int(word) if _is_seed(word) else None,
    }
    return readers[name](text)


def _number(knob: Knob, text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    sound = math.isfinite(number) and knob.least <= number <= knob.most
    return round(number, knob.digits) if sound else None


def _is_seed(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MOST_SEED  # noqa: PLR2004 - digits of MOST_SEED


def uses_of(stock: str) -> list[str]:
    """Return the uses that the rows of a kind of stock can have; none for land."""
    if stock not in USE_FIELDS:
        return []
    field = store.catalogue().layer(stock).field(USE_FIELDS[stock])
    return [choice.value for choice in field.choices]


def _uses(stock: str, text: str) -> tuple[str, ...] | None:
    found = tuple(text.split(","))
    return found if set(found) <= set(uses_of(stock)) else None
