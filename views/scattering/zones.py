"""How much of every park lies in which belt, on a border, and outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.results import BELT_TITLES
from views import charts
from views import park_table
from views import store
from views.scattering import charts as drawn
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from geo.scatter import ScatterResult


def show(result: ScatterResult) -> None:
    """Show the shares in the zones."""
    known = result.table[result.table["zone_share"].notna()]
    if known.empty:
        st.info(_("There are no zones, or no park is located, so no share can be told."))
        return
    found, parts = frame(result, known)
    charts.show(
        drawn.zones(found, parts),
        found,
        {"park": _("Park"), "part": _("Zone"), "share": _("Share of the park")},
        key="scatter_chart_zones",
        says=_("How much of every park lies in which belt, on a border, and outside"),
    )
    st.caption(
        _(
            "Zones are sketches until an official boundary is there: what lies on a line is "
            "neither inside nor outside. Belts that overlap add up to more than 100%."
        )
    )
    named = result.belts.assign(park_name=park_table.names(result.belts["park_id"], result.table))
    park_table.save(named, "belts", BELT_TITLES, result)


def frame(result: ScatterResult, known: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return what the picture of the zones is drawn from, and the parts in their order.

    Parameters
    ----------
    result
        What was found.
    known
        The rows of its table whose share in the zones is known.

    Returns
    -------
    tuple
        One row a park and part with a share above 0: ``park``, ``part``, ``place``
        (order of the part) and ``share``; parks with most inside first. The last two
        parts are the border and what is outside.
    """
    field = store.catalogue().layer("zones").field("belt")
    belts = sorted(result.belts["belt"].dropna().unique()) if len(result.belts) else []
    titles = {belt: field.choice_title(belt, lang()) for belt in belts}
    border, outside = _("on a border, to be checked"), _("outside the zones")
    parts = [*titles.values(), border, outside]
    shares = [
        *((titles[belt], _of_belt(result, belt, known)) for belt in belts),
        (border, known["zone_border_share"]),
        (outside, known["zone_outside_share"]),
    ]
    names = park_table.distinct_names(known)
    found = pd.concat(
        [
            pd.DataFrame(
                {
                    "park": names,
                    "inside": known["zone_share"],
                    "part": part,
                    "place": place,
                    "share": share,
                }
            )
            for place, (part, share) in enumerate(shares)
        ]
    )
    found = found[found["share"].gt(0)].sort_values(
        ["inside", "park", "place"], ascending=[False, True, True]
    )
    return found.drop(columns="inside").reset_index(drop=True), parts


def _of_belt(result: ScatterResult, belt: str, known: pd.DataFrame) -> pd.Series[float]:
    """Return the share of every park in a belt, on the index of `known`."""
    own = result.belts[result.belts["belt"].eq(belt)].set_index("park_id")["share"]
    return known["park_id"].map(own)
