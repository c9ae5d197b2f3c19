"""The table of all parks with flag, numbers and reason, as two pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.export.tables import in_words
from layers.i18n import unknown
from layers.marks import is_sample
from layers.results import SCATTER_TITLES
from layers.results import SCATTER_WORDS
from layers.results import TABLE_TITLES
from layers.results import scatter_remarks
from layers.results import with_origin
from views import card
from views import links
from views import park_detail
from views import store
from views import tables
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scatter import ScatterResult
    from layers.errors import Text

_ORIGIN = ("rule_version", "parameters", "sample")
_URGENCY = ("red", "yellow", "undecided", "green")
_VISIT = "parks_visit"


def most_urgent_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the parks that need a planner's eye first, named in the session's language.

    Parameters
    ----------
    table
        :attr:`geo.scatter.ScatterResult.table`.

    Returns
    -------
    DataFrame
        The same rows with ``park_class``.
    """
    urgency = table["flag"].map({flag: n for n, flag in enumerate(_URGENCY)})
    table = table.loc[urgency.sort_values(kind="stable").index]
    if not store.has("parks"):
        return table.assign(park_class=None)
    classes = store.table("parks").set_index("park_id")["park_class"]
    return table.assign(
        park_class=table["park_id"].map(classes), park_name=names(table["park_id"], table)
    )


def names(park_ids: pd.Series[str], table: pd.DataFrame) -> pd.Series[str]:
    """Return the names of parks in the session's language; the id of a nameless one.

    Parameters
    ----------
    park_ids
        The parks.
    table
        Has ``park_id`` and ``park_name`` of parks that may not be in the layer.
    """
    told = table.set_index("park_id")["park_name"]
    found = park_ids.map(card.titles("parks")).fillna(park_ids.map(told)).fillna(park_ids)
    return found.astype("str")


def distinct_names(table: pd.DataFrame) -> pd.Series[str]:
    """Return the names of the parks of a table, with the id where two have the same name."""
    told = names(table["park_id"], table).str.replace(r"\s+", " ", regex=True)
    return told.where(~told.duplicated(keep=False), told + " · " + table["park_id"])


def sample_badge(table: pd.DataFrame) -> None:
    """Say that holdings are sample data, if any of these are."""
    if bool(is_sample(table).any()):
        links.sample_badge(links.sample_note())


def show(table: pd.DataFrame, result: ScatterResult) -> None:
    """Show the parks as a table, open the one that is ticked, and offer it as a file.

    Parameters
    ----------
    table
        Rows of ``result.table``, see :func:`most_urgent_first`.
    result
        Where they are from.
    """
    # A new key after each visit, so that coming back does not find the row still ticked.
    visit = st.session_state.get(_VISIT, 0)
    shown = _shown(table)
    row = tables.pick_row(shown, key=f"parks_table_{visit}", config=_columns(), most_px=620)
    st.caption(
        _(
            "Tick a row to open the park's page. Distances are walks: straight line × {detour}."
        ).format(detour=result.parameters.detour)
    )
    save(table, "parks", SCATTER_TITLES, result)
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        st.query_params[links.PARK] = str(table["park_id"].iloc[row])
        st.rerun()


def save(frame: pd.DataFrame, kind: str, titles: Mapping[str, Text], result: ScatterResult) -> None:
    """Offer a table of scatter as a file that says by which rule it was made.

    Parameters
    ----------
    frame
        The table; columns without a title are left out.
    kind
        A key of :data:`layers.results.TABLE_TITLES`.
    titles
        Titles of the columns.
    result
        What the table was made from.
    """
    marked = in_words(with_origin(frame, result), SCATTER_WORDS, lang())
    told = {**titles, **{name: SCATTER_TITLES[name] for name in _ORIGIN}}
    tables.save(
        marked[[name for name in told if name in marked]],
        f"scatter_{kind}",
        TABLE_TITLES[kind],
        told,
        internal=False,
        remarks=scatter_remarks(result, dict(store.versions())),
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    spec = store.catalogue().layer("parks").field("park_class")
    return pd.DataFrame(
        {
            _("Flag"): table["flag"].map(links.flag_title),
            _("Park"): table["park_name"],
            _("Class"): table["park_class"].map(
                lambda v: "" if unknown(v) else spec.choice_title(v, lang())
            ),
            _("Form"): table["form"].map(park_detail.form_title),
            _("Sites"): table["sites"],
            _("Effective sites"): table["effective_sites"],
            # Rounded here, because the table would cut the decimals off.
            _("Mean distance (m)"): table["mean_distance_m"].round(),
            _("Largest walkable share"): table["largest_cluster_share"] * 100,
            _("Longest gap (m)"): table["longest_gap_m"].round(),
            _("In zones"): table["zone_share"] * 100,
            _("Chance test p"): table["p_low"],
            _("Stability"): table["stability"] * 100,
            _("Floor area (m²)"): table["floor_area_m2"].round(),
            _("Data"): table["sample"].map(lambda v: _("sample") if v is True else ""),
            _("Why this flag"): table["reason_zh" if lang() == "zh" else "reason_en"],
        }
    ).reset_index(drop=True)


def _columns() -> dict[str, Any]:
    column = st.column_config
    whole = {
        name: column.NumberColumn(format="localized", step=1)
        for name in (
            _("Mean distance (m)"),
            _("Longest gap (m)"),
            _("Floor area (m²)"),
            _("Sites"),
        )
    }
    shares = {
        name: column.NumberColumn(format="%.0f%%")
        for name in (_("Largest walkable share"), _("In zones"), _("Stability"))
    }
    return {
        **whole,
        **shares,
        _("Effective sites"): column.NumberColumn(format="%.2f"),
        _("Chance test p"): column.NumberColumn(format="%.3f"),
        _("Park"): column.TextColumn(width="medium"),
        _("Flag"): column.TextColumn(width=100),
        _("Why this flag"): column.TextColumn(width="large"),
    }
