"""What a workbook's own XML tells and a fast reader does not: formulas, errors, extent.

The parts of an XLSX and the content of an ODS are read as a stream; a document
type, through which XML reaches for other files, is refused.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

    from layers.intake.readers.headings import Range

MAX_CELLS = 12_000_000
"""Most cells of a sheet, from the first to the last one that holds something."""

_CHUNK = 1 << 20
_OVERLAP = 64
_MAX_INDEX = 16 << 20
_SHORT_ROWS = 9_999
_REACH = {0: 26, 1: 26, 2: 702, 3: 16_384}

# Formulas and errors, and what the quick scan would not understand.
_TELLING = (
    b"<f>",
    b"<f ",
    b"<f/",
    b":f>",
    b":f ",
    b":f/",
    b't="e"',
    b"<!DOCTYPE",
    b"='",
    b"r =",
    b'= "',
    b"t =",
)
_FAR_ROW = re.compile(rb'r="[A-Za-z]{0,3}([0-9]{5,7})"')
_FAR_COLUMN = re.compile(rb'r="([A-Za-z]{2,3})[0-9]')
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class UnsafeXmlError(ValueError):
    """XML with a document type, which may reach for other files."""


class TooLargeError(ValueError):
    """A sheet whose cells would not fit into the memory."""


@dataclass(slots=True)
class Notes:
    """What the XML of a sheet tells.

    Attributes
    ----------
    pending
        Row and column, from 0, of formulas whose result the file does not hold.
        Programs that write workbooks leave the results to the spreadsheet; until
        one has opened and saved the file, such cells read as empty.
    errors
        Row, column and text of cells with an error.
    merged
        Merged cells (of an ODS) as first row, first column, last row, last column.
    rows, columns
        Number of rows and columns up to the last cell that holds something.
    """

    pending: list[tuple[int, int]] = dataclass_field(default_factory=list)
    errors: list[tuple[int, int, str]] = dataclass_field(default_factory=list)
    merged: list[Range] = dataclass_field(default_factory=list)
    rows: int = 0
    columns: int = 0

    def reach(self, rows: int, columns: int) -> None:
        """Take note that a cell that holds something ends there.

        Raises
        ------
        TooLargeError
            If the sheet has become larger than :data:`MAX_CELLS`.
        """
        self.rows = max(self.rows, rows)
        self.columns = max(self.columns, columns)
        if self.rows * self.columns > MAX_CELLS:
            raise TooLargeError


def xlsx_notes(path: Path, sheet: str) -> Notes:
    """Return what the part of a sheet tells; a large sheet without formulas is only scanned.

    Raises
    ------
    UnsafeXmlError, TooLargeError
        If the sheet must not be read.
    KeyError, ValueError, expat.ExpatError, zipfile.BadZipFile
        If the workbook is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        with archive.open(part) as stream:
            plain = _is_plain(stream)
        if plain:
            return Notes()
        notes = Notes()
        with archive.open(part) as stream:
            _Cells(notes).parse(stream)
        return notes


def ods_notes(path: Path) -> Mapping[str, Notes]:
    """Return what the content of an ODS tells, by name of the sheet.

    Raises
    ------
    UnsafeXmlError, TooLargeError
        If the file must not be read.
    KeyError, ValueError, expat.ExpatError, zipfile.BadZipFile
        If the file is damaged.
    """
    reader = _Content()
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
        reader.parse(stream)
    return reader.sheets


def _is_plain(stream: IO[bytes]) -> bool:
    """Tell whether a sheet is surely small enough and has neither formula nor error."""
    last_row, letters, rest = _SHORT_ROWS, 0, b""
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        if any(mark in text for mark in _TELLING):
            return False
        last_row = max(last_row, *map(int, _FAR_ROW.findall(text)), 0)
        letters = max(letters, *map(len, _FAR_COLUMN.findall(text)), 0)
        rest = text[-_OVERLAP:]
    return last_row * _REACH[letters] <= MAX_CELLS


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet."""
    book = _office_part(archive)
    targets = _relations(archive, book)
    for name, attributes in _elements(archive, book):
        if name == "sheet" and attributes.get("name") == sheet:
            target = next(v for k, v in attributes.items() if k.endswith(":id") or k == "id")
            return targets[target]
    raise KeyError(sheet)


def _office_part(archive: zipfile.ZipFile) -> str:
    for name, attributes in _elements(archive, "_rels/.rels"):
        if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            return posixpath.normpath(attributes["Target"].lstrip("/"))
    return "xl/workbook.xml"


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Return the parts that a part refers to, by id."""
    folder, name = posixpath.split(part)
    found = {}
    for tag, attributes in _elements(archive, f"{folder}/_rels/{name}.rels"):
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            there = target if target.startswith("/") else f"{folder}/{target}"
            found[attributes["Id"]] = posixpath.normpath(there).lstrip("/")
    return found


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield local name and attributes of the elements of a small part."""
    if archive.getinfo(part).file_size > _MAX_INDEX:
        raise TooLargeError
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, given: found.append((_local(name), given))
    parser.Parse(archive.read(part), True)  # noqa: FBT003 -- of the parser
    yield from found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise UnsafeXmlError

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _position(reference: str) -> tuple[int, int]:
    """Return row and column, from 0, of ``A1``."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


class _Stream:
    """Base of the stream readers: elements by local name, text of those asked for."""

    def __init__(self) -> None:
        self.text: list[str] | None = None

    def parse(self, stream: IO[bytes]) -> None:
        parser = _parser()
        parser.StartElementHandler = lambda name, given: self.start(_local(name), given)
        parser.EndElementHandler = lambda name: self.end(_local(name))
        parser.CharacterDataHandler = self.characters
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)  # noqa: FBT003 -- of the parser
        parser.Parse(b"", True)  # noqa: FBT003 -- of the parser

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def start(self, name: str, given: Mapping[str, str]) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError


class _Cells(_Stream):
    """Reader of the part of an XLSX sheet."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self.notes = notes
        self.row = self.column = -1
        self.kind = self.value = ""
        self.formula = self.inline = False

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "row":
            self.row = int(given["r"]) - 1 if "r" in given else self.row + 1
            self.column = -1
        elif name == "c":
            place = _position(given["r"]) if "r" in given else (self.row, self.column + 1)
            self.row, self.column = place
            self.kind = given.get("t", "n")
            self.value, self.formula, self.inline = "", False, False
        elif name == "f":
            self.formula = True
        elif name == "v":
            self.text = []
        elif name == "is":
            self.inline = True

    def end(self, name: str) -> None:
        if name == "v":
            self.value, self.text = "".join(self.text or ()), None
        elif name == "c":
            self._cell()

    def _cell(self) -> None:
        if self.value or self.inline:
            self.notes.reach(self.row + 1, self.column + 1)
        # A result of type "str" without a value is the empty text: =IF(A1>0,A1,"").
        if self.formula and not self.value and self.kind != "str":
            self.notes.pending.append((self.row, self.column))
        if self.kind == "e" and self.value:
            self.notes.errors.append((self.row, self.column, self.value))


class _Content(_Stream):
    """Reader of the content of an ODS."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, Notes] = {}
        self.notes = Notes()
        self.row = self.column = self.rows = self.columns = 0
        self.given: Mapping[str, str] = {}

    def start(self, name: str, given: Mapping[str, str]) -> None:
        # An error is told beside the kind of value that older readers know.
        ordered = sorted(given.items(), key=lambda item: item[1] == "error")
        local = {_local(key): value for key, value in ordered}
        starts: Mapping[str, Callable[[Mapping[str, str]], None]] = {
            "table": self._table,
            "table-row": self._row,
            "table-cell": self._begin,
            "covered-table-cell": self._begin,
        }
        if name in starts:
            starts[name](local)

    def _table(self, given: Mapping[str, str]) -> None:
        self.notes = self.sheets.setdefault(given.get("name", ""), Notes())
        self.row = self.rows = 0

    def _row(self, given: Mapping[str, str]) -> None:
        self.row += self.rows
        self.rows = int(given.get("number-rows-repeated", "1"))
        self.column = self.columns = 0

    def _begin(self, given: Mapping[str, str]) -> None:
        self.column += self.columns
        self.columns = int(given.get("number-columns-repeated", "1"))
        self.given, self.text = given, []

    def end(self, name: str) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self._cell("".join(self.text or ()).strip())
            self.text = None

    def _cell(self, text: str) -> None:
        given, place = self.given, (self.row, self.column)
        # The reader takes the kind of the value for a sign that there is one.
        if "value-type" in given or text:
            self.notes.reach(self.row + self.rows, self.column + self.columns)
        wide = int(given.get("number-columns-spanned", "1"))
        high = int(given.get("number-rows-spanned", "1"))
        if wide * high > 1:
            self.notes.merged.append((*place, self.row + high - 1, self.column + wide - 1))
        if "formula" in given and "value-type" not in given:
            self.notes.pending.append(place)
        if given.get("value-type") == "error":
            self.notes.errors.append((*place, text))
