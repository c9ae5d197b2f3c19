"""One carrier: state with reason, contributions, what is missing, history, files, units."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from geo.lists import items_of
from layers.errors import AtlasError
from layers.i18n import unknown
from layers.packs import EVIDENCE_TITLES
from layers.packs import evidence
from views import card
from views import figures
from views import links
from views import store
from views import tables
from views.text import _
from views.text import day
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick
from views.underused import contributions
from views.underused import data
from views.underused import pack_list
from views.underused import states
from views.underused import todo
from views.underused import words

if TYPE_CHECKING:
    from layers.underuse import Underuse

_SCHEMES = ("http", "https")


def show(found: Underuse, rows: pd.DataFrame, carrier_id: str) -> None:
    """Show the card of a carrier; nothing if there is no such carrier.

    Parameters
    ----------
    found
        The judgement.
    rows
        Result of :func:`views.underused.data.told`, all rows.
    carrier_id
        The carrier.
    """
    own = rows[rows["carrier_id"].eq(carrier_id)]
    register = card.find(f"carriers:{carrier_id}")
    if own.empty or register is None:
        return
    row = own.iloc[0]
    st.markdown(f"#### {md(row['title'])}")
    left, right = st.columns([5, 4], gap="medium")
    with left, st.container(key="underused-judged"):
        _judgement(row)
        pack_list.switch(carrier_id)
        contributions.show(found, carrier_id)
        _missing(found, own)
    with right:
        card.show(*register)
        _files(register[1].get("links"))
    _history(carrier_id)
    _units(carrier_id)
    _replies(carrier_id)


def _judgement(row: pd.Series) -> None:
    """Show the state, its reason, and the numbers that it stands on."""
    st.html(states.badge(str(row["state"])))
    st.markdown(md(row[f"reason_{lang()}"]))
    notes = [words.code("exemption", code) for code in items_of(row["exemption"])]
    notes += [words.code("blockers", code) for code in items_of(row["blockers"])]
    if notes:
        st.caption(_("Not judged further because: {why}").format(why=md(", ".join(notes))))
    possible = items_of(row["possible"])
    if len(possible) > 1:
        st.caption(
            _("What is not known leaves open: {states}").format(
                states=md(states.titles(row["possible"]))
            )
        )
    worst = float(row["p_worst_third"])
    figures.show(
        (
            (
                words.span(row["vacancy_low"], row["vacancy_high"], digits=1, times=100),
                _("vacancy (%)"),
            ),
            (words.span(row["months_low"], row["months_high"]), _("months vacant")),
            (words.span(row["ratio_low"], row["ratio_high"], digits=0, times=100), _output(row)),
            (words.span(row["recoverable_low"], row["recoverable_high"]), _("recoverable (m²)")),
            (pct(row["evidence_share"], digits=0), _("of the evidence is known")),
            (words.ranks(row["rank_low"], row["rank_high"]), _("rank (90 % interval)")),
            (pct(worst, digits=0), _("probability of the worst third")),
        )
    )
    st.caption(
        _("{known} of {all} carriers of the class report their output. Rule {rule}.").format(
            known=num(row["peers_known"]), all=num(row["peers"]), rule=md(row["rule_version"])
        )
    )


def _output(row: pd.Series) -> str:
    if row["yardstick"] == "tax":
        return _("tax per m², % of the class median")
    return _("firms in incubation per 1,000 m², % of the class median")


def _missing(found: Underuse, own: pd.DataFrame) -> None:
    """Show what is not known of the carrier, and what it would change."""
    missing = data.missing(found)
    listed = missing[missing["carrier_id"].isin(own["carrier_id"])]
    st.markdown(f"**{_('What is missing, and what it would change')}**")
    if listed.empty:
        st.caption(_("Nothing is missing."))
        return
    shown = todo.table(listed, own).drop(columns=[_("Carrier"), _("Data")])
    tables.show(shown, config=todo.columns())


def _files(raw: object) -> None:
    """Show photos and files as links; what is no web address is shown as text."""
    entries = [] if unknown(raw) else [part for e in str(raw).split(";") if (part := e.strip())]
    if not entries:
        return
    items = "".join(f"<li>{link(entry)}</li>" for entry in entries)
    st.html(
        f'<div class="atlas-card"><div class="kind">{esc(_("Photos and files"))}</div>'
        f"<ul>{items}</ul></div>"
    )


def link(entry: str) -> str:
    """Return an address as a link that opens elsewhere, or the text of what is none."""
    try:
        parts = urlsplit(entry)
        is_web = parts.scheme.lower() in _SCHEMES and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or any(sign.isspace() for sign in entry):
        return esc(entry)
    address = esc(entry)
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{address}</a>'


def _history(carrier_id: str) -> None:
    """Show how the facts of the carrier changed from version to version."""
    opened = st.expander(_("History"), key=f"underused_history:{carrier_id}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        try:
            with st.spinner(_("Reading the versions …"), show_time=False):
                past = data.history(carrier_id)
        except AtlasError as error:
            st.error(md(pick(error.text)))
            return
        if past.empty:
            st.caption(_("No version holds this carrier."))
            return
        if len(past) == 1:
            st.caption(_("The facts of this carrier have not changed since they were imported."))
        st.caption(
            _("Each version is judged by the default thresholds on the latest day of its data.")
        )
        tables.show(_past(past))


def _past(past: pd.DataFrame) -> pd.DataFrame:
    """Return the versions as people read them."""

    def spans(name: str, times: float = 1.0, digits: int = 0) -> list[str]:
        ends = past[[f"{name}_low", f"{name}_high"]].astype("float64").to_numpy()
        return [words.span(low, high, digits=digits, times=times) for low, high in ends]

    return pd.DataFrame(
        {
            _("Version"): past["version"],
            _("Time"): past["time"].map(day),
            _("Change"): words.codes("event", past["event"]),
            _("State"): past["state"].map(states.title),
            _("Vacancy (%)"): spans("vacancy", 100.0, 1),
            _("Months vacant"): spans("months"),
            _("Recoverable (m²)"): spans("recoverable"),
            _("Evidence"): past["evidence_share"].map(lambda share: pct(share, digits=0)),
            _("Author"): past["author"],
            _("Message"): past["message"],
            _("Problem"): past[f"problem_{lang()}"].fillna(""),
        }
    )


def _units(carrier_id: str) -> None:
    """Show the units of the carrier."""
    spec = store.catalogue().layer("units")
    st.markdown(f"**{pick(spec.title)}**")
    units = store.table("units") if store.has("units") else None
    own = None if units is None else units[units["carrier_id"].eq(carrier_id)]
    if own is None or own.empty:
        st.info(_("No units are recorded in this carrier."))
        return
    tables.show_rows(spec, own, without="carrier_id")


def _replies(carrier_id: str) -> None:
    """Show what operators wrote back about the carrier, beside the register."""
    found = evidence(store.tables(), carrier_id)
    if found.empty:
        return
    spec = store.catalogue().layer("replies")
    st.markdown(f"**{pick(spec.title)}**")
    if bool(found["sample"].fillna(value=False).any()):
        links.sample_badge("")
    fields = [f for f in spec.fields if f.name != "carrier_id" and found[f.name].notna().any()]
    shown = {card.heading(f): card.column(f, found[f.name]) for f in fields}
    added = {pick(title): found[name].round(1) for name, title in EVIDENCE_TITLES.items()}
    tables.show(pd.DataFrame(shown | added), config=card.column_config(fields))
