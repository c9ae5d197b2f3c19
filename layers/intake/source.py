"""What a reader hands on, and the checks before a file is opened."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.findings import finding
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.issues import Issue
    from layers.systems import System

MAX_BYTES = 200 * 1024 * 1024
_MEGABYTE = 1024 * 1024

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST_MARK = max(len(mark) for mark, _ in _BYTE_ORDER_MARKS)
# GB18030 contains GBK and GB2312, which is what Chinese spreadsheets write.
_FALLBACK = "gb18030"


FACTS: Mapping[str, Text] = {
    "kind": Text("文件类型", "kind of file"),
    "part": Text("读取的部分", "part that was read"),
    "encoding": Text("文字编码", "text encoding"),
    "headings": Text("表头", "headings"),
    "merged": Text("合并单元格", "merged cells"),
    "geometry": Text("图形", "geometry"),
    "crs": Text("文件所写的坐标系", "coordinate system that the file names"),
    "extent": Text("坐标范围", "extent of the coordinates"),
}
"""What a reader may tell about a file, and what it is called."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A file as it is.

    Attributes
    ----------
    frame
        Cells of any type under the file's own headings.
    rows
        Row number of every row as a person counts, from 1.
    issues
        Findings of the reader.
    system
        The coordinate system that the file names, if it names one.
    shapes
        Whether the column ``geometry`` holds shapes (or ``None``).
    lonlat_if_unknown
        Whether longitude and latitude may be assumed if no system is named.
    part
        Which sheet, layer or member of the file was read; empty if it has no such parts.
    parts
        All that the file offers, for the planner to choose from.
    facts
        What was found out about the file, for people to look at: key from
        :data:`FACTS`, and what was found.
    dropped
        Lines left out because they are no records.
    origin
        Where the rows are from, if not from a file: a table of a database.
    sha256
        Hash of the rows then; empty for that of the file.
    public
        Where it says that it is a public copy, coarse and incomplete; None if it does not.
    """

    frame: pd.DataFrame
    rows: pd.Series[Any]
    issues: tuple[Issue, ...]
    system: System | None = None
    shapes: bool = False
    lonlat_if_unknown: bool = True
    part: str = ""
    parts: tuple[str, ...] = ()
    facts: Mapping[str, Text] = dataclass_field(default_factory=dict)
    dropped: int = 0
    origin: str = ""
    sha256: str = ""
    public: Text | None = None

    @property
    def headings(self) -> list[str]:
        """Headings of the file, without the column of its shapes."""
        return [str(n) for n in self.frame.columns if not (self.shapes and n == GEOMETRY)]


@dataclass(frozen=True, slots=True)
class Request:
    """Which file is read, for which layer, and in which encoding.

    Attributes
    ----------
    path
        The file.
    layer
        Key of the layer for the findings, and name of the layer within a
        GeoPackage; empty for the only one.
    encoding
        Encoding of a text file; ``None`` to find it out.
    part
        Which sheet, layer or member of the file to read; empty to choose the only
        one, or the one that looks like data.
    edition
        Folder of the edition whose words the headings may be; ``None`` for the one that
        is set (:mod:`layers.intake.setting`), else the bundled one.
    """

    path: Path
    layer: str = ""
    encoding: str | None = None
    part: str = ""
    edition: Path | None = None

    def issue(
        self,
        code: str,
        row: int = 0,
        field: str = "",
        **details: Any,  # noqa: ANN401 -- what a sentence is filled with may be anything
    ) -> Issue:
        """Return a finding about this file."""
        return finding(code, layer=self.layer, file=self.path.name, row=row, field=field, **details)

    def refuse(self, zh: str, en: str, cause: Exception | None = None) -> NoReturn:
        """Raise the error that this file cannot be read: why, and what to do.

        Raises
        ------
        IntakeError
            Always.
        """
        raise IntakeError(self._sentence(zh, en)) from cause

    def ask(self, zh: str, en: str) -> NoReturn:
        """Raise the error that the file is sound, but the planner must decide something.

        Raises
        ------
        IntakeError
            Always.
        """
        raise IntakeError(self.question(zh, en))

    def question(self, zh: str, en: str) -> Text:
        """Return what :meth:`ask` says, for errors that carry more than a sentence."""
        name = self.path.name
        return Text(f"文件 {name} 还差一项选择：{zh}", f"{name} needs a decision: {en}")

    def refuse_wish(self, zh: str, en: str) -> NoReturn:
        """Raise the error that the file was asked for in a way that cannot be.

        Raises
        ------
        IntakeUsageError
            Always.
        """
        raise IntakeUsageError(self._sentence(zh, en))

    def _sentence(self, zh: str, en: str) -> Text:
        name = self.path.name
        return Text(f"文件 {name} 无法读取：{zh}", f"{name} cannot be read: {en}")


def check_file(request: Request) -> None:
    """Refuse what is no file, is empty or is too large.

    Raises
    ------
    IntakeError
        Naming the file and what to do; IntakeUsageError if there is none.
    """
    path = request.path
    if not path.exists():
        request.refuse_wish("文件不存在；请核对路径", "there is no such file; check the path")
    # A FileGDB is a folder; its reader looks at what is in it.
    size = sum(part.stat().st_size for part in files_of(path))
    if size == 0:
        request.refuse("文件是空的；请重新导出", "the file is empty; export it again")
    if size > MAX_BYTES:
        have, limit = size // _MEGABYTE, MAX_BYTES // _MEGABYTE
        request.refuse(
            f"文件 {have} MB，超过 {limit} MB 的上限；请拆分后导入",
            f"it has {have} MB, more than the limit of {limit} MB; split it",
        )


def files_of(path: Path) -> list[Path]:
    """Return the files that make up what is read: one, the parts of a Shapefile, or a folder's.

    Symbolic links are left out, because nothing outside of what was delivered is read.
    """
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
    if path.suffix.lower() == ".shp":
        stem = path.stem.casefold()
        beside = (p for p in path.parent.iterdir() if p.name.casefold().startswith(f"{stem}."))
        return sorted(p for p in beside if p.is_file() and not p.is_symlink())
    return [path]


def text_of(request: Request) -> tuple[str, list[Issue]]:
    """Return the text of a file and what was assumed about its encoding.

    The order is: the encoding asked for, a byte order mark, strict UTF-8,
    GB18030.

    Raises
    ------
    IntakeError
        If the file is not text, or not in the encoding asked for.
    """
    data = request.path.read_bytes()
    encoding = request.encoding or _marked(data)
    if encoding is not None:
        return _decode(data, encoding, request), []
    if b"\0" in data:
        request.refuse("不是文本文件", "it is not a text file")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        text = _decode(data, _FALLBACK, request)
        return text, [request.issue("encoding_assumed", encoding="GB18030")]


def marked_encoding(request: Request) -> str:
    """Return the encoding that the first bytes of a text file name, as people call it.

    Empty without a byte order mark.
    """
    with request.path.open("rb") as file:
        codec = _marked(file.read(_LONGEST_MARK)) or ""
    return codec.removesuffix("-sig").upper()


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)


def _decode(data: bytes, encoding: str, request: Request) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        request.refuse(
            f"不认识的编码“{encoding}”；可用 utf-8、gb18030",
            f"unknown encoding '{encoding}'; use utf-8 or gb18030",
            error,
        )
    except UnicodeDecodeError as error:
        request.refuse(
            f"第 {error.start} 字节处不是 {encoding} 文字；请指明编码",
            f"byte {error.start} is not {encoding} text; name the encoding",
            error,
        )
