"""A layer as the files of Shapefiles: one kind of geometry each, texts that fit."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.dbase import cut_name
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.dbf import MOST_TEXT
from layers.export.shp_names import short_names
from layers.export.shp_names import table_encoding
from layers.frames import GEOMETRY
from layers.frames import to_type
from layers.shapes import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.export.sheets import Sheet

TABLE = "table"
"""Suffix of the table that holds the rows without place."""

_KINDS = ("point", "line", "polygon")
_MORE = "…"


@dataclass(frozen=True, slots=True)
class Part:
    """One Shapefile, or the table without shapes.

    Attributes
    ----------
    name
        Name of its files without the ending.
    kind
        ``point``, ``line``, ``polygon``, or ``table`` for rows without place.
    sheet
        Its rows, under their full names.
    """

    name: str
    kind: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Plan:
    """How a layer becomes Shapefiles.

    Attributes
    ----------
    encoding
        ``gbk`` or ``utf-8``.
    names
        Short name by full name.
    parts
        The files; every row of the layer is in exactly one.
    """

    encoding: str
    names: Mapping[str, str]
    parts: tuple[Part, ...]


def plan_of(sheet: Sheet, stem: str) -> Plan:
    """Return how a layer becomes Shapefiles called after `stem`.

    A layer of one kind of geometry goes by `stem`; of several kinds the kind stands
    behind it. Rows without place, and a layer without any place, stand in a table.

    Raises
    ------
    ExportUsageError
        If a row has a collection, which is no geometry of Shapefiles.
    """
    kinds = _kinds(sheet)
    drawn = [kind for kind in _KINDS if (kinds == kind).any()]
    parts = [
        Part(stem if len(drawn) == 1 else f"{stem}_{kind}", kind, _rows(sheet, kinds == kind))
        for kind in drawn
    ]
    apart = kinds == TABLE
    if apart.any() or not drawn:
        flat = _rows(sheet, apart)
        if sheet.crs is not None:
            flat = replace(flat, frame=pd.DataFrame(flat.frame.drop(columns=GEOMETRY)))
        parts.append(Part(f"{stem}_{TABLE}", TABLE, flat))
    encoding = table_encoding(sheet)
    return Plan(encoding, short_names(sheet.fields, encoding), tuple(parts))


def _kinds(sheet: Sheet) -> NDArray[Any]:
    if sheet.crs is None:
        return np.full(len(sheet.frame), TABLE, dtype=object)
    shapes = sheet.frame.geometry.to_numpy()
    kinds = np.array([TABLE if s is None else kind_of(s) for s in shapes], dtype=object)
    other = ~np.isin(kinds, [*_KINDS, TABLE])
    if other.any():
        row = int(np.argmax(other))
        raise ExportUsageError(
            Text(
                f"Shapefile 放不下图层“{sheet.key}”第 {row + 1} 行的几何类型 {kinds[row]}；"
                "请改用 GeoPackage",
                f"a Shapefile cannot hold the {kinds[row]} in row {row + 1} of layer"
                f" '{sheet.key}'; write a GeoPackage",
            )
        )
    return kinds


def _rows(sheet: Sheet, chosen: NDArray[np.bool_]) -> Sheet:
    return replace(sheet, frame=sheet.frame[chosen].reset_index(drop=True))


def held(text: str, encoding: str) -> str:
    """Return what the table holds of a text: at most 254 bytes, no blanks at its end.

    A text that is cut ends in an ellipsis.
    """
    if len(text.encode(encoding)) > MOST_TEXT:
        most = MOST_TEXT - len(_MORE.encode(encoding))
        # No character is shorter than a byte, so that the rest need not be looked at.
        text = cut_name(text[:MOST_TEXT], encoding, most) + _MORE
    return text.rstrip(" ")


def shortened(part: Part, encoding: str) -> tuple[pd.DataFrame, dict[tuple[int, str], str]]:
    """Return the rows of a part as its table holds them, and the texts in full that it cannot.

    Parameters
    ----------
    part
        The part.
    encoding
        Encoding of the table.

    Returns
    -------
    tuple of DataFrame and dict
        The texts in full by position of the row, from 0, and name of the field.
    """
    frame = pd.DataFrame(part.sheet.frame)
    full: dict[tuple[int, str], str] = {}
    for field in part.sheet.fields:
        if field.type != "text":
            continue
        column = frame[field.name]
        fitting = column.map(lambda text: held(text, encoding), na_action="ignore")
        differ = np.flatnonzero((fitting != column) & column.notna())
        full |= {(int(row), field.name): str(column.iloc[row]) for row in differ}
        if len(differ):
            frame = frame.assign(**{field.name: to_type(fitting, "text")})
    return frame, full


def restored(
    back: pd.DataFrame, full: Mapping[tuple[int, str], str], encoding: str
) -> pd.DataFrame:
    """Return a table that was read back with the full texts where it holds their beginnings."""
    touched = sorted({name for _, name in full} & {str(name) for name in back.columns})
    cells = {name: back[name].to_numpy(dtype=object).copy() for name in touched}
    for (row, name), text in full.items():
        # Anything else than what this text was cut to stays, and the comparison says so.
        if name not in cells or row >= len(back):
            continue
        cell = cells[name][row]
        if ("" if pd.isna(cell) else cell) == held(text, encoding):
            cells[name][row] = text
    whole = {name: pd.Series(cells[name], index=back.index, dtype=object) for name in touched}
    return back.assign(**whole)
