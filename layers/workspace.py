"""The workspace: a folder of Delta tables, one a layer, every version kept.

Every import or edit is one atomic commit with its author, message and source.
There is no lock: a commit claims the next version number of its table, and of
two writers who claim the same one the second gets a conflict. A process that
is killed loses nothing that was committed.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely
from deltalake import CommitProperties
from deltalake import DeltaTable
from deltalake import write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.exceptions import DeltaError

from geo.crs import STORAGE_CRS
from layers.arrow import from_arrow
from layers.arrow import to_arrow
from layers.cleared import AUDITED
from layers.cleared import cleared
from layers.cleared import cleared_versions
from layers.commits import FOUNDING
from layers.commits import HISTORY_COLUMNS
from layers.commits import history_frame
from layers.commits import history_row
from layers.differences import differences
from layers.edition_files import write_copy
from layers.frames import GEOMETRY
from layers.frames import empty_frame
from layers.manifest import check_manifest
from layers.manifest import identity_of
from layers.manifest import new_manifest
from layers.manifest import raise_catalogue_version
from layers.manifest import read_manifest
from layers.manifest import write_manifest
from layers.paths import ENVIRONMENT
from layers.paths import default_path
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.refusals import conflict
from layers.refusals import damaged
from layers.refusals import no_version
from layers.refusals import not_a_layer
from layers.refusals import not_empty
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.edition import Edition

__all__ = [
    "ABSENT",
    "ENVIRONMENT",
    "HISTORY_COLUMNS",
    "Workspace",
    "default_path",
    "resolve_path",
]

ABSENT = -1
"""Version of a layer that was never written."""

# Delta drops old log files after 30 days unless told otherwise; a plan is
# revised over years and its history must stay.
_KEEP = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}

# What deltalake and pyarrow raise on a table that is damaged.
_DAMAGED = (DeltaError, pa.ArrowException, shapely.errors.ShapelyError, OSError, ValueError)


class Workspace:
    """A folder of versioned layers; make one with :meth:`create` or :meth:`open`.

    Attributes
    ----------
    path
        The folder.
    catalogue
        The catalogue with which layers are read and written.
    """

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.path = path
        self.catalogue = catalogue

    @classmethod
    def create(
        cls, path: Path, catalogue: Catalogue, *, author: str, edition: Edition | None = None
    ) -> Workspace:
        """Make a workspace.

        It is built aside and moved to its place when it is complete, so that
        half a workspace is never met. It carries a copy of the small files of its
        edition, unless that is the bundled one.

        Parameters
        ----------
        path
            A folder that does not exist yet or is empty.
        catalogue
            The catalogue of the layers.
        author
            Who makes it.
        edition
            Layers to begin with; without it the workspace has no layers. An
            empty layer of the edition is not written.

        Raises
        ------
        WorkspaceError
            If the folder is not empty or cannot be written.
        CatalogueError
            If a small file of the edition is not to be believed.
        """
        path = resolve_path(path)
        if not is_vacant(path):
            raise not_empty(path)
        made = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
        try:
            made.mkdir(parents=True)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            write_manifest(made, new_manifest(catalogue, author))
            write_copy(made, catalogue)
            _fill(cls(made, catalogue), author, edition)
            _move(made, path)
        except OSError as error:
            raise unwritable(path, error) from error
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return cls(path, catalogue)

    @classmethod
    def open(cls, path: Path, catalogue: Catalogue) -> Workspace:
        """Open a workspace.

        Raises
        ------
        WorkspaceError
            If there is none, it is damaged, belongs to another edition, or
            was written with a newer catalogue.
        """
        path = resolve_path(path)
        check_manifest(path, catalogue)
        return cls(path, catalogue)

    @property
    def identity(self) -> str:
        """What tells this workspace from any other, for instance in the key of a cache.

        It stays when the folder is moved, and a copy of the folder has the same.

        Raises
        ------
        WorkspaceError
            If the manifest is damaged.
        """
        return identity_of(read_manifest(self.path))

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the layers that have been written, in catalogue order."""
        return tuple(key for key in self.catalogue.keys if self._is_written(key))

    def versions(self) -> dict[str, int]:
        """Return the current version of every layer that has been written."""
        return {key: self.version(key) for key in self.keys()}

    def version(self, key: str) -> int:
        """Return the current version of a layer, -1 if it was never written.

        Raises
        ------
        WorkspaceError
            If the table is damaged.
        """
        table = self._table(key)
        return ABSENT if table is None else table.version()

    def read(self, key: str, version: int | None = None) -> gpd.GeoDataFrame | pd.DataFrame:
        """Read a layer.

        Parameters
        ----------
        key
            The layer.
        version
            Which version; the current one by default.

        Returns
        -------
        GeoDataFrame or DataFrame
            Column types of the catalogue, EPSG:4490, ordered by id. Fields
            that an older catalogue did not have are unknown. A layer that was
            never written is empty.

        Raises
        ------
        WorkspaceError
            If there is no such version, it was cleared away, or the table is damaged.
        """
        spec = self.catalogue.layer(key)
        table = self._table(key, version)
        if table is None:
            return empty_frame(spec)
        try:
            frame = from_arrow(table.to_pyarrow_table(), spec)
        except _DAMAGED as error:
            raise damaged(self.path, key, error) from error
        # A table may consist of several files, which have no order of their own.
        return frame.sort_values(spec.id_field, kind="stable", ignore_index=True)

    def rows(self, key: str, version: int | None = None, *, located: bool = False) -> int:
        """Return how many rows a layer has, from its files: it is not made into a frame.

        Parameters
        ----------
        key
            The layer.
        version
            Which version; the current one by default.
        located
            Count those that have a place only; there are none where a layer has no geometry.

        Raises
        ------
        WorkspaceError
            If there is no such version, or the files are plainly damaged.
        """
        table = self._table(key, version)
        if table is None:
            return 0
        try:
            dataset = table.to_pyarrow_dataset()
            if located and GEOMETRY not in dataset.schema.names:
                return 0
            wanted = pc.field(GEOMETRY).is_valid() if located else None
            return int(dataset.count_rows(filter=wanted))
        except _DAMAGED as error:
            raise damaged(self.path, key, error) from error

    def commit(  # noqa: PLR0913 -- each one is a column of the history
        self,
        key: str,
        frame: pd.DataFrame,
        *,
        author: str,
        message: str,
        source_file: str = "",
        source_sha256: str = "",
        rows_in: int | None = None,
        rejected: int = 0,
        expected_version: int | None = None,
        founding: bool = False,
    ) -> int:
        """Write a layer as its next version.

        Parameters
        ----------
        key
            The layer.
        frame
            All rows of the layer, with the column types of the catalogue.
        author, message
            Who, and why.
        source_file, source_sha256
            Where the rows come from: file name and hash.
        rows_in, rejected
            Rows of that file, and how many of them were rejected.
        expected_version
            The version that `frame` was made from; -1 for none.
        founding
            Whether a new workspace is being filled, which the audit need not tell of.

        Returns
        -------
        int
            The new version.

        Raises
        ------
        ConflictError
            If the current version is not `expected_version`, or somebody
            commits to the layer at the same moment.
        WorkspaceError
            If `frame` is not a frame of the layer, or nothing can be written.
        """
        current = self._table(key)
        at = ABSENT if current is None else current.version()
        if expected_version is not None and expected_version != at:
            raise conflict(key, f"{expected_version} → {at}")
        details = {
            "author": author,
            "message": message,
            "rows": str(len(frame)),
            "rows_in": str(len(frame) if rows_in is None else rows_in),
            "rejected": str(rejected),
            "source_file": source_file,
            "source_sha256": source_sha256,
            "catalogue_version": self.catalogue.version_text,
            AUDITED: "1",
        }
        if founding:
            details[FOUNDING] = "1"
        raise_catalogue_version(self.path, self.catalogue)
        self._write(self.catalogue.layer(key), current, frame, details)
        return at + 1

    def history(self, key: str | None = None) -> pd.DataFrame:
        """Return who changed what and when, the latest first.

        Parameters
        ----------
        key
            One layer; all layers by default.

        Returns
        -------
        DataFrame
            Columns :data:`HISTORY_COLUMNS`; ``time`` is UTC in ISO 8601.

        Raises
        ------
        WorkspaceError
            If a table is damaged.
        """
        rows = []
        for name in self.keys() if key is None else (key,):
            if (table := self._table(name)) is not None:
                gone = cleared_versions(self._folder(name))
                rows += [history_row(name, entry, gone) for entry in table.history()]
        return history_frame(rows)

    def restore(self, key: str, version: int, *, author: str, message: str) -> int:
        """Make an old version the current one, as a new version; return its number.

        Raises
        ------
        ConflictError
            If somebody commits to the layer at the same moment.
        WorkspaceError
            If there is no such version.
        """
        current = self.version(key)
        return self.commit(
            key,
            self.read(key, version),
            author=author,
            message=message,
            source_file=f"{key}@{version}",
            expected_version=current,
        )

    def diff(self, key: str, old: int, new: int) -> pd.DataFrame:
        """Return what changed between two versions of a layer.

        Returns
        -------
        DataFrame
            See :func:`layers.differences.differences`.

        Raises
        ------
        WorkspaceError
            If there is no such version.
        """
        return differences(self.read(key, old), self.read(key, new), self.catalogue.layer(key))

    def info(self) -> dict[str, Any]:
        """Return what the workspace is: path, edition, versions, CRS and layers.

        Raises
        ------
        WorkspaceError
            If it is damaged.
        """
        layers = [
            {"layer": key, "version": self.version(key), "rows": len(self.read(key))}
            for key in self.keys()
        ]
        return {"path": str(self.path), **read_manifest(self.path), "layers": layers}

    def _folder(self, key: str) -> Path:
        return self.path / self.catalogue.layer(key).key

    def _is_written(self, key: str) -> bool:
        """Tell whether a first commit was completed; one that was cut off leaves no log."""
        return any((self._folder(key) / "_delta_log").glob("*.json"))

    def _table(self, key: str, version: int | None = None) -> DeltaTable | None:
        if not self._is_written(key):
            if version is not None:
                raise no_version(key, version, ABSENT)
            return None
        try:
            table = DeltaTable(self._folder(key))
            current = table.version()
            if version is None or version == current:
                return table
            if not 0 <= version < current:
                raise no_version(key, version, current)
            if (time := cleared_versions(self._folder(key)).get(version)) is not None:
                raise cleared(key, version, time)
            return DeltaTable(self._folder(key), version=version)
        except _DAMAGED as error:
            raise damaged(self.path, key, error) from error

    def _write(
        self,
        spec: LayerSpec,
        current: DeltaTable | None,
        frame: pd.DataFrame,
        details: Mapping[str, str],
    ) -> None:
        try:
            write_deltalake(
                current or self._folder(spec.key),
                _checked_table(frame, spec),
                mode="overwrite" if current else "error",
                schema_mode="overwrite" if current else None,
                name=spec.key,
                description=f"{spec.title.zh} {spec.title.en} {STORAGE_CRS}",
                configuration=None if current else _KEEP,
                # With retries an overwrite of an empty table would be added to
                # the other writer's rows instead of failing.
                commit_properties=CommitProperties(dict(details), max_commit_retries=0),
            )
        except CommitFailedError as error:
            raise conflict(spec.key, str(error)) from error
        except DeltaError as error:
            if current is None and self.version(spec.key) != ABSENT:
                raise conflict(spec.key, str(error)) from error
            raise unwritable(self.path, error) from error
        except OSError as error:
            raise unwritable(self.path, error) from error


def _fill(workspace: Workspace, author: str, edition: Edition | None) -> None:
    """Commit the layers of an edition that have rows."""
    catalogue = workspace.catalogue
    tables = {} if edition is None else edition.tables
    for key, frame in tables.items():
        if len(frame):
            workspace.commit(
                key,
                frame,
                author=author,
                message=f"{catalogue.edition} {catalogue.version_text}",
                source_file=catalogue.layer(key).file,
                founding=True,
            )


def _checked_table(frame: pd.DataFrame, spec: LayerSpec) -> pa.Table:
    crs = getattr(frame, "crs", None)
    if spec.geometry and (crs is None or crs != STORAGE_CRS):
        raise not_a_layer(spec, f"CRS {crs}")
    if frame[spec.id_field].isna().any() or frame[spec.id_field].duplicated().any():
        raise not_a_layer(spec, spec.id_field)
    try:
        return to_arrow(frame, spec.fields)
    except (KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise not_a_layer(spec, str(error)) from error


def _move(made: Path, path: Path) -> None:
    # Not every system renames onto a folder that is there, even an empty one.
    with suppress(OSError):
        path.rmdir()
    try:
        made.rename(path)
    except OSError as error:
        # Another program may have made its workspace there in the meantime.
        raise unwritable(path, error) if is_vacant(path) else not_empty(path) from error
