"""The small files of an edition: where they lie, and how much of a foreign one is believed.

An edition is a folder like ``data/``. What it does not have of its own is taken from the
bundled edition. A workspace carries a copy of the small files of its edition, so that it
opens on a computer that has never seen the edition's folder.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import CatalogueError
from layers.errors import Text

if TYPE_CHECKING:
    from layers.catalogue import Catalogue

EDITION_DIR = Path(__file__).resolve().parent.parent / "data"
CATALOGUE_FILE = "catalogue.toml"
EDITION_FOLDER = "edition"
"""Folder of a workspace, or of a city of workspaces, with the copy of its edition."""

SMALL_FILES = (
    CATALOGUE_FILE,
    "sources.csv",
    "scorecards.toml",
    "sheets.toml",
    "landuse.csv",
    "plan.toml",
)
"""What is copied; layers are not, because they are in the workspace."""

MOST_BYTES = 1_000_000
"""A larger small file is refused unread."""


def edition_file(folder: Path, name: str) -> Path:
    """Return where a small file of an edition lies: its own one, else the bundled one.

    Parameters
    ----------
    folder
        The edition folder.
    name
        One of :data:`SMALL_FILES`.

    Raises
    ------
    CatalogueError
        If the edition's own one is no ordinary file of the folder, or too large.
    """
    return own_file(folder, name) or EDITION_DIR / name


def own_file(folder: Path, name: str) -> Path | None:
    """Return where a small file of an edition lies; None if the edition has none.

    Raises
    ------
    CatalogueError
        See :func:`edition_file`.
    """
    path = folder / name
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _refused(path, str(error), str(error)) from error
    if not stat.S_ISREG(found.st_mode) or not is_inside(folder, name):
        raise _refused(path, "不是图集文件夹中的普通文件", "it is no ordinary file of the folder")
    if found.st_size > MOST_BYTES:
        size = f"{found.st_size:,} > {MOST_BYTES:,}"
        raise _refused(path, f"文件过大（{size} 字节）", f"it is too large ({size} bytes)")
    return path


def is_inside(folder: Path, name: str) -> bool:
    """Tell whether a file named in an edition lies in its folder, links followed.

    The bundled edition is believed: installers may link its files from elsewhere.
    """
    if folder.resolve() == EDITION_DIR:
        return True
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a ring of links, a name no system has
        return False


def is_bundled(catalogue: Catalogue) -> bool:
    """Tell whether a catalogue is that of the bundled edition."""
    return catalogue.folder == EDITION_DIR


def write_copy(folder: Path, catalogue: Catalogue) -> None:
    """Copy the small files of an edition to ``edition/`` of a workspace that is being made.

    Nothing is copied for the bundled edition, which comes with the program.

    Parameters
    ----------
    folder
        The workspace, or the city.
    catalogue
        The catalogue of the edition.

    Raises
    ------
    CatalogueError
        If one of the files is not to be believed, see :func:`edition_file`.
    OSError
        If it cannot be written.
    """
    if is_bundled(catalogue):
        return
    place = folder / EDITION_FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for name in SMALL_FILES:
        own = own_file(catalogue.folder, name)
        if own is not None:
            shutil.copyfile(own, place / name)


def replace_copy(folder: Path, catalogue: Catalogue) -> None:
    """Replace the copy of an edition in a workspace; the old one is there until the new one is.

    Raises
    ------
    CatalogueError, OSError
        See :func:`write_copy`; the old copy is then as it was.
    """
    place = folder / EDITION_FOLDER
    with tempfile.TemporaryDirectory(prefix=".edition-", dir=folder) as aside:
        write_copy(Path(aside), catalogue)
        if place.exists():
            place.rename(Path(aside) / "old")
        (Path(aside) / EDITION_FOLDER).rename(place)


def _refused(path: Path, zh: str, en: str) -> CatalogueError:
    return CatalogueError(
        Text(
            f"不读取图集文件 {path}：{zh}；请换成普通文件后再试",
            f"the file {path} of the edition is not read: {en}; put an ordinary file there",
        )
    )
