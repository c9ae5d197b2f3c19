"""Which district codes are believed: they become names of folders."""

from __future__ import annotations

import re

from layers.errors import Text
from layers.errors import UsageError

# Delta misreads other signs in a path; "_" alone is what belongs to no district.
_CODE = re.compile(r"[^\W_][\w-]{0,39}")
NOWHERE = "_"
"""How the folder of what belongs to no district is called."""


def is_code(text: str) -> bool:
    """Tell whether a text can be the code of a district, or is empty: of no district."""
    return not text or _CODE.fullmatch(text) is not None


def check_code(text: str, where: str) -> None:
    """Refuse a text that cannot be the code of a district.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not is_code(text):
        what = bad_code(text)
        raise UsageError(Text(f"{where}：{what.zh}", f"{where}: {what.en}"))


def bad_code(text: str) -> Text:
    """Return what is wrong with a code."""
    return Text(
        f"“{text}”不能作行政区代码：只能用字母、数字、下划线和连字符，以字母或数字开头，至多 40 位",
        f"'{text}' cannot be a district code: letters, figures, _ and -, beginning with a letter"
        " or figure, at most 40",
    )


def folder_name(code: str) -> str:
    """Return the name of the folder of a scope."""
    return code or NOWHERE


def code_of(name: str) -> str:
    """Return the scope of a folder, the inverse of :func:`folder_name`."""
    return "" if name == NOWHERE else name
