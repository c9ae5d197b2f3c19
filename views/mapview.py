"""Shows a picture on a map and tells what was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit_folium import st_folium

from layers.webmap import Picture
from layers.webmap import base_map
from layers.webmap import feature_group
from views import basemap
from views.text import _
from views.text import lang

if TYPE_CHECKING:
    from layers.webmap import Bounds

_SEEN = "map_seen:"


def show(picture: Picture, *, key: str, bounds: Bounds, height: int) -> str | None:
    """Show a picture; return ``layer:id`` of a feature clicked since the last run.

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
    """
    choice = basemap.chosen()
    folium_map = base_map(
        bounds,
        key=key,
        home_title=_("Show the whole area"),
        crs_title=_("CGCS2000, longitude and latitude"),
        tiles=choice.tiles,
    )
    answer = st_folium(
        folium_map,
        # The language and the base map are part of the frame, the picture is not.
        key=f"{key}-{lang()}-{choice.key}",
        height=height,
        use_container_width=True,
        returned_objects=["last_active_drawing", "last_object_clicked_count"],
        feature_group_to_add=feature_group(picture),
    )
    return _new_click(key, answer or {})


def _new_click(key: str, answer: dict[str, object]) -> str | None:
    """Return the clicked feature once; reruns of the page do not repeat a click."""
    count = answer.get("last_object_clicked_count")
    drawing = answer.get("last_active_drawing")
    feature = drawing.get("id") if isinstance(drawing, dict) else None
    mark = (count, feature)
    if feature is None or st.session_state.get(_SEEN + key) == mark:
        return None
    st.session_state[_SEEN + key] = mark
    return str(feature)
