"""The page of one park: its spaces on the map, seven numbers, the reason, its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from geo.dispersion import standard_deviational_ellipse
from geo.scatter import FORM_TITLES
from layers.errors import Text
from layers.i18n import unknown
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from views import card
from views import links
from views import mapview
from views import overview
from views import store
from views import tables
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.scatter import ScatterResult
    from layers.picture import Bounds

_CLUSTER_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
_HULL_M = 70.0
_MARGIN = 0.002


def form_title(code: object) -> str:
    """Return the title of a form of scatter."""
    if unknown(code) or code not in FORM_TITLES:
        return ""
    zh, en = FORM_TITLES[str(code)]
    return zh if lang() == "zh" else en


def show(result: ScatterResult, park_id: str) -> None:
    """Show the page of a park."""
    row = result.table[result.table["park_id"].eq(park_id)].iloc[0]
    if st.button(_("← All parks"), type="tertiary"):
        st.query_params.pop(links.PARK, None)
        st.rerun()
    _heading(row)
    left, right = st.columns([5, 4], gap="medium")
    with left, st.container(key="page-map"):
        _map(result, park_id)
    with right:
        _numbers(row, result)
    _tables(result, park_id)


def _heading(row: pd.Series) -> None:
    sample = (
        f'<span class="atlas-badge sample">{esc(_("Sample holding, not the real park"))}</span>'
        if bool(not unknown(row["sample"]) and row["sample"])
        else ""
    )
    form = form_title(row["form"])
    name = card.titles("parks").get(str(row["park_id"]), row["park_name"])
    st.html(
        f'<div class="atlas-card"><h3>{esc(name)}</h3>'
        f'<div class="kind">{esc(row["park_id"])}</div>'
        f"{links.flag_badge(row['flag'])}"
        f'{f"""<span class="atlas-badge">{esc(form)}</span>""" if form else ""}{sample}</div>'
    )
    reason = row["reason_zh" if lang() == "zh" else "reason_en"]
    st.markdown(f"**{_('Why this flag')}** {md(reason)}")


def _map(result: ScatterResult, park_id: str) -> None:
    parts = [
        frame[frame["park_id"].eq(park_id)] for frame in (result.spaces, result.sites, result.tree)
    ]
    spaces, sites, tree = (frame.to_crs(STORAGE_CRS) for frame in parts)
    spaces = spaces[spaces.geometry.notna()]
    if spaces.empty:
        st.info(
            _("None of this park's spaces is located, so there is nothing to draw.")
            if len(parts[0])
            else _("No building space is registered for this park.")
        )
        return
    hulls = _clusters(parts[1])
    context = [
        overview.map_layer(spec)
        for spec in store.shown_layers()
        if spec.key in {"district", "zones", "stations"}
    ]
    drawn = [*context, _hull_layer(hulls), _tree_layer(tree), _space_layer(spaces, sites)]
    west, south, east, north = (float(v) for v in spaces.total_bounds)
    bounds: Bounds = (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)
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
    st.caption(
        _(
            "Dots are spaces, shaded areas are walkable clusters. Solid lines can be walked "
            "within the threshold, dashed lines cannot; together they are the shortest tree "
            "that links all sites."
        )
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
    return frame.to_crs(STORAGE_CRS)


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
        for number, colour in enumerate(_CLUSTER_COLOURS)
    )
    return LayerStyle(field, default, classes if field else (), False, label, zoom)  # noqa: FBT003


def _hull_layer(hulls: gpd.GeoDataFrame) -> MapLayer:
    default = Symbol(fill=_CLUSTER_COLOURS[-1], stroke="#8796a5", width=1, fill_opacity=0.18)
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
    line = Symbol(stroke="#1f2d3a", width=2.2, fill="none")
    gap = Symbol(stroke="#8e1b4e", width=2.2, fill="none", dash="5 6")
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


def _space_layer(spaces: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> MapLayer:
    names = spaces["carrier_id"].map(card.titles("carriers"))
    number = dict(zip(sites["site"], range(1, len(sites) + 1), strict=True))
    frame = spaces.assign(
        cluster=spaces["cluster"].astype("str"),
        title=[
            f"{name if not unknown(name) else carrier} · {num(area, unit='m²')}"
            for name, carrier, area in zip(
                names, spaces["carrier_id"], spaces["floor_area_m2"], strict=True
            )
        ],
        label=[str(number.get(site, "")) for site in spaces["site"]],
    )
    default = Symbol(
        shape="circle", size=14, fill=_CLUSTER_COLOURS[-1], stroke="#ffffff", fill_opacity=0.95
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


def _numbers(row: pd.Series, result: ScatterResult) -> None:
    """Show the seven numbers, each with the sentence that explains it."""
    walk = num(result.parameters.walk_m)
    by_area = row["weighting"] == "floor_area"
    share_of = _("floor area") if by_area else _("the number of spaces, as areas are missing")
    entries: Sequence[tuple[str, str, str]] = (
        (
            _("Sites"),
            num(row["sites"]),
            _("Groups of this park's buildings no more than {gap} m apart.").format(
                gap=num(result.parameters.site_gap_m)
            ),
        ),
        (
            _("Effective sites"),
            num(row["effective_sites"], digits=2),
            _("The park behaves like this many equal pieces; 1 means one place."),
        ),
        (
            _("Mean distance"),
            num(row["mean_distance_m"], unit="m"),
            _("Two square metres taken at random are this far apart on foot, on average.")
            if by_area
            else _("Two spaces taken at random are this far apart on foot; areas are missing."),
        ),
        (
            _("Largest walkable share"),
            pct(row["largest_cluster_share"]),
            _("Share of {what} in the largest cluster reachable in steps of {walk} m.").format(
                what=share_of, walk=walk
            ),
        ),
        (
            _("Longest gap"),
            num(row["longest_gap_m"], unit="m"),
            _("The longest walk that cannot be avoided when linking all sites."),
        ),
        (
            _("In zones"),
            pct(row["zone_share"]),
            _("Share of {what} inside the drawn zones, which are sketches.").format(what=share_of),
        ),
        (
            _("Chance test"),
            num(row["p_low"], digits=3),
            _("Compares with spaces thrown at random on the building stock; not run yet.")
            if unknown(row["p_low"])
            else _("Share of random placements at least as compact."),
        ),
    )
    lines = "".join(
        f"<tr><td>{esc(name)}<small>{esc(sentence)}</small></td><td>{esc(text)}</td></tr>"
        for name, text, sentence in entries
    )
    st.html(f'<table class="atlas-numbers">{lines}</table>')
    st.caption(
        _(
            "Stability {share}: the flag keeps its colour in this share of {runs} runs "
            "with other parameters."
        ).format(share=pct(row["stability"], digits=0), runs=len(list(result.parameters.walks())))
    )


def _tables(result: ScatterResult, park_id: str) -> None:
    units, spaces, origin = st.tabs(
        [_("Units"), _("Spaces and sites"), _("Parameters and sources")]
    )
    with units:
        _units(result, park_id)
    with spaces:
        _spaces(result, park_id)
    with origin:
        _sources(result, park_id)


def _units(result: ScatterResult, park_id: str) -> None:
    frame = store.tables().get("units", pd.DataFrame({"park_id": []}))
    own = frame[frame["park_id"].eq(park_id)]
    if own.empty:
        held = result.spaces["park_id"].eq(park_id).any()
        st.info(
            _("No units are recorded for this park; its carriers count with their gross area.")
            if held
            else _("No building space is registered for this park.")
        )
        return
    tables.show_rows(store.catalogue().layer("units"), own, without="park_id")


def _spaces(result: ScatterResult, park_id: str) -> None:
    spaces = result.spaces[result.spaces["park_id"].eq(park_id)]
    names = spaces["carrier_id"].map(card.titles("carriers")).fillna(spaces["carrier_id"])
    tables.show(
        pd.DataFrame(
            {
                _("Building"): names,
                _("Carrier id"): spaces["carrier_id"],
                _("Site"): spaces["site"] + 1,
                _("Cluster"): spaces["cluster"] + 1,
                _("Floor area (m²)"): spaces["floor_area_m2"],
                _("Located"): spaces.geometry.notna(),
            }
        ).sort_values([_("Cluster"), _("Site")]),
        config={_("Floor area (m²)"): st.column_config.NumberColumn(format="localized")},
    )
    _ellipse(result, park_id)


def _ellipse(result: ScatterResult, park_id: str) -> None:
    """Say where the park lies as a whole: the standard deviational ellipse of its sites."""
    sites = result.sites[result.sites["park_id"].eq(park_id)]
    if len(sites) < 2:  # noqa: PLR2004 - one site has no direction
        return
    ellipse = standard_deviational_ellipse(
        shapely.get_coordinates(sites.geometry.to_numpy()), sites["weight"].to_numpy("float64")
    )
    st.caption(
        _(
            "Standard deviational ellipse of the sites: semi-axes {major} and {minor}, long "
            "axis {azimuth}° from north."
        ).format(
            major=num(ellipse.major_m, unit="m"),
            minor=num(ellipse.minor_m, unit="m"),
            azimuth=num(ellipse.azimuth_deg),
        )
    )


def _sources(result: ScatterResult, park_id: str) -> None:
    found = card.find(f"parks:{park_id}")
    if found is not None:
        card.show(*found)
    row = result.table[result.table["park_id"].eq(park_id)].iloc[0]
    versions = " · ".join(f"{key} v{version}" for key, version in store.versions())
    st.caption(
        f"{_('Rule version')} {md(row['rule_version'])} · {_('Layer versions')} {md(versions)}"
    )
    parameters = result.parameters.as_dict()
    tables.show(
        pd.DataFrame(
            {
                _("Parameter"): list(parameters),
                _("Value"): [str(value) for value in parameters.values()],
            }
        )
    )
