"""The web map: links to nobody but us, and differs where it must."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import folium
import geopandas as gpd
import pytest
from folium.plugins import MarkerCluster
from shapely.geometry import Point

from layers.errors import AtlasError
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import LayerStyle
from layers.style import Symbol
from layers.webmap import STATIC_DIR
from layers.webmap import TILE_SETS
from layers.webmap import AtlasMap
from layers.webmap import Ground
from layers.webmap import Tools
from layers.webmap import base_map
from layers.webmap import bundle
from layers.webmap import content_key
from layers.webmap import feature_group
from layers.webmap import leaflet_dir
from layers.webmap import refuse_foreign_links
from layers.webmap import valid_tile_key

HOSTILE = "</script><img src=x onerror=alert(1)>${alert(1)}`\"'\u2028_abc{{ 191 * 7 }}{% raw %}"
BOUNDS = (121.45, 31.24, 121.57, 31.35)
TEXTS = {"home": "家", "print": "打印"}


def _map(**changes: Any) -> AtlasMap:
    options: dict[str, Any] = {"key": "overview", "texts": TEXTS, **changes}
    return base_map(options.pop("bounds", BOUNDS), **options)


def _payload(element: folium.Map | folium.FeatureGroup) -> dict[str, Any]:
    """Return what our own script gets."""
    children = element._children.values()
    (payload,) = [child.payload for child in children if hasattr(child, "payload")]
    found: dict[str, Any] = json.loads(payload)
    return found


def test_the_base_map_links_only_to_ourselves() -> None:
    result = _map()
    links = [address for _name, address in [*result.default_js, *result.default_css]]
    assert len(links) == 4
    assert all(address.startswith("../../atlas/") for address in links)
    page = result.get_root().render()
    assert re.findall(r'(?:src|href)="(?!\.\./\.\./atlas/)([^"]+)"', page) == []


def test_the_options_are_what_the_script_reads() -> None:
    plain = _payload(_map())
    assert plain["key"] == "overview"
    assert plain["bounds"] == [[31.24, 121.45], [31.35, 121.57]]
    assert plain["texts"] == TEXTS
    assert plain["ground"] is None
    assert (plain["permalink"], plain["print"], plain["measure"], plain["link"]) == (
        False,
        False,
        True,
        "",
    )
    ground = Ground("/basemaps/abc/", vector=True, min_zoom=5, max_zoom=14)
    rich = _payload(_map(ground=ground, tools=Tools(permalink=True, print=True, link="pair")))
    assert rich["ground"] == {
        "url": "../../basemaps/abc/",
        "vector": True,
        "min_zoom": 5,
        "max_zoom": 14,
    }
    assert (rich["permalink"], rich["print"], rich["link"]) == (True, True, "pair")


def test_hostile_text_reaches_the_script_whole_and_cannot_leave_it() -> None:
    result = _map(texts={"home": HOSTILE})
    assert _payload(result)["texts"]["home"] == HOSTILE
    page = result.get_root().render()
    assert "<img" not in page
    assert "1337" not in page  # folium renders templates more than once
    assert page.count("</script>") == page.count("<script")


def test_a_picture_reaches_the_script_whole_and_cannot_leave_it() -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "name": [HOSTILE]}, geometry=[Point(121.5, 31.3)], crs="EPSG:4490"
    )
    style = LayerStyle("", Symbol(), (), by_prefix=False, label_field="name", label_min_zoom=14)
    layer = MapLayer("parks", HOSTILE, frame, style, id_field="id", name_field="name")
    picture = Picture([layer], selected="parks:a", marks=[HOSTILE], attribution=HOSTILE)
    group = feature_group(picture)
    assert _payload(group) == json.loads(json.dumps(picture.payload()))
    (child,) = group._children.values()
    assert not re.search(r"[<>&_\u2028\u2029]", child.payload)  # type: ignore[attr-defined]


def test_a_number_that_javascript_cannot_read_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        feature_group(Picture([], editor={"area": float("nan")}))


@pytest.mark.parametrize(
    "change",
    [
        {"key": "space"},
        {"texts": {"home": "home"}},
        {"bounds": (121.4, 31.2, 121.6, 31.4)},
        {"ground": Ground("/basemaps/a/", vector=True, min_zoom=5, max_zoom=14)},
        {"tools": Tools(print=True)},
        {"tools": Tools(link="other")},
        {"tiles": (TILE_SETS["osm"].urls, "")},
        {"tiles": (TILE_SETS["tianditu"].urls[:1], "")},
    ],
)
def test_another_map_has_another_key(change: dict[str, Any]) -> None:
    assert content_key(_map(**change), "m") != content_key(_map(), "m")


def test_maps_that_differ_in_an_underscored_word_only_have_different_keys() -> None:
    """streamlit-folium would take them for one."""
    one, other = (_map(texts={"home": f"x_{word}"}) for word in ("left", "right"))
    assert content_key(one, "m") != content_key(other, "m")


def test_the_same_map_made_again_has_the_same_key() -> None:
    assert content_key(_map(), "m") == content_key(_map(), "m")
    assert content_key(_map(), "m") != content_key(_map(), "n")


@pytest.mark.parametrize(
    "element",
    [folium.Map(tiles=None), MarkerCluster()],  # type: ignore[no-untyped-call]
)
def test_an_element_that_wants_a_foreign_script_is_refused(element: folium.Map) -> None:
    with pytest.raises(AtlasError, match="https://"):
        refuse_foreign_links(element)


def test_leaflet_comes_with_the_installation() -> None:
    assert (leaflet_dir() / "leaflet.js").stat().st_size > 100_000
    assert (leaflet_dir() / "leaflet.css").exists()


@pytest.mark.parametrize("ending", ["js", "css"])
def test_the_bundle_holds_every_file_of_ours_once_and_its_address_tells_its_content(
    ending: str,
) -> None:
    content = bundle(ending)
    files = list(STATIC_DIR.glob(f"atlas-*.{ending}"))
    assert files
    for path in files:
        assert content.count(path.read_bytes()) == 1
    assert len(content) == sum(path.stat().st_size + 1 for path in files) - 1
    digest = hashlib.sha256(content).hexdigest()
    links = dict([*AtlasMap.default_js, *AtlasMap.default_css])
    (address,) = [link for link in links.values() if f"atlas.{ending}?v=" in link]
    assert digest.startswith(address.split("?v=")[1])
    assert len(address.split("?v=")[1]) >= 16


def test_online_tiles_are_off_unless_asked_for() -> None:
    def tiles(result: AtlasMap) -> list[str]:
        layers = result._children.values()
        return [child.tiles for child in layers if isinstance(child, folium.TileLayer)]

    assert tiles(_map()) == []
    chosen = TILE_SETS["osm"]
    assert tiles(_map(tiles=(chosen.urls, chosen.credit))) == list(chosen.urls)


@pytest.mark.parametrize(
    ("key", "valid"),
    [("0" * 32, True), ("0" * 31, False), ("0" * 31 + "g", False), ("'; alert(1)//", False)],
)
def test_only_a_tianditu_key_is_ever_put_into_an_address(key: str, valid: bool) -> None:
    assert valid_tile_key(key) is valid
