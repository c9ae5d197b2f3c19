"""One map with four switches: scatter, weak space, grades and linkage."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.access import AccessParameters
from geo.crs import STORAGE_CRS
from geo.flag import FLAG_TITLES
from layers.errors import Text
from layers.picture import MapLayer
from layers.picture import Picture
from layers.results import scatter_layer
from layers.scorecards import load_scorecards
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.team import Right
from views import card
from views import legend
from views import links
from views import mapview
from views import overview
from views import store
from views import who
from views.evaluating import data as grade_data
from views.linkage import data as access_data
from views.linkage import picture as access_picture
from views.linkage import shares as access_shares
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.underused import data as space_data
from views.underused import picture as space_picture

_CONTEXT = ("district", "zones", "campuses", "stations")
_HEIGHT = 520
_SELECTED = "home_selected"
_SHOWN = "home_map"
_SCATTER, _SPACE, _GRADES, _LINKAGE = "scatter", "space", "grades", "linkage"
_FLAGS = {
    "green": Symbol(shape="circle", size=12, fill="#009E73", stroke="#1F2D3A"),
    "yellow": Symbol(shape="triangle", size=14, fill="#F0E442", stroke="#1F2D3A"),
    "red": Symbol(shape="square", size=13, fill="#D55E00", stroke="#1F2D3A"),
    "undecided": Symbol(shape="diamond", size=13, fill="#FFFFFF", stroke="#1F2D3A", width=2.0),
}
_GRADED = (
    Symbol(shape="star", size=16, fill="#08519C", stroke="#1F2D3A"),
    Symbol(shape="circle", size=12, fill="#6BAED6", stroke="#1F2D3A"),
    Symbol(shape="triangle", size=13, fill="#FDB863", stroke="#1F2D3A"),
    Symbol(shape="square", size=12, fill="#B35806", stroke="#1F2D3A"),
)
_NO_GRADE = Symbol(shape="diamond", size=11, fill="#FFFFFF", stroke="#53616E", width=1.6)
_CLASSES = ("university", "characteristic")


def show() -> None:
    """Show the map, the switches, and the card of what was clicked."""
    if not store.has("carriers"):
        return
    st.markdown(f"#### {_('The district at a glance')}")
    what = _switch()
    layer = _LAYERS[what]()
    left, right = st.columns([7, 3], gap="small")
    with left:
        _map(layer)
        _not_drawn(what, len(layer.frame))
    with right:
        _card()


def _switch() -> str:
    titles = {_SCATTER: _("Scatter")}
    if who.may(Right.INTERNAL):
        titles |= {_SPACE: _("Building space"), _GRADES: _("Grades")}
    titles[_LINKAGE] = _("Linkage")
    kept = st.session_state.get(_SHOWN, _SCATTER)
    found = st.segmented_control(
        _("Shown on the map"),
        list(titles),
        format_func=titles.__getitem__,
        default=kept if kept in titles else _SCATTER,
        required=True,
        key=f"{_SHOWN}:{lang()}",
        label_visibility="collapsed",
    )
    st.session_state[_SHOWN] = found
    return str(found)


def _map(layer: MapLayer) -> None:
    context = [overview.map_layer(s) for s in store.shown_layers() if s.key in _CONTEXT]
    others = [one for one in context if one.key != layer.key]
    with st.container(key="home-map"):
        mapview.show(
            Picture(
                layers=[*others, layer],
                selected=st.session_state.get(_SELECTED, ""),
                marks=overview.marks([entry.frame for entry in (*others, layer)]),
                attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
            ),
            key="home",
            bounds=overview.extent([layer.frame], 0.004),
            height=_HEIGHT,
            on_click=_choose,
        )
    legend.show(layer.style, layer.frame, "point")


def _not_drawn(what: str, drawn: int) -> None:
    """Say how many more there are than the map can show, so that its counts are not all."""
    if what == _SPACE:
        every, told = space_data.usual().table, _("{n} more carriers are not located: not drawn.")
    elif what == _LINKAGE:
        every = access_data.access(AccessParameters()).spaces
        told = _("{n} more spaces are not located: not drawn.")
    else:
        every, told = store.scatter().table, _("{n} more parks have no located space: not drawn.")
    if len(every) > drawn:
        st.caption(told.format(n=num(len(every) - drawn)))


def _choose(feature: str) -> None:
    st.session_state[_SELECTED] = feature


def _card() -> None:
    feature = st.session_state.get(_SELECTED, "")
    found = card.find(feature) if feature else None
    if found is None:
        st.caption(_("Click a park or a building on the map to see its card."))
        return
    spec, row = found
    card.show(spec, row)
    park = row.get("park_id")
    if park is not None and not pd.isna(park):
        _reasons(str(park))
        _ways(str(park))


def _reasons(park: str) -> None:
    """Say why the park has its flag, and how its space is linked."""
    column = f"reason_{lang()}"
    table = store.scatter().table
    flags = table[table["park_id"].eq(park)]
    if len(flags):
        row = flags.iloc[0]
        st.html(links.flag_badge(str(row["flag"])))
        st.caption(md(row[column]))
        if bool(row["sample"]):
            st.caption(links.sample_note())
    access = access_data.access(AccessParameters())
    own = access.parks[access.parks.index == park]
    if len(own):
        told, note = access_shares.overlap(own.iloc[0])
        st.caption(f"{_('Linkage of all three')}: {md(told)} {md(note)}")


def _ways(park: str) -> None:
    columns = st.columns(2)
    if columns[0].button(_("Open the park's page"), key="home_park", type="primary"):
        links.open_park(park)
    if columns[1].button(_("Plan sheet"), key="home_sheet"):
        links.open_sheet("park", park)
    if columns[0].button(_("Linkage"), key="home_linkage"):
        links.open_linkage(park)
    if columns[1].button(_("Chapter"), key="home_chapter"):
        links.open_chapter("park", park)


def _places() -> gpd.GeoDataFrame:
    """Return the sites of every park that has one located, with its name and flag."""
    found = scatter_layer(store.scatter())
    places = store.as_shown(found[found.geometry.notna()])
    names = card.titles("parks")
    return gpd.GeoDataFrame(
        {
            "park_id": places["park_id"],
            "name": places["park_id"].map(names).fillna(places["park_name"]),
            "flag": places["flag"],
            "sample": places["sample"],
        },
        geometry=places.geometry.to_numpy(),
        crs=STORAGE_CRS,
    )


def _parks() -> MapLayer:
    frame = _places()
    classes = tuple(
        StyleClass(flag, Text(*FLAG_TITLES[flag]), symbol) for flag, symbol in _FLAGS.items()
    )
    return _layer("parks", frame, "park_id", "flag", classes)


def _grades() -> MapLayer:
    """Return the parks by the grade of their class in the latest year with numbers."""
    cards = load_scorecards(store.catalogue().folder).cards
    grades: dict[str, str] = {}
    titles: dict[str, Text] = {}
    for key in _CLASSES:
        own = cards[key]
        years = grade_data.years(own)
        if not years:
            continue
        found = grade_data.evaluation(own, max(years)).table
        grades |= {
            str(one): str(grade)
            for one, grade in zip(found["subject_id"], found["grade"], strict=True)
            if grade and not pd.isna(grade)
        }
        titles |= {grade.key: Text(grade.key, grade.title_en) for grade in own.grades}
    places = _places()
    frame = gpd.GeoDataFrame(
        {
            "park_id": places["park_id"],
            "name": places["name"],
            "grade": places["park_id"].map(grades).fillna(""),
            "sample": places["sample"],
        },
        geometry=places.geometry.to_numpy(),
        crs=STORAGE_CRS,
    )
    classes = tuple(
        StyleClass(key, title, symbol)
        for (key, title), symbol in zip(titles.items(), _GRADED, strict=False)
    )
    told = _("no grade")
    none = StyleClass("", Text(told, told), _NO_GRADE)
    return _layer("parks", frame, "park_id", "grade", (*classes, none))


def _space() -> MapLayer:
    return space_picture.layer(space_data.usual().table)


def _linked() -> MapLayer:
    return access_picture.space_layer(access_data.access(AccessParameters()))


def _layer(
    key: str,
    frame: gpd.GeoDataFrame,
    id_field: str,
    field: str,
    classes: tuple[StyleClass, ...],
) -> MapLayer:
    style = LayerStyle(
        field=field,
        default=classes[-1].symbol,
        classes=classes,
        by_prefix=False,
        label_field="name",
        label_min_zoom=14,
    )
    return MapLayer(
        key=key,
        kind=pick(store.catalogue().layer(key).title),
        frame=frame,
        style=style,
        id_field=id_field,
        name_field="name",
        priority=70,
    )


_LAYERS = {_SCATTER: _parks, _SPACE: _space, _GRADES: _grades, _LINKAGE: _linked}
