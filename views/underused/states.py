"""How the six states of building space are shown: mark, colour, shape and word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geo.lists import items_of
from geo.underuse import STATES
from layers.i18n import UNKNOWN
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.underuse.words import STATE_TITLES
from views.text import esc
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Iterable

SEVEREST_FIRST = STATES[::-1]
"""The states as legends and filters list them."""


# Light to dark, so that the order holds without colour, and safe for the colour-blind.
_FILLS = ("#d3e8f5", "#7ab8dc", "#c9d1d8", "#f6b44b", "#c2560c", "#4d1300")
_SHAPES = ("circle", "star", "cross", "triangle", "diamond", "square")
_MARKS = ("●", "★", "✚", "▲", "◆", "■")
_CHART_SHAPES = {
    "circle": "circle",
    "star": "M0,-1L0.22,-0.31L0.95,-0.31L0.36,0.12L0.59,0.81L0,0.38L-0.59,0.81L-0.36,0.12"
    "L-0.95,-0.31L-0.22,-0.31Z",
    "cross": "cross",
    "triangle": "triangle-up",
    "diamond": "diamond",
    "square": "square",
}
_BASE = Symbol(size=13, stroke="#2b2b2b", width=1.2, fill_opacity=0.95)


def title(state: object) -> str:
    """Return mark and word of a state in the language of the session."""
    found = STATE_TITLES.get(str(state))
    if found is None:
        return UNKNOWN
    return f"{_MARKS[STATES.index(str(state))]} {pick(found)}"


def titles(states: object) -> str:
    """Return the words of states that are joined by semicolons."""
    return " / ".join(title(state) for state in items_of(states))


def badge(state: str) -> str:
    """Return a state as HTML."""
    number = STATES.index(state)
    ink = "#ffffff" if number >= STATES.index(STATES[-2]) else "#1f2d3a"
    return (
        f'<span class="atlas-badge" style="background:{_FILLS[number]};color:{ink};'
        f'border-color:#2b2b2b;font-weight:600">{esc(title(state))}</span>'
    )


def colours() -> tuple[list[str], list[str], list[str]]:
    """Return titles, colours and chart shapes of the states, the severest first."""
    order = [STATES.index(state) for state in SEVEREST_FIRST]
    return (
        [title(STATES[n]) for n in order],
        [_FILLS[n] for n in order],
        [_CHART_SHAPES[_SHAPES[n]] for n in order],
    )


def style(label_field: str) -> LayerStyle:
    """Return how the map draws carriers by ``state``.

    Parameters
    ----------
    label_field
        Field written beside a carrier.
    """
    looks = dict(zip(STATES, zip(_FILLS, _SHAPES, strict=True), strict=True))
    classes = tuple(
        StyleClass(
            state, STATE_TITLES[state], replace(_BASE, fill=looks[state][0], shape=looks[state][1])
        )
        for state in SEVEREST_FIRST
    )
    return LayerStyle(
        field="state",
        default=_BASE,
        classes=classes,
        by_prefix=False,
        label_field=label_field,
        label_min_zoom=15,
    )


def counts(states: Iterable[str]) -> list[tuple[str, str]]:
    """Return how many carriers have which state as figures, the severest first."""
    found = list(states)
    return [(num(found.count(state)), title(state)) for state in SEVEREST_FIRST]
