"""Evidence files: kept once by their content, in a folder of the workspace.

A file is written aside and takes its place when it is complete; its name is the SHA-256 of
its content, so that one that was altered is known. What the file was called is text of the
layer ``evidence`` and never a path.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE_FOLDER = "evidence_files"
"""Beside the folders of the layers, one of which is ``evidence``."""

MOST_BYTES = 50_000_000
"""A larger file is refused: a plan is proven by minutes and notices, not by films."""

EVIDENCE_ENDINGS = (
    *("pdf", "ofd", "doc", "docx", "wps", "odt", "rtf", "txt", "ppt", "pptx", "dps", "odp"),
    *("xls", "xlsx", "et", "ods", "csv"),
    *("jpg", "jpeg", "png", "tif", "tiff", "bmp", "webp", "heic"),
    *("zip", "7z", "rar"),
)
"""Documents, tables, pictures and archives; a program is no proof, and whoever opens it runs it."""

_LONGEST_NAME = 120
_HASH = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20
# Control, direction and surrogate characters, and ends of lines. Characters that this Python
# does not know yet stay: names of people have rare ones.
_DECEIVING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Windows takes these for devices, whatever the ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_KEPT = 4_096


class EvidenceError(UsageError):
    """A file cannot be taken as evidence."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was taken.

    Attributes
    ----------
    name
        What it was called, fit to be shown and to be a file name.
    sha256
        Of its content, 64 hexadecimal digits.
    size
        Bytes.
    """

    name: str
    sha256: str
    size: int


class EvidenceStore:
    """The evidence files of a workspace.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    """

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / EVIDENCE_FOLDER

    def add(self, name: str, content: bytes) -> Stored:
        """Keep a file; one that is there already is kept once.

        Raises
        ------
        EvidenceError
            If it is empty, too large, or of a kind that proves nothing.
        WorkspaceError
            If it cannot be written.
        """
        clean = clean_name(name)
        if clean.rpartition(".")[2].lower() not in EVIDENCE_ENDINGS or "." not in clean:
            raise EvidenceError(_other_kind(clean))
        if not content:
            raise EvidenceError(
                Text(f"佐证文件“{clean}”是空的", f"the evidence file '{clean}' is empty")
            )
        if len(content) > MOST_BYTES:
            raise EvidenceError(too_large(clean, len(content)))
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.is_sound(sha256):
            self._write(sha256, content)
        return Stored(clean, sha256, len(content))

    def path(self, sha256: str) -> Path:
        """Return where a file is kept.

        Raises
        ------
        EvidenceError
            If this is no hash: it came from a table that somebody imported.
        """
        if not _HASH.fullmatch(sha256):
            raise EvidenceError(
                Text("佐证的校验值不是 64 位十六进制数", "a checksum has 64 hexadecimal digits")
            )
        return self._folder / sha256

    def is_sound(self, sha256: str) -> bool:
        """Tell whether a file is there and has the content that it had."""
        try:
            path = self.path(sha256)
            found = path.stat()
            return _hash_of(str(path), found.st_mtime_ns, found.st_size) == sha256
        except (EvidenceError, OSError):
            return False

    def read(self, sha256: str) -> bytes:
        """Return the content of a file.

        Raises
        ------
        WorkspaceError
            If it is gone, or not what it was.
        """
        try:
            content = self.path(sha256).read_bytes()
        except OSError as error:
            raise _lost(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _lost(sha256)
        return content

    def _write(self, sha256: str, content: bytes) -> None:
        aside = self._folder / f".{uuid.uuid4().hex}"
        try:
            self._folder.mkdir(exist_ok=True)
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._folder / sha256)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise WorkspaceError(
                Text(f"佐证文件无法写入：{error}", f"the evidence cannot be written: {error}")
            ) from error


@lru_cache(maxsize=_KEPT)
def _hash_of(
    path: str,
    changed: int,  # noqa: ARG001 - part of the key of the cache
    size: int,  # noqa: ARG001 - the same
) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123 - the key of the cache is text
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def too_large(name: str, size: int) -> Text:
    """Return what is said of a file of too many bytes, before or after it was read."""
    return Text(
        f"佐证文件“{name}”有 {size:,} 字节，超过上限 {MOST_BYTES:,} 字节；请压缩或拆分",
        f"the evidence file '{name}' has {size:,} bytes, more than the {MOST_BYTES:,} that are "
        "taken; compress or split it",
    )


def _other_kind(name: str) -> Text:
    listed = "、".join(EVIDENCE_ENDINGS), ", ".join(EVIDENCE_ENDINGS)
    return Text(
        f"佐证文件“{name}”的类型不能作为佐证；请提交文档、表格、图片或压缩包：{listed[0]}",
        f"the evidence file '{name}' is of a kind that is not taken; give a document, a table, "
        f"a picture or an archive: {listed[1]}",
    )


def clean_name(name: str) -> str:
    """Return the name of a file without a path and without what could deceive a reader.

    Control and direction characters are taken out, because they can make ``exe.docx`` of
    ``xcod.exe``; so is what a file name cannot hold on Windows.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(char for char in last if unicodedata.category(char) not in _DECEIVING)
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .")
    if _DEVICE.fullmatch(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > _LONGEST_NAME:
        room = _LONGEST_NAME - len(ending) - 1
        plain = f"{stem[:room]}.{ending}" if dot and room > 0 else plain[:_LONGEST_NAME]
    return plain or "evidence"


def _lost(sha256: str) -> WorkspaceError:
    return WorkspaceError(
        Text(
            f"佐证文件 {sha256[:12]}… 不在工作区，或内容已被改动；请从备份恢复或重新上传",
            f"the evidence file {sha256[:12]}… is gone or was altered; bring it back from a "
            "backup or add it again",
        )
    )
