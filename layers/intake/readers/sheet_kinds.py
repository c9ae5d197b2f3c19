"""What a table file really is, whatever its name says."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.errors import Text
from layers.intake.source import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.intake.source import Request
    from layers.issues import Issue

_HEAD = 4096
_MAX_UNPACKED = 4 * MAX_BYTES
_MAX_PARTS = 10_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content.

    Attributes
    ----------
    title
        What people call it.
    suffixes
        Suffixes that promise this content.
    advice
        What to ask for, if it is not read.
    """

    title: Text
    suffixes: tuple[str, ...] = ()
    advice: Text | None = None


XLSX = Kind(Text("XLSX 工作簿", "an XLSX workbook"), (".xlsx", ".xlsm"))
ODS = Kind(Text("ODS 工作簿", "an ODS workbook"), (".ods",))
XLS = Kind(Text("旧版 XLS 工作簿", "an old XLS workbook"), (".xls",))
TEXT = Kind(Text("CSV 文本", "CSV text"), (".csv", ".tsv", ".txt"))

_PROTECTED = Kind(
    Text("加密的工作簿", "a protected workbook"),
    advice=Text(
        "工作簿设有打开密码；请在表格软件中取消密码后重新保存",
        "the workbook has a password; take it off in the spreadsheet and save it again",
    ),
)
_BINARY = Kind(
    Text("XLSB 工作簿", "an XLSB workbook"),
    advice=Text("这是 XLSB 工作簿；请另存为 .xlsx", "it is an XLSB workbook; save it as .xlsx"),
)
_PAGE = Kind(
    Text("网页", "a web page"),
    advice=Text(
        "内容是网页表格，不是工作簿（办公系统常这样导出）；请用 Excel 或 WPS 打开后另存为 .xlsx",
        "it is a web page and no workbook, as some systems export it; open it in a spreadsheet"
        " and save it as .xlsx",
    ),
)
_XML = Kind(
    Text("XML", "XML"),
    advice=Text(
        "内容是 XML，不是工作簿；如能用 Excel 或 WPS 打开，请另存为 .xlsx",
        "it is XML and no workbook; if a spreadsheet opens it, save it as .xlsx",
    ),
)
_OTHER = Kind(
    Text("其他文件", "another file"),
    advice=Text(
        "不是工作簿或已损坏；请用表格软件另存为 .xlsx",
        "it is no workbook or is damaged; save it as .xlsx",
    ),
)

_ARCHIVES: Sequence[tuple[str, Kind]] = (
    ("xl/workbook.bin", _BINARY),
    ("xl/", XLSX),
    ("content.xml", ODS),
)
"""Beginning of the name of a part, and what an archive with it is."""

_STREAMS: Sequence[tuple[str, Kind]] = (
    ("EncryptedPackage", _PROTECTED),
    ("WordDocument", _OTHER),
    ("Workbook", XLS),
    ("Book", XLS),
)
"""Stream of an OLE file, and what a file with it is."""

_OPENINGS: Sequence[tuple[str, Kind]] = (
    ("<!doctype html", _PAGE),
    ("<html", _PAGE),
    ("<table", _PAGE),
    ("<meta", _PAGE),
    ("<head", _PAGE),
    ("<style", _PAGE),
    ("<div", _PAGE),
    ("mime-version:", _PAGE),
    ("<", _XML),
)
"""How a text begins, and what it is."""


def content_kind(request: Request) -> Kind:
    """Return what the content of a file is.

    Raises
    ------
    IntakeError
        If it is nothing that is read as a table; the message says what to ask for.
    """
    with request.path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        kind = _archive(request)
    elif head.startswith(_OLE):
        kind = _compound(request.path)
    else:
        kind = _text(head)
    if kind.advice is not None:
        request.refuse(kind.advice.zh, kind.advice.en)
    return kind


def is_workbook(request: Request) -> bool:
    """Tell whether a file begins as a workbook does."""
    with request.path.open("rb") as file:
        return file.read(len(_OLE)).startswith((_ZIP, _OLE))


def note_other_kind(kind: Kind, request: Request) -> list[Issue]:
    """Return the finding that a file is called something else than it is."""
    suffix = request.path.suffix.lower()
    if suffix in kind.suffixes:
        return []
    title = kind.title
    return [
        request.issue("content_of_other_kind", suffix=suffix, kind_zh=title.zh, kind_en=title.en)
    ]


def refuse_protected(request: Request, error: Exception) -> NoReturn:
    """Raise the error that a workbook has a password.

    Raises
    ------
    IntakeError
        Always.
    """
    assert _PROTECTED.advice is not None
    request.refuse(_PROTECTED.advice.zh, _PROTECTED.advice.en, error)


def _archive(request: Request) -> Kind:
    try:
        with zipfile.ZipFile(request.path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return _OTHER
    # An archive may be made to fill the memory.
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        request.refuse("解压后过大；请拆分后导入", "it unpacks to too much; split it")
    names = [part.filename for part in parts]
    return next((k for start, k in _ARCHIVES if any(n.startswith(start) for n in names)), _OTHER)


def _compound(path: Path) -> Kind:
    data = path.read_bytes()
    return next((k for name, k in _STREAMS if name.encode("utf-16-le") in data), _OTHER)


def _text(head: bytes) -> Kind:
    wide = head.startswith(_WIDE_MARKS)
    if b"\0" in head and not wide:
        return _OTHER
    text = head.decode("utf-16" if wide else "utf-8", errors="ignore")
    plain = text.removeprefix("\ufeff").lstrip().casefold()
    found = next((kind for start, kind in _OPENINGS if plain.startswith(start)), None)
    if found is not None:
        return found
    table = len(plain.splitlines()) > 1 and any(mark in plain for mark in ",\t;|，；")
    return TEXT if table else _OTHER
