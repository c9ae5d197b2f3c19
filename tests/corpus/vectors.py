"""GeoPackage, GeoJSON, FlatGeobuf, KML, FileGDB and MapInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from layers.intake import Choices
from tests.corpus.case import NAMES
from tests.corpus.case import PLAIN
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import spot
from tests.corpus.makers import KML
from tests.corpus.makers import csv
from tests.corpus.makers import data
from tests.corpus.makers import feature
from tests.corpus.makers import frame
from tests.corpus.makers import gdal
from tests.corpus.makers import geojson
from tests.corpus.makers import kml
from tests.corpus.makers import packed
from tests.corpus.makers import placemark
from tests.corpus.makers import point
from tests.corpus.makers import zipped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.corpus.case import Make

_TWO = frame([shapely.Point(spot(n)) for n in (1, 2)], id=["X01", "X02"], name=list(NAMES[:2]))
_CHINESE = _TWO.rename(columns={"id": PLAIN[0], "name": PLAIN[1]})
_READ = {"X01": {"name": NAMES[0]}, "X02": {"name": NAMES[1]}}
_AT = {"X01": spot(1), "X02": spot(2)}
_MARKS = tuple(placemark(f"X{n:02d}", NAMES[n - 1], point(*spot(n))) for n in (1, 2))
# 4549 of the first two places, by pyproj (PROJ database, EPSG:4490 to EPSG:4549).
_PLANE = _TWO.to_crs("EPSG:4549")
_PAIRS = [[shape.x, shape.y] for shape in _PLANE.geometry]


def _layers(*names: str) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "库.gpkg"
        for name in names:
            _TWO.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        return path

    return make


def _ring(*corners: tuple[float, float]) -> str:
    text = " ".join(f"{lon},{lat}" for lon, lat in corners)
    return (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{text}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )


CASES = (
    Gate(
        name="GeoPackage with several layers",
        make=_layers("a", "b"),
        refused="文件有图层 a, b；请在导入页",
    ),
    Gate(
        name="a layer of a GeoPackage that the planner names",
        make=_layers("a", "b"),
        choices=Choices(part="b"),
        accepted=2,
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="GeoPackage with a layer of the right name",
        make=_layers("a", "gates"),
        accepted=2,
        lacks=("crs_assumed",),
        places=_AT,
    ),
    Gate(
        name="GeoJSON with a crs member and a broken feature",
        make=geojson(
            feature({"type": "Point", "coordinates": _PAIRS[0]}, id="X01", name=NAMES[0]),
            feature({"type": "Point", "coordinates": ["a"]}, id="X02", name=NAMES[1]),
            feature(None, id="X03", name=NAMES[2]),
            crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}},
        ),
        accepted=2,
        rejected=1,
        has=("geometry_unreadable",),
        places={"X01": spot(1)},
    ),
    Gate(
        name="GeoJSON in a system that nobody knows",
        make=geojson(feature(None, id="X01"), crs={"properties": {"name": "shanghai"}}),
        refused="不认识文件所写的坐标系“shanghai”",
    ),
    Gate(
        name="GeoJSON in metres without a word",
        make=geojson(feature({"type": "Point", "coordinates": _PAIRS[0]}, id="X01")),
        refused="是米而不是经纬度",
    ),
    Gate(
        name="JSON that is no GeoJSON",
        make=data("a.json", b'{"a": 1}'),
        refused="不是 GeoJSON 要素集",
    ),
    Gate(
        name="half of a GeoJSON", make=data("a.geojson", b'{"type": "Fea'), refused="不是 GeoJSON"
    ),
    Gate(
        name="FlatGeobuf",
        make=gdal("要素.fgb", "FlatGeobuf", _CHINESE),
        accepted=2,
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="KML with extended data",
        make=kml(*_MARKS),
        accepted=2,
        lacks=("crs_assumed", "height_dropped"),
        cells=_READ,
        places=_AT,
    ),
    Case(
        name="KML with an open ring, a track and a link",
        make=kml(
            _MARKS[0],
            placemark("X03", NAMES[2], _ring((121.52, 31.29), (121.521, 31.29), (121.521, 31.291))),
            placemark(
                "X04",
                NAMES[3],
                "<LineString><coordinates>121.5,31.3 121.6,31.3</coordinates></LineString>",
            ),
            "<NetworkLink><name>其他</name></NetworkLink>",
        ),
        accepted=2,
        rejected=1,
        has=("rings_closed", "kml_links", "wrong_geometry"),
    ),
    Gate(
        name="KML whose coordinates are no numbers",
        make=kml(_MARKS[0], placemark("X02", NAMES[1], point("东经", "北纬"))),  # type: ignore[arg-type]
        accepted=1,
        rejected=1,
        has=("geometry_unreadable",),
    ),
    Gate(
        name="KML in GBK that says UTF-8",
        make=data("点位.kml", KML.format("".join(_MARKS)).encode("gbk")),
        accepted=2,
        has=("encoding_claim_wrong",),
        cells=_READ,
    ),
    Gate(
        name="KML without the namespace of its prefixes",
        make=kml(*_MARKS, "<gx:Tour><name>飞行</name></gx:Tour>"),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="half of a KML",
        make=data("点位.kml", KML.format("".join(_MARKS)).encode()[:400]),
        refused="不是完整的 KML",
    ),
    Gate(
        name="KMZ",
        make=data(
            "点位.kmz", packed({"doc.kml": KML.format("".join(_MARKS)).encode(), "a.png": b"x"})
        ),
        accepted=2,
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="ovkml whose system nobody says",
        make=kml(*_MARKS, name="点位.ovkml"),
        refused="经纬度，但没有写明坐标系",
    ),
    Gate(
        name="ovkml that is shifted",
        # The point and its shifted copy of the methods (vector F2, 475.7 m apart).
        make=kml(placemark("X01", NAMES[0], point(121.51001683, 31.29699376)), name="点位.ovkml"),
        choices=Choices(crs="GCJ02"),
        accepted=1,
        has=("ovkml_shift", "shift_corrected"),
        places={"X01": (121.5056, 31.2990)},
    ),
    Gate(
        name="FileGDB in a zip",
        make=zipped(gdal("数据.gdb", "OpenFileGDB", _TWO, layer="ZT"), name="数据.gdb.zip"),
        accepted=2,
        cells=_READ,
        places=_AT,
    ),
    Gate(
        name="FileGDB as a folder",
        make=gdal("数据.gdb", "OpenFileGDB", _TWO, layer="ZT"),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="MIF in GBK",
        make=gdal("要素.mif", "MapInfo File", _TWO, ENCODING="CP936"),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="TAB in GBK, in a zip",
        make=zipped(gdal("要素.tab", "MapInfo File", _TWO, ENCODING="CP936")),
        accepted=2,
        cells=_READ,
    ),
    Gate(
        name="TAB without its table",
        make=data("要素.tab", b"!table\n!version 300\n"),
        refused="缺少 .dat（属性表）",
    ),
    Gate(
        name="WKT in a column",
        make=csv(
            ["编码", "名称", "WKT"],
            ["X01", NAMES[0], f"POINT ({spot(1)[0]} {spot(1)[1]})"],
            ["X02", NAMES[1], "POINT 121.5 31.3"],
            ["X03", NAMES[2], ""],
        ),
        accepted=2,
        rejected=1,
        has=("geometry_unreadable",),
        places={"X01": spot(1)},
    ),
    Case(
        name="shapes for a layer without any",
        layer="units",
        make=geojson(
            feature(
                {"type": "Point", "coordinates": list(spot(1))},
                unit_id="U1",
                carrier_id="B01",
                floor_area_m2=30,
            )
        ),
        accepted=1,
        has=("geometry_dropped",),
        cells={"U1": {"floor_area_m2": 30.0}},
    ),
)
