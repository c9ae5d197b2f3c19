"""What a rule made of a cell, and how the text of a cell is made plain first."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell as a rule read it.

    Attributes
    ----------
    value
        What stands in the cell from now on; ``None`` for unknown.
    codes
        Finding codes of what was assumed or converted, each once.
    """

    value: object
    codes: tuple[str, ...]


def plain(text: str) -> str:
    """Return `text` with full-width characters and the mathematical minus made plain."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def squeezed(text: str) -> str:
    """Return `text` plain, in small letters and without blanks, for looking up words."""
    return "".join(plain(text).split()).casefold()
