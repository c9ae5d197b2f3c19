"""The map of one park: its spaces, walking clusters, spanning tree and ellipse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from geo.dispersion import Ellipse
from geo.dispersion import standard_deviational_ellipse
from layers.errors import Text
from layers.i18n import unknown
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.team import Right
from views import card
from views import mapview
from views import overview
from views import store
from views import who
from views.charts import CLUSTER_COLOURS
from views.charts import FAINT
from views.charts import GAP
from views.charts import INK
from views.text import _
from views.text import num
from views.text import pct

if TYPE_CHECKING:
    from geo.scatter import ScatterResult
    from layers.picture import Bounds

_HULL_M = 70.0
_MARGIN = 0.002
_AROUND = {"district", "zones", "stations", "barriers", "crossings"}


def show(result: ScatterResult, park_id: str) -> None:
    """Show the map of a park, or say why there is none."""
    parts = [
        frame[frame["park_id"].eq(park_id)] for frame in (result.spaces, result.sites, result.tree)
    ]
    spaces, sites, tree = (store.as_shown(frame.to_crs(STORAGE_CRS)) for frame in parts)
    spaces = spaces[spaces.geometry.notna()]
    if spaces.empty:
        st.info(
            _("None of this park's spaces is located, so there is nothing to draw.")
            if len(parts[0])
            else _("No building space is registered for this park.")
        )
        return
    hulls = _clusters(parts[1])
    context = [overview.map_layer(spec) for spec in store.shown_layers() if spec.key in _AROUND]
    drawn = [*context, _hull_layer(hulls), _tree_layer(tree), _space_layer(spaces, sites)]
    outline = ellipse(result, park_id)
    has_ellipse = outline is not None and outline.minor_m > 0
    if outline is not None and has_ellipse:
        drawn.insert(len(context), _ellipse_layer(outline, parts[1].crs))
    bounds: Bounds = overview.extent([spaces], _MARGIN)
    mapview.show(
        Picture(
            layers=drawn,
            marks=overview.marks([layer.frame for layer in drawn]),
            attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
            focus=bounds,
            focus_token=park_id,
        ),
        key="park",
        bounds=bounds,
        height=470,
    )
    dots = _(
        "Dots are spaces, shaded areas are walkable clusters. Solid lines can be walked "
        "within the threshold, dashed lines cannot; together they are the shortest tree "
        "that links all sites."
    )
    st.caption(
        f"{dots} {_('The dotted outline is their standard deviational ellipse.')}"
        if has_ellipse
        else dots
    )


def _clusters(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a soft hull around the sites of every walkable cluster (EPSG:4490)."""
    groups = sites.groupby("cluster", sort=True)["geometry"]
    hulls = groups.apply(lambda g: shapely.union_all(g.to_numpy()).convex_hull.buffer(_HULL_M))
    frame = gpd.GeoDataFrame(
        {"cluster": [str(c) for c in hulls.index]}, geometry=list(hulls), crs=sites.crs
    )
    weights = sites.groupby("cluster")["weight"].sum()
    shares = weights / weights.sum()
    frame["title"] = [
        f"{_('Cluster')} {int(c) + 1} · {pct(shares[c], digits=0)}" for c in hulls.index
    ]
    return store.as_shown(frame.to_crs(STORAGE_CRS))


def ellipse(result: ScatterResult, park_id: str) -> Ellipse | None:
    """Return the standard deviational ellipse of a park's sites; None with one site."""
    sites = result.sites[result.sites["park_id"].eq(park_id)]
    if len(sites) < 2:  # noqa: PLR2004 - one site has no direction
        return None
    return standard_deviational_ellipse(
        shapely.get_coordinates(sites.geometry.to_numpy()), sites["weight"].to_numpy("float64")
    )


def _ellipse_layer(outline: Ellipse, crs: object) -> MapLayer:
    circle = shapely.Point(0.0, 0.0).buffer(1.0, quad_segs=32)
    # Stretched along north, then turned clockwise as an azimuth is.
    azimuth = math.radians(outline.azimuth_deg)
    sin, cos = math.sin(azimuth), math.cos(azimuth)
    across, along = outline.minor_m, outline.major_m
    shape = shapely.affinity.affine_transform(
        circle, [across * cos, along * sin, -across * sin, along * cos, outline.x, outline.y]
    )
    title = _("Standard deviational ellipse")
    frame = gpd.GeoDataFrame({"id": ["ellipse"], "title": [title]}, geometry=[shape], crs=crs)
    symbol = Symbol(fill="none", stroke=FAINT, width=1.6, fill_opacity=0.0, dash="2 4")
    return MapLayer(
        key="ellipse",
        kind=title,
        frame=frame.to_crs(STORAGE_CRS),
        style=LayerStyle("", symbol, (), by_prefix=False, label_field="", label_min_zoom=99),
        id_field="id",
        name_field="title",
        labels=False,
        interactive=False,
    )


def _style(default: Symbol, *, field: str = "", label: str = "", zoom: int = 13) -> LayerStyle:
    """Return a style whose classes are the clusters, in the order of their size."""
    classes = tuple(
        StyleClass(
            str(number),
            Text(str(number), str(number)),
            Symbol(
                shape=default.shape,
                size=default.size,
                fill=colour,
                stroke=default.stroke if default.shape else colour,
                width=default.width,
                fill_opacity=default.fill_opacity,
            ),
        )
        for number, colour in enumerate(CLUSTER_COLOURS)
    )
    return LayerStyle(field, default, classes if field else (), False, label, zoom)  # noqa: FBT003


def _hull_layer(hulls: gpd.GeoDataFrame) -> MapLayer:
    default = Symbol(fill=CLUSTER_COLOURS[-1], stroke=FAINT, width=1, fill_opacity=0.18)
    return MapLayer(
        key="clusters",
        kind=_("Walkable cluster"),
        frame=hulls,
        style=_style(default, field="cluster"),
        id_field="cluster",
        name_field="title",
        labels=False,
    )


def _tree_layer(tree: gpd.GeoDataFrame) -> MapLayer:
    frame = tree.assign(
        link=[f"{a}-{b}" for a, b in zip(tree["from_site"], tree["to_site"], strict=True)],
        reach=tree["walkable"].map({True: "walk", False: "gap"}),
        distance=[num(value, unit="m") for value in tree["distance_m"]],
    )
    line = Symbol(stroke=INK, width=2.2, fill="none")
    gap = Symbol(stroke=GAP, width=2.2, fill="none", dash="5 6")
    style = LayerStyle(
        field="reach",
        default=line,
        classes=(
            StyleClass("walk", Text("可步行", "walkable"), line),
            StyleClass("gap", Text("断档", "gap"), gap),
        ),
        by_prefix=False,
        label_field="distance",
        label_min_zoom=11,
    )
    return MapLayer(
        key="tree",
        kind=_("Link between sites (walk)"),
        frame=frame,
        style=style,
        id_field="link",
        name_field="distance",
        priority=70,
    )


def _space_title(name: str, area: float) -> str:
    # What a park holds in a building is often what one firm rents there.
    return f"{name} · {num(area, unit='m²')}" if who.may(Right.INTERNAL) else name


def _space_layer(spaces: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> MapLayer:
    names = spaces["carrier_id"].map(card.titles("carriers"))
    number = dict(zip(sites["site"], range(1, len(sites) + 1), strict=True))
    frame = spaces.assign(
        cluster=spaces["cluster"].astype("str"),
        title=[
            _space_title(carrier if unknown(name) else name, area)
            for name, carrier, area in zip(
                names, spaces["carrier_id"], spaces["floor_area_m2"], strict=True
            )
        ],
        label=[str(number.get(site, "")) for site in spaces["site"]],
    )
    default = Symbol(
        shape="circle", size=14, fill=CLUSTER_COLOURS[-1], stroke="#ffffff", fill_opacity=0.95
    )
    return MapLayer(
        key="spaces",
        kind=_("Space of the park; the number is its site"),
        frame=frame,
        style=_style(default, field="cluster", label="label", zoom=12),
        id_field="carrier_id",
        name_field="title",
        priority=90,
    )
