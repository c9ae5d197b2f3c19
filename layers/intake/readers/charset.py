"""In which encoding bytes are that come without a reliable word about it.

Tables of Shapefiles and MapInfo files hold bytes. The order is: the user's word,
what the file says about itself, strict UTF-8, GB18030. A word of the file that
cannot be true is not followed, and that is said. Fields have fixed widths in
bytes, so the last character of a value may be cut in the middle; the rest of it
is dropped.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.intake.source import Request
    from layers.issues import Issue

_UTF8 = "utf-8"
_SHOWN = 20
# GB18030 contains GBK and GB2312, and decodes what programs for those wrote.
_CHINESE = "gb18030"
_NUMBERED = re.compile(r"(?:ansi|oem|cp|windows|ibm|ms)?[\s_-]*([0-9]{3,5})", re.IGNORECASE)
_PAGES: Mapping[str, str] = {"65001": _UTF8, "936": _CHINESE, "54936": _CHINESE, "20936": _CHINESE}
_ALIASES: Mapping[str, str] = {
    "gbk": _CHINESE,
    "gb2312": _CHINESE,
    "gb_2312-80": _CHINESE,
    "gb18030": _CHINESE,
    "x-gbk": _CHINESE,
    "windowssimpchinese": _CHINESE,
    "windowstradchinese": "cp950",
    "windowslatin1": "cp1252",
    "88591": "latin-1",
    "8859_1": "latin-1",
}
_FAMILIES = ("utf-8", "gb", "big5", "cp", "iso8859", "euc", "shift", "mac", "koi", "ascii")

# Every byte is a letter in these, so that they fit anything and prove nothing.
_WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "cp437", "cp850", "mac-roman", "ascii"})
# To read as one of these, every letter beyond ASCII must be part of a Chinese character.
_PROOFS = (_UTF8, "gb2312")

_LABELS: Mapping[str, str] = {_UTF8: "UTF-8", _CHINESE: "GB18030"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says about its encoding.

    Attributes
    ----------
    codec
        A codec of Python.
    source
        Where the file says so.
    """

    codec: str
    source: Text


@dataclass(slots=True)
class Samples:
    """Bytes that are text, ASCII left out.

    Attributes
    ----------
    whole
        Values that end where they were meant to end.
    cut
        Values that fill their field, so that the last character may be cut.
    """

    whole: set[bytes] = field(default_factory=set)
    cut: set[bytes] = field(default_factory=set)

    def add(self, values: Iterable[bytes], width: int) -> None:
        """Add values of a field that is `width` bytes wide."""
        for value in values:
            if not value.isascii():
                (self.cut if len(value) >= width else self.whole).add(value)

    def fit(self, codec: str) -> bool:
        """Tell whether all values are text in that encoding."""
        try:
            for value in self.whole:
                value.decode(codec)
            for value in self.cut:
                _start(value, codec)
        except UnicodeDecodeError:
            return False
        return True

    def broken(self, codec: str) -> list[bytes]:
        """Return the values that are no text in that encoding."""
        whole = (value for value in self.whole if not _readable(value, codec, cut=False))
        return [*whole, *(value for value in self.cut if not _readable(value, codec, cut=True))]

    def example(self) -> bytes:
        """Return the same value every time, for people to look at."""
        return min(self.whole or self.cut, default=b"")


@dataclass(frozen=True, slots=True)
class Decision:
    """Which encoding was decided on, and why.

    Attributes
    ----------
    codec
        A codec of Python.
    told
        The encoding and the reason, for people.
    issues
        What was assumed.
    """

    codec: str
    told: Text
    issues: tuple[Issue, ...]


def codec_of(name: str) -> str | None:
    """Return the codec that a file calls `name`, ``None`` if that is no encoding of text."""
    key = name.strip().casefold()
    match = _NUMBERED.fullmatch(key)
    if match and match[1] in _PAGES:
        return _PAGES[match[1]]
    known = _ALIASES.get(re.sub(r"^iso[\s_-]*", "", key), _ALIASES.get(key))
    try:
        found = codecs.lookup(known or (f"cp{match[1]}" if match else key)).name
    except (LookupError, ValueError):
        return None
    return found if found.startswith(_FAMILIES) else None


def label(codec: str) -> str:
    """Return the name of a codec as people know it."""
    return _LABELS.get(codec, codec)


def decide(samples: Samples, claims: Sequence[Claim], request: Request) -> Decision:
    """Return in which encoding all of the bytes are.

    Parameters
    ----------
    samples
        The bytes.
    claims
        What the file says, the most trusted first.
    request
        Names the file; its encoding wins over everything.

    Raises
    ------
    IntakeError
        If the encoding asked for is not known, or the bytes are not in it.
    """
    if request.encoding:
        return _asked(samples, request)
    if not (samples.whole or samples.cut):
        return Decision(_UTF8, Text("只有英文字符", "ASCII only"), ())
    issues: list[Issue] = []
    for claim in claims:
        better = _contradiction(samples, claim)
        if not better:
            return _claimed(samples, claim, [*issues], request)
        issues.append(
            request.issue(
                "encoding_claim_wrong",
                source_zh=claim.source.zh,
                source_en=claim.source.en,
                claimed=label(claim.codec),
            )
        )
    return _assumed(samples, issues, request, claims)


def _asked(samples: Samples, request: Request) -> Decision:
    codec = codec_of(request.encoding or "")
    if codec is None:
        request.refuse(
            f"不认识的编码“{request.encoding}”；可用 utf-8、gb18030",
            f"unknown encoding '{request.encoding}'; use utf-8 or gb18030",
        )
    if not samples.fit(codec):
        request.refuse(
            f"其中的文字不是 {request.encoding}；请改用其他编码，或不指明编码",
            f"its text is not {request.encoding}; name another encoding, or none",
        )
    name = label(codec)
    return Decision(codec, Text(f"{name}（按您的指定）", f"{name} (as you said)"), ())


def _contradiction(samples: Samples, claim: Claim) -> bool:
    if not samples.fit(claim.codec):
        return True
    western = codecs.lookup(claim.codec).name in _WESTERN
    return western and any(samples.fit(proof) for proof in _PROOFS)


def _claimed(samples: Samples, claim: Claim, issues: list[Issue], request: Request) -> Decision:
    name = label(claim.codec)
    if claim.codec != _UTF8 and samples.fit(_UTF8):
        example = samples.example()
        issues.append(
            request.issue(
                "encoding_ambiguous",
                value=_start(example, claim.codec)[:_SHOWN],
                encoding=name,
                other=_start(example, _UTF8)[:_SHOWN],
                source_zh=claim.source.zh,
                source_en=claim.source.en,
            )
        )
    told = Text(f"{name}（{claim.source.zh}写明）", f"{name} (named by {claim.source.en})")
    return Decision(claim.codec, told, tuple(issues))


def _assumed(
    samples: Samples, issues: list[Issue], request: Request, claims: Sequence[Claim]
) -> Decision:
    why = (
        Text("所写编码不符", "what it names is wrong")
        if claims
        else Text("文件没有写明", "the file names none")
    )
    if samples.fit(_UTF8):
        told = Text(f"UTF-8（{why.zh}，逐字核对相符）", f"UTF-8 ({why.en}, every letter fits)")
        return Decision(_UTF8, told, tuple(issues))
    if samples.fit(_CHINESE):
        issues.append(request.issue("encoding_assumed", encoding="GB18030"))
        told = Text(f"GB18030（{why.zh}，不是 UTF-8）", f"GB18030 ({why.en}, it is not UTF-8)")
        return Decision(_CHINESE, told, tuple(issues))
    # A few damaged letters must not garble the rest.
    tried = [_CHINESE, _UTF8, *(claim.codec for claim in claims if claim.codec not in _WESTERN)]
    codec = min(tried, key=lambda codec: len(samples.broken(codec)))
    broken, name = samples.broken(codec), label(codec)
    issues.append(request.issue("encoding_assumed", encoding=name))
    if broken:
        example = min(broken).decode(codec, "replace")
        issues.append(request.issue("text_damaged", value=example, count=len(broken)))
    told = Text(f"{name}（{why.zh}，读不出的字最少）", f"{name} ({why.en}, it reads most)")
    return Decision(codec, told, tuple(issues))


def _start(value: bytes, codec: str) -> str:
    """Return the text without a last character of which bytes are missing."""
    return codecs.getincrementaldecoder(codec)().decode(value)


def _readable(value: bytes, codec: str, *, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(value, not cut)
    except UnicodeDecodeError:
        return False
    return True


def text_in(value: bytes, codec: str) -> tuple[str, bool]:
    """Return a value as text, and whether its last character was cut and dropped.

    Bytes that are no text become U+FFFD, which :func:`decide` has announced.
    """
    try:
        return value.decode(codec), False
    except UnicodeDecodeError:
        pass
    try:
        return _start(value, codec), True
    except UnicodeDecodeError:
        return value.decode(codec, "replace"), False
