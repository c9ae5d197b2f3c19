"""Where the headings of a table are, and what its columns are called.

Spreadsheets of offices have a title above the headings, headings in two or three
rows with merged cells, and a row that numbers the columns below them. All that
is found here from a grid of cells; workbooks and CSV share it. A table whose
first row holds the headings is read as it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

from layers.catalogue import load_catalogue
from layers.intake.columns import PLACES
from layers.intake.columns import normalise
from layers.intake.setting import catalogue_here
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    Row = Sequence[Any]
    # First row, first column, last row, last column, from 0, all inclusive.
    Range = tuple[int, int, int, int]

_SEARCHED = 40
_LEVELS = 4
_ORDINALS = 4

# Units whose numbers add up: written once over merged rows, they count once.
_ADDITIVE = frozenset({"m²", "万元", "家", "人"})

_UNITS = re.compile(
    r"[万亿千百]?元|[km]?m2?|[平立]方米|平米|平方公里|亩|公顷|ha|米|公里|[家个户人处套栋幢层辆间项吨]|人次|%"
    r"|天|日|月|年|kn"
)
_BRACKETS = re.compile(r"[(（\[【〔](.+)[)）\]】〕]$")
_NUMERIC = re.compile(r"[+-]?[0-9０-９.,，%％]+")
_COLON = re.compile(r"[:：]")
_TITLE_UNIT = re.compile(r"单位\s*[:：]\s*([^:：\s)）]+)")
_LEADING = frozenset("甲乙丙丁戊己") | {"栏次", "列次", "序号", "栏", "行次"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Spellings of headings that the catalogue knows.

    Attributes
    ----------
    words
        Names, titles, aliases and short names of all fields of all layers, and of
        the columns that say where a row lies, as :func:`normalise` spells them.
    amounts
        Those of them whose numbers may be added up.
    by_layer
        Words by key of the layer.
    """

    words: frozenset[str]
    amounts: frozenset[str]
    by_layer: Mapping[str, frozenset[str]]

    def knows(self, label: str) -> bool:
        """Tell whether a heading is a known one."""
        return normalise(label) in self.words

    def is_amount(self, label: str) -> bool:
        """Tell whether the numbers under a heading may be added up."""
        return normalise(label) in self.amounts

    def count(self, labels: Iterable[str], layer: str = "") -> int:
        """Return how many different headings are known, to one layer or to any."""
        words = self.by_layer.get(layer, self.words) if layer else self.words
        return len({normalise(label) for label in labels} & words)


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table.

    Attributes
    ----------
    names
        Unique name of every column; a column without heading is ``#number``.
    first, last
        First and last row of the headings, from 0.
    end
        Last row before the records: rows that number the columns or name their
        units belong to the headings.
    title
        What stands above the headings.
    unit
        The unit that the title names for the whole table; empty if none.
    skipped
        Text of the rows between `last` and the records.
    """

    names: tuple[str, ...]
    first: int
    last: int
    end: int
    title: str
    unit: str
    skipped: tuple[str, ...]


def blank(cell: object) -> bool:
    """Tell whether a cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def vocabulary() -> Vocabulary:
    """Return the spellings that the catalogue knows for which a file is read."""
    catalogue = catalogue_here()
    return _vocabulary(catalogue.folder, catalogue.version)


@lru_cache(maxsize=16)
def _vocabulary(
    folder: Path,
    version: tuple[int, ...],  # noqa: ARG001 - part of the key of the cache
) -> Vocabulary:
    places = frozenset(normalise(alias) for aliases in PLACES.values() for alias in aliases)
    amounts: set[str] = set()
    by_layer: dict[str, frozenset[str]] = {}
    for spec in load_catalogue(folder).layers:
        words: set[str] = set()
        for field in spec.fields:
            labels = (field.name, field.title.zh, field.title.en, field.short, *field.aliases)
            spelled = {normalise(label) for label in labels}
            words |= spelled
            if field.unit in _ADDITIVE:
                amounts |= spelled
        by_layer[spec.key] = frozenset(words)
    return Vocabulary(places.union(*by_layer.values()), frozenset(amounts), by_layer)


def find_headings(records: Sequence[Row], merged: Sequence[Range] = ()) -> Headings | None:
    """Find the headings of a table.

    Parameters
    ----------
    records
        Rows of cells, from the first one of the sheet.
    merged
        Merged cells, from 0, inclusive.

    Returns
    -------
    Headings or None
        None if there is no cell with anything in it.
    """
    rows = [[_label(cell) for cell in row] for row in records[:_SEARCHED]]
    filled = [i for i, row in enumerate(rows) if any(row)]
    if not filled:
        return None
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    near = [m for m in merged if m[0] < _SEARCHED]
    first, last = _block(rows, filled, near)
    end, units, skipped = _below(rows, last)
    # The width of the headings: a longer record has cells too many.
    broad = max(len(row) for row in records[first : last + 1])
    names = _names([row[:broad] for row in rows[first : last + 1]], first, near)
    titles = [label for row in rows[:first] for label in row if label]
    return Headings(
        names=_unique(
            _with_unit(n, u) if n else "" for n, u in zip(names, units[:broad], strict=True)
        ),
        first=first,
        last=last,
        end=end,
        title=" ".join(dict.fromkeys(titles)),
        unit=_title_unit(titles),
        skipped=skipped,
    )


def _label(cell: object) -> str:
    return "" if blank(cell) else cell_text(cell).strip()


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


# --- which rows ------------------------------------------------------------


def _block(
    rows: Sequence[Sequence[str]], filled: Sequence[int], merged: Sequence[Range]
) -> tuple[int, int]:
    """Return the first and the last row of the headings."""
    for at in (_best_known(rows, filled), _best_shaped(rows, filled)):
        if at is None:
            continue
        first, last = _extended(rows, at, merged)
        # What stands above headings is a title: sparser than they are.
        most = max(map(_filled, rows[first : last + 1]))
        if all(_filled(row) <= max(1, most // 2) or _tells(row) for row in rows[:first]):
            return first, last
    return _extended(rows, filled[0], merged)


def _tells(row: Sequence[str]) -> bool:
    """Tell whether a row says something of the whole table, such as who filled it in."""
    return any(_COLON.search(label) for label in row)


def _best_known(rows: Sequence[Sequence[str]], filled: Sequence[int]) -> int | None:
    """Return the first row with more than half as many known headings as the best one."""
    known = vocabulary()
    counts = {i: known.count(label for label in rows[i] if label) for i in filled}
    most = max(counts.values())
    return next((i for i in filled if 2 * counts[i] > most), None)


def _best_shaped(rows: Sequence[Sequence[str]], filled: Sequence[int]) -> int | None:
    """Return the first row below a lone title that looks like headings, if no word is known."""
    width = max(_filled(rows[i]) for i in filled)
    if _filled(rows[filled[0]]) > 1 or width < 3:  # noqa: PLR2004 -- two columns have no title
        return None
    for i in filled:
        labels = [label for label in rows[i] if label]
        texts = not any(_NUMERIC.fullmatch(label) for label in labels)
        enough = len(labels) >= max(2, width / 2) and len(set(labels)) == len(labels)
        if enough and texts and not _tells(rows[i]):
            return i
    return None


def _extended(rows: Sequence[Sequence[str]], at: int, merged: Sequence[Range]) -> tuple[int, int]:
    """Return the rows of headings around one of them."""
    first = last = at
    while first and last - first + 1 < _LEVELS and _is_parent(rows, first - 1, merged):
        first -= 1
    while last + 1 < len(rows) and last - first + 1 < _LEVELS and _is_child(rows, last, merged):
        last += 1
    return first, last


def _tied(upper: int, merged: Sequence[Range]) -> bool:
    """Tell whether a merged cell reaches from a row into the next one."""
    return any(top <= upper < bottom for top, _, bottom, _ in merged)


def _spans(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether a label stands over two or more labels, as far as blanks can say."""
    return any(
        upper[j] and lower[j] and not upper[j + 1] and lower[j + 1] for j in range(len(upper) - 1)
    )


def _is_parent(rows: Sequence[Sequence[str]], upper: int, merged: Sequence[Range]) -> bool:
    """Tell whether a row groups the columns of the headings below it."""
    above, below = rows[upper], rows[upper + 1]
    labels = [label for label in above if label]
    if _tells(above):
        return False
    if _tied(upper, merged):
        return bool(labels)
    enough = len(labels) > 1 and not any(_NUMERIC.fullmatch(label) for label in labels)
    if not enough or not _spans(above, below) or _first(above) > _first(below):
        return False
    # A title has no part in what the columns are called.
    known, names = vocabulary(), _names([above, below], upper, merged)
    return any(
        name != label and known.knows(name) for name, label in zip(names, below, strict=True)
    )


def _first(row: Sequence[str]) -> int:
    return next((j for j, label in enumerate(row) if label), len(row))


def _is_child(rows: Sequence[Sequence[str]], upper: int, merged: Sequence[Range]) -> bool:
    """Tell whether the next row names the columns below grouped headings."""
    above, below = rows[upper], rows[upper + 1]
    labels = [label for label in below if label]
    if not labels:
        return _tied(upper, merged)
    if any(_NUMERIC.fullmatch(label) for label in labels):
        return False
    if _tied(upper, merged):
        return True
    known = vocabulary()
    alone = known.count(label for label in above if label)
    joined = known.count(n for n in _names([above, below], upper, merged) if n)
    return _spans(above, below) and joined > alone


def _below(rows: Sequence[Sequence[str]], last: int) -> tuple[int, Sequence[str], tuple[str, ...]]:
    """Return the last row before the records, the unit of every column, and what was skipped."""
    units: Sequence[str] = [""] * len(rows[0])
    skipped: list[str] = []
    width = _filled(rows[last])
    end = last
    for row in rows[last + 1 : last + 3]:
        labels = [label for label in row if label]
        # One alone may be a record: M is an id as well as a metre.
        if len(labels) > 1 and all(map(is_unit, labels)):
            units = [label.strip("()（）") for label in row]
        elif not _numbered(labels, width):
            break
        end += 1
        skipped.append(" ".join(labels))
    return end, units, tuple(skipped)


def _numbered(labels: Sequence[str], width: int) -> bool:
    """Tell whether a row counts the columns: 1 2 3 4, (1) (2) (3), 甲 乙 1 2."""
    numbers = list(labels)
    while numbers and numbers[0] in _LEADING:
        numbers.pop(0)
    plain = [unicodedata.normalize("NFKC", n).strip("()") for n in numbers]
    counted = plain in ([str(i + k) for i in range(len(plain))] for k in (1, 2))
    return counted and len(labels) >= max(_ORDINALS, width)


def is_unit(label: str) -> bool:
    """Tell whether a text is a unit, with or without brackets: ``㎡``, ``(元/㎡·天)``."""
    plain = unicodedata.normalize("NFKC", label).replace(" ", "").casefold().strip("()[]")
    parts = [part.strip("()") for part in re.split(r"[/·*×]|每", plain)]
    return bool(plain) and all(_UNITS.fullmatch(part) for part in parts)


def _title_unit(titles: Iterable[str]) -> str:
    for title in titles:
        for found in _TITLE_UNIT.finditer(title):
            units = re.split(r"[、,，;；]", found[1])
            if all(map(is_unit, units)):
                return found[1]
    return ""


# --- what the columns are called -------------------------------------------


def _names(block: Sequence[Sequence[str]], top: int, merged: Sequence[Range]) -> list[str]:
    """Return the name of every column; empty if it has no heading."""
    stacks = _stacks(block, top, merged)
    leaves = [_leaf(stack) for stack in stacks]
    return [_joined(stack, leaves.count(_leaf(stack)) == 1) for stack in stacks]


def _leaf(stack: Sequence[str]) -> str:
    return normalise(stack[-1]) if stack else ""


def _stacks(block: Sequence[Sequence[str]], top: int, merged: Sequence[Range]) -> list[list[str]]:
    """Return the labels over every column, from above, each merged cell once."""
    stacks: list[list[str]] = [[] for _ in block[0]]
    for i, row in enumerate(block):
        ranges = {
            j: m
            for m in merged
            if m[0] <= top + i <= m[2]
            for j in range(m[1], min(m[3] + 1, len(row)))
        }
        carried = ""
        for j, label in enumerate(row):
            over = ranges.get(j)
            own = label
            if over is not None:
                # The cell at the upper left of a merged one holds its text.
                inside = over[0] == top + i
                own = row[over[1]] if inside else ""
                carried = ""
            elif label:
                below = [r[j] for r in block[i + 1 :]]
                carried = label if any(below) else ""
            elif any(r[j] for r in block[i + 1 :]):
                own = carried
            if own:
                stacks[j].append(" ".join(own.split()) if len(block) > 1 else own)
    return stacks


_SPELLINGS: tuple[Callable[[str, str], str], ...] = (
    lambda parent, child: parent + child,
    lambda _, child: child,
    lambda parent, child: child + parent,
)
"""How the heading of a group and the one below it make one; the first known one is taken."""


def _joined(stack: Sequence[str], single: bool) -> str:
    """Return one heading for the labels over a column.

    A unit of the group holds for its columns: 面积(㎡) over 可租 is 可租面积(㎡).
    """
    if len(stack) < 2:  # noqa: PLR2004 -- nothing to join
        return stack[0] if stack else ""
    known, child = vocabulary(), stack[-1]
    for parent in reversed(stack[:-1]):
        core, unit = _parted(parent)
        for spell in _SPELLINGS:
            spelled = spell(core, child)
            if known.knows(spelled) and (single or spelled != child):
                return _with_unit(spelled, unit)
    return "/".join(stack)


def _parted(label: str) -> tuple[str, str]:
    """Return a heading without the unit in brackets at its end, and the unit."""
    found = _BRACKETS.search(label)
    if found and is_unit(found[1]):
        return label[: found.start()].strip(), found[1]
    return label, ""


def _with_unit(name: str, unit: str) -> str:
    return f"{name}({unit})" if unit and not _BRACKETS.search(name) else name


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return unique names; a column without heading is called by its number."""
    unique: list[str] = []
    for number, given in enumerate(names, start=1):
        name = given or f"#{number}"
        again = sum(known == name or known.startswith(f"{name} (") for known in unique)
        unique.append(f"{name} ({again + 1})" if again else name)
    return tuple(unique)
