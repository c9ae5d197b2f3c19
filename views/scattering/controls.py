"""The numbers a planner may move, and how the test against chance is made."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from geo.parameters import DEFAULTS
from geo.parameters import ScatterParameters
from layers.stock import DEFAULT_CHANCE
from layers.stock import ChanceChoice
from views import store
from views.scattering import address
from views.scattering.address import KNOBS
from views.text import _
from views.text import lang
from views.text import md
from views.text import num

_WAYS = ("walk_m", "detour", "site_gap_m")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the planner has set."""

    parameters: ScatterParameters
    chance: ChanceChoice

    @property
    def is_default(self) -> bool:
        """Tell whether the page shows what every other page shows."""
        return self.parameters == DEFAULTS and self.chance == DEFAULT_CHANCE


def titles() -> dict[str, str]:
    """Return what a person reads for each parameter that can be moved."""
    return {
        "walk_m": _("Longest walk of one place (m)"),
        "detour": _("Detour factor (walk ÷ straight line)"),
        "site_gap_m": _("Buildings this close are one site (m)"),
        "green_share": _("Green from this share in the largest cluster"),
        "red_share": _("Red only below this share"),
        "satellite_share": _("A core with satellites above this share"),
        "red_effective_clusters": _("Red above this many effective clusters"),
        "pole_limit": _("Poles up to this many effective clusters"),
        "red_zone_share": _("Red below this share in zones"),
        "p_threshold": _("Not compact above this p"),
        "unlocated_limit": _("Undecided above this unlocated share"),
    }


def show() -> Choice | None:
    """Show the controls; return what they say, or say what is wrong with it and return None."""
    with st.sidebar:
        for name in _WAYS:
            _slider(name)
        with st.expander(_("Thresholds of the rule")):
            for name in KNOBS:
                if name not in _WAYS:
                    _number(name)
        with st.expander(_("Test against chance")):
            _chance()
        st.button(_("Back to defaults"), on_click=address.reset, key="scatter_reset")
    try:
        parameters = ScatterParameters(**{name: address.value(name) for name in KNOBS})
    except ValueError as error:
        _explain(error)
        return None
    stock, uses, draws, seed = (address.value(n) for n in ("stock", "uses", "draws", "seed"))
    return Choice(parameters, ChanceChoice(stock, uses, draws, seed))


def _slider(name: str) -> None:
    knob = KNOBS[name]
    st.slider(
        titles()[name],
        min_value=knob.least,
        max_value=knob.most,
        step=knob.step,
        format=f"%.{knob.digits}f",
        **address.widget(name),
    )


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


def stock_titles() -> dict[str, str]:
    """Return what a person reads for each kind of stock."""
    return {
        "auto": _("automatic: the fullest list of buildings"),
        "buildings": _("buildings"),
        "carriers": _("registered building space"),
        "land": _("buildable land"),
    }


def _chance() -> None:
    names = stock_titles()
    st.selectbox(
        _("Spaces are thrown on"),
        address.STOCKS,
        format_func=names.__getitem__,
        **address.widget("stock", titled=True),
    )
    _uses()
    st.segmented_control(
        _("Draws"), address.DRAWS, format_func=str, required=True, **address.widget("draws")
    )
    st.number_input(
        _("Seed"),
        min_value=0,
        max_value=address.MOST_SEED,
        step=1,
        required=True,
        **address.widget("seed"),
    )
    st.button(
        _("Throw again"),
        help=_("The same test with another seed."),
        on_click=_throw_again,
        key="scatter_again",
    )


def _uses() -> None:
    """Let the planner say which buildings spaces may be thrown on."""
    kind = address.value("stock")
    uses = address.uses_of(kind)
    if not uses:
        return
    field = store.catalogue().layer(kind).field(address.USE_FIELDS[kind])
    st.pills(
        _("Only of these uses"),
        uses,
        selection_mode="multi",
        wrap=True,
        format_func=lambda use: field.choice_title(use, lang()),
        **address.widget("uses", titled=True),
    )


def _throw_again() -> None:
    address.put(seed=(address.value("seed") + 1) % address.MOST_SEED)


def _explain(error: ValueError) -> None:
    """Say which thresholds cannot stand together."""
    names = titles()
    shares = " ≤ ".join(
        f"{names[name]}: {num(address.value(name), digits=2)}"
        for name in ("satellite_share", "red_share", "green_share")
    )
    st.error(
        _("These thresholds do not fit together: {problem}").format(problem=md(error))
        + "\n\n"
        + _("This order must hold, but does not: {shares}").format(shares=md(shares))
    )
