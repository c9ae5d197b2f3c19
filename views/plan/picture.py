"""The map of the objects of a task: those that its rule finds, and those linked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import streamlit as st

from layers.errors import Text
from layers.picture import MOST_VECTORS
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from views import legend
from views import mapview
from views import overview
from views import store
from views.text import _
from views.text import esc
from views.text import lang
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.catalogue import LayerSpec

_HEIGHT = 430
_MARGIN = 0.002
_CONTEXT = ("district", "zones")
_ROLE = "task_role"
_PALE = 0.35
BY_RULE, BY_HAND, OTHER = "rule", "hand", "other"
# Apart by shape, width of outline and dash, not by colour alone.
_LOOKS = {
    BY_HAND: Symbol(shape="diamond", size=18, fill="#d55e00", stroke="#1f2d3a", width=3.2),
    BY_RULE: Symbol(shape="circle", size=13, fill="#0072b2", stroke="#1f2d3a", width=1.6),
    OTHER: Symbol(size=9, fill="#dfe5ea", stroke="#53616e", width=1.0, fill_opacity=0.5),
}


@dataclass(frozen=True)
class Objects:
    """The objects of a task that this session may see.

    Attributes
    ----------
    rule, hand
        Ids by key of the layer.
    """

    rule: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hand: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The layers that they are of."""
        return list(dict.fromkeys((*self.rule, *self.hand)))

    def ids(self, key: str) -> frozenset[str]:
        """Return the objects of a layer, found either way."""
        return self.rule.get(key, frozenset()) | self.hand.get(key, frozenset())

    @property
    def count(self) -> int:
        """How many objects there are."""
        return sum(len(self.ids(key)) for key in self.keys)


def show(
    objects: Objects,
    *,
    name: str,
    pick_from: str = "",
    chosen: str = "",
    on_click: Callable[[str], None] | None = None,
) -> None:
    """Show the objects on the map, or say that none of them has a place.

    Parameters
    ----------
    objects
        What to show.
    name
        Tells the task from others: the map moves when it changes.
    pick_from
        Key of a layer of which all objects are shown, to link one; empty for none.
    chosen
        ``layer:id`` of what is ringed.
    on_click
        Called with ``layer:id`` of what was clicked.
    """
    keys = dict.fromkeys((*objects.keys, *((pick_from,) if pick_from else ())))
    drawn = [_layer(key, objects, whole=key == pick_from) for key in keys if _is_drawn(key)]
    drawn = [layer for layer in drawn if len(layer.frame)]
    if not drawn:
        st.info(_("None of these objects has a place, so there is nothing to draw."))
        return
    context = [
        overview.map_layer(spec)
        for spec in store.shown_layers()
        if spec.key in _CONTEXT and spec.key not in keys
    ]
    mine = [gpd.GeoDataFrame(one.frame[one.frame[_ROLE].ne(OTHER)]) for one in drawn]
    bounds = overview.extent(mine, _MARGIN)
    with st.container(key="page-map"):
        mapview.show(
            Picture(
                layers=[*context, *drawn],
                selected=chosen,
                marks=overview.marks([layer.frame for layer in drawn]),
                attribution=_("Own vectors; place data partly © OpenStreetMap contributors (ODbL)"),
                focus=bounds,
                focus_token=f"{name}:{objects.count}",
            ),
            key="plan",
            bounds=bounds,
            height=_HEIGHT,
            on_click=on_click,
        )
    for layer in drawn:
        st.html(_legend(layer))
    _unlocated(objects)


def _is_drawn(key: str) -> bool:
    return key in store.catalogue().keys and store.has(key) and _spec(key).geometry != ()


def _spec(key: str) -> LayerSpec:
    return store.catalogue().layer(key)


def _layer(key: str, objects: Objects, *, whole: bool) -> MapLayer:
    spec = _spec(key)
    frame = store.located(store.table(key))
    ids = frame[spec.id_field]
    role = ids.map(lambda one: _role(key, str(one), objects))
    frame = frame.assign(**{_ROLE: role})
    if not whole:
        frame = frame[role.ne(OTHER)]
    english = lang() == "en" and "name_en" in frame
    name_field = "name_en" if english else spec.name_field
    return MapLayer(
        key=key,
        kind=pick(spec.title),
        frame=frame,
        style=_style(name_field, areas=store.geometry_kind(key) == "polygon"),
        id_field=spec.id_field,
        name_field=name_field,
        priority=50,
        ticket=store.ticket(spec, name_field=name_field) if len(frame) > MOST_VECTORS else None,
    )


def _role(key: str, identifier: str, objects: Objects) -> str:
    if identifier in objects.hand.get(key, frozenset()):
        return BY_HAND
    return BY_RULE if identifier in objects.rule.get(key, frozenset()) else OTHER


def _style(label_field: str, *, areas: bool) -> LayerStyle:
    """Return how objects are drawn; areas are pale, because other things lie in them."""
    titles = {
        BY_HAND: _("Linked by hand"),
        BY_RULE: _("Found by the rule"),
        OTHER: _("Others that can be linked"),
    }
    classes = tuple(
        StyleClass(
            role,
            Text(titles[role], titles[role]),
            replace(symbol, fill_opacity=_PALE) if areas else symbol,
        )
        for role, symbol in _LOOKS.items()
    )
    return LayerStyle(
        field=_ROLE,
        default=_LOOKS[OTHER],
        classes=classes,
        by_prefix=False,
        label_field=label_field,
        label_min_zoom=14,
    )


def _legend(layer: MapLayer) -> str:
    kind = store.geometry_kind(layer.key)
    rows = legend.legend_rows(layer.style, layer.frame, kind, inline=True)
    return f"<small>{esc(layer.kind)}</small>{rows}"


def _unlocated(objects: Objects) -> None:
    missing = 0
    for key in filter(_is_drawn, objects.keys):
        frame = store.located(store.table(key))
        missing += len(objects.ids(key) - set(frame[_spec(key).id_field].astype("str")))
    if missing:
        st.caption(
            _("{n} of the objects have no place and are only counted.").format(n=num(missing))
        )
