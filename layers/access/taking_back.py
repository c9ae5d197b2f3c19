"""Objects that were saved from a trial, taken out of their layers again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.editing import Delete
from layers.editing import EditSession
from layers.editing import base_of
from layers.editing import commit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.editing import CommitResult
    from layers.workspace import Workspace


def take_back(
    workspace: Workspace, ids: Mapping[str, Sequence[str]], *, author: str, message: str
) -> dict[str, CommitResult]:
    """Take objects out of their layers, one version a layer; what others changed stays.

    Parameters
    ----------
    workspace
        Where the layers are.
    ids
        Ids of the objects by layer, as :func:`layers.access.save_trial` gave them.
    author, message
        Who, and why; neither may be empty.

    Returns
    -------
    dict
        What was saved, by layer.

    Raises
    ------
    EditError
        If author or message is empty, or an object is not there any more.
    ConflictError
        If somebody saved the layer in the meantime.
    WorkspaceError
        If nothing can be read or written.
    """
    saved = {}
    for layer, gone in ids.items():
        spec = workspace.catalogue.layer(layer)
        session = EditSession.begin(workspace, layer)
        base = base_of(session, workspace)
        for key in gone:
            session = session.do(Delete(key), base, spec)
        saved[layer] = commit(session, workspace, author=author, message=message)
    return saved
