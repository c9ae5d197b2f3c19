"""What the last batches found in a city: a table and notes for each command."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pyarrow as pa

from layers.jsonfile import of_format
from layers.jsonfile import read_json
from layers.jsonfile import to_json
from layers.refusals import damaged
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FOLDER = "summaries"
_FORMAT = "atlas-summary"
_VERSION = 1
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST_BYTES = 64 * 1024**2
_TRIES = 3
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException)


def read_summary(city: Path, name: str) -> pd.DataFrame | None:
    """Return what the last batch of a command found, one row a district.

    Parameters
    ----------
    city
        Folder of the city.
    name
        The command.

    Returns
    -------
    DataFrame or None
        None if there was no batch.

    Raises
    ------
    ValueError
        If `name` is no name of a command.
    WorkspaceError
        If it is damaged.
    """
    for attempt in range(_TRIES):
        about = _about(city, name)
        if about is None:
            return None
        try:
            return pd.read_parquet(city / _FOLDER / _file_of(name, about))
        except FileNotFoundError as error:
            # A batch may have put a newer one in its place in this moment.
            if attempt == _TRIES - 1:
                raise damaged(city, f"{_FOLDER}/{name}", error) from error
        except _DAMAGED as error:
            raise damaged(city, f"{_FOLDER}/{name}", error) from error
    return None


def read_notes(city: Path, name: str) -> dict[str, Any]:
    """Return what the last batch of a command says of itself; empty if there was none.

    Parameters
    ----------
    city
        Folder of the city.
    name
        The command.

    Raises
    ------
    ValueError
        If `name` is no name of a command.
    WorkspaceError
        If it is damaged.
    """
    about = _about(city, name)
    return {} if about is None else dict(about["notes"])


def write_summary(city: Path, name: str, frame: pd.DataFrame, notes: Mapping[str, Any]) -> None:
    """Keep what a batch found; table and notes take the place of the last in one step.

    Parameters
    ----------
    city
        Folder of the city.
    name
        The command.
    frame
        ``district_code`` and numbers, one row a district.
    notes
        Plain data: when, by which rule, with which parameters.

    Raises
    ------
    ValueError
        If `name` is no name of a command, or `notes` is no plain data.
    WorkspaceError
        If it cannot be written.
    """
    folder, file = city / _FOLDER, f"{_checked(name)}-{uuid.uuid4().hex}.parquet"
    content = {"format": _FORMAT, "version": _VERSION, "file": file, "notes": dict(notes)}
    data = to_json(content, _MOST_BYTES)
    old = set(folder.glob(f"{name}-*.parquet"))
    try:
        folder.mkdir(exist_ok=True)
        frame.to_parquet(folder / file, index=False)
        write_aside(folder, f"{name}.json", data)
        for path in old:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(city, error) from error


def write_aside(folder: Path, name: str, data: bytes) -> None:
    """Write a small file beside its place and move it there in one step.

    Parameters
    ----------
    folder, name
        Its place.
    data
        What it holds.

    Raises
    ------
    WorkspaceError
        If it cannot be written.
    """
    aside = folder / f".{name}-{uuid.uuid4().hex}"
    try:
        aside.write_bytes(data)
        aside.replace(folder / name)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise unwritable(folder, error) from error


def _about(city: Path, name: str) -> dict[str, Any] | None:
    file = f"{_checked(name)}.json"
    try:
        found = of_format(read_json(city / _FOLDER / file, _MOST_BYTES), _FORMAT, _VERSION)
        dict(found["notes"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except _DAMAGED as error:
        raise damaged(city, f"{_FOLDER}/{file}", error) from error
    return found


def _file_of(name: str, about: Mapping[str, Any]) -> str:
    """Return the name of the table; one that would lead elsewhere is refused."""
    file = str(about["file"])
    if not re.fullmatch(rf"{name}-[0-9a-f]{{32}}\.parquet", file):
        raise ValueError(file)
    return file


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = f"`name` must be small letters, figures and _, not {name!r}."
        raise ValueError(msg)
    return name
