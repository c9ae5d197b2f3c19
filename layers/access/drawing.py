"""How the classes of linkage are drawn: by shape and edge, not by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from layers.access.judged import access_layer
from layers.access.remarks import access_remarks
from layers.access.titles import ACCESS_TITLE
from layers.access.titles import SHARE_TITLES
from layers.errors import Text
from layers.i18n import percent
from layers.sheet.records import Overlay
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.access.judged import Access

OPEN_COLOUR = "#C2185B"
"""Edge of what is estimated or to be verified."""

_CERTAIN = "#33414E"
_UNKNOWN = "x"
_CLASSES = {
    "3": ("star", 19.0, "#084594", Text("3 类：三项都满足", "Class 3: all three conditions met")),
    "2": ("square", 14.0, "#2B8CBE", Text("2 类：满足两项", "Class 2: two conditions met")),
    "1": ("triangle", 14.0, "#FDB863", Text("1 类：满足一项", "Class 1: one condition met")),
    "0": ("circle", 11.0, "#E6E6E6", Text("0 类：都不满足", "Class 0: none met")),
    _UNKNOWN: ("diamond", 13.0, "#F7F7F7", Text("类别未知", "Class unknown")),
}
"""Shape, size, fill and title of every class."""

_UNDECIDED = Text("（粉边：估算或待核实）", " (pink edge: estimated or to be verified)")
_MOST_NOTES = 6
_ALL = 1 - 1e-9
"""So large a share is the whole."""
_ON_TRIAL = {
    "gate": ("triangle", Text("试放的校门", "Gate on trial")),
    "crossing": ("cross", Text("试放的通道", "Crossing on trial")),
    "facility": ("pentagon", Text("试放的设施", "Facility on trial")),
}
"""Shape and title of every kind of object on trial."""


def class_code(linkage: object, *, decided: bool) -> str:
    """Return the class of the style of a space.

    Parameters
    ----------
    linkage
        0 to 3, as text; anything else if it is unknown.
    decided
        Whether nothing could change it any more.
    """
    known = str(linkage) if str(linkage) in _CLASSES else _UNKNOWN
    return known if decided else f"{known}?"


def class_style(label_field: str) -> LayerStyle:
    """Return the style of spaces by class; its field is ``class``."""
    classes = []
    for code, (shape, size, fill, title) in _CLASSES.items():
        sure = Symbol(shape=shape, size=size, fill=fill, stroke=_CERTAIN, fill_opacity=1.0)
        open_ = Symbol(
            shape=shape, size=size, fill=fill, stroke=OPEN_COLOUR, width=2.4, fill_opacity=0.9
        )
        classes.append(StyleClass(code, title, sure))
        told = Text(title.zh + _UNDECIDED.zh, title.en + _UNDECIDED.en)
        classes.append(StyleClass(f"{code}?", told, open_))
    return LayerStyle(
        field="class",
        default=classes[-1].symbol,
        classes=tuple(classes),
        by_prefix=False,
        label_field=label_field,
        label_min_zoom=14,
    )


def trial_style() -> LayerStyle:
    """Return the style of objects on trial; its field is ``kind``, its label ``title``."""
    classes = tuple(
        StyleClass(
            kind,
            title,
            Symbol(shape=shape, size=18, fill=OPEN_COLOUR, stroke="#FFFFFF", fill_opacity=1.0),
        )
        for kind, (shape, title) in _ON_TRIAL.items()
    )
    return LayerStyle(
        field="kind",
        default=classes[0].symbol,
        classes=classes,
        by_prefix=False,
        label_field="title",
        label_min_zoom=10,
    )


def largest_spaces(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row for every carrier that is located: the largest space in it.

    Parameters
    ----------
    table
        Rows of :func:`layers.access.access_layer`.
    """
    located = table[table.geometry.notna() & ~table.geometry.is_empty]
    return located.sort_values(
        ["floor_area_m2", "park_id"], ascending=[False, True], na_position="last"
    ).drop_duplicates("carrier_id")


def linkage_overlay(found: Access, versions: Mapping[str, int]) -> Overlay:
    """Return what a plan sheet of the linkage shows and tells.

    Parameters
    ----------
    found
        The linkage of the parks.
    versions
        Version of every layer of the workspace.
    """
    rows = largest_spaces(access_layer(found))
    linkage = rows["linkage"].astype("Int64").astype("str")
    codes = [
        class_code(value, decided=bool(decided))
        for value, decided in zip(linkage, rows["decided"], strict=True)
    ]
    points = shapely.centroid(rows.geometry.to_numpy())
    frame = gpd.GeoDataFrame(
        {"class": pd.Series(codes, dtype="str")}, geometry=points, crs=rows.crs
    )
    return Overlay(
        title=ACCESS_TITLE,
        frame=frame,
        style=class_style(""),
        facts=_facts(found),
        notes=tuple(access_remarks(found, versions)[:_MOST_NOTES]),
        sample=bool(found.spaces["sample"].any()),
    )


def _facts(found: Access) -> tuple[tuple[Text, Text], ...]:
    if found.district.empty:  # no space belongs to a park
        return ()
    row = found.district.iloc[0]
    low, high = row["overlap_share_low"], row["overlap_share_high"]
    span = [f"{percent(low, 'zh')} – {percent(high, 'zh')}", percent(low, "zh")][int(low == high)]
    facts = [(Text("三区叠合率", "All three conditions met"), Text(span, span))]
    for name in ("any_gate_share", "rail_share", "rail_far_share", "community_share"):
        told = percent(row[name], "zh")
        unknown = row[f"{name}_unknown"]
        if unknown >= _ALL:
            shown = Text("未知", "unknown")
        elif unknown > 0:
            shown = Text(
                f"{told}（未知 {percent(unknown, 'zh')}）",
                f"{told} (unknown {percent(unknown, 'en')})",
            )
        else:
            shown = Text(told, told)
        facts.append((SHARE_TITLES[name], shown))
    return tuple(facts)
