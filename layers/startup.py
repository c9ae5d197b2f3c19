"""Opening a workspace, and making it from an edition on the first day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.commits import FOUNDING
from layers.edition import catalogue_of
from layers.edition import load_edition
from layers.edition_files import replace_copy
from layers.errors import WorkspaceError
from layers.manifest import raise_catalogue_version
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.refusals import unwritable
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
        Make a new workspace without any layer instead of the edition.

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


def began_empty(workspace: Workspace) -> bool:
    """Tell whether a workspace was made without the layers of its edition.

    Its plan, its scorecards and its words are those of the edition all the same, so whoever
    meant another place must be told whose they are.

    Raises
    ------
    WorkspaceError
        If the history of a layer is damaged.
    """
    return not any(
        bool(workspace.history(key)[FOUNDING].eq("1").any()) for key in workspace.versions()
    )


def renew_edition(workspace: Workspace) -> Workspace:
    """Put the small files of an edition that is newer into a workspace that was made from it.

    Layers are left as they are; a newer one is imported like any file.

    Parameters
    ----------
    workspace
        Opened with the catalogue of the edition's own folder.

    Returns
    -------
    Workspace
        Opened with the copy that it carries.

    Raises
    ------
    WorkspaceError
        If nothing can be written.
    CatalogueError
        If a small file of the edition is not to be believed.
    """
    path, given = workspace.path, workspace.catalogue
    kept = catalogue_of(path)
    if given.version > kept.version:
        try:
            replace_copy(path, given)
        except OSError as error:
            raise unwritable(path, error) from error
        raise_catalogue_version(path, given)
    return Workspace.open(path, catalogue_of(path))
