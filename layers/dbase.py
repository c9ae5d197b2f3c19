"""Field names as the tables of Shapefiles hold them: ten bytes, not ten characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def short_names(names: Sequence[str], encoding: str = "gbk") -> tuple[str, ...]:
    """Return names of at most ten bytes, no two alike; a name that would be gets a number.

    Rule of the Shapefile driver of GDAL, but on the borders of characters.

    Parameters
    ----------
    names
        Full names, in order.
    encoding
        Encoding of the table.
    """
    taken: list[str] = []
    for name in names:
        wished, number = cut_name(name, encoding), 0
        while wished in taken:
            number += 1
            wished = cut_name(name, encoding, MOST_BYTES - len(str(number))) + str(number)
        taken.append(wished)
    return tuple(taken)
