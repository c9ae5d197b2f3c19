"""Where a workspace lies: one reading of a path for the web app and the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from layers.refusals import no_folder
from layers.refusals import no_home
from layers.refusals import unreadable
from layers.refusals import unusable_name

ENVIRONMENT = "ATLAS_WORKSPACE"

# Delta makes a URL of the path and unpacks it twice: with such names it would
# write into another folder, not find the history again, or break down.
_UNUSABLE = re.compile(r"[#?\[\]^|\\]|%[0-9A-Fa-f]{2}")


def resolve_path(path: str | Path) -> Path:
    r"""Return the absolute path of a workspace, ``~`` being the user's home.

    Raises
    ------
    WorkspaceError
        If the home is not known, or a folder has one of ``# ? [ ] ^ | \`` or an
        escape such as ``%20`` in its name, which the storage would misread.
    """
    try:
        absolute = Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise no_home(Path(path)) from error
    # The first part is the root; on Windows it has a backslash of its own.
    found = _UNUSABLE.search("/".join(absolute.parts[1:]))
    if found is not None:
        raise unusable_name(absolute, found.group())
    return absolute


def default_path() -> Path:
    """Return the folder of the workspace if nobody names one.

    ``ATLAS_WORKSPACE`` if it is set, else ``workspace`` in the user's data
    folder.

    Raises
    ------
    WorkspaceError
        See :func:`resolve_path`.
    """
    named = os.environ.get(ENVIRONMENT)
    if named:
        return resolve_path(named)
    return resolve_path(platformdirs.user_data_path("yangpu-atlas", appauthor=False) / "workspace")


def is_vacant(path: Path) -> bool:
    """Tell whether a workspace can be made at `path`: nothing is there, or an empty folder.

    Raises
    ------
    WorkspaceError
        If a file is there, or the folder cannot be looked into.
    """
    try:
        if not path.exists():
            return True
        if not path.is_dir():
            raise no_folder(path)
        return not any(path.iterdir())
    except OSError as error:
        raise unreadable(path, error) from error
