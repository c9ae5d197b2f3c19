"""The history of a workspace as a table: who changed what and when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

FOUNDING = "founding"
"""Mark of a commit that filled a new workspace; nobody has to have recorded it in the audit."""

HISTORY_COLUMNS = (
    "layer",
    "version",
    "time",
    "author",
    "message",
    "rows",
    "rows_in",
    "rejected",
    "source_file",
    "source_sha256",
    "operation",
    "cleared",
    FOUNDING,
)
"""``cleared``: when the data of the version was cleared away, empty while it is there.

``founding`` is 1 for what a new workspace was filled with, and empty for what people gave since.
"""


def history_row(key: str, entry: Mapping[str, Any], cleared: Mapping[int, str]) -> dict[str, Any]:
    """Return a row of the history.

    Parameters
    ----------
    key
        The layer.
    entry
        What the log of its table says of a commit.
    cleared
        When versions were cleared away, by version.
    """
    time = dt.datetime.fromtimestamp(entry["timestamp"] / 1000, tz=dt.UTC)
    told = {name: entry.get(name, "") for name in HISTORY_COLUMNS}
    own = {"layer": key, "time": time.isoformat(timespec="milliseconds")}
    return {**told, **own, "cleared": cleared.get(int(entry["version"]), "")}


def history_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows of :func:`history_row` as a table, the latest first.

    The versions of a layer are in their order whatever the clock said when they were
    written: a version counts as written no earlier than the ones before it.
    """
    frame = pd.DataFrame(list(rows), columns=list(HISTORY_COLUMNS))
    for name in ("version", "rows", "rows_in", "rejected"):
        frame[name] = pd.to_numeric(frame[name]).astype("Int64")
    frame = frame.sort_values(["layer", "version"], ignore_index=True)
    # Times of ISO 8601 in one zone and precision are in the order of their letters.
    latest = frame.groupby("layer", sort=False)["time"].transform(_running_latest)
    order = frame.assign(time=latest).sort_values(
        ["time", "layer", "version"], ascending=[False, True, False]
    )
    return frame.loc[order.index].reset_index(drop=True)


def _running_latest(times: pd.Series) -> list[str]:
    latest, found = "", []
    for time in times:
        latest = max(latest, str(time))
        found.append(latest)
    return found
