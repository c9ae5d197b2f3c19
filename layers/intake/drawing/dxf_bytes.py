"""The tags of a DXF file, text or binary, before anything is made of them.

A DXF file is a row of pairs: a group code that says of what kind a value is, and
the value. What must be known before the drawing is built is found here: version,
code page, how large it becomes once its blocks are expanded, and in which units its
coordinates may be.
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    Tag = tuple[int, bytes]

BINARY_MARK = b"AutoCAD Binary DXF\r\n\x1a\x00"
_MAX_CODE = 1071
_COMMENT = 999
_TWO_BYTE_CODE = 255
_CONTINUED, _TEXT = 3, 1
_END_OF_CONTENT = (100, 101, 1001)
_MTEXT_STARTS = ((0, b"MTEXT"), (100, b"AcDbMText"))
_MAX_SAMPLE = 200_000
# What is shown of a variable of the header.
_MAX_VALUE = 20
_MAX_TEXTS = 100_000

# Group codes from – to, and how their values are packed in a binary file: "z" is text
# that a zero byte ends, "b" a length and as many bytes.
_PACKED: tuple[tuple[int, int, str], ...] = (
    (0, 9, "z"),
    (10, 59, "<d"),
    (60, 79, "<h"),
    (90, 99, "<i"),
    (100, 109, "z"),
    (110, 149, "<d"),
    (160, 169, "<q"),
    (170, 179, "<h"),
    (210, 239, "<d"),
    (270, 289, "<h"),
    (290, 299, "<B"),
    (300, 309, "z"),
    (310, 319, "b"),
    (320, 369, "z"),
    (370, 389, "<h"),
    (390, 399, "z"),
    (400, 409, "<h"),
    (410, 419, "z"),
    (420, 429, "<i"),
    (430, 439, "z"),
    (440, 459, "<i"),
    (460, 469, "<d"),
    (470, 481, "z"),
    (999, 1003, "z"),
    (1004, 1004, "b"),
    (1005, 1009, "z"),
    (1010, 1059, "<d"),
    (1060, 1070, "<h"),
    (1071, 1071, "<i"),
)
_FORMATS: Mapping[int, str] = {
    code: packed for first, last, packed in _PACKED for code in range(first, last + 1)
}


@dataclass(slots=True)
class Survey:
    """What the tags of a file tell at a glance.

    Attributes
    ----------
    version
        ``$ACADVER``, for instance ``AC1024``; empty if it is not written.
    page
        ``$DWGCODEPAGE``, for instance ``ANSI_936``.
    units
        ``$INSUNITS``; -1 if it is not written.
    entities
        Number of things in the file, vertices of old polylines included.
    tags
        Number of tags.
    whole
        Whether the file has its end mark.
    sections
        Number of sections.
    texts
        The values that are not plain ASCII.
    sample
        Coordinate pairs of the model, in drawing units.
    holds
        Number of things by block; the key ``None`` is what is in no block.
    inserts
        How often a block holds another, by block.
    """

    version: str = ""
    page: str = ""
    units: int = -1
    entities: int = 0
    tags: int = 0
    whole: bool = False
    sections: int = 0
    texts: set[bytes] = dataclass_field(default_factory=set)
    sample: list[tuple[float, float]] = dataclass_field(default_factory=list)
    holds: Counter[str | None] = dataclass_field(default_factory=Counter)
    inserts: dict[str | None, Counter[str]] = dataclass_field(default_factory=dict)


def tags_of(data: bytes) -> Iterator[Tag]:
    """Yield group code and value of every tag; long texts in one piece.

    A line that is no group code is passed over, so that the rest can be read. A
    binary file ends where it cannot be understood any more.
    """
    tags = _binary_tags(data) if data.startswith(BINARY_MARK) else _text_tags(data)
    return _joined(tags)


def _text_tags(data: bytes) -> Iterator[Tag]:
    readline = io.BytesIO(data).readline
    line = readline()
    while line:
        code = _group_code(line)
        if code is None:
            line = readline()
            continue
        value = readline()
        if not value:
            return
        if code != _COMMENT:
            yield code, value.rstrip(b"\r\n")
        line = readline()


def _group_code(line: bytes) -> int | None:
    try:
        code = int(line)
    except ValueError:
        return None
    return code if 0 <= code <= _MAX_CODE else None


def _binary_tags(data: bytes) -> Iterator[Tag]:
    position = len(BINARY_MARK)
    # The first tag is (0, SECTION): its code has two bytes since release 13.
    wide = data[position + 1 : position + 2] == b"\0"
    try:
        while position < len(data):
            code = data[position]
            position += 1
            if wide or code == _TWO_BYTE_CODE:
                start = position - 1 if wide else position
                (code,) = struct.unpack_from("<H", data, start)
                position = start + 2
            value, position = _unpacked(data, position, _FORMATS[code])
            if code != _COMMENT:
                yield code, value
    except (KeyError, IndexError, ValueError, struct.error):
        return


def _unpacked(data: bytes, position: int, packed: str) -> tuple[bytes, int]:
    if packed == "z":
        end = data.index(b"\0", position)
        # A line break within a text would look like the next tag.
        return data[position:end].replace(b"\r", b" ").replace(b"\n", b" "), end + 1
    if packed == "b":
        end = position + 1 + data[position]
        return data[position + 1 : end].hex().encode("ascii"), end
    (number,) = struct.unpack_from(packed, data, position)
    return repr(number).encode("ascii"), position + struct.calcsize(packed)


def _joined(tags: Iterator[Tag]) -> Iterator[Tag]:
    """Join the pieces of a long MTEXT, because a character may be cut in two by their border."""
    pieces: list[bytes] | None = None
    for code, piece in tags:
        value = piece
        if code == 0 or code in _END_OF_CONTENT:
            if pieces:
                yield _TEXT, b"".join(pieces)
            pieces = None
            if (code, value.strip()) in _MTEXT_STARTS:
                pieces = []
        elif pieces is not None and code == _CONTINUED:
            pieces.append(value)
            continue
        elif pieces is not None and code == _TEXT:
            value = b"".join((*pieces, piece))
            pieces = []
        yield code, value


def survey(data: bytes, max_entities: int, max_tags: int) -> Survey:
    """Go once through all tags of a file.

    Parameters
    ----------
    data
        The file.
    max_entities, max_tags
        The survey ends when there are more; ``entities`` or ``tags`` is then larger.
    """
    surveyor = _Surveyor()
    found = surveyor.found
    steps = surveyor.steps()
    for code, value in tags_of(data):
        if (step := steps.get(code)) is not None:
            step(value)
        found.tags += 1
        if found.tags > max_tags or found.entities > max_entities:
            break
        if not value.isascii() and len(found.texts) < _MAX_TEXTS:
            found.texts.add(value)
    # A whole plan may be one block.
    found.sample = found.sample or surveyor.in_blocks
    return found


class _Surveyor:
    """Where in the file the survey is: a method for every group code of interest."""

    def __init__(self) -> None:
        self.found = Survey()
        self.in_blocks: list[tuple[float, float]] = []
        self._section = self._variable = self._kind = b""
        self._block: str | None = None
        self._x: float | None = None

    def steps(self) -> Mapping[int, Callable[[bytes], None]]:
        return {
            0: self._thing,
            1: self._header,
            2: self._name,
            3: self._header,
            9: self._named_variable,
            10: self._first,
            20: self._second,
            70: self._header,
        }

    def _thing(self, value: bytes) -> None:
        found, kind = self.found, value.strip().upper()
        self._kind, self._x = kind, None
        if kind in (b"BLOCK", b"ENDBLK", b"ENDSEC"):
            self._block = None
        if kind == b"SECTION":
            # Variables of the header have values with the same group code as its name.
            self._section = b""
        found.entities += 1
        found.sections += kind == b"SECTION"
        found.whole = kind == b"EOF"
        found.holds[self._block] += 1

    def _name(self, value: bytes) -> None:
        if self._kind == b"SECTION" and not self._section:
            self._section = value.strip().upper()
        elif self._kind == b"BLOCK" and self._block is None:
            self._block = _folded(value)
            # An empty block is a block too.
            self.found.holds[self._block] += 0
        elif self._kind == b"INSERT":
            self.found.inserts.setdefault(self._block, Counter())[_folded(value)] += 1

    def _named_variable(self, value: bytes) -> None:
        self._variable = value.strip().upper() if self._section == b"HEADER" else b""

    def _header(self, value: bytes) -> None:
        text = value.strip()[:_MAX_VALUE].decode("ascii", "replace")
        if self._variable == b"$ACADVER":
            self.found.version = text.upper()
        elif self._variable == b"$DWGCODEPAGE":
            self.found.page = text
        elif self._variable == b"$INSUNITS" and text.isdecimal():
            self.found.units = int(text)
        self._variable = b""

    def _first(self, value: bytes) -> None:
        self._x = _number(value)

    def _second(self, value: bytes) -> None:
        x, y = self._x, _number(value)
        self._x = None
        if x is None or y is None or not (x or y):
            return
        if self._section in (b"ENTITIES", b"BLOCKS"):
            pairs = self.found.sample if self._section == b"ENTITIES" else self.in_blocks
            if len(pairs) < _MAX_SAMPLE:
                pairs.append((x, y))


def _folded(value: bytes) -> str:
    return value.strip().decode("latin-1").casefold()


def _number(value: bytes) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def expanded(found: Survey, max_depth: int, limit: int) -> int | None:
    """Return how many things there are once all block references are expanded.

    Parameters
    ----------
    found
        The survey of the file.
    max_depth
        How deep blocks may hold blocks.
    limit
        Counting ends above it.

    Returns
    -------
    int or None
        ``None`` if blocks are nested too deeply or hold themselves. Every block is
        counted, whether it is used or not, because the drawing is searched for
        circles from each of them.
    """
    sizes: dict[str, int] = {name: found.holds[name] for name in found.holds if name is not None}
    total = {name: sizes[name] for name in sizes}
    for _ in range(max_depth):
        step = {name: sizes[name] + _held(found, name, total, limit) for name in sizes}
        if step == total:
            return min(limit + 1, sum(total.values()) + _held(found, None, total, limit))
        total = step
    return None


def _held(found: Survey, name: str | None, total: Mapping[str, int], limit: int) -> int:
    held = found.inserts.get(name, Counter())
    return min(limit + 1, sum(times * total.get(block, 0) for block, times in held.items()))
