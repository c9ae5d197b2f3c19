"""The map of the districts, coloured by a number; a click opens a district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import streamlit as st

from layers import ramps
from layers.breaks import find_breaks
from layers.breaks import known_numbers
from layers.marks import is_sketch
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.themes import UNKNOWN_TITLE
from layers.webmap import Tools
from views import legend
from views import mapview
from views import place
from views.city import data
from views.text import _
from views.text import lang
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from layers.city import City
    from layers.errors import Text
    from views.city.numbers import Number

_DISTRICT = "district"
_VALUE = "value"
_ID = "opens"
_CLASSES = 5
_MARGIN = 0.02
_HEIGHT = 470
_LEAST_ZOOM = 5
_OUTLINE = Symbol(fill="none", stroke="#33414e", width=1.4, fill_opacity=0.85)
_UNKNOWN = Symbol(
    fill=ramps.UNKNOWN_COLOUR,
    stroke=ramps.UNKNOWN_STROKE,
    hatch=ramps.UNKNOWN_HATCH,
    width=1.4,
    fill_opacity=0.6,
)


def style_of(values: pd.Series[float], *, whole: bool) -> LayerStyle:
    """Return the style that shows a number: a light ramp to dark, unknown hatched in grey.

    Parameters
    ----------
    values
        The number of every district; unknown ones are in no class, so never that of 0.
    whole
        Whether it is a count.
    """
    known = known_numbers(values)
    classes: tuple[StyleClass, ...] = ()
    edges: tuple[float, ...] = ()
    note: Text | None = None
    if not pd.isna(known).all():
        found = find_breaks(known, "fisher_jenks", _CLASSES, whole=whole)
        edges = found.edges
        # That few districts have few different values need not be told.
        note = found.note if pd.Series(known).nunique() > _CLASSES else None
        colours = ramps.ramp_colours("blues", edges)
        classes = tuple(
            StyleClass(str(number), label, Symbol(**{**_OUTLINE.as_dict(), "fill": colour}))
            for number, (label, colour) in enumerate(zip(found.labels(), colours, strict=True))
        )
    return LayerStyle(
        field=_VALUE,
        default=_UNKNOWN,
        classes=classes,
        by_prefix=False,
        label_field="name",
        label_min_zoom=0,
        breaks=edges,
        rest_title=UNKNOWN_TITLE,
        note=note,
    )


def show(city: City, number: Number | None) -> None:
    """Show the map and its legend; a click on a district opens it."""
    frame = _districts(city, number)
    if frame.empty:
        st.info(_("No district of this city has an outline; choose one in the table."))
        return
    style = style_of(frame[_VALUE], whole=number is None or number.whole)
    west, south, east, north = (float(v) for v in frame.total_bounds)
    legend.show(style, frame, "polygon")
    if style.note is not None:
        st.caption(md(pick(style.note)))
    with st.container(key="city-map"):
        mapview.show(
            Picture(layers=[_layer(frame, style)], marks=_marks(frame)),
            key="city",
            bounds=(west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN),
            height=_HEIGHT,
            tools=Tools(measure=False),
            min_zoom=_LEAST_ZOOM,
            on_click=_open,
        )


def _districts(city: City, number: Number | None) -> gpd.GeoDataFrame:
    """Return the outlines with the number of each district."""
    outlines = city.outlines()
    frame = outlines[outlines.geometry.notna()]
    known = pd.Series(dtype="float64") if number is None else number.of_code
    values = frame[data.CODE].map(known).astype("float64")
    names = {d.code: place.name_of(d) for d in city.districts}
    return gpd.GeoDataFrame(frame.assign(**{_VALUE: values, _ID: frame[data.CODE].map(names)}))


def _layer(frame: gpd.GeoDataFrame, style: LayerStyle) -> MapLayer:
    english = lang() == "en" and "name_en" in frame
    if english:
        frame = frame.assign(name=frame["name_en"].fillna(frame["name"]))
    return MapLayer(
        key=_DISTRICT,
        kind=_("District"),
        frame=frame,
        style=style,
        id_field=_ID,
        name_field="name",
        label_class="narrow",
        priority=50,
    )


def _marks(frame: gpd.GeoDataFrame) -> list[str]:
    return [_("Dashed = sketch, not official")] if bool(is_sketch(frame).any()) else []


def _open(feature: str) -> None:
    place.switch(feature.partition(":")[2])
