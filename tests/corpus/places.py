"""Files that do not say, or say wrongly, where on earth they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pyproj
import shapely

from geo.gcj import gcj02_to_wgs84
from geo.gcj import wgs84_to_bd09
from geo.gcj import wgs84_to_gcj02
from layers.catalogue import EDITION_DIR
from layers.intake import Choices
from tests.corpus.case import NAMES
from tests.corpus.case import PLAIN
from tests.corpus.case import Case
from tests.corpus.case import Gate
from tests.corpus.case import row
from tests.corpus.case import spot
from tests.corpus.makers import csv
from tests.corpus.makers import shapefile
from tests.corpus.shapefiles import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.corpus.case import Make

# Made up; nobody's grid.
_GRID = "+proj=tmerc +lat_0=31.1 +lon_0=121.4 +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m"
_AT = {f"X{n:02d}": spot(n) for n in (1, 2, 3)}
_XY = ("编码", "名称", "X", "Y")

_BUNDLED = {
    feature["properties"]["carrier_id"]: feature
    for feature in json.loads((EDITION_DIR / "carriers.geojson").read_text("utf-8"))["features"]
    if feature["geometry"] is not None
}
_KNOWN = {key: tuple(_BUNDLED[key]["geometry"]["coordinates"]) for key in ("B01", "D05", "F24")}


def _plane(crs: str, *, swap: bool = False) -> list[list[Any]]:
    """Return rows whose places are in a plane system, by pyproj."""
    turn = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform
    pairs = [turn(*spot(n)) for n in (1, 2, 3)]
    return [
        [f"X{n:02d}", NAMES[n - 1], *(f"{v:.4f}" for v in (reversed(xy) if swap else xy))]
        for n, xy in enumerate(pairs, start=1)
    ]


def _shifted(shift: Callable[..., Any]) -> Make:
    """Make a table of the bundled buildings with all places shifted."""
    rows = [
        [key, *(f"{float(v):.10f}" for v in shift(*feature["geometry"]["coordinates"]))]
        for key, feature in _BUNDLED.items()
    ]
    return csv(["载体编码", "经度", "纬度"], *rows, name="高德拾取.csv")


def _as_it_is(lon: float, lat: float) -> tuple[float, float]:
    return lon, lat


CASES = (
    Gate(
        name="metres of 4549 without a word",
        make=csv(_XY, *_plane("EPSG:4549")),
        refused="EPSG:4549",
    ),
    Gate(
        name="metres of 4549, the only system that fits",
        make=csv(_XY, *_plane("EPSG:4549")),
        choices=Choices(crs="auto"),
        accepted=3,
        has=("crs_chosen",),
        places=_AT,
    ),
    Gate(
        name="metres of 4549 with x north",
        make=csv(_XY, *_plane("EPSG:4549", swap=True)),
        choices=Choices(crs="EPSG:4549"),
        accepted=3,
        has=("axes_swapped",),
        places=_AT,
    ),
    Gate(
        name="headings that say which is north",
        make=csv((*PLAIN[:2], "X坐标(北)", "Y坐标(东)"), *_plane("EPSG:4549", swap=True)),
        choices=Choices(crs="EPSG:4549"),
        accepted=3,
        lacks=("axes_swapped",),
        places=_AT,
    ),
    Gate(
        name="metres with the zone in front",
        make=csv(_XY, *_plane("EPSG:4528")),
        choices=Choices(crs="auto"),
        accepted=3,
        has=("crs_chosen",),
        places=_AT,
    ),
    Gate(
        name="4550 or UTM",
        make=csv(_XY, *_plane("EPSG:4550")),
        choices=Choices(crs="auto"),
        refused="EPSG:32651",
    ),
    Gate(
        name="4550 as the planner says",
        make=csv(_XY, *_plane("EPSG:4550")),
        choices=Choices(crs="EPSG:4550"),
        accepted=3,
        places=_AT,
    ),
    Gate(
        name="UTM as the planner says",
        make=csv(_XY, *_plane("EPSG:32651")),
        choices=Choices(crs="EPSG:32651"),
        accepted=3,
        places=_AT,
    ),
    Case(
        name="a system that puts all elsewhere",
        make=csv(_XY, *_plane("EPSG:4549")),
        choices=Choices(crs="EPSG:4550"),
        accepted=3,
        has=("crs_doubtful", "outside_district"),
    ),
    Gate(
        name="Web Mercator without a word",
        make=csv(_XY, *_plane("EPSG:3857")),
        refused="EPSG:3857",
    ),
    Gate(
        name="Web Mercator",
        make=csv(_XY, *_plane("EPSG:3857")),
        choices=Choices(crs="EPSG:3857"),
        accepted=3,
        places=_AT,
    ),
    Gate(
        name="degrees that are called metres",
        make=csv(PLAIN, row(1)),
        choices=Choices(crs="EPSG:4549"),
        refused="是经纬度，与所指明的 EPSG:4549 不符",
    ),
    Gate(
        name="a system that is not public",
        make=csv(_XY, *_plane(_GRID)),
        choices=Choices(crs="上海2000"),
        refused="不认识的坐标系“上海2000”",
    ),
    Gate(
        name="a local grid without parameters",
        make=csv(_XY, *_plane(_GRID)),
        refused="地方坐标",
    ),
    Gate(
        name="a local grid with the planner's own parameters",
        make=csv(_XY, *_plane(_GRID)),
        proj=_GRID,
        accepted=3,
        has=("local_grid_used",),
        places=_AT,
    ),
    Gate(
        name="Shapefile in metres without .prj",
        make=shapefile([shapely.Point(600_000 + n, 3_400_000) for n in (1, 2, 3)], TABLE),
        refused="是米而不是经纬度",
    ),
    Gate(
        name="a file that names its system, and a planner who names another",
        make=shapefile([shapely.Point(spot(n)) for n in (1, 2, 3)], TABLE, crs="EPSG:4490"),
        choices=Choices(crs="EPSG:4549"),
        accepted=3,
        has=("crs_argument_ignored",),
        places=_AT,
    ),
    Gate(
        name="longitude and latitude exchanged",
        make=csv(PLAIN, *([*row(n)[:2], *reversed(spot(n))] for n in (1, 2, 3))),
        accepted=3,
        has=("axes_swapped",),
        places=_AT,
    ),
    Gate(
        name="longitude and latitude exchanged in one row",
        make=csv(PLAIN, row(1), row(2), [*row(3)[:2], *reversed(spot(3))]),
        accepted=2,
        rejected=1,
        has=("coordinates_swapped",),
        lacks=("axes_swapped",),
    ),
    Gate(
        name="zeros for coordinates",
        make=csv(PLAIN, row(1), row(2), ["X03", NAMES[2], 0, 0]),
        accepted=2,
        rejected=1,
        has=("coordinates_out_of_range",),
    ),
    Gate(
        name="degrees, minutes and seconds without marks",
        make=csv(PLAIN, ["X01", NAMES[0], 1213116, 311724], ["X02", NAMES[1], 1213120, 311730]),
        refused="没有标记的度分秒",
    ),
    Case(
        name="a system a row",
        make=csv(
            [*PLAIN, "坐标系"],
            ["X01", NAMES[0], 121.51001683, 31.29699376, "GCJ02"],
            ["X02", NAMES[1], 121.51658002, 31.30267357, "百度坐标"],
            ["X03", NAMES[2], 121.5056, 31.2990, "WGS84"],
            ["X04", NAMES[3], 121.5056, 31.2990, "城建坐标"],
        ),
        accepted=3,
        rejected=1,
        has=("shift_corrected", "unknown_coordinate_system", "same_place"),
        places=dict.fromkeys(("X01", "X02", "X03"), (121.5056, 31.2990)),
    ),
    Case(
        name="the bundled buildings as they are",
        make=_shifted(_as_it_is),
        accepted=len(_BUNDLED),
        lacks=("shift_contradicted", "shift_corrected_twice"),
        places=_KNOWN,
    ),
    Case(
        name="the bundled buildings shifted as in Amap",
        make=_shifted(wgs84_to_gcj02),
        refused="坐标像是带偏移的 GCJ02 坐标",
    ),
    Case(
        name="the bundled buildings shifted as in Amap and corrected",
        make=_shifted(wgs84_to_gcj02),
        choices=Choices(crs="GCJ02"),
        accepted=len(_BUNDLED),
        has=("shift_corrected", "shift_confirmed"),
        places=_KNOWN,
    ),
    Case(
        name="the bundled buildings shifted as in Amap and kept so",
        make=_shifted(wgs84_to_gcj02),
        choices=Choices(crs="CGCS2000"),
        accepted=len(_BUNDLED),
        has=("shift_contradicted",),
    ),
    Case(
        name="the bundled buildings shifted as in Baidu and corrected",
        make=_shifted(wgs84_to_bd09),
        choices=Choices(crs="BD09"),
        accepted=len(_BUNDLED),
        has=("shift_confirmed",),
        places=_KNOWN,
    ),
    Case(
        name="the bundled buildings shifted as in Baidu and called Amap",
        make=_shifted(wgs84_to_bd09),
        choices=Choices(crs="GCJ02"),
        accepted=len(_BUNDLED),
        has=("shift_contradicted",),
    ),
    Case(
        name="the bundled buildings corrected a second time",
        make=_shifted(_as_it_is),
        choices=Choices(crs="GCJ02"),
        refused="不能按 GCJ02 纠正：",
    ),
    Case(
        name="the bundled buildings corrected once too often",
        make=_shifted(gcj02_to_wgs84),
        accepted=len(_BUNDLED),
        has=("shift_corrected_twice",),
    ),
    Case(
        name="addresses and no coordinates",
        make=csv(
            ["载体编码", "楼栋名称", "地址"],
            ["X01", NAMES[0], "上海市杨浦区国泰路11号"],
            ["X02", NAMES[1], "拉萨路9999号"],
        ),
        accepted=2,
        has=("no_geometry",),
        review=1,
    ),
    Case(
        name="an address that the planner accepted",
        make=csv(["载体编码", "楼栋名称", "地址"], ["X01", NAMES[0], "国泰路11号"]),
        choices=Choices(places={1: ("carriers", "B01")}),
        accepted=1,
        has=("placed_by_address",),
        places={"X01": _KNOWN["B01"]},
    ),
    Case(
        name="an address that is no longer there",
        make=csv(["载体编码", "楼栋名称", "地址"], ["X01", NAMES[0], "国泰路11号"]),
        choices=Choices(places={1: ("carriers", "ZZ9"), 7: ("carriers", "B01")}),
        accepted=1,
        has=("place_not_taken",),
        lacks=("placed_by_address",),
    ),
)
