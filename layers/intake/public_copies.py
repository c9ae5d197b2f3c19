"""Public copies that come back: what they lost would overwrite what is kept here.

A public copy has coarse places and lacks internal fields. Read into the layer that it was
made from, it would look like a newer state of the same rows. What this project exports
says of itself that it is such a copy; where a format has no room for that, or somebody
took it out, the places give it away.
"""

from __future__ import annotations

import mmap
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.public_copy import LONGEST_MARK
from layers.public_copy import PUBLIC_GRID
from layers.public_copy import tells_public

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec
    from layers.intake.choices import Choices
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.issues import Issue


class PublicCopyError(IntakeError):
    """A public copy would overwrite the rows that it was made from."""


SAID = Text("文件自己的说明", "the notes of the file say so")

_HEAD = 1 << 16
_BLOCK = 1 << 20
_NOTES = 1 << 18
_FGB_MAGIC = 8
_ABOUT = "SELECT description FROM gpkg_contents"
_NOTE_FILES = ("readme.txt", "manifest.json")
_NOTE_ENDING = "_说明.txt"
# What is read of a file that was read already may be damaged all the same.
_DAMAGED = (OSError, ValueError, sqlite3.Error, zipfile.BadZipFile, zlib.error, RuntimeError)
# A place went through a coordinate system and back: a centimetre, in degrees.
_NEAR = 1e-7


def public_mark(path: Path) -> Text | None:
    """Return where a file says that it is a public copy, None if it does not.

    Parameters
    ----------
    path
        A file that one of the readers has read.
    """
    look = _LOOKS.get(path.suffix.lower())
    try:
        return SAID if look is not None and look(path) else None
    except _DAMAGED:
        return None


def refuse_public(
    raw: Raw, spec: LayerSpec, choices: Choices, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Refuse a public copy for a layer that has rows, unless it is wanted.

    Raises
    ------
    PublicCopyError
        Saying which copy it is, what would be lost, and what to do.
    """
    kept = tables.get(spec.key)
    if raw.public is None or choices.public_copy or kept is None or kept.empty:
        return
    said, title = raw.public, spec.title
    zh, en = (f" {raw.origin} ", raw.origin) if raw.origin else ("此文件", "this file")
    raise PublicCopyError(
        Text(
            f"{zh}是公开版（{said.zh}）：坐标只到约 10 米，内部字段与不足三家企业的数留空。导入会"
            f"用它覆盖图层“{title.zh}”中更准确的位置和内部数据。请改用内部版；确要导入公开版的，请"
            "勾选“仍要导入公开版”，命令行加 --public-copy",
            f"{en} is a public copy ({said.en}): its places are coarse (about 10 m), internal"
            " fields and counts of fewer than three firms are blank. It would overwrite the finer"
            f" places and internal data of the layer '{title.en}'. Import an internal copy; if you"
            " want the public one all the same, tick 'Import the public copy all the same', or"
            " give --public-copy on the command line",
        )
    )


def public_places(
    accepted: pd.DataFrame,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    request: Request,
) -> tuple[Issue, ...]:
    """Tell that a file looks like a public copy of the rows that are kept, by its places.

    Parameters
    ----------
    accepted
        Accepted rows, EPSG:4490.
    spec
        Their layer.
    tables
        Layers that are there, by key.
    request
        The file, for the finding.

    Returns
    -------
    tuple of Issue
        A warning if all places of known rows lie on the grid of a public copy while some of
        those that are kept do not; else nothing.
    """
    kept, key = tables.get(spec.key), spec.id_field
    if kept is None or not key or not has_geometry(kept) or not has_geometry(accepted):
        return ()
    there, known = (f.drop_duplicates(key).set_index(key)[GEOMETRY] for f in (accepted, kept))
    ids = there.index.intersection(known.index)
    new, old = (side.loc[ids].to_numpy(dtype=object) for side in (there, known))
    both = ~(_nowhere(new) | _nowhere(old))
    coarse = _on_grid(new[both])
    finer = int((~_on_grid(old[both])).sum())
    if not coarse.all() or not finer:
        return ()
    return (request.issue("places_coarse", number=finer, of=len(coarse)),)


def _nowhere(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _on_grid(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of every shape whether all its coordinates are those of a public copy."""
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    off = np.abs(xy - np.round(xy / PUBLIC_GRID) * PUBLIC_GRID) > _NEAR
    found = np.ones(len(shapes), dtype=bool)
    found[row[off.any(axis=1)]] = False
    return found


def _begins(path: Path) -> bool:
    """Look before the first feature, where a document speaks of itself."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for first in (b'"features"', b"<Placemark"):
        head = head.partition(first)[0]
    return tells_public(head)


def _anywhere(path: Path) -> bool:
    """Look through all of a drawing, whose notes are drawn like anything else."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = range(0, len(data), _BLOCK)
        return any(tells_public(data[at : at + _BLOCK + LONGEST_MARK]) for at in starts)


def _fgb_header(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(_FGB_MAGIC)
        size = int.from_bytes(file.read(4), "little")
        return tells_public(file.read(min(size, _BLOCK)))


def _gpkg_contents(path: Path) -> bool:
    # The folder may not be writable, and SQLite would want to lock the file.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as base:
        return any(tells_public(str(about or "").encode()) for (about,) in base.execute(_ABOUT))


def _properties(path: Path) -> bool:
    return _member(path, lambda name: name == "docprops/core.xml")


def _notes_in(path: Path) -> bool:
    def is_notes(name: str) -> bool:
        return PurePosixPath(name).name in _NOTE_FILES or name.endswith(_NOTE_ENDING)

    return _member(path, is_notes)


def _notes_beside(path: Path) -> bool:
    # A layer of points and areas is two Shapefiles with one file of notes.
    for beside in path.parent.glob(f"*{_NOTE_ENDING}"):
        ours = path.stem.startswith(beside.name.removesuffix(_NOTE_ENDING))
        if ours and beside.is_file() and not beside.is_symlink():
            with beside.open("rb") as file:
                if tells_public(file.read(_NOTES)):
                    return True
    return False


def _in_kmz(path: Path) -> bool:
    return _member(path, lambda name: name.endswith(".kml"))


def _member(path: Path, wanted: Callable[[str], bool]) -> bool:
    """Look how files of an archive begin; `wanted` is told their names in small letters."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if wanted(info.filename.replace("\\", "/").lower()):
                with archive.open(info) as file:
                    if tells_public(file.read(_NOTES)):
                        return True
    return False


_LOOKS: Mapping[str, Callable[[Path], bool]] = {
    ".geojson": _begins,
    ".json": _begins,
    ".kml": _begins,
    ".ovkml": _begins,
    ".kmz": _in_kmz,
    ".ovkmz": _in_kmz,
    ".gpkg": _gpkg_contents,
    ".fgb": _fgb_header,
    ".xlsx": _properties,
    ".xlsm": _properties,
    ".dxf": _anywhere,
    ".zip": _notes_in,
    ".shp": _notes_beside,
}
