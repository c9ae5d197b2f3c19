"""Lists in one cell of a table, with any of the separators that people type."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[;；,，、|]+")


def items_of(value: object) -> tuple[str, ...]:
    """Return the items of a list in one cell.

    Parameters
    ----------
    value
        A cell; anything but a text holds no items.

    Returns
    -------
    tuple of str
        Stripped, once each, in their order; no empty ones.
    """
    if not isinstance(value, str):
        return ()
    parts = (part.strip() for part in _SEPARATORS.split(value))
    return tuple(dict.fromkeys(part for part in parts if part))
