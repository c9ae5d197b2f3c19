"""Reads workspaces for all sessions, each layer and version once.

What is read is the same for everybody; who sees which copy of it is decided by
:mod:`views.store`. Nothing here belongs to a session, so that the route of the tiles
can read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import TypeAlias

import geopandas as gpd
import streamlit as st

from layers.city import is_city
from layers.edition import catalogue_of
from layers.errors import WorkspaceError
from layers.marks import is_sample
from layers.public import public_catalogue
from layers.public import public_rows
from layers.refusals import replaced
from layers.startup import open_or_create
from layers.tiles import TileSource
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.issues import Issue
    from layers.team import Audience
    from layers.tiles.service import Edition

Frame: TypeAlias = "gpd.GeoDataFrame | pd.DataFrame"
Versions = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Opened:
    """The workspace of this server, and what was noticed when it was opened."""

    workspace: Workspace
    issues: tuple[Issue, ...]


@st.cache_resource(show_spinner=False, max_entries=64)
def catalogue(
    path: str,
    identity: str,  # noqa: ARG001 - part of the key of the cache
    audience: Audience,
) -> Catalogue:
    """Return the catalogue of a workspace or a city, as an audience may see it."""
    known = catalogue_of(Path(path))
    return known if audience == "internal" else public_catalogue(known)


@st.cache_resource(show_spinner=False, max_entries=64)
def opened(path: str) -> Opened:
    """Open a workspace, making it if it is not there; a district of a city must be there."""
    known = catalogue_of(Path(path))
    if is_city(Path(path).parent.parent):
        return Opened(Workspace.open(Path(path), known), ())
    workspace, issues = open_or_create(path, known, author="atlas app")
    return Opened(workspace, issues)


@st.cache_resource(show_spinner=False, max_entries=64)
def whole_table(path: str, identity: str, key: str, version: int) -> Frame | WorkspaceError:
    """Read a table once; a damaged one gives its error instead of stopping the page."""
    seen = seen_of(identity)
    try:
        frame = opened(path).workspace.read(key, version)
    except WorkspaceError as error:
        seen[key, version] = error
        return error
    seen[key, version] = bool(is_sample(frame).any())
    return frame


@st.cache_resource(show_spinner=False)
def rows(
    path: str,
    identity: str,
    key: str,
    version: int,
    *,
    located: bool = False,
) -> int:
    """Count rows without reading them; none in a layer that turned out to be damaged."""
    try:
        return opened(path).workspace.rows(key, version, located=located)
    except WorkspaceError as error:
        seen_of(identity)[key, version] = error
        return 0


@st.cache_resource(show_spinner=False)
def seen_of(identity: str) -> dict[tuple[str, int], bool | WorkspaceError]:  # noqa: ARG001 - part of the key of the cache
    """Return what was seen when tables were read: whether one has sample rows, or its damage."""
    return {}


def table(
    path: str, identity: str, key: str, version: int, audience: Audience
) -> Frame | WorkspaceError:
    """Return a version of a layer as an audience may see it, or what is wrong with it."""
    if audience == "internal":
        return whole_table(path, identity, key, version)
    return _public_table(path, identity, key, version)


@st.cache_resource(show_spinner=False, max_entries=64)
def _public_table(path: str, identity: str, key: str, version: int) -> Frame | WorkspaceError:
    found = whole_table(path, identity, key, version)
    if isinstance(found, WorkspaceError):
        return found
    return public_rows(found, opened(path).workspace.catalogue.layer(key))


def source(path: str, edition: Edition) -> TileSource:
    """Read what the tiles of an edition are cut from.

    Raises
    ------
    WorkspaceError
        If the layer is damaged, or the workspace was made anew.
    """
    # A workspace made anew in the same folder must not answer for the old one.
    workspace = opened(path).workspace
    if workspace.identity != edition.workspace:
        raise replaced()
    frame = table(path, edition.workspace, edition.layer, edition.version, edition.audience)
    if isinstance(frame, WorkspaceError):
        raise frame
    # The browser asks for tiles outside of any run of a page.
    spec = workspace.catalogue.layer(edition.layer)
    assert isinstance(frame, gpd.GeoDataFrame)
    return TileSource(spec.key, frame, id_field=spec.id_field, name_field=edition.name_field)


class DamagedLayerError(KeyError):
    """A layer cannot be read; from then on it is known not to be there."""


class Tables(Mapping[str, Frame]):
    """The layers that can be read, each of them read when it is asked for.

    Parameters
    ----------
    held
        Versions by key.
    read
        Reads a version of a layer, or returns what is wrong with it.
    """

    def __init__(self, held: Versions, read: Callable[[str, int], Frame | WorkspaceError]) -> None:
        self._versions = dict(held)
        self._read = read

    def __getitem__(self, key: str) -> Frame:
        """Return the rows of a layer; DamagedLayerError if it cannot be read."""
        found = self._read(key, self._versions[key])
        if isinstance(found, WorkspaceError):
            raise DamagedLayerError(key) from found
        return found

    def __iter__(self) -> Iterator[str]:
        """Go through the keys of the layers that can be read."""
        for key, version in self._versions.items():
            if not isinstance(self._read(key, version), WorkspaceError):
                yield key

    def __len__(self) -> int:
        """Count the layers that can be read."""
        return sum(1 for _key in self)


@dataclass(frozen=True, slots=True)
class Whole:
    """All of a workspace, whoever looks at it.

    Attributes
    ----------
    tables
        The layers that can be read, by key; as :func:`tables`.
    catalogue
        With internal layers and fields.
    versions
        Of every layer.
    """

    tables: Mapping[str, Frame]
    catalogue: Catalogue
    versions: Mapping[str, int]
