"""Operators for a carrier and carriers for an operator, ranked with reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

from geo.underuse import STATE_NAMES_EN
from layers.export.tables import in_words
from layers.i18n import unknown
from layers.marks import is_sample
from layers.matching import DEFAULTS
from layers.matching import MATCH_TITLE
from layers.matching import MATCH_TITLES
from layers.matching import MATCHING_LAYERS
from layers.matching import PARAMETER_TITLES
from layers.matching import match_remarks
from layers.matching import matches_of
from layers.matching import unknown_titles
from layers.underuse import open_fields
from views import card
from views import charts
from views import links
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from geo.matching import MatchParameters
    from layers.underuse import Underuse
    from views.store import Versions

_VIEWS = ("carrier", "operator")
_WEIGHT = "weight_"
_MOST_BARS = 25
_BAR_PX = 24
_SURE, _OPEN = "#0b5c8a", "#a9c9dd"


def show(underuse: Underuse, carrier_id: str | None) -> None:
    """Show who could take over which carrier.

    Parameters
    ----------
    underuse
        The judgement of the carriers.
    carrier_id
        The carrier that is chosen on the page; None if there is none.
    """
    if not store.has("operators"):
        st.info(
            _(
                "No operators yet. Fill in the template of the layer Operators on the import "
                "page, or enter them on the page Edit; then they are matched here."
            )
        )
        if st.button(_("Go to the import page"), key="match_import"):
            links.go("import")
        return
    view = st.segmented_control(
        _("Match"),
        _VIEWS,
        format_func={
            "carrier": _("Operators for a carrier"),
            "operator": _("Carriers for an operator"),
        }.__getitem__,
        default=_VIEWS[0],
        required=True,
        label_visibility="collapsed",
        # With the language in its key, because a choice is lost when its titles change.
        key=f"match_view:{lang()}",
    )
    parameters = _parameters()
    with st.spinner(_("Matching operators and carriers …"), show_time=False):
        found = _matches(store.identity(), _versions(), underuse.parameters, parameters, underuse)
    if bool(is_sample(found).any()):
        links.sample_badge(_("Operators or occupancy are sample data; they show the method."))
    one = _of_carrier(found, carrier_id) if view == "carrier" else _of_operator(found)
    _table(one, str(view), parameters)


def _versions() -> Versions:
    return tuple(entry for entry in store.versions() if entry[0] in MATCHING_LAYERS)


@st.cache_resource(show_spinner=False, max_entries=8)
def _matches(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    judged_by: Any,  # noqa: ANN401, ARG001 - the same
    parameters: MatchParameters,
    _underuse: Underuse,
) -> pd.DataFrame:
    return matches_of(store.tables(), store.catalogue(), _underuse.table, parameters)


def _parameters() -> MatchParameters:
    """Let the planner move the weights and limits."""
    values = DEFAULTS.as_dict()
    with st.expander(_("Weights and limits of the matching")):
        st.caption(_("Every number here is a suggestion; only the proportions of weights matter."))
        columns = st.columns(4)
        for number, (name, usual) in enumerate(values.items()):
            is_weight = name.startswith(_WEIGHT)
            with columns[number % 4]:
                values[name] = st.number_input(
                    pick(PARAMETER_TITLES[name]),
                    min_value=0.0 if is_weight else 0.1 if name != "near_size_factor" else 1.05,
                    value=usual,
                    step=0.05 if is_weight else 0.5,
                    key=f"match_{name}",
                    persist_state="session",
                )
    try:
        return replace(DEFAULTS, **values)
    except ValueError:
        st.error(_("At least one weight must be greater than 0; the suggested ones are used."))
        return DEFAULTS


def _of_carrier(found: pd.DataFrame, carrier_id: str | None) -> pd.DataFrame:
    ids = list(dict.fromkeys(found["carrier_id"]))
    names = card.titles("carriers")
    chosen = st.selectbox(
        _("Carrier"),
        ids,
        index=ids.index(carrier_id) if carrier_id in ids else 0,
        format_func=lambda one: f"{names.get(one, one)} · {one}",
        # Another carrier chosen on the page is shown at once.
        key=f"match_carrier:{carrier_id}",
    )
    return found[found["carrier_id"].eq(chosen)].sort_values("rank", kind="stable")


def _of_operator(found: pd.DataFrame) -> pd.DataFrame:
    names = card.titles("operators")
    chosen = st.selectbox(
        _("Operator"), list(names), format_func=names.__getitem__, key="match_operator"
    )
    own = found[found["operator_id"].eq(chosen)]
    return own.sort_values(["carrier_rank", "carrier_id"], kind="stable")


def _table(one: pd.DataFrame, view: str, parameters: MatchParameters) -> None:
    """Show one side of the matching: figures, bars, reasons, and a file."""
    candidates = one[one["rank"].notna()]
    st.caption(
        _("{n} of {all} are candidates; misfits and the present operator have no rank.").format(
            n=num(len(candidates)), all=num(len(one))
        )
    )
    if candidates.empty:
        st.info(_("Nothing fits. The reasons stand in the table."))
    else:
        _bars(_in_words(candidates.head(_MOST_BARS), view), view)
    rank = "rank" if view == "carrier" else "carrier_rank"
    name = "operator_name" if view == "carrier" else "carrier_name"
    reasons = f"reasons_{lang()}"
    told = _in_words(one, view)
    extra = ["state", "recoverable_area_m2"] if view == "operator" else []
    shown = told[[rank, name, *extra, "interval", "standing", reasons, "unknown"]]
    titles = {column: pick(MATCH_TITLES[column]) for column in shown if column in MATCH_TITLES}
    titles |= {"interval": _("Score"), "standing": _("Standing")}
    tables.show(
        shown.rename(columns=titles),
        config={
            titles[reasons]: st.column_config.TextColumn(width="large"),
            titles[rank]: st.column_config.NumberColumn(format="%d", width="small"),
        },
    )
    tables.save(
        in_words(one, {"unknown": open_fields(store.catalogue())}, lang()),
        f"matches_{view}",
        MATCH_TITLE,
        MATCH_TITLES,
        internal=True,
        remarks=match_remarks(parameters, dict(store.versions())),
    )


def _in_words(one: pd.DataFrame, view: str) -> pd.DataFrame:
    """Return pairs as people read them, with fixed columns for the chart."""
    key, column = ("operators", "operator_id") if view == "carrier" else ("carriers", "carrier_id")
    names = card.titles(key)
    named = one[column].map(names).fillna(one[column])
    name = "operator_name" if view == "carrier" else "carrier_name"
    # Two of one name would be drawn as one bar.
    bar = named.mask(named.duplicated(keep=False), named + " · " + one[column])
    return one.assign(
        **{name: named},
        bar=bar,
        interval=[_interval(*row) for row in one[["score_low", "score_high"]].to_numpy()],
        state=one["state"].map(_state),
        standing=[_standing(*row) for row in one[["fits", "present"]].to_numpy()],
        unknown=[_open(codes) for codes in one["unknown"]],
    )


def _open(codes: str) -> str:
    return "" if unknown(codes) else unknown_titles(codes, store.catalogue(), lang())


def _state(state: str) -> str:
    return STATE_NAMES_EN.get(state, state) if lang() == "en" else state


def _interval(low: float, high: float) -> str:
    if low == high:
        return num(low, digits=1)
    return f"{num(low, digits=1)} – {num(high, digits=1)}"


def _standing(fits: bool, present: bool) -> str:
    if present:
        return _("runs it already")
    return _("candidate") if fits else _("does not fit")


def _bars(told: pd.DataFrame, view: str) -> None:
    """Draw what is sure of every score, and how far the unknown may add to it."""
    import altair as alt

    order = list(told["bar"])
    axis = alt.Y("bar:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    scale = alt.Scale(domain=[0, 100])
    tooltip = [alt.Tooltip("bar:N", title=_("Name")), alt.Tooltip("interval:N", title=_("Score"))]
    sure = (
        alt.Chart(told)
        .mark_bar(color=_SURE)
        .encode(y=axis, x=alt.X("score_low:Q", scale=scale, title=_("Score")), tooltip=tooltip)
    )
    open_ = (
        alt.Chart(told)
        .mark_bar(color=_OPEN)
        .encode(
            y=axis,
            x=alt.X("score_low:Q", scale=scale, title=_("Score")),
            x2="score_high:Q",
            tooltip=tooltip,
        )
    )
    charts.show(
        alt.layer(sure, open_).properties(height=max(len(told), 3) * _BAR_PX),
        told,
        {"bar": _("Name"), "score_low": _("Lowest score"), "score_high": _("Highest score")},
        key=f"match_bars_{view}",
        says=_("Scores of the candidates, with how far the unknown leaves them open"),
    )
    st.caption(_("Dark: sure. Light: open until what is not known is filled in."))
    if len(told) == _MOST_BARS:
        st.caption(_("The first {n} are drawn; all stand in the table.").format(n=num(_MOST_BARS)))
