"""All parks: figures, the parks together, and five views of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from views import figures
from views import park_table
from views import parks
from views import store
from views.scattering import address
from views.scattering import forms
from views.scattering import ranking
from views.scattering import trend
from views.scattering import zones
from views.text import _
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.scatter import ScatterResult
    from views.scattering.controls import Choice


def show(choice: Choice, result: ScatterResult) -> None:
    """Show the district; only the view that is chosen is made."""
    parks.flag_figures(result.table)
    _together(choice)
    park_table.sample_badge(result.table)
    titles = {
        address.LIST: _("List"),
        address.FORMS: _("Forms"),
        address.RANKING: _("Ranking"),
        address.ZONES: _("Zones"),
        address.TREND: _("Trend"),
    }
    chosen = st.segmented_control(
        _("View"),
        address.VIEWS,
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        **address.widget("view", titled=True),
    )
    views: dict[str, Callable[[], None]] = {
        address.LIST: lambda: _list(result),
        address.FORMS: lambda: forms.show(result),
        address.RANKING: lambda: ranking.show(result),
        address.ZONES: lambda: zones.show(result),
        address.TREND: lambda: trend.show(choice, result),
    }
    views[str(chosen)]()


def _list(result: ScatterResult) -> None:
    park_table.show(park_table.most_urgent_first(result.table), result)


def _together(choice: Choice) -> None:
    """Show the numbers of all parks taken as one holding."""
    st.caption(f"**{_('All parks together, as if they were one')}**")
    try:
        with st.spinner(_("Computing scatter …"), show_time=False):
            table = store.together(choice.parameters).table
    except AtlasError as error:
        st.caption(md(pick(error.text)))
        return
    except ValueError as error:
        st.caption(_("Not measured: {problem}").format(problem=md(error)))
        return
    if table.empty:
        return
    row = table.iloc[0]
    figures.show(
        (
            (num(row["sites"]), _("sites")),
            (num(row["effective_sites"], digits=1), _("effective sites")),
            (num(row["mean_distance_m"], unit="m"), _("mean distance on foot")),
            (pct(row["largest_cluster_share"]), _("in the largest walkable cluster")),
            (num(row["longest_gap_m"], unit="m"), _("longest gap")),
        )
    )
    if row["weighting"] == "count":
        st.caption(_("Some floor areas are missing, so spaces are counted, not weighted by area."))
