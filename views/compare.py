"""对比: two versions of a layer beside each other or under a bar, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.differences import differences
from layers.i18n import moment
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import Symbol
from layers.webmap import Tools
from views import figures
from views import mapview
from views import overview
from views import store
from views import tables
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import LayerSpec
    from layers.picture import Bounds

_LAYER = "compare_layer"
_SIDES = ("left", "right")
_SELECTED = "compare_selected"
_SEEN_ROW = "compare_row_seen"
_RINGS = "changes"
_MARGIN = 0.003
_CHANGED = Symbol(
    shape="circle", size=20, fill="none", stroke="#c2185b", width=3.0, fill_opacity=0.0
)


@dataclass(frozen=True)
class _Side:
    """One of the two versions."""

    name: str
    title: str
    spec: LayerSpec
    version: int
    changed: tuple[str, ...]

    @property
    def frame(self) -> store.Frame:
        return store.at_version(self.spec.key, self.version)


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Compare two versions')}")
    specs = [s for s in store.shown_layers() if dict(store.versions())[s.key] > 0]
    if not specs:
        st.info(
            _(
                "No layer has more than one version yet. After the next import or edit, the "
                "versions can be compared here."
            )
        )
        return
    with st.sidebar:
        spec = _choose_layer(specs)
        old, new = _choose_versions(spec)
        swiped = _choose_way()
    if old == new:
        st.info(_("Both sides show the same version. Choose another one."))
        return
    with st.spinner(_("Comparing …"), show_time=False):
        changes = _changes(store.identity(), spec.key, old, new)
    _figures(changes)
    # The table stands below the map, but a tick in it moves the map of the same run.
    top = st.container()
    _table(spec, changes, new)
    changed = tuple(changes["id"].unique())
    sides = [
        _Side(name, _version_title(spec, version), spec, version, changed)
        for name, version in zip(_SIDES, (old, new), strict=True)
    ]
    with top:
        if swiped:
            _swipe(sides)
        else:
            _beside(sides)


def _choose_layer(specs: list[LayerSpec]) -> LayerSpec:
    titles = {s.key: pick(s.title) for s in reversed(specs)}
    key = st.selectbox(
        _("Layer"),
        list(titles),
        format_func=titles.__getitem__,
        index=list(titles).index(now) if (now := st.session_state.get(_LAYER)) in titles else 0,
        # With the language in its key, because a choice is lost when its titles change.
        key=f"{_LAYER}:{lang()}",
    )
    st.session_state[_LAYER] = key
    return store.catalogue().layer(key)


def _choose_versions(spec: LayerSpec) -> tuple[int, int]:
    newest = dict(store.versions())[spec.key]
    versions = list(range(newest, -1, -1))
    old = st.selectbox(
        _("Before (left)"),
        versions,
        index=1,
        format_func=lambda v: _version_title(spec, v),
        key=f"compare_old:{spec.key}",
    )
    new = st.selectbox(
        _("After (right)"),
        versions,
        format_func=lambda v: _version_title(spec, v),
        key=f"compare_new:{spec.key}",
    )
    return old, new


def _choose_way() -> bool:
    names = {False: _("Side by side"), True: _("Swipe")}
    return bool(
        st.segmented_control(
            _("Show"),
            list(names),
            format_func=names.__getitem__,
            default=False,
            key=f"compare_swipe:{lang()}",
            required=True,
        )
    )


def _version_title(spec: LayerSpec, version: int) -> str:
    history = _history(store.identity(), spec.key, dict(store.versions())[spec.key])
    row = history.loc[version]
    gone = _("cleared away") if row["cleared"] else ""
    told = (f"v{version}", moment(row["time"]), gone, row["author"], row["message"])
    return " · ".join(str(part) for part in told if part)


@st.cache_data(show_spinner=False, max_entries=32)
def _history(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    newest: int,  # noqa: ARG001 - the same
) -> pd.DataFrame:
    return store.history(key).set_index("version")


@st.cache_data(show_spinner=False, max_entries=8)
def _changes(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    old: int,
    new: int,
) -> pd.DataFrame:
    spec = store.catalogue().layer(key)
    return differences(store.at_version(key, old), store.at_version(key, new), spec)


def _figures(changes: pd.DataFrame) -> None:
    counts = changes.drop_duplicates(["id", "change"])["change"].value_counts()
    figures.show((num(counts.get(name, 0)), title) for name, title in _change_titles().items())


def _change_titles() -> dict[str, str]:
    return {"added": _("added"), "changed": _("changed"), "removed": _("removed")}


def _table(spec: LayerSpec, changes: pd.DataFrame, new: int) -> None:
    if changes.empty:
        st.success(_("The two versions are equal."))
        return
    titles = {field.name: pick(field.title) for field in spec.fields} | {
        "geometry": _("Geometry"),
        "": "",
    }
    names = store.at_version(spec.key, new).set_index(spec.id_field)[spec.name_field]
    shown = pd.DataFrame(
        {
            _("Id"): changes["id"],
            _("Name"): changes["id"].map(names),
            _("Change"): changes["change"].map(_change_titles()),
            _("Field"): changes["field"].map(titles).fillna(changes["field"]),
            _("Before"): changes["old"],
            _("After"): changes["new"],
        }
    )
    row = tables.pick_row(shown, key=f"compare_table:{spec.key}", config={}, most_px=320)
    if row != st.session_state.get(_SEEN_ROW):
        st.session_state[_SEEN_ROW] = row
        st.session_state[_SELECTED] = "" if row is None else str(changes["id"].iloc[row])


def _beside(sides: list[_Side]) -> None:
    for column, side in zip(st.columns(2, gap="small"), sides, strict=True):
        with column, st.container(key=f"page-map-{side.name}"):
            st.caption(f"**{md(side.title)}**")
            picture = _picture([*_context(), *_layers(side)])
            # A frame of its own for each version: its tiles stay when the other changes.
            _show(picture, f"compare-{side.name}", Tools(link="compare"), sides)


def _swipe(sides: list[_Side]) -> None:
    layers = [replace(layer, side=side.name) for side in sides for layer in _layers(side)]
    picture = replace(
        _picture([*_context(), *layers]),
        swipe={
            "left": sides[0].title,
            "right": sides[1].title,
            "label": _("Move the bar between the two versions"),
        },
    )
    with st.container(key="page-map"):
        _show(picture, "compare-swipe", Tools(), sides)


def _show(picture: Picture, key: str, tools: Tools, sides: list[_Side]) -> None:
    clicked = mapview.clicked(
        mapview.show(picture, key=key, bounds=_bounds(sides), height=520, tools=tools)
    )
    if clicked and clicked.partition(":")[2] != st.session_state.get(_SELECTED):
        st.session_state[_SELECTED] = clicked.partition(":")[2]
        st.rerun()


def _picture(layers: list[MapLayer]) -> Picture:
    picture = Picture(
        layers=layers,
        marks=overview.marks([layer.frame for layer in layers]),
        attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
    )
    return _focused(picture)


def _focused(picture: Picture) -> Picture:
    """Ring the row that was ticked, and move to it."""
    identifier = st.session_state.get(_SELECTED, "")
    for layer in reversed(picture.layers):
        if not identifier or layer.id_field not in layer.frame or layer.key == _RINGS:
            continue
        found = layer.frame[layer.frame[layer.id_field].eq(identifier)]
        found = found[found.geometry.notna()]
        if len(found):
            west, south, east, north = (float(v) for v in found.total_bounds)
            return replace(
                picture,
                selected=f"{layer.key}:{identifier}",
                focus=(west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN),
                focus_token=f"compare:{identifier}",
            )
    return picture


def _context() -> list[MapLayer]:
    return [overview.map_layer(s) for s in store.shown_layers() if s.key == "district"]


def _layers(side: _Side) -> list[MapLayer]:
    """Return a version of the layer, and the rings around what differs in the other one."""
    frame = side.frame
    large = len(frame) > MOST_VECTORS
    layer = replace(
        overview.map_layer(side.spec),
        frame=frame if large else store.located(frame),
        name_field=side.spec.name_field,
        ticket=store.ticket(side.spec, version=side.version) if large else None,
        opacity=1.0,
    )
    ids = frame[side.spec.id_field]
    changed = store.located(frame[ids.isin(side.changed[:MOST_VECTORS])])
    rings = replace(
        layer,
        key=_RINGS,
        frame=changed,
        style=LayerStyle("", _CHANGED, (), by_prefix=False, label_field="", label_min_zoom=99),
        interactive=False,
        labels=False,
        ticket=None,
    )
    return [layer, rings]


def _bounds(sides: list[_Side]) -> Bounds:
    return overview.extent([store.located(side.frame) for side in sides])
