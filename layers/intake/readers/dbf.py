"""The table of a Shapefile: dBase III with its fields of fixed width.

It is read here and not by GDAL, because GDAL decides on the encoding before
anybody has looked at the text, fails on a character that was cut in the middle,
and reads a number that it does not understand as another number.
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.charset import Claim
from layers.intake.readers.charset import Samples
from layers.intake.readers.charset import decide
from layers.intake.readers.charset import text_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.intake.source import Request
    from layers.issues import Issue

    Bytes = NDArray[np.bytes_]

_HEAD = struct.Struct("<4xIHH17xB")
_FIELD = struct.Struct("<11sc4xBB14x")
_FIRST_FIELD = 32
_END_OF_FIELDS = 0x0D
_DELETED = ord("*")
_NAME_WIDTH = 10

_LDID = Text("属性表文件头（LDID）", "the header of its table (LDID)")
_LANGUAGES: Mapping[int, str] = {
    0x4D: "gb18030",
    0x7A: "gb18030",
    0x4E: "cp949",
    0x79: "cp949",
    0x4F: "cp950",
    0x78: "cp950",
    0x13: "cp932",
    0x7B: "cp932",
}
"""Encodings by language driver. The Western ones and 0x57 ("ANSI") say nothing:
programs write them whatever the text is."""

# Beyond 2**53 a float is no longer the number that stands there.
_EXACT = 2**53
# Shapefiles have no null; ArcGIS writes the lowest float instead.
_NO_DATA = 1e38

_TRUE, _FALSE = b"TtYy", b"FfNn"


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a Shapefile.

    Attributes
    ----------
    frame
        One row a record that is not deleted.
    kept
        Positions of those records in the file, from 0.
    records
        How many records the file has, with the deleted ones.
    encoding
        The encoding and how it was found, for people.
    issues
        What was assumed, left out or lost.
    """

    frame: pd.DataFrame
    kept: NDArray[np.intp]
    records: int
    encoding: Text
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    name: bytes
    kind: str
    start: int
    width: int


def read_dbf(data: bytes, claims: Sequence[Claim], request: Request) -> Table:
    """Read the table of a Shapefile.

    Parameters
    ----------
    data
        Content of the .dbf.
    claims
        What other parts of the Shapefile say about the encoding.
    request
        Names the file for the findings.

    Returns
    -------
    Table
        Numbers as ``int64`` or ``float64``, dates as dates, empty cells as missing;
        a number or date that cannot be read stays as text.

    Raises
    ------
    IntakeError
        If it is no table, or its header contradicts itself.
    """
    count, columns, start, width, language = _header(data, request)
    records = min(count, (len(data) - start) // width)
    grid = np.frombuffer(data, np.uint8, records * width, start).reshape(records, width)
    kept = np.flatnonzero(grid[:, 0] != _DELETED)
    issues = _losses(count, records, len(kept), request)
    cells = {column: _bytes(grid, kept, column) for column in columns}
    if language in _LANGUAGES:
        claims = [*claims, Claim(_LANGUAGES[language], _LDID)]
    decision = decide(_samples(cells), claims, request)
    reader = _Reader(decision.codec, request)
    frame = reader.frame(cells, len(kept))
    found = (*issues, *decision.issues, *reader.issues())
    return Table(frame, kept, records, decision.told, found)


def _header(data: bytes, request: Request) -> tuple[int, list[_Column], int, int, int]:
    """Return number of records, columns, where they start, their width, and the language."""
    if len(data) < _FIRST_FIELD:
        _refuse(request)
    count, start, width, language = _HEAD.unpack_from(data)
    if start > len(data):
        _refuse(request)
    for clipper in (False, True):
        columns = _columns(data[:start], clipper=clipper)
        if width == 1 + sum(column.width for column in columns):
            return count, columns, start, width, language
    # Some writers leave bytes unused at the end of every record.
    columns = _columns(data[:start], clipper=False)
    if not columns or width <= sum(column.width for column in columns):
        _refuse(request)
    return count, columns, start, width, language


def _columns(head: bytes, *, clipper: bool) -> list[_Column]:
    columns = []
    at, start = _FIRST_FIELD, 1
    while at + _FIELD.size <= len(head) and head[at] != _END_OF_FIELDS:
        name, kind, width, decimals = _FIELD.unpack_from(head, at)
        # Clipper writes the length of long texts into both bytes.
        if clipper and kind == b"C":
            width += 256 * decimals
        columns.append(
            _Column(name.split(b"\0")[0].strip(), kind.decode("latin-1").upper(), start, width)
        )
        at, start = at + _FIELD.size, start + width
    return [column for column in columns if column.width]


def _refuse(request: Request) -> None:
    request.refuse(
        "属性表（.dbf）已损坏；请重新导出", "its table (.dbf) is damaged; export it again"
    )


def _losses(count: int, records: int, kept: int, request: Request) -> list[Issue]:
    issues = []
    if records < count:
        issues.append(request.issue("dbf_short", missing=count - records, count=count))
    if kept < records:
        issues.append(request.issue("dbf_deleted", count=records - kept))
    return issues


def _bytes(grid: NDArray[np.uint8], kept: NDArray[np.intp], column: _Column) -> Bytes:
    block = np.ascontiguousarray(grid[kept, column.start : column.start + column.width])
    return block.view(f"S{column.width}").ravel()


def _plain(value: bytes) -> bytes:
    """Return a text without its padding: blanks, or whatever follows a zero byte."""
    return value.split(b"\0", 1)[0].rstrip(b" ")


def _samples(cells: Mapping[_Column, Bytes]) -> Samples:
    samples = Samples()
    for column, values in cells.items():
        samples.add([column.name], _NAME_WIDTH)
        if column.kind == "C":
            samples.add(map(_plain, set(values.tolist())), column.width)
    return samples


class _Reader:
    """Reads columns in one encoding and counts what was cut or lost."""

    def __init__(self, codec: str, request: Request) -> None:
        self._codec = codec
        self._request = request
        self._cut: list[str] = []
        self._lost: list[tuple[str, int]] = []
        self._unread: list[str] = []

    def frame(self, cells: Mapping[_Column, Bytes], length: int) -> pd.DataFrame:
        names = unique_headings(self._text(column.name) for column in cells)
        read = {}
        for name, (column, values) in zip(names, cells.items(), strict=True):
            reader = _READERS.get((column.kind, column.width), _READERS.get((column.kind, 0)))
            if reader is not None:
                read[name] = reader(self, name, values)
            elif column.kind != "0" and any(value.strip() for value in values.tolist()):
                self._unread.append(name)
        return pd.DataFrame(read, index=pd.RangeIndex(length))

    def issues(self) -> list[Issue]:
        issue = self._request.issue
        found = []
        if self._cut:
            found.append(issue("text_cut", value=min(self._cut), count=len(self._cut)))
        found += [issue("numbers_lost", field=name, count=count) for name, count in self._lost]
        if self._unread:
            found.append(issue("fields_unread", names=", ".join(self._unread)))
        return found

    def _text(self, value: bytes) -> str:
        text, cut = text_in(value, self._codec)
        if cut:
            self._cut.append(text)
        return text

    def texts(self, _: str, values: Bytes) -> pd.Series[Any]:
        known = {value: self._text(_plain(value)) or None for value in set(values.tolist())}
        return _objects([known[value] for value in values.tolist()])

    def numbers(self, name: str, values: Bytes) -> pd.Series[Any]:
        plain = np.char.strip(values, b" \0\t")
        lost = np.char.startswith(plain, b"*")
        there = (plain != b"") & ~lost
        try:
            numbers = np.full(len(plain), np.nan)
            numbers[there] = plain[there].astype(np.float64)
        except ValueError:
            return self._odd_numbers(name, plain)
        nothing = np.abs(numbers) > _NO_DATA
        numbers[nothing] = np.nan
        self._lose(name, int((lost | nothing).sum()))
        if there.any() and np.abs(numbers[there]).max(initial=0) > _EXACT:
            return self._odd_numbers(name, plain)
        if not np.isnan(numbers).any() and (numbers % 1 == 0).all():
            return pd.Series(numbers.astype(np.int64))
        return pd.Series(numbers)

    def _odd_numbers(self, name: str, plain: Bytes) -> pd.Series[Any]:
        """Return numbers one by one; what is none stays as text for the checks to find."""
        known: dict[bytes, Any] = {}
        for value in set(plain.tolist()):
            known[value] = None if value.startswith(b"*") else _number(value, self._codec)
        self._lose(name, sum(value.startswith(b"*") for value in plain.tolist()))
        return _objects([known[value] for value in plain.tolist()])

    def _lose(self, name: str, count: int) -> None:
        if count:
            self._lost.append((name, count))

    def dates(self, _: str, values: Bytes) -> pd.Series[Any]:
        known = {value: _date(value) for value in set(values.tolist())}
        return _objects([known[value] for value in values.tolist()])

    def booleans(self, _: str, values: Bytes) -> pd.Series[Any]:
        return _objects([_boolean(value) for value in values.tolist()])

    def integers(self, _: str, values: Bytes) -> pd.Series[Any]:
        return pd.Series(values.view("<i4").astype(np.int64))

    def doubles(self, _: str, values: Bytes) -> pd.Series[Any]:
        return pd.Series(values.view("<f8").astype(np.float64))


# By type and width in bytes; 0 is any width.
_READERS: Mapping[tuple[str, int], Callable[[_Reader, str, Bytes], pd.Series[Any]]] = {
    ("C", 0): _Reader.texts,
    ("N", 0): _Reader.numbers,
    ("F", 0): _Reader.numbers,
    ("D", 8): _Reader.dates,
    ("L", 1): _Reader.booleans,
    ("I", 4): _Reader.integers,
    ("+", 4): _Reader.integers,
    ("O", 8): _Reader.doubles,
    ("B", 8): _Reader.doubles,
}


def _objects(values: list[Any]) -> pd.Series[Any]:
    return pd.Series(values, dtype=object)


def _number(value: bytes, codec: str) -> Any:  # noqa: ANN401 -- a number, or what stands there
    if not value:
        return None
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return text_in(value, codec)[0]


def _date(value: bytes) -> Any:  # noqa: ANN401 -- a date, or what stands there
    text = value.split(b"\0", 1)[0].strip().decode("latin-1")
    if not text.strip("0"):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return text


def _boolean(value: bytes) -> bool | None:
    if value and value in _TRUE:
        return True
    return False if value and value in _FALSE else None


def unique_headings(names: Iterable[str]) -> list[str]:
    """Return headings that differ: fields that were cut may have become the same.

    None of them is called ``geometry``, which would hide the shapes.
    """
    taken = {GEOMETRY}
    headings = []
    for number, name in enumerate(names, start=1):
        plain = name.strip() or f"#{number}"
        heading, again = plain, 1
        while heading in taken:
            again += 1
            heading = f"{plain} ({again})"
        taken.add(heading)
        headings.append(heading)
    return headings
