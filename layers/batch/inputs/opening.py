"""From what a user writes to an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.batch.inputs.folder import ParquetInput
from layers.batch.inputs.workspaces import CityInput
from layers.batch.inputs.workspaces import WorkspaceInput
from layers.city import is_city
from layers.database.address import is_database
from layers.errors import Text
from layers.errors import UsageError
from layers.manifest import MANIFEST
from layers.paths import resolve_path

if TYPE_CHECKING:
    from layers.batch.inputs.chunk import BatchInput
    from layers.catalogue import Catalogue


def open_input(text: str, catalogue: Catalogue) -> BatchInput:
    """Return the input that a user names.

    Parameters
    ----------
    text
        A workspace, a city of workspaces, a folder of GeoParquet, or the address of a
        database, ``postgresql://user@host:port/database?schema=atlas``.
    catalogue
        Which layers there can be.

    Raises
    ------
    UsageError
        If there is nothing of the kind.
    AtlasError
        If it cannot be opened.
    """
    if is_database(text):
        from layers.batch.inputs.postgis import PostgisInput

        return PostgisInput(text, catalogue)
    folder = resolve_path(text)
    if is_city(folder):
        return CityInput(folder, catalogue)
    if (folder / MANIFEST).is_file():
        return WorkspaceInput(folder, catalogue)
    if not folder.is_dir():
        raise UsageError(
            Text(
                f"找不到 {folder}；可用：工作区、全市工作区、GeoParquet 文件夹、postgresql:// 地址",
                f"there is no {folder}; give a workspace, a city, a folder of GeoParquet or a"
                " postgresql:// address",
            )
        )
    return ParquetInput(folder, catalogue)
