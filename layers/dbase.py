"""Field names as the tables of Shapefiles hold them: ten bytes, not ten characters."""

from __future__ import annotations

MOST_BYTES = 10
"""Length of a field name in dBASE; five Chinese characters in GBK, three in UTF-8."""


def cut_name(name: str, encoding: str = "gbk", most: int = MOST_BYTES) -> str:
    """Return the longest beginning of `name` that has at most `most` bytes.

    Parameters
    ----------
    name
        Any text; no character is cut apart.
    encoding
        Encoding of the table.
    most
        Bytes.
    """
    while len(name.encode(encoding, "replace")) > most:
        name = name[:-1]
    return name
