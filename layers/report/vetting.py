"""A planner's template is an upload: what could do harm is refused before it is opened."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from typing import NoReturn

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from layers.errors import ExportUsageError
from layers.errors import Text

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

MAX_BYTES = 20_000_000
MAX_PARTS = 2_000
MAX_UNPACKED = 200_000_000
MAX_RATIO = 200
"""Limits of a template: bytes, parts, bytes unpacked, and how much a part may have shrunk."""

_HARMLESS = 1_000_000
_ENCRYPTED = 0x1
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_CONTENT_TYPES = "[Content_Types].xml"
_ACTIVE = re.compile(
    r"vbaProject|vbaData|activeX|/embeddings/|oleObject|attachedToolbars", re.IGNORECASE
)
_RELATED = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CODES = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|MACROBUTTON|RD)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"(https?://|mailto:)", re.IGNORECASE)


def vet_template(path: Path) -> None:
    """Refuse a template that could do harm.

    Parameters
    ----------
    path
        The file that a planner brought.

    Raises
    ------
    ExportUsageError
        If it is no ``.docx``, damaged, encrypted or unreasonably large; if it has macros,
        embedded objects, entities, fields that load other files, or links to other
        files. Ordinary links to web pages and mail addresses are let through.
    """
    try:
        size = path.stat().st_size
        if path.suffix.lower() != ".docx" or size > MAX_BYTES:
            _refuse(
                path,
                "须为不超过 20 MB 的 .docx 文件（不能是 .docm、.doc、.dotx）",
                "it must be a .docx of at most 20 MB, and no .docm, .doc or .dotx",
            )
        with zipfile.ZipFile(path) as archive:
            _vet_sizes(archive, path)
            for name in archive.namelist():
                _vet_part(archive, name, path)
            _vet_types(archive, path)
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, ElementTree.ParseError) as error:
        _refuse(
            path,
            "文件不存在或已损坏；请在 Word 中重新保存",
            "there is no such file, or it is damaged; save it again in Word",
            error,
        )


def _vet_sizes(archive: zipfile.ZipFile, path: Path) -> None:
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    shrunk = any(
        info.file_size > _HARMLESS and info.file_size > MAX_RATIO * info.compress_size
        for info in infos
    )
    twice = len({info.filename for info in infos}) < len(infos)
    if len(infos) > MAX_PARTS or total > MAX_UNPACKED or shrunk or twice:
        _refuse(
            path,
            "解压后过大或部件过多",
            "it has too many parts or is too large when unpacked",
        )
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        _refuse(path, "已加密；请取消密码", "it is encrypted; take the password off")


def _vet_part(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    if _ACTIVE.search(name):
        _refuse(
            path,
            f"含宏、控件或嵌入对象（{name}）；请另存为不带宏的 .docx 并删除嵌入对象",
            f"it has macros, controls or embedded objects ({name}); save it without them",
        )
    if not name.lower().endswith((".xml", ".rels")):
        return
    root = _parsed(archive, name, path)
    if name.lower().endswith(".rels"):
        _vet_links(root, path)
    else:
        _vet_fields(root, path)


def _parsed(archive: zipfile.ZipFile, name: str, path: Path) -> Element:
    try:
        root: Element = ElementTree.fromstring(archive.read(name), forbid_dtd=True)
    except DefusedXmlException as error:
        _refuse(path, f"{name} 含文档类型声明", f"{name} has a document type declaration", error)
    return root


def _vet_links(root: Element, path: Path) -> None:
    for link in root.iter(_RELATED):
        kind, target = str(link.get("Type", "")), str(link.get("Target", ""))
        outside = link.get("TargetMode", "").lower() == "external"
        plain = kind.endswith("/hyperlink") and _ADDRESS.match(target)
        if kind.endswith(("/attachedTemplate", "/aFChunk")) or (outside and not plain):
            _refuse(
                path,
                f"引用了外部文件（{target}）；请嵌入图片、断开链接与附加模板",
                f"it links to another file ({target}); embed pictures, break links and detach"
                " the attached template",
            )


def _vet_fields(root: Element, path: Path) -> None:
    if next(root.iter(f"{_WORD}altChunk"), None) is not None:
        _refuse(path, "含外来内容块", "it has a chunk of foreign content")
    told = [str(e.get(f"{_WORD}instr", "")) for e in root.iter(f"{_WORD}fldSimple")]
    # A code may be cut over several runs.
    told.append("".join(e.text or "" for e in root.iter(f"{_WORD}instrText")))
    for code in told:
        if found := _CODES.search(code):
            _refuse(
                path,
                f"含会读取其他文件或运行命令的域（{found[0]}）；请删除",
                f"it has a field that loads files or runs commands ({found[0]}); delete it",
            )


def _vet_types(archive: zipfile.ZipFile, path: Path) -> None:
    root = _parsed(archive, _CONTENT_TYPES, path)
    types = [str(entry.get("ContentType", "")) for entry in root]
    if _MAIN not in types or any("macroEnabled" in kind for kind in types):
        _refuse(
            path,
            "不是不带宏的 Word 文档；请另存为 .docx",
            "it is no Word document without macros; save it as .docx",
        )


def _refuse(path: Path, zh: str, en: str, error: Exception | None = None) -> NoReturn:
    raise ExportUsageError(
        Text(f"不能使用模板 {path.name}：{zh}", f"cannot use the template {path.name}: {en}")
    ) from error
