"""What the planner has set on the page, kept in the session and in the address.

A link reproduces the page: class, year, view, subject, and weights that are not those of
the card stand in the address by their public names. What an address says is checked like
any other input: what is not understood is passed over and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.scorecards import load_scorecards
from layers.underuse import RankChoice
from views import store
from views.addressbar import AddressBar
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from fractions import Fraction

    from geo.scorecards import Scorecard
    from layers.scorecards import Scorecards

RANKING, SUBJECT, COVERAGE, COMPARISON, WEIGHTS, SCORECARD = VIEWS = (
    "ranking",
    "subject",
    "coverage",
    "comparison",
    "weights",
    "scorecard",
)
DRAWS = (1000, 5000, 20000)
NEARNESS = (200.0, 50.0, 10.0, None)
"""How close drawn weights keep to those that are set; None for any weights."""

MOST_WEIGHT = 1000.0
_YEAR_DIGITS = 4
_DIGITS = 4
_LONGEST_SUBJECT = 80
_USUAL = RankChoice()
_DESK = "evaluate_desk"
_BAR = AddressBar("evaluate", ("class", "period", "view", "subject", "weights"))


@dataclass
class Desk:
    """What lies on the planner's desk.

    Attributes
    ----------
    card
        Key of the class; empty for the first.
    period
        The year; None for the latest.
    view
        One of :data:`VIEWS`.
    subject
        Whose card is open; empty for the first.
    weights
        Weights that differ from those of the card, by class and criterion.
    pairs
        Judgements of one heading against another, by name of the pair; what nobody judged
        is not there.
    draws, seed, concentration
        How ranks are drawn, see :class:`layers.underuse.RankChoice`.
    file
        Scorecards of the planner's own; None without any.
    own
        Whether the page judges by them.
    refused
        Why a file could not be read; empty if none was refused.
    """

    card: str = ""
    period: int | None = None
    view: str = RANKING
    subject: str = ""
    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    pairs: dict[str, Fraction] = field(default_factory=dict)
    draws: int = _USUAL.draws
    seed: int = _USUAL.seed
    concentration: float | None = _USUAL.concentration
    file: Scorecards | None = None
    own: bool = False
    refused: str = ""

    @property
    def scorecards(self) -> Scorecards:
        """The scorecards that the page judges by."""
        if self.own and self.file is not None:
            return self.file
        return load_scorecards(store.catalogue().folder)

    @property
    def scorecard(self) -> Scorecard:
        """The card of the chosen class, with the weights that it came with."""
        cards = self.scorecards
        return cards.cards[self.card if self.card in cards.evaluated else cards.evaluated[0]]

    def changed(self, card: Scorecard) -> tuple[tuple[str, float], ...]:
        """Return the weights of a card that were moved, in its order."""
        moved = self.weights.get(card.key, {})
        return tuple(
            (c.key, moved[c.key])
            for c in card.criteria
            if c.key in moved and moved[c.key] != c.weight
        )

    def weigh(self, card: Scorecard, weights: Mapping[str, float]) -> None:
        """Set weights of a card, rounded to what its widgets show."""
        rounded = {key: round(weight, _DIGITS) for key, weight in weights.items()}
        self.weights = self.weights | {card.key: self.weights.get(card.key, {}) | rounded}

    def choice(self, card: Scorecard) -> RankChoice:
        """Return how a card is weighed and ranked."""
        return RankChoice(self.draws, self.seed, self.concentration, self.changed(card))


def desk() -> Desk:
    """Return the desk of this session."""
    found: Desk = st.session_state.setdefault(_DESK, Desk())
    return found


def restore(years: Callable[[Scorecard], list[int]]) -> None:
    """Set the page to what the address says, if somebody else wrote the address.

    Call before the first widget of the page.

    Parameters
    ----------
    years
        Gives the years that a card can be asked for.
    """
    address = _BAR.opened()
    if address is None:
        return
    old = desk()
    fresh = Desk(file=old.file, own=old.own)
    # The class stands first, because year and weights are understood by its card.
    for name, text in address.items():
        if not _understood(fresh, name, text, years):
            _BAR.ignore(f"{name}={text}")
    st.session_state[_DESK] = fresh


def keep() -> None:
    """Write what is not the default into the address, if it has changed."""
    now = desk()
    card = now.scorecard
    parts = {
        "class": now.card,
        "period": "" if now.period is None else str(now.period),
        "view": "" if now.view == RANKING else now.view,
        "subject": now.subject if now.view == SUBJECT else "",
        "weights": ",".join(f"{key}:{weight:g}" for key, weight in now.changed(card)),
    }
    _BAR.write({name: text for name, text in parts.items() if text})


def tell() -> None:
    """Say what of the address was not understood."""
    _BAR.tell(_("Parts of the link are not understood and were left out: {parts}"))


def widget(
    name: str, value: object, take: Callable[[Any], None], *, titled: bool = False
) -> dict[str, Any]:
    """Return what ties a widget to a setting: key and callback.

    Parameters
    ----------
    name
        Name of the widget.
    value
        What the setting is now.
    take
        Called with what the planner set.
    titled
        Whether its options have titles in the language of the session; a widget loses
        its choice when those change, so it has one key a language.
    """
    key = f"evaluate_{name}:{lang()}" if titled else f"evaluate_{name}"
    # Only what differs is set: the browser would take it for a new value each time.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return {"key": key, "on_change": lambda: take(st.session_state[key])}


def _understood(fresh: Desk, name: str, text: str, years: Callable[[Scorecard], list[int]]) -> bool:
    """Put a part of the address on the desk; tell whether it means anything."""
    if name == "class":
        return _put(fresh, "card", text, known=text in fresh.scorecards.evaluated)
    if name == "view":
        return _put(fresh, "view", text, known=text in VIEWS)
    if name == "subject":
        return _put(fresh, "subject", text, known=len(text) <= _LONGEST_SUBJECT)
    card = fresh.scorecard
    if name == "period":
        year = int(text) if text.isascii() and text.isdigit() and len(text) == _YEAR_DIGITS else 0
        return _put(fresh, "period", year, known=year in years(card))
    found = _weights(text, card)
    return _put(fresh, "weights", {card.key: found}, known=bool(found))


def _put(fresh: Desk, name: str, value: object, *, known: bool) -> bool:
    if known:
        setattr(fresh, name, value)
    return known


def _weights(text: str, card: Scorecard) -> dict[str, float]:
    """Return the weights that the address gives; empty if any of them means nothing."""
    found = {}
    for part in text.split(","):
        key, _colon, number = part.partition(":")
        try:
            weight = float(number)
        except ValueError:
            return {}
        if key not in card.keys or not (math.isfinite(weight) and 0 <= weight <= MOST_WEIGHT):
            return {}
        found[key] = weight
    return found
