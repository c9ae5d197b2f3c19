"""Pictures as plain data: what is drawn, how, and what of it travels as tiles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from shapely.geometry import Point
from shapely.geometry import Polygon
from shapely.geometry import box

from layers import picture as pictures
from layers.errors import Text
from layers.picture import MapLayer
from layers.picture import Picture
from layers.picture import View
from layers.picture import feature_at
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol
from layers.tiles import HIDDEN
from layers.tiles import TileService
from layers.tiles import TileSource
from layers.tiles.service import Edition

if TYPE_CHECKING:
    from layers.tiles.service import Ticket

HOSTILE = "</script><img src=x onerror=alert(1)>${alert(1)}`\"'\u2028_abc"
STYLE = LayerStyle("", Symbol(), (), by_prefix=False, label_field="name", label_min_zoom=14)
RED, BLUE = Symbol(fill="#ff0000"), Symbol(fill="#0000ff")
BY_KIND = LayerStyle(
    "kind",
    Symbol(fill="#777777"),
    (
        StyleClass("red", Text("红", "red"), RED),
        StyleClass("blue", Text("蓝", "blue"), BLUE),
    ),
    by_prefix=False,
    label_field="name",
    label_min_zoom=14,
)


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


def _one(geometry: Any, **columns: Any) -> MapLayer:
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "name": ["n"], **columns}, geometry=[geometry], crs="EPSG:4490"
    )
    return _layer(frame=frame)


def _features(layer: MapLayer) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = Picture([layer]).payload()["layers"][0]["data"]["features"]
    return features


def test_what_has_no_place_is_not_drawn() -> None:
    assert [f["id"] for f in _features(_layer())] == ["parks:a", "parks:b"]
    assert _features(_one(Polygon())) == []


def test_sketched_features_are_dashed_and_official_ones_are_not() -> None:
    layer = Picture([_layer()]).payload()["layers"][0]
    dash = {
        f["id"]: layer["symbols"][f["properties"]["symbol"]]["dash"]
        for f in layer["data"]["features"]
    }
    assert dash["parks:a"] != ""
    assert dash["parks:b"] == ""


def test_names_travel_as_they_are() -> None:
    properties = [feature["properties"] for feature in _features(_layer())]
    assert [entry["name"] for entry in properties] == [HOSTILE, "园区"]
    assert [entry["label"] for entry in properties] == [HOSTILE, "园区"]
    unlabelled = [feature["properties"] for feature in _features(_layer(labels=False))]
    assert [entry["label"] for entry in unlabelled] == ["", ""]
    (nameless,) = _features(_one(Point(121.5, 31.3), name=[None]))
    assert nameless["properties"]["name"] == ""


def test_in_a_layer_of_points_and_areas_the_areas_are_pale() -> None:
    layer = Picture([_layer()]).payload()["layers"][0]
    area, point = (layer["symbols"][f["properties"]["symbol"]] for f in layer["data"]["features"])
    assert area["fill_opacity"] < point["fill_opacity"]
    assert area["stroke"] == point["fill"]
    alone = Picture([_one(box(121.5, 31.3, 121.6, 31.4))]).payload()["layers"][0]
    assert alone["symbols"] == [Symbol().as_dict()]


def test_the_selected_feature_is_ringed_once_and_a_stale_one_is_ignored() -> None:
    ringed = Picture([_layer()], selected="parks:b").payload()["layers"]
    assert len(ringed) == 2
    assert [f["id"] for f in ringed[1]["data"]["features"]] == ["parks:b"]
    assert ringed[1]["interactive"] is False
    for stale in ("parks:zzz", "parks:c", "other:b", ""):
        assert len(Picture([_layer()], selected=stale).payload()["layers"]) == 1
    assert len(Picture([_one(Polygon())], selected="parks:a").payload()["layers"]) == 1


def test_coordinates_keep_a_decimetre() -> None:
    (feature,) = _features(_one(Point(121.123456789, 31.2)))
    assert feature["geometry"]["coordinates"] == pytest.approx((121.123457, 31.2), abs=5e-7)


@pytest.mark.parametrize(
    "tiny",
    [
        Point(121.5, 31.3).buffer(1e-8),
        LineString([(121.5, 31.3), (121.50000001, 31.3)]),
    ],
)
def test_what_is_smaller_than_a_decimetre_is_still_there(tiny: Any) -> None:
    (feature,) = _features(_one(tiny))
    assert feature["geometry"]["type"] == tiny.geom_type
    assert feature["geometry"]["coordinates"]
    assert feature["properties"]["anchor"] == pytest.approx([121.5, 31.3], abs=1e-6)


def test_a_label_stands_half_way_along_a_line_and_inside_an_area() -> None:
    line = LineString([(121.5, 31.3), (121.52, 31.3)])
    assert _features(_one(line))[0]["properties"]["anchor"] == pytest.approx([121.51, 31.3])
    bent = box(121.5, 31.3, 121.6, 31.4).difference(box(121.51, 31.31, 121.6, 31.4))
    (area,) = _features(_one(bent))
    assert bent.contains(Point(area["properties"]["anchor"]))
    assert "anchor" not in _features(_one(Point(121.5, 31.3)))[0]["properties"]


def test_an_empty_picture_and_a_layer_of_nothing_can_be_drawn() -> None:
    assert Picture([]).payload()["layers"] == []
    assert _features(_layer(frame=_layer().frame.iloc[0:0])) == []


def test_where_to_look_is_a_box_or_a_view_or_nothing() -> None:
    wish = "w1"
    assert Picture([], focus_token=wish).payload()["focus"] is None
    area = Picture([], focus=(121.4, 31.2, 121.6, 31.4), focus_token=wish)
    bounds = [[31.2, 121.4], [31.4, 121.6]]
    assert area.payload()["focus"] == {"token": "w1", "bounds": bounds}
    view = Picture([], focus=View(121.5, 31.3, 15.25), focus_token=wish)
    place = {"lng": 121.5, "lat": 31.3, "zoom": 15.25}
    assert view.payload()["focus"] == {"token": "w1", "view": place}


def test_swipe_and_editor_are_passed_on_or_none() -> None:
    plain = Picture([]).payload()
    assert (plain["swipe"], plain["editor"]) == (None, None)
    titles = {"left": "旧", "right": "新", "label": "|"}
    rich = Picture([_layer(side="left")], swipe=titles, editor={"tool": "area"}).payload()
    assert (rich["swipe"], rich["editor"]) == (titles, {"tool": "area"})
    assert rich["layers"][0]["side"] == "left"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> TileService:
    fresh = TileService()
    monkeypatch.setattr(pictures, "service", lambda: fresh)
    return fresh


def _blocks(count: int = 6) -> gpd.GeoDataFrame:
    west = 121.5 + np.arange(count) * 1e-3
    return gpd.GeoDataFrame(
        {
            "id": [f"B{n}" for n in range(count)],
            "name": [f"楼{n}" for n in range(count)],
            "kind": (["red", "blue", "odd"] * count)[:count],
        },
        geometry=[box(x, 31.3, x + 5e-4, 31.3005) for x in west.tolist()],
        crs="EPSG:4490",
    )


def _publish(service: TileService, frame: gpd.GeoDataFrame, version: int = 1) -> Ticket:
    edition = Edition("w", "blocks", version, "name", restricted=False)
    return service.publish(
        edition, lambda: TileSource("blocks", frame, id_field="id", name_field="name")
    )


def _tiled(service: TileService, shown: gpd.GeoDataFrame | None = None, **more: Any) -> MapLayer:
    frame = _blocks()
    return MapLayer(
        "blocks",
        "楼栋",
        frame if shown is None else shown,
        more.pop("style", BY_KIND),
        id_field="id",
        name_field="name",
        ticket=_publish(service, frame),
        **more,
    )


def _classes(service: TileService, layer: MapLayer) -> list[int]:
    payload = Picture([layer]).payload()["layers"][0]
    assert layer.ticket is not None
    found: list[int] = service.state(layer.ticket, payload["tiles"]["state"]).classes.tolist()
    return found


def _fills(service: TileService, layer: MapLayer) -> list[str]:
    symbols = Picture([layer]).payload()["layers"][0]["symbols"]
    return [
        "" if number == HIDDEN else symbols[number]["fill"] for number in _classes(service, layer)
    ]


def test_a_large_layer_travels_as_an_address_and_a_state(service: TileService) -> None:
    layer = _tiled(service)
    payload = Picture([layer]).payload()["layers"][0]
    assert "data" not in payload
    assert layer.ticket is not None
    assert payload["tiles"]["url"] == f"../../tiles/blocks/{layer.ticket.token}/"
    assert service.admit("blocks", layer.ticket.token) == layer.ticket
    # Leaflet counts zooms in tiles of half the size.
    assert payload["tiles"]["detail_zoom"] == service.source(layer.ticket).detail_zoom + 1
    assert payload["labels"] is True
    assert Picture([_tiled(service, labels=False)]).payload()["layers"][0]["labels"] is False


def test_every_row_has_the_symbol_of_its_class(service: TileService) -> None:
    assert _fills(service, _tiled(service)) == ["#ff0000", "#0000ff", "#777777"] * 2


def test_tiles_and_vectors_are_drawn_with_the_same_symbols(service: TileService) -> None:
    mixed = _blocks()
    mixed["boundary_status"] = ["sketch", "official"] * 3
    mixed.loc[5, "geometry"] = Point(121.5, 31.3)
    tiled = Picture([_tiled(service, mixed)]).payload()["layers"][0]
    plain = Picture([replace(_tiled(service, mixed), ticket=None)]).payload()["layers"][0]
    numbers = [feature["properties"]["symbol"] for feature in plain["data"]["features"]]
    assert [tiled["symbols"][number] for number in _classes(service, _tiled(service, mixed))] == [
        plain["symbols"][number] for number in numbers
    ]


def test_a_row_that_is_filtered_away_is_hidden_and_keeps_the_address(
    service: TileService,
) -> None:
    everything = _tiled(service)
    some = _tiled(service, _blocks().iloc[[4, 1]])
    assert _fills(service, some) == ["", "#0000ff", "", "", "#0000ff", ""]
    assert everything.ticket == some.ticket
    first, second = (
        Picture([layer]).payload()["layers"][0]["tiles"] for layer in (everything, some)
    )
    assert first["url"] == second["url"]
    assert first["state"] != second["state"]


def test_a_filter_that_leaves_nothing_hides_everything(service: TileService) -> None:
    assert _classes(service, _tiled(service, _blocks().iloc[0:0])) == [HIDDEN] * 6


def test_a_row_that_is_gone_from_the_layer_colours_no_other(service: TileService) -> None:
    old = _blocks(8).iloc[5:]
    assert _fills(service, _tiled(service, old)) == [""] * 5 + ["#777777"]


def test_more_classes_than_a_byte_has_hide_nothing(service: TileService) -> None:
    classes = tuple(StyleClass(f"{n}", Text("", ""), Symbol(size=float(n + 1))) for n in range(300))
    style = replace(BY_KIND, classes=classes)
    frame = _blocks(300).assign(kind=[f"{n}" for n in range(300)])
    layer = replace(_tiled(service, frame, style=style), ticket=_publish(service, frame, 2))
    payload = Picture([layer]).payload()["layers"][0]
    assert len(payload["symbols"]) <= HIDDEN
    numbers = _classes(service, layer)
    assert HIDDEN not in numbers
    assert [payload["symbols"][number]["size"] for number in numbers[:255]] == [
        *map(float, range(1, 256))
    ]


def test_the_selected_feature_of_a_large_layer_is_ringed_as_a_shape(service: TileService) -> None:
    layers = Picture([_tiled(service)], selected="blocks:B3").payload()["layers"]
    assert ["tiles" in layer for layer in layers] == [True, False]
    assert [feature["id"] for feature in layers[1]["data"]["features"]] == ["blocks:B3"]
    assert {symbol["fill"] for symbol in layers[1]["symbols"]} == {"none"}
    hidden = Picture([_tiled(service, _blocks().iloc[:2])], selected="blocks:B3").payload()
    assert len(hidden["layers"]) == 1


def test_a_click_on_a_large_layer_finds_what_is_shown(service: TileService) -> None:
    picture = Picture([_layer(), _tiled(service, _blocks().iloc[[1, 2]], side="right")])
    here = View(121.5012, 31.3002, 15)
    assert feature_at(picture, "blocks", "right", here, 1e-5) == "blocks:B1"
    first_hidden = View(121.5002, 31.3002, 15)
    assert feature_at(picture, "blocks", "right", first_hidden, 1e-5) is None
    for key, side in (("blocks", "left"), ("blocks", ""), ("parks", ""), ("other", "right")):
        assert feature_at(picture, key, side, here, 1e-5) is None
    nowhere = View(float("nan"), 31.3, 15)
    assert feature_at(picture, "blocks", "right", nowhere, float("nan")) is None


def test_each_side_of_a_swiped_map_answers_for_its_own_version(service: TileService) -> None:
    before, after = _blocks(), _blocks().iloc[1:]
    left = replace(_tiled(service), side="left", ticket=_publish(service, before, 1))
    right = replace(_tiled(service, after), side="right", ticket=_publish(service, after, 2))
    picture = Picture([left, right])
    here = View(121.5002, 31.3002, 15)
    assert feature_at(picture, "blocks", "left", here, 1e-5) == "blocks:B0"
    assert feature_at(picture, "blocks", "right", here, 1e-5) is None
    one, two = (layer["tiles"]["url"] for layer in picture.payload()["layers"])
    assert one != two


def test_the_frames_of_a_picture_are_not_changed(service: TileService) -> None:
    layer = _tiled(service)
    before = layer.frame.copy(deep=True)
    Picture([layer, replace(layer, ticket=None)], selected="blocks:B1").payload()
    pd.testing.assert_frame_equal(layer.frame, before)
