"""The record in a backup: of what, when, by which program, and the checksum of every file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.jsonfile import NewerFormatError
from layers.jsonfile import of_format
from layers.keeping.contents import is_portable
from layers.keeping.refusals import newer_backup
from layers.keeping.refusals import no_backup

if TYPE_CHECKING:
    from pathlib import Path

NAME = "atlas-backup.json"
"""Name of the record in the archive; no file of a workspace is called so."""

FORMAT = "atlas-backup"
FORMAT_VERSION = 1
MOST_BYTES = 256_000_000

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of a backup.

    Attributes
    ----------
    name
        Its path in the workspace, parts separated by ``/``.
    size
        Bytes.
    sha256
        Hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """What a backup is of.

    Attributes
    ----------
    kind
        ``workspace`` or ``city``.
    identity
        Of the workspace or the city.
    edition, catalogue_version
        Of its layers; a city has the catalogue of its districts.
    product
        Version of the program that made the backup.
    time
        When it was begun, UTC in ISO 8601.
    author
        Who made it.
    versions
        Version by layer or result of every workspace, by its path; ``""`` for the root.
    files
        By name.
    missing
        Data files that were not there though a version needs them: it was damaged before.
    left_out
        Links and names that not every system has.
    """

    kind: str
    identity: str
    edition: str
    catalogue_version: str
    product: str
    time: str
    author: str
    versions: dict[str, dict[str, int]]
    files: tuple[FileRecord, ...]
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def to_bytes(record: BackupRecord) -> bytes:
    """Return a record as JSON that a person can read."""
    content = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(record)}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def from_bytes(data: bytes, path: Path) -> BackupRecord:
    """Read a record that anybody may have written.

    Parameters
    ----------
    data
        The JSON.
    path
        The backup, for what is said of it.

    Raises
    ------
    BackupError
        If it is none, or would put a file outside the folder into which it is unpacked.
    """
    try:
        content = of_format(json.loads(data), FORMAT, FORMAT_VERSION)
        return BackupRecord(
            **{name: str(content[name]) for name in _TEXTS},
            versions={
                str(path): {str(key): int(version) for key, version in found.items()}
                for path, found in content["versions"].items()
            },
            files=tuple(_file(entry) for entry in content["files"]),
            missing=tuple(map(str, content["missing"])),
            left_out=tuple(map(str, content["left_out"])),
        )
    except NewerFormatError as error:
        raise newer_backup(path, error.version) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise no_backup(path, f"{NAME}: {error}") from error


_TEXTS = ("kind", "identity", "edition", "catalogue_version", "product", "time", "author")


def _file(entry: dict[str, Any]) -> FileRecord:
    found = FileRecord(str(entry["name"]), int(entry["size"]), str(entry["sha256"]))
    if not is_portable(found.name) or found.name == NAME:
        raise ValueError(found.name)
    if found.size < 0 or not _SHA256.fullmatch(found.sha256):
        msg = f"size or sha256 of {found.name}"
        raise ValueError(msg)
    return found
