"""The base map: our own vectors, or online tiles when the user switches them on."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from layers.webmap import TILE_SETS
from layers.webmap import Tiles
from layers.webmap import TileSet
from layers.webmap import valid_tile_key
from views.text import _
from views.text import pick

OWN = "own"
_CHOICE = "basemap"
_KEY = "tianditu_key"


@dataclass(frozen=True)
class Choice:
    """The base map in use: a short name, and the tiles to load from elsewhere."""

    key: str
    tiles: Tiles | None


def chosen() -> Choice:
    """Return the base map of the session; our own vectors unless switched."""
    tile_set = TILE_SETS.get(st.session_state.get(_CHOICE, OWN))
    if tile_set is None:
        return Choice(OWN, None)
    secret = str(st.session_state.get(_KEY, ""))
    if tile_set.needs_key and not valid_tile_key(secret):
        return Choice(OWN, None)
    urls = tuple(url.replace("{key}", secret) for url in tile_set.urls)
    return Choice(tile_set.key, (urls, tile_set.credit))


def control() -> None:
    """Show the switch, with a clear word on what leaves the building."""
    names = {OWN: _("Own vectors (offline)")} | {k: pick(s.title) for k, s in TILE_SETS.items()}
    choice = st.selectbox(
        _("Base map"),
        list(names),
        format_func=names.__getitem__,
        key=_CHOICE,
        persist_state="session",
    )
    tile_set = TILE_SETS.get(choice)
    if tile_set is None:
        return
    st.caption(_("Online tiles: your browser asks another host for the area you look at."))
    _key_field(tile_set)


def _key_field(tile_set: TileSet) -> None:
    if not tile_set.needs_key:
        return
    secret = st.text_input(
        _("Your Tianditu key"), key=_KEY, type="password", persist_state="session"
    )
    if secret and not valid_tile_key(secret):
        st.error(_("A Tianditu key has 32 characters 0-9 and a-f."))
