"""Rejected rows with their shapes, as GeoPackage and as GeoJSON."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from layers.contract import REJECT_COLUMNS
from layers.errors import ExportUsageError
from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.rejecting.reject_rows import FORMS
from layers.intake.rejecting.reject_rows import typed_columns
from layers.intake.run import file_hash
from layers.intake.source import Request
from layers.intake.source import text_of
from layers.systems import LONLAT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    from layers.intake.rejecting.reject_rows import Rejects
    from layers.intake.run import IntakeResult

_ROW = REJECT_COLUMNS[0]
_LAYER = "rejects"


def write_gpkg(rejects: Rejects, path: Path) -> None:
    """Write a GeoPackage of one layer, in the system of the file; shapes as they stood."""
    import geopandas as gpd
    import pyogrio

    table = pd.concat([typed_columns(rejects.cells), rejects.verdicts], axis=1)
    table.columns = _apart(map(str, table.columns))
    options = {"FID": _free("fid", table.columns)}
    if rejects.shapes is not None:
        cells = [cell if shapely.is_geometry(cell) else None for cell in rejects.shapes]
        shapes = pd.Series(cells, index=table.index, dtype=object)
        name = _free(GEOMETRY, table.columns)
        table = gpd.GeoDataFrame(table.assign(**{name: shapes}), geometry=name, crs=rejects.crs)
        options["GEOMETRY_NAME"] = name
    with warnings.catch_warnings():
        # A file that names no system goes back without one; the sender names it again.
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.write_dataframe(
            table,
            path,
            layer=rejects.part or _LAYER,
            driver="GPKG",
            geometry_type=None if rejects.shapes is None else "Unknown",
            dataset_options={"VERSION": "1.3"},
            layer_options=options,
        )


def _apart(names: Iterable[str]) -> list[str]:
    """Return names that also differ without regard to case, as a database asks for."""
    made: list[str] = []
    for name in names:
        made.append(_free(name, made))
    return made


def _free(name: str, taken: Iterable[str]) -> str:
    known = {other.casefold() for other in taken}
    tried, number = name, 1
    while tried.casefold() in known:
        number += 1
        tried = f"{name} ({number})"
    return tried


def write_geojson(rejects: Rejects, path: Path) -> None:
    """Write a feature collection; the sender's own, if it is still there as it was.

    Raises
    ------
    ExportUsageError
        If the shapes are in a system that GeoJSON cannot name.
    """
    document = _document(rejects.result) or {"type": "FeatureCollection", **_crs_member(rejects)}
    features = _original_features(document, rejects.verdicts) or _made_features(rejects)
    document = {**document, "features": []}
    opening = json.dumps(document, ensure_ascii=False).rsplit("[]", 1)[0]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_text(f"{opening}[\n{lines}\n]}}\n", encoding="utf-8")


def _document(result: IntakeResult) -> dict[str, Any] | None:
    """Return the collection that was sent, if it is still there as it was."""
    if result.path is None or FORMS.get(result.path.suffix.lower()) != ".geojson":
        return None
    try:
        if file_hash(result.path) != result.sha256:
            return None
        document = json.loads(text_of(Request(result.path))[0])
    except (IntakeError, OSError, ValueError, RecursionError):
        return None
    if isinstance(document, dict) and isinstance(document.get("features"), list):
        rest = {name: value for name, value in document.items() if name != "features"}
        return {**rest, "features": document["features"]}
    return None


def _original_features(
    document: Mapping[str, Any], verdicts: pd.DataFrame
) -> list[dict[str, Any]] | None:
    """Return the rejected features as they stood in the file, with their verdicts."""
    there = document.get("features")
    if there is None:
        return None
    features = []
    for verdict in _records(verdicts):
        feature = there[verdict[_ROW] - 1]
        feature = feature if isinstance(feature, dict) else {"type": "Feature", "geometry": None}
        properties = feature.get("properties")
        own = properties if isinstance(properties, dict) else {}
        features.append({**feature, "properties": {**own, **verdict}})
    return features


def _made_features(rejects: Rejects) -> list[dict[str, Any]]:
    shapes = [None] * len(rejects.verdicts) if rejects.shapes is None else list(rejects.shapes)
    properties = pd.concat([typed_columns(rejects.cells), rejects.verdicts], axis=1)
    return [
        {"type": "Feature", "properties": record, "geometry": _geometry(shape)}
        for record, shape in zip(_records(properties), shapes, strict=True)
    ]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    cells = table.astype(object).where(table.notna(), None)
    return [
        {str(name): value for name, value in zip(cells.columns, row, strict=True)}
        for row in cells.itertuples(index=False, name=None)
    ]


def _geometry(shape: object) -> Any:  # noqa: ANN401 -- JSON
    if not isinstance(shape, BaseGeometry) or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    return json.loads(shapely.to_geojson(shape))


def _crs_member(rejects: Rejects) -> dict[str, Any]:
    """Return the member ``crs`` that older GeoJSON files name their system with."""
    if rejects.crs is None or rejects.crs == pyproj.CRS.from_user_input(LONLAT):
        return {}
    code = rejects.crs.to_epsg()
    if code is None:
        raise ExportUsageError(
            Text(
                f"坐标系 {rejects.crs.name} 没有 EPSG 编码，GeoJSON 写不下；请改用 .gpkg",
                f"the system {rejects.crs.name} has no EPSG code to name in GeoJSON; use .gpkg",
            )
        )
    name = f"urn:ogc:def:crs:EPSG::{code}"
    return {"crs": {"type": "name", "properties": {"name": name}}}
