from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyproj
import pytest

from geo.gcj import gcj02_to_bd09
from geo.gcj import wgs84_to_gcj02
from layers.basemaps import REFUSED_TILE_SETS
from layers.basemaps import gcj_reason
from layers.basemaps import refuse_foreign_tiles
from layers.webmap import TILE_SETS
from tests.layers.basemap_files import found
from tests.layers.basemap_files import png
from tests.layers.basemap_files import refused
from tests.layers.basemap_files import vector
from tests.layers.basemap_files import write_mbtiles
from tests.layers.basemap_files import write_pmtiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHIFTED = {
    "https://webrd02.is.autonavi.com/appmaptile?lang=zh_cn&style=8&x={x}&y={y}&z={z}": "Amap",
    "https://webst01.is.autonavi.com/appmaptile?style=6&x={x}&y={y}&z={z}": "Amap",
    "http://wprd04.is.autonavi.com/appmaptile?style=7&x={x}&y={y}&z={z}": "Amap",
    "https://www.amap.com/": "Amap",
    "AMap_satellite": "Amap",
    "GaoDe.Normal.Map": "Amap",
    "高德": "Amap",
    "底图来源：高德地图（2023）": "Amap",
    "%E9%AB%98%E5%BE%B7%E7%93%A6%E7%89%87": "Amap",
    "高德软件有限公司": "Amap",
    "高德 杨浦区 18 级": "Amap",
    "高德地图杨浦区大学路创业园区": "Amap",
    "http://rt0.map.gtimg.com/tile?z={z}&x={x}&y={-y}": "Tencent",
    "https://p2.map.gtimg.com/maptilesv2/{z}/{x}/{y}.png": "Tencent",
    "腾讯": "Tencent",
    "© 2024 腾讯位置服务": "Tencent",
    "Tencent Maps": "Tencent",
    "http://online1.map.bdimg.com/onlinelabel/?qt=tile&x={x}&y={y}&z={z}": "Baidu",
    "https://maponline0.bdimg.com/tile/?qt=vtile&x={x}&y={y}&z={z}&map.baidu.com": "Baidu",
    "百度影像": "Baidu",
    "Baidu": "Baidu",
    "BAIDUMAP": "Baidu",
    "EPSG:BD09MC": "Baidu",
    "bd-09": "Baidu",
    "http://mt2.google.cn/vt/lyrs=m@167000000&hl=zh-CN&gl=cn&x={x}&y={y}&z={z}": "Google",
    "https://www.google.cn/maps/vt?lyrs=s@189&x={x}&y={y}&z={z}": "Google",
    "https://mt1.google.com/vt/lyrs=s&hl=zh-CN&gl=CN&x={x}&y={y}&z={z}": "Google",
    "https://mt1.google.com/vt/lyrs=y&x={x}&y={y}&z={z}": "Google",
    "谷歌中国": "Google",
    "https://map.geoq.cn/ArcGIS/rest/services/Street/MapServer/tile/{z}/{y}/{x}": "GeoQ",
    "http://cache1.arcgisonline.cn/arcgis/rest/services/x/MapServer": "GeoQ",
    "ArcGIS Online China": "GeoQ",
    "ChinaOnlineCommunity": "GeoQ",
    "图吧": "Mapbar",
    "来源：图吧地图": "Mapbar",
    "mapbar.com": "Mapbar",
    "gcj02": "this source",
    "crs=GCJ-02": "this source",
    "ＧＣＪ－０２": "this source",
    "GCJ_02 坐标": "this source",
    "火星坐标系": "this source",
}

TRUE = [
    "Tianditu",
    "天地图",
    "天地图·上海",
    "https://t0.tianditu.gov.cn/vec_w/wmts?LAYER=vec&TILEMATRIXSET=w&tk={key}",
    "OpenStreetMap",
    "© OpenStreetMap contributors",
    "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "Damapu",
    "baiduo",
    "A map of Shanghai",
    "Metamap, amapola, Paramaps",
    "百度大厦周边影像",
    "腾讯滨江大厦无人机正射影像",
    "腾讯双创园",
    "高德置地广场",
    "Tencent Building, aerial image",
    "Baidu's new campus",
    "崇高德行，提高德育",
    "天地图吧",
    "看地图吧，试图吧",
    "3f2a1c77-bd09-4e1a-9d11-0a1b2c3d4e5f",
    "9abd09ff",
    "bd0912",
    "gcj2023",
    "https://mt1.google.com/vt/lyrs=s&x={x}&y={y}&z={z}",
    "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}",
    "https://tiles.example.org/{z}/{x}/{y}.png?gl=cnx",
    "Geoquest",
    "WGS84 / CGCS2000",
    "上海市测绘院 2024",
    "一百度",
    "",
]


@pytest.mark.parametrize(("text", "whose"), SHIFTED.items())
def test_shifted_tiles_are_recognised_and_named(text: str, whose: str) -> None:
    reason = gcj_reason(text)
    assert reason is not None
    assert whose in reason.en


@pytest.mark.parametrize("text", TRUE)
def test_other_words_are_left_alone(text: str) -> None:
    assert gcj_reason(text) is None


def test_one_of_several_texts_is_enough() -> None:
    assert gcj_reason("a", "b") is None
    assert gcj_reason() is None
    assert gcj_reason("a", "高德") == gcj_reason("amap")


def test_the_reason_says_what_is_wrong_and_what_to_do() -> None:
    reason = gcj_reason("高德")
    assert reason is not None
    for word in (
        "GCJ-02",
        "CGCS2000",
        "300–600 米",
        "量测",
        "天地图",
        "MBTiles",
        "导入",
        "从不平移",
    ):
        assert word in reason.zh
    for word in ("GCJ-02", "CGCS2000", "300-600 m", "measuring", "Tianditu", "import", "never"):
        assert word in reason.en


CITIES = [(121.51, 31.29), (116.4, 39.9), (113.26, 23.13), (104.07, 30.67), (126.6, 45.8)]


@pytest.mark.parametrize("place", CITIES)
def test_the_shift_is_as_large_as_the_reason_says(place: tuple[float, float]) -> None:
    earth = pyproj.Geod(ellps="GRS80")
    gcj = wgs84_to_gcj02(*place)
    baidu = gcj02_to_bd09(*gcj)
    shifts = [earth.inv(*place, float(moved[0]), float(moved[1]))[2] for moved in (gcj, baidu)]
    assert 300 < shifts[0] < 650
    assert 900 < shifts[1] < 1400
    reason = gcj_reason("百度")
    assert reason is not None
    assert "BD-09" in reason.en
    assert "0.9-1.4 km" in reason.en


def test_the_maps_people_ask_for_are_listed_with_the_reason() -> None:
    assert set(REFUSED_TILE_SETS) == {"gaode", "tencent", "baidu", "google_cn"}
    assert not set(REFUSED_TILE_SETS) & set(TILE_SETS)
    for key, entry in REFUSED_TILE_SETS.items():
        assert entry.key == key
        assert entry.title.zh in entry.reason.zh
        assert entry.title.en in entry.reason.en
        assert gcj_reason(entry.title.zh) == entry.reason
        assert gcj_reason(entry.title.en) == entry.reason


def test_the_maps_on_offer_are_not_refused() -> None:
    for tiles in TILE_SETS.values():
        for url in tiles.urls:
            assert refuse_foreign_tiles(url) is None
        assert gcj_reason(tiles.title.zh, tiles.title.en, tiles.credit) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tiles/{z}/{x}/{y}.png",
        "//host/{z}/{x}/{y}.png",
        "ftp://host/{z}/{x}/{y}.png",
        "file:///C:/{z}/{x}/{y}.png",
        "javascript:alert(1)//{z}",
        "data:text/html,<script>alert(1)</script>",
        "http://",
        "http:\\\\host\\{z}",
        "http://[::1/{z}",
    ],
)
def test_an_address_of_no_web_server_is_refused(url: str) -> None:
    reason = refuse_foreign_tiles(url)
    assert reason is not None
    assert "http://" in reason.zh
    assert "http://" in reason.en


def test_an_address_of_a_web_server_may_be_used() -> None:
    assert refuse_foreign_tiles("http://10.0.0.5:8080/{z}/{x}/{y}.png") is None
    assert refuse_foreign_tiles(" HTTPS://tiles.example.org/{z}/{x}/{y}.png ") is None


def test_an_address_of_shifted_tiles_is_refused_for_that() -> None:
    url = "https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}"
    assert refuse_foreign_tiles(url) == gcj_reason("高德")


@pytest.mark.parametrize("make", [write_pmtiles, write_mbtiles])
@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "高德地图 杨浦 18 级"},
        {"attribution": "<a href='https://amap.com'>©</a>"},
        {"description": "瓦片为火星坐标"},
        {"json": json.dumps({"vector_layers": [{"id": "amap_poi", "fields": {}}]})},
        {"json": json.dumps({"source": {"urls": ["https://rt1.map.gtimg.com/tile"]}})},
    ],
)
def test_a_file_that_says_it_is_shifted_is_refused(
    make: Callable[..., Path], metadata: dict[str, str], tmp_path: Path
) -> None:
    tiles = {(0, 0, 0): png(1, 2, 3)}
    if make is write_pmtiles and "json" in metadata:
        metadata = json.loads(metadata["json"])
    make(tmp_path / "a.pmtiles", tiles, metadata)
    reason = refused(tmp_path).reason
    assert re.search("GCJ-02.*300–600 米", reason.zh)
    assert "correct the name or the metadata" in reason.en


def test_the_name_of_a_file_counts_too(tmp_path: Path) -> None:
    write_mbtiles(tmp_path / "百度卫星.mbtiles", {(0, 0, 0): png(1, 2, 3)})
    assert "BD-09" in refused(tmp_path).reason.zh


def test_a_building_in_the_data_is_not_a_provider(tmp_path: Path) -> None:
    """Tippecanoe keeps samples of values; a firm of that name may be among them."""
    values = {"layers": [{"attributes": [{"values": ["高德", "百度", "gcj02"]}]}]}
    layers = [{"id": "buildings", "fields": {"高德": "String"}}]
    nested = {"vector_layers": layers, "tilestats": values}
    write_mbtiles(
        tmp_path / "a.mbtiles",
        {(0, 0, 0): vector("buildings")},
        {"format": "pbf", "json": json.dumps(nested)},
    )
    assert found(tmp_path).vector_layers == ("buildings",)
