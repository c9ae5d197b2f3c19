"""Files made from hostile text, looked into for anything that a program would run or follow."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from typing import Any
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pytest

from tests.cli_hand import run
from tests.hostile_hand import ELSEWHERE
from tests.hostile_hand import make_poisoned
from tests.hostile_hand import plan
from tests.hostile_hand import record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence
    from pathlib import Path

FEW = 300
"""Buildings of a workspace whose files are read here."""

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet calculate."""

_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_OUR_FIELDS = re.compile(
    r' (TOC \\o "1-2" \\h \\z \\u|(PAGEREF|REF) [A-Za-z0-9_]+ \\h'
    r"|SEQ (表|图|Table|Figure) \\\* ARABIC) $"
)
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHOWN = tuple(f"{_WORD}{tag}" for tag in ("t", "br", "tab"))
_ACTIVE_PARTS = ("vbaProject", "externalLink", "embeddings", "activeX", "connections")
_PDF_STREAM = re.compile(rb"stream\r?\n.*?\r?\nendstream", re.DOTALL)
# What a reader follows or runs; an array of annotations, which is always there, is empty.
_PDF_ACTIONS = re.compile(
    rb"/(URI|JavaScript|JS|Launch|OpenAction|AA|GoToR|GoToE|SubmitForm|ImportData|Movie|Sound"
    rb"|RichMedia|EmbeddedFiles?|XFA|AcroForm|Annot)\b|/Annots\s*\[\s*[^\]\s]"
)
_SVG_TAGS = frozenset(
    {"svg", "title", "metadata", "RDF", "Work", "type", "date", "description", "format"}
    | {"creator", "Agent", "defs", "style", "g", "path", "use", "text", "tspan", "clipPath"}
    | {"rect", "image", "pattern"}
)


class Poisoned:
    """A workspace full of hostile text, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "workspace"
        self.workspace = make_poisoned(self.path, FEW)
        plan(self.workspace)
        record(self.workspace)

    def read(self, key: str) -> Any:
        return self.workspace.read(key)

    def hostile_id(self, key: str, field: str) -> str:
        """Return the first id of a layer that is itself hostile."""
        found: str = next(value for value in self.read(key)[field] if "<" in str(value))
        return found

    def run(self, *arguments: object, code: int = 0) -> None:
        done = run(*arguments, "-w", self.path)
        assert done.exit_code == code, done.stderr


def flat(text: str) -> str:
    """Return a text with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())


def neutral(text: str) -> str:
    """Return a text as a document shows it: marks that turn the direction are replaced."""
    return flat(_TURNS.sub("\ufffd", text))


def docx_texts(path: Path) -> list[str]:
    """Return the paragraphs of a Word document in which nothing is active."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            assert not any(part in name for part in _ACTIVE_PARTS), name
            if name.endswith((".xml", ".rels")):
                _check_part(ET.fromstring(archive.read(name)))  # noqa: S314 - our own file
    body = docx.Document(str(path)).element.body
    return [
        flat("".join(node.text or " " for node in paragraph.iter(*_SHOWN)))
        for paragraph in body.iter(f"{_WORD}p")
    ]


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _check_part(root: ET.Element) -> None:
    for node in root.iter():
        tag = _local(node.tag)
        assert tag not in {"hyperlink", "altChunk", "object", "control", "attachedTemplate"}
        assert node.get("TargetMode") != "External"
        if tag == "instrText":
            assert _OUR_FIELDS.match(node.text or ""), node.text
        if tag == "fldSimple":
            assert node.get(f"{_WORD}instr") == "PAGE"


def xlsx_cells(path: Path) -> list[Any]:
    """Return all values of a workbook in which nothing is calculated, linked or run."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert not any(part in name for part in _ACTIVE_PARTS), name
            if name.endswith(".rels"):
                assert b"External" not in archive.read(name)
    found = []
    for page in openpyxl.load_workbook(path):
        for cells in page.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
            found += [cell.value for cell in cells if cell.value is not None]
    return found


def svg_text(path: Path) -> str:
    """Return the text of a drawing that has no script, no event and no address elsewhere."""
    root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - our own file
    for node in root.iter():
        tag = _local(node.tag)
        assert tag in _SVG_TAGS, tag
        for name, value in node.attrib.items():
            assert not _local(name).startswith("on"), name
            if _local(name) == "href":
                assert value.startswith(("#", "data:image/png;"))
            assert ELSEWHERE not in value
            assert "alert(1)" not in value
        if tag == "style":
            style = node.text or ""
            assert "display:none" not in style.replace(" ", "")
            assert "@import" not in style
            assert not re.search(r"url\((?![\"']?data:font/)", style)
    return flat(" ".join(root.itertext()))


def check_pdf(path: Path) -> None:
    """Fail on a PDF that acts, asks or leads anywhere.

    Objects of these files stand by themselves, none within a stream.
    """
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    bare = _strings_taken_out(_PDF_STREAM.sub(b"", data))
    assert b"/Catalog" in bare
    assert b"/ObjStm" not in bare
    found = _PDF_ACTIONS.search(bare)
    assert found is None, found


def _strings_taken_out(data: bytes) -> bytes:
    """Return the objects of a PDF without the strings in them, which may say anything."""
    kept, depth, escaped = bytearray(), 0, False
    for byte in data:
        if depth and escaped:
            escaped = False
        elif depth and byte == 0x5C:
            escaped = True
        elif byte == 0x28:
            depth += 1
        elif depth and byte == 0x29:
            depth -= 1
        elif not depth:
            kept.append(byte)
    assert depth == 0
    return bytes(kept)


def lacking(texts: Iterable[str], found: Sequence[str]) -> list[str]:
    """Return which texts stand in none of those that were found."""
    return [text for text in texts if not any(text in one for one in found)]


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Poisoned:
    """Make a workspace in which every text, id and name is hostile, with a plan."""
    return Poisoned(tmp_path_factory.mktemp("poisoned"))
