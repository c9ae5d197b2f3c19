"""Secrets of the settings: given in the file, in a file of their own or by the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.team.reading import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from layers.team.reading import Table


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret that shows itself only to whoever asks for :attr:`value`.

    Attributes
    ----------
    value
        The secret.
    files
        The file that holds it, if it has one of its own.
    """

    value: str
    files: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        """Return stars, so that no log and no error shows it."""
        return "Secret(***)"


def secret_of(table: Table, key: str, *, shortest: int = 1) -> Secret:
    """Return the secret of a table: `key`, `key`_file or `key`_env, one of them.

    Parameters
    ----------
    table
        The table of the settings.
    key
        Name of the secret.
    shortest
        How many characters it must have.

    Raises
    ------
    TeamError
        If it is missing, given twice, too short, or its file cannot be read.
    """
    ways = (key, f"{key}_file", f"{key}_env")
    given = [way for way in ways if table.has(way)]
    if len(given) != 1:
        names = ", ".join(ways)
        raise table.error(key, f"请填写且只填写其中一项：{names}", f"give one of {names}")
    asked = table.text(given[0])
    for way in ways:
        table.text(way, "")  # all three are known names
    value = asked
    files: tuple[Path, ...] = ()
    if given[0].endswith("_file"):
        files = (table.path.parent / asked,)
        try:
            value = read_bytes(files[0]).decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise table.error(given[0], "该文件不是文本", "that file is no text") from error
    elif given[0].endswith("_env"):
        value = os.environ.get(asked, "")
    if len(value) < shortest:
        zh, en = f"至少应有 {shortest} 个字符", f"must have {shortest} characters at least"
        raise table.error(given[0], zh, en)
    return Secret(value, files)
