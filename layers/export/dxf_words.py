r"""Words of a CAD drawing: names of layers, texts, and the attributes of a feature.

CAD programs run codes in texts: ``%%c`` becomes a diameter sign, ``\U+4E2D`` a
character, ``^J`` a new line, ``\P`` and braces format a paragraph. What a planner
typed must be shown as typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.export.notes import heading
from layers.values import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec

    Tag = tuple[int, Any]

APPID = "YANGPU_ATLAS"
"""Name under which attributes stand in the extended data of an entity."""

STRING, REAL = 1000, 1040
"""Group codes of extended data."""

CUT = "…"
"""Stands as the last string of extended data that had no room for all attributes."""

MAX_DATA = 15_000
"""Bytes of attributes an entity may have; CAD programs refuse more than 16 kB."""

_MAX_STRING = 255
_MAX_TITLE = 100
_TAG_BYTES = 4
_MAX_NAME = 255
# Larger whole numbers are not exact as the floating-point numbers of extended data.
_EXACT = 2**53

_NOT_IN_NAMES = re.compile(r'[<>/\\":;?*|=`,^\x00-\x1f\x7f]')
_CODES = re.compile(r"%{2,}")
_ESCAPES = re.compile(r"\\(?=[Uu]\+|[Mm]\+)")
_LAST_CARETS = re.compile(r"\^+(?=\s*$)", re.MULTILINE)
_UNITS = re.compile(r"\^.|.", re.DOTALL)
_CARETS = str.maketrans({"^": "^ ", "\n": "^J", "\t": "^I"})
_PARAGRAPH = str.maketrans({"\\": "\\\\", "{": "\\{", "}": "\\}"})
_ANSWERS = {"zh": ("否", "是"), "en": ("no", "yes")}


def layer_name(text: str, taken: set[str]) -> str:
    """Return a name that a CAD layer may have and no other one has, and add it to `taken`.

    Parameters
    ----------
    text
        What the layer is called. Characters that are not allowed become underscores;
        what is longer than 255 bytes is cut.
    taken
        Names in use, case-folded, because CAD programs do not tell upper case from lower.
    """
    base = _NOT_IN_NAMES.sub("_", text).strip() or "_"
    name, number = _cut(base, _MAX_NAME), 2
    while name.casefold() in taken:
        name, number = f"{_cut(base, _MAX_NAME - 8)} {number}", number + 1
    taken.add(name.casefold())
    return name


def plain(text: str) -> str:
    r"""Return a text without what a CAD program takes for the code of a character.

    Percent signs that follow each other, the backslash of ``\U+`` and ``\M+`` and a caret
    at the end of a line become their full-width forms: no way of writing them is
    understood by all programs.
    """
    text = _CODES.sub(lambda found: "％" * len(found.group()), text)
    text = _LAST_CARETS.sub(lambda found: "＾" * len(found.group()), text)
    return _ESCAPES.sub("＼", text)


def line_text(text: str) -> str:
    """Return a text as it stands in a TEXT entity or in a string of extended data."""
    return plain(text).translate(_CARETS)


def paragraph_text(text: str) -> str:
    r"""Return a text as it stands in an MTEXT entity; new lines become ``\P``."""
    lines = plain(text).translate(_PARAGRAPH).split("\n")
    return "\\P".join(line.translate(_CARETS) for line in lines)


def record_titles(fields: Sequence[FieldSpec], lang: str) -> dict[str, FieldSpec]:
    """Return the title, with unit, under which every field stands in extended data.

    Parameters
    ----------
    fields
        The fields; those of one title are told apart by their names.
    lang
        Language of the titles, ``zh`` or ``en``.
    """
    titles: dict[str, FieldSpec] = {}
    for field in fields:
        title = line_text(heading(field, lang)).replace("=", "＝").replace("+", "＋")
        title = _cut(title, _MAX_TITLE)
        titles[title if title not in titles else f"{title} ({field.name})"] = field
    return titles


def record_tags(row: Mapping[str, Any], titles: Mapping[str, FieldSpec], lang: str) -> list[Tag]:
    """Return the attributes of a feature as extended data.

    Text, dates and yes or no are strings ``title=value``; a number is a string
    ``title=`` and a real number behind it. A text of more than 255 bytes goes on in
    strings ``title+=…``. Unknown values are left out.

    Parameters
    ----------
    row
        Values by name of the field.
    titles
        As of :func:`record_titles`.
    lang
        ``zh`` or ``en``.
    """
    tags: list[Tag] = []
    room = MAX_DATA
    for title, field in titles.items():
        value = row[field.name]
        if pd.isna(value) or value == "":
            continue
        added = list(_value_tags(title, value, lang))
        room -= sum(map(_size, added))
        if room < 0:
            return [*tags, (STRING, CUT)]
        tags += added
    return tags


@dataclass(frozen=True, slots=True)
class Record:
    """The attributes of a feature as they stand in a file.

    Attributes
    ----------
    cells
        Text or number by title.
    cut
        Whether there was no room for all of them.
    """

    cells: Mapping[str, str | float]
    cut: bool


def read_record(tags: Iterable[Tag]) -> Record:
    """Read extended data back, see :func:`record_tags`.

    Parameters
    ----------
    tags
        Group codes and values, without the one that names the application.
    """
    from ezdxf.tools.text import caret_decode

    texts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    title, cut = "", False
    for code, value in tags:
        if code == REAL:
            numbers[title] = value
        elif value == CUT:
            cut = True
        else:
            title, _, piece = value.partition("=")
            title = title.removesuffix("+")
            texts[title] = texts.get(title, "") + piece
    decoded = {name: caret_decode(text) for name, text in texts.items()}
    return Record({**decoded, **numbers}, cut)


def _value_tags(title: str, value: object, lang: str) -> Iterator[Tag]:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if number and abs(value) <= _EXACT:  # type: ignore[arg-type]  # a number, as just asked
        yield STRING, f"{title}="
        yield REAL, float(value)  # type: ignore[arg-type]  # a number, as just asked
        return
    text = _ANSWERS[lang][value] if isinstance(value, bool) else cell_text(value)
    head, room = f"{title}=", _MAX_STRING - len(f"{title}+=".encode())
    for piece in _pieces(line_text(text), room):
        yield STRING, head + piece
        head = f"{title}+="


def _pieces(text: str, room: int) -> Iterator[str]:
    """Cut a text into pieces of at most `room` bytes, never within a character or its code."""
    piece: list[str] = []
    left = room
    for unit in _UNITS.findall(text):
        size = len(unit.encode())
        if size > left:
            yield "".join(piece)
            piece, left = [], room
        piece.append(unit)
        left -= size
    yield "".join(piece)


def _size(tag: Tag) -> int:
    """Return how many bytes a tag takes at most in a drawing; programs hold text in UTF-16."""
    value = tag[1]
    text = max(len(value.encode("utf-16-le")), len(value.encode())) if isinstance(value, str) else 8
    return _TAG_BYTES + text


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
