"""Inputs of a batch: a workspace, a city, a folder of GeoParquet, or PostGIS.

All give the same: chunks of the layers of the catalogue, EPSG:4490, and the rows that
were rejected with their reasons.
"""

from __future__ import annotations

from layers.batch.inputs.chunk import BatchInput
from layers.batch.inputs.chunk import Chunk
from layers.batch.inputs.folder import ParquetInput
from layers.batch.inputs.opening import open_input
from layers.batch.inputs.workspaces import CityInput
from layers.batch.inputs.workspaces import WorkspaceInput
from layers.database.address import is_database

__all__ = [
    "BatchInput",
    "Chunk",
    "CityInput",
    "ParquetInput",
    "WorkspaceInput",
    "is_database",
    "open_input",
]
