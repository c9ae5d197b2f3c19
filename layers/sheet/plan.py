"""A consolidation plan as layers of a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.proposals.drawing import SITE_SYMBOLS
from layers.proposals.drawing import arrows
from layers.proposals.drawing import move_style
from layers.proposals.words import WORDS
from layers.sheet import words
from layers.sheet.records import SheetLayer
from layers.style import LayerStyle
from layers.style import StyleClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyproj

    Tables = Mapping[str, pd.DataFrame]

_MOVES = 90


def plan_layers(plan: Tables, tables: Tables, system: pyproj.CRS, lang: str) -> list[SheetLayer]:
    """Return the sites and moves of a plan as layers of a sheet, bottom first.

    Parameters
    ----------
    plan
        ``moves`` and ``sites`` with geometry in EPSG:4490.
    tables
        Layers by key, for the names of carriers.
    system
        CRS of the sheet.
    lang
        ``zh`` or ``en``.
    """
    layers: list[SheetLayer] = []
    moves, sites = (_geo(plan[name]) for name in ("moves", "sites"))
    if len(moves):
        found = arrows(moves)
        lines = found.drop(columns="head").to_crs(system)
        heads = gpd.GeoDataFrame(found.drop(columns="geometry"), geometry="head")
        heads = heads.rename_geometry("geometry").to_crs(system)
        layers.append(_plan_layer("moves", lines, move_style(heads=False), lang, legend=True))
        whole = _geo(heads)
        layers.append(_plan_layer("move_heads", whole, move_style(heads=True), lang, legend=False))
    if len(sites):
        layers.append(_sites(sites.to_crs(system), tables, lang))
    return layers


def _sites(sites: gpd.GeoDataFrame, tables: Tables, lang: str) -> SheetLayer:
    carriers = tables.get("carriers", pd.DataFrame({"carrier_id": [], "name": []}))
    names = dict(zip(carriers["carrier_id"], carriers["name"].fillna(""), strict=True))
    classes = tuple(
        StyleClass(kind, WORDS["outcome"][kind], symbol) for kind, symbol in SITE_SYMBOLS.items()
    )
    first = next(iter(SITE_SYMBOLS.values()))
    style = LayerStyle("outcome", first, classes, by_prefix=False, label_field="", label_min_zoom=0)
    # One name for a place, however many parks are at it.
    seen: set[str] = set()
    labels = []
    for site in sites["site_id"].astype("str"):
        labels.append("" if site in seen else str(names.get(site) or site))
        seen.add(site)
    return _plan_layer("sites", sites, style, lang, legend=True, labels=tuple(labels))


def _plan_layer(
    key: str,
    frame: gpd.GeoDataFrame,
    style: LayerStyle,
    lang: str,
    *,
    legend: bool,
    labels: tuple[str, ...] = (),
) -> SheetLayer:
    title = words.SITES if key == "sites" else words.MOVE
    return SheetLayer(
        key=key,
        title=title.get(lang),
        frame=frame,
        style=style,
        sketch=np.zeros(len(frame), dtype=bool),
        labels=labels,
        priority=_MOVES if labels else 0,
        legend=legend,
    )


def _geo(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    found = gpd.GeoDataFrame(frame)
    shapes = found.geometry.to_numpy()
    return found[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
