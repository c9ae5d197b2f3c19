"""The picture in the address of the page: layers, themes, filters, selection, view.

The address bar always shows the picture at hand, so a bookmark, a copied link and
the browser's Back button lead to it. What an address says is checked like any
other input: what is not understood is passed over and told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from layers.filters import FilterSet
from layers.picture import View
from layers.themes import Theme
from views import card
from views import store
from views.addressbar import AddressBar
from views.text import _

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec

ON = "layer_on:"
THEME = "layer_theme:"
FILTER = "layer_filter:"
SELECTED = "selected"

_BAR = AddressBar("permalink", ("on", "theme", "filter", "sel"))
_PLACE = "at"
_VIEW = "permalink_view"
_GENERATION = "permalink_generation"
_LONGEST = 4_000
_MOST_ZOOM = 22


def asked() -> dict[str, str]:
    """Return what the address says of the map; empty if it says nothing."""
    found = _BAR.present()
    if _PLACE in st.query_params:
        found[_PLACE] = str(st.query_params[_PLACE])
    return found


def restore(specs: Sequence[LayerSpec]) -> None:
    """Set the session to what the address says, if somebody else wrote the address.

    Call before the first widget of the page.
    """
    address = _BAR.opened()
    if address is None:
        return
    _restore_view()
    renew_widgets()
    if address:
        _restore_layers(address.get("on"), specs)
        keys = {spec.key: spec for spec in specs}
        _restore_texts(THEME, address.get("theme", ""), keys)
        _restore_texts(FILTER, address.get("filter", ""), keys)
        _restore_selection(address.get("sel", ""))


def widget(key: str, name: str) -> str:
    """Return the key of a widget of a layer that begins anew when a link is opened."""
    return f"explore:{st.session_state.get(_GENERATION, 0)}:{key}:{name}"


def renew_widgets() -> None:
    """Let the widgets of layers begin anew from what the session says.

    They get other keys, because the browser keeps what stands in a widget of the same key.
    """
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def keep(specs: Sequence[LayerSpec]) -> None:
    """Write the picture into the address, if it has changed."""
    state = st.session_state
    on = [spec.key for spec in specs if state.get(ON + spec.key, spec.visible)]
    usual = [spec.key for spec in specs if spec.visible]
    parts = {
        "on": "" if on == usual else ",".join(on) or "-",
        "theme": _joined(THEME, specs),
        "filter": _joined(FILTER, specs),
        "sel": str(state.get(SELECTED) or ""),
    }
    parts = {name: text for name, text in parts.items() if text}
    if len("".join(parts.values())) > _LONGEST:
        parts.pop("filter", None)
    _BAR.write(parts)


def view() -> tuple[View, str] | None:
    """Return the view that the address asked for when the page was opened, and its name."""
    found: tuple[View, str] | None = st.session_state.get(_VIEW)
    return found


def tell() -> None:
    """Say what of the address was not understood."""
    _BAR.tell(_("Parts of the link do not fit this workspace and were left out: {parts}"))


def _restore_selection(feature: str) -> None:
    st.session_state[SELECTED] = feature
    if feature and card.find(feature) is None:
        st.session_state[SELECTED] = ""
        _BAR.ignore(feature)


def _restore_view() -> None:
    text = str(st.query_params.get(_PLACE, ""))
    if not text:
        return
    found = _parsed_view(text)
    if found is None:
        _BAR.ignore(text)
    else:
        st.session_state[_VIEW] = (found, f"{_PLACE}:{text}")


def _parsed_view(text: str) -> View | None:
    try:
        latitude, longitude, zoom = (float(part) for part in text.split(","))
    except ValueError:
        return None
    near = abs(latitude) <= 85 and abs(longitude) <= 180 and 0 <= zoom <= _MOST_ZOOM  # noqa: PLR2004 - degrees of the web map
    sound = all(map(math.isfinite, (latitude, longitude, zoom)))
    return View(longitude, latitude, zoom) if near and sound else None


def _restore_layers(text: str | None, specs: Iterable[LayerSpec]) -> None:
    known = {spec.key: spec.visible for spec in specs}
    asked = [key for key in text.split(",") if key not in {"", "-"}] if text is not None else None
    for key, visible in known.items():
        st.session_state[ON + key] = visible if asked is None else key in asked
    for key in asked or ():
        if key not in known:
            _BAR.ignore(key)


def _restore_texts(kind: str, text: str, specs: dict[str, LayerSpec]) -> None:
    for key in specs:
        st.session_state.pop(kind + key, None)
    for part in text.split("|") if text else ():
        key, _dot, rest = part.partition(".")
        if key in specs and _is_understood(kind, key, rest):
            st.session_state[kind + key] = rest
        else:
            _BAR.ignore(part)


def _is_understood(kind: str, key: str, text: str) -> bool:
    spec = store.catalogue().layer(key)
    try:
        found = (Theme if kind == THEME else FilterSet).from_text(text, spec)
    except AtlasError:
        return False
    return found is not None


def _joined(kind: str, specs: Iterable[LayerSpec]) -> str:
    return "|".join(
        f"{spec.key}.{st.session_state[kind + spec.key]}"
        for spec in specs
        if st.session_state.get(kind + spec.key)
    )
