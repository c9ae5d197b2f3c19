"""Backups: one file of a whole workspace or city, made while others go on working."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import zipfile
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version
from typing import TYPE_CHECKING

from layers.aside import made_aside
from layers.city import City
from layers.city import is_city
from layers.edition import catalogue_of
from layers.keeping.contents import Contents
from layers.keeping.contents import Entry
from layers.keeping.contents import Kind
from layers.keeping.contents import contents_of
from layers.keeping.record import NAME
from layers.keeping.record import BackupRecord
from layers.keeping.record import FileRecord
from layers.keeping.record import to_bytes
from layers.keeping.refusals import exists_already
from layers.keeping.refusals import inside
from layers.keeping.refusals import no_room
from layers.keeping.refusals import restless
from layers.manifest import identity_of
from layers.manifest import read_manifest
from layers.paths import resolve_path
from layers.refusals import unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

TRIES = 3
"""How often a backup is begun anew when a file is replaced by one of another name."""

_BLOCK = 1 << 20
_OF_AN_ENTRY = 512  # bytes of the archive and of the record for every file, more or less
# A backup of the same contents is the same bytes but for its record; ZIP knows no earlier day.
_DATE = (1980, 1, 1, 0, 0, 0)
_PACKED_ALREADY = (".parquet", ".pmtiles", ".mbtiles", ".zip", ".xlsx", ".gpkg", ".png")


class _GoneError(Exception):
    """A file that must be there is not there any more."""


def back_up(
    root: Path,
    out: Path,
    *,
    author: str,
    replace: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BackupRecord:
    """Write a backup of a workspace or a city.

    It is consistent while others commit: it holds each layer as it was at one moment near
    the beginning, with its whole history, and no personal tokens. It is written beside its
    place, forced to the disk and moved there in one step.

    Parameters
    ----------
    root
        The workspace or the city.
    out
        The file, a ZIP archive.
    author
        Who makes it.
    replace
        Take the place of a file that is there.
    progress
        Told how many bytes are done, of about how many.

    Returns
    -------
    BackupRecord
        What is in it. ``missing`` is not empty if the workspace was damaged before.

    Raises
    ------
    BackupError
        If `root` is no workspace, `out` exists or lies in it, or there is no room.
    WorkspaceError
        If the workspace cannot be read.
    ExportError
        If the file cannot be written; one that was there is as it was.
    """
    root, out = resolve_path(root), out.expanduser().absolute()
    if out.resolve().is_relative_to(root.resolve()):
        raise inside(out, root)
    if out.exists() and not replace:
        raise exists_already(out)
    for _try in range(TRIES):
        contents = contents_of(root)
        _check_room(out, contents)
        try:
            with made_aside(out, out.name) as made:
                return _write(made, contents, author, progress)
        except _GoneError:
            continue
    raise restless(root)


def free_bytes(place: Path) -> int:
    """Return how much room there is on the disk where a file or folder is or would be made."""
    there = place
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def product_version() -> str:
    """Return the version of this program; empty if it was not installed."""
    try:
        return version("yangpu-atlas")
    except PackageNotFoundError:
        return ""


def _check_room(out: Path, contents: Contents) -> None:
    needed = contents.size + _OF_AN_ENTRY * len(contents.entries)
    free = free_bytes(out)
    if needed > free:
        raise no_room(out, needed, free)


def _write(
    made: Path, contents: Contents, author: str, progress: Callable[[int, int], None] | None
) -> BackupRecord:
    begun = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    files: list[FileRecord] = []
    total, done = contents.size, 0
    with made.open("wb") as file:
        with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            for entry in _in_order(contents):
                found = _copy(archive, entry)
                if found is not None:
                    files.append(found)
                    done += found.size
                if progress is not None:
                    progress(min(done, total), total)
            record = _record(contents, tuple(files), begun, author)
            archive.writestr(_info(NAME), to_bytes(record))
        file.flush()
        os.fsync(file.fileno())
    return record


def _in_order(contents: Contents) -> Iterator[Entry]:
    yield from contents.entries
    yield from contents.clearings()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    stored = name.endswith(_PACKED_ALREADY)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, on whatever system; else the bytes would tell it
    info.external_attr = 0o600 << 16
    return info


def _copy(archive: zipfile.ZipFile, entry: Entry) -> FileRecord | None:
    """Copy a file; None if it is gone by now and may be."""
    digest, size = hashlib.sha256(), 0
    blocks = _blocks(entry)
    first = next(blocks, None)
    if first is None:
        return None
    with archive.open(_info(entry.name), "w", force_zip64=True) as target:
        while first is not None:
            target.write(first)
            digest.update(first)
            size += len(first)
            first = next(blocks, None)
    return FileRecord(entry.name, size, digest.hexdigest())


def _blocks(entry: Entry) -> Iterator[bytes]:
    """Yield what is in a file, an empty block first; nothing if it is gone and may be."""
    try:
        with entry.path.open("rb") as file:
            yield b""
            if entry.kind is Kind.LINES:
                whole = file.read()
                yield whole[: whole.rfind(b"\n") + 1]
            else:
                while block := file.read(_BLOCK):
                    yield block
    except FileNotFoundError as error:
        if entry.kind is not Kind.PASSING:
            raise _GoneError(entry.name) from error
    except OSError as error:
        # Not the error of the file that is being written.
        raise unreadable(entry.path, error) from error


def _record(
    contents: Contents, files: tuple[FileRecord, ...], time: str, author: str
) -> BackupRecord:
    root = contents.root
    if is_city(root):
        city = City.open(root)
        kind, identity, edition = "city", city.identity, city.edition
    else:
        manifest = read_manifest(root)
        kind, identity, edition = "workspace", identity_of(manifest), manifest["edition"]
    return BackupRecord(
        kind=kind,
        identity=identity,
        edition=str(edition),
        catalogue_version=catalogue_of(root).version_text,
        product=product_version(),
        time=time,
        author=author,
        versions=contents.versions(),
        files=files,
        missing=tuple(contents.missing({file.name for file in files})),
        left_out=tuple(sorted(contents.left_out)),
    )
