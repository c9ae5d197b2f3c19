"""The sidebar: class, year, weights by heading, and how ranks are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from views.evaluating import data
from views.evaluating import state
from views.evaluating import words
from views.evaluating.state import desk
from views.text import _
from views.text import md
from views.text import num
from views.text import pct

if TYPE_CHECKING:
    from geo.scorecards import CardGroup
    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard
    from layers.underuse import RankChoice

_MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What the planner has set.

    Attributes
    ----------
    card
        The card of the class with its own weights.
    period
        The year.
    ranking
        Moved weights, and how ranks are drawn.
    """

    card: Scorecard
    period: int
    ranking: RankChoice


def show() -> Choice:
    """Show the controls in the sidebar and return what they say."""
    with st.sidebar:
        if desk().file is not None:
            _source()
        _class()
        card = desk().scorecard
        period = _year(card)
        _weights(card)
        with st.expander(_("How ranks are drawn")):
            _draws()
    return Choice(card, period, desk().choice(card))


def _put(**values: object) -> None:
    for name, value in values.items():
        setattr(desk(), name, value)


def _source() -> None:
    titles = {False: _("bundled scorecards"), True: _("your file")}
    st.segmented_control(
        _("Judge by"),
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        **state.widget("own", desk().own, _take_source, titled=True),
    )


def _take_source(own: object) -> None:
    # Weights were moved, and pairs judged, on the other card.
    _put(own=bool(own), weights={}, pairs={}, period=None)


def _class() -> None:
    cards = desk().scorecards
    titles = {key: words.title(cards.cards[key]) for key in cards.evaluated}
    st.selectbox(
        _("Class"),
        list(titles),
        format_func=titles.__getitem__,
        help=_("Each class has its own scorecard. Classes are not ranked against each other."),
        **state.widget("class", desk().scorecard.key, _take_class, titled=True),
    )


def _take_class(key: object) -> None:
    _put(card=str(key), subject="")


def _year(card: Scorecard) -> int:
    years = data.years(card)
    now = desk().period
    chosen = years[0] if now is None or now not in years else now
    st.selectbox(
        _("Year"),
        years,
        # A year without a thousands separator.
        format_func=str,
        **state.widget(f"period:{card.key}", chosen, lambda year: _put(period=year)),
    )
    return chosen


def _weights(card: Scorecard) -> None:
    now = {c.key: c.weight for c in card.criteria} | dict(desk().changed(card))
    total = sum(now.values())
    st.markdown(f"**{_('Weights')}**")
    st.caption(_("Only the proportions count. Sum: {n}").format(n=words.weight_sum(card, now)))
    st.button(
        _("Back to the weights of the card"),
        on_click=partial(_reset, card.key),
        disabled=not desk().changed(card),
        key="evaluate_reset",
    )
    for group in card.groups:
        _group(card, group, now, total)


def _reset(key: str) -> None:
    desk().weights = {k: v for k, v in desk().weights.items() if k != key}


def _group(card: Scorecard, group: CardGroup, now: dict[str, float], total: float) -> None:
    own = [criterion for criterion in card.criteria if criterion.group == group.key]
    share = sum(now[criterion.key] for criterion in own) / total if total > 0 else float("nan")
    st.caption(f"**{md(words.title(group))}** · {pct(share)}")
    for criterion in own:
        _weight(card, criterion, now[criterion.key])


def _weight(card: Scorecard, criterion: Criterion, now: float) -> None:
    st.number_input(
        md(words.title(criterion)),
        min_value=0.0,
        max_value=state.MOST_WEIGHT,
        step=1.0,
        format="%.4g",
        required=True,
        help=_("{weight} in the card").format(weight=num(criterion.weight, digits=1)),
        **state.widget(
            f"weight:{card.key}:{criterion.key}",
            float(now),
            lambda weight: desk().weigh(card, {criterion.key: float(weight)}),
        ),
    )


def nearness_titles() -> dict[Any, str]:
    """Return what a person reads for how close drawn weights keep to those that are set."""
    return {
        200.0: _("very close to these weights"),
        50.0: _("close to these weights"),
        10.0: _("roughly like these weights"),
        None: _("any weights at all"),
    }


def _draws() -> None:
    st.caption(
        _(
            "Ranks are drawn with other weights and with every value that a gap could have. The "
            "interval holds nine of ten draws."
        )
    )
    st.selectbox(
        _("Draws"),
        state.DRAWS,
        format_func=num,
        **state.widget("draws", desk().draws, lambda draws: _put(draws=draws)),
    )
    titles = nearness_titles()
    st.selectbox(
        _("Drawn weights are"),
        state.NEARNESS,
        format_func=titles.__getitem__,
        **state.widget(
            "concentration",
            desk().concentration,
            lambda near: _put(concentration=near),
            titled=True,
        ),
    )
    st.number_input(
        _("Seed of the draws"),
        min_value=0,
        max_value=_MOST_SEED,
        step=1,
        required=True,
        **state.widget("seed", desk().seed, lambda seed: _put(seed=int(seed))),
    )
