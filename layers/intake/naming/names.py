"""Names and addresses brought to one spelling, so that two of them can be compared.

A normal form is a key and is never shown or stored. All of it is tables: a new way of
writing a building or a door number is a new row.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd

from layers.findings import shorten
from layers.intake.setting import catalogue_here
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from numpy.typing import NDArray

    # Signs of which there must be one for a rule to do anything, and what it does.
    _Rule = tuple[frozenset[str], re.Pattern[str], str | Callable[[re.Match[str]], str]]

# A cell longer than this is no name; what is behind it is not compared.
_LONGEST = 300

_DIGITS: Mapping[str, int] = {
    **{sign: value for value, sign in enumerate("〇一二三四五六七八九")},
    **{sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "○": 0,
    "两": 2,
}
_TENS: Mapping[str, int] = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_NUMERAL = f"[{''.join((*_DIGITS, *_TENS))}]+"


class _Kept(dict[int, int | None]):
    """What becomes of a character: punctuation, blanks and control characters go."""

    def __missing__(self, code: int) -> int | None:
        """Look a character up, once."""
        goes = unicodedata.category(chr(code))[0] in "PZC" and chr(code) not in _SIGNS
        return self.setdefault(code, None if goes else code)


_KEPT = _Kept()

_BUILDING = "幢"
_WHICH = r"(?P<no>(?<![a-z0-9])[a-z]-?[0-9]{1,3}|(?<![0-9])[0-9]{1,4}|(?<![a-z0-9])[a-z])"
_WHICH_ONES = rf"第?{_WHICH}(?P<more>(?:[-/][0-9]{{1,4}})*)"
_ROADS = "公路|大道|路|街|道|巷"


# All that a pattern calls a blank.
_BLANKS = frozenset(sign for sign in map(chr, range(0x3001)) if sign.isspace())


def _arabic(match: re.Match[str]) -> str:
    return str(_number(match.group()))


def _number(numeral: str) -> int:
    """Return what a Chinese numeral is: 三百二十一 by places, 三二一 digit by digit."""
    if not any(sign in _TENS for sign in numeral):
        return int("".join(str(_DIGITS[sign]) for sign in numeral))
    total, digit = 0, None
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            total += (1 if digit is None else digit) * _TENS[sign]
            digit = None
    return total + (digit or 0)


def _building(match: re.Match[str]) -> str:
    number = match.group("no").replace("-", "")
    return f"{number.lstrip('0') or '0'}{match.group('more')}{_BUILDING}"


# What is done to every text, in this order, after width and case.
_SPELLING: tuple[_Rule, ...] = (
    # "Building 3", "Block A": before the blanks go, so that a word does not grow into them.
    (
        frozenset("bt"),
        re.compile(r"(?<![a-z])(?:building|block|tower|bldg\.?)\s*(?P<no>[a-z]?[0-9]+|[a-z])\b"),
        rf" \g<no>{_BUILDING}",
    ),
    (_BLANKS, re.compile(r"\s+"), ""),
    (frozenset("‐‑‒–—―−~〜至"), re.compile(r"[‐-―−~〜至](?=[0-9])"), "-"),
    # A list or range of doors says its unit once.
    (frozenset("、,;\\&和及"), re.compile(r"(?<=[0-9号])[、,;\\&和及](?=[0-9])"), "/"),
    (frozenset("-/"), re.compile(r"(?<=[0-9])号(?=[-/][0-9]+号(?![楼幢栋座]))"), ""),
    (frozenset({*_DIGITS, *_TENS}), re.compile(rf"{_NUMERAL}(?=[号弄幢栋座楼区期#])"), _arabic),
    # Behind a road, a sharp is the door; elsewhere it is the building.
    (frozenset("#"), re.compile(r"(?<=[路街道巷])([0-9]+(?:[-/][0-9]+)*)#"), r"\1号"),
    (
        frozenset("幢栋座楼#"),
        re.compile(rf"{_WHICH_ONES}(?:号楼|号幢|号栋|#楼|幢楼|栋楼|幢|栋|座|#)"),
        _building,
    ),
    # With a figure, 楼 is a floor.
    (frozenset("楼"), re.compile(r"(?P<no>(?<![a-z0-9])[a-z])(?P<more>)楼"), _building),
    (frozenset("0"), re.compile(r"(?<=[路街道巷])0+(?=[1-9])"), ""),
)

# A sign between two figures is part of a number; every other one is decoration.
_SIGNS = "./-"
_DECORATION = re.compile(rf"(?<![0-9])[{_SIGNS}]|[{_SIGNS}](?![0-9])")

# What stands in front of a road: a post code, and behind the areas a subdistrict.
_POST_CODE = re.compile(r"^[0-9]{6}(?=[^0-9])")
_SUBDISTRICT = re.compile(r"^[^0-9路]{2,6}?(?:街道|镇)(?=.*(?:路|街|道|弄))")
_PROVINCES, _DIVISIONS = ("省", "市"), ("省", "市", "区", "县", "旗", "州", "盟")
_SHORTEST_REST = 2

_DOOR = re.compile(
    rf"(?P<road>[^\W0-9_a-z]{{1,8}}?(?:{_ROADS}))(?P<doors>[0-9]+(?:[-/][0-9]+)*)"
    rf"(?P<unit>号|弄|(?![-/0-9{_BUILDING}楼层期]))"
)
_NUMBERS = re.compile(r"(?P<low>[0-9]+)(?:-(?P<high>[0-9]+))?")
_BUILDINGS = re.compile(rf"((?:(?<![a-z])[a-z][0-9]*|[0-9]+)(?:[-/][0-9]+)*){_BUILDING}")

_EXAMPLES = 3
# Names that share less than this, from 0 to 100, are different.
_ALIKE = 60
# So many of the best choices of a query are told at most.
_BEST = 50
# As many scores as are kept in memory at a time (a byte each).
_SCORES = 4_000_000


@dataclass(frozen=True, slots=True)
class Door:
    """A door, or a run of doors, on a road.

    Attributes
    ----------
    road
        Name of the road, perhaps with what stood in front of it.
    low, high
        First and last number; the same for one door.
    unit
        ``号`` for a door, ``弄`` for a lane, empty if it was left out.
    """

    road: str
    low: int
    high: int
    unit: str

    def is_on_road_of(self, other: Door) -> bool:
        """Tell whether both doors are on one road; words in front of it do not count."""
        return self.road.endswith(other.road) or other.road.endswith(self.road)

    def meets(self, other: Door) -> bool:
        """Tell whether both may be one door."""
        return (
            self.is_on_road_of(other)
            and (not self.unit or not other.unit or self.unit == other.unit)
            and self.low <= other.high
            and other.low <= self.high
        )


def normalise_name(text: object) -> str:
    """Return the name of a place, building or firm in one spelling.

    Width, case, blanks, brackets and punctuation go; the areas around, which the edition
    names (:attr:`layers.specs.Place.areas`), go in front if something is left; a building
    is written ``3幢`` whether it was 3号楼, 三号楼, 第3栋, 3座, 3# or Building 3. Words such
    as 有限公司 stay.

    Parameters
    ----------
    text
        A cell; anything but text is taken as it is printed, and nothing (None, NaN,
        NaT) as no name.
    """
    return _name(_cell(text), _areas())


def normalise_address(text: object) -> str:
    """Return an address in one spelling.

    As :func:`normalise_name`; a post code and a subdistrict in front of a road go too,
    and a list or range of doors says its unit once (``485-499号``).

    Parameters
    ----------
    text
        A cell, see :func:`normalise_name`.
    """
    return _address(_cell(text), _areas())


def building_number(text: object) -> str:
    """Return which building a name or address speaks of, empty if of none.

    Parameters
    ----------
    text
        A cell, see :func:`normalise_name`.

    Returns
    -------
    str
        Number or letter as in ``3`` or ``a8``; several are joined by a slash in the
        order in which they stand.
    """
    return buildings_in(normalise_name(text))


def buildings_in(form: str) -> str:
    """Return which building a normal form speaks of, see :func:`building_number`."""
    return "/".join(_BUILDINGS.findall(form)) if _BUILDING in form else ""


def without_building(name: str) -> str:
    """Return a normal form without its buildings; empty if it names nothing else."""
    return _BUILDINGS.sub("", name) if _BUILDING in name else name


def doors(address: str) -> tuple[Door, ...]:
    """Return the doors that an address in its normal form names, by road.

    ``234-388号`` is one run of doors, ``318/334号`` are two doors.
    """
    return tuple(_doors(address))


def doors_disagree(first: str, second: str) -> bool:
    """Tell whether two normal forms name doors of which none can be the same."""
    one, other = doors(first), doors(second)
    return bool(one and other) and not any(a.meets(b) for a in one for b in other)


def buildings_disagree(first: str, second: str) -> bool:
    """Tell whether two normal forms name different buildings; silence is no difference."""
    one, other = set(_BUILDINGS.findall(first)), set(_BUILDINGS.findall(second))
    return bool(one and other) and not one & other


def names_disagree(first: str, second: str) -> bool:
    """Tell whether two normal forms cannot be names of one thing; no name is no difference.

    Names of one thing contain one another or share most of their letters, and do not
    speak of different buildings.
    """
    if not first or not second or first == second:
        return False
    if buildings_disagree(first, second):
        return True
    if first in second or second in first:
        return False
    return not any(True for _ in similar([first], [second], _ALIKE))


def few(texts: Iterable[str]) -> str:
    """Return the first few of `texts` in one line, for an example in a sentence."""
    some = list(islice(texts, _EXAMPLES + 1))
    shown = "; ".join(shorten(text) for text in some[:_EXAMPLES])
    return f"{shown} …" if len(some) > _EXAMPLES else shown


def similar(
    queries: Sequence[str], choices: Sequence[str], least: float
) -> Iterator[tuple[int, int, float]]:
    """Compare every query with every choice.

    The score is the share of letters that need not be changed (normalised indel
    similarity, 0 to 100) as a whole number. Scores are made in blocks, so that memory is
    bounded, and only the best choices of a query are told.

    Parameters
    ----------
    queries, choices
        Normal forms, each once.
    least
        Lower scores are left out.

    Yields
    ------
    tuple of (int, int, float)
        Position of the query, position of the choice, and score.
    """
    if not queries or not choices:
        return
    from rapidfuzz import fuzz
    from rapidfuzz import process

    step = max(1, _SCORES // len(choices))
    for start in range(0, len(queries), step):
        scores = process.cdist(
            queries[start : start + step],
            choices,
            scorer=fuzz.ratio,
            score_cutoff=least,
            dtype=np.uint8,
        )
        for row in np.flatnonzero((scores >= max(least, 1)).any(axis=1)):
            for column in _best(scores[row], max(least, 1)):
                yield start + int(row), column, float(scores[row, column])


def _best(scores: NDArray[np.uint8], least: float) -> list[int]:
    """Return where the best scores stand, the best first."""
    hits = np.flatnonzero(scores >= least)
    order = np.argsort(-scores[hits].astype(int), kind="stable")
    return [int(hit) for hit in hits[order][:_BEST]]


def _cell(text: object) -> str:
    if isinstance(text, str):
        return text[:_LONGEST]
    cell: Any = text
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return ""
    return cell_text(cell)[:_LONGEST]


@lru_cache(maxsize=65_536)
def _name(text: str, areas: tuple[str, ...]) -> str:
    return _without_fronts(_spelled(text), _patterns(areas))


@lru_cache(maxsize=65_536)
def _address(text: str, areas: tuple[str, ...]) -> str:
    return _without_fronts(_spelled(text), (_POST_CODE, *_patterns(areas), _SUBDISTRICT))


def _areas() -> tuple[str, ...]:
    return catalogue_here().place.areas


@lru_cache(maxsize=64)
def _patterns(areas: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Return what stands in front of a name and of every other one of an edition."""
    return tuple(re.compile(_front(_spelled(area))) for area in areas if area)


def _front(area: str) -> str:
    """Return the pattern of an area: as a name of a road it stays."""
    country = "(?:中国)?" if area.endswith(_PROVINCES) else ""
    road = "" if area.endswith(_DIVISIONS) else rf"(?!{_ROADS}|里|弄)"
    return f"^{country}{re.escape(area)}{road}"


def _spelled(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    there = set(plain)
    for needed, pattern, replacement in _SPELLING:
        if not needed.isdisjoint(there):
            new = pattern.sub(replacement, plain)
            if new != plain:
                plain, there = new, set(new)
    return _DECORATION.sub("", plain.translate(_KEPT))


def _without_fronts(plain: str, fronts: tuple[re.Pattern[str], ...]) -> str:
    for front in fronts:
        found = front.match(plain)
        if found is not None and len(plain) - found.end() >= _SHORTEST_REST:
            plain = plain[found.end() :]
    return plain


def _doors(address: str) -> Iterator[Door]:
    for found in _DOOR.finditer(address):
        for part in _NUMBERS.finditer(found["doors"]):
            low = int(part["low"])
            high = int(part["high"] or low)
            yield Door(found["road"], min(low, high), max(low, high), found["unit"])
