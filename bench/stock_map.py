"""The map as it is usually made: a Streamlit script with ``folium.GeoJson``.

``bench_map`` starts this as ``python -m bench.stock_map PORT`` and compares our map
to it. The page is what the manuals of folium and streamlit-folium show: a map with
a GeoJson layer of all rows, a style function, a tooltip, a ``st.multiselect`` that
filters the rows, and the answer to a click beside the map.

Where a choice was to be made, it is kind to the stock map:

- Without internet stock ``st_folium`` shows nothing at all, for folium takes its
  scripts from other hosts. So ``folium.Map.default_js`` and ``default_css`` point at
  the Leaflet files that our own app serves, served by the same kind of server.
  Bootstrap, jQuery and the rest, which this page does not need, are left out.
- Only the columns that are shown travel, and the rows are read from disk once.
- Only the clicked object is returned; by default every move of the map would run
  the script again.
- There is no base map on either side.

``STOCK_MAP_DATA`` names the GeoParquet file with the rows, ``STOCK_MAP_SIZE`` gives the
pixels of the map (``760x640``); with ``STOCK_MAP_CANVAS=1`` Leaflet draws on a canvas
(``prefer_canvas``) instead of SVG.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from typing import Any

import streamlit as st

if TYPE_CHECKING:
    import geopandas as gpd

DATA, SIZE, CANVAS = "STOCK_MAP_DATA", "STOCK_MAP_SIZE", "STOCK_MAP_CANVAS"
COLUMNS = ["name", "use", "floors", "height_m", "geometry"]
FILTER = "用途"
COLOURS = ["#4c78a8", "#f58518", "#e45756", "#72b7b2", "#54a24b", "#eeca3b", "#b279a2"]


def page() -> None:
    """Show the map."""
    import folium
    from streamlit_folium import st_folium

    from layers.webmap import LEAFLET_ROUTE

    folium.Map.default_js = [("leaflet", f"../..{LEAFLET_ROUTE}/leaflet.js")]
    folium.Map.default_css = [("leaflet_css", f"../..{LEAFLET_ROUTE}/leaflet.css")]
    st.set_page_config(layout="wide")
    rows = _rows(os.environ[DATA])
    uses = sorted(rows["use"].unique())
    with st.sidebar:
        chosen = st.multiselect(FILTER, uses)
    shown = rows[rows["use"].isin(chosen)] if chosen else rows
    colour = dict(zip(uses, COLOURS, strict=False))

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        fill = colour[feature["properties"]["use"]]
        return {"fillColor": fill, "fillOpacity": 0.6, "color": "#555555", "weight": 0.6}

    folium_map = folium.Map(
        location=[31.29, 121.52],
        zoom_start=14,
        tiles=None,
        max_zoom=19,
        prefer_canvas=os.environ.get(CANVAS) == "1",
    )
    tooltip = folium.GeoJsonTooltip(["name", "use", "floors"])
    folium.GeoJson(shown, style_function=style, tooltip=tooltip).add_to(folium_map)
    width, height = map(int, os.environ[SIZE].split("x"))
    left, right = st.columns([8, 2])
    with left:
        answer = st_folium(
            folium_map,
            width=width,
            height=height,
            returned_objects=["last_object_clicked_tooltip"],
        )
    with right, st.container(key="card"):
        st.write(answer["last_object_clicked_tooltip"])


@st.cache_resource
def _rows(path: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.read_parquet(path)


def serve(port: int) -> None:
    """Serve the page and the Leaflet files on this computer only."""
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    from layers.webmap import LEAFLET_ROUTE
    from layers.webmap import leaflet_dir

    app = st.App(__file__, routes=[Mount(LEAFLET_ROUTE, StaticFiles(directory=leaflet_dir()))])
    app.run(
        config={
            "server.address": "127.0.0.1",
            "server.port": port,
            "server.headless": True,
            "server.fileWatcherType": "none",
            "browser.serverAddress": "127.0.0.1",
            "browser.gatherUsageStats": False,
        }
    )


if __name__ == "__main__":
    # The server runs this very file as the script of its page.
    if st.runtime.exists():
        page()
    else:
        serve(int(sys.argv[1]))
