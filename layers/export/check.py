"""Reading back: a file is handed out only if it says what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

import numpy as np
import shapely

from layers.export.refusal import refuse
from layers.export.sheets import DECIMALS
from layers.frames import GEOMETRY
from layers.shapes import kind_of
from layers.values import parse

if TYPE_CHECKING:
    import pandas as pd
    import pyproj
    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.export.sheets import Sheet

# Numbers are written with at least 15 significant digits.
_RELATIVE = 1e-13


def compare(sheet: Sheet, back: pd.DataFrame, crs: pyproj.CRS | None = None) -> None:
    """Compare a sheet with what was read back from its file.

    Parameters
    ----------
    sheet
        What was to be written.
    back
        What the file says: columns named as the fields, raw cells, shapes
        under ``geometry``.
    crs
        The CRS that the file names, if it can name one.

    Raises
    ------
    ExportError
        Naming the layer, and the field and row that differ.
    """
    if len(back) != len(sheet.frame):
        _differs(sheet, f"行数 {len(sheet.frame)} → {len(back)}", "number of rows")
    names = [str(name) for name in back.columns if name != GEOMETRY]
    if names != [f.name for f in sheet.fields]:
        _differs(sheet, f"字段 {', '.join(names)}", "field names")
    if crs is not None and sheet.crs is not None and crs != sheet.crs:
        _differs(sheet, f"坐标系 {crs.name}", "coordinate system")
    for field in sheet.fields:
        same = _same_values(sheet.frame[field.name], back[field.name], field)
        if not same.all():
            row = int(np.argmin(same))
            _differs(sheet, f"{field.name}，第 {row + 1} 行", f"{field.name} in row {row + 1}")
    if sheet.crs is not None and GEOMETRY in back.columns:
        _compare_shapes(sheet, back[GEOMETRY].to_numpy(dtype=object))


def _same_values(
    written: pd.Series[Any], read: pd.Series[Any], field: FieldSpec
) -> NDArray[np.bool_]:
    read = read.reset_index(drop=True)
    if field.type in ("text", "month"):
        # Compared as it stands, because parsing would strip blanks.
        ours, theirs = (c.fillna("").to_numpy(dtype=object) for c in (written, read))
        return np.asarray(ours == theirs, dtype=bool)
    parsed = parse(read, field)
    unknown = written.isna().to_numpy(dtype=bool)
    both_unknown = unknown & parsed.column.isna().to_numpy(dtype=bool) & ~parsed.bad.to_numpy()
    if field.type == "date":
        same = (written == parsed.column).to_numpy(dtype=bool)
    else:
        ours, theirs = (c.to_numpy(dtype=float, na_value=np.nan) for c in (written, parsed.column))
        same = np.isclose(ours, theirs, rtol=_RELATIVE, atol=0.0)
    return np.asarray(same | both_unknown, dtype=bool)


def _compare_shapes(sheet: Sheet, read: NDArray[Any]) -> None:
    written = sheet.frame.geometry.to_numpy()
    kinds_differ = np.array(
        [_kind(a) != _kind(b) for a, b in zip(written, read, strict=True)], dtype=bool
    )
    counts_differ = shapely.get_num_coordinates(written) != shapely.get_num_coordinates(read)
    differ = kinds_differ | counts_differ
    if not differ.any():
        ours, row = shapely.get_coordinates(written, return_index=True)
        assert sheet.crs is not None
        tolerance = 10.0 ** -DECIMALS[bool(sheet.crs.is_geographic)]
        apart = np.abs(ours - shapely.get_coordinates(read)).max(axis=1, initial=0.0) > tolerance
        differ[row[apart]] = True
    if differ.any():
        at = int(np.argmax(differ)) + 1
        _differs(sheet, f"几何，第 {at} 行", f"geometry in row {at}")


def _kind(shape: Any) -> str:  # noqa: ANN401 -- a geometry or nothing
    return "" if shape is None else kind_of(shape)


def _differs(sheet: Sheet, zh: str, en: str) -> NoReturn:
    refuse(sheet.key, zh, en)
