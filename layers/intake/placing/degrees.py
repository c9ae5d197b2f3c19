"""Coordinates as people write them: decimal, in degrees, minutes and seconds, or two in a cell.

A plain number stays what it is, whatever its size, because a column of coordinates
may be in metres. Everything else must be a spelling of the table below, or it is not
read: 1213020.5 is a number here and never 121°30′20.5″.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.values import as_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

_NUMBER = FieldSpec("degree", "number", Text("坐标", "coordinate"))
# What people write into a cell of which they know nothing.
_NOTHING = frozenset(
    [
        *("-", "--", "—", "——", "–", "－", "/", "／", "\\", "…", "."),
        *("无", "暂无", "不详", "未知", "待定", "待补", "未定位"),
        *("n/a", "na", "#n/a", "nan", "null", "none"),
    ]
)
_SIXTY, _QUARTER_TURN, _HALF_TURN = 60.0, 90.0, 180.0
# No coordinate is longer; what is behind it is not looked at.
_LONGEST = 80

# What people type for the marks. Before the width is made plain, because that would
# turn some of these into letters.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("º˚度∘⁰｡。", "°"),
        **dict.fromkeys("′’‘ʹ＇´`‵分", "'"),
        **dict.fromkeys("″”“ʺ＂〞〃秒", '"'),
        **dict.fromkeys("−–—－", "-"),
        **dict.fromkeys("，；、;|｜/／\t", ","),
        **dict.fromkeys("：", ":"),
    }
)

# Words for an axis and its direction: axis, and sign.
_HEMISPHERES: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys(("东经", "e", "east"), ("lon", 1)),
    **dict.fromkeys(("西经", "w", "west"), ("lon", -1)),
    **dict.fromkeys(("北纬", "n", "north"), ("lat", 1)),
    **dict.fromkeys(("南纬", "s", "south"), ("lat", -1)),
    **dict.fromkeys(("经", "lon", "lng", "longitude"), ("lon", 1)),
    **dict.fromkeys(("纬", "lat", "latitude"), ("lat", 1)),
}
_WORDS = "|".join(sorted(_HEMISPHERES, key=len, reverse=True))
_WHOLE, _PART = r"[0-9]{1,3}", r"[0-9]{1,2}"
_DECIMAL = r"[0-9]+(?:\.[0-9]*)?"
_SPELLINGS = (
    # 114°30'20.5", 114°30.5', 114.5°; the last mark is often forgotten.
    re.compile(rf"(?P<d>{_WHOLE}\.[0-9]*)°?"),
    re.compile(rf"(?P<d>{_WHOLE})°?"),
    re.compile(rf"(?P<d>{_WHOLE})°(?P<m>{_DECIMAL})'?"),
    re.compile(rf"(?P<d>{_WHOLE})°(?P<m>{_PART})'(?P<s>{_DECIMAL})\"?"),
    # 114 30 20.5, 114:30:20, 114-30-20: three parts, or nobody knows what it is.
    re.compile(rf"(?P<d>{_WHOLE})(?P<by>[ :-])(?P<m>{_PART})(?P=by)(?P<s>{_DECIMAL})"),
)
_SIGNED = re.compile(
    rf"(?P<before>{_WORDS})?:?\s*(?P<sign>[+-]?)(?P<body>[0-9].*?)\s*(?P<after>{_WORDS})?"
)
# Where the second coordinate begins without a comma or blank: a word, or new degrees.
_SEAM = re.compile(
    rf"(?<=[0-9°'\"])(?=(?:{_WORDS})[0-9:])|(?<=[a-z])(?=[0-9])|(?<=[°'\"])(?=[0-9.]+°)"
)
_BLANKS_AT_MARKS = re.compile(r"\s*([°'\":,])\s*")
_BRACKETS = re.compile(r"[()\[\]{}【】〔〕<>]")
# A pair of plain numbers is the usual case, and is read without looking at each cell.
_PLAIN_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?"
_PLAIN_PAIR = rf"^({_PLAIN_NUMBER})(?: ?, ?| )({_PLAIN_NUMBER})$"


@dataclass(frozen=True, slots=True)
class Degrees:
    """A column of coordinates after reading.

    Attributes
    ----------
    numbers
        The coordinates; NaN where the cell was empty or could not be read.
    bad
        True where something stood in the cell that is no coordinate.
    written
        Number of cells that were not plain numbers and were converted.
    example
        One of these cells as it stood there.
    unknown
        Number of cells that say that nothing is known (``-``, 暂无); they are empty.
    """

    numbers: NDArray[np.float64]
    bad: NDArray[np.bool_]
    written: int
    example: str
    unknown: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """A column with two coordinates in each cell after reading.

    Attributes
    ----------
    lon, lat
        The numbers; NaN where the cell was empty or could not be read.
    bad
        True where something stood in the cell that is no pair.
    turned
        Number of cells that named the latitude first.
    written
        Number of cells that were not two plain numbers and were converted.
    example
        One of these cells as it stood there.
    unknown
        Number of cells that say that nothing is known; they are empty.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    bad: NDArray[np.bool_]
    turned: int
    written: int
    example: str
    unknown: int


def parse_degrees(cells: pd.Series[Any]) -> Degrees:
    """Read a column of longitudes, latitudes, or metres.

    Parameters
    ----------
    cells
        Cells of any type. Plain numbers of any size are taken as they are; text may
        also be degrees, minutes and seconds with marks (121°30′20.5″, 东经121度30分,
        E121°30′), or in three parts (114 30 20.5, 114:30:20, 114-30-20). South and
        west are negative. Minutes and seconds are below 60.

    Returns
    -------
    Degrees
        Arrays of the length of `cells`.
    """
    parsed = parse(cells, _NUMBER)
    values, bad = _floats(parsed.column), parsed.bad.to_numpy(dtype=bool).copy()
    left = np.flatnonzero(bad)
    text = as_text(cells.iloc[left])
    unknown = _unknown(text)
    bad[left[unknown]] = False
    written, example = 0, ""
    for position, cell in zip(left[~unknown], text[~unknown], strict=True):
        if (read := _axis_and_degrees(_plain(cell))) is not None:
            values[position], bad[position] = read[1], False
            written, example = written + 1, example or cell
    return Degrees(values, bad, written, example, int(unknown.sum()))


def parse_pairs(cells: pd.Series[Any]) -> Pairs:
    """Read a column that holds both coordinates in one cell.

    Parameters
    ----------
    cells
        Text such as ``114.5,30.3``, ``(30.3, 114.5)``, ``114°30′，30°18′``,
        ``东经114.5 北纬30.3``, or x and y in metres.

    Returns
    -------
    Pairs
        Arrays of the length of `cells`. The order is that of the cell, unless the
        cell says which is which, or its second number cannot be a latitude (above
        90) while both are degrees: then the first is the latitude.
    """
    text = as_text(cells)
    plain = text.map(_plain, na_action="ignore").str.replace(_BRACKETS, "", regex=True).str.strip()
    halves = plain.str.extract(_PLAIN_PAIR)
    first, second = _floats(halves[0]), _floats(halves[1])
    turned = _latitude_first(first, second)
    first[turned], second[turned] = second[turned], first[turned]
    unknown = _unknown(text)
    bad = text.notna().to_numpy(dtype=bool) & np.isnan(first) & ~unknown
    written, example = 0, ""
    for position in np.flatnonzero(bad):
        if (read := _pair(plain.iloc[position])) is not None:
            first[position], second[position], turned[position] = read
            bad[position] = False
            written, example = written + 1, example or text.iloc[position]
    return Pairs(first, second, bad, int(turned.sum()), written, example, int(unknown.sum()))


def looks_written(cell: str) -> bool:
    """Tell whether a cell has marks of degrees, minutes and seconds, read or not."""
    return any(mark in _plain(cell) for mark in "°'\":")


def looks_packed(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether numbers look like degrees, minutes and seconds without marks.

    1213020.5 may be 121°30′20.5″. Nobody can be sure, so this only serves to say so.

    Parameters
    ----------
    x, y
        Coordinates as read, any order of axes; finite.
    """
    return bool(len(x)) and all(_packed(values) for values in (x, y))


def _packed(values: NDArray[np.float64]) -> bool:
    degrees, minutes, seconds = values // 10_000, values // 100 % 100, values % 100
    ordinary = (degrees >= 1) & (degrees <= _HALF_TURN) & (minutes < _SIXTY) & (seconds < _SIXTY)
    return bool(ordinary.all())


def _floats(column: pd.Series[Any]) -> NDArray[np.float64]:
    numbers = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    # A copy, because what pandas hands out may be read-only.
    copied: NDArray[np.float64] = np.array(numbers, dtype=np.float64)
    return copied


def _unknown(text: pd.Series[Any]) -> NDArray[np.bool_]:
    """Tell which cells say that nothing is known."""
    return np.asarray(text.str.casefold().isin(_NOTHING), dtype=bool)


def _plain(text: str) -> str:
    """Return a cell with one spelling of marks, width, case and blanks."""
    # 度 is a mark, but not in the words for longitude and latitude.
    words = text[:_LONGEST].replace("经度", "经").replace("纬度", "纬")
    marked = unicodedata.normalize("NFKC", words.translate(_MARKS)).casefold()
    # Two marks for minutes are how a keyboard without seconds writes them.
    marked = marked.replace("''", '"')
    return re.sub(r"\s+", " ", _BLANKS_AT_MARKS.sub(r"\1", marked)).strip()


def _axis_and_degrees(text: str) -> tuple[str, float] | None:
    """Return what axis a plain cell names (or none) and its degrees; ``None`` if unreadable."""
    match = _SIGNED.fullmatch(text)
    if match is None or (match["before"] and match["after"]) or (match["sign"] and match["after"]):
        return None
    axis, sign = _HEMISPHERES.get(match["before"] or match["after"] or "", ("", 1))
    sign *= -1 if match["sign"] == "-" else 1
    body = match["body"].rstrip()
    for spelling in _SPELLINGS:
        if (found := spelling.fullmatch(body)) is not None:
            parts = found.groupdict()
            minutes, seconds = (float(parts.get(part) or 0.0) for part in ("m", "s"))
            degrees = float(parts["d"]) + minutes / _SIXTY + seconds / _SIXTY**2
            whole = minutes < _SIXTY and seconds < _SIXTY and degrees <= _HALF_TURN
            return (axis, sign * degrees) if whole else None
    return None


def _pair(text: str) -> tuple[float, float, bool] | None:
    """Return longitude, latitude, and whether they stood the other way round."""
    found = [pair for pair in (_two(*halves) for halves in _splits(text)) if pair is not None]
    # Two ways to read a cell are none.
    return found[0] if len(found) == 1 else None


def _splits(text: str) -> list[tuple[str, str]]:
    """Return the ways to cut a cell in two: at the comma, else at a blank, else at a seam."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) != 1:
        return [(parts[0], parts[1])] if len(parts) == 2 else []  # noqa: PLR2004 -- a pair
    blanks = [i for i, sign in enumerate(text) if sign == " "]
    if blanks:
        return [(text[:i], text[i + 1 :]) for i in blanks]
    return [(text[: m.start()], text[m.start() :]) for m in _SEAM.finditer(text) if m.start()]


def _two(first: str, second: str) -> tuple[float, float, bool] | None:
    one, other = _axis_and_degrees(first), _axis_and_degrees(second)
    if one is None or other is None:
        return None
    (axis, x), (other_axis, y) = one, other
    if axis and axis == other_axis:
        return None
    named = axis or other_axis
    turned = (
        (axis == "lat" or other_axis == "lon")
        if named
        else bool(_latitude_first(np.array([x]), np.array([y]))[0])
    )
    return (y, x, True) if turned else (x, y, False)


def _latitude_first(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell where the second number is too large for a latitude and both are degrees."""
    second_is_longitude = (np.abs(second) > _QUARTER_TURN) & (np.abs(second) <= _HALF_TURN)
    return np.asarray((np.abs(first) <= _QUARTER_TURN) & second_is_longitude)
