"""A plan on the map: what goes where, and what becomes of each site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from layers.i18n import unknown
from layers.picture import MapLayer
from layers.picture import Picture
from layers.proposals import WORDS
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from views import card
from views import mapview
from views import overview
from views import store
from views.charts import FAINT
from views.charts import INK
from views.text import _
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.picture import Bounds

_AROUND = {"district", "zones"}
_MARGIN = 0.002
_HEIGHT_PX = 560
_SURE, _OPEN = "#0b5c8a", "#b14500"
_HEAD_SHARE, _HEAD_LEAST_M, _HEAD_OF_LINE = 0.018, 30.0, 0.45
_HEAD_HALF_WIDTH = 0.42

_SYMBOLS = {
    "keep": Symbol(size=9, fill="#7f8c99", stroke="#ffffff", fill_opacity=0.9),
    "surrender": Symbol(
        size=15, fill="#ffffff", fill_opacity=0.25, stroke="#8e1b4e", width=2.2, dash="3 3"
    ),
    "locked": Symbol(shape="lock", size=13, fill=INK, stroke="#ffffff", fill_opacity=0.95),
    "anchor": Symbol(size=24, fill="#00704f", fill_opacity=0.12, stroke="#00704f", width=3.4),
}
"""How each outcome of a site is drawn, bottom first; no two differ by colour alone."""


def show(tables: Mapping[str, pd.DataFrame], *, key: str, height: int = _HEIGHT_PX) -> None:
    """Show the moves and sites of a plan, or say why there is nothing to draw.

    Parameters
    ----------
    tables
        ``moves`` and ``sites`` of :func:`layers.proposals.proposal_tables`.
    key
        Name of the map.
    height
        Pixels.
    """
    moves, sites = (_located(tables[name]) for name in ("moves", "sites"))
    if sites.empty:
        st.info(_("None of the sites is located, so there is nothing to draw."))
        return
    context = [overview.map_layer(spec) for spec in store.shown_layers() if spec.key in _AROUND]
    drawn = [*context, *_site_layers(sites), *_move_layers(moves)]
    bounds: Bounds = overview.extent([sites, moves], _MARGIN)
    with st.container(key=f"page-map-{key}"):
        mapview.show(
            Picture(
                layers=drawn,
                marks=overview.marks([layer.frame for layer in drawn]),
                attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
                focus=bounds,
                focus_token=f"{key}:{','.join(f'{v:.3f}' for v in bounds)}",
            ),
            key=key,
            bounds=bounds,
            height=height,
        )
    st.caption(_legend())


def _located(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame[frame.geometry.notna() & ~frame.geometry.is_empty]


def _legend() -> str:
    return " ".join(
        (
            _("An arrow is a proposed move; a dashed one has something to verify."),
            _("Green ring: anchor. Grey dot: stays. Hollow dashed circle: given up."),
            _(
                "Black lock: held by leases or rules, with the earliest date at which it could "
                "close, if known."
            ),
        )
    )


def _site_layers(sites: gpd.GeoDataFrame) -> list[MapLayer]:
    carriers, parks = card.titles("carriers"), card.titles("parks")
    frame = sites.assign(
        id=sites["park_id"].astype("str") + "@" + sites["site_id"].astype("str"),
        title=[
            f"{carriers.get(site, site)} · {parks.get(park, park)}"
            for site, park in zip(sites["site_id"], sites["park_id"], strict=True)
        ],
        label=["" if unknown(date) else f"{date:%Y-%m-%d}" for date in sites["earliest_date"]],
    )
    return [
        MapLayer(
            key=f"site_{outcome}",
            kind=pick(WORDS["outcome"][outcome]),
            frame=frame[frame["outcome"].eq(outcome)],
            style=_style(symbol, label="label" if outcome == "locked" else ""),
            id_field="id",
            name_field="title",
            priority=80,
        )
        for outcome, symbol in _SYMBOLS.items()
        if frame["outcome"].eq(outcome).any()
    ]


def _style(symbol: Symbol, *, label: str = "") -> LayerStyle:
    return LayerStyle("", symbol, (), by_prefix=False, label_field=label, label_min_zoom=11)


def _move_layers(moves: gpd.GeoDataFrame) -> list[MapLayer]:
    """Return the moves, those between the same two carriers as one arrow."""
    if moves.empty:
        return []
    frame = arrows(moves)
    names = card.titles("carriers")
    frame["title"] = [
        _("{start} → {end}: {n} units, {area}").format(
            start=names.get(row.from_carrier, row.from_carrier),
            end=names.get(row.to_carrier, row.to_carrier),
            n=num(row.units),
            area=num(row.floor_area_m2, unit="m²"),
        )
        for row in frame.itertuples()
    ]
    return [
        _arrow_layer("move_lines", frame.drop(columns="head"), interactive=True),
        _arrow_layer("move_heads", frame.set_geometry("head").drop(columns="geometry")),
    ]


def arrows(moves: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one arrow for all moves between the same two carriers.

    Parameters
    ----------
    moves
        Lines from old to new place in EPSG:4490, with ``from_carrier``, ``to_carrier``,
        ``floor_area_m2``, ``confidence`` and ``sample``.

    Returns
    -------
    GeoDataFrame
        ``id``, both carriers, ``units``, ``floor_area_m2``, ``confidence`` (``checked``
        only if all are), ``sample`` (if any is), the line and the ``head`` (a triangle),
        EPSG:4490.
    """
    metric = moves.to_crs(moves.estimate_utm_crs())
    rows = []
    for (start, end), group in metric.groupby(["from_carrier", "to_carrier"], sort=True):
        checked = group["confidence"].eq("checked").all()
        rows.append(
            {
                "id": f"{start}>{end}",
                "from_carrier": start,
                "to_carrier": end,
                "units": len(group),
                "floor_area_m2": float(group["floor_area_m2"].sum()),
                "confidence": "checked" if checked else "to_verify",
                "sample": bool(group["sample"].fillna(value=False).any()),
                "geometry": group.geometry.iloc[0],
            }
        )
    found = gpd.GeoDataFrame(rows, crs=metric.crs)
    west, south, east, north = found.total_bounds
    size = max(_HEAD_SHARE * float(np.hypot(east - west, north - south)), _HEAD_LEAST_M)
    heads = gpd.GeoSeries([_head(line, size) for line in found.geometry], crs=metric.crs)
    return found.to_crs(STORAGE_CRS).assign(head=heads.to_crs(STORAGE_CRS))


def _head(line: shapely.LineString, size_m: float) -> shapely.Polygon:
    """Return the triangle at the end of a line; a short line gets a small one."""
    end = shapely.get_coordinates(line)[-1]
    along = end - shapely.get_coordinates(line)[0]
    length = float(np.hypot(*along))
    if length == 0:
        return shapely.Polygon()
    along = along / length
    reach = min(size_m, _HEAD_OF_LINE * length)
    across = np.array([-along[1], along[0]]) * reach * _HEAD_HALF_WIDTH
    back = end - along * reach
    return shapely.Polygon([end, back + across, back - across])


def _arrow_layer(key: str, frame: gpd.GeoDataFrame, *, interactive: bool = False) -> MapLayer:
    heads = key == "move_heads"
    kinds = (("checked", _SURE, ""), ("to_verify", _OPEN, "" if heads else "7 5"))
    classes = tuple(
        StyleClass(
            kind,
            WORDS["confidence"][kind],
            Symbol(
                fill=colour if heads else "none",
                stroke=colour,
                width=1.0 if heads else 2.4,
                fill_opacity=0.95,
                dash=dash,
            ),
        )
        for kind, colour, dash in kinds
    )
    default = Symbol(fill="none", stroke=FAINT)
    return MapLayer(
        key=key,
        kind=_("Proposed move"),
        frame=frame,
        style=LayerStyle("confidence", default, classes, False, "", 99),  # noqa: FBT003
        id_field="id",
        name_field="title",
        labels=False,
        interactive=interactive,
        priority=90,
    )
