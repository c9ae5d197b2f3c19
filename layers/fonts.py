"""Small fonts for one document: the characters it shows, and no others.

A Chinese typeface has tens of thousands of glyphs in a file of 20 MB. The glyphs of one
document are drawn into two small TrueType files instead, regular and bold, which drawing
programs embed as they are and whose text can be selected and searched. Cubic outlines
become quadratic ones within a thousandth of the em (fontTools ``cu2qu``).
"""

from __future__ import annotations

import atexit
import base64
import shutil
import tempfile
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from layers.faces import BROKEN_FONT
from layers.faces import Face
from layers.faces import FontMissingError
from layers.faces import cjk_face
from layers.faces import open_face
from layers.faces import quiet_fonttools
from layers.faces import second_choices

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    from fontTools.ttLib import TTFont
    from fontTools.ttLib.tables._g_l_y_f import Glyph

__all__ = [
    "GETA",
    "Face",
    "FontMissingError",
    "TextFont",
    "cjk_face",
    "embed_in_svg",
    "fitted",
    "register",
    "text_font",
]

GETA: Final = "〓"
"""What printers set for a type they do not have."""

FAMILY: Final = "Atlas Sans"

MOST_REGISTERED: Final = 64
"""Fonts of documents that matplotlib knows at a time."""

_ALWAYS: Final = frozenset(
    {*map(chr, range(0x20, 0x7F))}
    | set(f"{GETA}，。、；：？！（）《》“”‘’【】〔〕—…·－～￥％＋±×÷°′″²³≤≥≈→←↑↓№–−㎡①②③④⑤⑥⑦⑧⑨⑩")
)
# Signs that mean the same to a reader as a plain one that every typeface has.
_EQUALS: Final[Mapping[str, str]] = {
    "\u2212": "-",
    "\u2010": "-",
    "\u2011": "-",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\t": " ",
}
_LINE_ENDS: Final = "\n\r"
_EM: Final = 1000
# Half a per mille of the em: 0.002 mm in type of 10 pt.
_LARGEST_ERROR: Final = 0.5
_EMPTY_WIDTH: Final = 500
_STYLES: Final = {False: "Regular", True: "Bold"}
_WEIGHTS: Final = {False: 400, True: 700}
_KEPT_NAMES: Final = {"copyright": 0, "licenseDescription": 13, "licenseInfoURL": 14}
# 1970-01-01 in seconds since 1904, as the format counts: a time, but no time of making.
_NO_TIME: Final = 2_082_844_800
_STYLE_TAG: Final = '<style type="text/css">'

# An opened face reads its file when glyphs are asked for, which two threads must not do at once.
_reading = Lock()
_registering = Lock()
_registered: OrderedDict[str, None] = OrderedDict()


@dataclass(frozen=True, slots=True)
class TextFont:
    """Two small font files with the characters of one document.

    Attributes
    ----------
    family
        The name to draw with. It ends in a mark of the contents, so that two documents
        drawn at the same time never get each other's characters.
    regular, bold
        The TrueType files.
    missing
        Characters that no face of this computer has; see :func:`fitted`.
    """

    family: str
    regular: Path
    bold: Path
    missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Source:
    """An opened face: its characters, and the outlines that were drawn from it so far."""

    font: TTFont
    characters: Mapping[int, str]
    glyphs: Any  # fontTools' glyph set, which has no public type
    cubic: bool
    drawn: dict[str, tuple[Glyph, int]]

    @property
    def scale(self) -> float:
        return float(_EM / self.font["head"].unitsPerEm)

    def outline(self, name: str) -> tuple[Glyph, int]:
        """Return a glyph with quadratic curves at 1000 units an em, and its advance width."""
        # The sheets of an atlas show the same characters again and again.
        if name not in self.drawn:
            self.drawn[name] = _outline(self, name)
        return self.drawn[name]

    def has(self, char: str) -> bool:
        """Tell whether the face shows a character: a blank glyph is only right for a space."""
        name = self.characters.get(ord(char))
        if name is None:
            return False
        return self.outline(name)[0].numberOfContours > 0 or char.isspace()


def text_font(text: Iterable[str], folder: Path) -> TextFont:
    """Make the small fonts for the characters of a document.

    The best face of :func:`cjk_face` gives the glyphs; a character that it lacks is taken
    from another face of the computer. Equal text on the same computer gives equal bytes.

    Parameters
    ----------
    text
        Every text that will be drawn, in any order.
    folder
        Where the two files are written; made if missing.

    Returns
    -------
    TextFont
        The fonts, with ASCII and the common Chinese punctuation besides `text`.

    Raises
    ------
    FontMissingError
        If the computer has no face with Chinese characters.
    """
    wanted = sorted(_ALWAYS.union(*(_drawn(part) for part in text)))
    made: dict[bool, tuple[bytes, set[str]]] = {}
    with _reading, quiet_fonttools():
        for bold in (False, True):
            made[bold] = _small_font(wanted, cjk_face(bold=bold), bold=bold)
    mark = sha256(made[False][0] + made[True][0]).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    paths = {bold: folder / f"atlas-sans-{_STYLES[bold].lower()}-{mark}.ttf" for bold in made}
    for bold, path in paths.items():
        path.write_bytes(made[bold][0])
    missing = {char for char in made[False][1] | made[True][1] if char not in _EQUALS}
    return TextFont(f"{FAMILY} {mark}", paths[False], paths[True], frozenset(missing))


def fitted(text: str, font: TextFont) -> str:
    """Return `text` with nothing in it that `font` would draw as a box.

    Joiners, marks of direction and variation selectors, which have no shape of their own,
    are left out; a sign that looks like a plain one becomes that; any other character
    without a glyph becomes 〓.
    """
    known = _characters(font.regular) & _characters(font.bold)
    geta = GETA if GETA in known else "?"
    return "".join(
        char
        if char in _LINE_ENDS or char in known
        else ""
        if _is_shapeless(char)
        else _EQUALS.get(char, geta)
        for char in text
    )


def register(font: TextFont) -> None:
    """Make matplotlib draw with `font` under ``font.family`` while this process runs.

    Matplotlib's list of fonts on the disk is not written, and the files of `font` may go:
    it reads copies of them. Only the last :data:`MOST_REGISTERED` fonts stay known.
    """
    from matplotlib.font_manager import FontEntry
    from matplotlib.font_manager import fontManager

    with _registering:
        _registered.pop(font.family, None)
        _registered[font.family] = None
        while len(_registered) > MOST_REGISTERED:
            _registered.popitem(last=False)
        # The same document may be drawn twice at once: its first drawing keeps its files.
        copies = {bold: _copy(path) for bold, path in ((False, font.regular), (True, font.bold))}
        fontManager.ttflist = [entry for entry in fontManager.ttflist if not _is_over(entry.name)]
        if any(entry.name == font.family for entry in fontManager.ttflist):
            return
        for bold, path in copies.items():
            # It also forgets what was looked up before; only the name is not the one in the file.
            fontManager.addfont(path)
            fontManager.ttflist[-1] = FontEntry(
                fname=str(path),
                name=font.family,
                style="normal",
                variant="normal",
                weight=_WEIGHTS[bold],
                stretch="normal",
                size="scalable",
            )


def embed_in_svg(path: Path, font: TextFont) -> None:
    """Put the two small fonts into an SVG that matplotlib wrote with ``svg.fonttype='none'``.

    Raises
    ------
    ValueError
        If the file has no style element to put them into.
    """
    text = path.read_text(encoding="utf-8")
    if _STYLE_TAG not in text:
        message = f"`path` {path} has no style element; it must be an SVG of matplotlib"
        raise ValueError(message)
    faces = "".join(
        f"@font-face{{font-family:'{font.family}';font-weight:{_WEIGHTS[bold]};font-style:normal;"
        f"src:url(data:font/ttf;base64,{base64.b64encode(file.read_bytes()).decode('ascii')}) "
        "format('truetype');}\n"
        for bold, file in ((False, font.regular), (True, font.bold))
    )
    path.write_text(text.replace(_STYLE_TAG, _STYLE_TAG + faces, 1), encoding="utf-8", newline="\n")


def _drawn(text: str) -> set[str]:
    """Return the characters of a text that need a glyph."""
    return {char for char in text if char not in _LINE_ENDS and not _is_shapeless(char)}


def _is_shapeless(char: str) -> bool:
    """Tell whether a character only steers others: it must be drawn as nothing."""
    if char in _EQUALS:
        return False
    return unicodedata.category(char) in {"Cc", "Cf"} or unicodedata.name(char, "").startswith(
        "VARIATION SELECTOR"
    )


def _is_over(family: str) -> bool:
    """Tell whether a family of matplotlib is the small font of a document of long ago."""
    return family.startswith(FAMILY) and family not in _registered


def _copy(path: Path) -> Path:
    """Return a copy of a small font that stays as long as this process runs."""
    copy = _lasting() / path.name
    if not copy.exists():
        copy.write_bytes(path.read_bytes())
    return copy


@lru_cache(maxsize=1)
def _lasting() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="atlas-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=64)
def _characters(path: Path) -> frozenset[str]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


@lru_cache(maxsize=8)
def _opened(face: Face) -> _Source:
    font = open_face(face)
    weight = {"wght": _WEIGHTS[face.bold]} if "fvar" in font else None
    glyphs = font.getGlyphSet(location=weight)
    return _Source(font, font.getBestCmap() or {}, glyphs, "glyf" not in font, {})


def _small_font(wanted: list[str], face: Face, *, bold: bool) -> tuple[bytes, set[str]]:
    """Return a TrueType file with the wanted characters, and those that nobody has."""
    first = _opened(face)
    others = iter(second_choices(face))
    left = {char for char in wanted if not first.has(char)}
    chosen = {char: first for char in wanted if char not in left}
    while left and (other := next(others, None)) is not None:
        try:
            source = _opened(other)
            found = {char: source for char in left if source.has(char)}
        except BROKEN_FONT:
            continue
        chosen |= found
        left -= found.keys()
    return _built({char: chosen[char] for char in wanted if char in chosen}, first, bold=bold), left


def _outline(source: _Source, name: str) -> tuple[Glyph, int]:
    """Return a glyph with quadratic curves at 1000 units an em, and its advance width."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    recorded = DecomposingRecordingPen(source.glyphs)
    source.glyphs[name].draw(recorded)
    made = TTGlyphPen(None)
    # Outer contours run the other way round in the two kinds of outlines.
    curves = Cu2QuPen(made, _LARGEST_ERROR, reverse_direction=source.cubic)
    recorded.replay(TransformPen(curves, (source.scale, 0, 0, source.scale, 0, 0)))
    return made.glyph(), round(source.glyphs[name].width * source.scale)


def _built(chosen: Mapping[str, _Source], first: _Source, *, bold: bool) -> bytes:
    """Return the file of a font from the outlines of its characters."""
    from io import BytesIO

    from fontTools.fontBuilder import FontBuilder
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    glyphs: dict[str, Glyph] = {".notdef": Glyph()}
    widths = {".notdef": _EMPTY_WIDTH}
    names = {ord(char): f"u{ord(char):04X}" for char in chosen}
    for char, source in chosen.items():
        name = names[ord(char)]
        glyphs[name], widths[name] = source.outline(source.characters[ord(char)])
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(names)
    builder.setupGlyf(glyphs)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {name: (width, getattr(table[name], "xMin", 0)) for name, width in widths.items()}
    )
    _describe(builder, first, bold=bold)
    out = BytesIO()
    builder.font.recalcTimestamp = False
    builder.save(out)
    return out.getvalue()


def _describe(builder: Any, first: _Source, *, bold: bool) -> None:  # noqa: ANN401 - untyped library
    """Set line metrics, names and the maker's notices; no time of making."""
    line = first.font["hhea"]
    up, down = round(line.ascent * first.scale), round(line.descent * first.scale)
    style = _STYLES[bold]
    builder.setupHorizontalHeader(ascent=up, descent=down)
    builder.setupNameTable(
        {
            **{key: _kept_name(first.font, number) for key, number in _KEPT_NAMES.items()},
            "familyName": FAMILY,
            "styleName": style,
            "uniqueFontIdentifier": f"{FAMILY} {style}",
            "fullName": f"{FAMILY} {style}",
            "version": "Version 1.000",
            "psName": f"{FAMILY.replace(' ', '')}-{style}",
        },
        mac=False,
    )
    builder.setupOS2(
        sTypoAscender=up,
        sTypoDescender=down,
        usWinAscent=max(up, 0),
        usWinDescent=max(-down, 0),
        usWeightClass=_WEIGHTS[bold],
        fsType=first.font["OS/2"].fsType,
        fsSelection=0x20 if bold else 0x40,
    )
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(macStyle=int(bold), created=_NO_TIME, modified=_NO_TIME)


def _kept_name(font: TTFont, number: int) -> str:
    return str(font["name"].getDebugName(number) or "")
