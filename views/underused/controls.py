"""The numbers a planner may move: date, thresholds, and the weights of the ranking."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from layers.scorecards import CARRIER_CARD
from layers.scorecards import load_scorecards
from layers.underuse import RankChoice
from layers.underuse import default_underuse
from views import store
from views.text import _
from views.text import md
from views.text import num
from views.underused import words

if TYPE_CHECKING:
    from geo.scorecards import Criterion
    from geo.underuse.parameters import UnderuseParameters

_ROUND = "underused_round"
_MONTH = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])")
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class _Knob:
    """A number that may be moved; a share is shown in percent."""

    most: float
    step: float
    share: bool = False
    least: float = 0.0


_SHARE = _Knob(100.0, 1.0, share=True)
_KNOBS = {
    "market_vacancy": _Knob(100.0, 0.1, share=True),
    "vacancy_floor": _SHARE,
    "vacant_months": _Knob(120.0, 1.0),
    "low_output_share": _SHARE,
    "warning_vacancy": _SHARE,
    "ramp_up_months": _Knob(120.0, 1.0),
    "stale_months": _Knob(120.0, 1.0),
    "evidence_share": _SHARE,
    "kept_vacancy": _SHARE,
    "least_peers": _Knob(50.0, 1.0, least=1.0),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the planner has set."""

    parameters: UnderuseParameters
    ranking: RankChoice
    is_default: bool


def titles() -> dict[str, str]:
    """Return what a person reads for each number that can be moved."""
    return {
        "market_vacancy": _("Market vacancy (%)"),
        "vacancy_floor": _("Vacancy counts as high from at least (%)"),
        "vacant_months": _("Vacant for at least (months)"),
        "low_output_share": _("Output is low below this share of the class median (%)"),
        "warning_vacancy": _("Low output alone warns from this vacancy (%)"),
        "ramp_up_months": _("Under observation after completion or refit (months)"),
        "stale_months": _("Data older than this decide nothing (months)"),
        "evidence_share": _("Least share of evidence (%)"),
        "kept_vacancy": _("Vacancy left for turnover (%)"),
        "least_peers": _("Least number of peers that report"),
    }


def show(usual: UnderuseParameters) -> Choice | None:
    """Show the controls; return what they say, or say what is wrong with it and return None.

    Parameters
    ----------
    usual
        The parameters as long as nobody moves them.
    """
    as_of = st.date_input(
        _("As of"),
        value=usual.as_of,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        required=True,
        format="YYYY-MM-DD",
        help=_("The latest data date of the carriers unless you choose another day."),
        # A newer edition brings a newer date of its own.
        key=_key(f"as_of:{usual.as_of.isoformat()}"),
        persist_state="session",
    )
    with st.expander(_("Thresholds of the rule")):
        st.caption(_("All thresholds are suggestions, not official standards."))
        month = _market_month(usual)
        numbers = {name: _number(name, knob, usual) for name, knob in _KNOBS.items()}
    with st.expander(_("Weights of the ranking")):
        weights = _weights()
    st.button(_("Back to defaults"), on_click=_reset, key="underused_reset")
    if month is None:
        st.error(_("Write the month of the market vacancy as 2025-06."))
        return None
    values: dict[str, Any] = {"as_of": as_of, "market_date": month, **numbers}
    try:
        parameters = default_underuse(store.tables(), **values)
    except ValueError as error:
        st.error(_("These thresholds do not fit together: {problem}").format(problem=md(error)))
        return None
    return Choice(parameters, RankChoice(weights=weights), parameters == usual and not weights)


def _key(name: str) -> str:
    # With a number that grows at each reset: new widgets begin with their defaults.
    return f"underused:{name}:{st.session_state.get(_ROUND, 0)}"


def _reset() -> None:
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _market_month(usual: UnderuseParameters) -> str | None:
    """Let the planner say of when the market vacancy is; None if it is no month."""
    text = st.text_input(
        _("Month of the market vacancy"),
        value=usual.market_date,
        max_chars=7,
        key=_key("market_date"),
        persist_state="session",
    )
    written = (text or "").strip()
    return written if _MONTH.fullmatch(written) else None


def _number(name: str, knob: _Knob, usual: UnderuseParameters) -> float:
    times = 100.0 if knob.share else 1.0
    usual_value: float = getattr(usual, name)
    shown = st.number_input(
        titles()[name],
        min_value=knob.least,
        max_value=knob.most,
        value=round(usual_value * times, 6),
        step=knob.step,
        format="%.1f" if knob.step < 1 else "%.0f",
        required=True,
        key=_key(name),
        persist_state="session",
    )
    value = round(float(shown) / times, 9)
    # What was not moved stays exactly what it was.
    return value if value != usual_value else usual_value


def _weights() -> tuple[tuple[str, float], ...]:
    """Let the planner weigh the criteria; empty if the weights are those of the card."""
    criteria = load_scorecards(store.catalogue().folder).cards[CARRIER_CARD].criteria
    st.caption(
        _(
            "Only the proportions count. The ranking is a second opinion on the order; it never "
            "changes a state."
        )
    )
    chosen = tuple((criterion.key, _weight(criterion)) for criterion in criteria)
    total = sum(weight for _criterion, weight in chosen)
    st.caption(_("Sum: {n}").format(n=num(total, digits=1)))
    usual = tuple((criterion.key, float(criterion.weight)) for criterion in criteria)
    return () if chosen == usual else chosen


def _weight(criterion: Criterion) -> float:
    return float(
        st.number_input(
            md(words.criterion_title(criterion)),
            min_value=0.5,
            max_value=100.0,
            value=float(criterion.weight),
            step=5.0,
            format="%.1f",
            required=True,
            key=_key(f"weight:{criterion.key}"),
            persist_state="session",
        )
    )
