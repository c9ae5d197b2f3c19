"""Units: what a heading or a cell is written in, and what the field is kept in.

A unit is a product of dimensions with an exact factor, so that 元/㎡/月 and
元/(m²·天) compare without a table of pairs: a new unit is one new row.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.catalogue import FieldSpec

# Mean month of a year of 365 days [J]: monthly rents are compared with daily ones.
_MONTH = Fraction(365, 12)

# Dimension, and spelling → how many of the base unit; one row a dimension.
# Spellings as left by NFKC and casefold: ㎡ and m² are m2, ㏊ is ha.
_ATOMS: Mapping[str, Mapping[str, Fraction]] = {
    "money": dict.fromkeys(("元", "块", "圆", "yuan", "cny", "rmb"), Fraction(1)),
    "area": {
        **dict.fromkeys(("m2", "m^2", "平方米", "平米", "平方", "平", "sqm"), Fraction(1)),
        **dict.fromkeys(("亩", "市亩", "mu"), Fraction(2000, 3)),
        **dict.fromkeys(("公顷", "ha", "hm2", "顷"), Fraction(10_000)),
        **dict.fromkeys(("km2", "平方公里", "平方千米"), Fraction(1_000_000)),
        **dict.fromkeys(("平方英尺", "sqft", "ft2"), Fraction(9_290_304, 100_000_000)),
        "坪": Fraction(400, 121),
    },
    "length": {
        **dict.fromkeys(("m", "米", "公尺"), Fraction(1)),
        **dict.fromkeys(("km", "公里"), Fraction(1000)),
        **dict.fromkeys(("cm", "厘米", "公分"), Fraction(1, 100)),
        **dict.fromkeys(("mm", "毫米"), Fraction(1, 1000)),
    },
    "time": {
        **dict.fromkeys(("天", "日", "day", "d"), Fraction(1)),
        **dict.fromkeys(("月", "个月", "month"), _MONTH),
        **dict.fromkeys(("年", "year", "yr"), Fraction(365)),
    },
    "firms": dict.fromkeys(("家", "户", "家企业"), Fraction(1)),
    "people": dict.fromkeys(("人", "名", "位"), Fraction(1)),
    # Known so that they are never taken for the unit at their end: 美元 is no 元.
    "foreign money": dict.fromkeys(
        ("美元", "美金", "usd", "港元", "港币", "hkd", "欧元", "eur", "日元", "英镑", "台币"),
        Fraction(1),
    ),
    "percent": dict.fromkeys(("%", "百分比", "百分数"), Fraction(1)),
}

SCALES: Mapping[str, int] = {
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "十万": 10**5,
    "万": 10**4,
    "千": 10**3,
}
"""Words in front of a unit, or behind a number, and what they multiply by."""

# Counted things that a unit of this spelling also takes in a cell; the empty
# spelling stands for fields without a unit, such as a number of floors.
COUNTERS: Mapping[str, tuple[str, ...]] = {
    "家": ("个", "间", "家企业"),
    "人": ("个",),
    "": ("层", "年", "个", "栋", "幢", "座"),
}
"""What may stand behind a counted number, by the unit of the field."""

_NOISE = re.compile(r"[\s()\[\]【】〔〕]|人民币|^单位[::]?|\^(?=2)")
_JOINT = re.compile(r"[/·.*×⋅・•]|每")
_PIECES = re.compile(r"[,;、]")
# Brackets of one level may stand within: 元/(m2·天).
_IN_BRACKETS = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")
_TAIL = re.compile(r"[/_:\-\s]")
_SQUARE = str.maketrans("[]【】〔〕", "()()()")
# What makes a word in brackets look like a unit that is missing in the table.
_LIKE_UNIT = re.compile(r"(?<![单多])元|亩|米|尺|坪|吨|[币圆镑]|[$€£¥]|usd|eur|hkd|ft|feet|acre")
_NO_UNITS = ("单元", "多元", "月日", "年月", "年月日")
_LONGEST = 16
# Longer ones are no unit; headings of any length come in, and all their ends are tried.
_LONGEST_UNIT = 40
_LONGEST_HEADING = 200
_COUNTED = frozenset({"people", "firms"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit.

    Attributes
    ----------
    factor
        How many base units it is (元, m², m, days …).
    dimensions
        Dimension and power, in alphabetical order.
    scale
        The part of `factor` that a word such as 万 makes.
    """

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Written:
    """What a column is written in.

    Attributes
    ----------
    text
        The unit as it stands in the heading or as the user said it; empty if
        nothing is said.
    kind
        ``same``: can be converted; ``other``: a unit of something else;
        ``unknown``: looks like a unit and is none of the table; ``none``.
    factor
        One of `text` in units of the field; 1 unless `kind` is ``same``.
    scale
        The scale word of the unit in which the column is written.
    """

    text: str
    kind: Literal["same", "other", "unknown", "none"]
    factor: Fraction = Fraction(1)
    scale: int = 1


def parse_unit(text: str) -> Unit | None:
    """Return the unit called `text`, or ``None`` if the table does not know it.

    Full-width characters, brackets and blanks do not matter; parts are joined
    by ``/``, ``·`` or 每, everything behind the first one divides.
    """
    return _parsed(text) if len(text) <= _LONGEST_UNIT else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Unit | None:
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())
    parts = [part for part in _JOINT.split(plain) if part]
    if not parts:
        return None
    factor, scale, powers = Fraction(1), 1, dict[str, int]()
    for position, part in enumerate(parts):
        found = _atom(part)
        if found is None:
            return None
        size, dimension, scaled = found
        power = 1 if position == 0 else -1
        factor *= size**power
        scale = scaled if position == 0 else scale
        powers[dimension] = powers.get(dimension, 0) + power
    return Unit(factor, tuple(sorted(powers.items())), scale)


def _atom(part: str) -> tuple[Fraction, str, int] | None:
    """Return the size, the dimension and the scale word of one part of a unit."""
    for word, scale in (("", 1), *SCALES.items()):
        rest = part.removeprefix(word)
        if len(rest) == len(part) - len(word):
            for dimension, spellings in _ATOMS.items():
                if rest in spellings:
                    return spellings[rest] * scale, dimension, scale
    return None


@lru_cache(maxsize=4096)
def convert_factor(unit: Unit, into: Unit) -> Fraction | None:
    """Return how many of `into` one `unit` is; ``None`` if they measure different things."""
    if unit.dimensions != into.dimensions:
        return None
    return unit.factor / into.factor


def column_unit(heading: str, field: FieldSpec) -> Written:
    """Say in which unit the column under `heading` is written.

    Looked at in this order: what stands in brackets, what stands behind a
    stroke, and how the heading ends (``营业收入万元``; here only units that
    the field can be converted from count).

    Parameters
    ----------
    heading
        The heading as it stands in the file.
    field
        The field that the column is; a field without unit is never converted.
    """
    own = parse_unit(field.unit) if field.unit else None
    if own is None:
        return Written("", "none")
    found = [_judge(text, own) for text in _in_brackets(heading)]
    for kind in ("same", "other", "unknown"):
        for written in found:
            if written.kind == kind:
                return written
    for text, apart in _tails(heading):
        # The longest end that is a unit at all is the unit.
        if (unit := parse_unit(text)) is not None:
            written = _judge(text, own)
            # A word that only ends like a counted thing, as 负责人, is no unit.
            if apart or not {dimension for dimension, _ in unit.dimensions} & _COUNTED:
                return written
            return written if written.kind == "same" else Written("", "none", scale=own.scale)
    return Written("", "none", scale=own.scale)


def stated_unit(text: str, field: FieldSpec) -> Written:
    """Return what the user's own word for the unit of a column means.

    ``kind`` is ``same`` if it can be converted; the empty word means that the
    cells are written in the unit of the field already.
    """
    own = parse_unit(field.unit) if field.unit else None
    if not text.strip():
        return Written(field.unit, "same", scale=1 if own is None else own.scale)
    return Written(text, "unknown") if own is None else _judge(text, own, bare=True)


def _judge(text: str, own: Unit, *, bare: bool = False) -> Written:
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())
    if plain in SCALES:
        # (万) over money means 万元: so many of the field's unit without its own scale.
        return Written(text, "same", Fraction(SCALES[plain], own.scale), SCALES[plain])
    unit = parse_unit(text)
    if unit is None:
        like = bare or (len(plain) <= _LONGEST and _LIKE_UNIT.search(plain))
        return Written(text, "unknown" if like else "none", scale=own.scale)
    factor = convert_factor(unit, own)
    if factor is not None:
        return Written(text, "same", factor, unit.scale)
    # A bracket such as (年) or (月) says which period, not which unit.
    period = [dimension for dimension, _ in unit.dimensions] == ["time"]
    return Written(text, "none" if period and not bare else "other", scale=own.scale)


def _in_brackets(heading: str) -> Iterator[str]:
    """Yield what stands in the brackets of a heading, from the end; whole first, then pieces."""
    plain = unicodedata.normalize("NFKC", heading[-_LONGEST_HEADING:]).translate(_SQUARE)
    for content in reversed(_IN_BRACKETS.findall(plain)):
        yield content.strip()
        if _PIECES.search(content):
            yield from (piece.strip() for piece in _PIECES.split(content))


def _tails(heading: str) -> Iterator[tuple[str, bool]]:
    """Yield the ends of a heading that may be a unit, the longest first; True behind a mark."""
    end = unicodedata.normalize("NFKC", heading[-_LONGEST_HEADING:]).translate(_SQUARE)
    plain = _IN_BRACKETS.sub("", end).strip()
    for mark in _TAIL.finditer(plain):
        yield plain[mark.end() :], True
    if plain.endswith(_NO_UNITS):
        return
    for start in range(1, len(plain)):
        # A Latin word is not cut: "Company" does not end in "y".
        if not (plain[start - 1].isascii() and plain[start].isascii()):
            yield plain[start:], False
