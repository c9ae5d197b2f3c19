"""The error that a file read back is not what was written."""

from __future__ import annotations

from typing import NoReturn

from layers.errors import ExportError
from layers.errors import Text


def refuse(key: str, zh: str, en: str) -> NoReturn:
    """Raise the error that a file differs from what was to be written, and was not kept.

    Parameters
    ----------
    key
        The layer.
    zh, en
        What differs, in both languages.

    Raises
    ------
    ExportError
        Always.
    """
    raise ExportError(
        Text(
            f"回读校验未通过，文件未写出：图层“{key}”的{zh}与原数据不一致",
            f"the file read back differs and was not kept: layer '{key}', {en}",
        )
    )
