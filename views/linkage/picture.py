"""The map: spaces by class, what they are linked to, what lies between, and what is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import streamlit as st

from geo.crs import STORAGE_CRS
from layers.access import access_layer
from layers.access.drawing import class_code
from layers.access.drawing import class_style
from layers.access.drawing import trial_style
from layers.errors import AtlasError
from layers.i18n import unknown
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from views import card
from views import mapview
from views import overview
from views import store
from views.linkage import address
from views.linkage import data
from views.linkage import signs
from views.linkage import state
from views.linkage import styles
from views.linkage import words
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.access import Access
    from layers.access import TrialObject
    from layers.picture import Bounds
    from layers.style import LayerStyle

SPACES = "carriers"
_AROUND = (
    "district",
    "campuses",
    "barriers",
    "crossings",
    "walkways",
    "stations",
    "gates",
    "facilities",
    "housing",
)
_HEIGHT = 560
_MARGIN, _NEAR = 0.004, 0.008
_COLOUR = "#c2185b"


def show(found: Access, before: Access, park: str | None) -> None:
    """Show the map; a click opens the card of a space or places an object on trial.

    Parameters
    ----------
    found, before
        The linkage with the objects on trial, and without them.
    park
        The park that the map moves to; None for all.
    """
    spaces = drawn(found)
    layer = _space_layer(spaces)
    context = [overview.map_layer(s) for s in store.shown_layers() if s.key in _AROUND]
    own = spaces if park is None else spaces[[park in of for of in spaces["parks"]]]
    pointed = state.candidate()
    above = [*_changed_layers(spaces, drawn(before)), *_trial_layers(), *_pointed_layers(pointed)]
    if park is not None and len(own):
        above.insert(0, _rings("own", _("Space of the chosen park"), own, styles.of_park()))
    reach = [] if park is None else _reach_layers(found, park)
    layers = [*context, *reach, layer, *above]
    bounds = overview.extent([own, *(area.frame for area in reach)], _MARGIN)
    event = mapview.show(
        Picture(
            layers=layers,
            selected=f"{SPACES}:{st.session_state.get(state.SPACE, '')}",
            marks=_marks([entry.frame for entry in layers], found),
            attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
            focus=_around(pointed) or (bounds if park is not None and len(own) else None),
            focus_token=f"{pointed.lon} {pointed.lat}" if pointed else park or "",
            editor=_editor(),
        ),
        key="linkage",
        bounds=overview.extent([spaces], _MARGIN) if park is None else bounds,
        height=_HEIGHT,
    )
    if event is not None and _react(event):
        st.rerun()
    signs.show(layer, [*context, *reach, *above])
    _captions(found, spaces)


def drawn(found: Access) -> gpd.GeoDataFrame:
    """Return one mark for every carrier that is located, EPSG:4490.

    A carrier in which several parks have space has the class of the largest of them.

    Returns
    -------
    geopandas.GeoDataFrame
        ``carrier_id``, ``title``, ``class``, ``mark`` (the class as text), ``parks`` (the
        parks that have space there), ``sample``.
    """
    table = store.as_shown(access_layer(found))
    located = table[table.geometry.notna() & ~table.geometry.is_empty]
    parks = located.groupby("carrier_id")["park_id"].agg(frozenset)
    largest = located.sort_values(
        ["floor_area_m2", "park_id"], ascending=[False, True], na_position="last"
    ).drop_duplicates("carrier_id")
    linkage = largest["linkage"].astype("Int64").astype("str")
    names = largest["carrier_id"].map(card.titles(SPACES)).fillna(largest["carrier_id"])
    marks = largest.apply(words.class_span, axis=1).astype("str") if len(largest) else linkage
    title = [f"{name} · {mark}" for name, mark in zip(names, marks, strict=True)]
    frame = pd.DataFrame(
        {
            "carrier_id": largest["carrier_id"],
            "title": pd.Series(title, index=largest.index, dtype="str"),
            "mark": marks,
            "class": [
                class_code(value, decided=bool(decided))
                for value, decided in zip(linkage, largest["decided"], strict=True)
            ],
            "parks": largest["carrier_id"].map(parks),
            "sample": largest["sample"],
        }
    )
    points = shapely.centroid(largest.geometry.to_numpy())
    return gpd.GeoDataFrame(frame, geometry=points, crs=STORAGE_CRS).reset_index(drop=True)


def space_layer(found: Access) -> MapLayer:
    """Return the located space by class of linkage, as a layer of a map."""
    return _space_layer(drawn(found))


def _space_layer(spaces: gpd.GeoDataFrame) -> MapLayer:
    spec = store.catalogue().layer(SPACES)
    large = len(spaces) > MOST_VECTORS
    english = lang() == "en" and spec.has_field("name_en")
    name_field = "name_en" if english else spec.name_field
    return MapLayer(
        key=SPACES,
        kind=_("Building space, with its linkage class"),
        frame=spaces.rename(columns={"title": name_field}),
        style=class_style("mark"),
        id_field=spec.id_field,
        name_field=name_field,
        priority=70,
        ticket=store.ticket(spec, name_field=name_field) if large else None,
    )


def _changed_layers(now: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> list[MapLayer]:
    """Return rings around the spaces whose class is another with the objects on trial."""
    if not state.trial():
        return []
    was = now["carrier_id"].map(before.set_index("carrier_id")["class"])
    rings = now[now["class"].ne(was)]
    if rings.empty:
        return []
    return [_rings("changed", _("Changed by what is on trial"), rings, styles.changed())]


def _rings(key: str, kind: str, spaces: gpd.GeoDataFrame, style: LayerStyle) -> MapLayer:
    return MapLayer(
        key=key,
        kind=kind,
        frame=spaces,
        style=style,
        id_field="carrier_id",
        name_field="title",
        interactive=False,
        labels=False,
    )


def _trial_layers() -> list[MapLayer]:
    objects = state.trial().objects
    return [_objects("trial", _("On trial, not stored"), objects)] if objects else []


def _pointed_layers(pointed: TrialObject | None) -> list[MapLayer]:
    return [] if pointed is None else [_objects("candidate", _("Candidate"), (pointed,))]


def _objects(key: str, kind: str, objects: Sequence[TrialObject]) -> MapLayer:
    frame = gpd.GeoDataFrame(
        {
            "id": [str(number) for number, _one in enumerate(objects, start=1)],
            "kind": [one.kind for one in objects],
            "title": [one.title for one in objects],
        },
        geometry=[shapely.Point(one.lon, one.lat) for one in objects],
        crs=STORAGE_CRS,
    )
    return MapLayer(
        key=key,
        kind=kind,
        frame=frame,
        style=trial_style() if key == "trial" else styles.candidate(),
        id_field="id",
        name_field="title",
        priority=90,
    )


def _around(pointed: TrialObject | None) -> Bounds | None:
    if pointed is None:
        return None
    lon, lat = pointed.lon, pointed.lat
    return (lon - _NEAR, lat - _NEAR, lon + _NEAR, lat + _NEAR)


def _marks(frames: list[pd.DataFrame], found: Access) -> list[str]:
    marks = overview.marks(frames)
    if not bool(found.spaces["decided"].all()):
        marks.append(_("Pink edge = estimated or to be verified"))
    if state.trial():
        marks.append(_("With objects on trial, not stored"))
    return marks


def _editor() -> dict[str, Any] | None:
    """Return what the browser's editor does now: it places a point, or nothing."""
    if state.placing() is None:
        return None
    return {
        "token": f"linkage:{state.current_round()}",
        "mode": "point",
        "geometry": None,
        "feature": "",
        "edited": {"layer": "", "row": -1},
        "snap": True,
        "colour": _COLOUR,
    }


def _react(event: mapview.Event) -> bool:
    """Do what an event of the map means; tell whether the page must run again."""
    if event.kind == "click":
        layer, _colon, identifier = event.feature.partition(":")
        if layer != SPACES or st.session_state.get(state.SPACE) == identifier:
            return False
        st.session_state[state.SPACE] = identifier
        return True
    what = state.placing()
    state.stop()
    if what is None or event.token != f"linkage:{state.current_round()}":
        return what is not None
    place = _point(event.geometry)
    if place is not None:
        try:
            state.add(what.at(*place))
        except AtlasError as error:
            state.tell_next("error", md(pick(error.text)))
    return True


def _point(geometry: dict[str, Any] | None) -> tuple[float, float] | None:
    """Return longitude and latitude of a point that came from the browser, None if it is none."""
    try:
        lon, lat = (float(value) for value in (geometry or {})["coordinates"])
    except (KeyError, TypeError, ValueError):
        return None
    return (lon, lat) if bool(np.isfinite([lon, lat]).all()) else None


def _captions(found: Access, spaces: gpd.GeoDataFrame) -> None:
    lost = int((~found.spaces["located"]).sum())
    told = [
        _(
            "A class is the number of conditions met, no composite index. Being near is no proof "
            "of cooperation."
        ),
        _("Click a space for its card. Shown here: {n}.").format(n=num(len(spaces))),
    ]
    if lost:
        told.append(
            _("{n} spaces are not located; they stand in the table only.").format(n=num(lost))
        )
    st.caption(" ".join(told))


def _reach_layers(found: Access, park: str) -> list[MapLayer]:
    """Return the area that one gets to on foot from the spaces of a park."""
    minutes = address.value("minutes")
    if minutes == address.NO_AREA:
        return []
    areas = store.as_shown(data.area(found.parameters, park, float(minutes), state.trial()))
    areas = areas[areas.geometry.notna()]
    if areas.empty:
        return []
    title = _("Within a walk of {n} minutes from the park, estimated").format(n=minutes)
    return [
        MapLayer(
            key="reach",
            kind=title,
            frame=areas.assign(title=title),
            style=styles.reach(),
            id_field="park_id",
            name_field="title",
            interactive=False,
            labels=False,
        )
    ]


def focus(carrier_id: object) -> None:
    """Open the card of a carrier."""
    if not unknown(carrier_id):
        st.session_state[state.SPACE] = str(carrier_id)
