"""Results of a batch in a workspace: a table beside its layers, every run a version of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any
from typing import get_args

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from deltalake import CommitProperties
from deltalake import DeltaTable
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

from geo.crs import STORAGE_CRS
from layers.batch.commands import COMMANDS
from layers.batch.commands import TABLE
from layers.batch.run import DISTRICTS_FILE
from layers.batch.tables import SCOPE_COLUMN
from layers.batch.tables import plain_types
from layers.batch.tables import read_table
from layers.batch.tables import with_types
from layers.batch.wish import CommandName
from layers.city import City
from layers.city import is_city
from layers.edition import catalogue_of
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.frames import GEOMETRY
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.batch.run import BatchReport
RESULTS = "results"
"""Folder of a workspace in which results are."""

KEPT_NOTES = (
    "command",
    "time",
    "parameters",
    "rule_version",
    "code_version",
    "input",
    "stage",
    "as_of",
    "accounts",
    "missing",
    "clusters",
    "seconds",
)
"""What of ``run.json`` goes with the results."""


def write_results(path: Path, report: BatchReport, *, author: str) -> int:
    """Write the results of a run into a workspace, or into every district of a city.

    Parameters
    ----------
    path
        Folder of the workspace or of the city.
    report
        The run.
    author
        Who is recorded.

    Returns
    -------
    int
        Number of workspaces that were written to. A district that the run has no rows of
        is written too, empty: what stood there was of an earlier run.

    Raises
    ------
    WorkspaceError
        If the workspace cannot be opened or written.
    """
    catalogue = catalogue_of(path)
    kept = {name: report.run[name] for name in KEPT_NOTES if name in report.run}
    notes: dict[str, Any] = json.loads(json.dumps(kept, default=str))
    command: CommandName = report.run["command"]
    table = report.folder / f"{TABLE}.parquet"
    if not is_city(path):
        _commit(Workspace.open(path, catalogue), command, pq.read_table(table), notes, author)
        return 1
    city = City.open(path)
    for district in city.districts:
        rows = pq.read_table(table, filters=[(SCOPE_COLUMN, "=", district.code)])
        _commit(city.workspace(district.code, catalogue), command, rows, notes, author)
    city.write_summary(command, read_table(report.folder / DISTRICTS_FILE), notes=notes)
    return len(city.districts)


def read_results(
    workspace: Workspace, command: CommandName
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Return the latest results of a command in a workspace, and how they were made.

    Parameters
    ----------
    workspace
        The workspace.
    command
        Which command.

    Returns
    -------
    tuple or None
        The first table of the command (a GeoDataFrame in EPSG:4490 if it has places) and
        the notes: :data:`KEPT_NOTES` of the run, and who wrote them here (``author``),
        when (``written``, UTC in ISO 8601) and as which ``version``. None if there are no results.

    Raises
    ------
    WorkspaceError
        If the table is damaged.
    """
    folder = _folder(workspace, command)
    if not any((folder / "_delta_log").glob("*.json")):
        return None
    try:
        table = DeltaTable(folder)
        entry = table.history(1)[0]
        frame = _frame(table.to_pyarrow_table(), COMMANDS[command].subject)
        notes = json.loads(entry["notes"])
    except (DeltaError, pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise _damaged(folder, error) from error
    written = pd.Timestamp(entry["timestamp"], unit="ms", tz="UTC").isoformat(timespec="seconds")
    told = {"author": entry["author"], "written": written, "version": table.version()}
    return frame, {**notes, **told}


def _folder(workspace: Workspace, command: CommandName) -> Path:
    if command not in get_args(CommandName):
        msg = f"`command` must be one of {get_args(CommandName)}, not {command!r}."
        raise ValueError(msg)
    return workspace.path / RESULTS / command


def _commit(
    workspace: Workspace,
    command: CommandName,
    rows: pa.Table,
    notes: Mapping[str, Any],
    author: str,
) -> None:
    folder = _folder(workspace, command)
    details = {
        "author": author,
        "message": f"atlas batch {command}",
        "rows": str(rows.num_rows),
        "notes": json.dumps(notes, ensure_ascii=False),
    }
    try:
        write_deltalake(
            folder,
            plain_types(rows),
            mode="overwrite",
            schema_mode="overwrite",
            name=command,
            commit_properties=CommitProperties(details),
        )
    except (DeltaError, OSError) as error:
        raise _damaged(folder, error) from error


def _frame(table: pa.Table, subject: str) -> pd.DataFrame:
    """Return rows with the types of :func:`layers.batch.tables.read_table`, in order."""
    # A table may consist of several files, which have no order of their own.
    keys = [name for name in (SCOPE_COLUMN, subject) if name]
    frame = with_types(table).sort_values(keys, kind="stable", ignore_index=True)
    if GEOMETRY not in frame.columns:
        return pd.DataFrame(frame)
    shapes = shapely.from_wkb(frame[GEOMETRY].to_numpy())
    located = gpd.GeoDataFrame(frame.drop(columns=GEOMETRY), geometry=shapes, crs=STORAGE_CRS)
    assert isinstance(located, pd.DataFrame)
    return located


def _damaged(folder: Path, error: Exception) -> WorkspaceError:
    return WorkspaceError(
        Text(
            f"无法读写 {folder}（{error}）；请检查权限与磁盘空间，或重新运行 atlas batch … --into",
            f"cannot read or write {folder} ({error}); check permissions and disk space, or run "
            "atlas batch … --into again",
        )
    )
