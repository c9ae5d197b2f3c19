"""The table of building space by state, and the files a planner takes of it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from geo.lists import items_of
from layers.export.tables import in_words
from layers.underuse import UNDERUSE_TITLE
from layers.underuse import UNDERUSE_TITLES
from layers.underuse import audience_copy
from layers.underuse import underuse_remarks
from layers.underuse import underuse_words
from layers.underuse.ranking import SURELY_WORST
from views import card
from views import links
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.underused import pack_list
from views.underused import states
from views.underused import words

if TYPE_CHECKING:
    from layers.errors import Text
    from layers.underuse import Underuse

_SEEN = "underused_row_seen"
_MOST_PX = 500


def show(rows: pd.DataFrame) -> None:
    """Show carriers as a table in which one can be ticked.

    Parameters
    ----------
    rows
        Rows of :func:`views.underused.data.told`.
    """
    shown = _shown(rows)
    # Other rows make another table, so that a tick never stands for another carrier.
    sort = zlib.crc32(";".join(rows["carrier_id"]).encode())
    key = f"underused_table:{lang()}:{sort}"
    row = tables.pick_row(shown, key=key, config=_columns(), most_px=_MOST_PX)
    # Only a new tick moves the choice, so that a click on the map can move it too.
    if st.session_state.get(_SEEN) != (key, row):
        st.session_state[_SEEN] = (key, row)
        if row is not None:
            st.session_state[links.CARRIER] = str(rows["carrier_id"].iloc[row])
            st.rerun()


def save(found: Underuse, rows: pd.DataFrame) -> None:
    """Offer the rows that are shown as files, for the office and for the public.

    Parameters
    ----------
    found
        The judgement.
    rows
        Which of its rows.
    """
    table = found.table[found.table["carrier_id"].isin(rows["carrier_id"])]
    remarks = underuse_remarks(found, dict(store.versions()))
    left, right = st.columns(2)
    with left:
        st.caption(_("Internal: with operators, owners, tax and output"))
        own = audience_copy(table, "internal")
        _file(found, own, "underused_space", internal=True, remarks=remarks)
    with right:
        st.caption(_("Public: without firm names, tax and output"))
        public = audience_copy(table, "public")
        _file(found, public, "underused_space_public", internal=False, remarks=remarks)


def _file(
    found: Underuse, frame: pd.DataFrame, name: str, *, internal: bool, remarks: list[Text]
) -> None:
    worded = in_words(frame, underuse_words(store.catalogue(), found.card), lang())
    told = worded.assign(
        state=frame["state"].map(states.title), possible=frame["possible"].map(states.titles)
    )
    titles = {column: title for column, title in UNDERUSE_TITLES.items() if column in told}
    tables.save(
        told[list(titles)], name, UNDERUSE_TITLE, titles, internal=internal, remarks=remarks
    )


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    spec = store.catalogue().layer("carriers")
    belt = store.catalogue().layer("zones").field("belt")
    in_pack = set(pack_list.chosen())
    return pd.DataFrame(
        {
            _("State"): rows["state"].map(states.title),
            card.heading(spec.field("name")): rows["title"],
            _("Evidence"): rows["evidence_share"] * 100,
            _("Recoverable (m²)"): rows["recoverable_area_m2"].round(),
            _("Rank"): [
                _rank(*row) for row in _numbers(rows, "rank_low", "rank_high", "p_worst_third")
            ],
            _("Vacancy (%)"): rows["vacancy_rate"] * 100,
            _("Months vacant"): rows["vacant_months"],
            card.heading(spec.field("largest_vacant_m2")): rows["largest_vacant_m2"],
            _("Why this state"): rows[f"reason_{lang()}"],
            _("Could be"): rows["possible"].map(states.titles),
            _("Recoverable, if unknown (m²)"): [
                "" if low == high else words.span(low, high)
                for low, high in _numbers(rows, "recoverable_low", "recoverable_high")
            ],
            _("Class"): card.column(spec.field("carrier_class"), rows["carrier_class"]),
            _("Zone"): rows["belts"].map(
                lambda cell: ", ".join(belt.choice_title(one, lang()) for one in items_of(cell))
            ),
            card.heading(spec.field("vacant_area_m2")): rows["vacant_area_m2"],
            card.heading(spec.field("rent_yuan_m2_day")): rows["rent_yuan_m2_day"],
            _("Walk to the metro (m)"): rows["metro_walk_m"].round(),
            _("Available from"): pd.to_datetime(rows["available_from"]),
            _("In the pack"): rows["carrier_id"].isin(in_pack),
            _("Data"): rows["sample"].map(lambda v: _("sample") if v is True else ""),
        }
    ).reset_index(drop=True)


def _numbers(rows: pd.DataFrame, *names: str) -> list[list[float]]:
    found: list[list[float]] = rows[list(names)].astype("float64").to_numpy().tolist()
    return found


def _rank(low: float, high: float, worst: float) -> str:
    mark = f" {words.WORST_MARK}" if worst >= SURELY_WORST else ""
    return words.ranks(low, high) + mark


def _columns() -> dict[str, Any]:
    column = st.column_config
    spec = store.catalogue().layer("carriers")
    whole = column.NumberColumn(format="localized", step=1)
    return {
        **card.column_config(
            [spec.field(n) for n in ("largest_vacant_m2", "vacant_area_m2", "rent_yuan_m2_day")]
        ),
        _("State"): column.TextColumn(width=130),
        card.heading(spec.field("name")): column.TextColumn(width=150),
        _("Evidence"): column.ProgressColumn(format="%.0f%%", min_value=0, max_value=100, width=90),
        _("Recoverable (m²)"): whole,
        _("Rank"): column.TextColumn(width=80),
        _("Vacancy (%)"): column.NumberColumn(format="%.1f%%"),
        _("Months vacant"): column.NumberColumn(format="%d"),
        _("Why this state"): column.TextColumn(width="large"),
        _("Walk to the metro (m)"): whole,
        _("Available from"): column.DateColumn(format="YYYY-MM-DD"),
    }
