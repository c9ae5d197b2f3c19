"""What the pages read: the workspace, its layers and results, cached by version.

Everything returned here is shared between sessions and must not be changed. A layer is
read when somebody looks at it, never before.

Who may not see what is internal gets the public copy of everything: catalogue, versions,
tables, tiles and history know nothing of internal layers and fields, so that a page need
not think of it. Results are computed from all data for everybody, see :func:`whole`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from typing import TypeAlias
from typing import TypeVar

import geopandas as gpd
import streamlit as st

from geo.scatter import ScatterParameters
from layers.analysis import SCATTER_LAYERS
from layers.analysis import scatter_of
from layers.analysis import together_of
from layers.edition import load_sources
from layers.errors import WorkspaceError
from layers.export.sheets import coarse
from layers.stock import DEFAULT_CHANCE
from layers.style import LayerStyle
from layers.style import layer_style
from layers.tiles import service
from layers.tiles.service import Edition
from layers.timeline import moments
from layers.timeline import tables_at
from views import place
from views import reading
from views import who

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Hashable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.stock import ChanceChoice
    from layers.team import Audience
    from layers.tiles.service import Ticket
    from layers.timeline import Moment

Frame: TypeAlias = reading.Frame
Versions: TypeAlias = reading.Versions
_VERSIONS = "versions"
_IDENTITY = "identity"
_MADE = "made_this_run"
_TABLE, _TILES = "table", "tiles"
NAMES = (_VERSIONS, _IDENTITY, _MADE)
"""What is kept in the session."""
_OF_PEOPLE = ("author", "message", "source_file", "source_sha256")
T = TypeVar("T")


def audience() -> Audience:
    """Return of which copy this session sees everything."""
    return who.current().audience


def catalogue() -> Catalogue:
    """Return the catalogue of the workspace, or of its city, as this session may see it."""
    return _catalogue(audience())


def _catalogue(of_whom: Audience) -> Catalogue:
    at = str(folder() or place.current().root)
    return once(("catalogue", at, of_whom), lambda: reading.catalogue(at, _identity(), of_whom))


def folder() -> Path | None:
    """Return the folder of the open workspace; None in a city of which none is chosen."""
    return place.current().folder


def current() -> reading.Opened:
    """Return the workspace this session works on, all of it.

    What is read from it is not reduced to what this session may see: it is for pages that
    are open to those only who may see everything, and for what computes.

    Raises
    ------
    WorkspaceError
        If it cannot be opened.
    """
    at = folder()
    assert at is not None  # a page of a district runs only when one is open
    return reading.opened(str(at))


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
    # A piece of a page that runs alone may run with another role than the page before it.
    place_of = (audience(), name)
    if place_of not in made:
        made[place_of] = make()
    return made[place_of]


def looked_at() -> set[tuple[str, int]]:
    """Return the versions of layers that were read, or offered as tiles, in this run."""
    made = st.session_state.get(_MADE, {})
    return {name[1:3] for _of_whom, name in made if name[0] in {_TABLE, _TILES}}


def versions() -> Versions:
    """Return the version of every layer that this session may see, as of this run."""
    held = _held()
    if audience() == "internal":
        return held
    keys = catalogue().keys
    return tuple(entry for entry in held if entry[0] in keys)


def identity() -> str:
    """Return which workspace this is, as of this run, and of which copy it is seen.

    A workspace made anew has another; so has the public copy, so that nothing that was
    kept under it is ever mixed up with the whole.
    """
    return _identity() if audience() == "internal" else f"{_identity()}:public"


def _held() -> Versions:
    if _VERSIONS not in st.session_state:
        begin_run()
    found: Versions = st.session_state[_VERSIONS]
    return found


def _identity() -> str:
    if _IDENTITY not in st.session_state:
        begin_run()
    return str(st.session_state[_IDENTITY])


def _read(key: str, version: int, of_whom: Audience) -> Frame | WorkspaceError:
    # A folder that was made anew has the same path and versions, but another identity.
    return once(
        (_TABLE, key, version, of_whom),
        lambda: reading.table(str(folder()), _identity(), key, version, of_whom),
    )


def table(key: str) -> Frame:
    """Return the current version of a layer.

    Raises
    ------
    KeyError
        If the workspace has no such layer that this session may see, or it is damaged.
    """
    found = _read(key, dict(versions())[key], audience())
    if isinstance(found, WorkspaceError):
        raise reading.DamagedLayerError(key) from found
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
    AtlasError
        If there is none that this session may see, or it is damaged.
    """
    catalogue().layer(key)
    found = _read(key, version, audience())
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
    of_whom = audience()
    edition = Edition(
        workspace=_identity(),
        layer=spec.key,
        version=dict(versions())[spec.key] if version is None else version,
        name_field=name_field or spec.name_field,
        restricted=spec.sensitivity == "internal" or (who.is_team() and of_whom == "internal"),
        audience=of_whom,
    )
    once((_TILES, edition.layer, edition.version), lambda: True)
    return service().publish(edition, partial(reading.source, str(folder()), edition))


def tables() -> Mapping[str, Frame]:
    """Return the layers of the workspace that this session may see and read, by key.

    It may be looked at in this run only; ``dict`` of it reads all layers.
    """
    return reading.Tables(versions(), partial(_read, of_whom=audience()))


def whole() -> reading.Whole:
    """Return what results and public files are computed from, for everybody alike.

    Nothing of it may be shown: a result names no firm, and a file for the public leaves
    out by itself what is internal.
    """
    held = _held()
    every = reading.Tables(held, partial(_read, of_whom="internal"))
    return reading.Whole(every, _catalogue("internal"), dict(held))


def history(key: str | None = None) -> pd.DataFrame:
    """Return the commits of the layers that this session may see, the newest first.

    Parameters
    ----------
    key
        The layer; all of them by default.

    Returns
    -------
    DataFrame
        As :meth:`layers.workspace.Workspace.history`. Who did it, why and from which file
        is empty for whoever may not see what is internal.
    """
    if key is not None:
        catalogue().layer(key)
    found = current().workspace.history(key)
    if audience() == "internal":
        return found
    shown = found[found["layer"].isin(catalogue().keys)].reset_index(drop=True)
    return shown.assign(**{name: "" for name in _OF_PEOPLE if name in shown})


def problems() -> dict[str, WorkspaceError]:
    """Read all layers; return what is wrong with those that cannot be read, by key."""
    read = {key: _read(key, version, audience()) for key, version in versions()}
    return {key: found for key, found in read.items() if isinstance(found, WorkspaceError)}


def damaged() -> list[WorkspaceError]:
    """Return what is wrong with the layers that were looked at and could not be read."""
    seen = reading.seen_of(_identity())
    return [found for entry in versions() if isinstance(found := seen.get(entry), WorkspaceError)]


def any_sample() -> bool:
    """Tell whether a layer that was looked at, now or before, has sample rows."""
    seen = reading.seen_of(_identity())
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


def rows(key: str, *, located: bool = False) -> int:
    """Return how many rows, or rows with a place, a layer has, unread; 0 if it is damaged."""
    version = dict(versions()).get(key)
    if version is None or isinstance(
        reading.seen_of(_identity()).get((key, version)), WorkspaceError
    ):
        return 0
    return once(
        ("rows", key, located),
        lambda: reading.rows(str(folder()), _identity(), key, version, located=located),
    )


def is_sound(key: str) -> bool:
    """Tell whether a layer is there and no damage of it is known."""
    rows(key)
    version = dict(versions()).get(key)
    known = reading.seen_of(_identity()).get((key, version)) if version is not None else None
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
    every = whole()
    return scatter_of(every.tables, every.catalogue, parameters, chance=chance)


@st.cache_resource(show_spinner=False, max_entries=8)
def _together(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    versions_now: Versions,  # noqa: ARG001 - the same
    parameters: ScatterParameters,
) -> ScatterResult:
    every = whole()
    return together_of(every.tables, every.catalogue, parameters)


@st.cache_resource(show_spinner=False, max_entries=4)
def _scatter_at(
    identity: str,  # noqa: ARG001 - part of the key of the cache
    time: str,
    parameters: ScatterParameters,
    chance: ChanceChoice,
) -> ScatterResult:
    then = tables_at(current().workspace, time)
    return scatter_of(then, whole().catalogue, parameters, chance=chance)


def scatter_versions() -> Versions:
    """Return the versions of the layers that scatter is computed from, as of this run."""
    return tuple(entry for entry in _held() if entry[0] in SCATTER_LAYERS)


def scatter(
    parameters: ScatterParameters | None = None, chance: ChanceChoice = DEFAULT_CHANCE
) -> ScatterResult:
    """Return the scatter of every park for the current layers.

    Raises
    ------
    AtlasError
        If there are no carriers, or no stock of the kind that was asked for.
    """
    return _scatter(_identity(), scatter_versions(), parameters or ScatterParameters(), chance)


def together(parameters: ScatterParameters) -> ScatterResult:
    """Return the measures of all parks taken as one, for the current layers.

    Raises
    ------
    AtlasError
        If there are no carriers.
    ValueError
        If there are too many spaces to compare every pair.
    """
    return _together(_identity(), scatter_versions(), parameters)


def scatter_at(time: str, parameters: ScatterParameters, chance: ChanceChoice) -> ScatterResult:
    """Return the scatter of every park as the layers stood at a time (ISO 8601).

    Raises
    ------
    AtlasError
        If the carriers were not there yet, or a table is damaged.
    """
    return _scatter_at(_identity(), time, parameters, chance)


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


def as_shown(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places of a result (EPSG:4490), as exact as this session may see them."""
    if audience() == "internal":
        return places
    return places.set_geometry(
        gpd.GeoSeries(coarse(places.geometry.to_numpy()), index=places.index, crs=places.crs)
    )


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
