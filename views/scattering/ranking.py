"""The parks from most to least scattered, with the interval over the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from geo import district
from layers.results import RANKING_TITLES
from views import charts
from views import links
from views import park_detail
from views import park_table
from views.scattering import charts as drawn
from views.text import _
from views.text import lang
from views.text import num

if TYPE_CHECKING:
    import pandas as pd

    from geo.scatter import ScatterResult

_SHARE, _RANK = "share", "rank"
_COLUMNS = {
    _SHARE: ("largest_cluster_share", "share_low", "share_high"),
    _RANK: ("rank", "rank_low", "rank_high"),
}


def show(result: ScatterResult) -> None:
    """Show the ranking."""
    found = district.ranking(result.table, result.runs)
    several = found[found["enclaves"].gt(0).fillna(value=False) & found["rank"].notna()]
    if several.empty:
        st.info(_("No park has two sites, so there is nothing to rank."))
        return
    titles = {_SHARE: _("Largest walkable share"), _RANK: _("Rank (1 = most scattered)")}
    way = st.segmented_control(
        _("Ranked by"),
        list(titles),
        format_func=titles.__getitem__,
        default=_SHARE,
        required=True,
        # With the language in its key, because a choice is lost when its titles change.
        key=f"scatter_rank_by:{lang()}",
    )
    frame = _frame(several, str(way))
    charts.show(
        drawn.ranking(frame, titles[str(way)], share=way == _SHARE),
        frame,
        {
            "park": _("Park"),
            "flag_title": _("Flag"),
            "form_title": _("Form"),
            "rank": _("Rank (1 = most scattered)"),
            "rank_low": _("Smallest rank of the runs"),
            "rank_high": _("Largest rank of the runs"),
            "largest_cluster_share": _("Largest walkable share"),
            "share_low": _("Smallest share of the runs"),
            "share_high": _("Largest share of the runs"),
            "enclaves": _("Enclaves"),
            "stability": _("Stability"),
        },
        key="scatter_chart_ranking",
        says=_("The parks from most to least scattered, with the interval over the runs"),
    )
    st.caption(
        _(
            "The mark is the park with the parameters of the page, the bar reaches over {runs} "
            "runs with other parameters. {n} parks with one site or without known site stand at "
            "the end and are not drawn."
        ).format(runs=len(list(result.parameters.walks())), n=num(len(found) - len(several)))
    )
    park_table.save(found, "ranking", RANKING_TITLES, result)


def _frame(ranked: pd.DataFrame, way: str) -> pd.DataFrame:
    value, low, high = (ranked[name].astype("float64") for name in _COLUMNS[way])
    return ranked.assign(
        park=park_table.distinct_names(ranked),
        flag_title=ranked["flag"].map(links.flag_title),
        form_title=ranked["form"].map(park_detail.form_title),
        value=value,
        low=low,
        high=high,
    )
