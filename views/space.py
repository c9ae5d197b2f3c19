"""低效空间: building space with its vacancy as facts, on a map and in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo.vacancy import VACANCY_BANDS
from layers.analysis import vacancy_of
from layers.errors import Text
from layers.marks import is_sample
from layers.picture import MapLayer
from layers.picture import Picture
from layers.results import VACANCY_TITLES
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from views import card
from views import figures
from views import filters
from views import legend
from views import links
from views import mapview
from views import overview
from views import store
from views import tables
from views.text import _
from views.text import esc
from views.text import lang
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.picture import Bounds

_BASE = Symbol(size=13, stroke="#ffffff", width=1.2, fill_opacity=0.95)
_RAMP = ("#fde8c8", "#f9b25f", "#d95f0e", "#7a2a04")
_SEEN_ROW = "space_row_seen"
_SHAPES = ("circle", "square", "diamond", "triangle")


def render() -> None:
    """Show the page."""
    if not store.has("carriers"):
        st.info(_("No building space yet. Import a carriers layer first."))
        return
    frame = vacancy_of(store.tables(), datetime.now(tz=UTC).date())
    st.markdown(f"### {_('Building space and its vacancy')}")
    st.caption(
        _(
            "Facts only: vacancy = vacant ÷ (rentable − locked). Whether space counts as "
            "underused also needs its output, and is judged on its own page later."
        )
    )
    with st.sidebar:
        shown = _filtered(frame)
    if shown.empty:
        st.info(_("No building space matches these filters."))
        return
    _figures(shown)
    with st.container(key="split"):
        left, right = st.columns([4, 5], gap="medium")
    with left, st.container(key="page-map"):
        clicked = _map(shown)
    if clicked and clicked.startswith("carriers:"):
        st.session_state[links.CARRIER] = clicked.partition(":")[2]
    with right:
        _table(shown)
    _selected(shown)


def _filtered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Show the filters and return the carriers that pass them."""
    filters.heading()
    carriers, zones = (store.catalogue().layer(key) for key in ("carriers", "zones"))
    belts = filters.of_field(
        _("Zone"), zones.field("belt"), key="space_belts", none=_("outside the zones")
    )
    classes = filters.of_field(_("Class"), carriers.field("carrier_class"), key="space_classes")
    titles = {entry.value: pick(entry.title) for entry in _bands()}
    bands = filters.pills(_("Vacancy"), list(titles), titles.__getitem__, key="space_bands")
    least = st.number_input(
        _("Vacant area at least (m²)"),
        min_value=0,
        value=0,
        step=500,
        key="space_area",
        persist_state="session",
    )
    months = st.slider(
        _("Vacant for at least (months)"), 0, 60, 0, key="space_months", persist_state="session"
    )
    keep = pd.Series(data=True, index=frame.index)
    if belts:
        keep &= frame["belts"].map(lambda found: any(b in found.split(";") for b in belts))
    if classes:
        keep &= frame["carrier_class"].isin(classes)
    if bands:
        keep &= frame["vacancy_band"].isin(bands)
    if least:
        keep &= frame["vacant_area_m2"].ge(least)
    if months:
        keep &= frame["vacant_months"].ge(months)
    return frame[keep]


def _bands() -> tuple[StyleClass, ...]:
    """Return the classes of the vacancy map: numbers, not judgements."""
    low, middle, high = (f"{limit:.0%}" for limit in VACANCY_BANDS)
    titles = (f"< {low}", f"{low} – {middle}", f"{middle} – {high}", f"≥ {high}")
    known = tuple(
        StyleClass(
            str(number),
            Text(title, title),
            replace(_BASE, fill=fill, shape=shape, stroke="#5a2a00"),
        )
        for number, (title, fill, shape) in enumerate(zip(titles, _RAMP, _SHAPES, strict=True))
    )
    unknown = replace(_BASE, fill="#c9d1d8", shape="cross", stroke="#53616e")
    return (*known, StyleClass("unknown", Text("未知", "unknown"), unknown))


def _figures(frame: gpd.GeoDataFrame) -> None:
    known = frame[frame["vacancy_rate"].notna()]
    offered = known["rentable_area_m2"].sum() - known["locked_area_m2"].sum()
    vacant = known["vacant_area_m2"].sum()
    cells = (
        (num(len(frame)), _("carriers shown")),
        (num(len(frame) - len(known)), _("with unknown vacancy")),
        (num(vacant, unit="m²"), _("vacant area")),
        (pct(vacant / offered if offered else None), _("vacancy of those known")),
    )
    sample = (
        f'<span class="atlas-badge sample">{esc(_("Sample data: occupancy is generated"))}</span>'
        if bool(is_sample(frame).any())
        else ""
    )
    figures.show(cells, below=sample)


def _map(frame: gpd.GeoDataFrame) -> str | None:
    spec = store.catalogue().layer("carriers")
    style = LayerStyle(
        field="vacancy_band",
        default=_BASE,
        classes=_bands(),
        by_prefix=False,
        label_field=spec.name_field,
        label_min_zoom=15,
    )
    context = [
        overview.map_layer(entry)
        for entry in store.shown_layers()
        if entry.key in {"district", "zones"}
    ]
    everything = store.located(store.table("carriers"))
    located = store.located(frame)
    layer = MapLayer(
        key="carriers",
        kind=pick(spec.title),
        frame=located,
        style=style,
        id_field=spec.id_field,
        name_field=spec.name_field,
        priority=50,
    )
    bounds: Bounds = tuple(float(v) for v in everything.total_bounds)  # type: ignore[assignment]
    event = mapview.show(
        Picture(
            layers=[*context, layer],
            selected=f"carriers:{st.session_state.get(links.CARRIER, '')}",
            marks=overview.marks([entry.frame for entry in (*context, layer)]),
            attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
        ),
        key="space",
        bounds=bounds,
        height=520,
    )
    st.html(legend.legend_rows(style, located, "point", inline=True))
    missing = len(frame) - len(located)
    if missing:
        st.caption(_("{n} carriers are not located and stand only in the table.").format(n=missing))
    return mapview.clicked(event)


def _table(frame: gpd.GeoDataFrame) -> None:
    spec = store.catalogue().layer("carriers")
    names = ("vacant_area_m2", "largest_vacant_m2", "rentable_area_m2", "carrier_class")
    fields = [spec.field(name) for name in names]
    name_field = spec.field("name")
    ordered = frame.sort_values("vacant_area_m2", ascending=False, na_position="last")
    shown = pd.DataFrame(
        {
            card.heading(name_field): [card.title(spec, row) for _i, row in ordered.iterrows()],
            _("Vacancy (%)"): ordered["vacancy_rate"].to_numpy() * 100,
            **{card.heading(f): card.column(f, ordered[f.name]).to_numpy() for f in fields},
            card.heading(spec.field("vacant_since")): ordered["vacant_since"].to_numpy(),
            _("Months vacant"): ordered["vacant_months"].to_numpy(),
            _("Zone"): ordered["belts"].map(_belt_titles).to_numpy(),
        }
    )
    row = tables.pick_row(
        shown,
        key="space_table",
        most_px=520,
        config={
            card.heading(name_field): st.column_config.TextColumn(width=170),
            **card.column_config(fields),
            _("Vacancy (%)"): st.column_config.ProgressColumn(
                format="%.1f%%", min_value=0, max_value=100, width=120
            ),
            _("Months vacant"): st.column_config.NumberColumn(format="%d"),
        },
    )
    _save(ordered)
    # Only a new tick moves the selection, so that a click on the map can move it too.
    if row != st.session_state.get(_SEEN_ROW):
        st.session_state[_SEEN_ROW] = row
        if row is not None:
            st.session_state[links.CARRIER] = str(ordered["carrier_id"].iloc[row])
            st.rerun()


def _belt_titles(belts: str) -> str:
    field = store.catalogue().layer("zones").field("belt")
    return ", ".join(field.choice_title(belt, lang()) for belt in belts.split(";") if belt)


def _save(frame: gpd.GeoDataFrame) -> None:
    spec = store.catalogue().layer("carriers")
    titles = {field.name: field.title for field in spec.fields} | VACANCY_TITLES
    tables.save(
        pd.DataFrame(frame)[list(titles)], "building_space", spec.title, titles, internal=True
    )


def _selected(frame: gpd.GeoDataFrame) -> None:
    identifier = st.session_state.get(links.CARRIER)
    found = card.find(f"carriers:{identifier}") if identifier else None
    if found is None or not frame["carrier_id"].eq(identifier).any():
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        card.show(*found)
    with right:
        _units(str(identifier))


def _units(carrier_id: str) -> None:
    if not store.has("units"):
        return
    spec = store.catalogue().layer("units")
    units = store.table("units")
    own = units[units["carrier_id"].eq(carrier_id)]
    if own.empty:
        st.info(_("No units are recorded in this carrier."))
        return
    st.markdown(f"**{pick(spec.title)}**")
    tables.show_rows(spec, own, without="carrier_id")
