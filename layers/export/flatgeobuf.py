"""FlatGeobuf: written with an index of places, and read back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.arrow import to_arrow
from layers.export.check import compare
from layers.export.geofiles import ogr_type
from layers.export.geofiles import one_kind
from layers.export.notes import only_tables
from layers.frames import GEOMETRY
from layers.intake.readers.gdalfiles import read_flatgeobuf
from layers.intake.source import Request
from layers.values import cell_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.export.notes import Notes
    from layers.export.sheets import Sheet


def write_fgb(sheets: Sequence[Sheet], path: Path, notes: Notes) -> None:
    """Write one sheet as FlatGeobuf, with title and marks in its header.

    The index of places puts the rows into the order of a curve through them. A layer
    with rows without place has no index, because an index cannot hold them, and keeps
    its order.

    Raises
    ------
    ExportUsageError
        If the sheet has no geometry; the format is for places only.
    """
    (sheet,) = sheets
    if sheet.crs is None:
        raise only_tables(("FlatGeobuf",), [sheet])
    marks = [*sheet.marks, *notes.sentences]
    pyogrio.write_arrow(
        to_arrow(one_kind(sheet.frame), sheet.fields),
        path,
        layer=sheet.key,
        driver="FlatGeobuf",
        geometry_name=GEOMETRY,
        geometry_type=ogr_type(sheet.frame),
        crs=sheet.crs.to_wkt(),
        layer_options={
            "SPATIAL_INDEX": "YES" if _indexed(sheet) else "NO",
            "TITLE": sheet.title.get(notes.lang),
            "DESCRIPTION": "；".join(mark.get(notes.lang) for mark in marks),
        },
    )


def check_fgb(sheets: Sequence[Sheet], path: Path, _: Notes) -> None:
    """Read a FlatGeobuf back and compare it, row by row whatever their order is."""
    (sheet,) = sheets
    raw = read_flatgeobuf(Request(path))
    crs = None if raw.system is None else raw.system.crs
    if not _indexed(sheet) or len(raw.frame) != len(sheet.frame):
        compare(sheet, raw.frame, crs)
        return
    ours = sheet.frame.iloc[_order(sheet, sheet.frame)].reset_index(drop=True)
    theirs = raw.frame.iloc[_order(sheet, raw.frame)].reset_index(drop=True)
    compare(replace(sheet, frame=ours), theirs, crs)


def _indexed(sheet: Sheet) -> bool:
    return 0 < sheet.located == len(sheet.frame)


def _order(sheet: Sheet, frame: pd.DataFrame) -> NDArray[np.intp]:
    """Return an order of the rows that depends only on what stands in them."""
    shapes = one_kind(gpd.GeoDataFrame({GEOMETRY: frame[GEOMETRY]}, geometry=GEOMETRY)).geometry
    drawn = shapely.to_wkb(shapes.to_numpy(), byte_order=1)
    columns: list[list[Any]] = [[wkb or b"" for wkb in drawn]]
    for field in sheet.fields:
        if field.name not in frame.columns:
            continue  # the comparison says so
        text = field.type in ("text", "month")
        values = frame[field.name] if text else parse(frame[field.name], field).column
        columns.append(["" if pd.isna(value) else cell_text(value) for value in values])
    keys = list(zip(*columns, strict=True))
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)
