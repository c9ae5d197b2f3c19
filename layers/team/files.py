"""Small JSON files of the server's own: one for each person and token, written in one step."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from layers.refusals import unwritable

if TYPE_CHECKING:
    from pathlib import Path


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a file; whoever reads meets the old one or the new one, never half of one.

    Raises
    ------
    WorkspaceError
        If it cannot be written; what was there is as it was.
    """
    aside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(value, file, ensure_ascii=True, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise unwritable(path, error) from error


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a file holds, None if it is not there or is damaged."""
    try:
        found = json.loads(path.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
