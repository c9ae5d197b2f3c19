"""Shapes that are broken, doubtful or not fit for their layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyproj

from tests.corpus.case import Case
from tests.corpus.case import spot
from tests.corpus.makers import csv
from tests.corpus.makers import feature
from tests.corpus.makers import geojson

if TYPE_CHECKING:
    from tests.corpus.case import Make

_GEOD = pyproj.Geod(ellps="GRS80")
W, S, SIDE = 121.52, 31.29, 0.001
_E, _N, _MIDDLE = W + SIDE, S + SIDE, W + SIDE / 2
_SQUARE = ((W, S), (_E, S), (_E, _N), (W, _N))
_HEAD = ("园区编码", "园区名称", "wkt")


def _area(*corners: tuple[float, float]) -> float:
    lon, lat = zip(*corners, strict=True)
    return abs(float(_GEOD.polygon_area_perimeter(lon, lat)[0]))


def _wkt(*corners: tuple[float, float], closed: bool = True) -> str:
    ring = [*corners, *(corners[:1] if closed else ())]
    return f"POLYGON (({', '.join(f'{x!r} {y!r}' for x, y in ring)}))"


def _parks(*wkt: str) -> Make:
    return csv(
        _HEAD,
        *([f"X{n:02d}", f"试验园{'甲乙丙丁'[n - 1]}", f'"{w}"'] for n, w in enumerate(wkt, 1)),
    )


_BOWTIE = (_SQUARE[0], _SQUARE[2], _SQUARE[1], _SQUARE[3])
# Two triangles that meet in the middle.
_BOTH = 2 * _area(_SQUARE[1], _SQUARE[2], (_MIDDLE, S + SIDE / 2))
_LOOP = (*_SQUARE[:3], (W, _N), (W + 1e-7, S - 1e-7), (W - 1e-7, S + 2e-7))
_CRUMB = "(121.53 31.29, 121.5300002 31.29, 121.5300002 31.2900002, 121.53 31.29)"

CASES = (
    Case(
        name="a bow-tie",
        layer="parks",
        make=_parks(_wkt(*_BOWTIE), _wkt(*((x + 0.005, y) for x, y in _SQUARE))),
        accepted=2,
        repaired=1,
        has=("geometry_repaired",),
        areas={"X01": _BOTH, "X02": _area(*_SQUARE)},
    ),
    Case(
        name="a crossing so small that the area stays",
        layer="parks",
        make=_parks(_wkt(*_LOOP)),
        accepted=1,
        repaired=1,
        has=("geometry_tidied",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="a ring that is not closed, as WKT",
        layer="parks",
        make=_parks(_wkt(*_SQUARE, closed=False)),
        accepted=1,
        has=("rings_closed",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="a ring that is not closed, as GeoJSON",
        layer="parks",
        make=geojson(
            feature(
                {"type": "Polygon", "coordinates": [[list(c) for c in _SQUARE]]},
                park_id="X01",
                name="试验园",
            )
        ),
        accepted=1,
        has=("rings_closed",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="vertices twice",
        layer="parks",
        make=_parks(_wkt(_SQUARE[0], _SQUARE[0], *_SQUARE[1:], _SQUARE[3])),
        accepted=1,
        has=("duplicate_vertices",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="heights and measures",
        layer="parks",
        make=_parks(
            f"POLYGON Z (({', '.join(f'{x!r} {y!r} 4' for x, y in (*_SQUARE, _SQUARE[0]))}))",
            "POINT M (121.53 31.29 7)",
        ),
        accepted=2,
        has=("height_dropped",),
        areas={"X01": _area(*_SQUARE)},
        places={"X02": (121.53, 31.29)},
    ),
    Case(
        name="a sliver",
        layer="zones",
        make=geojson(
            feature(
                {
                    "type": "Polygon",
                    "coordinates": [[[W, S], [_E, S], [_E, S + 3e-8], [W, S + 3e-8], [W, S]]],
                },
                zone_id="X01",
                name="缝",
                belt="未来谷",
                boundary_status="sketch",
            )
        ),
        accepted=1,
        has=("sliver",),
    ),
    Case(
        name="a crumb beside a plot",
        layer="parks",
        make=_parks(f"MULTIPOLYGON (({_wkt(*_SQUARE)[9:-1]}), ({_CRUMB}))"),
        accepted=1,
        has=("sliver_dropped",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="parts that lie over each other",
        layer="parks",
        make=_parks(
            f"MULTIPOLYGON (({_wkt(*_SQUARE)[9:-1]}), "
            f"({_wkt(*((x + SIDE / 2, y) for x, y in _SQUARE))[9:-1]}))"
        ),
        accepted=1,
        repaired=1,
        has=("geometry_repaired",),
        areas={"X01": 1.5 * _area(*_SQUARE)},
    ),
    Case(
        name="a collection with one part that fits",
        layer="zones",
        make=geojson(
            feature(
                {
                    "type": "GeometryCollection",
                    "geometries": [
                        {"type": "Point", "coordinates": [W, S]},
                        {"type": "Polygon", "coordinates": [[*map(list, _SQUARE), [W, S]]]},
                    ],
                },
                zone_id="X01",
                name="块",
                belt="杨数浦",
                boundary_status="示意边界",
            )
        ),
        accepted=1,
        has=("collection_reduced",),
        areas={"X01": _area(*_SQUARE)},
    ),
    Case(
        name="a collection of which two parts fit",
        layer="parks",
        make=_parks(f"GEOMETRYCOLLECTION (POINT (121.52 31.29), {_wkt(*_SQUARE)})"),
        rejected=1,
        has=("wrong_geometry",),
    ),
    Case(
        name="empty shapes",
        layer="parks",
        make=_parks("POLYGON EMPTY", "POINT (121.53 31.29)", "GEOMETRYCOLLECTION EMPTY"),
        accepted=3,
        has=("empty_geometry",),
        places={"X02": (121.53, 31.29)},
    ),
    Case(
        name="a line where areas belong",
        layer="parks",
        make=_parks("LINESTRING (121.52 31.29, 121.53 31.29)", _wkt(*_SQUARE)),
        accepted=1,
        rejected=1,
        has=("wrong_geometry",),
    ),
    Case(
        name="an area that is a line",
        layer="parks",
        make=_parks(_wkt((W, S), (_E, _N), (W, S), (_E, _N))),
        rejected=1,
        has=("nothing_left",),
    ),
    Case(
        name="coordinates that are no numbers",
        layer="carriers",
        make=geojson(
            feature({"type": "Point", "coordinates": [float("nan"), S]}, carrier_id="X01"),
            feature({"type": "Point", "coordinates": list(spot(2))}, carrier_id="X02"),
        ),
        accepted=1,
        rejected=1,
        has=("not_finite",),
    ),
)
