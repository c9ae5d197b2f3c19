"""Pictures: layers and styles as the plain data that the map script draws.

A layer of up to :data:`MOST_VECTORS` features travels as GeoJSON. A larger one
travels as the address of its tiles and one byte a row, which says how the row is
drawn. Text from data is only ever data here; the script shows it as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely
import shapely.geometry

from layers.marks import is_sketch
from layers.tiles import HIDDEN
from layers.tiles import State
from layers.tiles import at_place
from layers.tiles import service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.style import LayerStyle
    from layers.style import Symbol
    from layers.tiles.service import Ticket

MOST_VECTORS = 1_000
"""Layers with more rows are drawn as tiles."""

TILE_ROUTE = "/tiles"

_COORDINATE_DECIMALS = 6
_AREA = 2

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4490)."""


@dataclass(frozen=True)
class MapLayer:
    """One layer as it is to be drawn.

    Attributes
    ----------
    key
        Layer key; features are identified as ``key:id``.
    kind
        Title shown below the name in the hover text.
    frame
        Features in EPSG:4490; rows without geometry are not drawn.
    style
        How to draw them.
    id_field, name_field
        Which columns identify and name a feature.
    opacity
        0 to 1, applied on top of the style.
    interactive
        Whether features react to the mouse.
    labels
        Whether the style's label field is written.
    label_class
        ``""`` or ``faint`` for orientation labels.
    priority
        Labels of a higher priority push others away.
    ticket
        The right to the tiles of the layer that `frame` is taken from; its rows are
        then drawn as tiles. `frame` may have fewer rows and other columns.
    side
        ``left`` or ``right`` of a swiped map; empty for both.
    """

    key: str
    kind: str
    frame: gpd.GeoDataFrame
    style: LayerStyle
    id_field: str
    name_field: str
    opacity: float = 1.0
    interactive: bool = True
    labels: bool = True
    label_class: str = ""
    priority: int = 0
    ticket: Ticket | None = None
    side: str = ""


@dataclass(frozen=True)
class View:
    """A place and a zoom of the web map.

    Attributes
    ----------
    longitude, latitude
        Centre, degrees (EPSG:4490).
    zoom
        Zoom of the web map.
    """

    longitude: float
    latitude: float
    zoom: float


@dataclass(frozen=True)
class Picture:
    """Everything that changes on the map.

    Attributes
    ----------
    layers
        From bottom to top.
    selected
        ``key:id`` of the feature to be ringed, or empty.
    marks
        Notes that stay visible in the corner (示例数据, 示意).
    attribution
        One line of credit.
    focus
        Where to move the view, once; empty leaves the view alone.
    focus_token
        Names the wish to move; the same token never moves the map twice.
    swipe
        Titles of the two sides and of the bar between them (``left``, ``right``,
        ``label``); empty for a map of one side.
    editor
        What is being drawn or edited, as the editor script reads it; empty for nothing.
    """

    layers: Sequence[MapLayer]
    selected: str = ""
    marks: Sequence[str] = ()
    attribution: str = ""
    focus: Bounds | View | None = None
    focus_token: str = ""
    swipe: Mapping[str, str] | None = None
    editor: Mapping[str, Any] | None = None

    def payload(self) -> dict[str, Any]:
        """Return the picture as plain data for the map script."""
        layers = [_layer_payload(layer) for layer in self.layers]
        halo = _halo_payload(self)
        return {
            "layers": [*layers, *([halo] if halo else [])],
            "marks": list(self.marks),
            "attribution": self.attribution,
            "focus": _focus_payload(self.focus, self.focus_token),
            "swipe": dict(self.swipe) if self.swipe else None,
            "editor": dict(self.editor) if self.editor else None,
        }


def _focus_payload(focus: Bounds | View | None, token: str) -> dict[str, Any] | None:
    if focus is None:
        return None
    if isinstance(focus, View):
        place = {"lng": focus.longitude, "lat": focus.latitude, "zoom": focus.zoom}
        return {"token": token, "view": place}
    west, south, east, north = focus
    return {"token": token, "bounds": [[south, west], [north, east]]}


def feature_at(picture: Picture, key: str, side: str, view: View, tolerance: float) -> str | None:
    """Return ``layer:id`` of what lies at a place in a layer that is drawn as tiles.

    Parameters
    ----------
    picture
        What is shown; a row that is not shown is not found.
    key, side
        Which layer of the picture.
    view
        The place.
    tolerance
        How far away a feature may be, in degrees of latitude.
    """
    for layer in picture.layers:
        if layer.key == key and layer.side == side and layer.ticket is not None:
            source = service().source(layer.ticket)
            rows = source.rows_of(layer.frame[layer.id_field])
            visible = np.zeros(len(source.frame), dtype=bool)
            visible[rows[rows >= 0]] = True
            row = at_place(
                source.frame, view.longitude, view.latitude, tolerance=tolerance, visible=visible
            )
            return None if row is None else f"{key}:{source.frame[layer.id_field].iloc[row]}"
    return None


def _layer_payload(layer: MapLayer) -> dict[str, Any]:
    body = _vectors(layer) if layer.ticket is None else _tiles(layer, layer.ticket)
    return {
        "key": layer.key,
        "kind": layer.kind,
        "side": layer.side,
        "opacity": layer.opacity,
        "interactive": layer.interactive,
        "label_class": layer.label_class,
        "label_min_zoom": layer.style.label_min_zoom,
        "priority": layer.priority,
        **body,
    }


def _vectors(layer: MapLayer) -> dict[str, Any]:
    frame = layer.frame
    located = frame[_located(frame)]
    symbols, numbers = _symbols(layer.style, located)
    features = list(_features(layer, located, numbers.tolist()))
    return {
        "symbols": [symbol.as_dict() for symbol in symbols],
        "data": {"type": "FeatureCollection", "features": features},
    }


def _located(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which rows have a place; one without any vertex has none."""
    located: NDArray[np.bool_] = shapely.get_num_coordinates(frame.geometry.to_numpy()) > 0
    return located


def _tiles(layer: MapLayer, ticket: Ticket) -> dict[str, Any]:
    source = service().source(ticket)
    symbols, numbers = _symbols(layer.style, layer.frame)
    if len(symbols) > HIDDEN:
        # No style of ours has so many; the last symbol then stands for the rest.
        symbols, numbers = symbols[:HIDDEN], np.minimum(numbers, HIDDEN - 1)
    classes = np.full(len(source.frame), HIDDEN, dtype="uint8")
    rows = source.rows_of(layer.frame[layer.id_field])
    # A row that an older page still shows may be gone from the layer.
    classes[rows[rows >= 0]] = numbers[rows >= 0]
    state = State.of(classes)
    service().show(ticket, state)
    return {
        "symbols": [symbol.as_dict() for symbol in symbols],
        "labels": layer.labels and bool(layer.style.label_field),
        "tiles": {
            "url": f"../..{TILE_ROUTE}/{layer.key}/{ticket.token}/",
            "state": state.token,
            # The map counts zooms in tiles of 256 pixels, ours have 512.
            "detail_zoom": source.detail_zoom + 1,
        },
    }


def _symbols(style: LayerStyle, frame: gpd.GeoDataFrame) -> tuple[list[Symbol], NDArray[np.int64]]:
    """Return the distinct symbols in use and, for each row, which one it has."""
    classes = style.classes_in(frame)
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    area = dimension == _AREA
    codes = (classes + 1) * 4 + is_sketch(frame).to_numpy() * 2 + area
    distinct, numbers = np.unique(codes, return_inverse=True)
    mixed = bool((dimension[~area] >= 0).any())
    symbols = []
    for code in distinct.tolist():
        number, sketched, is_area = code // 4 - 1, code // 2 % 2 == 1, code % 2 == 1
        symbols.append(_variant(style.symbol(number), sketched=sketched, pale=mixed and is_area))
    return symbols, numbers


def _variant(symbol: Symbol, *, sketched: bool, pale: bool) -> Symbol:
    """Return a symbol as it suits a feature."""
    if pale:
        symbol = symbol.paled()
    return symbol.sketched() if sketched else symbol


def _features(
    layer: MapLayer, frame: gpd.GeoDataFrame, numbers: list[int]
) -> Iterator[dict[str, Any]]:
    label_field = layer.style.label_field if layer.labels else ""
    ids = frame[layer.id_field].astype("str")
    names = _texts(frame, layer.name_field)
    labels = _texts(frame, label_field)
    geometries = _rounded(frame.geometry.to_numpy())
    anchors = _anchors(geometries)
    rows = zip(ids, names, labels, numbers, geometries, anchors, strict=True)
    for feature_id, name, text, number, geometry, anchor in rows:
        properties = {"name": name, "kind": layer.kind, "symbol": number, "label": text}
        if text and geometry.geom_type not in {"Point", "MultiPoint"}:
            properties["anchor"] = [
                round(anchor.x, _COORDINATE_DECIMALS),
                round(anchor.y, _COORDINATE_DECIMALS),
            ]
        yield {
            "type": "Feature",
            "id": f"{layer.key}:{feature_id}",
            "properties": properties,
            "geometry": shapely.geometry.mapping(geometry),
        }


def _rounded(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    rounded = shapely.set_precision(geometries, 10.0**-_COORDINATE_DECIMALS)
    # Nothing would be left of what is smaller than that.
    result: NDArray[np.object_] = np.where(shapely.is_empty(rounded), geometries, rounded)
    return result


def _anchors(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return where a label goes: half way along a line, inside an area."""
    anchors = shapely.point_on_surface(geometries)
    lines = shapely.get_type_id(geometries) == shapely.GeometryType.LINESTRING
    anchors[lines] = shapely.line_interpolate_point(geometries[lines], 0.5, normalized=True)
    return anchors


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if not column or column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value) for value in frame[column]]


def _halo_payload(picture: Picture) -> dict[str, Any] | None:
    """Return a ring around the selected feature, drawn above everything."""
    key, _, feature_id = picture.selected.partition(":")
    for layer in picture.layers:
        if layer.key == key:
            frame = layer.frame
            chosen = frame[frame[layer.id_field].eq(feature_id) & _located(frame)]
            if len(chosen):
                return _ring(replace(layer, frame=chosen, ticket=None))
    return None


def _ring(layer: MapLayer) -> dict[str, Any]:
    ring = replace(
        layer.style.default,
        shape="circle",
        size=layer.style.default.size + 12,
        fill="none",
        stroke="#c2185b",
        width=3.5,
        dash="",
        hatch="",
        opacity=1.0,
    )
    payload = _layer_payload(replace(layer, interactive=False, labels=False, opacity=1.0))
    payload["symbols"] = [ring.as_dict() for _ in payload["symbols"]]
    return payload
