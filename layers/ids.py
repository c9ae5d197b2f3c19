"""Ids that somebody asked for and that are not there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR, _LISTED = 3, 10


def strangers(wanted: Sequence[str], known: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the ids that nothing has, and known ones to offer instead.

    Parameters
    ----------
    wanted, known
        The ids.

    Returns
    -------
    tuple
        The unknown ids, once each, and those that are close to the first of them; the
        first few known ones if none is close. Both are empty if every id is known.
    """
    there = set(known)
    unknown = [name for name in dict.fromkeys(wanted) if name not in there]
    if not unknown:
        return [], []
    close = difflib.get_close_matches(unknown[0], known, n=_NEAR)
    return unknown, close or list(known[:_LISTED])
