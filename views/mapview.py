"""Shows a picture on a map and tells what happened on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st
from streamlit_folium import st_folium

from layers.picture import View
from layers.picture import feature_at
from layers.webmap import LEAST_ZOOM
from layers.webmap import Tools
from layers.webmap import base_map
from layers.webmap import content_key
from layers.webmap import feature_group
from views import basemap
from views import maptexts
from views import place

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.picture import Bounds
    from layers.picture import Picture

_SEEN = "map_seen:"
_PLAIN = Tools()


@dataclass(frozen=True)
class Event:
    """What happened on a map since the last run.

    Attributes
    ----------
    kind
        ``click`` on a feature, ``sketch`` for a finished shape, ``cancel`` for one
        that was given up.
    feature
        ``layer:id`` of what was clicked.
    token
        Which sketch it is about.
    geometry
        The finished shape as GeoJSON geometry, degrees.
    zoom
        Zoom of the map.
    """

    kind: str
    feature: str = ""
    token: str = ""
    geometry: dict[str, Any] | None = None
    zoom: float = 0.0


def show(
    picture: Picture,
    *,
    key: str,
    bounds: Bounds,
    height: int,
    tools: Tools = _PLAIN,
    min_zoom: int = LEAST_ZOOM,
    on_click: Callable[[str], None] | None = None,
) -> Event | None:
    """Show a picture; return what happened since the last run, each event once.

    Parameters
    ----------
    picture
        What to draw.
    key
        Name of the map; the browser remembers one view for each.
    bounds
        What the map shows when it is opened first.
    height
        Height in pixels.
    tools
        What the map offers besides looking.
    min_zoom
        How far one can zoom out.
    on_click
        Called with ``layer:id`` of what was clicked, before the page runs, so that
        one run shows the answer; such a click is then no event.
    """
    choice = basemap.chosen()
    # The browser must not show the place of one district in another.
    key = f"{key}-{place.current().name}" if place.current().name else key
    folium_map = base_map(
        bounds,
        key=key,
        texts=maptexts.texts(),
        tiles=choice.tiles,
        ground=choice.ground,
        tools=tools,
        min_zoom=min_zoom,
    )
    if choice.credit:
        picture = replace(picture, attribution=f"{picture.attribution} · {choice.credit}")
    # Language and base map are part of the frame, the picture is not.
    frame = content_key(folium_map, key)

    def changed() -> None:
        answer = st.session_state.get(frame) or {}
        if on_click is None or (answer.get("atlas") or {}).get("kind") != "click":
            return
        event = _news(picture, key, answer)
        if event is not None:
            on_click(event.feature)

    answer = st_folium(
        folium_map,
        key=frame,
        on_change=changed,
        height=height,
        use_container_width=True,
        # Our script sends its own messages; streamlit-folium's would come late and twice.
        returned_objects=[],
        feature_group_to_add=feature_group(picture),
    )
    return _news(picture, key, answer)


def _news(picture: Picture, key: str, answer: dict[str, Any] | None) -> Event | None:
    """Return what an answer of the map tells, unless it was told before."""
    message = (answer or {}).get("atlas")
    if not isinstance(message, dict) or st.session_state.get(_SEEN + key) == message.get("id"):
        return None
    st.session_state[_SEEN + key] = message.get("id")
    return _event(picture, message)


def clicked(event: Event | None) -> str | None:
    """Return ``layer:id`` of what was clicked, None if nothing was."""
    return event.feature or None if event is not None and event.kind == "click" else None


def _event(picture: Picture, message: dict[str, Any]) -> Event | None:
    kind = str(message.get("kind"))
    if kind == "click":
        feature = message.get("feature") or _looked_up(picture, message)
        return Event(kind, feature=str(feature)) if feature else None
    geometry = message.get("geometry")
    return Event(
        kind,
        token=str(message.get("token", "")),
        geometry=geometry if isinstance(geometry, dict) else None,
        zoom=_number(message, "zoom"),
    )


def _looked_up(picture: Picture, message: dict[str, Any]) -> str | None:
    place = View(_number(message, "lng"), _number(message, "lat"), _number(message, "zoom"))
    layer, side = str(message.get("layer", "")), str(message.get("side", ""))
    return feature_at(picture, layer, side, place, _number(message, "tolerance"))


def _number(message: dict[str, Any], name: str) -> float:
    found = message.get(name)
    return float(found) if isinstance(found, int | float) else math.nan
