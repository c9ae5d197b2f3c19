"""园区: all parks with flag and numbers, and the page of one park."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.i18n import unknown
from layers.marks import is_sample
from layers.results import SCATTER_TITLE
from layers.results import SCATTER_TITLES
from views import card
from views import figures
from views import filters
from views import links
from views import park_detail
from views import store
from views import tables
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from geo.scatter import ScatterResult

_URGENCY = ("red", "yellow", "undecided", "green")
_VISIT = "parks_visit"
_CLASSES = "parks_classes"
_FLAGS = "parks_flags"
_NAME = "parks_name"


def render() -> None:
    """Show the page."""
    if not store.has("parks") and not store.has("carriers"):
        st.info(_("No parks yet. Import a layer of parks or building space first."))
        return
    try:
        with st.spinner(_("Computing scatter …"), show_time=False):
            result = store.scatter()
    except AtlasError as error:
        st.error(pick(error.text))
        return
    park = _chosen(result)
    if park is None:
        _overview(result)
    else:
        park_detail.show(result, park)


def _chosen(result: ScatterResult) -> str | None:
    """Return the park that the address of the page names, if there is one.

    Only the address counts: so the browser's Back, a bookmark and the navigation
    all lead where they say.
    """
    asked = st.query_params.get(links.PARK)
    if asked is None:
        return None
    if not result.table["park_id"].eq(asked).any():
        st.warning(_("There is no park with the id {id}.").format(id=md(asked)))
        return None
    return asked


def _overview(result: ScatterResult) -> None:
    st.markdown(f"### {_('Parks: are their spaces scattered?')}")
    # The parks that need a planner's eye stand first.
    urgency = result.table["flag"].map({flag: n for n, flag in enumerate(_URGENCY)})
    table = _with_class(result.table.loc[urgency.sort_values(kind="stable").index])
    with st.sidebar:
        shown = _filtered(table)
    _figures(shown)
    if shown.empty:
        st.info(_("No park matches these filters."))
        return
    if bool(is_sample(shown).any()):
        st.html(
            f'<span class="atlas-badge sample">{esc(_("Sample data"))}</span>'
            f"<small>{esc(links.sample_note())}</small>"
        )
    _table(shown, result)


def _with_class(table: pd.DataFrame) -> pd.DataFrame:
    """Add the class of each park, and its name in the language of the session."""
    if not store.has("parks"):
        return table.assign(park_class=None)
    classes = store.table("parks").set_index("park_id")["park_class"]
    names = table["park_id"].map(card.titles("parks")).fillna(table["park_name"])
    return table.assign(park_class=table["park_id"].map(classes), park_name=names)


def _figures(table: pd.DataFrame) -> None:
    counts = table["flag"].value_counts()
    enclaves = (table["sites"] - 1).clip(lower=0).sum()
    cells = [
        (num(len(table)), _("parks")),
        *((num(counts.get(flag, 0)), links.flag_title(flag)) for flag in links.FLAG_MARKS),
        (num(enclaves), _("enclaves (sites beyond each park's first)")),
    ]
    figures.show(cells)


def _filtered(table: pd.DataFrame) -> pd.DataFrame:
    """Show the filters and return the parks that pass them."""
    filters.heading()
    text = st.text_input(_("Name contains"), key=_NAME, persist_state="session")
    flags = filters.pills(_("Flag"), list(links.FLAG_MARKS), links.flag_title, key=_FLAGS)
    field = store.catalogue().layer("parks").field("park_class")
    classes = filters.of_field(_("Class"), field, key=_CLASSES)
    keep = pd.Series(data=True, index=table.index)
    if text:
        keep &= table["park_name"].str.contains(text, case=False, regex=False, na=False)
    if flags:
        keep &= table["flag"].isin(flags)
    if classes:
        keep &= table["park_class"].isin(classes)
    return table[keep]


def _table(table: pd.DataFrame, result: ScatterResult) -> None:
    spec = store.catalogue().layer("parks").field("park_class")
    shown = pd.DataFrame(
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
            _("Stability"): table["stability"] * 100,
            _("Floor area (m²)"): table["floor_area_m2"].round(),
            _("Data"): table["sample"].map(lambda v: _("sample") if v is True else ""),
        }
    ).reset_index(drop=True)
    # A new key after each visit, so that coming back does not find the row still ticked.
    visit = st.session_state.get(_VISIT, 0)
    row = tables.pick_row(shown, key=f"parks_table_{visit}", config=_columns(), most_px=620)
    st.caption(
        _(
            "Tick a row to open the park's page. Distances are walks: straight line × {detour}."
        ).format(detour=result.parameters.detour)
    )
    tables.save(
        table[list(SCATTER_TITLES)].assign(flag=table["flag"].map(links.flag_title)),
        "scatter",
        SCATTER_TITLE,
        SCATTER_TITLES,
        internal=False,
    )
    if row is not None:
        st.session_state[_VISIT] = visit + 1
        st.query_params[links.PARK] = str(table["park_id"].iloc[row])
        st.rerun()


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
        _("Park"): column.TextColumn(width="medium"),
        _("Flag"): column.TextColumn(width=100),
    }
