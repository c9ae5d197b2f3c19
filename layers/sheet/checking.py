"""A sheet is handed out only if its file says what was drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from defusedxml import ElementTree

from layers.errors import ExportError
from layers.errors import Text
from layers.sheet.pen import POINTS_PER_MM

if TYPE_CHECKING:
    from pathlib import Path

_PIXEL = 1.5
_POINT = 0.05
_BOX = re.compile(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]")
_PAGE = re.compile(rb"/Type /Page\b(?!s)")
_NOT_WHOLE = Text("不是完整的 PDF", "it is not a whole PDF")
_SIZE = Text("图幅尺寸", "size of the paper")
_NO_FONT = Text("字体未嵌入", "the font is not embedded")
_PIXELS = Text("像素尺寸", "size in pixels")
_FONT_FILE = re.compile(rb"/FontFile[23]? ")


def check_sheet(path: Path, width: float, height: float, dpi: int, *, pages: int = 1) -> None:
    """Read a sheet back: format, paper size, pages, embedded font.

    Parameters
    ----------
    path
        ``.pdf``, ``.svg`` or ``.png``.
    width, height
        Of the paper as it lies, millimetres; 0 for pages of several sizes.
    dpi
        Of a PNG.
    pages
        Of a PDF.

    Raises
    ------
    ExportError
        Naming what differs.
    """
    {".pdf": _pdf, ".svg": _svg, ".png": _png}[path.suffix](path, width, height, dpi, pages)


def _pdf(path: Path, width: float, height: float, _dpi: int, pages: int) -> None:
    data = path.read_bytes()
    if not data.startswith(b"%PDF-") or not data.rstrip().endswith(b"%%EOF"):
        raise _differs(_NOT_WHOLE)
    boxes = [(float(a), float(b)) for a, b in _BOX.findall(data)]
    size = (width * POINTS_PER_MM, height * POINTS_PER_MM)
    boxes = boxes if width else [size]
    if not boxes or any(
        abs(a - b) > _POINT for box in boxes for a, b in zip(box, size, strict=True)
    ):
        raise _differs(_SIZE)
    found = len(_PAGE.findall(data))
    if found != pages:
        raise _differs(Text(f"页数 {pages} → {found}", f"pages {pages} → {found}"))
    if not _FONT_FILE.search(data):
        raise _differs(_NO_FONT)


def _svg(path: Path, width: float, height: float, _dpi: int, _pages: int) -> None:
    root = ElementTree.parse(path).getroot()
    for name, length in (("width", width), ("height", height)):
        told = float(str(root.get(name)).removesuffix("pt"))
        if abs(told - length * POINTS_PER_MM) > _POINT:
            raise _differs(_SIZE)
    if "@font-face" not in path.read_text(encoding="utf-8"):
        raise _differs(_NO_FONT)


def _png(path: Path, width: float, height: float, dpi: int, _pages: int) -> None:
    from PIL import Image

    # A sheet of A0 is larger than what pictures from strangers may be.
    with path.open("rb") as file, Image.open(file, formats=("PNG",)) as picture:
        size = picture.size
    for pixels, length in zip(size, (width, height), strict=True):
        if abs(pixels - length / 25.4 * dpi) > _PIXEL:
            raise _differs(_PIXELS)


def _differs(what: Text) -> ExportError:
    return ExportError(
        Text(
            f"回读校验未通过，图纸未写出：{what.zh}",
            f"the sheet read back differs and was not kept: {what.en}",
        )
    )
