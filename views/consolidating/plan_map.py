"""A plan on the map: what goes where, and what becomes of each site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import streamlit as st

from layers.i18n import unknown
from layers.picture import MapLayer
from layers.picture import Picture
from layers.proposals import WORDS
from layers.proposals.drawing import SITE_SYMBOLS
from layers.proposals.drawing import arrows
from layers.proposals.drawing import move_style
from layers.style import LayerStyle
from views import card
from views import mapview
from views import overview
from views import store
from views.text import _
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.picture import Bounds
    from layers.style import Symbol

_AROUND = {"district", "zones"}
_MARGIN = 0.002
_HEIGHT_PX = 560


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
        for outcome, symbol in SITE_SYMBOLS.items()
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


def _arrow_layer(key: str, frame: gpd.GeoDataFrame, *, interactive: bool = False) -> MapLayer:
    return MapLayer(
        key=key,
        kind=_("Proposed move"),
        frame=frame,
        style=move_style(heads=key == "move_heads"),
        id_field="id",
        name_field="title",
        labels=False,
        interactive=interactive,
        priority=90,
    )
