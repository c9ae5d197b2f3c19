"""Readers of GeoJSON and GeoPackage."""

from __future__ import annotations

import json
import re
import sqlite3
import warnings
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import shapely
from shapely.geometry import shape as to_shape

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.facts import shape_facts
from layers.intake.readers.gdal_layer import Format
from layers.intake.readers.gdal_layer import read_layer
from layers.intake.readers.vetting import vetted_copy
from layers.intake.source import Raw
from layers.intake.source import text_of
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.intake.source import Request
    from layers.systems import System

_SQLITE = b"SQLite format 3\0"

# Tables of a GeoPackage that are no data: styles of QGIS, and our own notes.
README_TABLE = "_readme"
_ARCS = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "CURVE")
_GEOPACKAGE = Format(
    "GPKG",
    Text("GeoPackage", "GeoPackage"),
    re.compile(rf"(?:layer_styles|{README_TABLE})$"),
)


def read_geojson(request: Request) -> Raw:
    """Read a FeatureCollection or a Feature.

    The file is read as JSON and not through GDAL, which would open whatever
    else the content may be. A feature whose geometry cannot be read is
    rejected; the others are kept.

    Raises
    ------
    IntakeError
        If the file is not GeoJSON.
    """
    text, issues = text_of(request)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        request.refuse(
            f"不是 GeoJSON（{error}）", f"it is not GeoJSON ({error}); export it again", error
        )
    features = _features(document, request)
    shapes = []
    closed = 0
    # NaN coordinates are reported by row later on, not as a warning of numpy.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for row, feature in enumerate(features, start=1):
            found, problem = _shape(feature)
            shapes.append(found)
            closed += found is not None and _is_open(feature[GEOMETRY])
            if problem:
                issues.append(request.issue("geometry_unreadable", row, GEOMETRY, problem=problem))
    if closed:
        issues.append(request.issue("rings_closed", count=closed))
    # Column type object keeps 1 apart from 1.0 and from "1".
    frame = pd.DataFrame([_properties(f) for f in features], dtype=object)
    frame = frame.reindex(range(len(features)))
    frame[GEOMETRY] = pd.Series(shapes, index=frame.index, dtype=object)
    system = _named_system(document, request)
    rows = pd.Series(range(1, len(features) + 1), dtype="int64")
    drawn = frame[GEOMETRY].to_numpy(dtype=object)
    facts = {"kind": Text("GeoJSON", "GeoJSON"), **shape_facts(drawn, system)}
    return Raw(frame, rows, tuple(issues), system=system, shapes=True, facts=facts)


def _features(document: object, request: Request) -> list[Any]:
    kind = document.get("type") if isinstance(document, dict) else None
    if isinstance(document, dict) and kind == "Feature":
        return [document]
    found = document.get("features") if isinstance(document, dict) else None
    if kind != "FeatureCollection" or not isinstance(found, list):
        request.refuse(
            "不是 GeoJSON 要素集（FeatureCollection）",
            "it is not a GeoJSON FeatureCollection; export it again",
        )
    return found


def _properties(feature: object) -> Mapping[str, Any]:
    known = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(known, dict):
        return {}
    # A property called "geometry" would hide the real one.
    return {name if name != GEOMETRY else f"{GEOMETRY} (2)": v for name, v in known.items()}


def _shape(feature: object) -> tuple[shapely.Geometry | None, str]:
    """Return the geometry of a feature, or ``None`` and what is wrong with it."""
    if not isinstance(feature, dict):
        return None, "not a Feature"
    if feature.get(GEOMETRY) is None:
        return None, ""
    try:
        return to_shape(feature[GEOMETRY]), ""
    except (
        shapely.errors.ShapelyError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        return None, str(error) or type(error).__name__


def _is_open(geometry: Mapping[str, Any]) -> bool:
    """Tell whether a ring does not end where it starts; shapely closes it without a word."""
    if any(map(_is_open, geometry.get("geometries") or ())):
        return True
    drawn = geometry.get("coordinates") or ()
    polygons = {"polygon": [drawn], "multipolygon": drawn}.get(str(geometry["type"]).lower(), ())
    rings = [list(ring) for polygon in polygons for ring in polygon if len(ring)]
    return any(list(ring[0])[:2] != list(ring[-1])[:2] for ring in rings)


def _named_system(document: Mapping[str, Any], request: Request) -> System | None:
    """Return the system of the ``crs`` member that older GeoJSON files have."""
    named = document.get("crs")
    if named is None:
        return None
    name = named.get("properties", {}).get("name") if isinstance(named, dict) else None
    system = find_system(str(name))
    if system is None:
        request.refuse(
            f"不认识文件所写的坐标系“{name}”；请转换到 EPSG:4490 后导入",
            f"unknown coordinate system '{name}' in the file; convert it to EPSG:4490",
        )
    return system


def read_gpkg(request: Request) -> Raw:
    """Read one layer of a GeoPackage.

    The layer that the request asks for, the one called as its layer, or the only
    one. Tables of styles and notes are not offered.

    Raises
    ------
    IntakeError
        If the file is no GeoPackage, is damaged, or reaches for other files;
        PartError if the layer is not clear.
    """
    with request.path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            request.refuse("不是 GeoPackage 文件", "it is no GeoPackage")
    with vetted_copy(request) as copy:
        raw = read_layer(request, copy, _GEOPACKAGE)
        if not _may_have_arcs(copy, raw.part):
            return raw
    return replace(raw, issues=(*raw.issues, request.issue("curves_straightened")))


def _may_have_arcs(copy: Path, layer: str) -> bool:
    """Tell whether a layer is one of curves; GDAL hands on only their straight lines."""
    ask = "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?"
    with closing(sqlite3.connect(copy)) as database:
        try:
            found = database.execute(ask, (layer,)).fetchall()
        except sqlite3.Error:
            return False
    return any(str(name).upper() in _ARCS for (name,) in found)
