"""Finds local base map files and tells what they are."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Literal

from layers.basemaps import refusals
from layers.basemaps.content import VECTOR
from layers.basemaps.content import layer_names
from layers.basemaps.content import one_line
from layers.basemaps.content import plain_text
from layers.basemaps.content import texts_of
from layers.basemaps.content import title_of
from layers.basemaps.mbtiles_file import MbtilesReader
from layers.basemaps.mbtiles_file import is_unfinished
from layers.basemaps.pmtiles_file import PmtilesReader
from layers.basemaps.reader import DAMAGE
from layers.basemaps.shifted import gcj_reason
from layers.errors import AtlasError

if TYPE_CHECKING:
    from layers.basemaps.reader import TileReader
    from layers.errors import Text
    from layers.picture import Bounds

FOLDER = "basemaps"
"""Folder of base map files inside the folder of a workspace."""

ENVIRONMENT = "ATLAS_BASEMAP"
"""Environment variable that may name one more file."""

_SUFFIXES = {".pmtiles", ".mbtiles"}
_PMTILES = b"PMTiles"
_OLD_PMTILES = (b"PM\x01\x00", b"PM\x02\x00")
_SQLITE = b"SQLite format 3\0"
_TOKEN_DIGITS = 16
_REMEMBERED = 256

# What databases and desktops leave in a folder; nobody put it there to be listed.
_BESIDES = ("-wal", "-shm", "-journal")
_LITTER = {"desktop.ini", "thumbs.db"}


@dataclass(frozen=True, slots=True)
class BasemapFile:
    """A local base map that can be used.

    Attributes
    ----------
    token
        Key of this file as it is now: another path, size or time of change gives another.
    path
        The file, links resolved.
    title
        Its own name, else the name of the file. Data: to be escaped where it goes.
    media_type
        Kind of its tiles.
    min_zoom, max_zoom
        Zooms of the tiles that are there, whatever the file says.
    bounds
        West, south, east, north in degrees inside the world; the world if the file gives
        none that make sense.
    attribution
        Whom to credit, without markup. Data, like the title.
    vector_layers
        Names of the layers of a vector map, as its tiles spell them.
    """

    token: str
    path: Path
    title: str
    media_type: str
    min_zoom: int
    max_zoom: int
    bounds: Bounds
    attribution: str
    vector_layers: tuple[str, ...]

    @property
    def kind(self) -> Literal["raster", "vector"]:
        """What the tiles are: pictures or vectors."""
        return "vector" if self.media_type == VECTOR else "raster"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be a base map.

    Attributes
    ----------
    path
        The file.
    title
        Name of the file. Data: to be escaped where it goes.
    reason
        What is wrong and what to do; it contains the title.
    """

    path: Path
    title: str
    reason: Text


def find_basemaps(folder: Path, extra: Path | None = None) -> list[BasemapFile | Refused]:
    """Return the base map files of a folder, in the order of their names.

    Hidden files, folders and what databases and desktops leave behind are passed over;
    every other file is listed, with the reason if it cannot be used. A file that was
    looked into is not opened again until it changes.

    Parameters
    ----------
    folder
        The folder; it need not exist. Links in it are refused, so that nothing is read
        from elsewhere.
    extra
        One more file, wherever it lies and whatever its name; it is the first of the list.
    """
    listed = [] if extra is None else [_named(extra)]
    taken = {entry.path for entry in listed}
    try:
        paths = sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name))
    except FileNotFoundError:
        return listed
    except OSError as error:
        name = _shown(folder)
        return [*listed, Refused(folder, name, refusals.unreadable(name, error).text)]
    found = (_inside(path) for path in paths if not _is_besides(path.name))
    return [*listed, *(entry for entry in found if entry and entry.path not in taken)]


def open_basemap(file: BasemapFile) -> TileReader:
    """Return a reader of a file that was found; it has to be closed.

    Raises
    ------
    AtlasError
        If the file is not the one that was found any more, or cannot be read.
    """
    name = _shown(file.path)
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode) or _token(file.path, status) != file.token:
            raise refusals.changed(name)
        return _open(file.path, name)
    except FileNotFoundError as error:
        raise refusals.changed(name) from error
    except OSError as error:
        raise refusals.unreadable(name, error) from error


def _is_besides(name: str) -> bool:
    return name.startswith(".") or name.endswith(_BESIDES) or name.lower() in _LITTER


def _shown(path: Path) -> str:
    return one_line(path.name) or "?"


def _named(path: Path) -> BasemapFile | Refused:
    """Look at the file that somebody named; it may be a link."""
    name = _shown(path)
    try:
        return _look(path, path.stat())
    except FileNotFoundError:
        error = refusals.missing(name, ENVIRONMENT)
    except (OSError, ValueError) as caught:
        error = _unreadable(name, caught)
    except AtlasError as caught:
        error = caught
    return Refused(path, name, error.text)


def _inside(path: Path) -> BasemapFile | Refused | None:
    """Look at what lies in the folder; None for a folder, and for what is gone already."""
    name = _shown(path)
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            return None
        if stat.S_ISLNK(status.st_mode):
            raise refusals.link(name)
        if path.suffix.lower() not in _SUFFIXES:
            raise refusals.foreign(name)
        return _look(path, status)
    except FileNotFoundError:
        return None
    except OSError as caught:
        error = _unreadable(name, caught)
    except AtlasError as caught:
        error = caught
    return Refused(path, name, error.text)


def _unreadable(name: str, error: Exception) -> AtlasError:
    return refusals.unreadable(name, error if isinstance(error, OSError) else OSError())


def _look(path: Path, status: os.stat_result) -> BasemapFile | Refused:
    if not stat.S_ISREG(status.st_mode):
        raise refusals.no_file(_shown(path))
    resolved = path.resolve()
    # The rights of a file and what lies beside it count too, but not for its token.
    state = (status.st_mode, status.st_ctime_ns, is_unfinished(resolved))
    return _examined(resolved, _shown(path), _token(resolved, status), state)


def _token(path: Path, status: os.stat_result) -> str:
    size, time = (str(number).encode() for number in (status.st_size, status.st_mtime_ns))
    content = b"\0".join((os.fsencode(path), size, time))
    return hashlib.sha256(content).hexdigest()[:_TOKEN_DIGITS]


@lru_cache(maxsize=_REMEMBERED)
def _examined(path: Path, name: str, token: str, _state: object) -> BasemapFile | Refused:
    """Look into a file, once for each of its states."""
    try:
        reader = _open(path, name)
        try:
            content = reader.content
        finally:
            reader.close()
        stem = Path(name).stem
        reason = gcj_reason(stem, *texts_of(content.metadata))
        if reason is not None:
            raise refusals.shifted(name, reason)
    except AtlasError as error:
        return Refused(path, name, error.text)
    return BasemapFile(
        token,
        path,
        title_of(content.metadata) or stem,
        content.media_type,
        content.min_zoom,
        content.max_zoom,
        content.bounds,
        plain_text(content.metadata.get("attribution")),
        layer_names(content.metadata) if content.media_type == VECTOR else (),
    )


def _open(path: Path, name: str) -> TileReader:
    """Return a reader; what a file is stands in its first bytes, not in its name."""
    with path.open("rb") as file:
        begin = file.read(len(_SQLITE))
    try:
        if begin.startswith(_PMTILES):
            return PmtilesReader(path, name)
        if begin == _SQLITE:
            return MbtilesReader(path, name)
    except OSError:
        raise
    except DAMAGE as error:
        raise refusals.damaged(name) from error
    if begin.startswith(_OLD_PMTILES):
        raise refusals.old_version(name)
    raise refusals.foreign(name) if begin else refusals.empty(name)
