"""What the pages read: the workspace, its layers and results, cached by version.

Everything returned here is shared between sessions and must not be changed. A layer is
read when somebody looks at it, never before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import TypeAlias
from typing import TypeVar

import geopandas as gpd
import streamlit as st

from geo.scatter import ScatterParameters
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.analysis import together_of
from layers.city import is_city
from layers.edition import catalogue_of
from layers.edition import load_sources
from layers.errors import WorkspaceError
from layers.marks import is_sample
from layers.refusals import replaced
from layers.startup import open_or_create
from layers.stock import DEFAULT_CHANCE
from layers.style import LayerStyle
from layers.style import layer_style
from layers.tiles import TileSource
from layers.tiles import service
from layers.tiles.service import Edition
from layers.timeline import moments
from layers.timeline import tables_at
from layers.workspace import Workspace
from views import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Hashable
    from collections.abc import Iterator

    import pandas as pd

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.issues import Issue
    from layers.stock import ChanceChoice
    from layers.tiles.service import Ticket
    from layers.timeline import Moment

Frame: TypeAlias = "gpd.GeoDataFrame | pd.DataFrame"
Versions = tuple[tuple[str, int], ...]
_VERSIONS = "versions"
_IDENTITY = "identity"
_MADE = "made_this_run"
NAMES = (_VERSIONS, _IDENTITY, _MADE)
"""What is kept in the session."""
T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """The workspace of this server, and what was noticed when it was opened."""

    workspace: Workspace
    issues: tuple[Issue, ...]


class DamagedLayerError(KeyError):
    """A layer cannot be read; from then on it is known not to be there."""


def catalogue() -> Catalogue:
    """Return the catalogue that the workspace, or the city of it, was made with."""
    at = str(folder() or place.current().root)
    return once(("catalogue", at), lambda: _catalogue(at, identity()))


@st.cache_resource(show_spinner=False, max_entries=64)
def _catalogue(
    path: str,
    identity: str,  # noqa: ARG001 - part of the key of the cache
) -> Catalogue:
    return catalogue_of(Path(path))


@st.cache_resource(show_spinner=False, max_entries=64)
def opened(path: str) -> Opened:
    """Open a workspace, making it if it is not there; a district of a city must be there."""
    known = catalogue_of(Path(path))
    if is_city(Path(path).parent.parent):
        return Opened(Workspace.open(Path(path), known), ())
    workspace, issues = open_or_create(path, known, author="atlas app")
    return Opened(workspace, issues)


def folder() -> Path | None:
    """Return the folder of the open workspace; None in a city of which none is chosen."""
    return place.current().folder


def current() -> Opened:
    """Return the workspace this session works on.

    Raises
    ------
    WorkspaceError
        If it cannot be opened.
    """
    at = folder()
    assert at is not None  # a page of a district runs only when one is open
    return opened(str(at))


def begin_run() -> None:
    """Look once, at the start of a run, what is open and which versions the layers have.

    All pieces of a page then show the same versions, also while another
    planner is committing, and the tables are not opened again and again.
    """
    st.session_state[_MADE] = {}
    place.look()
    if folder() is None:
        st.session_state[_IDENTITY], st.session_state[_VERSIONS] = "", ()
        return
    workspace = current().workspace
    st.session_state[_IDENTITY] = workspace.identity
    st.session_state[_VERSIONS] = tuple(workspace.versions().items())


def once(name: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` gives, asked once a run: Streamlit's caches take a millisecond each."""
    made: dict[Hashable, T] = st.session_state.setdefault(_MADE, {})
    if name not in made:
        made[name] = make()
    return made[name]


def versions() -> Versions:
    """Return the version of every layer that the workspace holds, as of this run."""
    if _VERSIONS not in st.session_state:
        begin_run()
    found: Versions = st.session_state[_VERSIONS]
    return found


def identity() -> str:
    """Return which workspace this is, as of this run; one made anew has another."""
    if _IDENTITY not in st.session_state:
        begin_run()
    return str(st.session_state[_IDENTITY])


@st.cache_resource(show_spinner=False, max_entries=64)
def _table(path: str, identity: str, key: str, version: int) -> Frame | WorkspaceError:
    """Read a table once; a damaged one gives its error instead of stopping the page."""
    seen = _seen_of(identity)
    try:
        frame = opened(path).workspace.read(key, version)
    except WorkspaceError as error:
        seen[key, version] = error
        return error
    seen[key, version] = bool(is_sample(frame).any())
    return frame


@st.cache_resource(show_spinner=False)
def _rows(
    path: str,
    identity: str,
    key: str,
    version: int,
) -> int:
    """Count rows without reading them; none in a layer that turned out to be damaged."""
    try:
        return opened(path).workspace.rows(key, version)
    except WorkspaceError as error:
        _seen_of(identity)[key, version] = error
        return 0


@st.cache_resource(show_spinner=False)
def _seen_of(identity: str) -> dict[tuple[str, int], bool | WorkspaceError]:  # noqa: ARG001 - part of the key of the cache
    """Return what was seen when tables were read: whether one has sample rows, or its damage."""
    return {}


def _read(key: str, version: int) -> Frame | WorkspaceError:
    # A folder that was made anew has the same path and versions, but another identity.
    return once(("table", key, version), lambda: _table(str(folder()), identity(), key, version))


def table(key: str) -> Frame:
    """Return the current version of a layer.

    Raises
    ------
    KeyError
        If the workspace has no such layer, or it is damaged.
    """
    found = _read(key, dict(versions())[key])
    if isinstance(found, WorkspaceError):
        raise DamagedLayerError(key) from found
    return found


def spatial(key: str) -> gpd.GeoDataFrame:
    """Return the current version of a layer that has geometry."""
    found = table(key)
    assert isinstance(found, gpd.GeoDataFrame)
    return found


def at_version(key: str, version: int) -> Frame:
    """Return an old version of a layer.

    Raises
    ------
    WorkspaceError
        If there is none, or it is damaged.
    """
    found = _read(key, version)
    if isinstance(found, WorkspaceError):
        raise found
    return found


def ticket(spec: LayerSpec, *, name_field: str = "", version: int | None = None) -> Ticket:
    """Return the right to the tiles of a layer that a page is about to show.

    Parameters
    ----------
    spec
        The layer.
    name_field
        Which field names the features; that of the catalogue by default.
    version
        Which version; that of this run by default.
    """
    edition = Edition(
        workspace=identity(),
        layer=spec.key,
        version=dict(versions())[spec.key] if version is None else version,
        name_field=name_field or spec.name_field,
        restricted=spec.sensitivity == "internal",
    )
    return service().publish(edition, partial(_source, str(folder()), edition))


def _source(path: str, edition: Edition) -> TileSource:
    # A workspace made anew in the same folder must not answer for the old one.
    workspace = opened(path).workspace
    if workspace.identity != edition.workspace:
        raise replaced()
    frame = _table(path, edition.workspace, edition.layer, edition.version)
    if isinstance(frame, WorkspaceError):
        raise frame
    # The browser asks for tiles outside of any run of a page.
    spec = workspace.catalogue.layer(edition.layer)
    assert isinstance(frame, gpd.GeoDataFrame)
    return TileSource(spec.key, frame, id_field=spec.id_field, name_field=edition.name_field)


class _Tables(Mapping[str, Frame]):
    """The layers that can be read, each of them read when it is asked for."""

    def __getitem__(self, key: str) -> Frame:
        return table(key)

    def __iter__(self) -> Iterator[str]:
        for key, version in versions():
            if not isinstance(_read(key, version), WorkspaceError):
                yield key

    def __len__(self) -> int:
        return sum(1 for _key in self)


def tables() -> Mapping[str, Frame]:
    """Return the layers of the workspace that can be read, by key.

    It may be looked at in this run only; ``dict`` of it reads all layers.
    """
    return _Tables()


def problems() -> dict[str, WorkspaceError]:
    """Read all layers; return what is wrong with those that cannot be read, by key."""
    read = {key: _read(key, version) for key, version in versions()}
    return {key: found for key, found in read.items() if isinstance(found, WorkspaceError)}


def damaged() -> list[WorkspaceError]:
    """Return what is wrong with the layers that were looked at and could not be read."""
    seen = _seen_of(identity())
    return [found for entry in versions() if isinstance(found := seen.get(entry), WorkspaceError)]


def any_sample() -> bool:
    """Tell whether a layer that was looked at, now or before, has sample rows."""
    seen = _seen_of(identity())
    return any(seen.get(entry) is True for entry in versions())


def kept_by_version(name: str, make: Callable[[], T]) -> T:
    """Return what `make` gives, made again in this session when a layer has a new version."""
    key = (identity(), versions())
    known = st.session_state.get(f"kept:{name}")
    if known is None or known[0] != key:
        known = (key, make())
        st.session_state[f"kept:{name}"] = known
    found: T = known[1]
    return found


def rows(key: str) -> int:
    """Return how many rows a layer has, without reading it; 0 if it is damaged."""
    version = dict(versions()).get(key)
    if version is None or isinstance(_seen_of(identity()).get((key, version)), WorkspaceError):
        return 0
    return once(("rows", key), lambda: _rows(str(folder()), identity(), key, version))


def is_sound(key: str) -> bool:
    """Tell whether a layer is there and no damage of it is known."""
    rows(key)
    version = dict(versions()).get(key)
    known = _seen_of(identity()).get((key, version)) if version is not None else None
    return version is not None and not isinstance(known, WorkspaceError)


def has(key: str) -> bool:
    """Tell whether the workspace holds any row of a layer."""
    return rows(key) > 0


@st.cache_resource(show_spinner=False, max_entries=8)
def _scatter(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: ScatterParameters,
    chance: ChanceChoice,
) -> ScatterResult:
    return scatter_of(tables(), catalogue(), parameters, chance=chance)


@st.cache_resource(show_spinner=False, max_entries=8)
def _together(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: ScatterParameters,
) -> ScatterResult:
    return together_of(tables(), catalogue(), parameters)


@st.cache_resource(show_spinner=False, max_entries=4)
def _scatter_at(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    time: str,
    parameters: ScatterParameters,
    chance: ChanceChoice,
) -> ScatterResult:
    then = tables_at(current().workspace, time)
    return scatter_of(then, catalogue(), parameters, chance=chance)


def scatter_versions() -> Versions:
    """Return the versions of the layers that scatter is computed from, as of this run."""
    return tuple(entry for entry in versions() if entry[0] in SCATTER_LAYERS)


def scatter(
    parameters: ScatterParameters | None = None, chance: ChanceChoice = DEFAULT_CHANCE
) -> ScatterResult:
    """Return the scatter of every park for the current layers.

    Raises
    ------
    AtlasError
        If there are no carriers, or no stock of the kind that was asked for.
    """
    return _scatter(identity(), scatter_versions(), parameters or ScatterParameters(), chance)


def together(parameters: ScatterParameters) -> ScatterResult:
    """Return the measures of all parks taken as one, for the current layers.

    Raises
    ------
    AtlasError
        If there are no carriers.
    ValueError
        If there are too many spaces to compare every pair.
    """
    return _together(identity(), scatter_versions(), parameters)


def scatter_at(time: str, parameters: ScatterParameters, chance: ChanceChoice) -> ScatterResult:
    """Return the scatter of every park as the layers stood at a time (ISO 8601).

    Raises
    ------
    AtlasError
        If the carriers were not there yet, or a table is damaged.
    """
    return _scatter_at(identity(), time, parameters, chance)


def scatter_moments() -> list[Moment]:
    """Return when the layers changed that scatter is computed from, the latest first."""
    return kept_by_version(
        "scatter_moments", lambda: moments(current().workspace.history(), SCATTER_LAYERS)
    )


def styles() -> dict[str, LayerStyle]:
    """Return the style of every layer."""
    return once("styles", lambda: _styles(str(folder()), identity()))


@st.cache_resource(show_spinner=False, max_entries=8)
def _styles(
    path: str,  # noqa: ARG001 - part of the key of the cache
    identity: str,  # noqa: ARG001 - the same
) -> dict[str, LayerStyle]:
    cat = catalogue()
    return {spec.key: layer_style(spec, cat.folder) for spec in cat.layers}


def sources() -> pd.DataFrame:
    """Return the sources of the edition, indexed by ``source_id``."""
    return once("sources", lambda: _sources(str(folder()), identity()))


@st.cache_resource(show_spinner=False, max_entries=8)
def _sources(
    path: str,  # noqa: ARG001 - part of the key of the cache
    identity: str,  # noqa: ARG001 - the same
) -> pd.DataFrame:
    return load_sources(catalogue().folder).set_index("source_id", drop=False)


def shown_layers() -> list[LayerSpec]:
    """Return the layers that can be drawn and hold rows, bottom first."""
    present = [s for s in catalogue().layers if s.geometry and has(s.key)]
    return sorted(present, key=lambda s: s.order)


def located(frame: Frame) -> gpd.GeoDataFrame:
    """Return the rows that have a place."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(frame.iloc[0:0])
    return frame[frame.geometry.notna()]


def geometry_kind(key: str) -> str:
    """Return the kind of geometry that most rows of a layer have."""
    return _geometry_kind(identity(), key, dict(versions())[key])


@st.cache_data(show_spinner=False, max_entries=128)
def _geometry_kind(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    key: str,
    version: int,  # noqa: ARG001 - the same
) -> str:
    frame = table(key)
    names = frame.geometry.dropna().geom_type.str.replace("Multi", "")
    if names.empty:
        return catalogue().layer(key).geometry[0]
    found = str(names.mode().iloc[0])
    return {"Point": "point", "LineString": "line"}.get(found, "polygon")
