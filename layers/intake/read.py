"""Reading a file as it is: the suffix chooses the reader.

An uploaded file is hostile until read. Only the suffixes of one table are
read; each reader checks the content itself, and nothing in a file is ever
taken for a path.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import geopandas as gpd

from layers.frames import GEOMETRY
from layers.intake.columns import find_places
from layers.intake.kinds import refuse_kind
from layers.intake.placing.geometry_columns import find_shapes
from layers.intake.public_copies import public_mark
from layers.intake.setting import edition_at
from layers.intake.setting import reading_for
from layers.intake.source import Request
from layers.intake.source import check_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.intake.source import Raw

_INTAKE = "layers.intake"

READERS: Mapping[str, str] = {
    ".geojson": f"{_INTAKE}.readers.geofiles:read_geojson",
    ".json": f"{_INTAKE}.readers.geofiles:read_geojson",
    ".gpkg": f"{_INTAKE}.readers.geofiles:read_gpkg",
    ".csv": f"{_INTAKE}.readers.tables:read_csv",
    ".tsv": f"{_INTAKE}.readers.tables:read_csv",
    ".txt": f"{_INTAKE}.readers.tables:read_csv",
    ".xlsx": f"{_INTAKE}.readers.workbooks:read_workbook",
    ".xlsm": f"{_INTAKE}.readers.workbooks:read_workbook",
    ".xls": f"{_INTAKE}.readers.workbooks:read_workbook",
    ".ods": f"{_INTAKE}.readers.workbooks:read_workbook",
    ".shp": f"{_INTAKE}.readers.shapefile:read_shapefile",
    ".dbf": f"{_INTAKE}.readers.shapefile:read_lonely_part",
    ".shx": f"{_INTAKE}.readers.shapefile:read_lonely_part",
    ".prj": f"{_INTAKE}.readers.shapefile:read_lonely_part",
    ".cpg": f"{_INTAKE}.readers.shapefile:read_lonely_part",
    ".zip": f"{_INTAKE}.readers.archive:read_zip",
    ".kml": f"{_INTAKE}.readers.kml:read_kml",
    ".ovkml": f"{_INTAKE}.readers.kml:read_kml",
    ".kmz": f"{_INTAKE}.readers.kml:read_kmz",
    ".ovkmz": f"{_INTAKE}.readers.kml:read_kmz",
    ".fgb": f"{_INTAKE}.readers.gdalfiles:read_flatgeobuf",
    ".gdb": f"{_INTAKE}.readers.gdalfiles:read_filegdb",
    ".tab": f"{_INTAKE}.readers.gdalfiles:read_mapinfo",
    ".mif": f"{_INTAKE}.readers.gdalfiles:read_mapinfo",
    ".dxf": f"{_INTAKE}.drawing.dxf:read_dxf",
}
"""Module and function that read a suffix; imported when a file of it comes."""


def read_raw(request: Request) -> Raw:
    """Read a file as it is.

    Raises
    ------
    IntakeError
        If the suffix is not known, or the file cannot be read at all.
    """
    suffix = request.path.suffix.lower()
    place = READERS.get(suffix)
    if place is None:
        refuse_kind(request)
    check_file(request)
    module, _, function = place.partition(":")
    reader: Callable[[Request], Raw] = getattr(import_module(module), function)
    with reading_for(edition_at(request.edition)):
        raw = reader(request)
    return raw if raw.public is not None else replace(raw, public=public_mark(request.path))


def read_file(
    path: Path, *, encoding: str | None = None, layer: str | None = None
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read a file as it is, without a catalogue.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, CSV or XLSX.
    encoding
        Encoding of a text file; by default a byte order mark, strict UTF-8
        and GB18030 are tried in this order.
    layer
        Layer of a GeoPackage, if it has several.

    Returns
    -------
    GeoDataFrame or DataFrame
        Cells of any type under the file's own headings; a GeoDataFrame if the
        file has shapes, WKT, or longitude and latitude columns. Its CRS is the
        one that the file names, ``None`` if it names none.

    Raises
    ------
    IntakeError
        If the file cannot be read at all.
    """
    request = Request(path, layer or "", encoding)
    raw = read_raw(request)
    shapes, _ = find_shapes(raw, find_places(raw.frame.columns), request)
    if shapes is None:
        return raw.frame
    crs = None if raw.system is None else raw.system.crs
    return gpd.GeoDataFrame(
        raw.frame.drop(columns=GEOMETRY, errors="ignore"), geometry=shapes, crs=crs
    )
