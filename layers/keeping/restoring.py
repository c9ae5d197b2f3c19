"""Reading a backup: every file against its checksum, and unpacking it as a workspace.

A backup may come from anywhere. No name of it leads out of the folder, nothing is unpacked
beyond the size that its record tells, and nothing stands in its place before all of it was
found to be what was backed up.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
import zipfile
import zlib
from contextlib import contextmanager
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from layers.city import CITY_FILE
from layers.keeping.backup import free_bytes
from layers.keeping.contents import is_secret
from layers.keeping.record import MOST_BYTES
from layers.keeping.record import NAME
from layers.keeping.record import BackupRecord
from layers.keeping.record import from_bytes
from layers.keeping.refusals import no_backup
from layers.keeping.refusals import no_room
from layers.keeping.refusals import spoiled
from layers.manifest import MANIFEST
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.refusals import not_empty
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

    from layers.keeping.record import FileRecord

_BLOCK = 1 << 20
# What zipfile raises on an archive that was cut off, changed or made to do harm.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


class _SpoiledError(Exception):
    """A file of a backup is not what was backed up."""


def read_record(path: Path) -> BackupRecord:
    """Return what a backup says of itself; its files are not looked at.

    Raises
    ------
    BackupError
        If it is no backup.
    """
    with _opened(path) as (_archive, record):
        return record


def spoiled_files(
    path: Path, *, progress: Callable[[int, int], None] | None = None
) -> tuple[BackupRecord, list[str]]:
    """Read every file of a backup and return those that are not what was backed up.

    Parameters
    ----------
    path
        The backup.
    progress
        Told how many bytes are done, of how many.

    Raises
    ------
    BackupError
        If it is no backup.
    """
    with _opened(path) as (archive, record):
        found = []
        for file in _told(record, progress):
            try:
                for _block in _checked(archive, file):
                    pass
            except _SpoiledError:
                found.append(file.name)
        return record, found


def files_of_backup(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of those files of a backup whose name is wanted.

    Parameters
    ----------
    path
        The backup.
    wanted
        Told the path of a file in the workspace, parts separated by ``/``.

    Raises
    ------
    BackupError
        If it is no backup, or one of these files is not what was backed up.
    """
    with _opened(path) as (archive, record):
        for file in record.files:
            if wanted(file.name):
                try:
                    data = b"".join(_checked(archive, file))
                except _SpoiledError as error:
                    raise no_backup(path, file.name) from error
                yield file.name, data


def restore_backup(
    path: Path,
    into: Path,
    *,
    new_identity: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> BackupRecord:
    """Make a workspace or a city from a backup.

    Personal tokens that an older backup holds stay in it, because some may have been taken
    back since.

    Parameters
    ----------
    path
        The backup.
    into
        A folder that does not exist yet or is empty.
    new_identity
        Let it be another workspace than the one that was backed up, for instance for
        training beside it. Drafts of the old one cannot be continued in it.
    progress
        Told how many bytes are done, of how many.

    Returns
    -------
    BackupRecord
        What was unpacked.

    Raises
    ------
    BackupError
        If it is no backup, a file of it is damaged, or there is no room; nothing is left.
    WorkspaceError
        If the folder is not empty or cannot be written.
    """
    into = resolve_path(into)
    if not is_vacant(into):
        raise not_empty(into)
    made = into.with_name(f".{into.name}-{uuid.uuid4().hex}")
    with _opened(path) as (archive, record):
        if record.size > free_bytes(into):
            raise no_room(into, record.size, free_bytes(into))
        try:
            made.mkdir(parents=True)
            for file in _told(record, progress):
                if not is_secret(file.name):
                    _unpack(archive, file, made)
            if new_identity:
                _rename(made)
            _move(made, into)
        except _SpoiledError as error:
            raise spoiled(path, str(error)) from error
        except OSError as error:
            raise unwritable(into, error) from error
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return record


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, BackupRecord]]:
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise no_backup(path, str(error)) from error
    with archive:
        try:
            info = archive.getinfo(NAME)
            with archive.open(info) as file:
                data = file.read(MOST_BYTES + 1)
        except KeyError as error:
            raise no_backup(path, NAME) from error
        except _DAMAGED as error:
            raise no_backup(path, str(error)) from error
        if len(data) > MOST_BYTES:
            raise no_backup(path, f"{NAME} > {MOST_BYTES:,} B")
        record = from_bytes(data, path)
        names = [name for name in archive.namelist() if name != NAME]
        listed = [file.name for file in record.files]
        # Windows and macOS take two names that differ in case only for one.
        if sorted(names) != sorted(listed) or len({n.casefold() for n in names}) != len(names):
            raise no_backup(path, f"{NAME}: files")
        yield archive, record


def _told(
    record: BackupRecord, progress: Callable[[int, int], None] | None
) -> Iterator[FileRecord]:
    done = 0
    for file in record.files:
        yield file
        done += file.size
        if progress is not None:
            progress(done, record.size)


def _checked(archive: zipfile.ZipFile, file: FileRecord) -> Iterator[bytes]:
    """Yield what is in a file, never more than its size; at the end it was the right one."""
    digest, left = hashlib.sha256(), file.size
    try:
        with archive.open(file.name) as source:
            while block := source.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    raise _SpoiledError(file.name)
                digest.update(block)
                yield block
    except _DAMAGED as error:
        raise _SpoiledError(file.name) from error
    if left or digest.hexdigest() != file.sha256:
        raise _SpoiledError(file.name)


def _unpack(archive: zipfile.ZipFile, file: FileRecord, made: Path) -> None:
    target = made.joinpath(*file.name.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as written:
        # Read before it is written, so that an error of the one is not taken for the other's.
        for block in _checked(archive, file):
            written.write(block)
        written.flush()
        os.fsync(written.fileno())


def _rename(root: Path) -> None:
    """Give a workspace, or a city and its districts, an identity of its own."""
    for path in (root / CITY_FILE, *sorted(root.rglob(MANIFEST))):
        if path.is_file():
            content: dict[str, Any] = json.loads(path.read_bytes())
            content["identity"] = uuid.uuid4().hex
            path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _move(made: Path, into: Path) -> None:
    # Not every system renames onto a folder that is there, even an empty one.
    with suppress(OSError):
        into.rmdir()
    try:
        made.rename(into)
    except OSError as error:
        raise unwritable(into, error) if is_vacant(into) else not_empty(into) from error
