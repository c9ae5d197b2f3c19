"""低效空间: which building space is underused, how sure that is, and who could take it over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from geo.underuse import RULE_VERSION
from layers.errors import AtlasError
from layers.marks import is_sample
from views import figures
from views import links
from views import store
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.underused import controls
from views.underused import data
from views.underused import detail
from views.underused import listing
from views.underused import matches
from views.underused import order
from views.underused import pack_list
from views.underused import packs
from views.underused import picture
from views.underused import sieve
from views.underused import states
from views.underused import todo
from views.underused import words

if TYPE_CHECKING:
    import pandas as pd

    from geo.underuse import UnderuseParameters
    from layers.underuse import Underuse
    from views.underused.controls import Choice
    from views.underused.sieve import Sieved

_VIEWS = LIST, ORDER, TODO, MATCHES, PACKS = ("list", "order", "todo", "matches", "packs")
_VIEW = "underused_view"


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Which building space is underused, and how sure is that?')}")
    if not store.has("carriers"):
        st.info(_("No building space yet. Import a carriers layer first."))
        return
    try:
        _page()
    except AtlasError as error:
        st.error(md(pick(error.text)))


def _page() -> None:
    with st.sidebar:
        # What is computed stands between the two, but is needed by the second.
        filters_place = st.container()
        choice = controls.show(data.defaults())
    if choice is None:
        return
    with st.spinner(_("Judging the carriers …"), show_time=False):
        found = data.underuse(choice.parameters, choice.ranking)
        rows = data.told(found)
    with filters_place:
        sieved = sieve.show(rows)
    _head(found, sieved)
    _moved(choice, found)
    if sieved.rows.empty:
        st.info(_("No building space matches these filters."))
        st.button(_("Clear the filters"), on_click=sieve.clear, key="underused_clear_all")
        return
    _view(found, rows, sieved)


def _head(found: Underuse, sieved: Sieved) -> None:
    """Show how many carriers have which state, what could be recovered, and by which rule."""
    rows = sieved.rows
    exact = rows["recoverable_area_m2"]
    severest = states.SEVEREST_FIRST[0]
    opened = rows[exact.isna()]
    unbounded = int(opened["recoverable_high"].isna().sum())
    low = float(opened["recoverable_low"].sum())
    high = math.inf if unbounded else float(opened["recoverable_high"].sum())
    worst = num(exact[rows["state"].eq(severest)].sum(), unit="m²")
    of_it = _("of it in {state}").format(state=states.title(severest))
    figures.show(
        (
            *states.counts(rows["state"]),
            (
                num(exact.sum(), unit="m²"),
                f"{_('recoverable, exactly known')}, {of_it} {worst}",
            ),
            (
                words.span(low, high, unit="m²"),
                _("more behind unknowns ({n} carriers)").format(n=num(len(opened))),
            ),
        )
    )
    if bool(is_sample(rows).any()):
        links.sample_badge(_("Occupancy, tax and rents are generated; they show the method."))
    told = [_rule(found.parameters)]
    if unbounded:
        text = _(
            "{n} carriers have no rentable area, or areas that contradict it, and are in no sum."
        )
        told.append(text.format(n=num(unbounded)))
    # In one paragraph, so that the whole map fits below it in the window.
    st.caption("  \n".join(told))
    sieve.tell(sieved)


def _rule(parameters: UnderuseParameters) -> str:
    """Return by which rule and for which day the page judges, as Markdown."""
    return _(
        "As of {day} · rule {rule} · market vacancy {market} % ({month}) · thresholds are "
        "suggestions, no official finding"
    ).format(
        day=parameters.as_of.isoformat(),
        rule=RULE_VERSION,
        market=num(parameters.market_vacancy * 100, digits=1),
        month=md(parameters.market_date),
    )


def _moved(choice: Choice, found: Underuse) -> None:
    """Say what the moved parameters change; nothing if nothing was moved."""
    if choice.is_default:
        return
    usual = data.usual().table.set_index("carrier_id")["state"]
    now = found.table.set_index("carrier_id")["state"]
    changed = int(now.ne(usual.reindex(now.index)).sum())
    st.warning(
        _(
            "The parameters differ from the defaults: {n} carriers have another state. Only this "
            "page uses them."
        ).format(n=num(changed))
    )


def _view(found: Underuse, rows: pd.DataFrame, sieved: Sieved) -> None:
    """Show the view that is chosen; only that one is made."""
    titles = {
        LIST: _("List and map"),
        ORDER: _("How sure is the order"),
        TODO: _("Missing data"),
        MATCHES: _("Operators"),
        PACKS: _("Operator packs"),
    }
    view = st.segmented_control(
        _("View"),
        _VIEWS,
        format_func=titles.__getitem__,
        default=st.session_state.get(_VIEW, LIST),
        required=True,
        label_visibility="collapsed",
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{_VIEW}:{lang()}",
    )
    st.session_state[_VIEW] = view
    chosen = st.session_state.get(links.CARRIER)
    if view == PACKS:
        packs.show(found, pack_list.chosen())
        return
    if view == MATCHES:
        matches.show(found, chosen)
        return
    if view == ORDER:
        order.show(found, sieved.rows, chosen)
    elif view == TODO:
        todo.show(found, data.missing(found), sieved.rows)
    else:
        _list(found, sieved.rows)
    if chosen is not None:
        detail.show(found, rows, str(chosen))


def _list(found: Underuse, rows: pd.DataFrame) -> None:
    with st.container(key="split"):
        left, right = st.columns([4, 5], gap="medium")
    with left:
        picture.show(rows)
    with right:
        listing.show(rows)
        pack_list.buttons(rows["carrier_id"].tolist())
    listing.save(found, rows)
