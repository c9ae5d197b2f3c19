"""园区: all parks with flag and numbers, and the page of one park."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo.district import totals
from layers.errors import AtlasError
from views import figures
from views import filters
from views import links
from views import park_detail
from views import park_table
from views import store
from views.text import _
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from geo.scatter import ScatterResult

_CLASSES = "parks_classes"
_FLAGS = "parks_flags"
_NAME = "parks_name"


def render() -> None:
    """Show the page."""
    if not store.has("carriers"):
        st.info(no_parks())
        return
    try:
        with st.spinner(_("Computing scatter …"), show_time=False):
            result = store.scatter()
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    park = asked_park(result)
    if park is None:
        _overview(result)
    else:
        park_detail.show(result, park)
        if st.button(_("Try other parameters")):
            links.open_scatter(park)


def no_parks() -> str:
    """Return what is said when there is nothing to measure."""
    if store.has("parks"):
        return _(
            "Parks are here, but no building space to measure them by. Import a layer of building "
            "space first."
        )
    return _("No parks yet. Import a layer of parks or building space first.")


def asked_park(result: ScatterResult) -> str | None:
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


def flag_figures(table: pd.DataFrame) -> None:
    """Show how many parks there are, of which flag, with how many enclaves together."""
    found = totals(table)
    cells = [
        (num(found.parks), _("parks")),
        *((num(found.flags[flag]), links.flag_title(flag)) for flag in links.FLAG_MARKS),
        (num(found.enclaves), _("enclaves (sites beyond each park's first)")),
    ]
    figures.show(cells)


def _overview(result: ScatterResult) -> None:
    st.markdown(f"### {_('Parks: are their spaces scattered?')}")
    table = park_table.most_urgent_first(result.table)
    with st.sidebar:
        shown = _filtered(table)
    flag_figures(shown)
    if shown.empty:
        st.info(_("No park matches these filters."))
        return
    park_table.sample_badge(shown)
    park_table.show(shown, result)


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
