"""The limits and costs of a plan, all of them visible, and what they are now."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from geo.consolidation.parameters import ConsolidationParameters
from layers.scenarios import SETTING_TITLES
from views import card
from views.consolidating import data
from views.consolidating import state
from views.consolidating.state import PARKS
from views.consolidating.state import TIME_LIMIT
from views.consolidating.state import Wish
from views.text import _
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_TIME_S = 120


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that the planner may move; one without digits is whole."""

    least: float
    most: float | None
    step: float
    digits: int = 0
    whole: bool = False


KNOBS = {
    "budget_wan": Knob(0.0, None, 100.0),
    "anchors": Knob(0, 9, 1, whole=True),
    "yearly_share": Knob(0.0, 1.0, 0.05, 2),
    "rent_tolerance": Knob(0.0, 5.0, 0.05, 2),
    "relocation_yuan_m2": Knob(0.0, None, 10.0),
    "fit_out_yuan_m2": Knob(0.0, None, 50.0),
    "break_fee_months": Knob(0.0, 60.0, 0.5, 1),
    "double_rent_months": Knob(0.0, 60.0, 0.5, 1),
    "max_move_m": Knob(0.0, None, 100.0),
    "nearest_hosts": Knob(1, None, 1, whole=True),
    "area_ratio": Knob(0.1, 5.0, 0.05, 2),
    "walk_m": Knob(0.0, 5000.0, 50.0),
    "detour": Knob(1.0, 3.0, 0.001, 3),
    "site_gap_m": Knob(0.0, 1000.0, 5.0),
    "zone_levels": Knob(0, 20, 1, whole=True),
    "most_blocking": Knob(1, 50, 1, whole=True),
}
"""The numbers of a plan, by the name of the parameter."""

_FIRST = ("budget_wan", "anchors", "yearly_share", "rent_tolerance")
_COSTS = ("relocation_yuan_m2", "fit_out_yuan_m2", "break_fee_months", "double_rent_months")


def title(name: str) -> str:
    """Return what a person reads for a parameter."""
    return pick(SETTING_TITLES[name])


def time_limit_s() -> float:
    """Return how long the solver may work, seconds."""
    return float(state.desk().changes.get(TIME_LIMIT, USUAL_TIME_S))


def show() -> Wish | None:
    """Show the controls; return what they say, or say what is wrong with it and return None."""
    values = _values()
    _parks()
    _day("horizon", values)
    for name in _FIRST:
        _number(name, values)
    st.number_input(
        _("Time for the solver (s)"),
        min_value=1,
        max_value=3600,
        step=10,
        required=True,
        **state.widget(TIME_LIMIT, int(time_limit_s())),
    )
    with st.expander(_("Costs of a move")):
        for name in _COSTS:
            _number(name, values)
    with st.expander(_("All other limits")):
        _day("as_of", values)
        st.checkbox(
            title("own_use_movable"), **state.widget("own_use_movable", values["own_use_movable"])
        )
        for name in KNOBS:
            if name not in (*_FIRST, *_COSTS):
                _number(name, values)
    st.button(_("Back to defaults"), on_click=state.desk().changes.clear, key="consolidate_reset")
    try:
        return wish()
    except ValueError as error:
        st.error(_("These limits do not fit together: {problem}").format(problem=md(error)))
        return None


def wish() -> Wish:
    """Return what is set.

    Raises
    ------
    ValueError
        If the parameters do not fit together.
    """
    desk = state.desk()
    parameters = ConsolidationParameters(**_values())
    return Wish(parameters, tuple(desk.changes.get(PARKS, ())), desk.overrides)


def _values() -> dict[str, Any]:
    """Return every parameter as it is set."""
    usual, changes = data.defaults(), state.desk().changes
    names = [field.name for field in fields(usual)]
    return {name: changes.get(name, getattr(usual, name)) for name in names}


def _parks() -> None:
    names = card.titles("parks")
    known = data.parks()
    chosen = [park for park in state.desk().changes.get(PARKS, ()) if park in known]
    st.multiselect(
        _("Parks"),
        known,
        format_func=lambda park: names.get(park, park),
        placeholder=_("all parks with units"),
        **state.widget(PARKS, chosen, titled=True),
    )


def _day(name: str, values: Mapping[str, Any]) -> None:
    st.date_input(
        title(name), format="YYYY-MM-DD", required=True, **state.widget(name, values[name])
    )


def _number(name: str, values: Mapping[str, Any]) -> None:
    knob, value = KNOBS[name], values[name]
    optional = getattr(data.defaults(), name) is None
    st.number_input(
        title(name),
        min_value=knob.least,
        max_value=knob.most,
        step=knob.step,
        format=None if knob.whole else f"%.{knob.digits}f",
        placeholder=_("no limit") if optional else None,
        required=not optional,
        **state.widget(name, value),
    )
