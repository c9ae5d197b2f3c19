"""Small multiples: the sites of every park, all at one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo.flag import FORM_TITLES
from views import charts
from views import links
from views import park_detail
from views import park_table
from views.scattering import charts as drawn
from views.text import _
from views.text import num

if TYPE_CHECKING:
    from geo.scatter import ScatterResult

_MOST_PANELS = 60
_ROOM = 1.12
_LEAST_HALF_M = 100.0
_FORMS = list(FORM_TITLES)[::-1]


def show(result: ScatterResult) -> None:
    """Show the picture of the forms."""
    panels = panel_titles(result)
    if not panels:
        st.info(_("No park has two sites, so there is no form to draw."))
        return
    present = result.table.loc[result.table["park_id"].isin(panels), "form"]
    offered = [form for form in _FORMS if present.eq(form).any()]
    wanted = st.pills(
        _("Form"),
        offered,
        selection_mode="multi",
        format_func=park_detail.form_title,
        key="scatter_forms",
        persist_state="session",
    )
    if wanted:
        forms = dict(zip(result.table["park_id"], result.table["form"], strict=True))
        panels = {park: title for park, title in panels.items() if forms[park] in wanted}
    left_out = len(panels) - _MOST_PANELS
    panels = dict(list(panels.items())[:_MOST_PANELS])
    found = frame(result, panels)
    half_m = half_width_m(found)
    charts.show(
        drawn.forms(found, list(panels.values()), half_m),
        found[found["kind"].eq("site")],
        {
            "panel": _("Park"),
            "site": _("Site"),
            "cluster": _("Cluster"),
            "share": _("Share of the park"),
            "x_m": _("East of the centre (m)"),
            "y_m": _("North of the centre (m)"),
        },
        key="scatter_chart_forms",
        says=_("The sites of every park as circles, with the shortest tree between them"),
        stretch=False,
    )
    st.caption(
        _(
            "Circles are sites, sized by their share of the park. Solid lines can be walked, "
            "dashed ones cannot. Every panel is {width} wide."
        ).format(width=num(2 * half_m / 1000, digits=1, unit="km"))
    )
    if left_out > 0:
        st.caption(_("{n} more parks are not drawn; choose a form.").format(n=num(left_out)))


def panel_titles(result: ScatterResult) -> dict[str, str]:
    """Return the title of the panel of every park with two sites, by park and in order.

    The scattered forms stand first, and within a form the ids in their order. Titles
    are distinct, also where two parks have the same name.
    """
    table = result.table[result.table["sites"].ge(2).fillna(value=False)]
    place = table["form"].map({form: n for n, form in enumerate(_FORMS)})
    table = table.loc[place.sort_values(kind="stable", na_position="last").index]
    names = park_table.distinct_names(table)
    return {
        park: f"{name}\n{links.flag_title(flag)} · {park_detail.form_title(form)}"
        for park, name, flag, form in zip(
            table["park_id"], names, table["flag"], table["form"], strict=True
        )
    }


def frame(result: ScatterResult, panels: dict[str, str]) -> pd.DataFrame:
    """Return what the picture of the forms is drawn from.

    Parameters
    ----------
    result
        What was found.
    panels
        Title of the panel of every park that is drawn.

    Returns
    -------
    DataFrame
        One row a site and a link (``kind``): ``panel``; ``x_m``, ``y_m`` and, of a
        link, ``x2_m``, ``y2_m`` in metres from the park's weighted centre; of a site
        ``site`` (from 1), ``share`` of the park and ``cluster`` (from ``1``, the
        largest); of a link whether it is ``walkable``.
    """
    sites = result.sites[result.sites["park_id"].isin(panels)]
    links_ = result.tree[result.tree["park_id"].isin(panels)]
    share = sites["weight"] / sites.groupby("park_id")["weight"].transform("sum")
    x, y = shapely.get_coordinates(sites.geometry.to_numpy()).T
    centre = pd.DataFrame({"x": x * share, "y": y * share}).groupby(sites["park_id"]).sum()
    most = len(charts.CLUSTER_COLOURS)
    spots = pd.DataFrame(
        {
            "kind": "site",
            "panel": sites["park_id"].map(panels),
            "x_m": x - sites["park_id"].map(centre["x"]),
            "y_m": y - sites["park_id"].map(centre["y"]),
            "site": sites["site"] + 1,
            "share": share,
            "cluster": [str(c + 1) if c + 1 < most else f"{most}+" for c in sites["cluster"]],
        }
    )
    ends = shapely.get_coordinates(links_.geometry.to_numpy()).reshape(-1, 4)
    east, north = (links_["park_id"].map(centre[axis]).to_numpy("float64") for axis in "xy")
    ways = pd.DataFrame(
        {
            "kind": "link",
            "panel": links_["park_id"].map(panels),
            "x_m": ends[:, 0] - east,
            "y_m": ends[:, 1] - north,
            "x2_m": ends[:, 2] - east,
            "y2_m": ends[:, 3] - north,
            "walkable": links_["walkable"].astype("boolean"),
        }
    )
    return pd.concat([spots, ways], ignore_index=True)


def half_width_m(frame: pd.DataFrame) -> float:
    """Return half the width of a panel that holds the widest park, metres."""
    widest = np.nanmax(frame[["x_m", "y_m"]].abs().to_numpy("float64"), initial=0.0)
    return max(float(widest) * _ROOM, _LEAST_HALF_M)
