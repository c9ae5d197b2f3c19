"""Numbers as people write them into open data: storeys, and heights with their units."""

from __future__ import annotations

import re
import unicodedata

FOOT_M = 0.3048
"""The international foot, m."""
_INCHES = 12.0

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_METRES = re.compile(rf"({_NUMBER})\s*(?:m|metres?|meters?|米)?", re.IGNORECASE)
_FEET = re.compile(
    rf"({_NUMBER})\s*(?:'|′|ft|feet|foot)\s*(?:({_NUMBER})\s*(?:\"|″|in|inches)?)?", re.IGNORECASE
)
_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
_QUOTES = str.maketrans({"’": "'", "”": '"', "＇": "'", "＂": '"'})


def height_m(text: str) -> float | None:
    """Return a height in metres, ``None`` if the text is none.

    Metres without or with their unit (``12``, ``12 m``, ``12.5米``), feet and inches
    (``40'``, ``40 ft``, ``12'6"``). A decimal comma, a range or two values at once are
    not guessed at.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES)).strip()
    if found := _METRES.fullmatch(plain):
        return float(found[1])
    if found := _FEET.fullmatch(plain):
        return round((float(found[1]) + float(found[2] or 0) / _INCHES) * FOOT_M, 4)
    return None


def storeys(text: str) -> float | None:
    """Return a number of storeys, ``None`` if the text is no whole number."""
    found = _WHOLE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return float(found[1]) if found else None
