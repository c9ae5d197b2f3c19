"""总览: the map, its layers and legend, search, and the card of an object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from layers.marks import is_sample
from layers.marks import is_sketch
from layers.webmap import MapLayer
from layers.webmap import Picture
from views import basemap
from views import card
from views import legend
from views import links
from views import mapview
from views import store
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    import pandas as pd

    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle
    from layers.webmap import Bounds

SELECTED = "selected"
_ON = "layer_on:"
_OPACITY = "layer_opacity:"
_ORDER = "layer_order"
_SEARCH = "search"
_FOCUS = "focus"
_FAINT = {"places", "district"}
_PRIORITY = {"zones": 60, "parks": 50, "campuses": 40, "stations": 30, "places": 10}
_MARGIN = 0.004


def render() -> None:
    """Show the page."""
    specs = _ordered(store.shown_layers())
    if not specs:
        st.info(_("This workspace holds no layers yet. Import some with `atlas import`."))
        return
    with st.sidebar:
        _search(specs)
        _layer_list(specs)
        with st.popover(_("Order, opacity, base map"), width="stretch"):
            _arrange(specs)
            basemap.control()
    drawn = [s for s in specs if st.session_state.get(_ON + s.key, s.visible)]
    map_column, card_column = st.columns([7, 3], gap="small")
    with map_column, st.container(key="full-map"):
        clicked = mapview.show(_picture(drawn), key="overview", bounds=_home(specs), height=640)
    if clicked and clicked != st.session_state.get(SELECTED):
        st.session_state[SELECTED] = clicked
        st.rerun()
    with card_column, st.container(key="card"):
        _side()


def _ordered(specs: list[LayerSpec]) -> list[LayerSpec]:
    """Return the layers bottom first, as the user has arranged them."""
    wanted: list[str] = st.session_state.get(_ORDER, [])
    place = {key: number for number, key in enumerate(wanted)}
    return sorted(specs, key=lambda s: (place.get(s.key, s.order), s.order))


def _home(specs: list[LayerSpec]) -> Bounds:
    """Return what the map shows first: the lowest polygon layer, else everything."""
    ground = next((s for s in specs if s.geometry == ("polygon",)), specs[0])
    frame = store.located(store.table(ground.key))
    if frame.empty:
        return (121.4, 31.2, 121.6, 31.4)
    west, south, east, north = (float(v) for v in frame.total_bounds)
    return (west, south, east, north)


def _search(specs: list[LayerSpec]) -> None:
    named = tuple(s.key for s in reversed(specs) if s.name_field != s.id_field)
    options = _search_options(store.identity(), store.versions(), named, lang())
    st.selectbox(
        _("Search by name"),
        list(options),
        format_func=options.__getitem__,
        index=None,
        key=_SEARCH,
        placeholder=_("Search parks, buildings, stations …"),
        label_visibility="collapsed",
        on_change=_found,
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _search_options(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions: store.Versions,  # noqa: ARG001 - the same
    keys: tuple[str, ...],
    lang: str,  # noqa: ARG001 - the same
) -> dict[str, str]:
    """Return what can be searched for: ``layer:id`` and what a person reads."""
    return {
        f"{key}:{identifier}": f"{title} · {pick(store.catalogue().layer(key).title)}"
        for key in keys
        for identifier, title in card.titles(key).items()
    }


def _found() -> None:
    feature = st.session_state.get(_SEARCH)
    if feature:
        st.session_state[SELECTED] = feature
        st.session_state[_ON + feature.partition(":")[0]] = True
        st.session_state[_FOCUS] = (feature, st.session_state.get(_FOCUS, ("", 0))[1] + 1)


def _layer_list(specs: list[LayerSpec]) -> None:
    """Show the layers by group, top first, each with its legend."""
    for group in store.catalogue().groups:
        members = [s for s in reversed(specs) if s.group == group.key]
        if not members:
            continue
        st.caption(f"**{md(pick(group.title))}**")
        for spec in members:
            _layer_row(spec)


def _layer_row(spec: LayerSpec) -> None:
    frame = store.table(spec.key)
    style = store.styles()[spec.key]
    kind = legend.geometry_kind(spec, frame)
    located = store.located(frame)
    count = num(len(located))
    if len(located) < len(frame):
        count += f"/{num(len(frame))}"
    switch, signs = st.columns([7, 3], gap=None, vertical_alignment="center")
    # The label is plain text, because screen readers read it as it is.
    on = switch.checkbox(
        f"{md(pick(spec.title))} · {count}",
        value=spec.visible,
        key=_ON + spec.key,
        persist_state="session",
    )
    signs.html(_signs(style, frame, kind), width="stretch")
    rows = legend.legend_rows(style, located, kind) if on else ""
    if rows:
        st.html(rows)


def _signs(style: LayerStyle, frame: pd.DataFrame, kind: str) -> str:
    """Return the symbol of a layer that has one, and its marks, as HTML."""
    sketched = bool(is_sketch(frame).all())
    badges = [
        f'<span class="atlas-badge {css}">{esc(text)}</span>'
        for css, text, present in (
            ("sample", _("sample"), bool(is_sample(frame).any())),
            ("sketch", _("sketch"), sketched),
        )
        if present
    ]
    symbol = style.default.sketched() if sketched else style.default
    picture = "" if style.classes else legend.picture(symbol, kind)
    return f'<div class="atlas-signs">{picture}{"".join(badges)}</div>'


def _arrange(specs: list[LayerSpec]) -> None:
    """Let the user order layers and set their opacity, top first."""
    keys = [s.key for s in specs]
    for spec in reversed(specs):
        name, slider, up, down = st.columns([4, 5, 1, 1], vertical_alignment="center")
        name.markdown(md(pick(spec.title)))
        slider.slider(
            _("Opacity"),
            0,
            100,
            100,
            step=5,
            format="%d%%",
            key=_OPACITY + spec.key,
            persist_state="session",
            label_visibility="collapsed",
        )
        place = keys.index(spec.key)
        up.button(
            "↑",
            key=f"up:{spec.key}",
            help=_("Draw above the next layer"),
            type="tertiary",
            disabled=place == len(keys) - 1,
            on_click=_move,
            args=(keys, place, place + 1),
        )
        down.button(
            "↓",
            key=f"down:{spec.key}",
            help=_("Draw below the next layer"),
            type="tertiary",
            disabled=place == 0,
            on_click=_move,
            args=(keys, place, place - 1),
        )
    st.button(_("Default order"), on_click=lambda: st.session_state.pop(_ORDER, None))


def _move(keys: list[str], source: int, target: int) -> None:
    changed = list(keys)
    changed[source], changed[target] = changed[target], changed[source]
    st.session_state[_ORDER] = changed


def _picture(specs: list[LayerSpec]) -> Picture:
    drawn = [map_layer(spec) for spec in specs]
    feature, number = st.session_state.get(_FOCUS, ("", 0))
    return Picture(
        layers=drawn,
        selected=st.session_state.get(SELECTED, ""),
        marks=marks([layer.frame for layer in drawn]),
        attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
        focus=_extent(feature),
        focus_token=f"{feature}#{number}",
    )


def map_layer(spec: LayerSpec) -> MapLayer:
    """Return a layer of the workspace as the map draws it."""
    style = store.styles()[spec.key]
    frame = store.located(store.table(spec.key))
    if lang() == "en" and style.label_field == "name" and "name_en" in frame:
        style = replace(style, label_field="name_en")
    return MapLayer(
        key=spec.key,
        kind=pick(spec.title),
        frame=frame,
        style=style,
        id_field=spec.id_field,
        name_field="name_en" if lang() == "en" and "name_en" in frame else spec.name_field,
        opacity=st.session_state.get(_OPACITY + spec.key, 100) / 100,
        interactive=spec.key != "district",
        label_class="faint" if spec.key in _FAINT else "",
        priority=_PRIORITY.get(spec.key, 20),
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


def _side() -> None:
    """Show the card of the selected object, or the figures of the district."""
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
    cat = store.catalogue()
    st.markdown(f"### {md(pick(cat.title))}")
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
