from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import folium
import geopandas as gpd
import pytest
from folium.plugins import MarkerCluster
from shapely.geometry import Point
from shapely.geometry import Polygon

from layers.errors import AtlasError
from layers.style import LayerStyle
from layers.style import Symbol
from layers.webmap import TILE_SETS
from layers.webmap import MapLayer
from layers.webmap import Picture
from layers.webmap import base_map
from layers.webmap import feature_group
from layers.webmap import leaflet_dir
from layers.webmap import refuse_foreign_links
from layers.webmap import script_json
from layers.webmap import valid_tile_key

HOSTILE = "</script><img src=x onerror=alert(1)>${alert(1)}`\"'\u2028_abc"
STYLE = LayerStyle("", Symbol(), (), by_prefix=False, label_field="name", label_min_zoom=14)
BOUNDS = (121.45, 31.24, 121.57, 31.35)


def _layer(**changes: object) -> MapLayer:
    frame = gpd.GeoDataFrame(
        {
            "id": ["a", "b", "c"],
            "name": [HOSTILE, "园区", None],
            "boundary_status": ["sketch", "official", "sketch"],
        },
        geometry=[
            Polygon([(121.5, 31.3), (121.51, 31.3), (121.51, 31.31)]),
            Point(121.52, 31.31),
            None,
        ],
        crs="EPSG:4490",
    )
    layer = MapLayer("parks", "园区", frame, STYLE, id_field="id", name_field="name")
    return replace(layer, **changes)  # type: ignore[arg-type]


def _payload(picture: Picture) -> dict[str, Any]:
    group = feature_group(picture)
    child = next(iter(group._children.values()))
    loaded: dict[str, Any] = json.loads(child.payload)  # type: ignore[attr-defined]
    return loaded


def test_what_has_no_place_is_not_drawn() -> None:
    features = _payload(Picture([_layer()]))["layers"][0]["data"]["features"]
    assert [f["id"] for f in features] == ["parks:a", "parks:b"]


def test_sketched_features_are_dashed_and_official_ones_are_not() -> None:
    layer = _payload(Picture([_layer()]))["layers"][0]
    dash = {
        f["id"]: layer["symbols"][f["properties"]["symbol"]]["dash"]
        for f in layer["data"]["features"]
    }
    assert dash["parks:a"] != ""
    assert dash["parks:b"] == ""


def test_hostile_text_travels_as_data_and_cannot_close_a_script() -> None:
    text = script_json({"name": HOSTILE})
    assert json.loads(text) == {"name": HOSTILE}
    assert not re.search(r"[<>&_\u2028\u2029]", text)


def test_the_selected_feature_is_ringed_once_and_a_stale_one_is_ignored() -> None:
    ringed = _payload(Picture([_layer()], selected="parks:b"))["layers"]
    assert len(ringed) == 2
    assert [f["id"] for f in ringed[1]["data"]["features"]] == ["parks:b"]
    assert ringed[1]["interactive"] is False
    for stale in ("parks:zzz", "parks:c", "other:b", ""):
        assert len(_payload(Picture([_layer()], selected=stale))["layers"]) == 1


def test_coordinates_keep_a_decimetre() -> None:
    exact = _layer(
        frame=gpd.GeoDataFrame(
            {"id": ["a"], "name": ["n"]}, geometry=[Point(121.123456789, 31.2)], crs="EPSG:4490"
        )
    )
    feature = _payload(Picture([exact]))["layers"][0]["data"]["features"][0]
    assert feature["geometry"]["coordinates"] == pytest.approx((121.123457, 31.2), abs=5e-7)


def test_an_empty_picture_and_a_layer_of_nothing_can_be_drawn() -> None:
    assert _payload(Picture([]))["layers"] == []
    empty = _layer(frame=_layer().frame.iloc[0:0])
    assert _payload(Picture([empty]))["layers"][0]["data"]["features"] == []


def test_the_base_map_links_only_to_ourselves() -> None:
    result = base_map(BOUNDS, key="k", home_title="家", crs_title="c")
    links = [address for _name, address in [*result.default_js, *result.default_css]]
    assert links
    assert all(address.startswith("../../atlas/") for address in links)


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


def test_online_tiles_are_off_unless_asked_for() -> None:
    quiet = base_map(BOUNDS, key="k", home_title="h", crs_title="c")
    assert not [c for c in quiet._children.values() if isinstance(c, folium.TileLayer)]
    chosen = TILE_SETS["osm"]
    loud = base_map(
        BOUNDS, key="k", home_title="h", crs_title="c", tiles=(chosen.urls, chosen.credit)
    )
    assert [c for c in loud._children.values() if isinstance(c, folium.TileLayer)]


@pytest.mark.parametrize(
    ("key", "valid"),
    [("0" * 32, True), ("0" * 31, False), ("0" * 31 + "g", False), ("'; alert(1)//", False)],
)
def test_only_a_tianditu_key_is_ever_put_into_an_address(key: str, valid: bool) -> None:
    assert valid_tile_key(key) is valid
