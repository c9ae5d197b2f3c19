"""总览: the map, its layers and legend, search, and the card of an object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from layers.marks import is_sample
from layers.marks import is_sketch
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from layers.picture import View
from layers.shapes import EAST
from layers.shapes import NORTH
from layers.shapes import SOUTH
from layers.shapes import WEST
from layers.webmap import Tools
from views import basemap
from views import card
from views import explore
from views import layerlist
from views import links
from views import mapview
from views import permalink
from views import place
from views import printing
from views import store
from views.permalink import ON
from views.permalink import SELECTED
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from streamlit.elements.lib.mutable_popover_container import PopoverContainer

    from layers.catalogue import LayerSpec
    from layers.picture import Bounds

_FAINT = {"places", "district"}
_PRIORITY = {"zones": 60, "parks": 50, "campuses": 40, "stations": 30, "places": 10}
_MARGIN = 0.004


def render() -> None:
    """Show the page."""
    specs = layerlist.ordered(store.shown_layers())
    if not specs:
        st.info(_("This workspace holds no layers yet. Import some with `atlas import`."))
        return
    permalink.restore(specs)
    with st.sidebar:
        layerlist.search(specs)
        # What is not open is not run, and makes no elements.
        with _popover(_("Theme and filter"), "open_themes") as themes:
            if themes.open:
                explore.panel(specs)
        listed = st.container()
        with _popover(_("Order and opacity"), "open_order") as order:
            if order.open:
                layerlist.arrange(specs)
        with _popover(_("Base map"), "open_ground") as ground:
            if ground.open:
                basemap.control()
    permalink.tell()
    drawn = [s for s in specs if st.session_state.get(ON + s.key, s.visible)]
    layers = [map_layer(spec, explored=True) for spec in drawn]
    map_column, side_column = st.columns([7, 3], gap="small")
    with map_column, st.container(key="full-map"):
        if not _has_places(specs):
            st.info(
                _(
                    "Nothing in this district has a place yet, so the map is empty; "
                    "the table lists what there is."
                )
            )
        mapview.show(
            _picture(layers),
            key="overview",
            bounds=home(),
            height=640,
            tools=Tools(permalink=True, print=True),
            on_click=select,
        )
        printing.below_map(layers, explore.sentences(drawn))
    # After the map, which people wait for; its switches are known from the session.
    with listed:
        layerlist.layer_list(specs)
    with side_column, st.container(key="card"):
        _side(drawn)
    permalink.keep(specs)


def _has_places(specs: list[LayerSpec]) -> bool:
    """Tell whether something is located; large layers are on the map, so they are not read."""
    return any(
        store.rows(spec.key) > MOST_VECTORS or len(store.located(store.table(spec.key)))
        for spec in specs
    )


def _popover(title: str, key: str) -> PopoverContainer:
    return st.popover(title, width="stretch", key=key, on_change="rerun")


def select(feature: str, *, focus: bool = False) -> None:
    """Make a feature the selected one, and show its card.

    Parameters
    ----------
    feature
        ``layer:id``.
    focus
        Whether to move the map to it.
    """
    st.session_state[SELECTED] = feature
    st.session_state[layerlist.SIDE] = layerlist.CARD
    if focus:
        layerlist.focus_on(feature)


def home() -> Bounds:
    """Return what a map shows first: the lowest polygon layer, else everything."""
    specs = store.shown_layers()
    ground = next((s for s in specs if s.geometry == ("polygon",)), next(iter(specs), None))
    frame = store.located(store.table(ground.key)) if ground is not None else None
    if frame is None or frame.empty:
        return _nothing_yet()
    west, south, east, north = (float(v) for v in frame.total_bounds)
    return (west, south, east, north)


def _nothing_yet() -> Bounds:
    """Return where the edition says that its place is, else the country."""
    west, south, east, north = store.catalogue().place.bounds or (WEST, SOUTH, EAST, NORTH)
    return (west, south, east, north)


def extent(frames: list[gpd.GeoDataFrame], margin: float = 0.0) -> Bounds:
    """Return what holds all features, with a margin in degrees; the district if there are none."""
    bounds = np.array([frame.total_bounds for frame in frames if len(frame)], dtype="float64")
    if not len(bounds):
        return home()
    low, high = bounds[:, :2].min(axis=0) - margin, bounds[:, 2:].max(axis=0) + margin
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _picture(layers: list[MapLayer]) -> Picture:
    focus, token = _focus()
    return Picture(
        layers=layers,
        selected=st.session_state.get(SELECTED, ""),
        marks=marks([layer.frame for layer in layers]),
        attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
        focus=focus,
        focus_token=token,
    )


def _focus() -> tuple[Bounds | View | None, str]:
    """Return where the map is to move: to what was searched for last, or as a link says."""
    feature, number = st.session_state.get(layerlist.FOCUS, ("", 0))
    extent = _extent(feature)
    if extent is not None:
        return extent, f"{feature}#{number}"
    return permalink.view() or (None, "")


def map_layer(spec: LayerSpec, *, explored: bool = False) -> MapLayer:
    """Return a layer of the workspace as the map draws it.

    Parameters
    ----------
    spec
        The layer.
    explored
        Whether with the theme and the filters that were chosen for it.
    """
    style = explore.style(spec) if explored else store.styles()[spec.key]
    table = explore.shown(spec) if explored else store.spatial(spec.key)
    english = lang() == "en" and "name_en" in table
    name_field = "name_en" if english else spec.name_field
    if english and style.label_field == "name":
        style = replace(style, label_field="name_en")
    large = store.rows(spec.key) > MOST_VECTORS
    return MapLayer(
        key=spec.key,
        kind=pick(spec.title),
        frame=table if large else store.located(table),
        style=style,
        id_field=spec.id_field,
        name_field=name_field,
        opacity=st.session_state.get(layerlist.OPACITY + spec.key, 100) / 100,
        interactive=spec.key != "district",
        label_class="faint" if spec.key in _FAINT else "",
        priority=_PRIORITY.get(spec.key, 20),
        ticket=store.ticket(spec, name_field=name_field) if large else None,
    )


def marks(frames: list[pd.DataFrame]) -> list[str]:
    """Return the notes a map needs for what it shows (示例数据, 示意)."""
    found = []
    if any(bool(is_sample(frame).any()) for frame in frames):
        found.append(_("Sample data included"))
    if any(bool(is_sketch(frame).any()) for frame in frames):
        found.append(_("Dashed = sketch, not official"))
    return found


def _extent(feature: str) -> Bounds | None:
    found = card.find(feature) if feature else None
    geometry = found[1].get("geometry") if found else None
    if geometry is None:
        return None
    west, south, east, north = geometry.bounds
    return (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)


def _side(drawn: list[LayerSpec]) -> None:
    """Show the card of the selected object, the figures of the district, or a table."""
    names = {layerlist.CARD: _("Card"), layerlist.TABLE: _("Table")}
    st.session_state.setdefault(layerlist.SIDE, layerlist.CARD)
    way = st.segmented_control(
        _("Beside the map"),
        list(names),
        format_func=names.__getitem__,
        key=layerlist.SIDE,
        required=True,
        label_visibility="collapsed",
    )
    if way == layerlist.TABLE:
        picked = explore.table(drawn)
        if picked and picked != st.session_state.get(SELECTED):
            st.session_state[SELECTED] = picked
            layerlist.focus_on(picked)
            st.rerun()
        return
    found = card.find(st.session_state.get(SELECTED, ""))
    if found is None:
        _summary()
        return
    spec, row = found
    card.show(spec, row)
    links.buttons(spec, row)
    if st.button(_("Close card"), type="tertiary", key="close-card"):
        st.session_state.pop(SELECTED, None)
        st.rerun()


def _summary() -> None:
    district = place.current().district
    title = pick(store.catalogue().title)
    st.markdown(f"### {md(pick(district.title))}" if district else f"### {md(title)}")
    st.caption(_("Click an object on the map, or search for it, to see its card."))
    figures = [
        (pick(spec.title), len(store.table(spec.key)), len(store.located(store.table(spec.key))))
        for spec in reversed(store.shown_layers())
        if spec.group != "context"
    ]
    cells = "".join(
        f"<div><b>{num(total)}</b><span>{esc(name)}"
        + (f"<br>{esc(_('not located'))} {num(total - placed)}" if total > placed else "")
        + "</span></div>"
        for name, total, placed in figures
    )
    st.html(f'<div class="atlas-figures">{cells}</div>')
    links.flag_summary()
