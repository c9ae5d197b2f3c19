"""Objects on trial that are to stay: drawn into their layers like by hand on the edit page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from layers.access.trial import TRIAL_LAYERS
from layers.editing import Add
from layers.editing import EditSession
from layers.editing import base_of
from layers.editing import commit
from layers.editing import next_id

if TYPE_CHECKING:
    from layers.access.trial import Trial
    from layers.access.trial import TrialObject
    from layers.editing import CommitResult
    from layers.editing.operations import Scalar
    from layers.workspace import Workspace


def save_trial(
    workspace: Workspace, trial: Trial, *, author: str, message: str, source: str = ""
) -> dict[str, CommitResult]:
    """Put the objects on trial into their layers, one version a layer.

    They get the next free ids. An edit on the edit page, or a restored version, takes them
    out again.

    Parameters
    ----------
    workspace
        Where the layers are.
    trial
        The objects.
    author, message
        Who, and why; neither may be empty.
    source
        Where the knowledge of the objects is from.

    Returns
    -------
    dict
        What was saved, by layer, in the order of :data:`layers.access.TRIAL_LAYERS`. Layers
        are saved one after the other: if a later one is refused, the earlier ones hold.

    Raises
    ------
    EditError
        If author or message is empty or an object breaks the contract of its layer.
    ConflictError
        If somebody saved the layer in the meantime.
    WorkspaceError
        If nothing can be read or written.
    """
    saved = {}
    for kind, layer in TRIAL_LAYERS.items():
        chosen = [one for one in trial.objects if one.kind == kind]
        if chosen:
            session = _session(workspace, layer, chosen, source)
            saved[layer] = commit(session, workspace, author=author, message=message)
    return saved


def _session(
    workspace: Workspace, layer: str, objects: list[TrialObject], source: str
) -> EditSession:
    spec = workspace.catalogue.layer(layer)
    session = EditSession.begin(workspace, layer)
    base = base_of(session, workspace)
    taken: list[str] = []
    for one in objects:
        key = next_id(base, spec, taken)
        taken.append(key)
        point = shapely.Point(one.lon, one.lat)
        session = session.do(Add(key, point, _fields(one, source)), base, spec)
    return session


def _fields(one: TrialObject, source: str) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {"name": one.title}
    if one.campus_id:
        values["campus_id"] = one.campus_id
    if one.kind == "facility":
        values["kind"] = one.group
    if source.strip():
        values["source"] = source.strip()
    return values
