"""Tables of Shapefiles: dBase III, every value written so that it reads back equal.

GDAL writes numbers with a fixed number of decimals, texts with the widths of its own
choice and the day of the computer's clock; here widths follow the data and the day is
given, so that equal tables give equal bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.errors import ExportUsageError
from layers.errors import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import FieldSpec
    from layers.catalogue import FieldType

MOST_TEXT = 254
"""Bytes of a text in a table."""

_HEAD = struct.Struct("<4BIHH17xBxx")
_FIELD = struct.Struct("<11sc4xBB14x")
_VERSION, _END_OF_FIELDS, _END_OF_FILE = 3, b"\r", b"\x1a"
_YEAR_ZERO = 1900
_LANGUAGE = {"gbk": 0x4D, "utf-8": 0}
_BLANK = ord(" ")

# What dBase programs hold of a plain number; a longer one is written with its exponent.
_MOST_DIGITS, _MOST_DECIMALS = 20, 15
# Without decimals, programs would take a column of measures for one of whole numbers.
_LEAST_DECIMALS = 2
# What two bytes of the header can count.
_WIDEST = 65_535


@dataclass(frozen=True, slots=True)
class _Column:
    kind: bytes
    decimals: int
    cells: NDArray[np.bytes_]

    @property
    def width(self) -> int:
        return self.cells.dtype.itemsize


def dbf_bytes(
    frame: pd.DataFrame,
    fields: Sequence[FieldSpec],
    names: Mapping[str, str],
    *,
    encoding: str,
    day: dt.date,
) -> bytes:
    """Return a table as dBase III; unknown values are blank, as dBase has no other null.

    Parameters
    ----------
    frame
        Columns typed as `fields`; texts have at most :data:`MOST_TEXT` bytes.
    fields
        The columns, in order.
    names
        Name in the table by name of the field; at most ten bytes.
    encoding
        ``gbk`` or ``utf-8``.
    day
        Date of the last change, for the header.

    Raises
    ------
    ExportUsageError
        If there are more or wider columns than a table may have.
    """
    columns = {f.name: _WRITERS[f.type](frame[f.name], encoding) for f in fields}
    width = 1 + sum(column.width for column in columns.values())
    start = _HEAD.size + _FIELD.size * len(columns) + len(_END_OF_FIELDS)
    if max(width, start) > _WIDEST:
        raise _too_wide(len(columns), width)
    head = _HEAD.pack(
        _VERSION,
        day.year - _YEAR_ZERO,
        day.month,
        day.day,
        len(frame),
        start,
        width,
        _LANGUAGE[encoding],
    )
    described = (
        _FIELD.pack(names[name].encode(encoding), column.kind, column.width, column.decimals)
        for name, column in columns.items()
    )
    grid = np.full((len(frame), width), _BLANK, dtype=np.uint8)
    at = 1
    for column in columns.values():
        block = np.ascontiguousarray(column.cells).view(np.uint8)
        grid[:, at : at + column.width] = block.reshape(len(frame), column.width)
        at += column.width
    return b"".join([head, *described, _END_OF_FIELDS, grid.tobytes(), _END_OF_FILE])


def _too_wide(count: int, width: int) -> ExportUsageError:
    return ExportUsageError(
        Text(
            f"Shapefile 属性表放不下：{count} 个字段、每行 {width} 字节，上限 {_WIDEST} 字节；"
            "请减少字段，或改用 GeoPackage",
            f"the table of a Shapefile cannot hold {count} fields with {width} bytes a row, the"
            f" limit is {_WIDEST} bytes; choose fewer fields, or write a GeoPackage",
        )
    )


def _padded(cells: Sequence[bytes], kind: bytes, *, decimals: int = 0, right: bool) -> _Column:
    """Return cells as wide as the widest of them; numbers stand to the right."""
    width = max((len(cell) for cell in cells), default=0) or 1
    side = bytes.rjust if right else bytes.ljust
    array = np.array([side(cell, width) for cell in cells], dtype=f"S{width}")
    return _Column(kind, decimals, array)


def _texts(column: pd.Series[Any], encoding: str) -> _Column:
    known = {text: text.encode(encoding) for text in set(column.dropna())}
    return _padded([known.get(text, b"") for text in column], b"C", right=False)


def _integers(column: pd.Series[Any], _: str) -> _Column:
    cells = [str(int(n)).encode() for n in column.dropna()]
    return _padded(_spread(cells, column), b"N", right=True)


def _numbers(column: pd.Series[Any], _: str) -> _Column:
    """Return numbers with the fewest decimals that keep every one of them exact."""
    known = column.dropna().to_numpy(dtype=np.float64)
    plain = [np.format_float_positional(n, unique=True, trim="-") for n in known.tolist()]
    decimals = max([_LEAST_DECIMALS, *(len(text.partition(".")[2]) for text in plain)])
    cells = [f"{n:.{decimals}f}".encode() for n in known.tolist()]
    longest = max((len(cell) for cell in cells), default=0)
    if longest <= _MOST_DIGITS and decimals <= _MOST_DECIMALS:
        return _padded(_spread(cells, column), b"N", decimals=decimals, right=True)
    exact = [np.format_float_scientific(n, unique=True, trim="0") for n in known.tolist()]
    digits = max(len(text.partition("e")[0].partition(".")[2]) for text in exact)
    cells = [text.encode() for text in exact]
    return _padded(_spread(cells, column), b"F", decimals=min(digits, _MOST_DECIMALS), right=True)


def _booleans(column: pd.Series[Any], _: str) -> _Column:
    """Return booleans as words: some programs take an unknown logical value for false."""
    words = {True: b"true", False: b"false"}
    cells = _spread([words[bool(value)] for value in column.dropna()], column)
    return _padded(cells, b"C", right=False)


def _dates(column: pd.Series[Any], _: str) -> _Column:
    days = column.dropna().dt.strftime("%Y%m%d")
    # A day of the first millennium keeps its four digits of a year.
    cells = _spread([day.rjust(8, "0").encode() for day in days], column, unknown=b" " * 8)
    return _Column(b"D", 0, np.array(cells, dtype="S8"))


def _spread(cells: Sequence[bytes], column: pd.Series[Any], *, unknown: bytes = b"") -> list[bytes]:
    """Return the cells of the known values, and `unknown` where there is none."""
    known = iter(cells)
    there = column.notna().to_numpy()
    return [next(known) if is_known else unknown for is_known in there]


_WRITERS: Mapping[FieldType, Callable[[pd.Series[Any], str], _Column]] = {
    "text": _texts,
    "month": _texts,
    "integer": _integers,
    "number": _numbers,
    "boolean": _booleans,
    "date": _dates,
}
