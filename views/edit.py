"""编辑: draw, correct, split, merge and delete features, and save it all as one version."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st
from shapely.geometry import mapping
from shapely.geometry import shape

from geo.crs import STORAGE_CRS
from layers.editing import Reshape
from layers.editing import Split
from layers.editing import next_id
from layers.editing import snap_moved
from layers.errors import AtlasError
from layers.i18n import moment
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import Symbol
from views import desk
from views import edit_conflict
from views import edit_panel
from views import mapview
from views import overview
from views import store
from views.edit_panel import MERGE
from views.edit_panel import MODES
from views.edit_panel import PENDING
from views.edit_panel import SELECTED
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from layers.catalogue import LayerSpec
    from layers.editing import Draft
    from layers.editing import EditSession
    from layers.editing import Replay

_LAYER = "edit_layer"
_ACTION = "edit_action"
_COLOUR = "#c2185b"
_CHANGED = Symbol(
    shape="circle",
    size=14,
    fill="#c2185b",
    stroke="#c2185b",
    width=2.5,
    fill_opacity=0.18,
)
_CONTEXT = ("district", "zones", "parks", "campuses", "stations")
_ROUNDING_M = 0.15
"""The browser has coordinates of other layers to six decimals of a degree."""
_AROUND = 0.02
_MOST_DRAFTS = 5


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Draw and edit')}")
    specs = [s for s in store.catalogue().layers if s.geometry]
    named = desk.from_address()
    with st.sidebar:
        spec = _choose_layer(specs, named)
        action = _choose_action(spec)
    desk.show_in_address(spec)
    edits = desk.session(spec)
    said = desk.complaint()
    try:
        replay = desk.replay(spec, edits)
        found = edit_conflict.plan(spec, edits)
    except AtlasError as error:
        edit_conflict.trouble(spec, [t for t in (said, pick(error.text)) if t])
        return
    if said:
        st.error(md(said))
    _offer_drafts()
    # Over the whole width, because beside the map five columns cannot be read. It is there
    # also when it is empty, so that the map keeps its place and is not made anew.
    with st.container(key="conflict"):
        sides = None if found is None else edit_conflict.show(found, spec)
    left, right = st.columns([7, 4], gap="medium")
    with left, st.container(key="page-map"):
        edit_panel.history(spec, edits)
        event = mapview.show(
            _picture(spec, edits, replay, action, edit_conflict.theirs(found, spec)),
            key="edit",
            bounds=overview.home(),
            height=600,
        )
    if event is not None and _react(spec, replay, action, event):
        st.rerun()
    with right:
        edit_panel.task(spec, edits, replay, action)
        edit_panel.save(spec, edits, replay, found, sides)


def _choose_layer(specs: list[LayerSpec], named: str | None) -> LayerSpec:
    titles = {s.key: pick(s.title) for s in specs}
    usual = st.session_state.get(_LAYER) or named or "zones"
    key = st.selectbox(
        _("Layer to edit"),
        list(titles),
        index=list(titles).index(usual) if usual in titles else 0,
        format_func=titles.__getitem__,
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{_LAYER}:{lang()}",
        on_change=_leave,
        disabled=PENDING in st.session_state,
    )
    st.session_state[_LAYER] = key
    return store.catalogue().layer(key)


def _leave() -> None:
    st.session_state.pop(SELECTED, None)
    st.session_state.pop(PENDING, None)
    desk.new_round()


def _choose_action(spec: LayerSpec) -> str:
    actions = edit_panel.actions(spec)
    return str(
        st.radio(
            _("Tool"),
            list(actions),
            format_func=actions.__getitem__,
            key=f"{_ACTION}:{spec.key}:{lang()}",
            on_change=_change_tool,
            # A sketch that waits for its attributes must not get lost.
            disabled=PENDING in st.session_state,
        )
    )


def _change_tool() -> None:
    st.session_state.pop(PENDING, None)
    desk.new_round()


def _offer_drafts() -> None:
    waiting = desk.waiting()
    if not waiting:
        return
    with st.expander(_("Unsaved drafts: {n}").format(n=num(len(waiting)))):
        for draft in waiting[:_MOST_DRAFTS]:
            _offer_draft(draft)
        if len(waiting) > _MOST_DRAFTS:
            st.caption(_("The newest {n} are listed.").format(n=num(_MOST_DRAFTS)))


def _offer_draft(draft: Draft) -> None:
    """Offer to go on with a draft, or to discard it, which is asked for twice."""
    layer = md(pick(store.catalogue().layer(draft.session.layer).title))
    steps, time = num(len(draft.session.done)), md(moment(draft.saved))
    text, go_on, discard = st.columns([6, 1, 1], vertical_alignment="center")
    text.markdown(_("{layer}, steps: {n}, {time}").format(layer=f"**{layer}**", n=steps, time=time))
    if go_on.button(_("Go on"), key=f"draft:{draft.draft_id}", width="stretch"):
        desk.take_up(draft)
        st.session_state.pop(_LAYER, None)
        st.rerun()
    with discard.popover(_("Discard"), type="tertiary", width="stretch"):
        st.markdown(
            _("Steps on **{layer}** that will be gone for good: {n}.").format(layer=layer, n=steps)
        )
        if st.button(_("Yes, discard it"), key=f"draft_gone:{draft.draft_id}"):
            desk.discard(draft)
            st.rerun()


def _picture(
    spec: LayerSpec,
    edits: EditSession,
    replay: Replay,
    action: str,
    theirs: gpd.GeoDataFrame | None,
) -> Picture:
    own = _own_layers(spec, edits, replay)
    if theirs is not None:
        own.append(_their_layer(spec, own[0], theirs))
    context = [
        replace(overview.map_layer(other), opacity=0.5, labels=other.key == "zones")
        for other in store.shown_layers()
        if other.key in _CONTEXT and other.key != spec.key
    ]
    layers = [*context, *own]
    picture = Picture(
        layers=layers,
        marks=[*overview.marks([layer.frame for layer in layers]), *_unsaved(edits)],
        attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
        editor=_editor(spec, replay, action),
    )
    chosen = edit_panel.selected(replay, spec)
    return replace(picture, selected=f"{spec.key}:{chosen[-1]}") if chosen else picture


def _unsaved(edits: EditSession) -> list[str]:
    return [] if edits.is_empty else [_("Unsaved edits")]


def _own_layers(spec: LayerSpec, edits: EditSession, replay: Replay) -> list[MapLayer]:
    """Return the layer as it was, without what changed, and what changed above it."""
    before = desk.base(edits)
    rest = before[~before[spec.id_field].isin(edits.changed_ids)]
    large = len(before) > MOST_VECTORS
    name = "name_en" if lang() == "en" and spec.has_field("name_en") else spec.name_field
    usual = MapLayer(
        key=spec.key,
        kind=pick(spec.title),
        frame=gpd.GeoDataFrame(rest) if large else store.located(rest),
        style=replace(store.styles()[spec.key], label_field=name),
        id_field=spec.id_field,
        name_field=name,
        priority=60,
        ticket=store.ticket(spec, name_field=name, version=edits.base_version) if large else None,
    )
    style = LayerStyle("", _CHANGED, (), by_prefix=False, label_field=name, label_min_zoom=12)
    changed = replace(
        usual, frame=store.located(replay.after), style=style, priority=80, ticket=None
    )
    return [usual, changed, *_pending_layers(spec, changed)]


def _their_layer(spec: LayerSpec, like: MapLayer, frame: gpd.GeoDataFrame) -> MapLayer:
    """Return what others made of the features that must be decided, dashed."""
    style = LayerStyle(
        "",
        edit_conflict.THEIRS,
        (),
        by_prefix=False,
        label_field=spec.name_field,
        label_min_zoom=99,
    )
    return replace(
        like,
        key="theirs",
        kind=_("As others saved it"),
        frame=frame,
        style=style,
        name_field=spec.name_field,
        priority=90,
        ticket=None,
        interactive=False,
        labels=False,
    )


def _pending_layers(spec: LayerSpec, like: MapLayer) -> list[MapLayer]:
    """Return the finished sketch whose attributes are being asked for."""
    pending = st.session_state.get(PENDING)
    if pending is None:
        return []
    columns = {spec.id_field: [""], like.name_field: [_("New feature")]}
    frame = gpd.GeoDataFrame(columns, geometry=[pending], crs=STORAGE_CRS)
    return [replace(like, key="sketch", frame=frame, interactive=False)]


def _editor(spec: LayerSpec, replay: Replay, action: str) -> dict[str, Any] | None:
    """Return what the browser's editor does now."""
    mode = MODES.get(action)
    if mode is None or (PENDING in st.session_state and action.startswith("new")):
        return None
    geometry = None
    chosen = ""
    if not action.startswith("new"):
        found = edit_panel.selected(replay, spec)
        row = edit_panel.row_of(replay, spec, found[-1]) if found else None
        if row is None or row.geometry is None:
            return None
        geometry, chosen = mapping(row.geometry), found[-1]
    return {
        "token": f"{spec.key}:{action}:{chosen}:{desk.current_round()}",
        "mode": mode,
        "geometry": geometry,
        # Its own old outline must not catch the corners that are moved away from it.
        "feature": f"{spec.key}:{chosen}",
        "edited": {"layer": spec.key, "row": _row_number(spec, chosen)},
        "snap": True,
        "colour": _COLOUR,
    }


def _row_number(spec: LayerSpec, identifier: str) -> int:
    """Return the row of a feature in the version that is edited, -1 for a new one."""
    ids = desk.base(desk.session(spec))[spec.id_field]
    found = np.flatnonzero(ids.eq(identifier))
    return int(found[0]) if len(found) else -1


def _react(spec: LayerSpec, replay: Replay, action: str, event: mapview.Event) -> bool:
    """Do what an event of the map means; tell whether the page must run again."""
    if event.kind == "click":
        return _select(spec, action, event.feature)
    drawn = _drawn(event.geometry) if event.geometry is not None else None
    if drawn is None:
        desk.new_round()
    elif action.startswith("new"):
        targets = _targets(spec, replay, drawn, "")
        st.session_state[PENDING] = _snapped(None, drawn, targets, event.zoom)
    else:
        _finish(spec, replay, action, drawn, event.zoom)
        desk.new_round()
    return True


def _finish(spec: LayerSpec, replay: Replay, action: str, drawn: BaseGeometry, zoom: float) -> None:
    """Apply a sketch to the selected feature."""
    chosen = edit_panel.selected(replay, spec)
    row = edit_panel.row_of(replay, spec, chosen[-1]) if chosen else None
    if row is None:
        return
    if action == "split":
        desk.do(spec, Split(chosen[-1], drawn, _new_id(spec, replay)))
    elif action == "edit":
        targets = _targets(spec, replay, drawn, chosen[-1])
        desk.do(spec, Reshape(chosen[-1], _snapped(row.geometry, drawn, targets, zoom)))


def _new_id(spec: LayerSpec, replay: Replay) -> str:
    return next_id(replay.frame, spec, desk.session(spec).changed_ids)


def _drawn(geometry: dict[str, Any]) -> BaseGeometry | None:
    """Return a shape that came from the browser, None if it is none."""
    try:
        found = shape(geometry)
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError):
        return None
    coordinates = shapely.get_coordinates(found)
    return found if len(coordinates) and bool(np.isfinite(coordinates).all()) else None


def _select(spec: LayerSpec, action: str, feature: str) -> bool:
    key, _colon, identifier = feature.partition(":")
    if key != spec.key:
        return False
    before: list[str] = st.session_state.get(SELECTED, [])
    if action != MERGE:
        st.session_state[SELECTED] = [identifier]
    elif identifier in before:
        st.session_state[SELECTED] = [key for key in before if key != identifier]
    else:
        st.session_state[SELECTED] = [*before, identifier]
    return True


def _targets(spec: LayerSpec, replay: Replay, drawn: BaseGeometry, own: str) -> list[BaseGeometry]:
    """Return the shapes of the drawn layers around a sketch, the edited feature left out."""
    west, south, east, north = drawn.bounds
    window = shapely.box(west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND)
    frames = [replay.frame[replay.frame[spec.id_field].ne(own)]]
    frames += [
        store.table(s.key) for s in store.shown_layers() if s.key in _CONTEXT and s.key != spec.key
    ]
    found: list[BaseGeometry] = []
    for frame in frames:
        located = store.located(frame)
        found += list(located.geometry.iloc[located.sindex.query(window)])
    return found


def _snapped(
    original: BaseGeometry | None, drawn: BaseGeometry, targets: list[BaseGeometry], zoom: float
) -> BaseGeometry:
    """Bring what the browser snapped on its screen exactly onto the neighbours."""
    # A unit of a tile is an eighth of a pixel; its diagonal is what tiles lose at most.
    latitude = shapely.get_coordinates(drawn)[0, 1]
    pixel = 156_543.0 * math.cos(math.radians(latitude)) / 2**zoom if math.isfinite(zoom) else 0.0
    return snap_moved(
        original,
        drawn,
        targets,
        tolerance_m=max(_ROUNDING_M, 0.2 * pixel),
        central_meridian=store.catalogue().central_meridian,
    )
