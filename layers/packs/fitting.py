"""How high a row must be for what stands in it.

A program that opens a workbook measures its rows again or does not, and one that prints it
without a screen does not: the heights are written with the cells.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LINE_PT = 16.5
"""Height of a line of 11 pt in which a Chinese font stands in for the Latin one."""

MOST_PT = 409.0
"""Spreadsheets have no higher row."""

# Measured in digits, as the widths of columns are; a Chinese character is 11 pt wide and a
# digit 5.25 pt, capitals are wider than digits.
_FULL, _CAPITAL, _OTHER = 2.1, 1.3, 1.0
_EDGES = 1.0
_PAD_PT = 3.0
# Lines break between words, and anywhere in Chinese.
_PIECE = re.compile(r"[^\s\u2e80-\uffef]+|[\u2e80-\uffef]|\s")


def text_width(text: str) -> float:
    """Return the width of a text of one line, in digits.

    Parameters
    ----------
    text
        The text.
    """
    return sum(_letter_width(letter) for letter in text)


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes.

    Parameters
    ----------
    text
        The text; it may have line breaks of its own.
    width
        Width of the column in digits.
    """
    room = max(width - _EDGES, _FULL)
    return sum(_wrapped(line, room) for line in text.split("\n"))


def row_height(cells: Iterable[tuple[str, float]], *, least: float = LINE_PT) -> float:
    """Return the height of a row in pt in which no text is cut.

    Parameters
    ----------
    cells
        The texts with the widths of their columns in digits.
    least
        No row is lower, pt.
    """
    lines = max((lines_of(text, width) for text, width in cells), default=1)
    return min(max(lines * LINE_PT + _PAD_PT, least), MOST_PT)


def _letter_width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in {"W", "F", "A"}:
        return _FULL
    return _CAPITAL if letter.isupper() else _OTHER


def _wrapped(line: str, room: float) -> int:
    lines, used = 1, 0.0
    for piece in _PIECE.findall(line):
        wide = text_width(piece)
        if used + wide <= room or (piece.isspace() and used):
            used += wide
            continue
        lines += used > 0
        # A word that is longer than a line is broken where the line ends.
        full = int(max(wide - 1e-9, 0.0) // room)
        lines += full
        used = wide - full * room
    return lines
