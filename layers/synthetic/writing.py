"""A synthetic city as a folder of GeoParquet, written piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Protocol

from layers.aside import made_aside
from layers.catalogue import load_catalogue
from layers.edition import SOURCES_FILE
from layers.edition_files import EDITION_FOLDER
from layers.edition_files import write_copy
from layers.errors import Text
from layers.errors import UsageError
from layers.synthetic.city import SyntheticCity

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.synthetic.size import CitySize

ROWS_AT_ONCE = 100_000
"""Rows of a file; so many stand in memory at a time."""

SYNTHETIC_DIR = Path(__file__).resolve().parent / "edition"
"""The edition of cities that are no place."""

_SOURCE = "synthetic-city"


class Progress(Protocol):
    """Is told how many rows of a layer are written, of how many."""

    def __call__(self, layer: str, done: int, rows: int) -> None:
        """Take note."""


def synthetic_catalogue() -> Catalogue:
    """Return the catalogue of cities that are no place: it names none."""
    return load_catalogue(SYNTHETIC_DIR)


def write_city(
    size: CitySize,
    folder: Path,
    catalogue: Catalogue,
    *,
    rows_at_once: int = ROWS_AT_ONCE,
    progress: Progress | None = None,
) -> None:
    """Write a synthetic city as ``<folder>/<layer>/part-00001.parquet`` and so on.

    Beside the layers lies ``<folder>/edition``, so that the folder is opened with the
    catalogue that it was written by; none for the bundled one.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    folder
        Where to; it appears when all of it is written.
    catalogue
        Describes the layers; usually :func:`synthetic_catalogue`.
    rows_at_once
        Rows of a file. The rows are the same for any number.
    progress
        Is told after every file.

    Raises
    ------
    UsageError
        If there is something in the folder.
    ExportError
        If it cannot be written.
    CatalogueError
        If a file of the edition is not to be believed.
    ValueError
        If `rows_at_once` is below 1.
    """
    if rows_at_once < 1:
        msg = f"`rows_at_once` must be at least 1, not {rows_at_once}."
        raise ValueError(msg)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Text(
                f"{folder} 已存在且不为空；请另选文件夹",
                f"{folder} exists and is not empty; choose another folder",
            )
        )
    city = SyntheticCity(size, catalogue)
    if folder.exists():
        folder.rmdir()
    with made_aside(folder, folder.name) as made:
        _write_edition(made, catalogue, size)
        for key, rows in city.rows.items():
            (made / key).mkdir(parents=True)
            for number, start in enumerate(range(0, rows, rows_at_once), start=1):
                part = city.part(key, start, start + rows_at_once)
                part.to_parquet(made / key / f"part-{number:05d}.parquet", index=False)
                if progress is not None:
                    progress(key, min(start + rows_at_once, rows), rows)


def _write_edition(made: Path, catalogue: Catalogue, size: CitySize) -> None:
    """Copy the edition; its list of sources is to name the city as its rows do, by the seed."""
    write_copy(made, catalogue)
    if catalogue.folder == SYNTHETIC_DIR:
        path = made / EDITION_FOLDER / SOURCES_FILE
        told = path.read_text("utf-8")
        path.write_text(told.replace(f"\n{_SOURCE},", f"\n{size.source},"), "utf-8")
