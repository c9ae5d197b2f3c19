"""Reading a file as it is: the suffix chooses the reader.

An uploaded file is hostile until read. Only the suffixes of one table are
read; each reader checks the content itself, and nothing in a file is ever
taken for a path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from layers.frames import GEOMETRY
from layers.intake.columns import find_places
from layers.intake.geofiles import read_geojson
from layers.intake.geofiles import read_gpkg
from layers.intake.locate import find_shapes
from layers.intake.source import Request
from layers.intake.source import check_file
from layers.intake.tables import read_csv
from layers.intake.tables import read_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.intake.source import Raw

READERS: Mapping[str, Callable[[Request], Raw]] = {
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".gpkg": read_gpkg,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".xlsx": read_xlsx,
}


def read_raw(request: Request) -> Raw:
    """Read a file as it is.

    Raises
    ------
    IntakeError
        If the suffix is not known, or the file cannot be read at all.
    """
    reader = READERS.get(request.path.suffix.lower())
    if reader is None:
        known = " ".join(READERS)
        request.refuse(
            f"不支持的文件类型“{request.path.suffix}”；可用：{known}",
            f"the type '{request.path.suffix}' is not supported; use one of {known}",
        )
    check_file(request)
    return reader(request)


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
