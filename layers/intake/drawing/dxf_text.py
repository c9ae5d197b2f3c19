"""In which encoding the words of a drawing are, and the drawing as text.

The header of a drawing names a code page, but programs write one and mean another.
What the bytes say is believed first; the header decides where they leave a choice.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.intake.drawing.dxf_bytes import tags_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.intake.drawing.dxf_bytes import Survey
    from layers.intake.drawing.dxf_bytes import Tag
    from layers.intake.source import Request
    from layers.issues import Issue

UTF8 = "utf-8"
_CHINESE = "gb18030"
_UTF8_SINCE = "AC1021"

# Code pages with several bytes a character; GB18030 contains GBK and GB2312.
_PAGES: Mapping[str, str] = {
    "936": _CHINESE,
    "54936": _CHINESE,
    "GB2312": _CHINESE,
    "GBK": _CHINESE,
    "GB18030": _CHINESE,
    "950": "cp950",
    "BIG5": "cp950",
    "932": "cp932",
    "949": "cp949",
    "65001": UTF8,
    "UTF8": UTF8,
}
_LATIN = "cp1252"

# A few broken texts do not refute an encoding: damage, or pieces of cut characters.
_BROKEN_SHARE = 0.1
# Chinese, and the signs written with it, are above; two-byte words of GBK that happen
# to be UTF-8 come out as Greek, Cyrillic or Arabic below.
_FIRST_OF_CHINESE = "\u2000"
_VARIABLE = 9
_KEPT = (b"$ACADVER", b"$HANDSEED")
_END = "0\nENDSEC\n0\nEOF\n"
# A character by its number, or by its bytes in a code page.
_ESCAPES = re.compile(r"\\U\+([0-9A-Fa-f]{4})|\\M\+([1-5])([0-9A-Fa-f]{4})")
_ESCAPED_PAGES: Mapping[str, str] = {
    "1": "cp932",
    "2": "cp950",
    "3": "cp949",
    "4": "johab",
    "5": _CHINESE,
}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Words:
    """How the texts of a drawing are written.

    Attributes
    ----------
    encoding
        Name of the encoding for Python; empty if all is plain ASCII.
    issues
        What was assumed.
    """

    encoding: str
    issues: tuple[Issue, ...] = ()


def words_of(found: Survey, request: Request) -> Words:
    """Decide in which encoding the texts of a drawing are.

    The order is: the encoding asked for, UTF-8, the code page of the header if it is
    one of several bytes, GB18030, the other code page of the header; the first in
    which at least nine texts of ten can be read.

    Raises
    ------
    IntakeError
        If an encoding is asked for that does not exist or that the texts are not in.
    """
    texts = found.texts
    if not texts:
        return Words("")
    declared = _declared(found)
    chosen = _first(texts, declared) if request.encoding is None else _asked(request, texts)
    issues = []
    sample = _sample(texts, chosen)
    if request.encoding is None and chosen != declared:
        header = f"{found.page or '—'} {found.version}".strip()
        issues.append(
            request.issue("cad_encoding_assumed", value=sample, header=header, encoding=chosen)
        )
    if broken := _broken(texts, chosen):
        issues.append(
            request.issue("cad_text_damaged", value=sample, count=broken, encoding=chosen)
        )
    return Words(chosen, tuple(issues))


def _declared(found: Survey) -> str:
    """Return the encoding that the header means; every drawing since 2007 is in UTF-8."""
    if found.version >= _UTF8_SINCE:
        return UTF8
    page = found.page.upper().removeprefix("ANSI_").replace("-", "").replace("DOS", "")
    if page in _PAGES:
        return _PAGES[page]
    try:
        return codecs.lookup(f"cp{page}").name
    except LookupError:
        return _LATIN


def _asked(request: Request, texts: Collection[bytes]) -> str:
    name = request.encoding or ""
    try:
        codecs.lookup(name)
        bad = _broken(texts, name)
    except LookupError as error:
        request.refuse(
            f"不认识的编码“{name}”；可用 utf-8、gb18030",
            f"unknown encoding '{name}'; use utf-8 or gb18030",
            error,
        )
    if bad > _BROKEN_SHARE * len(texts):
        request.refuse(
            f"{len(texts)} 处文字中有 {bad} 处不是 {name} 文字；请不指明编码，或换一种",
            f"{bad} of its {len(texts)} texts are not {name}; name no encoding, or another",
        )
    return name


def _first(texts: Collection[bytes], declared: str) -> str:
    several = declared in _PAGES.values()
    order = (UTF8, *((declared, _CHINESE) if several else (_CHINESE, declared)))
    tolerated = _BROKEN_SHARE * len(texts)
    for name in order:
        if _broken(texts, name) <= tolerated and not (
            name == UTF8 and several and declared != UTF8 and not _looks_chinese(texts)
        ):
            return name
    return _LATIN


def _looks_chinese(texts: Collection[bytes]) -> bool:
    return any(max(text.decode(UTF8, "ignore"), default="") > _FIRST_OF_CHINESE for text in texts)


def _broken(texts: Collection[bytes], encoding: str) -> int:
    return sum(not _readable(text, encoding) for text in texts)


def _readable(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except (UnicodeError, ValueError):
        return False
    return True


def _sample(texts: Collection[bytes], encoding: str) -> str:
    return tidy(min(texts, key=lambda text: (len(text), text)).decode(encoding, "replace"))


def tidy(text: str) -> str:
    """Return a text that can be stored: no control characters, no halves of characters."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub(" ", whole).strip()


def readable(data: bytes, encoding: str, *, whole: bool) -> str:
    """Return a drawing as text with all its characters, escaped ones too.

    A file that is not `whole` gets an end, so that what is there of its last section
    counts.
    """
    out = io.StringIO()
    for code, value in _without_variables(tags_of(data)):
        text = value.decode(encoding, "replace")
        if _ESCAPES.search(text):
            # An escaped line break would begin a tag of its own.
            text = tidy(_ESCAPES.sub(_unescaped, text))
        out.write(f"{code}\n{text}\n")
    if not whole:
        out.write(_END)
    return out.getvalue()


def _unescaped(found: re.Match[str]) -> str:
    unit, page, character = found.groups()
    if unit:
        return chr(int(unit, 16))
    return bytes.fromhex(character).decode(_ESCAPED_PAGES[page], "replace")


def escaped(text: str) -> bytes:
    r"""Return a text in ASCII, with other characters as ``\U+XXXX``.

    That is how drawings write what their code page does not have; with it, no reader
    needs to know the encoding.
    """
    return _NOT_ASCII.sub(lambda found: _units(found.group()), text).encode("ascii")


def _without_variables(tags: Iterator[Tag]) -> Iterator[Tag]:
    """Leave out what the header says, but for the version.

    There are hundreds of settings, none is needed, and one that is damaged would be
    enough for the drawing not to be read.
    """
    kept, in_header, opening = True, False, False
    for code, value in tags:
        if code == 0:
            kept, in_header, opening = True, False, value.strip() == b"SECTION"
        elif opening:
            in_header, opening = value.strip() == b"HEADER", False
        elif in_header and code == _VARIABLE:
            kept = value.strip() in _KEPT
        if kept:
            yield code, value


def _units(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\U+{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))
