"""Base maps on which measuring would be wrong, and how to tell them.

Chinese web maps are published in GCJ-02, or in BD-09, which adds a shift of its own.
Neither is a projection that a map could undo for a tile as a whole: the shift differs
from place to place. So such tiles are refused, and never moved.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote
from urllib.parse import urlsplit

from layers.basemaps.content import one_line
from layers.errors import Text

Datum = Literal["GCJ-02", "BD-09"]

# Computed with geo.gcj for eight cities from Sanya to Harbin: 265-621 m and 866-1380 m.
_SHIFT: dict[Datum, Text] = {
    "GCJ-02": Text("300–600 米", "300-600 m"),
    "BD-09": Text("0.9–1.4 千米", "0.9-1.4 km"),
}

_LONGEST_TEXT = 20_000
_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class RefusedTileSet:
    """An online base map that is known, and not offered.

    Attributes
    ----------
    key, title
        Short name and title.
    reason
        Why not, and what to use instead.
    """

    key: str
    title: Text
    reason: Text


@dataclass(frozen=True, slots=True)
class _Source:
    title: Text
    datum: Datum
    signs: re.Pattern[str]


# What a map of a provider is called, as opposed to a building that bears its name.
_MAP_ZH = (
    "(?:地图|电子|影像|卫星|瓦片|矢量|底图|路网|街道|道路|导航|地形|坐标|位置|软件|开放|在线|图层)"
)
_MAP_EN = r"[\s_.-]*(?:maps?|ditu|lbs|location|tiles?|sat(?:ellite)?|images?|imagery|roads?)"
_HOUSE_ZH = (
    r"(?![\w（）()·]{0,8}?(?:大厦|大楼|广场|中心|总部|园区|产业园|科技园|公园|基地|楼宇"
    "|双创|众创|创业|孵化|置地|酒店|公寓))"
)
_HOUSE_EN = (
    r"(?!(?:['’]s)?\s+(?:\w+\s+){0,2}?(?:building|tower|plaza|headquarters|hq|campus|park)\b)"
)


def _latin(name: str) -> str:
    """Return a pattern for a name of its own, not a part of another word."""
    return rf"(?<![a-z])(?:{name})(?:{_MAP_EN}|(?![a-z]){_HOUSE_EN})"


def _chinese(name: str) -> str:
    return rf"(?:{name})(?:{_MAP_ZH}|{_HOUSE_ZH})"


def _source(zh: str, en: str, datum: Datum, *signs: str) -> _Source:
    return _Source(Text(zh, en), datum, re.compile("|".join(signs)))


_SOURCES = {
    "gaode": _source(
        "高德地图",
        "Amap (Gaode)",
        "GCJ-02",
        r"autonavi|mapabc",
        _latin("amap|gaode"),
        # Not the end of "lofty" or "raise" and the beginning of "virtue".
        rf"(?<![崇提]){_chinese('高德')}",
    ),
    "tencent": _source(
        "腾讯地图",
        "Tencent Maps",
        "GCJ-02",
        r"map\.gtimg\.com|map\.qq\.com|map\.soso\.com|gtimg\.com/\S*map",
        _latin("tencent"),
        _chinese("腾讯"),
    ),
    "baidu": _source(
        "百度地图",
        "Baidu Maps",
        "BD-09",
        r"map\.bdimg\.com|map\.bdstatic\.com",
        # In an identifier of hexadecimal digits these are digits.
        r"(?<![0-9a-z])(?<![0-9a-f]-)bd[\s_-]?09(?:ll|mc)?(?![0-9a-z])",
        _latin("baidu"),
        # Not the end of a number and "degrees".
        rf"(?<![一二三四五六七八九几数]){_chinese('百度')}",
    ),
    "google_cn": _source(
        "谷歌中国地图",
        "Google China",
        "GCJ-02",
        r"google\.cn|ditu\.google|[?&]gl=cn(?![a-z])|谷歌中国|谷歌地图[\s(（·-]*中国",
        r"google[\s_-]*(?:maps?[\s_-]*)?china",
        # Outside of China Google shows true imagery, but Chinese roads in GCJ-02 still.
        r"google(?:apis)?\.[a-z.]{2,6}/\S*lyrs=[a-z,]*[hmpry]",
    ),
    "geoq": _source(
        "智图 GeoQ（ArcGIS 中国）",
        "GeoQ (ArcGIS China)",
        "GCJ-02",
        r"arcgisonline\.cn|arcgis[\s_-]*(?:online[\s_-]*)?china|chinaonline(?:community|street)",
        _latin("geoq"),
    ),
    "mapbar": _source(
        "图吧地图",
        "Mapbar",
        "GCJ-02",
        _latin("mapbar"),
        # Not the end of a word for "map" or "try" before a particle.
        r"图吧(?:地图|网|导航)|(?<![地试看查截画绘底])图吧",
    ),
    "gcj02": _source(
        "此来源", "this source", "GCJ-02", r"gcj[\s_-]?0?2(?![0-9])|火星坐标|国测局坐标"
    ),
}


def _reason(source: _Source) -> Text:
    name, datum, shift = source.title, source.datum, _SHIFT[source.datum]
    return Text(
        f"{name.zh}的瓦片采用 {datum} 坐标，相对 CGCS2000 偏移约 {shift.zh}，在其上量测会出错；"
        "请改用天地图、OpenStreetMap，或 WGS84/CGCS2000 坐标的本地 PMTiles/MBTiles 文件。"
        f"在此类地图上采集的点位，请在导入时选择 {datum}，由系统纠正；瓦片从不平移",
        f"the tiles of {name.en} are in {datum}, shifted by about {shift.en} against CGCS2000, and"
        " measuring on them would be wrong; use Tianditu, OpenStreetMap, or a local PMTiles or"
        " MBTiles file in WGS84/CGCS2000. Points picked on such a map are corrected when they are"
        f" imported as {datum}; tiles are never shifted",
    )


REFUSED_TILE_SETS = {
    key: RefusedTileSet(key, _SOURCES[key].title, _reason(_SOURCES[key]))
    for key in ("gaode", "tencent", "baidu", "google_cn")
}


def gcj_reason(*texts: str) -> Text | None:
    """Return why tiles must not be used that come from where the texts say.

    Parameters
    ----------
    texts
        Addresses of tiles, names, attributions: whatever is known of a base map.

    Returns
    -------
    Text or None
        None if nothing tells that the tiles are in GCJ-02 or BD-09.
    """
    for text in texts:
        plain = unicodedata.normalize("NFKC", unquote(text[:_LONGEST_TEXT])).casefold()
        for source in _SOURCES.values():
            if source.signs.search(plain):
                return _reason(source)
    return None


def refuse_foreign_tiles(url: str) -> Text | None:
    """Return why the address of tiles that a user gave must not be used, None if it may.

    Whether the browser may load it is another question, which the Content-Security-Policy
    of the page answers.
    """
    reason = gcj_reason(url)
    if reason is not None:
        return reason
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if usable:
        return None
    shown = one_line(url, _LONGEST_SHOWN)
    return Text(
        f"瓦片地址“{shown}”无法使用；请填写以 http:// 或 https:// 开头的完整地址",
        f"the address of tiles '{shown}' cannot be used; give a full one with http:// or https://",
    )
