"""Numbers as people write them: 约1.2万㎡, 1 200元, 十二层, 35%.

A number is a word that it is approximate, digits, a scale, a unit and again
such a word, each from a table. What says more than a number (1000以上,
1000-1200) is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from layers.intake.readings import Reading
from layers.intake.units import COUNTERS
from layers.intake.units import SCALES
from layers.intake.units import Written
from layers.intake.units import convert_factor
from layers.intake.units import parse_unit
from layers.words import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable

    from layers.catalogue import FieldSpec

# Words before, within and behind a number which say that it is not exact.
_ABOUT_BEFORE = ("大约", "约为", "大概", "约", "近", "≈", "~", "±")
_ABOUT_WITHIN = ("余", "多", "来")
_ABOUT_BEHIND = ("左右", "上下", "(估)", "(约)", "(估算)", "(概数)")

_SCALE_ABOUT = re.compile(rf"(?P<scale>{'|'.join(SCALES)})(?:{'|'.join(_ABOUT_WITHIN)})")

_DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# One kind of mark between all groups of three; NFKC makes wide commas plain.
_GROUPED = r"[0-9]{1,3}(?P<mark>[,'’` ])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?"
_NUMBER = re.compile(rf"(?P<number>[+-]?(?:{_GROUPED}|{_DIGITS}))(?P<rest>.*)", re.DOTALL)
_MARKS = str.maketrans("", "", ",'’` ")
# What the strict parser of the fields reads by itself.
_PLAIN = re.compile(rf"[+-]?(?:{_DIGITS}|[0-9]{{1,3}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?)")

_ONES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN = re.compile(r"(?P<number>[〇零一二两三四五六七八九十]{1,3})(?P<rest>.*)", re.DOTALL)
_HAN_TENS = re.compile(r"(?P<tens>[一二两三四五六七八九]?)十(?P<ones>[一二三四五六七八九]?)")

_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """What is known about a column before its cells are read.

    Attributes
    ----------
    field
        The field.
    written
        The unit in which the column is written.
    """

    field: FieldSpec
    written: Written


def read_number(cell: object, column: NumberColumn) -> Reading | None:
    """Return a cell as a number in the unit of the field.

    Parameters
    ----------
    cell
        Text or a number of a workbook.
    column
        The field, and the unit in which the column is written.

    Returns
    -------
    Reading or None
        ``None`` if the cell stays as it is: it is plain, or cannot be read.
    """
    if isinstance(cell, str):
        return _from_text(cell, column)
    if isinstance(cell, bool) or column.written.factor == 1:
        return None
    try:
        return Reading(times(float(cell), column.written.factor), ("unit_converted",))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def times(value: float, factor: Fraction) -> float:
    """Return `value` times `factor`, computed in decimals as a person would: 0.35 % is 0.0035."""
    return float(Decimal(repr(value)) * factor.numerator / factor.denominator)


def _from_text(cell: str, column: NumberColumn) -> Reading | None:
    text = plain(cell)
    if _PLAIN.fullmatch(text):
        return _scaled(float(text.translate(_MARKS)), column, []) if _converts(column) else None
    codes: list[str] = []
    text = _without(text, codes, before=_ABOUT_BEFORE, behind=_ABOUT_BEHIND)
    found = _NUMBER.fullmatch(text)
    if found is not None:
        number = float(found["number"].translate(_MARKS))
    elif column.field.type == "integer" and (found := _HAN.fullmatch(text)):
        counted = _han(found["number"])
        if counted is None:
            return None
        number = float(counted)
        codes.append("chinese_numeral")
    else:
        return None
    rest = _without(found["rest"], codes, before=_ABOUT_WITHIN, behind=())
    return _measured(number, rest, column, codes)


def _without(text: str, codes: list[str], *, before: Iterable[str], behind: Iterable[str]) -> str:
    """Return `text` without the words that call a number approximate, and note that one stood."""
    for words, strip in ((before, str.removeprefix), (behind, str.removesuffix)):
        for word in words:
            shorter = strip(text, word)
            if shorter != text:
                codes.append("approximate")
                text = shorter.strip()
                break
    return text


def _measured(number: float, rest: str, column: NumberColumn, codes: list[str]) -> Reading | None:
    """Return `number` with what stands behind it as scale and unit."""
    rest = rest.strip()
    if found := _SCALE_ABOUT.match(rest):
        # 1.2万余㎡
        rest, codes = found["scale"] + rest[found.end() :], [*codes, "approximate"]
    own = parse_unit(column.field.unit) if column.field.unit else None
    if not rest:
        return _scaled(number, column, codes or ["number_spelled"])
    if rest in COUNTERS.get(column.field.unit, ()):
        return _scaled(number, column, [*codes, "unit_in_cell"])
    # 1.2万 under a heading in 万元 may be 1.2 or 12000 of them.
    if rest in SCALES and column.written.scale == 1:
        return _scaled(number * SCALES[rest], column, [*codes, "number_spelled"])
    unit = parse_unit(rest)
    factor = None if own is None or unit is None else convert_factor(unit, own)
    if factor is None:
        return None
    # The unit in the cell itself is nearer than the one in the heading.
    return Reading(times(number, factor), tuple(dict.fromkeys([*codes, "unit_in_cell"])))


def _converts(column: NumberColumn) -> bool:
    return column.written.factor != 1


def _scaled(number: float, column: NumberColumn, codes: list[str]) -> Reading:
    if _converts(column):
        codes = [*codes, "unit_converted"]
    return Reading(times(number, column.written.factor), tuple(dict.fromkeys(codes)))


def _han(text: str) -> int | None:
    """Return a Chinese numeral from 0 to 99."""
    if len(text) == 1 and text in _ONES:
        return _ONES[text]
    found = _HAN_TENS.fullmatch(text)
    if found is None:
        return None
    return 10 * _ONES[found["tens"] or "一"] + (_ONES[found["ones"]] if found["ones"] else 0)


# --- shares ----------------------------------------------------------------


def percent_target(field: FieldSpec) -> Fraction | None:
    """Return what one per cent is in `field`: 1, 1/100 for a range of 0 to 1, else ``None``."""
    if field.type != "number":
        return None
    if field.unit in ("%", "％"):
        return Fraction(1)
    return Fraction(1, _HUNDRED) if (field.minimum, field.maximum) == (0, 1) else None


def percent_reader(cells: Iterable[object], target: Fraction) -> Callable[[object], Reading | None]:
    """Return how the cells of a column of shares are read.

    A column whose numbers without % are all at most 1 holds shares of one,
    another holds per cent; a column that has both is read as per cent and
    says so.

    Parameters
    ----------
    cells
        Every different cell once.
    target
        See :func:`percent_target`.
    """
    bare = [value for cell in cells for value, marked in _percent(cell) if not marked]
    large = [value for value in bare if abs(value) > 1]
    broken = [value for value in bare if 0 < abs(value) < 1]
    one = Fraction(1) if large else Fraction(_HUNDRED)

    def read(cell: object) -> Reading | None:
        for value, marked in _percent(cell):
            factor = target * (1 if marked else one)
            unsure = bool(large and broken) and not marked and abs(value) <= 1 and value != 0
            if factor == 1 and not marked and not unsure:
                return None
            code = "percent_mixed" if unsure else "percent_read"
            return Reading(times(value, factor), (code,))
        return None

    return read


def _percent(cell: object) -> list[tuple[float, bool]]:
    """Return the number of a cell and whether it has a percent sign; empty if it is none."""
    if isinstance(cell, bool):
        return []
    text = plain(str(cell))
    digits = text.removesuffix("%").strip()
    if not re.fullmatch(rf"[+-]?{_DIGITS}", digits):
        return []
    return [(float(digits), text.endswith("%"))]
