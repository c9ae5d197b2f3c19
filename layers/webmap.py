"""The web map: layers and styles turned into a folium map that needs no internet.

The base map is constant, so Streamlit never re-creates it; everything that
changes travels as one feature group of plain data that our own script draws.
Text from data is only ever passed as JSON and shown with ``textContent``; none
of folium's tooltips, popups or HTML icons are used, because they execute it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import folium
import pandas as pd
import shapely
from branca.element import Element
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from layers.errors import AtlasError
from layers.errors import Text
from layers.marks import is_sketch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from layers.style import LayerStyle
    from layers.style import Symbol

STATIC_DIR = Path(__file__).resolve().parent / "static"
LEAFLET_ROUTE = "/atlas/leaflet"
MAP_ROUTE = "/atlas/map"

# The component's page lies two folders below the root of the site.
_UP = "../.."
_COORDINATE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class TileSet:
    """An online base map that a user may switch on; never used otherwise.

    Attributes
    ----------
    key, title
        Short name and title.
    urls
        Address templates, bottom first; ``{key}`` stands for the user's own key.
    credit
        Attribution that the provider asks for.
    needs_key
        Whether a key is needed.
    """

    key: str
    title: Text
    urls: tuple[str, ...]
    credit: str
    needs_key: bool


TILE_SETS = {
    entry.key: entry
    for entry in (
        TileSet(
            "tianditu",
            Text("天地图矢量（需密钥，联网）", "Tianditu vector (own key, online)"),
            # The drawing and its place names are two tile sets that belong together.
            tuple(
                f"https://t0.tianditu.gov.cn/{name}_w/wmts?SERVICE=WMTS&REQUEST=GetTile"
                f"&VERSION=1.0.0&LAYER={name}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
                "&TILECOL={x}&TILEROW={y}&TILEMATRIX={z}&tk={key}"
                for name in ("vec", "cva")
            ),
            "天地图 Tianditu",
            needs_key=True,
        ),
        TileSet(
            "osm",
            Text("OpenStreetMap（联网）", "OpenStreetMap (online)"),
            ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
            "© OpenStreetMap contributors",
            needs_key=False,
        ),
    )
}
Tiles = tuple[tuple[str, ...], str]
"""Address templates of the tile sets to stack, and their credit."""

TILE_HOSTS = ("https://*.tianditu.gov.cn", "https://tile.openstreetmap.org")
_TIANDITU_KEY = re.compile(r"[0-9a-f]{32}")


def valid_tile_key(text: str) -> bool:
    """Tell whether a text can be a Tianditu key; anything else is never sent."""
    return _TIANDITU_KEY.fullmatch(text) is not None


Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4490)."""


def leaflet_dir() -> Path:
    """Return the folder of the installed Leaflet files (package django-js-lib-leaflet)."""
    return Path(str(files("js_lib_leaflet") / "static" / "js_lib_leaflet"))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]


def _own(name: str) -> str:
    return f"{_UP}{MAP_ROUTE}/{name}?v={_fingerprint(name)}"


class AtlasMap(folium.Map):
    """A folium map whose scripts and styles come from our own server."""

    # folium declares these as plain attributes, so they cannot be class variables.
    default_js = [  # noqa: RUF012
        ("leaflet", f"{_UP}{LEAFLET_ROUTE}/leaflet.js"),
        ("atlas_map", _own("atlas-map.js")),
    ]
    default_css = [  # noqa: RUF012
        ("leaflet_css", f"{_UP}{LEAFLET_ROUTE}/leaflet.css"),
        ("atlas_map_css", _own("atlas-map.css")),
    ]


class _Init(MacroElement):
    """Starts our script on the map; constant for a page and a language."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "AtlasMap.init({{ this._parent.get_name() }}, {{ this.payload }});"
        "{% endmacro %}"
    )

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "AtlasInit"
        self.payload = script_json(options)


class _Picture(MacroElement):
    """Draws one picture into the feature group it is added to."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "AtlasMap.draw(map_div, {{ this._parent.get_name() }}, {{ this.payload }});"
        "{% endmacro %}"
    )

    def __init__(self, payload: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "AtlasPicture"
        self.payload = payload


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
    """

    layers: Sequence[MapLayer]
    selected: str = ""
    marks: Sequence[str] = ()
    attribution: str = ""
    focus: Bounds | None = None
    focus_token: str = ""


def script_json(value: object) -> str:
    """Return JSON that may stand inside a script, whatever text it carries.

    ``<`` and the two line separators are escaped, so that no text can close the
    script element; underscores are escaped because streamlit-folium rewrites
    ``_name`` tokens in the scripts it sends.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&_\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def base_map(
    bounds: Bounds,
    *,
    key: str,
    home_title: str,
    crs_title: str,
    tiles: Tiles | None = None,
) -> AtlasMap:
    """Return the constant base map of a page.

    Parameters
    ----------
    bounds
        What the home button shows.
    key
        Name under which the browser remembers the view.
    home_title, crs_title
        Texts of the home button and of the coordinate read-out.
    tiles
        Address templates and credit of online tiles; none by default.
    """
    west, south, east, north = bounds
    result = AtlasMap(
        location=((south + north) / 2, (west + east) / 2),
        zoom_start=13,
        tiles=None,
        control_scale=False,  # our script adds a metric one
        font_size="12px",
        zoom_control=True,
        max_zoom=19,
        min_zoom=11,
        zoom_snap=0.25,
        zoom_delta=0.5,
        attributionControl=True,
    )
    options = {
        "key": key,
        "bounds": [[south, west], [north, east]],
        "home_title": home_title,
        "crs_title": crs_title,
    }
    if tiles:
        addresses, credit = tiles
        for address in addresses:
            folium.TileLayer(tiles=address, attr=credit, max_zoom=19).add_to(result)
    result.add_child(_Init(options))
    refuse_foreign_links(result)
    return result


def feature_group(picture: Picture) -> folium.FeatureGroup:
    """Return the feature group that draws a picture on a :func:`base_map`."""
    payload: dict[str, Any] = {
        "layers": [_layer_payload(layer) for layer in picture.layers],
        "marks": list(picture.marks),
        "attribution": picture.attribution,
        "focus": None,
    }
    halo = _halo_payload(picture)
    if halo:
        payload["layers"].append(halo)
    if picture.focus:
        west, south, east, north = picture.focus
        payload["focus"] = {
            "token": picture.focus_token,
            "bounds": [[south, west], [north, east]],
        }
    group = folium.FeatureGroup(name="atlas")
    group.add_child(_Picture(script_json(payload)))
    refuse_foreign_links(group)
    return group


def _layer_payload(layer: MapLayer) -> dict[str, Any]:
    frame = layer.frame
    located = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    symbols, numbers = _symbols(layer.style, located)
    return {
        "symbols": [symbol.as_dict() for symbol in symbols],
        "opacity": layer.opacity,
        "interactive": layer.interactive,
        "label_class": layer.label_class,
        "label_min_zoom": layer.style.label_min_zoom,
        "priority": layer.priority,
        "data": {
            "type": "FeatureCollection",
            "features": list(_features(layer, located, numbers)),
        },
    }


def _symbols(style: LayerStyle, frame: gpd.GeoDataFrame) -> tuple[list[Symbol], list[int]]:
    """Return the distinct symbols in use and, for each row, which one it has."""
    if style.field and style.field in frame:
        classes = style.class_of(frame[style.field])
    else:
        classes = pd.Series(-1, index=frame.index)
    sketch = is_sketch(frame)
    area = frame.geometry.geom_type.str.endswith("Polygon")
    kinds = list(zip(classes.tolist(), sketch.tolist(), area.tolist(), strict=True))
    distinct = sorted(set(kinds))
    mixed = not bool(area.all())
    symbols = [
        _variant(style.symbol(number), sketched=sketched, pale=mixed and is_area)
        for number, sketched, is_area in distinct
    ]
    place = {kind: position for position, kind in enumerate(distinct)}
    return symbols, [place[kind] for kind in kinds]


def _variant(symbol: Symbol, *, sketched: bool, pale: bool) -> Symbol:
    """Return a symbol as it suits a feature.

    In a layer of points and areas the strong fill of a point would hide what
    lies below an area; the outline takes the colour instead.
    """
    if pale:
        symbol = replace(symbol, fill_opacity=0.3, stroke=symbol.fill, width=2.0)
    return symbol.sketched() if sketched else symbol


def _features(
    layer: MapLayer, frame: gpd.GeoDataFrame, numbers: list[int]
) -> Iterator[dict[str, Any]]:
    label_field = layer.style.label_field if layer.labels else ""
    ids = frame[layer.id_field].astype("str")
    names = _texts(frame, layer.name_field)
    labels = _texts(frame, label_field)
    geometries = shapely.set_precision(frame.geometry.to_numpy(), 10.0**-_COORDINATE_DECIMALS)
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
    layer = next((entry for entry in picture.layers if entry.key == key), None)
    if layer is None:
        return None
    frame = layer.frame
    chosen = frame[frame[layer.id_field].astype("str").eq(feature_id) & frame.geometry.notna()]
    if chosen.empty:
        return None
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
    payload = _layer_payload(
        replace(layer, frame=chosen, interactive=False, labels=False, opacity=1.0)
    )
    payload["symbols"] = [ring.as_dict() for _ in payload["symbols"]]
    return payload


def refuse_foreign_links(element: Element) -> None:
    """Fail when an element wants a script or style from another host.

    An office without internet would see an empty map, and one with internet
    would tell a foreign host where its planners look.

    Raises
    ------
    AtlasError
        Naming the address.
    """
    for part in _walk(element):
        links = [*getattr(part, "default_js", ()), *getattr(part, "default_css", ())]
        for _, address in links if isinstance(part, JSCSSMixin) else ():
            if "//" in address:
                raise AtlasError(
                    Text(
                        f"地图要求从其他主机加载 {address}；本系统只使用随安装提供的文件",
                        f"the map asks another host for {address}; only our own files are used",
                    )
                )


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001 - folium has no public traversal
        yield from _walk(child)
