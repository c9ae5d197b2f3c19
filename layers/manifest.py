"""The small file that says what a workspace is: edition, catalogue version, CRS."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from geo.crs import STORAGE_CRS
from layers.refusals import damaged
from layers.refusals import newer_catalogue
from layers.refusals import no_workspace
from layers.refusals import other_edition
from layers.refusals import unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import Catalogue

MANIFEST = "workspace.json"
_OWN = "catalogue_version"
_BASE = "bundled_version"


def new_manifest(catalogue: Catalogue, author: str) -> dict[str, Any]:
    """Return the manifest of a workspace made now."""
    return {
        "identity": uuid.uuid4().hex,
        "edition": catalogue.edition,
        **_versions(catalogue),
        "crs": STORAGE_CRS,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "author": author,
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of the workspace at `path`.

    Raises
    ------
    WorkspaceError
        If there is none, or it cannot be read.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        _version(manifest)
        _version(manifest, _BASE)
        str(manifest["edition"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise no_workspace(path) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, MANIFEST, error) from error
    return dict(manifest)


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Replace the manifest of the workspace at `path` in one step.

    Raises
    ------
    WorkspaceError
        If it cannot be written; the old one is as it was.
    """
    aside = path / f".{MANIFEST}-{uuid.uuid4().hex}"
    try:
        aside.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        aside.replace(path / MANIFEST)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def identity_of(manifest: Mapping[str, Any]) -> str:
    """Return what tells a workspace from any other, 32 hexadecimal digits.

    Workspaces made before this was recorded are told apart by the time at
    which they were made.
    """
    recorded = manifest.get("identity")
    made = f"{manifest.get('created', '')} {manifest['edition']}"
    return str(recorded) if recorded else hashlib.sha256(made.encode()).hexdigest()[:32]


def check_manifest(path: Path, catalogue: Catalogue) -> None:
    """Refuse a workspace that this program must not open.

    Raises
    ------
    WorkspaceError
        If there is none, it is damaged, belongs to another edition, or was
        written with a newer catalogue, its own or the bundled one it extends.
    """
    manifest = read_manifest(path)
    if manifest["edition"] != catalogue.edition:
        raise other_edition(path, manifest["edition"])
    if _version(manifest) > catalogue.version:
        raise newer_catalogue(path, manifest[_OWN], catalogue.version_text)
    if catalogue.base_version and _version(manifest, _BASE) > catalogue.base_version:
        raise newer_catalogue(path, manifest[_BASE], _joined(catalogue.base_version))


def raise_catalogue_version(path: Path, catalogue: Catalogue) -> None:
    """Tell older programs that fields may be written which they do not know."""
    manifest = read_manifest(path)
    known = _version(manifest), _version(manifest, _BASE)
    if known[0] < catalogue.version or known[1] < catalogue.base_version:
        write_manifest(path, {**manifest, **_versions(catalogue)})


def _versions(catalogue: Catalogue) -> dict[str, str]:
    """Return the version of a catalogue, and of the bundled one if it extends that."""
    own = {_OWN: catalogue.version_text}
    base = catalogue.base_version
    return {**own, _BASE: _joined(base)} if base else own


def _version(manifest: Mapping[str, Any], key: str = _OWN) -> tuple[int, ...]:
    if key == _BASE and _BASE not in manifest:
        return ()
    return tuple(int(part) for part in manifest[key].split("."))


def _joined(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
