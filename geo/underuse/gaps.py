"""Why a cell is empty, as the register says: 未报, 不适用, 保密不提供, 疑错."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "未报": "not_reported",
        "空": "not_reported",
        "not_reported": "not_reported",
        "不适用": "not_applicable",
        "not_applicable": "not_applicable",
        "保密不提供": "withheld",
        "保密": "withheld",
        "withheld": "withheld",
        "疑错": "doubtful",
        "存疑": "doubtful",
        "doubtful": "doubtful",
    }
)
"""What planners write, and the state that it means."""

_PARTS = re.compile(r"[;；\n]+")
_SIDES = re.compile(r"\s*[=＝:：]\s*")


class Gaps(NamedTuple):
    """What a text about gaps says.

    Attributes
    ----------
    states
        State by name of the field.
    unread
        Parts that are not understood, as they were written.
    """

    states: dict[str, str]
    unread: tuple[str, ...]


def parse_gaps(text: object, titles: Mapping[str, str] | None = None) -> Gaps:
    """Read the column ``gaps`` of a carrier.

    Parameters
    ----------
    text
        ``field=reason`` joined by ``;``; anything but text says nothing.
    titles
        Name of the field by its title, so that people may write titles; what is
        neither a title nor a name in it is then not understood. Without it every name is
        taken.

    Returns
    -------
    Gaps
        Nothing is dropped: what is not understood, or says something else of a field
        than an earlier part, is returned as it was written.
    """
    if not isinstance(text, str):
        return Gaps({}, ())
    states: dict[str, str] = {}
    unread = []
    for part in (piece.strip() for piece in _PARTS.split(text)):
        if not part:
            continue
        title, word = (*_SIDES.split(part, maxsplit=1), "")[:2]
        name = _name(title, titles)
        state = WORDS.get(word)
        if state is None or not name or states.get(name, state) != state:
            unread.append(part)
        else:
            states[name] = state
    return Gaps(states, tuple(unread))


def _name(title: str, titles: Mapping[str, str] | None) -> str:
    if titles is None or title in titles.values():
        return title
    return titles.get(title, "")
