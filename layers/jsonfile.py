"""Records of a workspace as JSON files, and how much of a foreign one is believed."""

from __future__ import annotations

import json
import shutil
import stat
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from pathlib import Path


class TooLargeError(ValueError):
    """A file, or what is to become one, is larger than it may be.

    Attributes
    ----------
    size
        How large, bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes")
        self.size = size


class NewerFormatError(ValueError):
    """A file was written by a newer program.

    Attributes
    ----------
    version
        The version of its format.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version}")
        self.version = version


def to_json(content: object, most_bytes: int) -> bytes:
    """Return a record as JSON.

    Raises
    ------
    TooLargeError
        If it has more than `most_bytes`.
    TypeError, ValueError
        If it is not plain data, or holds a number that JSON does not have.
    """
    # Plain ASCII carries any text, halves of surrogate pairs included.
    data = json.dumps(content, allow_nan=False).encode("ascii")
    if len(data) > most_bytes:
        raise TooLargeError(len(data))
    return data


def read_json(path: Path, most_bytes: int) -> Any:  # noqa: ANN401 -- whatever the file holds
    """Read a file that anybody may have written.

    Raises
    ------
    TooLargeError
        If it has more than `most_bytes`; it is not read then.
    OSError
        If it cannot be read, FileNotFoundError if there is none.
    ValueError
        If it is no file, or no JSON.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        # Reading a pipe would wait for ever.
        msg = "no file"
        raise ValueError(msg)
    if found.st_size > most_bytes:
        raise TooLargeError(found.st_size)
    try:
        return json.loads(path.read_bytes())
    except RecursionError as error:
        raise ValueError(str(error)) from error


def of_format(content: object, name: str, version: int) -> dict[str, Any]:
    """Return a record if it has the format `name` in a version up to `version`.

    Raises
    ------
    NewerFormatError
        If its version is higher.
    ValueError
        If it is something else; the message is the name of the part that is wrong.
    """
    if not isinstance(content, dict) or content.get("format") != name:
        msg = "format"
        raise ValueError(msg)
    found = content.get("version")
    if not isinstance(found, int) or found < 1:
        msg = "version"
        raise ValueError(msg)
    if found > version:
        raise NewerFormatError(found)
    return content


def claim(target: Path, name: str, data: bytes, aside: Path) -> None:
    """Write a file into a folder of its own, whose place must be free.

    Of two who claim the same place one gets an error, and a process that is killed leaves
    nothing half made at it.

    Parameters
    ----------
    target
        The folder, which nobody may have made yet.
    name
        Of the file in it.
    data
        Its content.
    aside
        A folder beside it that is free, where it is made.

    Raises
    ------
    OSError
        If the place is taken, or nothing can be written.
    """
    try:
        aside.mkdir()
        (aside / name).write_bytes(data)
        # No system renames a folder onto one that has something in it.
        aside.rename(target)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        raise
