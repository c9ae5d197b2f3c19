"""Opening a workspace, and making it from the bundled edition on the first day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.edition import load_edition
from layers.errors import WorkspaceError
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.issues import Issue


def open_or_create(
    path: str | Path, catalogue: Catalogue, *, author: str, empty: bool = False
) -> tuple[Workspace, tuple[Issue, ...]]:
    """Open a workspace; make it first if the folder is not there or is empty.

    Parameters
    ----------
    path
        Folder of the workspace.
    catalogue
        Catalogue of the edition.
    author
        Who is recorded as the author of the first commits.
    empty
        Make a new workspace without any layer instead of the bundled edition.

    Returns
    -------
    tuple
        The workspace, and what was found when the edition was read; nothing is
        found again when an existing workspace is opened.

    Raises
    ------
    WorkspaceError
        If the folder holds something else, or a workspace that cannot be read.

    Notes
    -----
    Of several first starts at the same moment one makes the workspace, and the
    others open it.
    """
    folder = resolve_path(path)
    if not is_vacant(folder):
        return Workspace.open(folder, catalogue), ()
    edition = None if empty else load_edition(catalogue)
    try:
        workspace = Workspace.create(folder, catalogue, author=author, edition=edition)
    except WorkspaceError:
        if is_vacant(folder):
            raise
        return Workspace.open(folder, catalogue), ()
    return workspace, edition.issues if edition else ()
