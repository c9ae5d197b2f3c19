"""The id that an exported file carries: told apart, repeatable, and readable over a telephone."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import TYPE_CHECKING
from typing import Any

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

# Crockford's base 32: no I, L, O and U, which are misread.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS, _LENGTH, _GROUP = 5, 12, 4
_MISREAD = str.maketrans("ILO", "110")
_PRODUCT = "yangpu-atlas"


def make_export_id(
    identity: str, layers: Mapping[str, int], wish: Mapping[str, Any], who: str
) -> str:
    """Return the id of an export: the same for the same wish of the same person.

    Parameters
    ----------
    identity
        Of the workspace.
    layers
        Versions by key of the layers that the file is made from.
    wish
        What else decides what is in the file: kind, format, audience, CRS, language and
        parameters; plain data.
    who
        Id of the person, else his name.

    Returns
    -------
    str
        Twelve characters in groups of four, 60 bits of a SHA-256.
    """
    told = [_product(), identity, sorted(layers.items()), wish, who]
    text = json.dumps(told, sort_keys=True, default=str)
    number = int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:8], "big")
    letters = [_LETTERS[number >> _BITS * at & 31] for at in range(_LENGTH)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, _LENGTH, _GROUP))


def normal_export_id(text: str) -> str:
    """Return an id that somebody typed as a file has it: capitals, groups, I and O as 1 and 0."""
    plain = "".join(text.upper().translate(_MISREAD).replace("-", " ").split())
    return "-".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))


def export_id_text(export_id: str) -> Text:
    """Return the line with which a file carries its id."""
    return Text(f"导出编号：{export_id}", f"Export id: {export_id}")


@cache
def _product() -> str:
    try:
        return version(_PRODUCT)
    except PackageNotFoundError:
        return ""  # it runs from a folder that was not installed
