"""Free ids for new features."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.catalogue import LayerSpec
    from layers.editing.tables import Frame

DRAWN = "NEW"
"""Prefix of drawn features where a layer has no prefix of its own."""

_STYLE = re.compile(r"([A-Za-z]+)([0-9]+)")
_DIGITS = 2


def next_id(frame: Frame, spec: LayerSpec, taken: Iterable[str] = ()) -> str:
    """Propose the id of a new feature.

    If all ids of the layer begin with the same letters (``Z01`` … ``Z10``) the
    next number follows (``Z11``). Where the letters tell classes apart, as those
    of the parks do, none of them is guessed and the prefix is :data:`DRAWN`.

    Parameters
    ----------
    frame
        Frame of the layer.
    spec
        The layer.
    taken
        Further ids not to propose, for instance of features that were deleted
        in this session: an id that comes back would look like the old feature.

    Returns
    -------
    str
        The same for the same ids, whatever their order.
    """
    ids = [*frame[spec.id_field].dropna(), *taken]
    found = [match.groups() for key in ids if (match := _STYLE.match(key))]
    prefixes = {letters for letters, _ in found}
    prefix = prefixes.pop() if len(prefixes) == 1 else DRAWN
    numbers = [digits for letters, digits in found if letters == prefix]
    width = max((len(digits) for digits in numbers), default=_DIGITS)
    latest = max((int(digits) for digits in numbers), default=0)
    return f"{prefix}{latest + 1:0{width}d}"
