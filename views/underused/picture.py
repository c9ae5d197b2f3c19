"""The map of building space by state; a click chooses a carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from views import legend
from views import links
from views import mapview
from views import overview
from views import store
from views.text import _
from views.text import lang
from views.text import num
from views.text import pick
from views.underused import states

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_HEIGHT = 470
_CONTEXT = ("district", "zones")
_CARRIERS = "carriers"


def show(rows: pd.DataFrame) -> None:
    """Show carriers on the map, coloured by state.

    Parameters
    ----------
    rows
        Has ``carrier_id`` and ``state``.
    """
    register = store.table(_CARRIERS)
    everything = store.located(register)
    layer = _layer(everything, rows, large=len(register) > MOST_VECTORS)
    context = [overview.map_layer(s) for s in store.shown_layers() if s.key in _CONTEXT]
    with st.container(key="page-map"):
        mapview.show(
            Picture(
                layers=[*context, layer],
                selected=f"{_CARRIERS}:{st.session_state.get(links.CARRIER, '')}",
                marks=overview.marks([entry.frame for entry in (*context, layer)]),
                attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
            ),
            key="space",
            bounds=overview.extent([everything]),
            height=_HEIGHT,
            on_click=_choose,
        )
    legend.show(layer.style, layer.frame, "point")
    missing = len(rows) - len(layer.frame)
    if missing:
        st.caption(_("{n} carriers are not located and stand only in the table.").format(n=missing))
    st.caption(_("Click a carrier for its card. Shown here: {n}.").format(n=num(len(layer.frame))))


def layer(rows: pd.DataFrame) -> MapLayer:
    """Return the located carriers by state, as a layer of a map; see :func:`show`."""
    register = store.table(_CARRIERS)
    return _layer(store.located(register), rows, large=len(register) > MOST_VECTORS)


def _layer(everything: gpd.GeoDataFrame, rows: pd.DataFrame, *, large: bool) -> MapLayer:
    spec = store.catalogue().layer(_CARRIERS)
    state = rows.set_index("carrier_id")["state"]
    located = everything[everything["carrier_id"].isin(state.index)]
    english = lang() == "en" and "name_en" in located
    name_field = "name_en" if english else spec.name_field
    return MapLayer(
        key=_CARRIERS,
        kind=pick(spec.title),
        frame=located.assign(state=located["carrier_id"].map(state)),
        style=states.style(name_field),
        id_field=spec.id_field,
        name_field=name_field,
        priority=50,
        ticket=store.ticket(spec, name_field=name_field) if large else None,
    )


def _choose(feature: str) -> None:
    layer, _colon, identifier = feature.partition(":")
    if layer == _CARRIERS:
        st.session_state[links.CARRIER] = identifier
