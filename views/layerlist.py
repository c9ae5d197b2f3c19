"""The layers of a map in the sidebar: search, switches, legend, order, opacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from layers.marks import is_sample
from layers.marks import is_sketch
from layers.picture import MOST_VECTORS
from views import card
from views import explore
from views import legend
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
    import pandas as pd

    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle

FOCUS = "focus"
SIDE = "overview_side"
CARD, TABLE = "card", "table"
OPACITY = "layer_opacity:"
_ORDER = "layer_order"
_SEARCH = "search"


def ordered(specs: list[LayerSpec]) -> list[LayerSpec]:
    """Return the layers bottom first, as the user has arranged them."""
    wanted: list[str] = st.session_state.get(_ORDER, [])
    place = {key: number for number, key in enumerate(wanted)}
    return sorted(specs, key=lambda s: (place.get(s.key, s.order), s.order))


def search(specs: list[LayerSpec]) -> None:
    """Let the user search by name."""
    # A list of ten thousand names helps nobody; such a layer is searched in its table.
    named = tuple(
        s.key
        for s in reversed(specs)
        if s.name_field != s.id_field and store.rows(s.key) <= MOST_VECTORS
    )
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
        st.session_state[ON + feature.partition(":")[0]] = True
        st.session_state[SIDE] = CARD
        focus_on(feature)


def focus_on(feature: str) -> None:
    """Move the map to ``layer:id``, also if it was moved there before."""
    st.session_state[FOCUS] = (feature, st.session_state.get(FOCUS, ("", 0))[1] + 1)


def layer_list(specs: list[LayerSpec]) -> None:
    """Show the layers by group, top first, each with its legend."""
    for group in store.catalogue().groups:
        members = [s for s in reversed(specs) if s.group == group.key]
        if not members:
            continue
        st.caption(f"**{md(pick(group.title))}**")
        for spec in members:
            _layer_row(spec)


def _layer_row(spec: LayerSpec) -> None:
    if store.rows(spec.key) > MOST_VECTORS and not st.session_state.get(
        ON + spec.key, spec.visible
    ):
        _unread_row(spec)
        return
    frame = store.table(spec.key)
    style = explore.style(spec)
    kind = store.geometry_kind(spec.key)
    shown = store.located(explore.shown(spec))
    count = num(len(shown))
    if count != num(len(frame)):
        count += f"/{num(len(frame))}"
    on = _switch(spec, count, _signs(style, frame, kind))
    if not on:
        return
    legend.show(style, shown, kind, inline=False)
    explore.caption(spec)


def _unread_row(spec: LayerSpec) -> None:
    """Show a large layer that is off: it is read when it is switched on."""
    style = store.styles()[spec.key]
    picture = "" if style.classes else legend.picture(style.default, spec.geometry[0])
    _switch(spec, num(store.rows(spec.key)), f'<div class="atlas-signs">{picture}</div>')


def _switch(spec: LayerSpec, count: str, signs_html: str) -> bool:
    switch, signs = st.columns([7, 3], gap=None, vertical_alignment="center")
    # The label is plain text, because screen readers read it as it is.
    on: bool = switch.checkbox(
        f"{md(pick(spec.title))} · {count}",
        value=spec.visible,
        key=ON + spec.key,
        persist_state="session",
    )
    signs.html(signs_html, width="stretch")
    return on


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


def arrange(specs: list[LayerSpec]) -> None:
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
            key=OPACITY + spec.key,
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
