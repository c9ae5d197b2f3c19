"""When the layers of a workspace changed last, from their logs alone: no table is opened."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LOG = "_delta_log"


class Change(NamedTuple):
    """The last change of a layer.

    Attributes
    ----------
    version
        Its number.
    time
        When, UTC.
    rows
        How many rows the layer has since; None if the commit does not say.
    """

    version: int
    time: dt.datetime
    rows: int | None


def last_changes(folder: Path, keys: Iterable[str]) -> dict[str, Change]:
    """Return the last change of every layer that was ever written.

    Parameters
    ----------
    folder
        A workspace.
    keys
        The layers that are looked for.

    Returns
    -------
    dict
        By key; a layer whose log cannot be read is left out, because opening it says more.
    """
    found = ((key, _last_change(folder / key / _LOG)) for key in keys)
    return {key: change for key, change in found if change is not None}


def _last_change(log: Path) -> Change | None:
    """Return what the commit of the highest number says of itself."""
    try:
        newest = max(log.glob("*.json"), key=lambda path: path.name, default=None)
        told = None if newest is None else _commit_info(newest)
        if newest is None or told is None:
            return None
        time = dt.datetime.fromtimestamp(told["timestamp"] / 1000, tz=dt.UTC)
        rows = str(told.get("rows", ""))
        return Change(int(newest.stem), time, int(rows) if rows.isdecimal() else None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _commit_info(commit: Path) -> dict[str, Any] | None:
    with commit.open(encoding="utf-8") as lines:
        told = (json.loads(line).get("commitInfo") for line in lines)
        return next((entry for entry in told if entry is not None), None)
