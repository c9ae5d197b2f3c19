"""The Chinese typefaces of this computer: where they are, and what to do when there is none.

Nothing is downloaded and no typeface is shipped: the files are large, and the ones of
Windows and macOS may not be passed on. A face whose maker forbids embedding or subsetting
(OpenType ``OS/2.fsType``) is never taken.
"""

from __future__ import annotations

import logging
import os
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from mmap import ACCESS_READ
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Final

from layers.errors import AtlasError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fontTools.ttLib import TTFont

ENVIRONMENT: Final = "ATLAS_FONT"
"""Name of the environment variable that holds the path of a .ttf, .otf or .ttc file."""

SANS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "SimHei",
    "DengXian",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
"""Families like 黑体, the best first."""

SERIF: Final = (
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "SimSun",
    "Songti SC",
    "STSong",
)
"""Families like 宋体, the best first."""

# Damaged font files fail in all these ways inside the reader.
BROKEN_FONT: Final = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    struct.error,
)
_PROBE: Final = "园区空间图谱低效厂房汉字"
# A face with the common Chinese characters is never smaller.
_LEAST_BYTES: Final = 1_000_000
_REGULAR, _BOLD = 400, 700
_BOLD_FROM: Final = 600
_BEST_WEIGHTS: Final = {False: _REGULAR, True: _BOLD}
_FORBIDDEN: Final = 0x0002 | 0x0100  # embedding restricted; no subsetting
# Their glyphs are boxes or bitmaps by intention.
_NO_OUTLINES: Final = frozenset({"CBDT", "COLR", "sbix", "SVG "})
_STAND_INS: Final = ("LastResort", "Unicode BMP Fallback", "Adobe Blank")


@dataclass(frozen=True, slots=True)
class Face:
    """A face of a font file or collection on this computer.

    Attributes
    ----------
    path
        The file.
    number
        Which face of a collection, from 0.
    family
        English family name, such as ``Noto Sans CJK SC``.
    bold
        Whether it serves as the bold one.
    """

    path: Path
    number: int
    family: str
    bold: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A face that is there, with the OpenType weight class it is nearest to."""

    face: Face
    weight: int


class FontMissingError(AtlasError, RuntimeError):
    """There is no typeface with Chinese characters that may be put into a document."""


def cjk_face(*, bold: bool = False, serif: bool = False) -> Face:
    """Return the best face with Chinese characters on this computer.

    Parameters
    ----------
    bold
        Whether a bold face is wanted; a family without one gives its regular face.
    serif
        Whether a face like 宋体 is wanted; without one it is one like 黑体.

    Raises
    ------
    FontMissingError
        If there is none, or if ``ATLAS_FONT`` names a file that is no such font.
    """
    override = os.environ.get(ENVIRONMENT, "")
    return _chosen(override, bold=bold) if override else _best(bold=bold, serif=serif)


def second_choices(face: Face) -> tuple[Face, ...]:
    """Return the other faces to look at for characters that `face` lacks, the best first.

    They are the other families of the computer with Chinese characters, in the weight of
    `face`, and DejaVu Sans, which comes with matplotlib and has arrows and signs.
    """
    order = {family: place for place, family in enumerate((*SANS, *SERIF))}
    families = sorted(
        {found.face.family for found in _installed()},
        key=lambda family: (order.get(family, len(order)), family),
    )
    chosen: dict[Path, Face] = {}
    for family in families:
        other = _of_family(family, bold=face.bold)
        # The faces of one collection have the same characters, each in another region's shapes.
        if other is not None and other.path != face.path:
            chosen.setdefault(other.path, other)
    return (*chosen.values(), _signs(bold=face.bold))


@contextmanager
def quiet_fonttools() -> Iterator[None]:
    """Keep remarks about harmless oddities of font files away from the user."""
    log = logging.getLogger("fontTools")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def open_face(face: Face) -> TTFont:
    """Return the face, its tables read when they are asked for.

    The file is mapped and not held open, so that a face may be kept as long as the process runs.
    """
    from fontTools.ttLib import TTFont

    with face.path.open("rb") as file:
        mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
    return TTFont(mapped, fontNumber=face.number, lazy=True)


def _best(*, bold: bool, serif: bool) -> Face:
    known = (*SERIF, *SANS) if serif else (*SANS, *SERIF)
    others = sorted({found.face.family for found in _installed()} - set(known))
    for family in (*known, *others):
        face = _of_family(family, bold=bold)
        if face is not None and _has_chinese(face):
            return face
    raise FontMissingError(
        Text(
            "这台电脑上没有可用的中文字体，图纸与文档无法生成。"
            "Debian/Ubuntu：apt-get install fonts-noto-cjk；"
            "Windows：在“可选功能”中安装简体中文补充字体"
            "（黑体 SimHei、微软雅黑 Microsoft YaHei）；macOS：在“字体册”中启用苹方或华文黑体；"
            f"或把环境变量 {ENVIRONMENT} 设为一个 .ttf、.otf 或 .ttc 字体文件的路径",
            "this computer has no usable Chinese typeface, so sheets and documents cannot be made. "
            "Debian/Ubuntu: apt-get install fonts-noto-cjk; Windows: install the optional feature "
            "Chinese (Simplified) Supplemental Fonts (SimHei, Microsoft YaHei); macOS: enable "
            "PingFang or STHeiti in Font Book; or set the environment variable "
            f"{ENVIRONMENT} to the path of a .ttf, .otf or .ttc file",
        )
    )


def _of_family(family: str, *, bold: bool) -> Face | None:
    """Return the face of a family whose weight is nearest to regular or bold."""
    wanted = _BEST_WEIGHTS[bold]
    faces = [found for found in _installed() if found.face.family == family]
    if not faces:
        return None
    # A thin face is no regular one, however near; of two as near the first file counts.
    return min(faces, key=lambda found: (abs(found.weight - wanted), found.face.bold != bold)).face


@lru_cache(maxsize=8)
def _has_chinese(face: Face) -> bool:
    try:
        with quiet_fonttools(), open_face(face) as font:
            return {ord(char) for char in _PROBE} <= set(font.getBestCmap() or ())
    except BROKEN_FONT:
        return False


@lru_cache(maxsize=8)
def _chosen(override: str, *, bold: bool) -> Face:
    """Return the face of the file that the user named."""
    path = Path(override).expanduser()
    families = {family: place for place, family in enumerate((*SANS, *SERIF))}
    found = sorted(
        (entry for entry in _faces_of(path) if _has_chinese(entry.face)),
        key=lambda entry: (
            families.get(entry.face.family, len(families)),
            abs(entry.weight - _BEST_WEIGHTS[bold]),
        ),
    )
    if found:
        return found[0].face
    raise FontMissingError(
        Text(
            f"环境变量 {ENVIRONMENT} 指向的 {override} 不存在、不是字体文件、没有常用汉字，"
            "或其厂商不允许嵌入；请改为一个 .ttf、.otf 或 .ttc 中文字体的路径，或去掉该变量",
            f"the environment variable {ENVIRONMENT} names {override}, which does not exist, is no "
            "font file, lacks common Chinese characters, or may not be embedded; set it to the "
            "path of a .ttf, .otf or .ttc file with Chinese characters, or unset it",
        )
    )


@lru_cache(maxsize=1)
def _installed() -> tuple[_Found, ...]:
    """Return the large faces in the font folders of the system, ordered by path."""
    from matplotlib.font_manager import findSystemFonts

    paths = sorted({Path(name) for name in findSystemFonts()})
    return tuple(entry for path in paths if _is_large(path) for entry in _faces_of(path))


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size >= _LEAST_BYTES
    except OSError:
        return False


def _faces_of(path: Path) -> list[_Found]:
    """Return the faces of a file that have outlines and may be embedded; damaged: none."""
    from fontTools.ttLib import TTCollection
    from fontTools.ttLib import TTFont
    from fontTools.ttLib import TTLibError

    try:
        with quiet_fonttools(), path.open("rb") as file:
            collection = file.read(4) == b"ttcf"
            file.seek(0)
            fonts = TTCollection(file, lazy=True).fonts if collection else [TTFont(file, lazy=True)]
            return [
                entry
                for number, font in enumerate(fonts)
                if _is_usable(font)
                for entry in _weights(path, number, font)
            ]
    except (TTLibError, *BROKEN_FONT):
        return []


def _is_usable(font: TTFont) -> bool:
    family = font["name"].getBestFamilyName() or ""
    return (
        any(table in font for table in ("glyf", "CFF ", "CFF2"))
        and not any(table in font for table in _NO_OUTLINES)
        and not font["OS/2"].fsType & _FORBIDDEN
        and not family.lstrip(".").startswith(_STAND_INS)
    )


def _weights(path: Path, number: int, font: TTFont) -> list[_Found]:
    """Return a face as regular or bold, a variable one as both."""
    family = str(font["name"].getBestFamilyName() or path.stem)
    if "fvar" in font and any(axis.axisTag == "wght" for axis in font["fvar"].axes):
        return [
            _Found(Face(path, number, family, bold), weight)
            for bold, weight in _BEST_WEIGHTS.items()
        ]
    weight = int(font["OS/2"].usWeightClass)
    return [_Found(Face(path, number, family, weight >= _BOLD_FROM), weight)]


def _signs(*, bold: bool) -> Face:
    from matplotlib import get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Face(Path(get_data_path(), "fonts", "ttf", name), 0, "DejaVu Sans", bold)
