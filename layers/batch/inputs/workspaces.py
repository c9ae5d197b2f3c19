"""Workspaces and cities of workspaces as inputs: rows that were accepted when they came in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
import shapely
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from layers.arrow import from_arrow
from layers.batch.inputs.chunk import CHUNK_ROWS
from layers.batch.inputs.chunk import accepted
from layers.batch.inputs.pieces import in_pieces
from layers.city import City
from layers.refusals import damaged
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layers.batch.inputs.chunk import Chunk
    from layers.catalogue import Catalogue

# What deltalake, pyarrow and shapely raise on a table that is damaged.
_DAMAGED = (DeltaError, pa.ArrowException, shapely.errors.ShapelyError, OSError, ValueError)


class WorkspaceInput:
    """The layers of a workspace as they are when the input is made.

    Parameters
    ----------
    path
        The workspace.
    catalogue
        Its catalogue.
    rows
        How many rows are read at once.

    Raises
    ------
    WorkspaceError
        If it cannot be opened.
    """

    settled = False

    def __init__(self, path: Path, catalogue: Catalogue, *, rows: int = CHUNK_ROWS) -> None:
        self._workspace = Workspace.open(path, catalogue)
        # What is committed while the batch reads belongs to the next batch.
        self.versions = self._workspace.versions()
        self._rows = rows

    def describe(self) -> dict[str, Any]:
        """Return kind, folder and versions."""
        path = str(self._workspace.path)
        return {"kind": "workspace", "path": path, "versions": dict(self.versions)}

    def keys(self) -> tuple[str, ...]:
        """Return the layers that were written."""
        return tuple(self.versions)

    def fingerprint(self) -> str:
        """Return a hash of the workspace and of the versions of its layers."""
        told = json.dumps([self._workspace.identity, self.versions])
        return hashlib.sha256(told.encode()).hexdigest()

    def chunks(self, key: str) -> Iterator[Chunk]:
        """Read a layer piece by piece.

        Raises
        ------
        WorkspaceError
            If the table is damaged.
        """
        return _chunks(self._workspace, key, self.versions[key], self._rows)


class CityInput:
    """The districts of a city as they are when the input is made.

    Every row belongs to the district in whose workspace it is, but for the guests: copies
    of carriers and units of another district that were put there because a park has space
    in them. They are not read; staging puts them there again.

    Parameters
    ----------
    path
        The city.
    catalogue
        Its catalogue.
    rows
        How many rows are read at once.

    Raises
    ------
    WorkspaceError
        If it cannot be opened.
    """

    settled = True

    def __init__(self, path: Path, catalogue: Catalogue, *, rows: int = CHUNK_ROWS) -> None:
        self._city = City.open(path)
        self._guests = self._city.guests()
        self._districts = {
            district.code: WorkspaceInput(district.path, catalogue, rows=rows)
            for district in self._city.districts
        }
        self._catalogue = catalogue

    def describe(self) -> dict[str, Any]:
        """Return kind, folder, and the versions of every district."""
        versions = {code: dict(found.versions) for code, found in self._districts.items()}
        return {"kind": "city", "path": str(self._city.path), "versions": versions}

    def keys(self) -> tuple[str, ...]:
        """Return the layers that some district has."""
        there = {key for found in self._districts.values() for key in found.versions}
        return tuple(key for key in self._catalogue.keys if key in there)

    def fingerprint(self) -> str:
        """Return a hash of the city, its districts and the versions of their layers."""
        told = {code: found.fingerprint() for code, found in self._districts.items()}
        text = json.dumps([self._city.identity, told])
        return hashlib.sha256(text.encode()).hexdigest()

    def chunks(self, key: str) -> Iterator[Chunk]:
        """Read a layer of all districts piece by piece, district by district.

        Raises
        ------
        WorkspaceError
            If a table is damaged.
        """
        spec = self._catalogue.layer(key)
        for code, found in self._districts.items():
            if key not in found.versions:
                continue
            strangers = self._guests.get((code, key), frozenset())
            for chunk in found.chunks(key):
                own = ~chunk.frame[spec.id_field].isin(strangers)
                frame = chunk.frame[own].reset_index(drop=True)
                first = int(chunk.rows[0])
                yield accepted(frame, f"{code or '_'} · {chunk.source}", first, code)


def _chunks(workspace: Workspace, key: str, version: int, rows: int) -> Iterator[Chunk]:
    spec = workspace.catalogue.layer(key)
    source, first = f"{key} @ {version}", 1
    try:
        for table in in_pieces(_batches(workspace.path / key, version, rows), rows):
            frame = from_arrow(table, spec)
            yield accepted(frame, source, first)
            first += len(frame)
    except _DAMAGED as error:
        raise damaged(workspace.path, key, error) from error


def _batches(folder: Path, version: int, rows: int) -> Iterator[pa.RecordBatch]:
    dataset = DeltaTable(folder, version=version).to_pyarrow_dataset()
    # Reading far ahead would bring into memory what the pieces are to keep out of it.
    yield from dataset.to_batches(batch_size=rows, batch_readahead=1, fragment_readahead=1)
