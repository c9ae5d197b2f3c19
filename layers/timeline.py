"""The layers of a workspace as they stood at a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import pandas as pd

    from layers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment at which something in the workspace changed.

    Attributes
    ----------
    time
        UTC in ISO 8601, to the millisecond.
    layers
        Which layers changed then.
    author, message
        Who, and why.
    """

    time: str
    layers: tuple[str, ...]
    author: str
    message: str


def moments(history: pd.DataFrame, keys: Collection[str]) -> list[Moment]:
    """Return when the layers changed, the latest first.

    Parameters
    ----------
    history
        Result of :meth:`layers.workspace.Workspace.history`.
    keys
        The layers that matter.

    Returns
    -------
    list of Moment
        One a time; layers of one commit that were written within it are together.
    """
    rows = history[history["layer"].isin(keys)]
    found = [
        Moment(
            str(time),
            tuple(sorted(group["layer"])),
            "; ".join(dict.fromkeys(group["author"].fillna("").astype("str"))),
            "; ".join(dict.fromkeys(group["message"].fillna("").astype("str"))),
        )
        for time, group in rows.groupby("time", sort=True)
    ]
    return found[::-1]


def versions_at(history: pd.DataFrame, time: str) -> dict[str, int]:
    """Return the version that every layer had at a time.

    Parameters
    ----------
    history
        Result of :meth:`layers.workspace.Workspace.history`.
    time
        ISO 8601; without an offset it is the clock of this computer, and a day alone
        is its end.

    Returns
    -------
    dict
        Version by layer; a layer that had none is not there.

    Raises
    ------
    UsageError
        If the time cannot be read, or no layer was there yet.
    """
    moment = _read(time)
    past = history[history["time"].map(dt.datetime.fromisoformat) <= moment]
    if past.empty:
        raise UsageError(
            Text(
                f"{time} 时工作区里还没有任何图层",
                f"the workspace held no layer at {time}",
            )
        )
    newest = past.groupby("layer")["version"].max()
    return {str(key): int(version) for key, version in newest.items()}


def tables_at(workspace: Workspace, time: str) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return all layers as they stood at a time.

    Raises
    ------
    UsageError
        As :func:`versions_at`.
    WorkspaceError
        If a table is damaged.
    """
    versions = versions_at(workspace.history(), time)
    return {key: workspace.read(key, version) for key, version in versions.items()}


def _read(time: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(time.strip())
    except ValueError as error:
        raise UsageError(
            Text(
                f"看不懂时间“{time}”；请写成 2026-11-25 或 2026-11-25T18:00",
                f"'{time}' is not a time; write 2026-11-25 or 2026-11-25T18:00",
            )
        ) from error
    if len(time.strip()) <= len("2026-11-25"):
        moment = dt.datetime.combine(moment, dt.time.max)
    return moment if moment.tzinfo else moment.astimezone()


def newest(history: pd.DataFrame, keys: Collection[str]) -> dt.datetime | None:
    """Return when one of the layers changed last, with its time zone; None if never.

    What is made of layers carries this time, so that equal versions give equal files.

    Parameters
    ----------
    history
        Result of :meth:`layers.workspace.Workspace.history`.
    keys
        The layers that matter.
    """
    found = moments(history, keys)
    return dt.datetime.fromisoformat(found[0].time) if found else None
