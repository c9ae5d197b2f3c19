"""What is to be asked of whom: missing numbers, and what they would change."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import Text
from layers.underuse import TODO_TITLES
from layers.underuse import underuse_remarks
from views import figures
from views import links
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.text import num
from views.underused import states
from views.underused import words

if TYPE_CHECKING:
    from layers.underuse import Underuse

_MOST_PX = 520
_SEEN = "underused_todo_seen"


def show(found: Underuse, missing: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Show the to-do list of the carriers that are shown.

    Parameters
    ----------
    found
        The judgement.
    missing
        Result of :func:`views.underused.data.missing`.
    rows
        The rows that are shown, of :func:`views.underused.data.told`.
    """
    own = missing[missing["carrier_id"].isin(rows["carrier_id"])]
    if own.empty:
        st.success(_("Nothing is missing for the carriers shown."))
        return
    listed = _chosen(own)
    figures.show(
        (
            (num(len(listed)), _("missing numbers")),
            (num(listed["matters"].sum()), _("that could change the state")),
            (num(listed["carrier_id"].nunique()), _("carriers")),
            (num(len(_parties(listed))), _("parties to ask")),
        )
    )
    if listed.empty:
        st.info(_("Nothing to ask with this choice."))
        return
    listed = listed.reset_index(drop=True)
    row = tables.pick_row(
        table(listed, rows), key=f"underused_todo:{lang()}", config=columns(), most_px=_MOST_PX
    )
    _choose(row, listed)
    _save(found, listed)


def _choose(row: int | None, listed: pd.DataFrame) -> None:
    """Make the carrier of a ticked row the chosen one."""
    carrier = None if row is None or row >= len(listed) else str(listed["carrier_id"].iloc[row])
    if carrier != st.session_state.get(_SEEN):
        st.session_state[_SEEN] = carrier
        if carrier is not None:
            st.session_state[links.CARRIER] = carrier
            st.rerun()


def _parties(listed: pd.DataFrame) -> list[tuple[str, str]]:
    """Return who is to be asked, those with most to tell first."""
    named = listed.assign(who=listed["who"].fillna(""))
    counts = named.groupby(["who_kind", "who"])["matters"].agg(["sum", "size"])
    ordered = counts.sort_values(["sum", "size"], ascending=False, kind="stable")
    return [(str(kind), str(who)) for kind, who in ordered.index]


def _chosen(own: pd.DataFrame) -> pd.DataFrame:
    """Let the planner choose one party, and only what matters."""
    parties = _parties(own)
    numbers = own.groupby(["who_kind", own["who"].fillna("")]).size()
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    party = left.selectbox(
        _("To ask"),
        [None, *parties],
        format_func=lambda one: (
            _("all") if one is None else f"{_party(*one)} · {num(numbers[one])}"
        ),
        key=f"underused_party:{lang()}",
    )
    matters = right.toggle(
        _("Only what could change the state"), key="underused_matters", persist_state="session"
    )
    keep = pd.Series(data=True, index=own.index)
    if party is not None:
        keep &= own["who_kind"].eq(party[0]) & own["who"].fillna("").eq(party[1])
    if matters:
        keep &= own["matters"].astype("bool")
    return own[keep]


def _party(kind: str, who: str) -> str:
    holder = words.code("who_kind", kind)
    return f"{who} ({holder})" if who else holder


def table(listed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return missing numbers as people read them.

    Parameters
    ----------
    listed
        Rows of :func:`views.underused.data.missing`.
    rows
        Has ``carrier_id``, ``title`` and ``state`` of their carriers.
    """
    by_id = rows.set_index("carrier_id")
    names, state = by_id["title"], by_id["state"]
    return pd.DataFrame(
        {
            _("To ask"): [
                _party(kind, who)
                for kind, who in zip(listed["who_kind"], listed["who"].fillna(""), strict=True)
            ],
            _("Carrier"): listed["carrier_id"].map(names),
            _("What is missing"): listed[f"field_title_{lang()}"],
            _("Why missing"): words.codes("why", listed["why"]),
            _("State now"): listed["carrier_id"].map(state).map(states.title),
            _("Could change the state"): listed["matters"].astype("bool"),
            _("Could become"): listed["could_become"].map(states.titles),
            _("Data"): listed["sample"].map(lambda v: _("sample") if v is True else ""),
        }
    )


def columns() -> dict[str, Any]:
    """Return how the table formats its columns."""
    column = st.column_config
    return {
        _("To ask"): column.TextColumn(width=180),
        _("Carrier"): column.TextColumn(width=180),
        _("Could become"): column.TextColumn(width="large"),
    }


def _save(found: Underuse, listed: pd.DataFrame) -> None:
    told = listed.assign(
        who_kind=words.codes("who_kind", listed["who_kind"]),
        why=words.codes("why", listed["why"]),
        could_become=listed["could_become"].map(states.titles),
    )
    titles = {name: title for name, title in TODO_TITLES.items() if name in told}
    sheet = _("Missing data of building space")
    tables.save(
        told[list(titles)],
        "underused_todo",
        Text(sheet, sheet),  # both are the one that is shown
        titles,
        internal=True,
        remarks=underuse_remarks(found, dict(store.versions())),
    )
