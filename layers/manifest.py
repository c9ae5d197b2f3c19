"""The small file that says what a workspace is: edition, catalogue version, CRS."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from typing import TYPE_CHECKING
from typing import Any

from geo.crs import STORAGE_CRS
from layers.refusals import damaged
from layers.refusals import newer_catalogue
from layers.refusals import no_workspace
from layers.refusals import other_edition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import Catalogue

MANIFEST = "workspace.json"


def new_manifest(catalogue: Catalogue, author: str) -> dict[str, Any]:
    """Return the manifest of a workspace made now."""
    return {
        "identity": uuid.uuid4().hex,
        "edition": catalogue.edition,
        "catalogue_version": catalogue.version_text,
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
        str(manifest["edition"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise no_workspace(path) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, MANIFEST, error) from error
    return dict(manifest)


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Replace the manifest of the workspace at `path` in one step."""
    aside = path / f".{MANIFEST}-{uuid.uuid4().hex}"
    aside.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    aside.replace(path / MANIFEST)


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
        written with a newer catalogue.
    """
    manifest = read_manifest(path)
    if manifest["edition"] != catalogue.edition:
        raise other_edition(path, manifest["edition"])
    if _version(manifest) > catalogue.version:
        raise newer_catalogue(path, manifest["catalogue_version"], catalogue.version_text)


def raise_catalogue_version(path: Path, catalogue: Catalogue) -> None:
    """Tell older programs that fields may be written which they do not know."""
    manifest = read_manifest(path)
    if _version(manifest) < catalogue.version:
        write_manifest(path, {**manifest, "catalogue_version": catalogue.version_text})


def _version(manifest: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in manifest["catalogue_version"].split("."))
