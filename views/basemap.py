"""The base map: our own vectors, a local file, or online tiles when the user switches them on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from layers.basemaps import ENVIRONMENT
from layers.basemaps import FOLDER
from layers.basemaps import REFUSED_TILE_SETS
from layers.basemaps import BasemapFile
from layers.basemaps import find_basemaps
from layers.basemaps import shelf
from layers.webmap import TILE_SETS
from layers.webmap import Ground
from layers.webmap import Tiles
from layers.webmap import TileSet
from layers.webmap import valid_tile_key
from views import place
from views.text import _
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from layers.basemaps import Refused

OWN = "own"
_CHOICE = "basemap"
_KEY = "tianditu_key"
NAMES = (_CHOICE, _KEY)
"""Under which the choice is kept in the session."""


@dataclass(frozen=True)
class Choice:
    """The base map in use.

    Attributes
    ----------
    tiles
        Online tiles to load from elsewhere.
    ground
        A local file.
    credit
        Whom to credit; data.
    """

    tiles: Tiles | None = None
    ground: Ground | None = None
    credit: str = ""


def chosen() -> Choice:
    """Return the base map of the session; our own vectors unless switched."""
    key = st.session_state.get(_CHOICE, OWN)
    if key == OWN:
        return Choice()
    tile_set = TILE_SETS.get(key)
    if tile_set is None:
        file = next((f for f in _files() if isinstance(f, BasemapFile) and f.token == key), None)
        return Choice() if file is None else _local(file)
    secret = str(st.session_state.get(_KEY, ""))
    if tile_set.needs_key and not valid_tile_key(secret):
        return Choice()
    urls = tuple(url.replace("{key}", secret) for url in tile_set.urls)
    return Choice(tiles=(urls, tile_set.credit), credit=tile_set.credit)


def _local(file: BasemapFile) -> Choice:
    ground = Ground(
        url=shelf().offer(file),
        vector=file.kind == "vector",
        min_zoom=file.min_zoom,
        max_zoom=file.max_zoom,
    )
    return Choice(ground=ground, credit=file.attribution)


def _files() -> list[BasemapFile | Refused]:
    named = os.environ.get(ENVIRONMENT)
    # The districts of a city share the base maps of the city.
    folder = place.current().root / FOLDER
    return find_basemaps(folder, Path(named) if named else None)


def control() -> None:
    """Show the switch, with a clear word on what leaves the building."""
    files = _files()
    local = {f.token: f for f in files if isinstance(f, BasemapFile)}
    names = {OWN: _("Own vectors (offline)")}
    names |= {token: _("{title} (local file)").format(title=f.title) for token, f in local.items()}
    names |= {key: pick(s.title) for key, s in TILE_SETS.items()}
    names |= {
        key: _("{title}: not available").format(title=pick(s.title))
        for key, s in REFUSED_TILE_SETS.items()
    }
    choice = st.selectbox(
        _("Base map"),
        list(names),
        format_func=lambda key: names.get(key, key),
        key=_CHOICE,
        persist_state="session",
    )
    if choice in REFUSED_TILE_SETS:
        st.warning(md(pick(REFUSED_TILE_SETS[choice].reason)))
    elif choice in TILE_SETS:
        st.caption(_("Online tiles: your browser asks another host for the area you look at."))
        _key_field(TILE_SETS[choice])
    for file in files:
        if not isinstance(file, BasemapFile):
            st.caption(md(pick(file.reason)))
    st.caption(
        _("Local base maps (PMTiles, MBTiles) lie in the folder {folder}.").format(
            folder=md(place.current().root / FOLDER)
        )
    )


def _key_field(tile_set: TileSet) -> None:
    if not tile_set.needs_key:
        return
    secret = st.text_input(
        _("Your Tianditu key"), key=_KEY, type="password", persist_state="session"
    )
    if secret and not valid_tile_key(secret):
        st.error(_("A Tianditu key has 32 characters 0-9 and a-f."))
