"""Reader of KML, KMZ and the dialect of Ovital Map.

The XML is read here and not by GDAL: nothing that it points to is followed, and
every attribute is kept. It is read as a stream, so that memory is needed for one
placemark and not for the file.
"""

from __future__ import annotations

import codecs
import io
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn
from xml.etree.ElementTree import ParseError

import pandas as pd
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.readers.archive import members_of
from layers.intake.readers.archive import opened
from layers.intake.readers.archive import unpack
from layers.intake.readers.charset import Claim
from layers.intake.readers.charset import Samples
from layers.intake.readers.charset import codec_of
from layers.intake.readers.charset import decide
from layers.intake.readers.charset import label
from layers.intake.readers.dbf import unique_headings
from layers.intake.readers.facts import shape_facts
from layers.intake.readers.kml_shapes import Drawing
from layers.intake.readers.kml_shapes import children
from layers.intake.readers.kml_shapes import tag_of
from layers.intake.readers.kml_shapes import text_of_child
from layers.intake.readers.kml_text import read_description
from layers.intake.source import Raw
from layers.systems import LONLAT
from layers.systems import find_system

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from layers.intake.source import Request
    from layers.issues import Issue
    from layers.systems import System

    # Where a value comes from, and its name there.
    _Key = tuple[str, str]

FOLDER = "文件夹"
"""Heading of the column that says in which folder a placemark lies."""

# A heading that is known to say in which coordinate system a row is.
_SYSTEM = "坐标系"
_OVITAL_SYSTEM = "OvCoordType"
_OVITAL = re.compile(r"奥维|ovital|ovimap|<Ov[A-Z]", re.IGNORECASE)
_OVITAL_SUFFIXES = (".ovkml", ".ovkmz")
_SNIFFED = 4000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""", re.ASCII)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# XML allows no other control characters than tabulator and the line ends.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    "|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)
_UNBOUND_PREFIX = 27  # as expat counts its errors
_ROOT = re.compile(r"(<(?:kml|Document|Folder))[^>]*>")
_PREFIX = re.compile(r"[<\s]/?([A-Za-z][\w.-]*):[A-Za-z]")
_DEEPEST = 200

_CONTAINERS = frozenset({"kml", "Document", "Folder"})
_OWN, _DATA = "own", "data"
_TEXTS: Mapping[str, str] = {
    "name": "name",
    "address": "address",
    "phoneNumber": "phoneNumber",
    "Snippet": "Snippet",
    _OVITAL_SYSTEM: _SYSTEM,
}
"""Headings of the elements of a placemark that are text."""

_TIMES = (("TimeStamp", "when"), ("TimeSpan", "begin"), ("TimeSpan", "end"))
_UNREAD: Mapping[str, str] = {
    "NetworkLink": "kml_links",
    "GroundOverlay": "kml_overlays",
    "ScreenOverlay": "kml_overlays",
    "PhotoOverlay": "kml_overlays",
}
"""Finding about elements that are not read, by their name."""

_MAIN = "doc.kml"


def read_kml(request: Request) -> Raw:
    """Read the placemarks of a KML.

    Columns are ``name``, ``description`` (its table split into columns), the folder,
    and everything in ExtendedData. KML is WGS 84 by definition; what Ovital Map wrote
    is not, unless the placemarks say so.

    Raises
    ------
    IntakeError
        If it is no well-formed KML, or has a document type, which is where attacks
        on readers of XML hide.
    """
    return _read(request.path.read_bytes(), request)


def read_kmz(request: Request) -> Raw:
    """Read the main document of a KMZ: doc.kml, or else the first KML in it.

    Raises
    ------
    IntakeError
        As for :func:`read_kml` and :func:`layers.intake.readers.archive.read_zip`.
    """
    with tempfile.TemporaryDirectory(prefix="atlas-", ignore_cleanup_errors=True) as folder:
        with opened(request) as archive:
            documents = [
                member
                for member in members_of(archive, request)
                if member.path.suffix.lower() in (".kml", ".ovkml")
            ]
            documents.sort(key=lambda m: (m.name.lower() != _MAIN, len(m.path.parts)))
            if not documents:
                request.refuse("KMZ 内没有 KML 文件", "there is no KML in it")
            unpack(archive, documents[:1], Path(folder), request)
        data = next(Path(folder).iterdir()).read_bytes()
    return _read(data, request)


def _read(data: bytes, request: Request) -> Raw:
    text, told, issues = _text(data, request)
    suffix = request.path.suffix.lower()
    ovital = suffix in _OVITAL_SUFFIXES or _OVITAL.search(text[:_SNIFFED]) is not None
    found = _placemarks(text, request)
    frame = found.frame()
    issues += found.issues()
    frame, system = (
        _ovital_system(frame, request, issues) if ovital else (frame, find_system(LONLAT))
    )
    shapes = frame[GEOMETRY].to_numpy(dtype=object)
    kind = Text("奥维 KML", "KML of Ovital Map") if ovital else Text("KML", "KML")
    return Raw(
        frame,
        pd.Series(range(1, len(frame) + 1), dtype="int64"),
        tuple(issues),
        system=system,
        shapes=True,
        lonlat_if_unknown=False,
        facts={"kind": kind, "encoding": told, **shape_facts(shapes, system)},
    )


def _text(data: bytes, request: Request) -> tuple[str, Text, list[Issue]]:
    """Return the text without its XML declaration, in which encoding it was, and findings."""
    marked = next((codec for mark, codec in _MARKS if data.startswith(mark)), None)
    samples = Samples()
    claims = []
    if marked is not None:
        claims.append(Claim(marked, Text("字节顺序标记", "a byte order mark")))
    else:
        samples.add(set(data.splitlines()), len(data) + 1)
        declared = _DECLARED.match(data[:_SNIFFED])
        codec = codec_of(declared[1].decode("ascii")) if declared else None
        if codec is not None:
            claims.append(Claim(codec, Text("XML 声明", "its XML declaration")))
    decision = decide(samples, claims, request)
    codec = decision.codec if marked is None else marked
    text = data.decode(codec, "replace").removeprefix("\ufeff")
    # Lines stay where they are, for the messages of the parser.
    text = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)
    issues = [*decision.issues]
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
        issues.append(request.issue("kml_cleaned"))
    told = decision.told if marked is None else Text(label(codec), label(codec))
    return text, told, issues


def _ovital_system(
    frame: pd.DataFrame, request: Request, issues: list[Issue]
) -> tuple[pd.DataFrame, System | None]:
    """Return the system that all placemarks name; a column keeps what differs from row to row."""
    named = (
        frame[_SYSTEM] if _SYSTEM in frame.columns else pd.Series(None, frame.index, dtype=object)
    )
    if named.isna().any() or not len(named):
        issues.append(request.issue("ovkml_shift"))
    systems = set(named)
    system = find_system(str(systems.pop())) if len(systems) == 1 else None
    return (frame if system is None else frame.drop(columns=_SYSTEM)), system


def _placemarks(text: str, request: Request) -> _Placemarks:
    try:
        return _walked(text, request)
    except ParseError as error:
        if error.code != _UNBOUND_PREFIX:
            _refuse_broken(error, request)
    # Programs forget to declare the prefixes of extensions, gx above all.
    try:
        return _walked(_with_prefixes(text), request)
    except ParseError as error:
        _refuse_broken(error, request)


def _refuse_broken(error: ParseError, request: Request) -> NoReturn:
    line = error.position[0]
    request.refuse(
        f"不是完整的 KML（XML 第 {line} 行有误）；请重新导出",
        f"it is no complete KML (error in line {line} of the XML: {error}); export it again",
        error,
    )


def _with_prefixes(text: str) -> str:
    root = _ROOT.search(text)
    if root is None:
        return text
    used = set(_PREFIX.findall(text)) - {"xml", "xmlns"}
    missing = sorted(name for name in used if f"xmlns:{name}=" not in root[0])
    declared = "".join(f' xmlns:{name}="urn:{name}"' for name in missing)
    at = root.start() + len(root[1])
    return text[:at] + declared + text[at:]


def _walked(text: str, request: Request) -> _Placemarks:
    """Read the elements one after the other, and keep none that was dealt with."""
    found = _Placemarks(request)
    stack: list[Element] = []
    try:
        source = io.BytesIO(text.encode("utf-8", "replace"))
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                stack.append(element)
                _check_start(stack, request)
                if tag_of(element) == "Folder":
                    found.enter()
                continue
            stack.pop()
            if tag_of(element) == "Folder":
                found.leave()
            if stack and tag_of(stack[-1]) in _CONTAINERS:
                found.take(element, stack[-1])
                stack[-1].remove(element)
    except DefusedXmlException as error:
        request.refuse(
            "含文档类型声明（DTD）或实体，可能有害，不予读取；请在原软件中重新导出",
            "it has a document type or entities, which may do harm; export it again",
            error,
        )
    return found


def _check_start(stack: list[Element], request: Request) -> None:
    if len(stack) == 1 and tag_of(stack[0]) not in _CONTAINERS:
        request.refuse("不是 KML 文件", "it is no KML")
    if len(stack) > _DEEPEST:
        request.refuse("嵌套层次过深，不予读取", "it is nested too deeply")


@dataclass(slots=True)
class _Folder:
    name: str = ""
    above: _Folder | None = None

    def path(self) -> str:
        above = self.above.path() if self.above else ""
        return f"{above}/{self.name}".strip("/")


class _Placemarks:
    """The placemarks met so far, and what else there was."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._folder: _Folder | None = None
        self._drawing = Drawing()
        self._records: list[dict[_Key, Any]] = []
        self._folders: list[_Folder | None] = []
        self._shapes: list[Any] = []
        self._titles: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._system = ""
        self._problems: list[Issue] = []

    def enter(self) -> None:
        self._folder = _Folder(above=self._folder)

    def leave(self) -> None:
        self._folder = self._folder.above if self._folder else None

    def take(self, element: Element, parent: Element) -> None:
        """Take a child of a folder or document."""
        tag = tag_of(element)
        if tag == "Placemark":
            self._add(element)
        elif tag == "name" and tag_of(parent) == "Folder" and self._folder:
            self._folder.name = (element.text or "").strip()
        elif tag == _OVITAL_SYSTEM:
            self._system = (element.text or "").strip()
        elif tag == "Schema":
            for defined in children(element, "SimpleField"):
                self._title(defined)
        elif tag in _UNREAD:
            self._counts[_UNREAD[tag]] += 1

    def _add(self, placemark: Element) -> None:
        parts: dict[str, list[Element]] = {}
        for child in placemark:
            parts.setdefault(tag_of(child), []).append(child)
        record: dict[_Key, Any] = {}
        for data in parts.get("ExtendedData", ()):
            record |= {(_DATA, name): value for name, value in self._data(data)}
        for tag, name in _TEXTS.items():
            for written in parts.get(tag, ())[:1]:
                record[_OWN, name] = (written.text or "").strip()
        for written in parts.get("description", ())[:1]:
            table, rest = read_description("".join(written.itertext()))
            self._counts["kml_tables_split"] += bool(table)
            for name, value in table.items():
                record.setdefault((_DATA, name), value)
            record[_OWN, "description"] = rest
        for outer, inner in _TIMES:
            for time in parts.get(outer, ()):
                record[_OWN, inner] = text_of_child(time, inner)
        record.setdefault((_OWN, _SYSTEM), self._system)
        self._counts["kml_overlays"] += len(parts.get("Model", ()))
        self._records.append(record)
        self._folders.append(self._folder)
        self._draw(placemark)

    def _draw(self, placemark: Element) -> None:
        shape, problem = self._drawing.shape(placemark)
        self._shapes.append(shape)
        row = len(self._shapes)
        if problem:
            self._problems.append(
                self._request.issue("geometry_unreadable", row, GEOMETRY, problem=problem)
            )

    def _data(self, extended: Element) -> Iterator[tuple[str, str]]:
        for child in extended:
            tag = tag_of(child)
            if tag == "Data":
                self._title(child)
                yield child.get("name", ""), text_of_child(child, "value")
            elif tag == "SchemaData":
                for simple in children(child, "SimpleData"):
                    yield simple.get("name", ""), (simple.text or "").strip()
            elif (child.text or "").strip():
                yield tag, (child.text or "").strip()

    def _title(self, defined: Element) -> None:
        """Keep the name that people see of a field."""
        _, title = read_description(text_of_child(defined, "displayName"))
        if title:
            self._titles[defined.get("name", "")] = title

    def frame(self) -> pd.DataFrame:
        """Return one row a placemark; columns that are empty throughout are left out."""
        for record, folder in zip(self._records, self._folders, strict=True):
            record[_OWN, FOLDER] = folder.path() if folder else ""
        keys = dict.fromkeys(key for record in self._records for key in record)
        columns: dict[_Key, list[Any]] = {}
        for key in sorted(keys, key=_rank):
            cells = [record.get(key) or None for record in self._records]
            # The label is often the value of a field of that name.
            double = key[0] == _OWN and columns.get((_DATA, key[1])) == cells
            if not double and (key[0] == _DATA or any(cells)):
                columns[key] = cells
        names = [self._titles.get(name, name) if kind == _DATA else name for kind, name in columns]
        named = dict(zip(unique_headings(names), columns.values(), strict=True))
        frame = pd.DataFrame(named, index=pd.RangeIndex(len(self._records)), dtype=object)
        frame[GEOMETRY] = pd.Series(self._shapes, index=frame.index, dtype=object)
        return frame

    def issues(self) -> list[Issue]:
        found = [
            self._request.issue(code, count=count) for code, count in self._counts.items() if count
        ]
        if self._drawing.closed:
            found.append(self._request.issue("rings_closed", count=self._drawing.closed))
        return [*self._problems, *found]


def _rank(key: _Key) -> int:
    """Return where a column stands: attributes first, so that they keep their names."""
    return 0 if key[0] == _DATA else 1
