"""Ids that somebody asked for and that are not there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR, _LISTED = 3, 10


def strangers(wanted: Sequence[str], known: Sequence[str]) -> tuple[list[str], Text]:
    """Return the ids that nothing has, and what to say of known ones.

    Parameters
    ----------
    wanted, known
        The ids.

    Returns
    -------
    tuple
        The unknown ids, once each, and the end of a sentence that names those that are
        close to the first of them, or the first few there are if none is close. Both are
        empty if every id is known.
    """
    there = set(known)
    unknown = [name for name in dict.fromkeys(wanted) if name not in there]
    if not unknown:
        return [], Text("", "")
    close = ", ".join(difflib.get_close_matches(unknown[0], known, n=_NEAR))
    if close:
        return unknown, Text(f"；相近的有：{close}", f"; close ones: {close}")
    return unknown, _some_of(known)


def _some_of(known: Sequence[str]) -> Text:
    if not known:
        return Text("", "")
    some = ", ".join(known[:_LISTED])
    more = len(known) - _LISTED
    if more > 0:
        return Text(f"；现有：{some} 等 {len(known)} 个", f"; there are: {some} and {more} more")
    return Text(f"；现有：{some}", f"; there are: {some}")
