"""Coordinates as they stood in a file before its map shift was corrected."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pyarrow as pa

from layers.findings import finding

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from layers.intake import IntakeResult
    from layers.issues import Issue

ORIGINALS = "originals"
"""Folder of a workspace in which they are kept."""

_LOCAL = "LOCAL"


def keep_originals(
    workspace: Path,
    layer: str,
    version: int,
    result: IntakeResult,
    only: Collection[str] | None = None,
) -> tuple[Issue, ...]:
    """Write the coordinates before a correction to ``originals/<layer>-<version>.parquet``.

    The table has the columns ``id``, ``x``, ``y`` and ``system`` (from which the
    coordinates were corrected), and ``file`` and ``sha256`` of what they came from.
    Coordinates of a local grid are never kept.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    layer, version
        What was committed.
    result
        What was read; without originals nothing is written.
    only
        Ids that were committed; all by default.

    Returns
    -------
    tuple of Issue
        A warning if the file could not be written; the version stands all the same.
    """
    if result.originals is None:
        return ()
    frame = result.originals[result.originals["system"].ne(_LOCAL)]
    if only is not None:
        frame = frame[frame["id"].isin(list(only))]
    if frame.empty:
        return ()
    folder = workspace / ORIGINALS
    made = folder / f".{layer}-{uuid.uuid4().hex}"
    try:
        folder.mkdir(exist_ok=True)
        frame.assign(file=result.file, sha256=result.sha256).to_parquet(made, index=False)
        # Under its name it is whole, or it is not there.
        made.replace(folder / f"{layer}-{version}.parquet")
    except (OSError, pa.ArrowException) as error:
        return (finding("originals_not_kept", layer=layer, file=result.file, problem=error),)
    return ()
