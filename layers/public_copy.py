"""Public copies: the sentence by which they are known, and the grid of their places."""

from __future__ import annotations

from layers.errors import Text

PUBLIC_GRID = 1e-4
"""What a public copy shows of places, degrees: about 10 m."""

COARSE = Text(
    "公开版：坐标取整到 0.0001 度（约 10 米），内部字段未导出；企业数不足三家的，该数与相应面积、"
    "人数留空",
    "Public copy: coordinates are rounded to 0.0001 degrees (about 10 m), internal fields are"
    " left out; counts of fewer than three firms, and their areas and employees, are blank",
)
"""Stands in every public copy that has room for notes."""

# The part of the sentence that no longer or shorter edition of it would lose.
_MARKS = tuple(
    mark.encode() for mark in ("公开版：坐标取整到", "Public copy: coordinates are rounded to")
)
LONGEST_MARK = max(map(len, _MARKS))


def tells_public(data: bytes) -> bool:
    """Tell whether text in UTF-8 holds the sentence of a public copy."""
    return any(mark in data for mark in _MARKS)
