"""GeoPackage, GeoJSON and GeoParquet: written, and read back."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from geo.crs import STORAGE_CRS
from layers.arrow import to_arrow
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.check import compare
from layers.export.sheets import DECIMALS
from layers.export.sheets import DISTORTED
from layers.export.styling import STYLES_TABLE
from layers.export.styling import add_layer_styles
from layers.export.styling import check_layer_styles
from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.intake.readers.geofiles import README_TABLE
from layers.intake.readers.geofiles import read_geojson
from layers.intake.readers.geofiles import read_gpkg
from layers.intake.source import Request
from layers.systems import LONLAT
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from layers.export.notes import Notes
    from layers.export.sheets import Sheet

_LONLAT_ONLY = (STORAGE_CRS, LONLAT)

# Type numbers of shapely: single, multi, and how to get from one to the other.
_MULTI: tuple[tuple[int, int, Callable[..., Any]], ...] = (
    (0, 4, shapely.multipoints),
    (1, 5, shapely.multilinestrings),
    (3, 6, shapely.multipolygons),
)


def write_gpkg(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write sheets as the layers of one GeoPackage, with their styles and a table of notes.

    Version 1.3 of the format, which QGIS reads since 3.16; rows without place
    are kept with a NULL geometry; sheets without geometry become attribute
    tables.
    """
    with _dated(notes.stamp):
        _write_gpkg(sheets, path, notes)


@contextmanager
def _dated(stamp: dt.datetime) -> Iterator[None]:
    """Let GDAL write `stamp` where it would write the time of the day."""
    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    told = stamp.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({name: told})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write_gpkg(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    for sheet in sheets:
        table = to_arrow(one_kind(sheet.frame), sheet.fields)
        spatial = sheet.crs is not None
        pyogrio.write_arrow(
            table,
            path,
            layer=sheet.key,
            driver="GPKG",
            geometry_name=GEOMETRY if spatial else None,
            geometry_type=ogr_type(sheet.frame) if spatial else None,
            crs=sheet.crs.to_wkt() if sheet.crs is not None else None,
            dataset_options={"VERSION": "1.3"},
            layer_options=_layer_options(sheet, notes),
        )
    pyogrio.write_dataframe(
        notes.readme,
        path,
        layer=README_TABLE,
        driver="GPKG",
        layer_options={
            "IDENTIFIER": "说明",
            "DESCRIPTION": "；".join(s.zh for s in notes.sentences),
        },
    )
    add_layer_styles(path, sheets, notes)


def check_gpkg(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Read a GeoPackage back and compare it."""
    there = {name for name, _ in pyogrio.list_layers(path)} - {STYLES_TABLE}
    wanted = {*(sheet.key for sheet in sheets), README_TABLE}
    if there != wanted or pyogrio.read_info(path, layer=README_TABLE)["features"] != len(
        notes.readme
    ):
        listed = ", ".join(sorted(there))
        raise ExportError(
            Text(
                f"回读校验未通过，文件未写出：图层清单为 {listed}",
                f"the file read back differs and was not kept: its layers are {listed}",
            )
        )
    for sheet in sheets:
        raw = read_gpkg(Request(path, sheet.key))
        compare(sheet, raw.frame, None if raw.system is None else raw.system.crs)
    check_layer_styles(path, sheets)


def write_geojson(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write one sheet as GeoJSON (RFC 7946), one feature a line.

    The marks stand in the members ``name`` and ``notice`` of the collection.

    Raises
    ------
    ExportUsageError
        If the sheet is not in longitude and latitude, which is all that
        GeoJSON allows.
    """
    (sheet,) = sheets
    check_lonlat(sheet)
    head = {
        "type": "FeatureCollection",
        "name": sheet.key,
        "notice": [sentence.get(notes.lang) for sentence in notes.sentences],
    }
    properties = json_rows(sheet)
    shapes = _geojson_texts(sheet.frame)
    features = [
        f'{{"type":"Feature","properties":{row},"geometry":{shape}}}'
        for row, shape in zip(properties, shapes, strict=True)
    ]
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(f'{opening},"features":[\n' + ",\n".join(features) + "\n]}\n", encoding="utf-8")


def check_geojson(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Read a GeoJSON file back and compare it."""
    (sheet,) = sheets
    back = read_geojson(Request(path)).frame
    if back.columns.tolist() == [GEOMETRY] and back.empty:
        # A collection without features names no fields.
        back = back.reindex(columns=[*(f.name for f in sheet.fields), GEOMETRY])
    compare(sheet, back)


def check_lonlat(sheet: Sheet) -> None:
    """Refuse a sheet that GeoJSON cannot carry.

    Raises
    ------
    ExportUsageError
        If its coordinates are not longitude and latitude on CGCS2000 or WGS 84.
    """
    if sheet.crs is not None and sheet.crs.to_string() not in _LONLAT_ONLY:
        raise ExportUsageError(
            Text(
                f"GeoJSON 只能用经纬度，不能用 {sheet.crs.to_string()}；"
                "请选 EPSG:4490，或改用 GeoPackage",
                f"GeoJSON carries longitude and latitude only, not {sheet.crs.to_string()};"
                " choose EPSG:4490, or write a GeoPackage",
            )
        )


def write_parquet(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write one sheet as Parquet; GeoParquet if it has geometry.

    Titles and units stand in the metadata of the columns (``title_zh``, ``title_en``,
    ``unit``), the marks in that of the table (``notice``).
    """
    (sheet,) = sheets
    if has_geometry(sheet.frame):
        plain = BytesIO()
        gpd.GeoDataFrame(sheet.frame).to_parquet(plain)
        table = pq.read_table(plain)
    else:
        table = to_arrow(sheet.frame, sheet.fields)
    titles = {
        f.name: {"title_zh": f.title.zh, "title_en": f.title.en, "unit": f.unit}
        for f in sheet.fields
    }
    described = [
        column.with_metadata({**(column.metadata or {}), **titles.get(column.name, {})})
        for column in table.schema
    ]
    notice = "；".join(sentence.get(notes.lang) for sentence in notes.sentences)
    about = {**(table.schema.metadata or {}), "notice": notice}
    pq.write_table(table.cast(pa.schema(described, metadata=about)), path)


def check_parquet(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Read a Parquet file back and compare it."""
    (sheet,) = sheets
    if sheet.crs is None:
        compare(sheet, pq.read_table(path).to_pandas())
    else:
        back = gpd.read_parquet(path)
        compare(sheet, pd.DataFrame(back), back.crs)


def write_json(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Write the table of one sheet as a JSON list of records, without geometry."""
    (sheet,) = sheets
    path.write_text("[\n" + ",\n".join(json_rows(sheet)) + "\n]\n", encoding="utf-8")


def check_json(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Read a JSON list of records back and compare it."""
    (sheet,) = sheets
    records = json.loads(path.read_text(encoding="utf-8"))
    names = [f.name for f in sheet.fields]
    compare(sheet, pd.DataFrame(records, columns=None if records else names, dtype=object))


def json_rows(sheet: Sheet) -> list[str]:
    """Return the fields of every row as a JSON object; unknown is ``null``."""
    columns = {f.name: _json_values(sheet.frame[f.name]) for f in sheet.fields}
    return [
        json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in zip(*columns.values(), strict=True)
    ]


def _json_values(column: pd.Series[Any]) -> list[Any]:
    """Return values as JSON has them; dates as ISO text, unknown as ``None``."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(value) else cell_text(value) for value in column]
    return [None if pd.isna(value) else value for value in column.astype(object)]


def _geojson_texts(frame: pd.DataFrame) -> list[str]:
    if not has_geometry(frame):
        return ["null"] * len(frame)
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy.round(DECIMALS[True]))
    return [text or "null" for text in shapely.to_geojson(shapes)]


def _layer_options(sheet: Sheet, notes: Notes) -> dict[str, str]:
    title, description = sheet.title.get(notes.lang), sheet.description.get(notes.lang)
    marks = [mark.zh for mark in sheet.marks]
    warned = [DISTORTED.zh] if sheet.distorted else []
    # The first sentence of a delivery of layers is the mark of its audience.
    audience = [sentence.zh for sentence in notes.sentences[:1]]
    return {
        "IDENTIFIER": f"{title}（{'·'.join(marks)}）" if marks else title,
        "DESCRIPTION": "；".join([description, *marks, *warned, *audience]),
    }


def one_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with single polygons made multi if any is multi, and so on.

    A layer declares one type; readers complain when a polygon layer holds a
    multi-polygon.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    shapes = frame.geometry.to_numpy().copy()
    for single, multi, wrap in _MULTI:
        kinds = shapely.get_type_id(shapes)
        if (kinds == multi).any():
            for i in np.flatnonzero(kinds == single):
                shapes[i] = wrap([shapes[i]])
    uniform: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=shapes, crs=frame.crs)
    return uniform


def ogr_type(frame: pd.DataFrame) -> str:
    """Return the one type of geometry of a frame that :func:`one_kind` made so, or Unknown."""
    kinds = set(one_kind(frame).geometry.geom_type.dropna())
    return kinds.pop() if len(kinds) == 1 else "Unknown"
