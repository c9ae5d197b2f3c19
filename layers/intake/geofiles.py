"""Readers of GeoJSON and GeoPackage."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError
from pyogrio.errors import DataSourceError
from pyproj.exceptions import CRSError
from shapely.geometry import shape as to_shape

from layers.frames import GEOMETRY
from layers.intake.source import Raw
from layers.intake.source import text_of
from layers.intake.vetting import vetted_copy
from layers.systems import find_system
from layers.systems import system_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.intake.source import Request
    from layers.systems import System

_SQLITE = b"SQLite format 3\0"

# What GDAL and shapely raise on a database that is damaged in one way or another.
_DAMAGED = (
    DataSourceError,
    DataLayerError,
    CRSError,
    shapely.errors.ShapelyError,
    OSError,
    UnicodeDecodeError,
)

# Tables of a GeoPackage that are no data: styles of QGIS, and our own notes.
README_TABLE = "_readme"
_HIDDEN_TABLES = ("layer_styles", README_TABLE)


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
    # NaN coordinates are reported by row later on, not as a warning of numpy.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for row, feature in enumerate(features, start=1):
            found, problem = _shape(feature)
            shapes.append(found)
            if problem:
                issues.append(request.issue("geometry_unreadable", row, GEOMETRY, problem=problem))
    # Column type object keeps 1 apart from 1.0 and from "1".
    frame = pd.DataFrame([_properties(f) for f in features], dtype=object)
    frame = frame.reindex(range(len(features)))
    frame[GEOMETRY] = pd.Series(shapes, index=frame.index, dtype=object)
    system = _named_system(document, request)
    rows = pd.Series(range(1, len(features) + 1), dtype="int64")
    return Raw(frame, rows, tuple(issues), system=system, shapes=True)


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

    The layer called as the request says, or the only one. Tables of styles
    and notes are not offered.

    Raises
    ------
    IntakeError
        If the file is no GeoPackage, is damaged, reaches for other files, or
        the layer is not clear.
    """
    with request.path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            request.refuse("不是 GeoPackage 文件", "it is no GeoPackage")
    with warnings.catch_warnings(record=True) as notes, vetted_copy(request) as copy:
        warnings.simplefilter("always")
        frame, crs = _layer(request, copy)
    told = dict.fromkeys(str(note.message) for note in notes)
    issues = [request.issue("reader_note", problem=problem) for problem in told]
    rows = pd.Series(range(1, len(frame) + 1), dtype="int64")
    return Raw(
        frame,
        rows,
        tuple(issues),
        system=_own_system(crs),
        shapes=GEOMETRY in frame.columns,
        lonlat_if_unknown=False,
    )


def _layer(request: Request, copy: Path) -> tuple[pd.DataFrame, Any]:
    try:
        names = [name for name, _ in pyogrio.list_layers(copy)]
        offered = [name for name in names if name not in _HIDDEN_TABLES]
        chosen = _choose(offered, request)
        # GDAL goes by content; no other driver may have taken the file.
        if pyogrio.read_info(copy, layer=chosen)["driver"] != "GPKG":
            request.refuse("不是 GeoPackage 文件", "it is no GeoPackage")
        frame = pyogrio.read_dataframe(copy, layer=chosen, on_invalid="warn")
    except _DAMAGED as error:
        request.refuse(
            "GeoPackage 已损坏；请重新导出",
            f"the GeoPackage is damaged ({error}); export it again",
            error,
        )
    if not isinstance(frame, gpd.GeoDataFrame):
        # A plain column of that name would be taken for shapes.
        return frame.rename(columns={GEOMETRY: f"{GEOMETRY} (2)"}), None
    # The active geometry may have another name than ours.
    crs, shapes = frame.crs, frame.geometry.to_numpy()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table[GEOMETRY] = pd.Series(shapes, index=table.index, dtype=object)
    return table, crs


def _choose(offered: list[str], request: Request) -> str:
    if request.layer not in offered and len(offered) != 1:
        listed = ", ".join(offered) or "—"
        request.refuse(
            f"文件有图层 {listed}，请指明读取哪一个",
            f"it has the layers {listed}; say which one to read",
        )
    return request.layer if request.layer in offered else offered[0]


def _own_system(crs: Any) -> System | None:  # noqa: ANN401 -- a CRS or nothing
    # A GeoPackage without CRS is stamped "undefined", which PROJ calls engineering.
    return system_of(crs) if crs is not None and (crs.is_geographic or crs.is_projected) else None
