"""The web map: layers and styles turned into a folium map that needs no internet.

The base map is constant, so Streamlit never re-creates it; everything that
changes travels as one feature group of plain data that our own script draws.
Text from data is only ever passed as JSON and shown with ``textContent``; none
of folium's tooltips, popups or HTML icons are used, because they execute it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import folium
from branca.element import Element
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from layers.errors import AtlasError
from layers.errors import Text
from layers.safety import script_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.picture import Bounds
    from layers.picture import Picture

STATIC_DIR = Path(__file__).resolve().parent / "static"
LEAFLET_ROUTE = "/atlas/leaflet"
MAP_ROUTE = "/atlas/map"

# The component's page lies two folders below the root of the site.
_UP = "../.."

# In the order in which they need each other.
_SCRIPTS = (
    "symbols",
    "mvt",
    "tiles",
    "geodesy",
    *(f"editor-{part}" for part in ("sketch", "snap", "panel", "view", "input")),
    "editor",
    "tools",
    "map",
)
_STYLES = ("map", "editor", "tools")


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
LEAST_ZOOM = 10
"""How far one can zoom out of a district."""

_TIANDITU_KEY = re.compile(r"[0-9a-f]{32}")


def valid_tile_key(text: str) -> bool:
    """Tell whether a text can be a Tianditu key; anything else is never sent."""
    return _TIANDITU_KEY.fullmatch(text) is not None


def leaflet_dir() -> Path:
    """Return the folder of the installed Leaflet files (package django-js-lib-leaflet)."""
    return Path(str(files("js_lib_leaflet") / "static" / "js_lib_leaflet"))


@cache
def bundle(ending: str) -> bytes:
    """Return our own scripts (``js``) or styles (``css``) in one piece.

    One, because streamlit-folium waits for each script before it asks for the next.
    """
    names = _SCRIPTS if ending == "js" else _STYLES
    return b"\n".join((STATIC_DIR / f"atlas-{name}.{ending}").read_bytes() for name in names)


def _own(ending: str) -> str:
    version = hashlib.sha256(bundle(ending)).hexdigest()[:16]
    return f"{_UP}{MAP_ROUTE}/atlas.{ending}?v={version}"


class AtlasMap(folium.Map):
    """A folium map whose scripts and styles come from our own server."""

    # folium declares these as plain attributes, so they cannot be class variables.
    default_js = [  # noqa: RUF012
        ("leaflet", f"{_UP}{LEAFLET_ROUTE}/leaflet.js"),
        ("atlas_map", _own("js")),
    ]
    default_css = [  # noqa: RUF012
        ("leaflet_css", f"{_UP}{LEAFLET_ROUTE}/leaflet.css"),
        ("atlas_map_css", _own("css")),
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


@dataclass(frozen=True, slots=True)
class Ground:
    """A local base map file below everything else.

    Attributes
    ----------
    url
        Address of its tiles, without zoom, column and row, from the root of the site.
    vector
        Whether the tiles are vectors and not pictures.
    min_zoom, max_zoom
        Zooms that the file has.
    """

    url: str
    vector: bool
    min_zoom: int
    max_zoom: int


@dataclass(frozen=True, slots=True)
class Tools:
    """What a map offers besides looking.

    Attributes
    ----------
    permalink
        The view stands in the address of the page, and a button copies the address.
    print
        A button prints the page.
    measure
        Buttons measure lengths and areas.
    link
        Maps of one page with the same name here show the same view; empty for none.
    """

    permalink: bool = False
    print: bool = False
    measure: bool = True
    link: str = ""


def base_map(
    bounds: Bounds,
    *,
    key: str,
    texts: Mapping[str, str],
    tiles: Tiles | None = None,
    ground: Ground | None = None,
    tools: Tools = Tools(),
    min_zoom: int = LEAST_ZOOM,
) -> AtlasMap:
    """Return the constant base map of a page.

    Parameters
    ----------
    bounds
        What the home button shows.
    key
        Name under which the browser remembers the view.
    texts
        Translated texts of the controls, by the keys that the scripts use.
    tiles
        Address templates and credit of online tiles; none by default.
    ground
        A local base map file.
    tools
        What the map offers.
    min_zoom
        How far one can zoom out.

    Raises
    ------
    AtlasError
        If the map would ask another host for a script, a style or a tile that the
        user has not switched on.
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
        min_zoom=min_zoom,
        zoom_snap=0.25,
        zoom_delta=0.5,
        fade_animation=False,  # a layer is there when it is drawn
        attributionControl=True,
    )
    options = {
        "key": key,
        "bounds": [[south, west], [north, east]],
        "texts": dict(texts),
        "ground": {**asdict(ground), "url": _UP + ground.url} if ground else None,
        **asdict(tools),
    }
    for address in tiles[0] if tiles else ():
        folium.TileLayer(tiles=address, attr="-", max_zoom=19).add_to(result)
    result.add_child(_Init(options))
    refuse_foreign_links(result)
    return result


def content_key(element: folium.Map, name: str) -> str:
    """Return a component key that differs whenever the map does.

    streamlit-folium makes its own from the script, but drops all ``_name`` tokens of
    it, so that two different maps can share one.
    """
    init = next(child for child in element._children.values() if isinstance(child, _Init))  # noqa: SLF001 - folium has no public traversal
    tiles = [c.tiles for c in element._children.values() if isinstance(c, folium.TileLayer)]  # noqa: SLF001 - the same
    content = "\n".join([name, init.payload, *tiles, *map(_own, ("js", "css"))])
    return f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:20]}"


def feature_group(picture: Picture) -> folium.FeatureGroup:
    """Return the feature group that draws a picture on a :func:`base_map`."""
    group = folium.FeatureGroup(name="atlas")
    group.add_child(_Picture(script_json(picture.payload())))
    refuse_foreign_links(group)
    return group


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
